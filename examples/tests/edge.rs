//! `edge` from outside: what it stores, what it refuses, and how it ends.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests panic to fail"
)]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

mod common;

use common::{Edge, Talk};

const CLEAR: &str = "tls = false";
const ACCEPTED: &str = "250 2.0.0 Message accepted as ";

/// HELLO to 354, for recipients that have to be accepted.
fn until_content(talk: &mut Talk, hello: &str, recipients: &[&str]) {
    talk.accepted(&[
        &format!("{hello} client.example.test"),
        "MAIL FROM:<a@client.example.test>",
    ]);
    for recipient in recipients {
        talk.accepted(&[&format!("RCPT TO:<{recipient}>")]);
    }
    talk.accepted(&["DATA"]);
}

#[test]
fn mail_is_stored_with_its_trace() {
    let edge = Edge::start(CLEAR);
    let mut talk = edge.connect("mx");
    until_content(&mut talk, "EHLO", &["alice@example.test"]);
    talk.send(b"Subject: x\r\n\r\n..dot\r\n.\r\n");
    assert!(talk.reply().starts_with(ACCEPTED));
    let files = edge.files();
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!(
        files[0].parent().unwrap(),
        edge.mail().join("example.test/alice/new")
    );
    let stored = fs::read_to_string(&files[0]).unwrap();
    assert!(stored.starts_with("Return-Path: <a@client.example.test>\r\nReceived: from "));
    assert!(
        stored.ends_with("\r\nSubject: x\r\n\r\n.dot\r\n"),
        "{stored}"
    );
    assert_eq!(talk.say("QUIT"), "221 2.0.0 Bye");
    assert_eq!(talk.rest(), "");
}

#[test]
fn lmtp_has_a_verdict_for_each_recipient() {
    let edge = Edge::start("tls = false\nmailboxes = [\"alice\", \"bob\"]");
    let mut talk = edge.connect("lmtp");
    talk.accepted(&["LHLO client.example.test", "MAIL FROM:<>"]);
    let replies: Vec<String> = ["alice", "nobody", "bob", "alice"]
        .iter()
        .map(|name| talk.say(&format!("RCPT TO:<{name}@example.test>")))
        .collect();
    let codes: Vec<&str> = replies.iter().map(|reply| &reply[..9]).collect();
    assert_eq!(codes, ["250 2.1.5", "550 5.1.1", "250 2.1.5", "250 2.1.5"]);
    talk.accepted(&["DATA"]);
    talk.send(b"x\r\n.\r\n");
    for _ in 0..3 {
        assert!(talk.reply().starts_with(ACCEPTED));
    }
    // What comes next answers what is said next: there were three verdicts, not four.
    assert_eq!(talk.say("NOOP"), "250 2.0.0 OK");
    assert_eq!(edge.files().len(), 2, "one copy in each mailbox");
}

#[test]
fn a_password_in_clear_from_this_host_where_that_was_asked_for() {
    // \0alice@example.test\0secret
    const AUTH: &str = "AUTH PLAIN AGFsaWNlQGV4YW1wbGUudGVzdABzZWNyZXQ=";
    let loosened = Edge::start(
        "[[listener]]\nrole = \"submission\"\naddr = \"127.0.0.1:0\"\n\
         cleartext_auth = \"loopback\"\n",
    );
    let mut talk = loosened.connect("submission");
    talk.accepted(&[
        "EHLO client.example.test",
        AUTH,
        "MAIL FROM:<alice@example.test>",
    ]);
    let edge = Edge::start("");
    let mut usual = edge.connect("submission");
    usual.accepted(&["EHLO client.example.test"]);
    assert!(usual.say(AUTH).starts_with("530 5.7.0 "));
}

#[test]
fn who_may_send_where() {
    let edge = Edge::start("tls = false\nmailboxes = [\"alice\"]");
    let mut mx = edge.connect("mx");
    mx.accepted(&[
        "EHLO client.example.test",
        "MAIL FROM:<a@client.example.test>",
    ]);
    assert!(
        mx.say("RCPT TO:<x@remote.invalid>")
            .starts_with("554 5.7.1 ")
    );
    assert!(
        mx.say("RCPT TO:<nobody@example.test>")
            .starts_with("550 5.1.1 ")
    );
    mx.accepted(&["RCPT TO:<ALICE@EXAMPLE.TEST>"
        .replace("ALICE", "alice")
        .as_str()]);

    let mut submission = edge.connect("submission");
    submission.accepted(&["EHLO client.example.test"]);
    assert!(
        submission
            .say("MAIL FROM:<alice@example.test>")
            .starts_with("530 5.7.0 ")
    );
    // \0alice@example.test\0wrong, then \0alice@example.test\0secret
    let wrong = submission.say("AUTH PLAIN AGFsaWNlQGV4YW1wbGUudGVzdAB3cm9uZw==");
    assert!(wrong.starts_with("535 5.7.8 "), "{wrong}");
    submission.accepted(&[
        "AUTH PLAIN AGFsaWNlQGV4YW1wbGUudGVzdABzZWNyZXQ=",
        "MAIL FROM:<alice@example.test>",
        "RCPT TO:<alice@example.test>",
    ]);
    // There is no relay to pass it on to.
    assert!(
        submission
            .say("RCPT TO:<x@remote.invalid>")
            .starts_with("554 5.7.1 ")
    );
}

