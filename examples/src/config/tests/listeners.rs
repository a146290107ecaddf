//! Where `edge` listens, and whom it believes there.

use super::*;

#[test]
fn enforced_inbound_tls_is_about_the_mx_and_never_about_lmtp() {
    let text = "enforce_inbound_tls = true\n\
                [[listener]]\nrole = \"mx\"\naddr = \"127.0.0.1:1\"\n\
                [[listener]]\nrole = \"lmtp\"\naddr = \"127.0.0.1:2\"\n\
                [[listener]]\nrole = \"submissions\"\naddr = \"127.0.0.1:3\"\n\
                [deliver]\ndiscard = true\n";
    let settings = Settings::parse(text).unwrap();
    let modes: Vec<TlsMode> = settings
        .listeners
        .iter()
        .map(|listener| listener.served.unwrap().tls)
        .collect();
    assert_eq!(
        modes,
        [TlsMode::StartTlsRequired, TlsMode::None, TlsMode::Implicit]
    );
}

#[test]
fn without_tls_each_listener_is_served_or_says_why_not() {
    let text = "tls = false\n\
                [[listener]]\nrole = \"mx\"\naddr = \"127.0.0.1:1\"\n\
                [[listener]]\nrole = \"submission\"\naddr = \"127.0.0.1:2\"\n\
                [[listener]]\nrole = \"submissions\"\naddr = \"127.0.0.1:3\"\n\
                [[listener]]\nrole = \"lmtp\"\naddr = \"127.0.0.1:4\"\n\
                [[listener]]\nrole = \"submission\"\naddr = \"127.0.0.1:5\"\ncleartext_auth = \"allow\"\n\
                [deliver]\ndiscard = true\n";
    let settings = Settings::parse(text).unwrap();
    let served: Vec<Result<TlsMode, NotBound>> = settings
        .listeners
        .iter()
        .map(|listener| listener.served.map(|listener| listener.tls))
        .collect();
    assert_eq!(
        served,
        [
            Ok(TlsMode::None),
            Err(NotBound::SubmissionWithoutCertificate),
            Err(NotBound::ImplicitTlsWithoutCertificate),
            Ok(TlsMode::None),
            Ok(TlsMode::None),
        ]
    );
    assert_eq!(
        settings.listeners[4].asked.cleartext_auth,
        CleartextAuth::Allow
    );
}

#[test]
fn an_address_widens_a_scope_and_never_narrows_it() {
    for (role, address, scope) in [
        ("mx", "127.0.0.1:1", Scope::Public),
        ("lmtp", "127.0.0.1:1", Scope::Internal),
        ("lmtp", "10.1.2.3:1", Scope::Internal),
        ("lmtp", "[fd00::1]:1", Scope::Internal),
        ("lmtp", "[::ffff:10.1.2.3]:1", Scope::Internal),
        ("lmtp", "0.0.0.0:1", Scope::Public),
        ("lmtp", "[::]:1", Scope::Public),
        ("lmtp", "192.0.2.1:1", Scope::Public),
    ] {
        let text = format!(
            "[[listener]]\nrole = \"{role}\"\naddr = \"{address}\"\n[deliver]\ndiscard = true\n"
        );
        let settings = Settings::parse(&text).unwrap();
        assert_eq!(settings.listeners[0].asked.scope, scope, "{role} {address}");
    }
}

#[test]
fn who_is_believed_about_clients() {
    let text = LEAST.replacen(
        "addr",
        "xclient_from = [\"127.0.0.1\", \"::1\"]\nxforward_from = [\"10.0.0.0/8\"]\n\
         proxy_from = [\"2001:db8::/32\"]\naddr",
        1,
    );
    let believed = &Settings::parse(&text).unwrap().listeners[0].believed;
    let named = |networks: &[Network]| networks.iter().map(Network::to_string).collect::<Vec<_>>();
    assert_eq!(named(&believed.xclient), ["127.0.0.1", "::1"]);
    assert_eq!(named(&believed.xforward), ["10.0.0.0/8"]);
    assert_eq!(named(&believed.proxy), ["2001:db8::/32"]);
    assert_eq!(
        Settings::parse(LEAST).unwrap().listeners[0].believed,
        Believed::default()
    );
    // Whoever believes everybody has no idea who anybody is.
    for key in ["xclient_from", "proxy_from"] {
        let text = LEAST.replacen("addr", &format!("{key} = [\"0.0.0.0/0\"]\naddr"), 1);
        let settings = Settings::parse(&text).unwrap();
        assert!(settings.has_errors(), "{key}: {:?}", settings.advice);
    }
}

/// The policy has one more role, for programs with one of their own.
#[test]
fn a_role_that_is_none_of_these() {
    let problem = problem(
        "[deliver]\ndiscard = true\n[[listener]]\nrole = \"custom\"\naddr = \"127.0.0.1:0\"\n",
    );
    assert!(
        problem.contains("found \"custom\"; allowed: mx, submission, submissions, lmtp"),
        "{problem}"
    );
}

#[test]
fn listeners_are_counted_from_1() {
    let listener = |text: &str| problem(&format!("{LEAST}[[listener]]\n{text}"));
    assert_eq!(
        listener("role = \"smtp\"\naddr = \"127.0.0.1:25\"\n"),
        ":7: listener[2].role: found \"smtp\"; allowed: mx, submission, submissions, lmtp"
    );
    assert_eq!(
        listener("role = \"mx\"\n"),
        ":6: listener[2].addr: missing; allowed: an IP address and a port, such as \
         \"127.0.0.1:2525\" or \"[::1]:2525\""
    );
    for address in [
        "localhost:25",
        "127.0.0.1",
        "127.0.0.1:65536",
        "25",
        " 127.0.0.1:25",
    ] {
        let problem = listener(&format!("role = \"mx\"\naddr = \"{address}\"\n"));
        assert!(
            problem.starts_with(&format!(":8: listener[2].addr: found {address:?}")),
            "{problem}"
        );
    }
    for key in ["xclient_from", "xforward_from", "proxy_from"] {
        for (value, path, found) in [
            (
                "\"10.0.0.1\"",
                key.to_owned(),
                "found \"10.0.0.1\"; allowed: a list of ",
            ),
            (
                "[\"10.0.0.1\", 7]",
                format!("{key}[2]"),
                "found 7; allowed: an address or ",
            ),
            (
                "[\"10.0.0.1/8\"]",
                format!("{key}[1]"),
                "found \"10.0.0.1/8\"; allowed: ",
            ),
            (
                "[\"proxy.example\"]",
                format!("{key}[1]"),
                "found \"proxy.example\"; ",
            ),
        ] {
            let problem = listener(&format!(
                "role = \"mx\"\naddr = \"127.0.0.1:25\"\n{key} = {value}\n"
            ));
            let expected = format!(":9: listener[2].{path}: {found}");
            assert!(problem.starts_with(&expected), "{problem}");
        }
    }
    assert!(
        listener("role = \"mx\"\naddr = \"127.0.0.1:25\"\nport = 25\n")
            .starts_with(":9: listener[2].port: unknown key; allowed here: role, addr, ")
    );
}
