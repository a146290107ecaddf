//! What the parameters of keywords say.

use std::fmt;

use super::{KeywordError, number};
use crate::grammar::{self, HELLO, run};
use crate::params::{DateTime, HoldFor};

grammar::word!(
    /// The name of a priority assignment policy: 1 to 20 letters, digits, `-`, `_` and `.`
    /// (`priority-profile` of RFC 6710 section 7).
    ProfileName,
    ProfileNameBuf,
    is_profile_name,
    KeywordError,
    KeywordError::Profile,
    "[`KeywordError::Profile`]."
);

/// What the server says about the size of messages (RFC 1870). Deliberately exhaustive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SizeOffer {
    /// SIZE is not offered: MAIL must not carry it.
    NotOffered,
    /// SIZE is offered with no maximum: none was named, or 0, or one that is not a number.
    NoMaximum,
    /// No message over this many octets is taken. A number that does not fit is `u64::MAX`.
    Maximum(u64),
}

/// The parameters of LIMITS (RFC 9422): numbers from 1 to 999,999, or no limit.
///
/// A limit whose name is not known is passed over, and so is one whose value is malformed: it says
/// nothing that could be obeyed. Of one that is given twice, the lower holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct LimitsOffer {
    /// MAILMAX: transactions in one session.
    pub mail: Option<u32>,
    /// RCPTMAX: recipients in one transaction.
    pub rcpt: Option<u32>,
    /// RCPTDOMAINMAX: domains among the recipients of one session.
    pub rcpt_domain: Option<u32>,
}

/// The parameters of FUTURERELEASE (RFC 4865 section 4): how far ahead a message may be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FutureReleaseOffer {
    /// The most that HOLDFOR may say.
    pub interval: HoldFor,
    /// The latest that HOLDUNTIL may say.
    pub date_time: DateTime,
}

impl SizeOffer {
    /// Whether a message of so many octets may be taken.
    #[must_use]
    pub const fn permits(self, octets: u64) -> bool {
        match self {
            Self::NotOffered | Self::NoMaximum => true,
            Self::Maximum(maximum) => octets <= maximum,
        }
    }
}

impl LimitsOffer {
    /// The most that a limit can say.
    pub const MAX: u32 = 999_999;

    pub(super) fn parse<'w>(words: impl Iterator<Item = &'w str>) -> Self {
        let mut offer = Self::default();
        for (name, value) in words.filter_map(|word| word.split_once('=')) {
            let limit = if name.eq_ignore_ascii_case("MAILMAX") {
                &mut offer.mail
            } else if name.eq_ignore_ascii_case("RCPTMAX") {
                &mut offer.rcpt
            } else if name.eq_ignore_ascii_case("RCPTDOMAINMAX") {
                &mut offer.rcpt_domain
            } else {
                continue;
            };
            let value = number(value.as_bytes())
                .filter(|_| value.len() <= 6 && !value.starts_with('0'))
                .and_then(|value| u32::try_from(value).ok());
            *limit = match (*limit, value) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
        }
        offer
    }

    /// Whether there is a limit at all, one that the grammar can tell.
    pub(crate) fn is_any(self) -> bool {
        self.named().into_iter().any(|(_, limit)| limit.is_some())
    }

    fn named(self) -> [(&'static str, Option<u32>); 3] {
        [
            ("MAILMAX", self.mail),
            ("RCPTMAX", self.rcpt),
            ("RCPTDOMAINMAX", self.rcpt_domain),
        ]
        .map(|(name, limit)| (name, limit.filter(|limit| (1..=Self::MAX).contains(limit))))
    }
}

impl FutureReleaseOffer {
    pub(super) fn parse(parameters: &str) -> Option<Self> {
        let (interval, date_time) = parameters.split_once(' ')?;
        let seconds = number(interval.as_bytes()).filter(|_| !interval.starts_with('0'))?;
        Some(Self {
            interval: HoldFor::new(u32::try_from(seconds).ok()?)?,
            date_time: DateTime::parse(date_time).ok()?,
        })
    }
}

fn is_profile_name(word: &[u8]) -> bool {
    // The names of hello have a colon as well.
    (1..=20).contains(&word.len()) && run(HELLO, word).0.is_empty() && !word.contains(&b':')
}

/// As behind the keyword, a blank before each. A limit that the grammar cannot tell (0, or over
/// [`MAX`](LimitsOffer::MAX)) is left out.
impl fmt::Display for LimitsOffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, limit) in self.named() {
            if let Some(limit) = limit {
                write!(f, " {name}={limit}")?;
            }
        }
        Ok(())
    }
}

/// As behind the keyword.
impl fmt::Display for FutureReleaseOffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.interval, self.date_time)
    }
}
