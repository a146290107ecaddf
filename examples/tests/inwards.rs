//! `edge` in front of a server that delivers over LMTP: nothing is promised that this has not promised, and
//! what it says of each recipient is said.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests panic to fail"
)]

use std::fs;

mod common;
#[path = "common/server.rs"]
mod server;

use common::{Edge, Talk};
use server::{Peer, serve};

/// An edge for other servers and for LMTP, with a server at this port behind it.
fn in_front_of(port: u16, more: &str) -> Edge {
    let mut config = String::from(
        "hostname = \"edge.example.test\"\ndomains = [\"example.test\"]\ntls = false\n\
         mailboxes = [\"alice\", \"bob\", \"carol\"]\n",
    );
    for role in ["mx", "lmtp"] {
        config += &format!("[[listener]]\nrole = \"{role}\"\naddr = \"127.0.0.1:0\"\n");
    }
    Edge::delivering(&format!(
        "{config}[deliver]\nlmtp = \"127.0.0.1:{port}\"\n{more}\n"
    ))
}

fn until_content(talk: &mut Talk, hello: &str, recipients: &[&str]) {
    talk.accepted(&[hello, "MAIL FROM:<a@client.example.org>"]);
    for recipient in recipients {
        talk.accepted(&[&format!("RCPT TO:<{recipient}@example.test>")]);
    }
    talk.accepted(&["DATA"]);
    talk.send(b"Subject: x\r\n\r\n..dot\r\n.\r\n");
}

#[test]
fn mail_lies_where_that_server_has_put_it() {
    let behind = Edge::start("tls = false");
    let edge = in_front_of(behind.port("lmtp"), "");
    for (role, hello, replies) in [("mx", "EHLO a.example", 1), ("lmtp", "LHLO a.example", 2)] {
        let before = behind.files().len();
        let mut talk = edge.connect(role);
        until_content(&mut talk, hello, &["alice", "bob"]);
        for _ in 0..replies {
            assert!(talk.reply().starts_with("250 "), "{role}");
        }
        assert_eq!(behind.files().len(), before + 2);
        talk.accepted(&["QUIT"]);
    }
    for file in behind.files() {
        let stored = fs::read_to_string(file).unwrap();
        assert!(
            stored.starts_with(
                "Return-Path: <a@client.example.org>\r\nReceived: from edge.example.test "
            ),
            "{stored}"
        );
        assert_eq!(stored.matches("\r\nReceived: from ").count(), 2, "{stored}");
        assert_eq!(stored.matches("Return-Path:").count(), 1, "{stored}");
        assert!(
            stored.ends_with("\r\nSubject: x\r\n\r\n.dot\r\n"),
            "{stored}"
        );
    }
    assert!(edge.files().is_empty());
}

/// The server's part until the verdicts, for two recipients.
fn until_verdicts(peer: &mut Peer) {
    peer.say("220 lmtp.example.test LMTP\r\n");
    peer.expect("LHLO edge.example.test");
    peer.offer(&["PIPELINING"]);
    peer.expect("MAIL FROM:<a@client.example.org>");
    peer.say("250 Ok\r\n");
    for name in ["alice", "bob"] {
        peer.expect(&format!("RCPT TO:<{name}@example.test>"));
        peer.say("250 Ok\r\n");
    }
    peer.expect("DATA");
    peer.say("354 Go\r\n");
    while peer.hear() != ".\r\n" {}
}

#[test]
fn each_recipient_has_its_verdict_and_one_reply_for_all_loses_nobody() {
    const LOST: &str = "451 4.4.2 The next server is gone, try again later";
    for (verdicts, each, all) in [
        ("250 2.0.0 Ok\r\n250 2.0.0 Ok\r\n", ["250 ", "250 "], "250 "),
        (
            "250 2.0.0 Ok\r\n452 4.2.2 Full\r\n",
            ["250 ", "452 4.2.2 Full"],
            "452 4.2.2 Full",
        ),
        (
            "550 5.7.1 No\r\n250 2.0.0 Ok\r\n",
            ["550 5.7.1 No", "250 "],
            "550 5.7.1 No",
        ),
        // What can be tried again is to be.
        (
            "550 5.7.1 No\r\n452 4.2.2 Full\r\n",
            ["550 5.7.1 No", "452 4.2.2 Full"],
            "452 4.2.2 Full",
        ),
        ("250 2.0.0 Ok\r\n", ["250 ", LOST], LOST),
        ("", [LOST, LOST], LOST),
        ("421 4.3.2 Stopping\r\n", [LOST, LOST], LOST),
    ] {
        for (role, hello, expected) in [
            ("lmtp", "LHLO a.example", each.to_vec()),
            ("mx", "EHLO a.example", vec![all]),
        ] {
            let server = serve(move |peer| {
                until_verdicts(peer);
                peer.say(verdicts);
            });
            let edge = in_front_of(server.address.port(), "");
            let mut talk = edge.connect(role);
            until_content(&mut talk, hello, &["alice", "bob"]);
            for expected in expected {
                let reply = talk.reply();
                assert!(reply.starts_with(expected), "{role} {verdicts:?}: {reply}");
            }
            talk.accepted(&["NOOP", "QUIT"]);
            server.heard();
        }
    }
}

