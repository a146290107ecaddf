//! The parameters of MAIL.

use std::fmt;
use std::num::NonZeroU32;

use super::esmtp::{each, flag, once};
use super::{
    DateTime, DeliverBy, EnvelopeId, Parameter, ParameterError, Priority, Ret, Solicitation,
    Submitter, UnknownParameters,
};
use crate::charset::Charset;
use crate::grammar::{self, NumberError, number};
use crate::verb::Verb;

/// The parameters of a MAIL command.
///
/// No field can hold a blank, a CR or an LF, so a client fills in what it wants and writes the
/// value behind the path: `Display` puts one blank before each parameter.
///
/// ```
/// use mailwire_smtp_proto::params::{Body, MailParameters};
///
/// let mut parameters = MailParameters::default();
/// parameters.size = Some(1000);
/// parameters.body = Some(Body::EightBitMime);
/// assert_eq!(parameters.to_string(), " SIZE=1000 BODY=8BITMIME");
/// assert_eq!(MailParameters::parse("size=1000 body=8bitmime")?, parameters);
/// # Ok::<(), mailwire_smtp_proto::params::ParameterError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct MailParameters<'i> {
    /// SIZE: octets of the message that is to come, as the client estimates them (RFC 1870).
    pub size: Option<u64>,
    /// BODY: what kind of content is to come (RFC 6152, RFC 3030).
    pub body: Option<Body>,
    /// SMTPUTF8: the message, or a path of it, has UTF-8 outside of ASCII (RFC 6531).
    pub smtputf8: bool,
    /// REQUIRETLS: every hop has to use TLS, and to ask for it in turn (RFC 8689).
    pub require_tls: bool,
    /// RET: how much of the message a report of failure is to carry (RFC 3461 section 4.3).
    pub ret: Option<Ret>,
    /// ENVID: what reports are to name the message by (RFC 3461 section 4.4).
    pub envelope_id: Option<EnvelopeId<'i>>,
    /// AUTH: who is said to have submitted the message (RFC 4954 section 5). A server believes it
    /// of a peer that it trusts, and of nobody else.
    pub auth: Option<Submitter<'i>>,
    /// BY: the time that delivery may take, and what to do when it has passed (RFC 2852).
    pub deliver_by: Option<DeliverBy>,
    /// HOLDFOR or HOLDUNTIL: when the message may go on at the earliest (RFC 4865).
    pub release: Option<Release>,
    /// MT-PRIORITY: how urgent it is (RFC 6710).
    pub priority: Option<Priority>,
    /// SOLICIT: what it solicits for (RFC 3865).
    pub solicitation: Option<Solicitation<'i>>,
    /// Parameters that this crate does not know.
    pub unknown: UnknownParameters<'i>,
}

/// The value of BODY.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Body {
    /// `7BIT`: ASCII in lines (RFC 6152).
    SevenBit,
    /// `8BITMIME`: octets above 127 as well, in lines (RFC 6152).
    EightBitMime,
    /// `BINARYMIME`: any octets, and no lines; it travels by BDAT alone (RFC 3030 section 3).
    BinaryMime,
}

/// When a message may go on at the earliest (RFC 4865). Deliberately exhaustive: the two exclude
/// each other, and there is no third.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Release {
    /// HOLDFOR: so many seconds after it was submitted.
    For(HoldFor),
    /// HOLDUNTIL: not before this moment.
    Until(DateTime),
}

/// The value of HOLDFOR in seconds: 1 to 999,999,999 (RFC 4865 section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HoldFor(NonZeroU32);

impl Default for MailParameters<'_> {
    fn default() -> Self {
        Self::NONE
    }
}

impl<'i> MailParameters<'i> {
    /// No parameters.
    pub(crate) const NONE: Self = Self {
        size: None,
        body: None,
        smtputf8: false,
        require_tls: false,
        ret: None,
        envelope_id: None,
        auth: None,
        deliver_by: None,
        release: None,
        priority: None,
        solicitation: None,
        unknown: UnknownParameters::none(Verb::Mail),
    };

    /// Parses parameters with blanks between them and, if there are any, before the first.
    ///
    /// # Errors
    ///
    /// [`ParameterError`] tells of the first parameter that cannot be taken. A parameter that is
    /// not known is none of them: it goes to [`unknown`](Self::unknown).
    pub fn parse(input: &'i (impl AsRef<[u8]> + ?Sized)) -> Result<Self, ParameterError> {
        let mut it = Self::default();
        it.read(input.as_ref())?;
        Ok(it)
    }

