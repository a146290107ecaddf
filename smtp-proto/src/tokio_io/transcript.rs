//! The transcript of a connection: what was heard and said, as it happens.

use std::fmt;
use std::mem;

use crate::server::Event;
use crate::transcript::{ClientLine, Listening, ServerLine};

/// Where the lines of a transcript go, if anywhere.
#[derive(Default)]
pub(super) struct Transcript {
    write: Option<Write>,
    /// Octets of content that it has not told of.
    content: usize,
}

pub(super) type Write = Box<dyn FnMut(&str) + Send>;

impl Transcript {
    pub(super) fn to(write: Write) -> Self {
        Self {
            write: Some(write),
            content: 0,
        }
    }

    /// Notes what a server heard in one step.
    pub(super) fn heard(&mut self, listening: Listening, taken: &[u8], event: Option<&Event<'_>>) {
        if let Some(line) = ClientLine::heard(listening, taken, event) {
            self.client(line);
        }
    }

    /// Notes what a server said: the octets from `before` on.
    pub(super) fn said(&mut self, octets: &[u8], before: usize) {
        let Some(write) = &mut self.write else { return };
        for line in ServerLine::each(octets.get(before..).unwrap_or_default()) {
            write(&line.to_string());
        }
    }

    /// Notes the commands that a client said, or the lines of an AUTH exchange: the octets from `before` on.
    pub(super) fn commands(&mut self, octets: &[u8], before: usize, is_exchange: bool) {
        for line in lines(octets.get(before..).unwrap_or_default()) {
            self.client(if is_exchange {
                ClientLine::response()
            } else {
                ClientLine::command(line)
            });
        }
    }

    /// Notes a chunk that a client said: the octets from `before` on, which begin with its command.
    pub(super) fn chunk(&mut self, octets: &[u8], before: usize) {
        let said = octets.get(before..).unwrap_or_default();
        if let Some(command) = lines(said).next() {
            self.client(ClientLine::command(command));
            self.client(ClientLine::octets(said.len() - command.len()));
        }
    }

    /// Notes content that a client said; told is how much, at its end.
    pub(super) fn content(&mut self, octets: usize, is_end: bool) {
        self.content += octets;
        if is_end {
            let octets = mem::take(&mut self.content);
            self.client(ClientLine::octets(octets));
        }
    }

    fn client(&mut self, line: ClientLine<'_>) {
        if let Some(write) = &mut self.write {
            write(&line.to_string());
        }
    }
}

fn lines(said: &[u8]) -> impl Iterator<Item = &[u8]> {
    said.split_inclusive(|octet| *octet == b'\n')
}

impl fmt::Debug for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.write.is_some() {
            "Transcript(on)"
        } else {
            "Transcript(off)"
        })
    }
}
