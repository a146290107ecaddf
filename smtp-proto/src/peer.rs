//! Who is on the other end, and who says so.
//!
//! ```text
//!   transport ──► the socket's other end: a client, or a proxy in front of it
//!   PROXY     ──► whom that proxy says it connects, if configuration has it believed
//!   XCLIENT   ──► whom the one behind it says it speaks for, if configuration has it believed
//! ```
//!
//! Each word takes the place of the one before, and none of them is forgotten: whoever decides about
//! trust sees who said what, so that a proxy's own address grants nothing.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use mailwire_tls_policy::Origin;
use mailwire_tls_policy::outbound::PeerLocation;

use crate::proxy::Proxied;
use crate::xclient::{Identity, Name, Value};

/// The peer of a session, by what is known of it. A clone costs little.
///
/// ```
/// use mailwire_smtp_proto::peer::{Peer, Provenance};
/// use mailwire_smtp_proto::xclient::{Identity, Name};
///
/// let proxy = Peer::at("192.0.2.1:4711".parse()?);
/// let client = proxy.with_xclient(Identity::new().with_address("198.51.100.7".parse()?));
/// assert_eq!(client.address(), Some("198.51.100.7".parse()?));
/// assert_eq!(client.provenance(), Provenance::Xclient);
/// assert_eq!(client.transport(), proxy.transport());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Peer(Option<Arc<Known>>);

/// What is known of somebody of whom something is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Known {
    transport: Option<SocketAddr>,
    told: Option<Box<Told>>,
}

/// What others say of a client. Most have nobody who says anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Told {
    proxy: Option<Proxied>,
    xclient: Option<Identity>,
}

/// Who says which address a client has. Deliberately exhaustive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Provenance {
    /// The system: it is that of the connected socket.
    Transport,
    /// A proxy, in front of the connection: PROXY.
    Proxy,
    /// A proxy, in the dialogue: XCLIENT.
    Xclient,
}

impl Peer {
    /// A peer on a network socket.
    #[must_use]
    pub fn at(address: SocketAddr) -> Self {
        Self(Some(Arc::new(Known {
            transport: Some(address),
            told: None,
        })))
    }

    /// A peer on a local socket, which has no network address.
    #[must_use]
    pub const fn local() -> Self {
        Self(None)
    }

    /// The client that a proxy at this peer connects. It is for whoever reads the header, and has found
    /// the peer among those that are believed.
    #[must_use]
    pub fn with_proxy(&self, proxied: Proxied) -> Self {
        self.telling(Told {
            proxy: Some(proxied),
            xclient: None,
        })
    }

    /// The client that this peer speaks for. What comes in a command of its own where one line is too short,
    /// before that which says who it is, goes on to hold; an address does until another one is told, with
    /// its port and names; and of another client's nothing does, nor ever HELO, PROTO and LOGIN.
    #[must_use]
    pub fn with_xclient(&self, identity: Identity) -> Self {
        let told = self.told();
        let before = told.and_then(|it| it.xclient.as_ref());
        let is_told =
            |whom: Option<&Identity>, name| whom.is_some_and(|it| it.value(name).is_some());
        let had_address = is_told(before, Name::Addr);
        let was_somebody = had_address || is_told(before, Name::Login);
        let has_address = identity.value(Name::Addr).is_some();
        let holds = |name| match name {
            Name::Helo | Name::Proto | Name::Login => false,
            Name::Addr | Name::Name | Name::ReverseName if has_address => false,
            Name::Addr | Name::Name | Name::ReverseName | Name::Port if had_address => !has_address,
            _ => !was_somebody,
        };
        self.telling(Told {
            proxy: told.and_then(|it| it.proxy.clone()),
            xclient: Some(match before {
                Some(before) => identity.keeping(before, holds),
                None => identity,
            }),
        })
    }

    fn telling(&self, told: Told) -> Self {
        Self(Some(Arc::new(Known {
            transport: self.transport(),
            told: Some(Box::new(told)),
        })))
    }

    /// The other end of the socket; none for a local one.
    #[must_use]
    pub fn transport(&self) -> Option<SocketAddr> {
        self.0.as_ref()?.transport
    }

    /// What PROXY said, if it was said.
    #[must_use]
    pub fn proxy(&self) -> Option<&Proxied> {
        self.told()?.proxy.as_ref()
    }

