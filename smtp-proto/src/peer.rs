//! Who is on the other end.

use std::net::{IpAddr, SocketAddr};

/// The peer of a session, by what is known of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Peer {
    transport: Option<SocketAddr>,
}

impl Peer {
    /// A peer on a network socket.
    #[must_use]
    pub const fn at(address: SocketAddr) -> Self {
        Self {
            transport: Some(address),
        }
    }

    /// A peer on a local socket, which has no network address.
    #[must_use]
    pub const fn local() -> Self {
        Self { transport: None }
    }

    /// The address that the connection comes from; none for a local socket.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.transport.map(|address| address.ip())
    }
}
