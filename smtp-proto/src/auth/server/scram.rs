//! SCRAM (RFC 5802, 7677).

use std::fmt;
use std::sync::Arc;

use super::{Attempt, Connection, Found, LookUp, Mechanism, Turn};
use crate::auth::scram::{Decoy, Hash, Server};
use crate::auth::{AuthFault, Credentials, MechanismName, Message};

/// SCRAM with one hash, with channel binding (`-PLUS`) or without.
///
/// ```
/// # use mailwire_smtp_proto::auth::scram::Hash;
/// # use mailwire_smtp_proto::auth::server::Scram;
/// # fn random_text() -> String { "fyko+d2lbbFgONRv9qkxdawL".to_owned() }
/// let [plus, plain] = Scram::pair(Hash::Sha256, random_text, b"kept with the keys".to_vec().into());
/// # drop((plus, plain));
/// ```
#[derive(Clone)]
pub struct Scram {
    hash: Hash,
    is_plus: bool,
    nonce: Arc<dyn Fn() -> String + Send + Sync>,
    decoy: Arc<Decoy>,
}

impl Scram {
    /// The mechanism with channel binding, which is offered where the embedder has told the
    /// [bindings](Connection::bindings) of the channel, and the one without; to be listed together, as
    /// each knows of the other, and a client that was told of one alone is found out.
    ///
    /// `nonce` gives printable ASCII without commas, at least 18 octets that cannot be guessed, no two
    /// alike. By `decoy` a client is asked for the password of a name that nobody has, as it would be
    /// for any other.
    pub fn pair(
        hash: Hash,
        nonce: impl Fn() -> String + Send + Sync + 'static,
        decoy: Decoy,
    ) -> [Self; 2] {
        let plain = Self {
            hash,
            is_plus: false,
            nonce: Arc::new(nonce),
            decoy: Arc::new(decoy),
        };
        let plus = Self {
            is_plus: true,
            ..plain.clone()
        };
        [plus, plain]
    }
}

impl fmt::Debug for Scram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Scram").field(&self.name().as_str()).finish()
    }
}

#[derive(Debug)]
struct Proving {
    name: &'static str,
    /// `None` if the embedder's nonce is none.
    server: Option<Server>,
    hash: Hash,
    decoy: Arc<Decoy>,
    step: Step,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    ClientFirst,
    Keys,
    ClientFinal,
    /// The server's proof is with the client, which says nothing to it (RFC 4954 section 4 has no way
    /// to send it with 235).
    Acknowledged,
    Done,
}

impl Mechanism for Scram {
    fn name(&self) -> MechanismName<'_> {
        self.hash.name(self.is_plus)
    }

    fn is_available(&self, connection: &Connection) -> bool {
        !self.is_plus || !connection.bindings.is_empty()
    }

    fn begin(&self, connection: &Connection) -> Box<dyn Attempt> {
        let bindings = if self.is_plus {
            connection.bindings.clone()
        } else {
            Vec::new()
        };
        let is_plus_offered = !connection.bindings.is_empty();
        let nonce = (self.nonce)();
        Box::new(Proving {
            name: self.hash.name(self.is_plus).as_str(),
            server: Server::new(self.hash, self.is_plus, is_plus_offered, bindings, nonce).ok(),
            hash: self.hash,
            decoy: Arc::clone(&self.decoy),
            step: Step::ClientFirst,
        })
    }
}

impl Attempt for Proving {
    fn respond(&mut self, message: &[u8]) -> Result<Turn, AuthFault> {
        let server = self.server.as_mut().ok_or(AuthFault::NoSecret)?;
        match std::mem::replace(&mut self.step, Step::Done) {
            Step::ClientFirst => {
                server.client_first(message)?;
                self.step = Step::Keys;
                Ok(Turn::LookUp(LookUp::new(
                    self.name,
                    server.username().to_owned(),
                    server.authorization().map(str::to_owned),
                )))
            }
            Step::ClientFinal => {
                let server_final = server.client_final(message)?;
                self.step = Step::Acknowledged;
                Ok(Turn::Challenge(Message::from(server_final)))
            }
            Step::Acknowledged if message.is_empty() => Ok(Turn::Judge(Credentials::Proven {
                authorization: server.authorization().map(str::to_owned),
                authentication: server.username().to_owned(),
            })),
            Step::Acknowledged => Err(AuthFault::Malformed),
            Step::Keys | Step::Done => Err(AuthFault::OutOfOrder),
        }
    }

    fn found(&mut self, found: Found) -> Result<Turn, AuthFault> {
        if std::mem::replace(&mut self.step, Step::Done) != Step::Keys {
            return Err(AuthFault::OutOfOrder);
        }
        let server = self.server.as_mut().ok_or(AuthFault::NoSecret)?;
        let keys = match found {
            Found::Keys(keys) => keys,
            // The exchange goes on as if there were somebody, and fails at the proof.
            Found::Nobody => self.decoy.keys(self.hash, server.username()),
            Found::Password(_) => return Err(AuthFault::NoSecret),
        };
        let server_first = server.server_first(keys)?;
        self.step = Step::ClientFinal;
        Ok(Turn::Challenge(Message::from(server_first)))
    }
}
