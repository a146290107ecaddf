//! Why a command is refused, with everything a reply, a log line and an operator need.

use core::fmt;

use crate::{Act, Channel, Identity};

/// A command that policy refuses: who asked for what over which channel, and why not.
///
/// It holds no text of its own, so it costs nothing to make, and everything about it is a look-up
/// in a total `match`.
///
/// ```
/// use mailwire_tls_policy::{Act, Channel, Identity, Listener, Reason, Role, Verdict, decide};
///
/// let listener = Listener::of(Role::Submission);
/// let verdict = decide(&listener, Channel::Plain, Identity::Anonymous, Act::Mail);
/// let Verdict::Refuse(refusal) = verdict else { panic!("587 wants TLS first") };
/// assert_eq!((refusal.act, refusal.reason), (Act::Mail, Reason::TlsRequired));
/// assert_eq!((refusal.channel, refusal.identity), (Channel::Plain, Identity::Anonymous));
/// assert_eq!((refusal.code(), refusal.enhanced()), (530, (5, 7, 0)));
/// assert_eq!(refusal.to_string(), "530 5.7.0 Must issue a STARTTLS command first");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Refusal {
    /// Over which channel.
    pub channel: Channel,
    /// By whom.
    pub identity: Identity,
    /// What the client asked for.
    pub act: Act,
    /// Why it is refused.
    pub reason: Reason,
}

/// What a refusal says is what its reason says.
macro_rules! says_its_reason {
    ($refusal:ty) => {
        impl $refusal {
            /// The reply code.
            #[must_use]
            pub const fn code(&self) -> u16 {
                self.reason.code()
            }

            /// The enhanced status code (RFC 3463): class, subject, detail. Its class is that of the
            /// reply code.
            #[must_use]
            pub const fn enhanced(&self) -> (u8, u16, u16) {
                self.reason.enhanced()
            }

            /// The reply's text for the client: printable ASCII in one line, without codes.
            #[must_use]
            pub const fn text(&self) -> &'static str {
                self.reason.text()
            }

            /// The rule behind the refusal, usually a section of an RFC.
            #[must_use]
            pub const fn rule(&self) -> &'static str {
                self.reason.rule()
            }

            /// What would make it work, as a sentence for the operator or the user.
            #[must_use]
            pub const fn remedy(&self) -> &'static str {
                self.reason.remedy()
            }

            /// The reason's stable name in snake case, for logs and machines.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                self.reason.name()
            }
        }

        crate::refusal::writes_a_reply!($refusal);
    };
}

/// `Display` writes the reply line without its end: `530 5.7.0 Authentication required`.
macro_rules! writes_a_reply {
    ($refusal:ty) => {
        /// Writes the reply line without its end: `530 5.7.0 Authentication required`.
        impl core::fmt::Display for $refusal {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                let (class, subject, detail) = self.enhanced();
                let (code, text) = (self.code(), self.text());
                write!(f, "{code} {class}.{subject}.{detail} {text}")
            }
        }
    };
}

pub(crate) use {says_its_reason, writes_a_reply};

says_its_reason!(Refusal);

/// Why a command is refused.
///
/// Total on purpose: each method is an exhaustive `match`, so no reason can lack a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// STARTTLS has to come first.
    TlsRequired,
    /// AUTH has to come first.
    AuthenticationRequired,
    /// The listener has no AUTH at all, inside TLS or out of it.
    AuthNotOffered,
    /// The secret would travel in clear text, and this listener has no STARTTLS to change that.
    CleartextAuth,
    /// A session authenticates once.
    AlreadyAuthenticated,
    /// TLS inside TLS is not a thing in SMTP.
    TlsAlreadyActive,
    /// The listener has no STARTTLS.
    TlsNotOffered,
    /// The handshake should have come before the greeting and did not.
    ImplicitTlsMissing,
}

impl Reason {
    /// Every reason, once.
    pub const ALL: [Self; 8] = [
        Self::TlsRequired,
        Self::AuthenticationRequired,
        Self::AuthNotOffered,
        Self::CleartextAuth,
        Self::AlreadyAuthenticated,
        Self::TlsAlreadyActive,
        Self::TlsNotOffered,
        Self::ImplicitTlsMissing,
    ];

