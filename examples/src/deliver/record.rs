//! What is known of a delivery so far; whatever ends it, this is reported.

use mailwire_smtp_proto::client::{Awaited, Fault};
use mailwire_smtp_proto::delivery::{self, Fate};
use mailwire_smtp_proto::reply::{Code, EnhancedCode, ReceivedReply, ReplyLines};
use mailwire_smtp_proto::verb::Verb;
use mailwire_tls_policy::Channel;
use mailwire_tls_policy::diagnose::{Answer, Seen, Stage, Symptom, diagnose};

use super::Ended;
use super::failure::Failure;
use crate::report::{Outcome, RecipientReport, ReplyReport, Report, Settled, TlsReport};
use crate::status::numbers;

/// What the session has come to, but for what became of the recipients.
#[derive(Debug)]
pub(super) struct Record {
    addresses: Vec<String>,
    /// The last reply.
    reply: Option<ReplyReport>,
    pub(super) tls: Option<TlsReport>,
    authenticated: bool,
    /// The port of the server.
    port: u16,
}

/// A reply that refused, and what.
struct Refusal<'a> {
    at: Awaited,
    reply: &'a ReceivedReply,
}

impl Record {
    pub(super) fn new(addresses: &[String], port: u16) -> Self {
        Self {
            addresses: addresses.to_vec(),
            reply: None,
            tls: None,
            authenticated: false,
            port,
        }
    }

    /// Notes a reply, should it be the last.
    pub(super) fn heard(&mut self, reply: ReplyLines<'_>) {
        self.reply = Some(reply_report(&reply.to_owned()));
    }

    /// The report of a delivery that came to its end.
    pub(super) fn ended(mut self, ended: Ended) -> Report {
        let Ended { outcome, failure } = ended;
        self.authenticated = outcome.authenticated;
        let failure = match (&outcome.failure, failure) {
            // A stream that failed says more than that it did, and we of ourselves more than a server.
            (
                Some(
                    delivery::Failure::Peer(Fault::EndOfInput { .. })
                    | delivery::Failure::Abandoned,
                ),
                Some(failure),
            ) => failure,
            (Some(delivery::Failure::Peer(fault)), _) => (*fault).into(),
            (Some(delivery::Failure::Local(not_now)), _) => not_now.clone().into(),
            (Some(delivery::Failure::Refused { at, reply }), _) => {
                return self.settled(&outcome, Some(Refusal { at: *at, reply }));
            }
            _ => return self.settled(&outcome, None),
        };
        self.unsettled(&outcome, failure)
    }

