//! ANONYMOUS (RFC 4505).

use std::str;

use super::{Attempt, Connection, Mechanism, Turn};
use crate::auth::{AuthFault, Credentials, MechanismName};

/// The most characters of a trace (RFC 4505 section 2).
const MAX_TRACE: usize = 255;

/// ANONYMOUS: anybody, with a word about themselves or without.
#[derive(Clone, Copy, Debug, Default)]
pub struct Anonymous;

impl Mechanism for Anonymous {
    fn name(&self) -> MechanismName<'_> {
        MechanismName::ANONYMOUS
    }

    fn begin(&self, _: &Connection) -> Box<dyn Attempt> {
        Box::new(Self)
    }
}

impl Attempt for Anonymous {
    fn respond(&mut self, message: &[u8]) -> Result<Turn, AuthFault> {
        let trace = str::from_utf8(message).map_err(|_| AuthFault::NotUtf8)?;
        // The profile of RFC 4505 section 3 prohibits them; they would do harm in a log.
        if trace.chars().any(char::is_control) {
            return Err(AuthFault::Malformed);
        }
        if trace.chars().count() > MAX_TRACE {
            return Err(AuthFault::TooLong);
        }
        let trace = Some(trace.to_owned()).filter(|it| !it.is_empty());
        Ok(Turn::Judge(Credentials::Anonymous { trace }))
    }
}
