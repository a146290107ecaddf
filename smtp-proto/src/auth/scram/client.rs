//! The client's side.

use std::fmt;

use subtle::ConstantTimeEq;

use super::keys::{Octets, proof};
use super::message::{Attributes, base64, nonce, number, own_nonce, prepare, prepared, to_base64};
use super::{ChannelBinding, Hash};
use crate::auth::saslname::escaped;
use crate::auth::{AuthFault, PlainCredentials};

/// What a client has to say of channel binding (RFC 5802 section 6). Deliberately exhaustive.
#[derive(Clone, Debug)]
pub enum Binding {
    /// It binds this channel: the mechanism is one with `-PLUS`.
    Used(ChannelBinding),
    /// It could, and the server has not offered to. To be judged by what this epoch's EHLO has listed
    /// ([`Capabilities::offers_mechanism`](crate::ehlo::Capabilities::offers_mechanism)): a server that has
    /// listed `-PLUS` refuses it, as somebody on the path must have taken that out.
    NotOffered,
    /// It cannot: there is no TLS, or nobody has told what identifies the channel.
    Unsupported,
}

/// How often a server may have the client hash the password. Fewer would make it cheap for whoever has
/// put themselves in the server's place to try passwords; more is a way to keep the client busy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Iterations {
    /// The fewest; 4,096 (RFC 5802 section 5.1, RFC 7677 section 4).
    pub least: u32,
    /// The most; 1,000,000, which takes less than a second.
    pub most: u32,
}

/// A client's side of one exchange. The steps have to be called in their order; one that fails is the
/// end.
pub struct Client {
    hash: Hash,
    header: String,
    binding: Binding,
    bare: String,
    nonce: String,
    password: Octets,
    iterations: Iterations,
    step: Step,
}

enum Step {
    New,
    Begun,
    /// What the server has to say.
    Proven(Octets),
    Verified,
    Failed,
}

impl Default for Iterations {
    fn default() -> Self {
        Self {
            least: 4096,
            most: 1_000_000,
        }
    }
}

impl Client {
    /// A client's side. `nonce` is printable ASCII without commas that nobody can guess.
    ///
    /// # Errors
    ///
    /// The name or the password has characters that none may have (RFC 4013), or the nonce is none, or
    /// shorter than 18 octets.
    pub fn new(
        hash: Hash,
        binding: Binding,
        credentials: &PlainCredentials,
        nonce: String,
        iterations: Iterations,
    ) -> Result<Self, AuthFault> {
        let nonce = own_nonce(nonce)?;
        let flag = match &binding {
            Binding::Used(binding) => format!("p={}", binding.name()),
            Binding::NotOffered => "y".to_owned(),
            Binding::Unsupported => "n".to_owned(),
        };
        let authorization = match credentials.authorization() {
            Some(name) => format!("a={}", escaped(name)),
            None => String::new(),
        };
        let name = escaped(&prepare(credentials.authentication())?);
        Ok(Self {
            hash,
            header: format!("{flag},{authorization},"),
            binding,
            bare: format!("n={name},r={nonce}"),
            nonce,
            password: prepared(credentials.password().expose())?,
            iterations,
            step: Step::New,
        })
    }

    /// The hash, and whether the mechanism is one with channel binding.
    #[must_use]
    pub const fn mechanism(&self) -> (Hash, bool) {
        (self.hash, matches!(self.binding, Binding::Used(_)))
    }

    /// Writes `client-first-message`.
    #[must_use]
    pub fn client_first(&mut self) -> String {
        self.step = match self.step {
            Step::New => Step::Begun,
            _ => Step::Failed,
        };
        format!("{}{}", self.header, self.bare)
    }

    /// Reads `server-first-message` and writes `client-final-message`.
    ///
    /// # Errors
    ///
    /// It is none, its nonce does not begin with ours, or the iterations are out of bounds.
    pub fn client_final(&mut self, server_first: &[u8]) -> Result<String, AuthFault> {
        let Step::Begun = std::mem::replace(&mut self.step, Step::Failed) else {
            return Err(AuthFault::OutOfOrder);
        };
        let mut attributes = Attributes::of(server_first)?;
        let text = std::str::from_utf8(server_first).map_err(|_| AuthFault::NotUtf8)?;
        let both = nonce(attributes.take('r')?)?;
        // Of its own it has to add something.
        match both.strip_prefix(self.nonce.as_str()) {
            None | Some("") => return Err(AuthFault::Nonce),
            Some(_) => {}
        }
        let salt = base64(attributes.take('s')?)?;
        if salt.is_empty() {
            return Err(AuthFault::Empty);
        }
        let iterations = number(attributes.take('i')?)?;
        attributes.finish()?;
        if !(self.iterations.least..=self.iterations.most).contains(&iterations) {
            return Err(AuthFault::Iterations);
        }
        let data = match &self.binding {
            Binding::Used(binding) => binding.data(),
            Binding::NotOffered | Binding::Unsupported => &[],
        };
        let binding = to_base64(&[self.header.as_bytes(), data].concat());
        let without_proof = format!("c={binding},r={both}");
        let auth_message = format!("{},{text},{without_proof}", self.bare);
        let (proof, expected) = proof(self.hash, &self.password, &salt, iterations, &auth_message)?;
        self.step = Step::Proven(expected);
        Ok(format!("{without_proof},p={}", to_base64(&proof)))
    }

    /// Reads `server-final-message`: has the server proven that it knows the password as well?
    ///
    /// # Errors
    ///
    /// [`AuthFault::ServerProof`] if it has not; [`AuthFault::Proof`] if it says that we have not.
    pub fn verify(&mut self, server_final: &[u8]) -> Result<(), AuthFault> {
        let Step::Proven(expected) = std::mem::replace(&mut self.step, Step::Failed) else {
            return Err(AuthFault::OutOfOrder);
        };
        if server_final.starts_with(b"e=") {
            return Err(AuthFault::Proof);
        }
        let mut attributes = Attributes::of(server_final)?;
        let signature = base64(attributes.take('v')?)?;
        attributes.finish()?;
        if !bool::from(signature.ct_eq(&expected)) {
            return Err(AuthFault::ServerProof);
        }
        self.step = Step::Verified;
        Ok(())
    }

    /// Whether it has.
    #[must_use]
    pub const fn is_verified(&self) -> bool {
        matches!(self.step, Step::Verified)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hash, is_plus) = self.mechanism();
        f.debug_struct("Client")
            .field("mechanism", &hash.name(is_plus).as_str())
            .finish_non_exhaustive()
    }
}
