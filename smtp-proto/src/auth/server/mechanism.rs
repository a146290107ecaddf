//! What a mechanism is to a server.

use std::fmt;

#[cfg(feature = "scram")]
use crate::auth::scram::{ChannelBinding, StoredKeys};
use crate::auth::{AuthFault, Credentials, MechanismName, Message, Secret};

/// A mechanism that a server offers.
///
/// Those of this crate are values in this module; any other can be added by an embedder.
pub trait Mechanism: fmt::Debug + Send + Sync {
    /// Its name, as it is listed.
    fn name(&self) -> MechanismName<'_>;

    /// Whether it can work on this connection; it is listed only then, and refused otherwise.
    fn is_available(&self, connection: &Connection) -> bool {
        let _ = connection;
        true
    }

    /// A fresh attempt: nothing of an earlier one is in it.
    fn begin(&self, connection: &Connection) -> Box<dyn Attempt>;
}

/// One attempt of a client, with the state that it has got to.
pub trait Attempt: fmt::Debug + Send {
    /// Whether the client may speak first, with the command itself.
    fn takes_initial_response(&self) -> bool {
        true
    }

    /// What the server says first, if the client has not.
    fn greeting(&mut self) -> Message {
        Message::default()
    }

    /// Takes a message of the client.
    ///
    /// # Errors
    ///
    /// The exchange is over, and has failed.
    fn respond(&mut self, message: &[u8]) -> Result<Turn, AuthFault>;

    /// Goes on after a [`Turn::LookUp`].
    ///
    /// # Errors
    ///
    /// As [`respond`](Self::respond).
    fn found(&mut self, found: Found) -> Result<Turn, AuthFault> {
        let _ = found;
        Err(AuthFault::OutOfOrder)
    }

    /// What is to be said to the client before the embedder's no, and answered by it, if anything.
    fn refusal(&mut self) -> Option<Message> {
        None
    }
}

/// Whose turn it is.
#[derive(Debug)]
pub enum Turn {
    /// The client's, with this challenge.
    Challenge(Message),
    /// The embedder's: something is to be looked up.
    LookUp(LookUp),
    /// The embedder's: may they?
    Judge(Credentials),
}

/// What a mechanism wants to know to go on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct LookUp {
    /// The name of the mechanism.
    pub mechanism: &'static str,
    /// Whose secret is asked for. Nothing is known about this name yet.
    pub authentication: String,
    /// On whose behalf they act, if not their own.
    pub authorization: Option<String>,
}

/// What was looked up.
///
/// What does not fit the mechanism, such as keys of another hash, is a fault of this side, and the client
/// is told 454 at once; by that a name that exists can be told from one that does not. So a mechanism is
/// to be offered only where all have what it compares with.
#[derive(Debug)]
#[non_exhaustive]
pub enum Found {
    /// There is nobody of this name, or nothing to compare with. The client is not told the difference
    /// to a wrong password, as far as the mechanism can hide it.
    Nobody,
    /// The password (CRAM-MD5).
    Password(Secret),
    /// What is kept in its place (SCRAM).
    #[cfg(feature = "scram")]
    Keys(StoredKeys),
}

/// What the embedder knows of a connection that mechanisms may build on.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Connection {
    /// The identity that the client has proven below SASL: of its certificate that was verified, or of the
    /// process at the other end of a socket. EXTERNAL is offered only if there is one.
    pub external: Option<String>,
    /// What identifies the TLS channel. The mechanisms `-PLUS` are offered only if there is something.
    #[cfg(feature = "scram")]
    pub bindings: Vec<ChannelBinding>,
}

impl Connection {
    /// Nothing is known.
    pub(crate) const UNKNOWN: Self = Self {
        external: None,
        #[cfg(feature = "scram")]
        bindings: Vec::new(),
    };
}

impl LookUp {
    /// A question for what belongs to `authentication`.
    #[must_use]
    pub const fn new(
        mechanism: &'static str,
        authentication: String,
        authorization: Option<String>,
    ) -> Self {
        Self {
            mechanism,
            authentication,
            authorization,
        }
    }
}
