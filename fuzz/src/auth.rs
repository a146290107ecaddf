//! SASL exchanges: both sides, one of them hostile, and both of them honest.
//!
//! The first octet says which side is hostile, the second with which mechanism; lines follow, each a
//! message that is put into base64, or behind `!` a line as it is.

use bytes::BytesMut;
use mailwire_smtp_proto::auth::scram::{
    Binding, ChannelBinding, Client, Hash, Iterations, Server, StoredKeys,
};
use mailwire_smtp_proto::auth::server::Mechanism as _;
use mailwire_smtp_proto::auth::server::{Attempt, Connection, Exchange, Found, Progress};
use mailwire_smtp_proto::auth::{
    AuthFault, Base64, BearerCredentials, Credentials, PlainCredentials, Secret, client, server,
};

const PASSWORD: &str = "hidden-word";
const SALT: &[u8] = b"salt";

/// An exchange with a hostile client, with a hostile server, or with neither.
///
/// # Panics
///
/// When somebody is logged in who has not proven it, when a secret is told to who has not, or when two
/// honest sides do not agree.
pub fn auth(data: &[u8]) {
    let [side, mechanism, lines @ ..] = data else {
        return;
    };
    let lines: Vec<Vec<u8>> = lines.split(|it| *it == b'\n').map(line).collect();
    match side % 3 {
        0 => hostile_client(*mechanism, &lines),
        1 => hostile_server(*mechanism, &lines),
        _ => honest(lines.first().map_or(&[], Vec::as_slice)),
    }
}

fn line(line: &[u8]) -> Vec<u8> {
    match line {
        [b'!', raw @ ..] => raw.to_vec(),
        message => base64(message),
    }
}

/// Base64 by hand: what is under test is not to be its own witness.
fn base64(message: &[u8]) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut line = Vec::new();
    for group in message.chunks(3) {
        let bits = group.iter().enumerate().fold(0_usize, |bits, (at, octet)| {
            bits | usize::from(*octet) << (16 - 8 * at)
        });
        for at in 0..4 {
            let digit = ALPHABET[bits >> (18 - 6 * at) & 63];
            line.push(if at <= group.len() { digit } else { b'=' });
        }
    }
    line
}

fn keys(hash: Hash) -> StoredKeys {
    StoredKeys::derive(hash, &Secret::from(PASSWORD), SALT, 1).expect("they are keys")
}

fn binding() -> ChannelBinding {
    ChannelBinding::TlsExporter(vec![7; 32])
}

fn attempt(mechanism: u8) -> Box<dyn Attempt> {
    let mut known = Connection::default();
    known.external = Some("client.example.test".to_owned());
    known.bindings = vec![binding()];
    let nonce = || "server-nonce-server-nonce".to_owned();
    let [plus, scram] = server::Scram::pair(Hash::Sha1, nonce, b"secret".to_vec().into());
    let challenge = || "<1@mx.example.test>".to_owned();
    match mechanism % 10 {
        0 => server::Plain.begin(&known),
        1 => server::Login.begin(&known),
        2 => server::OauthBearer::default().begin(&known),
        3 => server::Xoauth2::default().begin(&known),
        4 => server::External.begin(&known),
        5 => server::Anonymous.begin(&known),
        6 => server::CramMd5::new(challenge).begin(&known),
        7 => plus.begin(&known),
        8 => scram.begin(&known),
        // Where there is nothing to bind.
        _ => scram.begin(&Connection::default()),
    }
}

fn hostile_client(mechanism: u8, lines: &[Vec<u8>]) {
    let reading = if mechanism & 0x80 == 0 {
        Base64::Canonical
    } else {
        Base64::Lenient
    };
    let initial = (mechanism & 0x40 != 0).then(|| lines.first()).flatten();
    let mut rest = lines.iter().skip(usize::from(initial.is_some()));
    let mut out = BytesMut::new();
    let begun = Exchange::begin(
        attempt(mechanism & 0x0F),
        reading,
        initial.map(Vec::as_slice),
        &mut out,
    );
    let Ok((mut exchange, mut progress)) = begun else {
        return;
    };
    loop {
        assert!(
            out.iter().all(u8::is_ascii_graphic),
            "a challenge is no base64"
        );
        let next = match progress {
            Progress::Challenge => match rest.next() {
                Some(line) => exchange.respond(line, &mut out),
                None => return,
            },
            Progress::LookUp(look_up) => {
                assert!(!look_up.authentication.is_empty());
                let found = match look_up.mechanism {
                    "CRAM-MD5" => Found::Password(Secret::from(PASSWORD)),
                    _ if look_up.authentication.len() % 2 == 0 => Found::Nobody,
                    _ => Found::Keys(keys(Hash::Sha1)),
                };
                exchange.found(found, &mut out)
            }
            Progress::Judge(credentials) => {
                assert!(
                    !matches!(credentials, Credentials::Proven { .. }),
                    "proven without the password"
                );
                Ok(exchange.refuse(&mut out))
            }
            Progress::Refused => return,
        };
        match next {
            Ok(next) => progress = next,
            Err(_) => {
                let again = exchange.respond(b"", &mut out);
                assert!(matches!(again, Err(AuthFault::OutOfOrder)), "it goes on");
                return;
            }
        }
    }
}

