//! PLAIN (RFC 4616).

use super::Mechanism;
use crate::auth::{AuthFault, MechanismName, Message, PlainCredentials};

/// PLAIN.
#[derive(Clone, Debug)]
pub struct Plain(PlainCredentials);

impl Plain {
    /// PLAIN with a name and a password.
    #[must_use]
    pub const fn new(credentials: PlainCredentials) -> Self {
        Self(credentials)
    }
}

impl Mechanism for Plain {
    fn name(&self) -> MechanismName<'_> {
        MechanismName::PLAIN
    }

    fn begin(&mut self) -> Result<Option<Message>, AuthFault> {
        Ok(Some(self.0.message()))
    }

    /// It has one message: to ask again is to ask for something else.
    fn respond(&mut self, _: &[u8]) -> Result<Message, AuthFault> {
        Err(AuthFault::OutOfOrder)
    }
}
