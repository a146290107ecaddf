//! The commands whose replies are not in, and the verdicts that a message is owed.

use std::collections::VecDeque;

use super::error::Awaited;
use super::event::CommandId;
use crate::table::Question;
use crate::verb::Verb;

/// A command that was sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    pub(super) id: CommandId,
    /// `None` of one that the embedder has added.
    pub(super) verb: Option<Verb>,
    /// The question that it put, if any.
    pub(super) question: Option<Question>,
    /// How long it is, with the octets of a chunk.
    pub(super) octets: usize,
}

/// The replies that are awaited, oldest first.
#[derive(Debug, Default)]
pub(super) struct Outstanding {
    sent: VecDeque<Sent>,
    /// How long they are together.
    octets: usize,
    /// How many of them are RCPT.
    asked: usize,
    /// Accepted recipients of the open transaction, duplicates included, in their order.
    recipients: VecDeque<CommandId>,
    /// The end of the content, and how many verdicts it is still owed.
    verdicts: Option<(CommandId, usize)>,
}

impl Outstanding {
    pub(super) fn oldest(&self) -> Option<Awaited> {
        match self.verdicts {
            Some(_) => Some(Awaited::Verdict),
            None => self.sent.front().map(|sent| match sent.question {
                Some(Question::LastChunk) => Awaited::Verdict,
                _ => sent.verb.map_or(Awaited::Custom, Awaited::Reply),
            }),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sent.is_empty() && self.verdicts.is_none()
    }

    pub(super) fn len(&self) -> usize {
        self.sent.len()
    }

    pub(super) const fn octets(&self) -> usize {
        self.octets
    }

    /// The end of a content whose verdicts are not all in.
    pub(super) fn ended_content(&self) -> Option<CommandId> {
        let last_chunk = || {
            let mut sent = self.sent.iter();
            sent.find(|it| it.question == Some(Question::LastChunk))
                .map(|it| it.id)
        };
        self.verdicts.map(|(id, _)| id).or_else(last_chunk)
    }

    /// Takes the last chunk if it is the oldest.
    pub(super) fn pop_last_chunk(&mut self) -> Option<Sent> {
        let is_oldest = self.sent.front()?.question == Some(Question::LastChunk);
        if is_oldest { self.pop() } else { None }
    }

    /// Whether another command may follow all of these in one flight (RFC 2920 section 3.1).
    pub(super) fn may_be_followed(&self) -> bool {
        // Only the youngest can be another command: behind one, nothing is sent.
        let youngest = self.sent.back();
        self.verdicts.is_none()
            && youngest.is_none_or(|it| {
                matches!(
                    it.verb,
                    Some(Verb::Mail | Verb::Rcpt | Verb::Rset | Verb::Xforward)
                ) || it.question == Some(Question::Chunk)
            })
    }

    pub(super) fn push(&mut self, sent: Sent) {
        self.asked += usize::from(sent.verb == Some(Verb::Rcpt));
        self.octets = self.octets.saturating_add(sent.octets);
        self.sent.push_back(sent);
    }

    pub(super) fn pop(&mut self) -> Option<Sent> {
        let sent = self.sent.pop_front()?;
        self.asked -= usize::from(sent.verb == Some(Verb::Rcpt));
        self.octets = self.octets.saturating_sub(sent.octets);
        Some(sent)
    }

    /// Recipients of the open transaction: those accepted, and those not answered yet.
    pub(super) fn recipients(&self) -> usize {
        self.recipients.len() + self.asked
    }

    pub(super) fn accepted(&self) -> usize {
        self.recipients.len()
    }

    pub(super) fn accept(&mut self, recipient: CommandId) {
        self.recipients.push_back(recipient);
    }

    pub(super) fn forget_recipients(&mut self) {
        self.recipients.clear();
    }

    /// The content has ended: from now on verdicts are awaited.
    pub(super) fn expect_verdicts(&mut self, id: CommandId, owed: usize) {
        self.verdicts = Some((id, owed));
    }

    /// One verdict came in: of which content, for which recipient, and how many are still owed.
    pub(super) fn verdict(&mut self) -> Option<(CommandId, Option<CommandId>, usize)> {
        let (id, owed) = self.verdicts?;
        let left = owed.saturating_sub(1);
        self.verdicts = (left > 0).then_some((id, left));
        Some((id, self.recipients.pop_front(), left))
    }
}
