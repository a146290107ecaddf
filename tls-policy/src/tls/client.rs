//! What a client does TLS with.

use std::sync::Arc;
use std::vec::Vec;

use rustls::ClientConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::Check;
use super::verifier::Verifier;

/// What a client shows of itself, for servers that ask: EXTERNAL builds on it.
#[derive(Debug)]
pub struct ClientIdentity {
    /// The certificate, its own first, and those above it.
    pub chain: Vec<CertificateDer<'static>>,
    /// Its private key.
    pub key: PrivateKeyDer<'static>,
}

/// What a client does TLS with: 1.2 and 1.3, as far as the provider has them, and a certificate of the
/// server that passes the check.
///
/// A session that is resumed is not checked anew, so a configuration belongs to one check; make another for
/// another one.
///
/// # Errors
///
/// The provider has no version of TLS, or the client's certificate and key do not fit each other.
pub fn client_config(
    provider: &Arc<CryptoProvider>,
    check: Check,
    identity: Option<ClientIdentity>,
) -> Result<ClientConfig, rustls::Error> {
    let builder = ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Verifier::new(check, provider));
    match identity {
        None => Ok(builder.with_no_client_auth()),
        Some(ClientIdentity { chain, key }) => builder.with_client_auth_cert(chain, key),
    }
}
