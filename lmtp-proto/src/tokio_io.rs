//! LMTP connections over any tokio stream: those of the core, with the dialect settled.

use mailwire_smtp_proto::peer::Peer;
use mailwire_smtp_proto::policy::Channel;
use mailwire_smtp_proto::tokio_io::{client, server};
use tokio::io::{AsyncRead, AsyncWrite};

pub use mailwire_smtp_proto::tokio_io::ConnectionError;

/// Greets a client in LMTP.
///
/// The connection is the core's; answer the end of a message with
/// [`Verdict::Each`](mailwire_smtp_proto::server::Verdict::Each), one verdict for each accepted
/// RCPT, or one by one with [`answer_recipient`](server::Connection::answer_recipient).
pub fn accept<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    config: &crate::server::Config,
    peer: Peer,
    channel: Channel,
) -> server::Connection<S> {
    server::Connection::accept(stream, config.clone().into_inner(), peer, channel)
}

/// A connection to an LMTP server, which waits for the greeting; `hello` says LHLO.
pub fn connect<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    config: &crate::client::Config,
    channel: Channel,
) -> client::Connection<S> {
    client::Connection::connect(stream, config.clone().into_inner(), channel)
}
