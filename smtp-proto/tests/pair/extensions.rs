//! A delivery to our server under every mix of extensions: what the message needs is offered and the
//! message arrives as it is, or is not and nothing of it is said.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use mailwire_smtp_proto::auth::PlainCredentials;
use mailwire_smtp_proto::auth::client::{Candidates, Plain};
use mailwire_smtp_proto::client::{self, NotNow};
use mailwire_smtp_proto::command::{MailBuf, RcptBuf};
use mailwire_smtp_proto::delivery::{
    Chunking, Delivery, EightBit, Failure, Fate, Handshake, Message, Outcome, Plan, Want,
};
use mailwire_smtp_proto::dialect::Dialect;
use mailwire_smtp_proto::ehlo::FutureReleaseOffer;
use mailwire_smtp_proto::params::{Body, DateTime, HoldFor, MailParameters, RcptParameters};
use mailwire_smtp_proto::peer::Peer;
use mailwire_smtp_proto::policy::outbound::{PeerLocation, Policy, TlsMode};
use mailwire_smtp_proto::policy::{Channel, Listener, Role, TlsMode as ServerTls};
use mailwire_smtp_proto::server::{self, Admission, Decision, Event};

use super::wire::Lane;

/// What may be switched on and off, a bit each.
const PIPELINING: u32 = 1;
const SIZE: u32 = 1 << 1;
const EIGHT_BIT: u32 = 1 << 2;
const UTF8: u32 = 1 << 3;
const CHUNKING: u32 = 1 << 4;
const BINARY: u32 = 1 << 5;
const DSN: u32 = 1 << 6;
const LATER: u32 = 1 << 7;
const PRIORITY: u32 = 1 << 8;
const REQUIRE_TLS: u32 = 1 << 9;
const ENHANCED: u32 = 1 << 10;
const LIMITS: u32 = 1 << 11;
/// STARTTLS on the server's side, and whoever wants it on the client's.
const TLS: u32 = 1 << 12;
/// The client's own choices.
const STEPWISE: u32 = 1 << 13;
const CHUNKS: u32 = 1 << 14;
/// All that a server offers.
const OFFERS: u32 = STEPWISE - 1;

/// A message, and all of what it needs.
struct Kind {
    content: &'static [u8],
    arrives: &'static [u8],
    parameters: &'static str,
    rcpt: &'static str,
    is_binary: bool,
    needs: u32,
}

const KINDS: [Kind; 7] = [
    Kind {
        content: b"Subject: x\n\n.dot\nlast",
        arrives: b"Subject: x\r\n\r\n.dot\r\nlast\r\n",
        parameters: "",
        rcpt: "",
        is_binary: false,
        needs: 0,
    },
    Kind {
        content: b"Subject: x\r\n\r\n\xE9\r\n",
        arrives: b"Subject: x\r\n\r\n\xE9\r\n",
        parameters: "",
        rcpt: "",
        is_binary: false,
        needs: EIGHT_BIT,
    },
    Kind {
        content: "Subject: \u{e9}\r\n\r\n".as_bytes(),
        arrives: "Subject: \u{e9}\r\n\r\n".as_bytes(),
        parameters: "",
        rcpt: "",
        is_binary: false,
        // SMTPUTF8 is not offered without 8BITMIME (RFC 6531 section 3.1).
        needs: EIGHT_BIT | UTF8,
    },
    Kind {
        content: b"Subject: x\r\n\r\n\0\r\n.\r\n\n\r",
        arrives: b"Subject: x\r\n\r\n\0\r\n.\r\n\n\r",
        parameters: "",
        rcpt: "",
        is_binary: true,
        needs: CHUNKING | BINARY,
    },
    Kind {
        content: b"a\r\n",
        arrives: b"a\r\n",
        parameters: "RET=HDRS ENVID=QQ+2D",
        rcpt: "NOTIFY=NEVER",
        is_binary: false,
        needs: DSN,
    },
    Kind {
        content: b"a\r\n",
        arrives: b"a\r\n",
        parameters: "BY=120;R HOLDFOR=60 MT-PRIORITY=3",
        rcpt: "",
        is_binary: false,
        needs: LATER | PRIORITY,
    },
    Kind {
        content: b"a\r\n",
        arrives: b"a\r\n",
        parameters: "REQUIRETLS",
        rcpt: "",
        is_binary: false,
        needs: REQUIRE_TLS | TLS,
    },
];

#[derive(Clone, Copy)]
struct Mix {
    bits: u32,
    dialect: Dialect,
}

impl Mix {
    const fn has(self, bits: u32) -> bool {
        self.bits & bits == bits
    }

