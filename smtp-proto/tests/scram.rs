//! SCRAM: the examples of its RFCs, both sides against each other, and against whoever sits between.

#![cfg(feature = "scram")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests panic to fail"
)]

use mailwire_smtp_proto::auth::scram::{
    Binding, ChannelBinding, Client, Decoy, Hash, Iterations, Server, StoredKeys,
};
use mailwire_smtp_proto::auth::{AuthFault, PlainCredentials, Secret};
use proptest::prelude::*;

const CLIENT: &str = "fyko+d2lbbFgONRv9qkxdawL";
const SERVER: &str = "3rfcNHYJY1ZVvWVs7j";
const SALT: &[u8] = b"\x41\x25\xc2\x47\xe4\x3a\xb1\xe9\x3c\x6d\xff\x76";

fn credentials(name: &str, password: &str) -> PlainCredentials {
    PlainCredentials::new(name, password).unwrap()
}

fn client(binding: Binding) -> Client {
    client_of(Hash::Sha1, binding, &credentials("user", "pencil"))
}

fn client_of(hash: Hash, binding: Binding, credentials: &PlainCredentials) -> Client {
    let iterations = Iterations::default();
    Client::new(hash, binding, credentials, CLIENT.to_owned(), iterations).unwrap()
}

fn keys(hash: Hash, password: &str) -> StoredKeys {
    StoredKeys::derive(hash, &Secret::from(password), SALT, 4096).unwrap()
}

fn server(is_plus: bool, is_plus_offered: bool, bindings: Vec<ChannelBinding>) -> Server {
    let nonce = SERVER.to_owned();
    Server::new(Hash::Sha1, is_plus, is_plus_offered, bindings, nonce).unwrap()
}

fn plain_server() -> Server {
    server(false, false, Vec::new())
}

/// One exchange, its four messages in the hands of whoever sits between.
fn exchange(
    mut client: Client,
    mut server: Server,
    keys: StoredKeys,
    mut between: impl FnMut(usize, String) -> Vec<u8>,
) -> Result<(), AuthFault> {
    let message = between(0, client.client_first());
    server.client_first(&message)?;
    let message = between(1, server.server_first(keys)?);
    let message = client.client_final(&message)?;
    let message = between(2, message);
    let message = server.client_final(&message)?;
    assert!(server.is_proven());
    client.verify(&between(3, message))?;
    assert!(client.is_verified());
    Ok(())
}

fn untouched(_: usize, message: String) -> Vec<u8> {
    message.into_bytes()
}

#[test]
fn the_example_of_rfc_5802() {
    // Section 5.
    let (mut client, mut server) = (client(Binding::Unsupported), plain_server());
    let first = client.client_first();
    assert_eq!(first, "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL");
    server.client_first(first.as_bytes()).unwrap();
    assert_eq!((server.username(), server.authorization()), ("user", None));
    let server_first = server.server_first(keys(Hash::Sha1, "pencil")).unwrap();
    assert_eq!(
        server_first,
        "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096"
    );
    let last = client.client_final(server_first.as_bytes()).unwrap();
    assert_eq!(
        last,
        "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="
    );
    let server_final = server.client_final(last.as_bytes()).unwrap();
    assert_eq!(server_final, "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=");
    client.verify(server_final.as_bytes()).unwrap();
    assert!(client.is_verified() && server.is_proven());
}

#[test]
fn the_example_of_rfc_7677() {
    // Section 3.
    let nonce = "rOprNGfwEbeRWgbNEkqO".to_owned();
    let mut client = Client::new(
        Hash::Sha256,
        Binding::Unsupported,
        &credentials("user", "pencil"),
        nonce,
        Iterations::default(),
    )
    .unwrap();
    let nonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0".to_owned();
    let mut server = Server::new(Hash::Sha256, false, false, Vec::new(), nonce).unwrap();
    let salt = [
        0x5b, 0x6d, 0x99, 0x68, 0x9d, 0x12, 0x35, 0x8e, 0xec, 0xa0, 0x4b, 0x14, 0x12, 0x36, 0xfa,
        0x81,
    ];
    let password = Secret::from("pencil");
    let keys = StoredKeys::derive(Hash::Sha256, &password, &salt, 4096).unwrap();
    server
        .client_first(client.client_first().as_bytes())
        .unwrap();
    let server_first = server.server_first(keys).unwrap();
    assert_eq!(
        server_first,
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
    );
    let last = client.client_final(server_first.as_bytes()).unwrap();
    assert_eq!(
        last,
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
         p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    );
    let server_final = server.client_final(last.as_bytes()).unwrap();
    assert_eq!(
        server_final,
        "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
    );
    client.verify(server_final.as_bytes()).unwrap();
}

