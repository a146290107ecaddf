//! One mail transaction: everything between MAIL and its end is in this one value.

use std::collections::VecDeque;

use super::ask::Decision;
use super::fault::Fault;
use super::wait::Pace;
use crate::body::{BareLineEnds, BdatReader, BodyFault, DataReader};
use crate::charset::Charset;
use crate::limits::Limits;
use crate::table::Phase;

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
            line: 0,
            after_cr: false,
            fault: None,
            verdicts: None,
            told: 0,
            any_accepted: false,
        }
    }

    /// Whether there is content to be taken, or its end. What is dropped is so at once; of what is
    /// handed out a little is waited for, as not every octet is to be an event.
    #[inline]
    pub(super) fn poll(&mut self, phase: Phase, unread: &[u8]) -> bool {
        match (phase, self.fault) {
            (Phase::Content, None) => self.reader.poll_line(unread),
            (Phase::Content, Some(_)) => self.reader.poll(unread),
            (_, None) => self.chunk.poll(unread),
            (_, Some(_)) => self.chunk.is_ended() || !unread.is_empty(),
        }
    }

    /// How many recipients are still to be told their verdict, if so many replies are owed.
    pub(super) fn untold(&self, owed: usize) -> usize {
        owed.saturating_sub(usize::try_from(self.told).unwrap_or(usize::MAX))
    }

    /// The part of a piece of content that is handed out; the rest is dropped.
    pub(super) fn content<'i>(
        &mut self,
        piece: &'i [u8],
        limits: &Limits,
        pace: &mut Pace,
    ) -> &'i [u8] {
        if self.fault.is_some() {
            pace.discard(piece.len());
            return &[];
        }
        let admitted = self.admit(piece, limits);
        let octets = u64::try_from(admitted.len()).unwrap_or(u64::MAX);
        self.octets = self.octets.saturating_add(octets);
        pace.octets = pace.octets.saturating_add(octets);
        pace.discard(piece.len() - admitted.len());
        admitted
    }

    /// The part of a piece of content that the limits let through. Of two that are broken the one
    /// that was so first is told, however the content was cut.
    fn admit<'i>(&mut self, piece: &'i [u8], limits: &Limits) -> &'i [u8] {
        let left = limits
            .message_size
            .map_or(u64::MAX, |limit| limit.saturating_sub(self.octets));
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        let mut admitted = piece.get(..left).unwrap_or(piece);
        if let Some(limit) = limits.text_line.filter(|_| !self.binary) {
            admitted = self.admit_lines(admitted, limit);
        }
        if admitted.len() < piece.len() {
            self.fault.get_or_insert(Fault::MessageTooLarge);
        }
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

    /// What of a piece of a chunk is content, how much of the piece that takes, and what is wrong
    /// behind it. In text a bare CR or LF is refused, or becomes CRLF, as behind DATA.
    pub(super) fn text_of_chunk<'i>(
        &mut self,
        piece: &'i [u8],
        bare: BareLineEnds,
    ) -> (usize, &'i [u8], Option<BodyFault>) {
        if self.binary || self.fault.is_some() {
            return (piece.len(), piece, None);
        }
        let (sound, damage) = self.before_damage(piece);
        match (bare, damage) {
            (_, None) => (piece.len(), sound, None),
            (BareLineEnds::Refuse, Some(_)) => (piece.len(), sound, damage),
            // The CR was handed out.
            (BareLineEnds::Normalise, Some(BodyFault::BareCr)) if sound.is_empty() => {
                (0, b"\n", None)
            }
            (BareLineEnds::Normalise, Some(BodyFault::BareLf)) if sound.is_empty() => {
                (1, b"\r\n", None)
            }
            (BareLineEnds::Normalise, Some(fault)) => {
                self.after_cr = fault == BodyFault::BareCr;
                (sound.len(), sound, None)
            }
        }
    }

    /// How much of a piece of a chunk of text is before a bare CR or LF, and which it is. A CR may be
    /// cut from its LF by two chunks, so a bare CR is seen with the octet behind it.
    fn before_damage<'i>(&mut self, piece: &'i [u8]) -> (&'i [u8], Option<BodyFault>) {
        let mut at = 0;
        if std::mem::take(&mut self.after_cr) {
            match piece {
                [b'\n', ..] => at = 1,
                _ => return (&[], Some(BodyFault::BareCr)),
            }
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

    /// A chunk is over. Behind the last one a CR at its end is bare: refused, or the LF that it lacks
    /// is still to be handed out.
    pub(super) fn end_of_chunk(&mut self, bare: BareLineEnds) -> Option<&'static [u8]> {
        if !self.chunk.is_last() || !std::mem::take(&mut self.after_cr) {
            return None;
        }
        if bare == BareLineEnds::Normalise {
            return Some(b"\n");
        }
        self.fault.get_or_insert(Fault::Body(BodyFault::BareCr));
        None
    }
}
