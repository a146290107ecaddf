//! What a listener is for. Everything else about it follows from this, unless somebody says otherwise.

use core::fmt;

/// The purpose of a listener: who connects to it, and why.
///
/// The enum is total on purpose. Each rule in this crate is an exhaustive `match` over it, so a role
/// that is added later does not compile until every rule has an answer for it.
///
/// ```
/// use mailwire_tls_policy::Role;
///
/// assert_eq!("submission".parse(), Ok(Role::Submission));
/// assert_eq!(Role::Submissions.well_known_port(), Some(465));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Mail from other servers, for the local domains (RFC 5321 section 5.1).
    Mx,
    /// Mail from users, in clear until STARTTLS (RFC 6409).
    Submission,
    /// Mail from users, inside TLS from the first octet (RFC 8314 section 3.3).
    Submissions,
    /// Final delivery behind a queue (RFC 2033).
    Lmtp,
    /// Anything else that is spoken to in SMTP: a hop between servers of one operator, a way back from a
    /// content filter. Nobody knows what it is for but its record.
    Custom,
}

impl Role {
    /// Every role, once.
    pub const ALL: [Self; 5] = [
        Self::Mx,
        Self::Submission,
        Self::Submissions,
        Self::Lmtp,
        Self::Custom,
    ];

    /// The role's name in configuration and logs, in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mx => "mx",
            Self::Submission => "submission",
            Self::Submissions => "submissions",
            Self::Lmtp => "lmtp",
            Self::Custom => "custom",
        }
    }

    /// The role that a TCP port is registered for, if it is one of mail's.
    #[must_use]
    pub fn of_port(port: u16) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|role| role.well_known_port() == Some(port))
    }

    /// The TCP port registered for the role, or `None` where there is none.
    ///
    /// LMTP has none: it is a different protocol from SMTP and must not be served on port 25
    /// (RFC 2033 section 5), and no other port is registered for it.
    #[must_use]
    pub const fn well_known_port(self) -> Option<u16> {
        match self {
            Self::Mx => Some(25),
            Self::Submission => Some(587),
            Self::Submissions => Some(465),
            Self::Lmtp | Self::Custom => None,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
