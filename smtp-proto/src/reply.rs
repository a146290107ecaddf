//! Replies: what a server says, written and read (RFC 5321 section 4.2).
//!
//! A server builds a [`Reply`] and writes it. None of its parts can hold an octet that would end a
//! line early, and its two codes always say the same thing. A client reads with a [`ReplyReader`],
//! which hands out whole replies as [`ReplyLines`] borrowed from the input; [`ReceivedReply`] is
//! their owned twin.

mod code;
mod reader;
mod received;
mod start;
mod text;

pub use code::{Class, Code, EnhancedCode};
pub use reader::{ReplyFault, ReplyLimits, ReplyReader};
pub use received::{ReceivedReply, ReplyLines};
pub use text::{Text, TextError};

use std::fmt;

use bytes::BytesMut;

use start::LineStart;

/// The longest line a reply is written with, its code and CRLF included
/// (RFC 5321 section 4.5.3.1.5).
pub const MAX_REPLY_LINE: usize = 512;

/// The most lines a reply is written with, and as many as [`ReplyLimits`] takes by default.
pub const MAX_REPLY_LINES: usize = 128;

/// A reply to send: a code, perhaps an enhanced code of the same class, and text.
///
/// The greeting, the reply to HELO, EHLO and LHLO, and 3yz replies carry no enhanced code
/// (RFC 2034 sections 3 and 4); everything else should. A text without one that itself begins with a
/// code of the reply's class, such as `2.0.0`, has one to everybody who reads it.
///
/// ```
/// use bytes::BytesMut;
/// use mailwire_smtp_proto::reply::Reply;
///
/// const NO_MAILBOX: Reply = Reply::fixed(550, (5, 1, 1), "No such mailbox here");
///
/// let mut out = BytesMut::new();
/// NO_MAILBOX.write(true, &mut out);
/// assert_eq!(&out[..], b"550 5.1.1 No such mailbox here\r\n");
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Reply {
    code: Code,
    enhanced: Option<EnhancedCode>,
    /// The codes as they are written.
    start: LineStart,
    text: Text,
}

/// Why parts do not make a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ReplyError {
    /// The enhanced code is of another class than the code (RFC 2034 section 4). No enhanced code
    /// is of the class of a 3yz code.
    #[error("the enhanced code {enhanced} contradicts the reply code {code} (RFC 2034 section 4)")]
    ClassMismatch {
        /// The reply code.
        code: Code,
        /// The enhanced code that contradicts it.
        enhanced: EnhancedCode,
    },
}

impl Reply {
    /// A reply known when the program is built. Meant for a `const`, where a mistake does not
    /// compile.
    ///
    /// # Panics
    ///
    /// If a code is out of range, the two are of different classes, or the text is illegal: in a
    /// `const`, when it is compiled. Outside of one use [`Reply::new`].
    #[must_use]
    pub const fn fixed(code: u16, enhanced: (u8, u16, u16), text: &'static str) -> Self {
        let (class, subject, detail) = enhanced;
        let enhanced = EnhancedCode::new(class, subject, detail);
        assert!(enhanced.is_some(), "not an enhanced code");
        assert!(
            code / 100 == class as u16,
            "the codes are of different classes"
        );
        Self::of(Code::fixed(code), enhanced, Text::fixed(text))
    }

    /// A reply known when the program is built, without an enhanced code: a greeting or a 3yz.
    ///
    /// # Panics
    ///
    /// As [`Reply::fixed`].
    #[must_use]
    pub const fn fixed_plain(code: u16, text: &'static str) -> Self {
        Self::of(Code::fixed(code), None, Text::fixed(text))
    }

    /// A reply of these parts.
    ///
    /// # Errors
    ///
    /// [`ReplyError::ClassMismatch`] if the codes contradict each other.
    pub fn new(code: Code, enhanced: Option<EnhancedCode>, text: Text) -> Result<Self, ReplyError> {
        match enhanced {
            Some(enhanced) if enhanced.class() != code.class() => {
                Err(ReplyError::ClassMismatch { code, enhanced })
            }
            _ => Ok(Self::of(code, enhanced, text)),
        }
    }

    /// A reply from raw parts, whatever they are: for refusals that policy gives as data.
    ///
    /// Codes that are out of range or contradict each other become `451 4.3.0`, because a mistake
    /// on this side must not bounce mail. Illegal octets of the text become `?`.
    #[must_use]
    pub fn from_parts(code: u16, enhanced: (u8, u16, u16), text: &str) -> Self {
        let (class, subject, detail) = enhanced;
        let codes = Code::new(code).zip(EnhancedCode::new(class, subject, detail));
        let text = Text::lossy(text);
        match codes {
            Some((code, enhanced)) if code.class() == enhanced.class() => {
                Self::of(code, Some(enhanced), text)
            }
            _ => Self {
                text,
                ..Self::local_error()
            },
        }
    }

