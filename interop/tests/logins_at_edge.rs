//! Programs that others wrote log in to `edge`, each by every mechanism that it speaks, and with a wrong
//! password by none.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests panic to fail"
)]

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};
use std::thread;

use mailwire_interop::{Edge, run, run_with};

const USER: &str = "alice@example.test";
const MESSAGE: &str = "From: <alice@example.test>\r\nTo: <bob@example.test>\r\n\
    Subject: a login\r\n\r\nIt works.\r\n";

/// Has `client` send a message by each mechanism with the right password, and none with a wrong one.
fn logs_in(mechanisms: &[&str], client: impl Fn(&Edge, &str, &str) -> Output) {
    for mechanism in mechanisms {
        let edge = Edge::start();
        let wrong = client(&edge, mechanism, "wrong");
        assert!(!wrong.status.success(), "{mechanism}: {wrong:?}");
        assert!(edge.mailbox("bob").is_empty(), "{mechanism}: {wrong:?}");
        let right = client(&edge, mechanism, "secret");
        assert!(right.status.success(), "{mechanism}: {right:?}");
        let stored = edge.mailbox("bob");
        assert_eq!(stored.len(), 1, "{mechanism}: {right:?}");
        let stored = String::from_utf8_lossy(&stored[0]);
        assert!(stored.contains("It works."), "{mechanism}: {stored}");
    }
}

#[test]
fn curl() {
    logs_in(&["PLAIN", "LOGIN"], |edge, mechanism, password| {
        let file = edge.folder().join("message");
        fs::write(&file, MESSAGE).unwrap();
        let port = edge.port("submission");
        run(Command::new("curl")
            .args([
                "--silent",
                "--show-error",
                "--insecure",
                "--ssl-reqd",
                "--max-time",
                "30",
            ])
            .arg(format!("smtp://127.0.0.1:{port}/client.example.test"))
            .args(["--user", &format!("{USER}:{password}")])
            .args(["--login-options", &format!("AUTH={mechanism}")])
            .args(["--mail-from", USER, "--mail-rcpt", "bob@example.test"])
            .arg("--upload-file")
            .arg(file))
    });
}

#[test]
fn swaks() {
    logs_in(&["PLAIN", "LOGIN"], |edge, mechanism, password| {
        run(Command::new("swaks")
            .args([
                "--server",
                &format!("127.0.0.1:{}", edge.port("submissions")),
            ])
            .args(["--tls-on-connect", "--timeout", "30", "--from", USER])
            .args(["--to", "bob@example.test", "--body", "It works."])
            .args(["--auth", mechanism])
            .args(["--auth-user", USER, "--auth-password", password]))
    });
}

#[test]
fn python_smtplib() {
    const LOGIN: &str = r#"
import smtplib, ssl, sys
port, mechanism, password = int(sys.argv[1]), sys.argv[2], sys.argv[3]
unchecked = ssl.create_default_context()
unchecked.check_hostname = False
unchecked.verify_mode = ssl.CERT_NONE
client = smtplib.SMTP_SSL("127.0.0.1", port, context=unchecked)
client.ehlo()
client.user, client.password = "alice@example.test", password
way = {"PLAIN": client.auth_plain, "LOGIN": client.auth_login}[mechanism.removesuffix("+")]
client.auth(mechanism.removesuffix("+"), way, initial_response_ok=mechanism.endswith("+"))
client.sendmail("alice@example.test", ["bob@example.test"], b"Subject: a login\r\n\r\nIt works.\r\n")
client.quit()
"#;
    // With an initial response and without one.
    logs_in(
        &["PLAIN", "PLAIN+", "LOGIN", "LOGIN+"],
        |edge, mechanism, password| {
            let port = edge.port("submissions").to_string();
            run(Command::new("python3").args(["-c", LOGIN, &port, mechanism, password]))
        },
    );
}

