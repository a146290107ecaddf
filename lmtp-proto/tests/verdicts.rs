//! RFC 2033 section 4.2, on the server's side: one verdict for each accepted RCPT, and the output
//! is the same at every cut of the input.

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

use bytes::BytesMut;
use mailwire_lmtp_proto::server::{Config, Session};
use mailwire_lmtp_proto::{Admission, Decision, Error, Event, Need, Peer, policy::Channel};
use mailwire_smtp_proto::error::Misuse;
use mailwire_smtp_proto::reply::Reply;

const OVER_QUOTA: Reply = Reply::fixed(452, (4, 2, 2), "Over quota");
const UNKNOWN: Reply = Reply::fixed(550, (5, 1, 1), "No such mailbox");

/// What is said to `input` when it comes `size` octets at a time: recipients named `nobody` do
/// not exist, those named `full` are over quota.
fn talk(input: &[u8], size: usize) -> String {
    let now = Instant::now();
    let mut out = BytesMut::new();
    let config = Arc::new(Config::new("mx.example.test".parse().unwrap()));
    let mut session = Session::new(config, Peer::local(), Channel::Local, now, &mut out);
    let mut unread = Vec::new();
    let mut verdicts = Vec::new();
    for piece in input.chunks(size) {
        unread.extend_from_slice(piece);
        while session.need(&unread, now, &out) == Need::Nothing && !session.is_closed() {
            let step = session.advance(&unread, now, &mut out).unwrap();
            let consumed = step.consumed;
            match step.event {
                Some(Event::Hello { pending, .. }) => {
                    session
                        .answer(pending, Admission::Accept, now, &mut out)
                        .unwrap();
                }
                Some(Event::Mail { pending, .. }) => {
                    verdicts.clear();
                    session
                        .answer(pending, Decision::Accept, now, &mut out)
                        .unwrap();
                }
                Some(Event::Rcpt { rcpt, pending }) => {
                    let name = rcpt.forward_path.to_string();
                    let decision = match name.as_str() {
                        "<nobody@example.test>" => Decision::Reject(UNKNOWN),
                        _ => Decision::Accept,
                    };
                    if matches!(decision, Decision::Accept) {
                        verdicts.push(match name.as_str() {
                            "<full@example.test>" => Decision::Reject(OVER_QUOTA),
                            _ => Decision::Accept,
                        });
                    }
                    session.answer(pending, decision, now, &mut out).unwrap();
                }
                Some(Event::Data { pending }) => {
                    session
                        .answer(pending, Admission::Accept, now, &mut out)
                        .unwrap();
                }
                Some(Event::Message { pending, .. }) => session
                    .answer_deliveries(pending, verdicts.clone(), now, &mut out)
                    .unwrap(),
                _ => {}
            }
            unread.drain(..consumed);
        }
    }
    String::from_utf8(out.to_vec()).unwrap()
}

/// The last lines of the answer to an LHLO, a MAIL and what follows, the same at every cut.
fn last_lines(rest: &str, count: usize) -> Vec<String> {
    let input = format!("LHLO client.example.test\r\nMAIL FROM:<>\r\n{rest}");
    let whole = talk(input.as_bytes(), input.len());
    for size in 1..40 {
        assert_eq!(
            talk(input.as_bytes(), size),
            whole,
            "{size} octets at a time"
        );
    }
    let lines: Vec<String> = whole.lines().map(str::to_owned).collect();
    lines[lines.len() - count..].to_vec()
}

const ACCEPTED: &str = "250 2.0.0 Message accepted";
const GO: &str = "354 End the message with <CRLF>.<CRLF>";

#[test]
fn each_accepted_recipient_has_its_verdict() {
    let lines = last_lines(
        "RCPT TO:<a@example.test>\r\nRCPT TO:<nobody@example.test>\r\n\
         RCPT TO:<full@example.test>\r\nDATA\r\nx\r\n.\r\n",
        3,
    );
    assert_eq!(lines, [GO, ACCEPTED, "452 4.2.2 Over quota"]);
}

#[test]
fn a_recipient_named_twice_has_two_verdicts() {
    let lines = last_lines(
        "RCPT TO:<a@example.test>\r\nRCPT TO:<a@example.test>\r\nDATA\r\nx\r\n.\r\n",
        3,
    );
    assert_eq!(lines, [GO, ACCEPTED, ACCEPTED]);
}

#[test]
fn damaged_content_is_refused_once_for_each() {
    let lines = last_lines(
        "RCPT TO:<a@example.test>\r\nRCPT TO:<b@example.test>\r\nDATA\r\na\nb\r\n.\r\nNOOP\r\n",
        4,
    );
    let refused = "550 5.5.2 Bare LF in message; lines end with CRLF";
    assert_eq!(lines, [GO, refused, refused, "250 2.0.0 OK"]);
}

#[test]
fn without_a_recipient_there_is_no_content() {
    let lines = last_lines("RCPT TO:<nobody@example.test>\r\nDATA\r\n", 1);
    assert_eq!(lines, ["503 5.5.1 No valid recipients"]);
}

#[test]
fn helo_and_ehlo_are_unknown() {
    let lines = last_lines("HELO a\r\nEHLO a\r\n", 2);
    let refused = "500 5.5.1 This is LMTP, which has LHLO";
    assert_eq!(lines, [refused, refused]);
}

#[test]
fn the_number_of_verdicts_has_to_be_right() {
    let now = Instant::now();
    let mut out = BytesMut::new();
    let config = Arc::new(Config::new("mx.example.test".parse().unwrap()));
    let mut session = Session::new(config, Peer::local(), Channel::Local, now, &mut out);
    let mut input: &[u8] = b"LHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<a@example.test>\r\nDATA\r\n.\r\n";
    while !input.is_empty() {
        let step = session.advance(input, now, &mut out).unwrap();
        input = &input[step.consumed..];
        match step.event {
            Some(Event::Hello { pending, .. }) => {
                session
                    .answer(pending, Admission::Accept, now, &mut out)
                    .unwrap();
            }
            Some(Event::Mail { pending, .. }) => {
                session
                    .answer(pending, Decision::Accept, now, &mut out)
                    .unwrap();
            }
            Some(Event::Rcpt { pending, .. }) => {
                session
                    .answer(pending, Decision::Accept, now, &mut out)
                    .unwrap();
            }
            Some(Event::Data { pending }) => {
                session
                    .answer(pending, Admission::Accept, now, &mut out)
                    .unwrap();
            }
            Some(Event::Message { pending, .. }) => {
                let said = out.len();
                let result = session.answer_deliveries(pending, vec![], now, &mut out);
                let owed = Misuse::VerdictCount { owed: 1, given: 0 };
                assert_eq!(result, Err(Error::Misuse(owed)));
                assert_eq!(
                    &out[said..],
                    b"421 4.3.0 Local error; closing connection\r\n"
                );
                assert!(session.is_closed());
                return;
            }
            other => panic!("{other:?}"),
        }
    }
    panic!("the message did not end");
}
