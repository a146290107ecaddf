//! The TLS hand-over by tokio-rustls. The crypto provider is whatever the configuration holds.

use std::io;
use std::sync::Arc;

use mailwire_tls_policy::Channel;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout_at};
use tokio_rustls::{TlsAcceptor, TlsConnector, client, server};

use crate::timer::Deadline;

/// Accepts TLS on a stream, until `deadline` at the latest.
///
/// # Errors
///
/// The handshake failed or took too long.
pub async fn accept<S: AsyncRead + AsyncWrite + Unpin>(
    config: Arc<rustls::ServerConfig>,
    stream: S,
    deadline: Option<Deadline>,
) -> io::Result<server::TlsStream<S>> {
    within(deadline, TlsAcceptor::from(config).accept(stream)).await
}

/// Begins TLS on a stream, until `deadline` at the latest.
///
/// # Errors
///
/// The handshake failed or took too long.
pub async fn connect<S: AsyncRead + AsyncWrite + Unpin>(
    config: Arc<rustls::ClientConfig>,
    name: rustls::pki_types::ServerName<'static>,
    stream: S,
    deadline: Option<Deadline>,
) -> io::Result<client::TlsStream<S>> {
    within(deadline, TlsConnector::from(config).connect(name, stream)).await
}

/// The server goes on in TLS: the handshake, then the session after it.
///
/// # Errors
///
/// The handshake failed or took too long; the stream is gone, since nothing in clear may follow.
pub async fn resume<S: AsyncRead + AsyncWrite + Unpin>(
    config: Arc<rustls::ServerConfig>,
    stream: S,
    upgrade: crate::server::TlsUpgrade,
) -> io::Result<super::server::Connection<server::TlsStream<S>>> {
    let stream = accept(config, stream, upgrade.deadline()).await?;
    Ok(super::server::Connection::resume(
        stream,
        upgrade,
        Channel::Tls,
    ))
}

async fn within<T>(
    deadline: Option<Deadline>,
    handshake: impl Future<Output = io::Result<T>>,
) -> io::Result<T> {
    match deadline {
        None => handshake.await,
        Some(deadline) => timeout_at(Instant::from_std(deadline.at), handshake)
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())),
    }
}