/// It speaks SCRAM by libgsasl.
#[test]
fn msmtp() {
    logs_in(
        &["plain", "login", "scram-sha-256"],
        |edge, mechanism, password| {
            let file = edge.folder().join("msmtprc");
            let port = edge.port("submission");
            fs::write(
                &file,
                format!(
                    "account edge\nhost 127.0.0.1\nport {port}\ntls on\ntls_starttls on\n\
                 tls_certcheck off\ntimeout 30\nfrom {USER}\nauth {mechanism}\nuser {USER}\n\
                 password {password}\n"
                ),
            )
            .unwrap();
            fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
            let message = edge.folder().join("message");
            fs::write(&message, MESSAGE).unwrap();
            let message = fs::File::open(message).unwrap();
            let mut msmtp = Command::new("msmtp");
            run_with(
                msmtp
                    .arg("-C")
                    .arg(file)
                    .args(["-a", "edge", "bob@example.test"]),
                message,
            )
        },
    );
}

#[test]
fn nodemailer() {
    const LOGIN: &str = r#"
const [port, method, password] = process.argv.slice(1);
const nodemailer = require("nodemailer");
const transport = nodemailer.createTransport({
  host: "127.0.0.1", port: Number(port), secure: true, tls: { rejectUnauthorized: false },
  authMethod: method, auth: { user: "alice@example.test", pass: password },
});
transport
  .sendMail({ from: "alice@example.test", to: "bob@example.test", subject: "a login", text: "It works." })
  .then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });
"#;
    logs_in(&["PLAIN", "LOGIN"], |edge, mechanism, password| {
        let port = edge.port("submissions").to_string();
        run(Command::new("node")
            // Where Debian puts modules.
            .env("NODE_PATH", "/usr/share/nodejs")
            .args(["-e", LOGIN, &port, mechanism, password]))
    });
}

/// What gsasl of GNU does: it logs in and sends nothing.
fn gsasl(edge: &Edge, mechanism: &str, password: &str, more: &[&str]) -> bool {
    let port = greeted(edge.port("submission"));
    let output = run(Command::new("gsasl")
        .args(["--smtp", "--starttls", "--x509-ca-file="])
        .arg(format!("--connect=127.0.0.1:{port}"))
        .args(["-m", mechanism, "-a", USER, "-p", password])
        .args(more));
    let told = String::from_utf8_lossy(&output.stdout);
    told.contains("235 2.7.0")
}

/// With `--starttls` gsasl 2.2 says STARTTLS before EHLO, and without it never. So this says EHLO for it,
/// and then passes every octet on: TLS is from end to end, and so is what binds the channel.
fn greeted(upstream: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let server = TcpStream::connect(("127.0.0.1", upstream)).unwrap();
        let mut reader = BufReader::new(server.try_clone().unwrap());
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        client.write_all(line.as_bytes()).unwrap();
        (&server).write_all(b"EHLO relay.example.test\r\n").unwrap();
        while !line.starts_with("250 ") {
            line.clear();
            reader.read_line(&mut line).unwrap();
        }
        let back = client.try_clone().unwrap();
        let pumped = thread::spawn(move || pump(reader, back));
        pump(client, server);
        pumped.join().unwrap();
    });
    port
}

fn pump(mut from: impl Read, mut to: TcpStream) {
    let mut octets = [0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut octets) {
        if to.write_all(&octets[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

#[test]
fn gsasl_with_and_without_channel_binding() {
    let edge = Edge::start();
    for (mechanism, more) in [
        ("PLAIN", &[][..]),
        ("LOGIN", &[]),
        ("SCRAM-SHA-256", &["--no-cb"]),
        ("SCRAM-SHA-256", &["--no-cb", "--no-client-first"]),
        // Bound to the channel by tls-exporter (RFC 9266).
        ("SCRAM-SHA-256-PLUS", &[]),
        ("SCRAM-SHA-256-PLUS", &["--no-client-first"]),
    ] {
        assert!(
            gsasl(&edge, mechanism, "secret", more),
            "{mechanism} {more:?}"
        );
        assert!(
            !gsasl(&edge, mechanism, "wrong", more),
            "{mechanism} {more:?}"
        );
    }
}
