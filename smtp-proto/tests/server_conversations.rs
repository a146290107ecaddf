//! Replays the conversations of `tests/conversations/server`: each whole, octet by octet, and at
//! random cuts, with equal events and equal output.
//!
//! A script is a text file. `#` starts a comment; the first says the rule. Then:
//!
//! ```text
//! config key value      dialect lmtp | role submission | channel tls | limit recipients 2 | ...
//! C: EHLO a.example     the client sends this line and CRLF
//! C~ partial\r\n        the client sends exactly this (escapes \r \n \0 \\ \xNN)
//! C* 5000 A             the client sends the octet 5,000 times
//! S: 250 ...            the server says this line
//! E: hello ...          the server tells the embedder this
//! A: accept             the embedder's answer to the last event
//! T: 300                seconds pass, then the deadline is looked at
//! EOF                   the client closes its side
//! TLS                   the handshake happens
//! STOP                  the server is told to stop
//! STOP NOW              there is no more time for that
//! ```
//!
//! Between two inputs the `S:` and `E:` lines are compared in order, and all of them.

#![allow(
    clippy::disallowed_methods,
    reason = "a test is the caller: it has the clock and the files"
)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests panic to fail"
)]

mod common;

#[test]
fn conversations_are_the_same_at_every_cut() {
    common::replay_all("server", 'C', 214, common::server::replay);
}
