//! Text in lines onto the wire: every line end a CRLF, and dots doubled where they have to be.

use bytes::{BufMut, BytesMut};

use super::BodyFault;
use super::clean::{self, BLOCK};

/// Writes text whose line ends may be of any kind.
#[derive(Clone, Debug)]
pub(super) struct TextWriter {
    dots: Dots,
    at_line_start: bool,
    /// The last octet of content was a CR. Its CRLF is out already; an LF would be its second half.
    after_cr: bool,
    /// The first line end that was no CRLF.
    fault: Option<BodyFault>,
}

/// What becomes of a dot at the start of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dots {
    /// It is doubled, as DATA needs it (RFC 5321 section 4.5.2).
    Doubled,
    /// It is an octet as any other.
    Kept,
}

/// Where octets are written.
pub(super) trait Sink {
    fn put(&mut self, octets: &[u8]);
}

impl Sink for BytesMut {
    fn put(&mut self, octets: &[u8]) {
        self.put_slice(octets);
    }
}

/// Counts them.
impl Sink for u64 {
    fn put(&mut self, octets: &[u8]) {
        *self = self.saturating_add(Self::try_from(octets.len()).unwrap_or(Self::MAX));
    }
}

impl TextWriter {
    /// A writer at the start of a text.
    pub(super) const fn new(dots: Dots) -> Self {
        Self {
            dots,
            at_line_start: true,
            after_cr: false,
            fault: None,
        }
    }

    /// What was wrong with the text so far: the first of its line ends that was no CRLF.
    pub(super) const fn fault(&self) -> Option<BodyFault> {
        self.fault
    }

    /// Writes a piece of text. Pieces may be cut anywhere; the output is the same.
    pub(super) fn write(&mut self, content: &[u8], out: &mut impl Sink) {
        let mut rest = content;
        if self.after_cr && !content.is_empty() {
            match content {
                [b'\n', behind @ ..] => rest = behind,
                _ => self.found(BodyFault::BareCr),
            }
            self.after_cr = false;
        }
        // What is before `at` and not written yet goes out as it is.
        let (mut written, mut at) = (0, 0);
        if self.at_line_start && self.is_doubled(rest) {
            out.put(b".");
        }
        // As in the reader: whole blocks are looked at where lines have been plain for a while.
        let mut blocks_from = PATIENCE;
        while let Some(tail) = rest.get(at..).filter(|tail| !tail.is_empty()) {
            if at >= blocks_from {
                // A stretch that the nearest memory still holds when it is copied.
                let stretch = rest.get(..at + STRETCH).unwrap_or(rest);
                let clean = clean::run(stretch, at);
                at += clean;
                out.put(rest.get(written..at).unwrap_or_default());
                written = at;
                blocks_from = if clean == 0 { at + BLOCK } else { at };
                if clean > 0 {
                    continue;
                }
            }
            self.at_line_start = false;
            let Some(offset) = clean::line_end(tail) else {
                break;
            };
            at += offset;
            let behind = match tail.get(offset..) {
                Some([b'\r', b'\n', behind @ ..]) => {
                    at += 2;
                    behind
                }
                // A line end of another kind becomes one. If the CR is the last octet, its LF may
                // be the first of the next piece.
                Some([end, behind @ ..]) => {
                    out.put(rest.get(written..at).unwrap_or_default());
                    out.put(b"\r\n");
                    at += 1;
                    written = at;
                    self.after_cr = *end == b'\r' && behind.is_empty();
                    match end {
                        b'\n' => self.found(BodyFault::BareLf),
                        _ if self.after_cr => {}
                        _ => self.found(BodyFault::BareCr),
                    }
                    behind
                }
                _ => &[],
            };
            self.at_line_start = true;
            if self.is_doubled(behind) {
                out.put(rest.get(written..at).unwrap_or_default());
                out.put(b".");
                written = at;
            }
        }
        out.put(rest.get(written..).unwrap_or_default());
    }

    /// Ends the last line if it is not ended, and tells what was wrong with the text. The writer is
    /// then at the start of another text.
    pub(super) fn finish(&mut self, out: &mut impl Sink) -> Option<BodyFault> {
        if !self.at_line_start {
            out.put(b"\r\n");
        }
        if self.after_cr {
            self.found(BodyFault::BareCr);
        }
        std::mem::replace(self, Self::new(self.dots)).fault
    }

    /// Line ends of another kind are rare, and only the first of them is of interest.
    #[cold]
    fn found(&mut self, fault: BodyFault) {
        self.fault.get_or_insert(fault);
    }

    fn is_doubled(&self, line: &[u8]) -> bool {
        self.dots == Dots::Doubled && line.first() == Some(&b'.')
    }
}

/// Octets of a piece before whole blocks are looked at.
const PATIENCE: usize = 128;

/// Octets that are looked at before they are copied.
const STRETCH: usize = 16 * BLOCK;
