//! A stream with what was read and not yet used, and what was said and not yet written.

use std::io;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};

use crate::timer::Deadline;

/// How much is read at once, at the least.
const READ_SIZE: usize = 16 * 1024;

/// The stream and its two buffers. Both futures are cancel safe: an octet is either in a buffer
/// or with the stream, never in a future.
#[derive(Debug)]
pub(super) struct Buffers<S> {
    pub(super) stream: S,
    pub(super) input: BytesMut,
    pub(super) output: BytesMut,
    /// Octets at the start of `input` that an event may still borrow.
    pub(super) consumed: usize,
}

/// What a read came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// Some octets.
    Octets,
    /// The peer has closed its side.
    End,
    /// The deadline passed first.
    Late,
}

impl<S> Buffers<S> {
    pub(super) fn new(stream: S, output: BytesMut) -> Self {
        Self {
            stream,
            input: BytesMut::new(),
            output,
            consumed: 0,
        }
    }

    /// Drops what the last step took.
    pub(super) fn drop_consumed(&mut self) {
        let consumed = std::mem::take(&mut self.consumed);
        self.input.advance(consumed.min(self.input.len()));
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Buffers<S> {
    /// Reads some more, until `deadline` at the latest.
    pub(super) async fn read(&mut self, deadline: Option<Deadline>) -> io::Result<Read> {
        self.input.reserve(READ_SIZE);
        let read = self.stream.read_buf(&mut self.input);
        let octets = match deadline {
            None => read.await?,
            Some(deadline) => match timeout_at(Instant::from_std(deadline.at), read).await {
                Ok(octets) => octets?,
                Err(_) => return Ok(Read::Late),
            },
        };
        Ok(if octets == 0 { Read::End } else { Read::Octets })
    }

    /// Writes all output, until `deadline` at the latest.
    pub(super) async fn flush(&mut self, deadline: Option<Deadline>) -> io::Result<()> {
        let write = async {
            while self.output.has_remaining() {
                if self.stream.write_buf(&mut self.output).await? == 0 {
                    return Err(io::ErrorKind::WriteZero.into());
                }
            }
            self.stream.flush().await
        };
        match deadline {
            None => write.await,
            Some(deadline) => timeout_at(Instant::from_std(deadline.at), write)
                .await
                .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())),
        }
    }
}

/// The clock that sessions are told; tokio's, so that a test may stop it.
pub(super) fn now() -> std::time::Instant {
    Instant::now().into_std()
}
