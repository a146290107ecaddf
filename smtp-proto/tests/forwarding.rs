//! Our client tells our server whom it speaks for, by XCLIENT and XFORWARD, through pipes of any size: the
//! server takes it for whom it is told, at MAIL and in its log, in both dialects, whole or split.
#![cfg(feature = "tokio")]
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

use mailwire_smtp_proto::client::{self, NotNow};
use mailwire_smtp_proto::command::{MailBuf, RcptBuf};
use mailwire_smtp_proto::delivery::{Delivery, Failure, Message, Plan};
use mailwire_smtp_proto::dialect::Dialect;
use mailwire_smtp_proto::params::{MailParameters, RcptParameters};
use mailwire_smtp_proto::peer::Peer;
use mailwire_smtp_proto::policy::outbound::{PeerLocation, Policy, TlsMode};
use mailwire_smtp_proto::policy::{Channel, Listener, Role};
use mailwire_smtp_proto::reply::Reply;
use mailwire_smtp_proto::server::{Admission, Config, Decision, Event};
use mailwire_smtp_proto::tokio_io::client as outgoing;
use mailwire_smtp_proto::tokio_io::delivery::{Delivering, Finished, Turn};
use mailwire_smtp_proto::tokio_io::server::Connection;
use mailwire_smtp_proto::xclient::{Identity, Name, NotForwardable};
use tokio::io::{DuplexStream, duplex};
use tokio::time::Instant;

const CONTENT: &[u8] = b"Subject: x\r\n\r\ny\r\n";

fn config(dialect: Dialect) -> Config {
    let name = "mx.example.test".parse().unwrap();
    let role = match dialect {
        Dialect::Smtp => Role::Mx,
        Dialect::Lmtp => Role::Lmtp,
    };
    let mut config = Config::new(name, dialect, Listener::of(role));
    config.xclient.local_socket = true;
    config.xforward.local_socket = true;
    config
}

fn plan(recipients: usize) -> Plan {
    let mail = MailBuf {
        reverse_path: "<a@client.example.test>".parse().unwrap(),
        parameters: MailParameters::default().to_owned(),
    };
    let rcpt = |number| RcptBuf {
        forward_path: format!("<r{number}@example.test>").parse().unwrap(),
        parameters: RcptParameters::default().to_owned(),
    };
    let hello = "proxy.example.test".parse().unwrap();
    let recipients = (0..recipients).map(rcpt).collect();
    Plan::new(hello, mail, recipients, Message::of(CONTENT))
}

async fn deliver(stream: DuplexStream, plan: Plan, dialect: Dialect) -> Finished<DuplexStream> {
    let policy = Policy::new(TlsMode::Off);
    let config = client::Config::new(dialect, policy, PeerLocation::UnixSocket);
    let now = Instant::now().into_std();
    let delivery = Delivery::new(plan, Arc::new(config), Channel::Plain, now);
    let mut delivering = Delivering::new(stream, delivery);
    loop {
        match delivering.next().await {
            Turn::Nothing(_) => {}
            Turn::Content => delivering.send(CONTENT).await.unwrap(),
            Turn::End => return delivering.finish().await,
            other => panic!("{other:?}"),
        }
    }
}

/// For each message: whom the server takes the client for, whether it has logged in, and what it would
/// log.
async fn serve(
    stream: DuplexStream,
    config: Config,
    answer: fn(&Peer) -> Admission,
) -> Vec<(String, bool, String)> {
    let config = Arc::new(config);
    let mut connection = Connection::accept(stream, config, Peer::local(), Channel::Plain);
    let mut messages = Vec::new();
    loop {
        // What the event of a message borrows is in the way of looking at the session.
        let ready = connection.ready().await;
        let session = connection.session();
        let text = |it: Option<&Identity>| it.map(ToString::to_string).unwrap_or_default();
        let seen = (
            text(session.peer().xclient()),
            session.is_authenticated(),
            text(session.xforward()),
        );
        if ready.is_err() {
            return messages;
        }
        match connection.next().await.unwrap() {
            Event::Hello { pending, .. } => connection.answer(pending, Admission::Accept).unwrap(),
            Event::Xclient { peer, pending } => {
                connection.answer(pending, answer(&peer)).unwrap();
            }
            Event::Mail { pending, .. } => connection.answer(pending, Decision::Accept).unwrap(),
            Event::Rcpt { pending, .. } => connection.answer(pending, Decision::Accept).unwrap(),
            Event::Data { pending } => connection.answer(pending, Admission::Accept).unwrap(),
            Event::Message { pending, .. } => {
                messages.push(seen);
                connection.answer(pending, Decision::Accept.into()).unwrap();
            }
            Event::Closed(_) => {
                connection.close().await.unwrap();
                return messages;
            }
            _ => {}
        }
    }
}

