//! PROXY headers in front of a tokio stream: before the greeting, and before TLS.

use std::io;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};

use super::ConnectionError;
use super::buffers::now;
use crate::peer::Peer;
use crate::proxy::{Proxied, ProxyError, Version, missing, take};
use crate::server::Config;
use crate::timer::Timer;

/// Why a connection with a header failed. Nothing is to be said to the peer: it is no client, or none
/// that would understand it.
pub type ProxyFailure = ConnectionError<ProxyError>;

impl From<ProxyError> for ProxyFailure {
    fn from(error: ProxyError) -> Self {
        Self::Session(error)
    }
}

/// Reads the header of a fresh connection, if [`Config::proxies`] wants one of this peer, and tells who
/// the peer is then. Not an octet behind it is read, so TLS may follow, or the session.
///
/// To be called first of all, for every connection of a listener.
///
/// ```no_run
/// # use std::sync::Arc;
/// # use mailwire_smtp_proto::{peer::Peer, policy::Channel, server::Config};
/// # use mailwire_smtp_proto::tokio_io::{proxy, server::Connection};
/// # async fn serve(config: Arc<Config>, mut stream: tokio::io::DuplexStream, peer: Peer)
/// # -> Result<(), Box<dyn std::error::Error>> {
/// let peer = proxy::receive(&mut stream, &config, peer).await?;
/// let connection = Connection::accept(stream, config, peer, Channel::Plain);
/// # Ok(())
/// # }
/// ```
///
/// # Cancel safety
///
/// None: what was read is lost, and the connection is to be dropped.
///
/// # Errors
///
/// [`ProxyError`], or the stream failed.
pub async fn receive<S: AsyncRead + Unpin>(
    stream: &mut S,
    config: &Config,
    peer: Peer,
) -> Result<Peer, ProxyFailure> {
    if !config.wants_proxy(&peer) {
        return Ok(peer);
    }
    let deadline = config.timeouts.deadline(Timer::Proxy, now());
    let read = read(stream);
    let proxied = match deadline {
        None => read.await?,
        Some(deadline) => timeout_at(Instant::from_std(deadline.at), read)
            .await
            .unwrap_or(Err(ProxyError::Late.into()))?,
    };
    Ok(peer.with_proxy(proxied))
}

async fn read<S: AsyncRead + Unpin>(stream: &mut S) -> Result<Proxied, ProxyFailure> {
    let mut header = BytesMut::new();
    loop {
        if let Some((_, proxied)) = take(&header)? {
            return Ok(proxied);
        }
        let least = u64::try_from(missing(&header)).unwrap_or(1);
        if (&mut *stream).take(least).read_buf(&mut header).await? == 0 {
            return Err(ProxyError::EndOfInput.into());
        }
    }
}

/// Says a header on a fresh connection to a server, which has to expect it. To be called first of all.
///
/// # Cancel safety
///
/// None: what was written is not known, and the connection is to be dropped.
///
/// # Errors
///
/// The stream failed, or the header is one that [cannot be written](Proxied::write).
pub async fn send<S: AsyncWrite + Unpin>(
    stream: &mut S,
    proxied: &Proxied,
    version: Version,
) -> io::Result<()> {
    let mut header = BytesMut::new();
    proxied
        .write(version, &mut header)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    stream.write_all(&header).await?;
    stream.flush().await
}
