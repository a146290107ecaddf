//! The content of a message: pieces out, verdict at the true end.

use std::time::Instant;

use bytes::BytesMut;

use super::{Event, Fault, Session, Step};
use crate::body::{BareLineEnds, DataFrame};
use crate::table::{Outcome, Question, on_outcome};

impl Session {
    /// Takes one piece of content behind DATA.
    ///
    /// A message that is damaged or too large is still read to its end, so that the verdict is in
    /// sync with what the peer believes, but nothing more of it is handed out. What was handed out
    /// before does not depend on how the input was cut.
    pub(super) fn advance_content<'i>(
        &mut self,
        unread: &'i [u8],
        now: Instant,
        out: &mut BytesMut,
    ) -> Step<'i> {
        let limits = &self.config.limits;
        let Some(transaction) = &mut self.transaction else {
            return Step::NONE;
        };
        let Some((consumed, frame)) = transaction.reader.take(unread) else {
            return Step::NONE;
        };
        let event = match frame {
            DataFrame::Content(piece) => {
                if let Some(fault) = transaction.reader.fault() {
                    transaction.fault.get_or_insert(Fault::Body(fault));
                }
                transaction.content(piece, limits)
            }
            DataFrame::End => Some(self.end_of_content(now, out)),
        };
        self.stop_overrun(out);
        Step { consumed, event }
    }

    /// Takes octets of a chunk, or its end.
    pub(super) fn advance_chunk<'i>(
        &mut self,
        unread: &'i [u8],
        now: Instant,
        out: &mut BytesMut,
    ) -> Step<'i> {
        let config = &self.config;
        let Some(transaction) = &mut self.transaction else {
            return Step::NONE;
        };
        if !transaction.chunk.is_ended() {
            let Some(piece) = transaction.chunk.take(unread) else {
                return Step::NONE;
            };
            let consumed = piece.len();
            let is_text = config.bare_line_ends == BareLineEnds::Refuse && !transaction.binary;
            let event = if is_text && transaction.fault.is_none() {
                let (sound, damage) = transaction.before_damage(piece);
                let event = transaction.content(sound, &config.limits);
                if let Some(fault) = damage {
                    transaction.fault.get_or_insert(Fault::Body(fault));
                }
                event
            } else {
                transaction.content(piece, &config.limits)
            };
            self.stop_overrun(out);
            return Step { consumed, event };
        }
        let event = if transaction.chunk.is_last() {
            transaction.end_chunks();
            Some(self.end_of_content(now, out))
        } else {
            self.end_of_chunk(out)
        };
        Step { consumed: 0, event }
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
        let discarded = self.transaction.as_ref().map_or(0, |it| it.discarded);
        if discarded > self.config.limits.discarded {
            self.end_by(Fault::Overrun, out);
        }
    }
}

impl super::Transaction {
    /// What of a piece of content is handed out.
    fn content<'i>(
        &mut self,
        piece: &'i [u8],
        limits: &crate::limits::Limits,
    ) -> Option<Event<'i>> {
        if self.fault.is_some() {
            self.discarded = self.discarded.saturating_add(piece.len() as u64);
            return None;
        }
        let admitted = self.admit(piece, limits);
        (!admitted.is_empty()).then_some(Event::Content(admitted))
    }
}
