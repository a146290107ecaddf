//! What a client session tells its embedder.

use crate::reply::ReplyLines;
use crate::table::Outcome;
use crate::verb::Verb;

/// The result of one [`advance`](super::Session::advance).
#[derive(Clone, Copy, Debug)]
pub struct Step<'i> {
    /// How many octets of the input are done with. The caller drops them before the next call.
    pub consumed: usize,
    /// What the reply was; `None` if no whole reply is in.
    pub event: Option<Event<'i>>,
}

/// The name of a command within its session, given when it is sent and repeated by its reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CommandId(pub(super) u32);

/// A whole reply, paired with what it answers. Borrows from the input only.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'i> {
    /// The server's greeting. When it is [`Outcome::Rejected`], only QUIT is left to say
    /// (RFC 5321 section 3.1).
    Greeting {
        /// Whether the server offers its service.
        outcome: Outcome,
        /// The reply.
        reply: ReplyLines<'i>,
    },
    /// HELO, EHLO or LHLO was accepted. What the server offers is in
    /// [`capabilities`](super::Session::capabilities) now. A refused one is an [`Event::Reply`].
    Hello {
        /// The command.
        id: CommandId,
        /// The reply.
        reply: ReplyLines<'i>,
    },
    /// 334: AUTH goes on with
    /// [`auth_response`](super::Session::auth_response), or ends with
    /// [`auth_cancel`](super::Session::auth_cancel).
    Challenge {
        /// The command, or the response before.
        id: CommandId,
        /// The reply; its text is the challenge in base64.
        reply: ReplyLines<'i>,
    },
    /// The reply to any other command, and to one that was refused.
    Reply {
        /// The command.
        id: CommandId,
        /// Its verb.
        verb: Verb,
        /// [`Outcome::Accepted`] (354 in the case of DATA) or [`Outcome::Rejected`].
        outcome: Outcome,
        /// The reply.
        reply: ReplyLines<'i>,
    },
    /// The reply to a command that the embedder has [added](super::Session::custom).
    Custom {
        /// The command.
        id: CommandId,
        /// [`Outcome::Accepted`] or [`Outcome::Rejected`].
        outcome: Outcome,
        /// The reply.
        reply: ReplyLines<'i>,
    },
    /// A reply to the end of the content.
    Verdict {
        /// The end of the content.
        id: CommandId,
        /// LMTP: the RCPT that the verdict is about. SMTP: `None`, it is about all of them.
        recipient: Option<CommandId>,
        /// [`Outcome::Accepted`] or [`Outcome::Rejected`].
        outcome: Outcome,
        /// How many verdicts are still to come.
        owed: usize,
        /// The reply.
        reply: ReplyLines<'i>,
    },
    /// 4yz or 5yz for the message before its content has come to its end (a server that is full, or
    /// will not have so much). The session is over, since only the end of the content could end it
    /// otherwise, and that would be taken for a message; close the connection. Nobody gets the message.
    Aborted {
        /// The reply.
        reply: ReplyLines<'i>,
    },
    /// 421: the server ends the session, which it may do at any time. No other command is answered
    /// any more.
    Closing {
        /// The command that was answered so, if one was outstanding.
        id: Option<CommandId>,
        /// The reply.
        reply: ReplyLines<'i>,
    },
}

impl<'i> Event<'i> {
    /// The reply that the event is about.
    #[must_use]
    pub const fn reply(&self) -> ReplyLines<'i> {
        match self {
            Self::Greeting { reply, .. }
            | Self::Hello { reply, .. }
            | Self::Challenge { reply, .. }
            | Self::Reply { reply, .. }
            | Self::Custom { reply, .. }
            | Self::Verdict { reply, .. }
            | Self::Aborted { reply }
            | Self::Closing { reply, .. } => *reply,
        }
    }

    /// The command that the reply answers; none for the greeting and an unasked 421.
    #[must_use]
    pub const fn id(&self) -> Option<CommandId> {
        match self {
            Self::Greeting { .. } | Self::Aborted { .. } => None,
            Self::Hello { id, .. }
            | Self::Challenge { id, .. }
            | Self::Reply { id, .. }
            | Self::Custom { id, .. }
            | Self::Verdict { id, .. } => Some(*id),
            Self::Closing { id, .. } => *id,
        }
    }
}
