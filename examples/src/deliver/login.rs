//! AUTH: with the credentials that were given, or not at all.

use mailwire_smtp_proto::auth::MechanismName;
use mailwire_smtp_proto::client::{CommandId, NoMechanism, NotNow};
use mailwire_smtp_proto::table::Outcome;
use tokio::io::{AsyncRead, AsyncWrite};

use super::dialogue::{About, Dialogue, Heard};
use super::failure::Failure;
use crate::candidates::candidates;

impl<S: AsyncRead + AsyncWrite + Unpin> Dialogue<'_, '_, S> {
    /// Logs in, if credentials were given. If that cannot be, nothing is sent: a message of a
    /// stranger is another message.
    pub(super) async fn login(&mut self) -> Result<(), Failure> {
        let Some(credentials) = &self.delivery.prepared.credentials else {
            return Ok(());
        };
        let wanted = self.delivery.plan.mechanism.as_deref();
        let offered = self.connection.session().capabilities();
        let candidates = candidates(wanted, credentials, offered, self.channel.as_ref());
        let candidates = candidates.map_err(|fault| {
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
