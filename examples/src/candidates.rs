//! What a client could log in with: a name and a password, in every mechanism that can use them.

use mailwire_smtp_proto::auth::client::{
    Anonymous, Candidates, CramMd5, External, Login, OauthBearer, Plain, Scram, Xoauth2,
};
use mailwire_smtp_proto::auth::scram::{Binding, ChannelBinding, Client, Hash, Iterations};
use mailwire_smtp_proto::auth::{AuthFault, BearerCredentials, PlainCredentials};
use mailwire_smtp_proto::ehlo::Capabilities;

use crate::users::Password;

/// The mechanisms that can be asked for by name.
pub const MECHANISMS: [&str; 11] = [
    "SCRAM-SHA-256-PLUS",
    "SCRAM-SHA-1-PLUS",
    "SCRAM-SHA-256",
    "SCRAM-SHA-1",
    "PLAIN",
    "LOGIN",
    "OAUTHBEARER",
    "XOAUTH2",
    "CRAM-MD5",
    "EXTERNAL",
    "ANONYMOUS",
];

/// How many of them, from the front, are tried if none is asked for.
const USUAL: usize = 6;

/// The mechanism that was asked for, or the usual ones.
///
/// # Errors
///
/// The name or the password is none that a mechanism could say.
pub fn candidates(
    wanted: Option<&str>,
    credentials: &PlainCredentials,
    offered: &Capabilities,
    channel: Option<&ChannelBinding>,
) -> Result<Candidates, AuthFault> {
    let names = match wanted {
        Some(name) => std::slice::from_ref(name_of(name)),
        None => MECHANISMS.get(..USUAL).unwrap_or_default(),
    };
    let mut candidates = Candidates::new();
    for name in names {
        let own = || credentials.clone();
        let token = || {
            let user = credentials.authentication();
            BearerCredentials::new(user, credentials.password().expose())
        };
        candidates = match *name {
            "PLAIN" => candidates.with(Plain::new(own())),
            "LOGIN" => candidates.with(Login::new(own())),
            "CRAM-MD5" => candidates.with(CramMd5::new(own())),
            "OAUTHBEARER" => candidates.with(OauthBearer::new(token()?)),
            "XOAUTH2" => candidates.with(Xoauth2::new(token()?)),
            "EXTERNAL" => candidates.with(External::new()),
            "ANONYMOUS" => candidates.with(Anonymous::new(credentials.authentication())?),
            name => {
                let is_plus = name.ends_with("-PLUS");
                let hash = if name.contains("-256") {
                    Hash::Sha256
                } else {
                    Hash::Sha1
                };
                let is_plus_offered = offered.offers_mechanism(hash.name(true).as_str());
                match binding(is_plus, is_plus_offered, channel) {
                    Some(binding) => candidates.with(scram(hash, binding, credentials)?),
                    None => candidates,
                }
            }
        };
    }
    Ok(candidates)
}

/// What is said of channel binding (RFC 5802 section 6); `None` if the mechanism cannot be.
fn binding(
    is_plus: bool,
    is_plus_offered: bool,
    channel: Option<&ChannelBinding>,
) -> Option<Binding> {
    match (is_plus, channel) {
        (true, channel) => channel.cloned().map(Binding::Used),
        (false, Some(_)) if !is_plus_offered => Some(Binding::NotOffered),
        (false, _) => Some(Binding::Unsupported),
    }
}

fn scram(hash: Hash, binding: Binding, credentials: &PlainCredentials) -> Result<Scram, AuthFault> {
    let nonce = Password::random().map_err(|_| AuthFault::Nonce)?;
    let nonce = nonce.expose().to_owned();
    Client::new(hash, binding, credentials, nonce, Iterations::default()).map(Scram::new)
}

/// The name as it is spelled here.
fn name_of(name: &str) -> &'static &'static str {
    let known = MECHANISMS.iter().find(|it| it.eq_ignore_ascii_case(name));
    // What else was asked for was refused with the arguments.
    known.unwrap_or(&"PLAIN")
}
