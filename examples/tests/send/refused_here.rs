//! What this side refuses to do, before an octet of it is said.

use serde_json::Value;

use super::program::{codes, outcome, send, send_octets};
use super::server::serve;
use super::{BOB, LOGIN};

/// Addresses outside of ASCII go out where SMTPUTF8 is offered, and nowhere else; and what is only in the text is
/// no matter of it.
#[test]
fn addresses_outside_of_ascii_need_the_offer() {
    let bob = ["--rcpt", "b\u{f6}b@example.test"];
    let server = serve(|peer| {
        peer.welcome(&["8BITMIME"]);
        // Another recipient would get it.
        peer.expect("MAIL FROM:<alice@example.test>");
        peer.say("250 Ok\r\n");
        peer.farewell();
    });
    let report = send(&server, &bob);
    assert_eq!(outcome(&report).0, "refused_locally");
    assert!(
        report["remedy"].as_str().unwrap().contains("SMTPUTF8"),
        "{report}"
    );
    server.heard();

    let server = serve(|peer| {
        peer.welcome(&["8BITMIME", "SMTPUTF8"]);
        peer.expect("MAIL FROM:<alice@example.test> SMTPUTF8");
        peer.say("250 Ok\r\n");
        peer.expect("RCPT TO:<b\u{f6}b@example.test>");
        peer.say("550 Enough seen\r\n");
        peer.farewell();
    });
    let report = send(&server, &bob);
    assert_eq!(report["recipients"][0]["address"], "b\u{f6}b@example.test");
    server.heard();

    // No header at all, and one in another character set.
    for message in ["gr\u{fc}n\n".as_bytes(), b"Subject: gr\xfcn\n\nx\n"] {
        goes_out_as_eight_bits(message);
    }
}

/// With BODY=8BITMIME where that is offered, and nothing else asked for.
fn goes_out_as_eight_bits(message: &[u8]) {
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

    goes_out_as_eight_bits(message);
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

#[test]
fn without_a_usable_mechanism_nothing_is_sent_by_nobody() {
    for (offers, word) in [(&[][..], "587"), (&["AUTH NTLM DIGEST-MD5"], "DIGEST-MD5")] {
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
