//! Why a TLS handshake failed, in words that do not depend on who did it.

use core::error::Error;
use core::fmt;

/// Why there is no TLS after a handshake was tried. Total on purpose.
///
/// It comes from whatever does the TLS; of rustls' errors the feature `rustls` makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HandshakeFailure {
    /// The certificate, or one above it, is over.
    Expired,
    /// The certificate, or one above it, has not begun.
    NotYetValid,
    /// The certificate is good for other names.
    WrongName,
    /// The certificate was signed by itself, and nobody has said that it is to be trusted.
    SelfSigned,
    /// The certificate leads to no issuer that is trusted.
    UnknownIssuer,
    /// The certificate was revoked.
    Revoked,
    /// The certificate and its key are none of those that were named.
    NotPinned,
    /// None of the TLSA records is about the certificate.
    NoTlsaMatch,
    /// The certificate is none, or is for something else than a server.
    UnusableCertificate,
    /// What came is no TLS: the port begins in clear text, or something sits in between.
    NotTls,
    /// The two have no version, cipher or signature scheme in common.
    NothingInCommon,
    /// The other side ended the handshake by an alert.
    Alert,
    /// The connection was lost, or nothing came in time.
    Lost,
    /// Anything else.
    Other,
}

impl HandshakeFailure {
    /// Every failure, once.
    pub const ALL: [Self; 14] = [
        Self::Expired,
        Self::NotYetValid,
        Self::WrongName,
        Self::SelfSigned,
        Self::UnknownIssuer,
        Self::Revoked,
        Self::NotPinned,
        Self::NoTlsaMatch,
        Self::UnusableCertificate,
        Self::NotTls,
        Self::NothingInCommon,
        Self::Alert,
        Self::Lost,
        Self::Other,
    ];

    /// A stable name in snake case, for logs and machines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Expired => "certificate_expired",
            Self::NotYetValid => "certificate_not_yet_valid",
            Self::WrongName => "certificate_wrong_name",
            Self::SelfSigned => "certificate_self_signed",
            Self::UnknownIssuer => "certificate_unknown_issuer",
            Self::Revoked => "certificate_revoked",
            Self::NotPinned => "certificate_not_pinned",
            Self::NoTlsaMatch => "certificate_no_tlsa_match",
            Self::UnusableCertificate => "certificate_unusable",
            Self::NotTls => "not_tls",
            Self::NothingInCommon => "tls_nothing_in_common",
            Self::Alert => "tls_alert",
            Self::Lost => "tls_connection_lost",
            Self::Other => "tls_failed",
        }
    }

    /// What is the matter, as a sentence.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Expired => "The server's certificate has expired.",
            Self::NotYetValid => "The server's certificate is not valid yet.",
            Self::WrongName => "The server's certificate is for other names.",
            Self::SelfSigned => "The server's certificate is signed by itself.",
            Self::UnknownIssuer => {
                "The server's certificate is from an issuer that is not trusted."
            }
            Self::Revoked => "The server's certificate has been revoked.",
            Self::NotPinned => "The server's certificate is none of those that were named.",
            Self::NoTlsaMatch => {
                "The server's certificate is none that its TLSA records are about."
            }
            Self::UnusableCertificate => "The server's certificate cannot be used for a server.",
            Self::NotTls => "What the server sent is no TLS.",
            Self::NothingInCommon => {
                "Client and server have no version or cipher of TLS in common."
            }
            Self::Alert => "The server ended the TLS handshake.",
            Self::Lost => "The connection was lost in the TLS handshake.",
            Self::Other => "The TLS handshake failed.",
        }
    }

    /// Whether it is about who the server is, rather than about the handshake itself. With such a failure
    /// the octets would have been encrypted, to whoever answered.
    #[must_use]
    pub const fn is_about_certificate(self) -> bool {
        match self {
            Self::Expired
            | Self::NotYetValid
            | Self::WrongName
            | Self::SelfSigned
            | Self::UnknownIssuer
            | Self::Revoked
            | Self::NotPinned
            | Self::NoTlsaMatch
            | Self::UnusableCertificate => true,
            Self::NotTls | Self::NothingInCommon | Self::Alert | Self::Lost | Self::Other => false,
        }
    }
}

impl fmt::Display for HandshakeFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.text())
    }
}

impl Error for HandshakeFailure {}
