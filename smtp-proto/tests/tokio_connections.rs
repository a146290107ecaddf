//! The tokio connections against one another: whole conversations over a small pipe, futures that
//! are dropped at any point, and deadlines on a clock that stands still.

#![cfg(feature = "tokio")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests panic to fail"
)]

use std::io::ErrorKind;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mailwire_smtp_proto::client::{self, Event as Told};
use mailwire_smtp_proto::dialect::Dialect;
use mailwire_smtp_proto::host::HelloName;
use mailwire_smtp_proto::params::{MailParameters, RcptParameters};
use mailwire_smtp_proto::path::{ForwardPath, ReversePath};
use mailwire_smtp_proto::peer::Peer;
use mailwire_smtp_proto::policy::outbound::{PeerLocation, Policy, TlsMode};
use mailwire_smtp_proto::policy::{Channel, Listener, Role};
use mailwire_smtp_proto::reply::Reply;
use mailwire_smtp_proto::server::{self, Admission, Closing, Decision, EarlyTalk, Event, Fault};
use mailwire_smtp_proto::table::Outcome;
use mailwire_smtp_proto::timer::Timer;
use mailwire_smtp_proto::tokio_io::{ConnectionError, client as outgoing, server as incoming};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

fn server(stream: DuplexStream) -> incoming::Connection<DuplexStream> {
    let hostname = "mx.example.test".parse().unwrap();
    let config = server::Config::new(hostname, Dialect::Smtp, Listener::of(Role::Mx));
    incoming::Connection::accept(stream, Arc::new(config), Peer::local(), Channel::Plain)
}

fn client(stream: DuplexStream) -> outgoing::Connection<DuplexStream> {
    let policy = Policy::new(TlsMode::Opportunistic);
    let config = client::Config::new(Dialect::Smtp, policy, PeerLocation::Remote);
    outgoing::Connection::connect(stream, Arc::new(config), Channel::Plain)
}

/// Accepts everything until the session ends; gives the content of each message.
async fn accept_all(
    connection: &mut incoming::Connection<DuplexStream>,
) -> (Vec<Vec<u8>>, Closing) {
    let (mut messages, mut content) = (Vec::new(), Vec::new());
    loop {
        match connection.next().await.unwrap() {
            Event::Hello { pending, .. } => connection.answer(pending, Admission::Accept).unwrap(),
            Event::Mail { pending, .. } => connection.answer(pending, Decision::Accept).unwrap(),
            Event::Rcpt { pending, .. } => connection.answer(pending, Decision::Accept).unwrap(),
            Event::Data { pending } => connection.answer(pending, Admission::Accept).unwrap(),
            Event::Content(octets) => content.extend_from_slice(octets),
            Event::Message { octets, pending } => {
                assert_eq!(octets, content.len() as u64);
                messages.push(std::mem::take(&mut content));
                connection.answer(pending, Decision::Accept.into()).unwrap();
            }
            Event::Closed(closing) => return (messages, closing),
            _ => {}
        }
    }
}

/// Says one message, pipelined.
async fn send(connection: &mut outgoing::Connection<DuplexStream>, content: &[u8]) {
    assert!(matches!(
        connection.next().await.unwrap(),
        Some(Told::Greeting { .. })
    ));
    connection
        .hello(&HelloName::parse("client.example.test").unwrap())
        .unwrap();
    assert!(matches!(
        connection.next().await.unwrap(),
        Some(Told::Hello { .. })
    ));
    let sender = ReversePath::parse("<a@client.example.test>").unwrap();
    let recipient = ForwardPath::parse("<alice@example.test>").unwrap();
    let mail = connection
        .mail(&sender, &MailParameters::default())
        .unwrap();
    let rcpt = connection
        .rcpt(&recipient, &RcptParameters::default())
        .unwrap();
    let data = connection.data().unwrap();
    for expected in [mail, rcpt, data] {
        match connection.next().await.unwrap() {
            Some(Told::Reply {
                id,
                outcome: Outcome::Accepted,
                ..
            }) => assert_eq!(id, expected),
            other => panic!("{other:?}"),
        }
    }
    for piece in content.chunks(1000) {
        connection.content(piece).await.unwrap().unwrap();
    }
    connection.end_of_content().unwrap();
    let verdict = connection.next().await.unwrap();
    assert!(matches!(
        verdict,
        Some(Told::Verdict {
            outcome: Outcome::Accepted,
            ..
        })
    ));
    assert!(
        connection.next().await.unwrap().is_none(),
        "it is the caller's turn"
    );
    connection.quit().unwrap();
    connection.next().await.unwrap();
    connection.close().await.unwrap();
}

