//! What a server session tells its embedder.

use super::ask::{self, Pending};
use super::fault::{Excess, Fault};
use crate::auth::Credentials;
use crate::auth::server::LookUp;
use crate::command::{Custom, Etrn, Mail, Rcpt, Verify};
use crate::host::HelloName;
use crate::peer::Peer;
use crate::timer::Timer;

/// The result of one [`advance`](super::Session::advance).
#[derive(Debug)]
pub struct Step<'i> {
    /// How many octets of the input are done with. The caller drops them before the next call.
    pub consumed: usize,
    /// What happened, if it concerns the embedder.
    pub event: Option<Event<'i>>,
}

/// Something that the embedder decides or should know. Borrows from the input only.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'i> {
    /// HELO, EHLO or LHLO. When it is accepted, an open transaction is dropped.
    Hello {
        /// The name that the peer goes by.
        name: HelloName<'i>,
        /// Whether extensions are asked for: EHLO or LHLO.
        extended: bool,
        /// The question.
        pending: Pending<ask::Hello>,
    },
    /// AUTH needs to know what belongs to a name before it can go on.
    AuthLookUp {
        /// What is asked for.
        look_up: LookUp,
        /// The question.
        pending: Pending<ask::AuthLookUp>,
    },
    /// AUTH, its exchange complete.
    Auth {
        /// What the peer says it is; nothing of it is checked yet, except what the variant says.
        credentials: Credentials,
        /// The question.
        pending: Pending<ask::Auth>,
    },
    /// STARTTLS: go on with [`start_tls`](super::Session::start_tls), or refuse.
    StartTls {
        /// The question.
        pending: Pending<ask::StartTls>,
    },
    /// XCLIENT, from a peer that may say it: what it says of its client is known and right. When it is
    /// accepted, everything that was said before is void, as on a fresh connection from that client:
    /// the hello, a login that XCLIENT does not name, what [`attest`](super::Session::attest) told, and what
    /// was counted, but for commands that lead nowhere. TLS stays, and so does the time that the whole
    /// session may last.
    Xclient {
        /// Who the peer will be.
        peer: Peer,
        /// The question.
        pending: Pending<ask::Xclient>,
    },
    /// MAIL: the start of a transaction.
    Mail {
        /// Sender and parameters.
        mail: Mail<'i>,
        /// The question.
        pending: Pending<ask::Mail>,
    },
    /// RCPT: one more recipient.
    Rcpt {
        /// Recipient and parameters.
        rcpt: Rcpt<'i>,
        /// The question.
        pending: Pending<ask::Rcpt>,
    },
    /// DATA, or the first BDAT: when accepted, the content follows. What is refused of chunks is read
    /// over by the session, and the refusal is said behind it.
    Data {
        /// The question.
        pending: Pending<ask::Data>,
    },
    /// A piece of the content, transparency removed. The CRLF before the lone dot is part of it.
    Content(&'i [u8]),
    /// The content is whole. The transaction ends with the answer, whatever it is.
    Message {
        /// Octets of content, as handed out.
        octets: u64,
        /// The question.
        pending: Pending<ask::Message>,
    },
    /// VRFY or EXPN.
    Verify {
        /// Whether the members of a list are asked for: EXPN.
        expand: bool,
        /// What is asked about.
        verify: Verify<'i>,
        /// The question.
        pending: Pending<ask::Verify>,
    },
    /// ETRN: mail for somebody shall be sent.
    Etrn {
        /// For whom.
        etrn: Etrn<'i>,
        /// The question.
        pending: Pending<ask::Etrn>,
    },
    /// A command that the embedder has added.
    Custom {
        /// The command.
        command: Custom<'i>,
        /// The question.
        pending: Pending<ask::Custom>,
    },
    /// The session refused the message, at the end of its content or at a chunk of it: drop what has
    /// been kept of it. Of a message in chunks the transaction may go on, to no good, until the peer
    /// says RSET or the last chunk, which tells this once more.
    MessageRefused(Fault),
    /// RSET: the transaction, if any, is dropped.
    Reset,
    /// The session dealt with a line by itself (NOOP, HELP, a challenge, a part of a line that is
    /// too long). Told by the adapters only, which have to return something.
    Handled,
    /// The session refused a line by itself; nothing has changed.
    Refused(Fault),
    /// The session is over: flush the output and close.
    Closed(Closing),
}

/// Why a session is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Closing {
    /// The peer said QUIT.
    Quit,
    /// The embedder answered 421.
    Refused,
    /// The embedder's answer fitted neither its question nor any reply.
    Misuse,
    /// The embedder shut the session down.
    ShutDown,
    /// The peer closed.
    EndOfInput,
    /// A wait ran out.
    Timeout(Timer),
    /// More of something than the session takes.
    TooMany(Excess),
    /// The peer said BDAT, which is not offered or does not tell its octets, and what is to follow
    /// is no command.
    Chunk,
    /// More of a refused message than is read on.
    Overrun,
    /// The peer talked where it had to listen.
    EarlyTalk,
    /// The peer speaks HTTP, began TLS in clear, or says PROXY where nobody expects it.
    OtherProtocol,
    /// The tables had no way on from here: a mistake of this crate.
    Internal,
}
