//! What a destination is known to have had: TLS that was there does not go away without somebody noticing.

use core::fmt;

use super::{Anchor, Demand};

/// The best that the TLS with a destination has been, as an embedder remembers it. Total on purpose; the
/// order is from the least.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Established {
    /// Nothing, or clear text.
    #[default]
    Clear,
    /// TLS, with any certificate.
    Encrypted,
    /// TLS, with a certificate of a known issuer for the name of the mail server.
    Authenticated,
}

impl Established {
    /// Every value.
    pub const ALL: [Self; 3] = [Self::Clear, Self::Encrypted, Self::Authenticated];

    /// What is known after one more delivery.
    ///
    /// ```
    /// use mailwire_tls_policy::outbound::Established;
    ///
    /// let known = Established::Encrypted.and(Established::Clear);
    /// assert_eq!(known, Established::Encrypted);
    /// ```
    #[must_use]
    pub fn and(self, seen: Self) -> Self {
        self.max(seen)
    }

    /// The value's name in tables and logs, in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Encrypted => "encrypted",
            Self::Authenticated => "authenticated",
        }
    }
}

impl Demand {
    /// The same, and no less than what the destination is known to have had: who takes STARTTLS out of a
    /// list that had it gains nothing then. A destination that gives TLS up for good has to be forgotten
    /// by the operator, which is the point: a level never drops in silence.
    ///
    /// [`Clear`](Demand::Clear) stays what it is, because it was asked for by name.
    ///
    /// ```
    /// use mailwire_tls_policy::outbound::{Demand, Established};
    ///
    /// let demand = Demand::Opportunistic.no_less_than(Established::Encrypted);
    /// assert_eq!(demand, Demand::Encrypt);
    /// ```
    #[must_use]
    pub const fn no_less_than(self, known: Established) -> Self {
        match (self, known) {
            (Self::Clear | Self::Authenticate(_), _) | (_, Established::Clear) => self,
            (Self::Opportunistic | Self::Encrypt, Established::Encrypted) => Self::Encrypt,
            (Self::Opportunistic | Self::Encrypt, Established::Authenticated) => {
                Self::Authenticate(Anchor::MailServer)
            }
        }
    }
}

impl fmt::Display for Established {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
