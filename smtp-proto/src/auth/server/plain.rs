//! PLAIN (RFC 4616).

use super::{Attempt, Connection, Mechanism, Turn};
use crate::auth::{AuthFault, Credentials, MechanismName, PlainCredentials};

/// PLAIN: name and password in one message.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plain;

impl Mechanism for Plain {
    fn name(&self) -> MechanismName<'_> {
        MechanismName::PLAIN
    }

    fn begin(&self, _: &Connection) -> Box<dyn Attempt> {
        Box::new(Self)
    }
}

impl Attempt for Plain {
    fn respond(&mut self, message: &[u8]) -> Result<Turn, AuthFault> {
        PlainCredentials::parse(message).map(|it| Turn::Judge(Credentials::Password(it)))
    }
}
