//! What is to be delivered, and how.

use super::message::Message;
use crate::command::{MailBuf, RcptBuf};
use crate::host::HelloNameBuf;
use crate::xclient::Identity;

/// A message with all that its delivery takes but the octets of its content, which are asked for when
/// the server wants them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Plan {
    /// Who this side says it is.
    pub hello: HelloNameBuf,
    /// The sender, and what is asked of the server beside. SIZE, BODY and SMTPUTF8 are added from the
    /// message.
    pub mail: MailBuf,
    /// The recipients. If there are none, the session is opened, with all that has to come before MAIL, and
    /// no mail is said; with [`keep`](Self::keep) it is there for a dialogue of the embedder's own.
    ///
    /// The fates in the [`Outcome`](super::Outcome) are in their order.
    pub recipients: Vec<RcptBuf>,
    /// What the server has to know of the message.
    pub message: Message,
    /// Whether to log in, which is asked for by [`Want::Login`](super::Want::Login). Then nothing is
    /// sent unless it succeeds: a message of a stranger is another message.
    pub login: bool,
    /// Whom the message comes from in truth, as XCLIENT tells it to a server that believes this host. It is
    /// told after TLS, and before the login; but behind it if it has a LOGIN of its own, for the last one
    /// told is the one that counts, and behind one a server mostly offers no AUTH. Without an attribute that is
    /// [required](Identity::require), nothing is sent.
    pub xclient: Option<Identity>,
    /// What the server may write into its log of the message, as XFORWARD tells it where that is offered.
    /// Nothing depends on it.
    pub xforward: Option<Identity>,
    /// Whether commands go out in groups where the server offers PIPELINING; yes.
    pub pipelining: bool,
    /// When the content goes out in chunks; see there.
    pub chunking: Chunking,
    /// What to do with a message that has octets above 127 and a server without 8BITMIME.
    pub eight_bit: EightBit,
    /// Whether the session is to be left open for another message, and not ended by QUIT; no.
    pub keep: bool,
}

/// When content goes out by BDAT (RFC 3030). A binary message does always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Chunking {
    /// Where it saves a round trip: CHUNKING is offered and PIPELINING is not, so that DATA could not
    /// travel with the envelope; and the message is known to be small enough for one chunk
    /// ([`PIECE`](super::PIECE)), since each chunk more would take another round trip.
    #[default]
    WhereItSaves,
    /// Wherever it is offered.
    WhereOffered,
    /// Never, binary messages aside.
    Never,
}

/// What becomes of a message with octets above 127 where 8BITMIME is not offered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EightBit {
    /// It is not sent (RFC 6152 section 3). To encode it in 7 bits is for whoever composes messages:
    /// it breaks signatures.
    #[default]
    Refuse,
    /// It is sent as it is, without the parameter, as many servers have always taken it.
    SendAnyway,
}

impl Plan {
    /// A plan without a login, with pipelining, whose session ends with QUIT.
    #[must_use]
    pub const fn new(
        hello: HelloNameBuf,
        mail: MailBuf,
        recipients: Vec<RcptBuf>,
        message: Message,
    ) -> Self {
        Self {
            hello,
            mail,
            recipients,
            message,
            login: false,
            xclient: None,
            xforward: None,
            pipelining: true,
            chunking: Chunking::WhereItSaves,
            eight_bit: EightBit::Refuse,
            keep: false,
        }
    }
}
