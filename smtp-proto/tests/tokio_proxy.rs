//! PROXY headers over tokio streams: required from those that are declared, never read from others, exactly
//! once, in time, and without an octet of what is behind them.
#![cfg(feature = "tokio")]
#![allow(
    clippy::disallowed_methods,
    reason = "a test is the caller: it has the clock and the files"
)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests panic to fail"
)]

use std::sync::Arc;
use std::time::Duration;

use mailwire_smtp_proto::dialect::Dialect;
use mailwire_smtp_proto::peer::{Peer, Provenance};
use mailwire_smtp_proto::policy::{Channel, Listener, Role};
use mailwire_smtp_proto::proxy::{Proxied, ProxyError, Version};
use mailwire_smtp_proto::server::{Config, Event};
use mailwire_smtp_proto::tokio_io::ConnectionError;
use mailwire_smtp_proto::tokio_io::proxy::{self, ProxyFailure};
use mailwire_smtp_proto::tokio_io::server::Connection;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::time::{Instant, sleep};

fn config() -> Arc<Config> {
    let name = "mx.example.test".parse().unwrap();
    let mut config = Config::new(name, Dialect::Smtp, Listener::of(Role::Mx));
    config.proxies = vec!["192.0.2.0/24".parse().unwrap()];
    Arc::new(config)
}

fn peer(address: &str) -> Peer {
    Peer::at(format!("{address}:4711").parse().unwrap())
}

fn client() -> Proxied {
    Proxied::of(
        "198.51.100.7:4712".parse().unwrap(),
        "192.0.2.9:25".parse().unwrap(),
    )
}

/// What is received when a proxy writes these pieces, one after the other, and then stays.
async fn received(pieces: Vec<Vec<u8>>) -> (Result<Peer, ProxyFailure>, Vec<u8>) {
    let (mut near, mut far) = duplex(64 * 1024);
    let write = tokio::spawn(async move {
        for piece in pieces {
            far.write_all(&piece).await.unwrap();
            sleep(Duration::from_millis(1)).await;
        }
        far
    });
    let result = proxy::receive(&mut near, &config(), peer("192.0.2.1")).await;
    let far = write.await.unwrap();
    drop(far);
    let mut behind = Vec::new();
    near.read_to_end(&mut behind).await.unwrap();
    (result, behind)
}

#[tokio::test(start_paused = true)]
async fn nothing_behind_a_header_is_read() {
    for version in [Version::One, Version::Two] {
        let mut header = bytes::BytesMut::new();
        client().write(version, &mut header).unwrap();
        for behind in [&b""[..], b"\x16\x03\x01", b"EHLO client.example.org\r\n"] {
            let whole = [&header[..], behind].concat();
            for cut in 0..whole.len() {
                let (one, other) = whole.split_at(cut);
                let (result, left) = received(vec![one.to_vec(), other.to_vec()]).await;
                let peer = result.unwrap();
                assert_eq!(peer.proxy(), Some(&client()));
                assert_eq!(peer.address(), Some("198.51.100.7".parse().unwrap()));
                assert_eq!(peer.provenance(), Provenance::Proxy);
                assert_eq!(left, behind, "{version:?} at {cut}");
            }
            let octets = whole.iter().map(|it| vec![*it]).collect();
            let (result, left) = received(octets).await;
            assert_eq!(
                (result.unwrap().proxy(), &left[..]),
                (Some(&client()), behind)
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_sent_is_received_and_then_greeted() {
    for version in [Version::One, Version::Two] {
        let (mut near, mut far) = duplex(64 * 1024);
        proxy::send(&mut far, &client(), version).await.unwrap();
        // A client that does not listen; it is the client's matter, and its octets are all there.
        far.write_all(b"EHLO client.example.org\r\n").await.unwrap();
        let peer = proxy::receive(&mut near, &config(), peer("192.0.2.1"))
            .await
            .unwrap();
        let mut connection = Connection::accept(near, config(), peer, Channel::Plain);
        assert!(matches!(
            connection.next().await.unwrap(),
            Event::Hello { name, .. } if name.to_string() == "client.example.org"
        ));
        assert_eq!(connection.session().peer().proxy(), Some(&client()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_header_is_none() {
    let (mut near, mut far) = duplex(64 * 1024);
    proxy::send(&mut far, &client(), Version::Two)
        .await
        .unwrap();
    far.write_all(b"PROXY TCP4 127.0.0.1 127.0.0.1 1 25\r\nEHLO a.example\r\n")
        .await
        .unwrap();
    let peer = proxy::receive(&mut near, &config(), peer("192.0.2.1"))
        .await
        .unwrap();
    let mut connection = Connection::accept(near, config(), peer, Channel::Plain);
    while !matches!(connection.next().await.unwrap(), Event::Closed(_)) {}
    connection.close().await.unwrap();
    assert_eq!(
        connection.session().peer().address(),
        Some("198.51.100.7".parse().unwrap())
    );
    let mut said = vec![0; 100];
    let octets = far.read(&mut said).await.unwrap();
    let said = String::from_utf8_lossy(&said[..octets]).into_owned();
    assert!(
        said.ends_with("554 5.5.0 No PROXY header is expected here\r\n"),
        "{said}"
    );
}

#[tokio::test(start_paused = true)]
async fn from_others_nothing_is_read() {
    let (mut near, mut far) = duplex(64 * 1024);
    proxy::send(&mut far, &client(), Version::One)
        .await
        .unwrap();
    let stranger = peer("203.0.113.5");
    let same = proxy::receive(&mut near, &config(), stranger.clone())
        .await
        .unwrap();
    assert_eq!(same, stranger);
    drop(far);
    let mut left = Vec::new();
    near.read_to_end(&mut left).await.unwrap();
    assert!(left.starts_with(b"PROXY TCP4 198.51.100.7 "));
}

#[tokio::test(start_paused = true)]
async fn a_proxy_that_says_something_else_or_nothing() {
    let failure = |result: Result<Peer, ProxyFailure>| match result {
        Err(ConnectionError::Session(error)) => error,
        other => panic!("{other:?}"),
    };
    let (result, _) = received(vec![b"EHLO client.example.org\r\n".to_vec()]).await;
    assert_eq!(failure(result), ProxyError::Missing);
    let (result, _) = received(vec![b"PROXY TCP4 nonsense\r\n".to_vec()]).await;
    assert_eq!(failure(result), ProxyError::Malformed);
    // An octet a second buys no time.
    let begun = Instant::now();
    let (mut near, mut far) = duplex(64 * 1024);
    let slow = tokio::spawn(async move {
        for octet in b"PROXY TCP4 198.51.100.7" {
            far.write_all(&[*octet]).await.unwrap();
            sleep(Duration::from_secs(1)).await;
        }
    });
    let result = proxy::receive(&mut near, &config(), peer("192.0.2.1")).await;
    assert_eq!(failure(result), ProxyError::Late);
    assert_eq!(begun.elapsed(), config().timeouts.proxy);
    slow.abort();
    // It goes away in the middle.
    let (mut near, mut far) = duplex(64 * 1024);
    far.write_all(b"PROXY TCP4 198.51.100.7").await.unwrap();
    drop(far);
    let result = proxy::receive(&mut near, &config(), peer("192.0.2.1")).await;
    assert_eq!(failure(result), ProxyError::EndOfInput);
}
