//! A configuration that has been read, in typed values.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use mailwire_tls_policy::outbound::Policy;
use mailwire_tls_policy::{Listener, Network, NotBound};

use crate::mailboxes::Mailboxes;
use crate::send_args::Target;
use crate::users::{Password, Users};

use super::advice::Advice;

/// Everything that `edge` needs to know before it binds its first socket.
#[derive(Debug)]
#[non_exhaustive]
pub struct Settings {
    /// The name `edge` goes by in its greeting, in Received lines and in its own certificate.
    pub hostname: String,
    /// Local domains, and which local parts exist in them.
    pub mailboxes: Mailboxes,
    /// Where the certificate comes from.
    pub certificate: CertificateSource,
    /// The listeners, in the order of the file; at least one.
    pub listeners: Vec<ListenerSettings>,
    /// The accounts that may log in.
    pub users: Users,
    /// Where mail for local domains goes.
    pub deliver: Deliver,
    /// Where mail for other domains goes, from users who have logged in; nowhere without it.
    pub relay: Option<RelaySettings>,
    /// Bounds.
    pub limits: Limits,
    /// How long waits may last.
    pub timeouts: Timeouts,
    /// The account made at start; only in the embedded defaults.
    pub demo: Option<DemoAccount>,
    /// What is odd and still works.
    pub advice: Vec<Advice>,
}

/// Where the certificate comes from. Total on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateSource {
    /// Made at start and signed by itself.
    SelfSigned,
    /// Two PEM files, relative to the current directory.
    Files {
        /// The certificate, followed by its chain.
        cert: PathBuf,
        /// The private key.
        key: PathBuf,
    },
    /// No certificate, hence no TLS at all (`tls = false`).
    None,
}

/// A listener: where, and by which rules, or why not.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListenerSettings {
    /// The address to bind; port 0 for one that the system chooses.
    pub address: SocketAddr,
    /// What the configuration asks for.
    pub asked: Listener,
    /// What is served, by [`Listener::without_certificate`] where there is none.
    pub served: Result<Listener, NotBound>,
    /// Who is believed about clients.
    pub believed: Believed,
}

/// The peers that may say whom they speak for; nobody by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Believed {
    /// By XCLIENT.
    pub xclient: Vec<Network>,
    /// By XFORWARD, for the log.
    pub xforward: Vec<Network>,
    /// By PROXY, which is then required from them.
    pub proxy: Vec<Network>,
}

/// Where mail for local domains goes. Total on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deliver {
    /// Into Maildirs under this folder: `<folder>/<domain>/<local part>/{tmp,new,cur}`.
    Maildir(PathBuf),
    /// To a server that delivers it, over LMTP.
    Lmtp(RelaySettings),
    /// Nowhere: accepted, counted, thrown away.
    Discard,
}

/// The server that mail for other domains is passed on to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RelaySettings {
    /// Its host and port.
    pub host: Target,
    /// TLS, the check of its certificate, and a password in clear text: three independent choices.
    pub policy: Policy,
    /// Whether it is told who the user is, by XCLIENT, and has to take that before a login is good.
    pub xclient: bool,
    /// What to log in with: a name and a password.
    pub credentials: Option<(String, Password)>,
}

/// Bounds of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Octets of a message's content; 26,214,400.
    pub message_size: u64,
    /// Recipients of a transaction; 1,000.
    pub recipients: usize,
    /// Connections of a listener; 20,000.
    pub connections: usize,
    /// Connections from one address; no limit.
    pub connections_per_address: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_size: 26_214_400,
            recipients: 1000,
            connections: 20_000,
            connections_per_address: usize::MAX,
        }
    }
}

/// How long waits may last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// For the next command; 5 minutes (RFC 5321 section 4.5.3.2.7).
    pub command: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            command: Duration::from_secs(300),
        }
    }
}

/// The account of the embedded defaults.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DemoAccount {
    /// Both the user name and an address that mail can be sent to.
    pub name: String,
    /// Made at start.
    pub password: Password,
}
