use std::sync::atomic::{AtomicUsize, Ordering};

use mailwire_smtp_proto::client::Config;
use mailwire_smtp_proto::dialect::Dialect;
use mailwire_smtp_proto::host::HelloName;
use mailwire_smtp_proto::policy::Channel;
use mailwire_smtp_proto::policy::outbound::{CertificateCheck, PeerLocation, Policy, TlsMode};
use mailwire_smtp_proto::tokio_io::client::Connection;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

use super::super::open::Stream;
use super::*;

fn key(identity: Option<&str>) -> ReuseKey {
    ReuseKey {
        host: "mx.example.test".to_owned(),
        port: 25,
        tls: TlsMode::Off,
        check: CertificateCheck::Verify,
        identity: identity.map(str::to_owned),
    }
}

/// A session that has said EHLO, and the server's end of it.
async fn session(key: &ReuseKey) -> (Upstream, DuplexStream) {
    let (near, mut far) = duplex(4096);
    let config = Config::new(
        Dialect::Smtp,
        Policy::new(TlsMode::Off),
        PeerLocation::Remote,
    );
    let near: Box<dyn Stream> = Box::new(near);
    let mut connection = Connection::connect(near, Arc::new(config), Channel::Plain);
    far.write_all(b"220 mx ESMTP\r\n").await.unwrap();
    connection.next().await.unwrap();
    connection
        .hello(&HelloName::parse("edge.example.test").unwrap())
        .unwrap();
    connection.flush().await.unwrap();
    far.write_all(b"250 mx\r\n").await.unwrap();
    connection.next().await.unwrap();
    let mut said = vec![0; "EHLO edge.example.test\r\n".len()];
    far.read_exact(&mut said).await.unwrap();
    (Upstream::new(connection, Some(key.clone())), far)
}

/// A server that answers QUIT, and counts those that it hears.
fn farewell(mut far: DuplexStream, heard: &Arc<AtomicUsize>) {
    let heard = Arc::clone(heard);
    tokio::spawn(async move {
        let mut said = [0; "QUIT\r\n".len()];
        if far.read_exact(&mut said).await.is_err() {
            return;
        }
        assert_eq!(&said, b"QUIT\r\n");
        heard.fetch_add(1, Ordering::Relaxed);
        let _ = far.write_all(b"221 Bye\r\n").await;
    });
}

#[tokio::test(start_paused = true)]
async fn equal_keys_alone() {
    let pool = Arc::new(Pool::default());
    let (upstream, _far) = session(&key(None)).await;
    assert!(pool.put(key(None), upstream).is_none());
    let others = [
        key(Some("alice")),
        ReuseKey {
            host: "mx2.example.test".to_owned(),
            ..key(None)
        },
        ReuseKey {
            port: 587,
            ..key(None)
        },
        ReuseKey {
            tls: TlsMode::StartTlsRequired,
            ..key(None)
        },
        ReuseKey {
            check: CertificateCheck::Skip,
            ..key(None)
        },
    ];
    for other in others {
        assert!(pool.take(&other).is_none(), "{other:?}");
    }
    assert!(pool.take(&key(None)).is_some());
    assert!(pool.take(&key(None)).is_none(), "it was taken");
}

#[tokio::test(start_paused = true)]
async fn no_more_than_so_many() {
    let pool = Arc::new(Pool::default());
    let mut servers = Vec::new();
    for number in 0..=MOST {
        let key = key(Some(&number.to_string()));
        let (upstream, far) = session(&key).await;
        servers.push(far);
        let surplus = pool.put(key, upstream);
        // The first has to go for the last.
        assert_eq!(surplus.is_some(), number == MOST, "{number}");
    }
    assert!(pool.take(&key(Some("0"))).is_none());
    assert!(pool.take(&key(Some(&MOST.to_string()))).is_some());
}

#[tokio::test(start_paused = true)]
async fn not_for_ever() {
    let (pool, heard) = (Arc::new(Pool::default()), Arc::new(AtomicUsize::new(0)));
    for _ in 0..2 {
        // The second time somebody watches anew.
        for identity in ["alice", "bob"] {
            let key = key(Some(identity));
            let (upstream, far) = session(&key).await;
            farewell(far, &heard);
            pool.put(key, upstream);
        }
        let before = heard.load(Ordering::Relaxed);
        tokio::time::sleep(IDLE - Duration::from_secs(1)).await;
        assert_eq!(heard.load(Ordering::Relaxed), before);
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(heard.load(Ordering::Relaxed), before + 2);
        assert!(pool.take(&key(Some("alice"))).is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn leave_is_taken_of_all_and_nobody_is_waited_for() {
    let (pool, heard) = (Arc::new(Pool::default()), Arc::new(AtomicUsize::new(0)));
    let (upstream, far) = session(&key(None)).await;
    farewell(far, &heard);
    pool.put(key(None), upstream);
    // This one does not answer.
    let (upstream, _silent) = session(&key(Some("alice"))).await;
    pool.put(key(Some("alice")), upstream);
    let before = Instant::now();
    pool.close().await;
    assert_eq!(heard.load(Ordering::Relaxed), 1);
    assert!(before.elapsed() <= LEAVE);
    assert!(pool.take(&key(Some("alice"))).is_none());
}
