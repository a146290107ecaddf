//! What the server session does that no conversation can show: what depends on how the input was
//! cut, tokens in the wrong hands, and every state of the tables by the session itself.

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
use mailwire_smtp_proto::dialect::Dialect;
use mailwire_smtp_proto::error::Misuse;
use mailwire_smtp_proto::peer::Peer;
use mailwire_smtp_proto::policy::{AuthRule, Channel, CleartextAuth, Listener, Role};
use mailwire_smtp_proto::reply::Reply;
use mailwire_smtp_proto::server::{
    Admission, Closing, Config, Decision, EarlyTalk, Error, Event, Need, Pending, Pregreeting,
    Session, Verdict, ask,
};
use mailwire_smtp_proto::table::{Cell, Next, Outcome, Phase, Position, Question, on_outcome};
use mailwire_smtp_proto::verb::Verb;

fn config(dialect: Dialect) -> Config {
    let mut listener = Listener::of(Role::Mx);
    listener.auth = AuthRule::Optional;
    listener.cleartext_auth = CleartextAuth::Allow;
    let mut config = Config::new("mx.example.test".parse().unwrap(), dialect, listener);
    config.extensions.etrn = true;
    config.extensions.vrfy = true;
    config.extensions.expn = true;
    config.xclient.local_socket = true;
    config.xforward.local_socket = true;
    config
}

struct Talk {
    session: Session,
    now: Instant,
    out: BytesMut,
}

impl Talk {
    fn new(config: Config) -> Self {
        let (now, mut out) = (Instant::now(), BytesMut::new());
        let session = Session::new(
            Arc::new(config),
            Peer::local(),
            Channel::Plain,
            now,
            &mut out,
        );
        Self { session, now, out }
    }

    /// What is said to the whole input, every question answered with yes.
    fn say(&mut self, input: &[u8]) -> String {
        self.out.clear();
        let mut rest = input;
        while self.session.need(rest, self.now, &self.out) == Need::Nothing {
            let consumed = self.step(rest);
            rest = &rest[consumed..];
            if self.session.is_closed() {
                break;
            }
        }
        String::from_utf8(self.out.to_vec()).unwrap()
    }

    fn step(&mut self, input: &[u8]) -> usize {
        let (session, now, out) = (&mut self.session, self.now, &mut self.out);
        let step = session.advance(input, now, out).unwrap();
        match step.event {
            Some(Event::Hello { pending, .. }) => {
                session.answer(pending, Admission::Accept, now, out)
            }
            Some(Event::Data { pending }) => session.answer(pending, Admission::Accept, now, out),
            Some(Event::Auth { pending, .. }) => {
                session.answer(pending, Decision::Accept, now, out)
            }
            Some(Event::Mail { pending, .. }) => {
                session.answer(pending, Decision::Accept, now, out)
            }
            Some(Event::Rcpt { pending, .. }) => {
                session.answer(pending, Decision::Accept, now, out)
            }
            Some(Event::Verify { pending, .. }) => {
                session.answer(pending, Decision::Accept, now, out)
            }
            Some(Event::Xclient { pending, .. }) => {
                session.answer(pending, Admission::Accept, now, out)
            }
            Some(Event::Etrn { pending, .. }) => {
                session.answer(pending, Decision::Accept, now, out)
            }
            Some(Event::Message { pending, .. }) => {
                session.answer(pending, Decision::Accept.into(), now, out)
            }
            Some(Event::StartTls { .. }) => Ok(()),
            _ => Ok(()),
        }
        .unwrap();
        step.consumed
    }
}

const EARLY: &str = "554 5.5.0 Protocol synchronisation: wait for the reply\r\n";

