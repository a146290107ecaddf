//! The server session over a tokio stream.

use std::sync::Arc;

use bytes::BytesMut;
use mailwire_tls_policy::Channel;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep_until};

use super::ConnectionError;
use super::buffers::{Buffers, Read, Room, now};
use super::transcript::Transcript;
use crate::error::Misuse;
use crate::peer::Peer;
use crate::server::{
    Ask, Config, Decision, Error, Event, Need, Pending, Pregreeting, Session, TlsUpgrade, ask,
};
use crate::table::Phase;
use crate::timer::{Deadline, Timer};

/// One client's connection.
///
/// ```no_run
/// # use std::sync::Arc;
/// # use mailwire_smtp_proto::{policy::Channel, peer::Peer, server::{Admission, Config, Decision, Event, Verdict}};
/// # use mailwire_smtp_proto::tokio_io::server::Connection;
/// # async fn serve(config: Arc<Config>, stream: tokio::io::DuplexStream) -> Result<(), Box<dyn std::error::Error>> {
/// let mut connection = Connection::accept(stream, config, Peer::local(), Channel::Plain);
/// loop {
///     match connection.next().await? {
///         Event::Hello { pending, .. } => connection.answer(pending, Admission::Accept)?,
///         Event::Mail { pending, .. } => connection.answer(pending, Decision::Accept)?,
///         Event::Rcpt { pending, .. } => connection.answer(pending, Decision::Accept)?,
///         Event::Data { pending } => connection.answer(pending, Admission::Accept)?,
///         Event::Content(octets) => println!("{} octets", octets.len()),
///         Event::Message { pending, .. } => connection.answer(pending, Decision::Accept.into())?,
///         Event::Closed(_) => return Ok(connection.close().await?),
///         _ => {}
///     }
/// }
/// # }
/// ```
#[derive(Debug)]
pub struct Connection<S> {
    buffers: Buffers<S>,
    session: Session,
    transcript: Transcript,
    /// Whether the session has something to do with what is there, and nobody has touched it since it said so.
    is_ready: bool,
}

/// Why a server's connection failed.
pub type ServerError = ConnectionError<Error>;

