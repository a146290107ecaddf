//! The failures on the server's side that this crate exists to make impossible, each told by hand. Expectations come from the
//! RFCs and from what went wrong in the field, not from the functions.

use mailwire_tls_policy::{
    Act, AuthRule, Channel, CleartextAuth, Identity, Lint, Listener, NotBound, Offers, Origin,
    Reason, RecipientClass, Relay, RelayReason, Role, Scope, SenderClass, SenderRule, Severity,
    TlsMode, Verdict, decide, offers, relay, sender,
};

const MAIL_ACTS: [Act; 4] = [Act::Mail, Act::Rcpt, Act::Data, Act::Verify];

fn ask(listener: &Listener, channel: Channel, identity: Identity, act: Act) -> Option<Reason> {
    match decide(listener, channel, identity, act) {
        Verdict::Allow => None,
        Verdict::Refuse(refusal) => {
            assert_eq!(refusal.act, act);
            Some(refusal.reason)
        }
    }
}

#[test]
fn s1_enforced_inbound_tls_never_touches_lmtp() {
    let default = Listener::of(Role::Lmtp);
    for listener in [default, default.enforcing_inbound_tls()] {
        for tls in [TlsMode::None, TlsMode::StartTlsOptional] {
            for channel in Channel::ALL {
                for identity in Identity::ALL {
                    for act in MAIL_ACTS {
                        let listener = Listener { tls, ..listener };
                        assert_eq!(ask(&listener, channel, identity, act), None);
                    }
                }
            }
        }
    }
}

#[test]
fn s1_the_channel_is_parsed_once() {
    for tls in [
        "on", "1", "true", "yes", "TLS", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3", "SSL", "ON",
        "tls", "tlsV1.3", "Ssl", "True", "YES",
    ] {
        assert_eq!(Channel::parse(tls), Ok(Channel::Tls), "{tls}");
    }
    for local in ["secured", "SECURED", "Secured"] {
        assert_eq!(Channel::parse(local), Ok(Channel::Local), "{local}");
    }
    for plain in ["", "off", "0", "false", "no", "OFF", "No"] {
        assert_eq!(Channel::parse(plain), Ok(Channel::Plain), "{plain}");
    }
    for unknown in [
        "2",
        "TLSv1.4",
        "SSLv3",
        "on ",
        " on",
        "insecured",
        "plain",
        "TLS\0",
        "ｏｎ",
    ] {
        let error = Channel::parse(unknown).expect_err(unknown);
        assert_eq!(error.granting(), Channel::Plain, "{unknown}");
    }
}

#[test]
fn s1_required_tls_on_an_mx_is_refused_at_the_command_and_warned_about() {
    let mx = Listener::of(Role::Mx).enforcing_inbound_tls();
    for act in MAIL_ACTS {
        let verdict = decide(&mx, Channel::Plain, Identity::Anonymous, act);
        let Verdict::Refuse(refusal) = verdict else {
            panic!("{act} was allowed")
        };
        assert_eq!((refusal.code(), refusal.enhanced()), (530, (5, 7, 0)));
        assert_eq!(refusal.text(), "Must issue a STARTTLS command first");
        assert_eq!(ask(&mx, Channel::Tls, Identity::Anonymous, act), None);
    }
    for act in [Act::Hello, Act::Noop, Act::StartTls, Act::Quit] {
        assert_eq!(ask(&mx, Channel::Plain, Identity::Anonymous, act), None);
    }
    assert!(mx.lint().eq([Lint::RequiredTlsOnPublicMx]));
    assert_eq!(Lint::RequiredTlsOnPublicMx.severity(), Severity::Warning);
    // A server that is not publicly referenced may require it.
    let internal = Listener {
        scope: Scope::Internal,
        ..mx
    };
    assert_eq!(internal.lint().count(), 0);
}

#[test]
fn s1_the_default_mx_takes_mail_in_clear() {
    let mx = Listener::of(Role::Mx);
    for channel in Channel::ALL {
        assert_eq!(ask(&mx, channel, Identity::Anonymous, Act::Mail), None);
    }
}

