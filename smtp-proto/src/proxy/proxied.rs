//! What a header says.

use std::fmt;
use std::net::SocketAddr;

/// What a proxy says of a connection that it passes on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Proxied {
    client: Option<SocketAddr>,
    destination: Option<SocketAddr>,
    tls: Option<Tls>,
    alpn: Option<Box<[u8]>>,
    authority: Option<Box<str>>,
    unique_id: Option<Box<[u8]>>,
}

/// What a proxy says of the TLS between its client and itself (PP2_TYPE_SSL).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tls {
    /// The version, such as `TLSv1.3`.
    pub version: Option<Box<str>>,
    /// The cipher suite.
    pub cipher: Option<Box<str>>,
    /// The common name of the client's certificate.
    pub common_name: Option<Box<str>>,
    /// Whether the client showed a certificate, in this connection or in the session before it.
    pub has_certificate: bool,
    /// Whether that certificate was good.
    pub is_verified: bool,
}

impl Proxied {
    /// A connection of the proxy's own, such as a check whether this server lives (LOCAL), or one of which
    /// it cannot say anything (UNKNOWN).
    #[must_use]
    pub const fn nobody() -> Self {
        Self {
            client: None,
            destination: None,
            tls: None,
            alpn: None,
            authority: None,
            unique_id: None,
        }
    }

    /// A client's connection to `destination`, which is the proxy's own address.
    #[must_use]
    pub const fn of(client: SocketAddr, destination: SocketAddr) -> Self {
        let mut proxied = Self::nobody();
        proxied.client = Some(client);
        proxied.destination = Some(destination);
        proxied
    }

    /// With what is known of the client's TLS.
    #[must_use]
    pub fn with_tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// With the protocol that was chosen in TLS (RFC 7301).
    #[must_use]
    pub fn with_alpn(mut self, protocol: &[u8]) -> Self {
        self.alpn = Some(protocol.into());
        self
    }

    /// With the name that the client asked for, in TLS the server name (RFC 6066 section 3).
    #[must_use]
    pub fn with_authority(mut self, name: &str) -> Self {
        self.authority = Some(name.into());
        self
    }

    /// With the proxy's own name for the connection, which is of 128 octets at the most.
    #[must_use]
    pub fn with_unique_id(mut self, id: &[u8]) -> Self {
        self.unique_id = Some(id.into());
        self
    }

    /// The client. None of a connection of the proxy's own, and of one from a socket without an IP
    /// address; the peer is then the proxy, and nobody is known behind it.
    #[must_use]
    pub const fn client(&self) -> Option<SocketAddr> {
        self.client
    }

    /// Where the client connected to.
    #[must_use]
    pub const fn destination(&self) -> Option<SocketAddr> {
        self.destination
    }

    /// The client's TLS, if it had some and the proxy says so.
    #[must_use]
    pub const fn tls(&self) -> Option<&Tls> {
        self.tls.as_ref()
    }

    /// The protocol that was chosen in TLS.
    #[must_use]
    pub fn alpn(&self) -> Option<&[u8]> {
        self.alpn.as_deref()
    }

    /// The name that the client asked for.
    #[must_use]
    pub fn authority(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    /// The proxy's own name for the connection.
    #[must_use]
    pub fn unique_id(&self) -> Option<&[u8]> {
        self.unique_id.as_deref()
    }
}

/// For logs: the client, and where it connected to.
impl fmt::Display for Proxied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.client, self.destination) {
            (Some(client), Some(destination)) => write!(f, "{client} to {destination}"),
            (Some(client), None) => client.fmt(f),
            (None, _) => f.write_str("nobody"),
        }
    }
}
