//! XCLIENT: told where it is taken, and otherwise nothing is sent.

use super::program::{codes, outcome, send};
use super::server::serve;
use super::{BOB, ON_THE_WIRE};

const OF: [&str; 2] = [
    "--xclient",
    "ADDR=192.0.2.7 LOGIN=user+tag@example.test HELO=client.example.test",
];

#[test]
fn it_is_told_and_then_the_hello_comes_again() {
    let server = serve(|peer| {
        peer.welcome(&["PIPELINING", "XCLIENT NAME ADDR PORT PROTO LOGIN"]);
        peer.expect("XCLIENT ADDR=192.0.2.7 LOGIN=user+2Btag@example.test");
        peer.expect_silence();
        peer.say("220 mx.example.test ESMTP\r\n");
        peer.expect("EHLO [127.0.0.1]");
        peer.expect_silence();
        peer.offer(&["PIPELINING"]);
        for _ in 0..3 {
            peer.hear();
        }
        peer.say("250 Ok\r\n250 Ok\r\n354 Go\r\n");
        peer.expect_octets(ON_THE_WIRE);
        peer.say("250 Ok\r\n");
        peer.farewell();
    });
    let report = send(&server, &[&BOB[..], &OF].concat());
    assert_eq!(outcome(&report), ("delivered", ""));
    server.heard();
}

#[test]
fn without_an_offer_nothing_is_sent() {
    for offers in [&[][..], &["XCLIENT NAME ADDR PORT PROTO"]] {
        let server = serve(move |peer| {
            peer.welcome(offers);
            peer.farewell();
        });
        let report = send(&server, &[&BOB[..], &OF].concat());
        assert_eq!(
            outcome(&report),
            ("refused_locally", "identity_not_forwardable")
        );
        assert_eq!(server.heard(), "EHLO [127.0.0.1]\r\nQUIT\r\n");
    }
}

/// What may pass by itself is not this host's fault.
#[test]
fn a_refusal_for_now_is_to_be_tried_again() {
    for (said, reason) in [
        ("421 4.3.2 Stopping\r\n", "service_closing"),
        ("451 4.3.0 Not now\r\n", "xclient_rejected"),
    ] {
        let server = serve(move |peer| {
            peer.welcome(&["XCLIENT ADDR LOGIN"]);
            peer.hear();
            peer.say(said);
            if said.starts_with("451") {
                peer.farewell();
            }
        });
        let report = send(&server, &[&BOB[..], &OF].concat());
        assert_eq!(outcome(&report), ("rejected", reason), "{report}");
        let remedy = report["remedy"].as_str().unwrap();
        assert!(remedy.contains("later"), "{remedy}");
        assert!(!remedy.contains("authorized"), "{remedy}");
        server.heard();
    }
}

#[test]
fn a_refusal_ends_it() {
    let server = serve(|peer| {
        peer.welcome(&["XCLIENT ADDR LOGIN"]);
        peer.hear();
        peer.say("550 5.7.0 Error: insufficient authorization\r\n");
        peer.farewell();
    });
    let report = send(&server, &[&BOB[..], &OF].concat());
    assert_eq!(outcome(&report), ("rejected", "xclient_rejected"));
    assert_eq!(report["reply"]["code"], 550);
    assert_eq!(codes(&report), [None]);
    let remedy = report["remedy"].as_str().unwrap();
    assert!(
        remedy.contains("smtpd_authorized_xclient_hosts"),
        "{remedy}"
    );
    server.heard();
}
