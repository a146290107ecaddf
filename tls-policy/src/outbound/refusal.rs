//! Why a client does not do what it was asked to. No server had a part in it.

use core::error::Error;
use core::fmt;

/// A refusal by this side's own policy, before anything was sent.
///
/// It has no reply code, because no server replied; showing it as a server's reply sends people to
/// look for the fault at the wrong end.
///
/// ```
/// use mailwire_tls_policy::outbound::Refusal;
///
/// assert_eq!(Refusal::StartTlsNotOffered.name(), "starttls_not_offered");
/// assert!(Refusal::StartTlsNotOffered.to_string().starts_with("refused locally: "));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// STARTTLS is required and the server does not list it.
    StartTlsNotOffered,
    /// STARTTLS is required and has not been done yet.
    StartTlsNotDone,
    /// STARTTLS is required, was offered, and did not come about.
    StartTlsRefused,
    /// TLS from the first octet is required and the channel has none.
    ImplicitTlsMissing,
    /// The secret would travel in clear text.
    CleartextAuthDenied,
    /// EXTERNAL is a login by what TLS established, and there is no TLS.
    ExternalNeedsTls,
    /// There are credentials, and no mechanism that both sides have and that is left to try.
    NoMechanism,
}

impl Refusal {
    /// Every refusal, once.
    pub const ALL: [Self; 7] = [
        Self::StartTlsNotOffered,
        Self::StartTlsNotDone,
        Self::StartTlsRefused,
        Self::ImplicitTlsMissing,
        Self::CleartextAuthDenied,
        Self::ExternalNeedsTls,
        Self::NoMechanism,
    ];

    /// A stable name in snake case, for logs and machines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::StartTlsNotOffered => "starttls_not_offered",
            Self::StartTlsNotDone => "starttls_not_done",
            Self::StartTlsRefused => "starttls_refused",
            Self::ImplicitTlsMissing => "implicit_tls_missing",
            Self::CleartextAuthDenied => "cleartext_auth_denied",
            Self::ExternalNeedsTls => "external_needs_tls",
            Self::NoMechanism => "no_usable_mechanism",
        }
    }

    /// What is the matter, as words for the user of this side.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::StartTlsNotOffered => {
                "our policy requires STARTTLS and the server does not offer it"
            }
            Self::StartTlsNotDone => {
                "our policy requires STARTTLS before anything is authenticated"
            }
            Self::StartTlsRefused => {
                "our policy requires STARTTLS, and the server offered it and did not do it"
            }
            Self::ImplicitTlsMissing => {
                "our policy requires TLS from the first octet and this connection has none"
            }
            Self::CleartextAuthDenied => {
                "our policy denies sending credentials over a connection without TLS"
            }
            Self::ExternalNeedsTls => {
                "the EXTERNAL mechanism needs TLS and this connection has none"
            }
            Self::NoMechanism => {
                "there are credentials, and the server offers no mechanism that can use them"
            }
        }
    }

    /// What would make it work, as a sentence for the user of this side.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::StartTlsNotOffered => {
                "Switch STARTTLS on at the server, or use its port with implicit TLS (465), or set \
                 TLS to opportunistic or off if clear text is acceptable."
            }
            Self::StartTlsNotDone => "Complete STARTTLS first, then authenticate.",
            Self::StartTlsRefused => {
                "Look at the server's log for its certificate and key, or use its port with implicit \
                 TLS (465), or try again later."
            }
            Self::ImplicitTlsMissing => {
                "Perform the TLS handshake right after connecting, or set TLS to starttls if the \
                 port begins in clear text (587)."
            }
            Self::CleartextAuthDenied => {
                "Use TLS (implicit or starttls), or allow AUTH in clear text by name: loopback for \
                 a server on this host, allow for any."
            }
            Self::ExternalNeedsTls => {
                "Use TLS (implicit or starttls) with a client certificate, or another mechanism."
            }
            Self::NoMechanism => {
                "Use the server's submission port (465 with implicit TLS, 587 with STARTTLS), since port \
                 25 offers no login; or switch one of this side's mechanisms on at the server."
            }
        }
    }

    /// The rule behind the refusal, usually a section of an RFC.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::StartTlsNotOffered => "RFC 3207 section 6",
            Self::StartTlsNotDone => "RFC 3207 section 6: TLS that is required comes first",
            Self::StartTlsRefused => "RFC 3207 section 4.1",
            Self::ImplicitTlsMissing => "RFC 8314 section 3.3",
            Self::CleartextAuthDenied => "RFC 4954 section 4, RFC 8314 section 4.1",
            Self::ExternalNeedsTls => "RFC 4422 appendix A",
            Self::NoMechanism => "RFC 4954 section 4",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused locally: {}", self.text())
    }
}

impl Error for Refusal {}
