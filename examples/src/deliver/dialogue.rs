//! One session with the server: its steps before a message, and its end.

use std::fmt::Display;
use std::net::IpAddr;
use std::time::Duration;

use mailwire_smtp_proto::auth::scram::ChannelBinding;
use mailwire_smtp_proto::client::{CommandId, Event, NotNow};
use mailwire_smtp_proto::host::HelloName;
use mailwire_smtp_proto::policy::outbound::{Step, TlsMode, start_tls};
use mailwire_smtp_proto::table::Outcome;
use mailwire_smtp_proto::tokio_io::client::Connection;
use mailwire_smtp_proto::verb::Verb;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

use super::Delivery;
use super::failure::Failure;
use super::record::reply_report;
use crate::client_session::address_literal;
use crate::report::ReplyReport;

/// How long the reply to QUIT is waited for. It decides nothing.
const FAREWELL: Duration = Duration::from_secs(5);

/// A session over one stream. After STARTTLS there is another one over another stream.
#[derive(Debug)]
pub(super) struct Dialogue<'d, 'a, S> {
    pub(super) delivery: &'d mut Delivery<'a>,
    pub(super) connection: Connection<S>,
    /// This end's address.
    local: IpAddr,
    /// What identifies the TLS channel, if there is one that can be identified.
    pub(super) channel: Option<ChannelBinding>,
}

/// How things go on after EHLO.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Over the channel as it is.
    GoOn,
    /// With a handshake; the server has said 220 to STARTTLS.
    StartTls,
}

/// A reply with what it is about, free of the connection it was read from.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) id: Option<CommandId>,
    pub(super) about: About,
    pub(super) reply: ReplyReport,
}

impl Heard {
    /// Whether a command was refused, and the session goes on.
    pub(super) const fn is_rejected(&self) -> bool {
        matches!(self.about, About::Command(_, Outcome::Rejected))
    }
}

/// What a reply is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// The connection, or a command but for those below.
    Command(Option<Verb>, Outcome),
    /// AUTH, which goes on.
    Challenge,
    /// The message, for one recipient (LMTP) or for all of them.
    Verdict(Option<CommandId>),
    /// The end of the session: 421.
    Closing,
}

impl<'d, 'a, S: AsyncRead + AsyncWrite + Unpin> Dialogue<'d, 'a, S> {
    pub(super) fn new(
        delivery: &'d mut Delivery<'a>,
        connection: Connection<S>,
        local: IpAddr,
    ) -> Self {
        Self {
            delivery,
            connection,
            local,
            channel: None,
        }
    }

    /// Over a channel that can be identified.
    pub(super) fn over(mut self, channel: Option<ChannelBinding>) -> Self {
        self.channel = channel;
        self
    }

    /// From the greeting to the end, over a stream that has TLS or gets none.
    pub(super) async fn in_full(mut self) -> Result<(), Failure> {
        let begun = match self.greeting().await {
            Ok(()) => self.hello().await,
            refused => refused,
        };
        self.after(begun).await
    }

    /// From EHLO to the end, after STARTTLS.
    pub(super) async fn again(mut self) -> Result<(), Failure> {
        let begun = self.hello().await;
        self.after(begun).await
    }

    /// From the greeting to where a handshake may come. What ends it there has been said QUIT to.
    pub(super) async fn until_tls(&mut self) -> Result<Next, Failure> {
        let next = self.try_until_tls().await;
        if let Err(failure) = &next {
            self.leave(failure).await;
        }
        next
    }

    /// From EHLO on to the end.
    pub(super) async fn after_hello(self) -> Result<(), Failure> {
        self.after(Ok(())).await
    }

    /// The stream, for the handshake.
    pub(super) fn into_connection(self) -> Connection<S> {
        self.connection
    }

    async fn after(mut self, begun: Result<(), Failure>) -> Result<(), Failure> {
        let ended = match begun {
            Ok(()) => self.login_and_transact().await,
            failed => failed,
        };
        match &ended {
            Ok(()) => self.quit().await,
            Err(failure) => self.leave(failure).await,
        }
        ended
    }

    async fn login_and_transact(&mut self) -> Result<(), Failure> {
        self.login().await?;
        self.transact().await
    }

