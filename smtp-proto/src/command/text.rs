//! Commands about text: VRFY, EXPN and HELP.

use std::fmt;

use super::SyntaxError;
use crate::charset::{self, Charset};
use crate::grammar::{self, TEXT, run, text, trim_end, within};
use crate::verb::{Arguments, Verb};

/// Printable characters, blanks and tabs, at least one, without white space at its end
/// (`textstring` of RFC 5321 section 4.2). Outside of ASCII only with SMTPUTF8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TextString<'i>(&'i str);

/// The owned twin of [`TextString`].
#[derive(Clone)]
pub struct TextStringBuf(Box<str>);

/// The arguments of VRFY and EXPN: what is asked about, and whether SMTPUTF8 is behind it, without
/// which it is in ASCII. `Display` writes them as they are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Verify<'i> {
    string: TextString<'i>,
    smtputf8: bool,
}

/// The owned twin of [`Verify`].
#[derive(Clone)]
pub struct VerifyBuf {
    string: TextStringBuf,
    smtputf8: bool,
}

/// The arguments of VRFY or EXPN (RFC 5321 sections 4.1.1.6 and 4.1.1.7).
///
/// The grammar has an atom or a string in quotes. What is sent is a mailbox as well, with or
/// without brackets (section 3.5.1 wants it understood), so any printable text is taken. UTF-8
/// needs SMTPUTF8 behind it, also in a transaction that has it (RFC 6531 section 3.7.4.2).
///
/// # Errors
///
/// [`SyntaxError::MissingArgument`] and [`SyntaxError::Text`].
pub fn verify(arguments: Arguments<'_>) -> Result<Verify<'_>, SyntaxError> {
    let arguments = arguments.trimmed();
    let (string, smtputf8) = match without_smtputf8(arguments) {
        Some(string) => (string, true),
        None => (arguments, false),
    };
    if string.is_empty() {
        return Err(SyntaxError::MissingArgument);
    }
    let string = TextString::parse_in(charset_with(smtputf8), string)?;
    Ok(Verify { string, smtputf8 })
}

/// What is before SMTPUTF8 at the end of the arguments, if it is there and is not all of them.
fn without_smtputf8(arguments: &[u8]) -> Option<&[u8]> {
    const PARAMETER: &[u8] = b" SMTPUTF8";
    let at = arguments.len().checked_sub(PARAMETER.len())?;
    let (string, end) = arguments.split_at_checked(at)?;
    let string = trim_end(string);
    (end.eq_ignore_ascii_case(PARAMETER) && !string.is_empty()).then_some(string)
}

const fn charset_with(smtputf8: bool) -> Charset {
    if smtputf8 {
        Charset::Utf8
    } else {
        Charset::Ascii
    }
}

/// The argument of HELP, if there is one (RFC 5321 section 4.1.1.8).
///
/// # Errors
///
/// [`SyntaxError::Text`].
pub fn help(arguments: Arguments<'_>) -> Result<Option<TextString<'_>>, SyntaxError> {
    match arguments.trimmed() {
        [] => Ok(None),
        string => TextString::parse(string).map(Some),
    }
}

/// Checks the arguments of a command that asks for nothing but a reply: VRFY and EXPN need some
/// text, HELP may have some, and what follows NOOP is ignored (RFC 5321 section 4.1.1.9). Of any
/// other verb, that there are none.
///
/// # Errors
///
/// Those of [`verify`], [`help`] and [`no_arguments`](super::no_arguments).
pub fn informational(verb: Verb, arguments: Arguments<'_>) -> Result<(), SyntaxError> {
    match verb {
        Verb::Noop => Ok(()),
        Verb::Vrfy | Verb::Expn => verify(arguments).map(drop),
        Verb::Help => help(arguments).map(drop),
        _ => super::no_arguments(arguments),
    }
}

impl<'i> TextString<'i> {
    /// Checks a text in ASCII, such as a client is about to send.
    ///
    /// # Errors
    ///
    /// [`SyntaxError::Text`], also if it is empty or has white space at its end, which a server
    /// would not see.
    pub fn parse(input: &'i (impl AsRef<[u8]> + ?Sized)) -> Result<Self, SyntaxError> {
        Self::parse_in(Charset::Ascii, input)
    }

    /// Checks a text in a character set.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse).
    pub fn parse_in(
        charset: Charset,
        input: &'i (impl AsRef<[u8]> + ?Sized),
    ) -> Result<Self, SyntaxError> {
        let input = input.as_ref();
        let (rest, _) = run(within(charset, TEXT), input);
        if !rest.is_empty() || matches!(input, [] | [.., b' ' | b'\t']) {
            return Err(SyntaxError::Text);
        }
        let string = text(input, SyntaxError::Text)?;
        let good = string.is_ascii()
            || string
                .chars()
                .all(|it| it == '\t' || charset::is_in_local_part(it));
        if good {
            Ok(Self(string))
        } else {
            Err(SyntaxError::Text)
        }
    }

    /// The text as received.
    #[must_use]
    pub const fn as_str(self) -> &'i str {
        self.0
    }

    /// The owned twin.
    #[must_use]
    pub fn to_owned(self) -> TextStringBuf {
        TextStringBuf(self.0.into())
    }
}

impl TextStringBuf {
    /// The borrowed form. It is not checked again.
    #[must_use]
    pub fn borrow(&self) -> TextString<'_> {
        TextString(&self.0)
    }
}

grammar::owned_twin!(TextStringBuf, TextString, SyntaxError);

impl<'i> Verify<'i> {
    /// What a client asks about.
    ///
    /// ```
    /// use mailwire_smtp_proto::command::{TextString, Verify};
    ///
    /// let who = TextString::parse("postmaster")?;
    /// assert_eq!(Verify::new(who, true)?.to_string(), "postmaster SMTPUTF8");
    /// assert!(Verify::new(TextString::parse("a SMTPUTF8")?, false).is_err());
    /// # Ok::<(), mailwire_smtp_proto::command::SyntaxError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`SyntaxError::Text`] for what would be read as something else without SMTPUTF8: text outside
    /// of ASCII, and text that ends with that word.
    pub fn new(string: TextString<'i>, smtputf8: bool) -> Result<Self, SyntaxError> {
        let text = string.as_str();
        if smtputf8 || text.is_ascii() && without_smtputf8(text.as_bytes()).is_none() {
            Ok(Self { string, smtputf8 })
        } else {
            Err(SyntaxError::Text)
        }
    }

    /// What is asked about: a name, a mailbox or a list.
    #[must_use]
    pub const fn string(self) -> TextString<'i> {
        self.string
    }

    /// SMTPUTF8: the reply may have UTF-8 (RFC 6531 section 3.7.4.2).
    #[must_use]
    pub const fn smtputf8(self) -> bool {
        self.smtputf8
    }

    /// The owned twin.
    #[must_use]
    pub fn to_owned(self) -> VerifyBuf {
        VerifyBuf {
            string: self.string.to_owned(),
            smtputf8: self.smtputf8,
        }
    }
}

impl VerifyBuf {
    /// The borrowed form.
    #[must_use]
    pub fn borrow(&self) -> Verify<'_> {
        Verify {
            string: self.string.borrow(),
            smtputf8: self.smtputf8,
        }
    }
}

grammar::owned_twin!(VerifyBuf, Verify);

impl fmt::Display for TextString<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Display for Verify<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.string.fmt(f)?;
        f.write_str(if self.smtputf8 { " SMTPUTF8" } else { "" })
    }
}
