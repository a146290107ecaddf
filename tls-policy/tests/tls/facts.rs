//! What is known after a handshake, which certificate a server shows, and why there was none.

use std::io;
use std::sync::Arc;

use mailwire_tls_policy::tls::{
    Check, ClientIdentity, Handshake, Verification, certified_key, client_config, exporter,
    failure, failure_of_io, server_config,
};
use mailwire_tls_policy::{Channel, HandshakeFailure};
use rustls::pki_types::ServerName;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ClientConnection, ServerConfig, SupportedProtocolVersion};

use crate::pair::{Pair, shake_hands, with};
use crate::pki::{Made, Times, provider, root, self_signed, signed, store};

const MX: &str = "mx.example.test";

/// A handshake of these versions on the client's side and on the server's.
fn of_versions(
    client: &[&'static SupportedProtocolVersion],
    server: &[&'static SupportedProtocolVersion],
) -> Result<Pair, HandshakeFailure> {
    let (made, trusted) = trusted();
    let client = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(client)
        .unwrap()
        .with_root_certificates(store(&[&trusted]))
        .with_no_client_auth();
    let server = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(server)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(made.chain.clone(), made.key.clone_key())
        .unwrap();
    shake_hands(client, server, MX)
}

fn trusted() -> (Made, crate::pki::Issuer) {
    let trusted = root("trusted");
    (signed(&[MX], Times::Now, &trusted, &[]), trusted)
}

#[test]
fn version_cipher_and_verification() {
    let (made, issuer) = trusted();
    let check = Check::server_name(store(&[&issuer]));
    let verification = check.verification();
    let pair = with(check, &made, MX).unwrap();
    let of_client = Handshake::of(&pair.client, verification).unwrap();
    assert_eq!(of_client.version, "TLSv1.3");
    assert!(of_client.cipher.starts_with("TLS13_"), "{of_client:?}");
    assert_eq!(of_client.verification, Verification::Name);
    assert_eq!(of_client.channel(), Channel::Tls);
    // The client has shown nothing.
    let of_server = Handshake::of(&pair.server, Verification::Issuer).unwrap();
    assert_eq!(of_server.verification, Verification::None);
    assert_eq!(
        (of_server.version, of_server.cipher),
        (of_client.version, of_client.cipher)
    );

    let old = of_versions(&[&TLS12], &[&TLS12, &TLS13]).unwrap();
    let old = Handshake::of(&old.client, Verification::Name).unwrap();
    assert_eq!(old.version, "TLSv1.2");
    assert!(old.cipher.starts_with("TLS_ECDHE_"), "{old:?}");
}

#[test]
fn a_handshake_that_is_not_done_has_no_facts() {
    let name = ServerName::try_from(MX).unwrap();
    let config = client_config(&provider(), Check::Skip, None).unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    assert_eq!(Handshake::of(&connection, Verification::None), None);
    assert_eq!(exporter(&connection), None);
}

#[test]
fn both_ends_know_the_channel_by_the_same_octets() {
    let (made, _) = trusted();
    let one = with(Check::Skip, &made, MX).unwrap();
    let other = with(Check::Skip, &made, MX).unwrap();
    assert_eq!(exporter(&one.client), exporter(&one.server));
    assert!(exporter(&one.client).is_some());
    assert_ne!(exporter(&one.client), exporter(&other.client));
    // RFC 9266 section 4.2: below TLS 1.3 it is not safe in every case.
    let old = of_versions(&[&TLS12], &[&TLS12]).unwrap();
    assert_eq!((exporter(&old.client), exporter(&old.server)), (None, None));
}

#[test]
fn a_server_shows_the_certificate_of_the_name_that_is_asked_for() {
    let [default, own, wild] = [&["a.test"], &["mx.example.test"], &["*.example.net"]]
        .map(|names| self_signed(&names[..], Times::Now, false));
    for (asked, expected) in [
        ("mx.example.test", &own),
        ("MX.Example.Test", &own),
        ("a.example.net", &wild),
        ("a.b.example.net", &default),
        ("example.net", &default),
        ("unknown.test", &default),
        // No name is sent for an address.
        ("192.0.2.1", &default),
    ] {
        let provider = provider();
        let by_name = [
            ("Mx.Example.test".to_owned(), own.certified()),
            ("*.example.net".to_owned(), wild.certified()),
        ];
        let server = server_config(&provider, default.certified(), by_name, None).unwrap();
        let client = client_config(&provider, Check::Skip, None).unwrap();
        let pair = shake_hands(client, server, asked).unwrap();
        let shown = pair.client.peer_certificates().unwrap();
        assert_eq!(&shown[0], expected.own(), "{asked}");
    }
}

#[test]
fn a_client_may_show_a_certificate_and_need_not() {
    let (made, _) = trusted();
    let users = root("users");
    let alice = signed(&["alice.example.test"], Times::Now, &users, &[]);
    let stranger = self_signed(&["alice.example.test"], Times::Now, false);
    let shake = |who: Option<&Made>| {
        let provider = provider();
        let identity = who.map(|made| ClientIdentity {
            chain: made.chain.clone(),
            key: made.key.clone_key(),
        });
        let client = client_config(&provider, Check::Skip, identity).unwrap();
        let clients = Some(store(&[&users]));
        let server = server_config(&provider, made.certified(), [], clients).unwrap();
        shake_hands(client, server, MX)
    };
    let shown = |pair: &Pair| {
        let facts = Handshake::of(&pair.server, Verification::Issuer).unwrap();
        facts.verification
    };
    assert_eq!(shown(&shake(None).unwrap()), Verification::None);
    assert_eq!(shown(&shake(Some(&alice)).unwrap()), Verification::Issuer);
    // In TLS 1.3 a client is done before it hears of it.
    if let Ok(pair) = shake(Some(&stranger)) {
        assert!(pair.server.is_handshaking());
    }
}

#[test]
fn a_key_of_another_certificate_is_found_before_anybody_connects() {
    let (one, other) = (
        self_signed(&[MX], Times::Now, false),
        self_signed(&[MX], Times::Now, false),
    );
    assert!(certified_key(&provider(), one.chain.clone(), other.key.clone_key()).is_err());
    let identity = ClientIdentity {
        chain: one.chain,
        key: other.key,
    };
    assert!(client_config(&provider(), Check::Skip, Some(identity)).is_err());
}

#[test]
fn why_there_was_none() {
    let nothing = of_versions(&[&TLS13], &[&TLS12]).map(drop);
    assert_eq!(nothing, Err(HandshakeFailure::NothingInCommon));

    // A greeting in clear text, as port 587 has it.
    let name = ServerName::try_from(MX).unwrap();
    let config = client_config(&provider(), Check::Skip, None).unwrap();
    let mut client = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut greeting = &b"220 mx.example.test ESMTP\r\n"[..];
    client.read_tls(&mut greeting).unwrap();
    let error = client.process_new_packets().unwrap_err();
    assert_eq!(failure(&error), HandshakeFailure::NotTls);

    let wrapped = io::Error::new(io::ErrorKind::InvalidData, error);
    assert_eq!(failure_of_io(&wrapped), HandshakeFailure::NotTls);
    for (kind, expected) in [
        (io::ErrorKind::UnexpectedEof, HandshakeFailure::Lost),
        (io::ErrorKind::ConnectionReset, HandshakeFailure::Lost),
        (io::ErrorKind::TimedOut, HandshakeFailure::Lost),
        (io::ErrorKind::PermissionDenied, HandshakeFailure::Other),
    ] {
        assert_eq!(failure_of_io(&kind.into()), expected);
    }
}