#[test]
fn channels_are_bound() {
    let end_point = || ChannelBinding::TlsServerEndPoint(vec![1; 32]);
    let exporter = || ChannelBinding::TlsExporter(vec![2; 32]);
    let other = || ChannelBinding::TlsExporter(vec![3; 32]);
    let both = || vec![end_point(), exporter()];
    for (client_side, is_plus, bindings, expected) in [
        (Binding::Used(end_point()), true, both(), Ok(())),
        (Binding::Used(exporter()), true, both(), Ok(())),
        // The two see different channels: somebody is between.
        (
            Binding::Used(other()),
            true,
            both(),
            Err(AuthFault::ChannelBinding),
        ),
        // Nothing to compare it with.
        (
            Binding::Used(exporter()),
            true,
            vec![end_point()],
            Err(AuthFault::ChannelBinding),
        ),
        // RFC 5802 section 6: the mechanism and the flag belong together.
        (
            Binding::Unsupported,
            true,
            both(),
            Err(AuthFault::ChannelBinding),
        ),
        (
            Binding::NotOffered,
            true,
            both(),
            Err(AuthFault::ChannelBinding),
        ),
        (
            Binding::Used(exporter()),
            false,
            both(),
            Err(AuthFault::ChannelBinding),
        ),
        // Somebody has hidden from the client that the server can.
        (
            Binding::NotOffered,
            false,
            both(),
            Err(AuthFault::Downgrade),
        ),
        (Binding::Unsupported, false, both(), Ok(())),
        (Binding::NotOffered, false, Vec::new(), Ok(())),
    ] {
        let label = format!("{client_side:?} {is_plus} {bindings:?}");
        let server = server(is_plus, !bindings.is_empty(), bindings);
        let keys = keys(Hash::Sha1, "pencil");
        let result = exchange(client(client_side), server, keys, untouched);
        assert_eq!(result, expected, "{label}");
    }
    assert_eq!(format!("{:?}", exporter()), "ChannelBinding(tls-exporter)");
}

/// Whoever sits between may change any octet of any message: nobody is logged in, and no server believed.
#[test]
fn no_octet_can_be_changed() {
    let messages = std::cell::RefCell::new(vec![String::new(); 4]);
    // Not for the sake of safety: there are many of them.
    let cheap = Iterations { least: 1, most: 9 };
    let client = || {
        let nonce = CLIENT.to_owned();
        let user = credentials("user", "pencil");
        Client::new(Hash::Sha1, Binding::Unsupported, &user, nonce, cheap).unwrap()
    };
    let keys = StoredKeys::derive(Hash::Sha1, &Secret::from("pencil"), SALT, 2).unwrap();
    exchange(client(), plain_server(), keys.clone(), |at, message| {
        messages.borrow_mut()[at] = message.clone();
        message.into_bytes()
    })
    .unwrap();
    let mut changes = 0;
    for (at, message) in messages.borrow().iter().enumerate() {
        for place in 0..message.len() {
            for bit in [0x01, 0x02, 0x20, 0x80] {
                let result = exchange(client(), plain_server(), keys.clone(), |now, message| {
                    let mut message = message.into_bytes();
                    if now == at {
                        message[place] ^= bit;
                    }
                    message
                });
                changes += 1;
                assert!(result.is_err(), "message {at}, octet {place}, bit {bit:#x}");
            }
        }
    }
    assert!(changes > 500, "{changes}");
}

