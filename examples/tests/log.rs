//! What `edge` logs: a line for each transaction, however it ends, and for each login.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests panic to fail"
)]

mod common;
#[path = "common/server.rs"]
mod server;

use std::time::Duration;

use common::Edge;
use server::{Server, serve};

const CONFIG: &str =
    "tls = false\nmailboxes = [\"alice\", \"bob\"]\nlimits = { message_size = 1000 }";

/// The lines about transactions and logins, when all is over: so many.
fn lines(edge: &mut Edge, count: usize) -> Vec<String> {
    edge.terminate();
    assert!(edge.wait(Duration::from_secs(10)).success());
    let log = edge.log();
    let lines = log.lines().map(str::to_owned);
    let lines: Vec<String> = lines
        .filter(|it| it.contains(" mail ") || it.contains(" login "))
        .collect();
    assert_eq!(lines.len(), count, "{log}");
    lines
}

/// An edge that hands mail on to a server.
fn in_front_of(server: &Server, role: &str) -> Edge {
    let host = server.address;
    Edge::delivering(&format!(
        "hostname = \"edge.example.test\"\ndomains = [\"example.test\"]\ntls = false\n\
         [[listener]]\nrole = \"{role}\"\naddr = \"127.0.0.1:0\"\n\
         [deliver]\nlmtp = \"{host}\"\n"
    ))
}

fn has(line: &str, words: &[&str]) {
    for word in words {
        assert!(line.contains(word), "no {word:?} in {line}");
    }
}

#[test]
fn each_transaction_is_one_line() {
    let mut edge = Edge::start(CONFIG);
    let mut talk = edge.connect("mx");
    let mail = "MAIL FROM:<a@client.example.org>";
    let alice = "RCPT TO:<alice@example.test>";
    talk.accepted(&["EHLO client.example.org", mail, alice]);
    assert!(talk.say("RCPT TO:<nobody@example.test>").starts_with("550"));
    talk.accepted(&["DATA"]);
    let reply = talk.say("Subject: x\r\n\r\ny\r\n.");
    let (_, id) = reply.rsplit_once(' ').unwrap();

    // Given up, refused at every recipient, too large; and lost in the middle.
    talk.accepted(&[mail, alice, "RSET", mail]);
    assert!(talk.say("RCPT TO:<x@remote.invalid>").starts_with("554"));
    talk.accepted(&["RSET", mail, alice, "DATA"]);
    assert!(
        talk.say(&format!("{}\r\n.", "x".repeat(900).repeat(2)))
            .starts_with("5")
    );
    talk.accepted(&["RSET", mail, alice, "DATA"]);
    talk.send(b"Subject: half\r\n");
    drop(talk);

    let lines = lines(&mut edge, 5);
    has(
        &lines[0],
        &[
            &format!("id=\"{id}\""),
            "status=\"delivered\"",
            "role=mx",
            "peer=127.0.0.1",
            "hello=\"client.example.org\"",
            "with=\"ESMTP\"",
            "from=\"a@client.example.org\"",
            "to=[\"alice@example.test\"]",
            "refused=1",
            "refusals=[\"nobody@example.test: 550 5.1.1 ",
            "octets=17",
        ],
    );
    let stored = std::fs::read_to_string(&edge.files()[0]).unwrap();
    assert!(stored.contains(&format!(" id {id}")), "{stored}");
    has(
        &lines[1],
        &["status=\"dropped\"", "to=[\"alice@example.test\"]"],
    );
    assert!(!lines[1].contains("id="), "{}", lines[1]);
    has(
        &lines[2],
        &[
            "status=\"refused\"",
            "x@remote.invalid: 554 5.7.1 Relay access denied",
        ],
    );
    has(&lines[3], &["status=\"refused\"", "reply=5"]);
    has(&lines[4], &["status=\"dropped\"", "id="]);
    // Colours are for people.
    assert!(!edge.log().contains('\x1b'));
}

