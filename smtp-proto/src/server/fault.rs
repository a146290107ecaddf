//! What a peer can do wrong, and the one map from that to the wire.

use mailwire_tls_policy::Refusal;

use super::Closing;
use crate::auth::AuthFault;
use crate::body::BodyFault;
use crate::command::SyntaxError;
use crate::dialect::Dialect;
use crate::line::LineFault;
use crate::params::{Parameter, ParameterError};
use crate::path::PathError;
use crate::reply::Reply;
use crate::table::SequenceFault;
use crate::timer::Timer;
use crate::xclient::{IdentityError, Name};

/// A fault of the peer. Every one has a reply of the session's own: [`reply`](Self::reply).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The line cannot be looked at.
    #[error("{0}")]
    Line(LineFault),
    /// A line of an AUTH exchange is too long (RFC 4954 section 4).
    #[error("the line of the AUTH exchange is too long (RFC 4954 section 4)")]
    AuthLineTooLong,
    /// No such command.
    #[error("unknown command (RFC 5321 section 4.2.4)")]
    UnknownCommand,
    /// A command of the other dialect: EHLO in LMTP, LHLO in SMTP (RFC 2033 section 4.1).
    #[error(
        "a command of the other dialect: SMTP has HELO and EHLO, LMTP has LHLO (RFC 2033 section 4.1)"
    )]
    OtherDialect,
    /// The listener's policy forbids the command.
    #[error("policy: {} ({})", .0.text(), .0.rule())]
    Policy(Refusal),
    /// The command is out of place.
    #[error("{0}")]
    Sequence(SequenceFault),
    /// The arguments are not as the grammar wants them.
    #[error("{0}")]
    Syntax(SyntaxError),
    /// The mechanism is not offered here (RFC 4954 section 4).
    #[error("the mechanism is not among those that EHLO lists (RFC 4954 section 4)")]
    UnknownMechanism,
    /// The AUTH exchange failed before anybody's password was looked at.
    #[error("{0}")]
    Auth(AuthFault),
    /// XCLIENT or XFORWARD from somebody who may not say it.
    #[error(
        "XCLIENT and XFORWARD are for proxies that configuration names, and this address is not named"
    )]
    NotAuthorized,
    /// What XCLIENT or XFORWARD says is nobody.
    #[error("{0}")]
    Identity(IdentityError),
    /// More recipients than the limit.
    #[error("too many recipients in one transaction (RFC 5321 section 4.5.3.1.10)")]
    TooManyRecipients,
    /// The message is larger than the limit, or says it is.
    #[error("the message is larger than the SIZE that EHLO lists (RFC 1870 section 6)")]
    MessageTooLarge,
    /// The content is damaged.
    #[error("{0}")]
    Body(BodyFault),
    /// Octets came in clear behind STARTTLS.
    #[error(
        "octets in clear behind STARTTLS; they are not executed (RFC 3207 section 4.2, CVE-2011-0411)"
    )]
    BytesAfterStartTls,
    /// A wait ran out.
    #[error("timeout: {}", .0.as_str())]
    Timeout(Timer),
    /// BDAT, which is not offered. The octets of its chunk follow at once and would be read as
    /// commands, so the session ends.
    #[error("BDAT is not offered, and what follows it is no command (RFC 3030 section 2)")]
    Chunk,
    /// BDAT that does not say how many octets follow it, so nobody knows where the next command is.
    #[error(
        "BDAT does not tell the octets that follow it, so the session ends (RFC 3030 section 2)"
    )]
    ChunkSize,
    /// A message that is refused already is longer than what is read on of it.
    #[error("more of a refused message than this server reads on")]
    Overrun,
    /// A line of the content is too long.
    #[error("a line of the message is too long (RFC 5321 section 4.5.3.1.6)")]
    TextLineTooLong,
    /// DATA for a message that was announced as BINARYMIME.
    #[error("BODY=BINARYMIME needs BDAT; DATA cannot carry it (RFC 3030 section 3)")]
    BinaryByData,
    /// DATA, and RCPT was tried, but nobody accepted.
    #[error("every recipient was refused (RFC 5321 section 3.3)")]
    AllRecipientsRefused,
    /// What a parameter asks for is beyond what EHLO lists.
    #[error("the parameter asks for more than EHLO offers")]
    BeyondOffer,
    /// More faults, unknown commands, commands without effect, failed AUTHs, refused recipients or
    /// transactions than the session takes.
    #[error("too many {}", .0.as_str())]
    TooMany(Excess),
    /// The peer talked where it had to listen.
    #[error(
        "the peer did not wait for a reply where it has to (RFC 5321 section 4.3.1, RFC 2920 section 3.1)"
    )]
    EarlyTalk,
    /// The peer speaks HTTP.
    #[error("the peer speaks HTTP")]
    Http,
    /// The peer says PROXY, and is none of those from whom that is expected; or says it twice.
    #[error(
        "the peer begins with a PROXY header, and its address is not among the proxies of this listener"
    )]
    ProxyHeader,
    /// The peer began a TLS handshake where plain text is expected.
    #[error("the peer began a TLS handshake where plain text is expected")]
    ClientHello,
    /// The peer closed in the middle of something.
    #[error("the peer closed in the middle of a message or an AUTH exchange; nothing of it counts")]
    EndOfInput,
}

