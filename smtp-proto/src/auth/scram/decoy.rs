//! What a client is asked that gives a name that nobody has.

use std::fmt;

use zeroize::Zeroizing;

use super::keys::{Octets, hmac};
use super::{Hash, StoredKeys};

/// Keys for names that nobody has, so that SCRAM does not tell who there is: the client gets a salt and
/// a number of iterations, as for any other name, and its proof fails.
///
/// It hides only what looks the same: [`like`](Self::like) gives it the iterations and the length of
/// salt that real keys have, which should all have the same.
///
/// ```
/// use mailwire_smtp_proto::auth::scram::{Decoy, Hash};
///
/// let decoy = Decoy::from(b"kept with the keys".to_vec()).like(20_000, 24);
/// let keys = decoy.keys(Hash::Sha256, "nobody");
/// assert_eq!((keys.iterations(), keys.salt().len()), (20_000, 24));
/// assert_eq!(keys.salt(), decoy.keys(Hash::Sha256, "nobody").salt());
/// assert_ne!(keys.salt(), decoy.keys(Hash::Sha256, "somebody else").salt());
/// ```
pub struct Decoy {
    secret: Octets,
    iterations: u32,
    salt_length: usize,
}

impl Decoy {
    /// A decoy of a secret: anything that cannot be guessed, stays the same, and is told to nobody.
    /// Keys look as if they had 4,096 iterations (RFC 7677 section 4) and a salt of 16 octets.
    #[must_use]
    pub fn new(secret: Vec<u8>) -> Self {
        Self {
            secret: Zeroizing::new(secret),
            iterations: 4096,
            salt_length: 16,
        }
    }

    /// The same, whose keys look like real ones of so many iterations, and with so many octets of salt;
    /// at least one of each.
    #[must_use]
    pub fn like(mut self, iterations: u32, salt_length: usize) -> Self {
        self.iterations = iterations.max(1);
        self.salt_length = salt_length.max(1);
        self
    }

    /// Keys that fit no password. They are the same each time the name is asked for, as those of
    /// somebody would be.
    #[must_use]
    pub fn keys(&self, hash: Hash, name: &str) -> StoredKeys {
        let of = |what: &str| hmac(hash, &self.secret, format!("{what} {name}").as_bytes());
        let mut salt = Vec::new();
        while salt.len() < self.salt_length {
            salt.extend_from_slice(&of(&format!("salt {}", salt.len())));
        }
        salt.truncate(self.salt_length);
        let (stored_key, server_key) = (of("stored key"), of("server key"));
        StoredKeys::made(hash, salt, self.iterations, stored_key, server_key)
    }
}

impl From<Vec<u8>> for Decoy {
    fn from(secret: Vec<u8>) -> Self {
        Self::new(secret)
    }
}

impl fmt::Debug for Decoy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoy")
            .field("iterations", &self.iterations)
            .field("salt_length", &self.salt_length)
            .finish_non_exhaustive()
    }
}
