//! The text of a reply that is sent: it cannot hold an octet that would break the framing.

use std::fmt;
use std::hash::{Hash, Hasher};

/// Text for a reply: printable ASCII, spaces and TABs (RFC 5321 section 4.2, `textstring`), in one
/// or more lines that `\n` separates.
///
/// It has no CR, NUL, other control or non-ASCII character, so text that came from elsewhere cannot
/// add a line to a reply that looks like a reply of its own: every line is written behind the code.
///
/// ```
/// use mailwire_smtp_proto::reply::Text;
///
/// assert!(Text::new("Try\nlater").is_ok());
/// assert_eq!(Text::new("Try\r\n250 later").unwrap_err().at, 3);
/// ```
#[derive(Clone)]
pub struct Text(Repr);

#[derive(Clone)]
enum Repr {
    Fixed(&'static str),
    Made(Box<str>),
}

/// An octet that the text of a reply cannot hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("octet {octet:#04x} at {at} cannot be in the text of a reply (RFC 5321 section 4.2)")]
pub struct IllegalText {
    /// The octet.
    pub octet: u8,
    /// Its place in the text, in octets from the start.
    pub at: usize,
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
        let mut at = 0;
        while at < octets.len() {
            assert!(is_legal(octets[at]), "a reply's text is printable ASCII");
            at += 1;
        }
        Self(Repr::Fixed(text))
    }

    /// Text that is legal already.
    ///
    /// # Errors
    ///
    /// [`IllegalText`] names the first octet that is not.
    pub fn new(text: impl Into<Box<str>>) -> Result<Self, IllegalText> {
        let text = text.into();
        match text.bytes().position(|octet| !is_legal(octet)) {
            None => Ok(Self(Repr::Made(text))),
            Some(at) => Err(IllegalText {
                octet: text.as_bytes().get(at).copied().unwrap_or_default(),
                at,
            }),
        }
    }

    /// Text made legal: a CRLF separates lines as `\n` does, and every other illegal character
    /// becomes `?`.
    #[must_use]
    pub fn lossy(text: &str) -> Self {
        let legal = |character: char| match u8::try_from(character) {
            Ok(octet) if is_legal(octet) => character,
            _ => '?',
        };
        let text: String = text.replace("\r\n", "\n").chars().map(legal).collect();
        Self(Repr::Made(text.into()))
    }

    /// The text, `\n` between its lines.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Repr::Fixed(text) => text,
            Repr::Made(text) => text,
        }
    }

    /// The lines of the text: at least one, perhaps empty.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.as_str().split('\n')
    }
}

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
                Err(IllegalText { octet, at: 2 })
            };
            assert_eq!(Text::new(text.clone()).map(drop), expected);
            let lossy = Text::lossy(&text);
            assert_eq!(lossy.as_str(), if legal { text.as_str() } else { "ab?c" });
        }
        let error = Text::new("caf\u{e9}").unwrap_err();
        assert_eq!((error.octet, error.at), (0xc3, 3));
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
