//! One exchange: lines in, challenges out, and the questions between them.

use bytes::BytesMut;

use super::{Attempt, Found, LookUp, Turn};
use crate::auth::base64::{Base64, encode};
use crate::auth::{AuthFault, Credentials};

/// An exchange that has begun.
///
/// Whatever is an error ends it: the client is told, and it may begin another one. Dropping it is
/// right at any time, such as at the end of the input.
///
/// ```
/// use bytes::BytesMut;
/// use mailwire_smtp_proto::auth::server::{Connection, Exchange, Mechanism, Plain, Progress};
/// use mailwire_smtp_proto::auth::Base64;
///
/// let (attempt, mut out) = (Plain.begin(&Connection::default()), BytesMut::new());
/// let (mut exchange, progress) = Exchange::begin(attempt, Base64::Canonical, None, &mut out)?;
/// assert!(matches!(progress, Progress::Challenge) && out.is_empty()); // the empty challenge
/// let progress = exchange.respond(b"AHRpbQB0YW5zdGFhZnRhbnN0YWFm", &mut out)?;
/// let Progress::Judge(credentials) = progress else { panic!("it is complete") };
/// assert_eq!(credentials.authentication(), Some("tim"));
/// # Ok::<(), mailwire_smtp_proto::auth::AuthFault>(())
/// ```
#[derive(Debug)]
pub struct Exchange {
    attempt: Box<dyn Attempt>,
    base64: Base64,
    awaits: Awaits,
}

/// What the exchange waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Awaits {
    Response,
    Found,
    Verdict,
    /// The response to the last challenge before a refusal.
    LastResponse,
    Nothing,
}

/// What an exchange came to by a step.
#[derive(Debug)]
pub enum Progress {
    /// A challenge was appended, perhaps the empty one. Say it, and hand in the line that comes.
    Challenge,
    /// Something is to be looked up; go on with [`Exchange::found`].
    LookUp(LookUp),
    /// The embedder is to judge. If it says yes, the exchange is over; if no, go on with
    /// [`Exchange::refuse`].
    Judge(Credentials),
    /// The client is refused: say so.
    Refused,
}

impl Exchange {
    /// The longest line that is decoded, in octets (RFC 4954 section 4).
    pub const MAX_LINE: usize = 12_288;

    /// Begins with the initial response that came with the command, if one did: base64, or `=` for
    /// an empty one (RFC 4954 section 4).
    ///
    /// # Errors
    ///
    /// The exchange is over before it has begun.
    pub fn begin(
        attempt: Box<dyn Attempt>,
        base64: Base64,
        initial_response: Option<&[u8]>,
        out: &mut BytesMut,
    ) -> Result<(Self, Progress), AuthFault> {
        let mut exchange = Self {
            attempt,
            base64,
            awaits: Awaits::Response,
        };
        let progress = match initial_response {
            None => {
                encode(&exchange.attempt.greeting(), out);
                Progress::Challenge
            }
            Some(_) if !exchange.attempt.takes_initial_response() => {
                return Err(AuthFault::InitialResponse);
            }
            Some(b"=") => exchange.take(b"", out)?,
            // The empty one has a form of its own.
            Some(b"") => return Err(AuthFault::Base64),
            Some(line) => exchange.respond(line, out)?,
        };
        Ok((exchange, progress))
    }

    /// Takes a line of the client, without its line end: base64, nothing for the empty response, or `*`
    /// to give up.
    ///
    /// # Errors
    ///
    /// The exchange is over, and has failed.
    pub fn respond(&mut self, line: &[u8], out: &mut BytesMut) -> Result<Progress, AuthFault> {
        match std::mem::replace(&mut self.awaits, Awaits::Nothing) {
            Awaits::Response => {}
            // Whatever it says, it is refused (RFC 7628 section 3.2.3).
            Awaits::LastResponse => return Ok(Progress::Refused),
            Awaits::Found | Awaits::Verdict | Awaits::Nothing => return Err(AuthFault::OutOfOrder),
        }
        if line == b"*" {
            return Err(AuthFault::Cancelled);
        }
        if line.len() > Self::MAX_LINE {
            return Err(AuthFault::TooLong);
        }
        self.take(&self.base64.decode(line)?, out)
    }

    /// Goes on with what was looked up.
    ///
    /// # Errors
    ///
    /// As [`respond`](Self::respond), and if nothing was asked for.
    pub fn found(&mut self, found: Found, out: &mut BytesMut) -> Result<Progress, AuthFault> {
        match std::mem::replace(&mut self.awaits, Awaits::Nothing) {
            Awaits::Found => {}
            _ => return Err(AuthFault::OutOfOrder),
        }
        let turn = self.attempt.found(found)?;
        Ok(self.turn(turn, out))
    }

    /// The embedder says no. A mechanism may have something to say to the client first: then this is
    /// a [`Challenge`](Progress::Challenge), and the refusal comes behind the response to it.
    pub fn refuse(&mut self, out: &mut BytesMut) -> Progress {
        let last = match std::mem::replace(&mut self.awaits, Awaits::Nothing) {
            Awaits::Verdict => self.attempt.refusal(),
            _ => None,
        };
        match last {
            None => Progress::Refused,
            Some(message) => {
                self.awaits = Awaits::LastResponse;
                encode(&message, out);
                Progress::Challenge
            }
        }
    }

    fn take(&mut self, message: &[u8], out: &mut BytesMut) -> Result<Progress, AuthFault> {
        let turn = self.attempt.respond(message)?;
        Ok(self.turn(turn, out))
    }

    fn turn(&mut self, turn: Turn, out: &mut BytesMut) -> Progress {
        let (awaits, progress) = match turn {
            Turn::Challenge(message) => {
                encode(&message, out);
                (Awaits::Response, Progress::Challenge)
            }
            Turn::LookUp(look_up) => (Awaits::Found, Progress::LookUp(look_up)),
            Turn::Judge(credentials) => (Awaits::Verdict, Progress::Judge(credentials)),
        };
        self.awaits = awaits;
        progress
    }
}
