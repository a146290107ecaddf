//! What became of a delivery: for each recipient, and of the dialogue.

use crate::client::{Awaited, Fault, NotNow};
use crate::reply::{Class, ReceivedReply};
use crate::verb::Verb;

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outcome {
    /// What became of each recipient, in the order of the plan.
    pub recipients: Vec<Fate>,
    /// What ended the dialogue before each recipient had a reply of its own; `None` if nothing did.
    pub failure: Option<Failure>,
    /// Whether a login succeeded.
    pub authenticated: bool,
}

/// What became of one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fate {
    /// The server has taken responsibility: 2yz to the end of the content.
    Delivered(ReceivedReply),
    /// The server has refused, and nobody else is asked.
    Refused {
        /// What it refused: the recipient, the message, or something before them.
        at: Awaited,
        /// Its reply.
        reply: ReceivedReply,
    },
    /// This side has refused: nothing was said of the recipient to the server.
    Local(NotNow),
    /// The message was certainly not delivered, for the reason in [`Outcome::failure`].
    NotSent,
    /// The end of the content went out, and the connection was lost before the server's verdict: it may
    /// have the message or not (RFC 5321 section 4.5.3.2.6, RFC 1047).
    InDoubt,
}

/// What ended a dialogue before its time.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// This side refused to go on. No server had a part in it.
    Local(NotNow),
    /// The server refused a step that all recipients depend on.
    Refused {
        /// The step.
        at: Awaited,
        /// The server's reply.
        reply: ReceivedReply,
    },
    /// The server broke the protocol, was too slow, or went away.
    Peer(Fault),
    /// The TLS handshake failed; the embedder knows why.
    Handshake,
    /// The embedder gave up: without a login, or with more of the content than it has.
    Abandoned,
}

/// Whether it makes sense to try again. Deliberately exhaustive: a queue has to know what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Retry {
    /// No: it is done, or the answer will be the same everywhere.
    Never,
    /// Later, at the same server.
    Later,
    /// At another server of the destination at once, if there is one, or else later.
    Elsewhere,
}

impl Outcome {
    /// Whether every recipient was delivered to.
    #[must_use]
    pub fn is_delivered(&self) -> bool {
        let is_delivered = |it: &Fate| matches!(it, Fate::Delivered(_));
        !self.recipients.is_empty() && self.recipients.iter().all(is_delivered)
    }

    /// Whether it makes sense to try again for a recipient, by its place in the plan.
    #[must_use]
    pub fn retry(&self, recipient: usize) -> Retry {
        match (self.recipients.get(recipient), &self.failure) {
            (None | Some(Fate::Delivered(_)), _) => Retry::Never,
            (Some(Fate::Refused { at, reply }), _) => after_refusal(*at, reply),
            (Some(Fate::Local(not_now)), _) => after_local(not_now),
            // Another server would take it a second time, if this one has it.
            (Some(Fate::InDoubt), _) => Retry::Later,
            (Some(Fate::NotSent), Some(Failure::Local(not_now))) => after_local(not_now),
            (Some(Fate::NotSent), Some(Failure::Refused { at, reply })) => {
                after_refusal(*at, reply)
            }
            (Some(Fate::NotSent), Some(Failure::Peer(_) | Failure::Handshake) | None) => {
                Retry::Elsewhere
            }
            (Some(Fate::NotSent), Some(Failure::Abandoned)) => Retry::Later,
        }
    }
}

/// A refusal of the server as such is for another one to make good; one of the message holds
/// everywhere (RFC 5321 sections 4.2.1 and 5.1).
fn after_refusal(at: Awaited, reply: &ReceivedReply) -> Retry {
    let is_about_server = matches!(
        at,
        Awaited::Greeting
            | Awaited::Reply(Verb::Helo | Verb::Ehlo | Verb::Lhlo | Verb::StartTls | Verb::Auth)
    );
    match reply.code.class() {
        _ if reply.code == crate::reply::Code::UNAVAILABLE => Retry::Elsewhere,
        // Wrong credentials are wrong again.
        Class::Permanent if at == Awaited::Reply(Verb::Auth) => Retry::Never,
        _ if is_about_server => Retry::Elsewhere,
        Class::Permanent => Retry::Never,
        Class::Positive | Class::Intermediate | Class::Transient => Retry::Later,
    }
}

fn after_local(not_now: &NotNow) -> Retry {
    match not_now {
        // What one server lacks, another may have.
        NotNow::NotOffered(_)
        | NotNow::Policy(_)
        | NotNow::NoMechanism(_)
        | NotNow::NotForwardable(_)
        | NotNow::TooLarge { .. }
        | NotNow::DeliverByTooSoon { .. }
        | NotNow::HeldTooLong => Retry::Elsewhere,
        // In another transaction.
        NotNow::TooManyRecipients | NotNow::TooManyDomains | NotNow::TooManyTransactions => {
            Retry::Later
        }
        _ => Retry::Never,
    }
}
