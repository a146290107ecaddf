//! The program `send` against servers that say what a test wants, on loopback.
//!
//! Each server is a thread with a script. It checks every line that it hears, and gives back all that
//! it heard, so what was *not* said can be checked as well.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests panic to fail"
)]

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::{Value, json};

const MESSAGE: &str = "Subject: dots\n\n.one\n..two\nno line end";
/// [`MESSAGE`] as RFC 5321 section 4.5.2 has it on the wire.
const ON_THE_WIRE: &str = "Subject: dots\r\n\r\n..one\r\n...two\r\nno line end\r\n.\r\n";
/// The octets of it by RFC 1870 section 5: without doubled dots, without the last line.
const SIZE: usize = 43;

// --- The server ---

trait Duplex: Read + Write + Send {}
impl<S: Read + Write + Send> Duplex for S {}

/// The client, as the server sees it.
struct Peer {
    stream: Box<dyn Duplex>,
    tcp: TcpStream,
    heard: String,
}

struct Server {
    address: SocketAddr,
    thread: JoinHandle<String>,
}

/// A server for one connection.
fn serve(script: impl FnOnce(&mut Peer) + Send + 'static) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let thread = thread::spawn(move || {
        let (tcp, _) = listener.accept().unwrap();
        tcp.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut peer = Peer {
            stream: Box::new(tcp.try_clone().unwrap()),
            tcp,
            heard: String::new(),
        };
        script(&mut peer);
        peer.heard
    });
    Server { address, thread }
}

impl Server {
    /// All that the client said.
    fn heard(self) -> String {
        self.thread.join().unwrap()
    }
}

impl Peer {
    fn say(&mut self, lines: &str) {
        self.stream.write_all(lines.as_bytes()).unwrap();
        self.stream.flush().unwrap();
    }

