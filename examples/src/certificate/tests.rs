use std::fs;

use rustls::pki_types::ServerName;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConnection};
use tempfile::TempDir;

use super::*;

const HOSTNAME: &str = "edge.example.test";

/// Two PEM files with a new certificate and its key.
fn files(folder: &TempDir, name: &str) -> (PathBuf, PathBuf, CertificateDer<'static>) {
    let made = rcgen::generate_simple_self_signed([HOSTNAME.to_owned()]).unwrap();
    let cert = folder.path().join(format!("{name}-cert.pem"));
    let key = folder.path().join(format!("{name}-key.pem"));
    fs::write(&cert, made.cert.pem()).unwrap();
    fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    (cert, key, made.cert.der().clone())
}

fn load(cert: &Path, key: &Path) -> Result<Option<Arc<ServerConfig>>, CertificateError> {
    let source = CertificateSource::Files {
        cert: cert.to_owned(),
        key: key.to_owned(),
    };
    server_config(&source, HOSTNAME)
}

/// A handshake in memory with a client that trusts `root` alone.
fn handshake(
    server: Arc<ServerConfig>,
    root: CertificateDer<'static>,
    name: &str,
    version: &'static rustls::SupportedProtocolVersion,
) -> Result<rustls::ProtocolVersion, rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots.add(root).unwrap();
    let client = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut client = ClientConnection::new(Arc::new(client), name).unwrap();
    let mut server = ServerConnection::new(server).unwrap();
    while client.is_handshaking() || server.is_handshaking() {
        let mut wire = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut wire).unwrap();
        }
        let mut wire = wire.as_slice();
        while !wire.is_empty() {
            server.read_tls(&mut wire).unwrap();
            server.process_new_packets()?;
        }
        let mut wire = Vec::new();
        while server.wants_write() {
            server.write_tls(&mut wire).unwrap();
        }
        let mut wire = wire.as_slice();
        while !wire.is_empty() {
            client.read_tls(&mut wire).unwrap();
            client.process_new_packets()?;
        }
    }
    Ok(client.protocol_version().unwrap())
}

/// The certificate made at start, with a server that serves it.
fn made_at_start() -> (Arc<ServerConfig>, CertificateDer<'static>) {
    let (certificate, key) = self_signed(HOSTNAME).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&TLS13, &TLS12])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    (Arc::new(config), certificate)
}

#[test]
fn no_certificate_is_no_tls() {
    assert!(
        server_config(&CertificateSource::None, HOSTNAME)
            .unwrap()
            .is_none()
    );
}

#[test]
fn the_certificate_made_at_start_is_good_for_every_name_of_this_host_and_no_other() {
    for name in [HOSTNAME, "localhost", "127.0.0.1", "::1"] {
        let (server, root) = made_at_start();
        assert!(handshake(server, root, name, &TLS13).is_ok(), "{name}");
    }
    let (server, root) = made_at_start();
    assert!(handshake(server, root, "other.example.test", &TLS13).is_err());
    assert!(
        server_config(&CertificateSource::SelfSigned, HOSTNAME)
            .unwrap()
            .is_some()
    );
    assert!(
        server_config(&CertificateSource::SelfSigned, "localhost")
            .unwrap()
            .is_some()
    );
}

#[test]
fn files_are_served_over_tls_1_2_and_1_3() {
    let folder = TempDir::new().unwrap();
    let (cert, key, root) = files(&folder, "a");
    let server = load(&cert, &key).unwrap().unwrap();
    assert_eq!(
        handshake(server.clone(), root.clone(), HOSTNAME, &TLS12),
        Ok(rustls::ProtocolVersion::TLSv1_2)
    );
    assert_eq!(
        handshake(server, root, HOSTNAME, &TLS13),
        Ok(rustls::ProtocolVersion::TLSv1_3)
    );
}

#[test]
fn what_is_wrong_with_a_file_is_said_with_its_name() {
    let folder = TempDir::new().unwrap();
    let (cert, key, _) = files(&folder, "a");
    let (_, other_key, _) = files(&folder, "b");
    let absent = folder.path().join("absent.pem");
    let empty = folder.path().join("empty.pem");
    fs::write(&empty, "").unwrap();
    let broken = folder.path().join("broken.pem");
    fs::write(&broken, "-----BEGIN CERTIFICATE-----\nnothing\n").unwrap();

    let message = |cert: &Path, key: &Path| match load(cert, key) {
        Ok(_) => panic!("{} and {} were taken", cert.display(), key.display()),
        Err(error) => error.to_string(),
    };
    let expect = |message: String, file: &str, words: &str| {
        assert!(
            message.contains(file) && message.contains(words),
            "{message}"
        );
    };
    expect(message(&absent, &key), "absent.pem", "cannot be read");
    expect(message(&cert, &absent), "absent.pem", "cannot be read");
    expect(message(&empty, &key), "empty.pem", "holds no certificate");
    expect(message(&cert, &empty), "empty.pem", "holds no private key");
    expect(message(&cert, &cert), "a-cert.pem", "holds no private key");
    expect(message(&key, &key), "a-key.pem", "holds no certificate");
    expect(message(&broken, &key), "broken.pem", "is no PEM file");
    expect(message(&cert, &other_key), "b-key.pem", "a-cert.pem");
    assert!(matches!(
        load(&cert, &other_key),
        Err(CertificateError::Unusable { .. })
    ));
}
