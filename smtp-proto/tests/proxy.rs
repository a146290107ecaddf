//! PROXY headers: a table of those that are one and those that are none, each at every cut; what is written
//! is read; and no header takes an octet that is behind it.
#![cfg(feature = "proxy")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests panic to fail"
)]

use std::net::SocketAddr;

use bytes::BytesMut;
use mailwire_smtp_proto::proxy::{LIMIT, Proxied, ProxyError, Tls, Version, missing, take};
use proptest::prelude::*;

/// A header of version 2: command and family, then what follows the length.
fn binary(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
    let mut header = b"\r\n\r\n\0\r\nQUIT\n".to_vec();
    header.extend([command, family]);
    header.extend(u16::try_from(rest.len()).unwrap().to_be_bytes());
    header.extend(rest);
    header
}

const IPV4: [u8; 12] = [192, 0, 2, 7, 198, 51, 100, 1, 0x12, 0x67, 0, 25];
const UNIX: [u8; 216] = [0; 216];

fn value(kind: u8, octets: &[u8]) -> Vec<u8> {
    let mut value = vec![kind];
    value.extend(u16::try_from(octets.len()).unwrap().to_be_bytes());
    value.extend(octets);
    value
}

fn with(values: &[Vec<u8>]) -> Vec<u8> {
    let values: Vec<u8> = values.concat();
    binary(0x21, 0x11, &[&IPV4[..], &values].concat())
}

fn client(client: &str, destination: &str) -> Proxied {
    Proxied::of(client.parse().unwrap(), destination.parse().unwrap())
}

/// Every cut of the input: the first result that is not a wait, and that it is the same however it came.
fn found(input: &[u8]) -> Result<Option<(usize, Proxied)>, ProxyError> {
    let whole = take(input);
    let mut first = None;
    for end in 0..=input.len() {
        match take(&input[..end]) {
            Ok(None) => {
                assert_eq!(first, None, "it was decided, and is not any more");
                // What can be read without going too far is not more than there is.
                if let Ok(Some((length, _))) = &whole {
                    assert!((1..=length - end).contains(&missing(&input[..end])));
                }
            }
            decided => {
                if let Some(first) = &first {
                    // More octets do not make it another header.
                    assert_eq!(first, &decided);
                }
                first.get_or_insert(decided);
            }
        }
    }
    assert_eq!(first.unwrap_or(Ok(None)), whole);
    whole
}

