//! EXTERNAL (RFC 4422 appendix A): who the client is was established below SASL.

use std::str;

use super::{Attempt, Connection, Mechanism, Turn};
use crate::auth::{AuthFault, Credentials, MechanismName, PlainCredentials};

/// EXTERNAL. It is offered where the embedder has said who the client is
/// ([`Connection::external`]), by a certificate that it has verified, for instance.
#[derive(Clone, Copy, Debug, Default)]
pub struct External;

#[derive(Debug)]
struct Established(Option<String>);

impl Mechanism for External {
    fn name(&self) -> MechanismName<'_> {
        MechanismName::EXTERNAL
    }

    fn is_available(&self, connection: &Connection) -> bool {
        connection.external.is_some()
    }

    fn begin(&self, connection: &Connection) -> Box<dyn Attempt> {
        Box::new(Established(connection.external.clone()))
    }
}

impl Attempt for Established {
    /// The message is on whose behalf the client wants to act, or empty.
    fn respond(&mut self, message: &[u8]) -> Result<Turn, AuthFault> {
        let authorization = str::from_utf8(message).map_err(|_| AuthFault::NotUtf8)?;
        if authorization.contains('\0') {
            return Err(AuthFault::Malformed);
        }
        if authorization.len() > PlainCredentials::MAX_PART {
            return Err(AuthFault::TooLong);
        }
        let identity = self.0.take().ok_or(AuthFault::NoSecret)?;
        let authorization = Some(authorization.to_owned()).filter(|it| !it.is_empty());
        Ok(Turn::Judge(Credentials::External {
            authorization,
            identity,
        }))
    }
}