fn message() -> Vec<u8> {
    let mut message = Vec::new();
    for line in 0..2000 {
        message.extend_from_slice(format!(".{line} a line with dots ..\r\n.\r\n").as_bytes());
    }
    message
}

#[tokio::test]
async fn a_message_crosses_a_small_pipe() {
    for size in [1, 7, 64 * 1024] {
        let (left, right) = duplex(size);
        let sent = message();
        let (mut incoming, mut outgoing) = (server(left), client(right));
        let ((messages, closing), ()) =
            tokio::join!(accept_all(&mut incoming), send(&mut outgoing, &sent));
        assert_eq!(closing, Closing::Quit);
        assert!(
            messages == [sent],
            "the message changed on its way through {size} octets"
        );
    }
}

#[tokio::test]
async fn dropped_futures_lose_nothing() {
    // Three octets of room, so that writes are cut as well.
    let (left, mut right) = duplex(3);
    let mut incoming = server(left);
    let serve = async {
        let mut polls = 0;
        loop {
            // Every other future is dropped after one poll, in whatever state it is then.
            polls += 1;
            let event = tokio::select! {
                biased;
                event = incoming.next() => event.unwrap(),
                () = std::future::ready(()), if polls % 2 == 1 => {
                    tokio::task::yield_now().await;
                    continue;
                }
            };
            match event {
                Event::Hello { pending, .. } => {
                    incoming.answer(pending, Admission::Accept).unwrap();
                }
                Event::Closed(closing) => break closing,
                _ => {}
            }
        }
    };
    let drive = async {
        let (mut input, mut output) = tokio::io::split(&mut right);
        let mut replies = Vec::new();
        let write = async {
            output
                .write_all(b"EHLO a\r\nNOOP\r\nNOOP\r\nQUIT\r\n")
                .await
                .unwrap()
        };
        let read = async {
            while !replies.ends_with(b"Bye\r\n") {
                input.read_buf(&mut replies).await.unwrap();
            }
        };
        tokio::join!(write, read);
        replies
    };
    let (closing, replies) = tokio::join!(serve, drive);
    assert_eq!(closing, Closing::Quit);
    assert_eq!(
        String::from_utf8(replies).unwrap(),
        "220 mx.example.test ESMTP\r\n250-mx.example.test\r\n250-PIPELINING\r\n\
         250-SIZE 26214400\r\n250-8BITMIME\r\n250-CHUNKING\r\n250-ENHANCEDSTATUSCODES\r\n250 STARTTLS\r\n\
         250 2.0.0 OK\r\n250 2.0.0 OK\r\n221 2.0.0 Bye\r\n"
    );
}

#[tokio::test(start_paused = true)]
async fn a_silent_client_gets_421() {
    let (left, mut right) = duplex(1024);
    let mut incoming = server(left);
    let begun = tokio::time::Instant::now();
    match incoming.next().await.unwrap() {
        Event::Closed(closing) => assert_eq!(closing, Closing::Timeout(Timer::Command)),
        other => panic!("{other:?}"),
    }
    assert_eq!(begun.elapsed().as_secs(), 300);
    incoming.close().await.unwrap();
    let mut replies = String::new();
    drop(incoming);
    right.read_to_string(&mut replies).await.unwrap();
    assert!(
        replies.ends_with("421 4.4.2 Timeout; closing connection\r\n"),
        "{replies}"
    );
}

