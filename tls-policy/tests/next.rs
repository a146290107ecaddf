//! What comes next for a client, over everything that it could be asked.

use mailwire_tls_policy::outbound::{
    CertificateCheck, Login, MechanismClass, MechanismClasses, Next, Offered, PeerLocation, Policy,
    Refusal, TlsMode, Tried, next,
};
use mailwire_tls_policy::{Channel, CleartextAuth};

fn policies() -> impl Iterator<Item = Policy> {
    TlsMode::ALL.into_iter().flat_map(|tls| {
        CertificateCheck::ALL.into_iter().flat_map(move |check| {
            CleartextAuth::ALL.map(move |cleartext_auth| Policy {
                tls,
                check,
                cleartext_auth,
            })
        })
    })
}

fn offers() -> impl Iterator<Item = Offered> {
    [false, true].into_iter().flat_map(|starttls| {
        MechanismClasses::ALL.map(|mechanisms| Offered {
            starttls,
            mechanisms,
        })
    })
}

fn attempts() -> impl Iterator<Item = Tried> {
    [false, true].into_iter().flat_map(|starttls| {
        MechanismClasses::ALL.map(|mechanisms| Tried {
            starttls,
            mechanisms,
        })
    })
}

fn logins() -> impl Iterator<Item = Login> {
    MechanismClasses::ALL
        .map(Login::Wanted)
        .into_iter()
        .chain([Login::None, Login::Done])
}

/// Everything but the policy.
fn situations() -> Vec<(Login, Channel, PeerLocation, Offered, Tried)> {
    let mut all = Vec::new();
    for login in logins() {
        for channel in Channel::ALL {
            for location in PeerLocation::ALL {
                for offered in offers() {
                    for tried in attempts() {
                        all.push((login, channel, location, offered, tried));
                    }
                }
            }
        }
    }
    all
}

/// Whether a secret goes out in clear text.
fn shows_a_secret(next: Next, channel: Channel) -> bool {
    next == Next::Authenticate(MechanismClass::Cleartext) && channel != Channel::Tls
}

#[test]
fn over_the_whole_product() {
    let situations = situations();
    assert_eq!(situations.len(), 10 * 3 * 3 * 16 * 16);
    for policy in policies() {
        for &(login, channel, location, offered, tried) in &situations {
            let answer = next(&policy, login, channel, location, offered, tried);
            let asked =
                || format!("{policy:?} {login:?} {channel} {location} {offered:?} {tried:?}");
            // Required TLS is never gone without.
            let is_required = matches!(policy.tls, TlsMode::StartTlsRequired | TlsMode::Implicit);
            if is_required && channel != Channel::Tls {
                assert!(
                    matches!(answer, Next::StartTls | Next::Abort(_)),
                    "{}",
                    asked()
                );
            }
            match answer {
                Next::StartTls => {
                    assert!(offered.starttls && !tried.starttls, "{}", asked());
                    assert!(channel != Channel::Tls && policy.tls != TlsMode::Off);
                }
                Next::Authenticate(class) => {
                    assert!(offered.mechanisms.contains(class), "{}", asked());
                    assert!(!tried.mechanisms.contains(class), "{}", asked());
                    let Login::Wanted(able) = login else {
                        panic!("a login that nobody wants: {}", asked())
                    };
                    assert!(able.contains(class), "{}", asked());
                }
                // Never without the login that was wanted.
                Next::Proceed => assert!(!matches!(login, Login::Wanted(_)), "{}", asked()),
                Next::Abort(_) => {}
            }
            if shows_a_secret(answer, channel) {
                let allowed = policy.cleartext_auth.allows(location.channel_without_tls());
                assert!(allowed, "{}", asked());
            }
            // Skipping the check of certificates changes nothing.
            let other = Policy {
                check: CertificateCheck::Skip,
                ..policy
            };
            assert_eq!(
                next(&other, login, channel, location, offered, tried),
                answer
            );
        }
    }
}

