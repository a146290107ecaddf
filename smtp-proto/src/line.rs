//! Framing of lines: where one ends, and whether it may be looked at at all.
//!
//! A line ends with CRLF and with nothing else (RFC 5321 section 2.3.8). A bare CR or a bare LF in
//! a line ends nothing and makes the whole line a fault, told at its true end: a peer that believes
//! in other line ends than we do must not get one command of ours out of two of its own.
//!
//! A line longer than the limit is passed over as it arrives, so it costs no memory however long it
//! is, and is reported once, at its end.

use memchr::memchr;

use crate::grammar::find_break;

/// Finds lines in input that starts at the first unconsumed octet and only grows.
///
/// Remembers where the last scan stopped, so a line that arrives octet by octet is still scanned
/// once. Holds no octet of the input.
///
/// ```
/// use mailwire_smtp_proto::line::{Frame, LineFramer};
///
/// let mut framer = LineFramer::new();
/// assert_eq!(framer.poll(b"NOO", 512), None);
/// assert!(framer.poll(b"NOOP\r\nQU", 512).is_some());
/// let frame = framer.take(b"NOOP\r\nQU", 512);
/// assert_eq!(frame, Some((6, Frame::Line(b"NOOP"))));
/// ```
#[derive(Clone, Debug, Default)]
pub struct LineFramer {
    /// Octets of the unread input already searched for a line end.
    scanned: u32,
    /// Whether the LF behind these ends a line that nothing is wrong with but perhaps its length.
    is_sound: bool,
    /// Whether a part of this line was consumed already because it is over its limit.
    passing_over: bool,
    /// Whether the last octet passed over was a CR.
    passed_cr: bool,
}

/// One frame of input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame<'i> {
    /// A whole line without its CRLF. It holds no CR, LF or NUL.
    Line(&'i [u8]),
    /// A whole line that must not be looked at.
    Fault(LineFault),
    /// A part of a line that is over its limit; consume it and go on.
    PassedOver,
}

/// What is wrong with a line as a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum LineFault {
    /// The line is longer than its limit (RFC 5321 section 4.5.3.1).
    #[error("the line is longer than allowed (RFC 5321 section 4.5.3.1)")]
    TooLong,
    /// A CR that no LF follows (RFC 5321 section 2.3.8).
    #[error("a CR without LF in the line; lines end with CRLF (RFC 5321 section 2.3.8)")]
    BareCr,
    /// An LF that no CR precedes (RFC 5321 section 2.3.8).
    #[error("an LF without CR in the line; lines end with CRLF (RFC 5321 section 2.3.8)")]
    BareLf,
    /// A NUL octet (RFC 5321 section 4.1.2 has no place for one).
    #[error("a NUL octet in the line (RFC 5321 section 4.1.2)")]
    Nul,
}

/// What [`LineFramer::poll`] found: the kind of frame that [`LineFramer::take`] will give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// A whole line ends in the input; its CRLF is at this place.
    End(usize),
    /// The input holds more of one line than its limit allows.
    Over,
}

impl LineFramer {
    /// A framer at the start of a line.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            scanned: 0,
            is_sound: false,
            passing_over: false,
            passed_cr: false,
        }
    }

    /// Whether [`take`](Self::take) would give something: a whole line, or octets to pass over.
    ///
    /// `limit` is the greatest length of a line in octets, its CRLF included.
    #[inline]
    pub fn poll(&mut self, unread: &[u8], limit: usize) -> Option<Found> {
        if let Some(line) = self.short_line(unread) {
            let end = line.len();
            self.note_scanned(end + 1);
            self.is_sound = true;
            return Some(Found::End(end));
        }
        self.poll_any(unread, limit)
    }

    fn poll_any(&mut self, unread: &[u8], limit: usize) -> Option<Found> {
        // A CR that was passed over and an LF that starts the input are one line end.
        if self.passed_cr && unread.first() == Some(&b'\n') {
            return Some(Found::End(0));
        }
        let mut scanned = self.scanned();
        while let Some(tail) = unread.get(scanned..) {
            let offset = match tail {
                // Of a line that comes octet by octet.
                [octet] => (*octet == b'\n').then_some(0),
                tail => memchr(b'\n', tail),
            };
            let Some(offset) = offset else {
                self.note_scanned(unread.len());
                break;
            };
            let lf = scanned + offset;
            if lf > 0 && unread.get(lf - 1) == Some(&b'\r') {
                // It stays before the LF so that a second call finds it again at once.
                self.note_scanned(lf);
                return Some(Found::End(lf - 1));
            }
            scanned = lf + 1;
        }
        (unread.len() > limit || (self.passing_over && !unread.is_empty())).then_some(Found::Over)
    }

    /// The next frame and how many octets of the input it takes, or `None` if more input is needed.
    #[inline]
    pub fn take<'i>(&mut self, unread: &'i [u8], limit: usize) -> Option<(usize, Frame<'i>)> {
        if let Some(line) = self.short_line(unread) {
            // Where there is a line, its CRLF is there as well.
            let consumed = line.len() + 2;
            if consumed <= limit {
                self.scanned = 0;
                self.is_sound = false;
                return Some((consumed, Frame::Line(line)));
            }
        }
        self.take_any(unread, limit)
    }

    /// The line that the input starts with, if nothing is wrong with it, it is not long, and it came
    /// in one piece. So do nearly all lines, and they are found in one pass, once.
    #[inline]
    fn short_line<'i>(&self, unread: &'i [u8]) -> Option<&'i [u8]> {
        /// Octets that nearly no line has more of.
        const SHORT: usize = 256;
        if self.is_sound {
            return unread.get(..self.scanned().saturating_sub(1));
        }
        if self.scanned > 0 || self.passing_over || self.passed_cr {
            return None;
        }
        let is_wanted = |octet: &u8| matches!(octet, b'\r' | b'\n' | 0);
        let at = find_break(unread, SHORT, is_wanted).ok()?;
        match unread.split_at_checked(at)? {
            (line, [b'\r', b'\n', ..]) => Some(line),
            _ => None,
        }
    }

    fn scanned(&self) -> usize {
        usize::try_from(self.scanned).unwrap_or(usize::MAX)
    }

    /// Of more than 32 bits can tell, the rest is looked through again.
    fn note_scanned(&mut self, octets: usize) {
        self.scanned = u32::try_from(octets).unwrap_or(u32::MAX);
    }

    fn take_any<'i>(&mut self, unread: &'i [u8], limit: usize) -> Option<(usize, Frame<'i>)> {
        match self.poll_any(unread, limit)? {
            Found::Over => {
                self.passed_cr = unread.last() == Some(&b'\r');
                self.passing_over = true;
                self.scanned = 0;
                Some((unread.len(), Frame::PassedOver))
            }
            Found::End(end) => {
                let after_cr = self.passed_cr && unread.first() == Some(&b'\n');
                let (line, consumed) = if after_cr {
                    (&unread[..0], 1)
                } else {
                    (&unread[..end], end + 2)
                };
                let long = self.passing_over || consumed > limit;
                *self = Self::new();
                let fault = if long {
                    Some(LineFault::TooLong)
                } else {
                    damage(line)
                };
                Some((consumed, fault.map_or(Frame::Line(line), Frame::Fault)))
            }
        }
    }

    /// Whether a part of a line has been consumed already, so that EOF now would cut a line.
    #[must_use]
    pub const fn is_inside_line(&self) -> bool {
        self.passing_over
    }
}

