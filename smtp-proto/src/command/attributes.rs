//! The arguments of XCLIENT and XFORWARD: what a proxy tells of its client (Postfix's
//! XCLIENT_README and XFORWARD_README).

use std::fmt::{self, Write};

use super::SyntaxError;
use crate::grammar::{self, ATTRIBUTE, Parsed, fail, run, skip_blanks, text};
use crate::verb::Arguments;
use crate::xtext::{Xtext, XtextBuf, XtextError};

/// What XCLIENT or XFORWARD says: attributes, at least one, parsed again as they are iterated over.
/// `Display` writes them as they are sent.
///
/// The form of each was checked. Which names there are, and what their values mean, is not known
/// here, nor whether a name may come twice.
///
/// ```
/// use mailwire_smtp_proto::command::{AttributeValue, attributes};
/// use mailwire_smtp_proto::verb::Arguments;
///
/// let arguments = Arguments::new(b"NAME=[UNAVAILABLE] ADDR=192.0.2.1");
/// let mut attributes = attributes(arguments)?;
/// let attribute = attributes.next().unwrap();
/// assert_eq!(attribute.name, "name");
/// assert_eq!(attribute.value, AttributeValue::Unavailable);
/// assert_eq!(attributes.next().unwrap().to_string(), "ADDR=192.0.2.1");
/// # Ok::<(), mailwire_smtp_proto::command::SyntaxError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Attributes<'i>(&'i [u8]);

/// The owned twin of [`Attributes`]. A proxy builds what it says of its client:
///
/// ```
/// use mailwire_smtp_proto::command::{
///     Attribute, AttributeName, AttributeTextBuf, AttributeValue, AttributesBuf, Command,
/// };
///
/// let text = AttributeTextBuf::encode("user one")?;
/// let mut attributes = AttributesBuf::from(Attribute {
///     name: AttributeName::parse("LOGIN")?,
///     value: AttributeValue::Text(text.borrow()),
/// });
/// attributes.push(Attribute {
///     name: AttributeName::parse("NAME")?,
///     value: AttributeValue::TemporarilyUnavailable,
/// });
/// let mut out = bytes::BytesMut::new();
/// Command::Xclient(attributes.borrow()).write(&mut out);
/// assert_eq!(&out[..], b"XCLIENT LOGIN=user+20one NAME=[TEMPUNAVAIL]\r\n");
/// # Ok::<(), mailwire_smtp_proto::command::AttributeError>(())
/// ```
#[derive(Clone)]
pub struct AttributesBuf(String);

/// One attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Attribute<'i> {
    /// The name.
    pub name: AttributeName<'i>,
    /// What it is.
    pub value: AttributeValue<'i>,
}

grammar::word!(
    /// The name of an attribute: letters, digits, `-` and `_`.
    AttributeName,
    AttributeNameBuf,
    is_name,
    AttributeError,
    AttributeError::Name,
    "[`AttributeError::Name`]."
);

/// The value of an attribute. Deliberately exhaustive: it is known, or not known for one of two
/// reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AttributeValue<'i> {
    /// `[UNAVAILABLE]`: there is none, as far as anybody can tell.
    Unavailable,
    /// `[TEMPUNAVAIL]`: it could not be found out for now.
    TemporarilyUnavailable,
    /// A text.
    Text(AttributeText<'i>),
}

/// A value that is known: xtext that decodes to UTF-8 without control characters, possibly empty.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AttributeText<'i>(Xtext<'i>);

/// The owned twin of [`AttributeText`].
#[derive(Clone)]
pub struct AttributeTextBuf(XtextBuf);

/// Why something is no attribute. Holds none of the peer's octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum AttributeError {
    /// The name is empty, or has an octet that none has.
    #[error(
        "the name of an attribute is letters, digits, \"-\" and \"_\" (Postfix, XCLIENT_README)"
    )]
    Name,
    /// There is no `=` behind the name.
    #[error("an attribute is a name, \"=\" and a value (Postfix, XCLIENT_README)")]
    NoValue,
    /// The value is no xtext.
    #[error("the value of an attribute is xtext: {0}")]
    Xtext(#[from] XtextError),
    /// The value decodes to something that is no text.
    #[error("the value of an attribute decodes to a control character, or to no UTF-8")]
    Text,
    /// The value is a text that means something else.
    #[error(
        "{UNAVAILABLE} and {TEMPORARILY_UNAVAILABLE} say that there is no value (Postfix, XCLIENT_README)"
    )]
    Reserved,
    /// The value is longer than any is.
    #[error("the value of an attribute has more than 255 octets (Postfix, XCLIENT_README)")]
    TooLong,
}

