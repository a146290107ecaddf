//! Networks: what is one, and what is in it.

#![allow(
    clippy::expect_used,
    reason = "helpers of tests; the lint only knows the tests themselves"
)]

use core::net::IpAddr;

use mailwire_tls_policy::{Network, NetworkError};

fn network(text: &str) -> Network {
    text.parse().expect(text)
}

#[test]
fn what_is_one() {
    for (text, expected) in [
        ("192.0.2.1", Ok("192.0.2.1")),
        ("192.0.2.1/32", Ok("192.0.2.1")),
        ("192.0.2.0/24", Ok("192.0.2.0/24")),
        ("0.0.0.0/0", Ok("0.0.0.0/0")),
        ("::/0", Ok("::/0")),
        ("2001:db8::/32", Ok("2001:db8::/32")),
        ("2001:DB8::1/128", Ok("2001:db8::1")),
        ("::ffff:10.0.0.0/104", Ok("10.0.0.0/8")),
        ("::ffff:10.0.0.1", Ok("10.0.0.1")),
        ("192.0.2.1/24", Err(NetworkError::HostBits)),
        ("2001:db8::1/32", Err(NetworkError::HostBits)),
        ("10.0.0.0/33", Err(NetworkError::Prefix)),
        ("::/129", Err(NetworkError::Prefix)),
        ("10.0.0.0/", Err(NetworkError::Prefix)),
        ("10.0.0.0/+8", Err(NetworkError::Prefix)),
        ("10.0.0.0/0008", Err(NetworkError::Prefix)),
        ("10.0.0.0/8/8", Err(NetworkError::Prefix)),
        ("10.0.0.0/255.0.0.0", Err(NetworkError::Prefix)),
        ("10.0.0/8", Err(NetworkError::Address)),
        ("localhost", Err(NetworkError::Address)),
        ("[::1]", Err(NetworkError::Address)),
        ("10.0.0.0 /8", Err(NetworkError::Address)),
        ("", Err(NetworkError::Address)),
        ("/8", Err(NetworkError::Address)),
    ] {
        let read = text.parse::<Network>().map(|it| it.to_string());
        assert_eq!(read, expected.map(str::to_owned), "{text}");
    }
}

#[test]
fn what_is_in_it() {
    for (text, address, expected) in [
        ("192.0.2.0/24", "192.0.2.0", true),
        ("192.0.2.0/24", "192.0.2.255", true),
        ("192.0.2.0/24", "192.0.3.0", false),
        ("192.0.2.0/24", "::ffff:192.0.2.7", true),
        ("192.0.2.128/25", "192.0.2.127", false),
        ("0.0.0.0/0", "255.255.255.255", true),
        ("0.0.0.0/0", "::1", false),
        ("::/0", "ffff::", true),
        // What is mapped is IPv4.
        ("::/0", "::ffff:192.0.2.7", false),
        ("2001:db8::/33", "2001:db8:7fff::", true),
        ("2001:db8::/33", "2001:db8:8000::", false),
        ("2001:db8::1", "2001:db8::1", true),
        ("2001:db8::1", "2001:db8::2", false),
    ] {
        let address: IpAddr = address.parse().unwrap();
        assert_eq!(
            network(text).contains(address),
            expected,
            "{text} {address}"
        );
    }
}

#[test]
fn which_share_an_address() {
    for (one, other, covers, overlaps) in [
        ("10.0.0.0/8", "10.1.0.0/16", true, true),
        ("10.1.0.0/16", "10.0.0.0/8", false, true),
        ("10.0.0.0/8", "11.0.0.0/8", false, false),
        ("10.0.0.0/8", "10.0.0.0/8", true, true),
        ("0.0.0.0/0", "::/0", false, false),
        ("127.0.0.1", "127.0.0.0/8", false, true),
    ] {
        let (one, other) = (network(one), network(other));
        assert_eq!(one.covers(other), covers, "{one} {other}");
        assert_eq!(one.overlaps(other), overlaps, "{one} {other}");
        assert_eq!(other.overlaps(one), overlaps, "{one} {other}");
    }
}

#[test]
fn which_are_private() {
    for private in [
        "127.0.0.1",
        "127.0.0.0/8",
        "10.0.0.0/8",
        "10.9.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.1.1",
        "100.64.0.0/10",
        "::1",
        "fc00::/7",
        "fd12:3456::/32",
        "fe80::/10",
        "::ffff:127.0.0.1",
    ] {
        assert!(network(private).is_private(), "{private}");
    }
    for public in [
        "0.0.0.0/0",
        "8.0.0.0/5",
        "172.0.0.0/11",
        "172.32.0.0/12",
        "192.0.2.1",
        "192.168.0.0/15",
        "::/0",
        "::/127",
        "2001:db8::/32",
        "fc00::/6",
        "fec0::/10",
    ] {
        assert!(!network(public).is_private(), "{public}");
    }
}
