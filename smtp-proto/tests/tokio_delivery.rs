//! Deliveries over tokio: against our own server through small pipes, and against scripted ones that
//! refuse, vanish, or do not read.

#![cfg(feature = "tokio")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests panic to fail"
)]

use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use mailwire_smtp_proto::auth::PlainCredentials;
use mailwire_smtp_proto::auth::client::{Candidates, Login, Plain};
use mailwire_smtp_proto::client::{Awaited, Config, Fault};
use mailwire_smtp_proto::command::{MailBuf, RcptBuf};
use mailwire_smtp_proto::delivery::{
    Chunking, Delivery, Failure, Fate, Message, Outcome, Plan, Retry,
};
use mailwire_smtp_proto::dialect::Dialect;
use mailwire_smtp_proto::params::{MailParameters, RcptParameters};
use mailwire_smtp_proto::peer::Peer;
use mailwire_smtp_proto::policy::outbound::{PeerLocation, Policy, TlsMode};
use mailwire_smtp_proto::policy::{Channel, Listener, Role};
use mailwire_smtp_proto::reply::Reply;
use mailwire_smtp_proto::server::{self, Admission, Closing, Decision, Event};
use mailwire_smtp_proto::timer::Timer;
use mailwire_smtp_proto::tokio_io::delivery::{Delivering, Finished, Turn};
use mailwire_smtp_proto::tokio_io::server as incoming;
use tokio::io::{
    AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf, duplex,
};
use tokio::time::Instant;

const CONTENT: &[u8] = b"Subject: x\n\n.dot\nno end of line";
const WIRE: &str = "Subject: x\r\n\r\n..dot\r\nno end of line\r\n.\r\n";

fn plan(recipients: usize, message: Message) -> Plan {
    let mail = MailBuf {
        reverse_path: "<a@client.example.test>".parse().unwrap(),
        parameters: MailParameters::default().to_owned(),
    };
    let rcpt = |number| RcptBuf {
        forward_path: format!("<r{number}@example.test>").parse().unwrap(),
        parameters: RcptParameters::default().to_owned(),
    };
    let hello = "client.example.test".parse().unwrap();
    Plan::new(hello, mail, (0..recipients).map(rcpt).collect(), message)
}

fn delivery(plan: Plan, dialect: Dialect) -> Delivery {
    let config = Config::new(dialect, Policy::new(TlsMode::Off), PeerLocation::Remote);
    Delivery::new(
        plan,
        Arc::new(config),
        Channel::Plain,
        Instant::now().into_std(),
    )
}

/// A source that gives a few octets and then has to be asked again, as a slow disk does.
struct Slowly<'a> {
    rest: &'a [u8],
    is_ready: bool,
}

impl AsyncRead for Slowly<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.is_ready = !self.is_ready;
        if !self.is_ready {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let length = self.rest.len().min(1000).min(buffer.remaining());
        let (now, rest) = self.rest.split_at(length);
        buffer.put_slice(now);
        self.rest = rest;
        Poll::Ready(Ok(()))
    }
}

async fn deliver<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    delivery: Delivery,
    content: &[u8],
) -> Finished<S> {
    let mut delivering = Delivering::new(stream, delivery);
    loop {
        match delivering.next().await {
            Turn::Nothing(_) => {}
            Turn::Content => {
                let rest = content;
                let source = Slowly {
                    rest,
                    is_ready: false,
                };
                delivering.send(source).await.unwrap();
            }
            Turn::End => return delivering.finish().await,
            other => panic!("{other:?}"),
        }
    }
}

async fn outcome(stream: DuplexStream, recipients: usize) -> Outcome {
    let delivery = delivery(plan(recipients, Message::of(CONTENT)), Dialect::Smtp);
    deliver(stream, delivery, CONTENT).await.outcome
}

