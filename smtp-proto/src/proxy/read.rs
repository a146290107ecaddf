//! Reading a header: its end is found first, within limits, and only then is it looked at.

use std::net::SocketAddr;

use ppp::{v1, v2};

use super::{CERTIFICATE_NOW, IN_TLS, Proxied, Tls};

/// The most octets of a header of version 2, which could have 65,551: room for addresses, for a server
/// name, and for what is told of TLS. HAProxy keeps what it sends below 540 or so.
pub const LIMIT: usize = 4096;

/// The most octets of a header of version 1, which the protocol gives.
const TEXT_LIMIT: usize = 107;
const TEXT: &[u8] = b"PROXY ";
const BINARY: &[u8] = v2::PROTOCOL_PREFIX;
/// Of version 2: what is in front of the addresses.
const FIXED: usize = 16;

/// PP2_CLIENT_CERT_CONN or PP2_CLIENT_CERT_SESS: when a certificate was shown.
const CERTIFICATE: u8 = CERTIFICATE_NOW | 0x04;

/// Why octets are no header. Holds none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyError {
    /// The connection begins with something else.
    #[error(
        "the connection does not begin with a PROXY header, which is required from this address \
         (in HAProxy: send-proxy or send-proxy-v2)"
    )]
    Missing,
    /// It is longer than one may be.
    #[error("the PROXY header is longer than {LIMIT} octets, or {TEXT_LIMIT} in version 1")]
    TooLong,
    /// It is not as the protocol wants it.
    #[error("the PROXY header is malformed")]
    Malformed,
    /// It came to no end in time.
    #[error("no whole PROXY header came in time")]
    Late,
    /// The connection ended in front of its end.
    #[error("the connection ended before a whole PROXY header had come")]
    EndOfInput,
}

/// Takes a header from the start of a connection: what it says, and of how many octets it is. `None` is
/// for a beginning of one: call again with more.
///
/// ```
/// use mailwire_smtp_proto::proxy::take;
///
/// let input = b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 25\r\nEHLO client.example\r\n";
/// let (length, proxied) = take(input)?.expect("it is whole");
/// assert_eq!(proxied.client(), Some("192.0.2.7:4711".parse().unwrap()));
/// assert!(input[length..].starts_with(b"EHLO"));
/// assert_eq!(take(&input[..12])?, None);
/// # Ok::<(), mailwire_smtp_proto::proxy::ProxyError>(())
/// ```
///
/// # Errors
///
/// [`ProxyError`], as soon as no further octet could make a header of it.
pub fn take(input: &[u8]) -> Result<Option<(usize, Proxied)>, ProxyError> {
    let begins = |with: &[u8]| input.iter().zip(with).all(|(a, b)| a == b);
    if begins(TEXT) {
        take_text(input)
    } else if begins(BINARY) {
        take_binary(input)
    } else {
        Err(ProxyError::Missing)
    }
}

/// How many octets a header that begins so has more, at the least: so many can be read without taking one
/// that is behind it.
#[must_use]
pub fn missing(input: &[u8]) -> usize {
    /// `PROXY UNKNOWN` and CRLF, the shortest of all.
    const LEAST: usize = 15;
    let whole = if input.first() == BINARY.first() {
        length_of_binary(input).unwrap_or(FIXED)
    } else {
        LEAST
    };
    whole.saturating_sub(input.len()).max(1)
}

fn take_text(input: &[u8]) -> Result<Option<(usize, Proxied)>, ProxyError> {
    let start = input.get(..TEXT_LIMIT).unwrap_or(input);
    let Some(end) = memchr::memchr(b'\n', start) else {
        return match start.len() {
            TEXT_LIMIT => Err(ProxyError::TooLong),
            _ => Ok(None),
        };
    };
    let length = end + 1;
    let line = start.get(..length).unwrap_or(start);
    let header = v1::Header::try_from(line).map_err(|_| ProxyError::Malformed)?;
    if header.header.len() != length {
        return Err(ProxyError::Malformed);
    }
    let proxied = match header.addresses {
        v1::Addresses::Unknown => Proxied::nobody(),
        v1::Addresses::Tcp4(it) => over_ipv4(it),
        v1::Addresses::Tcp6(it) => over_ipv6(it),
    };
    Ok(Some((length, proxied)))
}

