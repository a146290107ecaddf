//! How the tokio connections treat their streams: how much is read and written, and when; the end of one half;
//! and what becomes of a future that is dropped.

#![cfg(feature = "tokio")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests panic to fail"
)]

use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use mailwire_smtp_proto::client::{self, NotNow};
use mailwire_smtp_proto::dialect::Dialect;
use mailwire_smtp_proto::host::HelloName;
use mailwire_smtp_proto::params::{MailParameters, RcptParameters};
use mailwire_smtp_proto::path::{ForwardPath, ReversePath};
use mailwire_smtp_proto::peer::Peer;
use mailwire_smtp_proto::policy::outbound::{PeerLocation, Policy, TlsMode};
use mailwire_smtp_proto::policy::{Channel, Listener, Role};
use mailwire_smtp_proto::server::{self, Admission, Closing, Decision, Event};
use mailwire_smtp_proto::tokio_io::{client as outgoing, server as incoming};
use tokio::io::{
    AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf, duplex,
};
use tokio::time::timeout;

fn server<S: AsyncRead + AsyncWrite + Unpin>(stream: S) -> incoming::Connection<S> {
    let hostname = "mx.example.test".parse().unwrap();
    let mut config = server::Config::new(hostname, Dialect::Smtp, Listener::of(Role::Mx));
    config.limits.message_size = None;
    incoming::Connection::accept(stream, Arc::new(config), Peer::local(), Channel::Plain)
}

fn client<S: AsyncRead + AsyncWrite + Unpin>(stream: S) -> outgoing::Connection<S> {
    let policy = Policy::new(TlsMode::Opportunistic);
    let config = client::Config::new(Dialect::Smtp, policy, PeerLocation::Remote);
    outgoing::Connection::connect(stream, Arc::new(config), Channel::Plain)
}

/// Accepts whatever the event asks.
fn accept<S: AsyncRead + AsyncWrite + Unpin>(
    connection: &mut incoming::Connection<S>,
    event: Asked,
) {
    match event {
        Asked::Hello(pending) => connection.answer(pending, Admission::Accept).unwrap(),
        Asked::Mail(pending) => connection.answer(pending, Decision::Accept).unwrap(),
        Asked::Rcpt(pending) => connection.answer(pending, Decision::Accept).unwrap(),
        Asked::Data(pending) => connection.answer(pending, Admission::Accept).unwrap(),
        Asked::Message(pending) => connection.answer(pending, Decision::Accept.into()).unwrap(),
        Asked::Content(_) | Asked::Nothing | Asked::Closed(_) => {}
    }
}

/// What an event asks, without what it borrows.
enum Asked {
    Hello(server::Pending<server::ask::Hello>),
    Mail(server::Pending<server::ask::Mail>),
    Rcpt(server::Pending<server::ask::Rcpt>),
    Data(server::Pending<server::ask::Data>),
    Message(server::Pending<server::ask::Message>),
    Content(usize),
    Closed(Closing),
    Nothing,
}

async fn next<S: AsyncRead + AsyncWrite + Unpin>(
    connection: &mut incoming::Connection<S>,
) -> Asked {
    match connection.next().await.unwrap() {
        Event::Hello { pending, .. } => Asked::Hello(pending),
        Event::Mail { pending, .. } => Asked::Mail(pending),
        Event::Rcpt { pending, .. } => Asked::Rcpt(pending),
        Event::Data { pending } => Asked::Data(pending),
        Event::Message { pending, .. } => Asked::Message(pending),
        Event::Content(octets) => Asked::Content(octets.len()),
        Event::Closed(closing) => Asked::Closed(closing),
        _ => Asked::Nothing,
    }
}

/// Accepts everything to the end.
async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    connection: &mut incoming::Connection<S>,
) -> Closing {
    loop {
        match next(connection).await {
            Asked::Closed(closing) => return closing,
            asked => accept(connection, asked),
        }
    }
}

