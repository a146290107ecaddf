//! A listener as one record, from which everything that is said or done about it derives.

use core::fmt;

use crate::{CleartextAuth, Role};

/// Everything the rules know about a listener.
///
/// EHLO lists, refusals, published client settings and documentation all derive from this value, so
/// none of them can disagree with the others. It holds no address: many sockets may share a record.
///
/// Start with [`Listener::of`], change what the configuration says, look at [`Listener::lint`], and
/// without a certificate pass it through [`Listener::without_certificate`].
///
/// ```
/// use mailwire_tls_policy::{CleartextAuth, Listener, Role, TlsMode};
///
/// let listener = Listener {
///     cleartext_auth: CleartextAuth::AllowLoopback,
///     ..Listener::of(Role::Submission)
/// };
/// assert_eq!(listener.tls, TlsMode::StartTlsRequired);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(::serde::Serialize))]
pub struct Listener {
    /// What the listener is for.
    pub role: Role,
    /// How TLS begins, and whether it must.
    pub tls: TlsMode,
    /// Whether clients may or must authenticate.
    pub auth: AuthRule,
    /// Who can reach it. The rules for a session do not ask; [`Listener::lint`] does.
    pub scope: Scope,
    /// Whether AUTH may be used without TLS.
    pub cleartext_auth: CleartextAuth,
    /// Whether it is served at all. The rules for a session do not ask, because a listener that is
    /// not served has no sessions.
    pub enabled: bool,
    /// Whether it would be served if nobody had said so or otherwise. [`explain`](crate::explain()) tells
    /// by it who has switched it off.
    pub enabled_by_default: bool,
}

impl Listener {
    /// The record that a role stands for when nobody says otherwise. It passes [`Listener::lint`].
    ///
    /// | role | TLS | AUTH | scope | source |
    /// |---|---|---|---|---|
    /// | mx | optional STARTTLS | never | public | RFC 3207 section 4: a public MX must not require TLS |
    /// | submission | required STARTTLS | required | public | RFC 6409 section 4.3, RFC 8314 section 4.1 |
    /// | submissions | implicit | required | public | RFC 8314 section 3.3 |
    /// | lmtp | none | never | internal | RFC 2033 section 5: a hop between a queue and its store |
    /// | custom | required STARTTLS | required | internal | the strictest that begins in clear, until its record says otherwise |
    ///
    /// `cleartext_auth` is [`CleartextAuth::Deny`] and `enabled` is true throughout.
    #[must_use]
    pub const fn of(role: Role) -> Self {
        let (tls, auth, scope) = match role {
            Role::Mx => (TlsMode::StartTlsOptional, AuthRule::Never, Scope::Public),
            Role::Submission => (TlsMode::StartTlsRequired, AuthRule::Required, Scope::Public),
            Role::Submissions => (TlsMode::Implicit, AuthRule::Required, Scope::Public),
            Role::Lmtp => (TlsMode::None, AuthRule::Never, Scope::Internal),
            Role::Custom => (
                TlsMode::StartTlsRequired,
                AuthRule::Required,
                Scope::Internal,
            ),
        };
        Self {
            role,
            tls,
            auth,
            scope,
            cleartext_auth: CleartextAuth::Deny,
            enabled: true,
            enabled_by_default: true,
        }
    }

    /// The record after somebody asked to enforce TLS on inbound mail.
    ///
    /// That request is about mail from other servers, so it changes [`Role::Mx`] and nothing else:
    /// submission has its own rule, and the internal LMTP hop has no TLS to enforce. On a public MX
    /// the outcome earns a warning from [`Listener::lint`].
    ///
    /// Apply it before [`Listener::without_certificate`], which then says that it cannot be kept.
    #[must_use]
    pub const fn enforcing_inbound_tls(self) -> Self {
        let tls = match self.role {
            Role::Mx => match self.tls {
                TlsMode::None | TlsMode::StartTlsOptional | TlsMode::StartTlsRequired => {
                    TlsMode::StartTlsRequired
                }
                TlsMode::Implicit => TlsMode::Implicit,
            },
            Role::Submission | Role::Submissions | Role::Lmtp | Role::Custom => self.tls,
        };
        Self { tls, ..self }
    }
}

/// How TLS begins on a listener.
///
/// Implicit TLS and STARTTLS are different variants, so no list can hold both as "ports with TLS".
/// Total on purpose. The order is from the loosest to the strictest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TlsMode {
    /// No TLS; STARTTLS is refused.
    None,
    /// STARTTLS is offered and nobody has to use it.
    StartTlsOptional,
    /// STARTTLS is offered, and almost nothing else works before it (RFC 3207 section 4).
    StartTlsRequired,
    /// The handshake comes before the greeting (RFC 8314 section 3.3).
    Implicit,
}

impl TlsMode {
    /// Every mode, from the loosest to the strictest.
    pub const ALL: [Self; 4] = [
        Self::None,
        Self::StartTlsOptional,
        Self::StartTlsRequired,
        Self::Implicit,
    ];

    /// The mode's name in tables and logs, in snake case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::StartTlsOptional => "starttls_optional",
            Self::StartTlsRequired => "starttls_required",
            Self::Implicit => "implicit",
        }
    }
}

impl fmt::Display for TlsMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Whether clients of a listener authenticate. Total on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AuthRule {
    /// AUTH is neither listed nor started.
    Never,
    /// AUTH works, and mail is taken without it.
    Optional,
    /// Nothing is taken before AUTH (RFC 6409 section 4.3).
    Required,
}

impl AuthRule {
    /// Every rule.
    pub const ALL: [Self; 3] = [Self::Never, Self::Optional, Self::Required];

    /// The rule's name in tables and logs, in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Optional => "optional",
            Self::Required => "required",
        }
    }
}

impl fmt::Display for AuthRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Who can reach a listener. Total on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// Anybody on the Internet.
    Public,
    /// A private network.
    Internal,
    /// Processes of this host, by a path in its file system.
    Unix,
    /// Processes of this host, by a loopback address.
    Loopback,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 4] = [Self::Public, Self::Internal, Self::Unix, Self::Loopback];

    /// The scope's name in tables and logs, in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Internal => "internal",
            Self::Unix => "unix",
            Self::Loopback => "loopback",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
