//! What becomes of mail to a server: the levels of Postfix, the rules of RFC 7672, 8461 and 8689, and what
//! chasquid and maddy do, as facts.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests panic to fail"
)]

use std::collections::HashSet;

use mailwire_tls_policy::Channel;
use mailwire_tls_policy::outbound::{
    Anchor, Dane, Demand, Established, Level, Login, MechanismClasses, MessageTls, Next, Offered,
    PeerLocation, Policy, Sts, StsPolicy, TlsaAnswer, TlsaRecord, Tried, demand, next,
};

const SERVER: &str = "mx.example.com";

fn dane(word: &str) -> Dane {
    let digest = [0xAB; 32];
    let record = |usage| TlsaRecord {
        usage,
        selector: 1,
        matching: 1,
        data: &digest,
    };
    match word {
        "none" => TlsaAnswer::Secure(&[]).demands(),
        "insecure" => TlsaAnswer::Insecure.demands(),
        // Usage 1 is of the Web's issuers.
        "unusable" => TlsaAnswer::Secure(&[record(1)]).demands(),
        "usable" => TlsaAnswer::Secure(&[record(1), record(3)]).demands(),
        "unsigned-mx" => TlsaAnswer::Secure(&[record(3)]).demands().of_unsigned_mx(),
        "failed" => TlsaAnswer::Failed.demands(),
        word => panic!("no TLSA answer: {word}"),
    }
}

fn sts(word: &str) -> Sts {
    let (mode, mx) = match word {
        "none" => return Sts::Silent,
        "mode-none" => ("none", "*.example.com"),
        "testing-in" => ("testing", "*.example.com"),
        "testing-out" => ("testing", "*.example.org"),
        "enforce-in" => ("enforce", "*.example.com"),
        "enforce-out" => ("enforce", "*.example.org"),
        word => panic!("no policy: {word}"),
    };
    let text = format!("version: STSv1\nmode: {mode}\nmx: {mx}\nmax_age: 604800\n");
    Sts::of(&StsPolicy::parse(&text).unwrap(), SERVER)
}

fn message(word: &str) -> MessageTls {
    match word {
        "usual" => MessageTls::Usual,
        "required" => MessageTls::Required,
        "optional" => MessageTls::Optional,
        word => panic!("no message: {word}"),
    }
}

fn known(word: &str) -> Established {
    let found = Established::ALL.into_iter().find(|it| it.as_str() == word);
    found.unwrap_or_else(|| panic!("nothing known: {word}"))
}

fn is_good_for(certificate: &str, anchor: Anchor) -> bool {
    certificate.contains(match anchor {
        Anchor::Tlsa => 't',
        Anchor::MailServer => 's',
        Anchor::Domain => 'd',
        Anchor::Fingerprint => 'p',
    })
}

/// Plays the connection to its end.
fn outcome(demand: Demand, starttls: &str, certificate: &str) -> String {
    let policy = Policy {
        check: demand.check(),
        ..Policy::new(demand.tls())
    };
    let mut channel = Channel::Plain;
    let mut tried = Tried::NOTHING;
    loop {
        let offered = Offered {
            starttls: starttls != "missing" && channel != Channel::Tls,
            mechanisms: MechanismClasses::NONE,
        };
        let location = PeerLocation::Remote;
        match next(&policy, Login::None, channel, location, offered, tried) {
            Next::Abort(refusal) => return format!("aborted: {}", refusal.name()),
            Next::Authenticate(_) => panic!("nobody wants to log in"),
            Next::StartTls if starttls == "refused" => tried.starttls = true,
            Next::StartTls => match demand {
                Demand::Authenticate(anchor) if !is_good_for(certificate, anchor) => {
                    return "failed: certificate".to_owned();
                }
                _ => channel = Channel::Tls,
            },
            Next::Proceed => {
                return match (channel, demand) {
                    (Channel::Tls, Demand::Authenticate(_)) => "authenticated",
                    (Channel::Tls, _) => "encrypted",
                    _ => "clear",
                }
                .to_owned();
            }
        }
    }
}

#[test]
fn the_table() {
    let lines = include_str!("cases/levels.tsv").lines();
    let mut asked = HashSet::new();
    for line in lines.filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [
            level,
            tlsa,
            policy,
            told,
            had,
            starttls,
            certificate,
            expected,
            source,
        ] = fields[..]
        else {
            panic!("{line:?}")
        };
        assert!(!source.is_empty(), "{line:?}");
        let level: Level = level.parse().unwrap();
        let seen = match demand(level, dane(tlsa), sts(policy), message(told)) {
            Ok(asked) => outcome(asked.demand.no_less_than(known(had)), starttls, certificate),
            Err(withheld) => format!("deferred: {}", withheld.name()),
        };
        assert_eq!(seen, expected, "{line}");
        assert!(asked.insert(fields[..7].to_vec()), "twice: {line}");
    }
    assert!(asked.len() >= 150, "{}", asked.len());
}

#[test]
fn what_is_known_never_loosens() {
    let anchors = [
        Anchor::Tlsa,
        Anchor::MailServer,
        Anchor::Domain,
        Anchor::Fingerprint,
    ];
    let authenticated = anchors.map(Demand::Authenticate);
    for known in Established::ALL {
        for demand in [Demand::Clear, Demand::Opportunistic, Demand::Encrypt] {
            let raised = demand.no_less_than(known);
            assert!(
                raised.strictness() >= demand.strictness(),
                "{demand} {known}"
            );
            assert_eq!(raised.no_less_than(known), raised);
            for more in Established::ALL.into_iter().filter(|it| *it >= known) {
                assert!(demand.no_less_than(more).strictness() >= raised.strictness());
            }
        }
        for demand in authenticated {
            assert_eq!(demand.no_less_than(known), demand);
        }
        for seen in Established::ALL {
            assert!(known.and(seen) >= known && known.and(seen) >= seen);
        }
    }
}
