//! The program under test, its report, and its exit code.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use super::MESSAGE;
use super::server::Server;

pub(crate) fn run(to: &str, message: &[u8], more: &[&str]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_send"))
        .args(["--to", to, "--from", "alice@example.test", "--message", "-"])
        .args(more)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that refuses its arguments does not read.
    let _ = child.stdin.take().unwrap().write_all(message);
    child.wait_with_output().unwrap()
}

pub(crate) fn report(output: &Output) -> Value {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(text.matches('\n').count(), 1, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// Sends [`MESSAGE`] to `server`; the report, after a look at the exit code.
pub(crate) fn send(server: &Server, more: &[&str]) -> Value {
    send_octets(server, MESSAGE.as_bytes(), more)
}

pub(crate) fn send_octets(server: &Server, message: &[u8], more: &[&str]) -> Value {
    let output = run(&server.address.to_string(), message, more);
    let report = report(&output);
    let expected = i32::from(report["outcome"] != "delivered");
    assert_eq!(output.status.code(), Some(expected), "{report}");
    report
}

pub(crate) fn outcome(report: &Value) -> (&str, &str) {
    (
        report["outcome"].as_str().unwrap(),
        report["reason"].as_str().unwrap_or_default(),
    )
}

pub(crate) fn codes(report: &Value) -> Vec<Option<u64>> {
    let recipients = report["recipients"].as_array().unwrap();
    recipients.iter().map(|it| it["code"].as_u64()).collect()
}
