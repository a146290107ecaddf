//! The names of SASL mechanisms.

use crate::command::SyntaxError;
use crate::grammar::{self, MECHANISM, run};

/// The most octets of a name (RFC 4422 section 3.1).
const LIMIT: usize = 20;

grammar::word!(
    /// The name of a SASL mechanism, one of this crate's or any other: 1 to 20 letters, digits, `-`
    /// and `_` (`sasl-mech` of RFC 4422 section 3.1; RFC 4954 section 4 has them in any letter
    /// case).
    ///
    /// ```
    /// use mailwire_smtp_proto::auth::{Mechanism, MechanismName};
    ///
    /// assert_eq!(MechanismName::parse("plain")?, Mechanism::Plain.name());
    /// assert!(MechanismName::parse("PLAIN LOGIN").is_err());
    /// # Ok::<(), mailwire_smtp_proto::command::SyntaxError>(())
    /// ```
    MechanismName,
    MechanismNameBuf,
    is_mechanism_name,
    SyntaxError,
    SyntaxError::Mechanism,
    "[`SyntaxError::Mechanism`]."
);

impl MechanismName<'static> {
    /// A name of this crate's own.
    pub(super) const fn registered(name: &'static str) -> Self {
        Self(name)
    }
}

fn is_mechanism_name(word: &[u8]) -> bool {
    (1..=LIMIT).contains(&word.len()) && run(MECHANISM, word).0.is_empty()
}
