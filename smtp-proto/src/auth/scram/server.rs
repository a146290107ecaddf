//! The server's side.

use std::fmt;

use super::message::{Attributes, base64, name, nonce, own_nonce, to_base64};
use super::{ChannelBinding, Hash, StoredKeys};
use crate::auth::AuthFault;

/// A server's side of one exchange. The steps have to be called in their order; one that fails is the
/// end.
pub struct Server {
    hash: Hash,
    is_plus: bool,
    is_plus_offered: bool,
    bindings: Vec<ChannelBinding>,
    nonce: String,
    step: Step,
}

enum Step {
    New,
    Named(ClientFirst),
    Asked {
        first: ClientFirst,
        server_first: String,
        keys: StoredKeys,
    },
    Proven(ClientFirst),
    Failed,
}

/// What the first message has said.
struct ClientFirst {
    username: String,
    authorization: Option<String>,
    nonce: String,
    /// The gs2-header and the channel's data, which the last message has to repeat.
    binding: Vec<u8>,
    /// `client-first-message-bare`.
    bare: String,
}

impl Server {
    /// A server's side, of the mechanism with channel binding or without. `is_plus_offered` tells whether
    /// the one with it was listed on this connection: then a client that says it was not is one that
    /// somebody has lied to. `nonce` is printable ASCII without commas that nobody can guess.
    ///
    /// # Errors
    ///
    /// [`AuthFault::Nonce`] if it is none, or shorter than 18 octets.
    pub fn new(
        hash: Hash,
        is_plus: bool,
        is_plus_offered: bool,
        bindings: Vec<ChannelBinding>,
        nonce: String,
    ) -> Result<Self, AuthFault> {
        Ok(Self {
            hash,
            is_plus,
            is_plus_offered,
            bindings,
            nonce: own_nonce(nonce)?,
            step: Step::New,
        })
    }

    /// Reads `client-first-message`.
    ///
    /// # Errors
    ///
    /// It is none; [`AuthFault::ChannelBinding`] and [`AuthFault::Downgrade`] if somebody is between.
    pub fn client_first(&mut self, message: &[u8]) -> Result<(), AuthFault> {
        let Step::New = std::mem::replace(&mut self.step, Step::Failed) else {
            return Err(AuthFault::OutOfOrder);
        };
        // Checked as attributes are, although the header is none.
        Attributes::of(message)?;
        let text = std::str::from_utf8(message).map_err(|_| AuthFault::NotUtf8)?;
        let mut parts = text.splitn(3, ',');
        let (Some(flag), Some(authorization), Some(bare)) =
            (parts.next(), parts.next(), parts.next())
        else {
            return Err(AuthFault::Malformed);
        };
        let data = self.channel_data(flag)?;
        let authorization = match authorization {
            "" => None,
            given => Some(name(given.strip_prefix("a=").ok_or(AuthFault::Malformed)?)?),
        };
        let header = text
            .get(..text.len() - bare.len())
            .unwrap_or_default()
            .as_bytes();
        let mut attributes = Attributes::of(bare.as_bytes())?;
        let username = name(attributes.take('n')?)?;
        let client_nonce = nonce(attributes.take('r')?)?.to_owned();
        attributes.finish()?;
        self.step = Step::Named(ClientFirst {
            username,
            authorization,
            nonce: client_nonce,
            binding: [header, data.as_slice()].concat(),
            bare: bare.to_owned(),
        });
        Ok(())
    }

    /// The channel's data that the client's flag asks for (RFC 5802 section 6).
    fn channel_data(&self, flag: &str) -> Result<Vec<u8>, AuthFault> {
        match (flag, self.is_plus) {
            ("n", false) => Ok(Vec::new()),
            ("y", false) if self.is_plus_offered => Err(AuthFault::Downgrade),
            ("y", false) => Ok(Vec::new()),
            ("n" | "y", true) => Err(AuthFault::ChannelBinding),
            _ => {
                let wanted = flag.strip_prefix("p=").ok_or(AuthFault::Malformed)?;
                let known = self.bindings.iter().find(|it| it.name() == wanted);
                match known.filter(|_| self.is_plus) {
                    Some(binding) => Ok(binding.data().to_vec()),
                    None => Err(AuthFault::ChannelBinding),
                }
            }
        }
    }

    /// Who the client says that it is; empty before it has.
    #[must_use]
    pub fn username(&self) -> &str {
        self.first().map_or("", |it| &it.username)
    }

    /// On whose behalf it wants to act, if not its own.
    #[must_use]
    pub fn authorization(&self) -> Option<&str> {
        self.first()?.authorization.as_deref()
    }

    /// Writes `server-first-message`, with the keys of [`username`](Self::username).
    ///
    /// # Errors
    ///
    /// [`AuthFault::NoSecret`] if the keys are of another hash.
    pub fn server_first(&mut self, keys: StoredKeys) -> Result<String, AuthFault> {
        let Step::Named(first) = std::mem::replace(&mut self.step, Step::Failed) else {
            return Err(AuthFault::OutOfOrder);
        };
        if keys.hash() != self.hash {
            return Err(AuthFault::NoSecret);
        }
        let message = format!(
            "r={}{},s={},i={}",
            first.nonce,
            self.nonce,
            to_base64(keys.salt()),
            keys.iterations()
        );
        self.step = Step::Asked {
            first,
            server_first: message.clone(),
            keys,
        };
        Ok(message)
    }

    /// Reads `client-final-message`, and writes `server-final-message` if the client has proven that it
    /// knows the password.
    ///
    /// # Errors
    ///
    /// [`AuthFault::Proof`] if it has not; [`AuthFault::ChannelBinding`] and [`AuthFault::Nonce`] if it
    /// does not repeat what was said.
    pub fn client_final(&mut self, message: &[u8]) -> Result<String, AuthFault> {
        let step = std::mem::replace(&mut self.step, Step::Failed);
        let Step::Asked {
            first,
            server_first,
            keys,
        } = step
        else {
            return Err(AuthFault::OutOfOrder);
        };
        let mut attributes = Attributes::of(message)?;
        let text = std::str::from_utf8(message).map_err(|_| AuthFault::NotUtf8)?;
        let binding = base64(attributes.take('c')?)?;
        let spoken = attributes.take('r')?;
        let (proof, without_proof) = attributes.last(text, 'p')?;
        let proof = base64(proof)?;
        if *binding != first.binding {
            return Err(AuthFault::ChannelBinding);
        }
        let is_spoken = spoken
            .strip_prefix(first.nonce.as_str())
            .is_some_and(|rest| rest == self.nonce);
        if !is_spoken {
            return Err(AuthFault::Nonce);
        }
        let auth_message = format!("{},{server_first},{without_proof}", first.bare);
        if !keys.is_proof(&proof, &auth_message) {
            return Err(AuthFault::Proof);
        }
        self.step = Step::Proven(first);
        Ok(format!("v={}", to_base64(&keys.sign(&auth_message))))
    }

    /// Whether the client has proven that it knows the password.
    #[must_use]
    pub const fn is_proven(&self) -> bool {
        matches!(self.step, Step::Proven(_))
    }

    const fn first(&self) -> Option<&ClientFirst> {
        match &self.step {
            Step::Named(first) | Step::Asked { first, .. } | Step::Proven(first) => Some(first),
            Step::New | Step::Failed => None,
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("mechanism", &self.hash.name(self.is_plus).as_str())
            .finish_non_exhaustive()
    }
}
