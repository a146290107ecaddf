//! Before the greeting: a client has to wait for it (RFC 5321 section 4.3.1).

use std::sync::Arc;
use std::time::Instant;

use bytes::BytesMut;
use mailwire_tls_policy::Channel;

use super::{Config, EarlyTalk, Fault, Session};
use crate::peer::Peer;
use crate::timer::{Deadline, Timer};

/// A fresh connection that is not greeted yet: programs that do not listen show it now.
///
/// The embedder waits until the [`deadline`](Self::deadline) or the first octet, and then
/// [greets](Self::greet).
#[derive(Debug)]
#[must_use = "the client waits for its greeting"]
pub struct Pregreeting {
    config: Arc<Config>,
    peer: Peer,
    channel: Channel,
    since: Instant,
}

impl Pregreeting {
    /// A fresh connection.
    pub const fn new(config: Arc<Config>, peer: Peer, channel: Channel, now: Instant) -> Self {
        Self {
            config,
            peer,
            channel,
            since: now,
        }
    }

    /// Until when the greeting is held back.
    #[must_use]
    pub fn deadline(&self) -> Option<Deadline> {
        self.config
            .timeouts
            .deadline(Timer::Pregreeting, self.since)
    }

    /// The session; its greeting is appended to `out`. If something is unread, the client talked
    /// early, and [`Config::early_talk`] says what becomes of it: [`EarlyTalk::Reject`] has 554 for a
    /// greeting, and the session is over.
    pub fn greet(self, unread: &[u8], now: Instant, out: &mut BytesMut) -> Session {
        let early = !unread.is_empty() && self.config.early_talk != EarlyTalk::Allow;
        let rejected = early && self.config.early_talk == EarlyTalk::Reject;
        let mut session = Session::unknown(self.config, self.peer, self.channel, now);
        session.talked_early = early;
        if rejected {
            session.end_by(Fault::EarlyTalk, out);
        } else {
            session.write_greeting(out);
        }
        session
    }
}
