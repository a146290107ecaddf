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
    /// TLS from the first octet is required and the channel has none.
    ImplicitTlsMissing,
    /// The secret would travel in clear text.
    CleartextAuthDenied,
    /// EXTERNAL is a login by what TLS established, and there is no TLS.
    ExternalNeedsTls,
}

impl Refusal {
    /// Every refusal, once.
    pub const ALL: [Self; 5] = [
        Self::StartTlsNotOffered,
        Self::StartTlsNotDone,
        Self::ImplicitTlsMissing,
        Self::CleartextAuthDenied,
        Self::ExternalNeedsTls,
    ];

    /// A stable name in snake case, for logs and machines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::StartTlsNotOffered => "starttls_not_offered",
            Self::StartTlsNotDone => "starttls_not_done",
            Self::ImplicitTlsMissing => "implicit_tls_missing",
            Self::CleartextAuthDenied => "cleartext_auth_denied",
            Self::ExternalNeedsTls => "external_needs_tls",
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
            Self::ImplicitTlsMissing => {
                "our policy requires TLS from the first octet and this connection has none"
            }
            Self::CleartextAuthDenied => {
                "our policy denies sending credentials over a connection without TLS"
            }
            Self::ExternalNeedsTls => {
                "the EXTERNAL mechanism needs TLS and this connection has none"
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
        }
    }

    /// The rule behind the refusal, usually a section of an RFC.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::StartTlsNotOffered => "RFC 3207 section 6",
            Self::StartTlsNotDone => "RFC 3207 section 6: TLS that is required comes first",
            Self::ImplicitTlsMissing => "RFC 8314 section 3.3",
            Self::CleartextAuthDenied => "RFC 4954 section 4, RFC 8314 section 4.1",
            Self::ExternalNeedsTls => "RFC 4422 appendix A",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused locally: {}", self.text())
    }
}

impl Error for Refusal {}
