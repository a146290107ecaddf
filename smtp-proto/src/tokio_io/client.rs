//! The client session over a tokio stream.

use std::sync::Arc;

use mailwire_tls_policy::Channel;
use tokio::io::{AsyncRead, AsyncWrite};

use super::ConnectionError;
use super::buffers::{Buffers, Read, Room, now};
use super::transcript::Transcript;
use crate::auth::client::Candidates;
use crate::client::{CommandId, Config, Error, Event, Need, NotNow, Session, TlsUpgrade};
use crate::command::{Attributes, Custom, Etrn, TextString, Verify};
use crate::host::HelloName;
use crate::params::{MailParameters, RcptParameters};
use crate::path::{ForwardPath, ReversePath};
use crate::table::Phase;

/// A connection to one server.
///
/// Commands are said into a buffer and leave with the next [`next`](Self::next) or
/// [`flush`](Self::flush), so a group of them is one write. Both read while they write, so a server that
/// replies before it reads on keeps nobody waiting; and one that closes is heard out, since it says mostly
/// why.
#[derive(Debug)]
pub struct Connection<S> {
    buffers: Buffers<S>,
    session: Session,
    transcript: Transcript,
}

/// Why a client's connection failed.
pub type ClientError = ConnectionError<Error>;

impl From<Error> for ClientError {
    fn from(error: Error) -> Self {
        Self::Session(error)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// A connection that waits for the greeting. With implicit TLS, `stream` is the stream after
    /// the handshake.
    pub fn connect(stream: S, config: Arc<Config>, channel: Channel) -> Self {
        let session = Session::new(config, channel, now());
        Self {
            buffers: Buffers::hearing_out(stream),
            session,
            transcript: Transcript::default(),
        }
    }

    /// Goes on with a session that a [delivery](super::delivery::Finished::kept) has left open.
    pub fn with(stream: S, session: Session) -> Self {
        Self {
            buffers: Buffers::hearing_out(stream),
            session,
            transcript: Transcript::default(),
        }
    }

    /// Goes on after a handshake; EHLO comes next.
    pub fn resume(stream: S, upgrade: TlsUpgrade, channel: Channel) -> Self {
        let session = upgrade.complete(channel, now());
        Self {
            buffers: Buffers::hearing_out(stream),
            session,
            transcript: Transcript::default(),
        }
    }

    /// Has `write` called with each line of the dialogue from now on, as
    /// [`server::Connection::with_transcript`](super::server::Connection::with_transcript) has.
    #[must_use]
    pub fn with_transcript(mut self, write: impl FnMut(&str) + Send + 'static) -> Self {
        self.transcript = Transcript::to(Box::new(write));
        self
    }

    /// Writes what was said, and waits for the next reply; `None` when none is outstanding.
    ///
    /// # Cancel safety
    ///
    /// The future may be dropped at any point and `next` called again; nothing is lost.
    ///
    /// # Errors
    ///
    /// The stream failed, the server broke the protocol, or it was too slow.
    pub async fn next(&mut self) -> Result<Option<Event<'_>>, ClientError> {
        self.buffers.drop_consumed();
        loop {
            match self.session.need(&self.buffers.input, &self.buffers.output) {
                Need::Nothing => break,
                Need::Command => {
                    self.flush().await?;
                    return Ok(None);
                }
                Need::Flush => self.flush().await?,
                Need::Input => {
                    let deadline = self.session.deadline();
                    match self.buffers.exchange(deadline, Room::Lines).await? {
                        Read::Nothing | Read::Octets => {}
                        Read::End => self.session.end_of_input()?,
                        Read::Late => self.session.handle_timeout(now())?,
                    }
                }
            }
        }
        let Buffers {
            input, consumed, ..
        } = &mut self.buffers;
        let step = self.session.advance(input, now())?;
        *consumed = step.consumed;
        let heard = input.get(..step.consumed).unwrap_or_default();
        self.transcript.said(heard, 0);
        Ok(step.event)
    }

    /// Whether the server has said nothing, and has not closed, since the last reply. To be asked before a
    /// connection that has waited is gone on with: what it has said meanwhile answers nothing.
    ///
    /// # Cancel safety
    ///
    /// It does not wait; what was read stays in the buffer.
    pub async fn is_quiet(&mut self) -> bool {
        self.buffers.drop_consumed();
        self.buffers.input.is_empty() && self.buffers.has_nothing_to_read().await
    }

    /// Writes what was said; all of it, unless something comes in meanwhile that [`next`](Self::next) has
    /// to look at first.
    ///
    /// # Cancel safety
    ///
    /// What was not written stays in the buffer.
    ///
    /// # Errors
    ///
    /// The stream failed, the server has closed, or it takes nothing for as long as a block of content may
    /// take.
    pub async fn flush(&mut self) -> Result<(), ClientError> {
        let timeouts = self.session.config().timeouts;
        let deadline = timeouts.deadline(crate::timer::Timer::DataBlock, now());
        match self.buffers.drain(deadline).await? {
            Read::End => Ok(self.session.end_of_input()?),
            Read::Nothing | Read::Octets | Read::Late => Ok(()),
        }
    }