/// What a session has had too much of; each is a number in [`Limits`](crate::limits::Limits).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Excess {
    /// Faults in a row.
    Faults,
    /// Unknown commands.
    UnknownCommands,
    /// Commands that lead nowhere.
    IdleCommands,
    /// Failed AUTH exchanges.
    AuthFailures,
    /// Recipients over the limit.
    Recipients,
    /// Refused recipients.
    RefusedRecipients,
    /// Transactions.
    Transactions,
}

impl Excess {
    /// The name, as an operator reads it in a log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Faults => "faults in a row",
            Self::UnknownCommands => "unknown commands",
            Self::IdleCommands => "commands without mail",
            Self::AuthFailures => "failed logins",
            Self::Recipients => "recipients over the limit",
            Self::RefusedRecipients => "refused recipients",
            Self::Transactions => "transactions",
        }
    }
}

impl Fault {
    /// Why the session is over after this fault, if it is.
    pub(super) const fn closing(&self) -> Option<Closing> {
        Some(match self {
            Self::Chunk | Self::ChunkSize => Closing::Chunk,
            Self::Overrun => Closing::Overrun,
            Self::TooMany(excess) => Closing::TooMany(*excess),
            Self::EarlyTalk => Closing::EarlyTalk,
            Self::Http | Self::ClientHello | Self::ProxyHeader => Closing::OtherProtocol,
            Self::Timeout(timer) => Closing::Timeout(*timer),
            Self::BytesAfterStartTls => Closing::EarlyTalk,
            Self::EndOfInput => Closing::EndOfInput,
            _ => return None,
        })
    }

