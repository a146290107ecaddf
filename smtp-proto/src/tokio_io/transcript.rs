//! The transcript of a server's connection: what was heard and said, as it happens.

use std::fmt;

use crate::server::Event;
use crate::transcript::{ClientLine, Listening, ServerLine};

/// Where the lines of a transcript go, if anywhere.
#[derive(Default)]
pub(super) struct Transcript(Option<Write>);

pub(super) type Write = Box<dyn FnMut(&str) + Send>;

impl Transcript {
    pub(super) fn to(write: Write) -> Self {
        Self(Some(write))
    }

    /// Notes what the client said with the octets of one step.
    pub(super) fn heard(&mut self, listening: Listening, taken: &[u8], event: Option<&Event<'_>>) {
        let Some(write) = &mut self.0 else { return };
        if let Some(line) = ClientLine::heard(listening, taken, event) {
            write(&line.to_string());
        }
    }

    /// Notes what was said to the client: the output from `before` on.
    pub(super) fn said(&mut self, output: &[u8], before: usize) {
        let Some(write) = &mut self.0 else { return };
        for line in ServerLine::each(output.get(before..).unwrap_or_default()) {
            write(&line.to_string());
        }
    }
}

impl fmt::Debug for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() {
            "Transcript(on)"
        } else {
            "Transcript(off)"
        })
    }
}
