//! TLSA records against the chain of a server (RFC 6698 section 2.1, RFC 7671 section 5, RFC 7672 section 3).

use std::vec::Vec;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use sha2::{Digest, Sha256, Sha512};

use super::check::Chain;
use crate::HandshakeFailure;
use crate::outbound::{DaneChecks, TlsaRecord};

/// A [`TlsaRecord`] that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tlsa {
    usage: u8,
    selector: u8,
    matching: u8,
    data: Vec<u8>,
}

impl Tlsa {
    /// The record.
    #[must_use]
    pub fn record(&self) -> TlsaRecord<'_> {
        TlsaRecord {
            usage: self.usage,
            selector: self.selector,
            matching: self.matching,
            data: &self.data,
        }
    }
}

impl From<&TlsaRecord<'_>> for Tlsa {
    fn from(record: &TlsaRecord<'_>) -> Self {
        Self {
            usage: record.usage,
            selector: record.selector,
            matching: record.matching,
            data: record.data.to_vec(),
        }
    }
}

/// Whether one of the records is about the chain. `names` says whether the certificate has the name that
/// it needs, which is asked where the record is about its issuer.
///
/// If there are several, and they fail, what is told is why the last one about an issuer did: its chain
/// or its name; that no record matches at all is told only if none has come so far.
pub(super) fn judge(
    records: &[Tlsa],
    chain: &Chain<'_>,
    names: impl Fn() -> Result<(), HandshakeFailure>,
) -> Result<(), HandshakeFailure> {
    let mut reason = HandshakeFailure::NoTlsaMatch;
    for record in records {
        let record = record.record();
        match record.checks() {
            None => {}
            Some(DaneChecks::RecordAlone) if is_about(&record, chain.own) => return Ok(()),
            Some(DaneChecks::RecordAlone) => {}
            Some(DaneChecks::ChainAndName) => {
                let Some(anchors) = anchors(&record, chain) else {
                    continue;
                };
                match chain.leads_to(&anchors).and_then(|()| names()) {
                    Ok(()) => return Ok(()),
                    // It is in the chain, and has not signed it.
                    Err(HandshakeFailure::UnknownIssuer | HandshakeFailure::SelfSigned) => {}
                    Err(failure) => reason = failure,
                }
            }
        }
    }
    Err(reason)
}

/// The issuers that the record is about: of the chain that the server has sent, in which they have to be
/// (RFC 7672 section 3.1.2), or the record's own if it is there in full.
fn anchors(record: &TlsaRecord<'_>, chain: &Chain<'_>) -> Option<RootCertStore> {
    let mut anchors = RootCertStore::empty();
    for certificate in chain.above.iter().filter(|it| is_about(record, it)) {
        // One that cannot be an issuer is none.
        let _ = anchors.add(certificate.clone().into_owned());
    }
    if record.selector == 0 && record.matching == 0 {
        let _ = anchors.add(CertificateDer::from(record.data.to_vec()));
    }
    (!anchors.is_empty()).then_some(anchors)
}

/// Whether the record is about this very certificate.
fn is_about(record: &TlsaRecord<'_>, certificate: &CertificateDer<'_>) -> bool {
    let key;
    let selected: &[u8] = match record.selector {
        0 => certificate,
        1 => match webpki::EndEntityCert::try_from(certificate) {
            Ok(parsed) => {
                key = parsed.subject_public_key_info();
                &key
            }
            Err(_) => return false,
        },
        _ => return false,
    };
    match record.matching {
        0 => selected == record.data,
        1 => Sha256::digest(selected).as_slice() == record.data,
        2 => Sha512::digest(selected).as_slice() == record.data,
        _ => false,
    }
}
