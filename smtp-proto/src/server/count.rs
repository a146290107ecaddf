//! What a session has had too much of.

use bytes::BytesMut;

use super::{Event, Excess, Fault, Session};
use crate::table::{Phase, SequenceFault};

/// How often things have happened; each has a number in [`Limits`](crate::limits::Limits).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    faults: u32,
    unknown_commands: u32,
    idle_commands: u32,
    auth_failures: u32,
    refused_recipients: u32,
}

impl Session {
    /// Says no to a line, by the session's own judgement.
    pub(super) fn refuse(&mut self, fault: Fault, out: &mut BytesMut) -> Event<'static> {
        let excess = match fault.closing() {
            Some(_) => None,
            None => self.count_fault(&fault),
        };
        self.end_by(excess.map_or(fault, Fault::TooMany), out);
        Event::Refused(fault)
    }

    /// Says what a fault is, which may end the session.
    pub(super) fn end_by(&mut self, fault: Fault, out: &mut BytesMut) {
        self.say(&fault.reply(self.config.dialect), out);
        if let Some(closing) = fault.closing() {
            self.close(closing);
        }
    }

    /// Counts a fault; tells whether it was one too many.
    ///
    /// What is out of place because an earlier command of the same flight was refused is no fault of
    /// its own (RFC 2920 section 3.1 has clients send it), nor is a recipient over the limit (RFC
    /// 5321 section 4.5.3.1.10 has clients go on); they have limits of their own.
    fn count_fault(&mut self, fault: &Fault) -> Option<Excess> {
        let limits = &self.config.limits;
        let counts = &mut self.counts;
        if *fault == Fault::UnknownCommand {
            counts.unknown_commands = counts.unknown_commands.saturating_add(1);
            if counts.unknown_commands > limits.unknown_commands {
                return Some(Excess::UnknownCommands);
            }
        }
        let (count, limit, excess) = match fault {
            Fault::TooManyRecipients => (
                &mut self.transaction.as_mut()?.over,
                limits.recipients_over,
                Excess::Recipients,
            ),
            Fault::Sequence(
                SequenceFault::MailFirst
                | SequenceFault::NoRecipients
                | SequenceFault::ChunksOnly
                | SequenceFault::ChunkRefused,
            ) => (
                &mut counts.refused_recipients,
                limits.refused_recipients,
                Excess::RefusedRecipients,
            ),
            Fault::Policy(_)
            | Fault::MessageTooLarge
            | Fault::AllRecipientsRefused
            | Fault::BinaryByData => (
                &mut counts.idle_commands,
                limits.idle_commands,
                Excess::IdleCommands,
            ),
            Fault::UnknownMechanism | Fault::Auth(_) | Fault::AuthLineTooLong => (
                &mut counts.auth_failures,
                limits.auth_failures,
                Excess::AuthFailures,
            ),
            _ => (&mut counts.faults, limits.faults, Excess::Faults),
        };
        *count = count.saturating_add(1);
        (*count > limit).then_some(excess)
    }

    /// Counts a command that leads nowhere.
    pub(super) fn count_idle(&mut self) -> Result<(), Fault> {
        if self.position.phase() == Phase::Closed {
            return Ok(());
        }
        let count = &mut self.counts.idle_commands;
        *count = count.saturating_add(1);
        if *count > self.config.limits.idle_commands {
            return Err(Fault::TooMany(Excess::IdleCommands));
        }
        Ok(())
    }

    /// Counts a failed AUTH.
    pub(super) fn count_auth_failure(&mut self) -> Option<Excess> {
        let count = &mut self.counts.auth_failures;
        *count = count.saturating_add(1);
        (*count > self.config.limits.auth_failures).then_some(Excess::AuthFailures)
    }

    /// Counts a recipient that the embedder refused.
    pub(super) fn count_refused_recipient(&mut self) -> Option<Excess> {
        if let Some(transaction) = &mut self.transaction {
            transaction.refused = transaction.refused.saturating_add(1);
        }
        let count = &mut self.counts.refused_recipients;
        *count = count.saturating_add(1);
        (*count > self.config.limits.refused_recipients).then_some(Excess::RefusedRecipients)
    }

    /// Another client begins. Commands that lead nowhere count on: XCLIENT itself is one.
    pub(super) fn begin_counts(&mut self) {
        self.counts = Counts {
            idle_commands: self.counts.idle_commands,
            ..Counts::default()
        };
    }

    /// A command was accepted.
    pub(super) fn forgive_faults(&mut self) {
        self.counts.faults = 0;
    }

    /// There is mail.
    pub(super) fn forgive_idleness(&mut self) {
        self.counts.idle_commands = 0;
    }
}
