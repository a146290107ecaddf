//! What the tests of conversations share.

#![allow(dead_code, reason = "each test binary uses its part")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use proptest::test_runner::{RngAlgorithm, TestRng};

pub(crate) mod client;
pub(crate) mod script;
pub(crate) mod server;

use script::{Cuts, Script};

fn is_on(feature: &str) -> bool {
    match feature {
        "cram-md5" => cfg!(feature = "cram-md5"),
        "scram" => cfg!(feature = "scram"),
        other => panic!("unknown feature {other}"),
    }
}

/// Replays every script of a folder at several cuts, and shows each first difference. There have
/// to be `at_least` so many of them, so that a lost folder is no success.
pub(crate) fn replay_all(
    folder: &str,
    peer: char,
    at_least: usize,
    replay: fn(&Script, &mut Cuts) -> Result<(), String>,
) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/conversations")
        .join(folder);
    let mut rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut scripts = 0;
    let mut failures = String::new();
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let script = Script::parse(&fs::read_to_string(&path).unwrap(), peer)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        // What needs a feature is replayed where that is on: CI has all of them.
        if !script
            .settings
            .iter()
            .all(|(key, value)| key != "needs" || is_on(value))
        {
            continue;
        }
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
    assert!(
        scripts >= at_least,
        "only {scripts} conversations were found"
    );
}
