//! Which certificates pass which check: by name, by fingerprint, by TLSA records, or any.

use std::sync::Arc;

use mailwire_tls_policy::HandshakeFailure::{
    self, Expired, NoTlsaMatch, NotPinned, NotYetValid, SelfSigned, UnknownIssuer, WrongName,
};
use mailwire_tls_policy::outbound::{
    Anchor, CertificateCheck, Dane, Demand, Level, MessageTls, Sts, StsPolicy, TlsaRecord,
    Withheld, demand,
};
use mailwire_tls_policy::tls::{
    Check, Fingerprint, FingerprintError, Names, Verification, client_config, server_config,
};
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::sign::CertifiedKey;
use sha2::{Digest, Sha256, Sha512};

use crate::pair::{shake_hands, with};
use crate::pki::{Made, Times, intermediate, now, provider, root, self_signed, signed, store};

const MX: &str = "mx.example.test";

fn outcome(check: Check, made: &Made) -> Result<(), HandshakeFailure> {
    let algorithms = provider().signature_verification_algorithms;
    let server = ServerName::try_from(MX).unwrap();
    let judged = check.judge(&made.chain, &server, now(), &algorithms);
    let verification = check.verification();
    let shaken = with(check, made, MX).map(drop);
    // What is asked besides says what the handshake says.
    assert_eq!(judged, shaken.map(|()| verification));
    shaken
}

#[test]
fn by_a_root_and_the_name_of_the_server() {
    let (trusted, other) = (root("trusted"), root("other"));
    let middle = intermediate("middle", &trusted);
    let check = || Check::server_name(store(&[&trusted]));
    for (made, expected) in [
        (signed(&[MX], Times::Now, &trusted, &[]), Ok(())),
        (
            signed(&["*.example.test"], Times::Now, &trusted, &[]),
            Ok(()),
        ),
        (signed(&["a.test", MX], Times::Now, &trusted, &[]), Ok(())),
        (signed(&[MX], Times::Now, &trusted, &[&trusted]), Ok(())),
        (signed(&[MX], Times::Now, &middle, &[&middle]), Ok(())),
        (signed(&[MX], Times::Now, &middle, &[]), Err(UnknownIssuer)),
        (signed(&[MX], Times::Over, &trusted, &[]), Err(Expired)),
        (signed(&[MX], Times::Later, &trusted, &[]), Err(NotYetValid)),
        (
            signed(&["example.test"], Times::Now, &trusted, &[]),
            Err(WrongName),
        ),
        (
            signed(&["*.test"], Times::Now, &trusted, &[]),
            Err(WrongName),
        ),
        (signed(&[], Times::Now, &trusted, &[]), Err(WrongName)),
        (signed(&[MX], Times::Now, &other, &[]), Err(UnknownIssuer)),
        (
            signed(&[MX], Times::Now, &other, &[&other]),
            Err(UnknownIssuer),
        ),
        (self_signed(&[MX], Times::Now, false), Err(SelfSigned)),
        // As `openssl req -x509` makes them.
        (self_signed(&[MX], Times::Now, true), Err(SelfSigned)),
    ] {
        assert_eq!(outcome(check(), &made), expected);
    }
}

/// A certificate that a server made for itself, and that an operator has named as a root, as an issuer's or not:
/// name and dates count all the same, and so does the key.
#[test]
fn by_itself_as_a_root() {
    for is_issuer in [false, true] {
        for (names, times, expected) in [
            (&[MX][..], Times::Now, Ok(())),
            (&["a.test"], Times::Now, Err(WrongName)),
            (&[MX], Times::Over, Err(Expired)),
            (&[MX], Times::Later, Err(NotYetValid)),
        ] {
            let made = self_signed(names, times, is_issuer);
            let stranger = self_signed(&[MX], Times::Now, is_issuer);
            let mut roots = RootCertStore::empty();
            roots.add(made.own().clone()).unwrap();
            let roots = Arc::new(roots);
            let check = || Check::server_name(Arc::clone(&roots));
            assert_eq!(outcome(check(), &made), expected, "{is_issuer} {names:?}");
            assert_eq!(outcome(check(), &stranger), Err(SelfSigned), "{is_issuer}");

            let stolen = CertifiedKey::new(made.chain, Arc::clone(&stranger.certified().key));
            let provider = provider();
            let client = client_config(&provider, check(), None).unwrap();
            let server = server_config(&provider, Arc::new(stolen), [], None).unwrap();
            assert!(shake_hands(client, server, MX).is_err());
        }
    }
}

