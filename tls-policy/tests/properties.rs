//! What holds for every combination of inputs, by trying every combination.

use std::collections::HashSet;

use mailwire_tls_policy::outbound::{
    self, CertificateCheck, MechanismClass, PeerLocation, Policy, authenticate,
};
use mailwire_tls_policy::{
    Act, AuthRule, Channel, CleartextAuth, Identity, Lint, Listener, NotBound, Reason, RelayReason,
    Role, Scope, Severity, TlsMode, Verdict, decide, decide_mechanism, offers,
};

fn every_listener() -> impl Iterator<Item = Listener> {
    Role::ALL.into_iter().flat_map(|role| {
        TlsMode::ALL.into_iter().flat_map(move |tls| {
            AuthRule::ALL.into_iter().flat_map(move |auth| {
                Scope::ALL.into_iter().flat_map(move |scope| {
                    CleartextAuth::ALL.map(move |cleartext_auth| Listener {
                        enabled_by_default: true,
                        role,
                        tls,
                        auth,
                        scope,
                        cleartext_auth,
                        enabled: true,
                    })
                })
            })
        })
    })
}

fn every_session() -> impl Iterator<Item = (Channel, Identity)> {
    Channel::ALL
        .into_iter()
        .flat_map(|channel| Identity::ALL.map(move |identity| (channel, identity)))
}

/// Whether `strict` allows nothing among `acts` that `loose` refuses.
fn allows_no_more(strict: &Listener, loose: &Listener, acts: &[Act]) -> bool {
    every_session().all(|(channel, identity)| {
        acts.iter().all(|&act| {
            decide(loose, channel, identity, act).is_allowed()
                || !decide(strict, channel, identity, act).is_allowed()
        })
    })
}

#[test]
fn the_walk_is_whole() {
    let listeners: HashSet<Listener> = every_listener().collect();
    assert_eq!(listeners.len(), 5 * 4 * 3 * 4 * 3);
}

#[test]
fn the_class_of_a_code_is_the_class_of_its_enhanced_code() {
    let inbound = Reason::ALL.map(|reason| (reason.code(), reason.enhanced()));
    let relay = RelayReason::ALL.map(|refusal| (refusal.code(), refusal.enhanced()));
    for (code, (class, _, _)) in inbound.into_iter().chain(relay) {
        assert_eq!(code / 100, u16::from(class));
        assert!(class == 4 || class == 5);
    }
}

#[test]
fn text_for_the_wire_is_one_short_line_of_printable_ascii() {
    let inbound = Reason::ALL.map(Reason::text);
    let relay = RelayReason::ALL.map(RelayReason::text);
    for text in inbound.into_iter().chain(relay) {
        assert!(!text.is_empty());
        assert!(
            text.bytes().all(|octet| (b' '..=b'~').contains(&octet)),
            "{text}"
        );
        // RFC 5321 section 4.5.3.1.5: 512 octets with code and CRLF; logs cut much earlier.
        assert!(text.len() <= 100, "{text}");
    }
}

#[test]
fn every_sentence_is_there_and_plain() {
    let sentences = Reason::ALL
        .map(|it| [it.text(), it.rule(), it.remedy()])
        .into_iter()
        .chain(RelayReason::ALL.map(|it| [it.text(), it.rule(), it.remedy()]))
        .chain(NotBound::ALL.map(|it| [it.text(), it.rule(), it.remedy()]))
        .chain(outbound::Refusal::ALL.map(|it| [it.text(), it.rule(), it.remedy()]))
        .chain(Lint::ALL.map(|it| [it.text(), it.name(), it.remedy()]))
        .flatten();
    for sentence in sentences {
        assert!(!sentence.is_empty());
        assert!(sentence.is_ascii(), "{sentence}");
        assert!(!sentence.contains(['\r', '\n', '\t', '|']), "{sentence}");
        assert!(!sentence.contains("  "), "{sentence}");
    }
}

#[test]
fn names_are_snake_case_and_tell_apart() {
    fn check<const N: usize>(names: [&str; N]) {
        for name in names {
            let is_snake = |octet: u8| octet.is_ascii_lowercase() || octet == b'_';
            assert!(name.bytes().all(is_snake), "{name}");
        }
        assert_eq!(HashSet::from(names).len(), N);
    }
    check(Reason::ALL.map(Reason::name));
    check(RelayReason::ALL.map(RelayReason::name));
    check(NotBound::ALL.map(NotBound::name));
    check(Lint::ALL.map(Lint::name));
    check(outbound::Refusal::ALL.map(outbound::Refusal::name));
}