fn hostile_server(mechanism: u8, lines: &[Vec<u8>]) {
    let credentials = || PlainCredentials::new("user", PASSWORD).expect("they are credentials");
    let bearer = || BearerCredentials::new("user", PASSWORD).expect("they are credentials");
    let scram = |binding| {
        let nonce = "client-nonce-client-nonce".to_owned();
        let cheap = Iterations { least: 1, most: 9 };
        let client = Client::new(Hash::Sha1, binding, &credentials(), nonce, cheap);
        client::Scram::new(client.expect("it is one"))
    };
    let (mechanism, may_tell): (Box<dyn client::Mechanism>, bool) = match mechanism % 9 {
        0 => (Box::new(client::Plain::new(credentials())), true),
        1 => (Box::new(client::Login::new(credentials())), true),
        2 => (Box::new(client::OauthBearer::new(bearer())), true),
        3 => (Box::new(client::Xoauth2::new(bearer())), true),
        4 => (Box::new(client::External::new()), false),
        5 => (Box::<client::Anonymous>::default(), false),
        6 => (Box::new(client::CramMd5::new(credentials())), false),
        7 => (Box::new(scram(Binding::Used(binding()))), false),
        _ => (Box::new(scram(Binding::Unsupported)), false),
    };
    let is_scram = mechanism.name().as_str().starts_with("SCRAM");
    let mut exchange = client::Exchange::begin(mechanism).expect("it can be said");
    let mut out = BytesMut::new();
    let room = lines.len() * 16;
    let said = exchange.initial_response(room, &mut out);
    assert!(out.len() <= room.max(1) && said != out.is_empty());
    for line in lines {
        assert!(
            !is_scram || exchange.succeeded().is_err(),
            "a server that has proven nothing is believed"
        );
        if exchange.challenge(line).is_err() {
            let length = out.len();
            assert!(exchange.respond(&mut out).is_err() && out.len() == length);
            break;
        }
        exchange.respond(&mut out).expect("there is a response");
    }
    assert!(!is_scram || exchange.succeeded().is_err());
    assert!(out.iter().all(u8::is_ascii_graphic));
    if !may_tell {
        let told = String::from_utf8_lossy(&out).into_owned();
        for at in 0..3 {
            // As it looks in base64, wherever it stands.
            let shifted = [&b"xx"[..at], PASSWORD.as_bytes()].concat();
            let spelled = base64(&shifted);
            let middle = String::from_utf8_lossy(&spelled[4..spelled.len() - 4]).into_owned();
            assert!(!told.contains(&middle), "the password is told");
        }
    }
}

/// Both sides with a name of the fuzzer's choice.
fn honest(name: &[u8]) {
    let Ok(name) = std::str::from_utf8(name) else {
        return;
    };
    let Ok(credentials) = PlainCredentials::new(name, PASSWORD) else {
        return;
    };
    assert_eq!(
        PlainCredentials::parse(&credentials.message()).map(|it| it.authentication().to_owned()),
        Ok(name.to_owned())
    );
    if let Ok(bearer) = BearerCredentials::new(name, PASSWORD) {
        for parsed in [
            BearerCredentials::parse_oauthbearer(&bearer.oauthbearer()),
            BearerCredentials::parse_xoauth2(&bearer.xoauth2()),
        ] {
            assert_eq!(parsed.expect("it is one").user(), Some(name));
        }
    }
    let nonce = "client-nonce-client-nonce".to_owned();
    let cheap = Iterations { least: 1, most: 9 };
    let used = Binding::Used(binding());
    let Ok(mut client) = Client::new(Hash::Sha256, used, &credentials, nonce, cheap) else {
        return;
    };
    let nonce = "server-nonce-server-nonce".to_owned();
    let mut server =
        Server::new(Hash::Sha256, true, true, vec![binding()], nonce).expect("a nonce");
    let agreed = server
        .client_first(client.client_first().as_bytes())
        .and_then(|()| server.server_first(keys(Hash::Sha256)))
        .and_then(|message| client.client_final(message.as_bytes()))
        .and_then(|message| server.client_final(message.as_bytes()))
        .and_then(|message| client.verify(message.as_bytes()));
    assert_eq!(agreed, Ok(()), "two honest sides do not agree");
}