#[test]
fn by_a_root_and_the_domain_of_the_mail() {
    let trusted = root("trusted");
    let domain = ServerName::try_from("example.test").unwrap();
    for (names, expected) in [
        (&["example.test"][..], Ok(())),
        (&[MX, "example.test"], Ok(())),
        // The name of the server came from a DNS that anybody could have answered for.
        (&[MX], Err(WrongName)),
        (&["*.example.test"], Err(WrongName)),
    ] {
        let check = Check::domain(store(&[&trusted]), domain.clone());
        assert_eq!(
            outcome(check, &signed(names, Times::Now, &trusted, &[])),
            expected
        );
    }
}

#[test]
fn by_fingerprint() {
    let made = self_signed(&["another.test"], Times::Over, false);
    let stranger = self_signed(&[MX], Times::Now, false);
    let own = Fingerprint::of_certificate(made.own());
    let key = Fingerprint::of_key(made.own()).unwrap();
    let other = Fingerprint::of_certificate(stranger.own());
    // Names and times do not count.
    for pins in [vec![own], vec![key], vec![other, key]] {
        assert_eq!(outcome(Check::Pin(pins.clone()), &made), Ok(()));
        if !pins.contains(&other) {
            assert_eq!(outcome(Check::Pin(pins), &stranger), Err(NotPinned));
        }
    }
    assert_eq!(outcome(Check::Pin(vec![other]), &made), Err(NotPinned));
    assert_eq!(outcome(Check::Pin(vec![]), &made), Err(NotPinned));
}

/// To show a certificate that was named is not enough: its key has to be there.
#[test]
fn a_certificate_without_its_key_is_nobodys() {
    let made = self_signed(&[MX], Times::Now, false);
    let thief = self_signed(&[MX], Times::Now, false);
    let stolen = CertifiedKey::new(made.chain.clone(), Arc::clone(&thief.certified().key));
    let record = record_of(3, 1, 1, made.own());
    for check in [
        Check::Pin(vec![Fingerprint::of_certificate(made.own())]),
        Check::dane([&record.borrow()], None),
    ] {
        let provider = provider();
        let client = client_config(&provider, check, None).unwrap();
        let server = server_config(&provider, Arc::new(stolen.clone()), [], None).unwrap();
        assert!(shake_hands(client, server, MX).is_err());
    }
}

#[test]
fn any() {
    let trusted = root("trusted");
    for made in [
        self_signed(&["another.test"], Times::Over, true),
        signed(&[], Times::Later, &trusted, &[]),
    ] {
        assert_eq!(outcome(Check::Skip, &made), Ok(()));
    }
}

/// A record and what it is about.
struct Record {
    numbers: [u8; 3],
    data: Vec<u8>,
}

impl Record {
    fn borrow(&self) -> TlsaRecord<'_> {
        let [usage, selector, matching] = self.numbers;
        TlsaRecord {
            usage,
            selector,
            matching,
            data: &self.data,
        }
    }
}

fn record_of(usage: u8, selector: u8, matching: u8, certificate: &CertificateDer<'_>) -> Record {
    let key = webpki::EndEntityCert::try_from(certificate).unwrap();
    let key = key.subject_public_key_info();
    let selected: &[u8] = if selector == 0 { certificate } else { &key };
    let data = match matching {
        0 => selected.to_vec(),
        1 => Sha256::digest(selected).to_vec(),
        _ => Sha512::digest(selected).to_vec(),
    };
    Record {
        numbers: [usage, selector, matching],
        data,
    }
}

fn dane(records: &[&Record], domain: Option<&str>) -> Check {
    let records: Vec<TlsaRecord<'_>> = records.iter().map(|it| it.borrow()).collect();
    let domain = domain.map(|it| ServerName::try_from(it.to_owned()).unwrap());
    Check::dane(&records, domain)
}

