//! Where mail goes from here.

use super::*;

#[test]
fn the_next_server() {
    let text = format!(
        "{LEAST}[relay]\nhost = \"relay.example.test:587\"\ntls = \"starttls\"\nverify = false\n\
         xclient = true\nuser = \"edge\"\npassword = \"secret\"\ncleartext_auth = \"loopback\"\n"
    );
    let settings = Settings::parse(&text).unwrap();
    assert!(!format!("{settings:?}").contains("secret"));
    let relay = settings.relay.unwrap();
    assert_eq!(relay.host.to_string(), "relay.example.test:587");
    assert_eq!(relay.policy.tls, Outbound::StartTlsRequired);
    assert_eq!(relay.policy.check, CertificateCheck::Skip);
    assert_eq!(relay.policy.cleartext_auth, CleartextAuth::AllowLoopback);
    assert!(relay.xclient);
    assert_eq!(relay.credentials.unwrap().0, "edge");
    // What is not said is the strict choice.
    let least = format!("{LEAST}[relay]\nhost = \"[::1]:25\"\n");
    let relay = Settings::parse(&least).unwrap().relay.unwrap();
    assert_eq!(relay.host.to_string(), "[::1]:25");
    assert_eq!(relay.policy, Policy::new(Outbound::Off));
    assert!(!relay.xclient && relay.credentials.is_none());
    assert!(Settings::parse(LEAST).unwrap().relay.is_none());
}

#[test]
fn a_next_server_that_cannot_be() {
    let relay = |text: &str| problem(&format!("{LEAST}[relay]\n{text}"));
    for (text, expected) in [
        (
            "tls = \"off\"\n",
            ":6: relay.host: missing; allowed: a host and a port",
        ),
        (
            "host = \"relay\"\n",
            ":7: relay.host: found \"relay\"; allowed: a host and a port",
        ),
        // None of these could be connected to.
        (
            "host = \"a b:25\"\n",
            ":7: relay.host: found \"a b:25\"; allowed: a host and a port",
        ),
        (
            "host = \"b\u{fc}cher.example:25\"\n",
            ":7: relay.host: found \"b\u{fc}cher.example:25\"; allowed: a host and a port",
        ),
        (
            "host = \"h:25\"\ntls = \"on\"\n",
            ":8: relay.tls: found \"on\"; allowed: off, opportunistic, starttls, implicit",
        ),
        (
            "host = \"h:25\"\nverify = \"no\"\n",
            ":8: relay.verify: found \"no\"; allowed: true, false",
        ),
        (
            "host = \"h:25\"\nxclient = 1\n",
            ":8: relay.xclient: found 1; allowed: true, false",
        ),
        (
            "host = \"h:25\"\nuser = \"a\"\n",
            ":6: relay.password: missing; it belongs to user",
        ),
        (
            "host = \"h:25\"\npassword = \"a\"\n",
            ":6: relay.user: missing; it belongs to password",
        ),
        (
            "host = \"h:25\"\ncleartext_auth = \"yes\"\n",
            ":8: relay.cleartext_auth: found \"yes\"; allowed: deny, loopback, allow",
        ),
        (
            "host = \"h:25\"\nport = 25\n",
            ":8: relay.port: unknown key; allowed here: host, tls",
        ),
    ] {
        let problem = relay(text);
        assert!(problem.starts_with(expected), "{problem}");
    }
    // A contradiction is found before anything is connected to, and says what would help.
    let clear = format!("{LEAST}[relay]\nhost = \"192.0.2.1:465\"\ntls = \"off\"\n");
    let settings = Settings::parse(&clear).unwrap();
    let advice = settings.advice.iter().find(|it| it.subject == "relay");
    assert!(
        settings.has_errors() && advice.is_some(),
        "{:?}",
        settings.advice
    );
}

/// A password that may not go in clear, and no TLS for it: one mechanism is left, if the server has it.
#[test]
fn a_password_that_hardly_goes() {
    let advice = |host: &str, more: &str| {
        let text = format!(
            "{LEAST}[relay]\nhost = \"{host}:2587\"\nuser = \"a\"\npassword = \"b\"\n{more}\n"
        );
        let settings = Settings::parse(&text).unwrap();
        assert!(!settings.has_errors(), "{:?}", settings.advice);
        let mut advice = settings.advice.into_iter();
        advice.any(|it| it.subject == "relay.password" && it.text.contains("SCRAM-SHA-256"))
    };
    for (more, expected) in [
        ("", true),
        ("tls = \"opportunistic\"", true),
        ("tls = \"starttls\"", false),
        ("tls = \"implicit\"", false),
        // Not to check a certificate says nothing about it.
        ("verify = false", true),
        ("cleartext_auth = \"loopback\"", true),
        ("cleartext_auth = \"allow\"", false),
    ] {
        assert_eq!(advice("192.0.2.1", more), expected, "{more}");
    }
    let loopback = "cleartext_auth = \"loopback\"";
    assert!(!advice("127.0.0.1", loopback));
}

#[test]
fn a_server_that_delivers() {
    let lmtp =
        |more: &str| LEAST.replace("discard = true", &format!("lmtp = \"[::1]:24\"\n{more}"));
    let Deliver::Lmtp(server) = Settings::parse(&lmtp("")).unwrap().deliver else {
        panic!("another place")
    };
    assert_eq!(server.host.to_string(), "[::1]:24");
    assert_eq!(server.policy, Policy::new(Outbound::Off));
    let text = lmtp("lmtp_tls = \"starttls\"\nlmtp_verify = false");
    let Deliver::Lmtp(server) = Settings::parse(&text).unwrap().deliver else {
        panic!("another place")
    };
    assert_eq!(server.policy.tls, Outbound::StartTlsRequired);
    assert_eq!(server.policy.check, CertificateCheck::Skip);
    for (more, expected) in [
        (
            "lmtp_tls = \"yes\"",
            "deliver.lmtp_tls: found \"yes\"; allowed: off, opportunistic",
        ),
        (
            "lmtp_verify = 1",
            "deliver.lmtp_verify: found 1; allowed: true, false",
        ),
        (
            "discard = true",
            "deliver: found lmtp and discard; allowed: exactly one of",
        ),
    ] {
        let problem = problem(&lmtp(more));
        assert!(problem.contains(expected), "{problem}");
    }
    let nowhere = problem(&LEAST.replace("discard = true", "lmtp = \"relay\""));
    assert!(
        nowhere.contains("deliver.lmtp: found \"relay\"; allowed: a host and a port"),
        "{nowhere}"
    );
}

#[test]
fn mail_goes_to_exactly_one_place() {
    let deliver = |text: &str| problems(&LEAST.replace("discard = true", text));
    assert_eq!(
        deliver(""),
        [":4: deliver: found none; allowed: exactly one of maildir, lmtp, discard"]
    );
    assert_eq!(
        deliver("discard = true\nmaildir = \"mail\""),
        [":4: deliver: found maildir and discard; allowed: exactly one of maildir, lmtp, discard"]
    );
    assert_eq!(
        deliver("discard = false"),
        [":5: deliver.discard: found false; allowed: true, or leave it out"]
    );
    assert_eq!(
        deliver("maildir = \"\""),
        [":5: deliver.maildir: found \"\"; allowed: the path of a folder"]
    );
    assert_eq!(
        problems("[[listener]]\nrole = \"mx\"\naddr = \"127.0.0.1:0\"\n"),
        [": deliver: missing; allowed: [deliver] with exactly one of maildir, lmtp, discard"]
    );
}
