//! AUTH: with the credentials that were given, or not at all.

use mailwire_smtp_proto::auth::client::{
    Anonymous, Candidates, CramMd5, External, Login, OauthBearer, Plain, Scram, Xoauth2,
};
use mailwire_smtp_proto::auth::scram::{Binding, ChannelBinding, Client, Hash, Iterations};
use mailwire_smtp_proto::auth::{AuthFault, BearerCredentials, MechanismName, PlainCredentials};
use mailwire_smtp_proto::client::{CommandId, NoMechanism, NotNow};
use mailwire_smtp_proto::table::Outcome;
use tokio::io::{AsyncRead, AsyncWrite};

use super::dialogue::{About, Dialogue, Heard};
use super::failure::Failure;
use crate::users::Password;

/// The mechanisms that can be asked for by name.
pub(crate) const MECHANISMS: [&str; 11] = [
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

impl<S: AsyncRead + AsyncWrite + Unpin> Dialogue<'_, '_, S> {
    /// Logs in, if credentials were given. If that cannot be, nothing is sent: a message of a
    /// stranger is another message.
    pub(super) async fn login(&mut self) -> Result<(), Failure> {
        let Some(credentials) = &self.delivery.prepared.credentials else {
            return Ok(());
        };
        let candidates = self.candidates(credentials).map_err(|fault| {
            let remedy = format!("--user and --password cannot be sent so: {fault}.");
            Failure::local("credentials_invalid", remedy)
        })?;
        let said = self.connection.auth(candidates);
        self.said_auth(said)?;
        let mut heard = self.exchange().await?;
        // The next one, where the server has said that it may be.
        while heard.is_rejected() {
            match self.connection.auth_next() {
                Err(NotNow::NoFallback) => break,
                said => self.said_auth(said)?,
            }
            heard = self.exchange().await?;
        }
        match heard.about {
            About::Command(_, Outcome::Accepted) => {
                self.delivery.record.authenticated = true;
                Ok(())
            }
            _ => Err(self.refused("auth_rejected", &heard)),
        }
    }

    /// The challenges of one mechanism, to the reply that is none.
    async fn exchange(&mut self) -> Result<Heard, Failure> {
        loop {
            let heard = self.hear().await?;
            if heard.about != About::Challenge {
                return Ok(heard);
            }
            match self.connection.auth_response() {
                Err(NotNow::Auth(fault)) => {
                    self.delivery.transcript.note(fault);
                    let said = self.connection.auth_cancel();
                    self.said("*", said)?;
                }
                said => {
                    self.said("(response not shown)", said)?;
                }
            }
        }
    }

    fn said_auth(&self, said: Result<CommandId, NotNow>) -> Result<(), Failure> {
        match said {
            Err(NotNow::NoMechanism(sets)) => match sets.refusal {
                Some(refusal) => Err(refusal.into()),
                None => Err(no_usable_mechanism(&sets)),
            },
            said => {
                let name = self.connection.session().mechanism();
                let name = name.map_or("", MechanismName::as_str);
                let command = format!("AUTH {name} (response not shown)");
                self.said(command, said).map(drop)
            }
        }
    }

    fn candidates(&self, credentials: &PlainCredentials) -> Result<Candidates, AuthFault> {
        let session = self.connection.session();
        let is_offered = |name: &str| session.capabilities().offers_mechanism(name);
        let wanted = self.delivery.plan.mechanism.as_deref();
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
                    let is_plus_offered = is_offered(hash.name(true).as_str());
                    match binding(is_plus, is_plus_offered, self.channel.as_ref()) {
                        Some(binding) => candidates.with(scram(hash, binding, credentials)?),
                        None => candidates,
                    }
                }
            };
        }
        Ok(candidates)
    }
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

fn no_usable_mechanism(sets: &NoMechanism) -> Failure {
    let list = |names: &[mailwire_smtp_proto::auth::MechanismNameBuf]| {
        let names: Vec<&str> = names.iter().map(|it| it.borrow().as_str()).collect();
        names.join(", ")
    };
    let own = list(&sets.allowed);
    let remedy = if sets.offered.is_empty() {
        format!(
            "The server offers no AUTH here (this program would take {own}). Use its submission \
             port: 465 with --tls implicit, or 587 with --tls starttls; port 25 offers no login."
        )
    } else {
        format!(
            "The server offers {}; this program would take {own}, and was given {}. Switch one of \
             these on at the server, or name another by --mechanism.",
            list(&sets.offered),
            list(&sets.configured)
        )
    };
    Failure::local("no_usable_mechanism", remedy)
}
