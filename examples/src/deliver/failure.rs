//! Why a dialogue ended before a message had its verdicts, as an outcome with a name and a remedy.

use std::borrow::Cow;
use std::io;

use mailwire_smtp_proto::client::{Extension, Fault, NotNow};
use mailwire_smtp_proto::policy::outbound::Refusal;
use mailwire_smtp_proto::timer::Timer;
use mailwire_tls_policy::tls;

use super::login::no_usable_mechanism;
use crate::report::Outcome;

/// An end that is not the verdict of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) outcome: Outcome,
    /// A stable name in snake case.
    pub(super) reason: Cow<'static, str>,
    /// A sentence.
    pub(super) remedy: Cow<'static, str>,
}

impl Failure {
    pub(super) fn new(
        outcome: Outcome,
        reason: &'static str,
        remedy: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            outcome,
            reason: reason.into(),
            remedy: remedy.into(),
        }
    }

    /// This side refuses; nothing that a server said is shown as the cause.
    pub(super) fn local(reason: &'static str, remedy: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Outcome::RefusedLocally, reason, remedy)
    }

    pub(super) fn timeout(timer: Timer) -> Self {
        let what = timer.as_str();
        let remedy = match timer {
            // A server that begins in TLS waits for the client to speak first.
            Timer::Greeting => format!(
                "The server was too slow: {what}. If its port begins in TLS (465), use --tls \
                 implicit; else give it more time by --timeout."
            ),
            _ => format!(
                "The server was too slow: {what}. Look into its log, or give it more time by \
                 --timeout."
            ),
        };
        Self::new(Outcome::Timeout, timeout_name(timer), remedy)
    }

    /// The stream failed; `timer` is what was being waited for.
    pub(super) fn stream(error: &io::Error, timer: Timer) -> Self {
        let tls = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<rustls::Error>());
        if let Some(error) = tls {
            return Self::tls(error);
        }
        let reason = match error.kind() {
            io::ErrorKind::TimedOut => return Self::timeout(timer),
            io::ErrorKind::UnexpectedEof => "end_of_input",
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe => "connection_reset",
            _ => "connection_failed",
        };
        let remedy = format!("The connection failed: {error}. Look into the server's log.");
        Self::new(Outcome::ConnectionLost, reason, remedy)
    }

    fn tls(error: &rustls::Error) -> Self {
        let failure = tls::failure(error);
        if failure.is_about_certificate() {
            let remedy = format!(
                "{failure} Name its root by --ca and its host by --servername, or take every \
                 certificate by --no-verify. ({error})"
            );
            return Self::local("certificate_not_verified", remedy);
        }
        let remedy = format!(
            "{failure} If the port begins in clear text (25, 587), use --tls starttls; if it begins \
             in TLS (465), use --tls implicit. ({error})"
        );
        Self::new(Outcome::ProtocolError, "tls_failed", remedy)
    }

    /// The same, of a message whose content had been sent to its end.
    ///
    /// The server may have taken responsibility for it although its reply did not arrive, so to send
    /// it again may deliver it twice (RFC 5321 section 4.5.3.2.6, RFC 1047).
    pub(super) fn after_content(mut self) -> Self {
        if matches!(
            self.outcome,
            Outcome::ConnectionLost | Outcome::Timeout | Outcome::ProtocolError
        ) {
            self.remedy = format!(
                "{} The message was sent to its end, so it may have been delivered to every \
                 recipient without a code: sending it again may deliver it twice.",
                self.remedy
            )
            .into();
        }
        if matches!(self.outcome, Outcome::ConnectionLost | Outcome::Timeout) {
            self.reason = "may_be_delivered".into();
        }
        self
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::local(refusal.name(), refusal.remedy())
    }
}

impl From<NotNow> for Failure {
    fn from(not_now: NotNow) -> Self {
        match &not_now {
            NotNow::Policy(refusal) => (*refusal).into(),
            NotNow::NoMechanism(sets) => no_usable_mechanism(sets),
            NotNow::NotOffered(Extension::EightBitMime) => Self::local(
                not_now.name(),
                "The message has octets above 127 and the server does not offer 8BITMIME, so it \
                 must not get them (RFC 6152 section 3): encode the message in 7 bits \
                 (quoted-printable or base64), or switch 8BITMIME on at the server.",
            ),
            _ => Self::local(not_now.name(), format!("It was not sent: {not_now}.")),
        }
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Timeout(timer) => Self::timeout(timer),
            Fault::EndOfInput { .. } => {
                let remedy = format!("{}. Look into its log.", sentence(&fault));
                Self::new(Outcome::ConnectionLost, fault.name(), remedy)
            }
            Fault::BytesAfterStartTls => Self::new(
                Outcome::ProtocolError,
                fault.name(),
                "The server, or somebody between, sent octets in clear behind the reply to \
                 STARTTLS; use its port with implicit TLS (465), or have the server mended.",
            ),
            _ => {
                let remedy = format!("{}. Is it a mail server?", sentence(&fault));
                Self::new(Outcome::ProtocolError, fault.name(), remedy)
            }
        }
    }
}

/// The words of a fault with a capital.
fn sentence(fault: &Fault) -> String {
    let words = fault.to_string();
    let mut characters = words.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => words,
    }
}

const fn timeout_name(timer: Timer) -> &'static str {
    match timer {
        Timer::Greeting => "greeting_timeout",
        Timer::Handshake => "handshake_timeout",
        Timer::DataReply => "data_reply_timeout",
        Timer::DataBlock => "data_block_timeout",
        Timer::DataDone => "verdict_timeout",
        _ => "reply_timeout",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost() -> Failure {
        Failure::stream(&io::ErrorKind::ConnectionReset.into(), Timer::Reply)
    }

    #[test]
    fn after_the_content_a_loss_says_that_it_may_be_delivered() {
        assert_eq!(lost().reason, "connection_reset");
        let failure = lost().after_content();
        assert_eq!(failure.outcome, Outcome::ConnectionLost);
        assert_eq!(failure.reason, "may_be_delivered");
        let failure = Failure::timeout(Timer::DataDone).after_content();
        assert_eq!(failure.outcome, Outcome::Timeout);
        assert_eq!(failure.reason, "may_be_delivered");
    }

    #[test]
    fn a_broken_protocol_keeps_its_name_after_the_content() {
        let failure = Failure::from(Fault::BytesAfterStartTls).after_content();
        assert_eq!(failure.reason, "bytes_after_starttls");
        assert!(failure.remedy.contains("twice"));
    }

    #[test]
    fn a_refusal_of_our_own_is_never_a_loss() {
        let failure = Failure::from(Refusal::CleartextAuthDenied);
        assert_eq!(failure.outcome, Outcome::RefusedLocally);
        assert_eq!(failure.clone().after_content(), failure);
    }

    #[test]
    fn a_certificate_is_refused_here_and_not_by_the_server() {
        let error = rustls::Error::InvalidCertificate(rustls::CertificateError::Expired);
        let error = io::Error::new(io::ErrorKind::InvalidData, error);
        let failure = Failure::stream(&error, Timer::Handshake);
        assert_eq!(failure.outcome, Outcome::RefusedLocally);
        assert_eq!(failure.reason, "certificate_not_verified");
    }
}
