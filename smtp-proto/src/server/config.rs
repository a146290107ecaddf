//! What a server session is built from.

use mailwire_tls_policy::Listener;

use crate::auth::Mechanism;
use crate::dialect::Dialect;
use crate::host::HelloNameBuf;
use crate::limits::Limits;
use crate::timer::Timeouts;

/// The configuration of a listener's sessions; one value, shared by all of them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// The name the server goes by in its greeting and in the reply to EHLO. It is ASCII, as a
    /// hello is (RFC 6531 section 3.7.1).
    pub hostname: HelloNameBuf,
    /// SMTP or LMTP.
    pub dialect: Dialect,
    /// What this port may and must do about TLS and AUTH.
    pub listener: Listener,
    /// SASL mechanisms that are offered where policy allows AUTH; none means no AUTH.
    pub mechanisms: Vec<Mechanism>,
    /// Bounds.
    pub limits: Limits,
    /// How long each wait may last.
    pub timeouts: Timeouts,
}

impl Config {
    /// A configuration with the default limits, timeouts and mechanisms.
    #[must_use]
    pub fn new(hostname: HelloNameBuf, dialect: Dialect, listener: Listener) -> Self {
        Self {
            hostname,
            dialect,
            listener,
            mechanisms: Mechanism::ALL.to_vec(),
            limits: Limits::default(),
            timeouts: Timeouts::default(),
        }
    }
}
