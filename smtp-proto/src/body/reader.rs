//! Content off the wire: stuffed dots removed, and the one true end found.

use super::LITTLE;
use super::clean::{self, BLOCK};

/// Finds the content of a message, and its end, in input that starts at the first unconsumed octet
/// and only grows. Holds no octet of it.
///
/// Only CRLF `.` CRLF ends the content, or `.` CRLF as its very first octets; the CRLF before the
/// dot belongs to the content. A bare CR or LF ends nothing, neither the content nor a line: what
/// becomes of it is [`BareLineEnds`]. Other octets, NUL among them, are content as any.
///
/// ```
/// use mailwire_smtp_proto::body::{DataFrame, DataReader};
///
/// let mut reader = DataReader::new();
/// let input = b"..hidden\r\n.\r\nQUIT\r\n";
/// assert_eq!(reader.take(input), Some((10, DataFrame::Content(b".hidden\r\n"))));
/// assert_eq!(reader.take(&input[10..]), Some((3, DataFrame::End)));
/// assert_eq!(reader.content_octets(), 9);
/// ```
#[derive(Clone, Debug)]
pub struct DataReader {
    place: Place,
    bare: BareLineEnds,
    fault: Option<BodyFault>,
    /// Octets of the unread input in which no line ends.
    polled: u16,
    content_octets: u64,
}

/// What becomes of a CR without LF, or an LF without CR, in content. Deliberately exhaustive.
///
/// In neither case is it a line end where the wire is concerned: a dot behind it is not looked at.
/// Peers that believe otherwise are what makes one message hold a second one (CVE-2023-51764,
/// CVE-2023-51765, CVE-2023-51766).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum BareLineEnds {
    /// The first one is kept as [`fault`](DataReader::fault), and framing goes on, so that the
    /// message can be refused at its true end, in step with the peer.
    #[default]
    Refuse,
    /// Each one is handed out as CRLF. There is no fault.
    Normalise,
}

/// A piece of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataFrame<'i> {
    /// Content with no stuffed dots, never empty. Pieces are cut where a dot was removed, before
    /// the first fault, around each line end that was made, and where the input ended, not at
    /// lines.
    Content(&'i [u8]),
    /// The end of the content. Nothing comes after it.
    End,
}

/// What is wrong with content whose end was found all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum BodyFault {
    /// A CR that no LF follows.
    #[error("a CR without LF in the message; lines end with CRLF (RFC 5321 section 2.3.8)")]
    BareCr,
    /// An LF that no CR precedes.
    #[error("an LF without CR in the message; lines end with CRLF (RFC 5321 section 2.3.8)")]
    BareLf,
}

/// Where the first unconsumed octet stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    LineStart,
    InLine,
    Ended,
}

impl Default for DataReader {
    fn default() -> Self {
        Self::new()
    }
}

impl DataReader {
    /// A reader at the first octet after the 354 reply.
    #[must_use]
    pub const fn new() -> Self {
        Self::with(BareLineEnds::Refuse)
    }

    /// The same, with a say in what becomes of a CR or LF alone.
    ///
    /// ```
    /// use mailwire_smtp_proto::body::{BareLineEnds, DataFrame, DataReader};
    ///
    /// let mut reader = DataReader::with(BareLineEnds::Normalise);
    /// let (mut input, mut content) = (&b"one\n.\ntwo\r\n.\r\n"[..], Vec::new());
    /// while let Some((consumed, DataFrame::Content(piece))) = reader.take(input) {
    ///     content.extend_from_slice(piece);
    ///     input = &input[consumed..];
    /// }
    /// assert_eq!(content, b"one\r\n.\r\ntwo\r\n");
    /// ```
    #[must_use]
    pub const fn with(bare: BareLineEnds) -> Self {
        Self {
            place: Place::LineStart,
            bare,
            fault: None,
            content_octets: 0,
            polled: 0,
        }
    }

