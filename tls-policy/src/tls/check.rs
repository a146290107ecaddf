//! How the certificate of a server is looked at, with all that it takes to do so.

use std::sync::Arc;
use std::vec::Vec;

use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, RootCertStore};

use super::dane::Tlsa;
use super::failure::failure;
use super::fingerprint::Fingerprint;
use super::{Verification, dane};
use crate::HandshakeFailure;
use crate::outbound::{CertificateCheck, TlsaRecord};

/// How the certificate of a server is looked at. Total on purpose.
///
/// | demand | check |
/// |---|---|
/// | `verify`, or an MTA-STS policy | [`Check::server_name`] |
/// | `secure` | [`Check::domain`] |
/// | `fingerprint` | [`Check::Pin`] |
/// | `dane`, `dane-only` | [`Check::dane`] |
/// | `may`, `encrypt` | [`Check::Skip`] |
#[derive(Clone, Debug)]
pub enum Check {
    /// It has to lead to one of the roots and be good for a name (RFC 5280, 6125).
    Verify {
        /// Whom to trust.
        roots: Arc<RootCertStore>,
        /// For which name.
        names: Names,
    },
    /// It, or its key, has to be one of these; its names, its times and who made it are not looked at.
    Pin(Vec<Fingerprint>),
    /// One of these records has to be about it (RFC 7672 section 3).
    Dane {
        /// The records; those that cannot be used are passed over.
        records: Vec<Tlsa>,
        /// The names of which one has to be in it, if the record is about its issuer.
        names: Names,
    },
    /// It is not looked at: the octets are encrypted, to whoever answered. That is a choice about
    /// certificates alone; whether a password may travel without TLS is another one.
    Skip,
}

/// The names of which a certificate has to have one. Total on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Names {
    /// That which the connection is made for.
    OfConnection,
    /// That one, and these.
    Also(Vec<ServerName<'static>>),
    /// These, and not that one: it came from a DNS that anybody could have answered for.
    Only(Vec<ServerName<'static>>),
}

impl Check {
    /// By a root, for the name of the mail server that the connection is made for.
    #[must_use]
    pub const fn server_name(roots: Arc<RootCertStore>) -> Self {
        let names = Names::OfConnection;
        Self::Verify { roots, names }
    }

    /// By a root, for the domain that the mail is for, whatever the mail server is called.
    #[must_use]
    pub fn domain(roots: Arc<RootCertStore>, domain: ServerName<'static>) -> Self {
        let names = Names::Only(Vec::from([domain]));
        Self::Verify { roots, names }
    }

    /// By TLSA records. Where one is about an issuer, the certificate has to have the name of the mail
    /// server or of the domain that the mail is for (RFC 7672 section 3.2.2).
    #[must_use]
    pub fn dane<'r>(
        records: impl IntoIterator<Item = &'r TlsaRecord<'r>>,
        domain: Option<ServerName<'static>>,
    ) -> Self {
        Self::Dane {
            records: records.into_iter().map(Tlsa::from).collect(),
            names: Names::Also(domain.into_iter().collect()),
        }
    }

    /// The kind of check that the policy knows.
    #[must_use]
    pub const fn kind(&self) -> CertificateCheck {
        match self {
            Self::Verify { .. } => CertificateCheck::Verify,
            Self::Pin(_) | Self::Dane { .. } => CertificateCheck::Pin,
            Self::Skip => CertificateCheck::Skip,
        }
    }

    /// What a handshake that succeeded with this check has shown.
    #[must_use]
    pub const fn verification(&self) -> Verification {
        match self {
            Self::Verify { .. } => Verification::Name,
            Self::Pin(_) => Verification::Pinned,
            Self::Dane { .. } => Verification::Tlsa,
            Self::Skip => Verification::None,
        }
    }

    /// Judges a chain, the server's own certificate first. The handshake does so by itself; to ask again
    /// with another check tells what would have come of that one.
    ///
    /// # Errors
    ///
    /// Why the chain does not pass.
    pub fn judge(
        &self,
        chain: &[CertificateDer<'_>],
        server: &ServerName<'_>,
        now: UnixTime,
        algorithms: &WebPkiSupportedAlgorithms,
    ) -> Result<Verification, HandshakeFailure> {
        let (own, above) = chain
            .split_first()
            .ok_or(HandshakeFailure::UnusableCertificate)?;
        let chain = Chain {
            own,
            above,
            now,
            algorithms,
        };
        match self {
            Self::Skip => {}
            Self::Verify { roots, names } => {
                chain.is_or_leads_to(roots)?;
                names.are_in(own, server)?;
            }
            Self::Pin(fingerprints) => {
                if !fingerprints.iter().any(|it| it.is_of(own)) {
                    return Err(HandshakeFailure::NotPinned);
                }
            }
            Self::Dane { records, names } => {
                dane::judge(records, &chain, || names.are_in(own, server))?;
            }
        }
        Ok(self.verification())
    }
}

/// A chain and what is needed to follow it.
pub(super) struct Chain<'c> {
    pub(super) own: &'c CertificateDer<'c>,
    pub(super) above: &'c [CertificateDer<'c>],
    pub(super) now: UnixTime,
    pub(super) algorithms: &'c WebPkiSupportedAlgorithms,
}

