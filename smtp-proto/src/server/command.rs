//! One line: framing and limits, then policy, then the table, then syntax, then the event.

use std::time::Instant;

use bytes::BytesMut;
use mailwire_tls_policy::{Act, Verdict, decide};

use super::{Closing, Event, Fault, Session, Step, write};
use crate::command::{self, Reading, SyntaxError};
use crate::line::{Frame, LineFault};
use crate::params::{ParameterError, UnknownParameters};
use crate::table::{Cell, Next, Outcome, Phase, Question, SequenceFault, on_outcome, on_verb};
use crate::verb::{Arguments, Verb};

impl Session {
    /// The greatest length of the line at the start of `unread`. An AUTH command may be as long as
    /// the lines of its exchange (RFC 4954 section 4), where AUTH could succeed at all.
    pub(super) fn line_limit(&self, unread: &[u8]) -> usize {
        let limits = &self.config.limits;
        let auth = unread
            .get(..5)
            .is_some_and(|start| start.eq_ignore_ascii_case(b"AUTH "));
        if self.position.phase() == Phase::Authenticating || (auth && self.offers().auth) {
            limits.auth_line
        } else {
            limits.command_line
        }
    }

    pub(super) fn advance_line<'i>(
        &mut self,
        unread: &'i [u8],
        now: Instant,
        out: &mut BytesMut,
    ) -> Step<'i> {
        let limit = self.line_limit(unread);
        let Some((consumed, frame)) = self.framer.take(unread, limit) else {
            return Step {
                consumed: 0,
                event: None,
            };
        };
        let authenticating = self.position.phase() == Phase::Authenticating;
        let result = match frame {
            // The command's deadline goes on: a part of a line buys no time.
            Frame::PassedOver => {
                return Step {
                    consumed,
                    event: None,
                };
            }
            Frame::Fault(LineFault::TooLong) if authenticating => Err(Fault::AuthLineTooLong),
            Frame::Fault(fault) => Err(Fault::Line(fault)),
            Frame::Line(line) if authenticating => self.response(line, now).map(Some),
            Frame::Line(line) => self.command(line, now, out),
        };
        self.since = now;
        let event = match result {
            Ok(event) => event,
            Err(fault) => Some(self.refuse(fault, authenticating, out)),
        };
        Step { consumed, event }
    }

    /// Says no to a line, by the session's own judgement.
    fn refuse(&mut self, fault: Fault, authenticating: bool, out: &mut BytesMut) -> Event<'static> {
        if authenticating {
            // Whatever is wrong with a response ends the exchange (RFC 4954 section 4).
            self.go(on_outcome(
                self.position.phase(),
                Question::Auth,
                Outcome::Rejected,
            ));
        }
        self.faults = self.faults.saturating_add(1);
        if self.faults > self.config.limits.faults {
            Fault::TooManyFaults
                .reply(self.config.dialect)
                .write(true, out);
            self.close(Closing::TooManyFaults);
        } else {
            fault.reply(self.config.dialect).write(true, out);
            if fault == Fault::Chunk {
                self.close(Closing::Chunk);
            }
        }
        Event::Refused(fault)
    }

    fn command<'i>(
        &mut self,
        line: &'i [u8],
        now: Instant,
        out: &mut BytesMut,
    ) -> Result<Option<Event<'i>>, Fault> {
        let (verb, arguments) = Verb::split(line).map_err(|_| Fault::UnknownCommand)?;
        if !self.config.dialect.has(verb) {
            return Err(Fault::OtherDialect);
        }
        if verb == Verb::Bdat {
            return Err(Fault::Chunk);
        }
        if let Some(act) = act(verb) {
            match decide(&self.config.listener, self.channel, self.identity, act) {
                Verdict::Allow => {}
                Verdict::Refuse(refusal) => return Err(Fault::Policy(refusal)),
            }
        }
        match on_verb(self.position.phase(), verb) {
            Cell::Refuse(fault) => Err(Fault::Sequence(fault)),
            Cell::Ask(Question::Auth) => self.auth(arguments, now, out),
            Cell::Ask(question) => self.question(question, arguments, now).map(Some),
            Cell::Inform => {
                command::informational(verb, arguments).map_err(Fault::Syntax)?;
                write::informed(verb).write(true, out);
                Ok(None)
            }
            Cell::Reset => {
                command::no_arguments(arguments).map_err(Fault::Syntax)?;
                self.go(Next::AfterHello);
                write::RESET.write(true, out);
                Ok(Some(Event::Reset))
            }
            Cell::Quit => {
                command::no_arguments(arguments).map_err(Fault::Syntax)?;
                write::QUIT.write(true, out);
                self.close(Closing::Quit);
                Ok(None)
            }
        }
    }

    /// Parses what belongs to a question, and puts it.
    fn question<'i>(
        &mut self,
        question: Question,
        arguments: Arguments<'i>,
        now: Instant,
    ) -> Result<Event<'i>, Fault> {
        Ok(match question {
            Question::Helo | Question::Ehlo => Event::Hello {
                name: command::hello(arguments).map_err(Fault::Syntax)?,
                extended: question == Question::Ehlo,
                pending: self.ask(question, now),
            },
            Question::Mail => {
                let mail = command::mail(Reading::default(), arguments).map_err(Fault::Syntax)?;
                offered(mail.parameters.extensions(), mail.parameters.unknown)?;
                let limit = self.config.limits.message_size;
                if mail
                    .parameters
                    .size
                    .zip(limit)
                    .is_some_and(|(size, limit)| size > limit)
                {
                    return Err(Fault::MessageTooLarge);
                }
                Event::Mail {
                    mail,
                    pending: self.ask(question, now),
                }
            }
            Question::Rcpt => {
                let rcpt = command::rcpt(Reading::default(), arguments).map_err(Fault::Syntax)?;
                offered(rcpt.parameters.extensions(), rcpt.parameters.unknown)?;
                let accepted = self.transaction.as_ref().map_or(0, |t| t.accepted);
                if accepted >= self.config.limits.recipients {
                    return Err(Fault::TooManyRecipients);
                }
                Event::Rcpt {
                    rcpt,
                    pending: self.ask(question, now),
                }
            }
            Question::Data => {
                command::no_arguments(arguments).map_err(Fault::Syntax)?;
                Event::Data {
                    pending: self.ask(question, now),
                }
            }
            Question::StartTls => {
                command::no_arguments(arguments).map_err(Fault::Syntax)?;
                Event::StartTls {
                    pending: self.ask(question, now),
                }
            }
            // AUTH may take several lines, and no verb asks about a message: its end does.
            Question::Auth | Question::Message => {
                return Err(Fault::Sequence(SequenceFault::NoCommand));
            }
        })
    }
}

