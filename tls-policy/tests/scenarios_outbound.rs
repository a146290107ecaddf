//! The failures on the client's side that this crate exists to make impossible, each told by hand.
//! Expectations come from the RFCs and from what went wrong in the field, not from the functions.

use mailwire_tls_policy::outbound::{
    CertificateCheck, MechanismClass, PeerLocation, Policy, Refusal, Step, TlsMode, authenticate,
    start_tls,
};
use mailwire_tls_policy::{Channel, CleartextAuth};

#[test]
fn s4_starttls_is_sent_only_where_it_is_offered() {
    let step = |tls, offered| start_tls(&Policy::new(tls), Channel::Plain, offered);
    assert_eq!(step(TlsMode::Off, false), Step::Proceed);
    assert_eq!(step(TlsMode::Off, true), Step::Proceed);
    assert_eq!(step(TlsMode::Opportunistic, false), Step::Proceed);
    assert_eq!(step(TlsMode::Opportunistic, true), Step::StartTls);
    assert_eq!(
        step(TlsMode::StartTlsRequired, false),
        Step::Abort(Refusal::StartTlsNotOffered)
    );
    assert_eq!(step(TlsMode::StartTlsRequired, true), Step::StartTls);
    for offered in [false, true] {
        assert_eq!(
            step(TlsMode::Implicit, offered),
            Step::Abort(Refusal::ImplicitTlsMissing)
        );
        for tls in TlsMode::ALL {
            let inside = start_tls(&Policy::new(tls), Channel::Tls, offered);
            assert_eq!(inside, Step::Proceed);
        }
    }
}

#[test]
fn s4_every_cleartext_mechanism_obeys_the_one_rule() {
    let denied = Err(Refusal::CleartextAuthDenied);
    for name in [
        "PLAIN",
        "LOGIN",
        "XOAUTH2",
        "OAUTHBEARER",
        "plain",
        "X-NEW",
        "",
    ] {
        let over = |cleartext_auth, location| {
            let policy = Policy {
                cleartext_auth,
                ..Policy::new(TlsMode::Opportunistic)
            };
            let class = MechanismClass::of(name);
            authenticate(&policy, Channel::Plain, location, class)
        };
        for location in PeerLocation::ALL {
            assert_eq!(over(CleartextAuth::Deny, location), denied, "{name}");
            assert_eq!(over(CleartextAuth::Allow, location), Ok(()), "{name}");
        }
        let loopback = |location| over(CleartextAuth::AllowLoopback, location);
        assert_eq!(loopback(PeerLocation::Remote), denied, "{name}");
        assert_eq!(loopback(PeerLocation::Loopback), Ok(()), "{name}");
        assert_eq!(loopback(PeerLocation::UnixSocket), Ok(()), "{name}");
    }
}

#[test]
fn s4_challenge_response_runs_in_clear_and_external_does_not() {
    let policy = Policy::new(TlsMode::Off);
    let over = |channel, name| {
        let class = MechanismClass::of(name);
        authenticate(&policy, channel, PeerLocation::Remote, class)
    };
    for name in [
        "CRAM-MD5",
        "SCRAM-SHA-1",
        "SCRAM-SHA-256",
        "scram-sha-512",
        "ANONYMOUS",
    ] {
        assert_eq!(over(Channel::Plain, name), Ok(()), "{name}");
    }
    for name in ["EXTERNAL", "external"] {
        assert_eq!(over(Channel::Plain, name), Err(Refusal::ExternalNeedsTls));
        assert_eq!(over(Channel::Tls, name), Ok(()));
    }
    for name in ["SCRAM", "SCRAM_SHA_1", "CRAM-MD5X", "ＳＣＲＡＭ-"] {
        assert_eq!(
            MechanismClass::of(name),
            MechanismClass::Cleartext,
            "{name}"
        );
    }
}

#[test]
fn s4_skipping_the_certificate_check_never_allows_clear_text() {
    for tls in TlsMode::ALL {
        for channel in [Channel::Plain, Channel::Local] {
            for location in PeerLocation::ALL {
                let policy = Policy {
                    check: CertificateCheck::Skip,
                    ..Policy::new(tls)
                };
                let answer = authenticate(&policy, channel, location, MechanismClass::Cleartext);
                assert!(answer.is_err(), "{policy:?} {channel} {location}");
            }
        }
    }
}

#[test]
fn s4_required_tls_comes_before_any_mechanism() {
    for tls in [TlsMode::StartTlsRequired, TlsMode::Implicit] {
        let policy = Policy {
            cleartext_auth: CleartextAuth::Allow,
            ..Policy::new(tls)
        };
        for channel in [Channel::Plain, Channel::Local] {
            for mechanism in MechanismClass::ALL {
                let answer = authenticate(&policy, channel, PeerLocation::Loopback, mechanism);
                assert!(answer.is_err(), "{tls} {channel} {mechanism}");
            }
        }
    }
}

#[test]
fn s4_loopback_is_an_address() {
    let of = |address: &str| PeerLocation::of(address.parse().expect(address));
    for loopback in [
        "127.0.0.0",
        "127.0.0.1",
        "127.255.255.255",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:127.255.255.255",
    ] {
        assert_eq!(of(loopback), PeerLocation::Loopback, "{loopback}");
    }
    for remote in [
        "126.255.255.255",
        "128.0.0.0",
        "0.0.0.0",
        "10.0.0.1",
        "::",
        "::2",
        "::127.0.0.1",
        "::ffff:126.255.255.255",
        "::ffff:128.0.0.0",
        "::ffff:0:127.0.0.1",
        "fe80::1",
    ] {
        assert_eq!(of(remote), PeerLocation::Remote, "{remote}");
    }
}

#[test]
fn s4_a_local_refusal_does_not_look_like_a_reply() {
    for refusal in Refusal::ALL {
        for shown in [refusal.text().to_owned(), refusal.to_string()] {
            let starts_with_a_digit = shown.starts_with(|first: char| first.is_ascii_digit());
            assert!(!starts_with_a_digit, "{shown}");
            let has_a_status_code = shown.split(' ').any(|word| {
                word.split('.').count() == 3
                    && word.split('.').all(|part| part.parse::<u16>().is_ok())
            });
            assert!(!has_a_status_code, "{shown}");
        }
        assert!(refusal.to_string().starts_with("refused locally: "));
    }
}
