//! Parameters by their form alone, and those that nobody here knows.

use std::fmt;

use super::{Parameter, ParameterError};
use crate::charset::{self, Charset};
use crate::grammar::{self, ESMTP_VALUE, LDH, Parsed, fail, run, skip_blanks, text, within};
use crate::verb::Verb;

/// One parameter as it stands in the line: a keyword, and perhaps a value (`esmtp-param` of RFC
/// 5321 section 4.1.2). `Display` writes it: `KEYWORD=value`.
///
/// Two of them are equal if their values are, and their keywords but for letter case.
#[derive(Clone, Copy, Debug)]
pub struct EsmtpParameter<'i> {
    keyword: &'i str,
    value: Option<&'i str>,
}

/// The owned twin of [`EsmtpParameter`].
#[derive(Clone)]
pub struct EsmtpParameterBuf {
    keyword: Box<str>,
    value: Option<Box<str>>,
}

/// The parameters of a command that this crate does not know, as an iterator that parses them
/// again as it goes. Their form was checked; doubles were not, for only whoever knows a parameter
/// knows whether it may come twice.
///
/// A client sends parameters of its own by parsing them from text.
///
/// ```
/// use mailwire_smtp_proto::params::{MailParameters, UnknownParameters};
///
/// let parameters = MailParameters::parse("SIZE=1000 X-TRACE=on X-TEST")?;
/// let unknown: Vec<String> = parameters.unknown.map(|it| it.to_string()).collect();
/// assert_eq!(unknown, ["X-TRACE=on", "X-TEST"]);
///
/// let mut parameters = MailParameters::default();
/// parameters.unknown = UnknownParameters::parse("X-TEST")?;
/// assert_eq!(parameters.to_string(), " X-TEST");
/// assert!(UnknownParameters::parse("X-TEST\r\nRSET").is_err());
/// # Ok::<(), mailwire_smtp_proto::params::ParameterError>(())
/// ```
#[derive(Clone, Copy)]
pub struct UnknownParameters<'i> {
    /// Parameters whose form was checked, known ones among them.
    rest: &'i [u8],
    charset: Charset,
    /// The command that they came with. Those that are known for it are not unknown; those of the
    /// other one are.
    verb: Verb,
}

/// The owned twin of [`UnknownParameters`].
#[derive(Clone)]
pub struct UnknownParametersBuf {
    spelled: Box<str>,
    verb: Verb,
}

impl<'i> EsmtpParameter<'i> {
    /// Parses one parameter, with nothing around it.
    ///
    /// # Errors
    ///
    /// [`ParameterError::Malformed`].
    pub fn parse(input: &'i (impl AsRef<[u8]> + ?Sized)) -> Result<Self, ParameterError> {
        let (keyword, value) = grammar::whole(esmtp_param(Charset::Ascii, input.as_ref()), |_| {
            ParameterError::Malformed
        })?;
        Self::from_parts(keyword, value).ok_or(ParameterError::Malformed)
    }

    /// The keyword as it is spelled.
    #[must_use]
    pub const fn keyword(self) -> &'i str {
        self.keyword
    }

    /// The value behind the `=`, if there is one; it is not empty.
    #[must_use]
    pub const fn value(self) -> Option<&'i str> {
        self.value
    }

    /// The owned twin.
    #[must_use]
    pub fn to_owned(self) -> EsmtpParameterBuf {
        EsmtpParameterBuf {
            keyword: self.keyword.into(),
            value: self.value.map(Into::into),
        }
    }

    fn from_parts(keyword: &'i [u8], value: Option<&'i [u8]>) -> Option<Self> {
        Some(Self {
            keyword: text(keyword, ()).ok()?,
            value: match value {
                Some(value) => Some(text(value, ()).ok()?),
                None => None,
            },
        })
    }
}

impl EsmtpParameterBuf {
    /// The borrowed form. It is not parsed again.
    #[must_use]
    pub fn borrow(&self) -> EsmtpParameter<'_> {
        EsmtpParameter {
            keyword: &self.keyword,
            value: self.value.as_deref(),
        }
    }
}

grammar::owned_twin!(EsmtpParameterBuf, EsmtpParameter, ParameterError);

impl UnknownParametersBuf {
    /// The borrowed form. It is not parsed again as a whole.
    #[must_use]
    pub const fn borrow(&self) -> UnknownParameters<'_> {
        UnknownParameters {
            rest: self.spelled.as_bytes(),
            charset: Charset::Utf8,
            verb: self.verb,
        }
    }
}

grammar::owned_twin!(UnknownParametersBuf, UnknownParameters, ParameterError);

impl<'i> UnknownParameters<'i> {
    /// Parses parameters, none of which this crate knows, neither of MAIL nor of RCPT.
    ///
    /// # Errors
    ///
    /// [`ParameterError::Malformed`]; [`ParameterError::Known`] for one that has a field of its own
    /// to stand in.
    pub fn parse(input: &'i (impl AsRef<[u8]> + ?Sized)) -> Result<Self, ParameterError> {
        let known = |parameter, _| Err(ParameterError::Known(parameter));
        let unknown = each(Charset::Ascii, Verb::Mail, input.as_ref(), known)?;
        match unknown
            .into_iter()
            .find_map(|it| Parameter::parse(it.keyword))
        {
            Some(parameter) => Err(ParameterError::Known(parameter)),
            None => Ok(unknown),
        }
    }

