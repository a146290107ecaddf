//! The message of PLAIN (RFC 4616), in base64 as AUTH carries it (RFC 4954).

use super::{AuthFault, Secret};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::BytesMut;
use std::str;
use zeroize::Zeroizing;

/// What PLAIN carries: on whose behalf, who, and the password.
///
/// No part holds a NUL or is longer than [`MAX_PART`](Self::MAX_PART); who and the password are not
/// empty.
///
/// ```
/// use bytes::BytesMut;
/// use mailwire_smtp_proto::auth::PlainCredentials;
///
/// // RFC 4616 section 4
/// let tim = PlainCredentials::new("tim", "tanstaaftanstaaf").unwrap();
/// let mut line = BytesMut::new();
/// tim.encode(&mut line);
/// assert_eq!(&line[..], b"AHRpbQB0YW5zdGFhZnRhbnN0YWFm");
/// assert_eq!(PlainCredentials::decode(&line).unwrap().authentication(), "tim");
/// ```
#[derive(Clone, Debug)]
pub struct PlainCredentials {
    authorization: Option<String>,
    authentication: String,
    password: Secret,
}

/// Three parts of at most 255 octets, and two NULs.
const MAX_MESSAGE: usize = 3 * PlainCredentials::MAX_PART + 2;
/// The base64 of the longest message.
const MAX_LINE: usize = MAX_MESSAGE.div_ceil(3) * 4;
/// What the base64 decoder wants to have for a line of that length.
const BUFFER: usize = MAX_LINE / 4 * 3;

impl PlainCredentials {
    /// The most octets of each part.
    pub const MAX_PART: usize = 255;

    /// Credentials of `authentication`, who acts on no other's behalf.
    ///
    /// # Errors
    ///
    /// A part is empty, too long, or holds a NUL ([`AuthFault::Malformed`]).
    pub fn new(
        authentication: impl Into<String>,
        password: impl Into<Secret>,
    ) -> Result<Self, AuthFault> {
        Self::checked(None, authentication.into(), password.into())
    }

