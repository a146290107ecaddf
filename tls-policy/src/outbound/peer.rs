//! Where the other end of a connection is, by its transport address.

use core::fmt;
use core::net::IpAddr;

use crate::Channel;

/// Where the connected peer is. Total on purpose.
///
/// Decided by the address of the connected socket, never by a host name: a name is whatever the
/// resolver says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PeerLocation {
    /// Across a network.
    Remote,
    /// On this host, by a loopback address.
    Loopback,
    /// On this host, by a path in its file system.
    UnixSocket,
}

impl PeerLocation {
    /// Every location.
    pub const ALL: [Self; 3] = [Self::Remote, Self::Loopback, Self::UnixSocket];

    /// The location of a peer with this address.
    ///
    /// Loopback is 127.0.0.0/8 (RFC 1122 section 3.2.1.3), `::1` (RFC 4291 section 2.5.3), and
    /// 127.0.0.0/8 mapped into IPv6, which is how a socket for both families shows it.
    ///
    /// ```
    /// use mailwire_tls_policy::outbound::PeerLocation;
    ///
    /// let of = |address: &str| address.parse().map(PeerLocation::of);
    /// assert_eq!(of("::ffff:127.0.0.1"), Ok(PeerLocation::Loopback));
    /// assert_eq!(of("192.0.2.1"), Ok(PeerLocation::Remote));
    /// ```
    #[must_use]
    pub const fn of(address: IpAddr) -> Self {
        let is_loopback = match address {
            IpAddr::V4(address) => address.is_loopback(),
            IpAddr::V6(address) => match address.to_ipv4_mapped() {
                Some(mapped) => mapped.is_loopback(),
                None => address.is_loopback(),
            },
        };
        if is_loopback {
            Self::Loopback
        } else {
            Self::Remote
        }
    }

    /// The channel that a connection without TLS to or from this place is.
    ///
    /// A server asks this about the client's own address: behind a proxy that is the address which
    /// the proxy reports, not the proxy's.
    #[must_use]
    pub const fn channel_without_tls(self) -> Channel {
        match self {
            Self::Remote => Channel::Plain,
            Self::Loopback | Self::UnixSocket => Channel::Local,
        }
    }

    /// The location's name in tables and logs, in snake case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Remote => "remote",
            Self::Loopback => "loopback",
            Self::UnixSocket => "unix_socket",
        }
    }
}

impl fmt::Display for PeerLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