impl Chain<'_> {
    /// Whether it leads to one of the roots, now.
    pub(super) fn leads_to(&self, roots: &RootCertStore) -> Result<(), HandshakeFailure> {
        self.follow(roots).map_err(|it| self.failure(&it))
    }

    /// The same, or whether the server's own certificate is one of the roots: when an operator has named it,
    /// nobody has to vouch for it.
    fn is_or_leads_to(&self, roots: &RootCertStore) -> Result<(), HandshakeFailure> {
        match self.follow(roots) {
            // The dates were looked at before this is found.
            Err(error) if is_issuer(&error) && self.is_root(roots) => Ok(()),
            followed => followed.map_err(|it| self.failure(&it)),
        }
    }

    fn follow(&self, roots: &RootCertStore) -> Result<(), rustls::Error> {
        let own = ParsedCertificate::try_from(self.own)?;
        verify_server_cert_signed_by_trust_anchor(
            &own,
            roots,
            self.above,
            self.now,
            self.algorithms.all,
        )
    }

    fn failure(&self, error: &rustls::Error) -> HandshakeFailure {
        match failure(error) {
            // A certificate that somebody made for themselves is an issuer's more often than not, and as
            // such refused for another reason. What matters to an operator is who has made it.
            HandshakeFailure::UnknownIssuer | HandshakeFailure::UnusableCertificate
                if is_self_signed(self.own) =>
            {
                HandshakeFailure::SelfSigned
            }
            other => other,
        }
    }

    fn is_root(&self, roots: &RootCertStore) -> bool {
        webpki::anchor_from_trusted_cert(self.own).is_ok_and(|own| roots.roots.contains(&own))
    }
}

/// Whether all that is wrong with a server's certificate is that it could make others.
fn is_issuer(error: &rustls::Error) -> bool {
    let rustls::Error::InvalidCertificate(CertificateError::Other(other)) = error else {
        return false;
    };
    let inner = other.0.downcast_ref();
    matches!(inner, Some(webpki::Error::CaUsedAsEndEntity))
}

impl Names {
    fn are_in(
        &self,
        certificate: &CertificateDer<'_>,
        server: &ServerName<'_>,
    ) -> Result<(), HandshakeFailure> {
        let certificate = ParsedCertificate::try_from(certificate).map_err(|it| failure(&it))?;
        let (of_connection, more): (_, &[ServerName<'static>]) = match self {
            Self::OfConnection => (Some(server), &[]),
            Self::Also(names) => (Some(server), names),
            Self::Only(names) => (None, names),
        };
        let mut names = of_connection.into_iter().chain(more);
        if names.any(|name| verify_server_name(&certificate, name).is_ok()) {
            Ok(())
        } else {
            Err(HandshakeFailure::WrongName)
        }
    }
}

fn is_self_signed(certificate: &CertificateDer<'_>) -> bool {
    webpki::EndEntityCert::try_from(certificate).is_ok_and(|it| it.issuer() == it.subject())
}
