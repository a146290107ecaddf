//! `send` hands a message of about a MiB to servers that others wrote, in every way that they offer, to
//! two recipients that exist and one that does not; and what arrives is what was sent.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests panic to fail"
)]

use std::fs;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use mailwire_interop::{
    Dovecot, Edge, Exim, OpenSmtpd, Postfix, Scripted, built, certificate, message, run,
};
use tempfile::NamedTempFile;

/// How the dialogue goes: the options of `send`, and whether the content then goes by BDAT where
/// CHUNKING is offered beside PIPELINING.
const WAYS: [(&[&str], bool); 4] = [
    (&[], false),
    (&["--no-pipelining"], false),
    (&["--chunking"], true),
    (&["--chunking", "--no-pipelining"], true),
];

const LOGIN: [&str; 4] = ["--user", "alice@example.test", "--password", "secret"];
const STARTTLS: [&str; 3] = ["--tls", "starttls", "--no-verify"];

/// Sends the message of a file; what `send` tells on stdout, and its transcript.
fn send(port: u16, more: &[&[&str]], recipients: &[&str], message: &[u8]) -> (String, String) {
    let file = NamedTempFile::new().unwrap();
    fs::write(&file, message).unwrap();
    let mut send = Command::new(built("send"));
    send.args([
        "--to",
        &format!("127.0.0.1:{port}"),
        "--timeout",
        "60",
        "-v",
    ])
    .args(["--helo", "client.example.test"])
    .args(["--from", "sender@client.example.test"])
    .arg("--message")
    .arg(file.path());
    for recipient in recipients {
        send.args(["--rcpt", recipient]);
    }
    for more in more {
        send.args(*more);
    }
    let output = run(&mut send);
    (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

/// Sends in every way, and looks into both mailboxes. `has_chunking`: the server offers it.
fn delivers(
    port: u16,
    options: &[&[&str]],
    has_chunking: bool,
    mailbox: impl Fn(&str) -> Vec<Vec<u8>>,
    log: impl Fn() -> String,
) {
    let message = message();
    let before = mailbox("alice").len();
    for (sent, (way, chunks)) in WAYS.into_iter().enumerate() {
        let options = [options, &[way]].concat();
        let recipients = [
            "alice@example.test",
            "nobody@elsewhere.test",
            "bob@example.test",
        ];
        let (told, transcript) = send(port, &options, &recipients, &message);
        let about = format!("{options:?}: {told}\n{transcript}\n{}", log());
        assert!(told.contains("\"outcome\":\"partial\""), "{about}");
        // The second was refused, the two others taken.
        let codes: Vec<&str> = told.split("\"code\":").skip(1).map(|it| &it[..1]).collect();
        assert_eq!(codes[..3], ["2", "5", "2"], "{about}");
        assert_eq!(
            transcript.contains("\nC: BDAT "),
            chunks && has_chunking,
            "{about}"
        );
        assert!(
            transcript.ends_with('\n') && transcript.contains("C: QUIT"),
            "{about}"
        );
        for name in ["alice", "bob"] {
            let expected = before + sent + 1;
            // Who passes mail on takes its time.
            for _ in 0..300 {
                if mailbox(name).len() >= expected {
                    break;
                }
                sleep(Duration::from_millis(100));
            }
            let stored = mailbox(name);
            assert_eq!(stored.len(), expected, "{name}, {about}");
            // Whatever is added comes before it; its last line gets an end.
            let whole = [message.as_slice(), b"\r\n"].concat();
            for stored in &stored {
                let end = stored.len().saturating_sub(whole.len());
                let stored = &stored[end..];
                let differs = stored.iter().zip(&whole).position(|(a, b)| a != b);
                let around = differs.map(|at| &stored[at..stored.len().min(at + 100)]);
                let around = around.map(|it| it.escape_ascii().to_string());
                assert!(
                    differs.is_none(),
                    "{name} at {differs:?}: {around:?}, {about}"
                );
            }
        }
    }
    // Nobody is left: the dialogue ends by itself, and says why.
    for (way, _) in WAYS {
        let options = [options, &[way]].concat();
        let (told, transcript) = send(port, &options, &["nobody@elsewhere.test"], &message);
        let about = format!("{options:?}: {told}\n{transcript}");
        assert!(told.contains("\"outcome\":\"rejected\""), "{about}");
        assert!(
            told.contains("\"reason\":\"recipients_rejected\""),
            "{about}"
        );
        assert!(!transcript.contains("\nC: BDAT "), "{about}");
    }
}

/// A message that is larger than what the server takes is not announced to it.
fn is_too_large(port: u16, options: &[&[&str]]) {
    let large = b"Subject: x\r\n\r\n0123456789\r\n".repeat(100_000);
    let (told, transcript) = send(port, options, &["alice@example.test"], &large);
    assert!(told.contains("\"reason\":\"message_too_large\""), "{told}");
    assert!(!transcript.contains("C: MAIL"), "{transcript}");
}

#[test]
fn to_postfix() {
    let edge = Edge::start();
    let dovecot = Dovecot::start(edge.port("mx"));
    let relay = edge.port("mx");
    let settings = format!(
        "relay_domains = example.test\nrelay_transport = smtp:[127.0.0.1]:{relay}\n\
         smtpd_relay_restrictions = reject_unauth_destination\nmessage_size_limit = 2000000\n"
    );
    let postfix = Postfix::start_with(&dovecot, &settings, certificate);
    let mailbox = |name: &str| edge.mailbox(name);
    for options in [&[][..], &STARTTLS] {
        delivers(postfix.port(), &[options], true, mailbox, || postfix.log());
    }
    is_too_large(postfix.port(), &[]);
}

#[test]
fn to_exim() {
    let edge = Edge::start();
    let exim = Exim::start(edge.port("mx"));
    let mailbox = |name: &str| edge.mailbox(name);
    for options in [&[][..], &STARTTLS] {
        delivers(exim.port(), &[options], true, mailbox, || exim.log());
    }
    is_too_large(exim.port(), &[]);
}

#[test]
fn to_opensmtpd() {
    let edge = Edge::start();
    let opensmtpd = OpenSmtpd::start(edge.port("mx"));
    let mailbox = |name: &str| edge.mailbox(name);
    delivers(opensmtpd.port(), &[], false, mailbox, || opensmtpd.log());
    is_too_large(opensmtpd.port(), &[]);
}

#[test]
fn to_the_submission_service_of_dovecot() {
    let edge = Edge::start();
    let dovecot = Dovecot::start(edge.port("mx"));
    let mailbox = |name: &str| edge.mailbox(name);
    let options: [&[&str]; 2] = [&STARTTLS, &LOGIN];
    delivers(dovecot.port(), &options, true, mailbox, || dovecot.log());
}

#[test]
fn to_smtp_server_of_nodemailer() {
    let server = Scripted::smtp_server();
    let mailbox = |name: &str| server.mailbox(name);
    let quiet = String::new;
    delivers(server.smtp(), &[], false, mailbox, quiet);
    delivers(server.smtp(), &[&STARTTLS, &LOGIN], false, mailbox, quiet);
    delivers(server.lmtp(), &[&["--lmtp"]], false, mailbox, quiet);
    is_too_large(server.smtp(), &[]);
}

#[test]
fn to_aiosmtpd() {
    let server = Scripted::aiosmtpd();
    let mailbox = |name: &str| server.mailbox(name);
    delivers(server.smtp(), &[], false, mailbox, String::new);
    delivers(
        server.smtp(),
        &[&STARTTLS, &LOGIN],
        false,
        mailbox,
        String::new,
    );
    is_too_large(server.smtp(), &[]);
}