    async fn try_until_tls(&mut self) -> Result<Next, Failure> {
        self.greeting().await?;
        self.hello().await?;
        let session = self.connection.session();
        let offered = session.capabilities().starttls();
        let policy = self.delivery.plan.policy;
        match start_tls(&policy, session.channel(), offered) {
            Step::Proceed => return Ok(Next::GoOn),
            Step::Abort(refusal) => return Err(refusal.into()),
            Step::StartTls => {}
        }
        let said = self.connection.start_tls();
        self.said("STARTTLS", said)?;
        let heard = self.hear().await?;
        match heard.about {
            About::Command(_, Outcome::Accepted) => Ok(Next::StartTls),
            // What was a wish alone is given up (RFC 7435 section 3); AUTH stays with policy.
            About::Command(..) if policy.tls == TlsMode::Opportunistic => {
                self.delivery
                    .transcript
                    .note("STARTTLS refused; going on in clear");
                Ok(Next::GoOn)
            }
            _ => Err(self.refused("starttls_rejected", &heard)),
        }
    }

    async fn greeting(&mut self) -> Result<(), Failure> {
        let heard = self.hear().await?;
        match heard.about {
            About::Command(_, Outcome::Accepted) => Ok(()),
            _ => Err(self.refused("greeting_rejected", &heard)),
        }
    }

    /// EHLO or LHLO; HELO for a server that does not know EHLO (RFC 5321 section 3.2).
    async fn hello(&mut self) -> Result<(), Failure> {
        let name = match &self.delivery.prepared.hello {
            Some(name) => name.clone(),
            None => address_literal(self.local).map_err(|error| {
                let remedy = format!(
                    "{} cannot be said: {error}. Give a name by --helo.",
                    self.local
                );
                Failure::local("helo_invalid", remedy)
            })?,
        };
        let name: HelloName<'_> = name.borrow();
        let verb = self.connection.session().config().dialect.hello_verb();
        let said = self.connection.hello(&name);
        self.said(format_args!("{} {name}", verb.as_str()), said)?;
        let mut heard = self.hear().await?;
        let is_unknown = matches!(heard.reply.code, 500 | 502);
        if verb == Verb::Ehlo && is_unknown {
            let said = self.connection.helo(&name);
            self.said(format_args!("HELO {name}"), said)?;
            heard = self.hear().await?;
        }
        match heard.about {
            About::Command(_, Outcome::Accepted) => Ok(()),
            _ => Err(self.refused("hello_rejected", &heard)),
        }
    }

    /// Takes the result of a command: notes it in the transcript, or says why it cannot be.
    pub(super) fn said(
        &self,
        command: impl Display,
        said: Result<CommandId, NotNow>,
    ) -> Result<CommandId, Failure> {
        let id = said?;
        self.delivery.transcript.said(command);
        Ok(id)
    }

    /// The next reply; notes it as the last one that counts.
    pub(super) async fn hear(&mut self) -> Result<Heard, Failure> {
        let heard = self.hear_aside().await?;
        self.delivery.record.note(&heard.reply);
        Ok(heard)
    }

    /// The next reply, which is not to be reported as the last one.
    pub(super) async fn hear_aside(&mut self) -> Result<Heard, Failure> {
        let Some(event) = self.connection.next().await? else {
            return Err(Failure::local(
                "internal_error",
                "This is a fault of this program: a reply is awaited that nothing asked for.",
            ));
        };
        self.delivery.transcript.heard(event.reply());
        let about = match event {
            Event::Greeting { outcome, .. } => About::Command(None, outcome),
            Event::Hello { .. } => About::Command(None, Outcome::Accepted),
            Event::Reply { verb, outcome, .. } => About::Command(Some(verb), outcome),
            Event::Challenge { .. } => About::Challenge,
            Event::Verdict { recipient, .. } => About::Verdict(recipient),
            _ => About::Closing,
        };
        Ok(Heard {
            id: event.id(),
            about,
            reply: reply_report(event.reply()),
        })
    }

    /// The server's refusal of a step, `reason`, or of everything.
    pub(super) fn refused(&self, reason: &'static str, heard: &Heard) -> Failure {
        let reason = match heard.about {
            About::Closing => "service_closing",
            _ => reason,
        };
        self.delivery.record.rejected(reason, &heard.reply)
    }

    /// Ends a dialogue that failed, with QUIT if there is somebody to say it to.
    async fn leave(&mut self, failure: &Failure) {
        if failure.leaves_a_session() {
            self.quit().await;
        }
    }

    /// QUIT, and the end of the stream. What goes wrong here changes nothing any more.
    async fn quit(&mut self) {
        if let Ok(id) = self.connection.quit() {
            let _ = self.said("QUIT", Ok(id));
            let _ = timeout(FAREWELL, self.hear_farewell()).await;
        }
        let _ = timeout(FAREWELL, self.connection.close()).await;
    }

    async fn hear_farewell(&mut self) {
        if let Ok(Some(event)) = self.connection.next().await {
            self.delivery.transcript.heard(event.reply());
        }
    }
}
