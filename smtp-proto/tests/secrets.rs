//! No secret in anything that is printed: whoever logs in, by whatever mechanism, right or wrong.

#![allow(
    clippy::disallowed_methods,
    reason = "a test is the caller: it has the clock"
)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests panic to fail"
)]

use std::sync::Arc;
use std::time::Instant;

use bytes::BytesMut;
use mailwire_smtp_proto::auth::client::{self as logins, Candidates};
use mailwire_smtp_proto::auth::server::{self as mechanisms, Found, Mechanism};
use mailwire_smtp_proto::auth::{BearerCredentials, PlainCredentials, Secret};
use mailwire_smtp_proto::client;
use mailwire_smtp_proto::dialect::Dialect;
use mailwire_smtp_proto::peer::Peer;
use mailwire_smtp_proto::policy::outbound::{PeerLocation, Policy, TlsMode};
use mailwire_smtp_proto::policy::{Channel, Listener, Role};
use mailwire_smtp_proto::reply::Reply;
use mailwire_smtp_proto::server::{self, Admission, Decision, Event, Lookup, Need};
use mailwire_smtp_proto::transcript::{ClientLine, ServerLine};
use proptest::prelude::*;

/// The mechanisms that there are.
const NAMES: [&str; 7] = [
    "PLAIN",
    "LOGIN",
    "OAUTHBEARER",
    "XOAUTH2",
    "CRAM-MD5",
    "SCRAM-SHA-256",
    "SCRAM-SHA-1-PLUS",
];

/// What the server makes the salts of, for names that nobody has.
const SERVER_SECRET: &str = "a secret of the server";

/// With it and the digest, passwords can be tried.
const CHALLENGE: &str = "<1896.697170952@mx>";

fn offered() -> Vec<Arc<dyn Mechanism>> {
    let plain: [Arc<dyn Mechanism>; 4] = [
        Arc::new(mechanisms::Plain),
        Arc::new(mechanisms::Login),
        Arc::new(mechanisms::OauthBearer::default()),
        Arc::new(mechanisms::Xoauth2::default()),
    ];
    let all = plain.into_iter();
    #[cfg(feature = "cram-md5")]
    let all = all.chain({
        let cram: Arc<dyn Mechanism> = Arc::new(mechanisms::CramMd5::new(|| CHALLENGE.to_owned()));
        [cram]
    });
    #[cfg(feature = "scram")]
    let all = all.chain(
        [scram::Hash::Sha256, scram::Hash::Sha1]
            .into_iter()
            .flat_map(|hash| {
                let nonce = || "server-nonce-server-nonce".to_owned();
                let pair =
                    mechanisms::Scram::pair(hash, nonce, SERVER_SECRET.as_bytes().to_vec().into());
                pair.map(|it| -> Arc<dyn Mechanism> { Arc::new(it) })
            }),
    );
    all.collect()
}

/// `None` where a feature is off.
fn candidate(name: &str, secret: &str) -> Option<Candidates> {
    let own = || PlainCredentials::new("alice", secret).unwrap();
    let token = || BearerCredentials::new("alice", secret).unwrap();
    let none = Candidates::new();
    Some(match name {
        "PLAIN" => none.with(logins::Plain::new(own())),
        "LOGIN" => none.with(logins::Login::new(own())),
        "OAUTHBEARER" => none.with(logins::OauthBearer::new(token())),
        "XOAUTH2" => none.with(logins::Xoauth2::new(token())),
        #[cfg(feature = "cram-md5")]
        "CRAM-MD5" => none.with(logins::CramMd5::new(own())),
        #[cfg(feature = "scram")]
        "SCRAM-SHA-256" => none.with(scram::client(scram::Hash::Sha256, false, &own())),
        #[cfg(feature = "scram")]
        "SCRAM-SHA-1-PLUS" => none.with(scram::client(scram::Hash::Sha1, true, &own())),
        _ => return None,
    })
}

