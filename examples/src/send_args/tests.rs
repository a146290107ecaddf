use clap::CommandFactory;

use super::*;

const LEAST: [&str; 9] = [
    "send",
    "--to",
    "mx.example.test:25",
    "--from",
    "alice@example.test",
    "--rcpt",
    "bob@example.test",
    "--message",
    "-",
];

fn parse(more: &[&str]) -> Result<SendArgs, clap::Error> {
    SendArgs::try_parse_from(LEAST.iter().chain(more))
}

fn plan(more: &[&str]) -> Result<Plan, PlanError> {
    parse(more).unwrap().plan()
}

#[test]
fn the_command_line_is_sound() {
    SendArgs::command().debug_assert();
}

#[test]
fn the_defaults_are_careful() {
    let plan = plan(&[]).unwrap();
    assert_eq!(plan.policy, Policy::new(TlsMode::Off));
    assert_eq!(plan.server_name, "mx.example.test");
    assert_eq!(plan.recipients, ["bob@example.test"]);
    assert_eq!(plan.message, MessageSource::Stdin);
    assert!(plan.pipelining && plan.credentials.is_none() && plan.timeout.is_none());
}

#[test]
fn everything_else_can_be_asked_for() {
    let plan = plan(&[
        "--lmtp",
        "--rcpt",
        "<carol@example.test>",
        "--tls",
        "implicit",
        "--no-verify",
        "--servername",
        "other.example.test",
        "--user",
        "alice",
        "--password",
        "hidden-word",
        "--mechanism",
        "plain",
        "--cleartext-auth",
        "loopback",
        "--helo",
        "client.example.test",
        "--no-pipelining",
        "--timeout",
        "7",
        "-v",
    ])
    .unwrap();
    assert_eq!(
        plan.policy,
        Policy {
            tls: TlsMode::Implicit,
            check: CertificateCheck::Skip,
            cleartext_auth: CleartextAuth::AllowLoopback,
        }
    );
    assert!(plan.lmtp && !plan.pipelining && plan.verbose);
    assert_eq!(plan.recipients.len(), 2);
    assert_eq!(plan.server_name, "other.example.test");
    assert_eq!(plan.hello.as_deref(), Some("client.example.test"));
    assert_eq!(plan.timeout, Some(Duration::from_secs(7)));
    assert_eq!(
        plan.credentials.as_ref().unwrap().password.expose(),
        "hidden-word"
    );
    assert!(!format!("{plan:?}").contains("hidden-word"));
}

#[test]
fn skipping_the_check_never_allows_a_password_in_clear_text() {
    let plan = plan(&["--tls", "off", "--no-verify"]).unwrap();
    assert_eq!(plan.policy.cleartext_auth, CleartextAuth::Deny);
}

#[test]
fn an_identity_is_written_as_people_write_it() {
    for (text, said) in [
        (
            "LOGIN=user+tag@example.test",
            "LOGIN=user+2Btag@example.test",
        ),
        ("addr=192.0.2.7 port=33862", "PORT=33862 ADDR=192.0.2.7"),
        ("ADDR=2001:db8::1", "ADDR=IPV6:2001:db8::1"),
        ("ADDR=IPv6:2001:db8::1", "ADDR=IPv6:2001:db8::1"),
        (
            "NAME=[UNAVAILABLE] PROTO=ESMTP",
            "NAME=[UNAVAILABLE] PROTO=ESMTP",
        ),
    ] {
        let plan = plan(&["--xclient", text]).unwrap();
        assert_eq!(plan.xclient.unwrap().to_string(), said);
    }
}

#[test]
fn what_this_build_cannot_do_and_what_contradicts_itself_is_a_config_error() {
    for (more, reason) in [
        (&["--xclient", ""][..], "xclient_invalid"),
        (&["--xclient", "ADDR"], "xclient_invalid"),
        (&["--xclient", "COLOUR=red"], "xclient_invalid"),
        (&["--xclient", "ADDR=nowhere"], "xclient_invalid"),
        (&["--xclient", "LOGIN=a LOGIN=b"], "xclient_invalid"),
        (
            &[
                "--user",
                "a",
                "--password",
                "b",
                "--mechanism",
                "DIGEST-MD5",
            ],
            "mechanism_not_supported",
        ),
        (
            &["--user", "a", "--password", "b", "--mechanism", "NONSENSE"],
            "mechanism_not_supported",
        ),
        (&["--user", "a"], "password_missing"),
    ] {
        let report = Report::from(plan(more).unwrap_err());
        assert_eq!(report.outcome, Outcome::ConfigError);
        assert_eq!(report.reason.as_deref(), Some(reason));
        assert!(report.remedy.is_some_and(|remedy| remedy.ends_with('.')));
        assert_eq!(report.outcome.exit_code(), 1);
    }
}

#[test]
fn a_wrong_command_line_exits_2_and_says_what_is_allowed() {
    for (more, allowed) in [
        (
            &["--tls", "ssl"][..],
            "off, opportunistic, starttls, implicit",
        ),
        (&["--cleartext-auth", "yes"], "deny, loopback, allow"),
        (&["--password", "b"], "--user"),
        (&["--no-verify", "--ca", "roots.pem"], "--ca"),
        (&["--timeout", "0"], "1..=86400"),
        (&["--unknown"], "--unknown"),
    ] {
        let error = parse(more).unwrap_err();
        assert_eq!(error.exit_code(), 2, "{more:?}");
        assert!(error.to_string().contains(allowed), "{more:?}: {error}");
    }
    assert_eq!(
        SendArgs::try_parse_from(&LEAST[..5])
            .unwrap_err()
            .exit_code(),
        2
    );
}

#[test]
fn the_null_sender_has_two_spellings() {
    for from in ["", "<>"] {
        let args = LEAST.map(|argument| {
            if argument == "alice@example.test" {
                from
            } else {
                argument
            }
        });
        assert_eq!(
            SendArgs::try_parse_from(args)
                .unwrap()
                .plan()
                .unwrap()
                .sender,
            ""
        );
    }
}

#[test]
fn targets() {
    for (text, host, port) in [
        ("localhost:25", "localhost", 25),
        ("192.0.2.1:65535", "192.0.2.1", 65535),
        ("[::1]:587", "::1", 587),
    ] {
        let target: Target = text.parse().unwrap();
        assert_eq!((target.host.as_str(), target.port), (host, port));
        assert_eq!(target.to_string(), text);
    }
    for text in [
        "",
        "localhost",
        ":25",
        "localhost:",
        "localhost:0",
        "localhost:65536",
        "localhost:+25",
        "::1:25",
        "[::1:25",
        "[]:25",
    ] {
        assert_eq!(text.parse::<Target>(), Err(NotATarget), "{text:?}");
    }
}

#[test]
fn a_message_that_cannot_be_read_is_named() {
    let error = MessageSource::File(PathBuf::from("/absent/message"))
        .read()
        .unwrap_err();
    assert_eq!(error.reason, "message_unreadable");
    assert!(error.remedy.contains("/absent/message"));
}
