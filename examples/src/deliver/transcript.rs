//! The dialogue for people: on stderr, one line each, without secrets.

use std::fmt::Display;
use std::io::{self, Write};

/// Writes to stderr, or nothing at all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Transcript {
    is_wanted: bool,
}

impl Transcript {
    pub(super) const fn new(is_wanted: bool) -> Self {
        Self { is_wanted }
    }

    /// What takes the lines of a dialogue, in which the secrets are left out already.
    pub(super) fn writer(self) -> Option<impl FnMut(&str) + Send + 'static> {
        self.is_wanted.then_some(write as fn(&str))
    }

    /// Something that is no part of the dialogue.
    pub(super) fn note(self, text: impl Display) {
        if self.is_wanted {
            write(&format!("** {text}"));
        }
    }
}

fn write(line: &str) {
    // Where stderr is closed nobody reads; that is no reason not to send.
    let _ = writeln!(io::stderr().lock(), "{line}");
}
