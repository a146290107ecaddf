//! The tokio connections in TLS: a session that is closed says so, one that is cut does not, and a handshake
//! that does not come ends in time.

#![cfg(all(feature = "rustls", feature = "tokio"))]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests panic to fail"
)]

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use mailwire_smtp_proto::dialect::Dialect;
use mailwire_smtp_proto::peer::Peer;
use mailwire_smtp_proto::policy::{Channel, Listener, Role};
use mailwire_smtp_proto::server::{Admission, Closing, Config, Decision, Event};
use mailwire_smtp_proto::timer::{Deadline, Timer};
use mailwire_smtp_proto::tokio_io::server::Connection;
use mailwire_smtp_proto::tokio_io::tls;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

/// A server's side and a client's that trusts it.
fn sides() -> (Arc<ServerConfig>, Arc<ClientConfig>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], PrivateKeyDer::Pkcs8(key))
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    (Arc::new(server), Arc::new(client))
}

type Server = Connection<tokio_rustls::server::TlsStream<DuplexStream>>;
type Client = tokio_rustls::client::TlsStream<DuplexStream>;

async fn connected() -> (Server, Client) {
    let (server, client) = sides();
    let (left, right) = duplex(1 << 16);
    let name = ServerName::try_from("localhost").unwrap();
    let (left, right) = tokio::join!(
        tls::accept(server, left, None),
        tls::connect(client, name, right, None)
    );
    let hostname = "mx.example.test".parse().unwrap();
    let config = Config::new(hostname, Dialect::Smtp, Listener::of(Role::Mx));
    let connection =
        Connection::accept(left.unwrap(), Arc::new(config), Peer::local(), Channel::Tls);
    (connection, right.unwrap())
}

async fn serve(connection: &mut Server) -> Result<(Closing, usize), String> {
    let mut messages = 0;
    loop {
        match connection.next().await.map_err(|it| it.to_string())? {
            Event::Hello { pending, .. } => connection.answer(pending, Admission::Accept).unwrap(),
            Event::Mail { pending, .. } => connection.answer(pending, Decision::Accept).unwrap(),
            Event::Rcpt { pending, .. } => connection.answer(pending, Decision::Accept).unwrap(),
            Event::Data { pending } => connection.answer(pending, Admission::Accept).unwrap(),
            Event::Message { pending, .. } => {
                messages += 1;
                connection.answer(pending, Decision::Accept.into()).unwrap();
            }
            Event::Closed(closing) => return Ok((closing, messages)),
            _ => {}
        }
    }
}

const MESSAGE: &[u8] =
    b"EHLO a\r\nMAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nDATA\r\nSubject: x\r\n\r\ny\r\n";

#[tokio::test]
async fn a_close_is_told_inside() {
    let (mut incoming, mut client) = connected().await;
    client.write_all(MESSAGE).await.unwrap();
    client.write_all(b".\r\nQUIT\r\n").await.unwrap();
    assert_eq!(serve(&mut incoming).await, Ok((Closing::Quit, 1)));
    incoming.close().await.unwrap();
    drop(incoming);
    let mut replies = String::new();
    // Without `close_notify` this would be an error, since anybody on the path could have cut it.
    client.read_to_string(&mut replies).await.unwrap();
    assert!(replies.ends_with("221 2.0.0 Bye\r\n"), "{replies}");
}

/// A message whose end did not come is none, whether the client says that it closes or is cut off.
#[tokio::test]
async fn half_a_message_is_none() {
    for tells in [true, false] {
        let (mut incoming, mut client) = connected().await;
        client.write_all(MESSAGE).await.unwrap();
        client.flush().await.unwrap();
        if tells {
            client.shutdown().await.unwrap();
        }
        // One that has closed its half is still there to be told.
        let _kept = tells.then_some(client);
        let error = serve(&mut incoming).await.unwrap_err();
        let expected = match tells {
            true => "the peer closed in the middle of a message",
            // It is known to be another thing: anybody on the path can cut a connection. Here the greeting
            // could not even be written.
            false => "the connection failed",
        };
        assert!(error.contains(expected), "{error}");
    }
}

/// One half that was closed by a word inside leaves the other open.
#[tokio::test]
async fn one_half_may_be_closed() {
    let (mut incoming, mut client) = connected().await;
    client.write_all(MESSAGE).await.unwrap();
    client.write_all(b".\r\nQUIT\r\n").await.unwrap();
    client.shutdown().await.unwrap();
    assert_eq!(serve(&mut incoming).await, Ok((Closing::Quit, 1)));
    incoming.close().await.unwrap();
    let mut replies = String::new();
    client.read_to_string(&mut replies).await.unwrap();
    assert!(replies.ends_with("221 2.0.0 Bye\r\n"), "{replies}");
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_does_not_come_ends_in_time() {
    let (server, client) = sides();
    let at = tokio::time::Instant::now().into_std() + Duration::from_secs(60);
    let deadline = Some(Deadline {
        at,
        timer: Timer::Handshake,
    });
    let (left, _right) = duplex(1 << 16);
    let error = tls::accept(server, left, deadline).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    let (left, _right) = duplex(1 << 16);
    let name = ServerName::try_from("localhost").unwrap();
    let error = tls::connect(client, name, left, deadline)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(tokio::time::Instant::now().into_std() >= at);
}