/// Our server, which takes everything but the recipient r1.
async fn serve(stream: DuplexStream, dialect: Dialect) -> Vec<Vec<u8>> {
    let hostname = "mx.example.test".parse().unwrap();
    let role = match dialect {
        Dialect::Smtp => Role::Mx,
        Dialect::Lmtp => Role::Lmtp,
    };
    let config = server::Config::new(hostname, dialect, Listener::of(role));
    let mut connection =
        incoming::Connection::accept(stream, Arc::new(config), Peer::local(), Channel::Plain);
    let (mut messages, mut content) = (Vec::new(), Vec::new());
    loop {
        match connection.next().await.unwrap() {
            Event::Hello { pending, .. } => connection.answer(pending, Admission::Accept).unwrap(),
            Event::Mail { pending, .. } => connection.answer(pending, Decision::Accept).unwrap(),
            Event::Rcpt { rcpt, pending } => {
                let unknown = Reply::fixed(550, (5, 1, 1), "No such mailbox");
                let decision = match rcpt.forward_path.to_string().as_str() {
                    "<r1@example.test>" => Decision::Reject(unknown),
                    _ => Decision::Accept,
                };
                connection.answer(pending, decision).unwrap();
            }
            Event::Data { pending } => connection.answer(pending, Admission::Accept).unwrap(),
            Event::Content(octets) => content.extend_from_slice(octets),
            Event::Message { pending, .. } => {
                messages.push(std::mem::take(&mut content));
                connection.answer(pending, Decision::Accept.into()).unwrap();
            }
            Event::Closed(closing) => {
                assert_eq!(closing, Closing::Quit);
                connection.close().await.unwrap();
                return messages;
            }
            _ => {}
        }
    }
}

/// A text and how it arrives.
fn text(lines: usize) -> (Vec<u8>, Vec<u8>) {
    let text = ".dots and lines\n".repeat(lines);
    let wire = text.replace('\n', "\r\n");
    (text.into_bytes(), wire.into_bytes())
}

#[tokio::test]
async fn by_data_and_by_chunks_through_pipes_of_any_size() {
    for dialect in [Dialect::Smtp, Dialect::Lmtp] {
        for (size, lines) in [(1, 50), (7, 500), (100, 5000), (64 * 1024, 50_000)] {
            let (text, wire) = text(lines);
            for (chunking, pipelining) in [
                (Chunking::Never, true),
                (Chunking::Never, false),
                (Chunking::WhereOffered, true),
                (Chunking::WhereOffered, false),
            ] {
                let (left, right) = duplex(size);
                let mut plan = plan(3, Message::of(&text));
                (plan.chunking, plan.pipelining) = (chunking, pipelining);
                let delivery = delivery(plan, dialect);
                let (messages, finished) =
                    tokio::join!(serve(left, dialect), deliver(right, delivery, &text));
                let about = format!("{dialect:?} {size} {chunking:?} {pipelining}");
                assert!(messages == [wire.clone()], "{about}");
                assert!(
                    finished.error.is_none() && finished.kept.is_none(),
                    "{about}"
                );
                let Outcome {
                    recipients,
                    failure,
                    ..
                } = finished.outcome;
                assert_eq!(failure, None, "{about}");
                let taken = |it: &Fate| matches!(it, Fate::Delivered(_));
                let taken: Vec<bool> = recipients.iter().map(taken).collect();
                assert_eq!(taken, [true, false, true], "{about}");
            }
        }
    }
}

#[tokio::test]
async fn a_connection_that_is_kept_carries_the_next_message() {
    let (left, right) = duplex(1024);
    let send = async {
        let mut first = plan(1, Message::of(CONTENT));
        first.keep = true;
        let finished = deliver(right, delivery(first, Dialect::Smtp), CONTENT).await;
        assert!(finished.outcome.is_delivered());
        let (stream, session) = finished.kept.unwrap();
        let second = plan(1, Message::of(b"two\n"));
        let second = Delivery::again(second, session, Instant::now().into_std()).unwrap();
        let finished = deliver(stream, second, b"two\n").await;
        assert!(finished.outcome.is_delivered() && finished.kept.is_none());
    };
    let (messages, ()) = tokio::join!(serve(left, Dialect::Smtp), send);
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[1], b"two\r\n");
}