fn identities() -> Vec<(Identity, Identity)> {
    let told = |text: &str| Identity::parse(text).unwrap();
    let long = |name, octet: &str| format!("{name}={}", octet.repeat(250));
    vec![
        (
            told("ADDR=192.0.2.7 LOGIN=alice@example.test"),
            told(
                "ADDR=192.0.2.7 PORT=4711 NAME=client.example.org HELO=client PROTO=ESMTP SOURCE=REMOTE IDENT=ABC",
            ),
        ),
        (
            told("NAME=[UNAVAILABLE] ADDR=IPV6:2001:db8::1 PORT=4711 HELO=[TEMPUNAVAIL]"),
            told("IDENT=x"),
        ),
        // Longer than a line, in one way and in the other.
        (
            told(&format!(
                "PORT=4711 DESTADDR=192.0.2.9 DESTPORT=25 ADDR=192.0.2.7 {} LOGIN=user+2Btag",
                long("HELO", "h")
            )),
            told(&format!(
                "{} {} ADDR=192.0.2.7",
                long("IDENT", "i"),
                long("HELO", "h")
            )),
        ),
        (
            told(&format!(
                "ADDR=192.0.2.7 {} LOGIN={}",
                long("HELO", "h"),
                "l".repeat(180)
            )),
            told("SOURCE=LOCAL"),
        ),
    ]
}

#[tokio::test]
async fn whom_a_client_is_said_to_be_is_whom_the_server_takes_it_for() {
    for dialect in Dialect::ALL {
        let login = Identity::parse("LOGIN=alice").unwrap();
        for (xclient, xforward) in identities() {
            for (size, pipelining) in [
                (1, true),
                (3, false),
                (100, true),
                (64 * 1024, true),
                (64 * 1024, false),
            ] {
                let about = format!("{dialect:?} {size} {pipelining}");
                // The client may not say XFORWARD, so it is not offered behind XCLIENT.
                for (xclient, xforward) in [
                    (Some(&xclient), None),
                    (None, Some(&xforward)),
                    (Some(&login), Some(&xforward)),
                ] {
                    let (left, right) = duplex(size);
                    let mut plan = plan(2);
                    plan.xclient = xclient.map(|it| it.clone().require(Name::Login));
                    plan.xforward = xforward.cloned();
                    plan.pipelining = pipelining;
                    let (messages, finished) = tokio::join!(
                        serve(left, config(dialect), |_| Admission::Accept),
                        deliver(right, plan, dialect)
                    );
                    assert!(finished.outcome.is_delivered(), "{:?}", finished.outcome);
                    let text =
                        |it: Option<&Identity>| it.map(ToString::to_string).unwrap_or_default();
                    let has_login = xclient.is_some_and(|it| it.value(Name::Login).is_some());
                    let expected = (text(xclient), has_login, text(xforward));
                    assert_eq!(messages, [expected], "{about}");
                }
            }
        }
    }
}

#[tokio::test]
async fn what_is_not_offered_is_not_said_and_what_is_required_is_missed() {
    let told = |text: &str| Identity::parse(text).unwrap();
    // Nobody is named who may say either.
    let closed = || {
        let mut config = config(Dialect::Smtp);
        config.xclient.local_socket = false;
        config.xforward.local_socket = false;
        config
    };
    let (left, right) = duplex(1024);
    let mut silent = plan(1);
    silent.xclient = Some(told("ADDR=192.0.2.7"));
    silent.xforward = Some(told("ADDR=192.0.2.7"));
    let (messages, finished) = tokio::join!(
        serve(left, closed(), |_| Admission::Accept),
        deliver(right, silent, Dialect::Smtp)
    );
    assert!(finished.outcome.is_delivered());
    assert_eq!(messages, [(String::new(), false, String::new())]);

    let (left, right) = duplex(1024);
    let mut demanding = plan(1);
    demanding.xclient = Some(told("ADDR=192.0.2.7 LOGIN=alice").require(Name::Login));
    demanding.keep = true;
    let (messages, finished) = tokio::join!(
        serve(left, closed(), |_| Admission::Accept),
        deliver(right, demanding, Dialect::Smtp)
    );
    assert_eq!(messages, []);
    let missing = NotForwardable::NotOffered(Some(Name::Login));
    assert_eq!(
        finished.outcome.failure,
        Some(Failure::Local(NotNow::NotForwardable(missing)))
    );
    assert!(finished.kept.is_none(), "it is nobody's session");
}

