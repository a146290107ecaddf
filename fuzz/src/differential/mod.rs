//! The same octets for this crate and for another one, Stalwart's `smtp-proto`.
//!
//! Where the two disagree, one of them is wrong, or the RFCs leave it open. Every kind of
//! disagreement that is known is a class; `DISAGREEMENTS.md` has them all, with an example, what each
//! of the two makes of it, and what the RFC says. A disagreement that has no class there makes
//! the target panic.

mod command;
mod data;
mod ehlo;
mod meaning;
mod plain;
mod reply;

pub use command::differential_command;
pub use data::differential_data;
pub use ehlo::differential_ehlo;
pub use reply::differential_reply;

/// What two readers made of the same octets.
#[derive(Debug)]
pub struct Comparison {
    /// What this crate made of them.
    pub ours: String,
    /// What Stalwart's crate made of them.
    pub theirs: String,
    /// The class of their disagreement: `None` if they agree, `Some(None)` if there is no class for
    /// it.
    pub class: Option<Option<&'static str>>,
}

/// A differential target: its name, and how it compares.
pub type Differential = (&'static str, fn(&[u8]) -> Comparison);

/// Every differential target.
pub const DIFFERENTIALS: &[Differential] = &[
    ("differential_command", command::compare),
    ("differential_data", data::compare),
    ("differential_ehlo", ehlo::compare),
    ("differential_reply", reply::compare),
];

/// The disagreements that are known, for people to read.
pub const DISAGREEMENTS: &str = include_str!("../../DISAGREEMENTS.md");

/// Panics unless the two agree, or disagree in a way that is known.
fn judge(input: &[u8], comparison: &Comparison) {
    let is_known = match comparison.class {
        None => true,
        Some(None) => false,
        Some(Some(class)) => DISAGREEMENTS.contains(&format!("| `{class}` |")),
    };
    assert!(is_known, "{comparison:#?}\nof {}", input.escape_ascii());
}
