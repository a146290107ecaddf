//! SCRAM (RFC 5802, 7677).

use super::Mechanism;
use crate::auth::scram::Client;
use crate::auth::{AuthFault, MechanismName, Message};

/// SCRAM, with channel binding or without; the server has to prove that it knows the secret as well.
#[derive(Debug)]
pub struct Scram {
    client: Client,
    step: Step,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Begun,
    ServerFirst,
    ServerFinal,
    Verified,
}

impl Scram {
    /// SCRAM by a client that was made with what it needs.
    #[must_use]
    pub const fn new(client: Client) -> Self {
        Self {
            client,
            step: Step::Begun,
        }
    }
}

impl Mechanism for Scram {
    fn name(&self) -> MechanismName<'_> {
        let (hash, is_plus) = self.client.mechanism();
        hash.name(is_plus)
    }

    fn begin(&mut self) -> Result<Option<Message>, AuthFault> {
        self.step = Step::ServerFirst;
        Ok(Some(Message::from(self.client.client_first())))
    }

    fn respond(&mut self, challenge: &[u8]) -> Result<Message, AuthFault> {
        match self.step {
            Step::ServerFirst => {
                let client_final = self.client.client_final(challenge)?;
                self.step = Step::ServerFinal;
                Ok(Message::from(client_final))
            }
            Step::ServerFinal => {
                self.client.verify(challenge)?;
                self.step = Step::Verified;
                Ok(Message::default())
            }
            Step::Begun | Step::Verified => Err(AuthFault::OutOfOrder),
        }
    }

    fn succeeded(&self) -> Result<(), AuthFault> {
        if self.step == Step::Verified {
            Ok(())
        } else {
            Err(AuthFault::ServerProof)
        }
    }
}
