//! Whole deliveries by a client, from the greeting to QUIT, over a wire that takes no time, to a server
//! that answers whatever it hears.
//!
//! A run is a message, so a thousand million nanoseconds by those of a run are messages a second. How many
//! round trips a message takes, which is what counts on a real wire, is asserted.

use std::borrow::Cow;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use bytes::BytesMut;
use io_smtp::coroutine::{SmtpCoroutine, SmtpCoroutineState, SmtpYield};
use io_smtp::message::{SmtpMessageSend, SmtpMessageSendOptions};
use io_smtp::rfc5321::ehlo::SmtpEhlo;
use io_smtp::rfc5321::greeting::SmtpGreetingGet;
use io_smtp::rfc5321::quit::SmtpQuit;
use io_smtp::rfc5321::{
    SmtpDomain, SmtpEhloDomain, SmtpForwardPath, SmtpLocalPart, SmtpMailbox, SmtpReversePath,
};
use mailwire_smtp_proto::client::Config;
use mailwire_smtp_proto::command::{MailBuf, RcptBuf};
use mailwire_smtp_proto::delivery::{Delivery, Kept, Message, Plan, Want};
use mailwire_smtp_proto::dialect::Dialect;
use mailwire_smtp_proto::params::{MailParameters, RcptParameters};
use mailwire_smtp_proto::policy::Channel;
use mailwire_smtp_proto::policy::outbound::{PeerLocation, Policy, TlsMode};

use super::inputs::{LINE, repeated};
use super::{Contestant, Measure, Unit};

pub(super) fn measures() -> Vec<Measure> {
    let [one, fifty] = [
        ("delivery/one-recipient", 1),
        ("delivery/fifty-recipients", 50),
    ]
    .map(|(name, recipients)| whole(name, recipients));
    vec![one, fifty, kept()]
}

/// A connection for one message.
fn whole(name: &'static str, recipients: usize) -> Measure {
    let content: &'static [u8] = repeated(LINE, 3 * 1024).leak();
    let ours = Contestant::ours({
        let (config, plan) = (config(), plan(recipients, content));
        let mut wire = Wire::default();
        move || {
            wire.connect();
            let delivery = Delivery::new(
                plan.clone(),
                Arc::clone(&config),
                Channel::Plain,
                Instant::now(),
            );
            let delivery = drive(delivery, content, &mut wire);
            assert!(black_box(delivery.into_outcome()).is_delivered());
            // EHLO, the envelope with DATA, the content; and QUIT.
            assert_eq!((wire.round_trips, wire.messages), (1 + 2 + 1, 1));
        }
    });
    let peer = Contestant::peer("io-smtp", {
        let mut wire = Wire::default();
        move || {
            wire.connect();
            run(SmtpGreetingGet::new(), &mut wire);
            run(SmtpEhlo::new(domain("client.example.test")), &mut wire);
            let to: Vec<_> = (0..recipients)
                .map(|number| SmtpForwardPath(mailbox(&format!("r{number}"), "example.test")))
                .collect();
            let from = SmtpReversePath::SmtpMailbox(mailbox("a", "client.example.test"));
            let options = SmtpMessageSendOptions::default();
            run(
                SmtpMessageSend::new(from, to, content.to_vec(), options),
                &mut wire,
            );
            run(SmtpQuit::new(), &mut wire);
            // EHLO, MAIL, each RCPT, DATA, the content; and QUIT.
            assert_eq!(
                (wire.round_trips, wire.messages),
                (1 + 1 + recipients + 2 + 1, 1)
            );
        }
    });
    Measure {
        name,
        unit: Unit::Nanoseconds,
        contestants: vec![
            ours,
            peer.with_note(
                "a round trip for each command; a reply is not judged beyond its code; the message is copied",
            ),
        ],
    }
}

/// A connection that is there already.
fn kept() -> Measure {
    let content: &'static [u8] = repeated(LINE, 1024).leak();
    let ours = Contestant::ours({
        let mut plan = plan(1, content);
        plan.keep = true;
        let mut wire = Wire::default();
        wire.connect();
        let delivery = Delivery::new(plan.clone(), config(), Channel::Plain, Instant::now());
        let mut session = keep(drive(delivery, content, &mut wire));
        move || {
            wire.round_trips = 0;
            let kept = session.take().expect("a session that may be used again");
            let delivery = Delivery::again(plan.clone(), kept, Instant::now())
                .expect("a session that fits the plan");
            session = keep(drive(delivery, content, &mut wire));
            // The envelope with DATA, and the content.
            assert_eq!(wire.round_trips, 2);
        }
    });
    let peer = Contestant::peer("io-smtp", {
        let mut wire = Wire::default();
        wire.connect();
        run(SmtpGreetingGet::new(), &mut wire);
        run(SmtpEhlo::new(domain("client.example.test")), &mut wire);
        move || {
            wire.round_trips = 0;
            let to = [SmtpForwardPath(mailbox("r0", "example.test"))];
            let from = SmtpReversePath::SmtpMailbox(mailbox("a", "client.example.test"));
            let options = SmtpMessageSendOptions::default();
            run(
                SmtpMessageSend::new(from, to, content.to_vec(), options),
                &mut wire,
            );
            assert_eq!(wire.round_trips, 4);
        }
    });
    Measure {
        name: "delivery/kept",
        unit: Unit::Nanoseconds,
        contestants: vec![
            ours,
            peer.with_note(
                "a round trip for each command; a reply is not judged beyond its code; the message is copied",
            ),
        ],
    }
}

