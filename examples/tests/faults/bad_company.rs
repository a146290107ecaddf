//! Clients dawdle, or go away in the middle.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::Duration;

use super::common::Edge;
use super::load::{Load, is_all_there};

/// Clients that say an octet now and then, beside others that work: these get as much done as without them, or
/// nearly.
#[test]
fn five_hundred_that_dawdle() {
    rlimit::increase_nofile_limit(3000).unwrap();
    let edge = Edge::start("tls = false");
    let mut slow: Vec<TcpStream> = Vec::new();
    let mut done = [0, 0];
    for (round, dawdlers) in [0, 500].into_iter().enumerate() {
        let more = (0..dawdlers).map(|_| TcpStream::connect(("127.0.0.1", edge.port("mx"))));
        slow.extend(more.map(Result::unwrap));
        let load = Load::begin(edge.port("mx"), 4);
        for _ in 0..10 {
            for stream in &mut slow {
                stream.write_all(b"x").unwrap();
            }
            sleep(Duration::from_millis(150));
        }
        load.wait_for(50);
        done[round] = load.answered();
        let accepted = load.end();
        is_all_there(&edge, &accepted);
        edge.clear();
    }
    // Other tests run beside this one, so it is not looked at closely.
    let [alone, beside] = done;
    assert!(
        beside * 4 > alone,
        "{beside} messages, and {alone} without them"
    );
    // They were greeted, and wait for as long as a command may take.
    let mut greeting = [0; 512];
    let length = slow[0].read(&mut greeting).unwrap();
    assert!(greeting[..length].starts_with(b"220 "));
    slow[0].set_nonblocking(true).unwrap();
    let error = slow[0].read(&mut greeting).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
}

/// Connections that begin TLS and say no more.
#[test]
fn a_thousand_half_open_handshakes() {
    rlimit::increase_nofile_limit(3000).unwrap();
    let edge = Edge::start("[[listener]]\nrole = \"submissions\"\naddr = \"127.0.0.1:0\"\n");
    let half: Vec<TcpStream> = (0..1000)
        .map(|_| {
            let mut stream = TcpStream::connect(("127.0.0.1", edge.port("submissions"))).unwrap();
            stream.write_all(b"\x16\x03\x01\x02\x00\x01").unwrap();
            stream
        })
        .collect();
    let load = Load::begin(edge.port("mx"), 4);
    load.wait_for(200);
    let accepted = load.end();
    is_all_there(&edge, &accepted);
    drop(half);
}

/// Connections that are reset wherever they are in their dialogue, beside others that work: a socket that
/// is closed with something unread in it is.
#[test]
fn resets_at_every_point() {
    const DIALOGUE: &str = "EHLO a.example\r\nMAIL FROM:<a@example.org>\r\n\
                            RCPT TO:<alice@example.test>\r\nDATA\r\nSubject: half\r\n\r\nx\r\n";
    let edge = Edge::start("tls = false");
    let load = Load::begin(edge.port("mx"), 2);
    for end in 0..DIALOGUE.len() {
        let mut stream = TcpStream::connect(("127.0.0.1", edge.port("mx"))).unwrap();
        stream.write_all(&DIALOGUE.as_bytes()[..end]).unwrap();
        // The greeting is unread in it, most of the time.
        if end % 3 == 0 {
            sleep(Duration::from_millis(5));
        }
        drop(stream);
    }
    load.wait_for(100);
    let accepted = load.end();
    is_all_there(&edge, &accepted);
    let halves = edge.files().into_iter().filter(|file| {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        text.contains("Subject: half")
    });
    assert_eq!(halves.count(), 0, "half a message is none");
}