#[test]
fn who_does_not_know_the_password() {
    let wrong = exchange(
        client(Binding::Unsupported),
        plain_server(),
        keys(Hash::Sha1, "pen"),
        untouched,
    );
    assert_eq!(wrong, Err(AuthFault::Proof));
    let nobody = Decoy::from(b"server secret".to_vec()).keys(Hash::Sha1, "user");
    let again = Decoy::from(b"server secret".to_vec()).keys(Hash::Sha1, "user");
    assert_eq!(nobody.salt(), again.salt());
    let other = Decoy::from(b"server secret".to_vec()).keys(Hash::Sha1, "user2");
    assert_ne!(nobody.salt(), other.salt());
    let result = exchange(
        client(Binding::Unsupported),
        plain_server(),
        nobody,
        untouched,
    );
    assert_eq!(result, Err(AuthFault::Proof));
    // A server that knows the stored key alone cannot sign.
    let real = keys(Hash::Sha1, "pencil");
    let stolen = StoredKeys::new(Hash::Sha1, SALT, 4096, real.stored_key(), &[0; 20]).unwrap();
    let result = exchange(
        client(Binding::Unsupported),
        plain_server(),
        stolen,
        untouched,
    );
    assert_eq!(result, Err(AuthFault::ServerProof));
    let mut client = client(Binding::Unsupported);
    let _ = client.client_first();
    client
        .client_final(b"r=fyko+d2lbbFgONRv9qkxdawLx,s=QSXCR+Q6sek8bf92,i=4096")
        .unwrap();
    assert_eq!(client.verify(b"e=invalid-proof"), Err(AuthFault::Proof));
}

#[test]
fn messages_of_a_client() {
    let long = format!("n,,n={},r=x", "u".repeat(5000));
    for (message, expected) in [
        ("n,,n=user,r=x", Ok(("user", None))),
        ("y,,n=user,r=x", Ok(("user", None))),
        ("n,a=boss,n=user,r=x", Ok(("user", Some("boss")))),
        (
            "n,a=b=2Co=3Dss,n=us=3De=2Cr,r=x",
            Ok(("us=e,r", Some("b,o=ss"))),
        ),
        ("n,,n=user,r=x,e=ignored,f=too", Ok(("user", None))),
        // RFC 4013 section 3: a soft hyphen goes, a ligature is two letters.
        ("n,,n=I\u{ad}X,r=x", Ok(("IX", None))),
        ("n,,n=\u{2168},r=x", Ok(("IX", None))),
        ("n,,m=x,n=user,r=x", Err(AuthFault::Extension)),
        ("n,,n=user,r=x,m=x", Err(AuthFault::Extension)),
        ("n,,n=user,r=", Err(AuthFault::Nonce)),
        ("n,,n=user,r=a b", Err(AuthFault::Nonce)),
        ("n,,n=user,r=\u{e9}", Err(AuthFault::Nonce)),
        ("n,,n=,r=x", Err(AuthFault::Empty)),
        ("n,,n=us=2Der,r=x", Err(AuthFault::Malformed)),
        ("n,,n=us=er,r=x", Err(AuthFault::Malformed)),
        ("n,,n=user=,r=x", Err(AuthFault::Malformed)),
        ("n,,n=us\u{7}er,r=x", Err(AuthFault::Malformed)),
        ("n,,n=us\0er,r=x", Err(AuthFault::Malformed)),
        ("n,,r=x,n=user", Err(AuthFault::Malformed)),
        ("n,,n=user", Err(AuthFault::Malformed)),
        ("n,,n=user,", Err(AuthFault::Malformed)),
        ("n,,n=user,r=x,", Err(AuthFault::Malformed)),
        ("n,,n=user,r=x,=y", Err(AuthFault::Malformed)),
        ("n,,user,r=x", Err(AuthFault::Malformed)),
        ("n,a=,n=user,r=x", Err(AuthFault::Empty)),
        ("n,b=boss,n=user,r=x", Err(AuthFault::Malformed)),
        ("n,n=user,r=x", Err(AuthFault::Malformed)),
        ("x,,n=user,r=x", Err(AuthFault::Malformed)),
        ("", Err(AuthFault::Malformed)),
        (",,", Err(AuthFault::Malformed)),
        ("p=tls-unique,,n=user,r=x", Err(AuthFault::ChannelBinding)),
        (long.as_str(), Err(AuthFault::TooLong)),
    ] {
        let mut server = plain_server();
        let result = server.client_first(message.as_bytes());
        let seen = result.map(|()| (server.username(), server.authorization()));
        assert_eq!(seen, expected, "{message:?}");
    }
    assert_eq!(
        plain_server().client_first(b"n,,n=\xff,r=x"),
        Err(AuthFault::NotUtf8)
    );
}