fn take_binary(input: &[u8]) -> Result<Option<(usize, Proxied)>, ProxyError> {
    // What can be judged without its end is: a peer that is none is not waited for.
    let header = match v2::Header::try_from(input) {
        Ok(header) => Some(header),
        Err(v2::ParseError::Incomplete(_) | v2::ParseError::Partial(..)) => None,
        Err(_) => return Err(ProxyError::Malformed),
    };
    let length = length_of_binary(input).unwrap_or(FIXED);
    if length > LIMIT {
        return Err(ProxyError::TooLong);
    }
    let Some(header) = header else {
        return Ok(None);
    };
    // What is passed on here is a stream.
    if header.protocol == v2::Protocol::Datagram {
        return Err(ProxyError::Malformed);
    }
    if header.command == v2::Command::Local {
        // Whatever else it says is to be skipped.
        return Ok(Some((length, Proxied::nobody())));
    }
    let proxied = match header.addresses {
        v2::Addresses::Unspecified | v2::Addresses::Unix(_) => Proxied::nobody(),
        v2::Addresses::IPv4(it) => over_ipv4(it),
        v2::Addresses::IPv6(it) => over_ipv6(it),
    };
    // Of an unspecified family the parser has no end of the addresses, so it may have values in it that
    // are none.
    let values = match header.addresses {
        v2::Addresses::Unspecified => return Ok(Some((length, proxied))),
        _ => header.tlvs(),
    };
    Ok(Some((length, with_values(proxied, values)?)))
}

/// Of how many octets a header of version 2 is, as soon as it has said so.
fn length_of_binary(input: &[u8]) -> Option<usize> {
    match input.get(FIXED - 2..FIXED) {
        Some([high, low]) => Some(FIXED + usize::from(u16::from_be_bytes([*high, *low]))),
        _ => None,
    }
}

fn over_ipv4(it: v2::IPv4) -> Proxied {
    Proxied::of(
        SocketAddr::from((it.source_address, it.source_port)),
        SocketAddr::from((it.destination_address, it.destination_port)),
    )
}

fn over_ipv6(it: v2::IPv6) -> Proxied {
    Proxied::of(
        SocketAddr::from((it.source_address, it.source_port)),
        SocketAddr::from((it.destination_address, it.destination_port)),
    )
}

fn with_values(
    mut proxied: Proxied,
    values: v2::TypeLengthValues<'_>,
) -> Result<Proxied, ProxyError> {
    for value in values {
        let value = value.map_err(|_| ProxyError::Malformed)?;
        let octets = value.value.as_ref();
        proxied = match Kind::of(value.kind) {
            Some(Kind::Alpn) => proxied.with_alpn(octets),
            Some(Kind::Authority) => proxied.with_authority(text(octets)?),
            Some(Kind::UniqueId) => match octets.len() {
                ..=128 => proxied.with_unique_id(octets),
                _ => return Err(ProxyError::Malformed),
            },
            Some(Kind::Tls) => match tls(octets)? {
                Some(tls) => proxied.with_tls(tls),
                None => proxied,
            },
            None => proxied,
        };
    }
    Ok(proxied)
}

/// The values that have a meaning here.
enum Kind {
    Alpn,
    Authority,
    UniqueId,
    Tls,
}

impl Kind {
    fn of(kind: u8) -> Option<Self> {
        [
            (v2::Type::ALPN, Self::Alpn),
            (v2::Type::Authority, Self::Authority),
            (v2::Type::UniqueId, Self::UniqueId),
            (v2::Type::SSL, Self::Tls),
        ]
        .into_iter()
        .find_map(|(known, it)| (u8::from(known) == kind).then_some(it))
    }
}

/// PP2_TYPE_SSL: a set of bits, the result of verification, and values of its own.
fn tls(octets: &[u8]) -> Result<Option<Tls>, ProxyError> {
    let (fixed, values) = octets.split_at_checked(5).ok_or(ProxyError::Malformed)?;
    let (client, verify) = fixed.split_first().ok_or(ProxyError::Malformed)?;
    if client & IN_TLS == 0 {
        return Ok(None);
    }
    let has_certificate = client & CERTIFICATE != 0;
    let mut tls = Tls {
        has_certificate,
        // It is 0 where none was shown as well.
        is_verified: has_certificate && verify.iter().all(|it| *it == 0),
        ..Tls::default()
    };
    for value in v2::TypeLengthValues::from(values) {
        let value = value.map_err(|_| ProxyError::Malformed)?;
        let told = || text(value.value.as_ref()).map(|it| Some(it.into()));
        if value.kind == u8::from(v2::Type::SSLVersion) {
            tls.version = told()?;
        } else if value.kind == u8::from(v2::Type::SSLCipher) {
            tls.cipher = told()?;
        } else if value.kind == u8::from(v2::Type::SSLCommonName) {
            tls.common_name = told()?;
        }
    }
    Ok(Some(tls))
}

/// UTF-8 that a log may show.
fn text(octets: &[u8]) -> Result<&str, ProxyError> {
    let text = std::str::from_utf8(octets).map_err(|_| ProxyError::Malformed)?;
    if text.chars().any(char::is_control) {
        return Err(ProxyError::Malformed);
    }
    Ok(text)
}
