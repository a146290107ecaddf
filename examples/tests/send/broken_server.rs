//! A server that turns away, breaks the protocol, is slow, or is gone.

use std::io::Write;
use std::net::TcpListener;

use serde_json::Value;

use super::program::{codes, outcome, report, run, send};
use super::server::serve;
use super::{BOB, ON_THE_WIRE, THREE};

#[test]
fn an_endless_reply() {
    let server = serve(|peer| {
        peer.say("220 mx.example.test ESMTP\r\n");
        peer.expect("EHLO [127.0.0.1]");
        while peer.stream.write_all(b"250-more\r\n").is_ok() {}
    });
    let report = send(&server, &BOB);
    assert_eq!(outcome(&report), ("protocol_error", "reply_too_long"));
    assert_eq!(report["reply"]["code"], 220);
    server.heard();
}

#[test]
fn a_greeting_that_turns_away() {
    let server = serve(|peer| {
        peer.say("554 5.7.1 Not you\r\n");
        peer.farewell();
    });
    let report = send(&server, &BOB);
    assert_eq!(outcome(&report), ("rejected", "greeting_rejected"));
    server.heard();

    let server = serve(|peer| {
        peer.say("421 4.3.2 Not now\r\n");
        peer.expect_end();
    });
    let report = send(&server, &BOB);
    assert_eq!(outcome(&report), ("rejected", "service_closing"));
    server.heard();
}

#[test]
fn helo_for_a_server_that_does_not_know_ehlo() {
    let server = serve(|peer| {
        peer.say("220 old.example.test\r\n");
        peer.expect("EHLO [127.0.0.1]");
        peer.say("500 What?\r\n");
        peer.expect("HELO [127.0.0.1]");
        peer.say("250 old.example.test\r\n");
        peer.expect("MAIL FROM:<alice@example.test>");
        peer.say("550 Enough seen\r\n");
        peer.farewell();
    });
    let report = send(&server, &BOB);
    assert_eq!(outcome(&report), ("rejected", "mail_rejected"));
    server.heard();
}

#[test]
fn the_connection_is_lost_at_data() {
    let server = serve(|peer| {
        peer.welcome(&["PIPELINING"]);
        for _ in 0..5 {
            peer.hear();
        }
        peer.say("250 Ok\r\n250 Ok\r\n550 No\r\n250 Ok\r\n");
    });
    let report = send(&server, &THREE);
    assert_eq!(outcome(&report), ("connection_lost", "end_of_input"));
    assert_eq!(codes(&report), [None, Some(550), None]);
    assert!(!report["remedy"].as_str().unwrap().contains("twice"));
    server.heard();
}

#[test]
fn the_connection_is_lost_before_the_verdict() {
    let server = serve(|peer| {
        peer.say("220 mx.example.test LMTP\r\n");
        peer.hear();
        peer.offer(&["PIPELINING"]);
        for _ in 0..5 {
            peer.hear();
        }
        peer.say("250 Ok\r\n250 Ok\r\n250 Ok\r\n250 Ok\r\n354 Go\r\n");
        peer.expect_octets(ON_THE_WIRE);
        peer.say("250 2.0.0 bob has it\r\n");
    });
    let report = send(&server, &[&THREE[..], &["--lmtp"]].concat());
    assert_eq!(outcome(&report), ("connection_lost", "may_be_delivered"));
    assert_eq!(codes(&report), [Some(250), None, None]);
    assert!(report["remedy"].as_str().unwrap().contains("twice"));
    server.heard();
}

#[test]
fn a_server_that_says_nothing() {
    let server = serve(|peer| peer.expect_end());
    let report = send(&server, &[&BOB[..], &["--timeout", "1"]].concat());
    assert_eq!(outcome(&report), ("timeout", "greeting_timeout"));
    assert_eq!(report["reply"], Value::Null);
    server.heard();

    let server = serve(|peer| {
        peer.welcome(&[]);
        peer.hear();
        peer.expect_end();
    });
    let report = send(&server, &[&BOB[..], &["--timeout", "1"]].concat());
    assert_eq!(outcome(&report), ("timeout", "reply_timeout"));
    server.heard();
}

#[test]
fn nothing_listens() {
    let address = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().to_string()
    };
    let output = run(&address, b"", &BOB);
    let report = report(&output);
    assert_eq!(outcome(&report), ("connection_lost", "connection_refused"));
    assert_eq!(output.status.code(), Some(1));
}
