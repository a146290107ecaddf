//! MT-PRIORITY: how urgent a message is (RFC 6710).

use std::fmt;

use super::{Parameter, ParameterError};

/// The value of MT-PRIORITY: -9 to 9, and 0 if nothing is said (RFC 6710 section 3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Priority(i8);

impl Priority {
    /// The priority of this value; `None` if it is out of range.
    #[must_use]
    pub const fn new(value: i8) -> Option<Self> {
        match value {
            -9..=9 => Some(Self(value)),
            _ => None,
        }
    }

    /// The value.
    #[must_use]
    pub const fn value(self) -> i8 {
        self.0
    }

    /// `priority-value`: `(["-"] NZDIGIT) / "0"`.
    pub(super) fn parse(value: &[u8]) -> Result<Self, ParameterError> {
        match value {
            [digit @ b'0'..=b'9'] => Ok(Self(digit_value(*digit))),
            [b'-', digit @ b'1'..=b'9'] => Ok(Self(-digit_value(*digit))),
            _ => Err(ParameterError::Value(Parameter::MtPriority)),
        }
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

const fn digit_value(digit: u8) -> i8 {
    // Four bits fit.
    (digit & 0x0F) as i8
}
