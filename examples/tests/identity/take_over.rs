//! Somebody who may not says who a client is: an end client behind a proxy, or another host.

use super::common::Talk;
use super::edge;

const NOT_AUTHORIZED: &str = "550 5.7.0 Not authorized to speak for others";

fn is_nobody(talk: &mut Talk) {
    assert!(
        talk.say("MAIL FROM:<alice@example.test>")
            .starts_with("530 5.7.0 ")
    );
}

#[test]
fn by_a_host_that_nobody_has_named() {
    for listener in [
        "",
        "xclient_from = [\"192.0.2.1\"]\nxforward_from = [\"192.0.2.1\"]",
    ] {
        let edge = edge(listener, "");
        let mut talk = edge.connect("submission");
        let offered = talk.say("EHLO client.example.org");
        assert!(
            !offered.contains("XCLIENT") && !offered.contains("XFORWARD"),
            "{offered}"
        );
        for command in [
            "XCLIENT LOGIN=alice@example.test",
            "XCLIENT ADDR=192.0.2.1 LOGIN=alice@example.test",
            "XFORWARD ADDR=192.0.2.1",
            "xclient login=alice@example.test",
        ] {
            assert_eq!(talk.say(command), NOT_AUTHORIZED, "{command}");
        }
        is_nobody(&mut talk);
    }
}

#[test]
fn by_the_client_of_a_proxy_that_passes_it_on() {
    let edge = edge(
        "xclient_from = [\"127.0.0.1\"]\nxforward_from = [\"127.0.0.1\"]",
        "",
    );
    let mut talk = edge.connect("submission");
    talk.accepted(&[
        "EHLO proxy.example.test",
        "XCLIENT ADDR=198.51.100.7",
        "EHLO client.example.org",
    ]);
    for command in [
        "XCLIENT LOGIN=alice@example.test",
        "XCLIENT ADDR=127.0.0.1",
        "XCLIENT ADDR=127.0.0.1 LOGIN=alice@example.test",
        "XFORWARD ADDR=127.0.0.1",
    ] {
        assert_eq!(talk.say(command), NOT_AUTHORIZED, "{command}");
    }
    is_nobody(&mut talk);
}

#[test]
fn behind_proxy_by_its_client() {
    // The same host may say both, as on one where HAProxy and nginx live.
    let both = "proxy_from = [\"127.0.0.1\"]\nxclient_from = [\"127.0.0.1\"]";
    for header in [
        "PROXY TCP4 198.51.100.7 192.0.2.9 4711 25\r\n",
        "PROXY UNKNOWN\r\n",
    ] {
        let edge = edge(both, "");
        let mut talk = edge.dial("submission");
        talk.send(header.as_bytes());
        assert!(talk.reply().starts_with("220 "));
        let offered = talk.say("EHLO client.example.org");
        assert!(!offered.contains("XCLIENT"), "{offered}");
        assert_eq!(talk.say("XCLIENT LOGIN=alice@example.test"), NOT_AUTHORIZED);
        is_nobody(&mut talk);
    }
}

#[test]
fn with_one_bad_attribute_behind_a_good_one() {
    let edge = edge("xclient_from = [\"127.0.0.1\"]", "");
    let mut talk = edge.connect("submission");
    talk.accepted(&["EHLO proxy.example.test"]);
    for command in [
        "XCLIENT LOGIN=alice@example.test PORT=no",
        "XCLIENT LOGIN=alice@example.test FOO=bar",
        "XCLIENT LOGIN=alice@example.test LOGIN=bob@example.test",
        "XCLIENT LOGIN=alice@example.test ADDR=127.0.0.1+0D+0AMAIL",
        "XCLIENT LOGIN=alice+0D+0Aroot",
        "XCLIENT LOGIN=alice+00root",
        "XCLIENT LOGIN=alice+0Aroot",
        "XCLIENT LOGIN=",
    ] {
        assert!(talk.say(command).starts_with("501 5.5.4 "), "{command}");
    }
    for damaged in [
        &b"XCLIENT LOGIN=alice\0root\r\n"[..],
        b"XCLIENT LOGIN=alice\rroot\r\n",
        b"XCLIENT LOGIN=alice\nroot\r\n",
    ] {
        talk.send(damaged);
        assert!(talk.reply().starts_with("500 5.5.2 "), "{damaged:?}");
    }
    is_nobody(&mut talk);
}

#[test]
fn in_the_middle_of_somebody_elses_mail() {
    let edge = edge("xclient_from = [\"127.0.0.1\"]", "");
    let mut talk = edge.connect("mx");
    talk.accepted(&[
        "EHLO proxy.example.test",
        "MAIL FROM:<a@client.example.org>",
        "RCPT TO:<alice@example.test>",
    ]);
    assert!(
        talk.say("XCLIENT ADDR=198.51.100.7")
            .starts_with("503 5.5.1 ")
    );
    talk.accepted(&["DATA"]);
    talk.send(b"XCLIENT ADDR=198.51.100.7\r\n.\r\n");
    assert!(talk.reply().starts_with("250 "));
    assert_eq!(edge.files().len(), 1);
}

#[test]
fn without_a_header_or_with_two() {
    let edge = edge("proxy_from = [\"127.0.0.1\"]", "");
    // No greeting, and no reply: it is no proxy.
    for instead in [
        &b"EHLO client.example.org\r\n"[..],
        b"PROXY nonsense\r\n",
        b"\x16\x03\x01\x00\x05",
    ] {
        let mut talk = edge.dial("mx");
        talk.send(instead);
        assert_eq!(talk.rest(), "", "{instead:?}");
    }
    let mut talk = edge.dial("mx");
    talk.send(
        b"PROXY TCP4 198.51.100.7 192.0.2.9 4711 25\r\nPROXY TCP4 127.0.0.1 192.0.2.9 4711 25\r\n",
    );
    assert!(talk.reply().starts_with("220 "));
    assert!(talk.reply().starts_with("554 5.5.0 "));
    assert_eq!(talk.rest(), "");

    let closed = super::edge("proxy_from = [\"192.0.2.1\"]", "");
    let mut talk = closed.connect("mx");
    assert!(
        talk.say("PROXY TCP4 198.51.100.7 192.0.2.9 4711 25")
            .starts_with("554 5.5.0 ")
    );
    assert_eq!(talk.rest(), "");
}
