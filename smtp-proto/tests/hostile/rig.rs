//! A delivery against a hostile server, over a simulated wire, with a virtual clock.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use mailwire_smtp_proto::auth::PlainCredentials;
use mailwire_smtp_proto::auth::client::{Candidates, Login, Plain};
use mailwire_smtp_proto::client::{Awaited, Config};
use mailwire_smtp_proto::command::{Command, MailBuf, RcptBuf};
use mailwire_smtp_proto::delivery::{
    Chunking, Delivery, EightBit, Failure, Fate, Message, Outcome, Plan, Want,
};
use mailwire_smtp_proto::dialect::Dialect;
use mailwire_smtp_proto::policy::Channel;
use mailwire_smtp_proto::policy::outbound::{PeerLocation, Policy, TlsMode};
use mailwire_smtp_proto::xclient::{Identity, Name};

use super::server::Server;

/// The secret, as it would be seen.
const PASSWORD: &str = "tanstaaf";
/// base64 of it, and of what PLAIN makes of it.
const ENCODED: [&str; 2] = ["dGFuc3RhYWY=", "AHRpbQB0YW5zdGFhZg=="];

/// A case: how the client is set up, and what the server does otherwise.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) setup: String,
    pub(crate) steps: String,
}

impl Case {
    fn has(&self, word: &str) -> bool {
        self.setup.split(' ').any(|it| it == word)
    }

    fn value(&self, key: &str) -> Option<&str> {
        let mut words = self.setup.split(' ');
        words.find_map(|it| it.strip_prefix(key)?.strip_prefix('='))
    }

    fn plan(&self) -> Plan {
        let content = self.content();
        let mut message = if self.has("binary") {
            Message::binary(&content)
        } else {
            Message::of(&content)
        };
        if self.has("nosize") {
            message.size = None;
        }
        let recipients = self.value("rcpt").map_or(1, |it| it.parse().unwrap());
        let recipients = (0..recipients).map(recipient).collect();
        let mut plan = Plan::new(
            "client.example.test".parse().unwrap(),
            sender(),
            recipients,
            message,
        );
        plan.login = self.has("login");
        if self.has("xclient") {
            let identity = Identity::parse("ADDR=192.0.2.7 LOGIN=tim NAME=[UNAVAILABLE]");
            plan.xclient = Some(identity.unwrap().require(Name::Login));
        }
        if self.has("xclient-long") {
            let mut identity = Identity::new().require(Name::Login);
            for name in [Name::Session, Name::Helo, Name::Login] {
                identity = identity.with(name, &"x".repeat(200)).unwrap();
            }
            plan.xclient = Some(identity);
        }
        plan.pipelining = !self.has("stepwise");
        if self.has("chunks") {
            plan.chunking = Chunking::WhereOffered;
        }
        if self.has("anyway") {
            plan.eight_bit = EightBit::SendAnyway;
        }
        plan
    }

    fn content(&self) -> Vec<u8> {
        if self.has("eight") {
            b"Subject: x\n\n\xE9\n".to_vec()
        } else if self.has("utf8") {
            "Subject: \u{e9}\n\nx\n".as_bytes().to_vec()
        } else {
            b"Subject: x\r\n\r\n.dot\r\n".to_vec()
        }
    }

    fn config(&self) -> Config {
        let mode: TlsMode = self.value("tls").unwrap_or("off").parse().unwrap();
        let mut policy = Policy::new(mode);
        if self.has("clear") {
            policy.cleartext_auth = "allow".parse().unwrap();
        }
        let dialect = if self.has("lmtp") {
            Dialect::Lmtp
        } else {
            Dialect::Smtp
        };
        Config::new(dialect, policy, PeerLocation::Remote)
    }
}

fn sender() -> MailBuf {
    match Command::parse("MAIL FROM:<sender@example.test>").unwrap() {
        Command::Mail(mail) => mail.to_owned(),
        other => panic!("{other:?}"),
    }
}

fn recipient(number: usize) -> RcptBuf {
    match Command::parse(&format!("RCPT TO:<r{number}@example.test>")).unwrap() {
        Command::Rcpt(rcpt) => rcpt.to_owned(),
        other => panic!("{other:?}"),
    }
}

/// What a run came to.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) outcome: String,
    pub(crate) took: Duration,
    /// The most octets that were read and not consumed.
    pub(crate) most_unread: usize,
}

