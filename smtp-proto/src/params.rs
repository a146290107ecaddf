//! The parameters of MAIL and RCPT (`esmtp-param` of RFC 5321 section 4.1.2).
//!
//! They are typed and checked in one pass over the line. What is not known here is an error: a
//! parameter asks for something, and a server that took it without knowing what would not do it.

use std::fmt;
use std::marker::PhantomData;

use crate::grammar::{self, ESMTP_VALUE, LDH, Parsed, fail, run, skip_blanks};
use crate::xtext::Xtext;

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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct MailParameters<'i> {
    /// SIZE: octets of the message that is to come, as the client estimates them (RFC 1870).
    pub size: Option<u64>,
    /// BODY: what kind of content is to come (RFC 6152).
    pub body: Option<Body>,
    /// AUTH: who is said to have submitted the message (RFC 4954 section 5). A server believes it
    /// of a peer that it trusts, and of nobody else.
    pub auth: Option<Submitter<'i>>,
}

/// The parameters of a RCPT command. None is known yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct RcptParameters<'i> {
    borrowed: PhantomData<&'i [u8]>,
}

/// The value of BODY (RFC 6152 section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Body {
    /// `7BIT`: ASCII in lines.
    SevenBit,
    /// `8BITMIME`: octets above 127 as well, in lines.
    EightBitMime,
}

/// The value of the AUTH parameter (RFC 4954 section 5). Deliberately exhaustive: the grammar has
/// these two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Submitter<'i> {
    /// `<>`: not known, or not trusted.
    Unknown,
    /// A mailbox, encoded. Whether it decodes to one is not checked.
    Mailbox(Xtext<'i>),
}

/// A parameter that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Parameter {
    /// SIZE of MAIL (RFC 1870).
    Size,
    /// BODY of MAIL (RFC 6152).
    Body,
    /// AUTH of MAIL (RFC 4954 section 5).
    Auth,
}

/// Why parameters cannot be taken. Holds none of the peer's octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ParameterError {
    /// What should be a parameter is none by its form.
    #[error("a parameter is a keyword, or a keyword, \"=\" and a value (RFC 5321 section 4.1.2)")]
    Malformed,
    /// The keyword is none that is known for this command: 555.
    #[error("the parameter is not known (RFC 5321 section 4.1.1.11)")]
    Unknown,
    /// The parameter is there twice.
    #[error("{0} is given twice (RFC 1870 section 6)")]
    Duplicate(Parameter),
    /// The parameter has no value and needs one.
    #[error("{0} needs a value ({rule})", rule = .0.rule())]
    MissingValue(Parameter),
    /// The value is not one that the parameter can have.
    #[error("the value of {0} is malformed ({rule})", rule = .0.rule())]
    Value(Parameter),
    /// The number is right in form and beyond what 64 bits hold, so beyond any limit as well.
    #[error("the number of {0} is beyond any limit ({rule})", rule = .0.rule())]
    TooLarge(Parameter),
}

impl<'i> MailParameters<'i> {
    /// Parses parameters with blanks between them and, if there are any, before the first.
    ///
    /// # Errors
    ///
    /// [`ParameterError`] tells of the first parameter that cannot be taken.
    pub fn parse(input: &'i (impl AsRef<[u8]> + ?Sized)) -> Result<Self, ParameterError> {
        let mut parameters = Self::default();
        each(input.as_ref(), |keyword, value| {
            match grammar::fold(keyword) {
                SIZE => once(&mut parameters.size, Parameter::Size, value, size),
                BODY => once(&mut parameters.body, Parameter::Body, value, body),
                AUTH => once(&mut parameters.auth, Parameter::Auth, value, submitter),
                _ => Err(ParameterError::Unknown),
            }
        })?;
        Ok(parameters)
    }
}

impl<'i> RcptParameters<'i> {
    /// Parses parameters with blanks between them and, if there are any, before the first.
    ///
    /// # Errors
    ///
    /// [`ParameterError`] tells of the first parameter that cannot be taken.
    pub fn parse(input: &'i (impl AsRef<[u8]> + ?Sized)) -> Result<Self, ParameterError> {
        each(input.as_ref(), |_, _| Err(ParameterError::Unknown))?;
        Ok(Self::default())
    }
}

impl Body {
    /// The value as it is sent, such as `8BITMIME`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SevenBit => "7BIT",
            Self::EightBitMime => "8BITMIME",
        }
    }
}