    /// Hears one line, its CRLF included; empty at the end of input.
    fn hear(&mut self) -> String {
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

    fn expect(&mut self, line: &str) {
        assert_eq!(self.hear(), format!("{line}\r\n"));
    }

    /// Hears this, whatever its lines.
    fn expect_octets(&mut self, octets: &str) {
        let mut heard = String::new();
        while heard.len() < octets.len() {
            let line = self.hear();
            assert_ne!(line, "", "the input ended after {heard:?}");
            heard.push_str(&line);
        }
        assert_eq!(heard, octets);
    }

    /// The client says nothing, although it could.
    fn expect_silence(&mut self) {
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
    fn welcome(&mut self, offers: &[&str]) {
        self.say("220 mx.example.test ESMTP\r\n");
        self.expect("EHLO [127.0.0.1]");
        self.offer(offers);
    }

    fn offer(&mut self, offers: &[&str]) {
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
    fn farewell(&mut self) {
        self.expect("QUIT");
        self.say("221 2.0.0 Bye\r\n");
        self.expect_end();
    }

    fn expect_end(&mut self) {
        assert_eq!(self.hear(), "");
    }

    fn start_tls(&mut self, config: Arc<ServerConfig>) {
        let session = ServerConnection::new(config).unwrap();
        self.stream = Box::new(StreamOwned::new(session, self.tcp.try_clone().unwrap()));
    }
}

/// A certificate for localhost that nobody trusts, and its PEM.
fn certificate() -> (Arc<ServerConfig>, String) {
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

// --- The program ---

fn run(to: &str, message: &[u8], more: &[&str]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_send"))
        .args(["--to", to, "--from", "alice@example.test", "--message", "-"])
        .args(more)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that refuses its arguments does not read.
    let _ = child.stdin.take().unwrap().write_all(message);
    child.wait_with_output().unwrap()
}

fn report(output: &Output) -> Value {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(text.matches('\n').count(), 1, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// Sends [`MESSAGE`] to `server`; the report, after a look at the exit code.
fn send(server: &Server, more: &[&str]) -> Value {
    send_octets(server, MESSAGE.as_bytes(), more)
}

fn send_octets(server: &Server, message: &[u8], more: &[&str]) -> Value {
    let output = run(&server.address.to_string(), message, more);
    let report = report(&output);
    let expected = i32::from(report["outcome"] != "delivered");
    assert_eq!(output.status.code(), Some(expected), "{report}");
    report
}

const BOB: [&str; 2] = ["--rcpt", "bob@example.test"];
const THREE: [&str; 6] = [
    "--rcpt",
    "bob@example.test",
    "--rcpt",
    "carol@example.test",
    "--rcpt",
    "dave@example.test",
];

fn outcome(report: &Value) -> (&str, &str) {
    (
        report["outcome"].as_str().unwrap(),
        report["reason"].as_str().unwrap_or_default(),
    )
}

fn codes(report: &Value) -> Vec<Option<u64>> {
    let recipients = report["recipients"].as_array().unwrap();
    recipients.iter().map(|it| it["code"].as_u64()).collect()
}

// --- Transactions ---

#[test]
fn delivered_to_one() {
    let server = serve(|peer| {
        peer.welcome(&["PIPELINING", "SIZE 1000"]);
        // No reply before the whole flight is in.
        peer.expect(&format!("MAIL FROM:<alice@example.test> SIZE={SIZE}"));
        peer.expect("RCPT TO:<bob@example.test>");
        peer.expect("DATA");
        peer.expect_silence();
        peer.say("250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 Go ahead\r\n");
        peer.expect_octets(ON_THE_WIRE);
        peer.say("250-2.0.0 Ok\r\n250 2.0.0 queued as 17\r\n");
        peer.farewell();
    });
    let output = run(&server.address.to_string(), MESSAGE.as_bytes(), &BOB);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(output.stderr, b"");
    assert_eq!(
        report(&output),
        json!({
            "outcome": "delivered",
            "recipients": [{
                "address": "bob@example.test",
                "code": 250,
                "enhanced": "2.0.0",
                "text": "Ok\nqueued as 17",
            }],
            "reply": {"code": 250, "enhanced": "2.0.0", "text": "Ok\nqueued as 17"},
            "reason": null,
            "remedy": null,
            "tls": null,
            "authenticated": false,
        })
    );
    server.heard();
}

#[test]
fn without_an_offer_every_reply_is_waited_for() {
    lock_step(&[], &[]);
}

#[test]
fn no_pipelining_waits_for_every_reply() {
    lock_step(&["PIPELINING"], &["--no-pipelining"]);
}

fn lock_step(offers: &'static [&str], more: &[&str]) {
    let server = serve(move |peer| {
        peer.welcome(offers);
        for (line, reply) in [
            ("MAIL FROM:<alice@example.test>", "250 Ok\r\n"),
            ("RCPT TO:<bob@example.test>", "250 Ok\r\n"),
            ("RCPT TO:<carol@example.test>", "251 Forwarded\r\n"),
            ("DATA", "354 Go\r\n"),
        ] {
            peer.expect(line);
            peer.expect_silence();
            peer.say(reply);
        }
        peer.expect_octets(ON_THE_WIRE);
        peer.expect_silence();
        peer.say("250 Ok\r\n");
        peer.farewell();
    });
    let report = send(&server, &[&THREE[..4], more].concat());
    assert_eq!(outcome(&report), ("delivered", ""));
    assert_eq!(codes(&report), [Some(250), Some(250)]);
    server.heard();
}

#[test]
fn partial() {
    let server = serve(|peer| {
        peer.welcome(&["PIPELINING"]);
        for _ in 0..5 {
            peer.hear();
        }
        peer.say("250 Ok\r\n250 Ok\r\n550 5.1.1 No such mailbox\r\n250 Ok\r\n354 Go\r\n");
        peer.expect_octets(ON_THE_WIRE);
        peer.say("250 2.0.0 Taken\r\n");
        peer.farewell();
    });
    let report = send(&server, &THREE);
    assert_eq!(outcome(&report), ("partial", "some_recipients_rejected"));
    assert_eq!(codes(&report), [Some(250), Some(550), Some(250)]);
    assert_eq!(report["recipients"][1]["enhanced"], "5.1.1");
    assert_eq!(report["recipients"][1]["text"], "No such mailbox");
    assert_eq!(report["reply"]["code"], 250);
    server.heard();
}

/// RFC 2920 section 3.1: the server may say 354 although it has refused everybody.
#[test]
fn all_refused_and_354_gets_a_lone_dot() {
    let server = serve(|peer| {
        peer.welcome(&["PIPELINING"]);
        peer.expect("MAIL FROM:<alice@example.test>");
        peer.expect("RCPT TO:<bob@example.test>");
        peer.expect("DATA");
        peer.say("250 Ok\r\n550 5.1.1 No such mailbox\r\n354 Go\r\n");
        peer.expect(".");
        peer.say("554 5.5.1 No valid recipients\r\n");
        peer.farewell();
    });
    let report = send(&server, &BOB);
    assert_eq!(outcome(&report), ("rejected", "recipients_rejected"));
    assert_eq!(codes(&report), [Some(550)]);
    // The cause, and not what followed from it.
    assert_eq!(report["reply"]["code"], 550);
    server.heard();
}

#[test]
fn all_refused_one_by_one_and_data_is_not_said() {
    let server = serve(|peer| {
        peer.welcome(&[]);
        peer.expect("MAIL FROM:<alice@example.test>");
        peer.say("250 Ok\r\n");
        peer.expect("RCPT TO:<bob@example.test>");
        peer.say("554 5.7.1 <bob@example.test>: Relay access denied\r\n");
        peer.farewell();
    });
    let report = send(&server, &BOB);
    assert_eq!(outcome(&report), ("rejected", "recipients_rejected"));
    assert_eq!(report["recipients"][0]["enhanced"], "5.7.1");
    let remedy = report["remedy"].as_str().unwrap();
    assert!(remedy.contains("465") && remedy.contains("587"), "{remedy}");
    server.heard();
}

#[test]
fn mail_refused_settles_everybody_with_or_without_a_flight() {
    for (offers, replies) in [
        (
            &["PIPELINING"][..],
            "530 5.7.0 Authentication required\r\n503 No\r\n503 No\r\n503 No\r\n503 No\r\n",
        ),
        (&[], "530 5.7.0 Authentication required\r\n"),
    ] {
        let lines = replies.lines().count();
        let server = serve(move |peer| {
            peer.welcome(offers);
            for _ in 0..lines {
                peer.hear();
            }
            peer.say(replies);
            peer.farewell();
        });
        let report = send(&server, &THREE);
        assert_eq!(outcome(&report), ("rejected", "mail_rejected"));
        assert_eq!(codes(&report), [Some(530); 3]);
        assert_eq!(report["reply"]["code"], 530);
        server.heard();
    }
}

#[test]
fn the_message_is_refused() {
    let server = serve(|peer| {
        peer.welcome(&["PIPELINING"]);
        for _ in 0..3 {
            peer.hear();
        }
        peer.say("250 Ok\r\n250 Ok\r\n354 Go\r\n");
        peer.expect_octets(ON_THE_WIRE);
        peer.say("451 4.3.0 Later\r\n");
        peer.farewell();
    });
    let report = send(&server, &BOB);
    assert_eq!(outcome(&report), ("rejected", "message_rejected"));
    assert_eq!(codes(&report), [Some(451)]);
    server.heard();
}

#[test]
fn a_421_in_the_flight_settles_whoever_is_left() {
    let server = serve(|peer| {
        peer.welcome(&["PIPELINING"]);
        for _ in 0..5 {
            peer.hear();
        }
        peer.say("250 Ok\r\n550 5.1.1 No\r\n421 4.3.2 Shutting down\r\n");
        peer.expect_end();
    });
    let report = send(&server, &THREE);
    assert_eq!(outcome(&report), ("rejected", "service_closing"));
    assert_eq!(codes(&report), [Some(550), Some(421), Some(421)]);
    server.heard();
}

#[test]
fn lmtp_has_a_verdict_for_each() {
    let server = serve(|peer| {
        peer.say("220 mx.example.test LMTP\r\n");
        peer.expect("LHLO client.example.test");
        peer.offer(&["PIPELINING"]);
        for _ in 0..5 {
            peer.hear();
        }
        peer.say("250 Ok\r\n250 Ok\r\n250 Ok\r\n250 Ok\r\n354 Go\r\n");
        peer.expect_octets(ON_THE_WIRE);
        peer.say("250 2.0.0 bob\r\n552 5.2.2 carol is full\r\n250 2.0.0 dave\r\n");
        peer.farewell();
    });
    let report = send(
        &server,
        &[&THREE[..], &["--lmtp", "--helo", "client.example.test"]].concat(),
    );
    assert_eq!(outcome(&report), ("partial", "some_recipients_rejected"));
    assert_eq!(codes(&report), [Some(250), Some(552), Some(250)]);
    assert_eq!(report["recipients"][1]["text"], "carol is full");
    assert_eq!(report["recipients"][2]["text"], "dave");
    server.heard();
}

#[test]
fn more_recipients_than_a_flight() {
    let server = serve(|peer| {
        peer.welcome(&["PIPELINING"]);
        peer.hear();
        peer.say("250 Ok\r\n");
        for number in 0..250 {
            peer.expect(&format!("RCPT TO:<user{number}@example.test>"));
            let reply = if number % 100 == 99 {
                "550 No"
            } else {
                "250 Ok"
            };
            peer.say(&format!("{reply}\r\n"));
        }
        peer.expect("DATA");
        peer.say("354 Go\r\n");
        peer.expect_octets(ON_THE_WIRE);
        peer.say("250 Ok\r\n");
        peer.farewell();
    });
    let addresses: Vec<String> = (0..250).map(|n| format!("user{n}@example.test")).collect();
    let more: Vec<&str> = addresses
        .iter()
        .flat_map(|address| ["--rcpt", address.as_str()])
        .collect();
    let report = send(&server, &more);
    assert_eq!(outcome(&report).0, "partial");
    let refused: Vec<usize> = codes(&report)
        .iter()
        .enumerate()
        .filter(|(_, code)| **code == Some(550))
        .map(|(number, _)| number)
        .collect();
    assert_eq!(refused, [99, 199]);
    server.heard();
}

#[test]
fn a_large_message_arrives_octet_by_octet() {
    let message = ".dots and lines\n".repeat(40_000);
    let wire = format!("{}.\r\n", "..dots and lines\r\n".repeat(40_000));
    let server = serve(move |peer| {
        peer.welcome(&["PIPELINING"]);
        for _ in 0..3 {
            peer.hear();
        }
        peer.say("250 Ok\r\n250 Ok\r\n354 Go\r\n");
        let mut octets = vec![0; wire.len()];
        peer.stream.read_exact(&mut octets).unwrap();
        assert!(octets == wire.as_bytes());
        peer.say("250 Ok\r\n");
        peer.farewell();
    });
    let report = send_octets(&server, message.as_bytes(), &BOB);
    assert_eq!(outcome(&report).0, "delivered");
    server.heard();
}

// --- Refused here ---

#[test]
fn eight_bit_content_needs_the_offer() {
    let message = "Subject: x\n\ngr\u{fc}n\n".as_bytes();
    let server = serve(|peer| {
        peer.welcome(&["PIPELINING"]);
        peer.farewell();
    });
    let report = send_octets(&server, message, &BOB);
    assert_eq!(
        outcome(&report),
        ("refused_locally", "8bitmime_not_offered")
    );
    assert_eq!(codes(&report), [None]);
    assert_eq!(server.heard(), "EHLO [127.0.0.1]\r\nQUIT\r\n");

    let server = serve(|peer| {
        peer.welcome(&["8BITMIME"]);
        peer.expect("MAIL FROM:<alice@example.test> BODY=8BITMIME");
        peer.say("550 Enough seen\r\n");
        peer.farewell();
    });
    send_octets(&server, message, &BOB);
    server.heard();
}

#[test]
fn starttls_is_required_and_not_offered() {
    let server = serve(|peer| {
        peer.welcome(&["PIPELINING", "AUTH PLAIN"]);
        peer.farewell();
    });
    let login = ["--user", "tim", "--password", "tanstaaftanstaaf"];
    let report = send(
        &server,
        &[&BOB[..], &login, &["--tls", "starttls"]].concat(),
    );
    assert_eq!(
        outcome(&report),
        ("refused_locally", "starttls_not_offered")
    );
    assert!(report["remedy"].as_str().unwrap().contains("465"));
    assert_eq!(report["reply"], Value::Null);
    assert_eq!(server.heard(), "EHLO [127.0.0.1]\r\nQUIT\r\n");
}

#[test]
fn a_password_in_clear_text_is_denied_also_without_verification() {
    for more in [&[][..], &["--no-verify"], &["--tls", "off", "--no-verify"]] {
        let server = serve(|peer| {
            peer.welcome(&["AUTH PLAIN"]);
            peer.farewell();
        });
        let login = ["--user", "tim", "--password", "tanstaaftanstaaf"];
        let report = send(&server, &[&BOB[..], &login, more].concat());
        assert_eq!(
            outcome(&report),
            ("refused_locally", "cleartext_auth_denied")
        );
        assert_eq!(report["authenticated"], false);
        assert_eq!(server.heard(), "EHLO [127.0.0.1]\r\nQUIT\r\n");
    }
}

const LOGIN: [&str; 6] = [
    "--user",
    "tim",
    "--password",
    "tanstaaftanstaaf",
    "--cleartext-auth",
    "loopback",
];

#[test]
fn without_a_usable_mechanism_nothing_is_sent_by_nobody() {
    for (offers, word) in [(&[][..], "587"), (&["AUTH LOGIN CRAM-MD5"], "CRAM-MD5")] {
        let server = serve(move |peer| {
            peer.welcome(offers);
            peer.farewell();
        });
        let report = send(&server, &[&BOB[..], &LOGIN].concat());
        assert_eq!(outcome(&report), ("refused_locally", "no_usable_mechanism"));
        assert!(report["remedy"].as_str().unwrap().contains(word));
        assert_eq!(server.heard(), "EHLO [127.0.0.1]\r\nQUIT\r\n");
    }
}

// --- AUTH ---

/// RFC 4616 section 4 has these credentials, and this is their base64.
const TIM: &str = "AHRpbQB0YW5zdGFhZnRhbnN0YWFm";

#[test]
fn a_login_that_is_allowed_by_name() {
    let server = serve(|peer| {
        peer.welcome(&["AUTH PLAIN"]);
        peer.expect(&format!("AUTH PLAIN {TIM}"));
        peer.expect_silence();
        peer.say("235 2.7.0 Welcome\r\n");
        peer.expect("MAIL FROM:<alice@example.test>");
        peer.say("250 Ok\r\n");
        peer.expect("RCPT TO:<bob@example.test>");
        peer.say("250 Ok\r\n");
        peer.expect("DATA");
        peer.say("354 Go\r\n");
        peer.expect_octets(ON_THE_WIRE);
        peer.say("250 Ok\r\n");
        peer.farewell();
    });
    let output = run(
        &server.address.to_string(),
        MESSAGE.as_bytes(),
        &[&BOB[..], &LOGIN, &["-v"]].concat(),
    );
    let report = report(&output);
    assert_eq!(outcome(&report), ("delivered", ""));
    assert_eq!(report["authenticated"], true);
    assert_eq!(report["tls"], Value::Null);
    server.heard();

    let transcript = String::from_utf8(output.stderr).unwrap();
    for line in [
        "S: 250-mx.example.test\n",
        "C: AUTH PLAIN (response not shown)\n",
        "S: 235 2.7.0 Welcome\n",
        "C: MAIL FROM:<alice@example.test>\n",
        "C: QUIT\n",
    ] {
        assert!(transcript.contains(line), "{line:?} in {transcript}");
    }
    let everything = transcript + &report.to_string();
    assert!(!everything.contains("tanstaaf") && !everything.contains("dGFuc3RhYWY"));
    assert!(!everything.contains(TIM));
}

#[test]
fn a_login_that_is_refused_ends_it() {
    let server = serve(|peer| {
        peer.welcome(&["PIPELINING", "AUTH PLAIN"]);
        peer.expect(&format!("AUTH PLAIN {TIM}"));
        peer.say("535 5.7.8 No\r\n");
        peer.farewell();
    });
    let report = send(&server, &[&BOB[..], &LOGIN].concat());
    assert_eq!(outcome(&report), ("rejected", "auth_rejected"));
    assert_eq!(report["reply"]["code"], 535);
    assert_eq!(codes(&report), [None]);
    server.heard();
}

#[test]
fn a_challenge_is_answered_once_and_then_given_up() {
    let server = serve(|peer| {
        peer.welcome(&["AUTH PLAIN"]);
        peer.expect(&format!("AUTH PLAIN {TIM}"));
        peer.say("334 \r\n");
        peer.expect(TIM);
        peer.say("334 \r\n");
        peer.expect("*");
        peer.say("501 5.7.0 Cancelled\r\n");
        peer.farewell();
    });
    let report = send(&server, &[&BOB[..], &LOGIN].concat());
    assert_eq!(outcome(&report), ("rejected", "auth_rejected"));
    server.heard();
}

// --- TLS ---

#[test]
fn starttls_with_a_certificate_that_is_verified() {
    let (config, pem) = certificate();
    let folder = tempfile::tempdir().unwrap();
    let roots = folder.path().join("roots.pem");
    std::fs::write(&roots, pem).unwrap();
    let server = serve(move |peer| {
        peer.welcome(&["STARTTLS", "PIPELINING", "SIZE"]);
        peer.expect("STARTTLS");
        peer.expect_silence();
        peer.say("220 Go\r\n");
        peer.start_tls(config);
        peer.expect("EHLO [127.0.0.1]");
        // Nothing that was offered before counts: neither PIPELINING nor SIZE.
        peer.offer(&["AUTH PLAIN"]);
        peer.expect(&format!("AUTH PLAIN {TIM}"));
        peer.say("235 Ok\r\n");
        peer.expect("MAIL FROM:<alice@example.test>");
        peer.say("550 Enough seen\r\n");
        peer.farewell();
    });
    let roots = roots.to_str().unwrap();
    let more = [
        "--tls",
        "starttls",
        "--ca",
        roots,
        "--servername",
        "localhost",
    ];
    let report = send(&server, &[&BOB[..], &more, &LOGIN[..4]].concat());
    assert_eq!(outcome(&report), ("rejected", "mail_rejected"));
    assert_eq!(
        report["tls"],
        json!({"version": "TLSv1.3", "verification": "verified"})
    );
    assert_eq!(report["authenticated"], true);
    server.heard();
}

#[test]
fn implicit_tls_without_verification() {
    let (config, _) = certificate();
    let server = serve(move |peer| {
        peer.start_tls(config);
        peer.welcome(&["STARTTLS"]);
        peer.expect("MAIL FROM:<alice@example.test>");
        peer.say("550 Enough seen\r\n");
        peer.farewell();
    });
    let more = ["--tls", "implicit", "--no-verify"];
    let report = send(&server, &[&BOB[..], &more].concat());
    assert_eq!(outcome(&report), ("rejected", "mail_rejected"));
    assert_eq!(
        report["tls"],
        json!({"version": "TLSv1.3", "verification": "skipped"})
    );
    server.heard();
}

#[test]
fn a_certificate_of_nobody_or_for_another_name_is_refused_here() {
    let (config, pem) = certificate();
    let folder = tempfile::tempdir().unwrap();
    let roots = folder.path().join("roots.pem");
    std::fs::write(&roots, pem).unwrap();
    let other_name = ["--ca", roots.to_str().unwrap(), "--servername", "mx.test"];
    for more in [&["--servername", "localhost"][..], &other_name] {
        let config = Arc::clone(&config);
        let server = serve(move |peer| {
            peer.welcome(&["STARTTLS"]);
            peer.expect("STARTTLS");
            peer.say("220 Go\r\n");
            peer.start_tls(config);
            // The handshake fails, and no octet of mail comes through.
            assert!(peer.stream.read(&mut [0]).is_err());
        });
        // Opportunistic: TLS that fails is no reason to go on in clear.
        let report = send(&server, &[&BOB[..], more].concat());
        assert_eq!(
            outcome(&report),
            ("refused_locally", "certificate_not_verified")
        );
        assert_eq!(report["tls"], Value::Null);
        assert_eq!(server.heard(), "EHLO [127.0.0.1]\r\nSTARTTLS\r\n");
    }
}

#[test]
fn opportunistic_goes_on_in_clear_where_starttls_is_refused() {
    let refuse = |peer: &mut Peer| {
        peer.welcome(&["STARTTLS"]);
        peer.expect("STARTTLS");
        peer.say("454 4.7.0 Not now\r\n");
    };
    let server = serve(move |peer| {
        refuse(peer);
        peer.expect("MAIL FROM:<alice@example.test>");
        peer.say("550 Enough seen\r\n");
        peer.farewell();
    });
    let report = send(&server, &BOB);
    assert_eq!(outcome(&report), ("rejected", "mail_rejected"));
    server.heard();

    let server = serve(move |peer| {
        refuse(peer);
        peer.farewell();
    });
    let report = send(&server, &[&BOB[..], &["--tls", "starttls"]].concat());
    assert_eq!(outcome(&report), ("rejected", "starttls_rejected"));
    assert_eq!(report["reply"]["code"], 454);
    server.heard();
}

/// RFC 3207 section 6: what came in clear must not be believed after the handshake.
#[test]
fn octets_behind_the_220_to_starttls_end_it() {
    for injected in ["250 Ok\r\n", "2"] {
        let server = serve(move |peer| {
            peer.welcome(&["STARTTLS"]);
            peer.expect("STARTTLS");
            peer.say(&format!("220 Go\r\n{injected}"));
            peer.expect_end();
        });
        let report = send(&server, &BOB);
        assert_eq!(outcome(&report), ("protocol_error", "bytes_after_starttls"));
        assert_eq!(server.heard(), "EHLO [127.0.0.1]\r\nSTARTTLS\r\n");
    }
}

#[test]
fn implicit_tls_to_a_port_that_begins_in_clear() {
    let server = serve(|peer| {
        peer.say("220 mx.example.test ESMTP\r\n");
        // A ClientHello is not for this server.
        let _ = peer.stream.read(&mut [0; 1024]);
    });
    let report = send(&server, &[&BOB[..], &["--tls", "implicit"]].concat());
    assert_eq!(outcome(&report), ("protocol_error", "tls_failed"));
    assert!(report["remedy"].as_str().unwrap().contains("starttls"));
    server.heard();
}

// --- The server fails ---

#[test]
fn an_endless_reply() {
    let server = serve(|peer| {
        peer.say("220 mx.example.test ESMTP\r\n");
        peer.expect("EHLO [127.0.0.1]");
        while peer.stream.write_all(b"250-more\r\n").is_ok() {}
    });
    let report = send(&server, &BOB);
    assert_eq!(outcome(&report), ("protocol_error", "reply_too_long"));
    assert_eq!(report["reply"]["code"], 220);
    server.heard();
}

#[test]
fn a_greeting_that_turns_away() {
    let server = serve(|peer| {
        peer.say("554 5.7.1 Not you\r\n");
        peer.farewell();
    });
    let report = send(&server, &BOB);
    assert_eq!(outcome(&report), ("rejected", "greeting_rejected"));
    server.heard();

    let server = serve(|peer| {
        peer.say("421 4.3.2 Not now\r\n");
        peer.expect_end();
    });
    let report = send(&server, &BOB);
    assert_eq!(outcome(&report), ("rejected", "service_closing"));
    server.heard();
}

#[test]
fn helo_for_a_server_that_does_not_know_ehlo() {
    let server = serve(|peer| {
        peer.say("220 old.example.test\r\n");
        peer.expect("EHLO [127.0.0.1]");
        peer.say("500 What?\r\n");
        peer.expect("HELO [127.0.0.1]");
        peer.say("250 old.example.test\r\n");
        peer.expect("MAIL FROM:<alice@example.test>");
        peer.say("550 Enough seen\r\n");
        peer.farewell();
    });
    let report = send(&server, &BOB);
    assert_eq!(outcome(&report), ("rejected", "mail_rejected"));
    server.heard();
}

#[test]
fn the_connection_is_lost_at_data() {
    let server = serve(|peer| {
        peer.welcome(&["PIPELINING"]);
        for _ in 0..5 {
            peer.hear();
        }
        peer.say("250 Ok\r\n250 Ok\r\n550 No\r\n250 Ok\r\n");
    });
    let report = send(&server, &THREE);
    assert_eq!(outcome(&report), ("connection_lost", "end_of_input"));
    assert_eq!(codes(&report), [None, Some(550), None]);
    assert!(!report["remedy"].as_str().unwrap().contains("twice"));
    server.heard();
}

#[test]
fn the_connection_is_lost_before_the_verdict() {
    let server = serve(|peer| {
        peer.say("220 mx.example.test LMTP\r\n");
        peer.hear();
        peer.offer(&["PIPELINING"]);
        for _ in 0..5 {
            peer.hear();
        }
        peer.say("250 Ok\r\n250 Ok\r\n250 Ok\r\n250 Ok\r\n354 Go\r\n");
        peer.expect_octets(ON_THE_WIRE);
        peer.say("250 2.0.0 bob has it\r\n");
    });
    let report = send(&server, &[&THREE[..], &["--lmtp"]].concat());
    assert_eq!(outcome(&report), ("connection_lost", "may_be_delivered"));
    assert_eq!(codes(&report), [Some(250), None, None]);
    assert!(report["remedy"].as_str().unwrap().contains("twice"));
    server.heard();
}

#[test]
fn a_server_that_says_nothing() {
    let server = serve(|peer| peer.expect_end());
    let report = send(&server, &[&BOB[..], &["--timeout", "1"]].concat());
    assert_eq!(outcome(&report), ("timeout", "greeting_timeout"));
    assert_eq!(report["reply"], Value::Null);
    server.heard();

    let server = serve(|peer| {
        peer.welcome(&[]);
        peer.hear();
        peer.expect_end();
    });
    let report = send(&server, &[&BOB[..], &["--timeout", "1"]].concat());
    assert_eq!(outcome(&report), ("timeout", "reply_timeout"));
    server.heard();
}

#[test]
fn nothing_listens() {
    let address = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().to_string()
    };
    let output = run(&address, b"", &BOB);
    let report = report(&output);
    assert_eq!(outcome(&report), ("connection_lost", "connection_refused"));
    assert_eq!(output.status.code(), Some(1));
}

// --- The command line ---

#[test]
fn what_cannot_be_said_is_not_connected_for() {
    for (more, reason) in [
        (&["--rcpt", "no address"][..], "address_invalid"),
        (&["--rcpt", "bob@example.test>\r\nRSET"], "address_invalid"),
        (
            &["--rcpt", "bob@example.test", "--helo", "a b"],
            "helo_invalid",
        ),
        (
            &["--rcpt", "bob@example.test", "--servername", "a b"],
            "servername_invalid",
        ),
        (
            &["--rcpt", "bob@example.test", "--ca", "/absent/roots.pem"],
            "ca_unusable",
        ),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let output = run(&listener.local_addr().unwrap().to_string(), b"", more);
        let report = report(&output);
        assert_eq!(outcome(&report), ("config_error", reason));
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
    }
}

#[test]
fn a_wrong_command_line_exits_2_and_prints_no_report() {
    let output = run("localhost", b"", &BOB);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(output.stdout, b"");
    assert!(String::from_utf8_lossy(&output.stderr).contains("HOST:PORT"));
}
