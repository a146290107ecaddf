//! Two ends of TLS and a wire between them.

use std::sync::Arc;

use mailwire_tls_policy::HandshakeFailure;
use mailwire_tls_policy::tls::{Check, client_config, failure, server_config};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, ServerConfig, ServerConnection};

use crate::pki::{Made, provider};

/// The two ends after their handshake.
pub(crate) struct Pair {
    pub(crate) client: ClientConnection,
    pub(crate) server: ServerConnection,
}

/// A handshake. What fails it is told as its client sees it.
pub(crate) fn shake_hands(
    client: ClientConfig,
    server: ServerConfig,
    name: &str,
) -> Result<Pair, HandshakeFailure> {
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut pair = Pair {
        client: ClientConnection::new(Arc::new(client), name).unwrap(),
        server: ServerConnection::new(Arc::new(server)).unwrap(),
    };
    for _ in 0..10 {
        let mut wire = Vec::new();
        while pair.client.wants_write() {
            pair.client.write_tls(&mut wire).unwrap();
        }
        let mut unread = &wire[..];
        while !unread.is_empty() {
            pair.server.read_tls(&mut unread).unwrap();
            // What is wrong here, the client is told by an alert.
            let _ = pair.server.process_new_packets();
        }
        let mut wire = Vec::new();
        while pair.server.wants_write() {
            pair.server.write_tls(&mut wire).unwrap();
        }
        let mut unread = &wire[..];
        while !unread.is_empty() {
            pair.client.read_tls(&mut unread).unwrap();
            pair.client
                .process_new_packets()
                .map_err(|error| failure(&error))?;
        }
        if !pair.client.is_handshaking() && !pair.server.is_handshaking() {
            return Ok(pair);
        }
    }
    panic!("a handshake without end")
}

/// A client with a check, and a server with a certificate.
pub(crate) fn with(check: Check, made: &Made, name: &str) -> Result<Pair, HandshakeFailure> {
    let provider = provider();
    let client = client_config(&provider, check, None).unwrap();
    let server = server_config(&provider, made.certified(), [], None).unwrap();
    shake_hands(client, server, name)
}
