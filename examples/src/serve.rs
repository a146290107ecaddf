//! The listeners of `edge`: bound first, then served until the word to stop.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use mailwire_smtp_proto::dialect::Dialect;
use mailwire_smtp_proto::server::Config;
use mailwire_tls_policy::{Listener, Role};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::config::{Believed, Settings};
use crate::logins::mechanisms;
use crate::mail::Edge;
use crate::session;

/// How long running transactions may take to end when the server stops.
pub const GRACE: Duration = Duration::from_secs(10);

/// How long an accept loop rests when the system is out of something, such as file descriptors.
const REST: Duration = Duration::from_millis(50);

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

    /// Accepts connections until `stop` is cancelled, then lets those that are left end, each as far
    /// as it has to, for [`GRACE`] at the most.
    ///
    /// # Errors
    ///
    /// The host name of the configuration is none.
    pub async fn serve(
        self,
        edge: Arc<Edge>,
        stop: CancellationToken,
    ) -> Result<(), mailwire_smtp_proto::host::HostError> {
        let config = Arc::new(session_config(
            &edge.settings,
            self.listener,
            self.believed,
        )?);
        let mut sessions = JoinSet::new();
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                Some(_) = sessions.join_next() => {}
                accepted = self.socket.accept() => match accepted {
                    Ok((stream, _)) => {
                        let (edge, config) = (Arc::clone(&edge), Arc::clone(&config));
                        sessions.spawn(session::serve(edge, config, stream, stop.clone()));
                    }
                    Err(error) => {
                        warn!(%error, role = %self.listener.role, "no connection accepted");
                        tokio::time::sleep(REST).await;
                    }
                },
            }
        }
        drop(self.socket);
        let all = async { while sessions.join_next().await.is_some() {} };
        if tokio::time::timeout(GRACE, all).await.is_err() {
            warn!(role = %self.listener.role, "sessions are cut off after the grace period");
        }
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
    config.xclient.networks = believed.xclient;
    config.xforward.networks = believed.xforward;
    config.proxies = believed.proxy;
    Ok(config)
}
