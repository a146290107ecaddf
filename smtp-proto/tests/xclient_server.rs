//! What a server makes of attributes: `cases/xclient.tsv`, each at every cut, with what Postfix 3.7 and
//! Dovecot 2.3 make of the same line beside it. Those two answer on: what one of them takes and we refuse,
//! or the other way round, is a decision that stands in the table.
//!
//! And what only the embedder can see of it: who the peer is then, and where that is for relaying.

#![allow(
    clippy::disallowed_methods,
    reason = "a test is the caller: it has the clock and the files"
)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests panic to fail"
)]

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use bytes::BytesMut;
use mailwire_smtp_proto::dialect::Dialect;
use mailwire_smtp_proto::peer::{Peer, Provenance};
use mailwire_smtp_proto::policy::outbound::PeerLocation;
use mailwire_smtp_proto::policy::{Channel, Listener, Network, Origin, Role};
use mailwire_smtp_proto::proxy::Proxied;
use mailwire_smtp_proto::server::{Admission, Config, Event, Need, Session};
use mailwire_smtp_proto::xclient::{Identity, Name};

const CASES: &str = include_str!("cases/xclient.tsv");

fn config() -> Arc<Config> {
    let name = "mx.example.test".parse().unwrap();
    let mut config = Config::new(name, Dialect::Smtp, Listener::of(Role::Mx));
    config.xclient.local_socket = true;
    // Those of XCLIENT, Postfix's and Dovecot's.
    config.xclient.attributes = Name::ALL.to_vec();
    let of_xforward = |it: &Name| matches!(it, Name::Ident | Name::Source);
    config.xclient.attributes.retain(|it| !of_xforward(it));
    Arc::new(config)
}

/// What becomes of the command whose octets come in these pieces: the reply, and whom it named.
fn said(config: &Arc<Config>, pieces: &[&[u8]]) -> String {
    let (now, mut out) = (Instant::now(), BytesMut::new());
    let mut session = Session::new(
        Arc::clone(config),
        Peer::local(),
        Channel::Plain,
        now,
        &mut out,
    );
    out.clear();
    let (mut unread, mut named) = (Vec::new(), String::new());
    for piece in pieces {
        unread.extend_from_slice(piece);
        while session.need(&unread, now, &out) == Need::Nothing {
            let step = session.advance(&unread, now, &mut out).unwrap();
            let consumed = step.consumed;
            if let Some(Event::Xclient { peer, pending }) = step.event {
                named = peer.xclient().unwrap().to_string();
                session
                    .answer(pending, Admission::Accept, now, &mut out)
                    .unwrap();
            }
            unread.drain(..consumed);
        }
    }
    assert_eq!(unread, b"", "a whole line");
    let reply = String::from_utf8(out.to_vec()).unwrap();
    match reply.strip_suffix("\r\n").expect("a reply") {
        "220 mx.example.test ESMTP" => named,
        refusal => refusal.to_owned(),
    }
}

