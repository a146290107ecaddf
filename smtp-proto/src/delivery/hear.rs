//! What a reply leads to.

use std::time::Instant;

use bytes::BytesMut;
use mailwire_tls_policy::outbound::{Step as TlsStep, TlsMode, start_tls};

use super::{Delivery, Failure, Fate, Stage};
use crate::client::{Awaited, CommandId, Event, NotNow};
use crate::reply::ReplyLines;
use crate::table::Outcome as Answer;
use crate::verb::Verb;

impl Delivery {
    /// `awaited` is what was awaited before the reply came.
    pub(super) fn hear(
        &mut self,
        awaited: Option<Awaited>,
        event: Event<'_>,
        now: Instant,
        out: &mut BytesMut,
    ) {
        match event {
            Event::Greeting {
                outcome: Answer::Accepted,
                ..
            } => self.stage = Stage::Hello,
            Event::Greeting { reply, .. } => self.refuse(Awaited::Greeting, reply.to_owned()),
            Event::Hello { .. } => self.greeted(),
            Event::Challenge { .. } => self.respond(now, out),
            Event::Reply {
                id,
                verb,
                outcome,
                reply,
            } => self.answer(id, verb, outcome, reply, now, out),
            Event::Verdict {
                recipient,
                outcome,
                owed,
                reply,
                ..
            } => self.verdict(recipient, outcome, owed, reply),
            // A delivery has none of these.
            Event::Custom { .. } => {}
            Event::Aborted { reply } => {
                self.refuse(Awaited::Verdict, reply.to_owned());
                self.stage = Stage::Ended;
            }
            Event::Closing { reply, .. } => {
                // Behind the verdicts it says no more than goodbye.
                if self.is_open() {
                    let at = match self.stage {
                        Stage::Content => Awaited::Verdict,
                        // Unasked, it is about the connection.
                        _ => awaited.unwrap_or(Awaited::Greeting),
                    };
                    self.refuse(at, reply.to_owned());
                }
                self.stage = Stage::Ended;
            }
        }
    }

    /// What comes behind an accepted hello, as policy has it.
    fn greeted(&mut self) {
        let offered = self.session.capabilities().starttls();
        let policy = &self.session.config().policy;
        match start_tls(policy, self.session.channel(), offered) {
            TlsStep::StartTls if self.is_clear => self.secured(),
            TlsStep::StartTls => self.stage = Stage::StartTls,
            TlsStep::Abort(refusal) => self.give_up(Failure::Local(refusal.into())),
            TlsStep::Proceed => self.secured(),
        }
    }

    /// The channel is what it is going to be.
    fn secured(&mut self) {
        let logs_in = self.plan.login && !self.has_logged_in;
        let offered = self.session.capabilities().auth().next().is_some();
        self.stage = if logs_in && offered && self.names_login() {
            Stage::Login
        } else {
            Stage::Xclient
        };
    }

    fn respond(&mut self, now: Instant, out: &mut BytesMut) {
        let said = match self.session.auth_response(now, out) {
            // The mechanism cannot go on from here; the server is told so, and refuses.
            Err(NotNow::Auth(_)) => self.session.auth_cancel(now, out),
            said => said,
        };
        if let Err(not_now) = said {
            self.give_up(Failure::Local(not_now));
        }
    }

    fn answer(
        &mut self,
        id: CommandId,
        verb: Verb,
        outcome: Answer,
        reply: ReplyLines<'_>,
        now: Instant,
        out: &mut BytesMut,
    ) {
        let is_accepted = outcome == Answer::Accepted;
        match verb {
            // Accepted ones are another event.
            Verb::Ehlo if matches!(reply.code().value(), 500 | 502) && self.may_say_helo() => {
                self.say_helo(now, out);
            }
            Verb::StartTls if is_accepted => self.stage = Stage::Upgrading,
            // What was a wish alone is given up (RFC 7435 section 3); a login stays with policy.
            Verb::StartTls if self.session.config().policy.tls == TlsMode::Opportunistic => {
                self.is_clear = true;
                self.secured();
            }
            // A new epoch, in which the hello comes first.
            Verb::Xclient if is_accepted => self.stage = Stage::Hello,
            Verb::Auth if is_accepted => {
                self.has_logged_in = true;
                self.stage = if self.names_login() {
                    Stage::Xclient
                } else {
                    Stage::Envelope
                };
            }
            Verb::Auth => match self.session.auth_next(now, out) {
                Ok(_) => {}
                Err(_) => self.refuse(Awaited::Reply(verb), reply.to_owned()),
            },
            Verb::Mail if is_accepted => self.has_told = false,
            // It is for the log.
            Verb::Xforward => {}
            Verb::Rcpt if is_accepted => {
                self.unanswered = self.unanswered.saturating_sub(1);
                self.accepted += 1;
            }
            Verb::Rcpt => {
                self.unanswered = self.unanswered.saturating_sub(1);
                let recipient = self.asked.get(&id).copied();
                if let Some(recipient) = recipient.filter(|_| !self.is_refused) {
                    self.settle(recipient, refused(verb, reply));
                }
            }
            Verb::Data if is_accepted && self.accepted > 0 => self.begin_content(now),
            // Nobody is to get it, so it is to be empty (RFC 2920 section 3.1).
            Verb::Data if is_accepted => {
                self.is_for_nobody = true;
                match self.session.end_of_content(now, out) {
                    Ok(_) => self.stage = Stage::Verdicts,
                    Err(_) => self.stage = Stage::Ended,
                }
            }
            // Without a recipient, DATA is refused because RCPT was.
            Verb::Data if self.accepted == 0 => self.stage = Stage::Leave,
            Verb::Bdat if is_accepted => {}
            Verb::Mail => {
                self.is_refused = true;
                let refused = refused(verb, reply);
                self.settle_the_rest(&refused);
                self.failure = Some(Failure::Refused {
                    at: Awaited::Reply(verb),
                    reply: reply.to_owned(),
                });
            }
            Verb::Quit | Verb::Rset => self.stage = Stage::Ended,
            _ => self.refuse(Awaited::Reply(verb), reply.to_owned()),
        }
    }

    fn verdict(
        &mut self,
        recipient: Option<CommandId>,
        outcome: Answer,
        owed: usize,
        reply: ReplyLines<'_>,
    ) {
        let fate = match outcome {
            Answer::Accepted if !self.is_for_nobody => Fate::Delivered(reply.to_owned()),
            _ => Fate::Refused {
                at: Awaited::Verdict,
                reply: reply.to_owned(),
            },
        };
        match recipient.and_then(|id| self.asked.get(&id).copied()) {
            Some(recipient) => self.settle(recipient, fate),
            None => self.settle_the_rest(&fate),
        }
        if owed == 0 {
            self.stage = Stage::Leave;
        }
    }
}

fn refused(verb: Verb, reply: ReplyLines<'_>) -> Fate {
    Fate::Refused {
        at: Awaited::Reply(verb),
        reply: reply.to_owned(),
    }
}