/// The first fault among the octets of a line, which has lost its CRLF.
fn damage(line: &[u8]) -> Option<LineFault> {
    let at = memchr::memchr3(b'\r', b'\n', 0, line)?;
    match line.get(at) {
        Some(b'\r') => Some(LineFault::BareCr),
        Some(b'\n') => Some(LineFault::BareLf),
        _ => Some(LineFault::Nul),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: usize = 8;

    type Seen = Result<Vec<u8>, LineFault>;

    /// The lines and faults of an input that arrives in pieces of `size` octets.
    fn frames(input: &[u8], size: usize) -> Vec<Seen> {
        let mut framer = LineFramer::new();
        let (mut frames, mut unread) = (Vec::new(), Vec::new());
        for piece in input.chunks(size) {
            unread.extend_from_slice(piece);
            while framer.poll(&unread, LIMIT).is_some() {
                let (consumed, frame) = framer.take(&unread, LIMIT).expect("poll has said so");
                match frame {
                    Frame::Line(line) => frames.push(Ok(line.to_vec())),
                    Frame::Fault(fault) => frames.push(Err(fault)),
                    Frame::PassedOver => assert!(consumed > 0),
                }
                unread.drain(..consumed);
            }
            assert!(unread.len() <= LIMIT, "a line over its limit is kept");
        }
        frames
    }

    #[test]
    fn lines_are_the_same_at_every_cut() {
        let line = |text: &str| Ok(text.as_bytes().to_vec());
        let cases: [(&[u8], Vec<Seen>); 12] = [
            (b"\r\n", vec![line("")]),
            (b"a\r\nb\r\n", vec![line("a"), line("b")]),
            (b"a\r\nb", vec![line("a")]),
            // Six octets and the CRLF are the limit; one more is too long.
            (b"123456\r\nb\r\n", vec![line("123456"), line("b")]),
            (
                b"1234567\r\nb\r\n",
                vec![Err(LineFault::TooLong), line("b")],
            ),
            (
                b"123456789012345678901234\r\nb\r\n",
                vec![Err(LineFault::TooLong), line("b")],
            ),
            // What is too long may hold anything but its end.
            (
                b"1234567890\n\r\r12345\n67890\r\r\nb\r\n",
                vec![Err(LineFault::TooLong), line("b")],
            ),
            (b"a\nb\r\nc\r\n", vec![Err(LineFault::BareLf), line("c")]),
            (b"a\rb\r\nc\r\n", vec![Err(LineFault::BareCr), line("c")]),
            (b"a\r\r\nc\r\n", vec![Err(LineFault::BareCr), line("c")]),
            (b"\na\r\nc\r\n", vec![Err(LineFault::BareLf), line("c")]),
            (b"a\0b\r\nc\r\n", vec![Err(LineFault::Nul), line("c")]),
        ];
        for (input, expected) in cases {
            for size in 1..=input.len() {
                assert_eq!(
                    frames(input, size),
                    expected,
                    "{} by {size}",
                    input.escape_ascii()
                );
            }
        }
    }
}
