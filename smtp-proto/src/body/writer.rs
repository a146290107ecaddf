//! Content onto the wire: dots stuffed, every line end a CRLF.

use bytes::{BufMut, BytesMut};

use super::text::{Dots, TextWriter};
use super::{BareLineEnds, BodyFault};

/// Writes the content of a message as DATA wants it (RFC 5321 section 4.5.2).
///
/// A dot at the start of a line is doubled, and every line end goes out as CRLF: a bare CR or a bare
/// LF in the content becomes one (RFC 5321 section 2.3.8), a CRLF stays one, also when it is cut
/// between two calls. So the output never has a CR or LF except as CRLF, and nothing in the content
/// can be taken for its end.
///
/// Content that comes from a file of the local system has its line ends, and wants that. Content
/// that was signed, or passed on, must not be changed: a writer that refuses bare line ends does not
/// write its end.
///
/// ```
/// use bytes::BytesMut;
/// use mailwire_smtp_proto::body::{BareLineEnds, BodyFault, DataWriter};
///
/// let (mut writer, mut out) = (DataWriter::new(), BytesMut::new());
/// writer.write(b"Subject: dots\n\n.\n", &mut out);
/// writer.finish(&mut out)?;
/// assert_eq!(&out[..], b"Subject: dots\r\n\r\n..\r\n.\r\n");
///
/// let mut writer = DataWriter::with(BareLineEnds::Refuse);
/// writer.write(b"one\r\ntwo\n", &mut out);
/// assert_eq!(writer.finish(&mut out), Err(BodyFault::BareLf));
/// # Ok::<(), BodyFault>(())
/// ```
#[derive(Clone, Debug)]
pub struct DataWriter {
    text: TextWriter,
    bare: BareLineEnds,
}

impl Default for DataWriter {
    fn default() -> Self {
        Self::new()
    }
}

impl DataWriter {
    /// A writer at the start of a message, which makes line ends of any kind CRLF.
    #[must_use]
    pub const fn new() -> Self {
        Self::with(BareLineEnds::Normalise)
    }

    /// A writer at the start of a message, and what it makes of bare CR and LF.
    #[must_use]
    pub const fn with(bare: BareLineEnds) -> Self {
        Self {
            text: TextWriter::new(Dots::Doubled),
            bare,
        }
    }

    /// What is wrong with the content so far: a bare CR or LF, where they are refused. What was
    /// written is still whole lines, as if it had been a CRLF.
    #[must_use]
    pub fn fault(&self) -> Option<BodyFault> {
        self.text
            .fault()
            .filter(|_| self.bare == BareLineEnds::Refuse)
    }

    /// Appends a piece of content to `out`. Pieces may be cut anywhere; the output is the same.
    pub fn write(&mut self, content: &[u8], out: &mut BytesMut) {
        out.reserve(content.len());
        self.text.write(content, out);
    }

