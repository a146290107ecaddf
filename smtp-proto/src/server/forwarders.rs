//! Who may say whom they speak for.

use mailwire_tls_policy::Network;

use crate::command::AttributeName;
use crate::peer::Peer;
use crate::xclient::Name;

/// The peers that may use XCLIENT, or XFORWARD, and what they may say with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Forwarders {
    /// Their addresses; none by default.
    pub networks: Vec<Network>,
    /// Whether a peer on a local socket is one of them; no by default.
    pub local_socket: bool,
    /// The attributes that are listed, in this order, and taken. None means that the command is not
    /// offered to anybody.
    pub attributes: Vec<Name>,
}

impl Forwarders {
    /// Nobody, until they are named, and then by the attributes of XCLIENT that Postfix has.
    #[must_use]
    pub fn of_xclient() -> Self {
        Self {
            attributes: vec![
                Name::Name,
                Name::Addr,
                Name::Proto,
                Name::Helo,
                Name::ReverseName,
                Name::Port,
                Name::Login,
                Name::DestAddr,
                Name::DestPort,
            ],
            ..Self::default()
        }
    }

    /// Nobody, until they are named, and then by the attributes of XFORWARD that Postfix has.
    #[must_use]
    pub fn of_xforward() -> Self {
        Self {
            attributes: vec![
                Name::Name,
                Name::Addr,
                Name::Proto,
                Name::Helo,
                Name::Source,
                Name::Port,
                Name::Ident,
            ],
            ..Self::default()
        }
    }

    /// The attributes by their names on the wire.
    pub(super) fn attribute_names(&self) -> impl Iterator<Item = AttributeName<'static>> {
        let names = self.attributes.iter();
        names.filter_map(|it| AttributeName::parse(it.as_str()).ok())
    }

    /// Whether a peer may use the command.
    ///
    /// That is judged on the address of the socket, and on every address that was told over it: whom a
    /// proxy speaks for is not the proxy. Of a proxy that has named nobody (PROXY UNKNOWN) anybody may be
    /// behind it, and behind XCLIENT with an address that is not known as well.
    #[must_use]
    pub fn name(&self, peer: &Peer) -> bool {
        let is_named = |address| self.networks.iter().any(|it| it.contains(address));
        let is_known = peer.transport().is_some() || self.local_socket;
        !self.attributes.is_empty()
            && is_known
            && peer.addresses().all(|it| it.is_some_and(is_named))
    }
}
