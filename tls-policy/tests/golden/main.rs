//! The truth tables of this crate as Markdown, compared with the files beside this folder.
//!
//! Each table walks the whole product of a function's inputs. `BLESS=1 cargo test --test golden`
//! writes the files anew; read the difference before you keep it.

#![allow(
    clippy::disallowed_methods,
    reason = "a test is the caller: it has the clock and the files"
)]
#![allow(
    clippy::unwrap_used,
    reason = "helpers of tests; the lint only knows the tests themselves"
)]

mod inbound;
mod levels;
mod outbound;
mod relay;
mod words;

use std::path::Path;

const PREFACE: &str = "\
Written by `tests/golden` from the functions themselves, over every combination of their inputs.
`BLESS=1 cargo test -p mailwire-tls-policy --test golden` writes it anew.
";

/// The rules behind the refusals of a row, each once; for its last column.
fn rules<'r>(of_row: impl IntoIterator<Item = &'r str>) -> String {
    let mut seen: Vec<&str> = Vec::new();
    for rule in of_row {
        if !seen.contains(&rule) {
            seen.push(rule);
        }
    }
    if seen.is_empty() {
        "-".to_owned()
    } else {
        seen.join("; ")
    }
}

fn compare(name: &str, page: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, page).unwrap();
        return;
    }
    let stored = std::fs::read_to_string(&path)
        .unwrap_or_default()
        .replace("\r\n", "\n");
    for (number, (stored, written)) in stored.lines().zip(page.lines()).enumerate() {
        assert_eq!(stored, written, "{name}, line {}", number + 1);
    }
    assert_eq!(
        stored.lines().count(),
        page.lines().count(),
        "length of {name}"
    );
}