#[test]
fn a_message_that_is_passed_on_tells_its_name_there() {
    let server = serve(|peer| {
        peer.say("220 lmtp.example.test LMTP\r\n");
        peer.expect("LHLO edge.example.test");
        peer.offer(&[]);
        for reply in ["250 Ok", "250 Ok", "250 Ok", "354 Go"] {
            peer.hear();
            peer.say(&format!("{reply}\r\n"));
        }
        while peer.hear() != ".\r\n" {}
        peer.say("250 2.0.0 <alice> Saved as 4711\r\n452 4.2.2 <bob> Full\r\n");
    });
    let mut edge = in_front_of(&server, "lmtp");
    let mut talk = edge.connect("lmtp");
    talk.accepted(&["LHLO a.example", "MAIL FROM:<>"]);
    for name in ["alice", "bob"] {
        talk.accepted(&[&format!("RCPT TO:<{name}@example.test>")]);
    }
    talk.accepted(&["DATA"]);
    assert!(talk.say("x\r\n.").starts_with("250 "));
    assert_eq!(talk.reply(), "452 4.2.2 <bob> Full");
    server.heard();
    has(
        &lines(&mut edge, 1)[0],
        &[
            "status=\"partial\"",
            "from=\"\"",
            "recipients=2",
            "with=\"LMTP\"",
            "reply=452 4.2.2 <bob> Full",
            "next=[\"250 2.0.0 <alice> Saved as 4711\"]",
        ],
    );
}

/// Who has logged in, and who has not; never with what.
#[test]
fn logins() {
    let mut edge = Edge::start(CONFIG);
    let mut talk = edge.connect("submission");
    talk.accepted(&["EHLO client.example.org"]);
    // `\0alice@example.test\0wrong`
    let wrong = "AGFsaWNlQGV4YW1wbGUudGVzdAB3cm9uZw==";
    assert!(talk.say(&format!("AUTH PLAIN {wrong}")).starts_with("535 "));
    // `n,,n=alice@example.test,r=nonce`, and a proof of something else.
    let first = "AUTH SCRAM-SHA-256 biwsbj1hbGljZUBleGFtcGxlLnRlc3Qscj1ub25jZQ==";
    assert!(talk.say(first).starts_with("334 "));
    assert!(talk.say("Yz1iaXdzLHI9bm9uY2UscD1hYWFh").starts_with('5'));
    talk.accepted(&["AUTH PLAIN AGFsaWNlQGV4YW1wbGUudGVzdABzZWNyZXQ=", "QUIT"]);
    let lines = lines(&mut edge, 3);
    for failed in &lines[..2] {
        has(
            failed,
            &[
                "login failed",
                "peer=127.0.0.1",
                "account=\"alice@example.test\"",
                "why=",
            ],
        );
    }
    has(&lines[2], &["login ", "user=\"alice@example.test\""]);
    let log = edge.log();
    for secret in ["wrong", "secret", wrong] {
        assert!(!log.contains(secret), "{log}");
    }
}

/// What the next server has refused is told with whom it was for; and one that says the same of many is told once.
#[test]
fn what_the_next_server_says() {
    let server = serve(|peer| {
        peer.say("220 lmtp.example.test LMTP\r\n");
        peer.expect("LHLO edge.example.test");
        peer.offer(&[]);
        for replies in [
            &["250 Ok", "250 Ok", "250 Ok", "451 4.3.0 Not now"][..],
            &["250 Ok"],
            &["250 Ok", "250 Ok", "250 Ok", "354 Go"],
        ] {
            for reply in replies {
                peer.hear();
                peer.say(&format!("{reply}\r\n"));
            }
        }
        while peer.hear() != ".\r\n" {}
        peer.say("250 2.0.0 Saved\r\n250 2.0.0 Saved\r\n");
        peer.farewell();
    });
    let mut edge = in_front_of(&server, "mx");
    let mut talk = edge.connect("mx");
    let envelope = [
        "MAIL FROM:<a@client.example.org>",
        "RCPT TO:<alice@example.test>",
        "RCPT TO:<bob@example.test>",
    ];
    talk.accepted(&["EHLO client.example.org"]);
    talk.accepted(&envelope);
    assert_eq!(talk.say("DATA"), "451 4.3.0 Not now");
    talk.accepted(&["RSET"]);
    talk.accepted(&envelope);
    talk.accepted(&["DATA"]);
    assert!(talk.say("x\r\n.").starts_with("250 "));
    talk.accepted(&["QUIT"]);
    let lines = lines(&mut edge, 2);
    has(
        &lines[0],
        &[
            "status=\"refused\"",
            "to=[\"alice@example.test\", \"bob@example.test\"]",
            "reply=451 4.3.0 Not now",
        ],
    );
    has(
        &lines[1],
        &["status=\"delivered\"", "next=[\"250 2.0.0 Saved\"]"],
    );
    server.heard();
}