    fn server(self) -> server::Config {
        let role = match self.dialect {
            Dialect::Smtp => Role::Mx,
            Dialect::Lmtp => Role::Lmtp,
        };
        let hostname = "mx.example.test".parse().unwrap();
        let mut config = server::Config::new(hostname, self.dialect, Listener::of(role));
        let offers = &mut config.extensions;
        offers.pipelining = self.has(PIPELINING);
        offers.eight_bit_mime = self.has(EIGHT_BIT);
        offers.smtputf8 = self.has(UTF8);
        offers.chunking = self.has(CHUNKING);
        offers.binary_mime = self.has(BINARY);
        offers.dsn = self.has(DSN);
        offers.deliver_by = self.has(LATER).then_some(0);
        offers.future_release = self.has(LATER).then(|| FutureReleaseOffer {
            interval: HoldFor::new(3600).unwrap(),
            date_time: DateTime::parse("2030-01-01T00:00:00Z").unwrap(),
        });
        offers.mt_priority = self.has(PRIORITY).then_some(None);
        offers.require_tls = self.has(REQUIRE_TLS);
        offers.enhanced_status_codes = self.has(ENHANCED);
        offers.limits = self.has(LIMITS);
        if !self.has(SIZE) {
            config.limits.message_size = None;
        }
        config.listener.tls = if self.has(TLS) {
            ServerTls::StartTlsOptional
        } else {
            ServerTls::None
        };
        config
    }

    fn client(self) -> client::Config {
        let policy = Policy::new(if self.has(TLS) {
            TlsMode::StartTlsRequired
        } else {
            TlsMode::Off
        });
        client::Config::new(self.dialect, policy, PeerLocation::Remote)
    }

    fn plan(self, kind: &Kind, recipients: usize) -> Plan {
        let message = if kind.is_binary {
            Message::binary(kind.content)
        } else {
            Message::of(kind.content)
        };
        let mail = MailBuf {
            reverse_path: "<a@client.example.test>".parse().unwrap(),
            parameters: MailParameters::parse(kind.parameters).unwrap().to_owned(),
        };
        let rcpt = |number| RcptBuf {
            forward_path: format!("<r{number}@example.test>").parse().unwrap(),
            parameters: RcptParameters::parse(kind.rcpt).unwrap().to_owned(),
        };
        let recipients = (0..recipients).map(rcpt).collect();
        let mut plan = Plan::new(
            "client.example.test".parse().unwrap(),
            mail,
            recipients,
            message,
        );
        plan.pipelining = !self.has(STEPWISE);
        if self.has(CHUNKS) {
            plan.chunking = Chunking::WhereOffered;
        }
        plan
    }
}

/// What the server took of a message.
#[derive(Debug, Default)]
struct Taken {
    mail: String,
    size: Option<u64>,
    body: Option<Body>,
    smtputf8: bool,
    recipients: usize,
    content: Vec<u8>,
    messages: usize,
    is_authenticated: bool,
}

enum Server {
    Session(Box<server::Session>),
    Upgrade(server::TlsUpgrade),
    Closed,
}

enum Client {
    Delivery(Box<Delivery>),
    Handshake(Box<Handshake>),
    Ended(Outcome),
}

struct Run {
    outcome: Outcome,
    taken: Taken,
    /// From the connection to the end of it all.
    took: Duration,
}

/// A delivery over a wire on which every octet takes `delay` from one end to the other.
fn run(
    plan: Plan,
    client: client::Config,
    server: server::Config,
    content: &[u8],
    delay: Duration,
) -> Run {
    let began = Instant::now();
    let mut now = began;
    let (mut to_server, mut to_client) = (
        Lane::new(usize::MAX, delay, None),
        Lane::new(usize::MAX, delay, None),
    );
    let (mut said, mut answered) = (BytesMut::new(), BytesMut::new());
    let (mut unread, mut unanswered) = (Vec::new(), Vec::new());
    let role = Peer::local();
    let session = server::Session::new(Arc::new(server), role, Channel::Plain, now, &mut answered);
    let mut server = Server::Session(Box::new(session));
    let delivery = Delivery::new(plan, Arc::new(client), Channel::Plain, now);
    let mut client = Client::Delivery(Box::new(delivery));
    let mut taken = Taken::default();
    let mut pieces = content.chunks(7);
    loop {
        to_server.receive(now, &mut unanswered);
        to_client.receive(now, &mut unread);
        server = match server {
            Server::Session(session) => {
                serve(session, &mut unanswered, &mut answered, &mut taken, now)
            }
            other => other,
        };
        client = match client {
            Client::Delivery(delivery) => drive(delivery, &mut unread, &mut said, &mut pieces, now),
            other => other,
        };
        // The handshake takes no time of its own.
        let mut moved = false;
        (server, client) = match (server, client) {
            (Server::Upgrade(upgrade), Client::Handshake(handshake)) => {
                moved = true;
                (
                    Server::Session(Box::new(upgrade.complete(Channel::Tls, now))),
                    Client::Delivery(Box::new(handshake.complete(Channel::Tls, now))),
                )
            }
            both => both,
        };
        for (out, lane) in [(&mut said, &mut to_server), (&mut answered, &mut to_client)] {
            if !out.is_empty() {
                lane.send(out.split().to_vec(), now);
                moved = true;
            }
        }
        if let Client::Ended(outcome) = client {
            return Run {
                outcome,
                taken,
                took: now - began,
            };
        }
        let next = [to_server.next(), to_client.next()]
            .into_iter()
            .flatten()
            .min();
        match next {
            Some(next) => now = now.max(next),
            None if moved => {}
            None => panic!("both sides wait for one another"),
        }
    }
}

