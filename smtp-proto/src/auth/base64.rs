//! Base64, as the lines of an exchange carry their messages (RFC 4648 section 4).

use base64::Engine;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::BytesMut;

use super::{AuthFault, Message};

/// How strictly base64 is read. Deliberately exhaustive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Base64 {
    /// In its one canonical form, with its padding: two lines that differ are two messages.
    #[default]
    Canonical,
    /// Padding may be missing, and bits that mean nothing may be set, as some old clients have it.
    Lenient,
}

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

impl Base64 {
    /// The message that a line carries.
    ///
    /// # Errors
    ///
    /// [`AuthFault::Base64`].
    pub fn decode(self, line: &[u8]) -> Result<Message, AuthFault> {
        let engine = match self {
            Self::Canonical => &STANDARD,
            Self::Lenient => &LENIENT,
        };
        // All the room at once: a buffer that grows leaves copies behind. The decoder wants it for
        // whole groups of four.
        let mut octets = vec![0; line.len().div_ceil(4).saturating_mul(3)];
        let result = engine.decode_slice(line, &mut octets);
        // What was decoded before an error is a secret as well.
        let octets = Message::from(octets);
        let length = result.map_err(|_| AuthFault::Base64)?;
        Ok(octets.truncated(length))
    }
}

/// Appends a message in base64 to `out`. From then on `out` holds what the message does.
pub(super) fn encode(message: &[u8], out: &mut BytesMut) {
    let start = out.len();
    out.resize(start + message.len().div_ceil(3) * 4, 0);
    let place = out.get_mut(start..).unwrap_or_default();
    // The place is as long as the base64, so this does not fail; if it did, nothing is sent.
    if STANDARD.encode_slice(message, place).is_err() {
        out.truncate(start);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form_or_any() {
        // "\0t\0p" is AHQAcA==; the vectors of RFC 4648 section 10 follow.
        for (line, canonical, lenient) in [
            ("AHQAcA==", Some("\0t\0p"), Some("\0t\0p")),
            ("AHQAcA", None, Some("\0t\0p")),
            ("AHQAcA=", None, Some("\0t\0p")),
            ("AHQAcB==", None, Some("\0t\0p")),
            ("", Some(""), Some("")),
            ("Zg==", Some("f"), Some("f")),
            ("Zm8=", Some("fo"), Some("fo")),
            ("Zm9v", Some("foo"), Some("foo")),
            ("Zm9vYg==", Some("foob"), Some("foob")),
            ("Zm9vYmE=", Some("fooba"), Some("fooba")),
            ("Zm9vYmFy", Some("foobar"), Some("foobar")),
            ("AHQAcA===", None, None),
            ("AHQAcA==\r\n", None, None),
            (" AHQAcA==", None, None),
            ("AHQA cA==", None, None),
            ("AHQAcA==AHQAcA==", None, None),
            ("AHQA_A==", None, None),
            ("AHQA-A==", None, None),
            ("=", None, None),
            ("==", None, None),
            ("A", None, None),
            ("AHQAc", None, None),
            ("\u{0}", None, None),
            ("AHQAcA*=", None, None),
            ("*", None, None),
            ("**", None, None),
        ] {
            let read = |reading: Base64| {
                let message = reading.decode(line.as_bytes());
                message
                    .ok()
                    .map(|it| String::from_utf8(it.to_vec()).unwrap())
            };
            assert_eq!(read(Base64::Canonical).as_deref(), canonical, "{line:?}");
            assert_eq!(read(Base64::Lenient).as_deref(), lenient, "{line:?}");
            if let Some(message) = canonical {
                let mut out = BytesMut::from("before ");
                encode(message.as_bytes(), &mut out);
                assert_eq!(out, format!("before {line}").as_bytes());
            }
        }
    }
}
