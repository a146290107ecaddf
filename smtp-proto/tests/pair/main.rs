//! Our client and our server over a simulated wire: segments of any size, any delay, a clock that
//! only the test moves; and a wire that is cut, loses its end, or says something of its own.

#![allow(
    clippy::disallowed_methods,
    reason = "a test is the caller: it has the clock and the files"
)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests panic to fail"
)]

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use mailwire_smtp_proto::client::{self, NotNow};
use mailwire_smtp_proto::dialect::Dialect;
use mailwire_smtp_proto::host::HelloName;
use mailwire_smtp_proto::params::{MailParameters, RcptParameters};
use mailwire_smtp_proto::path::{ForwardPath, ReversePath};
use mailwire_smtp_proto::peer::Peer;
use mailwire_smtp_proto::policy::outbound::{PeerLocation, Policy, TlsMode};
use mailwire_smtp_proto::policy::{Channel, Listener, Role};
use mailwire_smtp_proto::reply::Reply;
use mailwire_smtp_proto::server::{self, Admission, Decision};
use mailwire_smtp_proto::table::Outcome;
use mailwire_smtp_proto::verb::Verb;
use proptest::prelude::*;

mod extensions;
mod wire;

use wire::{Fault, Lane};

/// What the client wants to have done, and what came of it.
struct Sender {
    session: client::Session,
    unread: Vec<u8>,
    steps: VecDeque<Say>,
    content: Vec<u8>,
    /// Verdicts: the message was taken, for so many.
    delivered: usize,
    failed: bool,
    is_over: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Say {
    Hello,
    Mail,
    Rcpt(usize),
    Data,
    Content,
    Quit,
}

impl Sender {
    fn act(&mut self, now: Instant, out: &mut BytesMut) {
        while let Some(step) = self.steps.front().copied() {
            let session = &mut self.session;
            let said = match step {
                Say::Hello => session
                    .hello(&HelloName::parse("client.example.test").unwrap(), now, out)
                    .map(drop),
                Say::Mail => {
                    let path = ReversePath::parse("<a@client.example.test>").unwrap();
                    session
                        .mail(&path, &MailParameters::default(), now, out)
                        .map(drop)
                }
                Say::Rcpt(number) => {
                    let path = format!("<user{number}@example.test>");
                    let path = ForwardPath::parse(&path).unwrap();
                    session
                        .rcpt(&path, &RcptParameters::default(), now, out)
                        .map(drop)
                }
                Say::Data => session.data(now, out).map(drop),
                Say::Content => session
                    .content(&self.content, out)
                    .and_then(|()| session.end_of_content(now, out).map(drop)),
                Say::Quit => session.quit(now, out).map(drop),
            };
            match said {
                Ok(()) => {
                    self.steps.pop_front();
                }
                Err(NotNow::MustWait) => return,
                Err(NotNow::NoContentWanted) if !self.failed && !session.is_closed() => return,
                // Whatever it is, all that is left is to go.
                Err(_) if step != Say::Quit => self.steps = VecDeque::from([Say::Quit]),
                Err(_) => {
                    self.steps.clear();
                    self.is_over = true;
                }
            }
        }
    }

