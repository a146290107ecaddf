//! Deliveries to servers that break the protocol, or are on somebody else's side: what becomes of the
//! message, and that no secret, no order and no deadline is lost over it.
//!
//! The cases are in `tests/cases/hostile.tsv`: the client's set-up, what the server does otherwise than
//! the protocol has it, what becomes of the recipients. Each is run whole, octet by octet, and at cuts in
//! between, with an equal outcome. For each of them it is checked that
//!
//! - nothing of a secret is sent in clear where policy has not allowed it;
//! - nothing is sent ahead of a reply that has to be in first;
//! - "delivered" is said only behind a 2yz to the end of the content;
//! - it ends, within the deadlines of all its steps, and with a bounded buffer.

#![allow(
    clippy::disallowed_methods,
    reason = "a test is the caller: it has the clock"
)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests panic to fail"
)]

use std::time::Duration;

#[path = "hostile/rig.rs"]
mod rig;
#[path = "hostile/server.rs"]
mod server;

use rig::{Case, run};

const CUTS: [usize; 5] = [usize::MAX, 1, 2, 3, 17];

/// The longest reply there may be (`ReplyLimits`), and a cut.
const MOST_UNREAD: usize = 128 * 1024;

/// What is wrong with a case, at every cut.
fn wrong_with(case: &Case, expected: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for cut in CUTS {
        match run(case, cut) {
            Err(complaint) => wrong.push(format!("{case:?} cut {cut}: {complaint}")),
            // Some come out one way or another, by what had arrived when the next command was said.
            Ok(seen) if !expected.split(" or ").any(|it| it == seen.outcome) => {
                wrong.push(format!(
                    "{case:?} cut {cut}: expected {expected:?}, seen {:?}",
                    seen.outcome
                ))
            }
            Ok(seen) => {
                // Each of at most a dozen steps has ten minutes at the most.
                assert!(seen.took <= Duration::from_secs(7200), "{case:?}: {seen:?}");
                assert!(seen.most_unread <= MOST_UNREAD, "{case:?}: {seen:?}");
            }
        }
    }
    wrong
}

/// Runs every row of a table with `columns` columns, the last three of them set-up, steps and outcome.
fn run_table(table: &str, columns: usize) -> usize {
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in table.lines() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let fields: Vec<&str> = line.split('\t').collect();
        assert_eq!(fields.len(), columns, "{line:?}");
        let [.., setup, steps, outcome] = fields[..] else {
            panic!("set-up, steps, outcome: {line:?}")
        };
        let case = Case {
            setup: setup.to_owned(),
            steps: steps.to_owned(),
        };
        wrong.extend(wrong_with(&case, outcome));
        count += 1;
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    count
}

#[test]
fn a_hostile_server_gets_nothing_that_it_should_not() {
    let count = run_table(include_str!("cases/hostile.tsv"), 3);
    assert!(count >= 120, "{count} cases");
}

#[test]
fn nobody_is_talked_past_starttls() {
    let count = run_table(include_str!("cases/no_starttls.tsv"), 4);
    assert_eq!(count, 57);
}