#[test]
fn headers_that_are_one() {
    let v4 = client("192.0.2.7:4711", "198.51.100.1:25");
    let longest = "PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff \
                   ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n";
    assert_eq!(longest.len(), 107);
    let tls = [&[0x01, 0, 0, 0, 0][..], &value(0x21, b"TLSv1.3")].concat();
    let certificate = |bits: u8, verify: u8| {
        let name = value(0x22, b"client.example.org");
        let cipher = value(0x23, b"TLS_AES_128_GCM_SHA256");
        [&[bits, 0, 0, 0, verify][..], &name, &cipher].concat()
    };
    let of_tls = |has_certificate, is_verified| Tls {
        common_name: Some("client.example.org".into()),
        cipher: Some("TLS_AES_128_GCM_SHA256".into()),
        has_certificate,
        is_verified,
        ..Tls::default()
    };
    for (header, proxied) in [
        (
            b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 25\r\n".to_vec(),
            v4.clone(),
        ),
        (
            b"PROXY TCP4 0.0.0.0 255.255.255.255 0 65535\r\n".to_vec(),
            client("0.0.0.0:0", "255.255.255.255:65535"),
        ),
        (
            b"PROXY TCP6 2001:db8::7 2001:db8::1 4711 25\r\n".to_vec(),
            client("[2001:db8::7]:4711", "[2001:db8::1]:25"),
        ),
        (
            b"PROXY TCP6 ::ffff:192.0.2.7 ::1 4711 25\r\n".to_vec(),
            client("[::ffff:192.0.2.7]:4711", "[::1]:25"),
        ),
        (b"PROXY UNKNOWN\r\n".to_vec(), Proxied::nobody()),
        // Whatever else is there is to be skipped.
        (
            b"PROXY UNKNOWN 192.0.2.7 198.51.100.1 4711 25\r\n".to_vec(),
            Proxied::nobody(),
        ),
        (longest.as_bytes().to_vec(), Proxied::nobody()),
        (binary(0x21, 0x11, &IPV4), v4.clone()),
        (
            binary(
                0x21,
                0x21,
                &[[0x20; 16].as_slice(), &[0x21; 16], &[0, 1, 0, 2]].concat(),
            ),
            client(
                "[2020:2020:2020:2020:2020:2020:2020:2020]:1",
                "[2121:2121:2121:2121:2121:2121:2121:2121]:2",
            ),
        ),
        // LOCAL, with and without addresses, and of any family.
        (binary(0x20, 0x00, &[]), Proxied::nobody()),
        (binary(0x20, 0x11, &IPV4), Proxied::nobody()),
        (binary(0x20, 0x00, &[7; 40]), Proxied::nobody()),
        // PROXY of no family, and of sockets in a file system.
        (binary(0x21, 0x00, &[]), Proxied::nobody()),
        (binary(0x21, 0x31, &UNIX), Proxied::nobody()),
        (binary(0x21, 0x10, &IPV4), v4.clone()),
        (with(&[value(0x01, b"smtp")]), v4.clone().with_alpn(b"smtp")),
        (
            with(&[value(0x02, b"mx.example.test")]),
            v4.clone().with_authority("mx.example.test"),
        ),
        (
            with(&[value(0x05, b"\x01\xff\x00")]),
            v4.clone().with_unique_id(b"\x01\xff\x00"),
        ),
        (
            with(&[value(0x05, &[7; 128])]),
            v4.clone().with_unique_id(&[7; 128]),
        ),
        // NOOP, a checksum, a namespace, one that nobody knows.
        (
            with(&[
                value(0x04, &[0; 9]),
                value(0x03, &[0; 4]),
                value(0x30, b"ns"),
                value(0xE0, b"x"),
            ]),
            v4.clone(),
        ),
        (
            with(&[value(0x20, &tls)]),
            v4.clone().with_tls(Tls {
                version: Some("TLSv1.3".into()),
                ..Tls::default()
            }),
        ),
        // No TLS after all.
        (with(&[value(0x20, &[0, 0, 0, 0, 1])]), v4.clone()),
        (
            with(&[value(0x20, &certificate(0x03, 0))]),
            v4.clone().with_tls(of_tls(true, true)),
        ),
        (
            with(&[value(0x20, &certificate(0x05, 0))]),
            v4.clone().with_tls(of_tls(true, true)),
        ),
        (
            with(&[value(0x20, &certificate(0x03, 1))]),
            v4.clone().with_tls(of_tls(true, false)),
        ),
        // Nobody has shown one, so nobody has looked.
        (
            with(&[value(0x20, &certificate(0x01, 0))]),
            v4.clone().with_tls(of_tls(false, false)),
        ),
        (
            with(&[value(0x04, &vec![0; LIMIT - 16 - 12 - 3])]),
            v4.clone(),
        ),
    ] {
        let length = header.len();
        // Nothing behind it, and something that could be taken for more of it.
        for behind in [
            &b""[..],
            b"EHLO client.example.org\r\n",
            b"PROXY UNKNOWN\r\n",
            b"\x16\x03\x01",
        ] {
            let input = [&header[..], behind].concat();
            let shown = input.escape_ascii();
            assert_eq!(
                found(&input),
                Ok(Some((length, proxied.clone()))),
                "{shown}"
            );
        }
    }
}