#[test]
fn talking_behind_a_command_that_has_to_be_the_last() {
    let flight = |input: &str| format!("{input}\r\nNOOP\r\n");
    for (before, line, is_early) in [
        ("", "EHLO a.example", true),
        ("", "HELO a.example", true),
        ("EHLO a.example\r\n", "NOOP", true),
        ("EHLO a.example\r\n", "VRFY a", true),
        ("EHLO a.example\r\n", "EXPN a", true),
        ("EHLO a.example\r\n", "AUTH PLAIN AGEAYg==", true),
        // RFC 4954 section 4: the client waits for what becomes of its response.
        ("EHLO a.example\r\nAUTH PLAIN\r\n", "AGEAYg==", true),
        ("EHLO a.example\r\n", "ETRN a.example", true),
        ("", "XCLIENT PORT=1", true),
        ("EHLO a.example\r\n", "XCLIENT PORT=1", true),
        ("EHLO a.example\r\n", "XFORWARD PORT=1", false),
        ("EHLO a.example\r\n", "HELP", false),
        ("EHLO a.example\r\n", "RSET", false),
        ("EHLO a.example\r\n", "MAIL FROM:<>", false),
        // Without PIPELINING every command has to be the last.
        ("HELO a.example\r\n", "MAIL FROM:<>", true),
        ("HELO a.example\r\n", "RSET", true),
        ("HELO a.example\r\n", "FOO", true),
        (
            "EHLO a.example\r\nMAIL FROM:<>\r\nRCPT TO:<a@example.test>\r\n",
            "DATA",
            true,
        ),
        (
            "EHLO a.example\r\nMAIL FROM:<>\r\nRCPT TO:<a@example.test>\r\n",
            "RCPT TO:<b@example.test>",
            false,
        ),
        (
            "EHLO a.example\r\nMAIL FROM:<>\r\nRCPT TO:<a@example.test>\r\n",
            "BDAT 0",
            false,
        ),
        ("EHLO a.example\r\n", "QUIT", false),
    ] {
        for rule in [EarlyTalk::Reject, EarlyTalk::Note, EarlyTalk::Allow] {
            let mut config = config(Dialect::Smtp);
            config.early_talk = rule;
            let mut talk = Talk::new(config);
            for command in before.split_inclusive("\r\n") {
                talk.say(command.as_bytes());
            }
            assert!(!talk.session.talked_early(), "{before:?}");
            let said = talk.say(flight(line).as_bytes());
            assert_eq!(
                said.ends_with(EARLY),
                is_early && rule == EarlyTalk::Reject,
                "{line} {rule:?}: {said}"
            );
            assert_eq!(
                talk.session.talked_early(),
                is_early && rule != EarlyTalk::Allow,
                "{line} {rule:?}"
            );
        }
    }
}

#[test]
fn hello_and_quit_in_one_flight_is_let_go() {
    let mut config = config(Dialect::Smtp);
    config.early_talk = EarlyTalk::Reject;
    for (flight, is_early) in [
        ("EHLO a.example\r\nQUIT\r\n", false),
        ("HELO a.example\r\nquit\r\n", false),
        ("EHLO a.example\r\nQUIT\r\nNOOP\r\n", true),
        ("EHLO a.example\r\nQUI", true),
    ] {
        let said = Talk::new(config.clone()).say(flight.as_bytes());
        assert_eq!(said.ends_with(EARLY), is_early, "{flight:?}: {said}");
    }
}

#[test]
fn talking_before_the_greeting() {
    for (rule, unread, said, early) in [
        (EarlyTalk::Reject, "EHLO a\r\n", EARLY, true),
        (
            EarlyTalk::Reject,
            "",
            "220 mx.example.test ESMTP\r\n",
            false,
        ),
        (EarlyTalk::Note, "E", "220 mx.example.test ESMTP\r\n", true),
        (
            EarlyTalk::Allow,
            "E",
            "220 mx.example.test ESMTP\r\n",
            false,
        ),
    ] {
        let mut config = config(Dialect::Smtp);
        config.early_talk = rule;
        config.timeouts.pregreeting = Duration::from_secs(6);
        let (now, mut out) = (Instant::now(), BytesMut::new());
        let waiting = Pregreeting::new(Arc::new(config), Peer::local(), Channel::Plain, now);
        assert_eq!(waiting.deadline().unwrap().at, now + Duration::from_secs(6));
        let session = waiting.greet(unread.as_bytes(), now, &mut out);
        assert_eq!(std::str::from_utf8(&out).unwrap(), said, "{rule:?}");
        assert_eq!(session.talked_early(), early);
        assert_eq!(session.is_closed(), said == EARLY);
    }
}

