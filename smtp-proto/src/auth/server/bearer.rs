//! OAUTHBEARER (RFC 7628) and XOAUTH2.

use super::{Attempt, Connection, Mechanism, Turn};
use crate::auth::{AuthFault, BearerCredentials, Credentials, MechanismName, Message};

/// OAUTHBEARER: a token, in the form that has an RFC.
#[derive(Clone, Debug, Default)]
pub struct OauthBearer {
    /// The scope that a token has to have, for the client to ask for, if there is one to tell.
    pub scope: Option<String>,
}

/// XOAUTH2: a token, in the form that came before.
#[derive(Clone, Debug, Default)]
pub struct Xoauth2 {
    /// As [`OauthBearer::scope`].
    pub scope: Option<String>,
}

/// An attempt with either.
#[derive(Debug)]
struct Bearer {
    parse: fn(&[u8]) -> Result<BearerCredentials, AuthFault>,
    /// What is wrong with a token that is refused, in JSON.
    error: String,
}

impl Mechanism for OauthBearer {
    fn name(&self) -> MechanismName<'_> {
        MechanismName::OAUTHBEARER
    }

    fn begin(&self, _: &Connection) -> Box<dyn Attempt> {
        Box::new(Bearer {
            parse: BearerCredentials::parse_oauthbearer,
            // RFC 7628 section 3.2.2; `invalid_token` of RFC 6750 section 3.1.
            error: error("invalid_token", self.scope.as_deref()),
        })
    }
}

impl Mechanism for Xoauth2 {
    fn name(&self) -> MechanismName<'_> {
        MechanismName::XOAUTH2
    }

    fn begin(&self, _: &Connection) -> Box<dyn Attempt> {
        Box::new(Bearer {
            parse: BearerCredentials::parse_xoauth2,
            // The codes of HTTP, as its clients know them.
            error: error("401", self.scope.as_deref()),
        })
    }
}

impl Attempt for Bearer {
    fn respond(&mut self, message: &[u8]) -> Result<Turn, AuthFault> {
        (self.parse)(message).map(|it| Turn::Judge(Credentials::Bearer(it)))
    }

    fn refusal(&mut self) -> Option<Message> {
        Some(Message::from(self.error.clone()))
    }
}

fn error(status: &str, scope: Option<&str>) -> String {
    // `scope-token` of RFC 6749 section 3.3 has no quotes and no backslashes, so nothing is escaped.
    let is_legal = |octet: u8| matches!(octet, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E);
    match scope.filter(|scope| scope.bytes().all(is_legal)) {
        None => format!(r#"{{"status":"{status}","schemes":"bearer"}}"#),
        Some(scope) => format!(r#"{{"status":"{status}","schemes":"bearer","scope":"{scope}"}}"#),
    }
}