    /// What XCLIENT said, if it was said: all of it, by every command.
    #[must_use]
    pub fn xclient(&self) -> Option<&Identity> {
        self.told()?.xclient.as_ref()
    }

    /// The address of the client, by the last who said one; none on a local socket, and where XCLIENT said
    /// that it is not known. Of an address that is mapped into IPv6, the IPv4 address.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        let address = match (self.said(Name::Addr), self.proxied()) {
            (Some(said), _) => said.address(),
            (None, Some(client)) => Some(client.ip()),
            (None, None) => self.transport().map(|it| it.ip()),
        };
        address.map(|it| it.to_canonical())
    }

    /// The port of the client, by whoever said the address or, beside that, a port.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        match self.said(Name::Port) {
            Some(said) => said.text()?.parse().ok(),
            None => match self.provenance() {
                Provenance::Transport => self.transport().map(|it| it.port()),
                Provenance::Proxy => self.proxied().map(|it| it.port()),
                Provenance::Xclient => None,
            },
        }
    }

    /// Who says what [`address`](Self::address) is.
    #[must_use]
    pub fn provenance(&self) -> Provenance {
        match (self.said(Name::Addr), self.proxied()) {
            (Some(_), _) => Provenance::Xclient,
            (None, Some(_)) => Provenance::Proxy,
            (None, None) => Provenance::Transport,
        }
    }

    /// Who the client has logged in as, by XCLIENT.
    #[must_use]
    pub fn login(&self) -> Option<&str> {
        self.said(Name::Login)?.text()
    }

    /// The name that the client said hello with, by XCLIENT.
    #[must_use]
    pub fn hello(&self) -> Option<&str> {
        self.said(Name::Helo)?.text()
    }

    /// The client's name in the DNS, by XCLIENT.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.said(Name::Name)?.text()
    }

    /// The same peer without what it has said by XCLIENT.
    #[must_use]
    pub(crate) fn without_xclient(&self) -> Self {
        match self.told().and_then(|it| it.proxy.clone()) {
            Some(proxied) => self.with_proxy(proxied),
            None => self.transport().map_or_else(Self::local, Self::at),
        }
    }

    /// Where the client is, as far as listening in goes. Somebody of whom a proxy has not said where may be
    /// anywhere.
    #[must_use]
    pub fn location(&self) -> PeerLocation {
        match (self.told(), self.provenance(), self.address()) {
            (None, _, None) => PeerLocation::UnixSocket,
            (Some(_), Provenance::Transport, _) | (_, _, None) => PeerLocation::Remote,
            (_, _, Some(address)) => PeerLocation::of(address),
        }
    }

    /// Where the client is, as far as relaying goes. `is_proxy` says whether an address is that of a
    /// declared proxy, `trusts` whether it is in a network that may relay.
    ///
    /// A declared proxy's own address grants nothing, whoever says it: with no client named behind it,
    /// that client may be anybody.
    pub fn origin(
        &self,
        is_proxy: impl FnOnce(IpAddr) -> bool,
        trusts: impl FnOnce(IpAddr) -> bool,
    ) -> Origin {
        match self.address() {
            Some(address) => {
                let alone = self.is_nobodys() || is_proxy(address);
                Origin::of(address, alone, None, trusts)
            }
            None if self.told().is_some() => Origin::ProxyAlone,
            None => Origin::Anybody,
        }
    }

    /// Every address that somebody told, the transport's first: whoever is to be believed has to be so by
    /// all of them. `None` is an address that is not known.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = Option<IpAddr>> {
        let proxy = self.proxy().map(|_| self.proxied().map(|it| it.ip()));
        let xclient = self.said(Name::Addr).map(Value::address);
        let transport = self.transport().map(|it| Some(it.ip()));
        [transport, proxy, xclient].into_iter().flatten()
    }

    /// Whether PROXY was said and named nobody.
    fn is_nobodys(&self) -> bool {
        self.proxy().is_some() && self.provenance() == Provenance::Transport
    }

    fn told(&self) -> Option<&Told> {
        self.0.as_ref()?.told.as_deref()
    }

    fn proxied(&self) -> Option<SocketAddr> {
        self.proxy()?.client()
    }

    fn said(&self, name: Name) -> Option<&Value> {
        self.xclient()?.value(name)
    }
}
