//! The bounds of a server session, each with its name and default.

/// How much a server session takes from a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Octets of a command line, CRLF included; 512 (RFC 5321 section 4.5.3.1.4). What extensions
    /// add comes on top where they are offered: SIZE 26 (RFC 1870), AUTH 500 (RFC 4954), and so on.
    /// A longer line is 500 5.5.2, and the session goes on.
    pub command_line: usize,
    /// Octets of an AUTH command and of each response line, CRLF included; 12,288 (RFC 4954
    /// section 4). A longer line ends the exchange with 500 5.5.6.
    pub auth_line: usize,
    /// Octets of an XCLIENT or XFORWARD command of a peer that may say it, CRLF included; 2,048, which
    /// Postfix reads of any line and so proxies send in one.
    pub forward_line: usize,
    /// Octets of a line of content, CRLF included; off, as too many messages have longer ones than
    /// the 1,000 of RFC 5321 section 4.5.3.1.6. The message is refused with 500 5.6.0 at its end.
    pub text_line: Option<usize>,
    /// Accepted recipients of a transaction; 1,000 (RFC 5321 section 4.5.3.1.8 asks for 100 at the
    /// least). Another is 452 4.5.3, and the client goes on with those it has (section 4.5.3.1.10).
    pub recipients: usize,
    /// RCPT commands over `recipients` that a transaction may have; 1,000. Another one is 421 4.7.0.
    pub recipients_over: u32,
    /// RCPT commands that were refused, for whatever other reason, in a session; 1,000. Another one
    /// is 421 4.7.0: it is how addresses are guessed.
    pub refused_recipients: u32,
    /// Octets of a message's content after transparency is removed; 25 MiB, `None` for no limit.
    /// Refused with 552 5.3.4 at MAIL if SIZE says so, at BDAT if the sum of chunks does, else at the
    /// end of the content.
    pub message_size: Option<u64>,
    /// Octets that are read on of a message that is refused already, so as to stay in step with the
    /// peer; 64 MiB. Beyond it the refusal is said at once, and the session is over.
    pub discarded: u64,
    /// Faults in a row, with no accepted command between them; 20. One more is 421 4.7.0.
    pub faults: u32,
    /// Commands that nobody knows, in a session; 20. One more is 421 4.7.0.
    pub unknown_commands: u32,
    /// Commands in a row that lead nowhere: NOOP, RSET, HELP, VRFY, EXPN, ETRN, added verbs, hellos
    /// over and over, chunks of no octets that are not the last, refused STARTTLS, MAIL, DATA and
    /// BDAT, and what policy refuses; 100. One more with no accepted MAIL or message between them is
    /// 421 4.7.0.
    pub idle_commands: u32,
    /// AUTH exchanges that failed, in a session; 5. One more is 421 4.7.0.
    pub auth_failures: u32,
    /// Transactions of a session, counted by accepted MAIL; 1,000. Another is 421 4.5.3 (RFC 9422
    /// section 3).
    pub transactions: u32,
    /// Octets of output that may be unsent before the session asks for a flush; 16,384.
    pub unsent_output: usize,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: u64 = 1024 * 1024;
        Self {
            command_line: 512,
            auth_line: 12_288,
            forward_line: 2048,
            text_line: None,
            recipients: 1000,
            recipients_over: 1000,
            refused_recipients: 1000,
            message_size: Some(25 * MIB),
            discarded: 64 * MIB,
            faults: 20,
            unknown_commands: 20,
            idle_commands: 100,
            auth_failures: 5,
            transactions: 1000,
            unsent_output: 16 * 1024,
        }
    }
}
