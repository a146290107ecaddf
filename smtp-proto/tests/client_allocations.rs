//! What the client session asks of the allocator: nothing for a command and its reply, and nothing that
//! grows with the number of messages.

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
use mailwire_smtp_proto::client::{Config, Event, Need, Session};
use mailwire_smtp_proto::dialect::Dialect;
use mailwire_smtp_proto::host::HelloName;
use mailwire_smtp_proto::params::{MailParameters, RcptParameters};
use mailwire_smtp_proto::path::{ForwardPath, ReversePath};
use mailwire_smtp_proto::policy::Channel;
use mailwire_smtp_proto::policy::outbound::{PeerLocation, Policy, TlsMode};

struct Talk {
    session: Session,
    now: Instant,
    out: BytesMut,
}

impl Talk {
    fn new(dialect: Dialect) -> Self {
        let policy = Policy::new(TlsMode::Off);
        let config = Config::new(dialect, policy, PeerLocation::Remote);
        let now = Instant::now();
        let session = Session::new(Arc::new(config), Channel::Plain, now);
        let mut talk = Self {
            session,
            now,
            out: BytesMut::with_capacity(64 * 1024),
        };
        talk.hear("220 mx.example.test ESMTP\r\n", 1);
        let name = HelloName::parse("client.example.test").unwrap();
        talk.session.hello(&name, now, &mut talk.out).unwrap();
        let offer = "250-mx.example.test\r\n250-PIPELINING\r\n250-CHUNKING\r\n250 8BITMIME\r\n";
        talk.hear(offer, 1);
        talk
    }

    /// Reads replies, whose words are looked at.
    fn hear(&mut self, input: &str, replies: usize) {
        self.out.clear();
        let (mut rest, mut heard) = (input.as_bytes(), 0);
        while self.session.need(rest, &self.out) == Need::Nothing {
            let step = self.session.advance(rest, self.now).unwrap();
            let event = step.event.unwrap();
            assert!(!matches!(event, Event::Closing { .. }));
            let reply = event.reply();
            assert!(reply.lines().count() > 0 && reply.text_lines().count() > 0);
            assert_eq!(reply.enhanced().is_some(), input.contains(" 2.1.5"));
            rest = &rest[step.consumed..];
            heard += 1;
        }
        assert_eq!((heard, rest.len()), (replies, 0));
    }

    /// A message for 50 recipients, in one flight; every other one is refused.
    fn message(&mut self, dialect: Dialect) {
        let path = ReversePath::parse("<a@client.example.test>").unwrap();
        let parameters = MailParameters::parse("BODY=8BITMIME").unwrap();
        let Self { session, now, out } = self;
        let now = *now;
        session.mail(&path, &parameters, now, out).unwrap();
        let path = ForwardPath::parse("<b@example.test>").unwrap();
        for _ in 0..50 {
            session
                .rcpt(&path, &RcptParameters::default(), now, out)
                .unwrap();
        }
        session.data(now, out).unwrap();
        self.hear("250 ok\r\n", 1);
        for _ in 0..25 {
            self.hear("250-2.1.5 it is\r\n250 2.1.5 there\r\n", 1);
            self.hear("550 5.1.1 no such mailbox 2.1.5\r\n", 1);
        }
        self.hear("354 go\r\n", 1);
        self.session
            .content(b"a line\r\n.dot\n", &mut self.out)
            .unwrap();
        self.session
            .end_of_content(self.now, &mut self.out)
            .unwrap();
        let verdicts = match dialect {
            Dialect::Smtp => 1,
            Dialect::Lmtp => 25,
        };
        for _ in 0..verdicts {
            self.hear("250 2.1.5 taken\r\n", 1);
        }
        let Self { session, now, out } = self;
        session.noop(*now, out).unwrap();
        self.hear("250-a\r\n250-b\r\n250 c\r\n", 1);
    }
}

#[test]
fn commands_and_replies_allocate_nothing() {
    for dialect in Dialect::ALL {
        let mut talk = Talk::new(dialect);
        // What is outstanding has to have been so once.
        talk.message(dialect);
        let info = measure(|| talk.message(dialect));
        assert_eq!(info.count_total, 0, "{dialect:?}: {info:?}");
    }
}

#[test]
fn messages_leave_nothing_behind() {
    for dialect in Dialect::ALL {
        let mut talk = Talk::new(dialect);
        talk.message(dialect);
        let info = measure(|| {
            for _ in 0..2_000 {
                talk.message(dialect);
            }
        });
        assert_eq!(info.bytes_current, 0, "{dialect:?}: {info:?}");
    }
}
