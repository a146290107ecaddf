//! The replies that the session says by itself when all is well.

use bytes::BytesMut;

use super::Session;
use crate::ehlo::write_ehlo;
use crate::reply::Reply;
use crate::table::Question;
use crate::verb::Verb;

pub(super) static START_TLS: Reply = Reply::fixed(220, (2, 0, 0), "Ready to start TLS");
pub(super) static SHUT_DOWN: Reply =
    Reply::fixed(421, (4, 3, 2), "The server is stopping; try again later");
pub(super) static MISUSED: Reply = Reply::fixed(421, (4, 3, 0), "Local error; closing connection");
pub(super) static CHUNK: Reply = Reply::fixed(250, (2, 0, 0), "Chunk taken");
pub(super) static RESET: Reply = Reply::fixed(250, (2, 0, 0), "Reset");
pub(super) static QUIT: Reply = Reply::fixed(221, (2, 0, 0), "Bye");

/// RFC 4954 section 6 gives this code for a completed exchange.
static AUTHENTICATED: Reply = Reply::fixed(235, (2, 7, 0), "Authentication succeeded");
static SENDER: Reply = Reply::fixed(250, (2, 1, 0), "Sender accepted");
static RECIPIENT: Reply = Reply::fixed(250, (2, 1, 5), "Recipient accepted");
/// RFC 2034 section 3: no enhanced code on 3yz.
static GO_AHEAD: Reply = Reply::fixed_plain(354, "End the message with <CRLF>.<CRLF>");
static MESSAGE: Reply = Reply::fixed(250, (2, 0, 0), "Message accepted");
/// RFC 1985 section 5.3.
static QUEUING: Reply = Reply::fixed(250, (2, 0, 0), "Queuing started");
static DONE: Reply = Reply::fixed(250, (2, 0, 0), "OK");
static HELP: Reply = Reply::fixed(214, (2, 0, 0), "This is SMTP as in RFC 5321");
/// RFC 5321 section 3.5.3: 252 keeps the address book shut without lying.
static NOT_VERIFIED: Reply = Reply::fixed(
    252,
    (2, 5, 0),
    "Not verified; RCPT tells whether it is accepted",
);
static NO_EXPN: Reply = Reply::fixed(502, (5, 5, 1), "EXPN is not available here");

/// The usual reply to a question that was answered with yes.
pub(super) fn accepted(question: Question) -> &'static Reply {
    match question {
        Question::Auth => &AUTHENTICATED,
        Question::StartTls => &START_TLS,
        Question::Mail => &SENDER,
        Question::Rcpt => &RECIPIENT,
        Question::Data => &GO_AHEAD,
        Question::Message => &MESSAGE,
        Question::Chunk | Question::LastChunk | Question::ChunkEnd => &CHUNK,
        Question::Verify => informed(Verb::Vrfy),
        Question::Etrn => &QUEUING,
        Question::Helo
        | Question::Ehlo
        | Question::Xclient
        | Question::Xforward
        | Question::Custom => &DONE,
    }
}

/// The reply to a command that changes nothing.
pub(super) fn informed(verb: Verb) -> &'static Reply {
    match verb {
        Verb::Help => &HELP,
        Verb::Vrfy => &NOT_VERIFIED,
        Verb::Expn => &NO_EXPN,
        _ => &DONE,
    }
}

impl Session {
    pub(super) fn write_greeting(&self, out: &mut BytesMut) {
        self.write_named(b"220 ", out);
        out.extend_from_slice(b" ");
        out.extend_from_slice(self.config.dialect.greeting_name().as_bytes());
        out.extend_from_slice(b"\r\n");
    }

    pub(super) fn write_helo(&self, out: &mut BytesMut) {
        self.write_named(b"250 ", out);
        out.extend_from_slice(b"\r\n");
    }

    /// What is implemented and enabled for this listener in this state, and nothing else.
    pub(super) fn write_ehlo(&self, out: &mut BytesMut) {
        let names = self.names();
        write_ehlo(self.config.hostname.borrow(), self.keywords(&names), out);
    }

    /// Says something.
    pub(super) fn say(&self, reply: &Reply, out: &mut BytesMut) {
        reply.write(self.config.extensions.enhanced_status_codes, out);
    }

    fn write_named(&self, code: &[u8], out: &mut BytesMut) {
        out.extend_from_slice(code);
        out.extend_from_slice(self.config.hostname.as_str().as_bytes());
    }
}
