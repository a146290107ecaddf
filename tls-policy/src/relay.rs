//! Whether a recipient is delivered here, passed on, or refused.

use core::fmt;
use core::net::IpAddr;

use crate::refusal::{says_its_reason, writes_a_reply};
use crate::{Identity, Role};

/// Judges one recipient.
///
/// Total and pure. Mail travels further for a user who logged in on a submission listener, and for a
/// client in a network that the operator trusts; nothing else grants it, neither the address of a proxy nor
/// a login that arrived on a listener for other servers.
///
/// - On an MX, local recipients are delivered, and foreign ones refused but to trusted networks.
/// - On submission, everything needs a login first, or a trusted network (RFC 6409 section 4.3 has both);
///   then foreign recipients are forwarded. Where the record requires AUTH, [`decide`](crate::decide) has
///   refused MAIL before this is asked.
/// - LMTP is final delivery and never relays.
/// - Elsewhere a login or a trusted network makes mail travel further.
///
/// ```
/// use mailwire_tls_policy::{relay, Identity, Origin, RecipientClass, Relay, RelayReason, Role};
///
/// let stranger = relay(Role::Mx, Origin::Anybody, Identity::Anonymous, RecipientClass::Foreign);
/// let Relay::Refuse(refusal) = stranger else { panic!("an open relay") };
/// assert_eq!((refusal.reason, refusal.code()), (RelayReason::NotSubmission, 554));
/// ```
pub const fn relay(
    role: Role,
    origin: Origin,
    identity: Identity,
    recipient: RecipientClass,
) -> Relay {
    let is_known = matches!(
        (origin, identity),
        (Origin::Trusted, _) | (_, Identity::Authenticated)
    );
    let reason = match (role, recipient) {
        (Role::Mx | Role::Lmtp | Role::Custom, RecipientClass::Local) => return Relay::Deliver,
        (Role::Submission | Role::Submissions, RecipientClass::Local) if is_known => {
            return Relay::Deliver;
        }
        (Role::Submission | Role::Submissions | Role::Custom, RecipientClass::Foreign)
            if is_known =>
        {
            return Relay::Forward;
        }
        (Role::Submission | Role::Submissions, RecipientClass::Local | RecipientClass::Foreign) => {
            RelayReason::AuthenticationRequired
        }
        (Role::Lmtp, RecipientClass::Foreign) => RelayReason::FinalDelivery,
        (Role::Mx | Role::Custom, RecipientClass::Foreign) => match (role, origin) {
            (Role::Mx, Origin::Trusted) => return Relay::Forward,
            (_, Origin::ProxyAlone) => RelayReason::ClientUnknown,
            (Role::Mx, _) => RelayReason::NotSubmission,
            (_, _) => RelayReason::Stranger,
        },
    };
    Relay::Refuse(RelayRefusal {
        role,
        origin,
        identity,
        recipient,
        reason,
    })
}

/// Where a client is, as far as relaying goes. Total on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// At an address that nobody has said anything about.
    Anybody,
    /// In a network whose hosts may send to anybody without a login.
    Trusted,
    /// Behind a declared proxy that has not said which client it speaks for. The proxy's own address
    /// grants nothing: if it did, everybody could relay through it.
    ProxyAlone,
}

impl Origin {
    /// Every origin.
    pub const ALL: [Self; 3] = [Self::Anybody, Self::Trusted, Self::ProxyAlone];

