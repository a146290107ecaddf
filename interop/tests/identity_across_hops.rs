//! Who a client is, across servers that others wrote: in front of `edge`, which believes them, and behind
//! it, where it is believed; directly and over a network that takes its time.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests panic to fail"
)]

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Output};
use std::thread::sleep;
use std::time::Duration;

use mailwire_interop::{
    Dovecot, Edge, Haproxy, Nginx, Postfix, SWAKS_LOGIN, certificate, run, slow, told,
};

const USER: &str = "alice@example.test";
/// An edge that others speak to in clear, on this host.
const INSIDE: &str = "tls = false";
const IN_CLEAR: &str = "cleartext_auth = \"allow\"";
/// Where clients come from here: not where proxies do.
const CLIENT: &str = "127.0.0.7";

/// What swaks makes of a message from alice to `to`, said to a port from [`CLIENT`].
fn swaks(port: u16, to: &str, more: &[&str]) -> Output {
    let more = [&["--local-interface", CLIENT], more].concat();
    mailwire_interop::swaks(port, to, &more)
}

fn is_taken(output: &Output) {
    assert!(output.status.success(), "{}", told(output));
}

/// The only message to bob.
fn stored(edge: &Edge) -> String {
    let stored = edge.mailbox("bob");
    assert_eq!(stored.len(), 1);
    let stored = String::from_utf8(stored.into_iter().next().unwrap()).unwrap();
    assert!(stored.contains("It works."), "{stored}");
    stored
}

/// A dialogue in octets.
struct Talk(BufReader<TcpStream>);

impl Talk {
    fn with(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        let mut talk = Self(BufReader::new(stream));
        assert!(talk.reply().starts_with("220"));
        talk
    }

    /// The last line of a reply.
    fn reply(&mut self) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(self.0.read_line(&mut line).unwrap(), 0, "no reply");
            if line.as_bytes().get(3) != Some(&b'-') {
                return line.trim_end().to_owned();
            }
        }
    }

    fn say(&mut self, line: &str) -> String {
        self.0
            .get_mut()
            .write_all(format!("{line}\r\n").as_bytes())
            .unwrap();
        self.reply()
    }
}

/// A Postfix that takes mail for others from who has logged in, and who that is from this host; and that
/// minds when a client does not wait for it.
fn postfix(dovecot: &Dovecot) -> Postfix {
    let settings = "smtpd_authorized_xclient_hosts = 127.0.0.0/8\n\
                    smtpd_forbid_unauth_pipelining = yes\n\
                    smtpd_tls_auth_only = no\n\
                    inet_protocols = all\n\
                    smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination\n";
    Postfix::start_with(dovecot, settings, certificate)
}

#[test]
fn postfix_behind_edge_learns_who_has_logged_in() {
    let dovecot = Dovecot::start(1);
    let postfix = postfix(&dovecot);
    // What broke in the field: XCLIENT and the next EHLO in one breath. This Postfix minds. Both are one write, so
    // the second is there when it looks; octet by octet it would be chance.
    for _ in 0..20 {
        let mut talk = Talk::with(postfix.port());
        talk.say("EHLO proxy.example.test");
        let in_one_breath =
            "XCLIENT ADDR=192.0.2.7 LOGIN=alice@example.test\r\nEHLO proxy.example.test";
        let refusal = talk.say(in_one_breath);
        assert!(
            refusal.starts_with("554 5.5.0 "),
            "{refusal}\n{}",
            postfix.log()
        );
    }

    for port in [postfix.port(), slow(postfix.port())] {
        for xclient in [true, false] {
            let relay = format!(
                "[relay]\nhost = \"127.0.0.1:{port}\"\ntls = \"off\"\nxclient = {xclient}\n"
            );
            let edge = Edge::start_with(INSIDE, &["submission"], IN_CLEAR, &relay);
            // What comes over the slow network comes from this host.
            let direct = edge.port("submission");
            for (port, client) in [(direct, CLIENT), (slow(direct), "127.0.0.1")] {
                let before = postfix.log().len();
                let sent = swaks(port, "x@remote.invalid", &SWAKS_LOGIN);
                let log = postfix.log().split_off(before);
                if xclient {
                    is_taken(&sent);
                    assert!(log.contains("sasl_username=alice@example.test"), "{log}");
                    let client = format!("client=unknown[{client}]");
                    assert!(log.contains(&client), "{log}");
                } else {
                    assert!(!sent.status.success(), "{}", told(&sent));
                    assert!(told(&sent).contains("554 5.7.1 "), "{}", told(&sent));
                    assert!(log.contains("Relay access denied"), "{log}");
                }
                assert!(!log.contains("improper command pipelining"), "{log}");
            }
        }
    }
}

