//! One mail transaction: everything between MAIL and its end is in this one value.

use std::collections::VecDeque;
use std::time::Duration;

use super::ask::Decision;
use super::fault::Fault;
use crate::body::{BareLineEnds, BdatReader, BodyFault, DataReader};
use crate::charset::Charset;
use crate::limits::Limits;

/// What the session keeps of a transaction. Every way out drops it whole.
///
/// Addresses and parameters were handed out and are the embedder's: what a session keeps does not
/// grow with them.
#[derive(Debug)]
pub(super) struct Transaction {
    /// Recipients that were accepted, duplicates included.
    pub(super) accepted: u32,
    /// RCPT commands that were refused.
    pub(super) refused: u32,
    /// RCPT commands over the limit.
    pub(super) over: u32,
    /// What addresses may be made of, as MAIL said.
    pub(super) charset: Charset,
    /// MAIL said BODY=BINARYMIME.
    pub(super) binary: bool,
    /// The reader of the content, from 354 on.
    pub(super) reader: DataReader,
    /// The reader of the present chunk.
    pub(super) chunk: BdatReader,
    /// Octets of content handed out.
    pub(super) octets: u64,
    /// Octets of content that came when it was refused already.
    pub(super) discarded: u64,
    /// How long the peer has been waited for so far, in milliseconds.
    waited: u64,
    /// Octets of the line of content that is not ended yet.
    line: u32,
    /// The last octet of the chunks so far was a CR.
    after_cr: bool,
    /// Why the message will be refused at its end.
    pub(super) fault: Option<Fault>,
    /// Verdicts that are there already, and wait for those of recipients before them. Most messages
    /// have none of these.
    #[allow(
        clippy::box_collection,
        reason = "a session is to be small, and a queue is four words"
    )]
    pub(super) verdicts: Option<Box<VecDeque<Option<Decision>>>>,
    /// How many recipients have been told theirs.
    pub(super) told: u32,
    /// Whether one of these was accepted.
    pub(super) any_accepted: bool,
}

impl Transaction {
    pub(super) const fn new(charset: Charset, binary: bool, bare: BareLineEnds) -> Self {
        Self {
            accepted: 0,
            refused: 0,
            over: 0,
            charset,
            binary,
            reader: DataReader::with(bare),
            chunk: BdatReader::ENDED,
            octets: 0,
            discarded: 0,
            waited: 0,
            line: 0,
            after_cr: false,
            fault: None,
            verdicts: None,
            told: 0,
            any_accepted: false,
        }
    }

    /// How many recipients are still to be told their verdict, if so many replies are owed.
    pub(super) fn untold(&self, owed: usize) -> usize {
        owed.saturating_sub(usize::try_from(self.told).unwrap_or(usize::MAX))
    }

    /// The peer was waited for once more.
    pub(super) fn add_wait(&mut self, wait: Duration) {
        let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        self.waited = self.waited.saturating_add(wait);
    }

    /// How long the peer has been waited for so far.
    pub(super) const fn waited(&self) -> Duration {
        Duration::from_millis(self.waited)
    }

    /// The part of a piece of content that the limits still let through; the rest is dropped.
    pub(super) fn admit<'i>(&mut self, piece: &'i [u8], limits: &Limits) -> &'i [u8] {
        let left = limits
            .message_size
            .map_or(u64::MAX, |limit| limit.saturating_sub(self.octets));
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        let mut admitted = piece.get(..left).unwrap_or(piece);
        if admitted.len() < piece.len() {
            self.fault.get_or_insert(Fault::MessageTooLarge);
        }
        if let Some(limit) = limits.text_line.filter(|_| !self.binary) {
            admitted = self.admit_lines(admitted, limit);
        }
        self.octets = self.octets.saturating_add(admitted.len() as u64);
        self.discarded = self
            .discarded
            .saturating_add((piece.len() - admitted.len()) as u64);
        admitted
    }

    /// The part of a piece of content before a line that is too long.
    fn admit_lines<'i>(&mut self, piece: &'i [u8], limit: usize) -> &'i [u8] {
        let mut at = 0;
        loop {
            let rest = piece.get(at..).unwrap_or_default();
            let end = memchr::memchr(b'\n', rest);
            let more = end.map_or(rest.len(), |end| end + 1);
            let before = usize::try_from(self.line).unwrap_or(usize::MAX);
            let line = before.saturating_add(more);
            if line > limit {
                self.fault.get_or_insert(Fault::TextLineTooLong);
                return piece
                    .get(..at + limit.saturating_sub(before))
                    .unwrap_or(piece);
            }
            if end.is_none() {
                self.line = u32::try_from(line).unwrap_or(u32::MAX);
                return piece;
            }
            self.line = 0;
            at += more;
        }
    }

    /// How much of a piece of a chunk of text is before a bare CR or LF, and which it is. A CR may be
    /// cut from its LF by two chunks, so a bare CR is seen with the octet behind it.
    pub(super) fn before_damage<'i>(&mut self, piece: &'i [u8]) -> (&'i [u8], Option<BodyFault>) {
        let mut at = 0;
        if self.after_cr {
            match piece {
                [] => return (piece, None),
                [b'\n', ..] => at = 1,
                _ => return (&[], Some(BodyFault::BareCr)),
            }
            self.after_cr = false;
        }
        loop {
            let rest = piece.get(at..).unwrap_or_default();
            let Some(found) = memchr::memchr2(b'\r', b'\n', rest) else {
                return (piece, None);
            };
            at += found;
            let (end, fault) = match piece.get(at..).unwrap_or_default() {
                [b'\r', b'\n', ..] => {
                    at += 2;
                    continue;
                }
                [b'\r'] => {
                    self.after_cr = true;
                    return (piece, None);
                }
                [b'\r', ..] => (at + 1, BodyFault::BareCr),
                _ => (at, BodyFault::BareLf),
            };
            return (piece.get(..end).unwrap_or(piece), Some(fault));
        }
    }

    /// The chunks are over: a CR at their end is bare.
    pub(super) fn end_chunks(&mut self) {
        if self.after_cr {
            self.fault.get_or_insert(Fault::Body(BodyFault::BareCr));
        }
    }
}
