//! One line: framing and limits, then policy, then the table, then syntax, then the event.

use std::time::Instant;

use bytes::BytesMut;
use mailwire_tls_policy::{Act, Verdict, decide};

use super::config::EarlyTalk;
use super::extensions::Extension;
use super::{Closing, Event, Fault, Pending, Session, write};
use crate::charset::Charset;
use crate::command::{self, Custom, CustomVerb, Mail, Rcpt, Reading, SyntaxError, TextString};
use crate::line::{Frame, LineFault};
use crate::params::{Body, MailParameters, ParameterError, Release};
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

    /// A TLS record of a handshake where a command should begin. It has no line end that could be
    /// waited for.
    fn is_client_hello(&self, unread: &[u8]) -> bool {
        self.position.phase().takes_commands()
            && !self.framer.is_inside_line()
            && unread.starts_with(b"\x16\x03")
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
        let judged = self.judge(verb);
        if verb == Verb::Mail && judged.is_err() && self.transaction.is_none() {
            self.forget_xforward();
        }
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

    fn allow(&self, act: Act) -> Result<(), Fault> {
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

    fn inform(&mut self, verb: Verb, out: &mut BytesMut) -> Result<(), Fault> {
        self.count_idle()?;
        self.say(write::informed(verb), out);
        Ok(())
    }

    fn verify<'i>(
        &mut self,
        verb: Verb,
        arguments: Arguments<'i>,
        now: Instant,
        out: &mut BytesMut,
        event: &mut Option<Event<'i>>,
    ) -> Result<(), Fault> {
        let verify = command::verify(arguments).map_err(Fault::Syntax)?;
        if verify.smtputf8() && !self.offers(Extension::SmtpUtf8) {
            return Err(unknown_parameter());
        }
        let expand = verb == Verb::Expn;
        let extension = if expand {
            Extension::Expn
        } else {
            Extension::Vrfy
        };
        if !self.offers(extension) {
            return self.inform(verb, out);
        }
        self.count_idle()?;
        *event = Some(Event::Verify {
            expand,
            verify,
            pending: self.ask(Question::Verify, now),
        });
        Ok(())
    }

    /// A command that the embedder has added, or one that nobody knows.
    fn custom<'i>(
        &mut self,
        line: &'i [u8],
        now: Instant,
        event: &mut Option<Event<'i>>,
    ) -> Result<(), Fault> {
        let end = line.iter().position(|it| *it == b' ').unwrap_or(line.len());
        let (word, arguments) = line.split_at_checked(end).unwrap_or((line, &[]));
        let mut added = self
            .config
            .extensions
            .custom
            .iter()
            .flat_map(|it| &it.verbs);
        let is_added = added.any(|it| it.borrow().as_str().as_bytes().eq_ignore_ascii_case(word));
        if !is_added {
            return Err(other_than_line(line).unwrap_or(Fault::UnknownCommand));
        }
        self.allow(Act::Verify)?;
        if let Cell::Refuse(fault) = self.position.on_custom_verb() {
            return Err(Fault::Sequence(fault));
        }
        let command = Custom {
            verb: CustomVerb::parse(word).map_err(Fault::Syntax)?,
            arguments: match arguments.trim_ascii() {
                [] => None,
                text => Some(TextString::parse(text).map_err(Fault::Syntax)?),
            },
        };
        self.count_idle()?;
        *event = Some(Event::Custom {
            command,
            pending: self.ask(Question::Custom, now),
        });
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
            Question::Mail => {
                let said = self.mail(arguments, now, event);
                if said.is_err() {
                    self.forget_xforward();
                }
                return said;
            }
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

    /// MAIL, parsed where the event is to be.
    fn mail<'i>(
        &mut self,
        arguments: Arguments<'i>,
        now: Instant,
        event: &mut Option<Event<'i>>,
    ) -> Result<(), Fault> {
        let blank = Event::Mail {
            mail: Mail::NONE,
            pending: Pending::new(0),
        };
        if let Event::Mail { mail, pending } = event.insert(blank) {
            mail.read(Reading::default(), arguments)
                .map_err(Fault::Syntax)?;
            self.admit_mail(&mail.parameters)?;
            self.announced = Announced {
                charset: if mail.parameters.smtputf8 {
                    Charset::Utf8
                } else {
                    Charset::Ascii
                },
                binary: mail.parameters.body == Some(Body::BinaryMime),
            };
            *pending = self.ask(Question::Mail, now);
        }
        Ok(())
    }

    /// RCPT, as [`mail`](Self::mail).
    fn rcpt<'i>(
        &mut self,
        arguments: Arguments<'i>,
        now: Instant,
        event: &mut Option<Event<'i>>,
    ) -> Result<(), Fault> {
        let (charset, accepted) = self
            .transaction
            .as_ref()
            .map_or((Charset::Ascii, 0), |it| (it.charset, it.accepted));
        let blank = Event::Rcpt {
            rcpt: Rcpt::NONE,
            pending: Pending::new(0),
        };
        if let Event::Rcpt { rcpt, pending } = event.insert(blank) {
            let reading = Reading::default().with_charset(charset);
            rcpt.read(reading, arguments).map_err(Fault::Syntax)?;
            let parameters = &rcpt.parameters;
            if !self.takes_parameters(parameters.extensions(), parameters.unknown, |it| &it.rcpt) {
                return Err(unknown_parameter());
            }
            let accepted = usize::try_from(accepted).unwrap_or(usize::MAX);
            if accepted >= self.config.limits.recipients {
                return Err(Fault::TooManyRecipients);
            }
            *pending = self.ask(Question::Rcpt, now);
        }
        Ok(())
    }

    /// Whether MAIL asks for nothing but what is offered.
    fn admit_mail(&self, parameters: &MailParameters<'_>) -> Result<(), Fault> {
        if self.transactions >= self.config.limits.transactions {
            return Err(Fault::TooMany(super::Excess::Transactions));
        }
        if !self.takes_parameters(parameters.extensions(), parameters.unknown, |it| &it.mail) {
            return Err(unknown_parameter());
        }
        let limit = self.config.limits.message_size;
        if parameters
            .size
            .zip(limit)
            .is_some_and(|(size, limit)| size > limit)
        {
            return Err(Fault::MessageTooLarge);
        }
        // RFC 4865 section 5: what is beyond the offer is a parameter that cannot be taken.
        let offer = self.config.extensions.future_release;
        let beyond = match (parameters.release, offer) {
            (Some(Release::For(interval)), Some(offer)) => interval > offer.interval,
            (Some(Release::Until(moment)), Some(offer)) => {
                moment.unix_seconds() > offer.date_time.unix_seconds()
            }
            _ => false,
        };
        if beyond {
            return Err(Fault::BeyondOffer);
        }
        Ok(())
    }

    /// Whether the peer waits where it has to.
    fn listen(&mut self, verb: Option<Verb>, behind: &[u8]) -> Result<(), Fault> {
        if behind.is_empty() || self.config.early_talk == EarlyTalk::Allow {
            return Ok(());
        }
        let pipelining =
            self.position.after_hello() == Phase::Ehlo && self.offers(Extension::Pipelining);
        let has_to_wait = match verb {
            // STARTTLS is judged where TLS begins, and behind QUIT nothing is read.
            Some(Verb::StartTls | Verb::Quit) => false,
            // What a chunk is made of follows it.
            Some(Verb::Bdat) => false,
            // RFC 2920 section 3.1, and RFC 4954 section 4 of AUTH.
            Some(
                Verb::Helo
                | Verb::Ehlo
                | Verb::Lhlo
                | Verb::Auth
                | Verb::Data
                | Verb::Vrfy
                | Verb::Expn
                | Verb::Noop
                | Verb::Etrn
                // It begins anew, with a greeting.
                | Verb::Xclient,
            ) => true,
            Some(Verb::Mail | Verb::Rcpt | Verb::Rset | Verb::Help | Verb::Xforward) | None => {
                !pipelining
            }
        };
        let hello = matches!(verb, Some(Verb::Helo | Verb::Ehlo | Verb::Lhlo));
        let goodbye = hello && behind.eq_ignore_ascii_case(b"QUIT\r\n");
        if !has_to_wait || goodbye {
            return Ok(());
        }
        self.hear_early_talk(behind)
    }

    /// Whether nothing was said behind a line that has to be the last of its flight.
    pub(super) fn hear_early_talk(&mut self, behind: &[u8]) -> Result<(), Fault> {
        if behind.is_empty() || self.config.early_talk == EarlyTalk::Allow {
            return Ok(());
        }
        self.talked_early = true;
        match self.config.early_talk {
            EarlyTalk::Reject => Err(Fault::EarlyTalk),
            EarlyTalk::Note | EarlyTalk::Allow => Ok(()),
        }
    }
}

