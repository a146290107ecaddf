//! AUTH of MAIL: who submitted a message (RFC 4954 section 5).

use std::fmt;

use super::{Parameter, ParameterError};
use crate::charset::Charset;
use crate::grammar;
use crate::path::{Mailbox, MailboxBuf, PATH_LIMIT, PathError};
use crate::xtext::{Xtext, XtextBuf};

/// The value of the AUTH parameter (RFC 4954 section 5). Deliberately exhaustive: the grammar has
/// these two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Submitter<'i> {
    /// `<>`: not known, or not trusted.
    Unknown,
    /// A mailbox, encoded.
    Mailbox(EncodedMailbox<'i>),
}

/// The owned twin of [`Submitter`]. Deliberately exhaustive, as that is.
#[derive(Clone)]
pub enum SubmitterBuf {
    /// `<>`.
    Unknown,
    /// A mailbox, encoded.
    Mailbox(EncodedMailboxBuf),
}

/// A mailbox as xtext. What it decodes to was checked: it is a mailbox (RFC 4954 section 8), and
/// may have UTF-8 in it.
///
/// ```
/// use mailwire_smtp_proto::params::{EncodedMailbox, EncodedMailboxBuf};
/// use mailwire_smtp_proto::path::Mailbox;
///
/// let encoded = EncodedMailboxBuf::from(Mailbox::parse("e=mc2@example.org")?);
/// assert_eq!(encoded.to_string(), "e+3Dmc2@example.org");
/// assert_eq!(encoded.borrow().decode()?.as_str(), "e=mc2@example.org");
/// assert!(EncodedMailbox::parse("user+0D+0A@example.org").is_err());
/// # Ok::<(), mailwire_smtp_proto::path::PathError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct EncodedMailbox<'i>(Xtext<'i>);

/// The owned twin of [`EncodedMailbox`].
#[derive(Clone)]
pub struct EncodedMailboxBuf {
    encoded: XtextBuf,
}

impl<'i> Submitter<'i> {
    /// `<>` or a mailbox, as xtext; `<>` may be encoded as well. The value is an `esmtp-value`.
    pub(super) fn parse(value: &'i [u8]) -> Result<Self, ParameterError> {
        if value == b"<>" {
            return Ok(Self::Unknown);
        }
        let error = ParameterError::Value(Parameter::Auth);
        let xtext = Xtext::of_value(value).map_err(|_| error)?;
        if !xtext.is_plain() && xtext.decode().eq(*b"<>") {
            return Ok(Self::Unknown);
        }
        EncodedMailbox::of(xtext).map(Self::Mailbox)
    }
}

impl Submitter<'_> {
    /// The owned twin.
    #[must_use]
    pub fn to_owned(self) -> SubmitterBuf {
        match self {
            Self::Unknown => SubmitterBuf::Unknown,
            Self::Mailbox(mailbox) => SubmitterBuf::Mailbox(mailbox.to_owned()),
        }
    }
}

impl SubmitterBuf {
    /// The borrowed form. It is not parsed again.
    #[must_use]
    pub fn borrow(&self) -> Submitter<'_> {
        match self {
            Self::Unknown => Submitter::Unknown,
            Self::Mailbox(mailbox) => Submitter::Mailbox(mailbox.borrow()),
        }
    }
}

grammar::owned_twin!(SubmitterBuf, Submitter);

impl<'i> EncodedMailbox<'i> {
    /// Checks that the input is xtext and decodes to a mailbox.
    ///
    /// # Errors
    ///
    /// [`ParameterError::Value`] of [`Parameter::Auth`].
    pub fn parse(input: &'i (impl AsRef<[u8]> + ?Sized)) -> Result<Self, ParameterError> {
        Xtext::parse(input.as_ref())
            .map_err(|_| ParameterError::Value(Parameter::Auth))
            .and_then(Self::of)
    }

    fn of(xtext: Xtext<'i>) -> Result<Self, ParameterError> {
        with_decoded(xtext, |octets| {
            Mailbox::parse_in(Charset::Utf8, octets).map(drop)
        })
        .map_err(|_| ParameterError::Value(Parameter::Auth))?;
        Ok(Self(xtext))
    }

    /// The mailbox that is meant.
    ///
    /// # Errors
    ///
    /// None, for the value was checked when it was parsed.
    pub fn decode(self) -> Result<MailboxBuf, PathError> {
        with_decoded(self.0, |octets| {
            Mailbox::parse_in(Charset::Utf8, octets).map(Mailbox::to_owned)
        })
    }

    /// The mailbox as it is on the wire, encoded.
    #[must_use]
    pub const fn as_xtext(self) -> Xtext<'i> {
        self.0
    }

    /// The owned twin.
    #[must_use]
    pub fn to_owned(self) -> EncodedMailboxBuf {
        EncodedMailboxBuf {
            encoded: self.0.to_owned(),
        }
    }
}

impl EncodedMailboxBuf {
    /// The borrowed form. It is not parsed again.
    #[must_use]
    pub fn borrow(&self) -> EncodedMailbox<'_> {
        EncodedMailbox(self.encoded.borrow())
    }
}

impl From<Mailbox<'_>> for EncodedMailboxBuf {
    fn from(mailbox: Mailbox<'_>) -> Self {
        Self {
            encoded: XtextBuf::encode(mailbox.as_str()),
        }
    }
}

grammar::owned_twin!(EncodedMailboxBuf, EncodedMailbox, ParameterError);

impl fmt::Display for Submitter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("<>"),
            Self::Mailbox(mailbox) => mailbox.fmt(f),
        }
    }
}

impl fmt::Display for EncodedMailbox<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for EncodedMailbox<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EncodedMailbox({self})")
    }
}

/// What a function makes of the octets that are meant, which are decoded without an allocation. No
/// mailbox is longer than a path.
fn with_decoded<T>(
    xtext: Xtext<'_>,
    make: impl FnOnce(&[u8]) -> Result<T, PathError>,
) -> Result<T, PathError> {
    if xtext.is_plain() {
        return make(xtext.as_bytes());
    }
    let mut buffer = [0; PATH_LIMIT];
    make(xtext.decode_into(&mut buffer).ok_or(PathError::TooLong)?)
}