impl From<Error> for ServerError {
    fn from(error: Error) -> Self {
        Self::Session(error)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// Greets a client. On a port with implicit TLS, `stream` is the stream after the handshake.
    pub fn accept(stream: S, config: Arc<Config>, peer: Peer, channel: Channel) -> Self {
        let mut output = BytesMut::new();
        let session = Session::new(config, peer, channel, now(), &mut output);
        Self {
            buffers: Buffers::new(stream, output),
            session,
            transcript: Transcript::default(),
            is_ready: false,
        }
    }

    /// Greets a client, but not before [`Timeouts::pregreeting`] has passed: a program that does not
    /// wait for its turn shows it now, and [`Config::early_talk`] says what becomes of it.
    ///
    /// [`Timeouts::pregreeting`]: crate::timer::Timeouts::pregreeting
    ///
    /// # Cancel safety
    ///
    /// The stream is gone with the future.
    ///
    /// # Errors
    ///
    /// The stream failed.
    pub async fn accept_late(
        stream: S,
        config: Arc<Config>,
        peer: Peer,
        channel: Channel,
    ) -> Result<Self, ServerError> {
        let waiting = Pregreeting::new(config, peer, channel, now());
        let mut buffers = Buffers::new(stream, BytesMut::new());
        // An octet, the end of the time, or of the input, which is met again later.
        buffers.exchange(waiting.deadline(), Room::Lines).await?;
        let Buffers { input, output, .. } = &mut buffers;
        let session = waiting.greet(input, now(), output);
        Ok(Self {
            buffers,
            session,
            transcript: Transcript::default(),
            is_ready: false,
        })
    }

    /// Goes on after a handshake. No octet that was read before it is here.
    pub fn resume(stream: S, upgrade: TlsUpgrade, channel: Channel) -> Self {
        let session = upgrade.complete(channel, now());
        Self {
            buffers: Buffers::new(stream, BytesMut::new()),
            session,
            transcript: Transcript::default(),
            is_ready: false,
        }
    }

    /// Has `write` called with each line of the dialogue from now on, `C: ` or `S: ` before it,
    /// secrets left out as [`transcript`](crate::transcript) says and content only counted.
    #[must_use]
    pub fn with_transcript(mut self, write: impl FnMut(&str) + Send + 'static) -> Self {
        self.transcript = Transcript::to(Box::new(write));
        self.transcript.said(&self.buffers.output, 0);
        self
    }

    /// Waits until [`next`](Self::next) has an event, writing what has to leave meanwhile.
    ///
    /// It borrows nothing when it is done, so it is the one to put beside another future, such as
    /// the word to stop.
    ///
    /// # Cancel safety
    ///
    /// The future may be dropped at any point and called again; nothing is lost.
    ///
    /// # Errors
    ///
    /// The stream failed, or the peer closed in the middle of a message. While a question is
    /// unanswered this waits for as long as the session does, which then is over with 421.
    pub async fn ready(&mut self) -> Result<(), ServerError> {
        if self.is_ready {
            return Ok(());
        }
        self.buffers.drop_consumed();
        loop {
            match self
                .session
                .need(&self.buffers.input, now(), &self.buffers.output)
            {
                Need::Nothing => break,
                Need::Answer => {
                    self.flush().await?;
                    // A token that was lost ends the session when the time for it has run out.
                    if let Some(deadline) = self.session.deadline() {
                        sleep_until(Instant::from_std(deadline.at)).await;
                        self.pass_deadline();
                    } else {
                        return Err(Error::Misuse(Misuse::AnswerAwaited).into());
                    }
                }
                Need::Flush => self.flush().await?,
                Need::Input => {
                    let room = match self.session.phase() {
                        Phase::Content | Phase::Chunk => Room::Content,
                        _ => Room::Lines,
                    };
                    let deadline = self.session.deadline();
                    match self.buffers.exchange(deadline, room).await? {
                        Read::Nothing | Read::Octets => {}
                        Read::End => self.session.end_of_input()?,
                        Read::Late => self.pass_deadline(),
                    }
                }
            }
        }
        if self.session.is_closed() {
            self.flush().await?;
        }
        self.is_ready = true;
        Ok(())
    }

    /// The next event. [`Event::Handled`] and the like want nothing done.
    ///
    /// After [`Event::Closed`] all output has been written; call [`close`](Self::close).
    ///
    /// # Cancel safety
    ///
    /// As [`ready`](Self::ready).
    ///
    /// # Errors
    ///
    /// As [`ready`](Self::ready).
    pub async fn next(&mut self) -> Result<Event<'_>, ServerError> {
        self.ready().await?;
        self.is_ready = false;
        let Buffers {
            input,
            output,
            consumed,
            ..
        } = &mut self.buffers;
        let (listening, before) = (self.session.listening(), output.len());
        let step = self.session.advance(input, now(), output)?;
        let taken = input.get(..step.consumed).unwrap_or_default();
        self.transcript.heard(listening, taken, step.event.as_ref());
        self.transcript.said(output, before);
        // What the event borrows goes when the next one is asked for.
        *consumed = step.consumed;
        Ok(step.event.unwrap_or(Event::Handled))
    }

    /// Answers a question. The reply leaves with the next [`next`](Self::next) that has to wait,
    /// or with [`flush`](Self::flush).
    ///
    /// # Errors
    ///
    /// As [`Session::answer`]. If it has ended the session, [`close`](Self::close) says so to the peer.
    pub fn answer<A: Ask>(
        &mut self,
        pending: Pending<A>,
        answer: A::Answer,
    ) -> Result<(), ServerError> {
        self.is_ready = false;
        let output = &mut self.buffers.output;
        let before = output.len();
        let result = self.session.answer(pending, answer, now(), output);
        self.transcript.said(output, before);
        Ok(result?)
    }

    /// Answers for one recipient of a message, as [`answer`](Self::answer) does for all.
    ///
    /// # Errors
    ///
    /// As [`Session::answer_recipient`].
    pub fn answer_recipient(
        &mut self,
        pending: &Pending<ask::Message>,
        recipient: usize,
        decision: Decision,
    ) -> Result<(), ServerError> {
        self.is_ready = false;
        let Buffers { output, .. } = &mut self.buffers;
        let before = output.len();
        let result = self
            .session
            .answer_recipient(pending, recipient, decision, now(), output);
        self.transcript.said(output, before);
        Ok(result?)
    }

