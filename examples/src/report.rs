//! The result of `send`: one JSON object, made for programs, with a remedy for people.

use std::borrow::Cow;

use mailwire_tls_policy::outbound;
use serde::Serialize;

/// What became of a message. Written as one line of JSON.
///
/// ```
/// use mailwire_examples::report::{Outcome, Report};
///
/// let report = Report::failed(Outcome::Timeout, "greeting_timeout", "Is it a mail server?");
/// assert_eq!(
///     report.to_json(),
///     r#"{"outcome":"timeout","recipients":[],"reply":null,"reason":"greeting_timeout","remedy":"Is it a mail server?","tls":null,"authenticated":false}"#
/// );
/// assert_eq!(report.outcome.exit_code(), 1);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The result in a word.
    pub outcome: Outcome,
    /// Each recipient, in the order of the command line; those that no reply was about have no
    /// code.
    pub recipients: Vec<RecipientReport>,
    /// The last reply of the server that decided something, if there was any: not that to QUIT, and
    /// not those that only follow from a refusal, as 503 to the rest of a flight. None where this
    /// side refused, since a reply beside that would be taken for the cause.
    pub reply: Option<ReplyReport>,
    /// Why it is not `delivered`: a stable name in snake case.
    pub reason: Option<Cow<'static, str>>,
    /// What would make it work, as a sentence.
    pub remedy: Option<Cow<'static, str>>,
    /// TLS, if the message went, or would have gone, through it.
    pub tls: Option<TlsReport>,
    /// Whether the server took the login.
    pub authenticated: bool,
}

impl Report {
    /// A report of an outcome that needs no more words.
    #[must_use]
    pub const fn new(outcome: Outcome) -> Self {
        Self {
            outcome,
            recipients: Vec::new(),
            reply: None,
            reason: None,
            remedy: None,
            tls: None,
            authenticated: false,
        }
    }

    /// A report of something that went wrong: its stable name, and what would make it work.
    #[must_use]
    pub fn failed(
        outcome: Outcome,
        reason: impl Into<Cow<'static, str>>,
        remedy: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            reason: Some(reason.into()),
            remedy: Some(remedy.into()),
            ..Self::new(outcome)
        }
    }

    /// The report, with these recipients if it has none yet: nothing came of any of them.
    #[must_use]
    pub fn about(mut self, recipients: Vec<String>) -> Self {
        if self.recipients.is_empty() {
            let nothing = |address| RecipientReport {
                address,
                reply: Settled::default(),
            };
            self.recipients = recipients.into_iter().map(nothing).collect();
        }
        self
    }

    /// The JSON text, in one line without its end.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Strings, numbers and lists of them: nothing in here can fail to be written.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// A refusal by this side's own policy. It says so, and no reply of a server is shown as its cause.
impl From<outbound::Refusal> for Report {
    fn from(refusal: outbound::Refusal) -> Self {
        Self::failed(Outcome::RefusedLocally, refusal.name(), refusal.remedy())
    }
}

/// The result of `send` in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// Every recipient was delivered.
    Delivered,
    /// Some recipients were delivered.
    Partial,
    /// The server refused.
    Rejected,
    /// This side refused, by its own policy.
    RefusedLocally,
    /// The server did not keep to the protocol.
    ProtocolError,
    /// The connection could not be made, or ended early.
    ConnectionLost,
    /// A wait ran out.
    Timeout,
    /// What was asked for contradicts itself, or cannot be done by this build.
    ConfigError,
}

impl Outcome {
    /// The outcome of `delivered` recipients out of `asked`, all of them answered by the server.
    #[must_use]
    pub const fn of(delivered: usize, asked: usize) -> Self {
        if delivered == 0 {
            Self::Rejected
        } else if delivered < asked {
            Self::Partial
        } else {
            Self::Delivered
        }
    }

    /// The exit code of the program: 0 when all recipients were delivered, 1 otherwise. Mistakes in
    /// the command line itself, which no report is made for, are 2.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Delivered => 0,
            Self::Partial
            | Self::Rejected
            | Self::RefusedLocally
            | Self::ProtocolError
            | Self::ConnectionLost
            | Self::Timeout
            | Self::ConfigError => 1,
        }
    }
}

