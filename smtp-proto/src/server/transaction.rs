//! One mail transaction: everything between MAIL and its end is in this one value.

use crate::body::DataReader;

/// What the session keeps of a transaction. Every way out drops it whole.
#[derive(Debug, Default)]
pub(super) struct Transaction {
    /// Recipients that were accepted, duplicates included.
    pub(super) accepted: usize,
    /// The reader of the content, from 354 on.
    pub(super) reader: DataReader,
    /// Octets of content handed out.
    pub(super) octets: u64,
    /// The content went over its limit; the verdict is told at the true end.
    pub(super) too_large: bool,
}

impl Transaction {
    /// The part of `slice` that `limit` still lets through; the rest is dropped.
    pub(super) fn admit<'i>(&mut self, slice: &'i [u8], limit: Option<u64>) -> &'i [u8] {
        let left = limit.map_or(u64::MAX, |limit| limit.saturating_sub(self.octets));
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        let admitted = slice.get(..left).unwrap_or(slice);
        self.too_large |= admitted.len() < slice.len();
        self.octets = self.octets.saturating_add(admitted.len() as u64);
        admitted
    }

    /// Whether what still comes is dropped.
    pub(super) fn is_spoiled(&self) -> bool {
        self.too_large || self.reader.fault().is_some()
    }
}
