//! The words of a TLS report (RFC 8460 section 4.3), for each failure.

use std::collections::HashSet;

use mailwire_tls_policy::HandshakeFailure;
use mailwire_tls_policy::outbound::{
    Dane, PolicyType, Refusal, ResultType, Sts, StsError, StsFetchError, StsMode, StsPolicy,
    Withheld,
};

#[test]
fn facts() {
    for (failure, expected) in [
        (HandshakeFailure::Expired, "certificate-expired"),
        (HandshakeFailure::WrongName, "certificate-host-mismatch"),
        (HandshakeFailure::SelfSigned, "certificate-not-trusted"),
        (HandshakeFailure::UnknownIssuer, "certificate-not-trusted"),
        (HandshakeFailure::NoTlsaMatch, "certificate-not-trusted"),
        (HandshakeFailure::NothingInCommon, "validation-failure"),
        (HandshakeFailure::NotTls, "validation-failure"),
    ] {
        assert_eq!(ResultType::of_handshake(failure).as_str(), expected);
    }
    for (refusal, expected) in [
        (Refusal::StartTlsNotOffered, Some("starttls-not-supported")),
        (Refusal::StartTlsRefused, Some("starttls-not-supported")),
        // What this side does not want is no fault of theirs.
        (Refusal::CleartextAuthDenied, None),
        (Refusal::NoMechanism, None),
    ] {
        assert_eq!(
            ResultType::of_refusal(refusal).map(ResultType::as_str),
            expected
        );
    }
    for (withheld, expected) in [
        (Withheld::TlsaUnknown, Some("dnssec-invalid")),
        (Withheld::TlsaMissing, Some("dane-required")),
        (Withheld::NotInStsPolicy, Some("validation-failure")),
        (Withheld::RequireTls, None),
    ] {
        assert_eq!(
            ResultType::of_withheld(withheld).map(ResultType::as_str),
            expected
        );
    }
    for (dane, expected) in [
        (Dane::Silent, None),
        (Dane::Encrypt, Some("tlsa-invalid")),
        (Dane::Authenticate, None),
        (Dane::Defer, Some("dnssec-invalid")),
    ] {
        assert_eq!(ResultType::of_dane(dane).map(ResultType::as_str), expected);
    }
    for (error, expected) in [
        (
            StsFetchError::Tls(HandshakeFailure::Expired),
            "sts-webpki-invalid",
        ),
        (
            StsFetchError::Tls(HandshakeFailure::Lost),
            "sts-policy-fetch-error",
        ),
        (StsFetchError::Http, "sts-policy-fetch-error"),
        (StsFetchError::Policy(StsError::Mode), "sts-policy-invalid"),
    ] {
        assert_eq!(ResultType::of_fetch(error).as_str(), expected);
    }
}

#[test]
fn every_word_is_one_and_comes_of_something() {
    let words: HashSet<&str> = ResultType::ALL.map(ResultType::as_str).into();
    assert_eq!(words.len(), ResultType::ALL.len());
    let seen: HashSet<ResultType> = HandshakeFailure::ALL
        .map(ResultType::of_handshake)
        .into_iter()
        .chain(Refusal::ALL.into_iter().filter_map(ResultType::of_refusal))
        .chain(
            Withheld::ALL
                .into_iter()
                .filter_map(ResultType::of_withheld),
        )
        .chain(Dane::ALL.into_iter().filter_map(ResultType::of_dane))
        .chain(HandshakeFailure::ALL.map(|it| ResultType::of_fetch(StsFetchError::Tls(it))))
        .chain([ResultType::of_fetch(StsFetchError::Policy(
            StsError::Version,
        ))])
        .collect();
    assert_eq!(seen.len(), ResultType::ALL.len());
}

#[test]
fn which_policy_a_session_is_held_to() {
    let policy = "version: STSv1\nmode: testing\nmx: *.example.com\nmax_age: 1";
    let policy = StsPolicy::parse(policy).unwrap();
    assert_eq!(policy.mode(), StsMode::Testing);
    let sts = Sts::of(&policy, "mx.example.com");
    for (dane, sts, expected) in [
        (Dane::Silent, Sts::Silent, "no-policy-found"),
        (Dane::Silent, sts, "sts"),
        (Dane::Silent, Sts::Enforce { permits: false }, "sts"),
        (Dane::Authenticate, sts, "tlsa"),
        (Dane::Encrypt, sts, "tlsa"),
        (Dane::Defer, Sts::Silent, "tlsa"),
    ] {
        assert_eq!(PolicyType::of(dane, sts).as_str(), expected, "{dane} {sts}");
    }
}
