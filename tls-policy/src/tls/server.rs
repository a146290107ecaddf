//! What a server does TLS with.

use std::collections::BTreeMap;
use std::string::String;
use std::sync::Arc;
use std::vec::Vec;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, NoClientAuth, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{RootCertStore, ServerConfig};

/// What a server does TLS with: 1.2 and 1.3, as far as the provider has them.
///
/// `default` is shown to whoever asks for no name, or for one that is not among `by_name`: mail servers
/// ask for names that nobody has heard of, and most look no closer. Names are host names, in any letter
/// case, or `*.` and one.
///
/// Clients may show a certificate if there are `clients` that could have made it. One that is shown has to
/// be theirs, and one that is not is no fault: whether it is needed is for AUTH EXTERNAL to say.
///
/// # Errors
///
/// The provider has no version of TLS, or there is nobody among `clients`.
pub fn server_config(
    provider: &Arc<CryptoProvider>,
    default: Arc<CertifiedKey>,
    by_name: impl IntoIterator<Item = (String, Arc<CertifiedKey>)>,
    clients: Option<Arc<RootCertStore>>,
) -> Result<ServerConfig, rustls::Error> {
    let verifier = match clients {
        None => Arc::new(NoClientAuth),
        Some(roots) => WebPkiClientVerifier::builder_with_provider(roots, Arc::clone(provider))
            .allow_unauthenticated()
            .build()
            .map_err(|error| rustls::Error::General(std::format!("{error}")))?,
    };
    let by_name = by_name
        .into_iter()
        .map(|(name, key)| (name.to_ascii_lowercase(), key))
        .collect();
    let config = ServerConfig::builder_with_provider(Arc::clone(provider))
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(Arc::new(ByName { default, by_name }));
    Ok(config)
}

/// A certificate with its key, as [`server_config`] takes them.
///
/// # Errors
///
/// The provider cannot use the key, or it is that of another certificate.
pub fn certified_key(
    provider: &CryptoProvider,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<Arc<CertifiedKey>, rustls::Error> {
    CertifiedKey::from_der(chain, key, provider).map(Arc::new)
}

#[derive(Debug)]
struct ByName {
    default: Arc<CertifiedKey>,
    by_name: BTreeMap<String, Arc<CertifiedKey>>,
}

impl ResolvesServerCert for ByName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let found = hello.server_name().and_then(|name| {
            let name = name.to_ascii_lowercase();
            let of_any = || {
                let (_, domain) = name.split_once('.')?;
                self.by_name.get(&std::format!("*.{domain}"))
            };
            self.by_name.get(&name).or_else(of_any)
        });
        Some(Arc::clone(found.unwrap_or(&self.default)))
    }
}
