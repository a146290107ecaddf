//! Bearer tokens: OAUTHBEARER (RFC 7628), and XOAUTH2, which is older and Google's.

use std::str;

use super::{AuthFault, Message, Secret, saslname};

/// What separates the parts of a message, and ends it.
const SEPARATOR: char = '\u{1}';

/// The most octets of a name, a host, or anything else but the token.
const MAX_PART: usize = 255;

/// A token, and for whom it is.
///
/// No part holds a control character; the token is the alphabet of RFC 6750 section 2.1, and not empty.
///
/// ```
/// use mailwire_smtp_proto::auth::BearerCredentials;
///
/// let bearer = BearerCredentials::new("user@example.com", "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==")?;
/// assert_eq!(bearer.user(), Some("user@example.com"));
/// assert!(!format!("{bearer:?}").contains("vF9"));
/// # Ok::<(), mailwire_smtp_proto::auth::AuthFault>(())
/// ```
#[derive(Clone, Debug)]
pub struct BearerCredentials {
    user: Option<String>,
    token: Secret,
    host: Option<String>,
    port: Option<u16>,
}

impl BearerCredentials {
    /// The most octets of a token.
    pub const MAX_TOKEN: usize = 8192;

    /// A token for `user`, whose mailbox it opens.
    ///
    /// # Errors
    ///
    /// The name is empty or has a control character, or the token is none.
    pub fn new(user: impl Into<String>, token: impl Into<Secret>) -> Result<Self, AuthFault> {
        let user = user.into();
        if user.is_empty() {
            return Err(AuthFault::Empty);
        }
        Self::checked(Some(user), token.into(), None, None)
    }

    /// The same with the host and port that the client has connected to; OAUTHBEARER says them (RFC 7628
    /// section 3.1).
    ///
    /// # Errors
    ///
    /// The host is too long, or has a control character.
    pub fn at(self, host: impl Into<String>, port: u16) -> Result<Self, AuthFault> {
        Self::checked(self.user, self.token, Some(host.into()), Some(port))
    }

    fn checked(
        user: Option<String>,
        token: Secret,
        host: Option<String>,
        port: Option<u16>,
    ) -> Result<Self, AuthFault> {
        for part in [&user, &host].into_iter().flatten() {
            if part.chars().any(char::is_control) {
                return Err(AuthFault::Malformed);
            }
            if part.len() > MAX_PART {
                return Err(AuthFault::TooLong);
            }
        }
        let octets = token.expose().as_bytes();
        if octets.len() > Self::MAX_TOKEN {
            return Err(AuthFault::TooLong);
        }
        if !is_token(octets) {
            return Err(AuthFault::Malformed);
        }
        Ok(Self {
            user,
            token,
            host,
            port,
        })
    }

    /// Whose mailbox the token is to open, if that was said. OAUTHBEARER may leave it to the token.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The token.
    #[must_use]
    pub const fn token(&self) -> &Secret {
        &self.token
    }

    /// The host that the client believes to be talking to.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// The port that it has connected to.
    #[must_use]
    pub const fn port(&self) -> Option<u16> {
        self.port
    }

    /// Reads the message of OAUTHBEARER (RFC 7628 section 3.1).
    ///
    /// # Errors
    ///
    /// It is none; [`AuthFault::ChannelBinding`] if it asks for one, which a mechanism without `-PLUS`
    /// does not have.
    pub fn parse_oauthbearer(message: &[u8]) -> Result<Self, AuthFault> {
        let message = str::from_utf8(message).map_err(|_| AuthFault::NotUtf8)?;
        let (header, pairs) = message.split_once(SEPARATOR).ok_or(AuthFault::Malformed)?;
        // gs2-header: whether the client could bind channels does not matter here.
        let authorization = match header.split_once(',') {
            Some(("n" | "y", rest)) => rest.strip_suffix(',').ok_or(AuthFault::Malformed)?,
            Some((flag, _)) if flag.starts_with("p=") => return Err(AuthFault::ChannelBinding),
            _ => return Err(AuthFault::Malformed),
        };
        let user = match authorization {
            "" => None,
            named => Some(saslname::decoded(
                named.strip_prefix("a=").ok_or(AuthFault::Malformed)?,
            )?),
        };
        let pairs = pairs
            .strip_suffix("\u{1}\u{1}")
            .ok_or(AuthFault::Malformed)?;
        let (mut token, mut host, mut port) = (None, None, None);
        for pair in pairs.split(SEPARATOR) {
            let (key, value) = pair.split_once('=').ok_or(AuthFault::Malformed)?;
            let is_key = !key.is_empty() && key.bytes().all(|it| it.is_ascii_alphabetic());
            if !is_key {
                return Err(AuthFault::Malformed);
            }
            let is_new = match key {
                "auth" => token.replace(bearer(value)?).is_none(),
                "host" => host.replace(value.to_owned()).is_none(),
                "port" => {
                    let number = value.parse().map_err(|_| AuthFault::Malformed)?;
                    port.replace(number).is_none()
                }
                // What else there is, a server may ignore (RFC 7628 section 3.1).
                _ => true,
            };
            if !is_new {
                return Err(AuthFault::Malformed);
            }
        }
        Self::checked(user, token.ok_or(AuthFault::Empty)?, host, port)
    }

