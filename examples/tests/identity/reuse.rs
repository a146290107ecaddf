//! Who goes on with a session that another client has left: whoever is the same to the next server.

use super::common::{Edge, Talk};
use super::edge;
use super::server::{Peer, Script, Server, serve_in_turn};

/// The server's part of a message.
fn message(peer: &mut Peer) {
    for (verb, reply) in [("MAIL ", "250"), ("RCPT ", "250"), ("DATA", "354")] {
        let said = peer.hear();
        assert!(said.starts_with(verb), "{said}");
        peer.say(&format!("{reply} Ok\r\n"));
    }
    while peer.hear() != ".\r\n" {}
    peer.say("250 2.0.0 Ok\r\n");
}

fn greet(peer: &mut Peer, offers: &[&str]) {
    peer.say("220 mx.example.test ESMTP\r\n");
    peer.expect("EHLO edge.example.test");
    peer.offer(offers);
}

fn in_front_of(server: &Server, more: &str) -> Edge {
    let host = server.address;
    edge(
        "",
        &format!(
            "[relay]\nhost = \"{host}\"\n{more}\n\
             [[user]]\nname = \"bob@example.test\"\npassword = \"secret\"\n"
        ),
    )
}

/// `\0NAME@example.test\0secret`.
const ALICE: &str = "AUTH PLAIN AGFsaWNlQGV4YW1wbGUudGVzdABzZWNyZXQ=";
const BOB: &str = "AUTH PLAIN AGJvYkBleGFtcGxlLnRlc3QAc2VjcmV0";

/// A client in a connection of its own, and what is said to its message.
fn send(edge: &Edge, login: &str) -> String {
    let mut talk = until_content(edge, login);
    let reply = talk.say("Subject: x\r\n\r\ny\r\n.");
    talk.accepted(&["QUIT"]);
    assert_eq!(talk.rest(), "");
    reply
}

fn until_content(edge: &Edge, login: &str) -> Talk {
    let mut talk = edge.connect("submission");
    talk.accepted(&[
        "EHLO client.example.org",
        login,
        "MAIL FROM:<alice@example.test>",
        "RCPT TO:<x@remote.invalid>",
        "DATA",
    ]);
    talk
}

/// To a server that is not told who they are, all clients are the edge.
#[test]
fn clients_of_one_login_come_after_each_other_in_one_session() {
    let server = serve_in_turn(vec![Box::new(|peer: &mut Peer| {
        greet(peer, &["AUTH PLAIN"]);
        peer.expect("AUTH PLAIN AHJlbGF5AGJldHdlZW4=");
        peer.say("235 2.7.0 Ok\r\n");
        for _ in 0..3 {
            message(peer);
        }
        peer.farewell();
    })]);
    let login =
        "user = \"relay\"\npassword = \"between\"\ncleartext_auth = \"loopback\"\ntls = \"off\"";
    let edge = in_front_of(&server, login);
    for login in [ALICE, BOB, ALICE] {
        assert!(send(&edge, login).starts_with("250 "));
    }
    edge.terminate();
    let heard = server.heard();
    assert_eq!(heard.matches("AUTH").count(), 1, "{heard}");
}

/// One that is told who the client is has a session for each, were it the same user twice.
#[test]
fn a_session_of_somebody_is_nobody_elses() {
    let whose: Vec<Script> = ["alice", "bob", "alice"]
        .into_iter()
        .map(|user| -> Script {
            Box::new(move |peer: &mut Peer| {
                greet(peer, &["XCLIENT NAME ADDR PORT PROTO HELO LOGIN"]);
                let said = peer.hear();
                assert!(
                    said.ends_with(&format!("LOGIN={user}@example.test\r\n")),
                    "{said}"
                );
                peer.say("220 mx.example.test ESMTP\r\n");
                peer.expect("EHLO edge.example.test");
                peer.offer(&[]);
                message(peer);
                peer.farewell();
            })
        })
        .collect();
    let server = serve_in_turn(whose);
    let edge = in_front_of(&server, "xclient = true\ntls = \"off\"");
    for login in [ALICE, BOB, ALICE] {
        assert!(send(&edge, login).starts_with("250 "));
    }
    server.heard();
}