/// The arguments of XCLIENT or XFORWARD.
///
/// # Errors
///
/// [`SyntaxError::MissingArgument`] and [`SyntaxError::Attribute`].
pub fn attributes(arguments: Arguments<'_>) -> Result<Attributes<'_>, SyntaxError> {
    let arguments = skip_blanks(arguments.trimmed());
    let mut rest = arguments;
    if rest.is_empty() {
        return Err(SyntaxError::MissingArgument);
    }
    while !rest.is_empty() {
        rest = match attribute(rest) {
            Ok((behind, _)) => skip_blanks(behind),
            Err(nom::Err::Error(error) | nom::Err::Failure(error)) => {
                return Err(SyntaxError::Attribute(error));
            }
            // No parser here is a streaming one.
            Err(nom::Err::Incomplete(_)) => return Err(SyntaxError::MissingArgument),
        };
    }
    Ok(Attributes(arguments))
}

impl<'i> Attributes<'i> {
    /// Parses attributes with blanks between them, as they stand behind XCLIENT or XFORWARD.
    ///
    /// # Errors
    ///
    /// As of [`attributes`].
    pub fn parse(input: &'i (impl AsRef<[u8]> + ?Sized)) -> Result<Self, SyntaxError> {
        attributes(Arguments::new(input.as_ref()))
    }

    /// The owned twin.
    #[must_use]
    pub fn to_owned(self) -> AttributesBuf {
        AttributesBuf(self.to_string())
    }
}

impl AttributesBuf {
    /// Adds an attribute behind the others.
    pub fn push(&mut self, attribute: Attribute<'_>) {
        // Writing to a String cannot fail.
        let _ = write!(self.0, " {attribute}");
    }

    /// The borrowed form. It is not parsed again as a whole.
    #[must_use]
    pub fn borrow(&self) -> Attributes<'_> {
        Attributes(self.0.as_bytes())
    }
}

impl From<Attribute<'_>> for AttributesBuf {
    fn from(first: Attribute<'_>) -> Self {
        Self(first.to_string())
    }
}

grammar::owned_twin!(AttributesBuf, Attributes, SyntaxError);

impl<'i> AttributeText<'i> {
    /// The most octets of a value. Postfix counts them before they are decoded, so that many are
    /// [written](AttributeTextBuf::encode), encoded; the grammar reads that many decoded, and who an
    /// [`Identity`](crate::xclient::Identity) is has to be fit to be told on.
    pub const LIMIT: usize = 255;

    /// Checks that the input is xtext and decodes to text.
    ///
    /// # Errors
    ///
    /// [`AttributeError`] says which rule is broken.
    pub fn parse(input: &'i (impl AsRef<[u8]> + ?Sized)) -> Result<Self, AttributeError> {
        let xtext = Xtext::parse(input.as_ref())?;
        let mut buffer = [0; Self::LIMIT];
        let octets = xtext
            .decode_into(&mut buffer)
            .ok_or(AttributeError::TooLong)?;
        let decoded = text(octets, AttributeError::Text)?;
        check_text(decoded)?;
        Ok(Self(xtext))
    }

    /// The octets that are meant: UTF-8 without control characters.
    pub fn decode(self) -> impl Iterator<Item = u8> + 'i {
        self.0.decode()
    }

    /// The value as it is on the wire, encoded.
    #[must_use]
    pub const fn as_xtext(self) -> Xtext<'i> {
        self.0
    }

    /// The owned twin.
    #[must_use]
    pub fn to_owned(self) -> AttributeTextBuf {
        AttributeTextBuf(self.0.to_owned())
    }
}

