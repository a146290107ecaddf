//! Configuration by serde, there and back.

#![cfg(feature = "serde")]
#![allow(
    clippy::unwrap_used,
    reason = "helpers of tests; the lint only knows the tests themselves"
)]

use std::fmt::{Debug, Display};

use mailwire_tls_policy::outbound::{
    self, CertificateCheck, Level, MechanismClass, PeerLocation, Policy,
};
use mailwire_tls_policy::{
    AuthRule, Channel, CleartextAuth, Identity, Listener, Network, Origin, RecipientClass, Role,
    Scope, SenderRule, TlsMode,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

fn there_and_back<T: Serialize + DeserializeOwned + PartialEq + Debug + Display>(all: &[T]) {
    for value in all {
        let written = serde_json::to_string(value).unwrap();
        assert_eq!(written, format!("\"{value}\""));
        assert_eq!(&serde_json::from_str::<T>(&written).unwrap(), value);
    }
    let error = serde_json::from_str::<T>("\"nonsense\"").unwrap_err();
    for value in all {
        assert!(error.to_string().contains(&value.to_string()), "{error}");
    }
    assert!(error.to_string().contains("nonsense"), "{error}");
    assert!(serde_json::from_str::<T>("1").is_err());
}

#[test]
fn words_are_the_names_that_they_have_everywhere() {
    there_and_back(&Role::ALL);
    there_and_back(&TlsMode::ALL);
    there_and_back(&AuthRule::ALL);
    there_and_back(&Scope::ALL);
    there_and_back(&CleartextAuth::ALL);
    there_and_back(&Channel::ALL);
    there_and_back(&Identity::ALL);
    there_and_back(&RecipientClass::ALL);
    there_and_back(&Origin::ALL);
    there_and_back(&SenderRule::ALL);
    there_and_back(&outbound::TlsMode::ALL);
    there_and_back(&CertificateCheck::ALL);
    there_and_back(&Level::ALL);
    there_and_back(&PeerLocation::ALL);
    there_and_back(&MechanismClass::ALL);
}

#[test]
fn a_listener_says_what_is_unusual_about_it() {
    let read = |text: &str| serde_json::from_str::<Listener>(text);
    for role in Role::ALL {
        let text = format!("{{\"role\":\"{role}\"}}");
        assert_eq!(read(&text).unwrap(), Listener::of(role));
        let written = serde_json::to_string(&Listener::of(role)).unwrap();
        assert_eq!(read(&written).unwrap(), Listener::of(role));
    }
    let text = r#"{"role":"submission","tls":"starttls_optional","cleartext_auth":"loopback","enabled":false}"#;
    let expected = Listener {
        tls: TlsMode::StartTlsOptional,
        cleartext_auth: CleartextAuth::AllowLoopback,
        enabled: false,
        ..Listener::of(Role::Submission)
    };
    assert_eq!(read(text).unwrap(), expected);
    for (text, named) in [
        (r#"{}"#, "role"),
        (r#"{"role":"mx","tsl":"implicit"}"#, "tsl"),
        (r#"{"role":"mx","tls":"starttls"}"#, "starttls_optional"),
        (r#"{"role":"smtp"}"#, "submissions"),
    ] {
        let error = read(text).unwrap_err().to_string();
        assert!(error.contains(named), "{error}");
    }
}

#[test]
fn a_policy_is_strict_where_it_says_nothing() {
    let read = |text: &str| serde_json::from_str::<Policy>(text);
    for tls in outbound::TlsMode::ALL {
        let text = format!("{{\"tls\":\"{tls}\"}}");
        assert_eq!(read(&text).unwrap(), Policy::new(tls));
    }
    let text = r#"{"tls":"off","check":"skip","cleartext_auth":"allow"}"#;
    let loose = read(text).unwrap();
    assert_eq!(loose.check, CertificateCheck::Skip);
    assert_eq!(loose.cleartext_auth, CleartextAuth::Allow);
    assert_eq!(serde_json::to_string(&loose).unwrap(), text);
    // To skip the check of certificates says nothing of passwords.
    let skipping = read(r#"{"tls":"off","check":"skip"}"#).unwrap();
    assert_eq!(skipping.cleartext_auth, CleartextAuth::Deny);
    assert!(read(r#"{"check":"skip"}"#).is_err());
    assert!(read(r#"{"tls":"off","insecure":true}"#).is_err());
}

#[test]
fn a_network_is_a_text() {
    let network: Network = serde_json::from_str("\"10.0.0.0/8\"").unwrap();
    assert_eq!(serde_json::to_string(&network).unwrap(), "\"10.0.0.0/8\"");
    let error = serde_json::from_str::<Network>("\"10.0.0.1/8\"").unwrap_err();
    assert!(error.to_string().contains("10.0.0.1/8"), "{error}");
}
