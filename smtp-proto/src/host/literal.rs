//! Address literals: an address in brackets where a domain name could be.

use core::net::{Ipv4Addr, Ipv6Addr};
use std::fmt;
use std::hash::{Hash, Hasher};

use super::{HOST_LIMIT, HostError, HostKind};
use crate::charset::Charset;
use crate::grammar::{DCONTENT, LDH, Parsed, fail, hash_ignoring_case, is, octet, run};

/// An address in brackets (RFC 5321 section 4.1.3). Deliberately exhaustive: the grammar has these
/// three, and the last takes every kind of address yet to come.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum AddressLiteral<'i> {
    /// `[192.0.2.1]`.
    Ipv4(Ipv4Addr),
    /// `[IPv6:2001:db8::1]`.
    Ipv6(Ipv6Addr),
    /// `[tag:content]`, for a tag other than `IPv6`.
    General(GeneralLiteral<'i>),
}

/// An address of a kind that this crate knows nothing about: a tag and something printable.
///
/// Two of them are equal if their contents are, and their tags but for letter case.
#[derive(Clone, Copy)]
pub struct GeneralLiteral<'i> {
    tag: &'i str,
    content: &'i str,
}

impl<'i> GeneralLiteral<'i> {
    /// The name of the kind of address, before the colon.
    #[must_use]
    pub const fn tag(self) -> &'i str {
        self.tag
    }

    /// The address itself, behind the colon.
    #[must_use]
    pub const fn content(self) -> &'i str {
        self.content
    }

    /// The length of the tag. No tag is longer than a host.
    pub(super) fn tag_octets(self) -> u8 {
        u8::try_from(self.tag.len()).unwrap_or(u8::MAX)
    }

    /// The parts of `spelled`, which was parsed before and whose tag has `tag` octets.
    pub(super) fn within(spelled: &'i str, tag: usize) -> Self {
        let inner = spelled
            .get(1..spelled.len().saturating_sub(1))
            .unwrap_or_default();
        let (tag, content) = inner.split_at_checked(tag).unwrap_or_default();
        Self {
            tag,
            content: content.get(1..).unwrap_or_default(),
        }
    }
}

impl fmt::Display for AddressLiteral<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ipv4(address) => write!(f, "[{address}]"),
            Self::Ipv6(address) => write!(f, "[IPv6:{address}]"),
            Self::General(general) => write!(f, "[{}:{}]", general.tag, general.content),
        }
    }
}

impl fmt::Debug for AddressLiteral<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AddressLiteral({self})")
    }
}

impl fmt::Debug for GeneralLiteral<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GeneralLiteral([{}:{}])", self.tag, self.content)
    }
}

impl PartialEq for GeneralLiteral<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.tag.eq_ignore_ascii_case(other.tag) && self.content == other.content
    }
}

impl Eq for GeneralLiteral<'_> {}

impl Hash for GeneralLiteral<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_ignoring_case(self.tag.as_bytes(), state);
        self.content.hash(state);
    }
}

/// `address-literal`.
pub(super) fn literal(charset: Charset, input: &[u8]) -> Parsed<'_, HostKind, HostError> {
    let (rest, ()) = octet(b'[', |_| HostError::Literal, input)?;
    let (rest, content) = run(DCONTENT, rest);
    // SMTPUTF8 does not extend literals, so it is not what is missing where it is there.
    if charset == Charset::Ascii && rest.first().is_some_and(|octet| !octet.is_ascii()) {
        return fail(HostError::NonAscii);
    }
    let (rest, ()) = octet(b']', |_| HostError::Literal, rest)?;
    if input.len() - rest.len() > HOST_LIMIT {
        return fail(HostError::TooLong);
    }
    match kind(content) {
        Some(kind) => Ok((rest, kind)),
        None => fail(HostError::Literal),
    }
}

fn kind(content: &[u8]) -> Option<HostKind> {
    let Some(colon) = content.iter().position(|octet| *octet == b':') else {
        return ipv4(content).map(HostKind::Ipv4);
    };
    let (tag, behind) = content.split_at_checked(colon)?;
    let address = behind.get(1..)?;
    if tag.eq_ignore_ascii_case(b"IPv6") {
        // RFC 5321 lets `::` stand for two groups at the least, RFC 4291 section 2.2 for one. One
        // is taken, and never sent: the usual spelling of the address (RFC 5952) has none of it.
        return ipv6(address).map(HostKind::Ipv6);
    }
    // No tag is longer than a host.
    let octets = u8::try_from(colon).ok()?;
    let is_tag = matches!(tag, [.., last] if *last != b'-') && tag.iter().all(|o| is(LDH, *o));
    (is_tag && !address.is_empty()).then_some(HostKind::General(octets))
}

/// The most octets that six groups and [`TWO_GROUPS`] have.
const LONGEST_IPV6: usize = 6 * 5 - 1 + TWO_GROUPS.len();
const TWO_GROUPS: &[u8] = b":0:0";

/// `IPv6-addr`. Behind its last colon may be an IPv4 address, whose numbers may have zeros in front
/// here (see [`ipv4`]); the standard library takes it without them.
fn ipv6(address: &[u8]) -> Option<Ipv6Addr> {
    let parse = |spelled: &[u8]| core::str::from_utf8(spelled).ok()?.parse::<Ipv6Addr>().ok();
    parse(address).or_else(|| {
        // The IPv4 address takes the place of two groups.
        let colon = address.iter().rposition(|octet| *octet == b':')?;
        let (groups, last) = address.split_at_checked(colon)?;
        let [one, two, three, four] = ipv4(last.get(1..)?)?.octets();
        let mut buffer = [0; LONGEST_IPV6];
        let spelled = buffer.get_mut(..colon + TWO_GROUPS.len())?;
        let (start, end) = spelled.split_at_mut_checked(colon)?;
        start.copy_from_slice(groups);
        end.copy_from_slice(TWO_GROUPS);
        let mut octets = parse(spelled)?.octets();
        let [.., a, b, c, d] = &mut octets;
        (*a, *b, *c, *d) = (one, two, three, four);
        Some(Ipv6Addr::from(octets))
    })
}

/// `IPv4-address-literal`: four numbers of one to three *decimal* digits. Zeros in front are
/// allowed and mean nothing, so the standard library's parser, which refuses them, does not do.
fn ipv4(content: &[u8]) -> Option<Ipv4Addr> {
    let mut parts = content.split(|octet| *octet == b'.');
    let mut address = [0; 4];
    for part in &mut address {
        *part = snum(parts.next()?)?;
    }
    parts.next().is_none().then(|| Ipv4Addr::from(address))
}

/// `Snum`.
fn snum(digits: &[u8]) -> Option<u8> {
    if digits.is_empty() || digits.len() > 3 {
        return None;
    }
    digits.iter().try_fold(0u8, |number, digit| {
        let digit = digit.is_ascii_digit().then(|| digit - b'0')?;
        number.checked_mul(10)?.checked_add(digit)
    })
}
