//! BY: how long delivery may take (RFC 2852).

use std::fmt;

use super::{Parameter, ParameterError};
use crate::grammar::{DIGIT, NumberError, number, run};

/// The value of BY (RFC 2852 section 4): a time, and what to do when it has passed.
///
/// ```
/// use mailwire_smtp_proto::params::{ByMode, DeliverBy};
///
/// let by = DeliverBy::new(120, ByMode::Return).unwrap().with_trace();
/// assert_eq!(by.to_string(), "120;RT");
/// assert_eq!(DeliverBy::new(-5, ByMode::Return), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeliverBy {
    seconds: i32,
    mode: ByMode,
    trace: bool,
}

/// What to do with a message whose time has passed. Deliberately exhaustive: the grammar has these
/// two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ByMode {
    /// `R`: it is returned as undeliverable.
    Return,
    /// `N`: the sender is told of the delay, and delivery goes on.
    Notify,
}

impl DeliverBy {
    /// The most seconds, in either direction: what nine digits can say.
    pub const MAX: i32 = 999_999_999;

    /// Within so many seconds; a time that has passed already is negative. `None` if the number is
    /// over [`MAX`](Self::MAX), or zero or less with [`ByMode::Return`] (RFC 2852 section 4).
    #[must_use]
    pub const fn new(seconds: i32, mode: ByMode) -> Option<Self> {
        let in_range = seconds <= Self::MAX && seconds >= -Self::MAX;
        if !in_range || (matches!(mode, ByMode::Return) && seconds <= 0) {
            return None;
        }
        Some(Self {
            seconds,
            mode,
            trace: false,
        })
    }

    /// The same with `T`: relays that do not know the extension are to be reported.
    #[must_use]
    pub const fn with_trace(self) -> Self {
        Self {
            trace: true,
            ..self
        }
    }

    /// The seconds that are left; negative if the time has passed already.
    #[must_use]
    pub const fn seconds(self) -> i32 {
        self.seconds
    }

    /// What to do when the time has passed.
    #[must_use]
    pub const fn mode(self) -> ByMode {
        self.mode
    }

    /// Whether relays that do not know the extension are to be reported.
    #[must_use]
    pub const fn trace(self) -> bool {
        self.trace
    }

    /// `by-value`: `by-time ";" by-mode [by-trace]`.
    pub(super) fn parse(value: &[u8]) -> Result<Self, ParameterError> {
        let error = ParameterError::Value(Parameter::By);
        let (sign, rest) = match value {
            [b'-', rest @ ..] => (-1, rest),
            [b'+', rest @ ..] => (1, rest),
            rest => (1, rest),
        };
        let (rest, digits) = run(DIGIT, rest);
        let (mode, trace) = match rest {
            [b';', mode] => (mode, false),
            [b';', mode, b'T' | b't'] => (mode, true),
            _ => return Err(error),
        };
        let mode = match mode.to_ascii_uppercase() {
            b'R' => ByMode::Return,
            b'N' => ByMode::Notify,
            _ => return Err(error),
        };
        let seconds = match number(digits) {
            Err(NumberError::NotDigits) => return Err(error),
            Err(NumberError::TooLarge) => None,
            Ok(seconds) => i32::try_from(seconds).ok().filter(|it| *it <= Self::MAX),
        };
        let seconds = seconds.ok_or(ParameterError::TooLarge(Parameter::By))?;
        // Nine digits, zeros in front included.
        if digits.len() > 9 {
            return Err(error);
        }
        let by = Self::new(sign * seconds, mode).ok_or(error)?;
        Ok(Self { trace, ..by })
    }
}

impl fmt::Display for DeliverBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mode = match self.mode {
            ByMode::Return => 'R',
            ByMode::Notify => 'N',
        };
        let trace = if self.trace { "T" } else { "" };
        write!(f, "{};{mode}{trace}", self.seconds)
    }
}