/// Runs the case, with at most `cut` octets of the server's arriving at once.
pub(crate) fn run(case: &Case, cut: usize) -> Result<Run, String> {
    let config = Arc::new(case.config());
    let begins_in_tls = config.policy.tls == TlsMode::Implicit;
    let channel = if begins_in_tls {
        Channel::Tls
    } else {
        Channel::Plain
    };
    let began = Instant::now();
    let mut now = began;
    let mut server = Server::new(&case.steps, case.has("lmtp"), begins_in_tls);
    let mut delivery = Delivery::new(case.plan(), config, channel, now);
    let (mut unread, mut out) = (Vec::new(), BytesMut::new());
    let content = case.content();
    let mut pieces = content.chunks(7).collect::<Vec<_>>().into_iter();
    let (mut most_unread, mut received, mut dripped) = (0, 0_usize, 0);

    let outcome = loop {
        let step = delivery.advance(&unread, now, &mut out);
        let (consumed, want) = (step.consumed, step.want);
        unread.drain(..consumed);
        match want {
            Want::Nothing => {}
            Want::Login => {
                let plain = || PlainCredentials::new("tim", PASSWORD).unwrap();
                let candidates = Candidates::new()
                    .with(Plain::new(plain()))
                    .with(Login::new(plain()));
                delivery.login(candidates, now, &mut out);
            }
            Want::Content => {
                // What has come meanwhile is read before more is said, as any loop does.
                pull(&mut server, &mut unread, cut, &mut received);
                let said = match pieces.next() {
                    Some(piece) => delivery.content(piece, &unread, now, &mut out),
                    None => delivery.end_of_content(&unread, now, &mut out),
                };
                // It is not said then, and the message is lost with whatever came.
                let _ = said;
                if !server.is_closed {
                    server.hear(&out.split());
                } else if server.output.is_empty() && !out.is_empty() {
                    // The write fails, and all that the server had said is read.
                    delivery.end_of_input(&out);
                }
            }
            Want::Handshake => {
                server.hear(&out.split());
                pull(&mut server, &mut unread, usize::MAX, &mut received);
                match delivery.into_tls(&unread, now) {
                    Err(outcome) => break outcome,
                    Ok(handshake) if case.has("handshake-fails") => break handshake.failed(),
                    Ok(handshake) => {
                        server.begin_tls();
                        delivery = handshake.complete(Channel::Tls, now);
                    }
                }
            }
            Want::Flush => server.hear(&out.split()),
            Want::Input => {
                server.hear(&out.split());
                if pull(&mut server, &mut unread, cut, &mut received) == 0 {
                    if server.is_closed {
                        delivery.end_of_input(&out);
                    } else {
                        let Some(deadline) = delivery.deadline(&out) else {
                            return Err("waits without a deadline".to_owned());
                        };
                        let minute = now + Duration::from_secs(60);
                        if server.is_dripping && minute < deadline.at {
                            now = minute;
                            unread.push(b"250-x\r\n"[dripped % 7]);
                            dripped += 1;
                        } else {
                            now = deadline.at;
                            delivery.handle_timeout(now, &out);
                        }
                    }
                }
            }
            Want::End => break delivery.into_outcome(),
        }
        most_unread = most_unread.max(unread.len());
        if received > 4_000_000 {
            return Err("reads without end".to_owned());
        }
    };
    server.hear(&out.split());

    let clear = String::from_utf8_lossy(&server.clear).into_owned();
    let shows = ENCODED
        .iter()
        .chain([&PASSWORD])
        .any(|it| clear.contains(it));
    if shows && !case.has("clear") {
        return Err(format!("a secret in clear: {clear:?}"));
    }
    let may_be_clear = |it: &str| {
        ["EHLO ", "STARTTLS", "QUIT"]
            .iter()
            .any(|verb| it.starts_with(verb))
    };
    if case.value("tls") == Some("starttls") && !clear.lines().all(may_be_clear) {
        return Err(format!(
            "more in clear than it takes to begin TLS: {clear:?}"
        ));
    }
    if !server.complaints.is_empty() {
        return Err(server.complaints.join("; "));
    }
    let is_delivered = |it: &Fate| matches!(it, Fate::Delivered(_));
    if outcome.recipients.iter().any(is_delivered) && !server.may_be_delivered {
        return Err("delivered without a 2yz to the end of the content".to_owned());
    }
    Ok(Run {
        outcome: describe(&outcome),
        took: now - began,
        most_unread,
    })
}

/// Moves what the server says to the client.
fn pull(server: &mut Server, unread: &mut Vec<u8>, cut: usize, received: &mut usize) -> usize {
    if server.is_flooding && server.output.is_empty() {
        server
            .output
            .extend_from_slice(&b"250-flood\r\n".repeat(100));
    }
    let taken = cut.min(server.output.len());
    unread.extend(server.output.drain(..taken));
    *received += taken;
    taken
}

/// The fates of all recipients, or one if they are the same.
fn describe(outcome: &Outcome) -> String {
    let mut fates: Vec<String> = outcome
        .recipients
        .iter()
        .map(|it| fate(it, outcome.failure.as_ref()))
        .collect();
    if fates.iter().all(|it| Some(it) == fates.first()) {
        fates.truncate(1);
    }
    fates.join(", ")
}

fn fate(fate: &Fate, failure: Option<&Failure>) -> String {
    match fate {
        Fate::Delivered(reply) => format!("delivered {}", reply.code),
        Fate::Refused { at, reply } => {
            let at = match at {
                Awaited::Greeting => "greeting".to_owned(),
                Awaited::Reply(verb) => verb.as_str().to_owned(),
                Awaited::Verdict => "message".to_owned(),
                other => panic!("{other:?}"),
            };
            format!("refused {at} {}", reply.code)
        }
        Fate::Local(not_now) => format!("local {}", not_now.name()),
        Fate::NotSent => match failure {
            Some(Failure::Local(not_now)) => format!("local {}", not_now.name()),
            Some(Failure::Peer(fault)) => format!("lost {}", fault.name()),
            Some(Failure::Handshake) => "lost handshake".to_owned(),
            other => format!("lost {other:?}"),
        },
        Fate::InDoubt => match failure {
            Some(Failure::Peer(fault)) => format!("doubt {}", fault.name()),
            other => format!("doubt {other:?}"),
        },
        other => panic!("{other:?}"),
    }
}
