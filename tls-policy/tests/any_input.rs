//! Whatever is handed in, there is an answer.

use mailwire_tls_policy::diagnose::{Answer, Listed, Seen, Stage, Symptom, diagnose};
use mailwire_tls_policy::outbound::{
    MechanismClass, StsMode, StsPolicy, StsRecord, TlsaAnswer, TlsaRecord,
};
use mailwire_tls_policy::{Channel, Network, PortList, Role};
use proptest::prelude::*;

proptest! {
    #[test]
    fn texts(text in any::<String>()) {
        let _ = text.parse::<Network>().map(|it| it.to_string());
        let _ = text.parse::<Role>();
        let _ = Channel::parse(&text);
        let _ = MechanismClass::of(&text);
        let _ = Listed::is_garbled(&text);
        let _ = StsRecord::parse(&text).map(|it| it.id().len());
        if let Ok(ports) = PortList::parse(&text) {
            prop_assert!(ports.iter().all(|it| it > 0));
        }
    }

    /// What can be read as a policy says the same of any host, however it is spelled.
    #[test]
    fn policies(
        lines in prop::collection::vec("(version|mode|mx|max_age|x-y): ?(STSv1|enforce|testing|none|[*.a-z0-9-]{0,20}|[0-9]{0,10})", 0..8),
        host in "[a-zA-Z0-9.-]{0,30}",
    ) {
        let text = lines.join("\n");
        if let Ok(policy) = StsPolicy::parse(&text) {
            prop_assert!(policy.max_age() <= StsPolicy::MAX_AGE);
            prop_assert!(policy.mode() == StsMode::None || policy.mx().next().is_some());
            let permits = policy.permits(&host);
            prop_assert_eq!(policy.permits(&host.to_uppercase()), permits);
            prop_assert_eq!(StsPolicy::parse(&text.replace('\n', "\r\n")).map(|it| it.permits(&host)), Ok(permits));
        }
    }

    #[test]
    fn networks(one in any::<u32>(), other in any::<u32>(), prefix in 0u8..=32) {
        let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
        let address = core::net::Ipv4Addr::from_bits(one & mask);
        let network = Network::new(address.into(), prefix).unwrap();
        let other = core::net::Ipv4Addr::from_bits(other);
        prop_assert_eq!(network.contains(other.into()), other.to_bits() & mask == one & mask);
        prop_assert_eq!(network.to_string().parse(), Ok(network));
        prop_assert_eq!(network.contains(other.to_ipv6_mapped().into()), network.contains(other.into()));
    }

    #[test]
    fn records(rdata in prop::collection::vec(any::<u8>(), 0..80)) {
        if let Some(record) = TlsaRecord::parse(&rdata) {
            prop_assert_eq!(record.is_usable(), record.checks().is_some());
            let _ = TlsaAnswer::Secure(&[record]).demands();
        }
    }

    #[test]
    fn replies(
        port in any::<u16>(),
        code in any::<u16>(),
        enhanced in any::<Option<(u8, u16, u16)>>(),
        stage in 0..Stage::ALL.len(),
        text in any::<String>(),
        is_authenticated in any::<bool>(),
    ) {
        let answer = Answer { stage: Stage::ALL[stage], code, enhanced, text: &text };
        let mut seen = Seen::new(port, Channel::Tls, Symptom::Reply(answer));
        seen.is_authenticated = is_authenticated;
        let diagnosis = diagnose(&seen);
        prop_assert_eq!(diagnosis.is_transient, code / 100 == 4);
    }
}
