//! ANONYMOUS (RFC 4505).

use super::Mechanism;
use crate::auth::{AuthFault, MechanismName, Message};

/// ANONYMOUS, with a word about oneself or without.
#[derive(Clone, Debug, Default)]
pub struct Anonymous(String);

impl Anonymous {
    /// With a trace for the server's log: an address, or any words (RFC 4505 section 2).
    ///
    /// # Errors
    ///
    /// It has a control character, or more than 255 characters.
    pub fn new(trace: impl Into<String>) -> Result<Self, AuthFault> {
        let trace = trace.into();
        if trace.chars().any(char::is_control) {
            return Err(AuthFault::Malformed);
        }
        if trace.chars().count() > 255 {
            return Err(AuthFault::TooLong);
        }
        Ok(Self(trace))
    }
}

impl Mechanism for Anonymous {
    fn name(&self) -> MechanismName<'_> {
        MechanismName::ANONYMOUS
    }

    fn begin(&mut self) -> Result<Option<Message>, AuthFault> {
        Ok(Some(Message::from(self.0.clone())))
    }

    fn respond(&mut self, _: &[u8]) -> Result<Message, AuthFault> {
        Err(AuthFault::OutOfOrder)
    }
}