    /// The reply that tells the peer.
    #[must_use]
    pub fn reply(&self, dialect: Dialect) -> Reply {
        /// Made when the program is built, and checked then.
        macro_rules! reply {
            ($($part:expr),* $(,)?) => {
                const { Reply::fixed($($part),*) }
            };
        }
        match self {
            Self::Line(fault) => match fault {
                LineFault::TooLong => reply!(500, (5, 5, 2), "Line too long"),
                LineFault::BareCr => reply!(500, (5, 5, 2), "Bare CR in line; lines end with CRLF"),
                LineFault::BareLf => reply!(500, (5, 5, 2), "Bare LF in line; lines end with CRLF"),
                LineFault::Nul => reply!(500, (5, 5, 2), "NUL in line"),
            },
            Self::AuthLineTooLong => {
                reply!(500, (5, 5, 6), "Authentication exchange line too long")
            }
            Self::UnknownCommand => reply!(500, (5, 5, 1), "Unknown command"),
            Self::OtherDialect => match dialect {
                Dialect::Smtp => reply!(500, (5, 5, 1), "This is SMTP, which has EHLO and HELO"),
                Dialect::Lmtp => reply!(500, (5, 5, 1), "This is LMTP, which has LHLO"),
            },
            Self::Policy(refusal) => {
                Reply::from_parts(refusal.code(), refusal.enhanced(), refusal.text())
            }
            Self::Sequence(fault) => match (fault, dialect) {
                (SequenceFault::HelloFirst, Dialect::Smtp) => {
                    reply!(503, (5, 5, 1), "Say EHLO or HELO first")
                }
                (SequenceFault::HelloFirst, Dialect::Lmtp) => {
                    reply!(503, (5, 5, 1), "Say LHLO first")
                }
                (SequenceFault::EhloFirst, _) => {
                    reply!(503, (5, 5, 1), "Not offered after HELO; say EHLO first")
                }
                (SequenceFault::MailFirst, _) => reply!(503, (5, 5, 1), "Say MAIL first"),
                (SequenceFault::NoRecipients, _) => reply!(503, (5, 5, 1), "No valid recipients"),
                (SequenceFault::ChunksOnly, _) => reply!(
                    503,
                    (5, 5, 1),
                    "The message comes in chunks; say BDAT or RSET",
                ),
                (SequenceFault::ChunkRefused, _) => {
                    reply!(503, (5, 5, 1), "A chunk was refused; say RSET")
                }
                (SequenceFault::InTransaction, _) => reply!(
                    503,
                    (5, 5, 1),
                    "A mail transaction is open; finish it or say RSET",
                ),
                (SequenceFault::NoCommand, _) => reply!(503, (5, 5, 1), "Bad sequence of commands"),
                (SequenceFault::NotImplemented, _) => {
                    reply!(502, (5, 5, 1), "Command not implemented")
                }
            },
            Self::Syntax(error) => syntax(*error),
            Self::UnknownMechanism => reply!(504, (5, 5, 4), "Mechanism not offered"),
            Self::Auth(fault) => match fault {
                AuthFault::Cancelled => reply!(501, (5, 7, 0), "Authentication cancelled"),
                AuthFault::TooLong => {
                    reply!(500, (5, 5, 6), "Authentication exchange line too long")
                }
                AuthFault::Base64 => reply!(501, (5, 5, 2), "Not base64"),
                AuthFault::InitialResponse => {
                    reply!(501, (5, 5, 2), "The mechanism has no initial response")
                }
                AuthFault::Malformed
                | AuthFault::Empty
                | AuthFault::NotUtf8
                | AuthFault::OutOfOrder
                | AuthFault::Extension => {
                    reply!(501, (5, 5, 2), "Malformed response for the mechanism")
                }
                AuthFault::Proof
                | AuthFault::ServerProof
                | AuthFault::Nonce
                | AuthFault::Iterations
                | AuthFault::ChannelBinding
                | AuthFault::Downgrade => {
                    reply!(535, (5, 7, 8), "Authentication credentials invalid")
                }
                // What the server keeps fits another mechanism.
                AuthFault::NoSecret => reply!(454, (4, 7, 0), "Temporary authentication failure"),
            },
            Self::NotAuthorized => reply!(550, (5, 7, 0), "Not authorized to speak for others"),
            Self::Identity(error) => identity(error),
            Self::TooManyRecipients => reply!(
                452,
                (4, 5, 3),
                "Too many recipients; send the rest in another transaction",
            ),
            Self::MessageTooLarge => reply!(552, (5, 3, 4), "Message too large"),
            Self::Body(fault) => match fault {
                BodyFault::BareCr => {
                    reply!(550, (5, 5, 2), "Bare CR in message; lines end with CRLF")
                }
                BodyFault::BareLf => {
                    reply!(550, (5, 5, 2), "Bare LF in message; lines end with CRLF")
                }
            },
            Self::BytesAfterStartTls => reply!(
                554,
                (5, 5, 0),
                "Protocol synchronisation: octets behind STARTTLS",
            ),
            Self::Timeout(Timer::Answer) => {
                reply!(421, (4, 3, 0), "No answer in time; try again later")
            }
            Self::Timeout(_) => reply!(421, (4, 4, 2), "Timeout; closing connection"),
            Self::Chunk => reply!(502, (5, 5, 1), "BDAT is not offered; closing connection"),
            Self::ChunkSize => reply!(
                501,
                (5, 5, 4),
                "Syntax: BDAT octets [LAST]; closing connection",
            ),
            Self::Overrun => reply!(552, (5, 3, 4), "Message too large; closing connection"),
            Self::TextLineTooLong => reply!(500, (5, 6, 0), "Line of message too long"),
            Self::BinaryByData => reply!(503, (5, 5, 1), "BODY=BINARYMIME needs BDAT"),
            // RFC 2033 section 4.2 has 503 for LMTP, whatever was tried.
            Self::AllRecipientsRefused => match dialect {
                Dialect::Smtp => reply!(554, (5, 5, 1), "No valid recipients"),
                Dialect::Lmtp => reply!(503, (5, 5, 1), "No valid recipients"),
            },
            Self::BeyondOffer => reply!(501, (5, 5, 4), "Parameter beyond what is offered"),
            Self::TooMany(excess) => match excess {
                Excess::Faults => reply!(421, (4, 7, 0), "Too many errors; closing connection"),
                Excess::UnknownCommands => reply!(
                    421,
                    (4, 7, 0),
                    "Too many unknown commands; closing connection",
                ),
                Excess::IdleCommands => reply!(
                    421,
                    (4, 7, 0),
                    "Too many commands without mail; closing connection",
                ),
                Excess::AuthFailures => {
                    reply!(421, (4, 7, 0), "Too many failed logins; closing connection")
                }
                Excess::Recipients | Excess::RefusedRecipients => reply!(
                    421,
                    (4, 7, 0),
                    "Too many recipients refused; closing connection",
                ),
                Excess::Transactions => reply!(
                    421,
                    (4, 5, 3),
                    "Too many messages; continue in a new connection",
                ),
            },
            Self::EarlyTalk => reply!(
                554,
                (5, 5, 0),
                "Protocol synchronisation: wait for the reply",
            ),
            Self::Http => reply!(554, (5, 5, 0), "This is not HTTP"),
            Self::ProxyHeader => reply!(554, (5, 5, 0), "No PROXY header is expected here"),
            Self::ClientHello => reply!(554, (5, 5, 0), "TLS does not begin here"),
            Self::EndOfInput => reply!(421, (4, 4, 2), "Connection lost"),
        }
    }
}