fn mail_token(talk: &mut Talk) -> Pending<ask::Mail> {
    let step = talk
        .session
        .advance(b"MAIL FROM:<>\r\n", talk.now, &mut talk.out);
    let Some(Event::Mail { pending, .. }) = step.unwrap().event else {
        panic!("no MAIL");
    };
    pending
}

#[test]
fn a_token_answers_its_own_question_only() {
    let mut one = Talk::new(config(Dialect::Smtp));
    let mut other = Talk::new(config(Dialect::Smtp));
    one.say(b"EHLO a.example\r\n");
    other.say(b"EHLO a.example\r\n");
    let (of_one, of_other) = (mail_token(&mut one), mail_token(&mut other));
    let before = other.out.clone();
    let stale = Err(Error::Misuse(Misuse::StaleToken));
    let answered = other
        .session
        .answer(of_one, Decision::Accept, other.now, &mut other.out);
    assert_eq!(answered, stale);
    assert_eq!(other.out, before, "nothing was said");
    let answered = other
        .session
        .answer(of_other, Decision::Accept, other.now, &mut other.out);
    assert_eq!(answered, Ok(()));
    assert_eq!(other.session.phase(), Phase::Mail);
    assert_eq!(one.session.phase(), Phase::Ehlo);
}

#[test]
fn recipients_are_answered_once_and_those_there_are() {
    let mut talk = Talk::new(config(Dialect::Lmtp));
    talk.say(b"LHLO a.example\r\n");
    talk.say(b"MAIL FROM:<>\r\nRCPT TO:<a@example.test>\r\nRCPT TO:<b@example.test>\r\nDATA\r\n");
    let step = talk.session.advance(b".\r\n", talk.now, &mut talk.out);
    let Some(Event::Message { pending, .. }) = step.unwrap().event else {
        panic!("no message");
    };
    talk.out.clear();
    let mut answer = |recipient, decision: Decision| {
        let Talk { session, now, out } = &mut talk;
        session.answer_recipient(&pending, recipient, decision, *now, out)
    };
    let none = |recipient| Err(Error::Misuse(Misuse::Recipient(recipient)));
    assert_eq!(answer(2, Decision::Accept), none(2));
    assert_eq!(answer(1, Decision::Accept), Ok(()));
    assert_eq!(answer(1, Decision::Accept), none(1));
    assert_eq!(answer(0, Decision::Accept), Ok(()));
    // All have been answered, so the question is as well.
    let stale = Err(Error::Misuse(Misuse::StaleToken));
    assert_eq!(answer(0, Decision::Accept), stale);
    assert_eq!(talk.out, "250 2.0.0 Message accepted\r\n".repeat(2));
    assert_eq!(talk.session.phase(), Phase::Ehlo);
}

