//! The delivery of a message over a tokio stream.

use std::io;

use mailwire_tls_policy::Channel;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};

use super::buffers::{Buffers, Read, Room, now};
use super::transcript::Transcript;
use crate::auth::client::Candidates;
use crate::client::NotNow;
use crate::delivery::{Delivery, Handshake, Kept, Outcome, PIECE, Want};
use crate::reply::ReplyLines;
use crate::table::Phase;
use crate::timer::Timer;

/// What the embedder is to do. Deliberately exhaustive.
#[derive(Clone, Copy, Debug)]
pub enum Turn<'d> {
    /// Nothing. The reply that was read, if one was, is to be shown to people; what it means is dealt
    /// with already.
    Nothing(Option<ReplyLines<'d>>),
    /// To log in, by [`login`](Delivering::login).
    Login,
    /// To do a handshake between [`into_tls`](Delivering::into_tls) and [`new`](Delivering::new).
    Handshake,
    /// To say the content: by [`send`](Delivering::send), or a piece by
    /// [`content`](Delivering::content), and the last by [`last_content`](Delivering::last_content).
    Content,
    /// To [`finish`](Delivering::finish): it is over.
    End,
}

/// A [`Delivery`] with its stream.
///
/// ```no_run
/// # use mailwire_smtp_proto::delivery::{Delivery, Outcome};
/// # use mailwire_smtp_proto::tokio_io::delivery::{Delivering, Turn};
/// # async fn deliver(delivery: Delivery, stream: tokio::io::DuplexStream, file: &[u8]) -> Outcome {
/// let mut delivering = Delivering::new(stream, delivery);
/// loop {
///     match delivering.next().await {
///         Turn::Content => delivering.send(file).await.unwrap_or_else(|error| eprintln!("{error}")),
///         // The plan has no login, and policy no TLS.
///         Turn::Login | Turn::Handshake | Turn::Nothing(_) => {}
///         Turn::End => return delivering.finish().await.outcome,
///     }
/// }
/// # }
/// ```
#[derive(Debug)]
pub struct Delivering<S> {
    buffers: Buffers<S>,
    delivery: Delivery,
    want: Want,
    transcript: Transcript,
    error: Option<io::Error>,
}

/// What a delivery came to.
#[derive(Debug)]
#[non_exhaustive]
pub struct Finished<S> {
    /// What became of the message.
    pub outcome: Outcome,
    /// Why the stream failed, if that is what ended it; the outcome then only has that it did.
    pub error: Option<io::Error>,
    /// The stream with its session, if another message may go over it
    /// ([`Delivery::again`]). Otherwise the stream has been closed.
    pub kept: Option<(S, Kept)>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Delivering<S> {
    /// A delivery over its stream. With implicit TLS, and behind STARTTLS, that is the stream after the
    /// handshake.
    pub fn new(stream: S, delivery: Delivery) -> Self {
        Self {
            buffers: Buffers::hearing_out(stream),
            delivery,
            want: Want::Nothing,
            transcript: Transcript::default(),
            error: None,
        }
    }

    /// Has `write` called with each line of the dialogue from now on, as
    /// [`server::Connection::with_transcript`](super::server::Connection::with_transcript) has.
    #[must_use]
    pub fn with_transcript(mut self, write: impl FnMut(&str) + Send + 'static) -> Self {
        self.transcript = Transcript::to(Box::new(write));
        self
    }

    /// Goes on until it is the embedder's turn, or a reply was read. What fails is in the outcome.
    ///
    /// # Cancel safety
    ///
    /// The future may be dropped at any point and `next` called again; nothing is lost.
    pub async fn next(&mut self) -> Turn<'_> {
        self.buffers.drop_consumed();
        loop {
            match self.want {
                Want::Nothing => break,
                Want::Input => self.exchange().await,
                Want::Flush => self.flush().await,
                Want::Login => return Turn::Login,
                Want::Content => return Turn::Content,
                Want::Handshake => return Turn::Handshake,
                Want::End => return Turn::End,
            }
        }
        let Buffers {
            input,
            output,
            consumed,
            ..
        } = &mut self.buffers;
        let before = output.len();
        let step = self.delivery.advance(input, now(), output);
        self.want = step.want;
        *consumed = step.consumed;
        let heard = input.get(..step.consumed).unwrap_or_default();
        self.transcript.said(heard, 0);
        // A challenge is answered at once, and by a secret.
        let is_challenge = step.reply.is_some_and(|it| it.code().value() == 334);
        self.transcript.commands(output, before, is_challenge);
        Turn::Nothing(step.reply)
    }