/// Every future is dropped after one poll, in whatever state it is then.
#[tokio::test]
async fn dropped_futures_lose_nothing() {
    let (text, wire) = text(2000);
    let (left, right) = duplex(5);
    let send = async {
        let delivery = delivery(plan(1, Message::of(&text)), Dialect::Smtp);
        let mut delivering = Delivering::new(right, delivery);
        let mut pieces = text.chunks(3000).peekable();
        loop {
            let turn = {
                let mut next = pin!(delivering.next());
                poll_fn(|context| match next.as_mut().poll(context) {
                    Poll::Ready(Turn::Content) => Poll::Ready(Some(true)),
                    Poll::Ready(Turn::End) => Poll::Ready(None),
                    _ => Poll::Ready(Some(false)),
                })
                .await
            };
            match turn {
                None => break,
                Some(false) => {}
                Some(true) => match pieces.peek() {
                    Some(piece) => {
                        let mut content = pin!(delivering.content(piece));
                        // Said at the first poll, whether it was written or not.
                        let said =
                            poll_fn(|context| Poll::Ready(content.as_mut().poll(context))).await;
                        if !matches!(said, Poll::Ready(Err(_))) {
                            pieces.next();
                        }
                    }
                    None => {
                        let _ = delivering.end_of_content();
                    }
                },
            }
            tokio::task::yield_now().await;
        }
        delivering.finish().await.outcome
    };
    let (messages, outcome) = tokio::join!(serve(left, Dialect::Smtp), send);
    assert!(messages == [wire]);
    assert!(outcome.is_delivered(), "{outcome:?}");
}

/// Hears exactly this, and says that.
async fn exchange(stream: &mut DuplexStream, hear: &str, say: &str) {
    let mut heard = vec![0; hear.len()];
    stream.read_exact(&mut heard).await.unwrap();
    assert_eq!(String::from_utf8(heard).unwrap(), hear);
    stream.write_all(say.as_bytes()).await.unwrap();
}

async fn welcome(stream: &mut DuplexStream, offer: &str) {
    stream.write_all(b"220 mx ESMTP\r\n").await.unwrap();
    let reply = format!("250-mx\r\n250 {offer}\r\n");
    exchange(stream, "EHLO client.example.test\r\n", &reply).await;
}

const ENVELOPE: &str = "MAIL FROM:<a@client.example.test>\r\nRCPT TO:<r0@example.test>\r\nDATA\r\n";

/// The server says no in mid-content and reads no more: the content stops, and the reply counts.
#[tokio::test]
async fn a_refusal_in_mid_content_stops_it() {
    let (mut left, right) = duplex(64);
    let text = "a line of text\n".repeat(100_000);
    let delivery = delivery(plan(1, Message::PLAIN), Dialect::Smtp);
    let refuse = async {
        welcome(&mut left, "PIPELINING").await;
        let say = "250 Ok\r\n250 Ok\r\n354 Go\r\n";
        exchange(&mut left, ENVELOPE, say).await;
        // When the pipe is full, and the client in the middle of writing.
        exchange(&mut left, "a line", "552 5.2.3 Too much\r\n").await;
        left
    };
    let (_left, finished) = tokio::join!(refuse, deliver(right, delivery, text.as_bytes()));
    match finished.outcome.failure.unwrap() {
        Failure::Refused { at, reply } => {
            assert_eq!((at, reply.code.value()), (Awaited::Verdict, 552));
        }
        other => panic!("{other:?}"),
    }
}

/// A stream whose writes fail from some point on, though there is something to read.
struct Broken {
    readable: &'static [u8],
    writes: usize,
}

