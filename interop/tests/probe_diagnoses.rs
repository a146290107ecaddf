//! `probe` names the cause, of a Postfix that is set up in the ways that people meet.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests panic to fail"
)]

use std::path::Path;
use std::process::Command;

use mailwire_interop::{Dovecot, Postfix, built, expired_certificate, run};

/// What `probe` tells of a port, and whether it found nothing wrong.
fn probe(port: u16, roots: &Path, more: &[&str]) -> (String, bool) {
    let mut probe = Command::new(built("probe"));
    probe.arg(format!("localhost:{port}"));
    probe
        .args(["--timeout", "20", "--ca"])
        .arg(roots)
        .args(more);
    let output = run(&mut probe);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (text, output.status.success())
}

#[test]
fn postfix_without_tls() {
    let dovecot = Dovecot::start(1);
    let settings = "smtpd_tls_security_level = none\nsmtpd_sasl_auth_enable = no";
    let postfix = Postfix::start_with(&dovecot, settings, expired_certificate);
    // Roots that are not needed have to be some all the same.
    let (text, is_healthy) = probe(postfix.port(), &postfix.certificate(), &[]);
    assert!(!is_healthy && text.contains("[starttls_missing]"), "{text}");
    assert!(text.contains("TLS: none"), "{text}");
}

#[test]
fn postfix_with_starttls_and_auth_inside_of_it() {
    let dovecot = Dovecot::start(1);
    let postfix = Postfix::start(&dovecot);
    let roots = postfix.certificate();
    let (text, is_healthy) = probe(postfix.port(), &roots, &[]);
    assert!(is_healthy, "{text}\n{}", postfix.log());
    assert!(
        text.contains("certificate: verified; names: localhost"),
        "{text}"
    );
    assert!(
        text.contains("note: The server offers a login inside TLS alone."),
        "{text}"
    );

    let right = ["--user", "alice@example.test", "--password", "secret"];
    let (text, is_healthy) = probe(postfix.port(), &roots, &right);
    assert!(
        is_healthy && text.contains("login: taken (SCRAM-SHA-256)"),
        "{text}"
    );
    assert!(!text.contains("secret"), "{text}");
    let wrong = ["--user", "alice@example.test", "--password", "wrong-word"];
    let (text, is_healthy) = probe(postfix.port(), &roots, &wrong);
    assert!(
        !is_healthy && text.contains("[wrong_credentials]"),
        "{text}"
    );
    assert!(!text.contains("wrong-word"), "{text}");
}

#[test]
fn postfix_with_a_certificate_that_is_over() {
    let dovecot = Dovecot::start(1);
    let postfix = Postfix::start_with(&dovecot, "smtpd_sasl_auth_enable = no", |folder| {
        expired_certificate(folder);
    });
    let login = ["--user", "alice@example.test", "--password", "secret"];
    let (text, is_healthy) = probe(postfix.port(), &postfix.certificate(), &login);
    assert!(
        !is_healthy && text.contains("[certificate_expired]"),
        "{text}"
    );
    // No password goes to a certificate that is over.
    assert!(
        text.contains("login: not taken (no mechanism): not tried"),
        "{text}"
    );
    assert!(!postfix.log().contains("SASL"), "{}", postfix.log());
}

#[test]
fn a_port_that_is_closed() {
    let dovecot = Dovecot::start(1);
    let postfix = Postfix::start(&dovecot);
    let (port, roots) = (postfix.port(), postfix.certificate());
    let kept = std::fs::read(&roots).unwrap();
    drop(postfix);
    let roots = std::env::temp_dir().join(format!("probe-roots-{port}.pem"));
    std::fs::write(&roots, kept).unwrap();
    let (text, is_healthy) = probe(port, &roots, &[]);
    std::fs::remove_file(&roots).unwrap();
    assert!(!is_healthy && text.contains("[port_closed]"), "{text}");
}