/// RFC 7672 section 3.1.1: nothing but the record counts.
#[test]
fn by_a_record_about_the_server() {
    let stranger = self_signed(&[MX], Times::Now, false);
    for made in [
        self_signed(&[MX], Times::Now, false),
        self_signed(&["another.test"], Times::Over, true),
        signed(&[], Times::Later, &root("nobody knows"), &[]),
    ] {
        for selector in [0, 1] {
            for matching in [0, 1, 2] {
                let record = record_of(3, selector, matching, made.own());
                assert_eq!(outcome(dane(&[&record], None), &made), Ok(()));
                assert_eq!(outcome(dane(&[&record], None), &stranger), Err(NoTlsaMatch));
                let other = record_of(3, selector, matching, stranger.own());
                assert_eq!(outcome(dane(&[&other, &record], None), &made), Ok(()));
                assert_eq!(outcome(dane(&[&other], None), &made), Err(NoTlsaMatch));
            }
        }
    }
}

/// RFC 7672 section 3.1.2: the chain, its times, and a name.
#[test]
fn by_a_record_about_an_issuer() {
    let (top, other) = (root("top"), root("other"));
    let middle = intermediate("middle", &top);
    let of_top = |names: &[&str], times| signed(names, times, &top, &[&top]);
    let of_middle = |above: &[&_]| signed(&[MX], Times::Now, &middle, above);
    for selector in [0, 1] {
        for matching in [0, 1, 2] {
            let at_top = record_of(2, selector, matching, top.der());
            let at_middle = record_of(2, selector, matching, middle.der());
            let elsewhere = record_of(2, selector, matching, other.der());
            // In full, the issuer is in the record and need not be in the chain.
            let is_in_full = selector == 0 && matching == 0;
            let if_in_full = if is_in_full { Ok(()) } else { Err(NoTlsaMatch) };
            for (record, made, expected) in [
                (&at_top, of_top(&[MX], Times::Now), Ok(())),
                (&at_top, of_top(&["example.test"], Times::Now), Ok(())),
                (
                    &at_top,
                    of_top(&["another.test"], Times::Now),
                    Err(WrongName),
                ),
                (&at_top, of_top(&[MX], Times::Over), Err(Expired)),
                (&at_top, of_top(&[MX], Times::Later), Err(NotYetValid)),
                (&at_top, signed(&[MX], Times::Now, &top, &[]), if_in_full),
                (&at_top, of_middle(&[&middle, &top]), Ok(())),
                (&at_top, of_middle(&[&middle]), if_in_full),
                (&at_middle, of_middle(&[&middle, &top]), Ok(())),
                (&at_middle, of_middle(&[&middle]), Ok(())),
                (&at_middle, of_top(&[MX], Times::Now), Err(NoTlsaMatch)),
                (&elsewhere, of_top(&[MX], Times::Now), Err(NoTlsaMatch)),
                // It is in the chain, and has signed nothing there.
                (
                    &elsewhere,
                    signed(&[MX], Times::Now, &top, &[&top, &other]),
                    Err(NoTlsaMatch),
                ),
                // It is about an issuer, and the server is none.
                (
                    &record_of(2, selector, matching, of_top(&[MX], Times::Now).own()),
                    of_top(&[MX], Times::Now),
                    Err(NoTlsaMatch),
                ),
            ] {
                let check = dane(&[record], Some("example.test"));
                let seen = outcome(check, &made);
                assert_eq!(seen, expected, "2 {selector} {matching}");
            }
        }
    }
}

#[test]
fn by_one_of_several_records() {
    let top = root("top");
    let made = signed(&["another.test"], Times::Now, &top, &[&top]);
    let issuer = record_of(2, 0, 1, top.der());
    let own = record_of(3, 1, 1, made.own());
    let web = record_of(1, 1, 1, made.own());
    let unknown = record_of(3, 1, 2, made.own());
    let unknown = Record {
        numbers: [3, 1, 9],
        ..unknown
    };
    // The issuer's is for another name, and the server's own is enough.
    assert_eq!(outcome(dane(&[&issuer, &own], None), &made), Ok(()));
    assert_eq!(outcome(dane(&[&issuer, &web], None), &made), Err(WrongName));
    // Those that cannot be used are passed over.
    assert_eq!(
        outcome(dane(&[&web, &unknown], None), &made),
        Err(NoTlsaMatch)
    );
    assert_eq!(outcome(dane(&[&web, &unknown, &own], None), &made), Ok(()));
    assert_eq!(outcome(dane(&[], None), &made), Err(NoTlsaMatch));
}

