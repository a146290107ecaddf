//! AUTH: the SASL mechanisms (RFC 4954), as far as they are words on the wire.
//!
//! Whether a mechanism may be used is policy; whether a password is right is the embedder's.

mod name;
mod plain;
mod secret;

pub use name::{MechanismName, MechanismNameBuf};
pub use plain::PlainCredentials;
pub use secret::Secret;

/// A SASL mechanism this crate speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mechanism {
    /// PLAIN (RFC 4616): name and password in clear, in one message.
    Plain,
}

/// Why a response of a SASL exchange cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum AuthFault {
    /// The line is not base64 in its one canonical form.
    #[error("the response is not base64 (RFC 4954 section 4)")]
    Base64,
    /// The parts of the message are not what the mechanism says.
    #[error("the response is not a message of its mechanism")]
    Malformed,
    /// A part that must not be empty is, or the whole message is.
    #[error("the response, its identity or its password is empty")]
    Empty,
    /// A part is not UTF-8.
    #[error("the response is not UTF-8")]
    NotUtf8,
    /// A part is longer than allowed.
    #[error("a part of the response is longer than allowed")]
    TooLong,
    /// The client gave up: the line is `*`.
    #[error("the client cancelled the exchange (RFC 4954 section 4)")]
    Cancelled,
}

impl Mechanism {
    /// All mechanisms, best first.
    pub const ALL: &'static [Self] = &[Self::Plain];

    /// The mechanism of this name, in any case (RFC 4954 section 4).
    #[must_use]
    pub fn parse(name: impl AsRef<[u8]>) -> Option<Self> {
        let name = name.as_ref();
        let is_named = |mechanism: &&Self| mechanism.as_str().as_bytes().eq_ignore_ascii_case(name);
        Self::ALL.iter().find(is_named).copied()
    }

    /// The name as it is registered, such as `PLAIN`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
        }
    }

    /// The same as a name among others.
    #[must_use]
    pub const fn name(self) -> MechanismName<'static> {
        MechanismName::registered(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_parsed_in_any_case() {
        for mechanism in Mechanism::ALL.iter().copied() {
            let name = mechanism.as_str();
            assert_eq!(MechanismName::parse(name), Ok(mechanism.name()));
            assert_eq!(Mechanism::parse(name), Some(mechanism));
            assert_eq!(Mechanism::parse(name.to_ascii_lowercase()), Some(mechanism));
        }
        assert_eq!(Mechanism::parse("pLaIn"), Some(Mechanism::Plain));
        for name in ["", "PLAIN ", "PLAI", "PLAINS", "PLAIN\0"] {
            assert_eq!(Mechanism::parse(name), None, "{name:?}");
        }
        assert_eq!(Mechanism::parse(b"\xff"), None);
    }
}
