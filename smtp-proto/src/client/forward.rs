//! Who this client's own client is: XCLIENT and XFORWARD.
//!
//! ```text
//!   xclient ──► 220, 250: a new epoch; EHLO has to come next
//!      │
//!      ▼ 4yz, 5yz: only QUIT is left, for whoever goes on is taken for the proxy itself
//! ```

use std::time::Instant;

use bytes::BytesMut;

use super::error::NotNow;
use super::event::CommandId;
use super::{Session, Welcome};
use crate::command::{AttributeName, Attributes};
use crate::ehlo::Capabilities;
use crate::table::Outcome;
use crate::verb::Verb;
use crate::xclient::{Name, NotForwardable};

/// The most octets of a command line, with its CRLF (RFC 5321 section 4.5.3.1.4).
const LINE: usize = 512;

impl Session {
    /// XCLIENT, with what [`Identity::commands`](crate::xclient::Identity::commands) gives: nothing goes out
    /// behind it before its reply is in. When that is yes, everything that was learned is void, and
    /// [`hello`](Self::hello) has to come again.
    ///
    /// # Errors
    ///
    /// [`NotNow::NotForwardable`] if an attribute is not offered, or they are too long for a line;
    /// [`NotNow::Policy`] if TLS is demanded and not there; else as [`rset`](Self::rset).
    pub fn xclient(
        &mut self,
        attributes: Attributes<'_>,
        now: Instant,
        out: &mut BytesMut,
    ) -> Result<CommandId, NotNow> {
        self.forward(Verb::Xclient, attributes, now, out)
    }

    /// XFORWARD: for the server's log of the next message alone. It may go out in one flight with
    /// others.
    ///
    /// # Errors
    ///
    /// As [`xclient`](Self::xclient).
    pub fn xforward(
        &mut self,
        attributes: Attributes<'_>,
        now: Instant,
        out: &mut BytesMut,
    ) -> Result<CommandId, NotNow> {
        self.forward(Verb::Xforward, attributes, now, out)
    }

    fn forward(
        &mut self,
        verb: Verb,
        attributes: Attributes<'_>,
        now: Instant,
        out: &mut BytesMut,
    ) -> Result<CommandId, NotNow> {
        self.check(verb)?;
        self.permit_mail()?;
        for attribute in attributes {
            let name = attribute.name;
            let is_offered = match verb {
                Verb::Xclient => is_among(name, self.capabilities.xclient()),
                _ => is_among(name, self.capabilities.xforward()),
            };
            if !is_offered {
                return Err(NotForwardable::NotOffered(Name::parse(name.as_str())).into());
            }
        }
        let line = format!(" {attributes}");
        if verb.as_str().len() + line.len() + 2 > LINE {
            return Err(NotForwardable::TooLong.into());
        }
        self.send(verb, line, now, out)
    }

    /// The reply to XCLIENT is in.
    pub(super) fn xclient_reply(&mut self, outcome: Outcome) {
        if outcome == Outcome::Accepted {
            self.authenticated = false;
            self.capabilities = Capabilities::none();
            self.transactions = 0;
            self.domains.clear();
        } else {
            self.welcome = Welcome::Refused;
        }
    }
}

fn is_among<'o>(
    name: AttributeName<'_>,
    mut offered: impl Iterator<Item = AttributeName<'o>>,
) -> bool {
    offered.any(|it| it.as_str().eq_ignore_ascii_case(name.as_str()))
}
