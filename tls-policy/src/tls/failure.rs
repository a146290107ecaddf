//! Why a handshake failed, of what rustls says.

use std::io;

use rustls::{AlertDescription, CertificateError, Error, InvalidMessage};

use crate::HandshakeFailure;

/// Why a handshake failed.
#[must_use]
pub fn failure(error: &Error) -> HandshakeFailure {
    match error {
        Error::InvalidCertificate(error) => of_certificate(error),
        Error::NoCertificatesPresented | Error::UnsupportedNameType => {
            HandshakeFailure::UnusableCertificate
        }
        // What a greeting in clear text looks like to a client of TLS.
        Error::InvalidMessage(
            InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion,
        ) => HandshakeFailure::NotTls,
        Error::PeerIncompatible(_) | Error::NoApplicationProtocol => {
            HandshakeFailure::NothingInCommon
        }
        Error::AlertReceived(
            AlertDescription::ProtocolVersion
            | AlertDescription::HandshakeFailure
            | AlertDescription::InsufficientSecurity,
        ) => HandshakeFailure::NothingInCommon,
        Error::AlertReceived(_) => HandshakeFailure::Alert,
        _ => HandshakeFailure::Other,
    }
}

/// The same of an error of I/O, in which an adapter has put that of rustls, or none.
#[must_use]
pub fn failure_of_io(error: &io::Error) -> HandshakeFailure {
    let inner = error.get_ref().and_then(|it| it.downcast_ref::<Error>());
    match (inner, error.kind()) {
        (Some(error), _) => failure(error),
        (
            None,
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::TimedOut,
        ) => HandshakeFailure::Lost,
        (None, _) => HandshakeFailure::Other,
    }
}

fn of_certificate(error: &CertificateError) -> HandshakeFailure {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            HandshakeFailure::Expired
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            HandshakeFailure::NotYetValid
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            HandshakeFailure::WrongName
        }
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            HandshakeFailure::UnknownIssuer
        }
        CertificateError::Revoked => HandshakeFailure::Revoked,
        CertificateError::Other(other) => other
            .0
            .downcast_ref()
            .copied()
            .unwrap_or(HandshakeFailure::UnusableCertificate),
        _ => HandshakeFailure::UnusableCertificate,
    }
}
