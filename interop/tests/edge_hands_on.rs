//! `edge` hands mail on to a server that delivers, over LMTP.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests panic to fail"
)]

use std::process::Command;

use mailwire_interop::{Dovecot, Edge, run};

#[test]
fn to_the_lmtp_service_of_dovecot() {
    let (dovecot, port) = Dovecot::delivering();
    for how in ["", "lmtp_tls = \"starttls\"\nlmtp_verify = false\n"] {
        let before = dovecot.mailbox().len();
        let deliver = format!("[deliver]\nlmtp = \"127.0.0.1:{port}\"\n{how}");
        let edge = Edge::delivering("tls = false", &["mx", "lmtp"], &deliver);
        let send = |role, recipients: &[&str]| {
            let mut swaks = Command::new("swaks");
            let to = format!("127.0.0.1:{}", edge.port(role));
            swaks.args([
                "--server",
                &to,
                "--timeout",
                "30",
                "--from",
                "a@client.example.org",
            ]);
            swaks.args(["--to", &recipients.join(","), "--body", "It works."]);
            if role == "lmtp" {
                swaks.args(["--protocol", "LMTP"]);
            }
            let output = run(&mut swaks);
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        let told = send("mx", &["alice@example.test"]);
        assert!(
            told.contains("<-  250 2.0.0 Message accepted"),
            "{told}\n{}",
            dovecot.log()
        );
        let stored = dovecot.mailbox();
        assert_eq!(stored.len(), before + 1, "{}", dovecot.log());
        for stored in &stored {
            assert!(stored.contains("It works."), "{stored}");
            assert!(
                stored.contains("\nReceived: from edge.example.test"),
                "{stored}"
            );
        }
        // One that Dovecot does not know is refused in its words, where it is named; the other gets it.
        let told = send("lmtp", &["bob@example.test", "alice@example.test"]);
        assert!(told.contains("<** 550 5.1.1 "), "{told}\n{}", dovecot.log());
        assert_eq!(dovecot.mailbox().len(), before + 2, "{told}");
    }
}