    /// Writes all output now: before a slow answer, for instance.
    ///
    /// # Cancel safety
    ///
    /// What was not written stays in the buffer.
    ///
    /// # Errors
    ///
    /// The stream failed, or the peer takes nothing for longer than the session waits.
    pub async fn flush(&mut self) -> Result<(), ServerError> {
        let deadline = self.write_deadline();
        Ok(self.buffers.flush(deadline).await?)
    }

    /// Says 220 to STARTTLS and hands over stream and session for the handshake; go on with
    /// [`resume`](Self::resume). The token's drop, or an error here, ends the connection.
    ///
    /// # Cancel safety
    ///
    /// The stream is gone with the future.
    ///
    /// # Errors
    ///
    /// Octets have arrived in clear behind the command: the peer has been told, and the stream is
    /// closed.
    pub async fn start_tls(
        mut self,
        pending: Pending<ask::StartTls>,
    ) -> Result<(S, TlsUpgrade), ServerError> {
        self.buffers.drop_consumed();
        let deadline = self.session.deadline();
        let Buffers { input, output, .. } = &mut self.buffers;
        let before = output.len();
        let timeouts = self.session.config().timeouts;
        let upgrade = self.session.start_tls(pending, input, now(), output);
        self.transcript.said(output, before);
        self.buffers.flush(deadline).await?;
        match upgrade {
            Ok(upgrade) => Ok((self.buffers.stream, upgrade)),
            Err(error) => {
                self.buffers.shut_down(timeouts).await?;
                Err(error.into())
            }
        }
    }

    /// Has the session end because the server stops, as [`Session::shut_down`] does: with 421 now, or
    /// when the transaction that is under way is over. Go on with [`next`](Self::next) until
    /// [`Event::Closed`].
    ///
    /// # Cancel safety
    ///
    /// The session is told at the first poll; what was not written stays in the buffer, and leaves with the next
    /// future.
    ///
    /// # Errors
    ///
    /// The stream failed.
    pub async fn shut_down(&mut self) -> Result<(), ServerError> {
        self.stop(Session::shut_down).await
    }

    /// The same for one that has had its time, as [`Session::shut_down_now`] does: a client in a transaction is
    /// told as well. Go on with [`close`](Self::close).
    ///
    /// # Cancel safety
    ///
    /// As [`shut_down`](Self::shut_down).
    ///
    /// # Errors
    ///
    /// The stream failed.
    pub async fn shut_down_now(&mut self) -> Result<(), ServerError> {
        self.stop(Session::shut_down_now).await
    }

    async fn stop(&mut self, how: fn(&mut Session, &mut BytesMut)) -> Result<(), ServerError> {
        self.is_ready = false;
        let output = &mut self.buffers.output;
        let before = output.len();
        how(&mut self.session, output);
        self.transcript.said(output, before);
        self.flush().await
    }

    /// Writes what is left and closes the stream for writing (a TLS stream says `close_notify`).
    ///
    /// # Cancel safety
    ///
    /// The future may be dropped and called again.
    ///
    /// # Errors
    ///
    /// The stream failed.
    pub async fn close(&mut self) -> Result<(), ServerError> {
        self.flush().await?;
        let timeouts = self.session.config().timeouts;
        Ok(self.buffers.shut_down(timeouts).await?)
    }

    fn pass_deadline(&mut self) {
        let output = &mut self.buffers.output;
        let before = output.len();
        self.session.handle_timeout(now(), output);
        self.transcript.said(output, before);
    }

    /// Until when a peer may take output: as long as the session waits for it, and after its end
    /// as long as for a command.
    fn write_deadline(&self) -> Option<Deadline> {
        let timeouts = &self.session.config().timeouts;
        self.session
            .deadline()
            .or_else(|| timeouts.deadline(Timer::Command, now()))
    }
}

impl<S> Connection<S> {
    /// Tells what mechanisms of AUTH may build on; see [`Session::attest`].
    pub fn attest(&mut self, known: crate::auth::server::Connection) {
        self.session.attest(known);
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
