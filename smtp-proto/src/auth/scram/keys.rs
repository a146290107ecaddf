//! The keys of SCRAM (RFC 5802 section 3).

use std::fmt;

use hmac::{Hmac, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::Hash;
use super::message::prepared;
use crate::auth::{AuthFault, Secret};

/// Octets that are a secret, or lead to one.
pub(super) type Octets = Zeroizing<Vec<u8>>;

/// What a server keeps in place of a password: with it nobody can log in, though passwords can be
/// tried against it. `Debug` tells no key.
#[derive(Clone)]
pub struct StoredKeys {
    hash: Hash,
    salt: Vec<u8>,
    iterations: u32,
    stored_key: Octets,
    server_key: Octets,
}

impl StoredKeys {
    /// The keys of a password, with a fresh salt. RFC 7677 section 4 wants at least 4096 iterations; more
    /// are better.
    ///
    /// # Errors
    ///
    /// The password has characters that none may have (RFC 4013), or there is no salt or no iteration.
    pub fn derive(
        hash: Hash,
        password: &Secret,
        salt: &[u8],
        iterations: u32,
    ) -> Result<Self, AuthFault> {
        let salted = salted_password(hash, &prepared(password.expose())?, salt, iterations)?;
        let client_key = hmac(hash, &salted, b"Client Key");
        Self::new(
            hash,
            salt,
            iterations,
            &digest(hash, &client_key),
            &hmac(hash, &salted, b"Server Key"),
        )
    }

    /// Keys that were kept.
    ///
    /// # Errors
    ///
    /// A key is not of the hash's length, or there is no salt or no iteration.
    pub fn new(
        hash: Hash,
        salt: &[u8],
        iterations: u32,
        stored_key: &[u8],
        server_key: &[u8],
    ) -> Result<Self, AuthFault> {
        let length = hash.length();
        if stored_key.len() != length || server_key.len() != length {
            return Err(AuthFault::NoSecret);
        }
        if iterations == 0 {
            return Err(AuthFault::Iterations);
        }
        if salt.is_empty() {
            return Err(AuthFault::Empty);
        }
        let [stored_key, server_key] =
            [stored_key, server_key].map(|key| Zeroizing::new(key.to_vec()));
        let salt = salt.to_vec();
        Ok(Self::made(hash, salt, iterations, stored_key, server_key))
    }

    /// Keys that are known to be of their lengths.
    pub(super) const fn made(
        hash: Hash,
        salt: Vec<u8>,
        iterations: u32,
        stored_key: Octets,
        server_key: Octets,
    ) -> Self {
        Self {
            hash,
            salt,
            iterations,
            stored_key,
            server_key,
        }
    }

    /// The hash that the keys are made with.
    #[must_use]
    pub const fn hash(&self) -> Hash {
        self.hash
    }

    /// The salt.
    #[must_use]
    pub fn salt(&self) -> &[u8] {
        &self.salt
    }

    /// How often the password was hashed.
    #[must_use]
    pub const fn iterations(&self) -> u32 {
        self.iterations
    }

    /// The key that a proof is checked with, to be kept.
    #[must_use]
    pub fn stored_key(&self) -> &[u8] {
        &self.stored_key
    }

    /// The key that the server signs with, to be kept.
    #[must_use]
    pub fn server_key(&self) -> &[u8] {
        &self.server_key
    }

    /// Whether a proof is one of these keys; it takes as long wherever they differ.
    pub(super) fn is_proof(&self, proof: &[u8], auth_message: &str) -> bool {
        let signature = hmac(self.hash, &self.stored_key, auth_message.as_bytes());
        if proof.len() != signature.len() {
            return false;
        }
        let client_key = xor(proof, &signature);
        digest(self.hash, &client_key)
            .ct_eq(&self.stored_key)
            .into()
    }

    /// The server's signature.
    pub(super) fn sign(&self, auth_message: &str) -> Octets {
        hmac(self.hash, &self.server_key, auth_message.as_bytes())
    }
}

impl fmt::Debug for StoredKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredKeys")
            .field("hash", &self.hash)
            .field("iterations", &self.iterations)
            .finish_non_exhaustive()
    }
}

impl Hash {
    /// Octets of a digest.
    pub(super) const fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }
}

/// What a client proves itself with, and what it expects of the server.
pub(super) fn proof(
    hash: Hash,
    password: &Octets,
    salt: &[u8],
    iterations: u32,
    auth_message: &str,
) -> Result<(Octets, Octets), AuthFault> {
    let salted = salted_password(hash, password, salt, iterations)?;
    let client_key = hmac(hash, &salted, b"Client Key");
    let signature = hmac(hash, &digest(hash, &client_key), auth_message.as_bytes());
    let server_key = hmac(hash, &salted, b"Server Key");
    let expected = hmac(hash, &server_key, auth_message.as_bytes());
    Ok((xor(&client_key, &signature), expected))
}

/// `Hi(password, salt, i)`.
fn salted_password(
    hash: Hash,
    password: &[u8],
    salt: &[u8],
    iterations: u32,
) -> Result<Octets, AuthFault> {
    if iterations == 0 {
        return Err(AuthFault::Iterations);
    }
    let mut salted = Zeroizing::new(vec![0; hash.length()]);
    match hash {
        Hash::Sha1 => pbkdf2::pbkdf2_hmac::<Sha1>(password, salt, iterations, &mut salted),
        Hash::Sha256 => pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, iterations, &mut salted),
    }
    Ok(salted)
}

pub(super) fn hmac(hash: Hash, key: &[u8], data: &[u8]) -> Octets {
    fn of<M: Mac + hmac::digest::KeyInit>(key: &[u8], data: &[u8]) -> Octets {
        // Any length is a key to HMAC, so the default never is.
        let mac = <M as Mac>::new_from_slice(key).map(|mac| mac.chain_update(data));
        Zeroizing::new(mac.map_or_else(|_| Vec::new(), |mac| mac.finalize().into_bytes().to_vec()))
    }
    match hash {
        Hash::Sha1 => of::<Hmac<Sha1>>(key, data),
        Hash::Sha256 => of::<Hmac<Sha256>>(key, data),
    }
}

fn digest(hash: Hash, data: &[u8]) -> Octets {
    Zeroizing::new(match hash {
        Hash::Sha1 => Sha1::digest(data).to_vec(),
        Hash::Sha256 => Sha256::digest(data).to_vec(),
    })
}

fn xor(one: &[u8], other: &[u8]) -> Octets {
    Zeroizing::new(one.iter().zip(other).map(|(a, b)| a ^ b).collect())
}