#[test]
fn nginx_in_front_of_edge_tells_whom_it_has_logged_in() {
    let believed = format!("{IN_CLEAR}\nxclient_from = [\"127.0.0.1\"]");
    for is_slow in [false, true] {
        let edge = Edge::start_with(INSIDE, &["mx", "submission"], &believed, "");
        let via = |role| match is_slow {
            true => slow(edge.port(role)),
            false => edge.port(role),
        };
        let nginx = Nginx::start(via("mx"), via("submission"));
        let sent = swaks(nginx.submission(), "bob@example.test", &SWAKS_LOGIN);
        assert!(sent.status.success(), "{}\n{}", told(&sent), nginx.log());
        let trace = stored(&edge);
        assert!(
            trace.contains(&format!("from client.example.org ([{CLIENT}])")),
            "{trace}"
        );
        assert!(trace.contains("ESMTPA id"), "{trace}");

        // Another server, which logs in nowhere.
        let sent = swaks(nginx.mx(), "carol@example.test", &[]);
        assert!(sent.status.success(), "{}\n{}", told(&sent), nginx.log());
        let trace = String::from_utf8(edge.mailbox("carol").remove(0)).unwrap();
        assert!(trace.contains(&format!("([{CLIENT}])")), "{trace}");
        assert!(trace.contains("ESMTP id"), "{trace}");
        let foreign = swaks(nginx.mx(), "x@remote.invalid", &[]);
        assert!(told(&foreign).contains("554 5.7.1 "), "{}", told(&foreign));
    }
}

/// Once a user is logged in, nginx passes on whatever comes. The client here comes from 127.0.0.1 as nginx
/// does, so it is believed as a proxy would be: that is what naming an address means. From elsewhere it is
/// not.
#[test]
fn a_user_behind_nginx_does_not_become_another() {
    let believed = format!("{IN_CLEAR}\nxclient_from = [\"127.0.0.1\"]");
    let edge = Edge::start_with(INSIDE, &["mx", "submission"], &believed, "");
    let nginx = Nginx::start(edge.port("mx"), edge.port("submission"));
    const TAKE_OVER: &str = r#"
import smtplib, sys
client = smtplib.SMTP("127.0.0.1", int(sys.argv[1]), source_address=(sys.argv[2], 0))
client.login("alice@example.test", "secret")
print(client.docmd("XCLIENT LOGIN=bob@example.test"))
print(client.docmd("XFORWARD ADDR=192.0.2.7"))
print(client.docmd("NOOP"))
"#;
    let port = nginx.submission().to_string();
    let tried = run(Command::new("python3").args(["-c", TAKE_OVER, &port, CLIENT]));
    let told = told(&tried);
    assert_eq!(
        told.matches("(550, b'5.7.0 Not authorized").count(),
        2,
        "{told}"
    );
    assert!(told.contains("(250, "), "{told}");
}

#[test]
fn dovecot_in_front_of_edge_tells_whom_it_has_logged_in() {
    let believed = format!("{IN_CLEAR}\nxclient_from = [\"127.0.0.1\"]");
    for is_slow in [false, true] {
        let edge = Edge::start_with(INSIDE, &["submission"], &believed, "");
        let port = match is_slow {
            true => slow(edge.port("submission")),
            false => edge.port("submission"),
        };
        // Its own service, with edge as the server that it passes mail on to.
        let dovecot = Dovecot::start_with(port, "submission_relay_trusted = yes\n");
        let more = [&SWAKS_LOGIN[..], &["--tls"]].concat();
        let sent = swaks(dovecot.port(), "bob@example.test", &more);
        assert!(sent.status.success(), "{}\n{}", told(&sent), dovecot.log());
        let trace = stored(&edge);
        assert!(trace.contains(&format!("([{CLIENT}])")), "{trace}");
        assert!(trace.contains("ESMTPA id"), "{trace}");
    }
    // Where nobody is believed, nobody has logged in.
    let edge = Edge::start_with(INSIDE, &["submission"], IN_CLEAR, "");
    let dovecot = Dovecot::start_with(edge.port("submission"), "submission_relay_trusted = yes\n");
    let more = [&SWAKS_LOGIN[..], &["--tls"]].concat();
    let sent = swaks(dovecot.port(), "bob@example.test", &more);
    assert!(!sent.status.success(), "{}", told(&sent));
    assert!(edge.mailbox("bob").is_empty());
}