    /// Ends the last line if it is not ended, and appends the end of the content, `.` CRLF. The
    /// writer is then at the start of another message.
    ///
    /// # Errors
    ///
    /// The [`fault`](Self::fault) of a writer that refuses bare CR and LF. The end is not appended
    /// then: the server has to be left without it, by closing the connection, or it would take the
    /// message as it is. A writer that normalises has none.
    pub fn finish(&mut self, out: &mut BytesMut) -> Result<(), BodyFault> {
        match self.text.finish(out) {
            Some(fault) if self.bare == BareLineEnds::Refuse => Err(fault),
            _ => {
                out.put_slice(b".\r\n");
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::{DataFrame, DataReader};
    use proptest::prelude::*;

    fn written(pieces: &[&[u8]]) -> Vec<u8> {
        let (mut writer, mut out) = (DataWriter::new(), BytesMut::new());
        for piece in pieces {
            writer.write(piece, &mut out);
        }
        writer.finish(&mut out).unwrap();
        out.to_vec()
    }

    #[test]
    fn contents_at_every_cut() {
        let table: &[(&[u8], &[u8])] = &[
            (b"", b".\r\n"),
            (b"a", b"a\r\n.\r\n"),
            (b"a\r\n", b"a\r\n.\r\n"),
            (b"a\n", b"a\r\n.\r\n"),
            (b"a\r", b"a\r\n.\r\n"),
            (b"\r\n", b"\r\n.\r\n"),
            (b"a\rb\nc\r\n", b"a\r\nb\r\nc\r\n.\r\n"),
            (b"a\r\r\nb", b"a\r\n\r\nb\r\n.\r\n"),
            (b"a\n\rb", b"a\r\n\r\nb\r\n.\r\n"),
            (b"a\r\n\n", b"a\r\n\r\n.\r\n"),
            (b".", b"..\r\n.\r\n"),
            (b"..", b"...\r\n.\r\n"),
            (b"a.\n.b\r.\r\n..c", b"a.\r\n..b\r\n..\r\n...c\r\n.\r\n"),
            (b"a\r\n.\r\nMAIL", b"a\r\n..\r\nMAIL\r\n.\r\n"),
            (b"a\n.\nMAIL", b"a\r\n..\r\nMAIL\r\n.\r\n"),
            (b"a\r.\rMAIL", b"a\r\n..\r\nMAIL\r\n.\r\n"),
        ];
        for (content, expected) in table {
            let shown = content.escape_ascii();
            for first in 0..=content.len() {
                for second in first..=content.len() {
                    let pieces = [
                        &content[..first],
                        &content[first..second],
                        &content[second..],
                    ];
                    assert_eq!(written(&pieces), *expected, "{shown} at {first}, {second}");
                }
            }
        }
    }

    #[test]
    fn a_finished_writer_begins_anew() {
        let (mut writer, mut out) = (DataWriter::new(), BytesMut::new());
        for _ in 0..2 {
            writer.write(b"\n.a\r", &mut out);
            writer.finish(&mut out).unwrap();
        }
        assert_eq!(&out[..], b"\r\n..a\r\n.\r\n".repeat(2));
    }

    #[test]
    fn bare_line_ends_are_refused_at_every_cut() {
        let table: &[(&[u8], Option<BodyFault>)] = &[
            (b"", None),
            (b"a\r\n.\r\n\r\nb", None),
            (b"a\nb", Some(BodyFault::BareLf)),
            (b"\n", Some(BodyFault::BareLf)),
            (b"a\r\n\n", Some(BodyFault::BareLf)),
            (b"a\rb\n", Some(BodyFault::BareCr)),
            (b"a\r", Some(BodyFault::BareCr)),
            (b"a\r\r\n", Some(BodyFault::BareCr)),
            (b"a\n\rb", Some(BodyFault::BareLf)),
        ];
        for (content, fault) in table {
            for cut in 0..=content.len() {
                let mut writer = DataWriter::with(BareLineEnds::Refuse);
                let (mut out, mut usual) = (BytesMut::new(), BytesMut::new());
                let (first, second) = content.split_at(cut);
                writer.write(first, &mut out);
                writer.write(second, &mut out);
                // A CR at the end is known to be bare when nothing follows.
                assert!(writer.fault() == *fault || content.ends_with(b"\r"));
                assert_eq!(writer.finish(&mut out), fault.map_or(Ok(()), Err));
                assert_eq!(writer.fault(), None, "it begins anew");
                let mut writer = DataWriter::new();
                writer.write(content, &mut usual);
                assert_eq!((writer.fault(), writer.finish(&mut usual)), (None, Ok(())));
                let expected = usual.strip_suffix(b".\r\n").unwrap();
                assert_eq!(out.strip_suffix(b".\r\n").unwrap_or(&out), expected);
            }
        }
    }

    /// Every line end as CRLF, octet by octet, and one at the end.
    fn normalised(content: &[u8]) -> Vec<u8> {
        let mut lines = Vec::new();
        let mut last = 0;
        for octet in content.iter().copied() {
            match (last, octet) {
                (b'\r', b'\n') => {}
                (_, b'\r' | b'\n') => lines.extend_from_slice(b"\r\n"),
                _ => lines.push(octet),
            }
            last = octet;
        }
        if !lines.is_empty() && !lines.ends_with(b"\r\n") {
            lines.extend_from_slice(b"\r\n");
        }
        lines
    }

    fn octets() -> impl Strategy<Value = Vec<u8>> {
        let octet = prop_oneof![
            Just(b'\r'),
            Just(b'\n'),
            Just(b'.'),
            Just(b'a'),
            any::<u8>()
        ];
        prop::collection::vec(octet, 0..60)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(pieces in prop::collection::vec(octets(), 0..6), cut in 1_usize..9) {
            let borrowed: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
            let wire = written(&borrowed);
            let content = pieces.concat();
            prop_assert_eq!(&wire, &written(&[content.as_slice()]), "cuts show");

            for (at, octet) in wire.iter().enumerate() {
                match octet {
                    b'\r' => prop_assert_eq!(wire.get(at + 1), Some(&b'\n')),
                    b'\n' => prop_assert!(at > 0 && wire[at - 1] == b'\r'),
                    _ => {}
                }
            }

            let mut reader = DataReader::new();
            let (mut read, mut consumed, mut seen) = (Vec::new(), 0, 0);
            while !reader.is_ended() {
                prop_assert!(seen < wire.len(), "no end");
                seen = (seen + cut).min(wire.len());
                while let Some((length, frame)) = reader.take(&wire[consumed..seen]) {
                    consumed += length;
                    if let DataFrame::Content(piece) = frame {
                        read.extend_from_slice(piece);
                    }
                }
            }
            prop_assert_eq!(consumed, wire.len());
            prop_assert_eq!(reader.fault(), None);
            prop_assert_eq!(read, normalised(&content));
        }
    }
}
