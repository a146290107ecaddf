//! What a client says that it is, for the embedder to judge.

use super::{BearerCredentials, PlainCredentials};

/// What an exchange came to: who the client says it is, and by what.
///
/// Nothing of it is checked by anybody yet, except what a variant says.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Credentials {
    /// A name and a password (PLAIN, LOGIN).
    Password(PlainCredentials),
    /// A token of somebody who vouches for the client (XOAUTH2, OAUTHBEARER). The name beside it is what
    /// the client says: whose the token is, only those tell who have made it.
    Bearer(BearerCredentials),
    /// The identity that TLS, or the embedder, has established already (EXTERNAL). It is `identity`; to
    /// act on behalf of `authorization` is for the embedder to permit.
    External {
        /// On whose behalf, if not its own.
        authorization: Option<String>,
        /// Who it is.
        identity: String,
    },
    /// Nobody in particular (ANONYMOUS). A session that accepts it counts as authenticated, so that it may
    /// send where mail wants a login; whether it may relay is for the embedder to say.
    Anonymous {
        /// What it says of itself, for a log: an address, or any words (RFC 4505 section 2).
        trace: Option<String>,
    },
    /// The client has shown that it knows the secret of `authentication` (CRAM-MD5, SCRAM).
    Proven {
        /// On whose behalf, if not its own.
        authorization: Option<String>,
        /// Who it is.
        authentication: String,
    },
}

impl Credentials {
    /// Who the client says it is: the authentication identity. `None` of ANONYMOUS, and of a token
    /// that comes without a name.
    #[must_use]
    pub fn authentication(&self) -> Option<&str> {
        match self {
            Self::Password(it) => Some(it.authentication()),
            Self::Bearer(it) => it.user(),
            Self::External { identity, .. } => Some(identity),
            Self::Anonymous { .. } => None,
            Self::Proven { authentication, .. } => Some(authentication),
        }
    }

    /// On whose behalf, if not the client's own: the authorization identity.
    #[must_use]
    pub fn authorization(&self) -> Option<&str> {
        match self {
            Self::Password(it) => it.authorization(),
            Self::Bearer(_) | Self::Anonymous { .. } => None,
            Self::External { authorization, .. } | Self::Proven { authorization, .. } => {
                authorization.as_deref()
            }
        }
    }

    /// The name and the password, if that is what they are.
    #[must_use]
    pub const fn password(&self) -> Option<&PlainCredentials> {
        match self {
            Self::Password(it) => Some(it),
            _ => None,
        }
    }
}
