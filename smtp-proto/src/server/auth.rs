//! The AUTH exchange of a session (RFC 4954).

use std::time::Instant;

use bytes::BytesMut;

use super::command::other_than_line;
use super::{Event, Fault, Session, write};
use crate::auth::{AuthFault, Mechanism, PlainCredentials};
use crate::command;
use crate::table::{Outcome, Question, on_outcome};
use crate::verb::Arguments;

impl Session {
    /// The AUTH command. A mechanism that EHLO did not list is refused before any challenge.
    pub(super) fn auth(
        &mut self,
        arguments: Arguments<'_>,
        now: Instant,
        out: &mut BytesMut,
        event: &mut Option<Event<'_>>,
    ) -> Result<(), Fault> {
        let auth = command::auth(arguments).map_err(Fault::Syntax)?;
        match Mechanism::parse(auth.mechanism().as_str()) {
            Some(mechanism) if self.config.mechanisms.contains(&mechanism) => match mechanism {
                Mechanism::Plain => {}
            },
            _ => return Err(Fault::UnknownMechanism),
        }
        if let Some(response) = auth.initial_response() {
            return self.credentials(response, now, event);
        }
        self.go(on_outcome(
            self.position.phase(),
            Question::Auth,
            Outcome::Continued,
        ));
        write::empty_challenge(out);
        Ok(())
    }

    /// A line of the exchange that is not a command. `*` alone gives up (RFC 4954 section 4).
    pub(super) fn response(
        &mut self,
        line: &[u8],
        behind: &[u8],
        now: Instant,
        event: &mut Option<Event<'_>>,
    ) -> Result<(), Fault> {
        self.hear_early_talk(behind)?;
        if line == b"*" {
            return Err(Fault::Auth(AuthFault::Cancelled));
        }
        // Base64 has no blanks, and what begins like BDAT may be base64.
        let other = other_than_line(line).filter(|_| line.contains(&b' '));
        other.map_or_else(|| self.credentials(line, now, event), Err)
    }

    fn credentials(
        &mut self,
        response: &[u8],
        now: Instant,
        event: &mut Option<Event<'_>>,
    ) -> Result<(), Fault> {
        let credentials = PlainCredentials::decode(response).map_err(Fault::Auth)?;
        *event = Some(Event::Auth {
            credentials,
            pending: self.ask(Question::Auth, now),
        });
        Ok(())
    }
}
