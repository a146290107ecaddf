//! A name and a password: the message of PLAIN (RFC 4616).

use std::str;

use super::{AuthFault, Message, Secret};

/// What PLAIN carries: on whose behalf, who, and the password.
///
/// No part holds a NUL or is longer than [`MAX_PART`](Self::MAX_PART); who and the password are not
/// empty.
///
/// ```
/// use mailwire_smtp_proto::auth::PlainCredentials;
///
/// // RFC 4616 section 4
/// let tim = PlainCredentials::new("tim", "tanstaaftanstaaf")?;
/// assert_eq!(&*tim.message(), b"\0tim\0tanstaaftanstaaf");
/// assert_eq!(PlainCredentials::parse(&tim.message())?.authentication(), "tim");
/// # Ok::<(), mailwire_smtp_proto::auth::AuthFault>(())
/// ```
#[derive(Clone, Debug)]
pub struct PlainCredentials {
    authorization: Option<String>,
    authentication: String,
    password: Secret,
}

/// Three parts of at most 255 octets, and two NULs.
const MAX_MESSAGE: usize = 3 * PlainCredentials::MAX_PART + 2;

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

    /// Reads the message (RFC 4616 section 2).
    ///
    /// # Errors
    ///
    /// It is no message of PLAIN.
    pub fn parse(message: &[u8]) -> Result<Self, AuthFault> {
        if message.is_empty() {
            return Err(AuthFault::Empty);
        }
        if message.len() > MAX_MESSAGE {
            return Err(AuthFault::TooLong);
        }
        let message = str::from_utf8(message).map_err(|_| AuthFault::NotUtf8)?;
        let mut parts = message.split('\0');
        let (Some(authorization), Some(authentication), Some(password), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(AuthFault::Malformed);
        };
        Self::new(authentication, password)?.on_behalf_of(authorization)
    }

    /// The message.
    #[must_use]
    pub fn message(&self) -> Message {
        // Its full size at once: growing would leave a copy of a part behind.
        let mut message = Message::with_capacity(MAX_MESSAGE);
        message.extend_from_slice(self.authorization().unwrap_or_default().as_bytes());
        message.push(0);
        message.extend_from_slice(self.authentication.as_bytes());
        message.push(0);
        message.extend_from_slice(self.password.expose().as_bytes());
        message
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

    fn parse(message: &[u8]) -> Result<(Option<String>, String, String), AuthFault> {
        let credentials = PlainCredentials::parse(message)?;
        assert_eq!(&*credentials.message(), message);
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
            assert_eq!(parse(message), *expected, "{}", message.escape_ascii());
        }
    }

    #[test]
    fn parts_hold_255_octets_and_no_more() {
        for octets in [255, 256] {
            for long in 0..3 {
                let mut parts = ["z", "n", "p"].map(str::to_owned);
                parts[long] = "x".repeat(octets);
                let result = parse(parts.join("\0").as_bytes()).map(drop);
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
        assert!(parse(longest.as_bytes()).is_ok());
        let longer = PlainCredentials::parse(&[b'x'; MAX_MESSAGE + 1]);
        assert_eq!(longer.map(drop), Err(AuthFault::TooLong));
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
    fn debug_shows_no_password() {
        let shown = format!("{:?}", PlainCredentials::new("tim", "hunter2").unwrap());
        assert!(
            shown.contains("tim") && !shown.contains("hunter2"),
            "{shown}"
        );
    }
}
