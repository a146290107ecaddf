//! A `[[listener]]`: role and address, made into the record from which everything else derives.

use std::net::{IpAddr, SocketAddr};

use mailwire_tls_policy::{CleartextAuth, Listener, Network, Role, Scope};

use super::document::Section;
use super::file::all;
use super::settings::{Believed, ListenerSettings};

const ROLES: &str = "mx, submission, submissions, lmtp";
const ADDRESS: &str = "an IP address and a port, such as \"127.0.0.1:2525\" or \"[::1]:2525\"";
const CLEARTEXT: &str = "deny, loopback, allow";
const NETWORKS: &str = "a list of addresses or networks";
const NETWORK: &str = "an address or a network, such as \"192.0.2.1\" or \"10.0.0.0/8\"";

/// Whether `edge` knows what to do there; a custom listener is for programs that have a role of their own.
fn is_of_edge(role: &Role) -> bool {
    *role != Role::Custom
}

/// What a `[[listener]]` says.
pub(super) struct Entry {
    pub(super) role: Role,
    pub(super) address: SocketAddr,
    pub(super) cleartext_auth: Option<CleartextAuth>,
    pub(super) believed: Believed,
}

/// Reads one; `None` if something in it is wrong, which has been reported then.
pub(super) fn read(section: Section<'_, '_>) -> Option<Entry> {
    let role = section
        .require("role", ROLES)
        .and_then(|field| field.string(ROLES, |token| token.parse().ok().filter(is_of_edge)));
    let address = section
        .require("addr", ADDRESS)
        .and_then(|field| field.string(ADDRESS, |token| token.parse().ok()));
    let cleartext = section.take("cleartext_auth");
    let cleartext_auth = cleartext
        .as_ref()
        .and_then(|field| field.string(CLEARTEXT, |token| token.parse().ok()));
    let [xclient, xforward, proxy] =
        ["xclient_from", "xforward_from", "proxy_from"].map(|key| networks(&section, key));
    section.finish();
    Some(Entry {
        role: role?,
        address: address?,
        cleartext_auth,
        believed: Believed {
            xclient: xclient?,
            xforward: xforward?,
            proxy: proxy?,
        },
    })
}

/// The listener as asked for, and as served.
pub(super) fn settle(
    entry: Entry,
    enforce_inbound_tls: bool,
    has_certificate: bool,
) -> ListenerSettings {
    let Entry {
        role,
        address,
        cleartext_auth,
        believed,
    } = entry;
    let of_role = Listener::of(role);
    let listener = Listener {
        scope: widen(of_role.scope, address.ip()),
        cleartext_auth: cleartext_auth.unwrap_or(of_role.cleartext_auth),
        ..of_role
    };
    // What this switch is about is the record's business: inbound mail on an MX, never LMTP.
    let asked = if enforce_inbound_tls {
        listener.enforcing_inbound_tls()
    } else {
        listener
    };
    let served = asked.served(has_certificate);
    ListenerSettings {
        address,
        asked,
        served,
        believed,
    }
}

/// An address can show that more people reach a listener than its role is made for, never that
/// fewer do: behind a loopback address there may be a proxy, or the port mapping of a container.
fn widen(scope: Scope, address: IpAddr) -> Scope {
    match scope {
        Scope::Internal if is_public(address.to_canonical()) => Scope::Public,
        Scope::Public | Scope::Internal | Scope::Unix | Scope::Loopback => scope,
    }
}

/// Whether somebody outside of a private network may reach the address. The unspecified address
/// stands for all addresses of the host, so it counts.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            !(address.is_loopback() || address.is_private() || address.is_link_local())
        }
        IpAddr::V6(address) => {
            !(address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local())
        }
    }
}

/// Peers whose word about a client is believed; nobody's, if the key is not there.
fn networks(section: &Section<'_, '_>, key: &'static str) -> Option<Vec<Network>> {
    let Some(field) = section.take(key) else {
        return Some(Vec::new());
    };
    all(&field.array(NETWORKS)?, |element| {
        element.string(NETWORK, |text| text.parse().ok())
    })
}
