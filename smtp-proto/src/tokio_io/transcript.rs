//! The transcript of a connection: what was heard and said, as it happens.

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

    /// Notes what a server heard in one step.
    pub(super) fn heard(&mut self, listening: Listening, taken: &[u8], event: Option<&Event<'_>>) {
        if let Some(line) = ClientLine::heard(listening, taken, event) {
            self.client(line);
        }
    }

    /// Notes what a server said: the octets from `before` on.
    pub(super) fn said(&mut self, octets: &[u8], before: usize) {
        let Some(write) = &mut self.0 else { return };
        for line in ServerLine::each(octets.get(before..).unwrap_or_default()) {
            write(&line.to_string());
        }
    }

    /// Notes a line that a client said.
    pub(super) fn client(&mut self, line: ClientLine<'_>) {
        if let Some(write) = &mut self.0 {
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
