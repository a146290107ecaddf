//! A server for one connection: a thread with a script. It checks what it hears, and gives back all
//! of it, so what was *not* said can be checked as well.

#![allow(dead_code, reason = "each test binary uses its part")]

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

pub(crate) trait Duplex: Read + Write + Send {}
impl<S: Read + Write + Send> Duplex for S {}

/// The client, as the server sees it.
pub(crate) struct Peer {
    pub(crate) stream: Box<dyn Duplex>,
    tcp: TcpStream,
    heard: String,
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    thread: JoinHandle<String>,
}

/// What a server does with one connection.
pub(crate) type Script = Box<dyn FnOnce(&mut Peer) + Send>;

/// A server for one connection.
pub(crate) fn serve(script: impl FnOnce(&mut Peer) + Send + 'static) -> Server {
    serve_in_turn(vec![Box::new(script)])
}

/// A server for as many connections as there are scripts, one after another. What is heard in all of them is
/// one text.
pub(crate) fn serve_in_turn(scripts: Vec<Script>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let thread = thread::spawn(move || {
        let mut heard = String::new();
        for script in scripts {
            let (tcp, _) = listener.accept().unwrap();
            tcp.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            // What is said has left when the script goes on.
            tcp.set_nodelay(true).unwrap();
            let mut peer = Peer {
                stream: Box::new(tcp.try_clone().unwrap()),
                tcp,
                heard: std::mem::take(&mut heard),
            };
            script(&mut peer);
            heard = peer.heard;
        }
        heard
    });
    Server { address, thread }
}

impl Server {
    /// All that the client said.
    pub(crate) fn heard(self) -> String {
        self.thread.join().unwrap()
    }
}

impl Peer {
    pub(crate) fn say(&mut self, lines: &str) {
        self.stream.write_all(lines.as_bytes()).unwrap();
        self.stream.flush().unwrap();
    }

    /// Hears one line, its CRLF included; empty at the end of input.
    pub(crate) fn hear(&mut self) -> String {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            let mut octet = [0];
            match self.stream.read(&mut octet) {
                Ok(0) => break,
                Ok(_) => line.push(octet[0]),
                Err(error) => panic!("after {line:?}: {error}"),
            }
        }
        let line = String::from_utf8_lossy(&line).into_owned();
        self.heard.push_str(&line);
        line
    }

    pub(crate) fn expect(&mut self, line: &str) {
        assert_eq!(self.hear(), format!("{line}\r\n"));
    }

    /// Hears this, whatever its lines.
    pub(crate) fn expect_octets(&mut self, octets: &str) {
        let mut heard = String::new();
        while heard.len() < octets.len() {
            let line = self.hear();
            assert_ne!(line, "", "the input ended after {heard:?}");
            heard.push_str(&line);
        }
        assert_eq!(heard, octets);
    }

    /// The client says nothing, although it could.
    pub(crate) fn expect_silence(&mut self) {
        self.tcp
            .set_read_timeout(Some(Duration::from_millis(150)))
            .unwrap();
        let error = self.stream.read(&mut [0]).expect_err("an octet was said");
        assert!(matches!(
            error.kind(),
            ErrorKind::WouldBlock | ErrorKind::TimedOut
        ));
        self.tcp
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
    }

    /// Greets, and offers these.
    pub(crate) fn welcome(&mut self, offers: &[&str]) {
        self.say("220 mx.example.test ESMTP\r\n");
        self.expect("EHLO [127.0.0.1]");
        self.offer(offers);
    }

    pub(crate) fn offer(&mut self, offers: &[&str]) {
        let mut reply = String::from("mx.example.test\r\n");
        for offer in offers {
            reply = format!("{reply}{offer}\r\n");
        }
        let lines: Vec<&str> = reply.lines().collect();
        let (last, before) = lines.split_last().unwrap();
        let before: String = before
            .iter()
            .map(|line| format!("250-{line}\r\n"))
            .collect();
        self.say(&format!("{before}250 {last}\r\n"));
    }

    /// Answers QUIT, behind which nothing comes.
    pub(crate) fn farewell(&mut self) {
        self.expect("QUIT");
        self.say("221 2.0.0 Bye\r\n");
        self.expect_end();
    }

    pub(crate) fn expect_end(&mut self) {
        assert_eq!(self.hear(), "");
    }

    pub(crate) fn start_tls(&mut self, config: Arc<ServerConfig>) {
        let session = ServerConnection::new(config).unwrap();
        self.stream = Box::new(StreamOwned::new(session, self.tcp.try_clone().unwrap()));
    }
}

/// A certificate for localhost that nobody trusts, and its PEM.
pub(crate) fn certificate() -> (Arc<ServerConfig>, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], PrivateKeyDer::Pkcs8(key))
        .unwrap();
    (Arc::new(config), made.cert.pem())
}
