//! What a configuration is read as.
//!
//! | about | file |
//! |---|---|
//! | a whole file, the least of one, and the embedded defaults | this one |
//! | where it listens, and whom it believes there | `listeners` |
//! | where mail goes | `next_servers` |
//! | what is wrong, and how that is said | `problems` |

mod listeners;
mod next_servers;
mod problems;

use std::time::Duration;

use mailwire_tls_policy::outbound::{CertificateCheck, Policy, TlsMode as Outbound};
use mailwire_tls_policy::{CleartextAuth, Network, NotBound, Role, Scope, TlsMode};

use super::*;
use crate::mailboxes::Lookup;

const FULL: &str = r#"
hostname = "edge.example.test"
domains  = ["example.test"]
mailboxes = ["alice", "bob", "user*"]
enforce_inbound_tls = false

[tls]
cert = "cert.pem"
key  = "key.pem"

[[listener]]
role = "mx"
addr = "127.0.0.1:2525"
xclient_from = []
xforward_from = []
proxy_from   = []

[[user]]
name = "alice@example.test"
password = "secret"

[deliver]
maildir = "mail"

[limits]
message_size = 26_214_400
recipients   = 1000
[timeouts]
command = 300
"#;

/// The least that a file has to say.
const LEAST: &str =
    "[[listener]]\nrole = \"mx\"\naddr = \"127.0.0.1:0\"\n[deliver]\ndiscard = true\n";

/// The problems of a text, as lines without the name of the file.
fn problems(text: &str) -> Vec<String> {
    let error = Settings::parse(text).expect_err("the text should be wrong");
    error
        .to_string()
        .lines()
        .map(|line| line.replacen("configuration", "", 1))
        .collect()
}

fn problem(text: &str) -> String {
    let mut problems = problems(text);
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems.remove(0)
}

#[test]
fn a_full_file_is_read() {
    let settings = Settings::parse(FULL).unwrap();
    assert_eq!(settings.hostname, "edge.example.test");
    assert_eq!(
        settings.certificate,
        CertificateSource::Files {
            cert: "cert.pem".into(),
            key: "key.pem".into()
        }
    );
    assert_eq!(settings.listeners.len(), 1);
    assert_eq!(settings.listeners[0].asked.role, Role::Mx);
    assert_eq!(
        settings.users.check("alice@example.test", "secret"),
        Some("alice@example.test")
    );
    assert_eq!(settings.deliver, Deliver::Maildir("mail".into()));
    assert_eq!(settings.limits, Limits::default());
    assert_eq!(settings.timeouts.command, Duration::from_secs(300));
    let find = |local| settings.mailboxes.find(local, Some("example.test"));
    assert!(matches!(find("user7"), Lookup::Exists(_)));
    assert_eq!(find("mallory"), Lookup::Unknown);
    assert!(settings.demo.is_none());
    assert_eq!(settings.advice, []);
    assert!(!format!("{settings:?}").contains("secret"));
}

#[test]
fn a_short_file_gets_defaults_that_are_said() {
    let settings = Settings::parse(LEAST).unwrap();
    assert_eq!(settings.hostname, "edge.example.test");
    assert_eq!(settings.certificate, CertificateSource::SelfSigned);
    assert_eq!(settings.limits.message_size, 26_214_400);
    assert_eq!(settings.limits.recipients, 1000);
    let subjects: Vec<&str> = settings
        .advice
        .iter()
        .map(|advice| advice.subject.as_str())
        .collect();
    assert_eq!(subjects, ["hostname", "domains"]);
    assert!(!settings.has_errors());
}

#[test]
fn the_embedded_defaults() {
    let settings = Settings::load(None).unwrap();
    let listeners: Vec<(Role, String)> = settings
        .listeners
        .iter()
        .map(|listener| (listener.asked.role, listener.address.to_string()))
        .collect();
    assert_eq!(
        listeners,
        [
            (Role::Mx, "127.0.0.1:2525".to_owned()),
            (Role::Submission, "127.0.0.1:2587".to_owned()),
            (Role::Submissions, "127.0.0.1:2465".to_owned()),
            (Role::Lmtp, "127.0.0.1:2424".to_owned()),
        ]
    );
    let demo = settings.demo.as_ref().unwrap();
    assert_eq!(demo.name, "demo@example.test");
    assert!(
        settings
            .users
            .check(&demo.name, demo.password.expose())
            .is_some()
    );
    assert_eq!(settings.deliver, Deliver::Maildir("mail".into()));
    assert_eq!(settings.advice, []);
}

#[test]
fn advice() {
    let advice = |text: &str| {
        let settings = Settings::parse(text).unwrap();
        let lines = settings
            .advice
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n");
        (settings.has_errors(), lines)
    };
    let with = |role: &str, address: &str| {
        LEAST
            .replace("\"mx\"", &format!("{role:?}"))
            .replace("127.0.0.1:0", address)
    };
    let (errors, text) = advice(&with("submission", "127.0.0.1:2587"));
    assert!(
        !errors && text.contains("warning: user: No account exists"),
        "{text}"
    );
    let (errors, text) = advice(&with("lmtp", "127.0.0.1:25"));
    assert!(
        errors && text.contains("error: listener[1] (lmtp, 127.0.0.1:25): LMTP must not"),
        "{text}"
    );
    let (errors, text) = advice(&with("submissions", "127.0.0.1:587"));
    assert!(
        !errors
            && text.contains("(submissions, 127.0.0.1:587): The port is registered for another"),
        "{text}"
    );
    let (errors, text) = advice(&with("lmtp", "0.0.0.0:24"));
    assert!(!errors && text.contains("RFC 2033 section 5"), "{text}");
    let (_, text) = advice(&format!(
        "{LEAST}[limits]\nrecipients = 99\nmessage_size = 65535\n"
    ));
    assert!(
        text.contains("limits.recipients") && text.contains("limits.message_size"),
        "{text}"
    );
    let (_, text) = advice(&format!(
        "{LEAST}[limits]\nrecipients = 100\nmessage_size = 65536\n"
    ));
    assert!(!text.contains("limits"), "{text}");
    let (_, text) = advice(&format!("domains = []\nmailboxes = []\n{LEAST}"));
    assert!(
        text.contains("warning: domains") && text.contains("warning: mailboxes"),
        "{text}"
    );
}
