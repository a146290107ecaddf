//! Mistakes in the command line: nothing is connected to.

use std::io::ErrorKind;
use std::net::TcpListener;

use super::BOB;
use super::program::{outcome, report, run};

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
        let recipients = more.iter().filter(|it| **it == "--rcpt").count();
        assert_eq!(report["recipients"].as_array().unwrap().len(), recipients);
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
