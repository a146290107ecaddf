//! What is known of a delivery so far; whatever ends it, this is reported.

use std::borrow::Cow;

use mailwire_smtp_proto::reply::ReplyLines;
use rustls::ProtocolVersion;

use super::failure::Failure;
use crate::report::{Outcome, RecipientReport, ReplyReport, Report, Settled, TlsReport};

/// What the server has said about the recipients, and what the session has come to.
#[derive(Debug)]
pub(super) struct Record {
    recipients: Vec<RecipientReport>,
    /// The last reply that decided something.
    reply: Option<ReplyReport>,
    pub(super) tls: Option<TlsReport>,
    pub(super) authenticated: bool,
    /// The end of the content has been said, and from then on the server may have the message.
    pub(super) content_ended: bool,
    /// The step that refused last; the reason, if not everybody is delivered.
    refused: &'static str,
}

impl Record {
    pub(super) fn new(addresses: &[String]) -> Self {
        let recipient = |address: &String| RecipientReport {
            address: address.clone(),
            reply: Settled::default(),
        };
        Self {
            recipients: addresses.iter().map(recipient).collect(),
            reply: None,
            tls: None,
            authenticated: false,
            content_ended: false,
            refused: "recipients_rejected",
        }
    }

    /// Notes a reply that decides how things go on.
    pub(super) fn note(&mut self, reply: &ReplyReport) {
        self.reply = Some(reply.clone());
    }

    /// A step was refused by `reply`.
    pub(super) fn refuse(&mut self, reason: &'static str, reply: &ReplyReport) {
        self.refused = reason;
        self.note(reply);
    }

    /// The recipient has its final reply.
    pub(super) fn settle(&mut self, recipient: usize, reply: &ReplyReport) {
        self.note(reply);
        if let Some(it) = self.recipients.get_mut(recipient) {
            it.reply = reply.clone().into();
        }
    }

    /// All recipients without a final reply have this one.
    pub(super) fn settle_the_rest(&mut self, reply: &ReplyReport) {
        self.note(reply);
        for it in &mut self.recipients {
            if it.reply.code.is_none() {
                it.reply = reply.clone().into();
            }
        }
    }

    /// The report, when every recipient has its final reply.
    pub(super) fn settled(self) -> Report {
        let is_delivered = |it: &&RecipientReport| matches!(it.reply.code, Some(200..=299));
        let delivered = self.recipients.iter().filter(is_delivered).count();
        let outcome = Outcome::of(delivered, self.recipients.len());
        let refused = self.refused;
        let mut report = self.report(outcome);
        report.reason = match outcome {
            Outcome::Delivered => return report,
            Outcome::Partial => Some("some_recipients_rejected".into()),
            _ => Some(refused.into()),
        };
        let refusal = report
            .recipients
            .iter()
            .find(|it| !is_delivered(it))
            .map(|it| (it.reply.code, it.reply.enhanced.as_deref()));
        if let Some((Some(code), enhanced)) = refusal {
            report.remedy = Some(remedy(code, enhanced, report.authenticated).into());
        }
        report
    }

    /// The report, when something ended the dialogue before.
    pub(super) fn failed(self, failure: Failure) -> Report {
        let failure = if self.content_ended {
            failure.after_content()
        } else {
            failure
        };
        Report {
            reason: Some(failure.reason),
            remedy: Some(failure.remedy),
            ..self.report(failure.outcome)
        }
    }

    fn report(self, outcome: Outcome) -> Report {
        Report {
            recipients: self.recipients,
            reply: self.reply,
            tls: self.tls,
            authenticated: self.authenticated,
            ..Report::new(outcome)
        }
    }
}

/// A server's refusal of a step before the transaction.
pub(super) fn rejected(reason: &'static str, reply: &ReplyReport, authenticated: bool) -> Failure {
    let remedy = remedy(reply.code, reply.enhanced.as_deref(), authenticated);
    Failure::new(Outcome::Rejected, reason, remedy)
}

/// What may help against a refusal. The server's own text says more, where it says anything.
fn remedy(code: u16, enhanced: Option<&str>, authenticated: bool) -> &'static str {
    match (code, enhanced) {
        (530, _) | (554 | 550, Some("5.7.1")) if !authenticated => {
            "The server took you for a stranger. Log in by --user and --password at a submission \
             port, 465 with --tls implicit or 587 with --tls starttls; port 25 offers no login."
        }
        (535, _) => "The server did not take this user with this password; check both.",
        (538, _) => "The server wants TLS for this login: use --tls starttls or --tls implicit.",
        (400..=499, _) => "The refusal is a temporary one: try again later.",
        _ => "The refusal is for good: read the server's text, and change what it is about.",
    }
}

/// A reply in the terms of a report.
pub(super) fn reply_report(reply: ReplyLines<'_>) -> ReplyReport {
    let reply = reply.to_owned();
    ReplyReport {
        code: reply.code.value(),
        enhanced: reply.enhanced.map(|code| code.to_string()),
        text: reply.lines.join("\n"),
    }
}

/// A version of TLS as people write it.
pub(super) fn version_name(version: Option<ProtocolVersion>) -> Cow<'static, str> {
    match version {
        Some(ProtocolVersion::TLSv1_2) => "TLSv1.2".into(),
        Some(ProtocolVersion::TLSv1_3) => "TLSv1.3".into(),
        Some(other) => format!("{other:?}").into(),
        None => "unknown".into(),
    }
}
