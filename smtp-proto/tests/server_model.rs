//! The server session against a model of it: what RFC 5321, 3030, 2033, 2920, 3207 and 4954 say of
//! the order of commands, written down once more and differently, without a table and without a
//! session. Streams of commands, with answers, cuts and waits at random, have to be answered with the
//! codes that the model expects.
//!
//! `MODEL_CASES` sets the number of streams; each is 1 to 60 commands. With 350,000 of them, which are
//! 10,741,992 commands, there was no difference (2026-11-28; half a minute with `--release`).

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

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use mailwire_smtp_proto::dialect::Dialect;
use mailwire_smtp_proto::peer::Peer;
use mailwire_smtp_proto::policy::{AuthRule, Channel, CleartextAuth, Listener, Role};
use mailwire_smtp_proto::reply::Reply;
use mailwire_smtp_proto::server::{Admission, Config, Decision, Event, Need, Refuse, Session};
use proptest::prelude::*;
use proptest::test_runner::{Config as Runs, TestRunner};

const RECIPIENTS: usize = 3;
const MESSAGE: usize = 40;

/// What a client says, and what the embedder thinks of it.
#[derive(Clone, Debug)]
enum Command {
    Helo(bool),
    Ehlo(bool),
    Lhlo(bool),
    Mail {
        binary: bool,
        yes: bool,
    },
    Rcpt(bool),
    Data {
        lines: u8,
        damaged: bool,
        yes: bool,
        taken: bool,
    },
    Bdat {
        octets: u8,
        last: bool,
        damaged: bool,
        yes: bool,
        taken: bool,
    },
    Rset,
    Noop,
    Vrfy,
    Expn,
    Help,
    Etrn,
    StartTls,
    Auth(bool),
    Xclient {
        says: Says,
        yes: bool,
    },
    Xforward(Says),
    Unknown,
    TooLong,
    Damaged,
    Wait,
    Quit,
}

/// What XCLIENT or XFORWARD says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    Nothing,
    Nonsense,
    Port,
    Address,
    Login,
}

impl Says {
    const fn text(self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::Nonsense => " PORT=7 HELO",
            Self::Port => " PORT=7 HELO=a",
            Self::Address => " ADDR=192.0.2.7",
            Self::Login => " PORT=7 LOGIN=a",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Hello {
    None,
    Plain,
    Extended,
}

#[derive(Default)]
struct Transaction {
    binary: bool,
    accepted: usize,
    refused: bool,
    /// Octets of chunks so far, once there was one.
    chunks: Option<usize>,
    spoiled: bool,
}

struct Model {
    dialect: Dialect,
    hello: Hello,
    authenticated: bool,
    /// Nobody has said that the client is somebody else.
    is_proxy: bool,
    transaction: Option<Transaction>,
    over: bool,
}

impl Model {
    const fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            hello: Hello::None,
            authenticated: false,
            is_proxy: true,
            transaction: None,
            over: false,
        }
    }

