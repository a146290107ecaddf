//! What a reply means: paired with its command, judged by its class, followed in the table.

use super::chunk::after_chunk;
use super::error::{Awaited, Fault};
use super::event::Event;
use super::outstanding::Sent;
use super::{Session, Welcome};
use crate::dialect::Dialect;
use crate::ehlo::Capabilities;
use crate::reply::{Class, Code, ReplyLines};
use crate::table::{Cell, Next, Outcome, Phase, Question, on_custom_verb, on_outcome, on_verb};
use crate::verb::Verb;

impl Session {
    pub(super) fn reply<'i>(&mut self, reply: ReplyLines<'i>) -> Result<Event<'i>, Fault> {
        // The server may end the session at any time (RFC 5321 section 3.8).
        if reply.code() == Code::UNAVAILABLE {
            // Of a message, too: the recipients that had no verdict yet get none.
            let of_message = self.outstanding.verdict().map(|(id, _, _)| id);
            let id = of_message.or_else(|| self.outstanding.pop().map(|sent| sent.id));
            self.close();
            return Ok(Event::Closing { id, reply });
        }
        let event = match self.awaited() {
            // A message that is refused before its end has come: it has no other end, so the session
            // has no other either.
            None if self.position.phase() == Phase::Content && is_refusal(reply.code()) => {
                self.close();
                return Ok(Event::Aborted { reply });
            }
            None => return Err(Fault::Unsolicited { code: reply.code() }),
            Some(Awaited::Greeting) => self.greeting(reply)?,
            Some(Awaited::Verdict) => self.verdict(reply)?,
            Some(Awaited::Reply(_) | Awaited::Custom) => match self.outstanding.pop() {
                Some(sent) => self.answer(sent, reply)?,
                None => return Err(Fault::Unsolicited { code: reply.code() }),
            },
        };
        if self.outstanding.is_empty() {
            self.expected = self.position;
        }
        Ok(event)
    }

    fn greeting<'i>(&mut self, reply: ReplyLines<'i>) -> Result<Event<'i>, Fault> {
        let outcome = judge(None, Awaited::Greeting, reply.code())?;
        self.welcome = match outcome {
            Outcome::Accepted => Welcome::Given,
            Outcome::Continued | Outcome::Rejected | Outcome::Closing => Welcome::Refused,
        };
        Ok(Event::Greeting { outcome, reply })
    }

    fn answer<'i>(&mut self, sent: Sent, reply: ReplyLines<'i>) -> Result<Event<'i>, Fault> {
        let Sent {
            id, verb, question, ..
        } = sent;
        let awaited = verb.map_or(Awaited::Custom, Awaited::Reply);
        let outcome = judge(question, awaited, reply.code())?;
        let next = match question {
            Some(Question::Chunk) => after_chunk(self.position, outcome),
            Some(question) => on_outcome(self.position.phase(), question, outcome),
            None => unasked(self.position.phase(), verb, outcome),
        };
        // A 354 in LMTP with no accepted recipient would have no end: it is owed no verdict
        // (RFC 2033 section 4.2 says that DATA has to fail).
        let endless = question == Some(Question::Data)
            && outcome == Outcome::Accepted
            && self.config.dialect == Dialect::Lmtp
            && self.outstanding.accepted() == 0;
        if next == Next::Never || endless {
            return Err(Fault::UnexpectedReply {
                awaited,
                code: reply.code(),
            });
        }
        self.position = self.position.follow(next);
        if !self.position.phase().in_transaction() {
            self.outstanding.forget_recipients();
        }
        let Some(verb) = verb else {
            return Ok(Event::Custom { id, outcome, reply });
        };
        match (verb, outcome) {
            (Verb::Ehlo | Verb::Lhlo, Outcome::Accepted) => {
                self.capabilities = Capabilities::parse(&reply);
                return Ok(Event::Hello { id, reply });
            }
            (Verb::Helo, Outcome::Accepted) => {
                self.capabilities = Capabilities::none();
                return Ok(Event::Hello { id, reply });
            }
            (Verb::Auth, outcome) => {
                let text = reply.lines().next().unwrap_or_default();
                self.login_reply(outcome, reply.code(), text)?;
                if outcome == Outcome::Continued {
                    return Ok(Event::Challenge { id, reply });
                }
            }
            (Verb::Xclient, outcome) => self.xclient_reply(outcome),
            (Verb::Rcpt, Outcome::Accepted) => self.outstanding.accept(id),
            _ => {}
        }
        Ok(Event::Reply {
            id,
            verb,
            outcome,
            reply,
        })
    }

    fn verdict<'i>(&mut self, reply: ReplyLines<'i>) -> Result<Event<'i>, Fault> {
        let code = reply.code();
        let outcome = judge(Some(Question::Message), Awaited::Verdict, code)?;
        if let Some(sent) = self.outstanding.pop_last_chunk() {
            self.begin_verdicts(sent, code, outcome)?;
        }
        let Some((id, recipient, owed)) = self.outstanding.verdict() else {
            return Err(Fault::Unsolicited { code });
        };
        if owed == 0 {
            if self.position.phase().in_transaction() {
                let next = on_outcome(self.position.phase(), Question::Message, outcome);
                self.position = self.position.follow(next);
            }
            self.outstanding.forget_recipients();
        }
        let recipient = recipient.filter(|_| self.config.dialect == Dialect::Lmtp);
        Ok(Event::Verdict {
            id,
            recipient,
            outcome,
            owed,
            reply,
        })
    }
}

