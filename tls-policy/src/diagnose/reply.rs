//! The cause of a reply: by what it answers, its codes, and its words where the codes are shared.

use super::{Answer, Cause, Seen, Stage, without_auth};
use crate::{Channel, Role};

/// The cause of a reply.
pub(super) fn cause(seen: &Seen<'_>, answer: &Answer<'_>) -> Cause {
    if !matches!(answer.code / 100, 4 | 5) {
        // A yes, or no reply at all, is no symptom: whoever calls it one has heard something else.
        return Cause::NotSmtp;
    }
    if let Some(cause) = at_any_stage(seen, answer) {
        return cause;
    }
    let specific = match answer.stage {
        Stage::Greeting => Some(Cause::ServiceRefused).filter(|_| answer.code / 100 == 5),
        Stage::Hello if matches!(answer.code, 500 | 502) => Some(Cause::NotImplemented),
        Stage::Hello => Some(Cause::HelloRejected).filter(|_| answer.code / 100 == 5),
        Stage::StartTls => start_tls(seen, answer),
        Stage::Xclient => Some(Cause::XclientRefused).filter(|_| answer.code / 100 == 5),
        Stage::Auth => auth(seen, answer),
        Stage::Mail | Stage::Rcpt | Stage::Data | Stage::EndOfData => mail(seen, answer),
        Stage::Other => None,
    };
    specific.unwrap_or_else(|| general(answer))
}

/// What means the same wherever it comes.
fn at_any_stage(seen: &Seen<'_>, answer: &Answer<'_>) -> Option<Cause> {
    Some(match answer.code {
        // The words of Postfix, Exim and Dovecot for a client that does not wait.
        500..=554 if answer.has(&["pipelining", "synchronization"]) => Cause::ImproperPipelining,
        421 if answer.has(&[
            "too many connections",
            "concurrent",
            "too many sessions",
            "rate limit",
        ]) =>
        {
            Cause::TooManyConnections
        }
        // RFC 6647: the code is a matter of taste, so it is in the words.
        421 | 450 | 451
            if answer.has(&[
                "greylist",
                "graylist",
                "grey-list",
                "gray-list",
                "grey list",
            ]) =>
        {
            Cause::Greylisted
        }
        421 => Cause::ServerClosing,
        521 | 556 => Cause::NoMailHere,
        // RFC 5248: encryption that the mechanism needs; 538 is the code that RFC 4954 has for it.
        523 | 538 => Cause::TlsRequired,
        530 => login_or_tls(seen, answer),
        _ if answer.has(BLOCK_LISTS) => Cause::BlockListed,
        _ => return None,
    })
}

/// 530 is both: "STARTTLS first" and "log in first".
fn login_or_tls(seen: &Seen<'_>, answer: &Answer<'_>) -> Cause {
    let is_clear = seen.channel != Channel::Tls;
    let says_tls = answer.has(&["starttls", "tls", "ssl", "encrypt", "secure connection"]);
    let only_tls_is_listed = seen.lists_starttls() && !seen.lists_auth();
    if is_clear && (says_tls || only_tls_is_listed) {
        Cause::TlsRequired
    } else {
        Cause::AuthenticationRequired
    }
}

fn start_tls(seen: &Seen<'_>, answer: &Answer<'_>) -> Option<Cause> {
    Some(match answer.code {
        _ if seen.channel == Channel::Tls => Cause::StartTlsTwice,
        500 | 502 | 503 | 554 if !seen.lists_starttls() => Cause::StartTlsNotImplemented,
        400..=599 => Cause::StartTlsUnavailable,
        _ => return None,
    })
}

fn auth(seen: &Seen<'_>, answer: &Answer<'_>) -> Option<Cause> {
    const OF_PROGRAM: &[&str] = &[
        "specific password",
        "app password",
        "application password",
        "web browser",
        "basic authentication is disabled",
        "oauth",
    ];
    Some(match answer.code {
        432 => Cause::PasswordTransition,
        // What Dovecot's login proxy says of a server behind it that it could not log in to.
        454 | 451 if answer.has(&["account is temporarily unavailable"]) => Cause::LoginProxyFailed,
        400..=499 => Cause::AuthTemporary,
        500 if answer.detail() == Some((5, 6)) => Cause::AuthLineTooLong,
        504 => Cause::NoMechanismInCommon,
        525 => Cause::AccountDisabled,
        534 | 535 | 550 | 554 if answer.has(OF_PROGRAM) => Cause::PasswordLoginDisabled,
        534 => Cause::MechanismTooWeak,
        535 => Cause::WrongCredentials,
        503 if seen.is_authenticated || answer.has(&["already"]) => Cause::AlreadyAuthenticated,
        500 | 502 | 503 if !seen.lists_auth() => without_auth(seen),
        503 => Cause::OutOfOrder,
        _ => return None,
    })
}

