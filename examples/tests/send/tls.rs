//! STARTTLS, implicit TLS, and what is done where they fail.

use std::io::Read;
use std::sync::Arc;

use serde_json::{Value, json};

use super::program::{outcome, send};
use super::server::{Peer, certificate, serve};
use super::{BOB, LOGIN, TIM};

const OPPORTUNISTIC: [&str; 2] = ["--tls", "opportunistic"];

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
        let report = send(&server, &[&BOB[..], &OPPORTUNISTIC, more].concat());
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
    let report = send(&server, &[&BOB[..], &OPPORTUNISTIC].concat());
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
        let report = send(&server, &[&BOB[..], &OPPORTUNISTIC].concat());
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
