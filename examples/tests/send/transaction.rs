//! MAIL, RCPT, DATA, the content and the verdicts.

use serde_json::json;

use super::program::{codes, outcome, report, run, send, send_octets};
use super::server::serve;
use super::{BOB, MESSAGE, ON_THE_WIRE, SIZE, THREE};

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
        peer.say("250 2.0.0 bob\r\n552 5.2.2 carol is full\r\n452 4.2.2 dave, for now\r\n");
        peer.farewell();
    });
    let report = send(
        &server,
        &[&THREE[..], &["--lmtp", "--helo", "client.example.test"]].concat(),
    );
    assert_eq!(outcome(&report), ("partial", "some_recipients_rejected"));
    assert_eq!(codes(&report), [Some(250), Some(552), Some(452)]);
    assert_eq!(report["recipients"][1]["text"], "carol is full");
    assert_eq!(report["recipients"][2]["text"], "dave, for now");
    // The last one, whatever it says.
    assert_eq!(report["reply"]["code"], 452);
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