/// A transaction that the end of the server cuts off has its line as well; and one whose content flows on has the
/// time that is left.
#[test]
fn the_end_of_the_server_cuts_what_does_not_end() {
    let mut edge = Edge::start(CONFIG);
    let envelope = [
        "EHLO client.example.org",
        "MAIL FROM:<a@client.example.org>",
        "RCPT TO:<alice@example.test>",
        "DATA",
    ];
    let (mut late, mut never) = (edge.connect("mx"), edge.connect("mx"));
    for talk in [&mut late, &mut never] {
        talk.accepted(&envelope);
        talk.send(b"Subject: x\r\n");
    }
    edge.terminate();
    // Behind the last word for those who are at a command, before the end.
    std::thread::sleep(Duration::from_millis(8_900));
    late.send(b"\r\ny\r\n.\r\n");
    assert!(late.reply().starts_with("250 "));
    assert!(late.reply().starts_with("421 "));
    let lines = lines(&mut edge, 2);
    has(&lines[0], &["status=\"delivered\""]);
    has(
        &lines[1],
        &["status=\"cut\"", "to=[\"alice@example.test\"]", "id="],
    );
    assert_eq!(never.rest(), "");
}

/// With `-v` both dialogues are told, with the client and with the next server, and no password in either.
#[test]
fn dialogues() {
    // `\0relay\0between`
    const LOGIN: &str = "AUTH PLAIN AHJlbGF5AGJldHdlZW4=";
    let server = serve(|peer| {
        peer.say("220 mx.example.test ESMTP\r\n");
        peer.expect("EHLO edge.example.test");
        peer.offer(&["AUTH PLAIN"]);
        peer.expect(LOGIN);
        peer.say("235 2.7.0 Ok\r\n");
        peer.expect("MAIL FROM:<alice@example.test>");
        peer.say("250 Ok\r\n");
        peer.expect("RCPT TO:<x@remote.invalid>");
        peer.say("550 5.1.1 Nobody\r\n");
    });
    let host = server.address;
    let edge = Edge::start(&format!(
        "tls = false\n[relay]\nhost = \"{host}\"\nuser = \"relay\"\npassword = \"between\"\n\
         cleartext_auth = \"loopback\"\n"
    ))
    .verbose();
    let mut talk = edge.connect("submission");
    talk.accepted(&[
        "EHLO client.example.org",
        "AUTH PLAIN AGFsaWNlQGV4YW1wbGUudGVzdABzZWNyZXQ=",
        "MAIL FROM:<alice@example.test>",
    ]);
    assert_eq!(talk.say("RCPT TO:<x@remote.invalid>"), "550 5.1.1 Nobody");
    server.heard();
    let log = edge.log();
    for line in [
        "127.0.0.1 C: AUTH PLAIN [response]",
        "127.0.0.1 C: RCPT TO:<x@remote.invalid>",
        &format!("{host} C: AUTH PLAIN [response]"),
        &format!("{host} S: 550 5.1.1 Nobody"),
    ] {
        assert!(log.contains(line), "no {line:?} in {log}");
    }
    for secret in ["between", "AHJlbGF5", "secret", "AGFsaWNl"] {
        assert!(!log.contains(secret), "{log}");
    }
}
