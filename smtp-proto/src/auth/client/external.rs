//! EXTERNAL (RFC 4422 appendix A).

use super::Mechanism;
use crate::auth::{AuthFault, MechanismName, Message};

/// EXTERNAL: who the client is, the server knows already.
#[derive(Clone, Debug, Default)]
pub struct External(String);

impl External {
    /// As itself.
    #[must_use]
    pub const fn new() -> Self {
        Self(String::new())
    }

    /// On behalf of somebody.
    ///
    /// # Errors
    ///
    /// The name has a NUL.
    pub fn on_behalf_of(authorization: impl Into<String>) -> Result<Self, AuthFault> {
        let authorization = authorization.into();
        if authorization.contains('\0') {
            return Err(AuthFault::Malformed);
        }
        Ok(Self(authorization))
    }
}

impl Mechanism for External {
    fn name(&self) -> MechanismName<'_> {
        MechanismName::EXTERNAL
    }

    fn begin(&mut self) -> Result<Option<Message>, AuthFault> {
        Ok(Some(Message::from(self.0.clone())))
    }

    fn respond(&mut self, _: &[u8]) -> Result<Message, AuthFault> {
        Err(AuthFault::OutOfOrder)
    }
}
