//! The PROXY protocol: what a proxy says of its client before the connection's first octet (HAProxy, "The
//! PROXY protocol", versions 1 and 2).
//!
//! Whoever accepts a connection asks configuration whether the other end of it is a declared proxy
//! ([`Config::proxies`](crate::server::Config::proxies)). From one the header is required, at octet 0,
//! once; from everybody else it is no SMTP, and ends the session with 554. [`take`] reads it, within
//! limits, and the tokio adapter has a deadline for it.

mod proxied;
#[cfg(feature = "proxy")]
mod read;
#[cfg(feature = "proxy")]
mod write;

pub use proxied::{Proxied, Tls};
#[cfg(feature = "proxy")]
pub use read::{LIMIT, ProxyError, missing, take};
#[cfg(feature = "proxy")]
pub use write::Version;

/// PP2_CLIENT_SSL: the client is in TLS.
#[cfg(feature = "proxy")]
const IN_TLS: u8 = 0x01;
/// PP2_CLIENT_CERT_CONN: it has shown a certificate on this connection.
#[cfg(feature = "proxy")]
const CERTIFICATE_NOW: u8 = 0x02;
