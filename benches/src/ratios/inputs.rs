//! What is read and written.

/// Lines as clients send them to any server, without CRLF.
pub(super) const TYPICAL: [&str; 10] = [
    "EHLO mail.client.example.org",
    "HELO [192.0.2.1]",
    "MAIL FROM:<some.body@client.example.org> SIZE=10240 BODY=8BITMIME",
    "MAIL FROM:<>",
    "RCPT TO:<somebody.else+tag@mail.example.com>",
    "RCPT TO:<\"quoted local\"@example.com>",
    "DATA",
    "NOOP",
    "RSET",
    "QUIT",
];

/// Lines with what extensions add.
pub(super) const RICH: [&str; 5] = [
    "MAIL FROM:<some.body@client.example.org> SIZE=10240 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=QQ314159",
    "MAIL FROM:<e=mc2@example.com> SIZE=10240 AUTH=e+3Dmc2@example.com REQUIRETLS MT-PRIORITY=3",
    "MAIL FROM:<some.body@client.example.org> BY=120;R HOLDFOR=3600",
    "RCPT TO:<bob@example.com> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;bob+2Btag@example.com",
    "RCPT TO:<carol@mail.example.com> NOTIFY=NEVER",
];

/// The reply to EHLO of a server that offers twelve keywords.
pub(super) const EHLO: &str = "250-mx.example.org Hello mail.client.example.org\r\n\
    250-PIPELINING\r\n\
    250-SIZE 52428800\r\n\
    250-8BITMIME\r\n\
    250-SMTPUTF8\r\n\
    250-DSN\r\n\
    250-ENHANCEDSTATUSCODES\r\n\
    250-CHUNKING\r\n\
    250-BINARYMIME\r\n\
    250-STARTTLS\r\n\
    250-AUTH PLAIN LOGIN SCRAM-SHA-256\r\n\
    250-REQUIRETLS\r\n\
    250 HELP\r\n";

/// Replies of one line.
pub(super) const SINGLE: [&str; 4] = [
    "250 2.1.5 Ok\r\n",
    "550 5.1.1 <nobody@example.org>: Recipient address rejected: User unknown in table\r\n",
    "354 End data with <CR><LF>.<CR><LF>\r\n",
    "250 OK\r\n",
];

/// As many octets as nearest memory holds.
pub(super) const NEAR: usize = 64 * 1024;
/// More octets than any nearer memory than the main one holds for long.
pub(super) const FAR: usize = 16 * 1024 * 1024;
/// Octets that are read or written at a time.
pub(super) const PIECE: usize = 64 * 1024;

/// A line of 76 characters.
pub(super) const LINE: &[u8] =
    b"The quick brown fox jumps over the lazy dog, rests a while, and returns home\r\n";
/// The same, its line end an LF.
pub(super) const LF_LINE: &[u8] =
    b"The quick brown fox jumps over the lazy dog, rests a while, and returns home\n";
/// A line that starts with a dot, as it is in a message.
pub(super) const DOT_LINE: &[u8] =
    b".he quick brown fox jumps over the lazy dog, rests a while, and returns home\r\n";
/// The same on the wire.
pub(super) const STUFFED_LINE: &[u8] =
    b"..he quick brown fox jumps over the lazy dog, rests a while, and returns home\r\n";
/// A line of a dot on the wire.
pub(super) const LONE_DOT: &[u8] = b"..\r\n";

/// About so many octets of a line again and again.
pub(super) fn repeated(line: &[u8], octets: usize) -> Vec<u8> {
    line.repeat(octets / line.len())
}
