//! What is published for mail programs to set themselves up by, from the records that are served.

use core::fmt;

use crate::{Channel, Identity, Listener, Role, Scope, TlsMode, offers};

/// How users' mail programs are to connect, the best way first (RFC 8314 section 3: TLS from the first
/// octet before STARTTLS), of the listeners with these ports.
///
/// A way is published if and only if it is served to everybody and a user can log in on it: it is
/// derived from the same records as the listeners and their EHLO, so nothing is published that is
/// closed, and nothing is served in secret.
///
/// ```
/// use mailwire_tls_policy::{Listener, Role, published};
///
/// let served = [
///     (25, Listener::of(Role::Mx)),
///     (587, Listener::of(Role::Submission)),
///     (465, Listener::of(Role::Submissions)),
/// ];
/// let settings: Vec<_> = published(&served).map(|it| (it.port, it.security.socket_type())).collect();
/// assert_eq!(settings, [(465, "SSL"), (587, "STARTTLS")]);
/// let first = published(&served).next().unwrap();
/// assert_eq!(first.srv_service(), "_submissions._tcp");
/// ```
pub fn published(served: &[(u16, Listener)]) -> impl Iterator<Item = ClientSetting> {
    ClientSecurity::ALL.into_iter().flat_map(move |security| {
        served
            .iter()
            .filter_map(|(port, listener)| setting(*port, listener))
            .filter(move |it| it.security == security)
    })
}

/// The services that are not served: to be published with the target `.`, so that mail programs need not
/// try (RFC 6186 section 3.4).
///
/// ```
/// use mailwire_tls_policy::{Listener, Role, srv_not_served};
///
/// let served = [(465, Listener::of(Role::Submissions))];
/// assert!(srv_not_served(&served).eq(["_submission._tcp"]));
/// ```
pub fn srv_not_served(served: &[(u16, Listener)]) -> impl Iterator<Item = &'static str> {
    ["_submissions._tcp", "_submission._tcp"]
        .into_iter()
        .filter(|service| published(served).all(|it| it.srv_service() != *service))
}

/// One way for a user's mail program to connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientSetting {
    /// Where.
    pub port: u16,
    /// How TLS begins.
    pub security: ClientSecurity,
}

/// How TLS begins, for a client. Total on purpose; the order is from the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ClientSecurity {
    /// With the first octet.
    Tls,
    /// By STARTTLS.
    StartTls,
    /// Not at all.
    None,
}

impl ClientSecurity {
    /// Every way, the best first.
    pub const ALL: [Self; 3] = [Self::Tls, Self::StartTls, Self::None];

    /// The word for it in Thunderbird's autoconfiguration (`socketType`).
    #[must_use]
    pub const fn socket_type(self) -> &'static str {
        match self {
            Self::Tls => "SSL",
            Self::StartTls => "STARTTLS",
            Self::None => "plain",
        }
    }

    /// The channel that the login runs over.
    #[must_use]
    pub const fn channel(self) -> Channel {
        match self {
            Self::Tls | Self::StartTls => Channel::Tls,
            Self::None => Channel::Plain,
        }
    }
}

impl ClientSetting {
    /// The service of its SRV record (RFC 6186 section 3.1, RFC 8314 section 5.1).
    #[must_use]
    pub const fn srv_service(&self) -> &'static str {
        match self.security {
            ClientSecurity::Tls => "_submissions._tcp",
            ClientSecurity::StartTls | ClientSecurity::None => "_submission._tcp",
        }
    }

    /// The word for a login with a password in Thunderbird's autoconfiguration (`authentication`). Inside
    /// TLS the password is not in clear, whatever the word says: it is PLAIN or LOGIN.
    #[must_use]
    pub const fn authentication(&self) -> &'static str {
        "password-cleartext"
    }

    /// The priority of its SRV record: the best way has the lowest number.
    #[must_use]
    pub const fn srv_priority(&self) -> u16 {
        match self.security {
            ClientSecurity::Tls => 0,
            ClientSecurity::StartTls => 10,
            ClientSecurity::None => 20,
        }
    }
}

impl fmt::Display for ClientSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "port {}, {}", self.port, self.security.socket_type())
    }
}

/// The way that a listener is, if users are to be told of it.
fn setting(port: u16, listener: &Listener) -> Option<ClientSetting> {
    let is_for_users = match listener.role {
        Role::Submission | Role::Submissions => true,
        Role::Mx | Role::Lmtp | Role::Custom => false,
    };
    let is_for_everybody = match listener.scope {
        Scope::Public => listener.enabled,
        Scope::Internal | Scope::Unix | Scope::Loopback => false,
    };
    let security = match listener.tls {
        TlsMode::Implicit => ClientSecurity::Tls,
        TlsMode::StartTlsRequired | TlsMode::StartTlsOptional => ClientSecurity::StartTls,
        TlsMode::None => ClientSecurity::None,
    };
    let can_log_in = offers(listener, security.channel(), Identity::Anonymous).auth;
    (is_for_users && is_for_everybody && can_log_in).then_some(ClientSetting { port, security })
}