#[test]
fn octets_that_are_no_header() {
    let long = |rest: usize| {
        let mut line = b"PROXY UNKNOWN ".to_vec();
        line.resize(rest, b'a');
        line.extend(b"\r\n");
        line
    };
    use ProxyError::{Malformed, Missing, TooLong};
    for (input, error) in [
        (b"EHLO client.example.org\r\n".to_vec(), Missing),
        (b"\x16\x03\x01\x02\x00".to_vec(), Missing),
        (b" PROXY UNKNOWN\r\n".to_vec(), Missing),
        (b"proxy UNKNOWN\r\n".to_vec(), Missing),
        (b"PROXYv1\r\n".to_vec(), Missing),
        (b"\r\n\r\n\0\r\nQUIT\r\n".to_vec(), Missing),
        (b"GET / HTTP/1.1\r\n".to_vec(), Missing),
        (b"PROXY \r\n".to_vec(), Malformed),
        (b"PROXY TCP4\r\n".to_vec(), Malformed),
        (
            b"PROXY TCP5 192.0.2.7 198.51.100.1 4711 25\r\n".to_vec(),
            Malformed,
        ),
        (
            b"PROXY tcp4 192.0.2.7 198.51.100.1 4711 25\r\n".to_vec(),
            Malformed,
        ),
        (
            b"PROXY UDP4 192.0.2.7 198.51.100.1 4711 25\r\n".to_vec(),
            Malformed,
        ),
        (
            b"PROXY TCP4 192.0.2.7 198.51.100.1 4711\r\n".to_vec(),
            Malformed,
        ),
        (
            b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 25 1\r\n".to_vec(),
            Malformed,
        ),
        (
            b"PROXY TCP4  192.0.2.7 198.51.100.1 4711 25\r\n".to_vec(),
            Malformed,
        ),
        (
            b"PROXY TCP4 192.0.2.256 198.51.100.1 4711 25\r\n".to_vec(),
            Malformed,
        ),
        (
            b"PROXY TCP4 2001:db8::7 198.51.100.1 4711 25\r\n".to_vec(),
            Malformed,
        ),
        (
            b"PROXY TCP6 192.0.2.7 198.51.100.1 4711 25\r\n".to_vec(),
            Malformed,
        ),
        (
            b"PROXY TCP4 192.0.2.7 198.51.100.1 65536 25\r\n".to_vec(),
            Malformed,
        ),
        (
            b"PROXY TCP4 192.0.2.7 198.51.100.1 -1 25\r\n".to_vec(),
            Malformed,
        ),
        (
            b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 025\r\n".to_vec(),
            Malformed,
        ),
        (
            b"PROXY TCP4 client.example 198.51.100.1 4711 25\r\n".to_vec(),
            Malformed,
        ),
        (
            b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 25\n".to_vec(),
            Malformed,
        ),
        (b"PROXY UNKNOWN\n".to_vec(), Malformed),
        (
            b"PROXY TCP4 192.0.2.7\0 198.51.100.1 4711 25\r\n".to_vec(),
            Malformed,
        ),
        (b"PROXY \xff\xfe\r\n".to_vec(), Malformed),
        (long(106), TooLong),
        (long(4000), TooLong),
        // Version 3, a command that nobody knows, a family, a protocol, UDP.
        (binary(0x31, 0x11, &IPV4), Malformed),
        (binary(0x11, 0x11, &IPV4), Malformed),
        (binary(0x22, 0x11, &IPV4), Malformed),
        (binary(0x21, 0x41, &IPV4), Malformed),
        (binary(0x21, 0x13, &IPV4), Malformed),
        (binary(0x21, 0x12, &IPV4), Malformed),
        // Too short for the addresses.
        (binary(0x21, 0x11, &IPV4[..11]), Malformed),
        (binary(0x21, 0x21, &IPV4), Malformed),
        (binary(0x21, 0x31, &IPV4), Malformed),
        // Values that are cut, or not what they are said to be.
        (with(&[vec![0x01]]), Malformed),
        (with(&[vec![0x01, 0, 9, b'x']]), Malformed),
        (with(&[value(0x02, b"mx\nexample")]), Malformed),
        (with(&[value(0x02, b"\xff")]), Malformed),
        (with(&[value(0x05, &[7; 129])]), Malformed),
        (with(&[value(0x20, &[1, 0, 0, 0])]), Malformed),
        (with(&[value(0x20, &[1, 0, 0, 0, 0, 0x21, 0])]), Malformed),
        (
            with(&[value(
                0x20,
                &[&[1, 0, 0, 0, 0][..], &value(0x22, b"a\0b")].concat(),
            )]),
            Malformed,
        ),
        (with(&[value(0x04, &vec![0; LIMIT - 16 - 12 - 2])]), TooLong),
        (binary(0x20, 0x00, &vec![0; 65_535]), TooLong),
    ] {
        // Not every cut of the long ones: they are decided early.
        let shown = input[..input.len().min(200)].escape_ascii().to_string();
        assert_eq!(
            found(&input[..input.len().min(5000)]),
            Err(error),
            "{shown}"
        );
    }
}

