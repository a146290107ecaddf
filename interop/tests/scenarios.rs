//! The five failures that this project grew out of, with the programs that they are made of: the set-up that
//! fails says why, and what would help, and the one that works works; with `edge` as the server, and with
//! `edge` and `send` as clients.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests panic to fail"
)]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use mailwire_interop::{Dovecot, Edge, Postfix, SWAKS_LOGIN, built, certificate, run, told};

const USER: &str = "alice@example.test";
const CLEAR: &str = "tls = false";
const IN_CLEAR: &str = "cleartext_auth = \"allow\"";
const LOGIN: [&str; 4] = ["--user", USER, "--password", "secret"];

/// What swaks tells of a message from alice to somebody, and whether it was taken.
fn swaks(port: u16, to: &str, more: &[&str]) -> (String, bool) {
    let output = mailwire_interop::swaks(port, to, more);
    (told(&output), output.status.success())
}

/// What `send` tells of such a message, with its transcript, and whether it was delivered.
fn send(port: u16, folder: &Path, to: &str, more: &[&str]) -> (String, bool) {
    let file = folder.join("message");
    fs::write(&file, "Subject: x\n\nIt works.\n").unwrap();
    let output = run(Command::new(built("send"))
        .args([
            "--to",
            &format!("127.0.0.1:{port}"),
            "--timeout",
            "30",
            "-v",
        ])
        .args(["--from", USER, "--rcpt", to, "--message"])
        .arg(file)
        .args(more));
    (told(&output), output.status.success())
}

fn has(told: &str, words: &[&str]) {
    for word in words {
        assert!(told.contains(word), "no {word:?} in {told}");
    }
}

/// A Postfix that relays for who has logged in, in clear if they like.
fn postfix(dovecot: &Dovecot, more: &str) -> Postfix {
    let settings = format!(
        "smtpd_tls_auth_only = no\n\
         smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination\n{more}"
    );
    Postfix::start_with(dovecot, &settings, certificate)
}

/// A switch for the public port does not reach the hop inside, whoever is at which end of it.
#[test]
fn s1_lmtp_goes_on_when_tls_is_enforced_outside() {
    let before = "enforce_inbound_tls = true";
    let edge = Edge::start_with(before, &["mx", "lmtp"], "", "");
    let check = edge.check();
    has(&check, &["RFC 3207"]);

    // Another server in clear: told what it lacks, and let in with it.
    let (told, taken) = swaks(edge.port("mx"), "bob@example.test", &[]);
    assert!(!taken, "{told}");
    has(&told, &["STARTTLS", "<** 530 5.7.0 "]);
    let (told, taken) = swaks(edge.port("mx"), "bob@example.test", &["--tls"]);
    assert!(taken, "{told}");

    // Postfix delivers over LMTP in clear.
    let dovecot = Dovecot::start(1);
    let lmtp = edge.port("lmtp");
    let postfix = postfix(
        &dovecot,
        &format!("default_transport = lmtp:inet:[127.0.0.1]:{lmtp}\n"),
    );
    let (told, taken) = swaks(postfix.port(), "carol@example.test", &SWAKS_LOGIN);
    assert!(taken, "{told}\n{}", postfix.log());
    for _ in 0..200 {
        if !edge.mailbox("carol").is_empty() {
            break;
        }
        sleep(Duration::from_millis(50));
    }
    let stored = edge.mailbox("carol");
    assert_eq!(stored.len(), 1, "{}", postfix.log());
    has(
        &String::from_utf8_lossy(&stored[0]),
        &["LMTP id", "It works."],
    );

    // The other way round: edge in front of a Dovecot whose LMTP it demands TLS of. There is none.
    let (dovecot, lmtp) = Dovecot::delivering();
    let deliver = |tls: &str| {
        let deliver = format!("[deliver]\nlmtp = \"127.0.0.1:{lmtp}\"\nlmtp_tls = \"{tls}\"\n");
        Edge::delivering(before, &["mx"], &deliver)
    };
    let edge = deliver("implicit");
    let (told, taken) = swaks(edge.port("mx"), "alice@example.test", &["--tls"]);
    assert!(!taken, "{told}");
    has(&told, &["451 4.7.5 "]);
    has(&edge.log(), &["the next server cannot be spoken to", "TLS"]);
    let edge = deliver("off");
    let (told, taken) = swaks(edge.port("mx"), "alice@example.test", &["--tls"]);
    assert!(taken, "{told}\n{}", dovecot.log());
    assert_eq!(dovecot.mailbox().len(), 1);
}

