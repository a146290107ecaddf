//! A message of about a MiB goes into `edge` through each of its doors, handed in by curl, swaks
//! and Python's smtplib, and what lies in the mailbox is what was sent.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests panic to fail"
)]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use mailwire_interop::{Edge, message, run, stored_content};

/// How a message gets in: the listener's role, and what the client does there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    /// Port 25 in clear.
    Mx,
    /// Port 25 with STARTTLS.
    MxTls,
    /// Port 587 with STARTTLS and AUTH.
    Submission,
    /// Port 465 with AUTH.
    Submissions,
    /// LMTP with three recipients.
    Lmtp,
}

impl Door {
    fn role(self) -> &'static str {
        match self {
            Self::Mx | Self::MxTls => "mx",
            Self::Submission => "submission",
            Self::Submissions => "submissions",
            Self::Lmtp => "lmtp",
        }
    }

    /// The transmission type that the trace has to name (RFC 3848).
    fn with(self) -> &'static str {
        match self {
            Self::Mx => " ESMTP",
            Self::MxTls => " ESMTPS",
            Self::Submission | Self::Submissions => " ESMTPSA",
            Self::Lmtp => " LMTP",
        }
    }

    fn recipients(self) -> &'static [&'static str] {
        match self {
            Self::Lmtp => &["alice", "bob", "carol"],
            _ => &["alice"],
        }
    }
}

/// An edge and the message in a file, ready to be sent.
fn setting() -> (Edge, PathBuf) {
    let edge = Edge::start();
    let file = edge.folder().join("message");
    fs::write(&file, message()).unwrap();
    (edge, file)
}

fn check(edge: &Edge, door: Door, output: &Output) {
    let told = format!(
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout)
            .chars()
            .take(3000)
            .collect::<String>(),
        String::from_utf8_lossy(&output.stderr)
            .chars()
            .take(3000)
            .collect::<String>()
    );
    assert!(output.status.success(), "{door:?}: {told}");
    // The last line of a message has an end on the wire, whether it had one before or not.
    let sent = [message(), b"\r\n".to_vec()].concat();
    for recipient in door.recipients() {
        let stored = edge.mailbox(recipient);
        assert_eq!(stored.len(), 1, "{door:?}, {recipient}: {told}");
        // Unfolded, the trace is in one line.
        let head = String::from_utf8_lossy(&stored[0][..400]).replace("\r\n\t", " ");
        let with = format!(" with{} id ", door.with());
        assert!(head.contains(&with), "{door:?}: no{with}in {head}");
        let content = stored_content(&stored[0]);
        let differs = content.iter().zip(&sent).position(|(a, b)| a != b);
        assert!(
            content == sent,
            "{door:?}, {recipient}: differs at {differs:?}"
        );
    }
}

#[test]
fn curl() {
    for door in [Door::Mx, Door::MxTls, Door::Submission, Door::Submissions] {
        let (edge, file) = setting();
        let scheme = if door == Door::Submissions {
            "smtps"
        } else {
            "smtp"
        };
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--insecure", "--max-time", "60"])
            .arg(format!(
                "{scheme}://127.0.0.1:{}/client.example.test",
                edge.port(door.role())
            ))
            .args(["--mail-from", "sender@client.example.test"])
            .args(["--mail-rcpt", "alice@example.test"])
            .arg("--upload-file")
            .arg(file);
        if matches!(door, Door::MxTls | Door::Submission) {
            curl.arg("--ssl-reqd");
        }
        if matches!(door, Door::Submission | Door::Submissions) {
            curl.args(["--user", "alice@example.test:secret"]);
        }
        check(&edge, door, &run(&mut curl));
    }
}

#[test]
fn swaks() {
    for door in [
        Door::Mx,
        Door::MxTls,
        Door::Submission,
        Door::Submissions,
        Door::Lmtp,
    ] {
        let (edge, file) = setting();
        let to: Vec<String> = door
            .recipients()
            .iter()
            .map(|name| format!("{name}@example.test"))
            .collect();
        let mut swaks = Command::new("swaks");
        swaks
            .args(["--server", &format!("127.0.0.1:{}", edge.port(door.role()))])
            .args([
                "--helo",
                "client.example.test",
                "--from",
                "sender@client.example.test",
            ])
            .args(["--to", &to.join(","), "--timeout", "60", "--suppress-data"])
            .args(["--data", &format!("@{}", file.display())]);
        match door {
            Door::Mx => {}
            Door::MxTls => drop(swaks.arg("--tls")),
            Door::Submission => drop(swaks.arg("--tls")),
            Door::Submissions => drop(swaks.arg("--tls-on-connect")),
            Door::Lmtp => drop(swaks.args(["--protocol", "LMTP"])),
        }
        if matches!(door, Door::Submission | Door::Submissions) {
            swaks.args(["--auth", "PLAIN", "--auth-user", "alice@example.test"]);
            swaks.args(["--auth-password", "secret"]);
        }
        check(&edge, door, &run(&mut swaks));
    }
}

/// What Python's smtplib does at each door; the port, the file and the door come as arguments.
const SMTPLIB: &str = r#"
import smtplib, ssl, sys
port, file, door = int(sys.argv[1]), sys.argv[2], sys.argv[3]
content = open(file, "rb").read()
unchecked = ssl.create_default_context()
unchecked.check_hostname = False
unchecked.verify_mode = ssl.CERT_NONE
recipients = ["alice@example.test"]
if door == "Lmtp":
    recipients += ["bob@example.test", "carol@example.test"]
    client = smtplib.LMTP("127.0.0.1", port)
elif door == "Submissions":
    client = smtplib.SMTP_SSL("127.0.0.1", port, context=unchecked)
else:
    client = smtplib.SMTP("127.0.0.1", port)
if door in ("MxTls", "Submission"):
    client.starttls(context=unchecked)
if door in ("Submission", "Submissions"):
    client.login("alice@example.test", "secret")
refused = client.sendmail("sender@client.example.test", recipients, content, ["BODY=8BITMIME"])
assert not refused, refused
client.quit()
"#;

#[test]
fn python_smtplib() {
    for door in [
        Door::Mx,
        Door::MxTls,
        Door::Submission,
        Door::Submissions,
        Door::Lmtp,
    ] {
        let (edge, file) = setting();
        let mut python = Command::new("python3");
        python
            .args(["-c", SMTPLIB, &edge.port(door.role()).to_string()])
            .arg(file)
            .arg(format!("{door:?}"));
        check(&edge, door, &run(&mut python));
    }
}
