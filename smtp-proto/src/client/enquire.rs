//! Commands that ask something, and belong to no transaction. Nothing goes out behind one before its
//! reply is in (RFC 2920 section 3.1).

use std::fmt::Write as _;
use std::time::Instant;

use bytes::BytesMut;

use super::Session;
use super::error::{Extension, NotNow};
use super::event::CommandId;
use crate::command::{Custom, Etrn, TextString, Verify};
use crate::table::Question;
use crate::verb::Verb;

impl Session {
    /// VRFY: what there is of an address (RFC 5321 section 3.5).
    ///
    /// # Errors
    ///
    /// [`NotNow::NotOffered`] if it asks for SMTPUTF8 and the server does not offer it; else as
    /// [`rset`](Self::rset).
    pub fn vrfy(
        &mut self,
        about: Verify<'_>,
        now: Instant,
        out: &mut BytesMut,
    ) -> Result<CommandId, NotNow> {
        self.verify(Verb::Vrfy, about, now, out)
    }

    /// EXPN: who is on a list.
    ///
    /// # Errors
    ///
    /// As [`vrfy`](Self::vrfy).
    pub fn expn(
        &mut self,
        about: Verify<'_>,
        now: Instant,
        out: &mut BytesMut,
    ) -> Result<CommandId, NotNow> {
        self.verify(Verb::Expn, about, now, out)
    }

    /// ETRN: that mail for a node, or of a queue, be sent now (RFC 1985).
    ///
    /// # Errors
    ///
    /// [`NotNow::NotOffered`]; [`NotNow::Policy`] if TLS is demanded and not there; else as
    /// [`rset`](Self::rset).
    pub fn etrn(
        &mut self,
        about: Etrn<'_>,
        now: Instant,
        out: &mut BytesMut,
    ) -> Result<CommandId, NotNow> {
        self.check(Verb::Etrn)?;
        self.permit_mail()?;
        if !self.capabilities.etrn() {
            return Err(NotNow::NotOffered(Extension::Keyword("ETRN")));
        }
        self.send(Verb::Etrn, format_args!(" {about}"), now, out)
    }

    /// HELP, about a topic or in general (RFC 5321 section 4.1.1.8).
    ///
    /// # Errors
    ///
    /// [`NotNow::NotAscii`]: no extension has HELP in UTF-8; else as [`rset`](Self::rset).
    pub fn help(
        &mut self,
        topic: Option<TextString<'_>>,
        now: Instant,
        out: &mut BytesMut,
    ) -> Result<CommandId, NotNow> {
        self.check(Verb::Help)?;
        if topic.is_some_and(|it| !it.as_str().is_ascii()) {
            return Err(NotNow::NotAscii);
        }
        match topic {
            Some(topic) => self.send(Verb::Help, format_args!(" {topic}"), now, out),
            None => self.send(Verb::Help, "", now, out),
        }
    }

    /// A command of an extension that the embedder knows. Its reply comes as
    /// [`Event::Custom`](super::Event::Custom).
    ///
    /// Whether the server offers it, which [`capabilities`](Self::capabilities) tell, is for the embedder
    /// to see; behind HELO nothing is offered.
    ///
    /// # Errors
    ///
    /// [`NotNow::Policy`] if TLS is demanded and not there; else as [`rset`](Self::rset).
    pub fn custom(
        &mut self,
        command: &Custom<'_>,
        now: Instant,
        out: &mut BytesMut,
    ) -> Result<CommandId, NotNow> {
        self.check_custom()?;
        self.permit_mail()?;
        let said_before = out.len();
        // Writing to a buffer that grows cannot fail.
        let _ = write!(out, "{command}\r\n");
        let octets = out.len() - said_before;
        Ok(self.note(None, Some(Question::Custom), octets, now))
    }

    fn verify(
        &mut self,
        verb: Verb,
        about: Verify<'_>,
        now: Instant,
        out: &mut BytesMut,
    ) -> Result<CommandId, NotNow> {
        self.check(verb)?;
        self.permit_mail()?;
        if about.smtputf8() && !self.capabilities.smtputf8() {
            return Err(NotNow::NotOffered(Extension::Keyword("SMTPUTF8")));
        }
        self.send(verb, format_args!(" {about}"), now, out)
    }
}
