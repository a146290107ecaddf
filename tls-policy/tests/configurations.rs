//! Contradictions in a whole configuration, each told by hand, and over many configurations.

#![allow(
    clippy::expect_used,
    reason = "helpers of tests; the lint only knows the tests themselves"
)]

use std::collections::HashSet;

use mailwire_tls_policy::outbound::{self, CertificateCheck, Level, PeerLocation, Policy};
use mailwire_tls_policy::{
    AuthRule, CleartextAuth, Concern, Configuration, Contradiction, Listener, Network, Placed,
    Role, Severity, Subject, Upstream,
};

fn networks(texts: &[&str]) -> Vec<Network> {
    texts
        .iter()
        .map(|it| it.parse().expect("a network"))
        .collect()
}

fn usual<'c>(listeners: &'c [Placed<'c>]) -> Configuration<'c> {
    Configuration {
        listeners,
        has_certificate: true,
        has_accounts: true,
        trusted: &[],
        upstream: None,
    }
}

fn names(configuration: &Configuration<'_>) -> Vec<&'static str> {
    configuration.lint().map(|it| it.name()).collect()
}

const fn of(port: u16, role: Role) -> Placed<'static> {
    Placed::new(port, Listener::of(role))
}

#[test]
fn the_usual_ports_are_clean() {
    let listeners = [
        of(25, Role::Mx),
        of(465, Role::Submissions),
        of(587, Role::Submission),
        of(24, Role::Lmtp),
    ];
    assert_eq!(names(&usual(&listeners)), [""; 0]);
}

#[test]
fn what_a_listener_has_by_itself_and_where_it_is() {
    let auth_on_25 = Listener {
        auth: AuthRule::Optional,
        ..Listener::of(Role::Mx)
    };
    for (placed, expected) in [
        (
            Placed::new(25, Listener::of(Role::Mx).enforcing_inbound_tls()),
            &["required_tls_on_public_mx"][..],
        ),
        (Placed::new(25, auth_on_25), &["auth_on_mx"]),
        (
            of(25, Role::Submission),
            &["port_of_another_role", "auth_on_port_25"],
        ),
        (of(25, Role::Lmtp), &["lmtp_on_smtp_port"]),
        (of(587, Role::Submissions), &["port_of_another_role"]),
        (of(465, Role::Submission), &["port_of_another_role"]),
        (of(10_025, Role::Custom), &[]),
        (of(0, Role::Submission), &[]),
        (
            Placed::new(
                25,
                Listener {
                    enabled: false,
                    ..auth_on_25
                },
            ),
            &["nothing_served"],
        ),
    ] {
        assert_eq!(names(&usual(&[placed])), expected, "{placed:?}");
    }
}

#[test]
fn without_a_certificate() {
    let listeners = [
        of(25, Role::Mx),
        of(465, Role::Submissions),
        of(587, Role::Submission),
    ];
    let mut configuration = usual(&listeners);
    configuration.has_certificate = false;
    let found: Vec<_> = configuration.lint().collect();
    let expected = [
        (Subject::Listener(1), "implicit_tls_without_certificate"),
        (Subject::Listener(2), "submission_without_certificate"),
    ];
    let seen: Vec<_> = found.iter().map(|it| (it.subject, it.name())).collect();
    assert_eq!(seen, expected);
    assert!(found.iter().all(|it| it.severity() == Severity::Warning));
    configuration.listeners = &listeners[1..];
    assert!(names(&configuration).contains(&"nothing_served"));
}

#[test]
fn s5_whom_a_listener_believes() {
    let everybody = networks(&["0.0.0.0/0"]);
    let public = networks(&["192.0.2.1"]);
    let private = networks(&["10.0.0.1", "fd00::/8"]);
    let plain = of(587, Role::Submission);
    for (placed, trusted, expected) in [
        (
            Placed {
                proxy_from: &private,
                ..plain
            },
            &[][..],
            &[][..],
        ),
        (
            Placed {
                xclient_from: &private,
                ..plain
            },
            &[],
            &[],
        ),
        (
            Placed {
                xclient_from: &public,
                ..plain
            },
            &[],
            &["trust_in_public_network"],
        ),
        (
            Placed {
                proxy_from: &public,
                ..plain
            },
            &[],
            &["trust_in_public_network"],
        ),
        (
            Placed {
                xforward_from: &public,
                ..plain
            },
            &[],
            &["trust_in_public_network"],
        ),
        (
            Placed {
                proxy_from: &everybody,
                ..plain
            },
            &[],
            &["trust_in_everybody"],
        ),
        (
            Placed {
                proxy_from: &private,
                ..plain
            },
            &["10.0.0.0/8"],
            &["proxy_in_trusted_network"],
        ),
        (
            Placed {
                xclient_from: &private,
                ..plain
            },
            &["fd00:1::/32"],
            &["proxy_in_trusted_network"],
        ),
        // What is said for the log alone grants nothing.
        (
            Placed {
                xforward_from: &private,
                ..plain
            },
            &["10.0.0.0/8"],
            &[],
        ),
        (plain, &["10.0.0.0/8"], &[]),
        (plain, &["192.0.2.0/24"], &["relay_for_public_network"]),
        (plain, &["::/0"], &["relay_for_everybody"]),
    ] {
        let (listeners, trusted) = ([placed], networks(trusted));
        let mut configuration = usual(&listeners);
        configuration.trusted = &trusted;
        assert_eq!(names(&configuration), expected, "{placed:?} {trusted:?}");
    }
}

#[test]
fn nobody_to_log_in() {
    let listeners = [of(587, Role::Submission)];
    let mut configuration = usual(&listeners);
    configuration.has_accounts = false;
    assert_eq!(names(&configuration), ["nobody_can_log_in"]);
    let mx = [of(25, Role::Mx)];
    configuration.listeners = &mx;
    assert_eq!(names(&configuration), [""; 0]);
}

#[test]
fn s4_contradictions_of_a_client_fail_when_configuration_is_read() {
    use outbound::TlsMode::{Implicit, Off, Opportunistic, StartTlsRequired};
    let remote = PeerLocation::Remote;
    let bare = |port, tls| Upstream::new(port, remote, Policy::new(tls));
    let login = |port, tls, mechanisms: Option<&'static [&'static str]>| Upstream {
        has_user: true,
        has_password: true,
        mechanisms,
        ..bare(port, tls)
    };
    let with = |upstream: Upstream<'static>, change: fn(&mut Upstream<'static>)| {
        let mut upstream = upstream;
        change(&mut upstream);
        upstream
    };
    const PLAIN: Option<&[&str]> = Some(&["PLAIN", "LOGIN"]);
    const SCRAM: Option<&[&str]> = Some(&["SCRAM-SHA-256"]);
    const EXTERNAL: Option<&[&str]> = Some(&["EXTERNAL"]);
    for (upstream, expected) in [
        (bare(25, Opportunistic), &[][..]),
        (bare(25, Off), &[]),
        (bare(587, Implicit), &["implicit_tls_on_clear_port"]),
        (bare(25, Implicit), &["implicit_tls_on_clear_port"]),
        (
            bare(465, StartTlsRequired),
            &["no_implicit_tls_on_tls_port"],
        ),
        (bare(465, Off), &["no_implicit_tls_on_tls_port"]),
        (bare(2525, Implicit), &[]),
        (login(587, StartTlsRequired, None), &[]),
        (login(465, Implicit, PLAIN), &[]),
        // PLAIN, no TLS, a remote host, and nobody has allowed it.
        (login(587, Off, PLAIN), &["credentials_never_sent"]),
        (login(587, Off, SCRAM), &[]),
        (login(587, Off, None), &[]),
        (
            with(login(587, Off, PLAIN), |it| {
                it.location = PeerLocation::Loopback
            }),
            &["credentials_never_sent"],
        ),
        (
            with(login(587, Off, PLAIN), |it| {
                it.location = PeerLocation::Loopback;
                it.policy.cleartext_auth = CleartextAuth::AllowLoopback;
            }),
            &[],
        ),
        (
            with(login(587, Off, PLAIN), |it| {
                it.policy.cleartext_auth = CleartextAuth::Allow
            }),
            &["password_in_clear"],
        ),
        (
            with(login(587, Opportunistic, None), |it| {
                it.policy.cleartext_auth = CleartextAuth::Allow
            }),
            &["password_in_clear"],
        ),
        (
            with(login(587, StartTlsRequired, None), |it| {
                it.policy.cleartext_auth = CleartextAuth::Allow
            }),
            &[],
        ),
        (
            with(login(587, StartTlsRequired, None), |it| {
                it.policy.check = CertificateCheck::Skip
            }),
            &["password_to_anybody"],
        ),
        (
            with(login(587, StartTlsRequired, SCRAM), |it| {
                it.policy.check = CertificateCheck::Skip
            }),
            &[],
        ),
        // To skip the check does not let a password out.
        (
            with(login(587, Off, PLAIN), |it| {
                it.policy.check = CertificateCheck::Skip
            }),
            &["credentials_never_sent"],
        ),
        (
            with(login(587, StartTlsRequired, None), |it| {
                it.has_password = false
            }),
            &["half_credentials"],
        ),
        (
            with(login(587, StartTlsRequired, None), |it| it.has_user = false),
            &["half_credentials"],
        ),
        (
            with(login(587, StartTlsRequired, EXTERNAL), |it| {
                it.has_password = false
            }),
            &[],
        ),
        (
            with(login(587, Off, EXTERNAL), |it| it.has_password = false),
            &["external_without_tls"],
        ),
        (
            login(587, StartTlsRequired, Some(&["PLIAN"])),
            &["unknown_mechanism"],
        ),
        (
            login(587, StartTlsRequired, Some(&[])),
            &["unknown_mechanism"],
        ),
        (login(587, StartTlsRequired, Some(&["PLIAN", "plain"])), &[]),
        // Policies of others and the operator's own word.
        (
            with(bare(25, Opportunistic), |it| {
                it.obeys_policies = true;
                it.policy.check = CertificateCheck::Skip;
            }),
            &["skip_with_policies"],
        ),
        (
            with(bare(25, Opportunistic), |it| {
                it.level = Some(Level::DaneOnly);
                it.policy.check = CertificateCheck::Skip;
            }),
            &["skip_with_policies"],
        ),
        (
            with(bare(25, Opportunistic), |it| {
                it.obeys_policies = true;
                it.level = Some(Level::None);
            }),
            &["clear_with_policies"],
        ),
        (
            with(bare(25, Off), |it| it.obeys_policies = true),
            &["clear_with_policies"],
        ),
        (
            with(bare(25, Opportunistic), |it| it.obeys_policies = true),
            &[],
        ),
    ] {
        let listeners = [of(25, Role::Mx)];
        let mut configuration = usual(&listeners);
        configuration.upstream = Some(upstream);
        assert_eq!(names(&configuration), expected, "{upstream:?}");
        assert!(
            configuration
                .lint()
                .all(|it| it.subject == Subject::Upstream)
        );
    }
    for (tls, starttls, expected) in [
        (false, false, Ok(Off)),
        (false, true, Ok(StartTlsRequired)),
        (true, false, Ok(Implicit)),
        (true, true, Err(Contradiction::TlsWithStartTls)),
    ] {
        assert_eq!(outbound::TlsMode::of_switches(tls, starttls), expected);
    }
}

#[test]
fn each_has_a_name_of_its_own_and_says_what_helps() {
    let mut names = HashSet::new();
    for it in Contradiction::ALL {
        assert!(names.insert(it.name()), "{}", it.name());
        for sentence in [it.text(), it.remedy()] {
            assert!(sentence.ends_with('.'), "{sentence}");
            assert!(
                sentence.starts_with(|first: char| first.is_uppercase()),
                "{sentence}"
            );
        }
        assert_eq!(it.to_string(), format!("{} {}", it.text(), it.remedy()));
        assert_eq!(Concern::Contradiction(it).severity(), it.severity());
    }
}
