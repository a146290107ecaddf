//! What an answer does: its reply, and the way through the second table.

use std::time::Instant;

use bytes::BytesMut;
use mailwire_tls_policy::Identity;

use super::ask::{Decision, Pending, Resolved};
use super::wait::Pace;
use super::{Closing, Error, Excess, Fault, Session, Transaction, ask, write};
use crate::error::Misuse;
use crate::reply::{Class, Code, Reply};
use crate::table::{Outcome, Question, on_outcome};

impl Session {
    /// Writes the reply of an answered question and goes where it leads.
    pub(super) fn resolve(
        &mut self,
        question: Question,
        resolved: Resolved,
        now: Instant,
        out: &mut BytesMut,
    ) -> Result<(), Misuse> {
        if question == Question::Message {
            return self.resolve_message(resolved, now, out);
        }
        if let Resolved::Lookup(lookup) = resolved {
            return self.look_up(lookup, now, out);
        }
        // Looked at where it is, for most decisions hold nothing that would have to be moved.
        let decision = match &resolved {
            Resolved::One(decision) => decision,
            Resolved::Each(decisions) => {
                return Err(Misuse::VerdictCount {
                    owed: 1,
                    given: decisions.len(),
                });
            }
            Resolved::Lookup(_) => return Err(Misuse::StaleToken),
        };
        let outcome = match (question, decision) {
            // A greeting of 554 says that there is no service (RFC 5321 section 3.1).
            (Question::Xclient, Decision::Reject(reply)) if reply.code().value() == 554 => {
                Outcome::Closing
            }
            _ => outcome(decision)?,
        };
        self.progress(now);
        if self.stopping && (question, outcome) == (Question::Mail, Outcome::Accepted) {
            self.stop(out);
            return Ok(());
        }
        if question == Question::Auth {
            match decision {
                Decision::Reject(reply)
                    if outcome == Outcome::Rejected && self.hold_refusal(reply, out) =>
                {
                    return Ok(());
                }
                _ => self.end_login(),
            }
        }
        if let Some(excess) = self.account(question, outcome) {
            self.end_by(Fault::TooMany(excess), out);
            return Ok(());
        }
        match (decision, question) {
            (Decision::Accept, Question::Ehlo) => {}
            (Decision::Accept, Question::Helo) => self.write_helo(out),
            (Decision::Accept, Question::Xclient) => self.begin_as_proposed(out),
            // Its octets come first.
            (Decision::Accept | Decision::AcceptWith(_), Question::Chunk | Question::LastChunk) => {
            }
            (Decision::Reject(reply), Question::Chunk | Question::LastChunk)
                if outcome == Outcome::Rejected =>
            {
                if self.input_ended {
                    // Its octets will not come.
                    self.say(reply, out);
                    self.close(Closing::EndOfInput);
                } else {
                    self.refuse_chunk(reply.clone());
                }
                return Ok(());
            }
            (Decision::Accept, _) => self.say(write::accepted(question), out),
            (Decision::AcceptWith(reply) | Decision::Reject(reply), _) => self.say(reply, out),
        }
        self.arrive(question, outcome);
        if (question, outcome) == (Question::Ehlo, Outcome::Accepted) {
            // What is listed depends on where the session stands now.
            self.write_ehlo(out);
        }
        self.after_reply(outcome, out);
        Ok(())
    }

