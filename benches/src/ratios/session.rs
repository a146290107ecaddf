//! Whole sessions of a server, from the greeting to QUIT, with every answer at once.
//!
//! The peers are loops as somebody would write them around a parser: mailrs-smtp-proto and mailin have
//! sessions of their own for that, smtp-proto (Stalwart) has none, so its loop keeps no order of commands and says
//! the replies only.

use std::hint::black_box;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::BytesMut;
use stalwart_smtp_proto::request::receiver::{DataReceiver, RequestReceiver};
use stalwart_smtp_proto::{Error, Request};

use super::{Contestant, Measure, Unit};
use crate::{config, dialogue, serve};

pub(super) fn measures() -> Vec<Measure> {
    [
        ("session/plain", false, usize::MAX),
        ("session/rich", true, usize::MAX),
        ("session/plain-octets", false, 1),
        ("session/rich-octets", true, 1),
    ]
    .into_iter()
    .map(|(name, rich, size)| session(name, rich, size))
    .collect()
}

fn session(name: &'static str, rich: bool, size: usize) -> Measure {
    let input: &'static [u8] = dialogue(rich).leak();
    let size = size.min(input.len());
    let config = config();
    let content = 40 * 78;
    let mut contestants = vec![
        Contestant::ours({
            let mut out = BytesMut::with_capacity(1024);
            move || {
                let read = serve(Arc::clone(&config), black_box(input), size, &mut out);
                assert_eq!(read, content);
            }
        }),
        Contestant::peer("smtp-proto", {
            let (mut body, mut out) = (Vec::with_capacity(4096), Vec::with_capacity(1024));
            move || {
                stalwart(black_box(input), size, &mut body, &mut out);
                assert_eq!(body.len() as u64, content);
            }
        })
        .with_note("a parser in a loop: no order of commands, no limits, content copied"),
        Contestant::peer("mailrs-smtp-proto", {
            let (mut line, mut out) = (Vec::with_capacity(4096), Vec::with_capacity(1024));
            move || {
                let read = mailrs(black_box(input), size, &mut line, &mut out);
                assert_eq!(read, content);
            }
        })
        .with_note("lines are framed by the loop; content needs to be whole"),
    ];
    if !rich {
        let text = String::from_utf8(input.to_vec()).expect("it is ASCII");
        let input: &'static [u8] = text.replace(" SIZE=3072", " BODY=7BIT").leak().as_bytes();
        let (mut line, mut out) = (Vec::with_capacity(4096), Vec::with_capacity(1024));
        let mailin = Contestant::peer("mailin", move || {
            let read = mailin(black_box(input), size, &mut line, &mut out);
            assert_eq!(read, content);
        });
        contestants.push(mailin.with_note(
            "lines are framed by the loop; of parameters it takes BODY alone, so MAIL has that for SIZE",
        ));
    }
    Measure {
        name,
        unit: Unit::Nanoseconds,
        contestants,
    }
}

const OK: &[u8] = b"250 2.0.0 OK\r\n";
const GO: &[u8] = b"354 Go\r\n";
const EHLO: &[u8] =
    b"250-mx.example.test\r\n250-PIPELINING\r\n250-SIZE 26214400\r\n250-8BITMIME\r\n\
    250-CHUNKING\r\n250-DSN\r\n250-ENHANCEDSTATUSCODES\r\n250 STARTTLS\r\n";

fn stalwart(input: &[u8], size: usize, body: &mut Vec<u8>, out: &mut Vec<u8>) {
    let mut receiver = RequestReceiver::default();
    let mut data: Option<DataReceiver> = None;
    body.clear();
    out.clear();
    for piece in input.chunks(size) {
        let mut octets = piece.iter();
        loop {
            if let Some(content) = &mut data {
                if !content.ingest(&mut octets, body) {
                    break;
                }
                data = None;
                out.extend_from_slice(OK);
            }
            match receiver.ingest(&mut octets) {
                Ok(Request::Ehlo { .. }) => out.extend_from_slice(EHLO),
                Ok(Request::Data) => {
                    data = Some(DataReceiver::new());
                    out.extend_from_slice(GO);
                }
                Ok(request) => {
                    black_box(request);
                    out.extend_from_slice(OK);
                }
                Err(Error::NeedsMoreData { .. }) => break,
                Err(error) => panic!("{error:?}"),
            }
        }
        black_box(&*out);
        out.clear();
    }
}

/// Counts the content that it is given.
struct Content(Arc<AtomicU64>);

impl mailin::Handler for Content {
    fn data(&mut self, octets: &[u8]) -> std::io::Result<()> {
        self.0.fetch_add(octets.len() as u64, Ordering::Relaxed);
        Ok(())
    }
}

fn mailin(input: &[u8], size: usize, line: &mut Vec<u8>, out: &mut Vec<u8>) -> u64 {
    let read = Arc::new(AtomicU64::new(0));
    let mut session = mailin::SessionBuilder::new("mx.example.test")
        .build(Ipv4Addr::LOCALHOST.into(), Content(Arc::clone(&read)));
    line.clear();
    out.clear();
    session
        .greeting()
        .write_to(out)
        .expect("a vector takes all");
    for piece in input.chunks(size) {
        let mut rest = piece;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (head, tail) = rest.split_at(end + 1);
            // A line that is whole in its piece is not copied.
            let response = if line.is_empty() {
                session.process(head)
            } else {
                line.extend_from_slice(head);
                session.process(line)
            };
            rest = tail;
            assert!(!response.is_error, "{response:?}");
            response.write_to(out).expect("a vector takes all");
            line.clear();
        }
        line.extend_from_slice(rest);
        black_box(&*out);
        out.clear();
    }
    read.load(Ordering::Relaxed)
}

fn mailrs(input: &[u8], size: usize, line: &mut Vec<u8>, out: &mut Vec<u8>) -> u64 {
    use mailrs_smtp_proto::{Event, Session, SessionConfig, parse_command};
    let mut session = Session::new("mx.example.test", SessionConfig::default());
    let (mut in_content, mut read) = (false, 0);
    line.clear();
    out.clear();
    for piece in input.chunks(size) {
        let mut rest = piece;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (head, tail) = rest.split_at(end + 1);
            line.extend_from_slice(head);
            rest = tail;
            if in_content {
                if line.as_slice() == b".\r\n" || line.ends_with(b"\r\n.\r\n") {
                    let content = mailrs_smtp_proto::unstuff_data(line);
                    read += content.len() as u64;
                    in_content = false;
                    line.clear();
                    out.extend_from_slice(OK);
                }
                continue;
            }
            let text = std::str::from_utf8(line).unwrap_or_default();
            let command = parse_command(text.trim_end()).expect("a command");
            match session.handle_command(&command) {
                Event::NeedData { .. } => {
                    in_content = true;
                    out.extend_from_slice(GO);
                }
                Event::Reply(reply) | Event::Shutdown(reply) => {
                    out.extend_from_slice(reply.format().as_bytes());
                }
                event => panic!("{event:?}"),
            }
            line.clear();
        }
        line.extend_from_slice(rest);
        black_box(&*out);
        out.clear();
    }
    read
}