/// MAIL, RCPT, DATA and the message.
fn mail(seen: &Seen<'_>, answer: &Answer<'_>) -> Option<Cause> {
    if answer.has(&["relay"]) && !answer.has(&["relay recipient table", "relay host"]) {
        return Some(relay(seen));
    }
    if answer.has(&["not owned by", "sendasdenied", "not allowed to send as"]) {
        return Some(Cause::SenderNotOwned);
    }
    let of_content = match (answer.stage, answer.code / 100) {
        (Stage::EndOfData, 5) => Some(Cause::ContentRejected),
        _ => None,
    };
    by_detail(answer).or_else(|| by_code(answer)).or(of_content)
}

/// "Relay access denied", which is about who the client is and not about the recipient.
fn relay(seen: &Seen<'_>) -> Cause {
    if seen.is_authenticated {
        Cause::RelayDespiteLogin
    } else if Role::of_port(seen.port) == Some(Role::Mx) {
        Cause::RelayNotAuthenticated
    } else if seen.has_credentials {
        Cause::RelayLoginSkipped
    } else {
        Cause::RelayWithoutLogin
    }
}

/// By subject and detail of the enhanced status code (RFC 3463, 5248, 6531, 7372, 7505, 8689).
fn by_detail(answer: &Answer<'_>) -> Option<Cause> {
    let is_about_sender = answer.stage == Stage::Mail;
    Some(match answer.detail()? {
        (1, 7 | 8) => Cause::SenderRejected,
        (1, 1 | 3 | 6) if is_about_sender => Cause::SenderRejected,
        (1, 1 | 6) => Cause::MailboxUnknown,
        (1, 2) => Cause::DomainUnknown,
        (1, 10) => Cause::NoMailHere,
        (2, 1) => Cause::MailboxDisabled,
        (2, 2) => Cause::MailboxFull,
        (2, 3) | (3, 4) => Cause::MessageTooBig,
        (3, 0) if answer.has(&["lookup", "look-up", "look up"]) => Cause::LookupFailed,
        (3, 1) => Cause::StorageFull,
        (5, 1) if matches!(answer.code, 500 | 502) => Cause::NotImplemented,
        (5, 1) => Cause::OutOfOrder,
        (5, 3) => Cause::TooManyRecipients,
        (5, 4) if matches!(answer.code, 501 | 504 | 555) => Cause::ParameterRejected,
        (6, 7) => Cause::SmtpUtf8Missing,
        (7, 1) if is_about_sender && answer.code == 553 => Cause::SenderNotOwned,
        (7, 10 | 11) => Cause::TlsRequired,
        (7, 20 | 21 | 22 | 23 | 24 | 26) => Cause::AuthenticityFailed,
        (7, 25) => Cause::ReverseNameMissing,
        (7, 27) => Cause::SenderRejected,
        (7, 28) => Cause::RateLimited,
        (7, 30) => Cause::RequireTlsMissing,
        (7, 60) => Cause::SenderNotOwned,
        _ => return None,
    })
}

/// By the code, for servers without enhanced codes, or with one that says nothing.
fn by_code(answer: &Answer<'_>) -> Option<Cause> {
    const UNKNOWN: &[&str] = &[
        "user unknown",
        "unknown user",
        "no such user",
        "no such recipient",
        "unknown recipient",
        "recipient unknown",
        "does not exist",
        "no mailbox here",
        "mailbox not found",
        "invalid recipient",
        "unrouteable address",
        "mailbox unavailable",
    ];
    let is_rcpt = answer.stage == Stage::Rcpt;
    Some(match answer.code {
        451 if answer.has(&["lookup", "look-up"]) => Cause::LookupFailed,
        452 if answer.has(&["too many recipients"]) => Cause::TooManyRecipients,
        452 | 552 if answer.has(&["quota", "mailbox is full", "mailbox full", "over quota"]) => {
            Cause::MailboxFull
        }
        452 => Cause::StorageFull,
        500 | 502 => Cause::NotImplemented,
        503 => Cause::OutOfOrder,
        550 | 551 | 553 | 554 if is_rcpt && answer.has(UNKNOWN) => Cause::MailboxUnknown,
        552 => Cause::MessageTooBig,
        555 => Cause::ParameterRejected,
        _ => return None,
    })
}

fn general(answer: &Answer<'_>) -> Cause {
    match answer.code / 100 {
        4 => Cause::Temporary,
        _ => Cause::Permanent,
    }
}

/// What those say who ask a block list, and the lists themselves.
const BLOCK_LISTS: &[&str] = &[
    "blocked using",
    "block list",
    "blocklist",
    "blacklist",
    "black list",
    "dnsbl",
    "spamhaus",
    "spamcop",
    "barracudacentral",
];