#[test]
fn one_of_several_verdicts_cannot_be_421() {
    const BUSY: Reply = Reply::fixed(421, (4, 3, 2), "Busy");
    let message = |talk: &mut Talk| {
        talk.say(b"LHLO a.example\r\n");
        talk.say(
            b"MAIL FROM:<>\r\nRCPT TO:<a@example.test>\r\nRCPT TO:<b@example.test>\r\nDATA\r\n",
        );
        let step = talk.session.advance(b".\r\n", talk.now, &mut talk.out);
        talk.out.clear();
        match step.unwrap().event {
            Some(Event::Message { pending, .. }) => pending,
            other => panic!("{other:?}"),
        }
    };
    let mut talk = Talk::new(config(Dialect::Lmtp));
    let pending = message(&mut talk);
    let each = vec![Decision::Accept, Decision::Reject(BUSY)];
    let Talk { session, now, out } = &mut talk;
    let answered = session.answer(pending, Verdict::Each(each), *now, out);
    assert_eq!(answered, Err(Error::Misuse(Misuse::ReplyClass)));
    assert_eq!(out, "421 4.3.0 Local error; closing connection\r\n");
    assert!(session.is_closed());
    // For all of them it is said once.
    let mut talk = Talk::new(config(Dialect::Lmtp));
    let pending = message(&mut talk);
    let Talk { session, now, out } = &mut talk;
    let all = Verdict::All(Decision::Reject(BUSY));
    assert_eq!(session.answer(pending, all, *now, out), Ok(()));
    assert_eq!(out, "421 4.3.2 Busy\r\n");
    let step = session.advance(b"", *now, out).unwrap();
    assert!(matches!(step.event, Some(Event::Closed(Closing::Refused))));
}

#[test]
fn nothing_is_taken_while_too_much_is_unsent() {
    let mut talk = Talk::new(config(Dialect::Smtp));
    let limit = talk.session.config().limits.unsent_output;
    talk.out.clear();
    talk.out.resize(limit, b'x');
    let step = talk.session.advance(b"NOOP\r\n", talk.now, &mut talk.out);
    assert_eq!(step.unwrap().consumed, 6, "at the limit");
    assert!(talk.out.len() > limit);
    assert_eq!(
        talk.session.need(b"NOOP\r\n", talk.now, &talk.out),
        Need::Flush
    );
    let step = talk.session.advance(b"NOOP\r\n", talk.now, &mut talk.out);
    assert_eq!(step.unwrap().consumed, 0, "over it");
}

#[test]
fn a_peer_is_not_charged_for_the_time_of_the_embedder() {
    let mut talk = Talk::new(config(Dialect::Smtp));
    talk.say(b"EHLO a.example\r\n");
    talk.say(b"MAIL FROM:<>\r\nRCPT TO:<a@example.test>\r\nDATA\r\n");
    // It comes in time, and the embedder takes an hour over it.
    talk.now += Duration::from_secs(100);
    talk.step(b"content\r\n");
    talk.now += Duration::from_secs(3600);
    assert_eq!(talk.session.need(b"", talk.now, &talk.out), Need::Input);
    let deadline = talk.session.deadline().unwrap();
    // Of three minutes it has used 100 seconds, whatever the rate.
    assert_eq!(deadline.at, talk.now + Duration::from_secs(80));
    talk.session.handle_timeout(talk.now, &mut talk.out);
    assert!(!talk.session.is_closed());
}

#[test]
fn a_session_is_small() {
    let octets = size_of::<Session>();
    assert!(octets <= 256, "{octets} octets");
}

/// The commands that lead to a state, each in a flight of its own, by a table of those that do.
fn ways(dialect: Dialect) -> Vec<(Position, Vec<&'static str>)> {
    const MAIL: &str = "MAIL FROM:<>\r\n";
    const RCPT: &str = "RCPT TO:<a@example.test>\r\n";
    let hellos: &[(&str, Phase)] = match dialect {
        Dialect::Smtp => &[
            ("EHLO a.example\r\n", Phase::Ehlo),
            ("HELO a.example\r\n", Phase::Helo),
        ],
        Dialect::Lmtp => &[("LHLO a.example\r\n", Phase::Ehlo)],
    };
    let mut ways = vec![(Position::START, vec![])];
    for (hello, _) in hellos {
        for way in [
            &[][..],
            &[MAIL],
            &[MAIL, RCPT],
            &[MAIL, RCPT, "BDAT 1\r\nx"],
            // A chunk with nobody to take it.
            &[MAIL, "BDAT 1\r\nx"],
        ] {
            ways.push((Position::START, [&[*hello], way].concat()));
        }
    }
    ways
}

