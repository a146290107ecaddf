//! swaks, as a user's mail program and as another server.

use std::process::{Command, Output};

use crate::run;

/// Who the message is from.
const USER: &str = "alice@example.test";

/// What makes swaks log in as alice, by PLAIN.
pub const SWAKS_LOGIN: [&str; 6] = [
    "--auth",
    "PLAIN",
    "--auth-user",
    USER,
    "--auth-password",
    "secret",
];

/// What swaks makes of a message from alice, "It works.", said to a port of this host. Its exit status tells
/// whether it was taken.
pub fn swaks(port: u16, to: &str, more: &[&str]) -> Output {
    run(Command::new("swaks")
        .args(["--server", &format!("127.0.0.1:{port}"), "--timeout", "30"])
        .args(["--helo", "client.example.org", "--from", USER, "--to", to])
        .args(["--body", "It works."])
        .args(more))
}

/// All that a program has said, on stdout and then on stderr.
#[must_use]
pub fn told(output: &Output) -> String {
    [&output.stdout[..], &output.stderr]
        .map(String::from_utf8_lossy)
        .concat()
}