#[test]
fn auth_on_mx_is_one_refusal() {
    let edge = Edge::start(CLEAR);
    let mut talk = edge.connect("mx");
    let offers = talk.say("EHLO client.example.test");
    assert!(!offers.contains("AUTH"), "{offers}");
    for command in ["AUTH PLAIN", "AUTH LOGIN", "AUTH PLAIN AGEAYg=="] {
        let reply = talk.say(command);
        assert!(
            reply.starts_with("503 5.5.1 ") && reply.contains("465"),
            "{reply}"
        );
    }
}

#[test]
fn before_tls_a_submission_is_refused() {
    let edge = Edge::start("");
    let mut talk = edge.connect("submission");
    let offers = talk.say("EHLO client.example.test");
    assert!(
        offers.contains("STARTTLS") && !offers.contains("AUTH"),
        "{offers}"
    );
    for command in ["AUTH PLAIN AGEAYg==", "MAIL FROM:<alice@example.test>"] {
        assert!(talk.say(command).starts_with("530 5.7.0 "), "{command}");
    }
    assert_eq!(talk.say("NOOP"), "250 2.0.0 OK");
}

#[test]
fn octets_behind_starttls_are_never_executed() {
    let edge = Edge::start("");
    let mut talk = edge.connect("mx");
    talk.accepted(&["EHLO client.example.test"]);
    talk.send(b"STARTTLS\r\nMAIL FROM:<a@client.example.test>\r\nRCPT TO:<alice@example.test>\r\n");
    let rest = talk.rest();
    assert_eq!(
        rest,
        "554 5.5.0 Protocol synchronisation: octets behind STARTTLS\r\n"
    );
}

#[test]
fn wrong_things_get_a_clear_answer() {
    let edge = Edge::start(CLEAR);
    let mut talk = edge.connect("mx");
    assert!(
        talk.say("MAIL FROM:<a@client.example.test>")
            .starts_with("503 5.5.1 ")
    );
    assert!(talk.say("WIZ").starts_with("500 5.5.1 "));
    assert!(talk.say(&"A".repeat(5000)).starts_with("500 5.5.2 "));
    assert_eq!(talk.say("NOOP"), "250 2.0.0 OK");
}

#[test]
fn a_bare_lf_in_content_is_refused_at_the_true_end() {
    let edge = Edge::start(CLEAR);
    let mut talk = edge.connect("mx");
    until_content(&mut talk, "EHLO", &["alice@example.test"]);
    talk.send(b"x\n.\nMAIL FROM:<evil@example.test>\r\n.\r\nNOOP\r\n");
    assert!(talk.reply().starts_with("550 5.5.2 "));
    assert_eq!(talk.reply(), "250 2.0.0 OK");
    assert_eq!(edge.files(), Vec::<std::path::PathBuf>::new());
}

#[test]
fn half_a_message_is_not_stored() {
    let mut edge = Edge::start(CLEAR);
    let mut talk = edge.connect("mx");
    until_content(&mut talk, "EHLO", &["alice@example.test"]);
    talk.send(&b"half a message\r\n".repeat(20_000));
    drop(talk);
    edge.terminate();
    assert!(edge.wait(Duration::from_secs(15)).success());
    assert_eq!(
        edge.files(),
        Vec::<std::path::PathBuf>::new(),
        "neither in new nor in tmp"
    );
}

#[test]
fn a_local_part_is_data_and_never_a_path() {
    let edge = Edge::start(CLEAR);
    let long = format!("{}@example.test", "l".repeat(255));
    let names = [
        "\"../x\"@example.test",
        "\"a/b\"@example.test",
        "\".\"@example.test",
        "\"..\"@example.test",
        "\"/etc/passwd\"@example.test",
        &long,
    ];
    let mut accepted = 0;
    for name in names {
        let mut talk = edge.connect("mx");
        talk.accepted(&["EHLO client.example.test", "MAIL FROM:<>"]);
        let reply = talk.say(&format!("RCPT TO:<{name}>"));
        if reply.starts_with("553 5.1.3 ") {
            continue;
        }
        assert!(reply.starts_with("250 "), "{name}: {reply}");
        talk.accepted(&["DATA"]);
        talk.send(b"x\r\n.\r\n");
        assert!(talk.reply().starts_with(ACCEPTED), "{name}");
        accepted += 1;
    }
    // A dot alone is no Dot-string (RFC 5321 section 4.1.2).
    let mut talk = edge.connect("mx");
    talk.accepted(&["EHLO client.example.test", "MAIL FROM:<>"]);
    assert!(
        talk.say("RCPT TO:<.@example.test>")
            .starts_with("501 5.1.3 ")
    );

    let files = edge.files();
    assert_eq!(files.len(), accepted, "{files:?}");
    let root = edge.mail().join("example.test");
    for file in files {
        // mail/example.test/<one component>/new/<file>, and nothing anywhere else
        let inside = file.strip_prefix(&root).unwrap();
        assert_eq!(inside.components().count(), 3, "{file:?}");
        assert!(
            inside
                .components()
                .all(|c| matches!(c, std::path::Component::Normal(_)))
        );
    }
    let beside = fs::read_dir(edge.mail().parent().unwrap()).unwrap().count();
    assert_eq!(
        beside, 2,
        "the configuration and the mail folder, and nothing else"
    );
}