fn serve(
    mut session: Box<server::Session>,
    unread: &mut Vec<u8>,
    out: &mut BytesMut,
    taken: &mut Taken,
    now: Instant,
) -> Server {
    while session.need(unread, now, out) == server::Need::Nothing {
        let step = session.advance(unread, now, out).unwrap();
        let consumed = step.consumed;
        match step.event {
            Some(Event::StartTls { pending }) => {
                unread.drain(..consumed);
                let upgrade = session.start_tls(pending, unread, now, out).unwrap();
                return Server::Upgrade(upgrade);
            }
            Some(Event::Hello { pending, .. }) => {
                session
                    .answer(pending, Admission::Accept, now, out)
                    .unwrap();
            }
            Some(Event::Auth { pending, .. }) => {
                taken.is_authenticated = true;
                session.answer(pending, Decision::Accept, now, out).unwrap();
            }
            Some(Event::Mail { mail, pending }) => {
                taken.mail = mail.parameters.to_string();
                taken.size = mail.parameters.size;
                taken.body = mail.parameters.body;
                taken.smtputf8 = mail.parameters.smtputf8;
                session.answer(pending, Decision::Accept, now, out).unwrap();
            }
            Some(Event::Rcpt { pending, .. }) => {
                taken.recipients += 1;
                session.answer(pending, Decision::Accept, now, out).unwrap();
            }
            Some(Event::Data { pending }) => {
                session
                    .answer(pending, Admission::Accept, now, out)
                    .unwrap();
            }
            Some(Event::Content(octets)) => taken.content.extend_from_slice(octets),
            Some(Event::Message { pending, .. }) => {
                taken.messages += 1;
                session
                    .answer(pending, Decision::Accept.into(), now, out)
                    .unwrap();
            }
            Some(Event::Refused(fault) | Event::MessageRefused(fault)) => {
                panic!("the client said what had to be refused: {fault}")
            }
            Some(Event::Closed(_)) => return Server::Closed,
            Some(Event::Reset) | None => {}
            Some(other) => panic!("{other:?}"),
        }
        unread.drain(..consumed);
    }
    Server::Session(session)
}

fn drive(
    mut delivery: Box<Delivery>,
    unread: &mut Vec<u8>,
    out: &mut BytesMut,
    pieces: &mut std::slice::Chunks<'_, u8>,
    now: Instant,
) -> Client {
    loop {
        let step = delivery.advance(unread, now, out);
        let (consumed, want) = (step.consumed, step.want);
        unread.drain(..consumed);
        match want {
            Want::Nothing => {}
            Want::Input | Want::Flush => return Client::Delivery(delivery),
            Want::Login => {
                let own = PlainCredentials::new("tim", "tanstaaf").unwrap();
                delivery.login(Candidates::new().with(Plain::new(own)), now, out);
            }
            Want::Handshake => {
                assert_eq!(out.len(), 0);
                let handshake = delivery.into_tls(unread, now).unwrap();
                return Client::Handshake(Box::new(handshake));
            }
            Want::Content => {
                let mut rest = pieces.clone();
                // The last piece with the end, but of an empty content.
                let said = match (rest.next(), rest.len()) {
                    (Some(piece), 0) => delivery.last_content(piece, unread, now, out),
                    (Some(piece), _) => delivery.content(piece, unread, now, out),
                    (None, _) => delivery.end_of_content(unread, now, out),
                };
                if said.is_ok() {
                    *pieces = rest;
                }
                assert!(matches!(said, Ok(()) | Err(NotNow::MustWait)), "{said:?}");
            }
            Want::End => return Client::Ended(delivery.into_outcome()),
        }
    }
}

#[test]
fn every_mix_of_extensions_in_smtp() {
    every_mix(Dialect::Smtp);
}

#[test]
fn every_mix_of_extensions_in_lmtp() {
    every_mix(Dialect::Lmtp);
}