fn address() -> impl Strategy<Value = SocketAddr> {
    prop_oneof![
        (any::<[u8; 4]>(), any::<u16>()).prop_map(SocketAddr::from),
        (any::<[u8; 16]>(), any::<u16>()).prop_map(SocketAddr::from),
    ]
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        from in address(),
        to in address(),
        alpn in prop::option::of(prop::collection::vec(any::<u8>(), 0..20)),
        authority in prop::option::of("[a-z.é]{0,80}"),
        unique_id in prop::option::of(prop::collection::vec(any::<u8>(), 0..=128)),
        tls in prop::option::of((prop::option::of("[ -~]{0,20}"), prop::option::of("[ -~]{0,20}"), any::<bool>(), any::<bool>())),
    ) {
        let mut proxied = Proxied::of(from, to);
        if let Some(alpn) = &alpn {
            proxied = proxied.with_alpn(alpn);
        }
        if let Some(authority) = &authority {
            proxied = proxied.with_authority(authority);
        }
        if let Some(id) = &unique_id {
            proxied = proxied.with_unique_id(id);
        }
        if let Some((version, cipher, has_certificate, is_verified)) = tls {
            proxied = proxied.with_tls(Tls {
                version: version.map(Into::into),
                cipher: cipher.map(Into::into),
                common_name: None,
                has_certificate,
                is_verified: has_certificate && is_verified,
            });
        }
        for version in [Version::One, Version::Two] {
            let mut out = BytesMut::new();
            proxied.write(version, &mut out).unwrap();
            let (length, read) = take(&out).unwrap().unwrap();
            prop_assert_eq!(length, out.len());
            let ip = |it: Option<SocketAddr>| it.map(|it| (it.ip().to_canonical(), it.port()));
            prop_assert_eq!(ip(read.client()), ip(Some(from)));
            prop_assert_eq!(ip(read.destination()), ip(Some(to)));
            if version == Version::Two {
                prop_assert_eq!(read.alpn(), alpn.as_deref());
                prop_assert_eq!(read.authority(), authority.as_deref());
                prop_assert_eq!(read.unique_id(), unique_id.as_deref());
                prop_assert_eq!(read.tls(), proxied.tls());
            }
        }
    }

    /// Nothing panics, nothing is waited for without end, and a header is within its input.
    #[test]
    fn any_octets(
        start in prop::sample::select(vec![&b""[..], b"PROXY ", b"PROXY TCP4 ", b"\r\n\r\n\0\r\nQUIT\n", b"\r\n\r\n\0\r\nQUIT\n\x21\x11"]),
        rest in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let input = [start, &rest[..]].concat();
        if let Ok(Some((length, _))) = found(&input) {
            prop_assert!(length <= input.len());
        }
    }
}

#[test]
fn nobody_is_written_as_nobody() {
    for (version, expected) in [
        (Version::One, b"PROXY UNKNOWN\r\n".to_vec()),
        (Version::Two, binary(0x20, 0x00, &[])),
    ] {
        let mut out = BytesMut::new();
        Proxied::nobody().write(version, &mut out).unwrap();
        assert_eq!(&out[..], &expected[..]);
    }
    let long = client("192.0.2.7:1", "192.0.2.8:2").with_alpn(&vec![0; LIMIT]);
    let mut out = BytesMut::new();
    assert_eq!(long.write(Version::Two, &mut out), Err(ProxyError::TooLong));
    for odd in [
        client("192.0.2.7:1", "192.0.2.8:2").with_unique_id(&[0; 129]),
        client("192.0.2.7:1", "192.0.2.8:2").with_authority("a\nb"),
    ] {
        let written = odd.write(Version::Two, &mut out);
        assert_eq!(written, Err(ProxyError::Malformed));
    }
    assert_eq!(&out[..], b"", "nothing of it is written");
}
