//! The TLS hand-over: what is left of a delivery between the 220 to STARTTLS and the handshake.

use std::time::Instant;

use mailwire_tls_policy::Channel;

use super::{Delivery, Failure, Fate, Outcome, Plan, Stage};
use crate::client::{Error, NotNow, TlsUpgrade};
use crate::timer::Deadline;

/// A delivery whose server has said 220 to STARTTLS. It cannot read or write SMTP, and of the session
/// nothing crosses; see [`TlsUpgrade`].
#[derive(Debug)]
#[must_use = "the delivery goes on after the handshake, by `complete`, or ends by `failed`"]
pub struct Handshake {
    upgrade: TlsUpgrade,
    plan: Plan,
}

impl Delivery {
    /// Gives up the session for the TLS handshake, after
    /// [`Want::Handshake`](super::Want::Handshake).
    ///
    /// # Errors
    ///
    /// The outcome, if octets have come in clear behind the reply to STARTTLS.
    pub fn into_tls(self, unread: &[u8], now: Instant) -> Result<Handshake, Outcome> {
        let Self { session, plan, .. } = self;
        let recipients = plan.recipients.len();
        match session.into_tls(unread, now) {
            Ok(upgrade) => Ok(Handshake { upgrade, plan }),
            Err(error) => Err(Outcome {
                recipients: vec![Fate::NotSent; recipients],
                failure: Some(match error {
                    Error::Peer(fault) => Failure::Peer(fault),
                    Error::Misuse(_) => Failure::Local(NotNow::MustWait),
                }),
                authenticated: false,
            }),
        }
    }
}

impl Handshake {
    /// Until when the handshake may last.
    #[must_use]
    pub fn deadline(&self) -> Option<Deadline> {
        self.upgrade.deadline()
    }

    /// The delivery after the handshake; it begins anew with the hello.
    #[must_use]
    pub fn complete(self, channel: Channel, now: Instant) -> Delivery {
        let session = self.upgrade.complete(channel, now);
        Delivery::at(Stage::Hello, self.plan, session, now)
    }

    /// What became of the message when the handshake has failed: it was not sent, and nothing goes on in
    /// clear, where whoever broke the handshake could read it.
    #[must_use]
    pub fn failed(self) -> Outcome {
        Outcome {
            recipients: vec![Fate::NotSent; self.plan.recipients.len()],
            failure: Some(Failure::Handshake),
            authenticated: false,
        }
    }
}
