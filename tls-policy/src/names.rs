//! Values that are known by a name: read from it, and written as it.

use core::error::Error;
use core::fmt;

/// A word that names none of the values that there are; its message lists those. The caller has the word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownName {
    /// What it is a name of, such as `TLS level`.
    pub kind: &'static str,
    /// The names that there are.
    pub allowed: &'static [&'static str],
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown {}: allowed are", self.kind)?;
        let mut separator = " ";
        for name in self.allowed {
            write!(f, "{separator}{name}")?;
            separator = ", ";
        }
        Ok(())
    }
}

impl Error for UnknownName {}

/// The value of a type that has this name; else the names that there are. All of its values are in `ALL`
/// and have `as_str`.
macro_rules! named {
    ($type:ty, $name:expr) => {{
        const NAMES: [&str; <$type>::ALL.len()] = {
            let mut names = [""; <$type>::ALL.len()];
            let mut place = 0;
            while place < names.len() {
                names[place] = <$type>::ALL[place].as_str();
                place += 1;
            }
            names
        };
        let allowed: &'static [&'static str] = &NAMES;
        let known = <$type>::ALL.into_iter().find(|it| it.as_str() == $name);
        known.ok_or(allowed)
    }};
}

#[cfg(feature = "serde")]
pub(crate) use named;

/// Makes types readable from the names of their values.
macro_rules! from_str {
    ($($type:ty, $kind:literal;)*) => {$(
        impl core::str::FromStr for $type {
            type Err = crate::UnknownName;

            /// Reads a name as `as_str` writes it: in its letter case, without blanks.
            fn from_str(token: &str) -> Result<Self, crate::UnknownName> {
                named!($type, token).map_err(|allowed| crate::UnknownName {
                    kind: $kind,
                    allowed,
                })
            }
        }
    )*};
}

from_str! {
    crate::Role, "role";
    crate::CleartextAuth, "rule for AUTH in clear text";
    crate::TlsMode, "TLS mode of a listener";
    crate::AuthRule, "rule for AUTH";
    crate::Scope, "scope of a listener";
    crate::SenderRule, "rule for senders";
    crate::outbound::TlsMode, "TLS mode";
    crate::outbound::CertificateCheck, "check of certificates";
    crate::outbound::Level, "TLS level";
}
