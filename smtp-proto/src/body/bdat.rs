//! Content in chunks that are counted (RFC 3030 section 2).

use std::fmt::Write;

use bytes::{BufMut, BytesMut};

use super::text::{Dots, Sink, TextWriter};
use super::{BareLineEnds, BodyFault, LITTLE};
use crate::command::Bdat;

/// Takes the octets of one chunk off the wire, from input that starts at the first unconsumed octet
/// and only grows. Holds no octet of it.
///
/// A chunk is counted, so nothing in it means anything: no dot, no line end, no NUL. Exactly as many
/// octets as were announced are consumed, also of a chunk that is refused, for what follows them is
/// a command.
///
/// ```
/// use mailwire_smtp_proto::body::BdatReader;
/// use mailwire_smtp_proto::command::Bdat;
///
/// let mut chunk = BdatReader::new(Bdat { size: 7, last: true });
/// assert_eq!(chunk.take(b"a\n.\n"), Some(&b"a\n.\n"[..]));
/// assert_eq!(chunk.take(b".\r\nQUIT\r\n"), Some(&b".\r\n"[..]));
/// assert!(chunk.is_ended());
/// assert_eq!(chunk.take(b"QUIT\r\n"), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BdatReader {
    left: u64,
    last: bool,
}

/// The sum of a message's chunks, which cannot wrap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChunkedTotal(u64);

/// Writes content in chunks, each with its BDAT command before it.
///
/// ```
/// use bytes::BytesMut;
/// use mailwire_smtp_proto::body::BdatWriter;
///
/// let (mut writer, mut out) = (BdatWriter::text(), BytesMut::new());
/// writer.write(b"Subject: one\n", &mut out);
/// writer.finish(b"\n.", &mut out)?;
/// assert_eq!(&out[..], b"BDAT 14\r\nSubject: one\r\nBDAT 5 LAST\r\n\r\n.\r\n");
/// # Ok::<(), mailwire_smtp_proto::body::BodyFault>(())
/// ```
#[derive(Clone, Debug)]
pub struct BdatWriter {
    /// `None` if the content is no text.
    text: Option<TextWriter>,
    bare: BareLineEnds,
}

impl BdatReader {
    /// The reader of no chunk.
    pub(crate) const ENDED: Self = Self {
        left: 0,
        last: false,
    };

    /// A reader at the first octet behind the CRLF of the command.
    #[must_use]
    pub const fn new(chunk: Bdat) -> Self {
        Self {
            left: chunk.size,
            last: chunk.last,
        }
    }

    /// The next octets of the chunk: all that the input has of it. They are consumed. `None` if the
    /// input is empty, and when the chunk has ended.
    pub fn take<'i>(&mut self, unread: &'i [u8]) -> Option<&'i [u8]> {
        let piece = self.peek(unread);
        // A slice is never longer than 64 bits can tell.
        let octets = u64::try_from(piece.len()).unwrap_or(u64::MAX);
        self.left = self.left.saturating_sub(octets);
        (!piece.is_empty()).then_some(piece)
    }

    /// What the input has of the chunk, without taking it.
    pub(crate) fn peek<'i>(&self, unread: &'i [u8]) -> &'i [u8] {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX);
        unread.get(..most).unwrap_or(unread)
    }

    /// Whether enough of the chunk has come for a piece to be worth taking: of a long one, not every
    /// octet by itself.
    #[inline]
    pub(crate) fn poll(&self, unread: &[u8]) -> bool {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX);
        unread.len() >= most.min(LITTLE)
    }

    /// Octets of the chunk that are still to come.
    #[must_use]
    pub const fn left(&self) -> u64 {
        self.left
    }

    /// Whether all of the chunk was taken; one of no octets was from the start.
    #[must_use]
    pub const fn is_ended(&self) -> bool {
        self.left == 0
    }

    /// Whether the message ends with this chunk.
    #[must_use]
    pub const fn is_last(&self) -> bool {
        self.last
    }
}

impl ChunkedTotal {
    /// The sum before the first chunk.
    pub const ZERO: Self = Self(0);

