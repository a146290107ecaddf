//! What is told to a domain of the TLS with its servers (RFC 8460): the words of a report for each failure.
//! To collect them, and to send the report, is for the embedder.

use core::fmt;

use super::{Dane, Refusal, Sts, StsError, Withheld};
use crate::HandshakeFailure;

/// How a session failed, or a policy (RFC 8460 section 4.3). Total on purpose: the registry has these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ResultType {
    /// STARTTLS was not offered, or refused.
    StartTlsNotSupported,
    /// The certificate is for other names.
    CertificateHostMismatch,
    /// The certificate has expired.
    CertificateExpired,
    /// Nobody who is trusted vouches for the certificate.
    CertificateNotTrusted,
    /// Anything else; the reason is said beside it.
    ValidationFailure,
    /// There are TLSA records, and none that can be used.
    TlsaInvalid,
    /// The resolver gave no valid answer.
    DnssecInvalid,
    /// TLSA records are demanded, and there are none.
    DaneRequired,
    /// The MTA-STS policy could not be fetched.
    StsPolicyFetchError,
    /// What was fetched is no policy.
    StsPolicyInvalid,
    /// The server that has the policy could not be authenticated.
    StsWebpkiInvalid,
}

/// Which policy a session was held to (RFC 8460 section 4.4). Total on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PolicyType {
    /// TLSA records.
    Tlsa,
    /// An MTA-STS policy.
    Sts,
    /// None was found.
    NoPolicyFound,
}

/// Why an MTA-STS policy could not be fetched (RFC 8461 section 3.3). Total on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StsFetchError {
    /// The TLS with the server failed, which for a policy has to be authenticated.
    Tls(HandshakeFailure),
    /// There is no answer, or one that is not 200. A redirect is none (RFC 8461 section 3.3).
    Http,
    /// It is no policy.
    Policy(StsError),
}

impl ResultType {
    /// Every type.
    pub const ALL: [Self; 11] = [
        Self::StartTlsNotSupported,
        Self::CertificateHostMismatch,
        Self::CertificateExpired,
        Self::CertificateNotTrusted,
        Self::ValidationFailure,
        Self::TlsaInvalid,
        Self::DnssecInvalid,
        Self::DaneRequired,
        Self::StsPolicyFetchError,
        Self::StsPolicyInvalid,
        Self::StsWebpkiInvalid,
    ];

    /// The word for it in a report.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::StartTlsNotSupported => "starttls-not-supported",
            Self::CertificateHostMismatch => "certificate-host-mismatch",
            Self::CertificateExpired => "certificate-expired",
            Self::CertificateNotTrusted => "certificate-not-trusted",
            Self::ValidationFailure => "validation-failure",
            Self::TlsaInvalid => "tlsa-invalid",
            Self::DnssecInvalid => "dnssec-invalid",
            Self::DaneRequired => "dane-required",
            Self::StsPolicyFetchError => "sts-policy-fetch-error",
            Self::StsPolicyInvalid => "sts-policy-invalid",
            Self::StsWebpkiInvalid => "sts-webpki-invalid",
        }
    }

    /// The type of a handshake that failed; its [name](HandshakeFailure::name) is the reason to be said
    /// beside it (`failure-reason-code`).
    ///
    /// A certificate that no TLSA record is about is not trusted: `tlsa-invalid` is of records that are none
    /// (RFC 8460 section 4.3.2.1).
    #[must_use]
    pub const fn of_handshake(failure: HandshakeFailure) -> Self {
        match failure {
            HandshakeFailure::Expired => Self::CertificateExpired,
            HandshakeFailure::WrongName => Self::CertificateHostMismatch,
            HandshakeFailure::NotYetValid
            | HandshakeFailure::SelfSigned
            | HandshakeFailure::UnknownIssuer
            | HandshakeFailure::Revoked
            | HandshakeFailure::NotPinned
            | HandshakeFailure::NoTlsaMatch
            | HandshakeFailure::UnusableCertificate => Self::CertificateNotTrusted,
            HandshakeFailure::NotTls
            | HandshakeFailure::NothingInCommon
            | HandshakeFailure::Alert
            | HandshakeFailure::Lost
            | HandshakeFailure::Other => Self::ValidationFailure,
        }
    }

    /// The type of a refusal of this side's policy; `None` if the server has no part in it.
    #[must_use]
    pub const fn of_refusal(refusal: Refusal) -> Option<Self> {
        match refusal {
            Refusal::StartTlsNotOffered | Refusal::StartTlsRefused => {
                Some(Self::StartTlsNotSupported)
            }
            Refusal::StartTlsNotDone
            | Refusal::ImplicitTlsMissing
            | Refusal::CleartextAuthDenied
            | Refusal::ExternalNeedsTls
            | Refusal::NoMechanism => None,
        }
    }

    /// The type of mail that is withheld from a server; `None` if it is the message that demands too much.
    #[must_use]
    pub const fn of_withheld(withheld: Withheld) -> Option<Self> {
        match withheld {
            Withheld::TlsaUnknown => Some(Self::DnssecInvalid),
            Withheld::TlsaMissing => Some(Self::DaneRequired),
            Withheld::NotInStsPolicy => Some(Self::ValidationFailure),
            Withheld::RequireTls => None,
        }
    }

    /// The type of what the TLSA records are, whatever came of the session: with those that cannot be
    /// used mail is sent, and the domain should know.
    #[must_use]
    pub const fn of_dane(dane: Dane) -> Option<Self> {
        match dane {
            Dane::Encrypt => Some(Self::TlsaInvalid),
            Dane::Defer => Some(Self::DnssecInvalid),
            Dane::Silent | Dane::Authenticate | Dane::AuthenticateUnsignedMx => None,
        }
    }

    /// The type of a policy that could not be fetched.
    #[must_use]
    pub const fn of_fetch(error: StsFetchError) -> Self {
        match error {
            StsFetchError::Tls(failure) if failure.is_about_certificate() => Self::StsWebpkiInvalid,
            StsFetchError::Tls(_) | StsFetchError::Http => Self::StsPolicyFetchError,
            StsFetchError::Policy(_) => Self::StsPolicyInvalid,
        }
    }
}

impl PolicyType {
    /// Every type.
    pub const ALL: [Self; 3] = [Self::Tlsa, Self::Sts, Self::NoPolicyFound];

    /// Which policy a session is held to: TLSA records come first (RFC 8461 section 2), and a policy that
    /// is only tested is one.
    #[must_use]
    pub const fn of(dane: Dane, sts: Sts) -> Self {
        match (dane, sts) {
            (
                Dane::Encrypt | Dane::Authenticate | Dane::AuthenticateUnsignedMx | Dane::Defer,
                _,
            ) => Self::Tlsa,
            (Dane::Silent, Sts::Testing { .. } | Sts::Enforce { .. }) => Self::Sts,
            (Dane::Silent, Sts::Silent) => Self::NoPolicyFound,
        }
    }

    /// The word for it in a report.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tlsa => "tlsa",
            Self::Sts => "sts",
            Self::NoPolicyFound => "no-policy-found",
        }
    }
}

impl fmt::Display for ResultType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for PolicyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