/// What became of one recipient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecipientReport {
    /// The address, as on the command line.
    pub address: String,
    /// The reply that settled it: to MAIL, RCPT or DATA if that was refused, else to the message.
    #[serde(flatten)]
    pub reply: Settled,
}

/// The reply that settled a recipient; all fields are null if there was none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Settled {
    /// The reply code.
    pub code: Option<u16>,
    /// The enhanced status code, such as `5.1.1`.
    pub enhanced: Option<String>,
    /// The text, lines joined by a line feed.
    pub text: Option<String>,
}

impl From<ReplyReport> for Settled {
    fn from(reply: ReplyReport) -> Self {
        Self {
            code: Some(reply.code),
            enhanced: reply.enhanced,
            text: Some(reply.text),
        }
    }
}

/// A server's reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReplyReport {
    /// The reply code.
    pub code: u16,
    /// The enhanced status code, such as `5.1.1`, if the reply has one.
    pub enhanced: Option<String>,
    /// The text, lines joined by a line feed.
    pub text: String,
}

/// What TLS there was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TlsReport {
    /// Such as `TLSv1.3`.
    pub version: Cow<'static, str>,
    /// How the certificate was checked.
    pub verification: Verification,
}

/// How a server's certificate was checked. Total on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verification {
    /// Against trusted roots and the server's name.
    Verified,
    /// Not at all.
    Skipped,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(report: &Report) -> serde_json::Value {
        serde_json::from_str(&report.to_json()).unwrap()
    }

    #[test]
    fn a_delivered_message_in_full() {
        let reply = ReplyReport {
            code: 250,
            enhanced: Some("2.0.0".to_owned()),
            text: "Ok".to_owned(),
        };
        let report = Report {
            recipients: vec![
                RecipientReport {
                    address: "bob@example.test".to_owned(),
                    reply: reply.clone().into(),
                },
                RecipientReport {
                    address: "never@example.test".to_owned(),
                    reply: Settled::default(),
                },
            ],
            reply: Some(reply),
            tls: Some(TlsReport {
                version: "TLSv1.3".into(),
                verification: Verification::Skipped,
            }),
            authenticated: true,
            ..Report::new(Outcome::Delivered)
        };
        assert_eq!(
            json(&report),
            serde_json::json!({
                "outcome": "delivered",
                "recipients": [
                    {"address": "bob@example.test", "code": 250, "enhanced": "2.0.0", "text": "Ok"},
                    {"address": "never@example.test", "code": null, "enhanced": null, "text": null},
                ],
                "reply": {"code": 250, "enhanced": "2.0.0", "text": "Ok"},
                "reason": null,
                "remedy": null,
                "tls": {"version": "TLSv1.3", "verification": "skipped"},
                "authenticated": true,
            })
        );
        assert!(!report.to_json().contains('\n'));
    }

    #[test]
    fn outcomes_have_the_names_and_exit_codes_that_were_promised() {
        for (outcome, name, exit_code) in [
            (Outcome::Delivered, "delivered", 0),
            (Outcome::Partial, "partial", 1),
            (Outcome::Rejected, "rejected", 1),
            (Outcome::RefusedLocally, "refused_locally", 1),
            (Outcome::ProtocolError, "protocol_error", 1),
            (Outcome::ConnectionLost, "connection_lost", 1),
            (Outcome::Timeout, "timeout", 1),
            (Outcome::ConfigError, "config_error", 1),
        ] {
            assert_eq!(json(&Report::new(outcome))["outcome"], name);
            assert_eq!(outcome.exit_code(), exit_code, "{name}");
        }
    }

    #[test]
    fn the_outcome_counts_recipients() {
        assert_eq!(Outcome::of(0, 2), Outcome::Rejected);
        assert_eq!(Outcome::of(1, 2), Outcome::Partial);
        assert_eq!(Outcome::of(2, 2), Outcome::Delivered);
    }

    #[test]
    fn a_refusal_of_our_own_has_its_reason_and_no_reply() {
        let report = json(&outbound::Refusal::CleartextAuthDenied.into());
        assert_eq!(report["outcome"], "refused_locally");
        assert_eq!(report["reason"], "cleartext_auth_denied");
        assert!(report["remedy"].is_string());
        assert!(report["reply"].is_null());
    }
}
