//! The words of a dialogue for people to read, with every secret left out.
//!
//! What is left out is decided here, by the form of a line and nothing else, so a transcript is
//! safe to keep whatever the peer sent: the response of an AUTH command and each line of its
//! exchange are replaced, control octets are escaped, content is only counted.

use std::fmt;

use crate::server::{Event, Fault};
use crate::verb::Verb;

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

/// The most octets of a line that are shown.
const SHOWN: usize = 512;

/// What the next octets from a client are to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Listening {
    /// A command.
    Command,
    /// A line of an AUTH exchange.
    Response,
    /// Content, or what is read over.
    Octets,
}

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
pub struct ClientLine<'a>(Shown<'a>);

#[derive(Clone, Copy)]
enum Shown<'a> {
    Command(&'a [u8]),
    Response,
    Octets(usize),
    Unknown(usize),
}

/// A line that a server said, as a transcript shows it.
///
/// ```
/// use mailwire_smtp_proto::transcript::ServerLine;
///
/// let lines = ServerLine::each(b"250-mx.example.test\r\n250 SIZE 1000\r\n");
/// let lines: Vec<String> = lines.map(|line| line.to_string()).collect();
/// assert_eq!(lines, ["S: 250-mx.example.test", "S: 250 SIZE 1000"]);
/// ```
#[derive(Clone, Copy)]
pub struct ServerLine<'a>(&'a [u8]);

impl<'a> ClientLine<'a> {
    /// A command, with or without its CRLF.
    #[must_use]
    pub const fn command(line: &'a [u8]) -> Self {
        Self(Shown::Command(line))
    }

    /// A line of an AUTH exchange.
    #[must_use]
    pub const fn response() -> Self {
        Self(Shown::Response)
    }

    /// Octets that are only counted.
    #[must_use]
    pub const fn octets(count: usize) -> Self {
        Self(Shown::Octets(count))
    }

    /// What a server heard in one step: what it [listened](crate::server::Session::listening) for
    /// before, the octets that it took, and what became of them. `None` if it took none.
    ///
    /// A command that nobody knows is only counted: what is sent behind a refused AUTH is one, and
    /// may be a password.
    #[must_use]
    pub fn heard(listening: Listening, taken: &'a [u8], event: Option<&Event<'_>>) -> Option<Self> {
        let shown = match (listening, event) {
            _ if taken.is_empty() => return None,
            (Listening::Octets, _) => Shown::Octets(taken.len()),
            // A damaged line may hide another one in it, and parts of a line have lost their verb.
            (
                _,
                Some(Event::Refused(Fault::Line(_) | Fault::AuthLineTooLong | Fault::ChunkSize)),
            ) => Shown::Octets(taken.len()),
            _ if !taken.ends_with(b"\r\n") => Shown::Octets(taken.len()),
            (Listening::Response, _) => Shown::Response,
            (Listening::Command, Some(Event::Custom { .. })) => Shown::Command(taken),
            (Listening::Command, _) => match taken.strip_suffix(b"\r\n").map(Verb::split) {
                Some(Ok(_)) => Shown::Command(taken),
                _ => Shown::Unknown(taken.len()),
            },
        };
        Some(Self(shown))
    }
}

impl<'a> ServerLine<'a> {
    /// The lines of what a server said.
    pub fn each(said: &'a [u8]) -> impl Iterator<Item = Self> {
        said.split(|octet| *octet == b'\n')
            .filter(|line| !line.is_empty())
            .map(Self)
    }
}

impl fmt::Display for ClientLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = match self.0 {
            Shown::Command(line) => line,
            Shown::Response => return f.write_str("C: [response]"),
            Shown::Octets(count) => return write!(f, "C: [{count} octets]"),
            Shown::Unknown(count) => return write!(f, "C: [unknown command of {count} octets]"),
        };
        let line = line.strip_suffix(b"\r\n").unwrap_or(line);
        // Whatever begins like AUTH is taken for it: a client that gets the rest wrong, or puts
        // blanks or controls before it, has sent its secret all the same.
        let start = line
            .iter()
            .position(u8::is_ascii_graphic)
            .unwrap_or(line.len());
        let rest = line.get(start..).unwrap_or_default();
        let auth = rest
            .get(..4)
            .is_some_and(|verb| verb.eq_ignore_ascii_case(b"AUTH"));
        if !auth {
            return write_command(f, line);
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

impl fmt::Display for ServerLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_shown(f, "S: ", self.0.trim_ascii_end())
    }
}

/// FORWARD of XCLIENT holds whatever a login brought with it, tokens among that; so it is not shown, nor is
/// what stands behind it, where the rest of one may be that is malformed.
fn write_command(f: &mut fmt::Formatter<'_>, line: &[u8]) -> fmt::Result {
    const FORWARD: &[u8] = b"FORWARD";
    let is_xclient = line
        .trim_ascii_start()
        .get(..7)
        .is_some_and(|verb| verb.eq_ignore_ascii_case(b"XCLIENT"));
    let forward = line
        .windows(FORWARD.len())
        .position(|it| it.eq_ignore_ascii_case(FORWARD));
    match forward.and_then(|at| line.get(..at)).filter(|_| is_xclient) {
        Some(before) => {
            write_shown(f, "C: ", before)?;
            f.write_str("FORWARD=[fields]")
        }
        None => write_shown(f, "C: ", line),
    }
}

fn write_shown(f: &mut fmt::Formatter<'_>, who: &str, line: &[u8]) -> fmt::Result {
    let shown = line.get(..SHOWN).unwrap_or(line);
    write!(f, "{who}{}", shown.escape_ascii())?;
    if shown.len() < line.len() {
        write!(f, " [{} octets more]", line.len() - shown.len())?;
    }
    Ok(())
}

impl fmt::Debug for ClientLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for ServerLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_left_out() {
        let cases: [(&[u8], &str); 13] = [
            (b"EHLO a.example\r\n", "C: EHLO a.example"),
            (b"AUTH PLAIN\r\n", "C: AUTH PLAIN"),
            (b"auth plain c2VjcmV0\r\n", "C: AUTH PLAIN [response]"),
            (b"AUTH  PLAIN  c2VjcmV0", "C: AUTH PLAIN [response]"),
            (b" AUTH PLAIN c2VjcmV0", "C: AUTH PLAIN [response]"),
            (b"AUTH\tPLAIN\tc2VjcmV0", "C: AUTH PLAIN [response]"),
            (b"\x0bAUTH PLAIN c2VjcmV0", "C: AUTH PLAIN [response]"),
            (b"AUTHPLAIN c2VjcmV0", "C: AUTH [arguments]"),
            // A response where the mechanism should be.
            (b"AUTH c2VjcmV0", "C: AUTH [arguments]"),
            (b"NOOP \x1b[2J", "C: NOOP \\x1b[2J"),
            (
                b"XCLIENT ADDR=192.0.2.7 LOGIN=a FORWARD=c2VjcmV0 TTL=5\r\n",
                "C: XCLIENT ADDR=192.0.2.7 LOGIN=a FORWARD=[fields]",
            ),
            (b"xclient forward = c2VjcmV0", "C: xclient FORWARD=[fields]"),
            (b"XCLIENT LOGIN=a", "C: XCLIENT LOGIN=a"),
        ];
        for (line, shown) in cases {
            assert_eq!(ClientLine::command(line).to_string(), shown);
        }
    }
}
