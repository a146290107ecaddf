//! Certificates and keys, made for a test.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use rustls::RootCertStore;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, UnixTime};
use rustls::sign::CertifiedKey;

pub(crate) type Issuer = CertifiedIssuer<'static, KeyPair>;

/// A certificate, those above it, and its key.
pub(crate) struct Made {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: PrivateKeyDer<'static>,
}

/// When a certificate is good.
#[derive(Clone, Copy)]
pub(crate) enum Times {
    Now,
    Over,
    Later,
}

pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

pub(crate) fn now() -> UnixTime {
    UnixTime::now()
}

fn params(names: &[&str], times: Times) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|it| (*it).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    (params.not_before, params.not_after) = match times {
        Times::Now => (date_time_ymd(2020, 1, 1), date_time_ymd(2400, 1, 1)),
        Times::Over => (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1)),
        Times::Later => (date_time_ymd(2399, 1, 1), date_time_ymd(2400, 1, 1)),
    };
    params
}

fn key_of(pair: &KeyPair) -> PrivateKeyDer<'static> {
    PrivatePkcs8KeyDer::from(pair.serialize_der()).into()
}

fn issuer_params(name: &str) -> CertificateParams {
    let mut params = params(&[], Times::Now);
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

/// Somebody who signs.
pub(crate) fn root(name: &str) -> Issuer {
    CertifiedIssuer::self_signed(issuer_params(name), KeyPair::generate().unwrap()).unwrap()
}

/// Somebody whom `above` lets sign.
pub(crate) fn intermediate(name: &str, above: &Issuer) -> Issuer {
    CertifiedIssuer::signed_by(issuer_params(name), KeyPair::generate().unwrap(), above).unwrap()
}

/// A server's certificate by an issuer; `above` are sent with it.
pub(crate) fn signed(names: &[&str], times: Times, by: &Issuer, above: &[&Issuer]) -> Made {
    let pair = KeyPair::generate().unwrap();
    let own = params(names, times).signed_by(&pair, by).unwrap();
    let mut chain = vec![own.der().clone()];
    chain.extend(above.iter().map(|it| it.der().clone()));
    Made {
        chain,
        key: key_of(&pair),
    }
}

/// A certificate that a server made for itself, as an issuer's or not.
pub(crate) fn self_signed(names: &[&str], times: Times, is_issuer: bool) -> Made {
    let pair = KeyPair::generate().unwrap();
    let mut params = params(names, times);
    if is_issuer {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    let own = params.self_signed(&pair).unwrap();
    Made {
        chain: vec![own.der().clone()],
        key: key_of(&pair),
    }
}

pub(crate) fn store(issuers: &[&Issuer]) -> Arc<RootCertStore> {
    let mut store = RootCertStore::empty();
    for issuer in issuers {
        store.add(issuer.der().clone()).unwrap();
    }
    Arc::new(store)
}

impl Made {
    pub(crate) fn certified(&self) -> Arc<CertifiedKey> {
        let key = self.key.clone_key();
        mailwire_tls_policy::tls::certified_key(&provider(), self.chain.clone(), key).unwrap()
    }

    pub(crate) fn own(&self) -> &CertificateDer<'static> {
        &self.chain[0]
    }
}
