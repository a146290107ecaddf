//! What the server session asks of the allocator: nothing for a command, and nothing that grows with
//! the number of commands.

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
use std::time::Instant;

use allocation_counter::measure;
use bytes::BytesMut;
use mailwire_smtp_proto::dialect::Dialect;
use mailwire_smtp_proto::peer::Peer;
use mailwire_smtp_proto::policy::{Channel, Listener, Role};
use mailwire_smtp_proto::reply::Reply;
use mailwire_smtp_proto::server::{Admission, Config, Decision, Event, Need, Session};

const UNKNOWN: Reply = Reply::fixed(550, (5, 1, 1), "No such mailbox");

struct Talk {
    session: Session,
    now: Instant,
    out: BytesMut,
    /// Whether recipients are accepted.
    accept: bool,
}

impl Talk {
    fn new(dialect: Dialect) -> Self {
        let mut config = Config::new(
            "mx.example.test".parse().unwrap(),
            dialect,
            Listener::of(Role::Mx),
        );
        // Floods are to be seen without the limits that end them.
        let limits = &mut config.limits;
        limits.idle_commands = u32::MAX;
        limits.refused_recipients = u32::MAX;
        limits.faults = u32::MAX;
        limits.transactions = u32::MAX;
        limits.recipients_over = u32::MAX;
        let (now, mut out) = (Instant::now(), BytesMut::with_capacity(8192));
        let session = Session::new(
            Arc::new(config),
            Peer::local(),
            Channel::Plain,
            now,
            &mut out,
        );
        Self {
            session,
            now,
            out,
            accept: true,
        }
    }

    /// Answers at once whatever is asked about the input, and forgets what was said.
    fn say(&mut self, input: &[u8]) {
        let Self {
            session,
            now,
            out,
            accept,
        } = self;
        let now = *now;
        let mut rest = input;
        while session.need(rest, now, out) == Need::Nothing {
            let step = session.advance(rest, now, out).unwrap();
            match step.event {
                Some(Event::Hello { pending, .. }) => {
                    session.answer(pending, Admission::Accept, now, out)
                }
                Some(Event::Data { pending }) => {
                    session.answer(pending, Admission::Accept, now, out)
                }
                Some(Event::Mail { pending, .. }) => {
                    session.answer(pending, Decision::Accept, now, out)
                }
                Some(Event::Rcpt { pending, .. }) => {
                    let decision = if *accept {
                        Decision::Accept
                    } else {
                        Decision::Reject(UNKNOWN)
                    };
                    session.answer(pending, decision, now, out)
                }
                Some(Event::Message { pending, .. }) => {
                    session.answer(pending, Decision::Accept.into(), now, out)
                }
                Some(Event::Closed(closing)) => panic!("closed: {closing:?}"),
                _ => Ok(()),
            }
            .unwrap();
            rest = &rest[step.consumed..];
        }
        out.clear();
    }
}

#[test]
fn commands_allocate_nothing() {
    for dialect in Dialect::ALL {
        let mut talk = Talk::new(dialect);
        let hello: &[u8] = match dialect {
            Dialect::Smtp => b"EHLO a.example\r\n",
            Dialect::Lmtp => b"LHLO a.example\r\n",
        };
        talk.say(hello);
        let info = measure(|| {
            for line in [
                "NOOP\r\n",
                "VRFY a\r\n",
                "HELP\r\n",
                "FOO\r\n",
                "MAIL FROM:<a@client.example.test> SIZE=1000 BODY=8BITMIME\r\n",
                "RCPT TO:<a@example.test>\r\n",
                "RCPT TO:<b@[192.0.2.1]>\r\n",
                "RCPT TO:<\"c d\"@example.test>\r\n",
                "RCPT TO:<>\r\n",
                "DATA\r\n",
                "Subject: a\r\n\r\n..b\r\n.\r\n",
                "MAIL FROM:<>\r\n",
                "RCPT TO:<a@example.test>\r\n",
                "BDAT 3\r\nx\r\n",
                "BDAT 3 LAST\r\ny\r\n",
                "RSET\r\n",
            ] {
                talk.say(line.as_bytes());
            }
        });
        assert_eq!(info.count_total, 0, "{dialect:?}: {info:?}");
    }
}

/// What a million of the same leave behind; `each` may be several commands.
fn retained(talk: &mut Talk, each: &[u8]) -> i64 {
    talk.say(each);
    measure(|| {
        for _ in 0..1_000_000 {
            talk.say(each);
        }
    })
    .bytes_current
}

#[test]
fn floods_leave_nothing_behind() {
    let mut talk = Talk::new(Dialect::Smtp);
    talk.say(b"EHLO a.example\r\n");
    assert_eq!(retained(&mut talk, b"NOOP\r\n"), 0);
    talk.say(b"MAIL FROM:<>\r\n");
    talk.accept = false;
    assert_eq!(retained(&mut talk, b"RCPT TO:<a@example.test>\r\n"), 0);
    talk.accept = true;
    talk.say(b"RCPT TO:<a@example.test>\r\n");
    assert_eq!(retained(&mut talk, b"BDAT 1\r\nx"), 0);
    talk.say(b"BDAT 0 LAST\r\n");
    // Chunks that nobody wants.
    assert_eq!(retained(&mut talk, b"BDAT 1\r\nx"), 0);
}
