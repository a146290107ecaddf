//! The bounds of a server session, each with its name and default.

/// How much a server session takes from a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Octets of a command line, CRLF included; 2,048. RFC 5321 section 4.5.3.1.4 asks for 512, and
    /// each extension adds to that: SIZE 26 (RFC 1870), AUTH 500 (RFC 4954), DSN 500 (RFC 3461),
    /// and so on. A longer line is 500 5.5.2, and the session goes on.
    pub command_line: usize,
    /// Octets of an AUTH command and of each response line, CRLF included; 12,288 (RFC 4954
    /// section 4). A longer line ends the exchange with 500 5.5.6.
    pub auth_line: usize,
    /// Accepted recipients of a transaction; 1,000 (RFC 5321 section 4.5.3.1.8 asks for 100 at the
    /// least). Another is 452 4.5.3.
    pub recipients: usize,
    /// Octets of a message's content after transparency is removed; 25 MiB, `None` for no limit.
    /// Refused with 552 5.3.4 at MAIL if SIZE says so, else at the end of the content.
    pub message_size: Option<u64>,
    /// Faults in a row, with no accepted command between them; 20. One more is 421 4.7.0.
    pub faults: u32,
    /// Octets of output that may be unsent before the session asks for a flush; 16,384.
    pub unsent_output: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            command_line: 2048,
            auth_line: 12_288,
            recipients: 1000,
            message_size: Some(25 * 1024 * 1024),
            faults: 20,
            unsent_output: 16 * 1024,
        }
    }
}
