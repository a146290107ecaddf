//! What is wrong is named, with its line and what is allowed.

use super::*;

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