    /// Says a piece of content, and waits while more than a buffer of it is unsent.
    ///
    /// # Cancel safety
    ///
    /// A piece is said when the future is first polled, and stays in the buffer; so do not say it
    /// again after a drop, but [`flush`](Self::flush).
    ///
    /// # Errors
    ///
    /// [`NotNow`] as [`Session::content`], inside the outer result as [`flush`](Self::flush); and
    /// [`NotNow::MustWait`] if something has come in meanwhile, a refusal most likely: call
    /// [`next`](Self::next).
    pub async fn content(&mut self, content: &[u8]) -> Result<Result<(), NotNow>, ClientError> {
        self.buffers.drop_consumed();
        if !self.buffers.input.is_empty() {
            return Ok(Err(NotNow::MustWait));
        }
        let before = self.buffers.output.len();
        if let Err(not_now) = self.session.content(content, &mut self.buffers.output) {
            return Ok(Err(not_now));
        }
        self.transcript
            .content(self.buffers.output.len() - before, false);
        self.relieve().await?;
        Ok(Ok(()))
    }

    /// Says a chunk of content, and waits while more than a buffer of it is unsent. The last one is said
    /// by [`last_chunk`](Self::last_chunk).
    ///
    /// # Cancel safety
    ///
    /// As [`content`](Self::content).
    ///
    /// # Errors
    ///
    /// [`NotNow`] as [`Session::chunk`], inside the outer result as [`flush`](Self::flush).
    pub async fn chunk(
        &mut self,
        content: &[u8],
    ) -> Result<Result<Option<CommandId>, NotNow>, ClientError> {
        self.buffers.drop_consumed();
        let before = self.buffers.output.len();
        let said = self.session.chunk(content, now(), &mut self.buffers.output);
        self.transcript.chunk(&self.buffers.output, before);
        if said.is_ok() {
            self.relieve().await?;
        }
        Ok(said)
    }

    /// Waits while more than a buffer is unsent.
    async fn relieve(&mut self) -> Result<(), ClientError> {
        if self.buffers.output.len() > self.session.config().limits.unsent_output {
            self.flush().await?;
        }
        Ok(())
    }

    /// Hands over stream and session for the handshake, after the server has said 220 to STARTTLS;
    /// go on with [`resume`](Self::resume).
    ///
    /// # Errors
    ///
    /// Octets have arrived in clear behind the reply. The stream is dropped.
    pub fn into_tls(mut self) -> Result<(S, TlsUpgrade), ClientError> {
        self.buffers.drop_consumed();
        let upgrade = self.session.into_tls(&self.buffers.input, now())?;
        Ok((self.buffers.stream, upgrade))
    }

    /// Closes the stream for writing (a TLS stream says `close_notify`). What was said and not written is not
    /// written any more.
    ///
    /// # Cancel safety
    ///
    /// The future may be dropped and called again.
    ///
    /// # Errors
    ///
    /// The stream failed.
    pub async fn close(&mut self) -> Result<(), ClientError> {
        let timeouts = self.session.config().timeouts;
        Ok(self.buffers.shut_down(timeouts).await?)
    }
}

impl<S> Connection<S> {
    /// As [`Session::end_of_content`].
    ///
    /// # Errors
    ///
    /// As [`Session::end_of_content`].
    pub fn end_of_content(&mut self) -> Result<CommandId, NotNow> {
        let output = &mut self.buffers.output;
        let before = output.len();
        let said = self.session.end_of_content(now(), output)?;
        self.transcript.content(output.len() - before, true);
        Ok(said)
    }

    /// As [`Session::last_chunk`].
    ///
    /// # Errors
    ///
    /// As [`Session::last_chunk`].
    pub fn last_chunk(&mut self, content: &[u8]) -> Result<CommandId, NotNow> {
        let output = &mut self.buffers.output;
        let before = output.len();
        let said = self.session.last_chunk(content, now(), output);
        self.transcript.chunk(output, before);
        said
    }

    /// The session, to look at.
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// The stream, to look at.
    pub const fn stream(&self) -> &S {
        &self.buffers.stream
    }
}

/// The commands of the session, with the clock and the output of the connection.
macro_rules! commands {
    ($($name:ident($($argument:ident: $kind:ty),*);)*) => {
        impl<S> Connection<S> {$(
            #[doc = concat!("As [`Session::", stringify!($name), "`].")]
            ///
            /// # Errors
            ///
            #[doc = concat!("As [`Session::", stringify!($name), "`].")]
            pub fn $name(&mut self, $($argument: $kind),*) -> Result<CommandId, NotNow> {
                let is_exchange = self.session.phase() == Phase::Authenticating;
                let output = &mut self.buffers.output;
                let before = output.len();
                let said = self.session.$name($($argument,)* now(), output);
                self.transcript.commands(output, before, is_exchange);
                said
            }
        )*}
    };
}

commands! {
    hello(name: &HelloName<'_>);
    helo(name: &HelloName<'_>);
    start_tls();
    xclient(attributes: Attributes<'_>);
    xforward(attributes: Attributes<'_>);
    auth(candidates: Candidates);
    auth_response();
    auth_next();
    auth_cancel();
    mail(path: &ReversePath<'_>, parameters: &MailParameters<'_>);
    rcpt(path: &ForwardPath<'_>, parameters: &RcptParameters<'_>);
    data();
    vrfy(about: Verify<'_>);
    expn(about: Verify<'_>);
    etrn(about: Etrn<'_>);
    help(topic: Option<TextString<'_>>);
    custom(command: &Custom<'_>);
    rset();
    noop();
    quit();
}
