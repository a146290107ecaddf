//! SOLICIT: what a message solicits for (RFC 3865).

use std::fmt;

use super::{Parameter, ParameterError};
use crate::grammar::{self, SOLICITATION, run, text};

/// The most octets of a list of keywords (RFC 3865 section 2).
const LIMIT: usize = 1000;

/// The value of SOLICIT, and of the EHLO keyword NO-SOLICITING: keywords with commas between, such
/// as `net.example:ADV` (`Solicitation-keywords` of RFC 3865 section 2).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Solicitation<'i>(&'i str);

/// The owned twin of [`Solicitation`].
#[derive(Clone)]
pub struct SolicitationBuf(Box<str>);

impl<'i> Solicitation<'i> {
    /// Parses a list of keywords: each begins with a letter, and has letters, digits, `.`, `-`,
    /// `_` and `:`; 1,000 octets in all.
    ///
    /// # Errors
    ///
    /// [`ParameterError::Value`] and [`ParameterError::TooLarge`], of [`Parameter::Solicit`].
    pub fn parse(input: &'i (impl AsRef<[u8]> + ?Sized)) -> Result<Self, ParameterError> {
        let input = input.as_ref();
        let error = ParameterError::Value(Parameter::Solicit);
        let mut rest = input;
        loop {
            let (behind, keyword) = run(SOLICITATION, rest);
            if !keyword.first().is_some_and(u8::is_ascii_alphabetic) {
                return Err(error);
            }
            rest = match behind {
                [] if input.len() > LIMIT => {
                    return Err(ParameterError::TooLarge(Parameter::Solicit));
                }
                [] => return text(input, error).map(Self),
                [b',', next @ ..] => next,
                _ => return Err(error),
            };
        }
    }

    /// The keywords, at least one.
    pub fn keywords(self) -> impl Iterator<Item = &'i str> {
        self.0.split(',')
    }

    /// The list as it is sent.
    #[must_use]
    pub const fn as_str(self) -> &'i str {
        self.0
    }

    /// The owned twin.
    #[must_use]
    pub fn to_owned(self) -> SolicitationBuf {
        SolicitationBuf(self.0.into())
    }
}

impl SolicitationBuf {
    /// The borrowed form. It is not parsed again.
    #[must_use]
    pub fn borrow(&self) -> Solicitation<'_> {
        Solicitation(&self.0)
    }
}

grammar::owned_twin!(SolicitationBuf, Solicitation, ParameterError);

impl fmt::Display for Solicitation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for Solicitation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Solicitation({self})")
    }
}