/// What MAIL announced, until it is accepted.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Announced {
    pub(super) charset: Charset,
    pub(super) binary: bool,
}

/// What HTTP's requests begin with.
const HTTP: [&[u8]; 9] = [
    b"GET", b"POST", b"HEAD", b"PUT", b"DELETE", b"CONNECT", b"OPTIONS", b"TRACE", b"PATCH",
];

/// What the start of a line that is no command may be all the same. BDAT that cannot be read has
/// octets behind it which nobody has counted, and HTTP has a header and a body: neither may run as
/// commands. A proxy that is not expected speaks for a client that would be taken for the proxy.
pub(super) fn other_than_line(start: &[u8]) -> Option<Fault> {
    // The third line of what version 2 of PROXY begins with.
    if start == b"\0\r\n" {
        return Some(Fault::ProxyHeader);
    }
    let at = start.iter().position(u8::is_ascii_graphic)?;
    let start = start.get(at..).unwrap_or_default();
    let bdat = start.split_at_checked(4).is_some_and(|(verb, rest)| {
        verb.eq_ignore_ascii_case(b"BDAT") && !rest.first().is_some_and(u8::is_ascii_alphanumeric)
    });
    let method = start.split(|it| *it == b' ').next().unwrap_or_default();
    if bdat {
        Some(Fault::ChunkSize)
    } else if HTTP.contains(&method) {
        Some(Fault::Http)
    } else if method == b"PROXY" {
        Some(Fault::ProxyHeader)
    } else {
        None
    }
}

fn unknown_parameter() -> Fault {
    Fault::Syntax(SyntaxError::Parameter(ParameterError::Unknown))
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