/// The question that a command puts, in whichever phase it may be sent at all.
pub(super) fn question(verb: Verb) -> Option<Question> {
    Phase::ALL
        .into_iter()
        .find_map(|phase| match on_verb(phase, verb) {
            Cell::Ask(question) | Cell::Grant(question) => Some(question),
            Cell::Reset | Cell::Inform | Cell::Quit | Cell::Refuse(_) => None,
        })
}

/// Where the reply to a command leads that puts no question.
pub(super) fn unasked(phase: Phase, verb: Option<Verb>, outcome: Outcome) -> Next {
    let cell = verb.map_or_else(|| on_custom_verb(phase), |verb| on_verb(phase, verb));
    match (cell, outcome) {
        (Cell::Reset, Outcome::Accepted) => Next::AfterHello,
        // After QUIT the server closes, whatever it says (RFC 5321 section 4.1.1.10).
        (Cell::Quit, _) => Next::To(Phase::Closed),
        _ => Next::Stay,
    }
}

fn is_refusal(code: Code) -> bool {
    matches!(code.class(), Class::Transient | Class::Permanent)
}

/// The outcome that a code means for a question (RFC 5321 section 4.2.1).
fn judge(question: Option<Question>, awaited: Awaited, code: Code) -> Result<Outcome, Fault> {
    match (code.class(), question) {
        (Class::Positive, Some(Question::Data)) => Err(Fault::UnexpectedReply { awaited, code }),
        // A new greeting, or 250; anything else that sounds like yes is not known to be one.
        (Class::Positive, Some(Question::Xclient)) if !matches!(code.value(), 220 | 250) => {
            Err(Fault::UnexpectedReply { awaited, code })
        }
        (Class::Positive, _) => Ok(Outcome::Accepted),
        (Class::Intermediate, Some(Question::Data)) if code == Code::START_CONTENT => {
            Ok(Outcome::Accepted)
        }
        (Class::Intermediate, Some(Question::Auth)) if code == Code::CHALLENGE => {
            Ok(Outcome::Continued)
        }
        (Class::Intermediate, _) => Err(Fault::UnexpectedReply { awaited, code }),
        (Class::Transient | Class::Permanent, _) => Ok(Outcome::Rejected),
    }
}