    /// `451 4.3.0`, the reply when something is wrong here (RFC 5321 section 4.2.3).
    const fn local_error() -> Self {
        Self::of(
            Code::LOCAL_ERROR,
            EnhancedCode::new(4, 3, 0),
            Text::fixed("Local error in processing"),
        )
    }

    /// Of codes that agree.
    const fn of(code: Code, enhanced: Option<EnhancedCode>, text: Text) -> Self {
        Self {
            code,
            enhanced,
            start: LineStart::new(code, enhanced),
            text,
        }
    }

    /// The three-digit code.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// The enhanced code.
    #[must_use]
    pub const fn enhanced(&self) -> Option<EnhancedCode> {
        self.enhanced
    }

    /// The text of each line, before lines that are too long are broken. At least one.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.text.lines()
    }

    /// Appends the reply to `out`, ready to send.
    ///
    /// `with_enhanced` says whether ENHANCEDSTATUSCODES is in force (RFC 2034); then every line
    /// carries the enhanced code, if the reply has one. A line that would be over
    /// [`MAX_REPLY_LINE`] is broken at a space, or where it must be if there is none.
    pub fn write(&self, with_enhanced: bool, out: &mut BytesMut) {
        // The space before an empty text is kept, as RFC 5321 section 4.2 wishes.
        if let Some(line) = self.text.only_line() {
            self.start.write(b' ', with_enhanced, line, out);
            return;
        }
        let mut lines = self.text.wire_lines().peekable();
        while let Some(line) = lines.next() {
            let separator = if lines.peek().is_some() { b'-' } else { b' ' };
            self.start.write(separator, with_enhanced, line, out);
        }
    }
}