#[test]
fn s3_submission_before_and_after_tls() {
    let submission = Listener::of(Role::Submission);
    let anonymous = Identity::Anonymous;
    for channel in [Channel::Plain, Channel::Local] {
        assert_eq!(
            offers(&submission, channel, anonymous),
            Offers {
                starttls: true,
                auth: false
            }
        );
        for act in [Act::Mail, Act::Auth] {
            assert_eq!(
                ask(&submission, channel, anonymous, act),
                Some(Reason::TlsRequired)
            );
        }
    }
    assert_eq!(
        offers(&submission, Channel::Tls, anonymous),
        Offers {
            starttls: false,
            auth: true
        }
    );
    let second = ask(&submission, Channel::Tls, anonymous, Act::StartTls);
    assert_eq!(second.map(Reason::code), Some(503));
}

#[test]
fn s3_the_loopback_exemption_is_an_option() {
    let exempt = Listener {
        cleartext_auth: CleartextAuth::AllowLoopback,
        ..Listener::of(Role::Submission)
    };
    let anonymous = Identity::Anonymous;
    assert_eq!(ask(&exempt, Channel::Local, anonymous, Act::Auth), None);
    assert_eq!(
        ask(&exempt, Channel::Local, Identity::Authenticated, Act::Mail),
        None
    );
    assert_eq!(
        ask(&exempt, Channel::Local, anonymous, Act::Mail),
        Some(Reason::AuthenticationRequired)
    );
    // From the network nothing changes.
    for act in [Act::Auth, Act::Mail] {
        assert_eq!(
            ask(&exempt, Channel::Plain, anonymous, act),
            Some(Reason::TlsRequired)
        );
    }
    // Without AUTH a rule about AUTH in clear text lifts nothing.
    let mx = Listener {
        cleartext_auth: CleartextAuth::Allow,
        ..Listener::of(Role::Mx).enforcing_inbound_tls()
    };
    assert_eq!(
        ask(&mx, Channel::Local, anonymous, Act::Mail),
        Some(Reason::TlsRequired)
    );
}

#[test]
fn s3_without_a_certificate() {
    assert_eq!(
        Listener::of(Role::Submissions).without_certificate(),
        Err(NotBound::ImplicitTlsWithoutCertificate)
    );

    let submission = Listener::of(Role::Submission);
    for cleartext_auth in [CleartextAuth::Deny, CleartextAuth::AllowLoopback] {
        let listener = Listener {
            cleartext_auth,
            ..submission
        };
        assert_eq!(
            listener.without_certificate(),
            Err(NotBound::SubmissionWithoutCertificate)
        );
    }
    let by_name = Listener {
        cleartext_auth: CleartextAuth::Allow,
        ..submission
    };
    let left = by_name.without_certificate().expect("asked for by name");
    assert_eq!(
        offers(&left, Channel::Plain, Identity::Anonymous),
        Offers {
            starttls: false,
            auth: true
        }
    );

    let mx = Listener::of(Role::Mx).without_certificate().expect("25");
    assert_eq!(
        ask(&mx, Channel::Plain, Identity::Anonymous, Act::Mail),
        None
    );
    assert_eq!(
        offers(&mx, Channel::Plain, Identity::Anonymous),
        Offers {
            starttls: false,
            auth: false
        }
    );

    let lmtp = Listener::of(Role::Lmtp);
    assert_eq!(lmtp.without_certificate(), Ok(lmtp));

    // A requirement that somebody made is not dropped in silence.
    assert_eq!(
        Listener::of(Role::Mx)
            .enforcing_inbound_tls()
            .without_certificate(),
        Err(NotBound::RequiredTlsWithoutCertificate)
    );
}

