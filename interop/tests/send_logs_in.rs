//! `send` logs in to servers that others wrote, by every mechanism that they have.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests panic to fail"
)]

use std::fs;
use std::process::Command;

use mailwire_interop::{Dovecot, Edge, Postfix, built, run};

const MESSAGE: &str = "From: <alice@example.test>\r\nTo: <bob@example.test>\r\n\
    Subject: a login\r\n\r\nIt works.\r\n";

/// What Dovecot's SASL has.
const MECHANISMS: [&str; 7] = [
    "PLAIN",
    "LOGIN",
    "CRAM-MD5",
    "SCRAM-SHA-1",
    "SCRAM-SHA-256",
    "OAUTHBEARER",
    "XOAUTH2",
];

/// Sends a message by a mechanism, or by the one that `send` chooses; gives what it tells, on stdout and
/// stderr.
fn send(port: u16, mechanism: Option<&str>, secret: &str, file: &std::path::Path) -> String {
    let mut send = Command::new(built("send"));
    send.args(["--to", &format!("127.0.0.1:{port}"), "--tls", "starttls"])
        .args(["--no-verify", "-v", "--timeout", "30"])
        .args(["--from", "alice@example.test", "--rcpt", "bob@example.test"])
        .args(["--user", "alice@example.test", "--password", secret])
        .arg("--message")
        .arg(file);
    if let Some(mechanism) = mechanism {
        send.args(["--mechanism", mechanism]);
    }
    let output = run(&mut send);
    let told = [output.stdout, output.stderr].concat();
    let told = String::from_utf8_lossy(&told).into_owned();
    assert!(!told.contains(secret), "{told}");
    told
}

fn logs_in(port: u16, edge: &Edge, log: impl Fn() -> String) {
    let file = edge.folder().join("message");
    fs::write(&file, MESSAGE).unwrap();
    let token = Dovecot::token();
    for mechanism in MECHANISMS {
        let secret = if mechanism.contains("OAUTH") {
            token.as_str()
        } else {
            "secret"
        };
        let right = send(port, Some(mechanism), secret, &file);
        let said = format!("C: AUTH {mechanism}");
        assert!(right.contains(&said), "{mechanism}: {right}");
        assert!(
            right.contains("\"outcome\":\"delivered\"") && right.contains("\"authenticated\":true"),
            "{mechanism}: {right}\n{}",
            log()
        );
        let wrong = send(port, Some(mechanism), "wrong-word", &file);
        assert!(wrong.contains("\"auth_rejected\""), "{mechanism}: {wrong}");
        assert!(
            wrong.contains("\"authenticated\":false"),
            "{mechanism}: {wrong}"
        );
    }
    // Of its own accord it takes the strongest.
    let own = send(port, None, "secret", &file);
    assert!(own.contains("AUTH SCRAM-SHA-256 "), "{own}");
    assert!(own.contains("\"authenticated\":true"), "{own}");
}

#[test]
fn to_the_submission_service_of_dovecot() {
    let edge = Edge::start();
    let dovecot = Dovecot::start(edge.port("mx"));
    logs_in(dovecot.port(), &edge, || dovecot.log());
    // It has passed them all on.
    assert_eq!(edge.mailbox("bob").len(), MECHANISMS.len() + 1);
}

#[test]
fn to_postfix_which_asks_dovecot() {
    let edge = Edge::start();
    let dovecot = Dovecot::start(edge.port("mx"));
    let postfix = Postfix::start(&dovecot);
    logs_in(postfix.port(), &edge, || {
        format!("{}\n{}", postfix.log(), dovecot.log())
    });
}
