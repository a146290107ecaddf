use std::time::Duration;

use mailwire_tls_policy::outbound::{CertificateCheck, Policy, TlsMode as Outbound};
use mailwire_tls_policy::{CleartextAuth, Network, NotBound, Role, Scope, TlsMode};

use super::*;
use crate::mailboxes::Lookup;

const FULL: &str = r#"
hostname = "edge.example.test"
domains  = ["example.test"]
mailboxes = ["alice", "bob", "user*"]
enforce_inbound_tls = false

[tls]
cert = "cert.pem"
key  = "key.pem"

[[listener]]
role = "mx"
addr = "127.0.0.1:2525"
xclient_from = []
xforward_from = []
proxy_from   = []

[[user]]
name = "alice@example.test"
password = "secret"

[deliver]
maildir = "mail"

[limits]
message_size = 26_214_400
recipients   = 1000
[timeouts]
command = 300
"#;

/// The least that a file has to say.
const LEAST: &str =
    "[[listener]]\nrole = \"mx\"\naddr = \"127.0.0.1:0\"\n[deliver]\ndiscard = true\n";

/// The problems of a text, as lines without the name of the file.
fn problems(text: &str) -> Vec<String> {
    let error = Settings::parse(text).expect_err("the text should be wrong");
    error
        .to_string()
        .lines()
        .map(|line| line.replacen("configuration", "", 1))
        .collect()
}

fn problem(text: &str) -> String {
    let mut problems = problems(text);
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems.remove(0)
}

#[test]
fn a_full_file_is_read() {
    let settings = Settings::parse(FULL).unwrap();
    assert_eq!(settings.hostname, "edge.example.test");
    assert_eq!(
        settings.certificate,
        CertificateSource::Files {
            cert: "cert.pem".into(),
            key: "key.pem".into()
        }
    );
    assert_eq!(settings.listeners.len(), 1);
    assert_eq!(settings.listeners[0].asked.role, Role::Mx);
    assert_eq!(
        settings.users.check("alice@example.test", "secret"),
        Some("alice@example.test")
    );
    assert_eq!(settings.deliver, Deliver::Maildir("mail".into()));
    assert_eq!(settings.limits, Limits::default());
    assert_eq!(settings.timeouts.command, Duration::from_secs(300));
    let find = |local| settings.mailboxes.find(local, Some("example.test"));
    assert!(matches!(find("user7"), Lookup::Exists(_)));
    assert_eq!(find("mallory"), Lookup::Unknown);
    assert!(settings.demo.is_none());
    assert_eq!(settings.advice, []);
    assert!(!format!("{settings:?}").contains("secret"));
}

#[test]
fn a_short_file_gets_defaults_that_are_said() {
    let settings = Settings::parse(LEAST).unwrap();
    assert_eq!(settings.hostname, "edge.example.test");
    assert_eq!(settings.certificate, CertificateSource::SelfSigned);
    assert_eq!(settings.limits.message_size, 26_214_400);
    assert_eq!(settings.limits.recipients, 1000);
    let subjects: Vec<&str> = settings
        .advice
        .iter()
        .map(|advice| advice.subject.as_str())
        .collect();
    assert_eq!(subjects, ["hostname", "domains"]);
    assert!(!settings.has_errors());
}

#[test]
fn the_embedded_defaults() {
    let settings = Settings::load(None).unwrap();
    let listeners: Vec<(Role, String)> = settings
        .listeners
        .iter()
        .map(|listener| (listener.asked.role, listener.address.to_string()))
        .collect();
    assert_eq!(
        listeners,
        [
            (Role::Mx, "127.0.0.1:2525".to_owned()),
            (Role::Submission, "127.0.0.1:2587".to_owned()),
            (Role::Submissions, "127.0.0.1:2465".to_owned()),
            (Role::Lmtp, "127.0.0.1:2424".to_owned()),
        ]
    );
    let demo = settings.demo.as_ref().unwrap();
    assert_eq!(demo.name, "demo@example.test");
    assert!(
        settings
            .users
            .check(&demo.name, demo.password.expose())
            .is_some()
    );
    assert_eq!(settings.deliver, Deliver::Maildir("mail".into()));
    assert_eq!(settings.advice, []);
}

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