/// A stream that counts its writes.
struct Counted {
    stream: DuplexStream,
    writes: Arc<AtomicUsize>,
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        Pin::new(&mut self.stream).poll_write(context, octets)
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

fn counted(stream: DuplexStream) -> (Counted, Arc<AtomicUsize>) {
    let writes = Arc::new(AtomicUsize::new(0));
    let stream = Counted {
        stream,
        writes: Arc::clone(&writes),
    };
    (stream, writes)
}

#[tokio::test]
async fn a_group_is_one_write_and_so_are_its_replies() {
    let (left, right) = duplex(1 << 16);
    let (left, replies) = counted(left);
    let (right, commands) = counted(right);
    let (mut incoming, mut outgoing) = (server(left), client(right));
    let say = async {
        outgoing.next().await.unwrap();
        let name = HelloName::parse("client.example.test").unwrap();
        outgoing.hello(&name).unwrap();
        outgoing.next().await.unwrap();
        // 220, and what EHLO lists; EHLO.
        assert_eq!(replies.load(Ordering::Relaxed), 2);
        assert_eq!(commands.load(Ordering::Relaxed), 1);
        let sender = ReversePath::parse("<a@client.example.test>").unwrap();
        let recipient = ForwardPath::parse("<alice@example.test>").unwrap();
        outgoing.mail(&sender, &MailParameters::default()).unwrap();
        for _ in 0..20 {
            outgoing
                .rcpt(&recipient, &RcptParameters::default())
                .unwrap();
        }
        outgoing.data().unwrap();
        for _ in 0..22 {
            outgoing.next().await.unwrap().unwrap();
        }
        assert_eq!(commands.load(Ordering::Relaxed), 2, "MAIL to DATA");
        assert_eq!(
            replies.load(Ordering::Relaxed),
            3,
            "and what was said to them"
        );
        // The trace, the content and its end leave together as well.
        for piece in ["Received: from there\r\n", "Subject: x\r\n\r\n", "y\r\n"] {
            outgoing.content(piece.as_bytes()).await.unwrap().unwrap();
        }
        outgoing.end_of_content().unwrap();
        outgoing.next().await.unwrap().unwrap();
        assert_eq!(commands.load(Ordering::Relaxed), 3);
        assert_eq!(replies.load(Ordering::Relaxed), 4);
        outgoing.quit().unwrap();
        outgoing.next().await.unwrap();
    };
    let (closing, ()) = tokio::join!(serve(&mut incoming), say);
    assert_eq!(closing, Closing::Quit);
}

/// Whoever does not ask for the next event is sent no more than what lies on the way.
#[tokio::test(start_paused = true)]
async fn a_slow_consumer_stops_the_reading() {
    const PIPE: usize = 4096;
    let (left, mut right) = duplex(PIPE);
    let mut incoming = server(left);
    let taken = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&taken);
    let sender = tokio::spawn(async move {
        let group = "EHLO a\r\nMAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nDATA\r\n";
        right.write_all(group.as_bytes()).await.unwrap();
        for _ in 0..10_000 {
            let line = [b"x".repeat(98), b"\r\n".to_vec()].concat();
            right.write_all(&line).await.unwrap();
            counter.fetch_add(line.len(), Ordering::Relaxed);
        }
        right.write_all(b".\r\n").await.unwrap();
        let mut replies = String::new();
        right.shutdown().await.unwrap();
        right.read_to_string(&mut replies).await.unwrap();
        replies
    });
    let mut content = loop {
        match next(&mut incoming).await {
            Asked::Content(octets) => break octets,
            asked => accept(&mut incoming, asked),
        }
    };
    // It does something else now, for a long while.
    tokio::time::sleep(Duration::from_secs(60)).await;
    let ahead = taken.load(Ordering::Relaxed);
    assert!(ahead < 3 * PIPE + 32 * 1024, "{ahead} octets were taken");
    loop {
        match next(&mut incoming).await {
            Asked::Content(octets) => content += octets,
            Asked::Closed(_) => break,
            asked => accept(&mut incoming, asked),
        }
    }
    incoming.close().await.unwrap();
    drop(incoming);
    assert_eq!(content, 1_000_000);
    assert!(
        sender
            .await
            .unwrap()
            .ends_with("250 2.0.0 Message accepted\r\n")
    );
}

