//! The content of a message: pieces out, verdict at the true end.

use std::time::Instant;

use bytes::BytesMut;

use super::{Event, Fault, Session};
use crate::body::DataFrame;
use crate::table::{Outcome, Question, on_outcome};

impl Session {
    /// Takes one piece of content behind DATA.
    ///
    /// A message that is damaged or too large is still read to its end, so that the verdict is in
    /// sync with what the peer believes, but nothing more of it is handed out. What was handed out
    /// before does not depend on how the input was cut.
    pub(super) fn advance_content<'i>(
        &mut self,
        event: &mut Option<Event<'i>>,
        unread: &'i [u8],
        now: Instant,
        out: &mut BytesMut,
    ) -> usize {
        let limits = &self.config.limits;
        let Some(transaction) = &mut self.transaction else {
            return 0;
        };
        let Some((consumed, frame)) = transaction.reader.take(unread) else {
            return self.idle(now);
        };
        *event = match frame {
            DataFrame::Content(piece) => {
                if let Some(fault) = transaction.reader.fault() {
                    transaction.fault.get_or_insert(Fault::Body(fault));
                }
                handed_out(transaction.content(piece, limits, &mut self.pace))
            }
            DataFrame::End => Some(self.end_of_content(now, out)),
        };
        self.stop_overrun(out);
        consumed
    }

    /// Takes octets of a chunk, or its end.
    pub(super) fn advance_chunk<'i>(
        &mut self,
        event: &mut Option<Event<'i>>,
        unread: &'i [u8],
        now: Instant,
        out: &mut BytesMut,
    ) -> usize {
        let config = &self.config;
        let Some(transaction) = &mut self.transaction else {
            return 0;
        };
        let bare = config.bare_line_ends;
        let (limits, pace) = (&config.limits, &mut self.pace);
        if !transaction.chunk.is_ended() {
            let piece = transaction.chunk.peek(unread);
            if piece.is_empty() {
                return self.idle(now);
            }
            let (consumed, sound, damage) = transaction.text_of_chunk(piece, bare);
            let admitted = transaction.content(sound, limits, pace);
            if let Some(fault) = damage {
                transaction.fault.get_or_insert(Fault::Body(fault));
                pace.discard(consumed - sound.len());
            }
            transaction
                .chunk
                .take(piece.get(..consumed).unwrap_or(piece));
            *event = handed_out(admitted);
            self.stop_overrun(out);
            return consumed;
        }
        if let Some(line_end) = transaction.end_of_chunk(bare) {
            *event = handed_out(transaction.content(line_end, limits, pace));
            return 0;
        }
        *event = if transaction.chunk.is_last() {
            Some(self.end_of_content(now, out))
        } else {
            self.end_of_chunk(out)
        };
        0
    }

    /// The reply to a chunk that is not the last one. What is wrong with the message is told here,
    /// so that a peer need not send the rest of it.
    fn end_of_chunk(&mut self, out: &mut BytesMut) -> Option<Event<'static>> {
        let fault = self.transaction.as_ref().and_then(|it| it.fault);
        let outcome = match fault {
            None => {
                self.say(&super::write::CHUNK, out);
                Outcome::Accepted
            }
            Some(fault) => {
                self.say(&fault.reply(self.config.dialect), out);
                Outcome::Rejected
            }
        };
        self.go(on_outcome(
            self.position.phase(),
            Question::ChunkEnd,
            outcome,
        ));
        fault.map(Event::MessageRefused)
    }

    fn end_of_content(&mut self, now: Instant, out: &mut BytesMut) -> Event<'static> {
        let (octets, fault) = self
            .transaction
            .as_ref()
            .map_or((0, None), |it| (it.octets, it.fault));
        let Some(fault) = fault else {
            return Event::Message {
                octets,
                pending: self.ask(Question::Message, now),
            };
        };
        let reply = fault.reply(self.config.dialect);
        for _ in 0..self.replies_owed() {
            self.say(&reply, out);
        }
        self.go(on_outcome(
            self.position.phase(),
            Question::Message,
            Outcome::Rejected,
        ));
        self.settle(out);
        Event::MessageRefused(fault)
    }

    /// A message that is refused already may not go on for ever.
    fn stop_overrun(&mut self, out: &mut BytesMut) {
        if self.pace.discarded > self.config.limits.discarded {
            self.end_by(Fault::Overrun, out);
        }
    }
}

/// What is left of a piece is an event, unless nothing is.
const fn handed_out(admitted: &[u8]) -> Option<Event<'_>> {
    if admitted.is_empty() {
        None
    } else {
        Some(Event::Content(admitted))
    }
}
