//! Content onto the wire: dots stuffed, every line end a CRLF.

use bytes::{BufMut, BytesMut};

use super::text::{Dots, TextWriter};

/// Writes the content of a message as DATA wants it (RFC 5321 section 4.5.2).
///
/// A dot at the start of a line is doubled, and every line end goes out as CRLF: a bare CR or a bare
/// LF in the content becomes one (RFC 5321 section 2.3.8), a CRLF stays one, also when it is cut
/// between two calls. So the output never has a CR or LF except as CRLF, and nothing in the content
/// can be taken for its end.
///
/// ```
/// use bytes::BytesMut;
/// use mailwire_smtp_proto::body::DataWriter;
///
/// let (mut writer, mut out) = (DataWriter::new(), BytesMut::new());
/// writer.write(b"Subject: dots\n\n.\n", &mut out);
/// writer.finish(&mut out);
/// assert_eq!(&out[..], b"Subject: dots\r\n\r\n..\r\n.\r\n");
/// ```
#[derive(Clone, Debug)]
pub struct DataWriter {
    text: TextWriter,
}

impl Default for DataWriter {
    fn default() -> Self {
        Self::new()
    }
}

impl DataWriter {
    /// A writer at the start of a message.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            text: TextWriter::new(Dots::Doubled),
        }
    }

    /// Appends a piece of content to `out`. Pieces may be cut anywhere; the output is the same.
    pub fn write(&mut self, content: &[u8], out: &mut BytesMut) {
        out.reserve(content.len());
        self.text.write(content, out);
    }

    /// Ends the last line if it is not ended, and appends the end of the content, `.` CRLF. The
    /// writer is then at the start of another message.
    pub fn finish(&mut self, out: &mut BytesMut) {
        self.text.finish(out);
        out.put_slice(b".\r\n");
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
        writer.finish(&mut out);
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
            writer.finish(&mut out);
        }
        assert_eq!(&out[..], b"\r\n..a\r\n.\r\n".repeat(2));
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