    /// Parses into parameters of which none is there yet: it takes long to move them.
    pub(crate) fn read(&mut self, input: &'i [u8]) -> Result<(), ParameterError> {
        if input.is_empty() {
            return Ok(());
        }
        let it = self;
        it.unknown = each(
            // The parameter that permits UTF-8 may come last.
            Charset::Utf8,
            Verb::Mail,
            input,
            |parameter, value| match parameter {
                Parameter::Size => once(&mut it.size, parameter, value, size),
                Parameter::Body => once(&mut it.body, parameter, value, Body::parse),
                Parameter::SmtpUtf8 => flag(&mut it.smtputf8, parameter, value),
                Parameter::RequireTls => flag(&mut it.require_tls, parameter, value),
                Parameter::Ret => once(&mut it.ret, parameter, value, Ret::parse),
                Parameter::EnvId => {
                    once(&mut it.envelope_id, parameter, value, EnvelopeId::of_value)
                }
                Parameter::Auth => once(&mut it.auth, parameter, value, Submitter::parse),
                Parameter::By => once(&mut it.deliver_by, parameter, value, DeliverBy::parse),
                Parameter::HoldFor => release(&mut it.release, parameter, value, |value| {
                    HoldFor::parse(value).map(Release::For)
                }),
                Parameter::HoldUntil => release(&mut it.release, parameter, value, |value| {
                    let error = ParameterError::Value(parameter);
                    DateTime::parse(value)
                        .map(Release::Until)
                        .map_err(|_| error)
                }),
                Parameter::MtPriority => once(&mut it.priority, parameter, value, Priority::parse),
                Parameter::Solicit => {
                    once(&mut it.solicitation, parameter, value, Solicitation::parse)
                }
                // Those of RCPT are unknown to MAIL.
                Parameter::Notify | Parameter::Orcpt | Parameter::Rrvs => {
                    Err(ParameterError::Unknown)
                }
            },
        )?;
        // RFC 6531 section 3.3 extends `esmtp-value` where SMTPUTF8 is asked for.
        if !it.smtputf8 && !input.as_ref().is_ascii() {
            return Err(ParameterError::Malformed);
        }
        Ok(())
    }

    /// The EHLO keywords of the extensions that these parameters belong to, each at least once.
    /// Unknown parameters have none that is known here.
    pub fn extensions(&self) -> impl Iterator<Item = &'static str> {
        let of = |there: bool, parameter: Parameter| there.then_some(parameter.extension());
        [
            of(self.size.is_some(), Parameter::Size),
            self.body.map(Body::extension),
            of(
                self.smtputf8 || !self.unknown.is_ascii(),
                Parameter::SmtpUtf8,
            ),
            of(self.require_tls, Parameter::RequireTls),
            of(self.ret.is_some(), Parameter::Ret),
            of(self.envelope_id.is_some(), Parameter::EnvId),
            of(self.auth.is_some(), Parameter::Auth),
            of(self.deliver_by.is_some(), Parameter::By),
            of(self.release.is_some(), Parameter::HoldFor),
            of(self.priority.is_some(), Parameter::MtPriority),
            of(self.solicitation.is_some(), Parameter::Solicit),
        ]
        .into_iter()
        .flatten()
    }
}

impl Body {
    /// Every value.
    pub const ALL: [Self; 3] = [Self::SevenBit, Self::EightBitMime, Self::BinaryMime];

    /// The value as it is sent, such as `8BITMIME`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SevenBit => "7BIT",
            Self::EightBitMime => "8BITMIME",
            Self::BinaryMime => "BINARYMIME",
        }
    }

    /// The EHLO keyword that offers the value.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::SevenBit | Self::EightBitMime => Parameter::Body.extension(),
            Self::BinaryMime => "BINARYMIME",
        }
    }

    /// `body-value`, in any letter case (RFC 6152 section 2).
    fn parse(value: &[u8]) -> Result<Self, ParameterError> {
        let body = match (grammar::fold(value), value.len()) {
            (SEVEN_BIT, 4) => Self::SevenBit,
            (EIGHT_BIT_MIME, 8) => Self::EightBitMime,
            _ if value.eq_ignore_ascii_case(b"BINARYMIME") => Self::BinaryMime,
            _ => return Err(ParameterError::Value(Parameter::Body)),
        };
        Ok(body)
    }
}