/// What waits may have been closed, with and without a word; nobody's mail is refused for it.
#[test]
fn one_that_was_closed_meanwhile_is_opened_anew() {
    let closing = |farewell: &'static str| -> Script {
        Box::new(move |peer: &mut Peer| {
            greet(peer, &[]);
            message(peer);
            peer.say(farewell);
        })
    };
    let server = serve_in_turn(vec![
        closing("421 4.4.2 Too slow\r\n"),
        closing(""),
        closing(""),
    ]);
    let edge = in_front_of(&server, "tls = \"off\"");
    for _ in 0..3 {
        assert!(send(&edge, ALICE).starts_with("250 "));
    }
    server.heard();
}

#[test]
fn one_that_was_left_in_the_middle_of_a_message_is_not_kept() {
    let whole: Script = Box::new(|peer: &mut Peer| {
        greet(peer, &[]);
        message(peer);
    });
    let half: Script = Box::new(|peer: &mut Peer| {
        greet(peer, &[]);
        for reply in ["250", "250", "354"] {
            peer.hear();
            peer.say(&format!("{reply} Ok\r\n"));
        }
        // No end of the message comes, and no command in its place.
        let mut heard = String::new();
        loop {
            let line = peer.hear();
            if line.is_empty() {
                break;
            }
            heard += &line;
        }
        assert!(!heard.contains("\r\n.\r\n"), "{heard}");
    });
    let server = serve_in_turn(vec![half, whole]);
    let edge = in_front_of(&server, "tls = \"off\"");
    let mut leaves = until_content(&edge, ALICE);
    leaves.send(b"Subject: half\r\n");
    drop(leaves);
    assert!(send(&edge, ALICE).starts_with("250 "));
    server.heard();
}

/// What a server has said while it was not asked answers nothing: such a session is not gone on with.
#[test]
fn one_that_has_said_something_meanwhile_is_opened_anew() {
    let (told, waits) = std::sync::mpsc::channel();
    let (first, second): (Script, Script) = (
        Box::new(move |peer: &mut Peer| {
            greet(peer, &[]);
            message(peer);
            peer.say("250 Would be taken for a yes to MAIL\r\n");
            told.send(()).unwrap();
            // Nothing more is said to it.
            assert_eq!(peer.hear(), "");
        }),
        Box::new(|peer: &mut Peer| {
            greet(peer, &[]);
            peer.hear();
            peer.say("250 Ok\r\n");
            peer.hear();
            peer.say("550 5.1.1 Nobody\r\n");
        }),
    );
    let server = serve_in_turn(vec![first, second]);
    let edge = in_front_of(&server, "tls = \"off\"");
    assert!(send(&edge, ALICE).starts_with("250 "));
    waits.recv().unwrap();
    let mut talk = edge.connect("submission");
    talk.accepted(&[
        "EHLO client.example.org",
        ALICE,
        "MAIL FROM:<alice@example.test>",
    ]);
    assert_eq!(talk.say("RCPT TO:<x@remote.invalid>"), "550 5.1.1 Nobody");
    server.heard();
}

/// A server that does not answer keeps nobody's place who has gone.
#[test]
fn a_silent_server_is_left() {
    let server = serve_in_turn(vec![Box::new(|peer: &mut Peer| {
        greet(peer, &[]);
        for _ in 0..2 {
            peer.hear();
            peer.say("250 Ok\r\n");
        }
        peer.expect("RSET");
        // It is not answered, and after a while nobody waits for it.
        peer.expect_end();
    })]);
    let host = server.address;
    let edge = edge(
        "",
        &format!("[relay]\nhost = \"{host}\"\n[limits]\nconnections = 1\n"),
    );
    let mut talk = edge.connect("submission");
    talk.accepted(&[
        "EHLO client.example.org",
        ALICE,
        "MAIL FROM:<alice@example.test>",
        "RCPT TO:<x@remote.invalid>",
    ]);
    drop(talk);
    server.heard();
    for _ in 0..100 {
        if edge.dial("submission").reply().starts_with("220 ") {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("its place is still taken");
}
