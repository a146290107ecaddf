//! One exchange: challenges in, responses out.

use bytes::BytesMut;

use super::Mechanism;
use crate::auth::base64::{Base64, encode};
use crate::auth::{AuthFault, MechanismName, Message};

/// An exchange that has begun.
///
/// ```
/// use bytes::BytesMut;
/// use mailwire_smtp_proto::auth::PlainCredentials;
/// use mailwire_smtp_proto::auth::client::{Exchange, Login, Plain};
///
/// let tim = PlainCredentials::new("tim", "tanstaaftanstaaf")?;
/// let (mut exchange, mut out) = (Exchange::begin(Box::new(Plain::new(tim.clone())))?, BytesMut::new());
/// assert!(exchange.initial_response(512, &mut out));
/// assert_eq!(&out[..], b"AHRpbQB0YW5zdGFhZnRhbnN0YWFm");
///
/// let (mut exchange, mut out) = (Exchange::begin(Box::new(Login::new(tim)))?, BytesMut::new());
/// assert!(!exchange.initial_response(512, &mut out));
/// exchange.challenge(b"VXNlcm5hbWU6")?;
/// exchange.respond(&mut out)?;
/// assert_eq!(&out[..], b"dGlt");
/// # Ok::<(), mailwire_smtp_proto::auth::AuthFault>(())
/// ```
#[derive(Debug)]
pub struct Exchange {
    mechanism: Box<dyn Mechanism>,
    /// The first message, until it was said.
    first: Option<Message>,
    response: Response,
}

/// The response that is to be said next.
enum Response {
    None,
    Ready(Message),
    Faulty(AuthFault),
}

impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Ready(_) => "Ready(..)",
            Self::Faulty(_) => "Faulty",
        })
    }
}

impl Exchange {
    /// The longest challenge that is decoded, in octets (RFC 4954 section 4).
    pub const MAX_LINE: usize = 12_288;

    /// Begins. Nothing is said yet.
    ///
    /// # Errors
    ///
    /// As [`Mechanism::begin`].
    pub fn begin(mut mechanism: Box<dyn Mechanism>) -> Result<Self, AuthFault> {
        let first = mechanism.begin()?;
        Ok(Self {
            mechanism,
            first,
            response: Response::None,
        })
    }

    /// The name of the mechanism.
    #[must_use]
    pub fn name(&self) -> MechanismName<'_> {
        self.mechanism.name()
    }

    /// Appends the initial response (RFC 4954 section 4), `=` if it is empty, and tells whether there
    /// is one of at most `room` octets. If it is longer, it is kept for the first challenge.
    pub fn initial_response(&mut self, room: usize, out: &mut BytesMut) -> bool {
        match self.first.take() {
            None => false,
            Some(first) if first.is_empty() && room > 0 => {
                out.extend_from_slice(b"=");
                true
            }
            Some(first) if first.len().div_ceil(3) * 4 <= room => {
                encode(&first, out);
                true
            }
            first => {
                self.first = first;
                false
            }
        }
    }

    /// Takes the text of a challenge. The response to it is for [`respond`](Self::respond) to say.
    ///
    /// # Errors
    ///
    /// The exchange is to be given up, by `*` for instance.
    pub fn challenge(&mut self, text: &[u8]) -> Result<(), AuthFault> {
        let response = match self.first.take() {
            // What has not been said yet needs no challenge, and some servers put words there.
            Some(first) => Ok(first),
            None => self.read(text),
        };
        match response {
            Ok(response) => {
                self.response = Response::Ready(response);
                Ok(())
            }
            Err(fault) => {
                self.response = Response::Faulty(fault);
                Err(fault)
            }
        }
    }

    fn read(&mut self, text: &[u8]) -> Result<Message, AuthFault> {
        if !self.mechanism.reads_challenges() {
            return self.mechanism.respond(text);
        }
        if text.len() > Self::MAX_LINE {
            return Err(AuthFault::TooLong);
        }
        let challenge = Base64::Canonical.decode(text)?;
        self.mechanism.respond(&challenge)
    }

    /// Appends the response to the last challenge: base64, or nothing if it is empty.
    ///
    /// # Errors
    ///
    /// There is none, for the reason that [`challenge`](Self::challenge) has told, or because there was
    /// no challenge.
    pub fn respond(&mut self, out: &mut BytesMut) -> Result<(), AuthFault> {
        match std::mem::replace(&mut self.response, Response::None) {
            Response::Ready(response) => {
                encode(&response, out);
                Ok(())
            }
            Response::Faulty(fault) => {
                self.response = Response::Faulty(fault);
                Err(fault)
            }
            Response::None => Err(AuthFault::OutOfOrder),
        }
    }

    /// To be asked when the server says that the client is logged in.
    ///
    /// # Errors
    ///
    /// As [`Mechanism::succeeded`]: the connection is not to be used.
    pub fn succeeded(&self) -> Result<(), AuthFault> {
        match (&self.first, &self.response) {
            (None, Response::None) => self.mechanism.succeeded(),
            _ => Err(AuthFault::OutOfOrder),
        }
    }
}