impl AttributeTextBuf {
    /// The encoding of a text without control characters.
    ///
    /// # Errors
    ///
    /// [`AttributeError::Text`], [`AttributeError::Reserved`] and [`AttributeError::TooLong`].
    pub fn encode(value: &str) -> Result<Self, AttributeError> {
        check_text(value)?;
        let encoded = XtextBuf::encode(value);
        if encoded.borrow().as_str().len() > AttributeText::LIMIT {
            return Err(AttributeError::TooLong);
        }
        Ok(Self(encoded))
    }

    /// The borrowed form. It is not parsed again.
    #[must_use]
    pub fn borrow(&self) -> AttributeText<'_> {
        AttributeText(self.0.borrow())
    }
}

grammar::owned_twin!(AttributeTextBuf, AttributeText, AttributeError);

impl<'i> Iterator for Attributes<'i> {
    type Item = Attribute<'i>;

    fn next(&mut self) -> Option<Attribute<'i>> {
        // What comes was checked, so an error is the end.
        let (behind, attribute) = attribute(self.0).ok()?;
        self.0 = skip_blanks(behind);
        Some(attribute)
    }
}

impl std::iter::FusedIterator for Attributes<'_> {}

impl fmt::Display for Attributes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut attributes = *self;
        let mut separator = "";
        attributes.try_for_each(|attribute| {
            write!(f, "{separator}{attribute}")?;
            separator = " ";
            Ok(())
        })
    }
}

impl fmt::Debug for Attributes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(*self).finish()
    }
}

impl PartialEq for Attributes<'_> {
    fn eq(&self, other: &Self) -> bool {
        Iterator::eq(*self, *other)
    }
}

impl Eq for Attributes<'_> {}

impl std::hash::Hash for Attributes<'_> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (*self).for_each(|attribute| attribute.hash(state));
        state.write_u8(0xFF);
    }
}

impl fmt::Display for Attribute<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.name, self.value)
    }
}

impl fmt::Display for AttributeValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable => f.write_str(UNAVAILABLE),
            Self::TemporarilyUnavailable => f.write_str(TEMPORARILY_UNAVAILABLE),
            Self::Text(text) => text.fmt(f),
        }
    }
}

impl fmt::Display for AttributeText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for AttributeText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AttributeText({self})")
    }
}

/// That a text can be a value.
fn check_text(text: &str) -> Result<(), AttributeError> {
    if text.chars().any(char::is_control) {
        return Err(AttributeError::Text);
    }
    let is = |word: &str| text.eq_ignore_ascii_case(word);
    if is(UNAVAILABLE) || is(TEMPORARILY_UNAVAILABLE) {
        return Err(AttributeError::Reserved);
    }
    Ok(())
}

fn is_name(word: &[u8]) -> bool {
    !word.is_empty() && run(ATTRIBUTE, word).0.is_empty()
}

const UNAVAILABLE: &str = "[UNAVAILABLE]";
const TEMPORARILY_UNAVAILABLE: &str = "[TEMPUNAVAIL]";

/// A name, `=` and a value, with a blank or the end behind it.
fn attribute(input: &[u8]) -> Parsed<'_, Attribute<'_>, AttributeError> {
    let (rest, name) = run(ATTRIBUTE, input);
    if name.is_empty() {
        return fail(AttributeError::Name);
    }
    let value = match rest {
        [b'=', value @ ..] => value,
        [] | [b' ', ..] => return fail(AttributeError::NoValue),
        _ => return fail(AttributeError::Name),
    };
    let end = memchr::memchr(b' ', value).unwrap_or(value.len());
    let (value, rest) = value.split_at_checked(end).unwrap_or((value, &[]));
    let is = |word: &str| value.eq_ignore_ascii_case(word.as_bytes());
    let value = if is(UNAVAILABLE) {
        AttributeValue::Unavailable
    } else if is(TEMPORARILY_UNAVAILABLE) {
        AttributeValue::TemporarilyUnavailable
    } else {
        match AttributeText::parse(value) {
            Ok(text) => AttributeValue::Text(text),
            Err(error) => return fail(error),
        }
    };
    match AttributeName::parse(name) {
        Ok(name) => Ok((rest, Attribute { name, value })),
        Err(error) => fail(error),
    }
}
