//! Whether a recipient is delivered here, passed on, or refused.

use core::fmt;

use crate::{Identity, Role};

/// Judges one recipient.
///
/// Total and pure. Only a user who logged in on a submission listener makes mail travel further; no
/// address grants that, and neither does a login that arrived on a listener for other servers.
///
/// - On an MX, local recipients are delivered and foreign ones refused.
/// - On submission, everything needs a login first; then foreign recipients are forwarded.
/// - LMTP is final delivery and never relays.
///
/// ```
/// use mailwire_tls_policy::{relay, Identity, RecipientClass, Relay, RelayRefusal, Role};
///
/// let relay = relay(Role::Mx, Identity::Anonymous, RecipientClass::Foreign);
/// assert_eq!(relay, Relay::Refuse(RelayRefusal::NotSubmission));
/// ```
pub const fn relay(role: Role, identity: Identity, recipient: RecipientClass) -> Relay {
    match (role, identity, recipient) {
        (
            Role::Mx | Role::Lmtp,
            Identity::Anonymous | Identity::Authenticated,
            RecipientClass::Local,
        )
        | (Role::Submission | Role::Submissions, Identity::Authenticated, RecipientClass::Local) => {
            Relay::Deliver
        }
        (
            Role::Submission | Role::Submissions,
            Identity::Authenticated,
            RecipientClass::Foreign,
        ) => Relay::Forward,
        (
            Role::Submission | Role::Submissions,
            Identity::Anonymous,
            RecipientClass::Local | RecipientClass::Foreign,
        ) => Relay::Refuse(RelayRefusal::AuthenticationRequired),
        (Role::Mx, Identity::Anonymous | Identity::Authenticated, RecipientClass::Foreign) => {
            Relay::Refuse(RelayRefusal::NotSubmission)
        }
        (Role::Lmtp, Identity::Anonymous | Identity::Authenticated, RecipientClass::Foreign) => {
            Relay::Refuse(RelayRefusal::FinalDelivery)
        }
    }
}

/// Whose recipient it is, by the domain. Total on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecipientClass {
    /// In a domain that is delivered here.
    Local,
    /// In any other domain.
    Foreign,
}

impl RecipientClass {
    /// Both classes.
    pub const ALL: [Self; 2] = [Self::Local, Self::Foreign];

    /// The class's name in tables and logs, in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Foreign => "foreign",
        }
    }
}

impl fmt::Display for RecipientClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The answer of [`relay`](crate::relay()). Total on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub enum Relay {
    /// Deliver it here; whether the mailbox exists is another question.
    Deliver,
    /// Pass it on to another server.
    Forward,
    /// Refuse this recipient; the transaction goes on.
    Refuse(RelayRefusal),
}

/// Why a recipient is refused.
///
/// Total on purpose: each method is an exhaustive `match`, so no reason can lack a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RelayRefusal {
    /// A foreign recipient on a listener for other servers, which takes no logins. Whoever means to
    /// send mail there from here has to submit it.
    NotSubmission,
    /// A foreign recipient over LMTP.
    FinalDelivery,
    /// A recipient on a submission listener, before AUTH.
    AuthenticationRequired,
}

impl RelayRefusal {
    /// Every reason, once.
    pub const ALL: [Self; 3] = [
        Self::NotSubmission,
        Self::FinalDelivery,
        Self::AuthenticationRequired,
    ];

    /// The reply code.
    ///
    /// A stranger on an MX gets 554, the code that servers in the field use and that people search
    /// for. LMTP says 550, the code RFC 5321 section 3.6.2 has for a relay that is declined: there a
    /// queue reads it, which knows nothing to look up.
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::NotSubmission => 554,
            Self::FinalDelivery => 550,
            Self::AuthenticationRequired => 530,
        }
    }

    /// The enhanced status code (RFC 3463): class, subject, detail. Its class is that of
    /// [`RelayRefusal::code`].
    #[must_use]
    pub const fn enhanced(self) -> (u8, u16, u16) {
        match self {
            Self::NotSubmission | Self::FinalDelivery => (5, 7, 1),
            Self::AuthenticationRequired => (5, 7, 0),
        }
    }

    /// The reply's text for the client: printable ASCII in one line, without codes.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::NotSubmission => {
                "Relay access denied: not authenticated for submission; port 25 offers no AUTH, use 465 or 587"
            }
            Self::FinalDelivery => "Relay access denied: LMTP delivers to local mailboxes only",
            Self::AuthenticationRequired => "Authentication required",
        }
    }

    /// The rule behind the refusal, usually a section of an RFC.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::NotSubmission => "RFC 5321 section 3.6.2",
            Self::FinalDelivery => "RFC 2033 section 5, RFC 5321 section 3.6.2",
            Self::AuthenticationRequired => "RFC 6409 section 4.3",
        }
    }

    /// What would make it work, as a sentence for the operator or the user.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::NotSubmission => {
                "Set the client to port 465 with TLS or port 587 with STARTTLS, and log in there; \
                 if the domain is meant to be local, add it to the local domains."
            }
            Self::FinalDelivery => {
                "Let the queue in front send foreign mail to another server; if the domain is meant \
                 to be local, add it to the local domains."
            }
            Self::AuthenticationRequired => "Give the client a user name and a password.",
        }
    }

    /// A stable name in snake case, for logs and machines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotSubmission => "relay_not_submission",
            Self::FinalDelivery => "relay_final_delivery",
            Self::AuthenticationRequired => "authentication_required",
        }
    }
}

/// Writes the reply line without its end: `530 5.7.0 Authentication required`.
impl fmt::Display for RelayRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (class, subject, detail) = self.enhanced();
        write!(
            f,
            "{} {class}.{subject}.{detail} {}",
            self.code(),
            self.text()
        )
    }
}
