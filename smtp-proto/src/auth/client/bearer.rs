//! OAUTHBEARER (RFC 7628) and XOAUTH2.

use super::Mechanism;
use crate::auth::{AuthFault, BearerCredentials, MechanismName, Message};

/// OAUTHBEARER.
#[derive(Clone, Debug)]
pub struct OauthBearer(Bearer);

/// XOAUTH2.
#[derive(Clone, Debug)]
pub struct Xoauth2(Bearer);

#[derive(Clone, Debug)]
struct Bearer {
    credentials: BearerCredentials,
    /// The server has said what is wrong with the token.
    is_refused: bool,
}

impl OauthBearer {
    /// OAUTHBEARER with a token.
    #[must_use]
    pub const fn new(credentials: BearerCredentials) -> Self {
        Self(Bearer::new(credentials))
    }
}

impl Xoauth2 {
    /// XOAUTH2 with a token and the name that it belongs to.
    #[must_use]
    pub const fn new(credentials: BearerCredentials) -> Self {
        Self(Bearer::new(credentials))
    }
}

impl Bearer {
    const fn new(credentials: BearerCredentials) -> Self {
        Self {
            credentials,
            is_refused: false,
        }
    }

    /// A challenge is what is wrong with the token, in JSON. It is answered once, and then the server
    /// refuses.
    fn answer_error(&mut self, answer: &[u8]) -> Result<Message, AuthFault> {
        if std::mem::replace(&mut self.is_refused, true) {
            return Err(AuthFault::OutOfOrder);
        }
        Ok(Message::from(answer.to_vec()))
    }

    /// Behind an error there is no success (RFC 7628 section 3.2.3).
    const fn succeeded(&self) -> Result<(), AuthFault> {
        if self.is_refused {
            Err(AuthFault::OutOfOrder)
        } else {
            Ok(())
        }
    }
}

impl Mechanism for OauthBearer {
    fn name(&self) -> MechanismName<'_> {
        MechanismName::OAUTHBEARER
    }

    fn begin(&mut self) -> Result<Option<Message>, AuthFault> {
        Ok(Some(self.0.credentials.oauthbearer()))
    }

    /// One separator (RFC 7628 section 3.2.3).
    fn respond(&mut self, _: &[u8]) -> Result<Message, AuthFault> {
        self.0.answer_error(b"\x01")
    }

    fn succeeded(&self) -> Result<(), AuthFault> {
        self.0.succeeded()
    }
}

impl Mechanism for Xoauth2 {
    fn name(&self) -> MechanismName<'_> {
        MechanismName::XOAUTH2
    }

    fn begin(&mut self) -> Result<Option<Message>, AuthFault> {
        if self.0.credentials.user().is_none() {
            return Err(AuthFault::Empty);
        }
        Ok(Some(self.0.credentials.xoauth2()))
    }

    /// The empty response.
    fn respond(&mut self, _: &[u8]) -> Result<Message, AuthFault> {
        self.0.answer_error(b"")
    }

    fn succeeded(&self) -> Result<(), AuthFault> {
        self.0.succeeded()
    }
}