#[test]
fn what_the_policy_knows_a_check_as() {
    let store = store(&[&root("any")]);
    let domain = ServerName::try_from("example.test").unwrap();
    for (check, kind, verification) in [
        (
            Check::server_name(store.clone()),
            CertificateCheck::Verify,
            Verification::Name,
        ),
        (
            Check::domain(store, domain.clone()),
            CertificateCheck::Verify,
            Verification::Name,
        ),
        (
            Check::Pin(vec![]),
            CertificateCheck::Pin,
            Verification::Pinned,
        ),
        (
            Check::dane([], Some(domain.clone())),
            CertificateCheck::Pin,
            Verification::Tlsa,
        ),
        (Check::Skip, CertificateCheck::Skip, Verification::None),
    ] {
        assert_eq!((check.kind(), check.verification()), (kind, verification));
        if let Check::Dane { names, .. } = check {
            assert_eq!(names, Names::Also(vec![domain.clone()]));
        }
    }
}

#[test]
fn fingerprints_as_they_are_written() {
    let digits = "0123456789abcdefABCDEF0123456789abcdef0123456789abcdef0123456789";
    let colons: Vec<&str> = (0..32).map(|at| &digits[at * 2..at * 2 + 2]).collect();
    let colons = colons.join(":");
    for (text, expected) in [
        (
            format!("cert:{digits}"),
            Ok(format!("cert:{}", digits.to_lowercase())),
        ),
        (
            format!("key:{colons}"),
            Ok(format!("key:{}", digits.to_lowercase())),
        ),
        (
            format!("key:{}", &digits[..62]),
            Err(FingerprintError::Digits),
        ),
        (format!("key:{digits}0"), Err(FingerprintError::Digits)),
        (format!("key:{digits}00"), Err(FingerprintError::Digits)),
        (format!("key:{colons}:"), Err(FingerprintError::Digits)),
        (format!("key::{colons}"), Err(FingerprintError::Digits)),
        (
            format!("key:{}", colons.replacen(':', "", 1)),
            Err(FingerprintError::Digits),
        ),
        (
            format!("key:{}", digits.replacen("01", "+1", 1)),
            Err(FingerprintError::Digits),
        ),
        (
            format!("key:{}", digits.replacen("01", "é", 1)),
            Err(FingerprintError::Digits),
        ),
        (format!("md5:{digits}"), Err(FingerprintError::Kind)),
        (digits.to_owned(), Err(FingerprintError::Kind)),
        (String::new(), Err(FingerprintError::Kind)),
        ("key:".to_owned(), Err(FingerprintError::Digits)),
    ] {
        let read = text.parse::<Fingerprint>().map(|it| it.to_string());
        assert_eq!(read, expected, "{text}");
    }
}

/// RFC 8461 sections 4 and 5: from the text of the policy to the handshake.
#[test]
fn by_an_mta_sts_policy() {
    let (trusted, other) = (root("trusted"), root("other"));
    let text = "version: STSv1\nmode: enforce\nmx: *.example.test\nmax_age: 604800\n";
    let policy = StsPolicy::parse(text).unwrap();
    let asked = |server| {
        let sts = Sts::of(&policy, server);
        demand(Level::May, Dane::Silent, sts, MessageTls::Usual).map(|it| it.demand)
    };
    assert_eq!(asked(MX), Ok(Demand::Authenticate(Anchor::MailServer)));
    assert_eq!(asked("mx.example.org"), Err(Withheld::NotInStsPolicy));
    for (made, expected) in [
        (signed(&[MX], Times::Now, &trusted, &[]), Ok(())),
        (
            signed(&["*.example.test"], Times::Now, &trusted, &[]),
            Ok(()),
        ),
        (
            signed(&["example.test"], Times::Now, &trusted, &[]),
            Err(WrongName),
        ),
        (signed(&[MX], Times::Over, &trusted, &[]), Err(Expired)),
        (signed(&[MX], Times::Now, &other, &[]), Err(UnknownIssuer)),
        (self_signed(&[MX], Times::Now, false), Err(SelfSigned)),
    ] {
        let check = Check::server_name(store(&[&trusted]));
        assert_eq!(Ok(check.kind()), asked(MX).map(Demand::check));
        assert_eq!(outcome(check, &made), expected);
    }
}
