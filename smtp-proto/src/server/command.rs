//! One line: framing and limits, then policy, then the table, then syntax, then the event.

use std::time::Instant;

use bytes::BytesMut;
use mailwire_tls_policy::{Act, Verdict, decide};

use super::extensions::Extension;
use super::other_protocol::other_than_line;
use super::{Closing, Event, Fault, Session, write};
use crate::command;
use crate::line::{Frame, LineFault};
use crate::table::{Cell, Next, Outcome, Phase, Question, SequenceFault, on_outcome};
use crate::verb::{Arguments, Verb};

impl Session {
    /// The greatest length of the line at the start of `unread`. An AUTH command may be as long as
    /// the lines of its exchange (RFC 4954 section 4), where AUTH could succeed at all; and not every
    /// proxy splits what it has to say.
    pub(super) fn line_limit(&self, unread: &[u8]) -> usize {
        let limits = &self.config.limits;
        if self.position.phase() == Phase::Authenticating {
            return limits.auth_line;
        }
        let begins = |verb: &[u8]| {
            let start = unread.get(..verb.len());
            start.is_some_and(|it| it.eq_ignore_ascii_case(verb))
        };
        match unread {
            [b'A' | b'a', ..] if begins(b"AUTH ") && self.offers(Extension::Auth) => {
                limits.auth_line
            }
            [b'X' | b'x', ..]
                if begins(b"XCLIENT ") && self.offers(Extension::Xclient)
                    || begins(b"XFORWARD ") && self.offers(Extension::Xforward) =>
            {
                limits.forward_line
            }
            _ => usize::try_from(self.command_limit).unwrap_or(usize::MAX),
        }
    }

    /// Whether a line, or something to be said about its start, is in the input.
    pub(super) fn has_line(&mut self, unread: &[u8]) -> bool {
        if self.is_client_hello(unread) {
            return true;
        }
        let limit = self.line_limit(unread);
        self.framer.poll(unread, limit).is_some()
    }

