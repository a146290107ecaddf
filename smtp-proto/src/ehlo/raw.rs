//! Keywords that have no type of their own.

use std::fmt;

use super::known::Known;
use super::writer::ROOM;
use crate::grammar::{self, LDH, run, text};

/// A keyword with its parameters that this crate does not know, by the syntax of RFC 5321 section
/// 4.1.1.1 (`ehlo-line`): single spaces between, and no longer than its line.
///
/// ```
/// use mailwire_smtp_proto::ehlo::{KeywordError, RawKeyword};
///
/// assert_eq!(RawKeyword::parse("X-TRACE on off")?.as_str(), "X-TRACE on off");
/// assert_eq!(RawKeyword::parse("X-TRACE\r\n250 SIZE"), Err(KeywordError::Malformed));
/// assert_eq!(RawKeyword::parse("SIZE lots"), Err(KeywordError::Known));
/// # Ok::<(), KeywordError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RawKeyword<'a>(&'a str);

/// The owned twin of [`RawKeyword`].
#[derive(Clone)]
pub struct RawKeywordBuf(Box<str>);

/// Why something is no keyword, or no name in one. Holds none of the octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum KeywordError {
    /// It is not a keyword and words, or a word has an octet that none has.
    #[error(
        "a keyword is letters, digits and hyphens, and words of printable ASCII may follow, one space before each (RFC 5321 section 4.1.1.1)"
    )]
    Malformed,
    /// The line would be longer than a line of a reply is.
    #[error(
        "the keyword and its parameters have more than {ROOM} octets (RFC 5321 section 4.5.3.1.5)"
    )]
    TooLong,
    /// The keyword has a type of its own, which says it in its own syntax.
    #[error("the keyword is known, and is not offered by its text")]
    Known,
    /// The name of a priority assignment policy cannot be one.
    #[error(
        "a priority profile is 1 to 20 letters, digits, \"-\", \"_\" and \".\" (RFC 6710 section 7)"
    )]
    Profile,
}

impl<'a> RawKeyword<'a> {
    /// Checks a keyword and its parameters, with nothing around it.
    ///
    /// # Errors
    ///
    /// [`KeywordError`] says which rule is broken.
    pub fn parse(line: &'a (impl AsRef<[u8]> + ?Sized)) -> Result<Self, KeywordError> {
        let line = line.as_ref();
        let (rest, keyword) = run(LDH, line);
        let is_word = |word: &[u8]| !word.is_empty() && word.iter().all(u8::is_ascii_graphic);
        let parameters = match rest {
            [] => true,
            [b' ', words @ ..] => words.split(|octet| *octet == b' ').all(is_word),
            _ => false,
        };
        if matches!(keyword, [] | [b'-', ..]) || !parameters {
            return Err(KeywordError::Malformed);
        }
        if Known::split(keyword).is_some() {
            return Err(KeywordError::Known);
        }
        if line.len() > ROOM {
            return Err(KeywordError::TooLong);
        }
        text(line, KeywordError::Malformed).map(Self)
    }

    /// The keyword and its parameters.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.0
    }

    /// The owned twin.
    #[must_use]
    pub fn to_owned(self) -> RawKeywordBuf {
        RawKeywordBuf(self.0.into())
    }
}

impl RawKeywordBuf {
    /// The borrowed form. It is not parsed again.
    #[must_use]
    pub fn borrow(&self) -> RawKeyword<'_> {
        RawKeyword(&self.0)
    }
}

grammar::owned_twin!(RawKeywordBuf, RawKeyword, KeywordError);

impl fmt::Display for RawKeyword<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