/// Who a user is reaches the server behind, or the user is told that it does not.
#[test]
fn s2_an_identity_is_taken_or_the_login_is_none() {
    let dovecot = Dovecot::start(1);
    let authorised =
        "smtpd_authorized_xclient_hosts = 127.0.0.0/8\nsmtpd_forbid_unauth_pipelining = yes\n";
    for (settings, is_authorised) in [("", false), (authorised, true)] {
        let postfix = postfix(&dovecot, settings);
        let port = postfix.port();
        let relay =
            format!("[relay]\nhost = \"127.0.0.1:{port}\"\ntls = \"off\"\nxclient = true\n");
        let edge = Edge::start_with(CLEAR, &["submission"], IN_CLEAR, &relay);
        let (told, taken) = swaks(edge.port("submission"), "x@remote.invalid", &SWAKS_LOGIN);
        assert_eq!(taken, is_authorised, "{told}\n{}", postfix.log());
        if is_authorised {
            has(&postfix.log(), &["sasl_username=alice@example.test"]);
            has(
                &edge.log(),
                &["login ", "status=\"delivered\"", "queued as"],
            );
        } else {
            has(&told, &["<** 454 4.7.0 "]);
            has(
                &edge.log(),
                &["does not take LOGIN", "smtpd_authorized_xclient_hosts"],
            );
        }

        let identity = ["--xclient", "ADDR=192.0.2.7 LOGIN=alice@example.test"];
        let (told, delivered) = send(port, &edge.folder(), "x@remote.invalid", &identity);
        assert_eq!(delivered, is_authorised, "{told}\n{}", postfix.log());
        if !is_authorised {
            has(&told, &["\"identity_not_forwardable\"", "\"remedy\":\""]);
            assert!(!told.contains("C: XCLIENT"), "{told}");
        }
    }
}

/// A port that is not served says why, and one that is served says what it wants first.
#[test]
fn s3_why_587_is_closed() {
    let closed = Edge::start_with("", &["mx"], "", "");
    has(&closed.explain(587), &["587", "submission"]);
    let nobody = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let (told, delivered) = send(nobody, &closed.folder(), USER, &LOGIN);
    assert!(!delivered);
    has(&told, &["\"connection_refused\"", "\"remedy\":\""]);

    let open = Edge::start_with("", &["mx", "submission"], "", "");
    let port = open.port("submission");
    let (told, taken) = swaks(port, USER, &SWAKS_LOGIN);
    assert!(!taken, "{told}");
    has(&told, &["250 STARTTLS"]);
    assert!(
        !told.contains("250-AUTH") && !told.contains("250 AUTH"),
        "{told}"
    );
    let (told, taken) = swaks(
        port,
        "bob@example.test",
        &[&SWAKS_LOGIN[..], &["--tls"]].concat(),
    );
    assert!(taken, "{told}");
    let tls = [&LOGIN[..], &["--tls", "starttls", "--no-verify"]].concat();
    let (told, delivered) = send(port, &open.folder(), "bob@example.test", &tls);
    assert!(delivered, "{told}");
    assert_eq!(open.mailbox("bob").len(), 2);
    // The same of a Postfix, which offers TLS and wants it before a login.
    let dovecot = Dovecot::start(1);
    let postfix = Postfix::start(&dovecot);
    let (told, delivered) = send(postfix.port(), &open.folder(), "x@remote.invalid", &tls);
    assert!(delivered, "{told}\n{}", postfix.log());
}

