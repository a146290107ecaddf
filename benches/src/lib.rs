//! Inputs of the benchmarks, and a server session driven over them.
//!
//! `cargo bench -p mailwire-benches` measures us and a peer in one run, for people to look at. On a
//! shared machine only the ratios mean something; [`ratios`] tells them of all peers.

#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark whose input is wrong has to stop"
)]

pub mod ratios;

use std::sync::Arc;
use std::time::Instant;

use bytes::BytesMut;
use mailwire_smtp_proto::dialect::Dialect;
use mailwire_smtp_proto::peer::Peer;
use mailwire_smtp_proto::policy::{Channel, Listener, Role};
use mailwire_smtp_proto::server::{Admission, Config, Decision, Event, Need, Session};

/// Command lines as clients send them, without their CRLF.
pub const COMMANDS: [&str; 7] = [
    "EHLO mail.client.example.test",
    "MAIL FROM:<some.body@client.example.test> SIZE=10240 BODY=8BITMIME",
    "RCPT TO:<somebody.else@example.test>",
    "DATA",
    "NOOP",
    "RSET",
    "QUIT",
];

/// About a MiB of lines of 76 characters, dots doubled where `dotted`, with the end of data.
#[must_use]
pub fn content(dotted: bool) -> Vec<u8> {
    let mut content = Vec::new();
    while content.len() < 1024 * 1024 {
        content.extend_from_slice(if dotted { b".." } else { b"xx" });
        content.extend_from_slice(&[b'a'; 74]);
        content.extend_from_slice(b"\r\n");
    }
    content.extend_from_slice(b".\r\n");
    content
}

/// A whole session: EHLO, MAIL, five RCPT, DATA of 3 KiB, QUIT; with parameters of DSN where it is to be
/// rich.
#[must_use]
pub fn dialogue(rich: bool) -> Vec<u8> {
    let (mail, rcpt) = if rich {
        (
            " SIZE=3072 BODY=8BITMIME RET=HDRS ENVID=QQ314159",
            " NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;user@example.test",
        )
    } else {
        (" SIZE=3072", "")
    };
    let mut dialogue = b"EHLO mail.client.example.test\r\n".to_vec();
    dialogue.extend_from_slice(
        format!("MAIL FROM:<some.body@client.example.test>{mail}\r\n").as_bytes(),
    );
    for number in 0..5 {
        dialogue
            .extend_from_slice(format!("RCPT TO:<user{number}@example.test>{rcpt}\r\n").as_bytes());
    }
    dialogue.extend_from_slice(b"DATA\r\n");
    for _ in 0..40 {
        dialogue.extend_from_slice(&[b'a'; 76]);
        dialogue.extend_from_slice(b"\r\n");
    }
    dialogue.extend_from_slice(b".\r\nQUIT\r\n");
    dialogue
}

/// The configuration that [`serve`] wants.
///
/// # Panics
///
/// Never: the name is a host name.
#[must_use]
pub fn config() -> Arc<Config> {
    let hostname = "mx.example.test".parse().expect("a host name");
    let mut config = Config::new(hostname, Dialect::Smtp, Listener::of(Role::Mx));
    config.extensions.dsn = true;
    Arc::new(config)
}

/// Serves a session whose input comes `size` octets at a time, and gives the octets of content. What it
/// says is in `out` for as long as a piece of input takes.
///
/// # Panics
///
/// If the session is misused.
pub fn serve(config: Arc<Config>, input: &[u8], size: usize, out: &mut BytesMut) -> u64 {
    let now = Instant::now();
    let mut session = Session::new(config, Peer::local(), Channel::Plain, now, out);
    let (mut start, mut content) = (0, 0);
    for end in (0..input.len())
        .step_by(size)
        .map(|from| (from + size).min(input.len()))
    {
        while session.need(&input[start..end], now, out) == Need::Nothing && !session.is_closed() {
            let step = session
                .advance(&input[start..end], now, out)
                .expect("no misuse");
            start += step.consumed;
            match step.event {
                Some(Event::Hello { pending, .. }) => {
                    session
                        .answer(pending, Admission::Accept, now, out)
                        .expect("it fits");
                }
                Some(Event::Mail { pending, .. }) => {
                    session
                        .answer(pending, Decision::Accept, now, out)
                        .expect("it fits");
                }
                Some(Event::Rcpt { pending, .. }) => {
                    session
                        .answer(pending, Decision::Accept, now, out)
                        .expect("it fits");
                }
                Some(Event::Data { pending }) => {
                    session
                        .answer(pending, Admission::Accept, now, out)
                        .expect("it fits");
                }
                Some(Event::Content(octets)) => content += octets.len() as u64,
                Some(Event::Message { pending, .. }) => {
                    let verdict = Decision::Accept.into();
                    session.answer(pending, verdict, now, out).expect("it fits");
                }
                _ => {}
            }
        }
        out.clear();
    }
    assert!(session.is_closed(), "the dialogue ends with QUIT");
    content
}