#[test]
fn one_offer_more_never_shows_a_secret_that_was_refused() {
    for policy in policies() {
        for (login, channel, location, offered, tried) in situations() {
            let ask = |offered| next(&policy, login, channel, location, offered, tried);
            let Next::Abort(refusal) = ask(offered) else {
                continue;
            };
            for more in offers() {
                let mechanisms = MechanismClass::ALL
                    .into_iter()
                    .filter(|it| offered.mechanisms.contains(*it) || more.mechanisms.contains(*it))
                    .collect();
                let wider = Offered {
                    starttls: offered.starttls || more.starttls,
                    mechanisms,
                };
                // A mechanism that was missing may of course be used, where this side lets it.
                let is_by_policy =
                    !matches!(refusal, Refusal::NoMechanism | Refusal::ExternalNeedsTls);
                if is_by_policy && shows_a_secret(ask(wider), channel) {
                    panic!("{policy:?} {channel} {location} {offered:?} {wider:?}");
                }
            }
        }
    }
}

#[test]
fn a_stricter_setting_never_allows_more() {
    for (login, channel, location, offered, tried) in situations() {
        for policy in policies() {
            let stricter = CleartextAuth::ALL
                .into_iter()
                .filter(|it| *it < policy.cleartext_auth)
                .map(|cleartext_auth| Policy {
                    cleartext_auth,
                    ..policy
                });
            let ask = |policy: &Policy| next(policy, login, channel, location, offered, tried);
            let loose = ask(&policy);
            for strict in stricter {
                let answer = ask(&strict);
                if shows_a_secret(answer, channel) {
                    assert!(shows_a_secret(loose, channel), "{policy:?} {strict:?}");
                }
                if answer == Next::Proceed {
                    assert_eq!(loose, Next::Proceed);
                }
            }
            // To be able to use less is stricter, too; to demand TLS is.
            let required = Policy {
                tls: TlsMode::StartTlsRequired,
                ..policy
            };
            if policy.tls < TlsMode::StartTlsRequired && shows_a_secret(ask(&required), channel) {
                panic!("required TLS showed a secret: {policy:?}");
            }
        }
    }
}

