//! What goes wrong: here before anything is sent, at the server, or in the caller's code.

use mailwire_tls_policy::outbound::Refusal;

use crate::auth::{AuthFault, MechanismNameBuf};
use crate::body::BodyFault;
use crate::error::Misuse;
use crate::reply::{Code, ReplyFault};
use crate::table::SequenceFault;
use crate::timer::Timer;
use crate::verb::Verb;
use crate::xclient::NotForwardable;

/// Why a command was not sent. Nothing of it is in the output, and the session is as it was.
///
/// All of these are local; no server had a part in them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotNow {
    /// Replies are outstanding that have to come in first.
    #[error("a reply has to come in first")]
    MustWait,
    /// The command is out of place.
    #[error(transparent)]
    Sequence(#[from] SequenceFault),
    /// The command, or a parameter of it, belongs to an extension that the server did not offer in
    /// this epoch.
    #[error("the server does not offer {0}")]
    NotOffered(Extension),
    /// Our own policy forbids it.
    #[error(transparent)]
    Policy(#[from] Refusal),
    /// STARTTLS: our own policy wants no TLS.
    #[error("our policy has TLS switched off")]
    TlsOff,
    /// STARTTLS: there is TLS already (RFC 3207 section 4).
    #[error("the connection has TLS already")]
    AlreadyTls,
    /// AUTH: there can be one successful AUTH in a session (RFC 4954 section 4).
    #[error("the session is authenticated already (RFC 4954 section 4)")]
    AlreadyAuthenticated,
    /// AUTH: what is offered, allowed and configured has no mechanism in common.
    #[error(transparent)]
    NoMechanism(Box<NoMechanism>),
    /// AUTH: the server has not said that another mechanism may be tried, or there is none.
    #[error("there is no other mechanism to try")]
    NoFallback,
    /// AUTH: the mechanism cannot say what it was given, or cannot go on from the challenge.
    #[error(transparent)]
    Auth(#[from] AuthFault),
    /// A response of AUTH, and no challenge waits for one.
    #[error("no challenge waits for a response")]
    NoChallenge,
    /// XCLIENT or XFORWARD: the server takes less than has to be told.
    #[error(transparent)]
    NotForwardable(#[from] NotForwardable),
    /// Content, and no 354 asked for it.
    #[error("no 354 asked for the content")]
    NoContentWanted,
    /// The transaction has as many recipients as the configuration allows, or the server's RCPTMAX.
    #[error("the transaction has as many recipients as this client or the server's LIMITS allows")]
    TooManyRecipients,
    /// The recipients of the session are of as many domains as the server's RCPTDOMAINMAX allows.
    #[error("the recipients are of as many domains as the server's LIMITS allows (RFC 9422)")]
    TooManyDomains,
    /// The session had as many transactions as the server's MAILMAX allows: connect anew.
    #[error("the session had as many transactions as the server's LIMITS allows (RFC 9422)")]
    TooManyTransactions,
    /// The message is larger than the server takes, by its SIZE (RFC 1870).
    #[error("the message has {size} octets, and the server takes {maximum} (RFC 1870)")]
    TooLarge {
        /// Octets of the message.
        size: u64,
        /// The most that the server takes.
        maximum: u64,
    },
    /// BY asks for less time than the server's least (RFC 2852 section 3).
    #[error("the server takes no delivery time below {minimum} s (RFC 2852)")]
    DeliverByTooSoon {
        /// The least, in seconds.
        minimum: u64,
    },
    /// HOLDFOR or HOLDUNTIL is beyond what the server holds messages for (RFC 4865 section 4).
    #[error("the server does not hold messages for so long (RFC 4865)")]
    HeldTooLong,
    /// REQUIRETLS in clear (RFC 8689 section 4.2.1).
    #[error("REQUIRETLS needs TLS on this connection first (RFC 8689)")]
    RequireTlsInClear,
    /// The path or a parameter has UTF-8 in it, and the MAIL of the transaction did not ask for
    /// SMTPUTF8 (RFC 6531 section 3.4).
    #[error("the address is not ASCII, and MAIL did not ask for SMTPUTF8 (RFC 6531 section 3.4)")]
    NotAscii,
    /// DATA, and MAIL has said BODY=BINARYMIME, whose content only chunks can carry (RFC 3030 section 3).
    #[error("the message is binary, and DATA carries lines alone (RFC 3030 section 3)")]
    BinaryByData,
    /// The content has a bare CR or LF, which the configuration refuses. The session is over without
    /// the end of the content, so that the server takes no part of it for a message.
    #[error(transparent)]
    Content(#[from] BodyFault),
    /// The dialect has no such command: HELO in LMTP (RFC 2033 section 4.1).
    #[error("the dialect has no such command (RFC 2033 section 4.1)")]
    NotInDialect,
    /// The greeting was a refusal: only QUIT is left (RFC 5321 section 3.1).
    #[error("the server's greeting was a refusal; only QUIT is left (RFC 5321 section 3.1)")]
    TurnedAway,
    /// The session is over.
    #[error("the session is over")]
    Closed,
}

/// Why no mechanism of AUTH will do: the sets that do not meet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NoMechanism {
    /// What the server offers in this epoch.
    pub offered: Vec<MechanismNameBuf>,
    /// What policy allows on this channel of those that are configured.
    pub allowed: Vec<MechanismNameBuf>,
    /// What the client was given to log in with, the strongest first.
    pub configured: Vec<MechanismNameBuf>,
    /// What policy says of the strongest that the server offers, or of all of them if it allows none.
    pub refusal: Option<Refusal>,
}

impl std::fmt::Display for NoMechanism {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let list = |names: &[MechanismNameBuf]| {
            let names: Vec<&str> = names.iter().map(|it| it.borrow().as_str()).collect();
            match names.as_slice() {
                [] => "none".to_owned(),
                names => names.join(" "),
            }
        };
        write!(
            f,
            "no mechanism is offered by the server ({}), allowed here ({}) and configured ({})",
            list(&self.offered),
            list(&self.allowed),
            list(&self.configured)
        )?;
        match self.refusal {
            Some(refusal) => write!(f, "; {refusal}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for NoMechanism {}

/// Something that a server has to offer before a client may use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Extension {
    /// STARTTLS (RFC 3207).
    StartTls,
    /// AUTH (RFC 4954), for the parameter of MAIL.
    Auth,
    /// SIZE (RFC 1870).
    Size,
    /// 8BITMIME (RFC 6152).
    EightBitMime,
    /// CHUNKING (RFC 3030), for BDAT.
    Chunking,
    /// Any other, by the keyword that offers it.
    Keyword(&'static str),
}

/// What a session was waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Awaited {
    /// The greeting.
    Greeting,
    /// The reply to a command of this verb; in the case of AUTH also to a response.
    Reply(Verb),
    /// The reply to a command that the embedder has added.
    Custom,
    /// A reply to the end of the content.
    Verdict,
}

/// How the server broke the protocol. The session is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// What it sent is no reply.
    #[error(transparent)]
    Reply(#[from] ReplyFault),
    /// It sent a reply that answers no command. Pairing it with the next one would shift every
    /// later reply by one.
    #[error("the server sent a reply ({code}) that answers no command")]
    Unsolicited {
        /// The reply's code.
        code: Code,
    },
    /// It sent a reply that cannot be one to the command.
    #[error("the server sent a reply ({code}) that is none to {awaited}")]
    UnexpectedReply {
        /// What was awaited.
        awaited: Awaited,
        /// The reply's code.
        code: Code,
    },
    /// It sent octets in clear behind its 220 to STARTTLS. They may be from somebody on the path,
    /// and must not be believed after the handshake (RFC 3207 section 6).
    #[error("the server sent octets in clear behind its reply to STARTTLS")]
    BytesAfterStartTls,
    /// It closed the connection, neither after QUIT nor with 421.
    #[error("the server closed the connection")]
    EndOfInput {
        /// What was awaited, if anything was.
        awaited: Option<Awaited>,
    },
    /// It says that the client is logged in, and has not shown that it knows the secret: it may be
    /// anybody.
    #[error("the server took the login without a proof that it may: {0}")]
    Unproven(AuthFault),
    /// It was too slow.
    #[error("the server was too slow: {}", .0.as_str())]
    Timeout(Timer),
}

/// Why a call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The server broke the protocol; the session is over.
    #[error("the server broke the protocol: {0}")]
    Peer(#[from] Fault),
    /// The caller did something that cannot be done now.
    #[error("the session was misused: {0}")]
    Misuse(#[from] Misuse),
}

impl NotNow {
    /// A stable name in snake case, for logs and machines.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::MustWait => "must_wait",
            Self::Sequence(_) => "out_of_sequence",
            Self::NotOffered(extension) => extension.not_offered(),
            Self::Policy(refusal) => refusal.name(),
            Self::TlsOff => "tls_off",
            Self::AlreadyTls => "already_tls",
            Self::AlreadyAuthenticated => "already_authenticated",
            Self::NoMechanism(sets) => sets.refusal.map_or("no_usable_mechanism", |it| it.name()),
            Self::NoFallback => "no_fallback",
            Self::Auth(_) => "auth_fault",
            Self::NoChallenge => "no_challenge",
            Self::NotForwardable(fault) => fault.name(),
            Self::NoContentWanted => "no_content_wanted",
            Self::TooManyRecipients => "too_many_recipients",
            Self::TooManyDomains => "too_many_domains",
            Self::TooManyTransactions => "too_many_transactions",
            Self::TooLarge { .. } => "message_too_large",
            Self::DeliverByTooSoon { .. } => "deliver_by_too_soon",
            Self::HeldTooLong => "held_too_long",
            Self::RequireTlsInClear => "require_tls_in_clear",
            Self::NotAscii => "not_ascii",
            Self::BinaryByData => "binary_by_data",
            Self::Content(BodyFault::BareCr) => "bare_cr",
            Self::Content(BodyFault::BareLf) => "bare_lf",
            Self::NotInDialect => "not_in_dialect",
            Self::TurnedAway => "turned_away",
            Self::Closed => "closed",
        }
    }
}

impl Extension {
    /// The extension that EHLO offers by this keyword.
    pub(super) fn by_keyword(keyword: &'static str) -> Self {
        match keyword {
            "STARTTLS" => Self::StartTls,
            "AUTH" => Self::Auth,
            "SIZE" => Self::Size,
            "8BITMIME" => Self::EightBitMime,
            "CHUNKING" => Self::Chunking,
            keyword => Self::Keyword(keyword),
        }
    }

    const fn not_offered(self) -> &'static str {
        match self {
            Self::StartTls => "starttls_not_offered",
            Self::Auth => "auth_not_offered",
            Self::Size => "size_not_offered",
            Self::EightBitMime => "8bitmime_not_offered",
            Self::Chunking => "chunking_not_offered",
            Self::Keyword(_) => "extension_not_offered",
        }
    }
}

impl std::fmt::Display for Extension {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::StartTls => f.write_str("STARTTLS"),
            Self::Auth => f.write_str("AUTH"),
            Self::Size => f.write_str("SIZE"),
            Self::EightBitMime => f.write_str("8BITMIME"),
            Self::Chunking => f.write_str("CHUNKING"),
            Self::Keyword(keyword) => f.write_str(keyword),
        }
    }
}

impl std::fmt::Display for Awaited {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Greeting => f.write_str("the connection"),
            Self::Reply(verb) => f.write_str(verb.as_str()),
            Self::Custom => f.write_str("a command of an extension"),
            Self::Verdict => f.write_str("the end of the content"),
        }
    }
}

impl Fault {
    /// A stable name in snake case, for logs and machines.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Reply(fault) => match fault {
                ReplyFault::LineTooLong | ReplyFault::TooManyLines | ReplyFault::TooLong => {
                    "reply_too_long"
                }
                ReplyFault::BareCr => "reply_bare_cr",
                ReplyFault::BareLf => "reply_bare_lf",
                ReplyFault::Nul => "reply_nul",
                ReplyFault::BadCode => "reply_bad_code",
                ReplyFault::CodesDiffer => "reply_codes_differ",
                ReplyFault::BadSeparator => "reply_bad_separator",
            },
            Self::Unsolicited { .. } => "unsolicited_reply",
            Self::UnexpectedReply { .. } => "unexpected_reply",
            Self::BytesAfterStartTls => "bytes_after_starttls",
            Self::EndOfInput { .. } => "end_of_input",
            Self::Unproven(_) => "server_unproven",
            Self::Timeout(_) => "timeout",
        }
    }
}