/// The greeting is held back for six seconds, and who does not wait is sent away.
async fn late(stream: DuplexStream) -> incoming::Connection<DuplexStream> {
    let hostname = "mx.example.test".parse().unwrap();
    let mut config = server::Config::new(hostname, Dialect::Smtp, Listener::of(Role::Mx));
    config.timeouts.pregreeting = Duration::from_secs(6);
    config.early_talk = EarlyTalk::Reject;
    let config = Arc::new(config);
    incoming::Connection::accept_late(stream, config, Peer::local(), Channel::Plain)
        .await
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_late_greeting_gets_it() {
    let (left, mut right) = duplex(1024);
    let begun = tokio::time::Instant::now();
    let mut incoming = late(left).await;
    assert_eq!(begun.elapsed().as_secs(), 6);
    right.write_all(b"QUIT\r\n").await.unwrap();
    assert_eq!(accept_all(&mut incoming).await.1, Closing::Quit);
    incoming.close().await.unwrap();
    drop(incoming);
    let mut replies = String::new();
    right.read_to_string(&mut replies).await.unwrap();
    assert_eq!(replies, "220 mx.example.test ESMTP\r\n221 2.0.0 Bye\r\n");
}

#[tokio::test(start_paused = true)]
async fn who_talks_before_the_greeting_gets_554() {
    let (left, mut right) = duplex(1024);
    right.write_all(b"EHLO a\r\n").await.unwrap();
    let begun = tokio::time::Instant::now();
    let mut incoming = late(left).await;
    assert_eq!(begun.elapsed().as_secs(), 0);
    assert_eq!(accept_all(&mut incoming).await.1, Closing::EarlyTalk);
    incoming.close().await.unwrap();
    drop(incoming);
    let mut replies = String::new();
    right.read_to_string(&mut replies).await.unwrap();
    assert!(replies.starts_with("554 "), "{replies}");
    assert_eq!(replies.lines().count(), 1, "{replies}");
}

#[tokio::test(start_paused = true)]
async fn who_leaves_before_the_greeting_is_gone() {
    let (left, right) = duplex(1024);
    drop(right);
    let hostname = "mx.example.test".parse().unwrap();
    let mut config = server::Config::new(hostname, Dialect::Smtp, Listener::of(Role::Mx));
    config.timeouts.pregreeting = Duration::from_secs(6);
    let config = Arc::new(config);
    let begun = tokio::time::Instant::now();
    let accepted =
        incoming::Connection::accept_late(left, config, Peer::local(), Channel::Plain).await;
    assert_eq!(begun.elapsed().as_secs(), 0);
    // The greeting goes nowhere.
    let error = accepted.unwrap().next().await.unwrap_err();
    assert!(matches!(error, ConnectionError::Io(error) if error.kind() == ErrorKind::BrokenPipe));
}

/// A message to two mailboxes, whose verdicts come in the wrong order.
#[tokio::test]
async fn verdicts_are_told_in_the_order_of_the_recipients() {
    let (left, mut right) = duplex(1024);
    let hostname = "mx.example.test".parse().unwrap();
    let config = server::Config::new(hostname, Dialect::Lmtp, Listener::of(Role::Lmtp));
    let mut incoming =
        incoming::Connection::accept(left, Arc::new(config), Peer::local(), Channel::Plain);
    let script = b"LHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<a@example.test>\r\n\
        RCPT TO:<b@example.test>\r\nDATA\r\n.\r\nQUIT\r\n";
    right.write_all(script).await.unwrap();
    loop {
        match incoming.next().await.unwrap() {
            Event::Hello { pending, .. } => incoming.answer(pending, Admission::Accept).unwrap(),
            Event::Mail { pending, .. } => incoming.answer(pending, Decision::Accept).unwrap(),
            Event::Rcpt { pending, .. } => incoming.answer(pending, Decision::Accept).unwrap(),
            Event::Data { pending } => incoming.answer(pending, Admission::Accept).unwrap(),
            Event::Message { pending, .. } => {
                let full = Reply::fixed(452, (4, 2, 2), "Mailbox full");
                let full = Decision::Reject(full);
                incoming.answer_recipient(&pending, 1, full).unwrap();
                let again = incoming.answer_recipient(&pending, 1, Decision::Accept);
                assert!(again.is_err());
                incoming
                    .answer_recipient(&pending, 0, Decision::Accept)
                    .unwrap();
            }
            Event::Closed(_) => break,
            _ => {}
        }
    }
    incoming.close().await.unwrap();
    drop(incoming);
    let mut replies = String::new();
    right.read_to_string(&mut replies).await.unwrap();
    assert!(
        replies
            .ends_with("250 2.0.0 Message accepted\r\n452 4.2.2 Mailbox full\r\n221 2.0.0 Bye\r\n"),
        "{replies}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_silent_server_is_too_slow() {
    let (_left, right) = duplex(1024);
    let mut outgoing = client(right);
    match outgoing.next().await {
        Err(ConnectionError::Session(client::Error::Peer(fault))) => {
            assert_eq!(fault, client::Fault::Timeout(Timer::Greeting));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_no_replies_ends() {
    let (left, mut right) = duplex(16);
    right.write_all(b"NOOP\r\n").await.unwrap();
    let mut incoming = server(left);
    let error = loop {
        match incoming.next().await {
            Ok(Event::Handled) => {}
            Ok(other) => panic!("{other:?}"),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, ConnectionError::Io(error) if error.kind() == ErrorKind::TimedOut));
}

#[tokio::test]
async fn half_a_message_is_an_error() {
    let (left, mut right) = duplex(1024);
    let mut incoming = server(left);
    let talk = async {
        right
            .write_all(b"EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<b@example.test>\r\nDATA\r\nhalf")
            .await
            .unwrap();
        right.shutdown().await.unwrap();
    };
    let serve = async {
        loop {
            match incoming.next().await {
                Ok(Event::Hello { pending, .. }) => {
                    incoming.answer(pending, Admission::Accept).unwrap();
                }
                Ok(Event::Mail { pending, .. }) => {
                    incoming.answer(pending, Decision::Accept).unwrap();
                }
                Ok(Event::Rcpt { pending, .. }) => {
                    incoming.answer(pending, Decision::Accept).unwrap();
                }
                Ok(Event::Data { pending }) => {
                    incoming.answer(pending, Admission::Accept).unwrap();
                }
                Ok(Event::Content(octets)) => assert_eq!(octets, b"half"),
                Ok(other) => panic!("{other:?}"),
                Err(ConnectionError::Session(error)) => break error,
                Err(other) => panic!("{other}"),
            }
        }
    };
    let ((), error) = tokio::join!(talk, serve);
    assert_eq!(error, server::Error::Peer(Fault::EndOfInput));
}

#[tokio::test]
async fn a_transcript_tells_all_but_secrets() {
    // \0alice\0secret, said in every place where a client may say it, right or wrong.
    const SECRET: &str = "AGFsaWNlAHNlY3JldA==";
    let (left, mut right) = duplex(64 * 1024);
    let lines = Arc::new(Mutex::new(Vec::<String>::new()));
    let log = Arc::clone(&lines);
    let hostname = "mx.example.test".parse().unwrap();
    let listener = Listener::of(Role::Submissions);
    let mut config = server::Config::new(hostname, Dialect::Smtp, listener);
    config.limits.command_line = 64;
    let mut incoming =
        incoming::Connection::accept(left, Arc::new(config), Peer::local(), Channel::Tls)
            .with_transcript(move |line| log.lock().unwrap().push(line.to_owned()));
    let script = format!(
        "EHLO a\r\nAUTH {SECRET}\r\nAUTH PLAIN\r\n{SECRET}\r\nNOOP\nAUTH PLAIN {SECRET}\r\n\
         AUTH PLAIN\r\n*\r\nAUTH PLAIN {SECRET}\r\nMAIL FROM:<>\r\nRCPT TO:<b@example.test>\r\n\
         DATA\r\n{SECRET}\r\n.\r\n{}{SECRET}\r\nQUIT\r\n",
        "x".repeat(100)
    );
    right.write_all(script.as_bytes()).await.unwrap();
    let mut tries = 0;
    loop {
        match incoming.next().await.unwrap() {
            Event::Hello { pending, .. } => incoming.answer(pending, Admission::Accept).unwrap(),
            Event::Auth { pending, .. } => {
                tries += 1;
                let no = Reply::fixed(535, (5, 7, 8), "No");
                let decision = if tries > 1 {
                    Decision::Accept
                } else {
                    Decision::Reject(no)
                };
                incoming.answer(pending, decision).unwrap();
            }
            Event::Mail { pending, .. } => incoming.answer(pending, Decision::Accept).unwrap(),
            Event::Rcpt { pending, .. } => incoming.answer(pending, Decision::Accept).unwrap(),
            Event::Data { pending } => incoming.answer(pending, Admission::Accept).unwrap(),
            Event::Message { pending, .. } => {
                incoming.answer(pending, Decision::Accept.into()).unwrap();
            }
            Event::Closed(_) => break,
            _ => {}
        }
    }
    let lines = lines.lock().unwrap();
    let told = lines.join("\n");
    assert!(!told.contains(SECRET) && !told.contains("secret"), "{told}");
    let said_by_client: Vec<&str> = lines
        .iter()
        .filter(|line| line.starts_with("C: "))
        .map(String::as_str)
        .collect();
    assert_eq!(
        said_by_client,
        [
            "C: EHLO a",
            "C: AUTH [arguments]",
            "C: AUTH PLAIN",
            "C: [response]",
            "C: [38 octets]",
            "C: AUTH PLAIN",
            "C: [response]",
            "C: AUTH PLAIN [response]",
            "C: MAIL FROM:<>",
            "C: RCPT TO:<b@example.test>",
            "C: DATA",
            "C: [22 octets]",
            "C: [3 octets]",
            "C: [122 octets]",
            "C: QUIT",
        ]
    );
    assert!(
        told.contains("S: 535 5.7.8 No") && told.ends_with("S: 221 2.0.0 Bye"),
        "{told}"
    );
}

#[tokio::test]
async fn what_is_buffered_is_not_printed() {
    let (mut left, right) = duplex(4096);
    let mut connection = server(right);
    left.write_all(b"EHLO a.example.test\r\nAUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n")
        .await
        .unwrap();
    assert!(matches!(
        connection.next().await.unwrap(),
        Event::Hello { .. }
    ));
    let shown = format!("{connection:?}");
    assert!(
        shown.contains("input: 54") && !shown.contains("AGFs"),
        "{shown}"
    );
}

/// What one side tells of the dialogue is what the other does, but for where content was cut.
#[tokio::test]
async fn both_sides_tell_the_same() {
    let (left, right) = duplex(64 * 1024);
    let told = || {
        let lines = Arc::new(Mutex::new(Vec::<String>::new()));
        let log = Arc::clone(&lines);
        let write = move |line: &str| log.lock().unwrap().push(line.to_owned());
        (lines, write)
    };
    let ((here, tell_here), (there, tell_there)) = (told(), told());
    let mut incoming = server(left).with_transcript(tell_here);
    let mut outgoing = client(right).with_transcript(tell_there);
    let content = message();
    tokio::join!(accept_all(&mut incoming), send(&mut outgoing, &content));
    let of = |lines: &Mutex<Vec<String>>, side: &str| -> Vec<String> {
        let lines = lines.lock().unwrap();
        let lines = lines.iter().filter(|it| it.starts_with(side));
        lines
            .filter(|it| !it.ends_with("octets]"))
            .cloned()
            .collect()
    };
    assert_eq!(of(&here, "S: "), of(&there, "S: "));
    assert_eq!(of(&here, "C: "), of(&there, "C: "));
    let said = of(&there, "C: ");
    assert_eq!(said.len(), 5, "{said:?}");
    let octets = there
        .lock()
        .unwrap()
        .iter()
        .filter(|it| it.ends_with("octets]"))
        .count();
    assert_eq!(octets, 1, "content is told of once, at its end");
}
