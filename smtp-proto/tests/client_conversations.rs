//! Replays the conversations of `tests/conversations/client`: each whole, octet by octet, and at
//! random cuts, with equal events and equal output.
//!
//! The form is that of the server's conversations, seen from the other side:
//!
//! ```text
//! config key value      dialect lmtp | tls required | cleartext_auth allow | channel tls | ...
//! S: 250 ...            the server sends this line and CRLF; `S~` and `S*` as `C~` and `C*` there
//! D: mail <a@b> SIZE=5  what the caller does; its result is an `E:` line if it is refused
//! C: MAIL FROM:<a@b>    the client says this line
//! E: reply 0 MAIL ...   the session tells its caller this
//! ```

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
    common::replay_all("client", 'S', 20, common::client::replay);
}
