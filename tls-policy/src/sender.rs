//! Whether a user may send in somebody's name.

use core::fmt;

use crate::Identity;
use crate::refusal::writes_a_reply;

/// Judges the sender of MAIL, of a user who has logged in (RFC 6409 section 6.1).
///
/// Total and pure. Of somebody who has not logged in nothing is known, so it says nothing about them: that
/// they may send at all is for [`decide`](crate::decide) and [`relay`](crate::relay()).
///
/// The empty sender is always allowed: reports come from it (RFC 5321 section 4.5.5, RFC 8098 section 3).
///
/// ```
/// use mailwire_tls_policy::{Identity, SenderClass, SenderRule, sender};
///
/// let rule = SenderRule::Own;
/// let answer = sender(rule, Identity::Authenticated, SenderClass::OfSomebodyElse);
/// assert_eq!(answer.unwrap_err().to_string(), "550 5.7.1 Sender address not yours");
/// ```
///
/// # Errors
///
/// [`SenderRefusal`]: MAIL is refused with it, and the session goes on.
pub const fn sender(
    rule: SenderRule,
    identity: Identity,
    sender: SenderClass,
) -> Result<(), SenderRefusal> {
    match (identity, rule, sender) {
        (Identity::Anonymous, _, _)
        | (Identity::Authenticated, SenderRule::Any, _)
        | (Identity::Authenticated, _, SenderClass::Empty | SenderClass::Own)
        | (Identity::Authenticated, SenderRule::NobodyElses, SenderClass::Foreign) => Ok(()),
        (
            Identity::Authenticated,
            SenderRule::NobodyElses | SenderRule::Own,
            SenderClass::OfSomebodyElse,
        )
        | (Identity::Authenticated, SenderRule::Own, SenderClass::Foreign) => {
            Err(SenderRefusal { sender, by: rule })
        }
    }
}

/// Whose addresses a user may send as. Total on purpose; the order is from the loosest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SenderRule {
    /// Anybody's.
    #[default]
    Any,
    /// Their own, and those that are none of this server's.
    NobodyElses,
    /// Their own alone.
    Own,
}

/// Whose address the sender is, for the user who has logged in. Total on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SenderClass {
    /// Nobody's: the empty sender, `<>`.
    Empty,
    /// One of the user's.
    Own,
    /// In a domain of this server, and not one of the user's.
    OfSomebodyElse,
    /// In a domain that is none of this server's.
    Foreign,
}

/// A sender that is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SenderRefusal {
    /// Whose address it is.
    pub sender: SenderClass,
    /// By which rule.
    pub by: SenderRule,
}

impl SenderRule {
    /// Every rule, from the loosest to the strictest.
    pub const ALL: [Self; 3] = [Self::Any, Self::NobodyElses, Self::Own];

    /// The rule's name in configuration, in snake case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::NobodyElses => "nobody_elses",
            Self::Own => "own",
        }
    }
}

impl SenderClass {
    /// Every class.
    pub const ALL: [Self; 4] = [Self::Empty, Self::Own, Self::OfSomebodyElse, Self::Foreign];

    /// The class's name in tables and logs, in snake case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Own => "own",
            Self::OfSomebodyElse => "of_somebody_else",
            Self::Foreign => "foreign",
        }
    }
}

impl SenderRefusal {
    /// The reply code (RFC 6409 section 6.1).
    #[must_use]
    pub const fn code(self) -> u16 {
        550
    }

    /// The enhanced status code: class, subject, detail.
    #[must_use]
    pub const fn enhanced(self) -> (u8, u16, u16) {
        (5, 7, 1)
    }

    /// The reply's text for the client: printable ASCII in one line, without codes.
    #[must_use]
    pub const fn text(self) -> &'static str {
        "Sender address not yours"
    }

    /// The rule behind the refusal.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        "RFC 6409 section 6.1"
    }

    /// What would make it work, as a sentence for the operator or the user.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self.sender {
            SenderClass::Foreign => {
                "Send from an address of the account, or loosen the rule to nobody_elses."
            }
            SenderClass::Empty | SenderClass::Own | SenderClass::OfSomebodyElse => {
                "Send from an address of the account, or give the address to the account."
            }
        }
    }

    /// A stable name in snake case, for logs and machines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        "sender_not_owned"
    }
}

impl fmt::Display for SenderRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for SenderClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

writes_a_reply!(SenderRefusal);

impl core::error::Error for SenderRefusal {}