#[test]
fn s3_without_a_certificate_nothing_offers_tls() {
    for role in Role::ALL {
        for tls in TlsMode::ALL {
            for cleartext_auth in CleartextAuth::ALL {
                let listener = Listener {
                    tls,
                    cleartext_auth,
                    ..Listener::of(role)
                };
                let Ok(left) = listener.without_certificate() else {
                    continue;
                };
                assert_eq!(
                    left,
                    Listener {
                        tls: TlsMode::None,
                        ..listener
                    }
                );
                assert_ne!(role, Role::Submissions);
            }
        }
    }
}

#[test]
fn s3_implicit_tls_and_starttls_are_never_one_set() {
    assert_eq!(Role::Mx.well_known_port(), Some(25));
    assert_eq!(Role::Submission.well_known_port(), Some(587));
    assert_eq!(Role::Submissions.well_known_port(), Some(465));
    assert_eq!(Role::Lmtp.well_known_port(), None);
    for role in Role::ALL {
        let is_implicit = Listener::of(role).tls == TlsMode::Implicit;
        assert_eq!(is_implicit, role.well_known_port() == Some(465), "{role}");
    }
    // On an implicit port a client that speaks STARTTLS is told what the port is.
    let submissions = Listener::of(Role::Submissions);
    for act in [Act::StartTls, Act::Auth, Act::Mail] {
        assert_eq!(
            ask(&submissions, Channel::Plain, Identity::Anonymous, act),
            Some(Reason::ImplicitTlsMissing)
        );
    }
}

#[test]
fn s5_port_25_neither_lists_nor_starts_auth() {
    for mx in [
        Listener::of(Role::Mx),
        Listener::of(Role::Mx).enforcing_inbound_tls(),
        Listener {
            cleartext_auth: CleartextAuth::Allow,
            ..Listener::of(Role::Mx)
        },
    ] {
        for channel in Channel::ALL {
            for identity in Identity::ALL {
                let reason = ask(&mx, channel, identity, Act::Auth);
                assert_eq!(reason, Some(Reason::AuthNotOffered));
                assert!(!offers(&mx, channel, identity).auth);
            }
        }
    }
    let text = Reason::AuthNotOffered.text();
    assert!(text.contains("465") && text.contains("587"));
}

#[test]
fn s5_submission_without_auth_is_refused_at_mail() {
    for role in [Role::Submission, Role::Submissions] {
        let listener = Listener::of(role);
        let verdict = decide(&listener, Channel::Tls, Identity::Anonymous, Act::Mail);
        let Verdict::Refuse(refusal) = verdict else {
            panic!("{role} took mail from a stranger")
        };
        assert_eq!(refusal.to_string(), "530 5.7.0 Authentication required");
        assert_eq!(
            ask(&listener, Channel::Tls, Identity::Authenticated, Act::Mail),
            None
        );
    }
}

#[test]
fn s5_a_second_auth_is_refused() {
    let submissions = Listener::of(Role::Submissions);
    assert_eq!(
        ask(
            &submissions,
            Channel::Tls,
            Identity::Authenticated,
            Act::Auth
        ),
        Some(Reason::AlreadyAuthenticated)
    );
    assert_eq!(Reason::AlreadyAuthenticated.code(), 503);
}

