//! What holds for every combination of level, TLSA records, MTA-STS policy and message.

use mailwire_tls_policy::outbound::{
    Anchor, CertificateCheck, Dane, Demand, Level, Sts, StsPolicy, TlsMode, Withheld, demand,
};

fn every() -> impl Iterator<Item = (Level, Dane, Sts, bool)> {
    Level::ALL.into_iter().flat_map(|level| {
        Dane::ALL.into_iter().flat_map(move |dane| {
            Sts::ALL
                .into_iter()
                .flat_map(move |sts| [false, true].map(|require| (level, dane, sts, require)))
        })
    })
}

/// How strict an answer is; nothing is stricter than not to send.
fn strictness(level: Level, dane: Dane, sts: Sts, require_tls: bool) -> u8 {
    demand(level, dane, sts, require_tls).map_or(9, |it| it.demand.strictness())
}

#[test]
fn what_is_said_besides_never_loosens() {
    for (level, dane, sts, require) in every() {
        let here = strictness(level, dane, sts, require);
        // A message that asks for more gets no less.
        assert!(strictness(level, dane, sts, true) >= strictness(level, dane, sts, false));
        // Nor does a policy, unless TLSA records come before it.
        let enforced = strictness(level, dane, Sts::Enforce { permits: true }, false);
        assert!(enforced >= strictness(level, dane, Sts::Silent, false));
        let refused = strictness(level, dane, Sts::Enforce { permits: false }, false);
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
            assert!(here >= strictness(level, Dane::Silent, Sts::Silent, false).min(3));
        }
    }
}

#[test]
fn with_require_tls_everything_is_authenticated() {
    for (level, dane, sts, _) in every() {
        if let Ok(asked) = demand(level, dane, sts, true) {
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
        let seen = demand(level, dane, sts, false).map(|it| it.demand);
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
