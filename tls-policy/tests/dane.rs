//! TLSA records: those that can be used, and what they demand (RFC 7672 sections 2 and 3).

use mailwire_tls_policy::outbound::{Dane, DaneChecks, TlsaAnswer, TlsaRecord};

const fn record(usage: u8, selector: u8, matching: u8, data: &[u8]) -> TlsaRecord<'_> {
    TlsaRecord {
        usage,
        selector,
        matching,
        data,
    }
}

/// Over every first number, a few of the others, and lengths around those that are right.
#[test]
fn which_can_be_used() {
    let octets = [0xAB; 80];
    for usage in 0..=u8::MAX {
        for selector in [0, 1, 2, 255] {
            for matching in [0, 1, 2, 3, 255] {
                for length in [0, 1, 31, 32, 33, 63, 64, 65] {
                    let record = record(usage, selector, matching, &octets[..length]);
                    let fits = match matching {
                        0 => length > 0,
                        1 => length == 32,
                        2 => length == 64,
                        _ => false,
                    };
                    let expected = match (usage, selector) {
                        (2, 0 | 1) if fits => Some(DaneChecks::ChainAndName),
                        (3, 0 | 1) if fits => Some(DaneChecks::RecordAlone),
                        _ => None,
                    };
                    assert_eq!(record.checks(), expected, "{record:?}");
                    assert_eq!(record.is_usable(), expected.is_some(), "{record:?}");
                    let rdata = [&[usage, selector, matching], &octets[..length]].concat();
                    assert_eq!(TlsaRecord::parse(&rdata), Some(record));
                }
            }
        }
    }
    assert_eq!(TlsaRecord::parse(&[3, 1]), None);
}

#[test]
fn what_is_demanded() {
    let digest = [0xAB; 32];
    let own = record(3, 1, 1, &digest);
    let issuer = record(2, 0, 1, &digest);
    let web = record(1, 1, 1, &digest);
    let short = record(3, 1, 1, &digest[..31]);
    let unknown = record(3, 1, 9, &digest);
    for (answer, expected) in [
        (TlsaAnswer::Secure(&[]), Dane::Silent),
        (TlsaAnswer::Insecure, Dane::Silent),
        (TlsaAnswer::Failed, Dane::Defer),
        (TlsaAnswer::Secure(&[own]), Dane::Authenticate),
        (TlsaAnswer::Secure(&[issuer]), Dane::Authenticate),
        // One that can be used is enough, and those that cannot are passed over.
        (TlsaAnswer::Secure(&[web, unknown, own]), Dane::Authenticate),
        // None that can be used: nobody can be authenticated, and clear text is out of the question.
        (TlsaAnswer::Secure(&[web]), Dane::Encrypt),
        (TlsaAnswer::Secure(&[short]), Dane::Encrypt),
        (TlsaAnswer::Secure(&[web, unknown, short]), Dane::Encrypt),
    ] {
        assert_eq!(answer.demands(), expected, "{answer:?}");
    }
}