    /// Reads the message of XOAUTH2 (Google, "OAuth 2.0 mechanism").
    ///
    /// # Errors
    ///
    /// It is none.
    pub fn parse_xoauth2(message: &[u8]) -> Result<Self, AuthFault> {
        let message = str::from_utf8(message).map_err(|_| AuthFault::NotUtf8)?;
        let message = message
            .strip_suffix("\u{1}\u{1}")
            .ok_or(AuthFault::Malformed)?;
        let (user, token) = message.split_once(SEPARATOR).ok_or(AuthFault::Malformed)?;
        let user = user.strip_prefix("user=").ok_or(AuthFault::Malformed)?;
        let token = token.strip_prefix("auth=").ok_or(AuthFault::Malformed)?;
        Self::new(user, bearer(token)?)
    }

    /// The message of OAUTHBEARER.
    #[must_use]
    pub fn oauthbearer(&self) -> Message {
        let mut message = self.room();
        message.extend_from_slice(b"n,");
        if let Some(user) = &self.user {
            message.extend_from_slice(b"a=");
            message.extend_from_slice(saslname::escaped(user).as_bytes());
        }
        message.push(b',');
        if let Some(host) = &self.host {
            message.extend_from_slice(b"\x01host=");
            message.extend_from_slice(host.as_bytes());
        }
        if let Some(port) = self.port {
            message.extend_from_slice(format!("\u{1}port={port}").as_bytes());
        }
        self.end(message)
    }

    /// The message of XOAUTH2.
    #[must_use]
    pub fn xoauth2(&self) -> Message {
        let mut message = self.room();
        message.extend_from_slice(b"user=");
        message.extend_from_slice(self.user.as_deref().unwrap_or_default().as_bytes());
        self.end(message)
    }

    fn end(&self, mut message: Message) -> Message {
        message.extend_from_slice(b"\x01auth=Bearer ");
        message.extend_from_slice(self.token.expose().as_bytes());
        message.extend_from_slice(b"\x01\x01");
        message
    }

    /// Room for all of a message: growing would leave a copy of the token behind.
    fn room(&self) -> Message {
        const MOST: usize = 6 * MAX_PART;
        Message::with_capacity(MOST + self.token.expose().len())
    }
}

/// The token behind `Bearer`, in any letter case (RFC 6750 section 2.1, RFC 7235 section 2.1).
fn bearer(value: &str) -> Result<Secret, AuthFault> {
    let (scheme, token) = value.split_once(' ').ok_or(AuthFault::Malformed)?;
    if scheme.eq_ignore_ascii_case("Bearer") {
        Ok(Secret::from(token))
    } else {
        Err(AuthFault::Malformed)
    }
}

