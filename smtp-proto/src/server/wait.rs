//! How long the session waits, and for what.

use std::time::{Duration, Instant};

use bytes::BytesMut;

use super::{Fault, Session};
use crate::table::Phase;
use crate::timer::{Deadline, Timer};

/// How fast content comes, and how much of it came for nothing, since MAIL was last accepted. Chunks
/// that are refused outside of a transaction count as well, so it is no part of one.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pace {
    /// Octets of content, handed out or not.
    pub(super) octets: u64,
    /// Those of them that came when the message was refused already.
    pub(super) discarded: u64,
    /// How long the peer has been waited for, in milliseconds.
    waited: u64,
}

impl Pace {
    /// Octets of a message that is refused already.
    pub(super) fn discard(&mut self, octets: usize) {
        let octets = u64::try_from(octets).unwrap_or(u64::MAX);
        self.octets = self.octets.saturating_add(octets);
        self.discarded = self.discarded.saturating_add(octets);
    }
}

impl Session {
    /// Until when the session waits, and for what; `None` when it is over.
    #[must_use]
    pub fn deadline(&self) -> Option<Deadline> {
        let timeouts = &self.config.timeouts;
        let phase = self.position.phase();
        if phase == Phase::Closed {
            return None;
        }
        let timer = match self.pending {
            Some(_) => Timer::Answer,
            None if self.in_octets() => Timer::DataBlock,
            None => Timer::Command,
        };
        let rate = (self.pending.is_none() && self.in_content())
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
        let due = self
            .pace
            .octets
            .checked_div(u64::from(timeouts.content_rate))?;
        let budget = timeouts
            .of(Timer::ContentRate)
            .saturating_add(Duration::from_secs(due));
        let at = self
            .since
            .checked_add(budget.saturating_sub(Duration::from_millis(self.pace.waited)))?;
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

    /// Whether what comes next is octets of content, also of content that is refused.
    fn in_octets(&self) -> bool {
        self.skip.is_some() || matches!(self.position.phase(), Phase::Content | Phase::Chunk)
    }

    /// Whether content is being sent: also between two of its chunks, or one octet at a time in a
    /// chunk of its own each would come as slowly as it likes.
    fn in_content(&self) -> bool {
        self.in_octets() || self.position.phase() == Phase::Chunks
    }

    /// There was nothing to do, and nothing is consumed.
    pub(super) fn idle(&mut self, now: Instant) -> usize {
        self.wait(now);
        0
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
            if self.in_content() {
                let wait = now.saturating_duration_since(self.since).as_millis();
                let wait = u64::try_from(wait).unwrap_or(u64::MAX);
                self.pace.waited = self.pace.waited.saturating_add(wait);
            }
        }
        self.since = now;
    }
}
