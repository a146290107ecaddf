//! The commands: judged here, by policy, offer and table, before one octet is in the output.

use std::fmt::{Display, Write as _};
use std::time::Instant;

use bytes::BytesMut;
use mailwire_tls_policy::Channel;
use mailwire_tls_policy::outbound::{self, Refusal, Step as TlsStep, TlsMode};

use super::chunk::after_chunk;
use super::error::{Extension, NotNow};
use super::event::CommandId;
use super::outstanding::Sent;
use super::reply::{question, unasked};
use super::{Session, Welcome};
use crate::body::BdatWriter;
use crate::charset::Charset;
use crate::host::HelloName;
use crate::params::{Body, MailParameters, RcptParameters};
use crate::path::{ForwardPath, ReversePath};
use crate::table::{Cell, Outcome, Phase, Question, SequenceFault, on_outcome};
use crate::verb::Verb;

impl Session {
    /// EHLO, or LHLO in LMTP. What the server offers is known when the reply is in.
    ///
    /// # Errors
    ///
    /// [`NotNow::Policy`] if implicit TLS is demanded and not there; else as [`rset`](Self::rset).
    pub fn hello(
        &mut self,
        name: &HelloName<'_>,
        now: Instant,
        out: &mut BytesMut,
    ) -> Result<CommandId, NotNow> {
        let verb = self.config.dialect.hello_verb();
        self.hello_by(verb, name, now, out)
    }

    /// HELO, for a server that does not know EHLO: no TLS, no AUTH, no extension.
    ///
    /// # Errors
    ///
    /// [`NotNow::NotInDialect`] in LMTP; else as [`hello`](Self::hello).
    pub fn helo(
        &mut self,
        name: &HelloName<'_>,
        now: Instant,
        out: &mut BytesMut,
    ) -> Result<CommandId, NotNow> {
        self.hello_by(Verb::Helo, name, now, out)
    }

    /// STARTTLS. When the reply has said yes, [`into_tls`](Self::into_tls) comes next.
    ///
    /// # Errors
    ///
    /// [`NotNow::NotOffered`] if the server does not offer it, [`NotNow::Policy`] if policy then
    /// demands it, [`NotNow::TlsOff`] and [`NotNow::AlreadyTls`].
    pub fn start_tls(&mut self, now: Instant, out: &mut BytesMut) -> Result<CommandId, NotNow> {
        self.check(Verb::StartTls)?;
        let offered = self.capabilities.starttls();
        match outbound::start_tls(&self.config.policy, self.channel, offered) {
            TlsStep::StartTls => self.send(Verb::StartTls, format_args!(""), now, out),
            TlsStep::Abort(refusal) => Err(refusal.into()),
            TlsStep::Proceed if self.channel == Channel::Tls => Err(NotNow::AlreadyTls),
            TlsStep::Proceed if self.config.policy.tls == TlsMode::Off => Err(NotNow::TlsOff),
            TlsStep::Proceed => Err(NotNow::NotOffered(Extension::StartTls)),
        }
    }

    /// MAIL.
    ///
    /// # Errors
    ///
    /// [`NotNow::Policy`] if TLS is demanded and not there, [`NotNow::NotOffered`] for a parameter
    /// whose extension the server does not offer, [`NotNow::TooLarge`], [`NotNow::DeliverByTooSoon`],
    /// [`NotNow::HeldTooLong`] and [`NotNow::TooManyTransactions`] for one that goes beyond the offer,
    /// [`NotNow::RequireTlsInClear`]; else as [`rset`](Self::rset).
    pub fn mail(
        &mut self,
        path: &ReversePath<'_>,
        parameters: &MailParameters<'_>,
        now: Instant,
        out: &mut BytesMut,
    ) -> Result<CommandId, NotNow> {
        self.check(Verb::Mail)?;
        self.permit_mail()?;
        self.offered(parameters.extensions())?;
        self.within_offer(parameters)?;
        // RFC 8689 section 4.2.1: what REQUIRETLS asks of others begins here.
        if parameters.require_tls && self.channel != Channel::Tls {
            return Err(NotNow::RequireTlsInClear);
        }
        if !path.is_ascii() && !parameters.smtputf8 {
            return Err(NotNow::NotAscii);
        }
        self.charset = if parameters.smtputf8 {
            Charset::Utf8
        } else {
            Charset::Ascii
        };
        self.is_binary = parameters.body == Some(Body::BinaryMime);
        self.chunks = if self.is_binary {
            BdatWriter::binary()
        } else {
            BdatWriter::text_with(self.config.bare_line_ends)
        };
        self.count_transaction();
        self.send(
            Verb::Mail,
            format_args!(" FROM:{path}{parameters}"),
            now,
            out,
        )
    }

