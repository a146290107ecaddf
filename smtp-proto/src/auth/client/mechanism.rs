//! What a mechanism is to a client.

use std::fmt;

use crate::auth::{AuthFault, MechanismName, Message};

/// A mechanism, with what it needs to log in; good for one attempt.
///
/// Those of this crate are values in this module; any other can be added by an embedder.
pub trait Mechanism: fmt::Debug + Send {
    /// Its name, as servers list it.
    fn name(&self) -> MechanismName<'_>;

    /// How strong it is beside others: of several that will do, that with the highest number is taken.
    /// The default knows the mechanisms of this crate, and puts others above those that show the secret.
    fn strength(&self) -> u8 {
        strength(self.name())
    }

    /// The first message, if the client speaks first.
    ///
    /// # Errors
    ///
    /// What it was given cannot be said in this mechanism.
    fn begin(&mut self) -> Result<Option<Message>, AuthFault>;

    /// The response to a challenge.
    ///
    /// # Errors
    ///
    /// The challenge is none, or the server has not shown what it has to: the exchange is to be given
    /// up.
    fn respond(&mut self, challenge: &[u8]) -> Result<Message, AuthFault>;

    /// Whether a challenge is read at all. Where it is not, it need not be base64.
    fn reads_challenges(&self) -> bool {
        true
    }

    /// Whether the server may say now that the client is logged in.
    ///
    /// # Errors
    ///
    /// It may not: it has not shown that it knows the secret, and may be anybody.
    fn succeeded(&self) -> Result<(), AuthFault> {
        Ok(())
    }
}

/// What shows nothing comes first, then what costs an eavesdropper the most; what shows a token
/// that can be revoked comes before what shows the password.
fn strength(name: MechanismName<'_>) -> u8 {
    const ORDER: [MechanismName<'static>; 11] = [
        MechanismName::ANONYMOUS,
        MechanismName::LOGIN,
        MechanismName::PLAIN,
        MechanismName::XOAUTH2,
        MechanismName::OAUTHBEARER,
        MechanismName::CRAM_MD5,
        MechanismName::SCRAM_SHA_1,
        MechanismName::SCRAM_SHA_256,
        MechanismName::SCRAM_SHA_1_PLUS,
        MechanismName::SCRAM_SHA_256_PLUS,
        MechanismName::EXTERNAL,
    ];
    const OTHER: u8 = 45;
    match ORDER.iter().position(|known| *known == name) {
        Some(place) => u8::try_from(place).unwrap_or(0).saturating_mul(10),
        None => OTHER,
    }
}
