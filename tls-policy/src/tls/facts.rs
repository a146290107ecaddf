//! What is known of a connection when its handshake is done.

use core::fmt;
use std::borrow::ToOwned;
use std::string::String;
use std::vec::Vec;

use rustls::pki_types::CertificateDer;
use rustls::{ConnectionCommon, ProtocolVersion};

use crate::Channel;

/// What a handshake came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Handshake {
    /// The version, such as `TLSv1.3`.
    pub version: &'static str,
    /// The cipher suite, such as `TLS13_AES_256_GCM_SHA384`.
    pub cipher: &'static str,
    /// What it has shown about the peer.
    pub verification: Verification,
}

/// What a handshake has shown about the peer. Total on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verification {
    /// Nothing: its certificate was not looked at, or it has none.
    None,
    /// A trusted issuer says that it has the name that was asked for.
    Name,
    /// A trusted issuer says who it is; nobody has asked for a name. So it is with certificates of clients.
    Issuer,
    /// Its certificate, or key, was named beforehand.
    Pinned,
    /// A TLSA record is about it.
    Tlsa,
}

impl Handshake {
    /// What the handshake of a connection came to; `None` if it is not done. `verification` is what its
    /// [`Check`](super::Check) says of itself, for a client; a server says [`Verification::Issuer`] if it
    /// asks for certificates, and that counts only if there was one.
    #[must_use]
    pub fn of<D>(connection: &ConnectionCommon<D>, verification: Verification) -> Option<Self> {
        if connection.is_handshaking() {
            return None;
        }
        let version = match connection.protocol_version()? {
            ProtocolVersion::TLSv1_2 => "TLSv1.2",
            ProtocolVersion::TLSv1_3 => "TLSv1.3",
            _ => "TLS",
        };
        let cipher = connection.negotiated_cipher_suite()?.suite();
        let has_certificate = connection.peer_certificates().is_some();
        Some(Self {
            version,
            cipher: cipher.as_str().unwrap_or("unknown"),
            verification: if has_certificate {
                verification
            } else {
                Verification::None
            },
        })
    }

    /// What the rules know such a connection as.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        Channel::Tls
    }
}

/// What identifies the channel to both of its ends: 32 octets for `tls-exporter` (RFC 9266). `None` below
/// TLS 1.3, where it is not safe in every case (section 4.2), and while the handshake goes on.
#[must_use]
pub fn exporter<D>(connection: &ConnectionCommon<D>) -> Option<[u8; 32]> {
    /// RFC 9266 section 2: this label, and an empty context.
    const LABEL: &[u8] = b"EXPORTER-Channel-Binding";
    if connection.protocol_version() != Some(ProtocolVersion::TLSv1_3) {
        return None;
    }
    connection
        .export_keying_material([0; 32], LABEL, Some(&[]))
        .ok()
}

/// The host names that a certificate is for, to be shown: none if it is none that can be read.
#[must_use]
pub fn names_of(certificate: &CertificateDer<'_>) -> Vec<String> {
    match webpki::EndEntityCert::try_from(certificate) {
        Ok(parsed) => parsed.valid_dns_names().map(str::to_owned).collect(),
        Err(_) => Vec::new(),
    }
}

impl Verification {
    /// Every value.
    pub const ALL: [Self; 5] = [
        Self::None,
        Self::Name,
        Self::Issuer,
        Self::Pinned,
        Self::Tlsa,
    ];

    /// The value's name in logs, in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Name => "name",
            Self::Issuer => "issuer",
            Self::Pinned => "pinned",
            Self::Tlsa => "tlsa",
        }
    }
}

impl fmt::Display for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
