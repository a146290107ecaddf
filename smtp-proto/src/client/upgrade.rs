//! The TLS hand-over: what is left of a session between the 220 to STARTTLS and the handshake.

use std::sync::Arc;
use std::time::Instant;

use mailwire_tls_policy::Channel;

use super::{Config, Session, Welcome};
use crate::timer::{Deadline, Timer};

/// A session whose server has said 220 to STARTTLS.
///
/// It cannot read or write SMTP, and the session after it is built from configuration alone: what
/// the server offered, and who the client was, do not cross (RFC 3207 section 4.2).
#[derive(Debug)]
#[must_use = "the session goes on after the handshake, by `complete`"]
pub struct TlsUpgrade {
    config: Arc<Config>,
    since: Instant,
}

impl TlsUpgrade {
    pub(super) const fn new(config: Arc<Config>, since: Instant) -> Self {
        Self { config, since }
    }

    /// Until when the handshake may last.
    #[must_use]
    pub fn deadline(&self) -> Option<Deadline> {
        self.config.timeouts.deadline(Timer::Handshake, self.since)
    }

    /// The session after the handshake. There is no second greeting; EHLO comes next.
    #[must_use]
    pub fn complete(self, channel: Channel, now: Instant) -> Session {
        Session::unknown(self.config, channel, Welcome::Given, now)
    }
}