/// A server without TLS: what is refused is refused here, by name, and nothing of it was said.
#[test]
fn s4_a_relay_without_tls() {
    let dovecot = Dovecot::start(1);
    let postfix = postfix(&dovecot, "smtpd_tls_security_level = none\n");
    let port = postfix.port();
    let edge = Edge::start_with(CLEAR, &["submission"], IN_CLEAR, "");
    let folder = edge.folder();
    let to = "x@remote.invalid";

    let (told, _) = send(
        port,
        &folder,
        to,
        &[&LOGIN[..], &["--tls", "starttls"]].concat(),
    );
    has(
        &told,
        &[
            "\"refused_locally\"",
            "\"starttls_not_offered\"",
            "\"remedy\":\"",
        ],
    );
    assert!(!told.contains("C: STARTTLS"), "{told}");
    // Not to check a certificate says nothing about a password in clear.
    for more in [
        &["--tls", "off"][..],
        &["--tls", "off", "--no-verify"],
        &["--tls", "opportunistic"],
    ] {
        let plain = [&LOGIN[..], more, &["--mechanism", "PLAIN"]].concat();
        let (told, _) = send(port, &folder, to, &plain);
        has(
            &told,
            &[
                "\"refused_locally\"",
                "\"cleartext_auth_denied\"",
                "\"remedy\":\"",
            ],
        );
        assert!(!told.contains("C: AUTH"), "{told}");
    }
    let loopback = ["--tls", "off", "--cleartext-auth", "loopback"];
    let (told, delivered) = send(port, &folder, to, &[&LOGIN[..], &loopback].concat());
    assert!(delivered, "{told}\n{}", postfix.log());

    // As edge's next server.
    let relay = |more: &str| {
        let relay = format!(
            "[relay]\nhost = \"127.0.0.1:{port}\"\nuser = \"{USER}\"\npassword = \"secret\"\n{more}\n"
        );
        Edge::start_with(CLEAR, &["submission"], IN_CLEAR, &relay)
    };
    let edge = relay("tls = \"starttls\"");
    let (told, taken) = swaks(edge.port("submission"), to, &SWAKS_LOGIN);
    assert!(!taken, "{told}");
    has(&told, &["<** 451 4.3.5 "]);
    has(
        &edge.log(),
        &["the next server cannot be spoken to", "STARTTLS"],
    );
    let edge = relay("tls = \"off\"\ncleartext_auth = \"loopback\"");
    let (told, taken) = swaks(edge.port("submission"), to, &SWAKS_LOGIN);
    assert!(taken, "{told}\n{}", postfix.log());
}

/// Somebody with a password who has not logged in: told at once, by whichever side knows first.
#[test]
fn s5_relay_access_denied() {
    let dovecot = Dovecot::start(1);
    let behind = postfix(&dovecot, "");
    let port = behind.port();
    let relay = format!(
        "[relay]\nhost = \"127.0.0.1:{port}\"\ntls = \"off\"\nuser = \"{USER}\"\n\
         password = \"secret\"\ncleartext_auth = \"loopback\"\n"
    );
    let edge = Edge::start_with("", &["mx", "submission"], "", &relay);
    let (mx, submission, folder) = (edge.port("mx"), edge.port("submission"), edge.folder());
    let to = "x@remote.invalid";
    let tls = ["--tls", "starttls", "--no-verify"];

    // The client has a password, and the port takes none: nobody's mail instead of alice's is not an option.
    let (told, _) = send(mx, &folder, to, &[&LOGIN[..], &tls].concat());
    has(
        &told,
        &[
            "\"refused_locally\"",
            "\"no_usable_mechanism\"",
            "587",
            "\"remedy\":\"",
        ],
    );
    assert!(!told.contains("C: MAIL"), "{told}");
    // One that skips it is a stranger, and is told which ports take logins.
    let (told, taken) = swaks(mx, to, &["--tls"]);
    assert!(!taken, "{told}");
    has(&told, &["<~* 554 5.7.1 ", "587"]);
    let (told, _) = send(mx, &folder, to, &tls);
    has(&told, &["\"rejected\"", "554", "\"remedy\":\"", "587"]);
    // To Postfix as to edge.
    let (told, _) = send(port, &folder, to, &["--tls", "off"]);
    has(
        &told,
        &["\"rejected\"", "554", "Relay access denied", "587"],
    );
    // On the right port without a login, the cause comes at once.
    let (told, taken) = swaks(submission, to, &["--tls"]);
    assert!(!taken, "{told}");
    has(&told, &["<~* 530 5.7.0 "]);

    let (told, delivered) = send(submission, &folder, to, &[&LOGIN[..], &tls].concat());
    assert!(delivered, "{told}\n{}", behind.log());
    let (told, taken) = swaks(submission, to, &[&SWAKS_LOGIN[..], &["--tls"]].concat());
    assert!(taken, "{told}\n{}", behind.log());
}
