//! LOGIN (draft-murchison-sasl-login): name and password, each behind a prompt. It has no RFC, and
//! more clients than most that have one.

use std::str;

use super::{Attempt, Connection, Mechanism, Turn};
use crate::auth::{AuthFault, Credentials, MechanismName, Message, PlainCredentials};

/// LOGIN. The prompts are those that everybody sends: some clients look at them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Login;

/// An attempt, with the name when that is there.
#[derive(Debug, Default)]
struct Prompted(Option<String>);

impl Mechanism for Login {
    fn name(&self) -> MechanismName<'_> {
        MechanismName::LOGIN
    }

    fn begin(&self, _: &Connection) -> Box<dyn Attempt> {
        Box::<Prompted>::default()
    }
}

impl Attempt for Prompted {
    fn greeting(&mut self) -> Message {
        Message::from(b"Username:".to_vec())
    }

    fn respond(&mut self, message: &[u8]) -> Result<Turn, AuthFault> {
        let text = str::from_utf8(message).map_err(|_| AuthFault::NotUtf8)?;
        match self.0.take() {
            // An initial response is the name.
            None => {
                if text.is_empty() {
                    return Err(AuthFault::Empty);
                }
                if text.len() > PlainCredentials::MAX_PART {
                    return Err(AuthFault::TooLong);
                }
                self.0 = Some(text.to_owned());
                Ok(Turn::Challenge(Message::from(b"Password:".to_vec())))
            }
            Some(name) => {
                PlainCredentials::new(name, text).map(|it| Turn::Judge(Credentials::Password(it)))
            }
        }
    }
}
