//! LOGIN (draft-murchison-sasl-login).

use super::Mechanism;
use crate::auth::{AuthFault, MechanismName, Message, PlainCredentials};

/// LOGIN: the name to the first prompt, whatever it says, and the password to the second.
#[derive(Clone, Debug)]
pub struct Login {
    credentials: PlainCredentials,
    is_name_first: bool,
    said: Said,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Nothing,
    Name,
    Password,
}

impl Login {
    /// LOGIN with a name and a password. Nobody else is acted for: LOGIN cannot say it.
    #[must_use]
    pub const fn new(credentials: PlainCredentials) -> Self {
        Self {
            credentials,
            is_name_first: false,
            said: Said::Nothing,
        }
    }

    /// The name goes with the command, as an initial response. Not every server takes it there.
    #[must_use]
    pub const fn with_initial_response(mut self) -> Self {
        self.is_name_first = true;
        self
    }

    fn name_message(&mut self) -> Message {
        self.said = Said::Name;
        Message::from(self.credentials.authentication().as_bytes().to_vec())
    }
}

impl Mechanism for Login {
    fn name(&self) -> MechanismName<'_> {
        MechanismName::LOGIN
    }

    fn begin(&mut self) -> Result<Option<Message>, AuthFault> {
        if self.credentials.authorization().is_some() {
            return Err(AuthFault::Malformed);
        }
        Ok(self.is_name_first.then(|| self.name_message()))
    }

    fn respond(&mut self, _: &[u8]) -> Result<Message, AuthFault> {
        match self.said {
            Said::Nothing => Ok(self.name_message()),
            Said::Name => {
                self.said = Said::Password;
                let password = self.credentials.password().expose();
                Ok(Message::from(password.as_bytes().to_vec()))
            }
            Said::Password => Err(AuthFault::OutOfOrder),
        }
    }

    fn reads_challenges(&self) -> bool {
        false
    }

    fn succeeded(&self) -> Result<(), AuthFault> {
        match self.said {
            Said::Password => Ok(()),
            Said::Nothing | Said::Name => Err(AuthFault::OutOfOrder),
        }
    }
}
