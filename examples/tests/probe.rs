//! `probe` against servers that do one thing wrong each, and against `edge`, where nothing is.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests panic to fail"
)]

mod common;

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output};
use std::thread;
use std::time::Duration;

use common::Edge;
use serde_json::Value;

fn probe(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_probe"))
        .args(arguments)
        .output()
        .unwrap()
}

/// One port, as JSON; after a look at the exit code.
fn report(target: &str, more: &[&str]) -> Value {
    let output = probe(&[&[target, "--json", "--timeout", "2"], more].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    let report: Value = serde_json::from_str(text.trim()).expect(&text);
    let is_healthy = report["diagnosis"]["cause"] == "nothing_wrong";
    assert_eq!(output.status.code(), Some(i32::from(!is_healthy)), "{text}");
    report
}

fn cause(report: &Value) -> &str {
    report["diagnosis"]["cause"].as_str().unwrap()
}

/// A server whose connections are each given to a script; gives its address.
fn serve(script: fn(TcpStream)) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            script(stream);
        }
    });
    address.to_string()
}

/// Says the greeting, and the reply to each line of the client that begins so; to any other, 502.
fn talk(mut stream: TcpStream, greeting: &str, replies: &[(&str, &str)]) {
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let _ = write!(stream, "{greeting}\r\n");
    let reader = BufReader::new(stream.try_clone().unwrap());
    for line in reader.lines().map_while(Result::ok) {
        let known = replies.iter().find(|(start, _)| line.starts_with(start));
        let reply = known.map_or("502 5.5.1 Not implemented", |it| it.1);
        if write!(stream, "{reply}\r\n").is_err() || line == "QUIT" {
            return;
        }
    }
}

const HELLO: &str = "250-mx\r\n250-PIPELINING\r\n250 8BITMIME";

#[test]
fn a_closed_port() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let report = report(&address, &[]);
    assert_eq!(cause(&report), "port_closed");
    assert_eq!(report["reachable"], false);
    assert!(
        report["diagnosis"]["remedy"]
            .as_str()
            .unwrap()
            .contains("587")
    );
}

#[test]
fn a_host_that_there_is_not() {
    // RFC 6761 section 6.4: no resolver finds it.
    let report = report("absent.invalid:25", &[]);
    assert_eq!(cause(&report), "host_not_found");
}

#[test]
fn a_server_without_starttls() {
    let address = serve(|stream| {
        talk(
            stream,
            "220 mx ESMTP",
            &[("EHLO", HELLO), ("QUIT", "221 bye")],
        )
    });
    let report = report(&address, &[]);
    assert_eq!(cause(&report), "starttls_missing");
    assert_eq!(report["greeting"], "220 mx ESMTP");
    assert_eq!(
        report["before_tls"],
        serde_json::json!(["PIPELINING", "8BITMIME"])
    );
    assert_eq!(
        (&report["tls"], &report["login"]),
        (&Value::Null, &Value::Null)
    );
}

#[test]
fn a_firewall_that_writes_over_starttls() {
    let address = serve(|stream| {
        let hello = "250-mx\r\n250-XXXXXXXA\r\n250 8BITMIME";
        talk(
            stream,
            "220 **************",
            &[("EHLO", hello), ("QUIT", "221 bye")],
        );
    });
    assert_eq!(cause(&report(&address, &[])), "starttls_stripped");
}

#[test]
fn starttls_that_cannot_be() {
    let address = serve(|stream| {
        let starttls = "454 4.7.0 TLS not available due to local problem";
        let replies = [
            ("EHLO", "250-mx\r\n250 STARTTLS"),
            ("STARTTLS", starttls),
            ("QUIT", "221 bye"),
        ];
        talk(stream, "220 mx ESMTP", &replies);
    });
    let report = report(&address, &[]);
    assert_eq!(cause(&report), "starttls_unavailable");
    assert_eq!(report["diagnosis"]["transient"], true);
}

/// The server goes on in clear where the handshake should be.
#[test]
fn a_handshake_that_is_none() {
    let address = serve(|stream| {
        let replies = [
            ("EHLO", "250-mx\r\n250 STARTTLS"),
            ("STARTTLS", "220 go"),
            ("", "500 what?"),
        ];
        talk(stream, "220 mx ESMTP", &replies);
    });
    let report = report(&address, &[]);
    assert!(
        matches!(cause(&report), "tls_on_clear_port" | "tls_failed"),
        "{report}"
    );
}

#[test]
fn nobody_speaks() {
    let address = serve(|stream| {
        thread::sleep(Duration::from_secs(8));
        drop(stream);
    });
    assert_eq!(cause(&report(&address, &[])), "no_greeting");
}

#[test]
fn something_that_is_no_mail_server() {
    let address = serve(|stream| talk(stream, "HTTP/1.1 400 Bad Request", &[]));
    assert_eq!(cause(&report(&address, &[])), "not_smtp");
}