/// On one line, for a log: the code, the enhanced code, the text.
impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if let Some(enhanced) = self.enhanced {
            write!(f, " {enhanced}")?;
        }
        for line in self.lines() {
            write!(f, " {line}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("code", &self.code)
            .field("enhanced", &self.enhanced)
            .field("text", &self.text)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::text::ROOM;
    use super::*;

    const REFUSED: Reply = Reply::fixed(550, (5, 7, 1), "First\nsecond");
    const GREETING: Reply = Reply::fixed_plain(220, "mx.example.test ESMTP");

    fn written(reply: &Reply, with_enhanced: bool) -> String {
        let mut out = BytesMut::new();
        reply.write(with_enhanced, &mut out);
        String::from_utf8(out.to_vec()).unwrap()
    }

    fn text(text: &str) -> Text {
        Text::new(text).unwrap()
    }

    #[test]
    fn every_line_carries_both_codes() {
        assert_eq!(
            written(&REFUSED, true),
            "550-5.7.1 First\r\n550 5.7.1 second\r\n"
        );
        assert_eq!(written(&REFUSED, false), "550-First\r\n550 second\r\n");
        assert_eq!(written(&GREETING, true), "220 mx.example.test ESMTP\r\n");
    }

    #[test]
    fn is_displayed_on_one_line() {
        assert_eq!(REFUSED.to_string(), "550 5.7.1 First second");
        assert_eq!(GREETING.to_string(), "220 mx.example.test ESMTP");
    }

    #[test]
    fn lines_without_text_keep_their_separator() {
        let reply = Reply::new(Code::OK, None, text("")).unwrap();
        assert_eq!(written(&reply, true), "250 \r\n");
        let reply = Reply::new(Code::OK, None, text("\n")).unwrap();
        assert_eq!(written(&reply, true), "250-\r\n250 \r\n");
        let reply = Reply::new(Code::OK, EnhancedCode::new(2, 0, 0), text("")).unwrap();
        assert_eq!(written(&reply, true), "250 2.0.0 \r\n");
    }

    #[test]
    fn writing_appends() {
        let mut out = BytesMut::from(&b"250 \r\n"[..]);
        GREETING.write(false, &mut out);
        assert_eq!(&out[..], b"250 \r\n220 mx.example.test ESMTP\r\n");
    }

    #[test]
    fn codes_of_different_classes_are_no_reply() {
        for code in [200, 250, 334, 354, 421, 451, 550, 599] {
            for class in [2, 4, 5] {
                let code = Code::new(code).unwrap();
                let enhanced = EnhancedCode::new(class, 1, 1).unwrap();
                let made = Reply::new(code, Some(enhanced), text("text"));
                if code.value() / 100 == u16::from(class) {
                    assert_eq!(made.unwrap().enhanced(), Some(enhanced));
                } else {
                    assert_eq!(made, Err(ReplyError::ClassMismatch { code, enhanced }));
                }
            }
        }
    }

    #[test]
    fn mistakes_in_raw_parts_become_temporary() {
        let made =
            |code, enhanced| written(&Reply::from_parts(code, enhanced, "no\u{e9}\r\n2"), true);
        assert_eq!(made(550, (5, 1, 1)), "550-5.1.1 no?\r\n550 5.1.1 2\r\n");
        let temporary = "451-4.3.0 no?\r\n451 4.3.0 2\r\n";
        for (code, enhanced) in [
            (550, (4, 1, 1)),
            (550, (3, 1, 1)),
            (550, (5, 1000, 1)),
            (600, (5, 1, 1)),
            (199, (2, 1, 1)),
            (0, (0, 0, 0)),
            (u16::MAX, (u8::MAX, u16::MAX, u16::MAX)),
            (354, (2, 0, 0)),
        ] {
            assert_eq!(made(code, enhanced), temporary, "{code} {enhanced:?}");
        }
    }

    #[test]
    fn no_line_is_over_its_limit() {
        let word = "0123456789";
        for length in [ROOM - 1, ROOM, ROOM + 1, 2 * ROOM, 2 * ROOM + 1, 5000] {
            for unbroken in [1, 7, 10, 499, 5001] {
                let long: String = word
                    .chars()
                    .cycle()
                    .take(length)
                    .enumerate()
                    .map(|(at, digit)| {
                        if at % unbroken == unbroken - 1 {
                            ' '
                        } else {
                            digit
                        }
                    })
                    .collect();
                let enhanced = EnhancedCode::new(5, 999, 999);
                let reply = Reply::new(Code::new(554).unwrap(), enhanced, text(&long)).unwrap();
                let mut octets = 0;
                let all = written(&reply, true);
                for line in all.split_inclusive("\r\n") {
                    assert!(line.len() <= MAX_REPLY_LINE && line.ends_with("\r\n"));
                    let rest = line.strip_prefix("554").unwrap();
                    let part = rest.get(1..).unwrap().strip_prefix("5.999.999 ").unwrap();
                    octets += part.trim_end_matches("\r\n").len();
                }
                // Nothing is lost but the spaces that became line ends, the last one included.
                let breaks = all.matches("554-").count();
                octets += usize::from(long.ends_with(' '));
                assert!(
                    octets <= length + 1 && octets + breaks >= length,
                    "{length} {unbroken}"
                );
                assert_eq!(
                    all.matches("\r\n554 ").count() + usize::from(breaks == 0),
                    1
                );
            }
        }
    }

    #[test]
    fn a_reply_is_no_longer_than_a_client_takes() {
        let lines = |count: usize| vec!["a"; count].join("\n");
        let long = |count: usize| "a".repeat(ROOM * count);
        for text in [lines(MAX_REPLY_LINES), long(MAX_REPLY_LINES)] {
            let enhanced = EnhancedCode::new(5, 999, 999);
            let text = Text::new(text).unwrap();
            let reply = Reply::new(Code::new(554).unwrap(), enhanced, text).unwrap();
            let all = written(&reply, true);
            let (consumed, read) = ReplyReader::new().take(all.as_bytes()).unwrap().unwrap();
            assert_eq!(
                (consumed, read.lines().count()),
                (all.len(), MAX_REPLY_LINES)
            );
        }
        for text in [lines(MAX_REPLY_LINES + 1), long(MAX_REPLY_LINES) + "a"] {
            assert_eq!(Text::new(text.as_str()), Err(TextError::TooManyLines));
            // What is made legal loses its end.
            let lossy = Text::lossy(&text);
            let kept = Text::new(lossy.as_str()).unwrap();
            assert_eq!(kept, lossy);
            assert_eq!(kept.wire_lines().count(), MAX_REPLY_LINES);
            assert_eq!(
                kept.as_str().matches('a').count(),
                text.matches('a').count() - 1
            );
        }
    }

    #[test]
    fn a_text_that_begins_with_a_code_is_read_as_one() {
        let reply = Reply::new(Code::OK, None, text("2.0.0 queued")).unwrap();
        let all = written(&reply, true);
        let (_, read) = ReplyReader::new().take(all.as_bytes()).unwrap().unwrap();
        assert_eq!(read.enhanced(), EnhancedCode::new(2, 0, 0));
        let reply = Reply::new(Code::OK, None, text("5.0.0 queued")).unwrap();
        let all = written(&reply, true);
        let (_, read) = ReplyReader::new().take(all.as_bytes()).unwrap().unwrap();
        assert_eq!(read.enhanced(), None, "of another class it is text");
    }

    #[test]
    fn lines_are_broken_at_a_space_if_there_is_one() {
        let first = "a".repeat(ROOM);
        let reply = |text: &str| written(&Reply::from_parts(250, (2, 0, 0), text), false);
        assert_eq!(
            reply(&format!("{first} b")),
            format!("250-{first}\r\n250 b\r\n")
        );
        assert_eq!(
            reply(&format!("{first}b")),
            format!("250-{first}\r\n250 b\r\n")
        );
        assert_eq!(
            reply(&format!("x {first}")),
            format!("250-x\r\n250 {first}\r\n")
        );
        assert_eq!(reply(&first), format!("250 {first}\r\n"));
        // No empty line for a space at the end.
        assert_eq!(reply(&format!("{first} ")), format!("250 {first}\r\n"));
    }
}
