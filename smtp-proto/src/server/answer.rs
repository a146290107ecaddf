//! What an answer does: its reply, and the way through the second table.

use std::time::Instant;

use bytes::BytesMut;
use mailwire_tls_policy::Identity;

use super::ask::{Decision, Resolved};
use super::{Closing, Session, write};
use crate::error::Misuse;
use crate::reply::{Class, Reply};
use crate::table::{Outcome, Phase, Question, on_outcome};

impl Session {
    /// Writes the reply of an answered question and goes where it leads.
    pub(super) fn resolve(
        &mut self,
        question: Question,
        resolved: Resolved,
        now: Instant,
        out: &mut BytesMut,
    ) -> Result<(), Misuse> {
        let outcome = match (question, resolved) {
            (Question::Message, resolved) => self.write_verdicts(resolved, out)?,
            (_, Resolved::One(decision)) => self.write_decision(question, &decision, out)?,
            (_, Resolved::No(reply)) => {
                self.write_decision(question, &Decision::Reject(reply), out)?
            }
            (_, Resolved::Each(decisions)) => {
                return Err(Misuse::VerdictCount {
                    owed: 1,
                    given: decisions.len(),
                });
            }
        };
        self.since = now;
        self.account(question, outcome);
        self.go(on_outcome(self.position.phase(), question, outcome));
        if outcome == Outcome::Closing {
            self.close(Closing::Refused);
        } else if self.input_ended {
            self.close(Closing::EndOfInput);
        }
        Ok(())
    }

    /// What an outcome changes beside the phase.
    fn account(&mut self, question: Question, outcome: Outcome) {
        if outcome != Outcome::Accepted {
            return;
        }
        self.faults = 0;
        match question {
            Question::Auth => self.identity = Identity::Authenticated,
            // EHLO in mid-session resets as RSET does (RFC 5321 section 4.1.4).
            Question::Helo | Question::Ehlo => self.transaction = None,
            Question::Mail => self.transaction = Some(super::Transaction::default()),
            Question::Rcpt => {
                if let Some(transaction) = &mut self.transaction {
                    transaction.accepted = transaction.accepted.saturating_add(1);
                }
            }
            Question::StartTls | Question::Data | Question::Message => {}
        }
    }

    /// The reply to anything but a message.
    fn write_decision(
        &self,
        question: Question,
        decision: &Decision,
        out: &mut BytesMut,
    ) -> Result<Outcome, Misuse> {
        let outcome = outcome(decision)?;
        match (decision, question) {
            (Decision::Accept, Question::Ehlo) => self.write_ehlo(out),
            (Decision::Accept, Question::Helo) => self.write_helo(out),
            (Decision::Accept, _) => write::accepted(question).write(true, out),
            (Decision::AcceptWith(reply) | Decision::Reject(reply), _) => reply.write(true, out),
        }
        Ok(outcome)
    }

    /// One reply to a message in SMTP, one for each accepted recipient in LMTP.
    fn write_verdicts(&self, resolved: Resolved, out: &mut BytesMut) -> Result<Outcome, Misuse> {
        let owed = self.replies_owed();
        let decisions = match resolved {
            Resolved::One(decision) => vec![decision; owed],
            Resolved::No(reply) => vec![Decision::Reject(reply); owed],
            Resolved::Each(decisions) => decisions,
        };
        if decisions.len() != owed {
            return Err(Misuse::VerdictCount {
                owed,
                given: decisions.len(),
            });
        }
        // All are judged before the first is written: a misuse leaves no half of a reply behind.
        let outcomes = decisions
            .iter()
            .map(outcome)
            .collect::<Result<Vec<Outcome>, Misuse>>()?;
        for decision in &decisions {
            self.write_decision(Question::Message, decision, out)?;
        }
        let closing = outcomes.contains(&Outcome::Closing);
        let accepted = outcomes.contains(&Outcome::Accepted);
        Ok(match (closing, accepted) {
            (true, _) => Outcome::Closing,
            (false, true) => Outcome::Accepted,
            (false, false) => Outcome::Rejected,
        })
    }

    /// How many replies the end of the present message is owed.
    pub(super) fn replies_owed(&self) -> usize {
        debug_assert_eq!(self.position.phase(), Phase::Content);
        let accepted = self
            .transaction
            .as_ref()
            .map_or(0, |transaction| transaction.accepted);
        self.config.dialect.replies_to_message(accepted)
    }
}

/// The table's word for a decision, and whether its reply fits.
fn outcome(decision: &Decision) -> Result<Outcome, Misuse> {
    match decision {
        Decision::Accept => Ok(Outcome::Accepted),
        Decision::AcceptWith(reply) => match reply.code().class() {
            Class::Positive => Ok(Outcome::Accepted),
            Class::Intermediate | Class::Transient | Class::Permanent => Err(Misuse::ReplyClass),
        },
        Decision::Reject(reply) => rejection(reply),
    }
}

fn rejection(reply: &Reply) -> Result<Outcome, Misuse> {
    match reply.code().class() {
        // 421 means that the server closes (RFC 5321 section 4.2.3), so it does.
        Class::Transient if reply.code().value() == 421 => Ok(Outcome::Closing),
        Class::Transient | Class::Permanent => Ok(Outcome::Rejected),
        Class::Positive | Class::Intermediate => Err(Misuse::ReplyClass),
    }
}
