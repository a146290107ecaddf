//! CRAM-MD5 (RFC 2195).

use std::str;

use super::Mechanism;
use crate::auth::cram_md5::digest;
use crate::auth::{AuthFault, MechanismName, Message, PlainCredentials};

/// CRAM-MD5: the name, and a digest of password and challenge.
#[derive(Clone, Debug)]
pub struct CramMd5 {
    credentials: PlainCredentials,
    is_said: bool,
}

impl CramMd5 {
    /// CRAM-MD5 with a name and a password. Nobody else is acted for: it cannot say so.
    #[must_use]
    pub const fn new(credentials: PlainCredentials) -> Self {
        Self {
            credentials,
            is_said: false,
        }
    }
}

impl Mechanism for CramMd5 {
    fn name(&self) -> MechanismName<'_> {
        MechanismName::CRAM_MD5
    }

    fn begin(&mut self) -> Result<Option<Message>, AuthFault> {
        match self.credentials.authorization() {
            Some(_) => Err(AuthFault::Malformed),
            None => Ok(None),
        }
    }

    fn respond(&mut self, challenge: &[u8]) -> Result<Message, AuthFault> {
        if std::mem::replace(&mut self.is_said, true) {
            return Err(AuthFault::OutOfOrder);
        }
        let challenge = str::from_utf8(challenge).map_err(|_| AuthFault::NotUtf8)?;
        // An empty challenge would have the same digest say yes to anybody who has seen it once.
        if challenge.is_empty() {
            return Err(AuthFault::Empty);
        }
        let digest = digest(self.credentials.password(), challenge);
        let name = self.credentials.authentication();
        Ok(Message::from(format!("{name} {digest}")))
    }

    fn succeeded(&self) -> Result<(), AuthFault> {
        if self.is_said {
            Ok(())
        } else {
            Err(AuthFault::OutOfOrder)
        }
    }
}