/// Dovecot hands the whole login over, with XCLIENT and EHLO in one flight.
#[test]
fn dovecot_as_a_login_proxy_in_front_of_edge() {
    let believed = format!("{IN_CLEAR}\nxclient_from = [\"127.0.0.1\"]");
    for is_slow in [false, true] {
        let edge = Edge::start_with(INSIDE, &["submission"], &believed, "");
        let port = match is_slow {
            true => slow(edge.port("submission")),
            false => edge.port("submission"),
        };
        let passdb = format!(
            "passdb {{\n driver = static\n args = nopassword=y proxy=y host=127.0.0.1 port={port}\n}}\n"
        );
        let dovecot = Dovecot::proxying(&passdb);
        let more = [&SWAKS_LOGIN[..], &["--tls"]].concat();
        let sent = swaks(dovecot.port(), "bob@example.test", &more);
        assert!(sent.status.success(), "{}\n{}", told(&sent), dovecot.log());
        let trace = stored(&edge);
        assert!(trace.contains(&format!("([{CLIENT}])")), "{trace}");
        // A wrong password is one, whoever passes it on.
        let wrong = [
            "--tls",
            "--auth",
            "PLAIN",
            "--auth-user",
            USER,
            "--auth-password",
            "wrong",
        ];
        let refused = swaks(dovecot.port(), "bob@example.test", &wrong);
        assert!(!refused.status.success(), "{}", told(&refused));
    }
}

#[test]
fn haproxy_in_front_of_edge_tells_whom_it_connects() {
    for is_slow in [false, true] {
        let proxies = "proxy_from = [\"127.0.0.1\"]\nxclient_from = [\"127.0.0.1\"]";
        let edge = Edge::start_with(INSIDE, &["mx"], proxies, "");
        let port = match is_slow {
            true => slow(edge.port("mx")),
            false => edge.port("mx"),
        };
        let haproxy = Haproxy::start(port);
        let [one, two, tls] = haproxy.ports();
        // It is taken to be alive first, by headers of LOCAL.
        sleep(Duration::from_millis(1500));
        for (port, more) in [(one, &[][..]), (two, &[]), (tls, &["--tls-on-connect"])] {
            let before = edge.mailbox("bob").len();
            let sent = swaks(port, "bob@example.test", more);
            is_taken(&sent);
            let stored = edge.mailbox("bob");
            assert_eq!(stored.len(), before + 1);
            let traces = stored
                .iter()
                .map(|it| String::from_utf8_lossy(it).into_owned());
            for trace in traces {
                assert!(
                    trace.contains(&format!("from client.example.org ([{CLIENT}])")),
                    "{trace}"
                );
            }
        }
    }
}

/// It may say XCLIENT itself, and its clients may not for that.
#[test]
fn a_client_behind_haproxy_does_not_become_it() {
    let both = "proxy_from = [\"127.0.0.1\"]\nxclient_from = [\"127.0.0.1\"]";
    let edge = Edge::start_with(INSIDE, &["mx"], both, "");
    let haproxy = Haproxy::start(edge.port("mx"));
    let [one, two, _] = haproxy.ports();
    sleep(Duration::from_millis(1500));
    const TAKE_OVER: &str = r#"
import smtplib, sys
client = smtplib.SMTP("127.0.0.1", int(sys.argv[1]), source_address=(sys.argv[2], 0))
print(client.ehlo())
print(client.docmd("XCLIENT LOGIN=bob@example.test"))
print(client.docmd("XCLIENT ADDR=127.0.0.1"))
"#;
    for port in [one, two] {
        let port = port.to_string();
        let tried = run(Command::new("python3").args(["-c", TAKE_OVER, &port, CLIENT]));
        let told = told(&tried);
        let refusals = told.matches("(550, b'5.7.0 Not authorized").count();
        assert_eq!(refusals, 2, "{told}");
        assert!(!told.contains("XCLIENT NAME"), "{told}");
    }
}

