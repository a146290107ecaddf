//! Commands of the embedder's own.

use std::fmt;

use super::{SyntaxError, TextString};
use crate::grammar::{LDH, run, text};
use crate::verb::{Arguments, Verb};

/// The word of a command that this crate does not know: a letter, then letters, digits and
/// hyphens, at most [`LIMIT`](Self::LIMIT).
///
/// Two of them are equal if they are the same but for letter case.
///
/// ```
/// use mailwire_smtp_proto::command::CustomVerb;
/// use mailwire_smtp_proto::verb::Verb;
///
/// let (verb, arguments) = CustomVerb::split(b"XSTATUS all").unwrap();
/// assert_eq!(verb, CustomVerb::parse("xstatus")?);
/// assert_eq!(arguments.as_bytes(), b"all");
/// assert!(CustomVerb::parse("MAIL").is_err(), "that one has a meaning");
/// # Ok::<(), mailwire_smtp_proto::command::SyntaxError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct CustomVerb<'i>(&'i str);

/// A command of the embedder's own, as a client sends it: `Display` writes the line without CRLF.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Custom<'i> {
    /// The word.
    pub verb: CustomVerb<'i>,
    /// What follows it and a blank, if anything does.
    pub arguments: Option<TextString<'i>>,
}

impl<'i> CustomVerb<'i> {
    /// The most octets of a word.
    pub const LIMIT: usize = 32;

    /// Checks a word.
    ///
    /// # Errors
    ///
    /// [`SyntaxError::CustomVerb`], also for a word that is a [`Verb`].
    pub fn parse(input: &'i (impl AsRef<[u8]> + ?Sized)) -> Result<Self, SyntaxError> {
        let word = input.as_ref();
        let by_form = word.first().is_some_and(u8::is_ascii_alphabetic)
            && run(LDH, word).0.is_empty()
            && word.len() <= Self::LIMIT;
        if !by_form || Verb::parse(word).is_some() {
            return Err(SyntaxError::CustomVerb);
        }
        text(word, SyntaxError::CustomVerb).map(Self)
    }

    /// Cuts a line, which has lost its CRLF, behind such a word; `None` if it starts with none.
    ///
    /// As with [`Verb::split`], one space is the separator and belongs to neither part.
    #[must_use]
    pub fn split(line: &'i [u8]) -> Option<(Self, Arguments<'i>)> {
        let (rest, word) = run(LDH, line);
        let verb = Self::parse(word).ok()?;
        match rest {
            [] | [b' ' | b'\t', ..] => {
                let arguments = rest.strip_prefix(b" ").unwrap_or(rest);
                Some((verb, Arguments::new(arguments)))
            }
            _ => None,
        }
    }

    /// The word as it is spelled.
    #[must_use]
    pub const fn as_str(self) -> &'i str {
        self.0
    }
}

impl PartialEq for CustomVerb<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(other.0)
    }
}

impl Eq for CustomVerb<'_> {}

impl std::hash::Hash for CustomVerb<'_> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        for octet in self.0.bytes() {
            state.write_u8(octet.to_ascii_uppercase());
        }
        state.write_u8(0xFF);
    }
}

impl fmt::Display for CustomVerb<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Display for Custom<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.verb.fmt(f)?;
        match self.arguments {
            Some(arguments) => write!(f, " {arguments}"),
            None => Ok(()),
        }
    }
}
