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
//! ```
//!
//! Between two inputs the `S:` and `E:` lines are compared in order, and all of them.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests panic to fail"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use proptest::test_runner::{RngAlgorithm, TestRng};

mod common;

use common::script::{Cuts, Script};
use common::server::replay;

#[test]
fn conversations_are_the_same_at_every_cut() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conversations/server");
    let mut rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut scripts = 0;
    let mut failures = String::new();
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let script = Script::parse(&fs::read_to_string(&path).unwrap())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut cuts = vec![Cuts::Whole, Cuts::Octets];
        cuts.extend((0..20).map(|_| Cuts::random(&mut rng)));
        for mut cut in cuts {
            let label = cut.to_string();
            if let Err(difference) = replay(&script, &mut cut) {
                writeln!(failures, "{name}, {label}:\n{difference}").unwrap();
                break;
            }
        }
        scripts += 1;
    }
    assert!(failures.is_empty(), "\n{failures}");
    assert!(scripts >= 25, "only {scripts} conversations were found");
}