    /// The same on behalf of `authorization`; the empty string stands for nobody else.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn on_behalf_of(self, authorization: impl Into<String>) -> Result<Self, AuthFault> {
        let authorization = Some(authorization.into()).filter(|name| !name.is_empty());
        Self::checked(authorization, self.authentication, self.password)
    }

    fn checked(
        authorization: Option<String>,
        authentication: String,
        password: Secret,
    ) -> Result<Self, AuthFault> {
        if authentication.is_empty() || password.expose().is_empty() {
            return Err(AuthFault::Empty);
        }
        let parts = [
            authorization.as_deref().unwrap_or_default(),
            &authentication,
            password.expose(),
        ];
        if parts.iter().any(|part| part.contains('\0')) {
            return Err(AuthFault::Malformed);
        }
        if parts.iter().any(|part| part.len() > Self::MAX_PART) {
            return Err(AuthFault::TooLong);
        }
        Ok(Self {
            authorization,
            authentication,
            password,
        })
    }

    /// Reads a line of the exchange, or the initial response of AUTH, without its CRLF.
    ///
    /// `=` is the empty message and `*` gives up (RFC 4954 section 4). Base64 is taken in its one
    /// canonical form, with its padding. Nothing of the message stays behind in memory except in the
    /// credentials.
    ///
    /// # Errors
    ///
    /// The line is no message of PLAIN.
    pub fn decode(base64_line: &[u8]) -> Result<Self, AuthFault> {
        match base64_line {
            b"*" => return Err(AuthFault::Cancelled),
            b"" | b"=" => return Err(AuthFault::Empty),
            _ if base64_line.len() > MAX_LINE => return Err(AuthFault::TooLong),
            _ => {}
        }
        let mut buffer = Zeroizing::new([0_u8; BUFFER]);
        let length = STANDARD
            .decode_slice(base64_line, buffer.as_mut_slice())
            .map_err(|_| AuthFault::Base64)?;
        let message = buffer.get(..length).unwrap_or_default();
        let message = str::from_utf8(message).map_err(|_| AuthFault::NotUtf8)?;
        let mut parts = message.split('\0');
        let (Some(authorization), Some(authentication), Some(password), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(AuthFault::Malformed);
        };
        Self::new(authentication, password)?.on_behalf_of(authorization)
    }

    /// Appends the message in base64 to `out`, without CRLF. From then on `out` holds the password:
    /// the caller is to have asked policy before.
    pub fn encode(&self, out: &mut BytesMut) {
        // Its full size at once: growing would leave a copy of a part behind.
        let mut message = Zeroizing::new(Vec::with_capacity(MAX_MESSAGE));
        message.extend_from_slice(self.authorization().unwrap_or_default().as_bytes());
        message.push(0);
        message.extend_from_slice(self.authentication.as_bytes());
        message.push(0);
        message.extend_from_slice(self.password.expose().as_bytes());

        let start = out.len();
        let length = message.len().div_ceil(3) * 4;
        out.resize(start + length, 0);
        let place = out.get_mut(start..).unwrap_or_default();
        // The place is as long as the base64, so this does not fail; if it did, nothing is sent.
        if STANDARD.encode_slice(message.as_slice(), place).is_err() {
            out.truncate(start);
        }
    }

    /// On whose behalf, if not the client's own: the authorization identity.
    #[must_use]
    pub fn authorization(&self) -> Option<&str> {
        self.authorization.as_deref()
    }

    /// Who the client says it is: the authentication identity.
    #[must_use]
    pub fn authentication(&self) -> &str {
        &self.authentication
    }

    /// The password.
    #[must_use]
    pub const fn password(&self) -> &Secret {
        &self.password
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(message: &[u8]) -> Result<(Option<String>, String, String), AuthFault> {
        let credentials = PlainCredentials::decode(STANDARD.encode(message).as_bytes())?;
        let mut again = BytesMut::new();
        credentials.encode(&mut again);
        assert_eq!(
            STANDARD.decode(&again).unwrap(),
            message,
            "one message, one form"
        );
        let PlainCredentials {
            authorization,
            authentication,
            password,
        } = credentials;
        Ok((authorization, authentication, password.expose().to_owned()))
    }

    #[test]
    fn messages_good_and_bad() {
        let good = |authorization: &str, name: &str, password: &str| {
            let authorization = Some(authorization.to_owned()).filter(|name| !name.is_empty());
            Ok((authorization, name.to_owned(), password.to_owned()))
        };
        let table: &[(&[u8], _)] = &[
            // The two examples of RFC 4616 section 4.
            (
                b"\0tim\0tanstaaftanstaaf",
                good("", "tim", "tanstaaftanstaaf"),
            ),
            (
                b"Ursel\0Kurt\0xipj3plmq",
                good("Ursel", "Kurt", "xipj3plmq"),
            ),
            (b"\0t\0p", good("", "t", "p")),
            (
                "\0caf\u{e9}\0\u{5bc6}".as_bytes(),
                good("", "caf\u{e9}", "\u{5bc6}"),
            ),
            (b"\0 \0\r\n", good("", " ", "\r\n")),
            (b"tim", Err(AuthFault::Malformed)),
            (b"tim\0secret", Err(AuthFault::Malformed)),
            (b"\0tim\0secret\0", Err(AuthFault::Malformed)),
            (b"\0\0tim\0secret", Err(AuthFault::Malformed)),
            (b"\0\0\0\0", Err(AuthFault::Malformed)),
            (b"\0\0secret", Err(AuthFault::Empty)),
            (b"\0tim\0", Err(AuthFault::Empty)),
            (b"tim\0\0", Err(AuthFault::Empty)),
            (b"\0\0", Err(AuthFault::Empty)),
            (b"", Err(AuthFault::Empty)),
            (b"\0tim\0secr\xe9t", Err(AuthFault::NotUtf8)),
            (b"\xff\0tim\0secret", Err(AuthFault::NotUtf8)),
        ];
        for (message, expected) in table {
            assert_eq!(decode(message), *expected, "{}", message.escape_ascii());
        }
    }

    #[test]
    fn only_canonical_base64() {
        // "\0t\0p" is AHQAcA==
        assert!(PlainCredentials::decode(b"AHQAcA==").is_ok());
        for line in [
            "AHQAcA",
            "AHQAcA=",
            "AHQAcA===",
            "AHQAcB==",
            "AHQAcA==\r\n",
            " AHQAcA==",
            "AHQA cA==",
            "AHQAcA==AHQAcA==",
            "AHQA_A==",
            "==",
            "A",
            "\u{0}",
            "AHQAcA*=",
            "**",
        ] {
            let result = PlainCredentials::decode(line.as_bytes()).map(drop);
            assert_eq!(result, Err(AuthFault::Base64), "{line:?}");
        }
        for (line, fault) in [
            ("*", AuthFault::Cancelled),
            ("=", AuthFault::Empty),
            ("", AuthFault::Empty),
        ] {
            assert_eq!(
                PlainCredentials::decode(line.as_bytes()).map(drop),
                Err(fault)
            );
        }
    }

    #[test]
    fn parts_hold_255_octets_and_no_more() {
        for octets in [255, 256] {
            for long in 0..3 {
                let mut parts = ["z", "n", "p"].map(str::to_owned);
                parts[long] = "x".repeat(octets);
                let result = decode(parts.join("\0").as_bytes()).map(drop);
                let expected = if octets == 255 {
                    Ok(())
                } else {
                    Err(AuthFault::TooLong)
                };
                assert_eq!(result, expected, "part {long}, {octets} octets");
            }
        }
        let longest = ["x".repeat(255), "y".repeat(255), "z".repeat(255)].join("\0");
        assert_eq!(longest.len(), MAX_MESSAGE);
        assert_eq!(STANDARD.encode(&longest).len(), MAX_LINE);
        assert!(decode(longest.as_bytes()).is_ok());
        let line = "A".repeat(MAX_LINE + 4);
        assert_eq!(
            PlainCredentials::decode(line.as_bytes()).map(drop),
            Err(AuthFault::TooLong)
        );
    }

    #[test]
    fn what_cannot_be_sent_cannot_be_made() {
        let new = |name: &str, password: &str| PlainCredentials::new(name, password).map(drop);
        assert_eq!(new("n", "p"), Ok(()));
        assert_eq!(new("", "p"), Err(AuthFault::Empty));
        assert_eq!(new("n", ""), Err(AuthFault::Empty));
        assert_eq!(new("n\0", "p"), Err(AuthFault::Malformed));
        assert_eq!(new("n", "p\0"), Err(AuthFault::Malformed));
        assert_eq!(new(&"n".repeat(256), "p"), Err(AuthFault::TooLong));
        let behalf = |name: &str| PlainCredentials::new("n", "p").unwrap().on_behalf_of(name);
        assert_eq!(behalf("").unwrap().authorization(), None);
        assert_eq!(behalf("a").unwrap().authorization(), Some("a"));
        assert_eq!(behalf("a\0b").map(drop), Err(AuthFault::Malformed));
    }

    #[test]
    fn encode_appends() {
        let mut out = BytesMut::from(&b"AUTH PLAIN "[..]);
        PlainCredentials::new("t", "p").unwrap().encode(&mut out);
        assert_eq!(&out[..], b"AUTH PLAIN AHQAcA==");
    }

    #[test]
    fn debug_shows_no_password() {
        let shown = format!("{:?}", PlainCredentials::new("tim", "hunter2").unwrap());
        assert!(
            shown.contains("tim") && !shown.contains("hunter2"),
            "{shown}"
        );
    }
}