/// A file system of a few hundred KiB, unmounted when dropped.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = TempDir::new().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=512k", "tmpfs"])
            .arg(folder.path())
            .output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self(folder)),
            _ => {
                eprintln!("SKIPPED: a small file system cannot be mounted here");
                None
            }
        }
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.path()).status();
    }
}

#[test]
fn a_full_disk_is_452_and_loses_nothing() {
    let Some(disk) = SmallDisk::mount() else {
        return;
    };
    let folder = TempDir::new().unwrap();
    let edge = Edge::start_at(folder, disk.path().join("mail"), CLEAR);
    let send = |octets: usize| {
        let mut talk = edge.connect("mx");
        until_content(&mut talk, "EHLO", &["alice@example.test"]);
        talk.send(&b"0123456789abcd\r\n".repeat(octets / 16));
        talk.send(b".\r\n");
        talk.reply()
    };
    assert!(send(1000).starts_with(ACCEPTED));
    assert!(send(1024 * 1024).starts_with("452 4.3.1 "));
    assert_eq!(
        edge.files().len(),
        1,
        "the message from before, and no part of the other"
    );
    assert!(send(1000).starts_with(ACCEPTED), "there is room again");
    assert_eq!(edge.files().len(), 2);
}

#[test]
fn sigterm_sends_idle_clients_away() {
    let mut edge = Edge::start(CLEAR);
    let mut talk = edge.connect("mx");
    talk.accepted(&["EHLO client.example.test"]);
    edge.terminate();
    assert!(talk.reply().starts_with("421 4.3.2 "));
    assert_eq!(talk.rest(), "");
    assert!(edge.wait(Duration::from_secs(5)).success());
}

#[test]
fn sigterm_lets_a_transaction_end() {
    let mut edge = Edge::start(CLEAR);
    let mut talk = edge.connect("mx");
    until_content(&mut talk, "EHLO", &["alice@example.test"]);
    talk.send(b"first half, ");
    edge.terminate();
    std::thread::sleep(Duration::from_millis(300));
    talk.send(b"second half\r\n.\r\n");
    assert!(talk.reply().starts_with(ACCEPTED));
    assert!(talk.reply().starts_with("421 4.3.2 "));
    assert!(edge.wait(Duration::from_secs(5)).success());
    let files = edge.files();
    assert_eq!(files.len(), 1);
    let stored = fs::read_to_string(&files[0]).unwrap();
    assert!(
        stored.ends_with("\r\nfirst half, second half\r\n"),
        "{stored}"
    );
}

/// Nobody is cut off without a word who could still be told.
#[test]
fn sigterm_tells_who_does_not_end_a_transaction() {
    let mut edge = Edge::start(CLEAR);
    let mut talk = edge.connect("mx");
    talk.accepted(&[
        "EHLO client.example.test",
        "MAIL FROM:<a@client.example.test>",
    ]);
    edge.terminate();
    talk.accepted(&["RCPT TO:<alice@example.test>"]);
    assert!(talk.reply().starts_with("421 4.3.2 "));
    assert_eq!(talk.rest(), "");
    assert!(edge.wait(Duration::from_secs(3)).success());
}

#[test]
fn a_wrong_key_is_named() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("edge.toml");
    fs::write(&file, "hostnam = \"x\"\n[deliver]\ndiscard = true\n").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_edge"))
        .args(["--check", "--config"])
        .arg(&file)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    // Whoever asks is told on stdout.
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(
        told.contains("hostnam") && told.contains("hostname"),
        "{told}"
    );
}

#[test]
fn two_questions_have_two_answers() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("edge.toml");
    let config = "tls = false\n[deliver]\ndiscard = true\n\
                  [[listener]]\nrole = \"mx\"\naddr = \"127.0.0.1:0\"\n";
    fs::write(&file, config).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_edge"))
        .args(["--check", "--explain", "587", "--config"])
        .arg(&file)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    let told = String::from_utf8(output.stdout).unwrap();
    let (check, explanation) = told.split_once("warnings\n").unwrap();
    assert!(check.starts_with("ROLE "), "{check}");
    assert!(
        explanation.starts_with("Port 587 is not served"),
        "{explanation}"
    );
}