    /// What the client sends, and the codes it gets, a reply each.
    fn meet(&mut self, command: &Command) -> (Vec<u8>, Vec<u16>) {
        let line = |text: &str| format!("{text}\r\n").into_bytes();
        match command {
            Command::Helo(yes) => (
                line("HELO a.example"),
                vec![self.greet(Hello::Plain, false, *yes)],
            ),
            Command::Ehlo(yes) => (
                line("EHLO a.example"),
                vec![self.greet(Hello::Extended, false, *yes)],
            ),
            Command::Lhlo(yes) => (
                line("LHLO a.example"),
                vec![self.greet(Hello::Extended, true, *yes)],
            ),
            Command::Mail { binary, yes } => {
                let text = if *binary {
                    "MAIL FROM:<> BODY=BINARYMIME"
                } else {
                    "MAIL FROM:<>"
                };
                (line(text), vec![self.mail(*binary, *yes)])
            }
            Command::Rcpt(yes) => (line("RCPT TO:<a@example.test>"), vec![self.rcpt(*yes)]),
            Command::Data {
                lines,
                damaged,
                yes,
                taken,
            } => self.data(*lines, *damaged, *yes, *taken),
            Command::Bdat {
                octets,
                last,
                damaged,
                yes,
                taken,
            } => {
                let mut content = vec![b'x'; usize::from(*octets)];
                if let (true, Some(first)) = (*damaged, content.first_mut()) {
                    *first = b'\n';
                }
                let mut sent = line(&format!(
                    "BDAT {octets}{}",
                    if *last { " LAST" } else { "" }
                ));
                sent.extend_from_slice(&content);
                (
                    sent,
                    self.bdat(content.len(), *last, *damaged && *octets > 0, *yes, *taken),
                )
            }
            Command::Rset => {
                self.transaction = None;
                (line("RSET"), vec![250])
            }
            Command::Noop => (line("NOOP x"), vec![250]),
            Command::Vrfy => (line("VRFY a"), vec![252]),
            Command::Expn => (line("EXPN a"), vec![502]),
            Command::Help => (line("HELP"), vec![214]),
            Command::Etrn => (line("ETRN a.example"), vec![502]),
            Command::StartTls => {
                let code = if self.hello == Hello::Extended && self.transaction.is_none() {
                    454
                } else {
                    503
                };
                (line("STARTTLS"), vec![code])
            }
            Command::Auth(yes) => (line("AUTH PLAIN AGEAYg=="), vec![self.auth(*yes)]),
            Command::Xclient { says, yes } => (
                line(&format!("XCLIENT{}", says.text())),
                vec![self.xclient(*says, *yes)],
            ),
            Command::Xforward(says) => (
                line(&format!("XFORWARD{}", says.text())),
                vec![self.xforward(*says)],
            ),
            Command::Unknown => (line("FOO bar"), vec![500]),
            Command::TooLong => (line(&"NOOP ".repeat(1000)), vec![500]),
            Command::Damaged => (b"NOOP\nRSET\r\n".to_vec(), vec![500]),
            Command::Wait => {
                self.over = true;
                (Vec::new(), vec![421])
            }
            Command::Quit => {
                self.over = true;
                (line("QUIT"), vec![221])
            }
        }
    }

    /// RFC 5321 section 4.1.4, RFC 2033 section 4.1.
    fn greet(&mut self, hello: Hello, lmtp: bool, yes: bool) -> u16 {
        if lmtp != (self.dialect == Dialect::Lmtp) {
            return 500;
        }
        if !yes {
            return 550;
        }
        self.hello = hello;
        self.transaction = None;
        250
    }

    /// Postfix's XCLIENT_README: as on a fresh connection, but for what is said.
    fn xclient(&mut self, says: Says, yes: bool) -> u16 {
        if self.transaction.is_some() {
            return 503;
        }
        match says {
            Says::Nothing => return 501,
            _ if !self.is_proxy => return 550,
            Says::Nonsense => return 501,
            _ if !yes => return 451,
            Says::Address => self.is_proxy = false,
            Says::Port | Says::Login => {}
        }
        self.hello = Hello::None;
        self.authenticated = says == Says::Login;
        220
    }

    /// Postfix's XFORWARD_README, where LOGIN is no attribute.
    fn xforward(&self, says: Says) -> u16 {
        if self.hello != Hello::Extended || self.transaction.is_some() {
            return 503;
        }
        match says {
            Says::Nothing => 501,
            _ if !self.is_proxy => 550,
            Says::Nonsense | Says::Login => 501,
            Says::Port | Says::Address => 250,
        }
    }

    fn mail(&mut self, binary: bool, yes: bool) -> u16 {
        if self.hello == Hello::None || self.transaction.is_some() {
            return 503;
        }
        if binary && self.hello == Hello::Plain {
            return 555;
        }
        if !yes {
            return 550;
        }
        self.transaction = Some(Transaction {
            binary,
            ..Transaction::default()
        });
        250
    }

    fn rcpt(&mut self, yes: bool) -> u16 {
        let Some(transaction) = &mut self.transaction else {
            return 503;
        };
        if transaction.chunks.is_some() || transaction.spoiled {
            return 503;
        }
        if transaction.accepted >= RECIPIENTS {
            transaction.refused = true;
            return 452;
        }
        if !yes {
            transaction.refused = true;
            return 550;
        }
        transaction.accepted += 1;
        250
    }

