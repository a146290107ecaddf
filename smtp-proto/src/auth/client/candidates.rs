//! The mechanisms that a client could log in with.

use super::{Mechanism, Plain};
use crate::auth::{AuthFault, MechanismName, PlainCredentials, Secret};

/// Mechanisms, the strongest first. Of two that are as strong, that which was put in first.
#[derive(Debug, Default)]
pub struct Candidates(Vec<Box<dyn Mechanism>>);

impl Candidates {
    /// None.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// The same and another one.
    #[must_use]
    pub fn with(mut self, mechanism: impl Mechanism + 'static) -> Self {
        let strength = mechanism.strength();
        let place = self.0.iter().position(|it| it.strength() < strength);
        self.0
            .insert(place.unwrap_or(self.0.len()), Box::new(mechanism));
        self
    }

    /// PLAIN and LOGIN with a name and a password.
    ///
    /// # Errors
    ///
    /// They are none that PLAIN could say.
    pub fn password(
        name: impl Into<String>,
        password: impl Into<Secret>,
    ) -> Result<Self, AuthFault> {
        let credentials = PlainCredentials::new(name, password)?;
        let login = super::Login::new(credentials.clone());
        Ok(Self::new().with(Plain::new(credentials)).with(login))
    }

    /// Their names, the strongest first.
    pub fn names(&self) -> impl Iterator<Item = MechanismName<'_>> {
        self.0.iter().map(|it| it.name())
    }

    /// Takes out the strongest that will do; those that are stronger than it are gone as well.
    pub fn take(
        &mut self,
        mut will_do: impl FnMut(MechanismName<'_>) -> bool,
    ) -> Option<Box<dyn Mechanism>> {
        let place = self.0.iter().position(|it| will_do(it.name()))?;
        self.0.drain(..=place).next_back()
    }
}