#[cfg(feature = "scram")]
mod scram {
    pub(crate) use mailwire_smtp_proto::auth::scram::{ChannelBinding, Hash, StoredKeys};

    use mailwire_smtp_proto::auth::PlainCredentials;
    use mailwire_smtp_proto::auth::client::Scram;
    use mailwire_smtp_proto::auth::scram::{Binding, Client, Iterations};

    pub(crate) fn channel() -> ChannelBinding {
        ChannelBinding::TlsExporter(vec![7; 32])
    }

    pub(crate) fn client(hash: Hash, is_plus: bool, credentials: &PlainCredentials) -> Scram {
        let binding = if is_plus {
            Binding::Used(channel())
        } else {
            Binding::Unsupported
        };
        let nonce = "client-nonce-client-nonce".to_owned();
        let cheap = Iterations { least: 1, most: 9 };
        Scram::new(Client::new(hash, binding, credentials, nonce, cheap).unwrap())
    }
}

fn found(mechanism: &str, password: &str) -> Found {
    match mechanism {
        #[cfg(feature = "scram")]
        name if name.starts_with("SCRAM") => {
            let hash = if name.contains("256") {
                scram::Hash::Sha256
            } else {
                scram::Hash::Sha1
            };
            let keys = scram::StoredKeys::derive(hash, &Secret::from(password), b"salt", 1);
            Found::Keys(keys.unwrap())
        }
        _ => Found::Password(Secret::from(password)),
    }
}

/// How three octets and more of the secret look in base64, wherever they stand.
fn spellings(secret: &str) -> Vec<String> {
    use base64::Engine;
    // As text, and as octets are printed.
    let octets = format!("{:?}", secret.as_bytes());
    let mut all = vec![
        secret.to_owned(),
        octets.trim_matches(['[', ']']).to_owned(),
    ];
    for at in 0..3 {
        let text = [&"xx"[..at], secret].concat();
        let spelled = base64::engine::general_purpose::STANDARD_NO_PAD.encode(text);
        all.push(spelled[4..spelled.len() - 4].to_owned());
    }
    all
}

/// Everything that was printed of a login, both sides talking to each other.
struct Log {
    printed: String,
    now: Instant,
}

impl Log {
    fn print(&mut self, value: impl std::fmt::Debug) {
        self.printed += &format!("{value:?} {value:#?}\n");
    }

