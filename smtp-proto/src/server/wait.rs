//! How long the session waits, and for what.

use std::time::{Duration, Instant};

use bytes::BytesMut;

use super::{Fault, Session};
use crate::table::Phase;
use crate::timer::{Deadline, Timer};

impl Session {
    /// Until when the session waits, and for what; `None` when it is over.
    #[must_use]
    pub fn deadline(&self) -> Option<Deadline> {
        let timeouts = &self.config.timeouts;
        let phase = self.position.phase();
        if phase == Phase::Closed {
            return None;
        }
        let in_content = matches!(phase, Phase::Content | Phase::Chunk);
        let timer = match self.pending {
            Some(_) => Timer::Answer,
            None if in_content || self.skip.is_some() => Timer::DataBlock,
            None => Timer::Command,
        };
        let rate = (timer == Timer::DataBlock)
            .then(|| self.rate_deadline())
            .flatten();
        [
            timeouts.deadline(timer, self.since),
            timeouts.deadline(Timer::Session, self.began),
            rate,
        ]
        .into_iter()
        .flatten()
        .min_by_key(|deadline| deadline.at)
    }

    /// Until when the next octet of content has to come, for all of them to have come fast enough.
    fn rate_deadline(&self) -> Option<Deadline> {
        let timeouts = &self.config.timeouts;
        let transaction = self.transaction.as_ref()?;
        let octets = transaction.octets.saturating_add(transaction.discarded);
        let due = octets.checked_div(u64::from(timeouts.content_rate))?;
        let budget = timeouts
            .of(Timer::ContentRate)
            .saturating_add(Duration::from_secs(due));
        let at = self
            .since
            .checked_add(budget.saturating_sub(transaction.waited()))?;
        Some(Deadline {
            at,
            timer: Timer::ContentRate,
        })
    }

    /// To be called when the deadline has passed: 421 is said and the session is over. Before the
    /// deadline it does nothing.
    pub fn handle_timeout(&mut self, now: Instant, out: &mut BytesMut) {
        if let Some(deadline) = self.deadline().filter(|deadline| deadline.at <= now) {
            self.end_by(Fault::Timeout(deadline.timer), out);
        }
    }

    /// The peer is waited for from now on, unless it is already.
    pub(super) fn wait(&mut self, now: Instant) {
        if !self.waiting {
            self.waiting = true;
            self.since = now;
        }
    }

    /// Something has come that was waited for.
    pub(super) fn progress(&mut self, now: Instant) {
        if self.waiting {
            self.waiting = false;
            if let Some(transaction) = &mut self.transaction {
                transaction.add_wait(now.saturating_duration_since(self.since));
            }
        }
        self.since = now;
    }
}
