//! A [`Check`] as rustls asks for it.

use std::sync::Arc;
use std::vec::Vec;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, OtherError, SignatureScheme};

use super::Check;
use crate::HandshakeFailure;

#[derive(Debug)]
pub(super) struct Verifier {
    check: Check,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Verifier {
    pub(super) fn new(check: Check, provider: &CryptoProvider) -> Arc<Self> {
        Arc::new(Self {
            check,
            algorithms: provider.signature_verification_algorithms,
        })
    }
}

/// How rustls checks a signature of either version.
type Verify = fn(
    &[u8],
    &CertificateDer<'_>,
    &DigitallySignedStruct,
    &WebPkiSupportedAlgorithms,
) -> Result<HandshakeSignatureValid, rustls::Error>;

impl Verifier {
    /// With a certificate that is not looked at, to check that somebody unknown holds the key of it would
    /// prove nothing. With any other it is what proves that the certificate is theirs.
    fn signature(
        &self,
        verify: Verify,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        if matches!(self.check, Check::Skip) {
            return Ok(HandshakeSignatureValid::assertion());
        }
        verify(message, certificate, signature, &self.algorithms)
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let mut chain = Vec::with_capacity(intermediates.len().saturating_add(1));
        chain.push(end_entity.clone());
        chain.extend_from_slice(intermediates);
        match self.check.judge(&chain, server_name, now, &self.algorithms) {
            Ok(_) => Ok(ServerCertVerified::assertion()),
            Err(failure) => Err(rustls::Error::InvalidCertificate(error(failure))),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.signature(verify_tls12_signature, message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.signature(verify_tls13_signature, message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// The word of rustls for it, by which it chooses the alert; its own words where it has none.
fn error(failure: HandshakeFailure) -> CertificateError {
    match failure {
        HandshakeFailure::Expired => CertificateError::Expired,
        HandshakeFailure::NotYetValid => CertificateError::NotValidYet,
        HandshakeFailure::WrongName => CertificateError::NotValidForName,
        HandshakeFailure::UnknownIssuer => CertificateError::UnknownIssuer,
        HandshakeFailure::Revoked => CertificateError::Revoked,
        other => CertificateError::Other(OtherError(Arc::new(other))),
    }
}