    fn hear(&mut self, now: Instant, out: &BytesMut) -> bool {
        let mut heard = false;
        while !self.is_over && self.session.need(&self.unread, out) == client::Need::Nothing {
            heard = true;
            match self.session.advance(&self.unread, now) {
                Ok(step) => {
                    let consumed = step.consumed;
                    match step.event {
                        Some(client::Event::Verdict { outcome, .. }) => {
                            self.delivered += usize::from(outcome == Outcome::Accepted);
                        }
                        Some(client::Event::Reply {
                            verb: Verb::Quit, ..
                        }) => self.is_over = true,
                        Some(client::Event::Reply {
                            verb: Verb::Data,
                            outcome: Outcome::Rejected,
                            ..
                        }) => {
                            self.failed = true;
                            self.steps.retain(|step| *step != Say::Content);
                        }
                        Some(client::Event::Closing { .. }) => self.is_over = true,
                        _ => {}
                    }
                    self.unread.drain(..consumed);
                    if consumed == 0 {
                        break;
                    }
                }
                Err(_) => self.is_over = true,
            }
        }
        heard
    }
}

/// The server, and what it took.
struct Receiver {
    session: server::Session,
    unread: Vec<u8>,
    recipients: usize,
    content: Vec<u8>,
    messages: Vec<(usize, Vec<u8>)>,
    is_over: bool,
}

const UNKNOWN: Reply = Reply::fixed(550, (5, 1, 1), "No such mailbox");

impl Receiver {
    /// Takes what is there; recipients of an odd number do not exist.
    fn hear(&mut self, now: Instant, out: &mut BytesMut) -> bool {
        let mut heard = false;
        while !self.is_over && self.session.need(&self.unread, now, out) == server::Need::Nothing {
            heard = true;
            let session = &mut self.session;
            let step = session.advance(&self.unread, now, out).unwrap();
            match step.event {
                Some(server::Event::Hello { pending, .. }) => {
                    session.answer(pending, Admission::Accept, now, out)
                }
                Some(server::Event::Mail { pending, .. }) => {
                    self.recipients = 0;
                    session.answer(pending, Decision::Accept, now, out)
                }
                Some(server::Event::Rcpt { rcpt, pending }) => {
                    let path = rcpt.forward_path.to_string();
                    let odd = path.split('@').next().unwrap().ends_with(['1', '3', '5']);
                    self.recipients += usize::from(!odd);
                    let decision = if odd {
                        Decision::Reject(UNKNOWN)
                    } else {
                        Decision::Accept
                    };
                    session.answer(pending, decision, now, out)
                }
                Some(server::Event::Data { pending }) => {
                    self.content.clear();
                    session.answer(pending, Admission::Accept, now, out)
                }
                Some(server::Event::Content(piece)) => {
                    self.content.extend_from_slice(piece);
                    Ok(())
                }
                Some(server::Event::Message { pending, .. }) => {
                    self.messages.push((self.recipients, self.content.clone()));
                    session.answer(pending, Decision::Accept.into(), now, out)
                }
                Some(server::Event::Closed(_)) => {
                    self.is_over = true;
                    Ok(())
                }
                _ => Ok(()),
            }
            .unwrap();
            self.unread.drain(..step.consumed);
        }
        heard
    }
}

struct Outcomes {
    delivered: usize,
    messages: Vec<(usize, Vec<u8>)>,
    took: Duration,
}

struct Wire {
    segment: usize,
    delay: u64,
    to_server: Option<Fault>,
    to_client: Option<Fault>,
}

/// One message from the client to the server, until both are done.
fn converse(dialect: Dialect, recipients: usize, content: &[u8], wire: Wire) -> Outcomes {
    let began = Instant::now();
    let mut now = began;
    let lane = |fault| Lane::new(wire.segment, Duration::from_millis(wire.delay), fault);
    let (mut to_server, mut to_client) = (lane(wire.to_server), lane(wire.to_client));
    let policy = Policy::new(TlsMode::Off);
    let config = client::Config::new(dialect, policy, PeerLocation::Remote);
    let mut steps = VecDeque::from([Say::Hello, Say::Mail]);
    steps.extend((0..recipients).map(Say::Rcpt));
    steps.extend([Say::Data, Say::Content, Say::Quit]);
    let mut sender = Sender {
        session: client::Session::new(Arc::new(config), Channel::Plain, now),
        unread: Vec::new(),
        steps,
        content: content.to_vec(),
        delivered: 0,
        failed: false,
        is_over: false,
    };
    let role = if dialect == Dialect::Lmtp {
        Role::Lmtp
    } else {
        Role::Mx
    };
    let config = server::Config::new(
        "mx.example.test".parse().unwrap(),
        dialect,
        Listener::of(role),
    );
    let (mut from_client, mut from_server) = (BytesMut::new(), BytesMut::new());
    let session = server::Session::new(
        Arc::new(config),
        Peer::local(),
        Channel::Plain,
        now,
        &mut from_server,
    );
    let mut receiver = Receiver {
        session,
        unread: Vec::new(),
        recipients: 0,
        content: Vec::new(),
        messages: Vec::new(),
        is_over: false,
    };
    loop {
        let mut moved = to_server.receive(now, &mut receiver.unread);
        moved |= to_client.receive(now, &mut sender.unread);
        moved |= receiver.hear(now, &mut from_server);
        moved |= sender.hear(now, &from_client);
        if !sender.is_over {
            sender.act(now, &mut from_client);
        }
        for (out, lane) in [
            (&mut from_client, &mut to_server),
            (&mut from_server, &mut to_client),
        ] {
            if !out.is_empty() {
                lane.send(out.split().to_vec(), now);
                moved = true;
            }
        }
        // Who is over closes the connection.
        if receiver.is_over {
            to_client.ended.get_or_insert(now + to_client.delay);
        }
        if sender.is_over {
            to_server.ended.get_or_insert(now + to_server.delay);
        }
        if to_server.is_at_end(now) && !receiver.is_over {
            let _ = receiver.session.end_of_input();
            receiver.is_over = true;
            moved = true;
        }
        if to_client.is_at_end(now) && !sender.is_over {
            let _ = sender.session.end_of_input();
            sender.is_over = true;
            moved = true;
        }
        if sender.is_over && receiver.is_over {
            break;
        }
        if moved {
            continue;
        }
        // Time goes on to whatever happens next.
        let deadlines = [
            sender
                .session
                .deadline()
                .map(|it| it.at)
                .filter(|_| !sender.is_over),
            receiver
                .session
                .deadline()
                .map(|it| it.at)
                .filter(|_| !receiver.is_over),
            to_server.next(),
            to_client.next(),
        ];
        let next = deadlines.into_iter().flatten().filter(|at| *at > now).min();
        now = next.expect("somebody waits for something, or all is over");
        receiver.session.handle_timeout(now, &mut from_server);
        if !sender.is_over && sender.session.handle_timeout(now).is_err() {
            sender.is_over = true;
        }
    }
    Outcomes {
        delivered: sender.delivered,
        messages: receiver.messages,
        took: now - began,
    }
}

/// Content as it arrives: with CRLF line ends, and one at the end.
fn arrived(content: &[u8]) -> Vec<u8> {
    let text = String::from_utf8(content.to_vec()).unwrap();
    let text = text.replace("\r\n", "\n").replace('\n', "\r\n");
    if text.is_empty() || text.ends_with("\r\n") {
        text.into_bytes()
    } else {
        (text + "\r\n").into_bytes()
    }
}

/// How many verdicts a delivered message has.
fn verdicts(dialect: Dialect, accepted: usize) -> usize {
    match dialect {
        Dialect::Smtp => usize::from(accepted > 0),
        Dialect::Lmtp => accepted,
    }
}

fn dialects() -> impl Strategy<Value = Dialect> {
    prop_oneof![Just(Dialect::Smtp), Just(Dialect::Lmtp)]
}

fn faults() -> impl Strategy<Value = Fault> {
    let noise = prop_oneof![
        Just(b"250 2.0.0 OK\r\n".to_vec()),
        Just(b"421 4.3.2 Bye\r\n".to_vec()),
        Just(b"\r\n.\r\n".to_vec()),
        Just(b"QUIT\r\n".to_vec()),
        Just(b"\0\xff\n".to_vec()),
        prop::collection::vec(any::<u8>(), 1..40),
    ];
    prop_oneof![
        (0..600usize).prop_map(Fault::Close),
        (0..600usize).prop_map(Fault::Drop),
        (0..600usize, noise).prop_map(|(at, noise)| Fault::Inject(at, noise)),
    ]
}

proptest! {
    #[test]
    fn a_message_arrives_whole_over_any_wire(
        dialect in dialects(),
        recipients in 1..7usize,
        content in "(\\.?[a-z]{0,20}\r?\n){0,20}[a-z.]{0,5}",
        segment in 1..200usize,
        delay in 0..5000u64,
    ) {
        let wire = Wire { segment, delay, to_server: None, to_client: None };
        let seen = converse(dialect, recipients, content.as_bytes(), wire);
        let accepted = recipients.div_ceil(2);
        prop_assert_eq!(&seen.messages, &vec![(accepted, arrived(content.as_bytes()))]);
        prop_assert_eq!(seen.delivered, verdicts(dialect, accepted));
        // At most a round trip for each of the greeting, EHLO, a flight, the content and QUIT.
        prop_assert!(seen.took <= Duration::from_millis(delay * 12));
    }

    #[test]
    fn a_wire_that_breaks_loses_no_message_that_was_called_delivered(
        dialect in dialects(),
        recipients in 1..7usize,
        content in "(\\.?[a-z]{0,20}\r\n){0,20}",
        segment in 1..200usize,
        delay in 0..5000u64,
        at in 0..900usize,
        (closes, towards_server) in any::<(bool, bool)>(),
    ) {
        let fault = Some(if closes { Fault::Close(at) } else { Fault::Drop(at) });
        let (to_server, to_client) = if towards_server { (fault, None) } else { (None, fault) };
        let wire = Wire { segment, delay, to_server, to_client };
        let seen = converse(dialect, recipients, content.as_bytes(), wire);
        let accepted = recipients.div_ceil(2);
        // Part of a message is never a message.
        for message in &seen.messages {
            prop_assert_eq!(message, &(accepted, arrived(content.as_bytes())));
        }
        prop_assert!(seen.messages.len() <= 1);
        if seen.delivered > 0 {
            prop_assert_eq!(seen.messages.len(), 1);
        }
        // Nobody waits for ever.
        prop_assert!(seen.took < Duration::from_secs(3600));
    }

    #[test]
    fn a_wire_with_a_mind_of_its_own_ends_all_the_same(
        dialect in dialects(),
        recipients in 1..5usize,
        content in "(\\.?[a-z]{0,20}\r\n){0,10}",
        segment in 1..200usize,
        to_server in prop::option::of(faults()),
        to_client in prop::option::of(faults()),
    ) {
        let wire = Wire { segment, delay: 10, to_server, to_client };
        let seen = converse(dialect, recipients, content.as_bytes(), wire);
        prop_assert!(seen.took < Duration::from_secs(2 * 3600));
    }
}
