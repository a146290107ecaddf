//! The listeners of `edge`: bound first, then served until the word to stop.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use mailwire_smtp_proto::dialect::Dialect;
use mailwire_smtp_proto::peer::Peer;
use mailwire_smtp_proto::server::Config;
use mailwire_smtp_proto::tokio_io::serve::{Incident, Serving};
use mailwire_tls_policy::{Listener, Role, TlsMode};
use tokio::net::TcpListener;
use tracing::warn;

use crate::config::{Believed, Settings};
use crate::logins::mechanisms;
use crate::mail::Edge;
use crate::session::{self, Stop};

/// Transactions that run may take so long to end when the server stops: of ten seconds that are promised, the
/// rest is for taking leave of next servers.
pub const GRACE: Duration = Duration::from_millis(9_500);

/// A listener that is bound, and not yet served.
#[derive(Debug)]
pub struct BoundListener {
    socket: TcpListener,
    listener: Listener,
    believed: Believed,
}

impl BoundListener {
    /// Binds an address for a listener.
    ///
    /// # Errors
    ///
    /// As the system says.
    pub async fn bind(
        address: SocketAddr,
        listener: Listener,
        believed: Believed,
    ) -> io::Result<Self> {
        Ok(Self {
            socket: TcpListener::bind(address).await?,
            listener,
            believed,
        })
    }

    /// The address, with the port that was chosen.
    ///
    /// # Errors
    ///
    /// As the system says.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Serves connections until `stop` says so, then lets those that are left end, each as far as it
    /// has to, for a grace period at the most.
    ///
    /// # Errors
    ///
    /// The host name of the configuration is none.
    pub async fn serve(
        self,
        edge: Arc<Edge>,
        stop: Stop,
    ) -> Result<(), mailwire_smtp_proto::host::HostError> {
        let role = self.listener.role;
        let mut serving = Serving::default();
        serving.grace = GRACE;
        serving.connections = edge.settings.limits.connections;
        serving.per_address = edge.settings.limits.connections_per_address;
        if self.listener.tls == TlsMode::Implicit {
            // Nobody would read it.
            serving.refusal = None;
        }
        let config = Arc::new(session_config(
            &edge.settings,
            self.listener,
            self.believed,
        )?);
        let told = stop.clone();
        let serve = |stream, peer| {
            let (edge, config) = (Arc::clone(&edge), Arc::clone(&config));
            session::serve(edge, config, stream, Peer::at(peer), told.clone())
        };
        let tell = |incident| match incident {
            Incident::NotAccepted(error) => warn!(%error, %role, "no connection accepted"),
            Incident::TooMany(peer) => warn!(%peer, %role, "one connection too many"),
            Incident::CutOff(count) => {
                warn!(count, %role, "connections are cut off after the grace period");
            }
            _ => {}
        };
        serving.run(self.socket, stop.soon, serve, tell).await;
        Ok(())
    }
}

/// What the sessions of a listener are built from.
fn session_config(
    settings: &Settings,
    listener: Listener,
    believed: Believed,
) -> Result<Config, mailwire_smtp_proto::host::HostError> {
    let dialect = match listener.role {
        Role::Mx | Role::Submission | Role::Submissions | Role::Custom => Dialect::Smtp,
        Role::Lmtp => Dialect::Lmtp,
    };
    let mut config = Config::new(settings.hostname.parse()?, dialect, listener);
    config.limits.message_size = Some(settings.limits.message_size);
    config.limits.recipients = settings.limits.recipients;
    config.timeouts.command = settings.timeouts.command;
    config.mechanisms = mechanisms();
    // As much mail as there is: a session is bounded in time.
    config.limits.transactions = u32::MAX;
    config.extensions.smtputf8 = true;
    config.xclient.networks = believed.xclient;
    config.xforward.networks = believed.xforward;
    config.proxies = believed.proxy;
    Ok(config)
}