/// Every mix of what a server offers with every kind of message; what the client chooses goes round.
fn every_mix(dialect: Dialect) {
    for offered in 0..=OFFERS {
        for (place, kind) in KINDS.iter().enumerate() {
            let chosen = (offered + u32::try_from(place).unwrap()) % 4;
            let bits = offered | (chosen * STEPWISE);
            if let Err(what) = try_mix(Mix { bits, dialect }, kind) {
                panic!("{bits:#017b} {dialect:?} {:?}: {what}", kind.parameters);
            }
        }
    }
}

fn try_mix(mix: Mix, kind: &Kind) -> Result<(), String> {
    let check = |holds: bool, what: &str| if holds { Ok(()) } else { Err(what.to_owned()) };
    let plan = mix.plan(kind, 2);
    let message = plan.message;
    let run = run(
        plan,
        mix.client(),
        mix.server(),
        kind.content,
        Duration::ZERO,
    );
    let Run { outcome, taken, .. } = run;
    if !mix.has(kind.needs) {
        check(
            matches!(
                outcome.failure,
                Some(Failure::Local(
                    NotNow::NotOffered(_) | NotNow::RequireTlsInClear
                ))
            ),
            &format!("it is not refused here: {outcome:?}"),
        )?;
        check(
            outcome.recipients.iter().all(|it| *it == Fate::NotSent),
            "somebody has a fate",
        )?;
        return check(
            taken.mail.is_empty() && taken.recipients == 0,
            "something was said of it",
        );
    }
    check(outcome.is_delivered(), &format!("{outcome:?}"))?;
    check(
        taken.messages == 1 && taken.recipients == 2,
        "it is not there once",
    )?;
    check(taken.content == kind.arrives, "it has changed")?;
    let size = message.size.filter(|_| mix.has(SIZE));
    check(taken.size == size, "SIZE")?;
    let body = match message.body {
        Body::SevenBit => None,
        other => Some(other),
    };
    check(
        taken.body == body && taken.smtputf8 == message.smtputf8,
        "BODY, SMTPUTF8",
    )?;
    let said = |word: &&str| taken.mail.contains(*word);
    check(
        kind.parameters.split(' ').all(|it| said(&it)),
        "a parameter is missing",
    )
}

/// The greeting, EHLO, the envelope with DATA, and the content: however many recipients there are.
#[test]
fn fifty_recipients_take_ehlo_and_two_round_trips() {
    let one_way = Duration::from_millis(100);
    let take = |bits, recipients| {
        let mix = Mix {
            bits,
            dialect: Dialect::Smtp,
        };
        let short = Kind {
            content: b"short\r\n",
            arrives: b"short\r\n",
            ..KINDS[0]
        };
        let run = run(
            mix.plan(&short, recipients),
            mix.client(),
            mix.server(),
            short.content,
            one_way,
        );
        assert!(run.outcome.is_delivered());
        // Without the way of the greeting, and the round trip of QUIT.
        (run.took - one_way).as_millis() / (one_way * 2).as_millis() - 1
    };
    assert_eq!(take(PIPELINING | SIZE | EIGHT_BIT, 50), 1 + 2);
    assert_eq!(take(PIPELINING | CHUNKING | CHUNKS, 50), 1 + 2);
    // EHLO, MAIL, each RCPT, DATA, and the content.
    assert_eq!(take(0, 50), 1 + 1 + 50 + 1 + 1);
    // EHLO, MAIL, each RCPT, and the content: DATA is saved.
    assert_eq!(take(CHUNKING, 50), 1 + 1 + 50 + 1);
    // In TLS: STARTTLS, and EHLO again.
    assert_eq!(take(PIPELINING | TLS, 50), 1 + 1 + 1 + 2);
}

#[test]
fn a_login_under_every_mix_that_matters_to_it() {
    for bits in 0..16 {
        let has = |bit| bits & bit != 0;
        let mut mix = Mix {
            bits: TLS,
            dialect: Dialect::Smtp,
        };
        for (own, bit) in [(1, PIPELINING), (2, CHUNKING), (4, STEPWISE), (8, CHUNKS)] {
            mix.bits |= if has(own) { bit } else { 0 };
        }
        let mut server = mix.server();
        server.listener = Listener::of(Role::Submission);
        let mut plan = mix.plan(&KINDS[0], 3);
        plan.login = true;
        plan.eight_bit = EightBit::Refuse;
        let run = run(plan, mix.client(), server, KINDS[0].content, Duration::ZERO);
        assert!(
            run.outcome.is_delivered() && run.outcome.authenticated,
            "{:?}",
            run.outcome
        );
        assert!(run.taken.is_authenticated);
        assert_eq!(run.taken.content, KINDS[0].arrives);
    }
}
