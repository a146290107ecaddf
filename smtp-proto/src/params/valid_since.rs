//! RRVS: since when a mailbox has to be the same person's (RFC 7293).

use std::fmt;

use super::{DateTime, Parameter, ParameterError};

/// The value of RRVS (RFC 7293 section 5): a moment, and what to do where the next server does not
/// know the extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ValidSince {
    /// If the mailbox has changed hands since, the message must not be delivered.
    pub moment: DateTime,
    /// What to do where the request cannot be passed on; nothing may be said of it.
    pub not_supported: Option<NotSupported>,
}

/// What to do where a request cannot be passed on (RFC 7293 section 5). Deliberately exhaustive:
/// the grammar has these two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NotSupported {
    /// `C`: the message goes on without the request.
    Continue,
    /// `R`: the message is rejected.
    Reject,
}

impl ValidSince {
    /// `date-time [";" ("C" / "R")]`.
    pub(super) fn parse(value: &[u8]) -> Result<Self, ParameterError> {
        let error = ParameterError::Value(Parameter::Rrvs);
        let (moment, not_supported) = match value {
            [moment @ .., b';', b'C' | b'c'] => (moment, Some(NotSupported::Continue)),
            [moment @ .., b';', b'R' | b'r'] => (moment, Some(NotSupported::Reject)),
            moment => (moment, None),
        };
        Ok(Self {
            moment: DateTime::parse(moment).map_err(|_| error)?,
            not_supported,
        })
    }
}

impl fmt::Display for ValidSince {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.moment.fmt(f)?;
        f.write_str(match self.not_supported {
            None => "",
            Some(NotSupported::Continue) => ";C",
            Some(NotSupported::Reject) => ";R",
        })
    }
}
