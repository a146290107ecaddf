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

    /// A step before the transaction was refused by `reply`.
    pub(super) fn rejected(&self, reason: &'static str, reply: &ReplyReport) -> Failure {
        let enhanced = reply.enhanced.as_deref();
        let remedy = remedy(reply.code, enhanced, self.tls.is_some(), self.authenticated);
        Failure::new(Outcome::Rejected, reason, remedy)
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
            let has_tls = report.tls.is_some();
            report.remedy = Some(remedy(code, enhanced, has_tls, report.authenticated).into());
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
        let mut report = self.report(failure.outcome);
        if failure.outcome == Outcome::RefusedLocally {
            // No server refused; a reply beside it would be taken for the cause.
            report.reply = None;
        }
        report.reason = Some(failure.reason);
        report.remedy = Some(failure.remedy);
        report
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

/// What may help against a refusal. The server's own text says more, where it says anything.
fn remedy(code: u16, enhanced: Option<&str>, has_tls: bool, authenticated: bool) -> &'static str {
    match (code, enhanced) {
        (530, _) if !has_tls => {
            "The server wants TLS, a login, or both first: use --tls starttls or --tls implicit, \
             and --user with --password at a submission port."
        }
        (530, _) | (550 | 554, Some("5.7.1")) if !authenticated => {
            "You were not authenticated, which may be why. Log in by --user and --password at a \
             submission port: 465 with --tls implicit, or 587 with --tls starttls; port 25 offers \
             no login."
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

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(code: u16, enhanced: &str) -> ReplyReport {
        ReplyReport {
            code,
            enhanced: Some(enhanced.to_owned()),
            text: "words".to_owned(),
        }
    }

    fn record() -> Record {
        Record::new(&["a@example.test".to_owned(), "b@example.test".to_owned()])
    }

    #[test]
    fn a_reply_to_the_rest_leaves_what_is_settled() {
        let mut record = record();
        record.settle(1, &reply(550, "5.1.1"));
        record.settle_the_rest(&reply(250, "2.0.0"));
        let report = record.settled();
        assert_eq!(report.outcome, Outcome::Partial);
        assert_eq!(report.recipients[0].reply.code, Some(250));
        assert_eq!(report.recipients[1].reply.code, Some(550));
    }

    #[test]
    fn a_delivery_has_no_reason_and_no_remedy() {
        let mut record = record();
        record.settle_the_rest(&reply(250, "2.0.0"));
        let report = record.settled();
        assert_eq!(report.outcome, Outcome::Delivered);
        assert_eq!((report.reason, report.remedy), (None, None));
    }

    #[test]
    fn a_refusal_of_our_own_shows_no_reply() {
        let mut record = record();
        record.note(&reply(250, "2.0.0"));
        let report = record.failed(Failure::local("name", "A sentence."));
        assert_eq!(report.outcome, Outcome::RefusedLocally);
        assert_eq!(report.reply, None);
    }

    #[test]
    fn remedies_fit_what_is_missing() {
        let (clear, tls) = (false, true);
        assert!(remedy(530, Some("5.7.0"), clear, false).contains("TLS"));
        assert!(remedy(530, Some("5.7.0"), tls, false).contains("--user"));
        assert!(remedy(554, Some("5.7.1"), tls, false).contains("465"));
        assert!(!remedy(554, Some("5.7.1"), tls, true).contains("465"));
        assert!(remedy(451, None, tls, true).contains("later"));
    }
}