    pub(super) fn advance_line<'i>(
        &mut self,
        event: &mut Option<Event<'i>>,
        unread: &'i [u8],
        now: Instant,
        out: &mut BytesMut,
    ) -> usize {
        if self.is_client_hello(unread) {
            *event = Some(self.refuse(Fault::ClientHello, out));
            return unread.len();
        }
        let limit = self.line_limit(unread);
        let is_start = !self.framer.is_inside_line();
        let Some((consumed, frame)) = self.framer.take(unread, limit) else {
            return self.idle(now);
        };
        let authenticating = self.position.phase() == Phase::Authenticating;
        let behind = unread.get(consumed..).unwrap_or_default();
        // A line that must not be looked at, or the first part of one that is too long.
        let damaged = matches!(frame, Frame::Fault(_) | Frame::PassedOver) && is_start;
        let other = damaged.then(|| {
            let start = unread.get(..limit.min(consumed)).unwrap_or(unread);
            other_than_line(start)
        });
        // A response is no command, and a lone NUL in one is no header.
        let other = other.flatten();
        let other = other.filter(|it| !authenticating || *it != Fault::ProxyHeader);
        let result = match (frame, other) {
            (_, Some(fault)) => Err(fault),
            // The command's deadline goes on: a part of a line buys no time.
            (Frame::PassedOver, None) => return consumed,
            (Frame::Fault(LineFault::TooLong), None) if authenticating => {
                Err(Fault::AuthLineTooLong)
            }
            (Frame::Fault(fault), None) => Err(Fault::Line(fault)),
            (Frame::Line(line), None) if authenticating => {
                self.response(line, behind, now, out, event)
            }
            (Frame::Line(line), None) => self.command(line, behind, now, out, event),
        };
        self.progress(now);
        if let Err(fault) = result {
            if let Some(reply) = self.take_held_refusal(&fault) {
                self.end_refused_login(Some(reply), out);
                self.settle(out);
                return consumed;
            }
            self.end_login();
            if authenticating {
                // Whatever is wrong with a response ends the exchange (RFC 4954 section 4).
                self.go(on_outcome(
                    Phase::Authenticating,
                    Question::Auth,
                    Outcome::Rejected,
                ));
            }
            *event = Some(self.refuse(fault, out));
        }
        self.settle(out);
        consumed
    }

    fn command<'i>(
        &mut self,
        line: &'i [u8],
        behind: &[u8],
        now: Instant,
        out: &mut BytesMut,
        event: &mut Option<Event<'i>>,
    ) -> Result<(), Fault> {
        let Ok((verb, arguments)) = Verb::split(line) else {
            self.listen(None, behind)?;
            return self.custom(line, now, event);
        };
        if !self.config.dialect.has(verb) {
            return Err(Fault::OtherDialect);
        }
        self.listen(Some(verb), behind)?;
        let done = self.act_on(verb, arguments, now, out, event);
        if verb == Verb::Mail && done.is_err() && self.transaction.is_none() {
            // It was said of the mail that does not come.
            self.forget_xforward();
        }
        done
    }

    fn act_on<'i>(
        &mut self,
        verb: Verb,
        arguments: Arguments<'i>,
        now: Instant,
        out: &mut BytesMut,
        event: &mut Option<Event<'i>>,
    ) -> Result<(), Fault> {
        let judged = self.judge(verb);
        if verb == Verb::Bdat {
            return self.bdat(judged, arguments, now, event);
        }
        match judged? {
            Cell::Refuse(fault) => Err(self.nobody(fault)),
            Cell::Ask(Question::Auth) => self.auth(arguments, now, out, event),
            Cell::Ask(Question::Verify) => self.verify(verb, arguments, now, out, event),
            Cell::Ask(Question::Xclient) => self.xclient(arguments, now, event),
            Cell::Ask(Question::Xforward) => self.xforward_command(arguments, out),
            Cell::Ask(question) => self.question(question, arguments, now, event),
            Cell::Grant(_) => Err(Fault::Sequence(SequenceFault::NoCommand)),
            Cell::Inform => {
                command::informational(verb, arguments).map_err(Fault::Syntax)?;
                self.inform(verb, out)
            }
            Cell::Reset => {
                command::no_arguments(arguments).map_err(Fault::Syntax)?;
                self.count_idle()?;
                self.go(Next::AfterHello);
                self.forget_xforward();
                self.say(&write::RESET, out);
                *event = Some(Event::Reset);
                Ok(())
            }
            Cell::Quit => {
                command::no_arguments(arguments).map_err(Fault::Syntax)?;
                self.say(&write::QUIT, out);
                self.close(Closing::Quit);
                Ok(())
            }
        }
    }

    /// Policy, then the table.
    fn judge(&self, verb: Verb) -> Result<Cell, Fault> {
        let is_there = match verb {
            Verb::Etrn => self.offers(Extension::Etrn),
            _ => true,
        };
        if !is_there {
            return Err(Fault::Sequence(SequenceFault::NotImplemented));
        }
        match act(verb) {
            // Which mechanism it is comes later: refused is here what no mechanism could do.
            Some(Act::Auth) if self.offers(Extension::Auth) => {}
            Some(act) => self.allow(act)?,
            None => {}
        }
        let cell = self.position.on_verb(verb);
        let binary = self.transaction.as_ref().is_some_and(|it| it.binary);
        if verb == Verb::Data && binary && !matches!(cell, Cell::Refuse(_)) {
            return Err(Fault::BinaryByData);
        }
        Ok(cell)
    }

    pub(super) fn allow(&self, act: Act) -> Result<(), Fault> {
        match decide(&self.config.listener, self.channel, self.identity, act) {
            Verdict::Allow => Ok(()),
            Verdict::Refuse(refusal) => Err(Fault::Policy(refusal)),
        }
    }

    /// What is out of place because every RCPT was refused is told so.
    pub(super) fn nobody(&self, fault: SequenceFault) -> Fault {
        let refused = self
            .transaction
            .as_ref()
            .is_some_and(|it| it.refused > 0 || it.over > 0);
        if fault == SequenceFault::NoRecipients && refused {
            Fault::AllRecipientsRefused
        } else {
            Fault::Sequence(fault)
        }
    }

    pub(super) fn inform(&mut self, verb: Verb, out: &mut BytesMut) -> Result<(), Fault> {
        self.count_idle()?;
        self.say(write::informed(verb), out);
        Ok(())
    }

    /// Parses what belongs to a question, and puts it.
    fn question<'i>(
        &mut self,
        question: Question,
        arguments: Arguments<'i>,
        now: Instant,
        event: &mut Option<Event<'i>>,
    ) -> Result<(), Fault> {
        *event = Some(match question {
            Question::Helo | Question::Ehlo => {
                let name = command::hello(arguments).map_err(Fault::Syntax)?;
                self.count_idle()?;
                Event::Hello {
                    name,
                    extended: question == Question::Ehlo,
                    pending: self.ask(question, now),
                }
            }
            Question::Mail => return self.mail(arguments, now, event),
            Question::Rcpt => return self.rcpt(arguments, now, event),
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
            Question::Etrn => {
                let etrn = command::etrn(arguments).map_err(Fault::Syntax)?;
                self.count_idle()?;
                Event::Etrn {
                    etrn,
                    pending: self.ask(question, now),
                }
            }
            // AUTH may take several lines; VRFY, BDAT, XCLIENT, XFORWARD and added verbs have their
            // own ways; and no verb asks about a message or a chunk's end.
            Question::Auth
            | Question::Message
            | Question::Chunk
            | Question::LastChunk
            | Question::ChunkEnd
            | Question::Verify
            | Question::Xclient
            | Question::Xforward
            | Question::Custom => return Err(Fault::Sequence(SequenceFault::NoCommand)),
        });
        Ok(())
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
        Verb::Data | Verb::Bdat => Act::Data,
        // Like VRFY, it makes the server do something for somebody.
        Verb::Vrfy | Verb::Expn | Verb::Etrn => Act::Verify,
        Verb::Help => Act::Help,
        Verb::Noop => Act::Noop,
        Verb::Rset => Act::Rset,
        Verb::Quit => Act::Quit,
        // Who may say these is named in configuration.
        Verb::Xclient | Verb::Xforward => return None,
    })
}
