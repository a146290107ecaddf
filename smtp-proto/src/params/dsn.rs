//! The parameters of delivery status notifications (RFC 3461): RET, ENVID, NOTIFY, ORCPT.

mod original_recipient;

pub use original_recipient::{AddressType, OriginalRecipient, OriginalRecipientBuf};

use std::fmt;
use std::ops::BitOr;

use super::{Parameter, ParameterError};
use crate::grammar::{self, is_graphic_or_blank};
use crate::xtext::{Xtext, XtextBuf, XtextError};

/// The value of RET: how much of the message a report of failure is to carry (RFC 3461 section
/// 4.3). Deliberately exhaustive: the grammar has these two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ret {
    /// `FULL`: all of it.
    Full,
    /// `HDRS`: its header alone.
    Headers,
}

/// The value of NOTIFY: what the sender wants to be told of (RFC 3461 section 4.1), a set of
/// [`SUCCESS`](Self::SUCCESS), [`FAILURE`](Self::FAILURE) and [`DELAY`](Self::DELAY), or
/// [`NEVER`](Self::NEVER) anything.
///
/// ```
/// use mailwire_smtp_proto::params::Notify;
///
/// let notify = Notify::SUCCESS | Notify::DELAY;
/// assert!(notify.on_delay() && !notify.on_failure());
/// assert_eq!(notify.to_string(), "SUCCESS,DELAY");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Notify(u8);

/// The value of ENVID: what reports name a message by (RFC 3461 section 4.4). Xtext that decodes to
/// printable ASCII and blanks.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct EnvelopeId<'i>(Xtext<'i>);

/// The owned twin of [`EnvelopeId`].
#[derive(Clone)]
pub struct EnvelopeIdBuf(XtextBuf);

impl Ret {
    /// The value as it is sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "FULL",
            Self::Headers => "HDRS",
        }
    }

    /// The value in any letter case.
    pub(super) fn parse(value: &[u8]) -> Result<Self, ParameterError> {
        [Self::Full, Self::Headers]
            .into_iter()
            .find(|ret| value.eq_ignore_ascii_case(ret.as_str().as_bytes()))
            .ok_or(ParameterError::Value(Parameter::Ret))
    }
}

impl Notify {
    /// Of nothing, whatever happens.
    pub const NEVER: Self = Self(0);
    /// Of a delivery.
    pub const SUCCESS: Self = Self(1);
    /// Of a failure.
    pub const FAILURE: Self = Self(2);
    /// Of a delay.
    pub const DELAY: Self = Self(4);

    const ELEMENTS: [(&'static str, Self); 3] = [
        ("SUCCESS", Self::SUCCESS),
        ("FAILURE", Self::FAILURE),
        ("DELAY", Self::DELAY),
    ];

    /// Whether the sender wants to be told of a delivery.
    #[must_use]
    pub const fn on_success(self) -> bool {
        self.0 & Self::SUCCESS.0 != 0
    }

    /// Whether the sender wants to be told of a failure.
    #[must_use]
    pub const fn on_failure(self) -> bool {
        self.0 & Self::FAILURE.0 != 0
    }

    /// Whether the sender wants to be told of a delay.
    #[must_use]
    pub const fn on_delay(self) -> bool {
        self.0 & Self::DELAY.0 != 0
    }

    /// `NEVER`, or the others with commas between, in any letter case. NEVER stands alone. One
    /// that is there twice says nothing new, and is taken.
    pub(super) fn parse(value: &[u8]) -> Result<Self, ParameterError> {
        if value.eq_ignore_ascii_case(b"NEVER") {
            return Ok(Self::NEVER);
        }
        value
            .split(|octet| *octet == b',')
            .try_fold(Self::NEVER, |notify, word| {
                let (_, element) = Self::ELEMENTS
                    .into_iter()
                    .find(|(name, _)| word.eq_ignore_ascii_case(name.as_bytes()))?;
                Some(notify | element)
            })
            .ok_or(ParameterError::Value(Parameter::Notify))
    }
}

/// The sum of what two want to be told of.
impl BitOr for Notify {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl<'i> EnvelopeId<'i> {
    /// Checks that the input is xtext and decodes to printable ASCII and blanks.
    ///
    /// A longer one than the 100 characters that a sender may use is taken: RFC 3461 section 5.4
    /// has them as what everybody has to accept, and the line's limit bounds it.
    ///
    /// # Errors
    ///
    /// [`ParameterError::Value`] of [`Parameter::EnvId`].
    pub fn parse(input: &'i (impl AsRef<[u8]> + ?Sized)) -> Result<Self, ParameterError> {
        Self::of(Xtext::parse(input.as_ref()))
    }