    /// The sum with another chunk; `None` if it is beyond what 64 bits hold, and so beyond any
    /// limit.
    #[must_use]
    pub const fn with(self, chunk: Bdat) -> Option<Self> {
        match self.0.checked_add(chunk.size) {
            Some(octets) => Some(Self(octets)),
            None => None,
        }
    }

    /// The sum in octets.
    #[must_use]
    pub const fn octets(self) -> u64 {
        self.0
    }
}

impl BdatWriter {
    /// A writer of text (`7BIT` and `8BITMIME`): as with [`DataWriter`](super::DataWriter), every
    /// line end goes out as CRLF, whichever it was and however the pieces are cut, and the last line
    /// is ended.
    #[must_use]
    pub const fn text() -> Self {
        Self::text_with(BareLineEnds::Normalise)
    }

    /// The same, and what it makes of bare CR and LF; refusing them is for content that must not be
    /// changed.
    #[must_use]
    pub const fn text_with(bare: BareLineEnds) -> Self {
        Self {
            text: Some(TextWriter::new(Dots::Kept)),
            bare,
        }
    }

    /// A writer of octets (`BINARYMIME`): they go out as they are.
    #[must_use]
    pub const fn binary() -> Self {
        Self {
            text: None,
            bare: BareLineEnds::Normalise,
        }
    }

    /// What is wrong with the content so far: a bare CR or LF, where they are refused. What was
    /// written is still whole lines, as if it had been a CRLF.
    #[must_use]
    pub fn fault(&self) -> Option<BodyFault> {
        let fault = self.text.as_ref().and_then(TextWriter::fault);
        fault.filter(|_| self.bare == BareLineEnds::Refuse)
    }

    /// Appends a piece of content to `out` as a chunk that is not the last. A piece that comes to no
    /// octets is no chunk.
    ///
    /// The chunk is as long as the piece, so the caller says by its pieces how long chunks are.
    pub fn write(&mut self, content: &[u8], out: &mut BytesMut) {
        let length = self.length(content, false).1;
        self.chunk(content, length, false, out);
    }

    /// Appends the last piece of content to `out`, which may be empty, as the last chunk:
    /// `BDAT n LAST` (RFC 3030 section 2). The writer is then at the start of another message.
    ///
    /// # Errors
    ///
    /// The [`fault`](Self::fault) of a writer that refuses bare CR and LF, also in this piece. The
    /// chunk is not appended then: the server has to be left without it, by RSET or by closing the
    /// connection, or it would take the message as it is. Other writers have none.
    pub fn finish(&mut self, content: &[u8], out: &mut BytesMut) -> Result<(), BodyFault> {
        match self.length(content, true) {
            (Some(fault), _) if self.bare == BareLineEnds::Refuse => {
                self.text = Some(TextWriter::new(Dots::Kept));
                Err(fault)
            }
            (_, length) => {
                self.chunk(content, length, true, out);
                Ok(())
            }
        }
    }

    /// The octets that a piece comes to, and what is wrong with the text up to its end. The count
    /// comes before the octets, so they are gone through twice.
    fn length(&self, content: &[u8], last: bool) -> (Option<BodyFault>, u64) {
        match &self.text {
            None => (None, u64::try_from(content.len()).unwrap_or(u64::MAX)),
            Some(text) => {
                let (mut text, mut size) = (text.clone(), 0);
                let fault = put(&mut text, content, last, &mut size);
                (fault, size)
            }
        }
    }

    fn chunk(&mut self, content: &[u8], size: u64, last: bool, out: &mut BytesMut) {
        if size > 0 || last {
            // Writing to a BytesMut cannot fail: it grows.
            let _ = write!(out, "BDAT {}\r\n", Bdat { size, last });
        }
        match &mut self.text {
            None => out.put_slice(content),
            Some(text) => {
                put(text, content, last, out);
            }
        }
    }
}

fn put(
    text: &mut TextWriter,
    content: &[u8],
    last: bool,
    out: &mut impl Sink,
) -> Option<BodyFault> {
    text.write(content, out);
    if last { text.finish(out) } else { text.fault() }
}