fn config() -> Arc<Config> {
    let policy = Policy::new(TlsMode::Off);
    Arc::new(Config::new(Dialect::Smtp, policy, PeerLocation::Remote))
}

fn plan(recipients: usize, content: &[u8]) -> Plan {
    let mail = MailBuf {
        reverse_path: "<a@client.example.test>".parse().expect("a path"),
        parameters: MailParameters::default().to_owned(),
    };
    let rcpt = |number| RcptBuf {
        forward_path: format!("<r{number}@example.test>").parse().expect("a path"),
        parameters: RcptParameters::default().to_owned(),
    };
    let hello = "client.example.test".parse().expect("a name");
    let recipients = (0..recipients).map(rcpt).collect();
    Plan::new(hello, mail, recipients, Message::of(content))
}

fn keep(delivery: Delivery) -> Option<Kept> {
    let (outcome, session) = delivery.into_parts();
    assert!(outcome.is_delivered());
    session
}

/// Does what a delivery wants, to its end.
fn drive(mut delivery: Delivery, content: &[u8], wire: &mut Wire) -> Delivery {
    let now = Instant::now();
    loop {
        let step = delivery.advance(&wire.unread, now, &mut wire.output);
        let (consumed, want) = (step.consumed, step.want);
        bytes::Buf::advance(&mut wire.unread, consumed);
        match want {
            Want::Nothing => {}
            Want::Input | Want::Flush => wire.exchange(),
            Want::Content => {
                let said = delivery.last_content(content, &wire.unread, now, &mut wire.output);
                said.expect("it is the content's turn");
            }
            Want::End => return delivery,
            other => panic!("{other:?}"),
        }
    }
}

/// Runs a coroutine of io-smtp to its end.
fn run<C, T, E: std::fmt::Debug>(mut coroutine: C, wire: &mut Wire)
where
    C: SmtpCoroutine<Yield = SmtpYield, Return = Result<T, E>>,
{
    let mut read = None;
    loop {
        match coroutine.resume(read.as_deref()) {
            SmtpCoroutineState::Yielded(SmtpYield::WantsWrite(octets)) => {
                wire.output.extend_from_slice(&octets);
                read = None;
            }
            SmtpCoroutineState::Yielded(SmtpYield::WantsRead) => {
                wire.exchange();
                read = Some(wire.unread.split());
            }
            SmtpCoroutineState::Complete(done) => {
                done.expect("the server takes everything");
                return;
            }
        }
    }
}

fn domain(name: &str) -> SmtpEhloDomain<'_> {
    SmtpEhloDomain::SmtpDomain(SmtpDomain(Cow::Borrowed(name)))
}

fn mailbox(local_part: &str, host: &'static str) -> SmtpMailbox<'static> {
    SmtpMailbox {
        local_part: SmtpLocalPart(Cow::Owned(local_part.to_owned())),
        domain: domain(host),
    }
}

/// The wire with its far end, which says yes to everything.
#[derive(Debug, Default)]
struct Wire {
    /// From the client.
    output: BytesMut,
    /// To the client.
    unread: BytesMut,
    in_content: bool,
    messages: usize,
    /// How often the client has waited for something that it said first.
    round_trips: usize,
}

impl Wire {
    fn connect(&mut self) {
        self.output.clear();
        self.unread.clear();
        (self.in_content, self.messages, self.round_trips) = (false, 0, 0);
        self.unread
            .extend_from_slice(b"220 mx.example.test ESMTP\r\n");
    }

    fn exchange(&mut self) {
        let Self { output, unread, .. } = self;
        self.round_trips += usize::from(!output.is_empty());
        let mut said: &[u8] = output;
        while !said.is_empty() {
            if self.in_content {
                // Content comes whole.
                assert!(said.ends_with(b"\r\n.\r\n"));
                (self.in_content, said) = (false, b"");
                self.messages += 1;
                unread.extend_from_slice(b"250 2.0.0 Queued as 1234567890\r\n");
                continue;
            }
            let end = memchr::memchr(b'\n', said).expect("a whole line") + 1;
            let (line, rest) = said.split_at(end);
            said = rest;
            unread.extend_from_slice(match line.first() {
                Some(b'E') => {
                    b"250-mx.example.test\r\n250-PIPELINING\r\n250-SIZE 26214400\r\n\
                      250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n"
                }
                Some(b'D') => {
                    self.in_content = true;
                    b"354 End data with <CR><LF>.<CR><LF>\r\n"
                }
                Some(b'Q') => b"221 2.0.0 Bye\r\n",
                _ => b"250 2.1.0 Ok\r\n",
            });
        }
        output.clear();
    }
}
