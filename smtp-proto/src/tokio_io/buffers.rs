//! A stream with what was read and not yet used, and what was said and not yet written.

use std::fmt;
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_util::io::poll_read_buf;

use crate::timer::{Deadline, Timeouts, Timer};

/// How much is read at once, at the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// For commands and replies: so little that it costs next to nothing to have it for one read.
    Lines = 1024,
    /// For content.
    Content = 16 * 1024,
}

/// The stream and its two buffers. Both futures are cancel safe: an octet is either in a buffer
/// or with the stream, never in a future.
pub(super) struct Buffers<S> {
    pub(super) stream: S,
    pub(super) input: BytesMut,
    pub(super) output: BytesMut,
    /// Octets at the start of `input` that an event may still borrow.
    pub(super) consumed: usize,
    /// Whether a peer that takes nothing more is heard out: its last words may say why.
    hears_out: bool,
    /// Why nothing more can be written, while such a peer is heard out.
    broken: Option<io::Error>,
    /// One for all waits: to move a timer to a later time costs much less than to have another.
    timer: Option<Pin<Box<Sleep>>>,
}

/// What a read came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// Nothing, and all output is written.
    Nothing,
    /// Some octets.
    Octets,
    /// The peer has closed its side.
    End,
    /// The deadline passed first.
    Late,
}

impl Read {
    const fn of(octets: usize) -> Self {
        if octets == 0 { Self::End } else { Self::Octets }
    }
}

/// What was received and is to be sent may hold a password, so only its length is told.
impl<S> fmt::Debug for Buffers<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffers")
            .field("input", &self.input.len())
            .field("output", &self.output.len())
            .finish_non_exhaustive()
    }
}

impl<S> Buffers<S> {
    pub(super) fn new(stream: S, output: BytesMut) -> Self {
        Self {
            stream,
            input: BytesMut::new(),
            output,
            consumed: 0,
            hears_out: false,
            broken: None,
            timer: None,
        }
    }

    /// The buffers of a client: a server that closes says mostly why, and what was being written to it
    /// then fails first.
    pub(super) fn hearing_out(stream: S) -> Self {
        Self {
            hears_out: true,
            ..Self::new(stream, BytesMut::new())
        }
    }

    /// Drops what the last step took.
    pub(super) fn drop_consumed(&mut self) {
        let consumed = std::mem::take(&mut self.consumed);
        self.input.advance(consumed.min(self.input.len()));
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Buffers<S> {
    /// Writes output and reads some more at the same time, until `deadline` at the latest.
    ///
    /// It has to be at the same time: a peer that pipelines writes on while its replies come back,
    /// and two sides that only write are two full pipes (RFC 2920 section 3.1).
    pub(super) async fn exchange(
        &mut self,
        deadline: Option<Deadline>,
        room: Room,
    ) -> io::Result<Read> {
        let exchanged = self
            .within(deadline, |it, context| it.poll_exchange(context, room))
            .await;
        match exchanged {
            Some(octets) => Ok(Read::of(octets?)),
            // A peer that takes nothing would not take a farewell either.
            None if self.output.has_remaining() => {
                let broken = self.broken.take();
                Err(broken.unwrap_or_else(|| ErrorKind::TimedOut.into()))
            }
            None => Ok(Read::Late),
        }
    }

    /// What `poll` comes to; `None` if that is not until `deadline`.
    async fn within<T>(
        &mut self,
        deadline: Option<Deadline>,
        mut poll: impl FnMut(&mut Self, &mut Context<'_>) -> Poll<T>,
    ) -> Option<T> {
        poll_fn(|context| match poll(self, context) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending => self.poll_deadline(deadline, context).map(|()| None),
        })
        .await
    }

    fn poll_deadline(&mut self, deadline: Option<Deadline>, context: &mut Context<'_>) -> Poll<()> {
        let Some(deadline) = deadline else {
            return Poll::Pending;
        };
        let at = Instant::from_std(deadline.at);
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(at)));
        if timer.deadline() != at {
            timer.as_mut().reset(at);
        }
        timer.as_mut().poll(context)
    }

