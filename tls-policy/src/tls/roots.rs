//! Whom to trust, where nobody has named anybody.

#[cfg(any(feature = "mozilla-roots", feature = "platform-roots"))]
use std::sync::Arc;

#[cfg(any(feature = "mozilla-roots", feature = "platform-roots"))]
use rustls::RootCertStore;

/// The issuers that Mozilla trusts, as of the version of `webpki-roots` that is built in.
#[cfg(feature = "mozilla-roots")]
#[must_use]
pub fn mozilla_roots() -> Arc<RootCertStore> {
    let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned();
    Arc::new(RootCertStore::from_iter(roots))
}

/// The issuers that this system trusts, and how many of its certificates could not be used. This reads
/// files of the system, and is the only function of this crate that does.
#[cfg(feature = "platform-roots")]
#[must_use]
pub fn platform_roots() -> (Arc<RootCertStore>, usize) {
    let loaded = rustls_native_certs::load_native_certs();
    let mut store = RootCertStore::empty();
    let (_, ignored) = store.add_parsable_certificates(loaded.certs);
    (Arc::new(store), ignored.saturating_add(loaded.errors.len()))
}