    /// The verdict on one recipient of a message, in any order; they are told in the order of RCPT
    /// (RFC 2033 section 4.2), each as soon as those before it are. In SMTP there is one, 0. With the
    /// last one the question is answered, and its token stale.
    ///
    /// # Errors
    ///
    /// [`Misuse::Recipient`] if there is none of this number, or it has been answered, and
    /// [`Misuse::StaleToken`]: nothing has changed. [`Misuse::ReplyClass`] ends the session with 421,
    /// and so is 421 for one of several recipients.
    pub fn answer_recipient(
        &mut self,
        pending: &Pending<ask::Message>,
        recipient: usize,
        decision: Decision,
        now: Instant,
        out: &mut BytesMut,
    ) -> Result<(), Error> {
        self.verify_token(pending)?;
        let owed = self.replies_owed();
        let outcome = match outcome(&decision) {
            Ok(Outcome::Closing) if owed > 1 => Err(Misuse::ReplyClass),
            other => other,
        };
        if let Err(misuse) = outcome {
            return Err(self.misused(misuse, out).into());
        }
        let Some(transaction) = &mut self.transaction else {
            return Err(Misuse::StaleToken.into());
        };
        let told = owed - transaction.untold(owed);
        let verdicts = transaction.verdicts.get_or_insert_default();
        let free = recipient.checked_sub(told).filter(|_| recipient < owed);
        let Some(place) = free.filter(|at| !matches!(verdicts.get(*at), Some(Some(_)))) else {
            return Err(Misuse::Recipient(recipient).into());
        };
        while verdicts.len() <= place {
            verdicts.push_back(None);
        }
        if let Some(verdict) = verdicts.get_mut(place) {
            *verdict = Some(decision);
        }
        self.tell_verdicts(now, out);
        Ok(())
    }

    /// Tells the verdicts that those of all recipients before them are known of.
    fn tell_verdicts(&mut self, now: Instant, out: &mut BytesMut) {
        let owed = self.replies_owed();
        while let Some(transaction) = &mut self.transaction {
            let Some(verdicts) = &mut transaction.verdicts else {
                return;
            };
            let Some(Some(decision)) = verdicts.front_mut().map(Option::take) else {
                return;
            };
            verdicts.pop_front();
            transaction.told = transaction.told.saturating_add(1);
            let done = transaction.untold(owed) == 0;
            let outcome = self.say_verdict(&decision, out);
            if done {
                self.end_message(outcome, now, out);
                return;
            }
        }
    }

    fn say_verdict(&mut self, decision: &Decision, out: &mut BytesMut) -> Outcome {
        match decision {
            Decision::Accept => self.say(write::accepted(Question::Message), out),
            Decision::AcceptWith(reply) | Decision::Reject(reply) => self.say(reply, out),
        }
        let outcome = outcome(decision).unwrap_or(Outcome::Rejected);
        if let Some(transaction) = &mut self.transaction {
            transaction.any_accepted |= outcome == Outcome::Accepted;
        }
        outcome
    }

    /// The last verdict was told.
    fn end_message(&mut self, last: Outcome, now: Instant, out: &mut BytesMut) {
        let accepted = self.transaction.as_ref().is_some_and(|it| it.any_accepted);
        let outcome = match (last, accepted) {
            (Outcome::Closing, _) => Outcome::Closing,
            (_, true) => Outcome::Accepted,
            (_, false) => Outcome::Rejected,
        };
        self.pending = None;
        self.progress(now);
        self.account(Question::Message, outcome);
        self.arrive(Question::Message, outcome);
        self.after_reply(outcome, out);
    }

    /// One reply to a message in SMTP, one for each accepted recipient in LMTP.
    fn resolve_message(
        &mut self,
        resolved: Resolved,
        now: Instant,
        out: &mut BytesMut,
    ) -> Result<(), Misuse> {
        let owed = self.replies_owed();
        let owed = self.transaction.as_ref().map_or(owed, |it| it.untold(owed));
        let decision = match resolved {
            Resolved::Each(decisions) => return self.resolve_each(decisions, owed, now, out),
            Resolved::One(decision) => decision,
            Resolved::Lookup(_) => return Err(Misuse::StaleToken),
        };
        let last = outcome(&decision)?;
        // Those that have got theirs keep it.
        let mut given = self.transaction.as_mut().and_then(|it| it.verdicts.take());
        for _ in 0..owed {
            let own = given.as_mut().and_then(|it| it.pop_front().flatten());
            let verdict = own.as_ref().unwrap_or(&decision);
            // 421 is said once, and is the end (RFC 5321 section 4.2.3).
            if self.say_verdict(verdict, out) == Outcome::Closing {
                break;
            }
        }
        self.end_message(last, now, out);
        Ok(())
    }

