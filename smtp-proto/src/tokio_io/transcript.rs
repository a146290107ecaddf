//! The transcript of a server's connection: what was heard and said, as it happens.

use std::fmt;

use crate::server::{Event, Fault};
use crate::table::Phase;
use crate::transcript::ClientLine;

/// Where the lines of a transcript go, if anywhere.
#[derive(Default)]
pub(super) struct Transcript(Option<Write>);

pub(super) type Write = Box<dyn FnMut(&str) + Send>;

impl Transcript {
    pub(super) fn to(write: Write) -> Self {
        Self(Some(write))
    }

    /// Notes what the client said with the octets of one step.
    pub(super) fn heard(&mut self, phase: Phase, taken: &[u8], event: Option<&Event<'_>>) {
        let Some(write) = &mut self.0 else { return };
        let counted = match event {
            // Parts of a line have lost their verb, and a damaged line may hide another in it.
            None => !taken.ends_with(b"\r\n"),
            Some(Event::Refused(Fault::Line(_) | Fault::AuthLineTooLong)) => true,
            Some(_) => false,
        };
        if taken.is_empty() {
            return;
        }
        write(&match phase {
            _ if counted || phase == Phase::Content => format!("C: [{} octets]", taken.len()),
            Phase::Authenticating => ClientLine::response().to_string(),
            _ => ClientLine::command(taken).to_string(),
        });
    }

    /// Notes what was said to the client: the output from `before` on.
    pub(super) fn said(&mut self, output: &[u8], before: usize) {
        let Some(write) = &mut self.0 else { return };
        let said = output.get(before..).unwrap_or_default();
        for line in said
            .split(|&octet| octet == b'\n')
            .filter(|line| !line.is_empty())
        {
            write(&format!("S: {}", line.trim_ascii_end().escape_ascii()));
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