    /// RCPT.
    ///
    /// # Errors
    ///
    /// [`NotNow::TooManyRecipients`] and [`NotNow::TooManyDomains`], by our own limits or the server's
    /// (RFC 9422), [`NotNow::NotOffered`] for a parameter, [`NotNow::NotAscii`]; else as
    /// [`rset`](Self::rset).
    pub fn rcpt(
        &mut self,
        path: &ForwardPath<'_>,
        parameters: &RcptParameters<'_>,
        now: Instant,
        out: &mut BytesMut,
    ) -> Result<CommandId, NotNow> {
        self.check(Verb::Rcpt)?;
        if self.outstanding.recipients() >= self.config.limits.recipients {
            return Err(NotNow::TooManyRecipients);
        }
        self.offered(parameters.extensions())?;
        let is_ascii = path.is_ascii() && parameters.is_ascii();
        if !is_ascii && self.charset == Charset::Ascii {
            return Err(NotNow::NotAscii);
        }
        self.within_limits(path)?;
        self.count_recipient(path);
        self.send(Verb::Rcpt, format_args!(" TO:{path}{parameters}"), now, out)
    }

    /// DATA. It may end a flight of MAIL and RCPT.
    ///
    /// # Errors
    ///
    /// [`NotNow::BinaryByData`]; else as [`rset`](Self::rset).
    pub fn data(&mut self, now: Instant, out: &mut BytesMut) -> Result<CommandId, NotNow> {
        self.check(Verb::Data)?;
        if self.is_binary {
            return Err(NotNow::BinaryByData);
        }
        self.send(Verb::Data, format_args!(""), now, out)
    }

    /// A piece of content, after 354. Line ends of any kind become CRLF, unless
    /// [`Config::bare_line_ends`](super::Config::bare_line_ends) refuses them, and dots are doubled.
    ///
    /// # Errors
    ///
    /// [`NotNow::NoContentWanted`] if no 354 is in. [`SequenceFault::NoRecipients`] if there is a
    /// 354, yet no recipient was accepted: only [`end_of_content`](Self::end_of_content) may
    /// follow (RFC 2920 section 3.1). [`NotNow::Content`]: the session is over.
    pub fn content(&mut self, content: &[u8], out: &mut BytesMut) -> Result<(), NotNow> {
        self.check_content()?;
        if self.outstanding.accepted() == 0 {
            return Err(SequenceFault::NoRecipients.into());
        }
        let said_before = out.len();
        self.writer.write(content, out);
        match self.writer.fault() {
            None => Ok(()),
            Some(fault) => Err(self.damaged(fault, said_before, out)),
        }
    }

    /// The end of the content. One verdict will come in SMTP, one for each accepted recipient in
    /// LMTP.
    ///
    /// # Errors
    ///
    /// [`NotNow::NoContentWanted`] if no 354 is in. [`NotNow::Content`] if the last octet was a CR
    /// and such are refused: the session is over.
    pub fn end_of_content(
        &mut self,
        now: Instant,
        out: &mut BytesMut,
    ) -> Result<CommandId, NotNow> {
        self.check_content()?;
        let said_before = out.len();
        if let Err(fault) = self.writer.finish(out) {
            return Err(self.damaged(fault, said_before, out));
        }
        let id = self.take_id();
        let owed = self
            .config
            .dialect
            .replies_to_message(self.outstanding.accepted());
        self.outstanding.expect_verdicts(id, owed);
        self.since = now;
        Ok(id)
    }

    /// RSET.
    ///
    /// # Errors
    ///
    /// [`NotNow::MustWait`] while a reply has to come in first, [`NotNow::Sequence`],
    /// [`NotNow::TurnedAway`], [`NotNow::Closed`].
    pub fn rset(&mut self, now: Instant, out: &mut BytesMut) -> Result<CommandId, NotNow> {
        self.check(Verb::Rset)?;
        self.send(Verb::Rset, format_args!(""), now, out)
    }

    /// NOOP.
    ///
    /// # Errors
    ///
    /// As [`rset`](Self::rset).
    pub fn noop(&mut self, now: Instant, out: &mut BytesMut) -> Result<CommandId, NotNow> {
        self.check(Verb::Noop)?;
        self.send(Verb::Noop, format_args!(""), now, out)
    }

    /// QUIT.
    ///
    /// # Errors
    ///
    /// As [`rset`](Self::rset), but possible after a greeting that was a refusal.
    pub fn quit(&mut self, now: Instant, out: &mut BytesMut) -> Result<CommandId, NotNow> {
        self.check(Verb::Quit)?;
        self.send(Verb::Quit, format_args!(""), now, out)
    }

    fn hello_by(
        &mut self,
        verb: Verb,
        name: &HelloName<'_>,
        now: Instant,
        out: &mut BytesMut,
    ) -> Result<CommandId, NotNow> {
        self.check(verb)?;
        // Only implicit TLS can be missing before the first hello; STARTTLS comes after it.
        if self.config.policy.tls == TlsMode::Implicit && self.channel != Channel::Tls {
            return Err(Refusal::ImplicitTlsMissing.into());
        }
        self.send(verb, format_args!(" {name}"), now, out)
    }

    /// Whether a command may be sent now: its turn, its place, and the flight it would join.
    pub(super) fn check(&self, verb: Verb) -> Result<(), NotNow> {
        self.check_turn(Some(verb))?;
        allowed(self.expected.on_verb(verb))
    }