    /// Whether [`take`](Self::take) would give something.
    ///
    /// No if there is no input, after the end, and while the input is one of three that need their
    /// next octet to be understood: a CR, and at the start of a line `.` or `.` CR.
    pub fn poll(&mut self, unread: &[u8]) -> bool {
        match (self.place, unread) {
            (Place::Ended, _) | (_, [] | [b'\r']) => false,
            (Place::LineStart, [b'.'] | [b'.', b'\r']) => false,
            (Place::LineStart | Place::InLine, _) => true,
        }
    }

    /// As [`poll`](Self::poll), but where there is little, no before a line ends in it: octets that
    /// come one by one are not worth a piece each. New octets alone are looked at.
    #[inline]
    pub(crate) fn poll_line(&mut self, unread: &[u8]) -> bool {
        if unread.len() < LITTLE {
            let line_end = match unread.get(usize::from(self.polled)..) {
                Some([octet]) => *octet == b'\n',
                Some(new) => memchr::memchr(b'\n', new).is_some(),
                None => true,
            };
            if !line_end {
                self.polled = u16::try_from(unread.len()).unwrap_or(0);
                return false;
            }
        }
        self.poll(unread)
    }

    /// The next piece and how many octets of the input it takes, or `None` if more input is needed.
    ///
    /// A piece is as long as the input allows. It may take more octets than it has, the removed dot,
    /// or fewer, where a bare CR or LF became a line end.
    #[inline]
    pub fn take<'i>(&mut self, unread: &'i [u8]) -> Option<(usize, DataFrame<'i>)> {
        self.polled = 0;
        match (self.place, unread) {
            // The shortest piece that there is. Content of nothing else takes the most calls to
            // read, so it is told without a search.
            (Place::LineStart, [b'.', content @ ..]) if content.starts_with(b".\r\n.") => {
                let piece = content.get(..3).unwrap_or_default();
                self.content_octets = self.content_octets.saturating_add(3);
                Some((4, DataFrame::Content(piece)))
            }
            _ => self.take_any(unread),
        }
    }

    fn take_any<'i>(&mut self, unread: &'i [u8]) -> Option<(usize, DataFrame<'i>)> {
        let (dot, content) = match (self.place, unread) {
            (Place::Ended, _) => return None,
            (Place::LineStart, [b'.', rest @ ..]) => match rest {
                [] | [b'\r'] => return None,
                [b'\r', b'\n', ..] => {
                    self.place = Place::Ended;
                    return Some((3, DataFrame::End));
                }
                // A line of more than the dot: the dot was stuffed.
                content => (1, content),
            },
            (_, [] | [b'\r']) => return None,
            _ => (0, unread),
        };
        let (consumed, content) = match self.made_line_end(content) {
            Some(line_end) => (1, line_end),
            None => {
                let length = self.scan(content);
                (length, content.get(..length).unwrap_or_default())
            }
        };
        let octets = u64::try_from(content.len()).unwrap_or(u64::MAX);
        self.content_octets = self.content_octets.saturating_add(octets);
        Some((dot + consumed, DataFrame::Content(content)))
    }

    /// The line end that is made of a bare CR or LF at the start of `content`, if one is there and
    /// is to become one.
    #[inline]
    fn made_line_end(&mut self, content: &[u8]) -> Option<&'static [u8]> {
        if self.bare == BareLineEnds::Refuse {
            return None;
        }
        match content {
            [b'\r', b'\n', ..] => None,
            [b'\r' | b'\n', ..] => {
                // The line that ends here is none that the peer can have meant, so a dot behind it
                // is neither stuffed nor an end.
                self.place = Place::InLine;
                Some(b"\r\n")
            }
            _ => None,
        }
    }

    /// The first bare CR or LF in the content taken so far, where they are refused.
    #[must_use]
    pub const fn fault(&self) -> Option<BodyFault> {
        self.fault
    }

    /// Octets of content handed out so far: CRLFs counted, removed dots and the end not, as SIZE counts
    /// (RFC 1870 section 3).
    #[must_use]
    pub const fn content_octets(&self) -> u64 {
        self.content_octets
    }

    /// Whether the end was taken.
    #[must_use]
    pub const fn is_ended(&self) -> bool {
        matches!(self.place, Place::Ended)
    }

    /// How much of `input` is content to hand out in one piece; sets the place behind it. `input`
    /// does not begin with a dot that needs a look, nor is it a lone CR.
    ///
    /// Where each line has a dot to be removed, a piece is a line; so that is looked at first, and
    /// apart, as what else there is to look at would be in its way.
    #[inline]
    fn scan(&mut self, input: &[u8]) -> usize {
        match clean::line_end(input) {
            Some(at) if input.get(at..at + 3) == Some(b"\r\n.") => {
                self.place = Place::LineStart;
                at + 2
            }
            _ => self.scan_lines(input),
        }
    }

    #[inline(never)]
    fn scan_lines(&mut self, input: &[u8]) -> usize {
        let mut at = 0;
        // Where whole blocks are looked at next. Not at once: a piece that ends soon, at a dot to
        // be removed, does not pay for it. Nor right behind a block that has something to look at.
        let mut blocks_from = PATIENCE;
        // A CR is consumed only together with what follows it, so an LF that is met on its own
        // never had a CR before it, not even in an earlier piece.
        while let Some(offset) = clean::line_end(input.get(at..).unwrap_or_default()) {
            at += offset;
            match input.get(at..) {
                Some([b'\r', b'\n', next @ ..]) => {
                    at += 2;
                    if matches!(next, [] | [b'.', ..]) {
                        self.place = Place::LineStart;
                        return at;
                    }
                }
                Some([b'\r']) => {
                    self.place = Place::InLine;
                    return at;
                }
                // What is damaged begins a piece of its own, so that what was handed out before it
                // does not depend on how the input was cut.
                Some(_) if at > 0 && self.begins_piece() => {
                    self.place = Place::InLine;
                    return at;
                }
                Some([b'\r', ..]) => {
                    at += 1;
                    self.fault.get_or_insert(BodyFault::BareCr);
                }
                _ => {
                    at += 1;
                    self.fault.get_or_insert(BodyFault::BareLf);
                }
            }
            if at >= blocks_from {
                at += clean::run(input, at);
                blocks_from = at + BLOCK;
            }
        }
        self.place = Place::InLine;
        input.len()
    }

    /// Whether a bare CR or LF begins a piece: the first one that is to be refused, and each one
    /// that becomes a line end.
    const fn begins_piece(&self) -> bool {
        match self.bare {
            BareLineEnds::Refuse => self.fault.is_none(),
            BareLineEnds::Normalise => true,
        }
    }
}

