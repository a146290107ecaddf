//! Whether a connection may carry another message, and which.

use mailwire_tls_policy::outbound::{CertificateCheck, TlsMode};

use super::Session;
use crate::table::Phase;

/// What a connection is to whoever keeps it for another message: two messages may share one only if
/// their keys are equal, and the message's [`Needs`] are met.
///
/// Whatever is left out here is what one sender could get by another one's connection: another host,
/// TLS that was not checked, or an identity that is not theirs.
///
/// ```
/// use mailwire_smtp_proto::client::ReuseKey;
/// use mailwire_smtp_proto::policy::outbound::{CertificateCheck, TlsMode};
///
/// let key = |identity: Option<&str>| ReuseKey {
///     host: "mx.example.test".to_owned(),
///     port: 587,
///     tls: TlsMode::StartTlsRequired,
///     check: CertificateCheck::Verify,
///     identity: identity.map(str::to_owned),
/// };
/// assert_eq!(key(Some("alice")), key(Some("alice")));
/// assert_ne!(key(Some("alice")), key(Some("bob")));
/// assert_ne!(key(Some("alice")), key(None));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(
    clippy::exhaustive_structs,
    reason = "a key that a user cannot build keeps nothing apart"
)]
pub struct ReuseKey {
    /// The name that the certificate was, or would be, checked against, in lower case; not an address
    /// that several hosts share.
    pub host: String,
    /// The port.
    pub port: u16,
    /// What was demanded of TLS.
    pub tls: TlsMode,
    /// How the certificate was checked.
    pub check: CertificateCheck,
    /// Who was logged in, or passed on by XCLIENT; `None` for nobody.
    pub identity: Option<String>,
}

/// What a message needs of the server, which it has to offer in this epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Needs {
    /// SMTPUTF8 (RFC 6531).
    pub smtputf8: bool,
    /// REQUIRETLS (RFC 8689): offered, and over TLS.
    pub require_tls: bool,
}

impl Session {
    /// Whether another transaction may begin on this connection: a hello was accepted, no reply is
    /// missing, nothing has come too much, and the server's MAILMAX (RFC 9422) is not reached.
    ///
    /// A transaction that is open is in the way; [`rset`](Self::rset) it first.
    #[must_use]
    pub fn may_be_reused(&self) -> bool {
        let most = self.capabilities.limits().mail;
        matches!(self.position.phase(), Phase::Helo | Phase::Ehlo)
            && self.outstanding.is_empty()
            && !self.is_surplus
            && most.is_none_or(|most| self.transactions < most)
    }

    /// Whether the server offers what the message needs.
    #[must_use]
    pub fn meets(&self, needs: Needs) -> bool {
        let is_tls = self.channel == mailwire_tls_policy::Channel::Tls;
        (!needs.smtputf8 || self.capabilities.smtputf8())
            && (!needs.require_tls || (is_tls && self.capabilities.require_tls()))
    }
}