impl HoldFor {
    /// The most seconds: what nine digits can say.
    pub const MAX: u32 = 999_999_999;

    /// So many seconds; `None` for none, and for more than [`MAX`](Self::MAX).
    #[must_use]
    pub const fn new(seconds: u32) -> Option<Self> {
        match NonZeroU32::new(seconds) {
            Some(seconds) if seconds.get() <= Self::MAX => Some(Self(seconds)),
            _ => None,
        }
    }

    /// The seconds.
    #[must_use]
    pub const fn seconds(self) -> u32 {
        self.0.get()
    }

    /// `future-release-integer`: one to nine digits that do not begin with a zero.
    fn parse(value: &[u8]) -> Result<Self, ParameterError> {
        match number(value) {
            Err(NumberError::NotDigits) => Err(ParameterError::Value(Parameter::HoldFor)),
            _ if value.starts_with(b"0") => Err(ParameterError::Value(Parameter::HoldFor)),
            seconds => seconds
                .ok()
                .and_then(|seconds| u32::try_from(seconds).ok())
                .and_then(Self::new)
                .ok_or(ParameterError::TooLarge(Parameter::HoldFor)),
        }
    }
}

impl fmt::Display for MailParameters<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Taken apart, so that a field that is added and not written does not compile.
        let Self {
            size,
            body,
            smtputf8,
            require_tls,
            ret,
            envelope_id,
            auth,
            deliver_by,
            release,
            priority,
            solicitation,
            unknown,
        } = self;
        if let Some(size) = size {
            write!(f, " SIZE={size}")?;
        }
        if let Some(body) = body {
            write!(f, " BODY={body}")?;
        }
        // Without it a value in UTF-8 is none (RFC 6531 section 3.3).
        if *smtputf8 || !unknown.is_ascii() {
            f.write_str(" SMTPUTF8")?;
        }
        if *require_tls {
            f.write_str(" REQUIRETLS")?;
        }
        if let Some(ret) = ret {
            write!(f, " RET={ret}")?;
        }
        if let Some(id) = envelope_id {
            write!(f, " ENVID={id}")?;
        }
        if let Some(auth) = auth {
            write!(f, " AUTH={auth}")?;
        }
        if let Some(by) = deliver_by {
            write!(f, " BY={by}")?;
        }
        match release {
            Some(Release::For(hold)) => write!(f, " HOLDFOR={hold}")?,
            Some(Release::Until(moment)) => write!(f, " HOLDUNTIL={moment}")?,
            None => {}
        }
        if let Some(priority) = priority {
            write!(f, " MT-PRIORITY={priority}")?;
        }
        if let Some(keywords) = solicitation {
            write!(f, " SOLICIT={keywords}")?;
        }
        unknown.write(Verb::Mail, f)
    }
}

impl fmt::Display for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for HoldFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

const SEVEN_BIT: u64 = grammar::fold(b"7BIT");
const EIGHT_BIT_MIME: u64 = grammar::fold(b"8BITMIME");

/// `size-value`: 1 to 20 digits (RFC 1870 section 3).
fn size(value: &[u8]) -> Result<u64, ParameterError> {
    match number(value) {
        Ok(octets) if value.len() <= 20 => Ok(octets),
        Err(NumberError::TooLarge) if value.len() <= 20 => {
            Err(ParameterError::TooLarge(Parameter::Size))
        }
        _ => Err(ParameterError::Value(Parameter::Size)),
    }
}

/// HOLDFOR and HOLDUNTIL share their place: RFC 4865 section 4 has one of them at most.
fn release<'i>(
    place: &mut Option<Release>,
    parameter: Parameter,
    value: Option<&'i [u8]>,
    parse: impl FnOnce(&'i [u8]) -> Result<Release, ParameterError>,
) -> Result<(), ParameterError> {
    match (*place, parameter) {
        (Some(Release::For(_)), Parameter::HoldUntil)
        | (Some(Release::Until(_)), Parameter::HoldFor) => Err(ParameterError::Excluded(parameter)),
        _ => once(place, parameter, value, parse),
    }
}