/// Whoever says more than the peer takes waits, and keeps little.
#[tokio::test(start_paused = true)]
async fn a_slow_peer_stops_the_producing() {
    let (left, mut right) = duplex(4096);
    let mut outgoing = client(left);
    let peer = tokio::spawn(async move {
        right.write_all(b"220 a\r\n").await.unwrap();
        for reply in ["250 a", "250 Ok", "250 Ok", "354 Go"] {
            let mut heard = Vec::new();
            while !heard.ends_with(b"\r\n") {
                right.read_buf(&mut heard).await.unwrap();
            }
            right
                .write_all(format!("{reply}\r\n").as_bytes())
                .await
                .unwrap();
        }
        // It stops to read.
        tokio::time::sleep(Duration::from_secs(60)).await;
        let mut rest = Vec::new();
        while !rest.ends_with(b"\r\n.\r\n") {
            right.read_buf(&mut rest).await.unwrap();
        }
        right.write_all(b"250 Ok\r\n").await.unwrap();
        rest.len()
    });
    outgoing.next().await.unwrap();
    outgoing
        .hello(&HelloName::parse("client.example.test").unwrap())
        .unwrap();
    outgoing.next().await.unwrap();
    let sender = ReversePath::parse("<a@client.example.test>").unwrap();
    let recipient = ForwardPath::parse("<alice@example.test>").unwrap();
    outgoing.mail(&sender, &MailParameters::default()).unwrap();
    outgoing.next().await.unwrap();
    outgoing
        .rcpt(&recipient, &RcptParameters::default())
        .unwrap();
    outgoing.next().await.unwrap();
    outgoing.data().unwrap();
    outgoing.next().await.unwrap();
    let line = [b"x".repeat(98), b"\r\n".to_vec()].concat();
    let said = Mutex::new(0);
    let mut produce = pin!(async {
        for _ in 0..10_000 {
            outgoing.content(&line).await.unwrap().unwrap();
            *said.lock().unwrap() += line.len();
        }
        outgoing.end_of_content().unwrap();
        outgoing.next().await.unwrap();
    });
    assert!(
        timeout(Duration::from_secs(30), &mut produce)
            .await
            .is_err()
    );
    let unsent = *said.lock().unwrap();
    assert!(unsent < 256 * 1024, "{unsent} octets were said");
    produce.await;
    assert_eq!(peer.await.unwrap(), 1_000_000 + 3);
}

/// A client may say all that it has to say and close its half: it is answered to the end.
#[tokio::test]
async fn one_half_closed_is_no_reason_to_say_less() {
    let whole = "EHLO a\r\nMAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nDATA\r\n\
                 Subject: x\r\n\r\ny\r\n.\r\n";
    for (farewell, closing, last) in [
        ("QUIT\r\n", Closing::Quit, "221 2.0.0 Bye\r\n"),
        ("NOOP\r\n", Closing::EndOfInput, "250 2.0.0 OK\r\n"),
    ] {
        let (left, mut right) = duplex(1 << 16);
        let mut incoming = server(left);
        right.write_all(whole.as_bytes()).await.unwrap();
        right.write_all(farewell.as_bytes()).await.unwrap();
        right.shutdown().await.unwrap();
        assert_eq!(serve(&mut incoming).await, closing);
        incoming.close().await.unwrap();
        let mut replies = String::new();
        right.read_to_string(&mut replies).await.unwrap();
        assert!(
            replies.contains("\r\n250 2.0.0 Message accepted\r\n"),
            "{replies}"
        );
        assert!(replies.ends_with(last), "{replies}");
    }
}

/// Each future of the server is dropped behind its first poll, and made again: nothing is lost, nothing is said
/// twice.
#[tokio::test]
async fn a_server_whose_futures_are_all_dropped() {
    let (left, mut right) = duplex(3);
    let mut incoming = server(left);
    let serve = async {
        loop {
            let ready = once(incoming.ready()).await;
            if ready.is_none() {
                tokio::task::yield_now().await;
                continue;
            }
            // With something ready, it does not wait.
            let asked = next(&mut incoming).await;
            if let Asked::Closed(closing) = asked {
                while once(incoming.close()).await.is_none() {
                    tokio::task::yield_now().await;
                }
                return closing;
            }
            accept(&mut incoming, asked);
            while once(incoming.flush()).await.is_none() {
                tokio::task::yield_now().await;
            }
        }
    };
    let talk = async {
        let (mut input, mut output) = tokio::io::split(&mut right);
        let mut replies = String::new();
        let said = b"EHLO a\r\nMAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nDATA\r\n\
                     Subject: x\r\n\r\ny\r\n.\r\nQUIT\r\n";
        let (said, heard) =
            tokio::join!(output.write_all(said), input.read_to_string(&mut replies));
        said.unwrap();
        heard.unwrap();
        replies
    };
    let (closing, replies) = tokio::join!(serve, talk);
    assert_eq!(closing, Closing::Quit);
    let codes: Vec<&str> = replies
        .lines()
        .filter(|it| &it[3..4] == " ")
        .map(|it| &it[..3])
        .collect();
    assert_eq!(codes, ["220", "250", "250", "250", "354", "250", "221"]);
}