    /// RFC 5321 section 3.3, RFC 2920 section 3.2; RFC 2033 section 4.2.
    fn nobody(&self) -> u16 {
        let refused = self.transaction.as_ref().is_some_and(|it| it.refused);
        if refused && self.dialect == Dialect::Smtp {
            554
        } else {
            503
        }
    }

    fn data(&mut self, lines: u8, damaged: bool, yes: bool, taken: bool) -> (Vec<u8>, Vec<u16>) {
        let command = b"DATA\r\n".to_vec();
        let Some(transaction) = &self.transaction else {
            return (command, vec![503]);
        };
        if transaction.chunks.is_some() || transaction.spoiled {
            return (command, vec![503]);
        }
        if transaction.accepted == 0 {
            return (command, vec![self.nobody()]);
        }
        // RFC 3030 section 3.
        if transaction.binary {
            return (command, vec![503]);
        }
        if !yes {
            return (command, vec![451]);
        }
        let content = b"..abcdefg\r\n".repeat(usize::from(lines));
        // The dot of each line goes.
        let octets = usize::from(lines) * 10 + if damaged { 1 } else { 0 };
        let mut sent = command;
        sent.extend_from_slice(&content);
        if damaged {
            sent.extend_from_slice(b"\n.\nQUIT\r\n");
        }
        sent.extend_from_slice(b".\r\n");
        let octets = if damaged { octets + 8 } else { octets };
        // What goes wrong first is told: the damage is behind so many octets.
        let code = if damaged && usize::from(lines) * 10 <= MESSAGE {
            550
        } else if octets > MESSAGE {
            552
        } else if damaged {
            550
        } else if taken {
            250
        } else {
            451
        };
        let mut codes = vec![354];
        codes.extend(self.verdicts(code));
        (sent, codes)
    }

    /// One for each recipient in LMTP (RFC 2033 section 4.2); the transaction is over.
    fn verdicts(&mut self, code: u16) -> Vec<u16> {
        let accepted = self.transaction.take().map_or(0, |it| it.accepted);
        match self.dialect {
            Dialect::Smtp => vec![code],
            Dialect::Lmtp => vec![code; accepted],
        }
    }

    /// RFC 3030 section 2.
    fn bdat(
        &mut self,
        octets: usize,
        last: bool,
        damaged: bool,
        yes: bool,
        taken: bool,
    ) -> Vec<u16> {
        let nobody = self.nobody();
        let Some(transaction) = &mut self.transaction else {
            return vec![503];
        };
        let first = transaction.chunks.is_none();
        let sum = transaction.chunks.unwrap_or(0) + octets;
        let refusal = if transaction.spoiled {
            Some(503)
        } else if transaction.accepted == 0 {
            Some(nobody)
        } else if self.hello != Hello::Extended {
            Some(503)
        } else if sum > MESSAGE {
            Some(552)
        } else if first && !yes {
            Some(451)
        } else {
            None
        };
        if let Some(code) = refusal {
            transaction.spoiled = true;
            // RFC 2033 section 4.2: the last chunk has a reply for each recipient accepted,
            // whatever was wrong with it.
            return if last && transaction.accepted > 0 {
                self.verdicts(code)
            } else {
                if last {
                    self.transaction = None;
                }
                vec![code]
            };
        }
        transaction.chunks = Some(sum);
        let damaged = damaged && !transaction.binary;
        match (last, damaged) {
            (true, true) => self.verdicts(550),
            (true, false) => self.verdicts(if taken { 250 } else { 451 }),
            (false, true) => {
                transaction.spoiled = true;
                vec![550]
            }
            (false, false) => vec![250],
        }
    }

    fn auth(&mut self, yes: bool) -> u16 {
        if self.authenticated || self.hello != Hello::Extended || self.transaction.is_some() {
            return 503;
        }
        if !yes {
            return 535;
        }
        self.authenticated = true;
        235
    }
}

