//! The attributes that have a meaning.

use std::fmt;

/// An attribute of XCLIENT or XFORWARD. The order is that in which they are said: those that say who the
/// client is come last, together, with LOGIN at the end, for a server takes some of them only with, or
/// behind, others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Name {
    /// PORT: the client's port.
    Port,
    /// DESTADDR: the address that the client connected to.
    DestAddr,
    /// DESTPORT: the port that it connected to.
    DestPort,
    /// DESTNAME: the name that it asked for in TLS (Dovecot).
    DestName,
    /// TTL: through how many proxies more it may go (Dovecot).
    Ttl,
    /// SESSION: the name of its session in logs (Dovecot).
    Session,
    /// TIMEOUT: for how many seconds the proxy waits (Dovecot).
    Timeout,
    /// FORWARD: fields of the login, in base64 (Dovecot).
    Forward,
    /// CLIENT-TRANSPORT: what protects the client's connection (Dovecot).
    ClientTransport,
    /// IDENT: the name of the message in the proxy's log (XFORWARD).
    Ident,
    /// SOURCE: LOCAL or REMOTE (XFORWARD).
    Source,
    /// NAME: the client's name in the DNS, if its address leads to it and back.
    Name,
    /// REVERSE_NAME: the client's name in the DNS, whether that leads back or not.
    ReverseName,
    /// HELO: the name that it gave.
    Helo,
    /// PROTO: SMTP, ESMTP, LMTP; in XFORWARD any.
    Proto,
    /// ADDR: the client's address.
    Addr,
    /// LOGIN: who it has logged in as.
    Login,
}

impl Name {
    /// Every attribute, in the order in which they are said.
    pub const ALL: [Self; 17] = [
        Self::Port,
        Self::DestAddr,
        Self::DestPort,
        Self::DestName,
        Self::Ttl,
        Self::Session,
        Self::Timeout,
        Self::Forward,
        Self::ClientTransport,
        Self::Ident,
        Self::Source,
        Self::Name,
        Self::ReverseName,
        Self::Helo,
        Self::Proto,
        Self::Addr,
        Self::Login,
    ];

    /// Its name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Port => "PORT",
            Self::DestAddr => "DESTADDR",
            Self::DestPort => "DESTPORT",
            Self::DestName => "DESTNAME",
            Self::Ttl => "TTL",
            Self::Session => "SESSION",
            Self::Timeout => "TIMEOUT",
            Self::Forward => "FORWARD",
            Self::ClientTransport => "CLIENT-TRANSPORT",
            Self::Ident => "IDENT",
            Self::Source => "SOURCE",
            Self::Name => "NAME",
            Self::ReverseName => "REVERSE_NAME",
            Self::Helo => "HELO",
            Self::Proto => "PROTO",
            Self::Addr => "ADDR",
            Self::Login => "LOGIN",
        }
    }

    /// The attribute of a name, in any letter case.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|it| it.as_str().eq_ignore_ascii_case(name))
    }

    /// Whether it may be said that it could not be found out for now: `[TEMPUNAVAIL]`. Postfix and Dovecot
    /// take that of texts, and of addresses and numbers they do not.
    #[must_use]
    pub const fn is_looked_up(self) -> bool {
        !matches!(
            self,
            Self::Addr
                | Self::Port
                | Self::DestAddr
                | Self::DestPort
                | Self::Ttl
                | Self::Timeout
                | Self::Proto
                | Self::Source
        )
    }

    /// Whether it is one of those that say who the client is, which belong together: LOGIN in an earlier
    /// command is lost, and behind ADDR the next one may come from somebody who is not authorised.
    #[must_use]
    pub const fn is_who(self) -> bool {
        matches!(
            self,
            Self::Name | Self::ReverseName | Self::Helo | Self::Proto | Self::Addr | Self::Login
        )
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