#[test]
fn every_wrong_value_is_named_with_its_line_and_what_is_allowed() {
    for (line, path, allowed) in [
        (
            "hostname = \"a_b\"",
            "hostname",
            "found \"a_b\"; allowed: a domain name",
        ),
        (
            "hostname = 3",
            "hostname",
            "found 3; allowed: a domain name",
        ),
        (
            "domains = \"example.test\"",
            "domains",
            "allowed: a list of domain names",
        ),
        (
            "domains = [\"a.test\", \"-\"]",
            "domains[2]",
            "found \"-\"; allowed: a domain name",
        ),
        (
            "mailboxes = [\"a*b\"]",
            "mailboxes[1]",
            "found \"a*b\"; allowed: a local part",
        ),
        (
            "enforce_inbound_tls = \"on\"",
            "enforce_inbound_tls",
            "found \"on\"; allowed: true, false",
        ),
        (
            "tls = true",
            "tls",
            "found true; allowed: a table with cert and key, or false",
        ),
        (
            "tls = { cert = \"c\" }",
            "tls.key",
            "missing; allowed: the path of a file",
        ),
        (
            "tls = { cert = \"c\", key = \"k\", ca = \"x\" }",
            "tls.ca",
            "allowed here: cert, key",
        ),
        (
            "limits = { recipients = 0 }",
            "limits.recipients",
            "found 0; allowed: a whole number of recipients from 1",
        ),
        (
            "limits = { message_size = -1 }",
            "limits.message_size",
            "found -1; allowed: a whole number of octets",
        ),
        (
            "limits = { message_size = 1.5 }",
            "limits.message_size",
            "found 1.5",
        ),
        (
            "timeouts = { command = \"5m\" }",
            "timeouts.command",
            "a whole number of seconds from 1 to 86400",
        ),
        (
            "timeouts = { data = 5 }",
            "timeouts.data",
            "unknown key; allowed here: command",
        ),
        (
            "user = [{ name = \"\", password = \"x\" }]",
            "user[1].name",
            "found \"\"; allowed: text of 1 to 255 octets",
        ),
        ("user = [{ name = \"a\" }]", "user[1].password", "missing"),
        (
            "hostnam = \"x\"",
            "hostnam",
            "unknown key; allowed here: hostname, domains, mailboxes",
        ),
    ] {
        let problem = problem(&format!("{line}\n{LEAST}"));
        assert!(
            problem.starts_with(&format!(":1: {path}: ")),
            "{line}: {problem}"
        );
        assert!(problem.contains(allowed), "{line}: {problem}");
    }
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

#[test]
fn all_problems_are_reported_in_the_order_of_their_lines() {
    let text = "hostname = 1\nunknown = 2\n[[listener]]\nrole = \"x\"\naddr = \"y\"\n\
                [[listener]]\nrole = \"z\"\naddr = \"127.0.0.1:0\"\n[limits]\nrecipients = \"many\"\n";
    let places: Vec<String> = problems(text)
        .iter()
        .map(|problem| {
            problem
                .splitn(3, ": ")
                .take(2)
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    assert_eq!(
        places,
        [
            ":1 hostname",
            ":2 unknown",
            ":4 listener[1].role",
            ":5 listener[1].addr",
            ":7 listener[2].role",
            ":10 limits.recipients",
            " deliver",
        ]
    );
}

#[test]
fn addresses_and_names_are_used_once() {
    let twice = "[[listener]]\nrole = \"lmtp\"\naddr = \"127.0.0.1:2525\"\n";
    let text = format!("{twice}{twice}[deliver]\ndiscard = true\n");
    assert_eq!(
        problem(&text),
        ":4: listener[2]: 127.0.0.1:2525 is taken by an earlier listener"
    );
    let free = twice.replace("2525", "0");
    assert!(Settings::parse(&format!("{free}{free}[deliver]\ndiscard = true\n")).is_ok());
    let user = "[[user]]\nname = \"a\"\npassword = \"b\"\n";
    assert_eq!(
        problem(&format!("{LEAST}{user}{user}")),
        ":9: user[2]: \"a\" is the name of an earlier user"
    );
}

#[test]
fn no_problem_shows_a_password() {
    for text in [
        format!("{LEAST}[[user]]\nname = \"a\"\npassword = \"hidden\\u0000word\"\n"),
        format!("{LEAST}[[user]]\nname = \"a\"\npassword = [\"hidden\"]\n"),
        format!("{LEAST}[[user]]\nname = \"a\"\npassword = \"hidden\n"),
        format!("{LEAST}[[user]]\nname = \"a\"\npasswor = \"hidden\"\n"),
    ] {
        let problems = problems(&text).join("\n");
        assert!(!problems.contains("hidden"), "{problems}");
    }
}

#[test]
fn what_is_no_toml_is_said_with_its_line_and_alone() {
    let problems = problems("hostname = \"x\"\ndomains = [\n= 3\n");
    assert!(
        problems[0].starts_with(":3: ") || problems[0].starts_with(":2: "),
        "{problems:?}"
    );
    assert!(
        !problems
            .iter()
            .any(|problem| problem.contains("missing; allowed")),
        "{problems:?}"
    );
}

#[test]
fn errors_name_their_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("edge.toml");
    let absent = Settings::load(Some(&file)).unwrap_err().to_string();
    assert!(absent.contains("edge.toml: cannot be read"), "{absent}");
    std::fs::write(&file, format!("hostname = 1\n{LEAST}")).unwrap();
    let wrong = Settings::load(Some(&file)).unwrap_err().to_string();
    assert!(wrong.contains("edge.toml:1: hostname: found 1"), "{wrong}");
}

#[test]
fn advice() {
    let advice = |text: &str| {
        let settings = Settings::parse(text).unwrap();
        let lines = settings
            .advice
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n");
        (settings.has_errors(), lines)
    };
    let with = |role: &str, address: &str| {
        LEAST
            .replace("\"mx\"", &format!("{role:?}"))
            .replace("127.0.0.1:0", address)
    };
    let (errors, text) = advice(&with("submission", "127.0.0.1:2587"));
    assert!(
        !errors && text.contains("warning: user: No account exists"),
        "{text}"
    );
    let (errors, text) = advice(&with("lmtp", "127.0.0.1:25"));
    assert!(
        errors && text.contains("error: listener[1] (lmtp, 127.0.0.1:25): LMTP must not"),
        "{text}"
    );
    let (errors, text) = advice(&with("submissions", "127.0.0.1:587"));
    assert!(
        !errors
            && text.contains("(submissions, 127.0.0.1:587): The port is registered for another"),
        "{text}"
    );
    let (errors, text) = advice(&with("lmtp", "0.0.0.0:24"));
    assert!(!errors && text.contains("RFC 2033 section 5"), "{text}");
    let (_, text) = advice(&format!(
        "{LEAST}[limits]\nrecipients = 99\nmessage_size = 65535\n"
    ));
    assert!(
        text.contains("limits.recipients") && text.contains("limits.message_size"),
        "{text}"
    );
    let (_, text) = advice(&format!(
        "{LEAST}[limits]\nrecipients = 100\nmessage_size = 65536\n"
    ));
    assert!(!text.contains("limits"), "{text}");
    let (_, text) = advice(&format!("domains = []\nmailboxes = []\n{LEAST}"));
    assert!(
        text.contains("warning: domains") && text.contains("warning: mailboxes"),
        "{text}"
    );
}
