//! Sessions with the next server that nobody needs now, for whoever needs one like them: a client that brings
//! one message would otherwise cost a session there, with TLS and a login, each time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mailwire_smtp_proto::client::ReuseKey;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use super::Upstream;

/// For so long one waits: less than servers wait for a command, and long enough for the next of a burst.
const IDLE: Duration = Duration::from_secs(30);
/// So long it may take to take leave of all.
const LEAVE: Duration = Duration::from_millis(400);
/// So many wait.
const MOST: usize = 16;

/// The sessions that wait.
#[derive(Debug, Default)]
pub(super) struct Pool(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    /// The one that came last is at the end.
    sessions: Vec<(ReuseKey, Upstream, Instant)>,
    /// Whether somebody sees to it that they do not wait for ever.
    is_watched: bool,
}

impl Pool {
    /// The session that came last of those with this key: equal keys alone, so nobody's mail goes by another
    /// one's login, or over a channel that it was not meant for.
    ///
    /// The server may have closed it since.
    pub(super) fn take(&self, key: &ReuseKey) -> Option<Upstream> {
        let sessions = &mut self.lock().sessions;
        let place = sessions.iter().rposition(|(its, ..)| its == key)?;
        Some(sessions.remove(place).1)
    }

    /// Has a session wait in which nothing is under way. Given back is the one that has to go for it, if there
    /// are too many.
    pub(super) fn put(self: &Arc<Self>, key: ReuseKey, upstream: Upstream) -> Option<Upstream> {
        let mut waiting = self.lock();
        let surplus = (waiting.sessions.len() >= MOST).then(|| waiting.sessions.remove(0).1);
        waiting
            .sessions
            .push((key, upstream, Instant::now() + IDLE));
        if !std::mem::replace(&mut waiting.is_watched, true) {
            tokio::spawn(Arc::clone(self).watch());
        }
        surplus
    }

    /// Takes leave of all, of those that answer at once.
    pub(super) async fn close(&self) {
        let sessions = std::mem::take(&mut self.lock().sessions);
        let leave = sessions.into_iter().map(|(_, it, _)| it.quit());
        let all = leave.collect::<JoinSet<()>>().join_all();
        let _ = timeout(LEAVE, all).await;
    }

    /// Takes leave of those whose time is over, until none is left.
    async fn watch(self: Arc<Self>) {
        while let Some(until) = self.first_end() {
            sleep_until(until).await;
            let mut over = Vec::new();
            {
                let sessions = &mut self.lock().sessions;
                let now = Instant::now();
                while sessions.first().is_some_and(|(_, _, end)| *end <= now) {
                    over.push(sessions.remove(0).1);
                }
            }
            let leave = over.into_iter().map(Upstream::quit);
            leave.collect::<JoinSet<()>>().join_all().await;
        }
    }

    /// When the time of the one that has waited longest is over; if there is none, nobody watches from now on.
    fn first_end(&self) -> Option<Instant> {
        let mut waiting = self.lock();
        let until = waiting.sessions.first().map(|(_, _, end)| *end);
        waiting.is_watched = until.is_some();
        until
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests panic to fail"
)]
mod tests;
