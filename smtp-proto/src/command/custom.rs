//! Commands of the embedder's own.

use std::fmt;

use super::{SyntaxError, TextString, TextStringBuf};
use crate::grammar::{self, LDH, run};
use crate::verb::{Arguments, Verb};

grammar::word!(
    /// The word of a command that this crate does not know: a letter, then letters, digits and
    /// hyphens, at most [`LIMIT`](Self::LIMIT).
    ///
    /// ```
    /// use mailwire_smtp_proto::command::CustomVerb;
    ///
    /// let (verb, arguments) = CustomVerb::split(b"XSTATUS all").unwrap();
    /// assert_eq!(verb, CustomVerb::parse("xstatus")?);
    /// assert_eq!(arguments.as_bytes(), b"all");
    /// assert!(CustomVerb::parse("MAIL").is_err(), "that one has a meaning");
    /// # Ok::<(), mailwire_smtp_proto::command::SyntaxError>(())
    /// ```
    CustomVerb,
    CustomVerbBuf,
    is_custom_verb,
    SyntaxError,
    SyntaxError::CustomVerb,
    "[`SyntaxError::CustomVerb`], also for a word that is a [`Verb`]."
);

/// A command of the embedder's own, as a client sends it: `Display` writes the line without CRLF.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Custom<'i> {
    /// The word.
    pub verb: CustomVerb<'i>,
    /// What follows it and a blank, if anything does.
    pub arguments: Option<TextString<'i>>,
}

/// The owned twin of [`Custom`].
#[derive(Clone)]
pub struct CustomBuf {
    /// The word.
    pub verb: CustomVerbBuf,
    /// What follows it and a blank, if anything does.
    pub arguments: Option<TextStringBuf>,
}

impl Custom<'_> {
    /// The owned twin.
    #[must_use]
    pub fn to_owned(self) -> CustomBuf {
        CustomBuf {
            verb: self.verb.to_owned(),
            arguments: self.arguments.map(TextString::to_owned),
        }
    }
}

impl CustomBuf {
    /// The borrowed form.
    #[must_use]
    pub fn borrow(&self) -> Custom<'_> {
        Custom {
            verb: self.verb.borrow(),
            arguments: self.arguments.as_ref().map(TextStringBuf::borrow),
        }
    }
}

grammar::owned_twin!(CustomBuf, Custom);

impl<'i> CustomVerb<'i> {
    /// The most octets of a word.
    pub const LIMIT: usize = 32;

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
}

/// By its form, and none that has a meaning.
fn is_custom_verb(word: &[u8]) -> bool {
    word.first().is_some_and(u8::is_ascii_alphabetic)
        && run(LDH, word).0.is_empty()
        && word.len() <= CustomVerb::LIMIT
        && Verb::parse(word).is_none()
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
