//! AUTH PLAIN, and the transcript that does not show it.

use serde_json::Value;

use super::program::{codes, outcome, report, run, send};
use super::server::serve;
use super::{BOB, LOGIN, MESSAGE, ON_THE_WIRE, TIM};

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
        "C: AUTH PLAIN [response]\n",
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
