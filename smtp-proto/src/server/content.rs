//! The content of a message: pieces out, verdict at the true end.

use std::time::Instant;

use bytes::BytesMut;

use super::{Event, Fault, Session, Step};
use crate::body::DataFrame;
use crate::table::{Outcome, Question, on_outcome};

impl Session {
    /// Takes one piece of content.
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
        let limit = self.config.limits.message_size;
        let Some(transaction) = &mut self.transaction else {
            return Step {
                consumed: 0,
                event: None,
            };
        };
        let Some((consumed, frame)) = transaction.reader.take(unread) else {
            return Step {
                consumed: 0,
                event: None,
            };
        };
        self.since = now;
        let event = match frame {
            DataFrame::Content(_) if transaction.is_spoiled() => None,
            DataFrame::Content(slice) => {
                let admitted = transaction.admit(slice, limit);
                (!admitted.is_empty()).then_some(Event::Content(admitted))
            }
            DataFrame::End => Some(self.end_of_content(now, out)),
        };
        Step { consumed, event }
    }

    fn end_of_content(&mut self, now: Instant, out: &mut BytesMut) -> Event<'static> {
        let (octets, fault) = self.transaction.as_ref().map_or((0, None), |transaction| {
            let damage = transaction.reader.fault().map(Fault::Body);
            let size = transaction.too_large.then_some(Fault::MessageTooLarge);
            (transaction.octets, damage.or(size))
        });
        let Some(fault) = fault else {
            return Event::Message {
                octets,
                pending: self.ask(Question::Message, now),
            };
        };
        let reply = fault.reply(self.config.dialect);
        for _ in 0..self.replies_owed() {
            reply.write(true, out);
        }
        self.go(on_outcome(
            self.position.phase(),
            Question::Message,
            Outcome::Rejected,
        ));
        Event::MessageRefused(fault)
    }
}
