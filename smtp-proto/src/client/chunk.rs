//! Content in chunks: BDAT (RFC 3030).
//!
//! ```text
//!   chunk ──► 250 ──► chunk ──► 250 ──► last_chunk ──► the verdict (LMTP: one for each recipient)
//!     │                 │
//!     ▼ 4yz, 5yz        ▼             behind a refused chunk nothing but RSET is said, for a message
//!   RSET              RSET            whose middle is missing would be another message
//! ```

use std::time::Instant;

use bytes::BytesMut;

use super::error::{Extension, NotNow};
use super::event::CommandId;
use super::outstanding::Sent;
use super::{Fault, Session};
use crate::body::BodyFault;
use crate::dialect::Dialect;
use crate::reply::Code;
use crate::table::{Next, Outcome, Phase, Position, Question, on_outcome};
use crate::verb::Verb;

impl Session {
    /// A piece of content as a chunk, with BDAT before it, in the place of DATA. It may follow MAIL,
    /// RCPT and other chunks in one flight, where PIPELINING is offered (RFC 3030 section 4.2).
    ///
    /// What MAIL has said is `BINARYMIME` goes out as it is; other content is text, with its line ends
    /// as in [`content`](Self::content). A piece that comes to no octets is no chunk, and `None`.
    ///
    /// # Errors
    ///
    /// [`NotNow::NotOffered`] without CHUNKING, [`NotNow::Sequence`] behind a chunk that was refused,
    /// [`NotNow::Content`]: the session is over; else as [`rset`](Self::rset).
    pub fn chunk(
        &mut self,
        content: &[u8],
        now: Instant,
        out: &mut BytesMut,
    ) -> Result<Option<CommandId>, NotNow> {
        self.check_chunk()?;
        let said_before = out.len();
        self.chunks.write(content, out);
        if let Some(fault) = self.chunks.fault() {
            return Err(self.damaged(fault, said_before, out));
        }
        let octets = out.len() - said_before;
        let id =
            (octets > 0).then(|| self.note(Some(Verb::Bdat), Some(Question::Chunk), octets, now));
        Ok(id)
    }

    /// The last piece of content, which may be empty, as the last chunk. It ends the flight, and one
    /// verdict will come in SMTP, one for each accepted recipient in LMTP; there it has to wait for the
    /// replies to what was said before, which tell how many these are.
    ///
    /// # Errors
    ///
    /// As [`chunk`](Self::chunk).
    pub fn last_chunk(
        &mut self,
        content: &[u8],
        now: Instant,
        out: &mut BytesMut,
    ) -> Result<CommandId, NotNow> {
        self.check_chunk()?;
        if self.config.dialect == Dialect::Lmtp && !self.outstanding.is_empty() {
            return Err(NotNow::MustWait);
        }
        let said_before = out.len();
        if let Err(fault) = self.chunks.finish(content, out) {
            return Err(self.damaged(fault, said_before, out));
        }
        let octets = out.len() - said_before;
        Ok(self.note(Some(Verb::Bdat), Some(Question::LastChunk), octets, now))
    }

    /// Whether a chunk may be said now, behind those that are on the way.
    #[must_use]
    pub fn may_chunk(&self) -> bool {
        self.check_chunk().is_ok()
    }

    fn check_chunk(&self) -> Result<(), NotNow> {
        self.check(Verb::Bdat)?;
        if self.capabilities.chunking() {
            Ok(())
        } else {
            Err(NotNow::NotOffered(Extension::Chunking))
        }
    }

    /// Content that must not be sent as it is: the server is left without the end of the message.
    pub(super) fn damaged(
        &mut self,
        fault: BodyFault,
        said_before: usize,
        out: &mut BytesMut,
    ) -> NotNow {
        out.truncate(said_before);
        self.close();
        fault.into()
    }

    /// The last chunk is the oldest that is not answered: from now on its verdicts are awaited.
    pub(super) fn begin_verdicts(
        &mut self,
        sent: Sent,
        code: Code,
        outcome: Outcome,
    ) -> Result<(), Fault> {
        let taken = matches!(self.position.phase(), Phase::Rcpt | Phase::Chunks);
        // With nobody to take the message, or a chunk refused, it can only be refused.
        let outcome = if taken { Outcome::Accepted } else { outcome };
        let next = on_outcome(self.position.phase(), Question::LastChunk, outcome);
        if next == Next::Never {
            return Err(Fault::UnexpectedReply {
                awaited: super::Awaited::Verdict,
                code,
            });
        }
        self.position = self.position.follow(next);
        let accepted = self.outstanding.accepted();
        let owed = self.config.dialect.replies_to_message(accepted).max(1);
        self.outstanding.expect_verdicts(sent.id, owed);
        Ok(())
    }
}

/// Where the reply to a chunk leads: it is about the command and about its octets at once.
pub(super) fn after_chunk(position: Position, outcome: Outcome) -> Next {
    match on_outcome(position.phase(), Question::Chunk, outcome) {
        Next::To(Phase::Chunk) => on_outcome(Phase::Chunk, Question::ChunkEnd, outcome),
        next => next,
    }
}