/// `b64token` of RFC 6750 section 2.1.
fn is_token(octets: &[u8]) -> bool {
    let text = octets
        .iter()
        .rposition(|it| *it != b'=')
        .map_or(&[][..], |last| octets.get(..=last).unwrap_or_default());
    let is_legal = |it: &u8| {
        it.is_ascii_alphanumeric() || matches!(it, b'-' | b'.' | b'_' | b'~' | b'+' | b'/')
    };
    !text.is_empty() && text.iter().all(is_legal)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Seen = (Option<String>, String, Option<String>, Option<u16>);

    fn seen(bearer: &BearerCredentials) -> Seen {
        (
            bearer.user().map(str::to_owned),
            bearer.token().expose().to_owned(),
            bearer.host().map(str::to_owned),
            bearer.port(),
        )
    }

    #[test]
    fn oauthbearer() {
        let good = |user: Option<&str>, token: &str, host: Option<&str>, port| {
            Ok((
                user.map(str::to_owned),
                token.to_owned(),
                host.map(str::to_owned),
                port,
            ))
        };
        const TOKEN: &str = "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==";
        let first = format!(
            "n,a=user@example.com,\u{1}host=server.example.com\u{1}port=143\u{1}auth=Bearer {TOKEN}\u{1}\u{1}"
        );
        for (message, expected) in [
            // RFC 7628 section 4.1.
            (
                first.as_str(),
                good(
                    Some("user@example.com"),
                    TOKEN,
                    Some("server.example.com"),
                    Some(143),
                ),
            ),
            (
                "n,,\u{1}auth=Bearer t\u{1}\u{1}",
                good(None, "t", None, None),
            ),
            (
                "y,,\u{1}auth=bearer t==\u{1}\u{1}",
                good(None, "t==", None, None),
            ),
            (
                "n,a=a=2Cb=3Dc,\u{1}auth=Bearer t\u{1}\u{1}",
                good(Some("a,b=c"), "t", None, None),
            ),
            (
                "n,,\u{1}x=y\u{1}auth=Bearer t\u{1}z=\u{1}\u{1}",
                good(None, "t", None, None),
            ),
            (
                "p=tls-exporter,,\u{1}auth=Bearer t\u{1}\u{1}",
                Err(AuthFault::ChannelBinding),
            ),
            ("n,,\u{1}\u{1}", Err(AuthFault::Malformed)),
            ("n,,\u{1}host=h\u{1}\u{1}", Err(AuthFault::Empty)),
            ("", Err(AuthFault::Malformed)),
            ("n,,", Err(AuthFault::Malformed)),
            ("n,\u{1}auth=Bearer t\u{1}\u{1}", Err(AuthFault::Malformed)),
            ("x,,\u{1}auth=Bearer t\u{1}\u{1}", Err(AuthFault::Malformed)),
            (
                "n,b=a,\u{1}auth=Bearer t\u{1}\u{1}",
                Err(AuthFault::Malformed),
            ),
            ("n,a=,\u{1}auth=Bearer t\u{1}\u{1}", Err(AuthFault::Empty)),
            (
                "n,a=a=2D,\u{1}auth=Bearer t\u{1}\u{1}",
                Err(AuthFault::Malformed),
            ),
            (
                "n,a=a=,\u{1}auth=Bearer t\u{1}\u{1}",
                Err(AuthFault::Malformed),
            ),
            (
                "n,a=a,b,\u{1}auth=Bearer t\u{1}\u{1}",
                good(Some("a,b"), "t", None, None),
            ),
            ("n,,\u{1}auth=Bearer t\u{1}", Err(AuthFault::Malformed)),
            ("n,,\u{1}auth=Bearer t", Err(AuthFault::Malformed)),
            ("n,,\u{1}auth=Bearer \u{1}\u{1}", Err(AuthFault::Malformed)),
            ("n,,\u{1}auth=Bearer =\u{1}\u{1}", Err(AuthFault::Malformed)),
            (
                "n,,\u{1}auth=Bearer a b\u{1}\u{1}",
                Err(AuthFault::Malformed),
            ),
            (
                "n,,\u{1}auth=Bearer a=b\u{1}\u{1}",
                Err(AuthFault::Malformed),
            ),
            ("n,,\u{1}auth=Basic t\u{1}\u{1}", Err(AuthFault::Malformed)),
            ("n,,\u{1}auth=t\u{1}\u{1}", Err(AuthFault::Malformed)),
            (
                "n,,\u{1}auth=Bearer t\u{1}auth=Bearer u\u{1}\u{1}",
                Err(AuthFault::Malformed),
            ),
            (
                "n,,\u{1}port=65536\u{1}auth=Bearer t\u{1}\u{1}",
                Err(AuthFault::Malformed),
            ),
            (
                "n,,\u{1}port=-1\u{1}auth=Bearer t\u{1}\u{1}",
                Err(AuthFault::Malformed),
            ),
            (
                "n,,\u{1}host=a\u{7f}\u{1}auth=Bearer t\u{1}\u{1}",
                Err(AuthFault::Malformed),
            ),
            (
                "n,a=a\0,\u{1}auth=Bearer t\u{1}\u{1}",
                Err(AuthFault::Malformed),
            ),
            (
                "n,,\u{1}=v\u{1}auth=Bearer t\u{1}\u{1}",
                Err(AuthFault::Malformed),
            ),
            (
                "n,,\u{1}1=v\u{1}auth=Bearer t\u{1}\u{1}",
                Err(AuthFault::Malformed),
            ),
            (
                "n,,\u{1}key\u{1}auth=Bearer t\u{1}\u{1}",
                Err(AuthFault::Malformed),
            ),
        ] {
            let parsed = BearerCredentials::parse_oauthbearer(message.as_bytes());
            assert_eq!(
                parsed.as_ref().map(seen).map_err(|it| *it),
                expected,
                "{message:?}"
            );
            if let Ok(bearer) = parsed {
                let again = BearerCredentials::parse_oauthbearer(&bearer.oauthbearer()).unwrap();
                assert_eq!(seen(&again), seen(&bearer), "{message:?}");
            }
        }
        let own = BearerCredentials::new("user@example.com", TOKEN).unwrap();
        let own = own.at("server.example.com", 143).unwrap();
        assert_eq!(*own.oauthbearer(), first.into_bytes());
        assert!(BearerCredentials::parse_oauthbearer(b"n,,\x01auth=Bearer \xff\x01\x01").is_err());
    }

    #[test]
    fn xoauth2() {
        for (message, expected) in [
            (
                "user=someuser@example.com\u{1}auth=Bearer ya29.vF9dft4\u{1}\u{1}",
                Ok("someuser@example.com"),
            ),
            ("user=a\u{1}auth=bearer t\u{1}\u{1}", Ok("a")),
            ("user=\u{1}auth=Bearer t\u{1}\u{1}", Err(AuthFault::Empty)),
            ("a\u{1}auth=Bearer t\u{1}\u{1}", Err(AuthFault::Malformed)),
            ("user=a\u{1}auth=Bearer t\u{1}", Err(AuthFault::Malformed)),
            (
                "user=a\u{1}auth=Bearer t\u{1}x\u{1}\u{1}",
                Err(AuthFault::Malformed),
            ),
            ("user=a auth=Bearer t\u{1}\u{1}", Err(AuthFault::Malformed)),
            (
                "user=a\u{1}auth=Bearer \u{1}\u{1}",
                Err(AuthFault::Malformed),
            ),
            (
                "user=a\0b\u{1}auth=Bearer t\u{1}\u{1}",
                Err(AuthFault::Malformed),
            ),
            (
                "user=a\u{1}auth=Basic t\u{1}\u{1}",
                Err(AuthFault::Malformed),
            ),
            ("", Err(AuthFault::Malformed)),
            ("\u{1}\u{1}", Err(AuthFault::Malformed)),
        ] {
            let parsed = BearerCredentials::parse_xoauth2(message.as_bytes());
            let user = parsed
                .as_ref()
                .map(|it| it.user().unwrap())
                .map_err(|it| *it);
            assert_eq!(user, expected, "{message:?}");
            if let Ok(bearer) = parsed {
                let again = BearerCredentials::parse_xoauth2(&bearer.xoauth2()).unwrap();
                assert_eq!(seen(&again), seen(&bearer));
            }
        }
    }

    #[test]
    fn lengths() {
        for (octets, fits) in [(MAX_PART, true), (MAX_PART + 1, false)] {
            assert_eq!(
                BearerCredentials::new("u".repeat(octets), "t").is_ok(),
                fits
            );
            let bearer = BearerCredentials::new("u", "t").unwrap();
            assert_eq!(bearer.at("h".repeat(octets), 25).is_ok(), fits);
        }
        const MOST: usize = BearerCredentials::MAX_TOKEN;
        assert!(BearerCredentials::new("u", "t".repeat(MOST)).is_ok());
        let long = BearerCredentials::new("u", "t".repeat(MOST + 1));
        assert_eq!(long.map(drop), Err(AuthFault::TooLong));
    }
}
