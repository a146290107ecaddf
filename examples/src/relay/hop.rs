//! A client's way to one next server: the session with it, opened when it is needed and left when that is
//! over, and the transaction in it.

use std::sync::Arc;

use mailwire_smtp_proto::command::{MailBuf, RcptBuf};
use mailwire_smtp_proto::reply::Reply;
use mailwire_smtp_proto::xclient::Identity;
use tracing::warn;

use super::{NotOpened, Relay, Upstream};

/// One next server, for one client of ours.
#[derive(Debug)]
pub struct Hop {
    relay: Arc<Relay>,
    /// Boxed: it is large, and most clients never need it.
    upstream: Option<Box<Upstream>>,
    /// Whether MAIL of this transaction was said to it, and taken.
    has_begun: bool,
    /// Recipients of this transaction that it has taken.
    accepted: usize,
}

/// So many octets a message grows by at the most when it is passed on, give or take a long name.
const TRACE: u64 = 512;

impl Hop {
    /// The way to a server that nobody has gone yet.
    #[must_use]
    pub const fn to(relay: Arc<Relay>) -> Self {
        Self {
            relay,
            upstream: None,
            has_begun: false,
            accepted: 0,
        }
    }

    /// Whether the user's identity is passed on, and demanded to be taken.
    #[must_use]
    pub fn forwards_identity(&self) -> bool {
        self.relay.forwards_identity()
    }

    /// Opens a session, as `client` if one is named, in the place of an earlier one.
    ///
    /// # Errors
    ///
    /// [`NotOpened`].
    pub async fn open(&mut self, client: Option<Identity>) -> Result<(), NotOpened> {
        self.leave().await;
        let opened = Box::pin(self.relay.open(client)).await?;
        self.upstream = Some(Box::new(opened));
        Ok(())
    }

    /// RCPT, and MAIL before the first.
    ///
    /// # Errors
    ///
    /// What to say to the client.
    pub async fn rcpt(
        &mut self,
        mail: &MailBuf,
        rcpt: &RcptBuf,
        client: Option<Identity>,
    ) -> Result<(), Reply> {
        if !self.has_begun {
            self.begin(mail, client).await?;
            self.has_begun = true;
        }
        let upstream = self.upstream.as_mut().ok_or_else(unavailable)?;
        upstream.rcpt(rcpt).await?;
        self.accepted += 1;
        Ok(())
    }

    /// MAIL. A session that was opened at the login, or for somebody else, may have been closed since; then
    /// another is opened, for nothing was said in it.
    async fn begin(&mut self, mail: &MailBuf, client: Option<Identity>) -> Result<(), Reply> {
        if self.upstream.is_none() {
            self.upstream = self.relay.waiting(client.as_ref()).await.map(Box::new);
        }
        if let Some(upstream) = self.upstream.as_mut().filter(|it| it.may_begin()) {
            match upstream.mail(mail, TRACE).await {
                Ok(()) => return Ok(()),
                Err(refusal) if upstream.may_begin() => return Err(refusal),
                Err(_) => {}
            }
        }
        if let Err(error) = self.open(client).await {
            warn!(%error, "the next server cannot be spoken to");
            return Err(not_opened(&error));
        }
        let upstream = self.upstream.as_mut().ok_or_else(unavailable)?;
        upstream.mail(mail, TRACE).await
    }

    /// Whether it has a part in this transaction.
    #[must_use]
    pub const fn is_used(&self) -> bool {
        self.accepted > 0
    }

    /// DATA, and the trace in front of the content.
    ///
    /// # Errors
    ///
    /// What to say to the client.
    pub async fn data(&mut self, trace: &str) -> Result<(), Reply> {
        let upstream = self.upstream.as_mut().ok_or_else(unavailable)?;
        upstream.data().await?;
        upstream.content(trace.as_bytes()).await;
        Ok(())
    }

    /// A piece of content. What goes wrong is told by [`end`](Self::end).
    pub async fn content(&mut self, octets: &[u8]) {
        if let Some(upstream) = self.upstream.as_mut().filter(|_| self.accepted > 0) {
            upstream.content(octets).await;
        }
    }

    /// The end of the content, and what the server says of each recipient that it has taken, in their
    /// order: its words if it has the message, what to say to the client if not.
    pub async fn end(&mut self) -> Vec<Result<String, Reply>> {
        match &mut self.upstream {
            Some(upstream) => upstream.end(self.accepted).await,
            None => vec![Err(unavailable()); self.accepted],
        }
    }

    /// Drops the transaction.
    pub async fn reset(&mut self) {
        (self.has_begun, self.accepted) = (false, 0);
        if let Some(upstream) = &mut self.upstream {
            upstream.reset().await;
            if !upstream.may_begin() {
                self.leave().await;
            }
        }
    }

    /// Takes leave, or leaves the session to whoever needs one like it.
    pub async fn leave(&mut self) {
        if let Some(mut upstream) = self.upstream.take() {
            upstream.reset().await;
            self.relay.leave(*upstream).await;
        }
    }
}

/// What the client is told of a next server that cannot be spoken to: where the fault lies, and no more.
fn not_opened(error: &NotOpened) -> Reply {
    match error {
        NotOpened::Local(_) => Reply::fixed(
            451,
            (4, 3, 5),
            "This server may not speak to the next one as that is now, try again later",
        ),
        NotOpened::Handshake(_) => Reply::fixed(
            451,
            (4, 7, 5),
            "TLS with the next server failed, try again later",
        ),
        NotOpened::Connect(_) | NotOpened::Refused(_) | NotOpened::Peer(_) | NotOpened::Ended => {
            unavailable()
        }
    }
}

/// There is no next server to speak to.
fn unavailable() -> Reply {
    Reply::fixed(
        451,
        (4, 4, 1),
        "The next server cannot be reached, try again later",
    )
}