    /// Whether all of it is ASCII, so that SMTPUTF8 is not needed.
    #[must_use]
    pub fn is_ascii(mut self) -> bool {
        self.all(|it| it.value.is_none_or(str::is_ascii))
    }

    /// The owned twin.
    #[must_use]
    pub fn to_owned(self) -> UnknownParametersBuf {
        UnknownParametersBuf {
            spelled: self.to_string().into(),
            verb: self.verb,
        }
    }

    /// Writes them behind a command, which has fields of its own for those that are known for it,
    /// whatever these came with.
    pub(super) fn write(mut self, verb: Verb, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.try_for_each(
            |parameter| match known(verb, parameter.keyword.as_bytes()) {
                None => write!(f, " {parameter}"),
                Some(_) => Ok(()),
            },
        )
    }

    /// No parameters.
    pub(super) const fn none(verb: Verb) -> Self {
        Self {
            rest: &[],
            charset: Charset::Ascii,
            verb,
        }
    }
}

impl<'i> Iterator for UnknownParameters<'i> {
    type Item = EsmtpParameter<'i>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.rest.is_empty() {
            // What comes was checked, so an error is the end.
            let (behind, (keyword, value)) =
                esmtp_param(self.charset, skip_blanks(self.rest)).ok()?;
            self.rest = behind;
            if known(self.verb, keyword).is_none() {
                return EsmtpParameter::from_parts(keyword, value);
            }
        }
        None
    }
}

impl std::iter::FusedIterator for UnknownParameters<'_> {}

impl fmt::Display for EsmtpParameter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.keyword)?;
        match self.value {
            Some(value) => write!(f, "={value}"),
            None => Ok(()),
        }
    }
}

impl PartialEq for EsmtpParameter<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.keyword.eq_ignore_ascii_case(other.keyword) && self.value == other.value
    }
}

impl Eq for EsmtpParameter<'_> {}

impl std::hash::Hash for EsmtpParameter<'_> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        grammar::hash_ignoring_case(self.keyword.as_bytes(), state);
        self.value.hash(state);
    }
}

/// `Display` puts one blank before each.
impl fmt::Display for UnknownParameters<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parameters = *self;
        parameters.try_for_each(|parameter| write!(f, " {parameter}"))
    }
}

impl fmt::Debug for UnknownParameters<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(*self).finish()
    }
}

impl PartialEq for UnknownParameters<'_> {
    fn eq(&self, other: &Self) -> bool {
        Iterator::eq(*self, *other)
    }
}

impl Eq for UnknownParameters<'_> {}

impl std::hash::Hash for UnknownParameters<'_> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (*self).for_each(|parameter| parameter.hash(state));
        state.write_u8(0xFF);
    }
}

/// Hands out every parameter in turn that is known for `verb`, and gives the others.
///
/// The grammar has one blank before each. More are taken, because clients that leave a parameter
/// out leave its blank in.
pub(super) fn each<'i>(
    charset: Charset,
    verb: Verb,
    input: &'i [u8],
    mut take: impl FnMut(Parameter, Option<&'i [u8]>) -> Result<(), ParameterError>,
) -> Result<UnknownParameters<'i>, ParameterError> {
    let mut unknown = UnknownParameters::none(verb);
    let mut rest = skip_blanks(input);
    while !rest.is_empty() {
        let Ok((behind, (keyword, value))) = esmtp_param(charset, rest) else {
            return Err(ParameterError::Malformed);
        };
        match known(verb, keyword) {
            Some(parameter) => take(parameter, value)?,
            None => {
                if value.is_some_and(|value| !is_text(value)) {
                    return Err(ParameterError::Malformed);
                }
                // From the first that is unknown on, all are looked through again when asked for.
                if unknown.rest.is_empty() {
                    unknown.rest = rest;
                    unknown.charset = charset;
                }
            }
        }
        rest = skip_blanks(behind);
    }
    Ok(unknown)
}

/// Whether octets of the class of a value are text: UTF-8, where they are not ASCII, without
/// controls.
fn is_text(value: &[u8]) -> bool {
    value.is_ascii()
        || std::str::from_utf8(value).is_ok_and(|text| text.chars().all(charset::is_in_local_part))
}

fn known(verb: Verb, keyword: &[u8]) -> Option<Parameter> {
    Parameter::parse(keyword).filter(|parameter| parameter.verb() == verb)
}

type Param<'i> = (&'i [u8], Option<&'i [u8]>);

/// `esmtp-param`, with a blank or the end behind it. With UTF-8, a value may have it (the
/// `utf-8-addr-unitext` of RFC 6533 section 3).
#[inline]
fn esmtp_param(charset: Charset, input: &[u8]) -> Parsed<'_, Param<'_>, ParameterError> {
    let (rest, keyword) = run(LDH, input);
    if matches!(keyword, [] | [b'-', ..]) {
        return fail(ParameterError::Malformed);
    }
    let (rest, value) = match rest {
        [b'=', behind @ ..] => match run(within(charset, ESMTP_VALUE), behind) {
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
#[inline]
pub(super) fn once<'i, T>(
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

/// Sets a parameter that is there or not, and takes no value.
#[inline]
pub(super) const fn flag(
    place: &mut bool,
    parameter: Parameter,
    value: Option<&[u8]>,
) -> Result<(), ParameterError> {
    if *place {
        return Err(ParameterError::Duplicate(parameter));
    }
    if value.is_some() {
        return Err(ParameterError::UnexpectedValue(parameter));
    }
    *place = true;
    Ok(())
}
