//! Whether a secret that anybody on the path could read may be used.

use core::fmt;

use crate::Channel;

/// The rule for authentication without TLS; one type for both directions.
///
/// It is a question of its own. Neither a TLS mode nor a relaxed certificate check changes it, and
/// what a peer advertises can forbid a login but never permit one.
///
/// Total on purpose. The order of the variants is from the strictest to the loosest.
///
/// ```
/// use mailwire_tls_policy::{Channel, CleartextAuth};
///
/// assert!(!CleartextAuth::default().allows(Channel::Local));
/// assert!(CleartextAuth::AllowLoopback.allows(Channel::Local));
/// assert!(!CleartextAuth::AllowLoopback.allows(Channel::Plain));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CleartextAuth {
    /// Only inside TLS (RFC 8314 section 4.1, RFC 4954 section 4).
    #[default]
    Deny,
    /// Also over [`Channel::Local`].
    AllowLoopback,
    /// Over any channel.
    Allow,
}

impl CleartextAuth {
    /// Every value, from the strictest to the loosest.
    pub const ALL: [Self; 3] = [Self::Deny, Self::AllowLoopback, Self::Allow];

    /// The value's name in configuration: `deny`, `loopback` or `allow`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deny => "deny",
            Self::AllowLoopback => "loopback",
            Self::Allow => "allow",
        }
    }

    /// Whether a secret may travel over `channel`. Inside TLS it always may.
    #[must_use]
    pub const fn allows(self, channel: Channel) -> bool {
        match (channel, self) {
            (Channel::Tls, Self::Deny | Self::AllowLoopback | Self::Allow)
            | (Channel::Local, Self::AllowLoopback | Self::Allow)
            | (Channel::Plain, Self::Allow) => true,
            (Channel::Local, Self::Deny) | (Channel::Plain, Self::Deny | Self::AllowLoopback) => {
                false
            }
        }
    }
}

impl fmt::Display for CleartextAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
