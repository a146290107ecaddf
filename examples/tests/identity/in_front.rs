//! A proxy in front of `edge` says who its client is.

use std::fs;

use super::common::{Edge, Talk};
use super::edge;

const BELIEVED: &str = "xclient_from = [\"127.0.0.1\"]\nxforward_from = [\"127.0.0.0/8\"]";
const PROXIES: &str = "proxy_from = [\"127.0.0.1\"]";

/// The one message that was stored.
fn stored(edge: &Edge) -> String {
    let files = edge.files();
    assert_eq!(files.len(), 1, "{files:?}");
    fs::read_to_string(&files[0]).unwrap()
}

fn message(talk: &mut Talk, recipient: &str) {
    talk.accepted(&[
        "MAIL FROM:<a@client.example.org>",
        &format!("RCPT TO:<{recipient}>"),
        "DATA",
    ]);
    talk.send(b"Subject: x\r\n\r\ny\r\n.\r\n");
    assert!(talk.reply().starts_with("250 "));
}

#[test]
fn the_client_of_xclient_is_in_the_trace() {
    for (role, hello) in [("mx", "EHLO"), ("lmtp", "LHLO")] {
        let edge = edge(BELIEVED, "");
        let mut talk = edge.connect(role);
        let offered = talk.say(&format!("{hello} proxy.example.test"));
        assert!(
            offered
                .contains("XCLIENT NAME ADDR PROTO HELO REVERSE_NAME PORT LOGIN DESTADDR DESTPORT")
        );
        let greeting = talk.say("XCLIENT ADDR=198.51.100.7 HELO=client.example.org PROTO=ESMTP");
        assert!(greeting.starts_with("220 edge.example.test "), "{greeting}");
        let offered = talk.say(&format!("{hello} proxy.example.test"));
        assert!(
            !offered.contains("XCLIENT") && !offered.contains("XFORWARD"),
            "{offered}"
        );
        message(&mut talk, "alice@example.test");
        let stored = stored(&edge);
        assert!(
            stored.contains("from client.example.org ([198.51.100.7])"),
            "{stored}"
        );
    }
}

#[test]
fn a_login_of_xclient_is_one() {
    let edge = edge(BELIEVED, "");
    let mut talk = edge.connect("submission");
    talk.accepted(&[
        "EHLO proxy.example.test",
        "XCLIENT ADDR=IPV6:2001:db8::7 LOGIN=user+2Btag@example.test",
        "EHLO client.example.org",
    ]);
    message(&mut talk, "alice@example.test");
    let stored = stored(&edge);
    assert!(stored.contains("([IPv6:2001:db8::7])"), "{stored}");
    assert!(stored.contains("ESMTPA id"), "{stored}");
}

/// Dovecot's login proxy does not wait for the greeting.
#[test]
fn a_hello_in_the_same_flight_is_read_behind_the_greeting() {
    let edge = edge(BELIEVED, "");
    let mut talk = edge.connect("submission");
    talk.accepted(&["EHLO proxy.example.test"]);
    talk.send(b"XCLIENT ADDR=198.51.100.7 LOGIN=alice@example.test\r\nEHLO proxy.example.test\r\n");
    assert!(talk.reply().starts_with("220 edge.example.test "));
    assert!(talk.reply().starts_with("250-edge.example.test"));
    message(&mut talk, "alice@example.test");
    stored(&edge);
}

#[test]
fn what_xforward_says_is_for_the_log_alone() {
    let edge = edge(BELIEVED, "");
    let mut talk = edge.connect("mx");
    talk.accepted(&[
        "EHLO proxy.example.test",
        "XFORWARD ADDR=198.51.100.7 HELO=client.example.org",
    ]);
    message(&mut talk, "alice@example.test");
    let stored = stored(&edge);
    assert!(
        stored.contains("from proxy.example.test ([127.0.0.1])"),
        "{stored}"
    );
}

#[test]
fn the_client_of_proxy_is_in_the_trace() {
    // Of 198.51.100.7 port 4711, to 192.0.2.9 port 25.
    let binary =
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\xc6\x33\x64\x07\xc0\x00\x02\x09\x12\x67\x00\x19";
    let text = b"PROXY TCP4 198.51.100.7 192.0.2.9 4711 25\r\n";
    for header in [&binary[..], text] {
        let edge = edge(PROXIES, "");
        let mut talk = edge.dial("mx");
        // Octet by octet, and with nothing said before it is whole.
        let (last, first) = header.split_last().unwrap();
        for octet in first {
            talk.send(&[*octet]);
        }
        talk.silence();
        talk.send(&[*last]);
        assert!(talk.reply().starts_with("220 "));
        talk.accepted(&["EHLO client.example.org"]);
        message(&mut talk, "alice@example.test");
        let stored = stored(&edge);
        assert!(
            stored.contains("from client.example.org ([198.51.100.7])"),
            "{stored}"
        );
    }
}

#[test]
fn a_proxy_may_ask_whether_anybody_is_there() {
    let edge = edge(PROXIES, "");
    for header in [
        &b"PROXY UNKNOWN\r\n"[..],
        b"\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00",
    ] {
        let mut talk = edge.dial("mx");
        talk.send(header);
        assert!(talk.reply().starts_with("220 "));
        talk.accepted(&["EHLO proxy.example.test", "QUIT"]);
    }
}

/// The header comes before TLS as well, and not an octet of the handshake is taken for it.
#[test]
fn a_header_in_front_of_tls() {
    use std::io::{Read, Write};

    use mailwire_examples::client_tls::{client_config, server_name};
    use mailwire_tls_policy::outbound::CertificateCheck;

    let edge = Edge::configured(
        "hostname = \"edge.example.test\"\ndomains = [\"example.test\"]\n\
         [[listener]]\nrole = \"submissions\"\naddr = \"127.0.0.1:0\"\n\
         proxy_from = [\"127.0.0.1\"]\n",
    );
    let config = client_config(CertificateCheck::Skip, None).unwrap();
    let mut handshake =
        rustls::ClientConnection::new(config, server_name("edge.example.test").unwrap()).unwrap();
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", edge.port("submissions"))).unwrap();
    // All of it in one piece, as it comes from a proxy that is in no hurry.
    let mut octets = b"PROXY TCP4 198.51.100.7 192.0.2.9 4711 465\r\n".to_vec();
    handshake.write_tls(&mut octets).unwrap();
    stream.write_all(&octets).unwrap();
    let mut stream = rustls::StreamOwned::new(handshake, stream);
    let mut greeting = [0; 100];
    let length = stream.read(&mut greeting).unwrap();
    assert!(greeting[..length].starts_with(b"220 edge.example.test "));
}