#[test]
fn last_messages_of_a_client() {
    let nonce = format!("{CLIENT}{SERVER}");
    let proof = "p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=";
    for (message, expected) in [
        (format!("c=biws,r={nonce},{proof}"), Ok(())),
        // The extension is signed, so the proof is another one.
        (
            format!("c=biws,r={nonce},x=y,{proof}"),
            Err(AuthFault::Proof),
        ),
        (
            format!("c=biws,r={nonce},m=y,{proof}"),
            Err(AuthFault::Extension),
        ),
        (
            format!("c=eSws,r={nonce},{proof}"),
            Err(AuthFault::ChannelBinding),
        ),
        (
            format!("c=,r={nonce},{proof}"),
            Err(AuthFault::ChannelBinding),
        ),
        (format!("c=biws,r={CLIENT},{proof}"), Err(AuthFault::Nonce)),
        (format!("c=biws,r={nonce}x,{proof}"), Err(AuthFault::Nonce)),
        (format!("c=biws,r=x{nonce},{proof}"), Err(AuthFault::Nonce)),
        (format!("c=biws,r={nonce},p=AAAA"), Err(AuthFault::Proof)),
        (format!("c=biws,r={nonce},p="), Err(AuthFault::Proof)),
        (format!("c=biws,r={nonce},p=a"), Err(AuthFault::Base64)),
        (format!("c=bi,r={nonce},{proof}"), Err(AuthFault::Base64)),
        (format!("c=biws,r={nonce}"), Err(AuthFault::Malformed)),
        (format!("c=biws,{proof}"), Err(AuthFault::Malformed)),
        (
            format!("r={nonce},c=biws,{proof}"),
            Err(AuthFault::Malformed),
        ),
        (
            format!("c=biws,r={nonce},{proof},x=y"),
            Err(AuthFault::Malformed),
        ),
        (
            format!("c=biws,r={nonce},xy,{proof}"),
            Err(AuthFault::Malformed),
        ),
        (String::new(), Err(AuthFault::Malformed)),
    ] {
        let mut server = plain_server();
        server
            .client_first(format!("n,,n=user,r={CLIENT}").as_bytes())
            .unwrap();
        server.server_first(keys(Hash::Sha1, "pencil")).unwrap();
        let result = server.client_final(message.as_bytes()).map(drop);
        assert_eq!(result, expected, "{message:?}");
        assert_eq!(server.is_proven(), expected.is_ok());
    }
}

#[test]
fn messages_of_a_server() {
    let first = |rest: &str| format!("r={CLIENT}{rest}");
    for (message, expected) in [
        (first("x,s=QSXCR+Q6sek8bf92,i=4096"), Ok(())),
        (first("x,s=QSXCR+Q6sek8bf92,i=4096,x=y"), Ok(())),
        (first("x,s=QSXCR+Q6sek8bf92,i=1000000"), Ok(())),
        (
            first("x,s=QSXCR+Q6sek8bf92,i=1000001"),
            Err(AuthFault::Iterations),
        ),
        (
            first("x,s=QSXCR+Q6sek8bf92,i=4095"),
            Err(AuthFault::Iterations),
        ),
        (
            first("x,s=QSXCR+Q6sek8bf92,i=4294967296"),
            Err(AuthFault::Malformed),
        ),
        (
            first("x,s=QSXCR+Q6sek8bf92,i=04096"),
            Err(AuthFault::Malformed),
        ),
        (
            first("x,s=QSXCR+Q6sek8bf92,i=+4096"),
            Err(AuthFault::Malformed),
        ),
        (first("x,s=QSXCR+Q6sek8bf92,i="), Err(AuthFault::Malformed)),
        (first("x,s=QSXCR+Q6sek8bf92"), Err(AuthFault::Malformed)),
        (first("x,s=QSXC*,i=4096"), Err(AuthFault::Base64)),
        (first("x,s=,i=4096"), Err(AuthFault::Empty)),
        (
            first("x,i=4096,s=QSXCR+Q6sek8bf92"),
            Err(AuthFault::Malformed),
        ),
        // The server's part has to be there, and ours has to be in front.
        (first(",s=QSXCR+Q6sek8bf92,i=4096"), Err(AuthFault::Nonce)),
        (
            format!("r=x{CLIENT},s=QSXCR+Q6sek8bf92,i=4096"),
            Err(AuthFault::Nonce),
        ),
        (
            format!("r={SERVER},s=QSXCR+Q6sek8bf92,i=4096"),
            Err(AuthFault::Nonce),
        ),
        (
            format!("m=x,{}", first("x,s=QSXCR+Q6sek8bf92,i=4096")),
            Err(AuthFault::Extension),
        ),
        ("e=unknown-user".to_owned(), Err(AuthFault::Malformed)),
        (String::new(), Err(AuthFault::Malformed)),
    ] {
        let mut client = client(Binding::Unsupported);
        let _ = client.client_first();
        let result = client.client_final(message.as_bytes()).map(drop);
        assert_eq!(result, expected, "{message:?}");
    }
}