/// A server that does whatever is possible, and refuses everything: the client comes to an end.
#[test]
fn it_ends() {
    for policy in policies() {
        for location in PeerLocation::ALL {
            for login in logins() {
                for offered in offers() {
                    for refuses in [false, true] {
                        let (mut channel, mut tried) =
                            (location.channel_without_tls(), Tried::NOTHING);
                        let mut login = login;
                        let mut steps = 0;
                        loop {
                            match next(&policy, login, channel, location, offered, tried) {
                                Next::StartTls if refuses => tried.starttls = true,
                                Next::StartTls => channel = Channel::Tls,
                                Next::Authenticate(class) if refuses => {
                                    tried.mechanisms = tried.mechanisms.with(class);
                                }
                                Next::Authenticate(_) => login = Login::Done,
                                Next::Proceed | Next::Abort(_) => break,
                            }
                            steps += 1;
                            assert!(steps <= 4, "{policy:?} {login:?} {offered:?}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn facts() {
    use Refusal::{
        CleartextAuthDenied, ImplicitTlsMissing, NoMechanism, StartTlsNotOffered, StartTlsRefused,
    };
    let password = Login::Wanted(MechanismClasses::of(["PLAIN", "LOGIN"]));
    let both = Login::Wanted(MechanismClasses::of(["SCRAM-SHA-256", "PLAIN"]));
    let lists = |starttls, names: &[&str]| Offered {
        starttls,
        mechanisms: MechanismClasses::of(names.iter().copied()),
    };
    let refused = Tried {
        starttls: true,
        ..Tried::NOTHING
    };
    let weak = Tried {
        mechanisms: MechanismClasses::of(["SCRAM-SHA-256"]),
        ..Tried::NOTHING
    };
    let plain = Next::Authenticate(MechanismClass::Cleartext);
    let scram = Next::Authenticate(MechanismClass::ChallengeResponse);
    let auth = &["PLAIN", "LOGIN", "SCRAM-SHA-256"][..];
    for (tls, login, channel, offered, tried, expected) in [
        // S4: STARTTLS is sent where it is offered, and a password stays here without.
        (
            TlsMode::Off,
            password,
            Channel::Plain,
            lists(true, auth),
            Tried::NOTHING,
            Next::Abort(CleartextAuthDenied),
        ),
        (
            TlsMode::Off,
            Login::None,
            Channel::Plain,
            lists(true, auth),
            Tried::NOTHING,
            Next::Proceed,
        ),
        (
            TlsMode::Opportunistic,
            password,
            Channel::Plain,
            lists(true, &[]),
            Tried::NOTHING,
            Next::StartTls,
        ),
        (
            TlsMode::Opportunistic,
            password,
            Channel::Plain,
            lists(false, auth),
            Tried::NOTHING,
            Next::Abort(CleartextAuthDenied),
        ),
        (
            TlsMode::Opportunistic,
            password,
            Channel::Plain,
            lists(true, auth),
            refused,
            Next::Abort(CleartextAuthDenied),
        ),
        (
            TlsMode::Opportunistic,
            Login::None,
            Channel::Plain,
            lists(true, auth),
            refused,
            Next::Proceed,
        ),
        (
            TlsMode::StartTlsRequired,
            Login::None,
            Channel::Plain,
            lists(true, auth),
            refused,
            Next::Abort(StartTlsRefused),
        ),
        (
            TlsMode::StartTlsRequired,
            password,
            Channel::Plain,
            lists(false, auth),
            Tried::NOTHING,
            Next::Abort(StartTlsNotOffered),
        ),
        (
            TlsMode::StartTlsRequired,
            password,
            Channel::Tls,
            lists(false, auth),
            Tried::NOTHING,
            plain,
        ),
        (
            TlsMode::Implicit,
            password,
            Channel::Plain,
            lists(true, auth),
            Tried::NOTHING,
            Next::Abort(ImplicitTlsMissing),
        ),
        (
            TlsMode::Implicit,
            password,
            Channel::Tls,
            lists(false, auth),
            Tried::NOTHING,
            plain,
        ),
        // The strongest, and what is left when the server does not want it.
        (
            TlsMode::Implicit,
            both,
            Channel::Tls,
            lists(false, auth),
            Tried::NOTHING,
            scram,
        ),
        (
            TlsMode::Implicit,
            both,
            Channel::Tls,
            lists(false, auth),
            weak,
            plain,
        ),
        (
            TlsMode::Off,
            both,
            Channel::Plain,
            lists(false, auth),
            Tried::NOTHING,
            scram,
        ),
        (
            TlsMode::Off,
            both,
            Channel::Plain,
            lists(false, auth),
            weak,
            Next::Abort(CleartextAuthDenied),
        ),
        // S5: a server that offers no login is not sent mail of a stranger.
        (
            TlsMode::Opportunistic,
            password,
            Channel::Tls,
            lists(false, &[]),
            Tried::NOTHING,
            Next::Abort(NoMechanism),
        ),
        (
            TlsMode::Implicit,
            password,
            Channel::Tls,
            lists(false, &["SCRAM-SHA-1"]),
            Tried::NOTHING,
            Next::Abort(NoMechanism),
        ),
        (
            TlsMode::Implicit,
            Login::Done,
            Channel::Tls,
            lists(false, &[]),
            Tried::NOTHING,
            Next::Proceed,
        ),
    ] {
        let policy = Policy::new(tls);
        let seen = next(
            &policy,
            login,
            channel,
            PeerLocation::Remote,
            offered,
            tried,
        );
        assert_eq!(
            seen, expected,
            "{tls} {login:?} {channel} {offered:?} {tried:?}"
        );
    }
}
