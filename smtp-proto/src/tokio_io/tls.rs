//! The TLS hand-over by tokio-rustls. The crypto provider is whatever the configuration holds.

use std::io;
use std::sync::Arc;

use mailwire_tls_policy::Channel;
#[cfg(feature = "scram")]
use mailwire_tls_policy::tls::exporter;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout_at};
use tokio_rustls::{TlsAcceptor, TlsConnector, client, server};

#[cfg(feature = "scram")]
use crate::auth::scram::ChannelBinding;
use crate::timer::Deadline;

/// Accepts TLS on a stream, until `deadline` at the latest.
///
/// # Cancel safety
///
/// The stream is gone with the future.
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
/// # Cancel safety
///
/// The stream is gone with the future.
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
/// # Cancel safety
///
/// The stream is gone with the future.
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

/// What identifies the channel of a server's stream, for mechanisms with channel binding: `tls-exporter`
/// (RFC 9266). `None` below TLS 1.3, where it is not safe in every case (section 4.2).
#[cfg(feature = "scram")]
pub fn server_binding<S>(stream: &server::TlsStream<S>) -> Option<ChannelBinding> {
    let (_, connection) = stream.get_ref();
    binding(connection)
}

/// The same of a client's stream.
#[cfg(feature = "scram")]
pub fn client_binding<S>(stream: &client::TlsStream<S>) -> Option<ChannelBinding> {
    let (_, connection) = stream.get_ref();
    binding(connection)
}

#[cfg(feature = "scram")]
fn binding<D>(connection: &rustls::ConnectionCommon<D>) -> Option<ChannelBinding> {
    exporter(connection).map(|it| ChannelBinding::TlsExporter(it.to_vec()))
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
