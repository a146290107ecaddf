//! What configuration says about a connection to another server.

use core::fmt;

use crate::CleartextAuth;

/// The three independent choices for an outbound connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(::serde::Serialize))]
pub struct Policy {
    /// How TLS begins, and whether it must.
    pub tls: TlsMode,
    /// How the server's certificate is checked, once there is one.
    pub check: CertificateCheck,
    /// Whether a secret may travel without TLS. No other field changes this.
    pub cleartext_auth: CleartextAuth,
}

impl Policy {
    /// A policy with the strict choice in everything but the mode: certificates are verified and
    /// AUTH in clear text is denied.
    #[must_use]
    pub const fn new(tls: TlsMode) -> Self {
        Self {
            tls,
            check: CertificateCheck::Verify,
            cleartext_auth: CleartextAuth::Deny,
        }
    }
}

/// How TLS begins on an outbound connection. Total on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TlsMode {
    /// Never.
    Off,
    /// By STARTTLS where it is offered; in clear text where it is not (RFC 3207, RFC 7435).
    Opportunistic,
    /// By STARTTLS, or not at all.
    StartTlsRequired,
    /// By a handshake before the greeting (RFC 8314 section 3.3).
    Implicit,
}

impl TlsMode {
    /// Every mode, from the loosest to the strictest.
    pub const ALL: [Self; 4] = [
        Self::Off,
        Self::Opportunistic,
        Self::StartTlsRequired,
        Self::Implicit,
    ];

    /// The mode's name in configuration: `off`, `opportunistic`, `starttls` or `implicit`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Opportunistic => "opportunistic",
            Self::StartTlsRequired => "starttls",
            Self::Implicit => "implicit",
        }
    }
}

impl fmt::Display for TlsMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How a server's certificate is checked. Total on purpose.
///
/// This says whom the secret would reach, not whether it travels in clear text: see
/// [`CleartextAuth`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CertificateCheck {
    /// Against trusted roots and the server's name.
    #[default]
    Verify,
    /// Against a certificate or key known beforehand.
    Pin,
    /// Not at all; the octets are encrypted to whoever answered.
    Skip,
}

impl CertificateCheck {
    /// Every kind of check.
    pub const ALL: [Self; 3] = [Self::Verify, Self::Pin, Self::Skip];

    /// The check's name in tables and logs, in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Pin => "pin",
            Self::Skip => "skip",
        }
    }
}

impl fmt::Display for CertificateCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
