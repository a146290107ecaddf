//! What is left of a listener when there is no certificate to serve it with.

use core::error::Error;
use core::fmt;

use crate::{CleartextAuth, Listener, Role, TlsMode};

impl Listener {
    /// The record as it is served, with a certificate at hand or [without](Self::without_certificate).
    ///
    /// # Errors
    ///
    /// [`NotBound`], with the remedy.
    pub const fn served(self, has_certificate: bool) -> Result<Self, NotBound> {
        if has_certificate {
            Ok(self)
        } else {
            self.without_certificate()
        }
    }

    /// The record to serve when no certificate is at hand, or the reason not to bind it.
    ///
    /// - Implicit TLS cannot be served at all, and port 465 never carries anything else.
    /// - Submission is not served, unless [`CleartextAuth::Allow`] asked by name for passwords in
    ///   clear text; then it is served without TLS.
    /// - An MX, an LMTP listener or one of another purpose with optional TLS is served, and offers no STARTTLS.
    /// - Where TLS was made a requirement it is not quietly dropped: the listener is not served.
    ///
    /// # Errors
    ///
    /// [`NotBound`], with the remedy.
    ///
    /// ```
    /// use mailwire_tls_policy::{Listener, NotBound, Role, TlsMode};
    ///
    /// let mx = Listener::of(Role::Mx).without_certificate();
    /// assert_eq!(mx.map(|listener| listener.tls), Ok(TlsMode::None));
    /// let submission = Listener::of(Role::Submission).without_certificate();
    /// assert_eq!(submission, Err(NotBound::SubmissionWithoutCertificate));
    /// ```
    pub const fn without_certificate(self) -> Result<Self, NotBound> {
        let reason = match (self.role, self.tls) {
            (Role::Mx | Role::Submission | Role::Lmtp | Role::Custom, TlsMode::Implicit)
            | (
                Role::Submissions,
                TlsMode::None
                | TlsMode::StartTlsOptional
                | TlsMode::StartTlsRequired
                | TlsMode::Implicit,
            ) => Some(NotBound::ImplicitTlsWithoutCertificate),
            (
                Role::Submission,
                TlsMode::None | TlsMode::StartTlsOptional | TlsMode::StartTlsRequired,
            ) => match self.cleartext_auth {
                CleartextAuth::Allow => None,
                CleartextAuth::Deny | CleartextAuth::AllowLoopback => {
                    Some(NotBound::SubmissionWithoutCertificate)
                }
            },
            (Role::Mx | Role::Lmtp | Role::Custom, TlsMode::StartTlsRequired) => {
                Some(NotBound::RequiredTlsWithoutCertificate)
            }
            (Role::Mx | Role::Lmtp | Role::Custom, TlsMode::None | TlsMode::StartTlsOptional) => {
                None
            }
        };
        match reason {
            Some(reason) => Err(reason),
            None => Ok(Self {
                tls: TlsMode::None,
                ..self
            }),
        }
    }
}

/// Why a listener is not served without a certificate. Total on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NotBound {
    /// TLS from the first octet needs a certificate.
    ImplicitTlsWithoutCertificate,
    /// Users would send passwords in clear text, and nobody asked for that.
    SubmissionWithoutCertificate,
    /// STARTTLS is required and could not be done.
    RequiredTlsWithoutCertificate,
}

impl NotBound {
    /// Every reason.
    pub const ALL: [Self; 3] = [
        Self::ImplicitTlsWithoutCertificate,
        Self::SubmissionWithoutCertificate,
        Self::RequiredTlsWithoutCertificate,
    ];

    /// A stable name in snake case, for logs and machines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ImplicitTlsWithoutCertificate => "implicit_tls_without_certificate",
            Self::SubmissionWithoutCertificate => "submission_without_certificate",
            Self::RequiredTlsWithoutCertificate => "required_tls_without_certificate",
        }
    }

    /// What is the matter, as a sentence for the operator.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::ImplicitTlsWithoutCertificate => {
                "Not served: TLS from the first octet needs a certificate, and there is none."
            }
            Self::SubmissionWithoutCertificate => {
                "Not served: without a certificate users would send their passwords in clear text."
            }
            Self::RequiredTlsWithoutCertificate => {
                "Not served: STARTTLS is required here, and without a certificate nobody could do it."
            }
        }
    }

    /// What would make it work, as a sentence for the operator.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::ImplicitTlsWithoutCertificate => "Configure a certificate and its key.",
            Self::SubmissionWithoutCertificate => {
                "Configure a certificate and its key, or ask for passwords in clear text by name \
                 (cleartext_auth allow)."
            }
            Self::RequiredTlsWithoutCertificate => {
                "Configure a certificate and its key, or make TLS optional on this listener."
            }
        }
    }

    /// The rule behind it.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::ImplicitTlsWithoutCertificate => "RFC 8314 section 3.3",
            Self::SubmissionWithoutCertificate => "RFC 8314 section 4.1",
            Self::RequiredTlsWithoutCertificate => "RFC 3207 section 4",
        }
    }
}

impl fmt::Display for NotBound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.text())
    }
}

impl Error for NotBound {}