impl AsyncRead for Broken {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // A reply at a time.
        let end = self.readable.iter().position(|octet| *octet == b'\n');
        let length = end.map_or(0, |end| end + 1);
        let (now, rest) = self.readable.split_at(length);
        buffer.put_slice(now);
        self.readable = rest;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Broken {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.writes == 0 {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        self.writes -= 1;
        Poll::Ready(Ok(octets.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn a_server_that_closes_is_heard_out() {
    let readable = b"220 mx\r\n421 4.3.2 Shutting down\r\n";
    let delivery = delivery(plan(1, Message::of(CONTENT)), Dialect::Smtp);
    let finished = deliver(
        Broken {
            readable,
            writes: 0,
        },
        delivery,
        CONTENT,
    )
    .await;
    let outcome = finished.outcome;
    assert!(finished.error.is_none(), "{:?}", finished.error);
    match &outcome.failure {
        Some(Failure::Refused { reply, .. }) => assert_eq!(reply.code.value(), 421),
        other => panic!("{other:?}"),
    }
    assert_eq!(outcome.retry(0), Retry::Elsewhere);
}

/// What cannot be written is not in doubt: the server has no end of the content.
#[tokio::test]
async fn the_end_that_was_not_written_is_not_in_doubt() {
    // EHLO and MAIL, RCPT, DATA go out, and nothing more.
    let readable = b"220 mx\r\n250-mx\r\n250 PIPELINING\r\n250 Ok\r\n250 Ok\r\n354 Go\r\n";
    for (writes, fate) in [(2, Fate::NotSent), (3, Fate::InDoubt)] {
        let delivery = delivery(plan(1, Message::of(CONTENT)), Dialect::Smtp);
        let finished = deliver(Broken { readable, writes }, delivery, CONTENT).await;
        assert_eq!(finished.outcome.recipients, vec![fate], "{writes}");
        let error = finished.error.map(|it| it.kind());
        let expected = (writes == 2).then_some(io::ErrorKind::ConnectionReset);
        assert_eq!(error, expected);
    }
}

/// A source that fails in the middle.
struct Failing;

impl AsyncRead for Failing {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Poll::Ready(Err(io::ErrorKind::InvalidData.into()))
    }
}

#[tokio::test]
async fn a_source_that_fails_leaves_no_message() {
    let (mut left, right) = duplex(4096);
    let hear = async {
        welcome(&mut left, "PIPELINING").await;
        exchange(&mut left, ENVELOPE, "250 Ok\r\n250 Ok\r\n354 Go\r\n").await;
        let mut rest = String::new();
        left.read_to_string(&mut rest).await.unwrap();
        rest
    };
    let send = async {
        let delivery = delivery(plan(1, Message::PLAIN), Dialect::Smtp);
        let mut delivering = Delivering::new(right, delivery);
        loop {
            match delivering.next().await {
                Turn::Nothing(_) => {}
                Turn::Content => {
                    let source = b"half a line".chain(Failing);
                    let error = delivering.send(source).await.unwrap_err();
                    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
                }
                Turn::End => return delivering.finish().await.outcome,
                other => panic!("{other:?}"),
            }
        }
    };
    let (heard, outcome) = tokio::join!(hear, send);
    assert!(!heard.contains('\n'), "{heard:?}");
    assert_eq!(outcome.failure, Some(Failure::Abandoned));
    assert_eq!(outcome.recipients, [Fate::NotSent]);
    assert_eq!(outcome.retry(0), Retry::Later);
}

/// The stream of a server that takes nothing of the content: neither ends the wait for ever, nor is the
/// message in doubt.
#[tokio::test(start_paused = true)]
async fn waits_end_at_their_deadlines() {
    let (mut left, right) = duplex(64);
    let begun = Instant::now();
    let read_no_more = async {
        welcome(&mut left, "PIPELINING").await;
        exchange(&mut left, ENVELOPE, "250 Ok\r\n250 Ok\r\n354 Go\r\n").await;
        tokio::time::sleep(Duration::from_secs(3600)).await;
    };
    let text = "a line of text\n".repeat(10_000);
    let delivery = delivery(plan(1, Message::PLAIN), Dialect::Smtp);
    let finished = tokio::select! {
        () = read_no_more => panic!("it waits for ever"),
        finished = deliver(right, delivery, text.as_bytes()) => finished,
    };
    assert_eq!(
        finished.outcome.failure,
        Some(Failure::Peer(Fault::Timeout(Timer::DataBlock)))
    );
    assert_eq!(finished.outcome.recipients, [Fate::NotSent]);
    // The block, and what it takes to close.
    assert!(begun.elapsed() < Duration::from_secs(180 + 10));

    let (mut left, right) = duplex(4096);
    let say_nothing = async {
        welcome(&mut left, "PIPELINING").await;
        exchange(&mut left, ENVELOPE, "250 Ok\r\n250 Ok\r\n354 Go\r\n").await;
        exchange(&mut left, WIRE, "").await;
        tokio::time::sleep(Duration::from_secs(3600)).await;
    };
    let outcome = tokio::select! {
        () = say_nothing => panic!("it waits for ever"),
        outcome = outcome(right, 1) => outcome,
    };
    assert_eq!(
        outcome.failure,
        Some(Failure::Peer(Fault::Timeout(Timer::DataDone)))
    );
    assert_eq!(outcome.recipients, [Fate::InDoubt]);
}

/// Nobody waits for ever for a goodbye, and it changes nothing.
#[tokio::test(start_paused = true)]
async fn a_goodbye_that_does_not_come() {
    let (mut left, right) = duplex(4096);
    let serve = async {
        welcome(&mut left, "PIPELINING").await;
        exchange(&mut left, ENVELOPE, "250 Ok\r\n250 Ok\r\n354 Go\r\n").await;
        exchange(&mut left, WIRE, "250 2.0.0 Taken\r\n").await;
        exchange(&mut left, "QUIT\r\n", "").await;
        tokio::time::sleep(Duration::from_secs(3600)).await;
    };
    let begun = Instant::now();
    let outcome = tokio::select! {
        () = serve => panic!("it waits for ever"),
        outcome = outcome(right, 1) => outcome,
    };
    assert!(outcome.is_delivered(), "{outcome:?}");
    assert!(begun.elapsed() < Duration::from_secs(11));
}

#[tokio::test]
async fn a_transcript_tells_all_but_secrets() {
    // LOGIN is refused, and PLAIN asks for its response.
    let (mut left, right) = duplex(4096);
    let serve = async {
        welcome(&mut left, "AUTH LOGIN PLAIN").await;
        exchange(
            &mut left,
            "AUTH PLAIN AHRpbQB0YW5zdGFhZg==\r\n",
            "504 5.5.4 Not that\r\n",
        )
        .await;
        exchange(&mut left, "AUTH LOGIN\r\n", "334 VXNlcm5hbWU6\r\n").await;
        exchange(&mut left, "dGlt\r\n", "334 UGFzc3dvcmQ6\r\n").await;
        exchange(&mut left, "dGFuc3RhYWY=\r\n", "235 2.7.0 Welcome\r\n").await;
        exchange(
            &mut left,
            "MAIL FROM:<a@client.example.test>\r\n",
            "250 Ok\r\n",
        )
        .await;
        exchange(&mut left, "RCPT TO:<r0@example.test>\r\n", "250 Ok\r\n").await;
        exchange(&mut left, "DATA\r\n", "354 Go\r\n").await;
        exchange(&mut left, WIRE, "250 Ok\r\n").await;
        exchange(&mut left, "QUIT\r\n", "221 Bye\r\n").await;
    };
    let lines = Arc::new(Mutex::new(Vec::<String>::new()));
    let log = Arc::clone(&lines);
    let send = async {
        let mut policy = Policy::new(TlsMode::Off);
        policy.cleartext_auth = "allow".parse().unwrap();
        let config = Config::new(Dialect::Smtp, policy, PeerLocation::Remote);
        let mut plan = plan(1, Message::of(CONTENT));
        plan.login = true;
        let now = Instant::now().into_std();
        let delivery = Delivery::new(plan, Arc::new(config), Channel::Plain, now);
        let mut delivering = Delivering::new(right, delivery)
            .with_transcript(move |line| log.lock().unwrap().push(line.to_owned()));
        loop {
            match delivering.next().await {
                Turn::Login => {
                    let own = || PlainCredentials::new("tim", "tanstaaf").unwrap();
                    let candidates = Candidates::new();
                    let candidates = candidates.with(Plain::new(own())).with(Login::new(own()));
                    delivering.login(candidates);
                }
                Turn::Content => delivering.send(CONTENT).await.unwrap(),
                Turn::End => return delivering.finish().await.outcome,
                Turn::Handshake | Turn::Nothing(_) => {}
            }
        }
    };
    let ((), outcome) = tokio::join!(serve, send);
    assert!(
        outcome.is_delivered() && outcome.authenticated,
        "{outcome:?}"
    );
    assert_eq!(
        *lines.lock().unwrap(),
        [
            "S: 220 mx ESMTP",
            "C: EHLO client.example.test",
            "S: 250-mx",
            "S: 250 AUTH LOGIN PLAIN",
            "C: AUTH PLAIN [response]",
            "S: 504 5.5.4 Not that",
            "C: AUTH LOGIN",
            "S: 334 VXNlcm5hbWU6",
            "C: [response]",
            "S: 334 UGFzc3dvcmQ6",
            "C: [response]",
            "S: 235 2.7.0 Welcome",
            "C: MAIL FROM:<a@client.example.test>",
            "S: 250 Ok",
            "C: RCPT TO:<r0@example.test>",
            "S: 250 Ok",
            "C: DATA",
            "S: 354 Go",
            "C: [40 octets]",
            "S: 250 Ok",
            "C: QUIT",
            "S: 221 Bye",
        ]
    );
}