/// The extensions whose parameters of MAIL are taken. RCPT has none yet.
const EXTENSIONS: [&str; 3] = ["SIZE", "8BITMIME", "AUTH"];

/// A parameter of an extension that was not offered is as unknown as one that nobody has heard of
/// (RFC 5321 section 4.1.1.11).
fn offered<'p>(
    extensions: impl IntoIterator<Item = &'static str>,
    mut unknown: UnknownParameters<'p>,
) -> Result<(), Fault> {
    let offered = extensions.into_iter().all(|it| EXTENSIONS.contains(&it));
    if offered && unknown.next().is_none() {
        Ok(())
    } else {
        Err(Fault::Syntax(SyntaxError::Parameter(
            ParameterError::Unknown,
        )))
    }
}

/// What a command is to policy, which has no opinion on what is not implemented.
const fn act(verb: Verb) -> Option<Act> {
    Some(match verb {
        Verb::Helo | Verb::Ehlo | Verb::Lhlo => Act::Hello,
        Verb::StartTls => Act::StartTls,
        Verb::Auth => Act::Auth,
        Verb::Mail => Act::Mail,
        Verb::Rcpt => Act::Rcpt,
        Verb::Data => Act::Data,
        Verb::Vrfy | Verb::Expn => Act::Verify,
        Verb::Help => Act::Help,
        Verb::Noop => Act::Noop,
        Verb::Rset => Act::Rset,
        Verb::Quit => Act::Quit,
        Verb::Bdat | Verb::Etrn | Verb::Xclient | Verb::Xforward => return None,
    })
}