#[test]
fn what_is_offered_is_what_is_allowed() {
    for listener in every_listener() {
        for (channel, identity) in every_session() {
            let offered = offers(&listener, channel, identity);
            let allows = |act| decide(&listener, channel, identity, act).is_allowed();
            assert_eq!(offered.starttls, allows(Act::StartTls));
            assert_eq!(offered.auth, allows(Act::Auth));
        }
    }
}

#[test]
fn a_mechanism_that_shows_nothing_is_not_asked_about_clear_text() {
    for listener in every_listener() {
        for (channel, identity) in every_session() {
            let judge = |class| decide_mechanism(&listener, channel, identity, class);
            let in_clear = decide(&listener, channel, identity, Act::Auth);
            assert_eq!(judge(MechanismClass::Cleartext), in_clear);
            for class in [MechanismClass::ChallengeResponse, MechanismClass::NeedsTls] {
                let verdict = judge(class);
                if verdict == in_clear {
                    continue;
                }
                // It is the rule of clear text, and nothing else, that it need not obey.
                assert!(verdict.is_allowed() && !listener.cleartext_auth.allows(channel));
                assert!(matches!(
                    listener.tls,
                    TlsMode::None | TlsMode::StartTlsOptional
                ));
                assert_eq!(identity, Identity::Anonymous);
                assert_ne!(listener.auth, AuthRule::Never);
            }
        }
    }
}

#[test]
fn neither_role_nor_scope_nor_enabled_changes_a_verdict() {
    for listener in every_listener() {
        let plain = Listener {
            role: Role::Mx,
            scope: Scope::Public,
            enabled: false,
            ..listener
        };
        for (channel, identity) in every_session() {
            for act in Act::ALL {
                assert_eq!(
                    decide(&listener, channel, identity, act),
                    decide(&plain, channel, identity, act)
                );
            }
        }
    }
}

#[test]
fn stricter_tls_never_allows_more() {
    // STARTTLS itself is left out: there a stricter mode is what makes it possible.
    let acts: Vec<Act> = Act::ALL
        .into_iter()
        .filter(|act| *act != Act::StartTls)
        .collect();
    for listener in every_listener() {
        for stricter in TlsMode::ALL.into_iter().filter(|tls| *tls > listener.tls) {
            let strict = Listener {
                tls: stricter,
                ..listener
            };
            assert!(allows_no_more(&strict, &listener, &acts), "{strict:?}");
        }
    }
}

#[test]
fn stricter_rule_for_clear_text_never_allows_more() {
    for listener in every_listener() {
        for looser in CleartextAuth::ALL {
            let loose = Listener {
                cleartext_auth: looser,
                ..listener
            };
            if looser > listener.cleartext_auth {
                assert!(allows_no_more(&listener, &loose, &Act::ALL), "{listener:?}");
            }
        }
    }
}

#[test]
fn neither_never_nor_required_allows_more_than_optional_auth() {
    for listener in every_listener() {
        let optional = Listener {
            auth: AuthRule::Optional,
            ..listener
        };
        assert!(
            allows_no_more(&listener, &optional, &Act::ALL),
            "{listener:?}"
        );
    }
}

#[test]
fn no_secret_in_clear_text_from_the_network_unless_allowed_by_name() {
    for listener in every_listener() {
        let over = |channel| decide(&listener, channel, Identity::Anonymous, Act::Auth);
        if listener.cleartext_auth != CleartextAuth::Allow {
            assert!(!over(Channel::Plain).is_allowed(), "{listener:?}");
        }
        if listener.cleartext_auth == CleartextAuth::Deny {
            assert!(!over(Channel::Local).is_allowed(), "{listener:?}");
        }
    }
}

#[test]
fn required_authentication_has_no_way_around() {
    for listener in every_listener().filter(|it| it.auth == AuthRule::Required) {
        for channel in Channel::ALL {
            for act in [Act::Mail, Act::Rcpt, Act::Data, Act::Verify] {
                let verdict = decide(&listener, channel, Identity::Anonymous, act);
                assert!(!verdict.is_allowed(), "{listener:?}");
            }
        }
    }
}

