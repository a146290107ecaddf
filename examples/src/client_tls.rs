//! TLS of a client: which certificates it takes, and the name they have to be good for.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use mailwire_tls_policy::outbound::CertificateCheck;
use mailwire_tls_policy::tls::{self, Check};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, ServerName};

/// What a client does TLS with: TLS 1.2 and 1.3, and the cryptography of `ring`.
///
/// With [`CertificateCheck::Verify`] a certificate has to lead to a root of `roots`, a PEM file, or
/// without it to one of Mozilla's, and has to be good for the server's name. With
/// [`CertificateCheck::Skip`] every certificate is taken, whoever made it and for whatever name: the
/// octets are encrypted, to whoever answered. That is a choice about certificates alone; whether a
/// password may travel without any TLS is [`CleartextAuth`](mailwire_tls_policy::CleartextAuth),
/// which is not looked at here.
///
/// # Errors
///
/// The file cannot be read or has no certificate that can be a root; pins are not supported.
pub fn client_config(
    check: CertificateCheck,
    roots: Option<&Path>,
) -> Result<Arc<ClientConfig>, ClientTlsError> {
    let check = match check {
        CertificateCheck::Verify => Check::server_name(root_store(roots)?),
        CertificateCheck::Skip => Check::Skip,
        CertificateCheck::Pin => return Err(ClientTlsError::PinNotSupported),
    };
    let provider = Arc::new(ring::default_provider());
    tls::client_config(&provider, check, None)
        .map(Arc::new)
        .map_err(ClientTlsError::Provider)
}

/// The name that a server's certificate has to be good for: a host name or an IP address.
///
/// # Errors
///
/// The text is neither.
pub fn server_name(text: &str) -> Result<ServerName<'static>, ClientTlsError> {
    ServerName::try_from(text.to_owned()).map_err(|_| ClientTlsError::ServerName(text.to_owned()))
}

/// Why there is no TLS to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientTlsError {
    /// The file with the roots cannot be read, or is no PEM with a certificate in it.
    #[error("{} cannot be used: {source}", path.display())]
    Roots {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: pem::Error,
    },
    /// A certificate of the file cannot be a root.
    #[error("{} cannot be used: {source}", path.display())]
    Root {
        /// The file.
        path: PathBuf,
        /// What is wrong with the certificate.
        source: rustls::Error,
    },
    /// The name is neither a host name nor an IP address.
    #[error("{0:?} is neither a host name nor an IP address")]
    ServerName(String),
    /// Certificates cannot be compared with a pin.
    #[error("pinned certificates are not supported")]
    PinNotSupported,
    /// TLS cannot be set up at all.
    #[error("TLS cannot be set up: {0}")]
    Provider(rustls::Error),
}

impl ClientTlsError {
    /// A stable name in snake case, for logs and machines.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Roots { .. } | Self::Root { .. } => "ca_unusable",
            Self::ServerName(_) => "servername_invalid",
            Self::PinNotSupported => "pin_not_supported",
            Self::Provider(_) => "tls_unavailable",
        }
    }
}

/// Whom to trust: the issuers of the file, or without it those that Mozilla trusts.
///
/// # Errors
///
/// The file cannot be read or has no certificate that can be a root.
pub fn root_store(file: Option<&Path>) -> Result<Arc<RootCertStore>, ClientTlsError> {
    let Some(path) = file else {
        return Ok(tls::mozilla_roots());
    };
    let unusable = |source| ClientTlsError::Roots {
        path: path.to_owned(),
        source,
    };
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(unusable)? {
        let certificate = certificate.map_err(unusable)?;
        store
            .add(certificate)
            .map_err(|source| ClientTlsError::Root {
                path: path.to_owned(),
                source,
            })?;
    }
    if store.is_empty() {
        return Err(unusable(pem::Error::NoItemsFound));
    }
    Ok(Arc::new(store))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_mozillas_or_those_of_the_file_alone() {
        assert!(root_store(None).unwrap().len() > 50);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("roots.pem");
        let made = rcgen::generate_simple_self_signed(["mx.example.test".to_owned()]).unwrap();
        std::fs::write(&path, made.cert.pem()).unwrap();
        assert_eq!(root_store(Some(&path)).unwrap().len(), 1);
    }

    #[test]
    fn a_file_without_a_root_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("roots.pem");
        std::fs::write(&path, "nothing of use\n").unwrap();
        for path in [&path, &folder.path().join("absent.pem")] {
            let error = client_config(CertificateCheck::Verify, Some(path)).unwrap_err();
            assert_eq!(error.name(), "ca_unusable");
            assert!(error.to_string().contains(&*path.to_string_lossy()));
        }
    }

    #[test]
    fn a_name_is_a_host_or_an_address() {
        for name in ["mx.example.test", "localhost", "192.0.2.1", "2001:db8::1"] {
            assert_eq!(server_name(name).unwrap().to_str(), name);
        }
        for name in ["", "a b", "-", "[::1]"] {
            assert_eq!(server_name(name).unwrap_err().name(), "servername_invalid");
        }
    }

    #[test]
    fn a_pin_is_never_taken_for_less() {
        let error = client_config(CertificateCheck::Pin, None).unwrap_err();
        assert_eq!(error.name(), "pin_not_supported");
    }
}
