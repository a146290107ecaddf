//! BDAT: its octets follow it at once, whatever is thought of it (RFC 3030 section 2).

use std::time::Instant;

use bytes::BytesMut;

use super::extensions::Extension;
use super::{Event, Fault, Session};
use crate::body::BdatReader;
use crate::command::{self, Bdat};
use crate::reply::Reply;
use crate::table::{Cell, Outcome, Question, on_outcome};
use crate::verb::Arguments;

/// Octets of a refused chunk that are still to be read over, and what is said behind them.
#[derive(Debug)]
pub(super) struct Skip {
    chunk: BdatReader,
    said: Said,
}

#[derive(Debug)]
enum Said {
    Fault(Fault),
    /// The embedder's own words.
    Reply(Reply),
}

impl Session {
    /// The command. `judged` is what policy and table think of it.
    pub(super) fn bdat(
        &mut self,
        judged: Result<Cell, Fault>,
        arguments: Arguments<'_>,
        now: Instant,
        event: &mut Option<Event<'_>>,
    ) -> Result<(), Fault> {
        if !self.offers(Extension::Chunking) {
            return Err(Fault::Chunk);
        }
        let bdat = command::bdat(arguments).map_err(|_| Fault::ChunkSize)?;
        let chunk = BdatReader::new(bdat);
        let judged = judged.and_then(|cell| match cell {
            Cell::Refuse(fault) => Err(self.nobody(fault)),
            cell => self.fits(bdat).map(|()| cell),
        });
        let cell = match judged {
            Ok(cell) => cell,
            Err(fault) => {
                self.skip = Some(Box::new(Skip {
                    chunk,
                    said: Said::Fault(fault),
                }));
                return Ok(());
            }
        };
        if let Some(transaction) = &mut self.transaction {
            transaction.chunk = chunk;
        }
        if bdat.size == 0 && !bdat.last {
            self.count_idle()?;
        }
        let question = chunk_question(bdat.last);
        if let Cell::Grant(_) = cell {
            self.go(on_outcome(
                self.position.phase(),
                question,
                Outcome::Accepted,
            ));
            return Ok(());
        }
        *event = Some(Event::Data {
            pending: self.ask(question, now),
        });
        Ok(())
    }

    /// Whether the chunks so far and this one are within the limit.
    fn fits(&self, bdat: Bdat) -> Result<(), Fault> {
        let before = self.transaction.as_ref().map_or(0, |it| it.octets);
        match (
            before.checked_add(bdat.size),
            self.config.limits.message_size,
        ) {
            (Some(sum), Some(limit)) if sum <= limit => Ok(()),
            (Some(_), None) => Ok(()),
            _ => Err(Fault::MessageTooLarge),
        }
    }

    /// The embedder refused the first chunk: its octets are read over before that is said.
    pub(super) fn refuse_chunk(&mut self, reply: Reply) {
        if let Some(transaction) = &mut self.transaction {
            let chunk = std::mem::replace(&mut transaction.chunk, BdatReader::ENDED);
            self.skip = Some(Box::new(Skip {
                chunk,
                said: Said::Reply(reply),
            }));
        }
    }

    /// Whether there is something to read over in the input, or nothing more of it.
    pub(super) fn can_skip(&self, unread: &[u8]) -> Option<bool> {
        let skip = self.skip.as_ref()?;
        Some(self.skips_too_much(skip) || skip.chunk.is_ended() || !unread.is_empty())
    }

    fn skips_too_much(&self, skip: &Skip) -> bool {
        let octets = self.pace.discarded.saturating_add(skip.chunk.left());
        octets > self.config.limits.discarded
    }

    /// Reads over octets of a refused chunk; behind the last one the refusal is said.
    pub(super) fn advance_skip<'i>(
        &mut self,
        event: &mut Option<Event<'i>>,
        unread: &'i [u8],
        now: Instant,
        out: &mut BytesMut,
    ) -> usize {
        let Some(mut skip) = self.skip.take() else {
            return 0;
        };
        if self.skips_too_much(&skip) {
            self.end_by(Fault::Overrun, out);
            *event = Some(Event::Refused(Fault::Overrun));
            return 0;
        }
        let consumed = skip.chunk.take(unread).map_or(0, <[u8]>::len);
        self.pace.discard(consumed);
        if skip.chunk.is_ended() {
            *event = self.end_skip(*skip, out);
        } else {
            self.skip = Some(skip);
            if consumed == 0 {
                return self.idle(now);
            }
        }
        self.progress(now);
        consumed
    }

    /// Says what became of a refused chunk. In LMTP the last one has a reply for each recipient, as
    /// the end of a message has, whatever the replies are (RFC 2033 section 4.2), or every later one
    /// would be taken for the answer to something else.
    fn end_skip(&mut self, skip: Skip, out: &mut BytesMut) -> Option<Event<'static>> {
        let last = skip.chunk.is_last();
        let owed = if last { self.replies_owed().max(1) } else { 1 };
        let (fault, reply) = match skip.said {
            Said::Reply(reply) => {
                self.say(&reply, out);
                (None, reply)
            }
            Said::Fault(fault) => {
                let event = self.refuse(fault, out);
                if self.is_closed() {
                    return Some(event);
                }
                (Some(fault), fault.reply(self.config.dialect))
            }
        };
        for _ in 1..owed {
            self.say(&reply, out);
        }
        let before = self.position;
        self.go(on_outcome(
            before.phase(),
            chunk_question(last),
            Outcome::Rejected,
        ));
        let moved = self.position != before;
        self.settle(out);
        fault.map(|fault| {
            if moved {
                Event::MessageRefused(fault)
            } else {
                Event::Refused(fault)
            }
        })
    }
}

const fn chunk_question(last: bool) -> Question {
    if last {
        Question::LastChunk
    } else {
        Question::Chunk
    }
}
