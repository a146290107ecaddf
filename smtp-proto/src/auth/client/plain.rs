//! PLAIN (RFC 4616).

use super::Mechanism;
use crate::auth::{AuthFault, MechanismName, Message, PlainCredentials};

/// PLAIN.
#[derive(Clone, Debug)]
pub struct Plain {
    credentials: PlainCredentials,
    is_repeated: bool,
}

impl Plain {
    /// PLAIN with a name and a password.
    #[must_use]
    pub const fn new(credentials: PlainCredentials) -> Self {
        Self {
            credentials,
            is_repeated: false,
        }
    }
}

impl Mechanism for Plain {
    fn name(&self) -> MechanismName<'_> {
        MechanismName::PLAIN
    }

    fn begin(&mut self) -> Result<Option<Message>, AuthFault> {
        Ok(Some(self.credentials.message()))
    }

    /// It has one message. A server that has not looked at what came with the command asks for it with an
    /// empty challenge; to ask once more, or for something, is to ask for something else.
    fn respond(&mut self, challenge: &[u8]) -> Result<Message, AuthFault> {
        if std::mem::replace(&mut self.is_repeated, true) || !challenge.is_empty() {
            return Err(AuthFault::OutOfOrder);
        }
        Ok(self.credentials.message())
    }
}
