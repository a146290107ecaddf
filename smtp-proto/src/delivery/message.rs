//! What a server has to know of a message before it gets it.

use crate::params::Body;

/// The facts about the content of a message that its MAIL has to tell.
///
/// ```
/// use mailwire_smtp_proto::delivery::Message;
/// use mailwire_smtp_proto::params::Body;
///
/// let message = Message::of(b"Subject: caf\xC3\xA9\n\nplain\n");
/// assert_eq!(message.size, Some(25));
/// assert_eq!(message.body, Body::EightBitMime);
/// assert!(message.smtputf8);
/// assert!(!Message::of(b"Subject: x\n\n8 bits: \xE9\n").smtputf8);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Message {
    /// Octets on the wire, every line end as CRLF and without the doubled dots (RFC 1870 section 5);
    /// `None` if not known. It is told where SIZE is offered.
    pub size: Option<u64>,
    /// What its octets are.
    pub body: Body,
    /// Whether its header has UTF-8 (RFC 6532), for which SMTPUTF8 is needed whatever the addresses are.
    pub smtputf8: bool,
}

impl Message {
    /// A message of ASCII in lines, of which no more is known.
    pub const PLAIN: Self = Self {
        size: None,
        body: Body::SevenBit,
        smtputf8: false,
    };

    /// The facts about a text whose line ends may be CRLF, LF or CR, as they become CRLF on the wire.
    #[must_use]
    pub fn of(text: &[u8]) -> Self {
        let body = if text.is_ascii() {
            Body::SevenBit
        } else {
            Body::EightBitMime
        };
        Self {
            size: Some(size(text)),
            body,
            smtputf8: body == Body::EightBitMime && is_utf8(header(text)),
        }
    }

    /// The facts about content that goes out as it is, in chunks.
    #[must_use]
    pub fn binary(octets: &[u8]) -> Self {
        Self {
            size: u64::try_from(octets.len()).ok(),
            body: Body::BinaryMime,
            smtputf8: is_utf8(header(octets)),
        }
    }
}

/// Whether a line of it has UTF-8 that is not ASCII. Octets of another character set are none: RFC 6532 is not
/// about them, and 8BITMIME has to be enough.
fn is_utf8(header: &[u8]) -> bool {
    let mut lines = header.split(|it| matches!(it, b'\r' | b'\n'));
    lines.any(|line| !line.is_ascii() && std::str::from_utf8(line).is_ok())
}

/// The header section: the fields at the start (RFC 5322 section 2.2), whatever comes behind them.
fn header(text: &[u8]) -> &[u8] {
    let mut end = 0;
    while let Some(rest) = text.get(end..).filter(|it| !it.is_empty()) {
        let line = rest.iter().position(|it| matches!(it, b'\r' | b'\n'));
        let line = line.and_then(|at| rest.get(..at)).unwrap_or(rest);
        let goes_on = end > 0 && matches!(line.first(), Some(b' ' | b'\t'));
        if !goes_on && !is_field(line) {
            break;
        }
        let line_end = match rest.get(line.len()..) {
            Some([b'\r', b'\n', ..]) => 2,
            Some([_, ..]) => 1,
            _ => 0,
        };
        end += line.len() + line_end;
    }
    text.get(..end).unwrap_or(text)
}

/// Whether a line begins with a name and a colon.
fn is_field(line: &[u8]) -> bool {
    let Some(colon) = line.iter().position(|it| *it == b':') else {
        return false;
    };
    let name = line.get(..colon).unwrap_or_default().trim_ascii_end();
    !name.is_empty() && name.iter().all(u8::is_ascii_graphic)
}

fn size(text: &[u8]) -> u64 {
    let mut previous = None;
    let mut size: u64 = 0;
    for &octet in text {
        let sent = match (previous, octet) {
            // The second half of a CRLF has been counted with the first.
            (Some(b'\r'), b'\n') => 0,
            (_, b'\r' | b'\n') => 2,
            _ => 1,
        };
        size = size.saturating_add(sent);
        previous = Some(octet);
    }
    match previous {
        None | Some(b'\r' | b'\n') => size,
        // The last line gets the end that it lacks.
        Some(_) => size.saturating_add(2),
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests panic to fail"
)]
mod tests {
    use bytes::BytesMut;

    use super::*;
    use crate::body::DataWriter;

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
            assert_eq!(
                size(&octets),
                out.len() as u64 - 3,
                "{}",
                octets.escape_ascii()
            );
        }
    }

    #[test]
    fn smtputf8_is_about_utf8_in_the_header() {
        for (text, expected) in [
            ("Subject: gr\u{fc}n\n\nx\n".as_bytes(), true),
            ("Subject: x\n\tgr\u{fc}n\n\nx\n".as_bytes(), true),
            ("Subject: x\n\ngr\u{fc}n\n".as_bytes(), false),
            ("gr\u{fc}n\n".as_bytes(), false),
            (b"Subject: gr\xfcn\n\nx\n", false),
            // One line is enough.
            (b"Subject: gr\xfcn\nX: gr\xc3\xbcn\n\nx\n", true),
        ] {
            let message = Message::of(text);
            assert_eq!(message.body, Body::EightBitMime);
            assert_eq!(message.smtputf8, expected, "{}", text.escape_ascii());
            assert_eq!(Message::binary(text).smtputf8, expected);
        }
    }

    #[test]
    fn the_header_is_the_fields_at_the_start() {
        for (text, expected) in [
            ("a: b\n\nc", "a: b\n"),
            ("a: b\r\n\r\nc", "a: b\r\n"),
            ("a: b\r\rc", "a: b\r"),
            ("\nbody", ""),
            ("a: b\n c\n\td\ne : f\n\ng", "a: b\n c\n\td\ne : f\n"),
            // None.
            ("body: with two words\n", "body: with two words\n"),
            ("no field: at all\n", ""),
            (" a: b\n", ""),
            (": b\n", ""),
            ("a: b\nbody\nc: d\n", "a: b\n"),
            ("a: b\n", "a: b\n"),
            ("", ""),
        ] {
            assert_eq!(header(text.as_bytes()), expected.as_bytes(), "{text:?}");
        }
    }
}