    fn poll_exchange(&mut self, context: &mut Context<'_>, room: Room) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Err(error)) = self.poll_write(context) {
            return Poll::Ready(Err(error));
        }
        self.poll_read(context, room)
    }

    /// Writes output as far as the stream takes it. Of a peer that is heard out, a failure is kept.
    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.broken.is_some() {
            return Poll::Ready(Ok(()));
        }
        match self.poll_write_all(context) {
            Poll::Ready(Err(error)) if self.hears_out => {
                self.broken = Some(error);
                Poll::Ready(Ok(()))
            }
            written => written,
        }
    }

    fn poll_write_all(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { stream, output, .. } = self;
        while output.has_remaining() {
            // It is in one piece: a group of replies, or of commands, is one write.
            match Pin::new(&mut *stream).poll_write(context, output) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(written)) => output.advance(written),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => break,
            }
        }
        // A TLS stream keeps what it was given until it is flushed.
        match Pin::new(stream).poll_flush(context) {
            Poll::Ready(Ok(())) if output.has_remaining() => Poll::Pending,
            flushed => flushed,
        }
    }

    /// Gives the room of empty buffers back: most connections wait most of the time, and there are many.
    fn relinquish(&mut self) {
        for buffer in [&mut self.input, &mut self.output] {
            if buffer.is_empty() && buffer.capacity() > 0 {
                *buffer = BytesMut::new();
            }
        }
    }

    fn poll_read(&mut self, context: &mut Context<'_>, room: Room) -> Poll<io::Result<usize>> {
        self.input.reserve(room as usize);
        let read = poll_read_buf(Pin::new(&mut self.stream), context, &mut self.input);
        match read {
            // It has been heard out.
            Poll::Ready(Ok(0) | Err(_)) => match self.broken.take() {
                Some(broken) => Poll::Ready(Err(broken)),
                None => read,
            },
            Poll::Pending => {
                self.relinquish();
                read
            }
            read => read,
        }
    }

    /// Writes all output, until `deadline` at the latest, or until something is read: a peer that takes
    /// no more may have said why.
    pub(super) async fn drain(&mut self, deadline: Option<Deadline>) -> io::Result<Read> {
        let drained = self.within(deadline, |it, context| match it.poll_write(context) {
            Poll::Ready(Ok(())) if it.broken.is_none() => Poll::Ready(Ok(Read::Nothing)),
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            _ => it.poll_read(context, Room::Lines).map_ok(Read::of),
        });
        drained
            .await
            .unwrap_or_else(|| Err(ErrorKind::TimedOut.into()))
    }

    /// Whether nothing is there to be read now, neither octets nor the end of them.
    pub(super) async fn has_nothing_to_read(&mut self) -> bool {
        poll_fn(|context| Poll::Ready(self.poll_read(context, Room::Lines).is_pending())).await
    }

    /// Closes the stream for writing, for as long as a farewell may take: TLS has something to say for it.
    pub(super) async fn shut_down(&mut self, timeouts: Timeouts) -> io::Result<()> {
        let deadline = timeouts.deadline(Timer::Farewell, now());
        let closed = self.within(deadline, |it, context| {
            Pin::new(&mut it.stream).poll_shutdown(context)
        });
        closed
            .await
            .unwrap_or_else(|| Err(ErrorKind::TimedOut.into()))
    }

    /// Writes all output, until `deadline` at the latest.
    pub(super) async fn flush(&mut self, deadline: Option<Deadline>) -> io::Result<()> {
        let flushed = self.within(deadline, Self::poll_write_all);
        flushed
            .await
            .unwrap_or_else(|| Err(ErrorKind::TimedOut.into()))
    }
}

/// The clock that sessions are told; tokio's, so that a test may stop it.
pub(super) fn now() -> std::time::Instant {
    Instant::now().into_std()
}