#[test]
fn swaks_says_xclient_and_proxy() {
    let edge = Edge::start_with(
        INSIDE,
        &["submission"],
        &format!("{IN_CLEAR}\nxclient_from = [\"127.0.0.0/8\"]"),
        "",
    );
    let xclient = [
        "--xclient",
        "ADDR=198.51.100.7 PORT=4711 HELO=client.example.org PROTO=ESMTP LOGIN=user+2Btag@example.test",
    ];
    let sent = swaks(edge.port("submission"), "bob@example.test", &xclient);
    is_taken(&sent);
    let trace = stored(&edge);
    assert!(
        trace.contains("from client.example.org ([198.51.100.7])"),
        "{trace}"
    );
    assert!(trace.contains("ESMTPA id"), "{trace}");

    for version in ["1", "2"] {
        let edge = Edge::start_with(INSIDE, &["mx"], "proxy_from = [\"127.0.0.0/8\"]", "");
        let family = if version == "1" { "TCP4" } else { "AF_INET" };
        let header = [
            "--proxy-version",
            version,
            "--proxy-family",
            family,
            "--proxy-source",
            "198.51.100.7",
            "--proxy-source-port",
            "4711",
            "--proxy-dest",
            "192.0.2.9",
            "--proxy-dest-port",
            "25",
        ];
        let more: &[&str] = match version {
            "1" => &[],
            _ => &["--proxy-protocol", "STREAM", "--proxy-command", "PROXY"],
        };
        let sent = swaks(
            edge.port("mx"),
            "bob@example.test",
            &[&header[..], more].concat(),
        );
        is_taken(&sent);
        let trace = stored(&edge);
        assert!(
            trace.contains("from client.example.org ([198.51.100.7])"),
            "{trace}"
        );
        // Without it nothing is said.
        let bare = swaks(edge.port("mx"), "bob@example.test", &[]);
        assert!(!bare.status.success(), "{}", told(&bare));
    }
    // Nobody expects it.
    let edge = Edge::start_with(INSIDE, &["mx"], "", "");
    let header = [
        "--proxy-version",
        "1",
        "--proxy-family",
        "TCP4",
        "--proxy-source",
        "198.51.100.7",
        "--proxy-source-port",
        "4711",
        "--proxy-dest",
        "192.0.2.9",
        "--proxy-dest-port",
        "25",
    ];
    let sent = swaks(edge.port("mx"), "bob@example.test", &header);
    assert!(!sent.status.success(), "{}", told(&sent));
}

/// What the table of our own tests says of these two is so.
#[test]
fn attributes_are_to_postfix_and_dovecot_what_the_table_says() {
    const CASES: &str = include_str!("../../smtp-proto/tests/cases/xclient.tsv");
    let dovecot = Dovecot::start_with(1, "login_trusted_networks = 127.0.0.0/8\n");
    let postfix = postfix(&dovecot);
    let mut differ = String::new();
    for row in CASES.lines().filter(|it| !it.starts_with('#')) {
        let columns: Vec<&str> = row.split('\t').collect();
        let arguments = columns[0].replace("\\t", "\t");
        for (port, expected) in [(postfix.port(), columns[1]), (dovecot.port(), columns[2])] {
            // On a host without IPv6, Postfix takes no such address either.
            let is_ipv6 = arguments.to_ascii_uppercase().contains("IPV6:");
            if is_ipv6 && port == postfix.port() && !Path::new("/proc/net/if_inet6").exists() {
                continue;
            }
            let mut talk = Talk::with(port);
            talk.say("EHLO proxy.example.test");
            let said = talk.say(format!("XCLIENT {arguments}").trim_end_matches(' '));
            if !said.starts_with(expected) {
                differ += &format!("{row}: {said}\n");
            }
        }
    }
    assert!(differ.is_empty(), "{differ}");
}
