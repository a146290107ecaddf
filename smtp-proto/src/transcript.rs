//! The words of a dialogue for people to read, with every secret left out.
//!
//! What is left out is decided here, by the form of a line and nothing else, so a transcript is
//! safe to keep whatever the peer sent: the response of an AUTH command and each line of its
//! exchange are replaced, control octets are escaped, content is only counted.

use std::fmt;

/// The mechanisms that are shown by name. Anything else in their place may be a secret: a response
/// is often as short as a name.
const MECHANISMS: [&str; 15] = [
    "ANONYMOUS",
    "CRAM-MD5",
    "DIGEST-MD5",
    "EXTERNAL",
    "GSSAPI",
    "LOGIN",
    "NTLM",
    "OAUTHBEARER",
    "PLAIN",
    "SCRAM-SHA-1",
    "SCRAM-SHA-1-PLUS",
    "SCRAM-SHA-256",
    "SCRAM-SHA-256-PLUS",
    "SCRAM-SHA-512",
    "XOAUTH2",
];

/// A line that a client said, as a transcript shows it.
///
/// ```
/// use mailwire_smtp_proto::transcript::ClientLine;
///
/// let line = ClientLine::command(b"AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n");
/// assert_eq!(line.to_string(), "C: AUTH PLAIN [response]");
/// assert_eq!(ClientLine::response().to_string(), "C: [response]");
/// ```
#[derive(Clone, Copy)]
pub struct ClientLine<'a>(Option<&'a [u8]>);

impl<'a> ClientLine<'a> {
    /// A command, with or without its CRLF.
    #[must_use]
    pub const fn command(line: &'a [u8]) -> Self {
        Self(Some(line))
    }

    /// A line of an AUTH exchange.
    #[must_use]
    pub const fn response() -> Self {
        Self(None)
    }
}

impl fmt::Display for ClientLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(line) = self.0 else {
            return f.write_str("C: [response]");
        };
        let line = line.strip_suffix(b"\r\n").unwrap_or(line);
        // Whatever begins like AUTH is taken for it: a client that gets the rest wrong, or puts
        // blanks before it, has sent its secret all the same.
        let start = line
            .iter()
            .position(|octet| !octet.is_ascii_whitespace())
            .unwrap_or(0);
        let rest = line.get(start..).unwrap_or_default();
        let auth = rest
            .get(..4)
            .is_some_and(|verb| verb.eq_ignore_ascii_case(b"AUTH"));
        if !auth {
            return write!(f, "C: {}", line.escape_ascii());
        }
        let mut words = rest
            .split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty());
        let verb = words.next().unwrap_or_default();
        let name = words.next().unwrap_or_default();
        let mechanism = MECHANISMS
            .iter()
            .find(|known| name.eq_ignore_ascii_case(known.as_bytes()));
        let (true, Some(mechanism)) = (verb.eq_ignore_ascii_case(b"AUTH"), mechanism) else {
            return f.write_str("C: AUTH [arguments]");
        };
        write!(f, "C: AUTH {mechanism}")?;
        if words.next().is_some() {
            f.write_str(" [response]")
        } else {
            Ok(())
        }
    }
}

impl fmt::Debug for ClientLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_left_out() {
        let cases: [(&[u8], &str); 9] = [
            (b"EHLO a.example\r\n", "C: EHLO a.example"),
            (b"AUTH PLAIN\r\n", "C: AUTH PLAIN"),
            (b"auth plain c2VjcmV0\r\n", "C: AUTH PLAIN [response]"),
            (b"AUTH  PLAIN  c2VjcmV0", "C: AUTH PLAIN [response]"),
            (b" AUTH PLAIN c2VjcmV0", "C: AUTH PLAIN [response]"),
            (b"AUTH\tPLAIN\tc2VjcmV0", "C: AUTH PLAIN [response]"),
            (b"AUTHPLAIN c2VjcmV0", "C: AUTH [arguments]"),
            // A response where the mechanism should be.
            (b"AUTH c2VjcmV0", "C: AUTH [arguments]"),
            (b"NOOP \x1b[2J", "C: NOOP \\x1b[2J"),
        ];
        for (line, shown) in cases {
            assert_eq!(ClientLine::command(line).to_string(), shown);
        }
    }
}
