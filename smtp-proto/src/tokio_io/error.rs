//! Why a connection failed.

use std::io;

/// The stream failed, or the session did.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectionError<E> {
    /// The stream failed.
    #[error("the connection failed: {0}")]
    Io(#[from] io::Error),
    /// The peer broke the protocol, or the caller misused the session.
    #[error("{0}")]
    Session(E),
}
