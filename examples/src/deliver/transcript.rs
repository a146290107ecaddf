//! What was said, for people: on stderr, one line each, without secrets.

use std::fmt::Display;
use std::io::{self, Write};

use mailwire_smtp_proto::reply::ReplyLines;

/// Writes the dialogue to stderr, or nothing at all.
///
/// It is told what is said by name, and never looks at the octets on the wire: so it cannot show a
/// secret that it is not given.
#[derive(Clone, Copy, Debug)]
pub(super) struct Transcript {
    is_wanted: bool,
}

impl Transcript {
    pub(super) const fn new(is_wanted: bool) -> Self {
        Self { is_wanted }
    }

    /// This side says a command, or something in its place.
    pub(super) fn said(self, command: impl Display) {
        self.line("C:", command);
    }

    /// The server says a reply. What is not printable ASCII is escaped.
    pub(super) fn heard(self, reply: ReplyLines<'_>) {
        let code = reply.code();
        let mut lines = reply.lines().peekable();
        while let Some(line) = lines.next() {
            let separator = if lines.peek().is_some() { '-' } else { ' ' };
            let text = line.escape_ascii();
            self.line("S:", format_args!("{code}{separator}{text}"));
        }
    }

    /// Something that is no part of the dialogue.
    pub(super) fn note(self, text: impl Display) {
        self.line("**", text);
    }

    fn line(self, who: &str, text: impl Display) {
        if self.is_wanted {
            // Where stderr is closed nobody reads; that is no reason not to send.
            let _ = writeln!(io::stderr().lock(), "{who} {text}");
        }
    }
}