#[test]
fn s5_relaying_takes_a_login_on_submission() {
    use RecipientClass::{Foreign, Local};
    for (identity, origin) in [
        (Identity::Anonymous, Origin::Anybody),
        (Identity::Authenticated, Origin::Anybody),
    ] {
        let Relay::Refuse(refusal) = relay(Role::Mx, origin, identity, Foreign) else {
            panic!("an open relay for {identity}")
        };
        assert_eq!((refusal.code(), refusal.enhanced()), (554, (5, 7, 1)));
        for words in [
            "Relay access denied",
            "not authenticated",
            "no AUTH",
            "465",
            "587",
        ] {
            assert!(refusal.text().contains(words), "{words}");
        }
    }
    for origin in Origin::ALL {
        for identity in Identity::ALL {
            assert_eq!(relay(Role::Mx, origin, identity, Local), Relay::Deliver);
            assert_eq!(relay(Role::Lmtp, origin, identity, Local), Relay::Deliver);
            let answer = relay(Role::Lmtp, origin, identity, Foreign);
            let Relay::Refuse(refusal) = answer else {
                panic!("LMTP relayed")
            };
            assert_eq!(refusal.reason, RelayReason::FinalDelivery);
            // It says who asked for what.
            assert_eq!((refusal.origin, refusal.identity), (origin, identity));
            assert_eq!((refusal.role, refusal.recipient), (Role::Lmtp, Foreign));
        }
    }
    for role in [Role::Submission, Role::Submissions] {
        for origin in Origin::ALL {
            let of_user = |recipient| relay(role, origin, Identity::Authenticated, recipient);
            assert_eq!(of_user(Foreign), Relay::Forward);
            assert_eq!(of_user(Local), Relay::Deliver);
        }
        for recipient in RecipientClass::ALL {
            for origin in [Origin::Anybody, Origin::ProxyAlone] {
                let answer = relay(role, origin, Identity::Anonymous, recipient);
                let Relay::Refuse(refusal) = answer else {
                    panic!("{role} took a recipient from a stranger")
                };
                assert_eq!((refusal.code(), refusal.enhanced()), (530, (5, 7, 0)));
            }
        }
    }
}

#[test]
fn s5_a_declared_proxys_own_address_grants_nothing() {
    let everything = |_| true;
    let proxy = "10.0.0.1".parse().unwrap();
    let client = "192.0.2.7".parse().unwrap();
    // However far the trusted networks go: with no client told, trust is none.
    let alone = Origin::of(proxy, true, None, everything);
    assert_eq!(alone, Origin::ProxyAlone);
    for role in Role::ALL {
        let answer = relay(role, alone, Identity::Anonymous, RecipientClass::Foreign);
        assert!(matches!(answer, Relay::Refuse(_)), "{role}");
    }
    // The proxy's network is trusted, and the client is not in it.
    let of_proxy = |address| address == proxy;
    assert_eq!(
        Origin::of(proxy, true, Some(client), of_proxy),
        Origin::Anybody
    );
    assert_eq!(Origin::of(proxy, false, None, of_proxy), Origin::Trusted);
    // Who is not declared cannot say that it is somebody else.
    assert_eq!(
        Origin::of(client, false, Some(proxy), of_proxy),
        Origin::Anybody
    );
}

#[test]
fn s5_users_send_in_their_own_name() {
    for (rule, class, allowed) in [
        (SenderRule::Any, SenderClass::OfSomebodyElse, true),
        (SenderRule::Any, SenderClass::Foreign, true),
        (SenderRule::NobodyElses, SenderClass::OfSomebodyElse, false),
        (SenderRule::NobodyElses, SenderClass::Foreign, true),
        (SenderRule::Own, SenderClass::OfSomebodyElse, false),
        (SenderRule::Own, SenderClass::Foreign, false),
        (SenderRule::Own, SenderClass::Own, true),
        // RFC 8098 section 3: a report that a message was read comes from nobody.
        (SenderRule::Own, SenderClass::Empty, true),
    ] {
        let answer = sender(rule, Identity::Authenticated, class);
        assert_eq!(answer.is_ok(), allowed, "{rule} {class}");
        assert_eq!(sender(rule, Identity::Anonymous, class), Ok(()));
        if let Err(refusal) = answer {
            assert_eq!(refusal.to_string(), "550 5.7.1 Sender address not yours");
        }
    }
}

#[test]
fn s5_auth_that_can_never_happen_is_said_at_start() {
    let listener = Listener {
        tls: TlsMode::None,
        auth: AuthRule::Required,
        ..Listener::of(Role::Submission)
    };
    assert!(listener.lint().eq([Lint::AuthImpossible]));
    assert_eq!(
        ask(&listener, Channel::Plain, Identity::Anonymous, Act::Auth),
        Some(Reason::CleartextAuth)
    );
}