/// A line of the verb that nothing is wrong with, and what belongs to it.
fn line_of(verb: Verb) -> &'static str {
    match verb {
        Verb::Helo => "HELO b.example\r\n",
        Verb::Ehlo => "EHLO b.example\r\n",
        Verb::Lhlo => "LHLO b.example\r\n",
        Verb::Mail => "MAIL FROM:<b@example.test>\r\n",
        Verb::Rcpt => "RCPT TO:<b@example.test>\r\n",
        Verb::Data => "DATA\r\n",
        Verb::Rset => "RSET\r\n",
        Verb::Noop => "NOOP\r\n",
        Verb::Quit => "QUIT\r\n",
        Verb::Vrfy => "VRFY b\r\n",
        Verb::Expn => "EXPN b\r\n",
        Verb::Help => "HELP\r\n",
        Verb::StartTls => "STARTTLS\r\n",
        Verb::Auth => "AUTH PLAIN AGEAYg==\r\n",
        Verb::Bdat => "BDAT 1\r\nx",
        Verb::Etrn => "ETRN b.example\r\n",
        Verb::Xclient => "XCLIENT NAME=b\r\n",
        Verb::Xforward => "XFORWARD NAME=b\r\n",
        other => panic!("no line for {other}"),
    }
}

#[test]
fn the_session_is_what_the_tables_say_in_every_state() {
    let mut states = VecDeque::new();
    for dialect in Dialect::ALL {
        for (_, way) in ways(dialect) {
            for verb in Verb::ALL.into_iter().filter(|&verb| dialect.has(verb)) {
                let mut talk = Talk::new(config(dialect));
                for line in &way {
                    talk.say(line.as_bytes());
                }
                let before = talk.session.phase();
                let after_hello = if talk.session.is_extended() {
                    Phase::Ehlo
                } else if way.is_empty() {
                    Phase::Greeted
                } else {
                    Phase::Helo
                };
                let start = Position::START
                    .follow(Next::To(after_hello))
                    .follow(Next::To(before));
                states.push_back(start);
                let said = talk.say(line_of(verb).as_bytes());
                let (codes, next): (&[&str], Position) = match start.on_verb(verb) {
                    Cell::Reset => (&["250"], start.follow(Next::AfterHello)),
                    Cell::Inform => (&["250", "214"], start),
                    Cell::Quit => (&["221"], start.follow(Next::To(Phase::Closed))),
                    Cell::Refuse(_) if verb == Verb::Bdat => {
                        let question = Question::Chunk;
                        (
                            &["503"],
                            start.follow(on_outcome(before, question, Outcome::Rejected)),
                        )
                    }
                    Cell::Refuse(_) => (&["503", "502"], start),
                    // Its answer is the hand-over.
                    Cell::Ask(Question::StartTls) => (&[""], start),
                    Cell::Ask(question) | Cell::Grant(question) => {
                        let next = start.follow(on_outcome(before, question, Outcome::Accepted));
                        let next = if verb == Verb::Bdat {
                            let end = Question::ChunkEnd;
                            next.follow(on_outcome(Phase::Chunk, end, Outcome::Accepted))
                        } else {
                            next
                        };
                        (&["250", "235", "252", "354", "220"], next)
                    }
                };
                let told = format!("{dialect:?} {way:?} {verb}: {said}");
                assert!(codes.iter().any(|code| said.starts_with(code)), "{told}");
                assert_eq!(talk.session.phase(), next.phase(), "{told}");
            }
        }
    }
    // Every state in which a line is a command was there.
    for phase in Phase::ALL.into_iter().filter(|it| it.takes_commands()) {
        assert!(states.iter().any(|it| it.phase() == phase), "{phase:?}");
    }
}
