//! A reply that was received: borrowed from the input, and owned.

use super::code::{Code, EnhancedCode};
use crate::charset;
use memchr::memchr;
use std::fmt;
use std::iter;

/// A whole reply of one or more lines, borrowed from the input.
///
/// It holds no NUL, and no CR or LF except as its line ends. Other octets are as the server sent
/// them: text need not be ASCII, UTF-8, or free of controls.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ReplyLines<'i> {
    code: Code,
    /// All lines with their codes and CRLFs; a [`ReplyReader`](super::ReplyReader) has judged them.
    octets: &'i [u8],
}

/// A reply that was received, owned: the twin of [`ReplyLines`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ReceivedReply {
    /// The three-digit code.
    pub code: Code,
    /// The enhanced code, if the first line has one of the same class.
    pub enhanced: Option<EnhancedCode>,
    /// The text of each line without both codes. What is not UTF-8, controls other than TAB, and
    /// characters that end a line, turn the direction of the text, or are invisible without any
    /// effect on those beside them (as joiners have) are U+FFFD, so the text is safe for logs and
    /// terminals.
    pub lines: Vec<String>,
}

impl<'i> ReplyLines<'i> {
    /// A reply in these octets, which hold whole lines that each begin with `code`.
    pub(super) const fn framed(code: Code, octets: &'i [u8]) -> Self {
        Self { code, octets }
    }

    /// The three-digit code, the same in all lines.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// Octets of the whole reply, every code and CRLF included.
    #[must_use]
    pub const fn octets(&self) -> usize {
        self.octets.len()
    }

    /// The lines behind the first, with their codes and CRLFs.
    pub(crate) fn behind_first_line(&self) -> &'i [u8] {
        memchr(b'\n', self.octets)
            .and_then(|lf| self.octets.get(lf + 1..))
            .unwrap_or_default()
    }

    /// What follows the code in each line, without the space or `-` between, and without CRLF.
    pub fn lines(&self) -> impl Iterator<Item = &'i [u8]> + use<'i> {
        let mut rest = self.octets;
        iter::from_fn(move || {
            let lf = memchr(b'\n', rest)?;
            let (line, after) = rest.split_at_checked(lf + 1)?;
            rest = after;
            let line = line.strip_suffix(b"\r\n").unwrap_or(line);
            Some(line.get(4..).unwrap_or_default())
        })
    }

    /// The enhanced code at the start of the first line (RFC 2034 section 4). One that contradicts
    /// the reply code is taken for text.
    #[must_use]
    pub fn enhanced(&self) -> Option<EnhancedCode> {
        self.enhanced_lines().next()?.0
    }

    /// Each line as its enhanced code and the text behind it. A line has an enhanced code if it
    /// begins with one of the reply's own class (RFC 2034 section 4); one that contradicts the
    /// reply's code is taken for text, and what another line has does not matter.
    ///
    /// ```
    /// use mailwire_smtp_proto::reply::{EnhancedCode, ReplyReader};
    ///
    /// let input = b"550-5.1.1 No such mailbox\r\n550-5.7.1 Go away\r\n550 2.0.0 Bye\r\n";
    /// let (_, reply) = ReplyReader::new().take(input)?.unwrap();
    /// let lines: Vec<_> = reply.enhanced_lines().collect();
    /// assert_eq!(lines[0], (EnhancedCode::new(5, 1, 1), &b"No such mailbox"[..]));
    /// assert_eq!(lines[1], (EnhancedCode::new(5, 7, 1), &b"Go away"[..]));
    /// assert_eq!(lines[2], (None, &b"2.0.0 Bye"[..]));
    /// # Ok::<(), mailwire_smtp_proto::reply::ReplyFault>(())
    /// ```
    pub fn enhanced_lines(
        &self,
    ) -> impl Iterator<Item = (Option<EnhancedCode>, &'i [u8])> + use<'i> {
        let class = self.code.class();
        self.lines()
            .map(move |line| match EnhancedCode::parse_prefix(line) {
                Some((code, taken)) if code.class() == class => {
                    (Some(code), line.get(taken..).unwrap_or_default())
                }
                _ => (None, line),
            })
    }

    /// The text of each line without the code, and without the enhanced code where the line repeats
    /// that of the first line.
    pub fn text_lines(&self) -> impl Iterator<Item = &'i [u8]> + use<'i> {
        let enhanced = self.enhanced();
        self.enhanced_lines()
            .zip(self.lines())
            .map(move |((code, text), line)| {
                if code.is_some() && code == enhanced {
                    text
                } else {
                    line
                }
            })
    }

    /// The owned twin.
    #[must_use]
    pub fn to_owned(&self) -> ReceivedReply {
        ReceivedReply {
            code: self.code,
            enhanced: self.enhanced(),
            lines: self.text_lines().map(printable).collect(),
        }
    }
}

