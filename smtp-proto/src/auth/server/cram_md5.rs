//! CRAM-MD5 (RFC 2195): a digest of the password and of what the server said.
//!
//! Who listens in can try passwords against it at leisure, and the server has to keep the password
//! itself. It is for peers that have nothing better, so it is behind a feature and in no default.

use std::fmt;
use std::str;
use std::sync::Arc;

use super::{Attempt, Connection, Found, LookUp, Mechanism, Turn};
use crate::auth::cram_md5::is_digest;
use crate::auth::{AuthFault, Credentials, MechanismName, Message, PlainCredentials};

/// CRAM-MD5, with the embedder's way to make a challenge.
#[derive(Clone)]
pub struct CramMd5 {
    challenge: Arc<dyn Fn() -> String + Send + Sync>,
}

impl CramMd5 {
    /// A challenge is to be of the form of a message id, such as `<1896.697170952@mail.example.org>`,
    /// and no two alike, nor one that can be guessed (RFC 2195 section 2).
    pub fn new(challenge: impl Fn() -> String + Send + Sync + 'static) -> Self {
        Self {
            challenge: Arc::new(challenge),
        }
    }
}

impl fmt::Debug for CramMd5 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CramMd5")
    }
}

/// `Debug` tells neither: with both, passwords can be tried.
struct Challenged {
    challenge: String,
    /// Who says so, and the digest that they have come to.
    response: Option<(String, String)>,
}

impl fmt::Debug for Challenged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Challenged")
            .field("has_response", &self.response.is_some())
            .finish_non_exhaustive()
    }
}

impl Mechanism for CramMd5 {
    fn name(&self) -> MechanismName<'_> {
        MechanismName::CRAM_MD5
    }

    fn begin(&self, _: &Connection) -> Box<dyn Attempt> {
        Box::new(Challenged {
            challenge: (self.challenge)(),
            response: None,
        })
    }
}

impl Attempt for Challenged {
    fn takes_initial_response(&self) -> bool {
        false
    }

    fn greeting(&mut self) -> Message {
        Message::from(self.challenge.clone())
    }

    fn respond(&mut self, message: &[u8]) -> Result<Turn, AuthFault> {
        let message = str::from_utf8(message).map_err(|_| AuthFault::NotUtf8)?;
        // A name may have blanks, a digest has none.
        let (name, digest) = message.rsplit_once(' ').ok_or(AuthFault::Malformed)?;
        if name.is_empty() {
            return Err(AuthFault::Empty);
        }
        if name.contains('\0') {
            return Err(AuthFault::Malformed);
        }
        if name.len() > PlainCredentials::MAX_PART {
            return Err(AuthFault::TooLong);
        }
        self.response = Some((name.to_owned(), digest.to_owned()));
        Ok(Turn::LookUp(LookUp::new("CRAM-MD5", name.to_owned(), None)))
    }

    fn found(&mut self, found: Found) -> Result<Turn, AuthFault> {
        let (authentication, digest) = self.response.take().ok_or(AuthFault::OutOfOrder)?;
        match found {
            Found::Password(password) if is_digest(&digest, &password, &self.challenge) => {
                Ok(Turn::Judge(Credentials::Proven {
                    authorization: None,
                    authentication,
                }))
            }
            Found::Password(_) | Found::Nobody => Err(AuthFault::Proof),
            #[cfg(feature = "scram")]
            Found::Keys(_) => Err(AuthFault::NoSecret),
        }
    }
}
