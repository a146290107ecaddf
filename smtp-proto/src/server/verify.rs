//! VRFY and EXPN, and commands that the embedder has added.

use std::time::Instant;

use bytes::BytesMut;
use mailwire_tls_policy::Act;

use super::envelope::unknown_parameter;
use super::extensions::Extension;
use super::other_protocol::other_than_line;
use super::{Event, Fault, Session};
use crate::command::{self, Custom, CustomVerb, TextString};
use crate::table::{Cell, Question};
use crate::verb::{Arguments, Verb};

impl Session {
    pub(super) fn verify<'i>(
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
    pub(super) fn custom<'i>(
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
}