fn commands() -> impl Strategy<Value = Vec<Command>> {
    let command = prop_oneof![
        2 => any::<bool>().prop_map(Command::Helo),
        6 => prop::bool::weighted(0.9).prop_map(Command::Ehlo),
        6 => prop::bool::weighted(0.9).prop_map(Command::Lhlo),
        8 => (any::<bool>(), prop::bool::weighted(0.9)).prop_map(|(binary, yes)| Command::Mail { binary, yes }),
        10 => prop::bool::weighted(0.7).prop_map(Command::Rcpt),
        6 => (0..6u8, prop::bool::weighted(0.2), prop::bool::weighted(0.9), any::<bool>())
            .prop_map(|(lines, damaged, yes, taken)| Command::Data { lines, damaged, yes, taken }),
        10 => (0..30u8, prop::bool::weighted(0.3), prop::bool::weighted(0.2), prop::bool::weighted(0.9), any::<bool>())
            .prop_map(|(octets, last, damaged, yes, taken)| Command::Bdat { octets, last, damaged, yes, taken }),
        2 => Just(Command::Rset),
        1 => Just(Command::Noop),
        1 => Just(Command::Vrfy),
        1 => Just(Command::Expn),
        1 => Just(Command::Help),
        1 => Just(Command::Etrn),
        1 => Just(Command::StartTls),
        2 => any::<bool>().prop_map(Command::Auth),
        2 => (says(), prop::bool::weighted(0.8)).prop_map(|(says, yes)| Command::Xclient { says, yes }),
        2 => says().prop_map(Command::Xforward),
        1 => Just(Command::Unknown),
        1 => Just(Command::TooLong),
        1 => Just(Command::Damaged),
    ];
    let end = prop_oneof![
        Just(None),
        Just(Some(Command::Wait)),
        Just(Some(Command::Quit))
    ];
    (prop::collection::vec(command, 1..60), end).prop_map(|(mut commands, end)| {
        commands.extend(end);
        commands
    })
}

fn says() -> impl Strategy<Value = Says> {
    prop_oneof![
        1 => Just(Says::Nothing),
        1 => Just(Says::Nonsense),
        3 => Just(Says::Port),
        1 => Just(Says::Address),
        3 => Just(Says::Login),
    ]
}

/// The session, and what the embedder thinks of the command that is being answered.
struct Talk {
    session: Session,
    now: Instant,
    out: BytesMut,
    unread: Vec<u8>,
}

const NO: Reply = Reply::fixed(550, (5, 7, 1), "No");
const LATER: Reply = Reply::fixed(451, (4, 3, 0), "Later");
const BAD: Reply = Reply::fixed(535, (5, 7, 8), "Bad");
const NO_TLS: Reply = Reply::fixed(454, (4, 7, 0), "No TLS");

impl Talk {
    fn new(dialect: Dialect) -> Self {
        let mut listener = Listener::of(Role::Mx);
        listener.auth = AuthRule::Optional;
        listener.cleartext_auth = CleartextAuth::Allow;
        let mut config = Config::new("mx.example.test".parse().unwrap(), dialect, listener);
        config.extensions.binary_mime = true;
        config.xclient.local_socket = true;
        config.xforward.local_socket = true;
        let limits = &mut config.limits;
        limits.recipients = RECIPIENTS;
        limits.message_size = Some(MESSAGE as u64);
        // Those are tested by themselves.
        limits.faults = u32::MAX;
        limits.idle_commands = u32::MAX;
        limits.unknown_commands = u32::MAX;
        limits.auth_failures = u32::MAX;
        let (now, mut out) = (Instant::now(), BytesMut::new());
        let session = Session::new(
            Arc::new(config),
            Peer::local(),
            Channel::Plain,
            now,
            &mut out,
        );
        out.clear();
        Self {
            session,
            now,
            out,
            unread: Vec::new(),
        }
    }