#[test]
fn a_recipient_is_asked_for_when_it_is_named() {
    let server = serve(|peer| {
        peer.say("220 lmtp.example.test LMTP\r\n");
        peer.expect("LHLO edge.example.test");
        peer.offer(&[]);
        peer.hear();
        peer.say("250 Ok\r\n");
        peer.expect("RCPT TO:<alice@example.test>");
        peer.say("552 5.2.2 Over quota\r\n");
        // It is kept for others, with nothing in it.
        peer.expect("RSET");
        peer.say("250 Ok\r\n");
        peer.farewell();
    });
    let edge = in_front_of(server.address.port(), "");
    let mut talk = edge.connect("mx");
    talk.accepted(&["EHLO a.example", "MAIL FROM:<a@client.example.org>"]);
    // One that does not exist is not asked for.
    assert!(
        talk.say("RCPT TO:<nobody@example.test>")
            .starts_with("550 5.1.1 ")
    );
    assert_eq!(
        talk.say("RCPT TO:<alice@example.test>"),
        "552 5.2.2 Over quota"
    );
    assert!(talk.say("DATA").starts_with("554 "));
    talk.accepted(&["QUIT"]);
    edge.terminate();
    server.heard();

    // Nobody is there.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let edge = in_front_of(nobody.port(), "");
    let mut talk = edge.connect("mx");
    talk.accepted(&["EHLO a.example", "MAIL FROM:<a@client.example.org>"]);
    assert!(
        talk.say("RCPT TO:<alice@example.test>")
            .starts_with("451 4.4.1 ")
    );
}

/// SMTPUTF8 goes on where it is offered, and is in the trace (RFC 6531 section 4.3).
#[test]
fn addresses_outside_of_ascii() {
    for offers in [&["SMTPUTF8", "8BITMIME"][..], &[]] {
        let is_offered = !offers.is_empty();
        let server = serve(move |peer| {
            peer.say("220 lmtp.example.test LMTP\r\n");
            peer.expect("LHLO edge.example.test");
            peer.offer(offers);
            if !is_offered {
                return peer.farewell();
            }
            peer.expect("MAIL FROM:<ä@client.example.org> SMTPUTF8");
            peer.say("250 Ok\r\n");
            peer.expect("RCPT TO:<alice@example.test>");
            peer.say("250 Ok\r\n");
            peer.expect("DATA");
            peer.say("354 Go\r\n");
            let mut heard = String::new();
            while !heard.ends_with("\r\n.\r\n") {
                heard += &peer.hear();
            }
            assert!(heard.contains("UTF8SMTP id"), "{heard}");
            peer.say("250 Ok\r\n");
            peer.farewell();
        });
        let edge = in_front_of(server.address.port(), "");
        let mut talk = edge.connect("mx");
        talk.accepted(&[
            "EHLO a.example",
            "MAIL FROM:<ä@client.example.org> SMTPUTF8",
        ]);
        let reply = talk.say("RCPT TO:<alice@example.test>");
        if is_offered {
            assert!(reply.starts_with("250 "), "{reply}");
            talk.accepted(&["DATA"]);
            talk.send(b"Subject: x\r\n\r\ny\r\n.\r\n");
            assert!(talk.reply().starts_with("250 "));
        } else {
            assert!(reply.starts_with("550 5.6.7 "), "{reply}");
        }
        talk.accepted(&["QUIT"]);
        edge.terminate();
        server.heard();
    }
}