#[test]
fn steps_have_an_order() {
    let mut server = plain_server();
    let out_of_order = Err(AuthFault::OutOfOrder);
    assert_eq!(server.client_final(b"c=biws,r=x,p=AAAA"), out_of_order);
    // What failed stays so.
    assert_eq!(
        server.client_first(b"n,,n=user,r=x"),
        Err(AuthFault::OutOfOrder)
    );
    let mut server = plain_server();
    assert_eq!(
        server.server_first(keys(Hash::Sha1, "pencil")),
        out_of_order
    );
    let mut server = plain_server();
    server.client_first(b"n,,n=user,r=x").unwrap();
    assert_eq!(
        server.server_first(keys(Hash::Sha256, "pencil")),
        Err(AuthFault::NoSecret)
    );
    let mut early = client(Binding::Unsupported);
    assert_eq!(
        early.verify(b"v=rmF9pqV8S7suAoZWja4dJRkFsKQ="),
        Err(AuthFault::OutOfOrder)
    );
    let mut twice = client(Binding::Unsupported);
    let _ = (twice.client_first(), twice.client_first());
    let message = format!("r={CLIENT}x,s=QSXCR+Q6sek8bf92,i=4096");
    assert_eq!(twice.client_final(message.as_bytes()), out_of_order);
    assert!(!early.is_verified() && !twice.is_verified());
}

#[test]
fn nonces_and_words_of_this_side() {
    let new = |nonce: &str| Server::new(Hash::Sha1, false, false, Vec::new(), nonce.to_owned());
    assert!(new("123456789012345678").is_ok());
    for nonce in [
        "12345678901234567",
        "",
        "1234567890,12345678",
        "1234567890 12345678",
    ] {
        assert_eq!(new(nonce).map(drop), Err(AuthFault::Nonce), "{nonce:?}");
    }
    let with = |name: &str, password: &str| {
        Client::new(
            Hash::Sha1,
            Binding::Unsupported,
            &credentials(name, password),
            CLIENT.to_owned(),
            Iterations::default(),
        )
        .map(|mut it| it.client_first())
    };
    assert_eq!(
        with("a=,b", "p").unwrap(),
        format!("n,,n=a=3D=2Cb,r={CLIENT}")
    );
    assert_eq!(with("a\u{7}", "p"), Err(AuthFault::Malformed));
    assert_eq!(with("a", "p\u{7}"), Err(AuthFault::Malformed));
    assert_eq!(with("a", "\u{ad}"), Err(AuthFault::Empty));
    let short = StoredKeys::new(Hash::Sha256, SALT, 4096, &[0; 32], &[0; 31]);
    assert_eq!(short.map(drop), Err(AuthFault::NoSecret));
    let secret = Secret::from("p");
    let derive =
        |salt: &[u8], iterations| StoredKeys::derive(Hash::Sha1, &secret, salt, iterations);
    assert_eq!(derive(b"", 1).map(drop), Err(AuthFault::Empty));
    assert_eq!(derive(b"salt", 0).map(drop), Err(AuthFault::Iterations));
    let shown = format!("{:?}", keys(Hash::Sha256, "pencil"));
    assert_eq!(shown, "StoredKeys { hash: Sha256, iterations: 4096, .. }");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn both_sides_agree(
        name in "[a-zA-Z0-9=, \u{e4}\u{df}]{1,20}",
        password in "[!-~\u{e4}]{1,30}",
        behalf in proptest::option::of("[a-z=,]{1,10}"),
        salt in proptest::collection::vec(any::<u8>(), 1..40),
        is_sha256 in any::<bool>(),
    ) {
        let hash = if is_sha256 { Hash::Sha256 } else { Hash::Sha1 };
        let mut credentials = credentials(&name, &password);
        if let Some(behalf) = &behalf {
            credentials = credentials.on_behalf_of(behalf.as_str()).unwrap();
        }
        let client = client_of(hash, Binding::Unsupported, &credentials);
        let server = Server::new(hash, false, false, Vec::new(), SERVER.to_owned()).unwrap();
        let keys = StoredKeys::derive(hash, &Secret::from(password), &salt, 4096).unwrap();
        prop_assert_eq!(exchange(client, server, keys, untouched), Ok(()));
    }
}