    /// The origin of a client.
    ///
    /// `peer` is the address of the connected socket. If that is a proxy which configuration has declared,
    /// `forwarded` is the client's address by PROXY or XCLIENT, if it has told one; what an undeclared
    /// peer tells is not looked at. `trusts` says whether an address is in a network that may relay.
    ///
    /// ```
    /// use mailwire_tls_policy::{Network, Origin};
    ///
    /// let trusted: Network = "10.0.0.0/8".parse()?;
    /// let of = |peer: &str, is_proxy, client: Option<&str>| {
    ///     let address = |it: &str| it.parse().unwrap();
    ///     Origin::of(address(peer), is_proxy, client.map(address), |it| trusted.contains(it))
    /// };
    /// assert_eq!(of("10.0.0.9", false, None), Origin::Trusted);
    /// // The proxy is in a trusted network, and its clients are not for that.
    /// assert_eq!(of("10.0.0.1", true, None), Origin::ProxyAlone);
    /// assert_eq!(of("10.0.0.1", true, Some("192.0.2.7")), Origin::Anybody);
    /// // Nobody has declared this one.
    /// assert_eq!(of("192.0.2.1", false, Some("10.0.0.9")), Origin::Anybody);
    /// # Ok::<(), mailwire_tls_policy::NetworkError>(())
    /// ```
    pub fn of(
        peer: IpAddr,
        is_declared_proxy: bool,
        forwarded: Option<IpAddr>,
        trusts: impl FnOnce(IpAddr) -> bool,
    ) -> Self {
        let client = match (is_declared_proxy, forwarded) {
            (false, _) => peer,
            (true, Some(client)) => client,
            (true, None) => return Self::ProxyAlone,
        };
        if trusts(client.to_canonical()) {
            Self::Trusted
        } else {
            Self::Anybody
        }
    }

    /// The origin's name in tables and logs, in snake case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Anybody => "anybody",
            Self::Trusted => "trusted",
            Self::ProxyAlone => "proxy_alone",
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
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

/// A recipient that is refused: who asked for what, and why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RelayRefusal {
    /// Where it was asked.
    pub role: Role,
    /// From where.
    pub origin: Origin,
    /// By whom.
    pub identity: Identity,
    /// For whom.
    pub recipient: RecipientClass,
    /// Why it is refused.
    pub reason: RelayReason,
}

says_its_reason!(RelayRefusal);

/// Why a recipient is refused.
///
/// Total on purpose: each method is an exhaustive `match`, so no reason can lack a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RelayReason {
    /// A foreign recipient on a listener for other servers, which takes no logins. Whoever means to
    /// send mail there from here has to submit it.
    NotSubmission,
    /// A foreign recipient over LMTP.
    FinalDelivery,
    /// A recipient on a submission listener, before AUTH.
    AuthenticationRequired,
    /// A foreign recipient from a declared proxy that has not said for whom.
    ClientUnknown,
    /// A foreign recipient on a listener of another purpose, from somebody who is not known there.
    Stranger,
}

impl RelayReason {
    /// Every reason, once.
    pub const ALL: [Self; 5] = [
        Self::NotSubmission,
        Self::FinalDelivery,
        Self::AuthenticationRequired,
        Self::ClientUnknown,
        Self::Stranger,
    ];

    /// The reply code.
    ///
    /// A stranger on an MX gets 554, the code that servers in the field use and that people search
    /// for. LMTP says 550, the code RFC 5321 section 3.6.2 has for a relay that is declined: there a
    /// queue reads it, which knows nothing to look up.
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::NotSubmission | Self::ClientUnknown | Self::Stranger => 554,
            Self::FinalDelivery => 550,
            Self::AuthenticationRequired => 530,
        }
    }

    /// The enhanced status code (RFC 3463): class, subject, detail. Its class is that of
    /// [`RelayReason::code`].
    #[must_use]
    pub const fn enhanced(self) -> (u8, u16, u16) {
        match self {
            Self::NotSubmission | Self::FinalDelivery | Self::ClientUnknown | Self::Stranger => {
                (5, 7, 1)
            }
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
            Self::ClientUnknown => "Relay access denied: the proxy has not said for whom",
            Self::Stranger => "Relay access denied",
        }
    }

    /// The rule behind the refusal, usually a section of an RFC.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::NotSubmission | Self::ClientUnknown | Self::Stranger => "RFC 5321 section 3.6.2",
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
            Self::ClientUnknown => {
                "Let the proxy tell the client's address (PROXY, or XCLIENT with ADDR) and its login \
                 (XCLIENT with LOGIN); its own address grants nothing."
            }
            Self::Stranger => {
                "Let the client log in here, or name its network among those that are trusted."
            }
        }
    }

    /// A stable name in snake case, for logs and machines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotSubmission => "relay_not_submission",
            Self::FinalDelivery => "relay_final_delivery",
            Self::AuthenticationRequired => "authentication_required",
            Self::ClientUnknown => "relay_client_unknown",
            Self::Stranger => "relay_stranger",
        }
    }
}

writes_a_reply!(RelayReason);