impl Parameter {
    /// The keyword as it is sent, such as `SIZE`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Size => "SIZE",
            Self::Body => "BODY",
            Self::Auth => "AUTH",
        }
    }

    /// Where the parameter is defined.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Size => "RFC 1870 section 3",
            Self::Body => "RFC 6152 section 2",
            Self::Auth => "RFC 4954 section 5",
        }
    }
}

impl fmt::Display for MailParameters<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { size, body, auth } = self;
        if let Some(size) = size {
            write!(f, " SIZE={size}")?;
        }
        if let Some(body) = body {
            write!(f, " BODY={body}")?;
        }
        if let Some(auth) = auth {
            write!(f, " AUTH={auth}")?;
        }
        Ok(())
    }
}

impl fmt::Display for RcptParameters<'_> {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl fmt::Display for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Submitter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("<>"),
            Self::Mailbox(mailbox) => mailbox.fmt(f),
        }
    }
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

const SIZE: u64 = grammar::fold(b"SIZE");
const BODY: u64 = grammar::fold(b"BODY");
const AUTH: u64 = grammar::fold(b"AUTH");

/// Hands out every parameter in turn.
///
/// The grammar has one blank before each. More are taken, because clients that leave a parameter
/// out leave its blank in.
fn each<'i>(
    input: &'i [u8],
    mut take: impl FnMut(&'i [u8], Option<&'i [u8]>) -> Result<(), ParameterError>,
) -> Result<(), ParameterError> {
    let mut rest = skip_blanks(input);
    while !rest.is_empty() {
        let ((keyword, value), behind) = match esmtp_param(rest) {
            Ok((behind, parameter)) => (parameter, behind),
            Err(_) => return Err(ParameterError::Malformed),
        };
        take(keyword, value)?;
        rest = skip_blanks(behind);
    }
    Ok(())
}

type Param<'i> = (&'i [u8], Option<&'i [u8]>);

/// `esmtp-param`, with a blank or the end behind it.
fn esmtp_param(input: &[u8]) -> Parsed<'_, Param<'_>, ParameterError> {
    let (rest, keyword) = run(LDH, input);
    if matches!(keyword, [] | [b'-', ..]) {
        return fail(ParameterError::Malformed);
    }
    let (rest, value) = match rest {
        [b'=', behind @ ..] => match run(ESMTP_VALUE, behind) {
            (_, []) => return fail(ParameterError::Malformed),
            (rest, value) => (rest, Some(value)),
        },
        _ => (rest, None),
    };
    match rest {
        [] | [b' ', ..] => Ok((rest, (keyword, value))),
        _ => fail(ParameterError::Malformed),
    }
}

/// Puts the value of a parameter into its place, where nothing may be yet.
fn once<'i, T>(
    place: &mut Option<T>,
    parameter: Parameter,
    value: Option<&'i [u8]>,
    parse: impl FnOnce(&'i [u8]) -> Result<T, ParameterError>,
) -> Result<(), ParameterError> {
    if place.is_some() {
        return Err(ParameterError::Duplicate(parameter));
    }
    *place = Some(parse(
        value.ok_or(ParameterError::MissingValue(parameter))?,
    )?);
    Ok(())
}

/// `size-value`: 1 to 20 digits (RFC 1870 section 3).
fn size(value: &[u8]) -> Result<u64, ParameterError> {
    if value.len() > 20 || !value.iter().all(u8::is_ascii_digit) {
        return Err(ParameterError::Value(Parameter::Size));
    }
    let number = value.iter().try_fold(0u64, |number, digit| {
        number.checked_mul(10)?.checked_add(u64::from(digit & 0x0F))
    });
    number.ok_or(ParameterError::TooLarge(Parameter::Size))
}

/// `body-value`, in any letter case (RFC 6152 section 2).
fn body(value: &[u8]) -> Result<Body, ParameterError> {
    [Body::SevenBit, Body::EightBitMime]
        .into_iter()
        .find(|body| value.eq_ignore_ascii_case(body.as_str().as_bytes()))
        .ok_or(ParameterError::Value(Parameter::Body))
}

/// `<>` or xtext (RFC 4954 section 5).
fn submitter(value: &[u8]) -> Result<Submitter<'_>, ParameterError> {
    if value == b"<>" {
        return Ok(Submitter::Unknown);
    }
    let mailbox = Xtext::parse(value).map_err(|_| ParameterError::Value(Parameter::Auth))?;
    Ok(Submitter::Mailbox(mailbox))
}
