//! What a peer may speak in the place of SMTP: TLS, HTTP, PROXY, or chunks that nobody has asked for.

use super::{Fault, Session};

impl Session {
    /// A TLS record of a handshake where a command should begin. It has no line end that could be
    /// waited for.
    pub(super) fn is_client_hello(&self, unread: &[u8]) -> bool {
        self.position.phase().takes_commands()
            && !self.framer.is_inside_line()
            && unread.starts_with(b"\x16\x03")
    }
}

/// What HTTP's requests begin with.
const HTTP: [&[u8]; 9] = [
    b"GET", b"POST", b"HEAD", b"PUT", b"DELETE", b"CONNECT", b"OPTIONS", b"TRACE", b"PATCH",
];

/// What the start of a line that is no command may be all the same. BDAT that cannot be read has
/// octets behind it which nobody has counted, and HTTP has a header and a body: neither may run as
/// commands. A proxy that is not expected speaks for a client that would be taken for the proxy.
pub(super) fn other_than_line(start: &[u8]) -> Option<Fault> {
    // The third line of what version 2 of PROXY begins with.
    if start == b"\0\r\n" {
        return Some(Fault::ProxyHeader);
    }
    let at = start.iter().position(u8::is_ascii_graphic)?;
    let start = start.get(at..).unwrap_or_default();
    let bdat = start.split_at_checked(4).is_some_and(|(verb, rest)| {
        verb.eq_ignore_ascii_case(b"BDAT") && !rest.first().is_some_and(u8::is_ascii_alphanumeric)
    });
    let method = start.split(|it| *it == b' ').next().unwrap_or_default();
    if bdat {
        Some(Fault::ChunkSize)
    } else if HTTP.contains(&method) {
        Some(Fault::Http)
    } else if method == b"PROXY" {
        Some(Fault::ProxyHeader)
    } else {
        None
    }
}