impl fmt::Debug for ReplyLines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReplyLines(\"{}\")", self.octets.escape_ascii())
    }
}

impl ReceivedReply {
    /// The text of all lines, a space between them.
    #[must_use]
    pub fn text(&self) -> String {
        self.lines.join(" ")
    }
}

/// On one line: the code, the enhanced code, the text.
impl fmt::Display for ReceivedReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if let Some(enhanced) = self.enhanced {
            write!(f, " {enhanced}")?;
        }
        for line in &self.lines {
            write!(f, " {line}")?;
        }
        Ok(())
    }
}

fn printable(text: &[u8]) -> String {
    let replaced = |character: char| match character {
        '\t' => character,
        _ if charset::is_misleading(character) => char::REPLACEMENT_CHARACTER,
        _ => character,
    };
    String::from_utf8_lossy(text)
        .chars()
        .map(replaced)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::ReplyReader;
    use super::*;

    fn read(input: &[u8]) -> ReplyLines<'_> {
        ReplyReader::new().take(input).unwrap().unwrap().1
    }

    fn owned(input: &[u8]) -> ReceivedReply {
        read(input).to_owned()
    }

    #[test]
    fn lines_are_what_follows_the_code() {
        let reply = read(b"250-a\r\n250-\r\n250- b\r\n250\r\n");
        let lines: Vec<&[u8]> = reply.lines().collect();
        assert_eq!(lines, [&b"a"[..], b"", b" b", b""]);
    }

    #[test]
    fn enhanced_codes_are_taken_where_they_agree() {
        for (input, enhanced, lines) in [
            ("250 2.1.5 Ok\r\n", Some("2.1.5"), &["Ok"][..]),
            ("550 5.1.1\r\n", Some("5.1.1"), &[""]),
            ("550-5.1.1 a\r\n550 5.1.1 b\r\n", Some("5.1.1"), &["a", "b"]),
            ("550-5.1.1 a\r\n550 b\r\n", Some("5.1.1"), &["a", "b"]),
            (
                "550-5.1.1 a\r\n550 5.7.1 b\r\n",
                Some("5.1.1"),
                &["a", "5.7.1 b"],
            ),
            ("550-a\r\n550 5.7.1 b\r\n", None, &["a", "5.7.1 b"]),
            ("550 4.7.1 a\r\n", None, &["4.7.1 a"]),
            ("354 2.0.0 a\r\n", None, &["2.0.0 a"]),
            (
                "250 2.0.0.1 is the version\r\n",
                None,
                &["2.0.0.1 is the version"],
            ),
        ] {
            let reply = owned(input.as_bytes());
            assert_eq!(
                reply.enhanced.map(|code| code.to_string()).as_deref(),
                enhanced,
                "{input}"
            );
            assert_eq!(reply.lines, lines, "{input}");
        }
    }

    #[test]
    fn owned_text_is_printable() {
        let reply = owned(b"550-5.1.1 caf\xc3\xa9\x1b[2J\t!\r\n550 5.1.1 \xff\x7f\xc2\x85\r\n");
        assert_eq!(
            reply.lines,
            ["caf\u{e9}\u{fffd}[2J\t!", "\u{fffd}\u{fffd}\u{fffd}"]
        );
        assert_eq!(reply.code.value(), 550);
        for character in ['\u{202E}', '\u{2028}', '\u{2066}', '\u{FEFF}', '\u{E0041}'] {
            let reply = owned(format!("550 a{character}b\r\n").as_bytes());
            assert_eq!(reply.lines, ["a\u{fffd}b"], "{character:?}");
        }
    }

    #[test]
    fn display_is_one_line() {
        let reply = owned(b"550-5.1.1 No such\r\n550 5.1.1 mailbox\r\n");
        assert_eq!(reply.to_string(), "550 5.1.1 No such mailbox");
        assert_eq!(reply.text(), "No such mailbox");
        assert_eq!(owned(b"354 Go\r\n").to_string(), "354 Go");
    }
}