    /// Logs in with the strongest of the candidates that will do, after [`Turn::Login`].
    pub fn login(&mut self, candidates: Candidates) {
        let output = &mut self.buffers.output;
        let before = output.len();
        self.delivery.login(candidates, now(), output);
        self.transcript.commands(output, before, false);
        self.want = Want::Nothing;
    }

    /// Says all that the source has as the content, and its end, after [`Turn::Content`]; less if the
    /// server refuses meanwhile.
    ///
    /// # Cancel safety
    ///
    /// None: what was read and not said is lost. A delivery whose `send` was dropped is to be dropped.
    ///
    /// # Errors
    ///
    /// The source failed. The message is not delivered, and it is over ([`Delivery::abandon`]).
    pub async fn send(&mut self, mut source: impl AsyncRead + Unpin) -> io::Result<()> {
        let mut piece = vec![0; PIECE];
        loop {
            let read = match fill(&mut source, &mut piece).await {
                Ok(read) => read,
                Err(error) => {
                    self.abandon();
                    return Err(error);
                }
            };
            let said = piece.get(..read).unwrap_or_default();
            let is_last = read < PIECE;
            // It is not the content's turn while a chunk's reply is missing, or there is a refusal.
            while self.say(said, is_last).await.is_err() {
                if !self.until_content().await {
                    return Ok(());
                }
            }
            if is_last {
                return Ok(());
            }
        }
    }

    /// Says a piece of the content, after [`Turn::Content`], and waits while more than a buffer of it is
    /// unsent.
    ///
    /// # Cancel safety
    ///
    /// A piece is said when the future is first polled, and stays in the buffer.
    ///
    /// # Errors
    ///
    /// As [`Delivery::content`]: nothing was said; call [`next`](Self::next), and say it again if that
    /// gives [`Turn::Content`].
    pub async fn content(&mut self, piece: &[u8]) -> Result<(), NotNow> {
        self.buffers.drop_consumed();
        let is_chunk = self.delivery.session().phase() != Phase::Content;
        let Buffers { input, output, .. } = &mut self.buffers;
        let before = output.len();
        let said = self.delivery.content(piece, input, now(), output);
        if is_chunk {
            self.transcript.chunk(output, before);
        } else {
            self.transcript.content(output.len() - before, false);
        }
        self.want = Want::Nothing;
        said?;
        if self.buffers.output.len() > self.delivery.session().config().limits.unsent_output {
            self.flush().await;
        }
        Ok(())
    }

    /// Says the last piece of the content and its end, after [`Turn::Content`].
    ///
    /// # Errors
    ///
    /// As [`content`](Self::content).
    pub fn last_content(&mut self, piece: &[u8]) -> Result<(), NotNow> {
        self.buffers.drop_consumed();
        let is_chunk = self.delivery.session().phase() != Phase::Content;
        let Buffers { input, output, .. } = &mut self.buffers;
        let before = output.len();
        let said = self.delivery.last_content(piece, input, now(), output);
        if is_chunk {
            self.transcript.chunk(output, before);
        } else if said.is_ok() {
            self.transcript.content(output.len() - before, true);
        }
        self.want = Want::Nothing;
        said
    }