#[test]
fn who_is_told_to_start_tls_can_and_is_not_told_twice() {
    for listener in every_listener() {
        for (channel, identity) in every_session() {
            for act in Act::ALL {
                let Verdict::Refuse(refusal) = decide(&listener, channel, identity, act) else {
                    continue;
                };
                if refusal.reason == Reason::TlsRequired {
                    assert!(offers(&listener, channel, identity).starttls);
                    let after = decide(&listener, Channel::Tls, identity, act);
                    assert_ne!(after, Verdict::Refuse(refusal), "{listener:?}");
                }
            }
        }
    }
}

#[test]
fn the_defaults_have_no_lints() {
    for role in Role::ALL {
        assert_eq!(Listener::of(role).lint().count(), 0, "{role}");
    }
}

#[test]
fn every_lint_is_found_somewhere_and_errors_are_errors() {
    let found: HashSet<Lint> = every_listener().flat_map(|it| it.lint()).collect();
    assert_eq!(found, HashSet::from(Lint::ALL));

    for listener in every_listener() {
        let has = |lint| listener.lint().any(|found| found == lint);
        assert_eq!(
            has(Lint::ImplicitTlsOnSubmission),
            listener.role == Role::Submission && listener.tls == TlsMode::Implicit
        );
        assert_eq!(
            has(Lint::SubmissionsWithoutImplicitTls),
            listener.role == Role::Submissions && listener.tls != TlsMode::Implicit
        );
        // AUTH that is impossible is AUTH that no channel without outside help ever allows.
        let ever = [Channel::Plain, Channel::Local].into_iter().any(|channel| {
            let offered = offers(&listener, channel, Identity::Anonymous);
            offered.auth || offered.starttls
        });
        let ever = ever || listener.tls == TlsMode::Implicit;
        assert_eq!(
            has(Lint::AuthImpossible),
            listener.auth == AuthRule::Required && !ever
        );
    }
    for lint in [
        Lint::AuthImpossible,
        Lint::ImplicitTlsOnSubmission,
        Lint::SubmissionsWithoutImplicitTls,
    ] {
        assert_eq!(lint.severity(), Severity::Error);
    }
}

#[test]
fn outbound_clear_text_rule_is_monotonic_and_blind_to_the_certificate_check() {
    for tls in outbound::TlsMode::ALL {
        for channel in Channel::ALL {
            for location in PeerLocation::ALL {
                for mechanism in MechanismClass::ALL {
                    let ask = |check, cleartext_auth| {
                        let policy = Policy {
                            tls,
                            check,
                            cleartext_auth,
                        };
                        authenticate(&policy, channel, location, mechanism)
                    };
                    let [deny, loopback, allow] =
                        CleartextAuth::ALL.map(|rule| ask(CertificateCheck::Verify, rule));
                    assert!(deny.is_err() || loopback.is_ok());
                    assert!(loopback.is_err() || allow.is_ok());
                    for rule in CleartextAuth::ALL {
                        let verify = ask(CertificateCheck::Verify, rule);
                        assert_eq!(ask(CertificateCheck::Pin, rule), verify);
                        assert_eq!(ask(CertificateCheck::Skip, rule), verify);
                    }
                }
            }
        }
    }
}

#[test]
fn what_is_written_is_read_back_and_anything_else_names_the_choices() {
    for role in Role::ALL {
        assert_eq!(role.to_string().parse(), Ok(role));
    }
    for rule in CleartextAuth::ALL {
        assert_eq!(rule.to_string().parse(), Ok(rule));
    }
    for mode in outbound::TlsMode::ALL {
        assert_eq!(mode.to_string().parse(), Ok(mode));
    }
    for token in ["", "MX", " mx", "smtp", "yes", "Deny", "tls"] {
        let error = token.parse::<Role>().expect_err(token).to_string();
        assert!(Role::ALL.iter().all(|role| error.contains(role.as_str())));
        let error = token.parse::<CleartextAuth>().expect_err(token).to_string();
        assert!(
            CleartextAuth::ALL
                .iter()
                .all(|rule| error.contains(rule.as_str()))
        );
        let error = token
            .parse::<outbound::TlsMode>()
            .expect_err(token)
            .to_string();
        assert!(
            outbound::TlsMode::ALL
                .iter()
                .all(|mode| error.contains(mode.as_str()))
        );
    }
}