    /// The reply code.
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::TlsRequired | Self::AuthenticationRequired | Self::ImplicitTlsMissing => 530,
            Self::AuthNotOffered | Self::AlreadyAuthenticated | Self::TlsAlreadyActive => 503,
            Self::TlsNotOffered => 502,
            Self::CleartextAuth => 538,
        }
    }

    /// The enhanced status code: class, subject, detail.
    #[must_use]
    pub const fn enhanced(self) -> (u8, u16, u16) {
        match self {
            Self::TlsRequired | Self::AuthenticationRequired | Self::ImplicitTlsMissing => {
                (5, 7, 0)
            }
            Self::AuthNotOffered
            | Self::AlreadyAuthenticated
            | Self::TlsAlreadyActive
            | Self::TlsNotOffered => (5, 5, 1),
            Self::CleartextAuth => (5, 7, 11),
        }
    }

    /// The reply's text for the client: printable ASCII in one line, without codes.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::TlsRequired => "Must issue a STARTTLS command first",
            Self::AuthenticationRequired => "Authentication required",
            Self::AuthNotOffered => {
                "AUTH is not offered here; log in on port 465 (TLS) or 587 (STARTTLS)"
            }
            Self::CleartextAuth => {
                "AUTH needs an encrypted connection, and there is none to be had here; use a port with TLS"
            }
            Self::AlreadyAuthenticated => {
                "Already authenticated; connect again to log in as somebody else"
            }
            Self::TlsAlreadyActive => "TLS is already active; go on without STARTTLS",
            Self::TlsNotOffered => "STARTTLS is not offered here; use what EHLO lists",
            Self::ImplicitTlsMissing => {
                "This port speaks TLS from the first octet; for STARTTLS use port 587"
            }
        }
    }

    /// The rule behind the reason, usually a section of an RFC.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::TlsRequired => "RFC 3207 section 4",
            Self::AuthenticationRequired => "RFC 4954 section 6, RFC 6409 section 4.3",
            Self::AuthNotOffered => {
                "RFC 6409 section 3.1: users submit mail on a port of their own"
            }
            Self::CleartextAuth => "RFC 4954 section 6, RFC 8314 section 4.1",
            Self::AlreadyAuthenticated => "RFC 4954 section 4",
            Self::TlsAlreadyActive => "RFC 3207 section 4.2",
            Self::TlsNotOffered => "RFC 5321 section 4.2.4",
            Self::ImplicitTlsMissing => "RFC 8314 section 3.3",
        }
    }

    /// What would make it work, as a sentence for the operator or the user.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::TlsRequired => "Switch the client to STARTTLS, or let it use port 465 with TLS.",
            Self::AuthenticationRequired => "Give the client a user name and a password.",
            Self::AuthNotOffered => {
                "This listener takes no logins: set the client to port 465 with TLS or port 587 \
                 with STARTTLS."
            }
            Self::CleartextAuth => {
                "Configure a certificate so that TLS can be offered, or ask for passwords in clear \
                 text by name (cleartext_auth)."
            }
            Self::AlreadyAuthenticated => "Log in once a connection.",
            Self::TlsAlreadyActive => {
                "The connection is encrypted already: set the client to TLS instead of STARTTLS."
            }
            Self::TlsNotOffered => {
                "Configure a certificate to offer STARTTLS; a client sends STARTTLS only where \
                 EHLO lists it."
            }
            Self::ImplicitTlsMissing => {
                "Set the client to TLS (not STARTTLS) for this port, or let it use port 587 with \
                 STARTTLS."
            }
        }
    }

    /// A stable name in snake case, for logs and machines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TlsRequired => "tls_required",
            Self::AuthenticationRequired => "authentication_required",
            Self::AuthNotOffered => "auth_not_offered",
            Self::CleartextAuth => "cleartext_auth",
            Self::AlreadyAuthenticated => "already_authenticated",
            Self::TlsAlreadyActive => "tls_already_active",
            Self::TlsNotOffered => "tls_not_offered",
            Self::ImplicitTlsMissing => "implicit_tls_missing",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.text())
    }
}