    /// As [`parse`](Self::parse), of an `esmtp-value`.
    pub(super) fn of_value(value: &'i [u8]) -> Result<Self, ParameterError> {
        Self::of(Xtext::of_value(value))
    }

    fn of(xtext: Result<Xtext<'i>, XtextError>) -> Result<Self, ParameterError> {
        xtext
            .ok()
            .filter(|id| !id.as_bytes().is_empty() && is_printable(*id))
            .map(Self)
            .ok_or(ParameterError::Value(Parameter::EnvId))
    }

    /// The identifier that is meant: printable ASCII and blanks.
    pub fn decode(self) -> impl Iterator<Item = char> + 'i {
        self.0.decode().map(char::from)
    }

    /// The identifier as it is on the wire, encoded.
    #[must_use]
    pub const fn as_xtext(self) -> Xtext<'i> {
        self.0
    }

    /// The owned twin.
    #[must_use]
    pub fn to_owned(self) -> EnvelopeIdBuf {
        EnvelopeIdBuf(self.0.to_owned())
    }
}

impl EnvelopeIdBuf {
    /// The most characters that a sender may use (RFC 3461 section 4.4), counted as encoded.
    pub const LIMIT: usize = 100;

    /// The encoding of an identifier of printable ASCII and blanks.
    ///
    /// # Errors
    ///
    /// [`ParameterError::Value`] of [`Parameter::EnvId`] if it is empty or has another character,
    /// [`ParameterError::TooLarge`] if it is over [`LIMIT`](Self::LIMIT).
    pub fn encode(id: &str) -> Result<Self, ParameterError> {
        if id.is_empty() || !id.bytes().all(is_graphic_or_blank) {
            return Err(ParameterError::Value(Parameter::EnvId));
        }
        let encoded = XtextBuf::encode(id);
        if encoded.as_str().len() > Self::LIMIT {
            return Err(ParameterError::TooLarge(Parameter::EnvId));
        }
        Ok(Self(encoded))
    }

    /// The borrowed form. It is not parsed again.
    #[must_use]
    pub fn borrow(&self) -> EnvelopeId<'_> {
        EnvelopeId(self.0.borrow())
    }
}

grammar::owned_twin!(EnvelopeIdBuf, EnvelopeId, ParameterError);

/// Whether xtext decodes to printable ASCII and blanks alone. RFC 3461 section 4.4 has "graphic and
/// white space" characters; of white space, controls (a tab, a line end) are left out, as a report
/// would carry them into a header.
fn is_printable(xtext: Xtext<'_>) -> bool {
    // Without "+" there is nothing to decode, and xtext itself is printable.
    xtext.is_plain() || xtext.decode().all(is_graphic_or_blank)
}

impl fmt::Display for Ret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Notify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::NEVER {
            return f.write_str("NEVER");
        }
        let mut separator = "";
        for (name, element) in Self::ELEMENTS {
            if self.0 & element.0 != 0 {
                write!(f, "{separator}{name}")?;
                separator = ",";
            }
        }
        Ok(())
    }
}

impl fmt::Display for EnvelopeId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for EnvelopeId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EnvelopeId({self})")
    }
}
