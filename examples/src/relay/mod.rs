//! Mail that is passed on: a dialogue with the next server that goes step by step with that of the client,
//! so that nothing is promised which that server has not promised, and nothing is stored on the way.
//!
//! ```text
//!   client          edge                        next server
//!   AUTH       ──►  open: TLS, AUTH, XCLIENT ──►  who is it?       no 235 before it has said yes
//!   RCPT       ──►  MAIL, RCPT               ──►  its reply is ours
//!   DATA       ──►  DATA                     ──►  354, and only then 354
//!   content    ──►  as it comes              ──►
//!   .          ──►  .                        ──►  250, and only then 250
//! ```

mod hop;
mod open;
mod pool;
mod transaction;

use std::fmt;
use std::sync::Arc;

use mailwire_smtp_proto::auth::PlainCredentials;
use mailwire_smtp_proto::client::ReuseKey;
use mailwire_smtp_proto::dialect::Dialect;
use mailwire_smtp_proto::host::{HelloNameBuf, HostError};
use mailwire_smtp_proto::xclient::Identity;
use rustls::ClientConfig;
use rustls_pki_types::ServerName;

use crate::client_tls::{ClientTlsError, client_config, server_name};
use crate::config::RelaySettings;

use pool::Pool;

pub use hop::Hop;
pub use open::{NotOpened, identity};
pub use transaction::Upstream;

/// The next server, and what it takes to speak to it.
pub struct Relay {
    dialect: Dialect,
    settings: RelaySettings,
    credentials: Option<PlainCredentials>,
    hello: HelloNameBuf,
    tls: Arc<ClientConfig>,
    server_name: ServerName<'static>,
    pool: Arc<Pool>,
    /// Whether dialogues are told to stderr.
    verbose: bool,
}

impl Relay {
    /// With `verbose` its dialogues are told to stderr, secrets left out.
    ///
    /// # Errors
    ///
    /// TLS cannot be set up, or the name to go by is none.
    pub fn new(
        dialect: Dialect,
        settings: RelaySettings,
        hostname: &str,
        verbose: bool,
    ) -> Result<Self, RelayError> {
        let credentials = settings
            .credentials
            .as_ref()
            .map(|(user, password)| PlainCredentials::new(user.as_str(), password.expose()))
            .transpose()
            // Neither of the two is shown: one of them is a secret.
            .map_err(|_| RelayError::Credentials)?;
        Ok(Self {
            dialect,
            credentials,
            hello: hostname.parse()?,
            tls: client_config(settings.policy.check, None)?,
            server_name: server_name(&settings.host.host)?,
            settings,
            pool: Arc::default(),
            verbose,
        })
    }

    /// Whether the user's identity is passed on, and demanded to be taken.
    #[must_use]
    pub const fn forwards_identity(&self) -> bool {
        self.settings.xclient
    }

    /// Takes leave of the sessions that nobody needed any more.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// What a session is kept apart from others by; `None` if it is for `client` alone, since what it has told
    /// of that one holds to the end: its address, its port, its login.
    fn reuse_key(&self, client: Option<&Identity>) -> Option<ReuseKey> {
        client.is_none().then(|| ReuseKey {
            host: self.settings.host.host.to_lowercase(),
            port: self.settings.host.port,
            tls: self.settings.policy.tls,
            check: self.settings.policy.check,
            identity: self
                .settings
                .credentials
                .as_ref()
                .map(|(user, _)| user.clone()),
        })
    }
}

/// With no secret in it.
impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// Why mail cannot be passed on at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RelayError {
    /// There is no TLS to do.
    #[error("relay: {0}")]
    Tls(#[from] ClientTlsError),
    /// The host name is none.
    #[error("relay: {0}")]
    Hostname(#[from] HostError),
    /// No mechanism could say them.
    #[error("relay.user and relay.password cannot be sent")]
    Credentials,
}
