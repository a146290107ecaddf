//! AUTH: with the credentials that were given, or not at all.

use mailwire_smtp_proto::auth::Mechanism;
use mailwire_smtp_proto::client::{CommandId, Extension, NotNow};
use mailwire_smtp_proto::table::Outcome;
use tokio::io::{AsyncRead, AsyncWrite};

use super::dialogue::{About, Dialogue};
use super::failure::Failure;

impl<S: AsyncRead + AsyncWrite + Unpin> Dialogue<'_, '_, S> {
    /// Logs in, if credentials were given. If that cannot be, nothing is sent: a message of a
    /// stranger is another message.
    pub(super) async fn login(&mut self) -> Result<(), Failure> {
        let Some(credentials) = &self.delivery.prepared.credentials else {
            return Ok(());
        };
        let said = self.connection.auth_plain(credentials);
        self.said_auth("AUTH PLAIN (response not shown)", said)?;
        let mut heard = self.hear().await?;
        if heard.about == About::Challenge {
            let said = self.connection.auth_plain_response(credentials);
            self.said_auth("(response not shown)", said)?;
            heard = self.hear().await?;
        }
        // PLAIN has one message (RFC 4616 section 2): to ask again is to ask for another mechanism.
        if heard.about == About::Challenge {
            let said = self.connection.auth_cancel();
            self.said("*", said)?;
            heard = self.hear().await?;
        }
        match heard.about {
            About::Command(_, Outcome::Accepted) => {
                self.delivery.record.authenticated = true;
                Ok(())
            }
            _ => Err(self.refused("auth_rejected", &heard)),
        }
    }

    fn said_auth(
        &self,
        command: &'static str,
        said: Result<CommandId, NotNow>,
    ) -> Result<(), Failure> {
        match said {
            Err(NotNow::NotOffered(Extension::Mechanism(_))) => Err(self.no_usable_mechanism()),
            said => self.said(command, said).map(drop),
        }
    }

    fn no_usable_mechanism(&self) -> Failure {
        let capabilities = self.connection.session().capabilities();
        let offered: Vec<&str> = capabilities.auth().map(|it| it.as_str()).collect();
        let own = Mechanism::Plain.as_str();
        let remedy = if offered.is_empty() {
            format!(
                "The server offers no AUTH here (this program speaks {own}). Use its submission \
                 port: 465 with --tls implicit, or 587 with --tls starttls; port 25 offers no login."
            )
        } else {
            format!(
                "The server offers {}; this program speaks {own}, and is allowed to here. Switch \
                 {own} on at the server.",
                offered.join(", ")
            )
        };
        Failure::local("no_usable_mechanism", remedy)
    }
}
