//! The parameters of RCPT.

use std::fmt;

use super::esmtp::{each, once};
use super::{Notify, OriginalRecipient, Parameter, ParameterError, UnknownParameters, ValidSince};
use crate::charset::Charset;
use crate::verb::Verb;

/// The parameters of a RCPT command.
///
/// As of [`MailParameters`](super::MailParameters), no field can hold a blank, a CR or an LF, and
/// `Display` puts one blank before each parameter.
///
/// ```
/// use mailwire_smtp_proto::params::{Notify, OriginalRecipientBuf, RcptParameters};
///
/// let original = OriginalRecipientBuf::new("rfc822", "list+owner@example.org").unwrap();
/// let mut parameters = RcptParameters::default();
/// parameters.notify = Some(Notify::FAILURE | Notify::DELAY);
/// parameters.original_recipient = Some(original.borrow());
/// assert_eq!(
///     parameters.to_string(),
///     " NOTIFY=FAILURE,DELAY ORCPT=rfc822;list+2Bowner@example.org",
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct RcptParameters<'i> {
    /// NOTIFY: what the sender wants to be told of (RFC 3461 section 4.1).
    pub notify: Option<Notify>,
    /// ORCPT: whom the sender wrote to, before forwarding (RFC 3461 section 4.2).
    pub original_recipient: Option<OriginalRecipient<'i>>,
    /// RRVS: since when the mailbox has to be this person's (RFC 7293).
    pub valid_since: Option<ValidSince>,
    /// Parameters that this crate does not know.
    pub unknown: UnknownParameters<'i>,
}

impl Default for RcptParameters<'_> {
    fn default() -> Self {
        Self::NONE
    }
}

impl<'i> RcptParameters<'i> {
    /// No parameters.
    pub(crate) const NONE: Self = Self {
        notify: None,
        original_recipient: None,
        valid_since: None,
        unknown: UnknownParameters::none(Verb::Rcpt),
    };

    /// Parses parameters in ASCII, with blanks between them and, if there are any, before the
    /// first.
    ///
    /// # Errors
    ///
    /// [`ParameterError`] tells of the first parameter that cannot be taken. A parameter that is
    /// not known is none of them: it goes to [`unknown`](Self::unknown).
    pub fn parse(input: &'i (impl AsRef<[u8]> + ?Sized)) -> Result<Self, ParameterError> {
        Self::parse_in(Charset::Ascii, input)
    }

    /// As [`parse`](Self::parse), in a character set: UTF-8 belongs to a transaction whose MAIL
    /// had SMTPUTF8.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse).
    pub fn parse_in(
        charset: Charset,
        input: &'i (impl AsRef<[u8]> + ?Sized),
    ) -> Result<Self, ParameterError> {
        let mut it = Self::default();
        it.read(charset, input.as_ref())?;
        Ok(it)
    }

    /// Parses into parameters of which none is there yet: it takes long to move them.
    pub(crate) fn read(&mut self, charset: Charset, input: &'i [u8]) -> Result<(), ParameterError> {
        if input.is_empty() {
            return Ok(());
        }
        let it = self;
        it.unknown = each(charset, Verb::Rcpt, input, |parameter, value| {
            match parameter {
                Parameter::Notify => once(&mut it.notify, parameter, value, Notify::parse),
                Parameter::Orcpt => once(&mut it.original_recipient, parameter, value, |value| {
                    OriginalRecipient::parse_in(charset, value)
                }),
                Parameter::Rrvs => once(&mut it.valid_since, parameter, value, ValidSince::parse),
                // Those of MAIL are unknown to RCPT.
                _ => Err(ParameterError::Unknown),
            }
        })?;
        Ok(())
    }

    /// Whether all of it is ASCII, so that SMTPUTF8 is not needed in MAIL.
    #[must_use]
    pub fn is_ascii(&self) -> bool {
        let original = self.original_recipient;
        original.is_none_or(OriginalRecipient::is_ascii) && self.unknown.is_ascii()
    }

    /// The EHLO keywords of the extensions that these parameters belong to, each at least once.
    /// Unknown parameters have none that is known here.
    pub fn extensions(&self) -> impl Iterator<Item = &'static str> {
        let of = |there: bool, parameter: Parameter| there.then_some(parameter.extension());
        [
            of(self.notify.is_some(), Parameter::Notify),
            of(self.original_recipient.is_some(), Parameter::Orcpt),
            of(self.valid_since.is_some(), Parameter::Rrvs),
        ]
        .into_iter()
        .flatten()
    }
}

impl fmt::Display for RcptParameters<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Taken apart, so that a field that is added and not written does not compile.
        let Self {
            notify,
            original_recipient,
            valid_since,
            unknown,
        } = self;
        if let Some(notify) = notify {
            write!(f, " NOTIFY={notify}")?;
        }
        if let Some(original) = original_recipient {
            write!(f, " ORCPT={original}")?;
        }
        if let Some(since) = valid_since {
            write!(f, " RRVS={since}")?;
        }
        unknown.write(Verb::Rcpt, f)
    }
}
