//! What is known of a delivery so far; whatever ends it, this is reported.

use mailwire_smtp_proto::reply::{EnhancedCode, ReplyLines};
use mailwire_tls_policy::Channel;
use mailwire_tls_policy::diagnose::{Answer, Seen, Stage, Symptom, diagnose};

use super::failure::Failure;
use crate::report::{Outcome, RecipientReport, ReplyReport, Report, Settled, TlsReport};
use crate::status::numbers;

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
    /// The port of the server.
    port: u16,
}

impl Record {
    pub(super) fn new(addresses: &[String], port: u16) -> Self {
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
            port,
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
        let remedy = self.remedy(
            stage(reason),
            reply.code,
            reply.enhanced.as_deref(),
            &reply.text,
        );
        Failure::new(Outcome::Rejected, reason, remedy)
    }

    /// What the matter is, and what may help. The server's own text says more, where it says anything.
    fn remedy(&self, stage: Stage, code: u16, enhanced: Option<&str>, text: &str) -> String {
        let answer = Answer {
            stage,
            code,
            enhanced: enhanced
                .and_then(|it| EnhancedCode::parse_prefix(it.as_bytes()))
                .map(|(it, _)| numbers(it)),
            text,
        };
        let channel = if self.tls.is_some() {
            Channel::Tls
        } else {
            Channel::Plain
        };
        let mut seen = Seen::new(self.port, channel, Symptom::Reply(answer));
        seen.is_authenticated = self.authenticated;
        diagnose(&seen).to_string()
    }

    /// The report, when every recipient has its final reply.
    pub(super) fn settled(self) -> Report {
        let is_delivered = |it: &&RecipientReport| matches!(it.reply.code, Some(200..=299));
        let delivered = self.recipients.iter().filter(is_delivered).count();
        let outcome = Outcome::of(delivered, self.recipients.len());
        let refused = self.refused;
        // Of the recipients that were refused, the first: the others are mostly so for the same reason.
        let refusal = self.recipients.iter().find(|it| !is_delivered(it));
        let remedy = refusal.and_then(|it| {
            let enhanced = it.reply.enhanced.as_deref();
            let text = it.reply.text.as_deref().unwrap_or_default();
            Some(self.remedy(stage(refused), it.reply.code?, enhanced, text))
        });
        let mut report = self.report(outcome);
        report.reason = match outcome {
            Outcome::Delivered => return report,
            Outcome::Partial => Some("some_recipients_rejected".into()),
            _ => Some(refused.into()),
        };
        report.remedy = remedy.map(Into::into);
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

/// What was being answered when a step was refused, by the reason that is reported for it.
fn stage(reason: &str) -> Stage {
    match reason {
        "greeting_rejected" => Stage::Greeting,
        "hello_rejected" => Stage::Hello,
        "starttls_rejected" => Stage::StartTls,
        "auth_rejected" => Stage::Auth,
        "mail_rejected" => Stage::Mail,
        "recipients_rejected" => Stage::Rcpt,
        "data_rejected" => Stage::Data,
        "message_rejected" => Stage::EndOfData,
        _ => Stage::Other,
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
        Record::new(
            &["a@example.test".to_owned(), "b@example.test".to_owned()],
            587,
        )
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
        let remedy = |stage, code, enhanced, text: &str, authenticated| {
            let mut record = record();
            record.authenticated = authenticated;
            record.remedy(stage, code, Some(enhanced), text)
        };
        let first = remedy(
            Stage::Mail,
            530,
            "5.7.0",
            "Must issue a STARTTLS command first",
            false,
        );
        assert!(first.contains("wants TLS first"), "{first}");
        let login = remedy(Stage::Mail, 530, "5.7.0", "Authentication required", false);
        assert!(login.contains("wants a login first"), "{login}");
        let relay = "Relay access denied";
        let stranger = remedy(Stage::Rcpt, 554, "5.7.1", relay, false);
        assert!(
            stranger.contains("not authenticated") && stranger.contains("465"),
            "{stranger}"
        );
        let known = remedy(Stage::Rcpt, 554, "5.7.1", relay, true);
        assert!(
            known.contains("is logged in") && !known.contains("465"),
            "{known}"
        );
        let later = remedy(Stage::Rcpt, 451, "4.0.0", "busy", true);
        assert!(later.contains("later"), "{later}");
    }
}