#[test]
fn attributes_are_what_the_table_says_at_every_cut() {
    let config = config();
    let mut cases = 0;
    for row in CASES.lines().filter(|it| !it.starts_with('#')) {
        let columns: Vec<&str> = row.split('\t').collect();
        let [arguments, _, _, expected] = columns[..] else {
            panic!("four columns: {row}")
        };
        // The octet that a table of tabs cannot hold.
        let line = format!("XCLIENT {}\r\n", arguments.replace("\\t", "\t"));
        let line = line.as_bytes();
        for at in 0..line.len() {
            let (one, other) = line.split_at(at);
            assert_eq!(
                said(&config, &[one, other]),
                expected,
                "{arguments} at {at}"
            );
        }
        let octets: Vec<&[u8]> = line.chunks(1).collect();
        assert_eq!(said(&config, &octets), expected, "{arguments}");
        cases += 1;
    }
    assert!(cases >= 180, "{cases} cases");
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn networks(text: &str) -> Vec<Network> {
    text.split(' ').map(|it| it.parse().unwrap()).collect()
}

/// Whoever the peer is in the end, a proxy's own address grants nothing.
#[test]
fn where_a_client_is_by_who_said_so() {
    // 10.0.0.1 and 10.0.0.2 speak PROXY, 10.0.0.3 and 10.0.0.4 XCLIENT, and all of 10.0.0.0/8 may relay.
    let mut config = (*config()).clone();
    config.proxies = networks("10.0.0.1 10.0.0.2");
    config.xclient.networks = networks("10.0.0.3 10.0.0.4");
    let config = Arc::new(config);
    let trusted: Network = "10.0.0.0/8".parse().unwrap();
    let at = |text: &str| Peer::at(format!("{text}:4711").parse().unwrap());
    let to = "10.0.0.9:25".parse().unwrap();
    let from = |text: &str| Proxied::of(format!("{text}:4712").parse().unwrap(), to);
    let told = |text: &str| Identity::parse(text).unwrap();
    let stranger = "198.51.100.7";
    for (peer, provenance, client, origin) in [
        (
            at(stranger),
            Provenance::Transport,
            Some(stranger),
            Origin::Anybody,
        ),
        (
            at("10.1.1.1"),
            Provenance::Transport,
            Some("10.1.1.1"),
            Origin::Trusted,
        ),
        (
            at("[::ffff:10.1.1.1]"),
            Provenance::Transport,
            Some("10.1.1.1"),
            Origin::Trusted,
        ),
        (Peer::local(), Provenance::Transport, None, Origin::Anybody),
        // A proxy that says nothing.
        (
            at("10.0.0.1"),
            Provenance::Transport,
            Some("10.0.0.1"),
            Origin::ProxyAlone,
        ),
        (
            at("10.0.0.3"),
            Provenance::Transport,
            Some("10.0.0.3"),
            Origin::ProxyAlone,
        ),
        // One that names nobody: LOCAL, UNKNOWN.
        (
            at("10.0.0.1").with_proxy(Proxied::nobody()),
            Provenance::Transport,
            Some("10.0.0.1"),
            Origin::ProxyAlone,
        ),
        // Not even where it is in no list.
        (
            at("10.1.1.1").with_proxy(Proxied::nobody()),
            Provenance::Transport,
            Some("10.1.1.1"),
            Origin::ProxyAlone,
        ),
        (
            at("10.0.0.1").with_proxy(from(stranger)),
            Provenance::Proxy,
            Some(stranger),
            Origin::Anybody,
        ),
        (
            at("10.0.0.1").with_proxy(from("10.1.1.1")),
            Provenance::Proxy,
            Some("10.1.1.1"),
            Origin::Trusted,
        ),
        // The client is a proxy in turn, and has named nobody yet.
        (
            at("10.0.0.1").with_proxy(from("10.0.0.3")),
            Provenance::Proxy,
            Some("10.0.0.3"),
            Origin::ProxyAlone,
        ),
        (
            at("10.0.0.3").with_xclient(told("ADDR=198.51.100.7")),
            Provenance::Xclient,
            Some(stranger),
            Origin::Anybody,
        ),
        (
            at("10.0.0.3").with_xclient(told("ADDR=10.1.1.1")),
            Provenance::Xclient,
            Some("10.1.1.1"),
            Origin::Trusted,
        ),
        (
            at("10.0.0.3").with_xclient(told("ADDR=10.0.0.4")),
            Provenance::Xclient,
            Some("10.0.0.4"),
            Origin::ProxyAlone,
        ),
        (
            at("10.0.0.3").with_xclient(told("LOGIN=alice HELO=a")),
            Provenance::Transport,
            Some("10.0.0.3"),
            Origin::ProxyAlone,
        ),
        (
            at("10.0.0.3").with_xclient(told("ADDR=[UNAVAILABLE]")),
            Provenance::Xclient,
            None,
            Origin::ProxyAlone,
        ),
        (
            Peer::local().with_xclient(told("ADDR=10.1.1.1")),
            Provenance::Xclient,
            Some("10.1.1.1"),
            Origin::Trusted,
        ),
        // PROXY names a proxy, which names a client.
        (
            at("10.0.0.1")
                .with_proxy(from("10.0.0.3"))
                .with_xclient(told("ADDR=198.51.100.7")),
            Provenance::Xclient,
            Some(stranger),
            Origin::Anybody,
        ),
    ] {
        let (now, mut out) = (Instant::now(), BytesMut::new());
        let config = Arc::clone(&config);
        let session = Session::new(config, peer.clone(), Channel::Plain, now, &mut out);
        assert_eq!(session.peer(), &peer);
        assert_eq!(peer.provenance(), provenance, "{peer:?}");
        assert_eq!(peer.address(), client.map(address), "{peer:?}");
        // Nobody here is on this host but on its own socket.
        let is_local = peer == Peer::local();
        let location = if is_local {
            PeerLocation::UnixSocket
        } else {
            PeerLocation::Remote
        };
        assert_eq!(peer.location(), location, "{peer:?}");
        assert_eq!(
            session.origin(|it| trusted.contains(it)),
            origin,
            "{peer:?}"
        );
    }
}

/// Only an address that somebody has told, or that the system knows, is on this host.
#[test]
fn a_client_behind_a_proxy_on_this_host_is_somewhere() {
    let told = |text: &str| Identity::parse(text).unwrap();
    let to = "127.0.0.1:25".parse().unwrap();
    let from = |text: &str| Proxied::of(text.parse().unwrap(), to);
    let here = Peer::at("127.0.0.1:4711".parse().unwrap());
    for (peer, location) in [
        (here.clone(), PeerLocation::Loopback),
        (here.with_proxy(Proxied::nobody()), PeerLocation::Remote),
        (here.with_proxy(from("192.0.2.7:1")), PeerLocation::Remote),
        (here.with_proxy(from("127.0.0.2:1")), PeerLocation::Loopback),
        (here.with_xclient(told("HELO=a")), PeerLocation::Remote),
        (
            here.with_xclient(told("ADDR=[UNAVAILABLE]")),
            PeerLocation::Remote,
        ),
        (
            here.with_xclient(told("ADDR=IPV6:::1")),
            PeerLocation::Loopback,
        ),
        (
            Peer::local().with_xclient(told("HELO=a")),
            PeerLocation::Remote,
        ),
    ] {
        assert_eq!(peer.location(), location, "{peer:?}");
    }
}

#[test]
fn what_was_said_before_holds_unless_it_is_of_one_client() {
    let told = |text: &str| Identity::parse(text).unwrap();
    let proxy = Peer::at("10.0.0.3:4711".parse().unwrap());
    let first = proxy.with_xclient(told(
        "PORT=7 DESTPORT=587 HELO=a PROTO=ESMTP LOGIN=alice NAME=a.example",
    ));
    assert_eq!(
        (first.port(), first.hello(), first.login(), first.name()),
        (Some(7), Some("a"), Some("alice"), Some("a.example"))
    );
    // That was of alice.
    let second = first.with_xclient(told("SESSION=s PORT=8"));
    assert_eq!(second.xclient().unwrap().to_string(), "PORT=8 SESSION=s");
    // Here nobody was named yet.
    let third = second.with_xclient(told("ADDR=192.0.2.7 LOGIN=bob"));
    assert_eq!(
        third.xclient().unwrap().to_string(),
        "PORT=8 SESSION=s ADDR=192.0.2.7 LOGIN=bob"
    );
    assert_eq!((third.port(), third.name()), (Some(8), None));
    // An address holds until there is another one, with its port.
    let fourth = third.with_xclient(told("TTL=1"));
    assert_eq!(
        fourth.xclient().unwrap().to_string(),
        "PORT=8 TTL=1 ADDR=192.0.2.7"
    );
    let fifth = fourth.with_xclient(told("ADDR=192.0.2.8"));
    assert_eq!(fifth.xclient().unwrap().to_string(), "ADDR=192.0.2.8");
    assert_eq!(third.transport(), proxy.transport());
    assert!(third.proxy().is_none());
    // The proxy's own port is not the client's.
    let nameless = proxy.with_xclient(told("ADDR=192.0.2.7"));
    assert_eq!((proxy.port(), nameless.port()), (Some(4711), None));
}