    fn hear(&mut self, piece: &[u8], command: &Command) {
        self.unread.extend_from_slice(piece);
        let Self {
            session,
            now,
            out,
            unread,
        } = self;
        let now = *now;
        let mut consumed = 0;
        while session.need(&unread[consumed..], now, out) == Need::Nothing {
            let step = session.advance(&unread[consumed..], now, out).unwrap();
            consumed += step.consumed;
            let decide = |yes: bool, no: Reply| {
                if yes {
                    Decision::Accept
                } else {
                    Decision::Reject(no)
                }
            };
            let admit = |yes: bool, no: Reply| {
                if yes {
                    Admission::Accept
                } else {
                    Admission::Reject(no)
                }
            };
            match (step.event, command) {
                (
                    Some(Event::Hello { pending, .. }),
                    Command::Helo(yes) | Command::Ehlo(yes) | Command::Lhlo(yes),
                ) => session.answer(pending, admit(*yes, NO), now, out),
                (Some(Event::Mail { pending, .. }), Command::Mail { yes, .. }) => {
                    session.answer(pending, decide(*yes, NO), now, out)
                }
                (Some(Event::Rcpt { pending, .. }), Command::Rcpt(yes)) => {
                    session.answer(pending, decide(*yes, NO), now, out)
                }
                (
                    Some(Event::Data { pending }),
                    Command::Data { yes, .. } | Command::Bdat { yes, .. },
                ) => session.answer(pending, admit(*yes, LATER), now, out),
                (
                    Some(Event::Message { pending, .. }),
                    Command::Data { taken, .. } | Command::Bdat { taken, .. },
                ) => session.answer(pending, decide(*taken, LATER).into(), now, out),
                (Some(Event::Auth { pending, .. }), Command::Auth(yes)) => {
                    session.answer(pending, decide(*yes, BAD), now, out)
                }
                (Some(Event::Xclient { pending, .. }), Command::Xclient { yes, .. }) => {
                    session.answer(pending, admit(*yes, LATER), now, out)
                }
                (Some(Event::StartTls { pending }), Command::StartTls) => {
                    session.answer(pending, Refuse(NO_TLS), now, out)
                }
                (Some(Event::Closed(_)), _) => break,
                (
                    None
                    | Some(
                        Event::Content(_)
                        | Event::Reset
                        | Event::Refused(_)
                        | Event::MessageRefused(_),
                    ),
                    _,
                ) => Ok(()),
                (Some(event), command) => panic!("{event:?} to {command:?}"),
            }
            .unwrap();
        }
        unread.drain(..consumed);
    }

    /// The code of each reply so far.
    fn codes(&mut self) -> Vec<u16> {
        let out = self.out.split();
        let text = std::str::from_utf8(&out).unwrap();
        text.split_inclusive("\r\n")
            .map(|line| line.strip_suffix("\r\n").expect("whole lines"))
            .filter(|line| line.as_bytes().get(3) == Some(&b' '))
            .map(|line| line[..3].parse().unwrap())
            .collect()
    }
}

#[test]
fn the_session_answers_as_the_model_does() {
    let cases = std::env::var("MODEL_CASES")
        .ok()
        .and_then(|it| it.parse().ok())
        .unwrap_or(400);
    let steps = AtomicU64::new(0);
    let mut runner = TestRunner::new(Runs {
        cases,
        failure_persistence: None,
        ..Runs::default()
    });
    let stream = (
        commands(),
        any::<bool>(),
        prop::collection::vec(1..40usize, 1..20),
    );
    let result = runner.run(&stream, |(commands, lmtp, cuts)| {
        let dialect = if lmtp { Dialect::Lmtp } else { Dialect::Smtp };
        let (mut model, mut talk) = (Model::new(dialect), Talk::new(dialect));
        let mut cuts = cuts.iter().cycle();
        for (place, command) in commands.iter().enumerate() {
            let (sent, expected) = model.meet(command);
            let mut rest = &sent[..];
            while !rest.is_empty() {
                let cut = (*cuts.next().unwrap()).min(rest.len());
                talk.hear(&rest[..cut], command);
                rest = &rest[cut..];
            }
            if matches!(command, Command::Wait) {
                talk.now += Duration::from_secs(300);
                talk.session.handle_timeout(talk.now, &mut talk.out);
            }
            steps.fetch_add(1, Ordering::Relaxed);
            prop_assert_eq!(talk.codes(), expected, "{:?} at {}", command, place);
            prop_assert_eq!(
                talk.session.is_closed(),
                model.over,
                "{:?} at {}",
                command,
                place
            );
        }
        Ok(())
    });
    println!("{} steps", steps.load(Ordering::Relaxed));
    if let Err(error) = result {
        panic!("{error}");
    }
}
