//! What a client saw, turned into a cause and a remedy.
//!
//! People read "connection refused" as a broken STARTTLS, and "relay access denied" as a wrong password. The
//! port, the channel, what was offered and the reply together say more, and mostly enough.

mod cause;
mod reply;
mod seen;

use core::fmt;

pub use cause::Cause;
pub use seen::{Answer, Listed, Seen, Stage, Symptom};

use crate::outbound::Refusal;
use crate::{Channel, HandshakeFailure, Role};

/// Finds the cause.
///
/// Total: what is not known gets the general cause of its kind, and never a wrong one that sounds better.
/// The text of a reply is looked at, since programs put into words what the codes do not tell apart; it
/// is in no output.
///
/// ```
/// use mailwire_tls_policy::Channel;
/// use mailwire_tls_policy::diagnose::{Answer, Cause, Seen, Stage, Symptom, diagnose};
///
/// let answer = Answer {
///     stage: Stage::Rcpt,
///     code: 554,
///     enhanced: Some((5, 7, 1)),
///     text: "<x@remote.invalid>: Relay access denied",
/// };
/// let diagnosis = diagnose(&Seen::new(25, Channel::Plain, Symptom::Reply(answer)));
/// assert_eq!(diagnosis.cause, Cause::RelayNotAuthenticated);
/// assert_eq!(
///     diagnosis.to_string(),
///     "You were not authenticated, and the recipient is in a foreign domain; port 25 offers no AUTH. \
///      Use port 465 with TLS, or 587 with STARTTLS, and log in."
/// );
/// ```
#[must_use]
pub fn diagnose(seen: &Seen<'_>) -> Diagnosis {
    let cause = cause(seen);
    let is_transient = match seen.symptom {
        // The server has said so itself.
        Symptom::Reply(answer) => answer.is_transient(),
        _ => cause.is_usually_transient(),
    };
    Diagnosis {
        cause,
        is_transient,
    }
}

/// A cause, and whether it may pass. `Display` writes what is the matter and what would help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Diagnosis {
    /// What is the matter.
    pub cause: Cause,
    /// Whether to try again later makes sense as it is.
    pub is_transient: bool,
}

/// Who can do something about a cause. Total on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Party {
    /// Nobody has to.
    Nobody,
    /// Who has set the client up.
    Client,
    /// Who operates the server.
    Server,
    /// Whoever is in between.
    Network,
    /// Who has the account, or gives it.
    Account,
    /// Who has written the message.
    Message,
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.cause.text(), self.cause.remedy())
    }
}

fn cause(seen: &Seen<'_>) -> Cause {
    let role = Role::of_port(seen.port);
    let begins_with_tls = role == Some(Role::Submissions) && seen.channel != Channel::Tls;
    match seen.symptom {
        Symptom::None => Cause::None,
        Symptom::ConnectionRefused => match role {
            Some(Role::Mx) => Cause::SmtpPortClosed,
            Some(Role::Submission) => Cause::SubmissionPortClosed,
            Some(Role::Submissions) => Cause::SubmissionsPortClosed,
            Some(Role::Lmtp | Role::Custom) | None => Cause::PortClosed,
        },
        Symptom::HostNotFound => Cause::HostNotFound,
        Symptom::Unreachable if role == Some(Role::Mx) => Cause::SmtpPortBlocked,
        Symptom::Unreachable => Cause::Unreachable,
        Symptom::Lost(Stage::Greeting)
        | Symptom::TimedOut(Stage::Greeting)
        | Symptom::Gibberish(Stage::Greeting)
            if begins_with_tls =>
        {
            Cause::ClearOnTlsPort
        }
        Symptom::Lost(Stage::Greeting) | Symptom::TimedOut(Stage::Greeting) => Cause::NoGreeting,
        Symptom::Lost(Stage::EndOfData) | Symptom::TimedOut(Stage::EndOfData) => {
            Cause::MaybeDelivered
        }
        Symptom::Lost(_) => Cause::ConnectionLost,
        Symptom::TimedOut(_) => Cause::NoReply,
        Symptom::Gibberish(_) => Cause::NotSmtp,
        Symptom::Handshake(failure) => of_handshake(failure),
        Symptom::Refused(refusal) => of_refusal(seen, refusal),
        Symptom::Reply(answer) => reply::cause(seen, &answer),
    }
}

const fn of_handshake(failure: HandshakeFailure) -> Cause {
    match failure {
        HandshakeFailure::Expired => Cause::CertificateExpired,
        HandshakeFailure::NotYetValid => Cause::CertificateNotYetValid,
        HandshakeFailure::WrongName => Cause::CertificateWrongName,
        HandshakeFailure::SelfSigned => Cause::CertificateSelfSigned,
        HandshakeFailure::UnknownIssuer => Cause::CertificateUnknownIssuer,
        HandshakeFailure::Revoked => Cause::CertificateRevoked,
        HandshakeFailure::NotPinned => Cause::CertificateNotPinned,
        HandshakeFailure::NoTlsaMatch => Cause::CertificateNoTlsaMatch,
        HandshakeFailure::UnusableCertificate => Cause::CertificateUnusable,
        HandshakeFailure::NotTls => Cause::TlsOnClearPort,
        HandshakeFailure::NothingInCommon => Cause::TlsNothingInCommon,
        HandshakeFailure::Alert => Cause::TlsRefused,
        HandshakeFailure::Lost | HandshakeFailure::Other => Cause::TlsFailed,
    }
}

fn of_refusal(seen: &Seen<'_>, refusal: Refusal) -> Cause {
    match refusal {
        // It is there, and was not waited for.
        Refusal::StartTlsNotDone if seen.lists_starttls() => Cause::PasswordNotInClear,
        Refusal::StartTlsNotOffered | Refusal::StartTlsNotDone => {
            let is_garbled = seen.listed.is_some_and(|it| it.garbled);
            if is_garbled || seen.expects_starttls {
                Cause::StartTlsStripped
            } else {
                Cause::StartTlsMissing
            }
        }
        Refusal::StartTlsRefused => Cause::StartTlsUnavailable,
        Refusal::ImplicitTlsMissing => Cause::ClearOnTlsPort,
        Refusal::CleartextAuthDenied | Refusal::ExternalNeedsTls => Cause::PasswordNotInClear,
        Refusal::NoMechanism if seen.lists_auth() => Cause::NoMechanismInCommon,
        Refusal::NoMechanism => without_auth(seen),
    }
}

/// Why there is no login to be had.
fn without_auth(seen: &Seen<'_>) -> Cause {
    if Role::of_port(seen.port) == Some(Role::Mx) {
        Cause::AuthNotOnSmtpPort
    } else if seen.lists_starttls() && seen.channel != Channel::Tls {
        Cause::AuthBehindTls
    } else {
        Cause::AuthNotOffered
    }
}