/// The same of a client: what it has said stays said, and content is not to be said again.
#[tokio::test]
async fn a_client_whose_futures_are_all_dropped() {
    let (left, right) = duplex(3);
    let (mut incoming, mut outgoing) = (server(left), client(right));
    let say = async {
        until_content(&mut outgoing).await;
        outgoing.data().unwrap();
        reply(&mut outgoing).await;
        let line = [b"x".repeat(98), b"\r\n".to_vec()].concat();
        for _ in 0..2000 {
            if once(outgoing.content(&line)).await.is_none() {
                while once(outgoing.flush()).await.is_none() {
                    tokio::task::yield_now().await;
                }
            }
        }
        outgoing.end_of_content().unwrap();
        reply(&mut outgoing).await;
        outgoing.quit().unwrap();
        reply(&mut outgoing).await;
        while once(outgoing.close()).await.is_none() {
            tokio::task::yield_now().await;
        }
        assert_eq!(outgoing.noop(), Err(NotNow::Closed));
    };
    let take = async {
        let mut content = 0;
        loop {
            match next(&mut incoming).await {
                Asked::Content(octets) => content += octets,
                Asked::Closed(Closing::Quit) => return content,
                Asked::Closed(closing) => panic!("{closing:?}"),
                asked => accept(&mut incoming, asked),
            }
        }
    };
    let (content, ()) = tokio::join!(take, say);
    assert_eq!(content, 200_000);
}

/// The word that the server stops is said once, however often it begins to be said.
#[tokio::test]
async fn a_stop_whose_futures_are_dropped() {
    for now in [false, true] {
        let (left, mut right) = duplex(3);
        let mut incoming = server(left);
        let serve = async {
            loop {
                let stopped = match now {
                    true => once(incoming.shut_down_now()).await,
                    false => once(incoming.shut_down()).await,
                };
                match stopped {
                    Some(stopped) => break stopped.unwrap(),
                    None => tokio::task::yield_now().await,
                }
            }
            incoming.close().await.unwrap();
        };
        let mut replies = String::new();
        let (heard, ()) = tokio::join!(right.read_to_string(&mut replies), serve);
        heard.unwrap();
        let codes: Vec<&str> = replies.lines().map(|it| &it[..3]).collect();
        assert_eq!(codes, ["220", "421"], "{replies}");
    }
}

/// A chunk is said at the first poll, as content is.
#[tokio::test]
async fn chunks_whose_futures_are_dropped() {
    let (left, right) = duplex(3);
    let (mut incoming, mut outgoing) = (server(left), client(right));
    let say = async {
        until_content(&mut outgoing).await;
        let line = [b"x".repeat(998), b"\r\n".to_vec()].concat();
        for _ in 0..100 {
            // Whether that is waited for or not, it was said.
            if let Some(said) = once(outgoing.chunk(&line)).await {
                said.unwrap().unwrap();
            }
            replies(&mut outgoing).await;
        }
        outgoing.last_chunk(b"").unwrap();
        reply(&mut outgoing).await;
        outgoing.quit().unwrap();
        reply(&mut outgoing).await;
    };
    let take = async {
        let mut content = 0;
        loop {
            match next(&mut incoming).await {
                Asked::Content(octets) => content += octets,
                Asked::Closed(_) => return content,
                asked => accept(&mut incoming, asked),
            }
        }
    };
    let (content, ()) = tokio::join!(take, say);
    assert_eq!(content, 100_000);
}

/// From the greeting to a recipient, by futures that are dropped.
async fn until_content<S: AsyncRead + AsyncWrite + Unpin>(
    connection: &mut outgoing::Connection<S>,
) {
    reply(connection).await;
    connection
        .hello(&HelloName::parse("client.example.test").unwrap())
        .unwrap();
    reply(connection).await;
    let sender = ReversePath::parse("<a@client.example.test>").unwrap();
    let recipient = ForwardPath::parse("<alice@example.test>").unwrap();
    connection
        .mail(&sender, &MailParameters::default())
        .unwrap();
    connection
        .rcpt(&recipient, &RcptParameters::default())
        .unwrap();
    replies(connection).await;
}

/// Waits, by futures that are dropped, until no reply is outstanding.
async fn replies<S: AsyncRead + AsyncWrite + Unpin>(connection: &mut outgoing::Connection<S>) {
    loop {
        match once(connection.next()).await {
            None => tokio::task::yield_now().await,
            Some(heard) if heard.as_ref().unwrap().is_none() => return,
            Some(_) => {}
        }
    }
}

/// Waits for a reply by futures that are dropped.
async fn reply<S: AsyncRead + AsyncWrite + Unpin>(connection: &mut outgoing::Connection<S>) {
    loop {
        let heard = once(connection.next())
            .await
            .map(|it| it.unwrap().map(|event| event.reply().code()));
        match heard {
            None => tokio::task::yield_now().await,
            Some(heard) => {
                heard.expect("a reply is outstanding");
                return;
            }
        }
    }
}

/// Polls a future once, and drops it.
async fn once<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    std::future::poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}
