//! What holds for every combination of level, TLSA records, MTA-STS policy and message.

use mailwire_tls_policy::outbound::{
    Anchor, CertificateCheck, Dane, Demand, Level, MessageTls, Sts, StsPolicy, TlsMode, Withheld,
    demand,
};

fn every() -> impl Iterator<Item = (Level, Dane, Sts, MessageTls)> {
    Level::ALL.into_iter().flat_map(|level| {
        Dane::ALL.into_iter().flat_map(move |dane| {
            Sts::ALL
                .into_iter()
                .flat_map(move |sts| MessageTls::ALL.map(|message| (level, dane, sts, message)))
        })
    })
}

/// How strict an answer is; nothing is stricter than not to send.
fn strictness(level: Level, dane: Dane, sts: Sts, message: MessageTls) -> u8 {
    demand(level, dane, sts, message).map_or(9, |it| it.demand.strictness())
}

#[test]
fn what_is_said_besides_never_loosens() {
    for (level, dane, sts, require) in every() {
        let here = strictness(level, dane, sts, require);
        // A message that asks for more gets no less.
        assert!(
            strictness(level, dane, sts, MessageTls::Required)
                >= strictness(level, dane, sts, MessageTls::Usual)
        );
        // Nor does a policy, unless TLSA records come before it.
        let enforced = strictness(
            level,
            dane,
            Sts::Enforce { permits: true },
            MessageTls::Usual,
        );
        assert!(enforced >= strictness(level, dane, Sts::Silent, MessageTls::Usual));
        let refused = strictness(
            level,
            dane,
            Sts::Enforce { permits: false },
            MessageTls::Usual,
        );
        assert!(refused >= enforced);
        // A policy that is tested changes nothing.
        for permits in [false, true] {
            assert_eq!(
                demand(level, dane, Sts::Testing { permits }, require).map(|it| it.demand),
                demand(level, dane, Sts::Silent, require).map(|it| it.demand)
            );
        }
        // The level is the least that there is, except that one who has it in clear has it so.
        if level == Level::None {
            assert!(here == 0 || here == 9);
        } else {
            assert!(here >= strictness(level, Dane::Silent, Sts::Silent, MessageTls::Usual).min(3));
        }
    }
}

#[test]
fn with_require_tls_everything_is_authenticated() {
    for (level, dane, sts, _) in every() {
        if let Ok(asked) = demand(level, dane, sts, MessageTls::Required) {
            assert!(
                matches!(asked.demand, Demand::Authenticate(_)),
                "{level} {dane} {sts}"
            );
            assert_eq!(asked.demand.tls(), TlsMode::StartTlsRequired);
            assert_ne!(asked.demand.check(), CertificateCheck::Skip);
        }
    }
}

/// The levels as Postfix documents them (TLS_README), and the rules of RFC 7672 and 8461.
#[test]
fn facts() {
    use Demand::{Authenticate, Clear, Encrypt, Opportunistic};
    let enforce = Sts::Enforce { permits: true };
    let outside = Sts::Enforce { permits: false };
    for (level, dane, sts, expected) in [
        (Level::None, Dane::Authenticate, enforce, Ok(Clear)),
        (Level::May, Dane::Silent, Sts::Silent, Ok(Opportunistic)),
        (Level::Encrypt, Dane::Silent, Sts::Silent, Ok(Encrypt)),
        (Level::Dane, Dane::Silent, Sts::Silent, Ok(Opportunistic)),
        (Level::Dane, Dane::Encrypt, Sts::Silent, Ok(Encrypt)),
        (
            Level::Dane,
            Dane::Authenticate,
            Sts::Silent,
            Ok(Authenticate(Anchor::Tlsa)),
        ),
        (
            Level::Dane,
            Dane::Defer,
            Sts::Silent,
            Err(Withheld::TlsaUnknown),
        ),
        (
            Level::DaneOnly,
            Dane::Silent,
            Sts::Silent,
            Err(Withheld::TlsaMissing),
        ),
        (
            Level::DaneOnly,
            Dane::Encrypt,
            enforce,
            Err(Withheld::TlsaMissing),
        ),
        (
            Level::DaneOnly,
            Dane::Authenticate,
            outside,
            Ok(Authenticate(Anchor::Tlsa)),
        ),
        (
            Level::Verify,
            Dane::Defer,
            Sts::Silent,
            Ok(Authenticate(Anchor::MailServer)),
        ),
        (
            Level::Verify,
            Dane::Silent,
            outside,
            Err(Withheld::NotInStsPolicy),
        ),
        (
            Level::Secure,
            Dane::Defer,
            outside,
            Ok(Authenticate(Anchor::Domain)),
        ),
        (
            Level::Fingerprint,
            Dane::Defer,
            outside,
            Ok(Authenticate(Anchor::Fingerprint)),
        ),
        // TLSA records come before a policy, which must not override them.
        (
            Level::May,
            Dane::Authenticate,
            outside,
            Ok(Authenticate(Anchor::Tlsa)),
        ),
        (Level::May, Dane::Defer, enforce, Err(Withheld::TlsaUnknown)),
        (
            Level::May,
            Dane::Encrypt,
            enforce,
            Ok(Authenticate(Anchor::MailServer)),
        ),
        (
            Level::May,
            Dane::Silent,
            enforce,
            Ok(Authenticate(Anchor::MailServer)),
        ),
        (
            Level::May,
            Dane::Silent,
            outside,
            Err(Withheld::NotInStsPolicy),
        ),
        (
            Level::Encrypt,
            Dane::Silent,
            enforce,
            Ok(Authenticate(Anchor::MailServer)),
        ),
    ] {
        let seen = demand(level, dane, sts, MessageTls::Usual).map(|it| it.demand);
        assert_eq!(seen, expected, "{level} {dane} {sts}");
    }
}

#[test]
fn a_policy_and_a_server() {
    for (mode, host, expected) in [
        ("enforce", "mx.example.com", Sts::Enforce { permits: true }),
        ("enforce", "mx.example.org", Sts::Enforce { permits: false }),
        ("testing", "mx.example.com", Sts::Testing { permits: true }),
        ("testing", "mx.example.org", Sts::Testing { permits: false }),
        ("none", "mx.example.com", Sts::Silent),
    ] {
        let text = format!("version: STSv1\nmode: {mode}\nmx: *.example.com\nmax_age: 1");
        let policy = StsPolicy::parse(&text);
        assert_eq!(
            policy.map(|it| Sts::of(&it, host)),
            Ok(expected),
            "{mode} {host}"
        );
    }
}

/// RFC 8689 section 3: what the domain asserts is ignored, and what the operator demands is not.
#[test]
fn with_tls_optional_the_level_alone_counts() {
    for (level, dane, sts, _) in every() {
        let seen = demand(level, dane, sts, MessageTls::Optional);
        let expected = match level {
            Level::DaneOnly => demand(level, dane, Sts::Silent, MessageTls::Usual),
            _ => demand(level, Dane::Silent, Sts::Silent, MessageTls::Usual),
        };
        assert_eq!(seen, expected, "{level} {dane} {sts}");
    }
}