    /// The report, when something went wrong that is not in an outcome.
    pub(super) fn failed(self, failure: Failure) -> Report {
        let fates = vec![Fate::NotSent; self.addresses.len()];
        self.because(&fates, failure)
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

    /// The report, when the server has had its say about everybody. `refusal` is about all of them.
    fn settled(mut self, outcome: &delivery::Outcome, refusal: Option<Refusal<'_>>) -> Report {
        let fates = &outcome.recipients;
        let is_delivered = |it: &&Fate| matches!(it, Fate::Delivered(_));
        let delivered = fates.iter().filter(is_delivered).count();
        let word = Outcome::of(delivered, fates.len());
        // Of the recipients that were refused, the first: the others are mostly so for the same reason.
        let first = fates.iter().find_map(|it| match it {
            Fate::Refused { at, reply } => Some(Refusal { at: *at, reply }),
            _ => None,
        });
        // What was said of the message came behind all that was said of recipients.
        let of_message = fates.iter().rev().find_map(|it| match it {
            Fate::Delivered(reply) => Some(reply),
            Fate::Refused { at, reply } if *at == Awaited::Verdict => Some(reply),
            _ => None,
        });
        let of_recipient = fates.iter().rev().find_map(|it| match it {
            Fate::Refused { reply, .. } => Some(reply),
            _ => None,
        });
        let local = fates.iter().find_map(|it| match it {
            Fate::Local(not_now) => Some(not_now.clone()),
            _ => None,
        });
        let reason = refusal.as_ref().or(first.as_ref()).map(reason);
        let last = refusal.as_ref().map(|it| it.reply);
        let last = last.or(of_message).or(of_recipient);
        self.reply = last.map(reply_report);
        match (refusal.or(first), local) {
            // Nobody was asked about, or only those who were taken.
            (None, Some(not_now)) if delivered == 0 => self.because(fates, not_now.into()),
            (refused, local) => {
                let remedy = match (refused, local) {
                    (Some(refused), _) => Some(self.remedy_for(&refused).into()),
                    (None, Some(not_now)) => Some(Failure::from(not_now).remedy),
                    (None, None) => None,
                };
                let mut report = self.report(fates, word);
                report.reason = match word {
                    Outcome::Delivered => return report,
                    Outcome::Partial => Some("some_recipients_rejected".into()),
                    _ => reason.map(Into::into),
                };
                report.remedy = remedy;
                report
            }
        }
    }

    /// The report, when the dialogue ended before.
    fn unsettled(self, outcome: &delivery::Outcome, failure: Failure) -> Report {
        let is_in_doubt = outcome.recipients.contains(&Fate::InDoubt);
        let failure = if is_in_doubt {
            failure.after_content()
        } else {
            failure
        };
        self.because(&outcome.recipients, failure)
    }

    fn because(mut self, fates: &[Fate], failure: Failure) -> Report {
        if failure.outcome == Outcome::RefusedLocally {
            // No server refused; a reply beside it would be taken for the cause.
            self.reply = None;
        }
        let mut report = self.report(fates, failure.outcome);
        report.reason = Some(failure.reason);
        report.remedy = Some(failure.remedy);
        report
    }

    fn report(self, fates: &[Fate], outcome: Outcome) -> Report {
        let recipients = self.addresses.into_iter().zip(fates);
        Report {
            recipients: recipients
                .map(|(address, fate)| RecipientReport {
                    address,
                    reply: settled(fate),
                })
                .collect(),
            reply: self.reply,
            tls: self.tls,
            authenticated: self.authenticated,
            ..Report::new(outcome)
        }
    }

    fn remedy_for(&self, refusal: &Refusal<'_>) -> String {
        let reply = reply_report(refusal.reply);
        let is_of_us = reply.code / 100 == 5 && reply.enhanced.as_deref() != Some("5.5.0");
        if refusal.at == Awaited::Reply(Verb::Xclient) && is_of_us {
            return "The server does not let this host speak for others: name it in its \
                    smtpd_authorized_xclient_hosts (Postfix), login_trusted_networks (Dovecot) or the \
                    like, or leave --xclient out."
                .into();
        }
        self.remedy(
            stage(refusal.at),
            reply.code,
            reply.enhanced.as_deref(),
            &reply.text,
        )
    }
}

/// The reply that settled a recipient. What was refused before anything was said of it did not.
fn settled(fate: &Fate) -> Settled {
    match fate {
        Fate::Refused { at, .. } if !is_of_message(*at) => Settled::default(),
        Fate::Delivered(reply) | Fate::Refused { reply, .. } => reply_report(reply).into(),
        _ => Settled::default(),
    }
}

/// Whether what was refused is the message, or one that is to have it.
const fn is_of_message(at: Awaited) -> bool {
    matches!(
        at,
        Awaited::Verdict | Awaited::Reply(Verb::Mail | Verb::Rcpt | Verb::Data | Verb::Bdat)
    )
}

/// The stable name of a refusal.
fn reason(refusal: &Refusal<'_>) -> &'static str {
    if refusal.reply.code == Code::UNAVAILABLE {
        return "service_closing";
    }
    if refusal.at == Awaited::Reply(Verb::Xclient) {
        return "xclient_rejected";
    }
    match stage(refusal.at) {
        Stage::Greeting => "greeting_rejected",
        Stage::Hello => "hello_rejected",
        Stage::StartTls => "starttls_rejected",
        Stage::Auth => "auth_rejected",
        Stage::Mail => "mail_rejected",
        Stage::Rcpt => "recipients_rejected",
        Stage::Data => "data_rejected",
        _ => "message_rejected",
    }
}

/// What was being answered, in the terms of a diagnosis.
fn stage(at: Awaited) -> Stage {
    match at {
        Awaited::Greeting => Stage::Greeting,
        Awaited::Verdict | Awaited::Reply(Verb::Bdat) => Stage::EndOfData,
        Awaited::Reply(Verb::Helo | Verb::Ehlo | Verb::Lhlo) => Stage::Hello,
        Awaited::Reply(Verb::StartTls) => Stage::StartTls,
        Awaited::Reply(Verb::Auth) => Stage::Auth,
        Awaited::Reply(Verb::Xclient) => Stage::Xclient,
        Awaited::Reply(Verb::Mail) => Stage::Mail,
        Awaited::Reply(Verb::Rcpt) => Stage::Rcpt,
        Awaited::Reply(Verb::Data) => Stage::Data,
        _ => Stage::Other,
    }
}

/// A reply in the terms of a report.
fn reply_report(reply: &ReceivedReply) -> ReplyReport {
    ReplyReport {
        code: reply.code.value(),
        enhanced: reply.enhanced.map(|code| code.to_string()),
        text: reply.lines.join("\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        Record::new(
            &["a@example.test".to_owned(), "b@example.test".to_owned()],
            587,
        )
    }

    #[test]
    fn a_refusal_of_our_own_shows_no_reply() {
        let mut record = record();
        record.reply = Some(ReplyReport {
            code: 250,
            enhanced: None,
            text: "words".to_owned(),
        });
        let report = record.failed(Failure::local("name", "A sentence."));
        assert_eq!(report.outcome, Outcome::RefusedLocally);
        assert_eq!(report.reply, None);
        assert_eq!(report.recipients.len(), 2);
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