/// Octets of a piece before whole blocks are looked at.
const PATIENCE: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_as_long_as_it_can_be() {
        let mut reader = DataReader::new();
        let input = b"one\r\ntwo\r\n\r\nthree\r\n..four\r\nfive\r";
        assert_eq!(
            reader.take(input),
            Some((19, DataFrame::Content(&input[..19])))
        );
        let rest = &input[19..];
        assert_eq!(
            reader.take(rest),
            Some((12, DataFrame::Content(b".four\r\nfive")))
        );
        assert_eq!(reader.take(b"\r"), None);
    }

    #[test]
    fn nothing_comes_behind_the_end() {
        let mut reader = DataReader::new();
        assert_eq!(reader.take(b".\r\nQUIT\r\n"), Some((3, DataFrame::End)));
        assert!(reader.is_ended() && !reader.poll(b"QUIT\r\n"));
        assert_eq!(reader.take(b"QUIT\r\n"), None);
    }

    #[test]
    fn what_comes_before_a_fault_does_not_depend_on_the_cut() {
        let mut reader = DataReader::new();
        assert_eq!(reader.take(b"ab\ncd"), Some((2, DataFrame::Content(b"ab"))));
        assert_eq!(reader.fault(), None);
        assert_eq!(reader.take(b"\ncd"), Some((3, DataFrame::Content(b"\ncd"))));
        assert_eq!(reader.fault(), Some(BodyFault::BareLf));
    }
}
