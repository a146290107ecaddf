//! The server's certificate: from two files, or made at start and signed by itself.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mailwire_tls_policy::tls::{self, certified_key};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::config::CertificateSource;

/// What TLS is served with; `None` where there is no certificate and hence no TLS.
///
/// TLS 1.2 and 1.3, with the cryptography of `ring`. A certificate made at start is good for
/// `hostname`, `localhost`, `127.0.0.1` and `::1`, and for this run.
///
/// # Errors
///
/// A file cannot be read, holds nothing of use, or does not belong to the other one; the error names
/// it.
pub fn server_config(
    source: &CertificateSource,
    hostname: &str,
) -> Result<Option<Arc<ServerConfig>>, CertificateError> {
    let (chain, key) = match source {
        CertificateSource::None => return Ok(None),
        CertificateSource::SelfSigned => {
            let (certificate, key) = self_signed(hostname)?;
            (vec![certificate], key)
        }
        CertificateSource::Files { cert, key } => (read_chain(cert)?, read_key(key)?),
    };
    let provider = Arc::new(ring::default_provider());
    let certified = certified_key(&provider, chain, key).map_err(|error| match source {
        CertificateSource::Files { cert, key } => CertificateError::Unusable {
            cert: cert.clone(),
            key: key.clone(),
            source: error,
        },
        CertificateSource::SelfSigned | CertificateSource::None => {
            CertificateError::Provider(error)
        }
    })?;
    let config = tls::server_config(&provider, certified, [], None);
    config
        .map(|it| Some(Arc::new(it)))
        .map_err(CertificateError::Provider)
}

/// Why there is no certificate to serve.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// A file cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is no PEM, as far as it was read.
    #[error("{}: is no PEM file: {source}", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: pem::Error,
    },
    /// A file is PEM, and what is needed is not in it.
    #[error("{}: holds no {wanted}", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
        /// `certificate` or `private key`.
        wanted: &'static str,
    },
    /// The two files do not make a certificate that can be served.
    #[error("{} with the key {}: {source}", cert.display(), key.display())]
    Unusable {
        /// The file with the certificate.
        cert: PathBuf,
        /// The file with the key.
        key: PathBuf,
        /// What is wrong, such as that the key is another certificate's.
        source: rustls::Error,
    },
    /// No certificate could be made at start.
    #[error("no certificate could be made for {hostname}: {source}")]
    Make {
        /// The name that it was to be good for.
        hostname: String,
        /// What went wrong.
        source: rcgen::Error,
    },
    /// TLS cannot be set up at all.
    #[error("TLS cannot be set up: {0}")]
    Provider(rustls::Error),
}

fn self_signed(
    hostname: &str,
) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), CertificateError> {
    let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"]
        .into_iter()
        .map(str::to_owned)
        .collect();
    if !names.iter().any(|name| name.eq_ignore_ascii_case(hostname)) {
        names.insert(0, hostname.to_owned());
    }
    let made =
        rcgen::generate_simple_self_signed(names).map_err(|source| CertificateError::Make {
            hostname: hostname.to_owned(),
            source,
        })?;
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    Ok((made.cert.der().clone(), PrivateKeyDer::Pkcs8(key)))
}

fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|error| unreadable(path, "certificate", error))?;
    if chain.is_empty() {
        return Err(unreadable(path, "certificate", pem::Error::NoItemsFound));
    }
    Ok(chain)
}

fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>, CertificateError> {
    PrivateKeyDer::from_pem_file(path).map_err(|error| unreadable(path, "private key", error))
}

fn unreadable(path: &Path, wanted: &'static str, error: pem::Error) -> CertificateError {
    let path = path.to_owned();
    match error {
        pem::Error::Io(source) => CertificateError::Read { path, source },
        pem::Error::NoItemsFound => CertificateError::Missing { path, wanted },
        source => CertificateError::Pem { path, source },
    }
}

#[cfg(test)]
mod tests;