    fn resolve_each(
        &mut self,
        decisions: Vec<Decision>,
        owed: usize,
        now: Instant,
        out: &mut BytesMut,
    ) -> Result<(), Misuse> {
        let given = decisions.len();
        if given != owed {
            return Err(Misuse::VerdictCount { owed, given });
        }
        // All are judged before the first is written: a misuse leaves no half of a reply behind.
        for decision in &decisions {
            if outcome(decision)? == Outcome::Closing && owed > 1 {
                return Err(Misuse::ReplyClass);
            }
        }
        if let Some(transaction) = &mut self.transaction {
            transaction.verdicts = Some(Box::new(decisions.into_iter().map(Some).collect()));
        }
        self.tell_verdicts(now, out);
        Ok(())
    }

    /// A look-up that is refused is the end of its exchange.
    pub(super) fn reject_look_up(
        &mut self,
        reply: &Reply,
        now: Instant,
        out: &mut BytesMut,
    ) -> Result<(), Misuse> {
        let outcome = rejection(reply)?;
        self.progress(now);
        self.end_login();
        if let Some(excess) = self.account(Question::Auth, outcome) {
            self.end_by(Fault::TooMany(excess), out);
            return Ok(());
        }
        self.say(reply, out);
        self.arrive(Question::Auth, outcome);
        self.after_reply(outcome, out);
        Ok(())
    }

    /// What an outcome changes beside the phase; tells whether it was one of them too many.
    fn account(&mut self, question: Question, outcome: Outcome) -> Option<Excess> {
        if outcome == Outcome::Rejected {
            match question {
                Question::Xclient => self.drop_proposed(),
                Question::Auth => return self.count_auth_failure(),
                Question::Rcpt => return self.count_refused_recipient(),
                // Those that were no idle command before they were refused.
                Question::Mail
                | Question::Data
                | Question::StartTls
                | Question::Chunk
                | Question::LastChunk => {
                    if question == Question::Mail {
                        self.forget_xforward();
                    }
                    return match self.count_idle() {
                        Err(Fault::TooMany(excess)) => Some(excess),
                        _ => None,
                    };
                }
                _ => {}
            }
        }
        if outcome != Outcome::Accepted {
            return None;
        }
        self.forgive_faults();
        match question {
            Question::Auth => self.identity = Identity::Authenticated,
            // EHLO in mid-session resets as RSET does (RFC 5321 section 4.1.4).
            Question::Helo | Question::Ehlo => {
                self.transaction = None;
                self.forget_xforward();
            }
            Question::Mail => {
                self.forgive_idleness();
                self.pace = Pace::default();
                self.transactions = self.transactions.saturating_add(1);
                let announced = self.announced;
                self.transaction = Some(Transaction::new(
                    announced.charset,
                    announced.binary,
                    self.config.bare_line_ends,
                ));
            }
            Question::Rcpt => {
                if let Some(transaction) = &mut self.transaction {
                    transaction.accepted = transaction.accepted.saturating_add(1);
                }
            }
            Question::Message => self.forgive_idleness(),
            Question::StartTls
            | Question::Data
            | Question::Chunk
            | Question::LastChunk
            | Question::ChunkEnd
            | Question::Verify
            | Question::Etrn
            | Question::Xclient
            | Question::Xforward
            | Question::Custom => {}
        }
        None
    }

    /// Goes where an outcome leads.
    fn arrive(&mut self, question: Question, outcome: Outcome) {
        self.go(on_outcome(self.position.phase(), question, outcome));
        if matches!(
            question,
            Question::Helo | Question::Ehlo | Question::Auth | Question::Xclient
        ) {
            self.command_limit = self.longest_command();
        }
    }

    /// What follows a reply: perhaps the end.
    fn after_reply(&mut self, outcome: Outcome, out: &mut BytesMut) {
        if outcome == Outcome::Closing {
            self.close(Closing::Refused);
        } else if self.input_ended {
            self.close(Closing::EndOfInput);
        } else {
            self.settle(out);
        }
    }

    /// How many replies the end of the present message is owed.
    pub(super) fn replies_owed(&self) -> usize {
        let accepted = self
            .transaction
            .as_ref()
            .map_or(0, |it| usize::try_from(it.accepted).unwrap_or(usize::MAX));
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
        Class::Transient if reply.code() == Code::UNAVAILABLE => Ok(Outcome::Closing),
        Class::Transient | Class::Permanent => Ok(Outcome::Rejected),
        Class::Positive | Class::Intermediate => Err(Misuse::ReplyClass),
    }
}