/// The replies to attributes that are wrong. Postfix says the same code to all of them.
fn identity(error: &IdentityError) -> Reply {
    match error {
        IdentityError::Unknown => Reply::fixed(501, (5, 5, 4), "Unknown attribute"),
        IdentityError::Twice(name) => wrong(*name, "more than once"),
        IdentityError::Value(fault) => wrong(fault.name, "with a bad value"),
        IdentityError::Syntax(_) | IdentityError::Attribute(_) => Reply::fixed(
            501,
            (5, 5, 4),
            "Syntax: attribute=value, the value in xtext",
        ),
    }
}

fn wrong(name: Name, how: &str) -> Reply {
    Reply::from_parts(501, (5, 5, 4), &format!("Attribute {name} {how}"))
}

/// The replies to faults of syntax: 501 with what is wrong, 555 for a parameter that is unknown
/// (RFC 5321 section 4.1.1.11).
fn syntax(error: SyntaxError) -> Reply {
    match error {
        SyntaxError::MissingArgument => Reply::fixed(501, (5, 5, 4), "An argument is missing"),
        SyntaxError::UnexpectedArgument => {
            Reply::fixed(501, (5, 5, 4), "The command takes no argument")
        }
        SyntaxError::HelloName(_) => {
            Reply::fixed(501, (5, 5, 4), "Not a host name or address literal")
        }
        SyntaxError::FromKeyword => Reply::fixed(501, (5, 5, 4), "Syntax: MAIL FROM:<address>"),
        SyntaxError::ToKeyword => Reply::fixed(501, (5, 5, 4), "Syntax: RCPT TO:<address>"),
        // RFC 6531 section 3.5.
        SyntaxError::Path(PathError::NonAscii) => Reply::fixed(
            553,
            (5, 6, 7),
            "Address is not ASCII, and SMTPUTF8 was not asked for",
        ),
        SyntaxError::Path(_) => Reply::fixed(501, (5, 1, 3), "Bad address syntax"),
        SyntaxError::Parameter(ParameterError::Unknown) => {
            Reply::fixed(555, (5, 5, 4), "Unknown parameter")
        }
        // A SIZE beyond any number is beyond the limit as well (RFC 1870 section 6.1).
        SyntaxError::Parameter(ParameterError::TooLarge(Parameter::Size)) => {
            Reply::fixed(552, (5, 3, 4), "Message too large")
        }
        SyntaxError::Parameter(_) => Reply::fixed(501, (5, 5, 4), "Bad parameter"),
        SyntaxError::Attribute(_) => identity(&IdentityError::Syntax(error)),
        SyntaxError::Mechanism => Reply::fixed(501, (5, 5, 4), "Syntax: AUTH mechanism [response]"),
        _ => Reply::fixed(501, (5, 5, 2), "Syntax error"),
    }
}
