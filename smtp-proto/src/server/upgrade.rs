//! The TLS hand-over: what is left of a session between STARTTLS and the handshake's end.

use std::sync::Arc;
use std::time::Instant;

use bytes::BytesMut;
use mailwire_tls_policy::Channel;

use super::{Config, Session};
use crate::peer::Peer;
use crate::timer::{Deadline, Timer};

/// A session that has said 220 to STARTTLS.
///
/// It cannot read or write SMTP: nothing that arrived in clear can reach the session after it, and
/// that session is built from configuration and peer alone (RFC 3207 section 4.2). Dropping the
/// value is right when the handshake fails or its deadline passes.
#[derive(Debug)]
#[must_use = "the session goes on after the handshake, by `complete`"]
pub struct TlsUpgrade {
    config: Arc<Config>,
    peer: Peer,
    /// The server stops; whoever shuts down a session does not know what became of it.
    stopping: bool,
    since: Instant,
}

impl TlsUpgrade {
    pub(super) const fn new(
        config: Arc<Config>,
        peer: Peer,
        stopping: bool,
        since: Instant,
    ) -> Self {
        Self {
            config,
            peer,
            stopping,
            since,
        }
    }

    /// Until when the handshake may last.
    #[must_use]
    pub fn deadline(&self) -> Option<Deadline> {
        self.config.timeouts.deadline(Timer::Handshake, self.since)
    }

    /// The session after the handshake. It greets nobody, and wants EHLO anew.
    #[must_use]
    pub fn complete(self, channel: Channel, now: Instant) -> Session {
        let mut session = Session::unknown(self.config, self.peer, channel, now);
        session.stopping = self.stopping;
        session
    }
}

/// Builds the session of a fresh connection and writes its greeting.
#[inline]
pub(super) fn greet(
    config: Arc<Config>,
    peer: Peer,
    channel: Channel,
    now: Instant,
    out: &mut BytesMut,
) -> Session {
    let session = Session::unknown(config, peer, channel, now);
    session.write_greeting(out);
    session
}
