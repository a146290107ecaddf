//! SCRAM (RFC 5802, 7677): both sides show that they know a secret, and neither tells it.
//!
//! ```text
//!   client                                      server
//!     n,,n=user,r=nonce              ───────►     look up the keys of `user`
//!     derive keys from the password  ◄───────   r=nonce+more,s=salt,i=iterations
//!     c=biws,r=nonce+more,p=proof    ───────►     is the proof one of the stored key?
//!     is the signature one of ours?  ◄───────   v=signature
//! ```
//!
//! The messages are made and read here; the hashes are those of RustCrypto. There are libraries with
//! the whole of it, rsasl for one; they ask for the keys by a call back in the middle of a step, which
//! would have a session wait that is answered by tokens.
//!
//! A server never needs the password: [`StoredKeys`] are made of it once. With channel binding
//! (`-PLUS`) the two also agree on which TLS channel they see, so nobody sits in between with a channel
//! to each; and a client that could bind, and was not told that the server can, says so (RFC 5802
//! section 6).

mod client;
mod decoy;
mod keys;
mod message;
mod server;

pub use client::{Binding, Client, Iterations};
pub use decoy::Decoy;
pub use keys::StoredKeys;
pub use server::Server;

use super::MechanismName;

/// The hash of a mechanism. Deliberately exhaustive: another one is another mechanism.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hash {
    /// SHA-1, for peers that have no other. Nothing is known against it in this use.
    Sha1,
    /// SHA-256 (RFC 7677).
    Sha256,
}

impl Hash {
    /// The name of the mechanism, with channel binding or without.
    #[must_use]
    pub const fn name(self, is_plus: bool) -> MechanismName<'static> {
        match (self, is_plus) {
            (Self::Sha1, false) => MechanismName::SCRAM_SHA_1,
            (Self::Sha1, true) => MechanismName::SCRAM_SHA_1_PLUS,
            (Self::Sha256, false) => MechanismName::SCRAM_SHA_256,
            (Self::Sha256, true) => MechanismName::SCRAM_SHA_256_PLUS,
        }
    }
}

/// What identifies a TLS channel to both of its ends; `Debug` tells the kind alone.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChannelBinding {
    /// The hash of the server's certificate (RFC 5929 section 4).
    TlsServerEndPoint(Vec<u8>),
    /// 32 octets of keying material, exported with the label `EXPORTER-Channel-Binding` (RFC 9266).
    TlsExporter(Vec<u8>),
}

impl ChannelBinding {
    /// The registered name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::TlsServerEndPoint(_) => "tls-server-end-point",
            Self::TlsExporter(_) => "tls-exporter",
        }
    }

    fn data(&self) -> &[u8] {
        match self {
            Self::TlsServerEndPoint(data) | Self::TlsExporter(data) => data,
        }
    }
}

impl std::fmt::Debug for ChannelBinding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ChannelBinding({})", self.name())
    }
}