#[tokio::test]
async fn a_client_that_is_not_welcome_is_refused_whoever_brings_it() {
    fn unwelcome(peer: &Peer) -> Admission {
        match peer.address().unwrap().to_string().as_str() {
            "192.0.2.7" => Admission::Reject(Reply::fixed(554, (5, 7, 1), "No service for you")),
            "192.0.2.8" => Admission::Reject(Reply::fixed(421, (4, 7, 0), "Too many connections")),
            "192.0.2.9" => Admission::Reject(Reply::fixed(451, (4, 3, 0), "Not now")),
            _ => Admission::Accept,
        }
    }
    for (address, code) in [("192.0.2.7", 554), ("192.0.2.8", 421), ("192.0.2.9", 451)] {
        let (left, right) = duplex(1024);
        let mut plan = plan(1);
        plan.xclient = Some(Identity::new().with_address(address.parse().unwrap()));
        let (messages, finished) = tokio::join!(
            serve(left, config(Dialect::Smtp), unwelcome),
            deliver(right, plan, Dialect::Smtp)
        );
        assert_eq!(messages, []);
        match finished.outcome.failure {
            Some(Failure::Refused { reply, .. }) => assert_eq!(reply.code.value(), code),
            other => panic!("{address}: {other:?}"),
        }
    }
}

/// What was told of a message that has not begun is of no other one.
#[tokio::test]
async fn the_log_of_a_message_that_cannot_be_sent_is_not_that_of_the_next() {
    for pipelining in [true, false] {
        let (left, right) = duplex(1024);
        let send = async {
            let mut first = plan(1);
            first.xforward = Some(Identity::parse("IDENT=first").unwrap());
            // Not offered here, so MAIL is not said.
            first.message.smtputf8 = true;
            first.keep = true;
            first.pipelining = pipelining;
            let finished = deliver(right, first, Dialect::Smtp).await;
            assert!(finished.outcome.failure.is_some());
            let Some((stream, kept)) = finished.kept else {
                return;
            };
            let now = Instant::now().into_std();
            let second = Delivery::again(plan(1), kept, now).unwrap();
            let mut delivering = Delivering::new(stream, second);
            loop {
                match delivering.next().await {
                    Turn::Content => delivering.send(CONTENT).await.unwrap(),
                    Turn::End => break,
                    _ => {}
                }
            }
            assert!(delivering.finish().await.outcome.is_delivered());
        };
        let (messages, ()) = tokio::join!(
            serve(left, config(Dialect::Smtp), |_| Admission::Accept),
            send
        );
        assert_eq!(messages, [(String::new(), false, String::new())]);
    }
}

/// A plan without recipients opens a session, which then is there for a dialogue of one's own.
#[tokio::test]
async fn a_session_is_opened_and_handed_over() {
    let (left, right) = duplex(64);
    let open = async {
        let mut plan = plan(0);
        plan.xclient = Some(Identity::parse("ADDR=192.0.2.7 LOGIN=alice").unwrap());
        plan.keep = true;
        let finished = deliver(right, plan, Dialect::Smtp).await;
        assert_eq!(finished.outcome.failure, None);
        let (stream, kept) = finished.kept.unwrap();
        let mut connection = outgoing::Connection::with(stream, kept.into_session());
        let ascii = MailParameters::default();
        connection
            .mail(
                &"<a@example.test>"
                    .parse::<mailwire_smtp_proto::path::ReversePathBuf>()
                    .unwrap()
                    .borrow(),
                &ascii,
            )
            .unwrap();
        let path: mailwire_smtp_proto::path::ForwardPathBuf = "<b@example.test>".parse().unwrap();
        connection
            .rcpt(&path.borrow(), &RcptParameters::default())
            .unwrap();
        connection.data().unwrap();
        for code in [250, 250, 354] {
            assert_eq!(
                connection
                    .next()
                    .await
                    .unwrap()
                    .unwrap()
                    .reply()
                    .code()
                    .value(),
                code
            );
        }
        connection.content(CONTENT).await.unwrap().unwrap();
        connection.end_of_content().unwrap();
        assert_eq!(
            connection
                .next()
                .await
                .unwrap()
                .unwrap()
                .reply()
                .code()
                .value(),
            250
        );
        connection.quit().unwrap();
        assert_eq!(
            connection
                .next()
                .await
                .unwrap()
                .unwrap()
                .reply()
                .code()
                .value(),
            221
        );
        connection.close().await.unwrap();
    };
    let (messages, ()) = tokio::join!(
        serve(left, config(Dialect::Smtp), |_| Admission::Accept),
        open
    );
    assert_eq!(
        messages,
        [("ADDR=192.0.2.7 LOGIN=alice".to_owned(), true, String::new())]
    );

    // One that cannot be opened says why.
    let (left, right) = duplex(64);
    drop(left);
    let finished = deliver(right, plan(0), Dialect::Smtp).await;
    assert!(finished.kept.is_none() && finished.outcome.failure.is_some());
    // Without `keep` it is taken leave of.
    let (left, right) = duplex(64);
    let (messages, finished) = tokio::join!(
        serve(left, config(Dialect::Smtp), |_| Admission::Accept),
        deliver(right, plan(0), Dialect::Smtp)
    );
    assert_eq!((messages.len(), finished.outcome.failure), (0, None));
    assert!(finished.kept.is_none());
}