    /// Says the end of the content, after [`Turn::Content`].
    ///
    /// # Errors
    ///
    /// As [`content`](Self::content).
    pub fn end_of_content(&mut self) -> Result<(), NotNow> {
        self.last_content(b"")
    }

    /// Gives up where it is the embedder's turn; see [`Delivery::abandon`].
    pub fn abandon(&mut self) {
        self.delivery.abandon();
        self.want = Want::Nothing;
    }

    /// Gives up the delivery for the TLS handshake, after [`Turn::Handshake`]. Go on with
    /// [`Handshake::complete`] and [`new`](Self::new).
    ///
    /// # Errors
    ///
    /// The outcome, if octets have come in clear behind the reply to STARTTLS. The stream is dropped.
    pub fn into_tls(mut self) -> Result<(S, Handshake), Outcome> {
        self.buffers.drop_consumed();
        let handshake = self.delivery.into_tls(&self.buffers.input, now())?;
        Ok((self.buffers.stream, handshake))
    }

    /// What the delivery came to, after [`Turn::End`]. Closes the stream if no other message may go over
    /// it. Of what is unsent nothing is written: the outcome counts on that.
    ///
    /// # Cancel safety
    ///
    /// The outcome is gone with the future, and the stream.
    pub async fn finish(mut self) -> Finished<S> {
        let timeouts = self.delivery.session().config().timeouts;
        let (outcome, session) = self.delivery.into_parts();
        let mut kept = None;
        match session {
            Some(session) => kept = Some((self.buffers.stream, session)),
            None => {
                // Nothing depends on it any more.
                let _ = self.buffers.shut_down(timeouts).await;
            }
        }
        Finished {
            outcome,
            error: self.error,
            kept,
        }
    }

    /// Reads, and writes what is unsent.
    async fn exchange(&mut self) {
        let deadline = self.delivery.deadline(&self.buffers.output);
        let read = self.buffers.exchange(deadline, Room::Lines).await;
        self.have_read(read);
    }

    async fn flush(&mut self) {
        let timeouts = &self.delivery.session().config().timeouts;
        let deadline = timeouts.deadline(Timer::DataBlock, now());
        let read = self.buffers.drain(deadline).await;
        self.have_read(read);
    }

    fn have_read(&mut self, read: io::Result<Read>) {
        self.want = Want::Nothing;
        match read {
            Ok(Read::Nothing | Read::Octets) => {}
            Ok(Read::End) => self.delivery.end_of_input(&self.buffers.output),
            Ok(Read::Late) => self.delivery.handle_timeout(now(), &self.buffers.output),
            Err(error) => self.fail(error),
        }
    }

    fn fail(&mut self, error: io::Error) {
        if error.kind() == io::ErrorKind::TimedOut {
            self.delivery.handle_timeout(now(), &self.buffers.output);
        }
        self.delivery.end_of_input(&self.buffers.output);
        self.error = Some(error);
    }

    async fn say(&mut self, piece: &[u8], is_last: bool) -> Result<(), NotNow> {
        if is_last {
            self.last_content(piece)
        } else {
            self.content(piece).await
        }
    }

    /// Whether it is the content's turn again, once everything that has come in is dealt with.
    async fn until_content(&mut self) -> bool {
        loop {
            match self.next().await {
                Turn::Nothing(_) => {}
                Turn::Content => return true,
                Turn::Login | Turn::Handshake | Turn::End => return false,
            }
        }
    }
}

impl<S> Delivering<S> {
    /// The delivery, to look at.
    pub const fn delivery(&self) -> &Delivery {
        &self.delivery
    }

    /// The stream, to look at.
    pub const fn stream(&self) -> &S {
        &self.buffers.stream
    }

    /// What protects the channel.
    pub const fn channel(&self) -> Channel {
        self.delivery.session().channel()
    }
}

/// Reads until the piece is full or there is no more.
async fn fill(source: &mut (impl AsyncRead + Unpin), piece: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = piece.get_mut(filled..).filter(|it| !it.is_empty()) {
        match source.read(rest).await? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}
