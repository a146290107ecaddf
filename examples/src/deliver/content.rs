//! The message: its octets, and the two things about them that a server is told before.

use mailwire_smtp_proto::delivery::Message;

/// The content of a message, its line ends as the file has them.
///
/// On the wire every line end is CRLF (RFC 5321 section 2.3.8), whether it is a CRLF, a bare LF or a
/// bare CR here, and the last line has one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Content<'a> {
    octets: &'a [u8],
    size: u64,
}

impl<'a> Content<'a> {
    /// How much is said at once.
    const PIECE: usize = 32 * 1024;

    pub(super) fn new(octets: &'a [u8]) -> Self {
        // Of octets that are here, it is known.
        let size = Message::of(octets).size.unwrap_or_default();
        Self { octets, size }
    }

    /// The octets in pieces of bounded size.
    pub(super) fn pieces(self) -> impl Iterator<Item = &'a [u8]> {
        self.octets.chunks(Self::PIECE)
    }

    /// The octets that will be sent, without doubled dots and without the end of the content
    /// (RFC 1870 section 5).
    pub(super) const fn size(self) -> u64 {
        self.size
    }

    /// Whether it has an octet above 127, for which a server has to offer 8BITMIME
    /// (RFC 6152 section 3).
    pub(super) const fn is_eight_bit(self) -> bool {
        !self.octets.is_ascii()
    }
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use mailwire_smtp_proto::body::DataWriter;

    use super::*;

    /// RFC 1870 section 5: CRLFs count, doubled dots and the dot at the end do not.
    #[test]
    fn the_size_is_what_is_sent_without_its_quoting() {
        for (octets, size) in [
            (&b""[..], 0),
            (b"a", 3),
            (b"a\n", 3),
            (b"a\r\n", 3),
            (b"a\r", 3),
            (b"\n\n", 4),
            (b"\r\r\n\n\r", 8),
            (b".\n..\n", 7),
            (b"Subject: x\n\nbody", 20),
        ] {
            let content = Content::new(octets);
            assert_eq!(content.size(), size, "{:?}", octets.escape_ascii());
        }
    }

    #[test]
    fn the_size_agrees_with_the_writer() {
        let alphabet = [b'a', b'\r', b'\n'];
        for number in 0..3_usize.pow(6) {
            let octets: Vec<u8> = (0..6)
                .map(|place| alphabet[number / 3_usize.pow(place) % 3])
                .collect();
            let (mut writer, mut out) = (DataWriter::new(), BytesMut::new());
            writer.write(&octets, &mut out);
            writer.finish(&mut out).unwrap();
            let size = Content::new(&octets).size();
            assert_eq!(size, out.len() as u64 - 3, "{}", octets.escape_ascii());
        }
    }

    #[test]
    fn pieces_are_bounded_and_lose_nothing() {
        let octets = vec![b'a'; 100_000];
        let pieces: Vec<&[u8]> = Content::new(&octets).pieces().collect();
        assert_eq!(pieces.len(), 4);
        assert_eq!(pieces.concat(), octets);
    }

    #[test]
    fn eight_bit_is_any_octet_above_127() {
        assert!(!Content::new(b"\x7F").is_eight_bit());
        assert!(Content::new(b"\x80").is_eight_bit());
    }
}