    /// The same of a verb that the embedder has added.
    pub(super) fn check_custom(&self) -> Result<(), NotNow> {
        self.check_turn(None)?;
        allowed(self.expected.on_custom_verb())
    }

    fn check_turn(&self, verb: Option<Verb>) -> Result<(), NotNow> {
        match (self.position.phase(), self.welcome) {
            (Phase::Closed, _) => return Err(NotNow::Closed),
            (_, Welcome::Awaited) => return Err(NotNow::MustWait),
            _ if self.is_surplus => return Err(NotNow::MustWait),
            (_, Welcome::Refused) if verb != Some(Verb::Quit) => return Err(NotNow::TurnedAway),
            (_, Welcome::Given | Welcome::Refused) => {}
        }
        if verb.is_some_and(|verb| !self.config.dialect.has(verb)) {
            return Err(NotNow::NotInDialect);
        }
        if !self.outstanding.is_empty() && !verb.is_some_and(|verb| self.may_join(verb)) {
            return Err(NotNow::MustWait);
        }
        Ok(())
    }

    /// Whether a command may follow what is outstanding in one flight.
    fn may_join(&self, verb: Verb) -> bool {
        use Verb::{Bdat, Data, Mail, Rcpt, Rset, Xforward};
        matches!(verb, Mail | Rcpt | Rset | Data | Bdat | Xforward)
            && self.capabilities.pipelining()
            && self.outstanding.may_be_followed()
            && self.outstanding.len() < self.config.limits.outstanding
            && self.outstanding.octets() < self.config.limits.flight
    }

    pub(super) fn check_challenge(&self) -> Result<(), NotNow> {
        match self.position.phase() {
            Phase::Authenticating if self.outstanding.is_empty() && !self.is_surplus => Ok(()),
            Phase::Authenticating => Err(NotNow::MustWait),
            Phase::Closed => Err(NotNow::Closed),
            _ => Err(NotNow::NoChallenge),
        }
    }

    fn check_content(&self) -> Result<(), NotNow> {
        match self.position.phase() {
            Phase::Content if self.outstanding.is_empty() && !self.is_surplus => Ok(()),
            Phase::Content => Err(NotNow::MustWait),
            Phase::Closed => Err(NotNow::Closed),
            _ => Err(NotNow::NoContentWanted),
        }
    }

    /// Policy on a transaction: TLS that is demanded has to be there.
    pub(super) fn permit_mail(&self) -> Result<(), NotNow> {
        let offered = self.capabilities.starttls();
        match outbound::start_tls(&self.config.policy, self.channel, offered) {
            TlsStep::Abort(refusal) => Err(refusal.into()),
            TlsStep::StartTls if self.config.policy.tls == TlsMode::StartTlsRequired => {
                Err(Refusal::StartTlsNotDone.into())
            }
            TlsStep::StartTls | TlsStep::Proceed => Ok(()),
        }
    }

    /// Writes a command that has been checked; what it is made of cannot hold CR or LF.
    pub(super) fn send(
        &mut self,
        verb: Verb,
        arguments: impl Display,
        now: Instant,
        out: &mut BytesMut,
    ) -> Result<CommandId, NotNow> {
        let said_before = out.len();
        out.extend_from_slice(verb.as_str().as_bytes());
        // Writing to a buffer that grows cannot fail.
        let _ = write!(out, "{arguments}\r\n");
        let octets = out.len() - said_before;
        Ok(self.note(Some(verb), question(verb), octets, now))
    }

    /// Ends the line of a command, and notes that its reply is awaited.
    pub(super) fn sent(&mut self, verb: Verb, now: Instant, out: &mut BytesMut) -> CommandId {
        out.extend_from_slice(b"\r\n");
        // Nothing may join it in a flight, so its length is of no use.
        self.note(Some(verb), question(verb), 0, now)
    }

    /// Notes that the reply to what is in the output is awaited.
    pub(super) fn note(
        &mut self,
        verb: Option<Verb>,
        question: Option<Question>,
        octets: usize,
        now: Instant,
    ) -> CommandId {
        let phase = self.expected.phase();
        let next = match question {
            Some(Question::Chunk) => after_chunk(self.expected, Outcome::Accepted),
            Some(question) => on_outcome(phase, question, Outcome::Accepted),
            None => unasked(phase, verb, Outcome::Accepted),
        };
        self.expected = self.expected.follow(next);
        let id = self.take_id();
        self.outstanding.push(Sent {
            id,
            verb,
            question,
            octets,
        });
        self.since = now;
        id
    }

    fn take_id(&mut self) -> CommandId {
        let id = CommandId(self.next_id);
        self.next_id = self.next_id.wrapping_add(1);
        id
    }
}

/// Whether the table lets a command be sent.
fn allowed(cell: Cell) -> Result<(), NotNow> {
    match cell {
        Cell::Refuse(fault) => Err(fault.into()),
        Cell::Ask(_) | Cell::Grant(_) | Cell::Reset | Cell::Inform | Cell::Quit => Ok(()),
    }
}