    fn login(&mut self, name: &str, typed: &str, kept: &str, is_cut: bool) -> bool {
        let Some(candidates) = candidate(name, typed) else {
            return false;
        };
        let now = self.now;
        self.print(&candidates);
        let hostname = "mx.example.test".parse().unwrap();
        let listener = Listener::of(Role::Submissions);
        let mut config = server::Config::new(hostname, Dialect::Smtp, listener);
        config.mechanisms = offered();
        self.print(&config);
        let mut said = BytesMut::new();
        let mut server = server::Session::new(
            Arc::new(config),
            Peer::local(),
            Channel::Tls,
            now,
            &mut said,
        );
        #[cfg(feature = "scram")]
        {
            let mut known = mechanisms::Connection::default();
            known.bindings = vec![scram::channel()];
            server.attest(known);
        }
        let policy = Policy::new(TlsMode::Implicit);
        let config = client::Config::new(Dialect::Smtp, policy, PeerLocation::Remote);
        let mut client = client::Session::new(Arc::new(config), Channel::Tls, now);
        let (mut heard, mut out) = (Vec::new(), BytesMut::new());
        let mut candidates = Some(candidates);
        let mut to_server = Vec::new();
        for _ in 0..40 {
            self.print(&client);
            self.print(&server);
            for line in ServerLine::each(&said) {
                self.printed += &format!("{line}\n");
            }
            heard.extend_from_slice(&said.split());
            // The client hears, and says the next thing.
            while client.need(&heard, &out) == client::Need::Nothing {
                let step = match client.advance(&heard, now) {
                    Ok(step) => step,
                    Err(error) => {
                        self.print(error);
                        return false;
                    }
                };
                self.print(step.event);
                let consumed = step.consumed;
                let next = match step.event {
                    Some(client::Event::Greeting { .. }) => {
                        let name = "client.example.test"
                            .parse::<mailwire_smtp_proto::host::HelloNameBuf>();
                        client
                            .hello(&name.unwrap().borrow(), now, &mut out)
                            .map(drop)
                    }
                    Some(client::Event::Hello { .. }) => client
                        .auth(candidates.take().unwrap(), now, &mut out)
                        .map(drop),
                    Some(client::Event::Challenge { .. }) if is_cut => {
                        client.auth_cancel(now, &mut out).map(drop)
                    }
                    Some(client::Event::Challenge { .. }) => {
                        client.auth_response(now, &mut out).map(drop)
                    }
                    _ => Ok(()),
                };
                if let Err(not_now) = next {
                    self.printed += &format!("{not_now}\n");
                    self.print(not_now);
                    client.auth_cancel(now, &mut out).unwrap();
                }
                heard.drain(..consumed);
            }
            to_server.extend_from_slice(&out.split());
            if to_server.is_empty() {
                break;
            }
            while server.need(&to_server, now, &said) == Need::Nothing {
                let listening = server.listening();
                let step = server.advance(&to_server, now, &mut said).unwrap();
                let taken = &to_server[..step.consumed];
                if let Some(line) = ClientLine::heard(listening, taken, step.event.as_ref()) {
                    self.printed += &format!("{line}\n");
                }
                self.print(&step.event);
                let consumed = step.consumed;
                match step.event {
                    Some(Event::Hello { pending, .. }) => {
                        server
                            .answer(pending, Admission::Accept, now, &mut said)
                            .unwrap();
                    }
                    Some(Event::AuthLookUp { look_up, pending }) => {
                        let lookup = Lookup::Found(found(look_up.mechanism, kept));
                        self.print(&lookup);
                        server.answer(pending, lookup, now, &mut said).unwrap();
                    }
                    Some(Event::Auth {
                        credentials,
                        pending,
                    }) => {
                        let given = match &credentials {
                            mailwire_smtp_proto::auth::Credentials::Password(it) => {
                                it.password().expose() == kept
                            }
                            mailwire_smtp_proto::auth::Credentials::Bearer(it) => {
                                it.token().expose() == kept
                            }
                            _ => true,
                        };
                        let decision = if given {
                            Decision::Accept
                        } else {
                            Decision::Reject(Reply::fixed(535, (5, 7, 8), "No"))
                        };
                        server.answer(pending, decision, now, &mut said).unwrap();
                    }
                    _ => {}
                }
                to_server.drain(..consumed);
                self.print(&server);
            }
        }
        client.is_authenticated() && server.is_authenticated()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn nothing_that_is_printed_holds_one(
        typed in "[a-zA-Z0-9]{12,40}",
        other in "[a-zA-Z0-9]{12,40}",
        name in 0..NAMES.len(),
        is_right in any::<bool>(),
        is_cut in prop::bool::weighted(0.2),
    ) {
        let kept = if is_right { &typed } else { &other };
        let mut log = Log { printed: String::new(), now: Instant::now() };
        let name = NAMES[name];
        let is_known = candidate(name, &typed).is_some();
        let is_in = log.login(name, &typed, kept, is_cut);
        if is_known && is_right && !is_cut {
            prop_assert!(is_in, "{name}: {}", log.printed);
        }
        if !is_right {
            prop_assert!(!is_in, "{name}");
        }
        // The challenge itself is on the wire, and so in the transcript.
        prop_assert!(!log.printed.contains(CHALLENGE), "{name}");
        for secret in [&typed, kept, SERVER_SECRET] {
            for spelled in spellings(secret) {
                prop_assert!(!log.printed.contains(&spelled), "{name}: {spelled}");
            }
        }
    }
}