#[test]
fn a_server_that_speaks_to_nobody() {
    let address = serve(|stream| talk(stream, "554 5.7.1 No service", &[("QUIT", "221 bye")]));
    assert_eq!(cause(&report(&address, &[])), "service_refused");
    let address = serve(|stream| talk(stream, "421 4.7.0 Too many connections", &[]));
    let report = report(&address, &[]);
    assert_eq!(cause(&report), "too_many_connections");
    assert_eq!(report["greeting"], "421 4.7.0 Too many connections");
}

/// What a server says is shown as text, and cannot drive a terminal.
#[test]
fn hostile_words_are_escaped() {
    let address = serve(|stream| {
        let hello = "250-mx\r\n250-X\u{1b}[31m\r\n250 8BITMIME";
        talk(
            stream,
            "220 \u{1b}]0;owned\u{7}",
            &[("EHLO", hello), ("QUIT", "221 bye")],
        );
    });
    let output = probe(&[&address, "--timeout", "2"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("\\x1b") || text.contains("\\u{1b}"), "{text}");
    assert!(
        !text.contains('\u{1b}') && !text.contains('\u{7}'),
        "{text}"
    );
}

/// `edge` has made its certificate itself, which is the one thing to say about it.
#[test]
fn edge_itself() {
    let edge = Edge::start("");
    let target = |role| format!("127.0.0.1:{}", edge.port(role));
    let submission = report(&target("submission"), &[]);
    assert_eq!(cause(&submission), "certificate_self_signed");
    let listed = |name: &str| {
        submission[name]
            .as_array()
            .unwrap()
            .iter()
            .any(|it| it.as_str().unwrap().starts_with("AUTH "))
    };
    assert!(
        !listed("before_tls") && listed("inside_tls"),
        "{submission}"
    );
    assert_eq!(submission["notes"][0]["cause"], "auth_behind_tls");
    let tls = &submission["tls"];
    assert_eq!(
        (&tls["mode"], &tls["version"]),
        (&"starttls".into(), &"TLSv1.3".into())
    );
    assert_eq!(tls["certificate"]["names"][0], "edge.example.test");

    // A password does not go to whoever has made a certificate.
    let login = ["--user", "alice@example.test", "--password", "secret"];
    let submission = report(&target("submission"), &login);
    assert_eq!(submission["login"]["accepted"], false);
    assert!(
        submission["login"]["text"]
            .as_str()
            .unwrap()
            .starts_with("not tried")
    );
    assert!(!submission.to_string().contains("secret"));
}

/// Whoever has a password learns that it is not taken here, whatever else is wrong.
#[test]
fn a_server_that_takes_no_logins() {
    let address = serve(|stream| {
        let replies = [("EHLO", "250-mx\r\n250 SIZE 1000"), ("QUIT", "221 bye")];
        talk(stream, "220 mx ESMTP", &replies);
    });
    let login = ["--user", "alice", "--password", "hidden-word"];
    let report = report(&address, &login);
    let notes = report["notes"].as_array().unwrap();
    let has_note = notes.iter().any(|it| it["cause"] == "auth_not_offered");
    assert!(has_note, "{report}");
}

#[test]
fn a_login_in_clear_stays_here() {
    let address = serve(|stream| {
        let replies = [
            ("EHLO", "250-mx\r\n250 AUTH PLAIN LOGIN"),
            ("QUIT", "221 bye"),
            ("AUTH", "235 yes"),
        ];
        talk(stream, "220 mx ESMTP", &replies);
    });
    let report = report(&address, &["--user", "alice", "--password", "hidden-word"]);
    assert_eq!(cause(&report), "starttls_missing");
    assert_eq!(report["login"]["accepted"], false);
    assert!(!report.to_string().contains("hidden-word"));
}

#[test]
fn several_ports_in_one_run() {
    let first = serve(|stream| {
        talk(
            stream,
            "220 mx ESMTP",
            &[("EHLO", HELLO), ("QUIT", "221 bye")],
        )
    });
    let second = serve(|stream| talk(stream, "554 no", &[("QUIT", "221 bye")]));
    let port = |address: &str| address.rsplit(':').next().unwrap().to_owned();
    let output = probe(&[&first, &port(&second), &port(&first), "--timeout", "2"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.matches("\nport ").count(), 1, "{text}");
    assert!(
        text.starts_with(&format!("port {}: reachable", port(&first))),
        "{text}"
    );
    assert!(
        text.contains("[starttls_missing]") && text.contains("[service_refused]"),
        "{text}"
    );
}

#[test]
fn a_command_line_that_is_wrong() {
    for arguments in [
        &["mx:smtp"][..],
        &[":25"],
        &["mx", "25x"],
        &["mx", "--user", "a"],
        &[],
    ] {
        let output = probe(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty());
    }
    let output = probe(&["mx", "--ca", "/absent.pem"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("/absent.pem")
    );
}
