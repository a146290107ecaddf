//! The text of a reply that is sent: it cannot hold an octet that would break the framing.

use super::{MAX_REPLY_LINE, MAX_REPLY_LINES, start};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::iter;

/// Text for a reply: printable ASCII, spaces and TABs (RFC 5321 section 4.2, `textstring`), in one
/// or more lines that `\n` separates: on the wire at most [`MAX_REPLY_LINES`], those counted that a
/// long line is broken into.
///
/// It has no CR, NUL, other control or non-ASCII character, so text that came from elsewhere cannot
/// add a line to a reply that looks like a reply of its own: every line is written behind the code.
///
/// ```
/// use mailwire_smtp_proto::reply::{Text, TextError};
///
/// assert!(Text::new("Try\nlater").is_ok());
/// let error = Text::new("Try\r\n250 later").unwrap_err();
/// assert_eq!(error, TextError::Illegal { octet: b'\r', at: 3 });
/// ```
#[derive(Clone)]
pub struct Text {
    repr: Repr,
    /// It is written as one line.
    is_one_line: bool,
}

#[derive(Clone)]
enum Repr {
    Fixed(&'static str),
    Made(Box<str>),
}

/// Why something is no text of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// An octet that the text of a reply cannot hold.
    #[error("octet {octet:#04x} at {at} cannot be in the text of a reply (RFC 5321 section 4.2)")]
    Illegal {
        /// The octet.
        octet: u8,
        /// Its place in the text, in octets from the start.
        at: usize,
    },
    /// The reply would have more lines than [`MAX_REPLY_LINES`].
    #[error(
        "the text comes to more than {MAX_REPLY_LINES} lines of a reply, which clients may refuse"
    )]
    TooManyLines,
}

impl Text {
    /// Text known when the program is built. Meant for a `const`, where a mistake does not compile.
    ///
    /// # Panics
    ///
    /// If the text is illegal: in a `const`, when it is compiled. Outside of one use [`Text::new`].
    #[must_use]
    pub const fn fixed(text: &'static str) -> Self {
        let octets = text.as_bytes();
        let mut is_one_line = octets.len() <= ROOM;
        // A line is broken at a space, so of two parts in a row one may be short.
        let mut most_lines = 1 + octets.len() * 2 / ROOM;
        let mut at = 0;
        while at < octets.len() {
            assert!(is_legal(octets[at]), "a reply's text is printable ASCII");
            if octets[at] == b'\n' {
                most_lines += 1;
                is_one_line = false;
            }
            at += 1;
        }
        assert!(
            most_lines <= MAX_REPLY_LINES,
            "a reply's text is not that long"
        );
        Self {
            repr: Repr::Fixed(text),
            is_one_line,
        }
    }

    /// Text that is legal already.
    ///
    /// # Errors
    ///
    /// [`TextError`] names the first octet that is not, or says that there is too much of it.
    pub fn new(text: impl Into<Box<str>>) -> Result<Self, TextError> {
        let text = Self::made(text.into());
        let octets = text.as_str().bytes();
        if let Some((at, octet)) = octets.enumerate().find(|(_, octet)| !is_legal(*octet)) {
            return Err(TextError::Illegal { octet, at });
        }
        if text.wire_lines().nth(MAX_REPLY_LINES).is_some() {
            return Err(TextError::TooManyLines);
        }
        Ok(text)
    }

    /// Text made legal: a CRLF separates lines as `\n` does, every other illegal character becomes
    /// `?`, and what is too much is left out.
    #[must_use]
    pub fn lossy(text: &str) -> Self {
        let legal = |character: char| match u8::try_from(character) {
            Ok(octet) if is_legal(octet) => character,
            _ => '?',
        };
        let text: String = text.replace("\r\n", "\n").chars().map(legal).collect();
        let text = Self::made(text.into());
        if text.wire_lines().nth(MAX_REPLY_LINES).is_none() {
            return text;
        }
        let kept: Vec<&str> = text.wire_lines().take(MAX_REPLY_LINES).collect();
        Self::made(kept.join("\n").into())
    }

    /// The text, `\n` between its lines.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.repr {
            Repr::Fixed(text) => text,
            Repr::Made(text) => text,
        }
    }

    /// The lines of the text: at least one, perhaps empty.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.as_str().split('\n')
    }

    /// The text, if it is written as one line, as nearly all are.
    pub(super) fn only_line(&self) -> Option<&str> {
        self.is_one_line.then(|| self.as_str())
    }

    fn made(text: Box<str>) -> Self {
        let is_one_line = text.len() <= ROOM && !text.contains('\n');
        Self {
            repr: Repr::Made(text),
            is_one_line,
        }
    }

    /// The lines as they are written, those that are too long broken: at least one.
    pub(super) fn wire_lines(&self) -> impl Iterator<Item = &str> {
        self.lines().flat_map(broken)
    }
}

/// The parts of a line of text that fit the line of a reply. A part ends before a space where there
/// is one, and the line end takes that space's place.
fn broken(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(line);
    iter::from_fn(move || {
        let text = rest.take()?;
        let Some(window) = text.get(..=ROOM) else {
            return Some(text);
        };
        let (part, next) = match window.rfind(' ') {
            Some(space) if space > 0 => (text.get(..space), space + 1),
            _ => (text.get(..ROOM), ROOM),
        };
        rest = text.get(next..).filter(|rest| !rest.is_empty());
        part
    })
}

/// Text that fits every line: without `250-`, the longest enhanced code `5.123.123 `, and CRLF.
/// One number for all replies, so that turning enhanced codes on does not move line breaks.
pub(super) const ROOM: usize = MAX_REPLY_LINE - start::LONGEST - 2;

/// Whether the octet may be in a text; `\n` as the separator of lines.
const fn is_legal(octet: u8) -> bool {
    matches!(octet, b'\t' | b'\n' | b' '..=b'~')
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.as_str(), f)
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Text {}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_octet_is_legal_or_named() {
        for octet in 0..=127_u8 {
            let text = format!("ab{}c", char::from(octet));
            // textstring = 1*(%d09 / %d32-126), and the separator of lines.
            let legal = octet == 9 || octet == 10 || (32..=126).contains(&octet);
            let expected = if legal {
                Ok(())
            } else {
                Err(TextError::Illegal { octet, at: 2 })
            };
            assert_eq!(Text::new(text.clone()).map(drop), expected);
            let lossy = Text::lossy(&text);
            assert_eq!(lossy.as_str(), if legal { text.as_str() } else { "ab?c" });
        }
        let error = Text::new("caf\u{e9}").unwrap_err();
        let (octet, at) = (0xc3, 3);
        assert_eq!(error, TextError::Illegal { octet, at });
        assert_eq!(
            Text::lossy("caf\u{e9} \u{1f4e7}\r\n\r.").as_str(),
            "caf? ?\n?."
        );
    }

    #[test]
    fn fixed_and_made_texts_are_equal() {
        const FIXED: Text = Text::fixed("a\nb");
        assert_eq!(FIXED, Text::new(String::from("a\nb")).unwrap());
        assert_eq!(FIXED.lines().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(Text::lossy("").lines().collect::<Vec<_>>(), [""]);
    }

    #[test]
    #[should_panic(expected = "printable ASCII")]
    fn an_illegal_fixed_text_is_noticed() {
        drop(Text::fixed("a\rb"));
    }
}
