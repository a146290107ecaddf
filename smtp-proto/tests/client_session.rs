//! The client session, asked things that no script can ask.

#![allow(
    clippy::disallowed_methods,
    reason = "a test is the caller: it has the clock"
)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests panic to fail"
)]

use std::sync::Arc;
use std::time::Instant;

use bytes::BytesMut;
use mailwire_smtp_proto::client::{Config, Error, Event, Fault, Need, NotNow, Session};
use mailwire_smtp_proto::dialect::Dialect;
use mailwire_smtp_proto::host::HelloNameBuf;
use mailwire_smtp_proto::policy::Channel;
use mailwire_smtp_proto::policy::outbound::{PeerLocation, Policy, TlsMode};
use mailwire_smtp_proto::timer::Timer;

const GREETING: &[u8] = b"220 mx.example.test ESMTP\r\n";
const HELLO: &[u8] = b"250 mx.example.test\r\n";

/// A session whose EHLO is out.
fn after_hello(now: Instant, out: &mut BytesMut) -> Session {
    let policy = Policy::new(TlsMode::Opportunistic);
    let config = Config::new(Dialect::Smtp, policy, PeerLocation::Remote);
    let mut session = Session::new(Arc::new(config), Channel::Plain, now);
    let step = session.advance(GREETING, now).unwrap();
    assert!(matches!(step.event, Some(Event::Greeting { .. })));
    let name: HelloNameBuf = "client.example.test".parse().unwrap();
    session.hello(&name.borrow(), now, out).unwrap();
    out.clear();
    session
}

/// A reply too many that is there already when the next command is about to be said: it is never taken for
/// the answer to that command.
#[test]
fn a_reply_too_many_is_not_paired_with_what_is_said_next() {
    let (now, mut out) = (Instant::now(), BytesMut::new());
    for (surplus, expected) in [
        (&b"250 2.0.0 OK\r\n"[..], Some(250)),
        (b"535 5.7.8 No\r\n", Some(535)),
        // The server may end the session at any time.
        (b"421 4.3.2 Bye\r\n", None),
    ] {
        for cut in 1..=surplus.len() {
            let mut session = after_hello(now, &mut out);
            let input = [HELLO, surplus].concat();
            let seen = &input[..HELLO.len() + cut];
            let step = session.advance(seen, now).unwrap();
            assert!(matches!(step.event, Some(Event::Hello { .. })));
            assert_eq!(step.consumed, HELLO.len());
            // The rest of what is unread answers nothing, so nothing is said.
            assert_eq!(session.noop(now, &mut out), Err(NotNow::MustWait));
            assert_eq!(session.quit(now, &mut out), Err(NotNow::MustWait));
            assert!(out.is_empty());
            let rest = &seen[HELLO.len()..];
            if cut < surplus.len() {
                assert_eq!(session.need(rest, &out), Need::Input);
                assert_eq!(session.deadline().map(|it| it.timer), Some(Timer::Reply));
            }
            assert_eq!(session.need(surplus, &out), Need::Nothing);
            match (session.advance(surplus, now), expected) {
                (Err(Error::Peer(Fault::Unsolicited { code })), Some(expected)) => {
                    assert_eq!(code.value(), expected);
                }
                (Ok(step), None) => assert!(matches!(step.event, Some(Event::Closing { .. }))),
                (other, _) => panic!("{other:?}"),
            }
            assert!(session.is_closed());
        }
    }
}

#[test]
fn without_a_reply_too_many_nothing_waits() {
    let (now, mut out) = (Instant::now(), BytesMut::new());
    let mut session = after_hello(now, &mut out);
    session.advance(HELLO, now).unwrap();
    assert_eq!(session.need(b"", &out), Need::Command);
    assert_eq!(session.deadline(), None);
    session.noop(now, &mut out).unwrap();
    assert_eq!(&out[..], b"NOOP\r\n");
}
