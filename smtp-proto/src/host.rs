//! Hosts: domain names and address literals, and the names that HELO, EHLO and LHLO carry.

use core::net::{Ipv4Addr, Ipv6Addr};
use std::fmt;
use std::hash::{Hash, Hasher};

use crate::charset::{self, Charset};
use crate::grammar::{self, ALPHANUMERIC, Parsed, Spelled, fail, hash_ignoring_case, is, within};

mod hello;
mod literal;

pub use hello::{HelloName, HelloNameBuf};
pub use literal::{AddressLiteral, GeneralLiteral};

/// The most octets of a domain name or of an address literal with its brackets (RFC 5321 section
/// 4.5.3.1.2), and of a hello name.
pub const HOST_LIMIT: usize = 255;

/// The most octets between two dots of a domain name (RFC 1035 section 2.3.4).
const LABEL_LIMIT: usize = 63;

/// What stands behind the `@` of a mailbox (RFC 5321 section 4.1.2). Deliberately exhaustive: the
/// grammar has these two.
///
/// ```
/// use mailwire_smtp_proto::host::{AddressLiteral, Host};
///
/// let host = Host::parse("[IPv6:2001:DB8::1]")?;
/// assert!(matches!(host, Host::Literal(AddressLiteral::Ipv6(_))));
/// assert_eq!(host.to_string(), "[IPv6:2001:db8::1]");
/// assert_eq!(Host::parse("Example.ORG")?, Host::parse("example.org")?);
/// # Ok::<(), mailwire_smtp_proto::host::HostError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Host<'i> {
    /// A domain name, such as `mail.example.org`.
    Name(DomainName<'i>),
    /// An address literal, such as `[192.0.2.1]`.
    Literal(AddressLiteral<'i>),
}

/// A domain name of letters, digits and hyphens (`Domain` of RFC 5321 section 4.1.2): at most 255
/// octets, no label empty or over 63, no dot at the end. With [`Charset::Utf8`] a label may have
/// UTF-8 as well (RFC 6531 section 3.3). Whether IDNA permits such a label, and whether it is short
/// enough when it is encoded, is for whoever looks the name up.
///
/// Two names that differ in the case of ASCII letters alone are equal (RFC 5321 section 2.4).
#[derive(Clone, Copy)]
pub struct DomainName<'i>(Spelled<'i>);

/// The owned twin of [`DomainName`].
#[derive(Clone)]
pub struct DomainNameBuf(Box<str>);

/// The owned twin of [`Host`]. An address literal is kept in its usual spelling.
#[derive(Clone)]
pub struct HostBuf {
    spelled: Box<str>,
    kind: HostKind,
}

/// Why something is not a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// There is nothing.
    #[error("a domain name or an address literal is missing (RFC 5321 section 4.1.2)")]
    Empty,
    /// Two dots in a row, or a dot at the start or the end.
    #[error("a part of the domain name is empty (RFC 5321 section 4.1.2)")]
    EmptyLabel,
    /// A part that starts or ends with a hyphen.
    #[error("a part of the domain name starts or ends with a hyphen (RFC 5321 section 4.1.2)")]
    Hyphen,
    /// A part of more than 63 octets.
    #[error("a part of the domain name is longer than 63 octets (RFC 1035 section 2.3.4)")]
    LabelTooLong,
    /// More than 255 octets in all.
    #[error("the host is longer than 255 octets (RFC 5321 section 4.5.3.1.2)")]
    TooLong,
    /// An octet that no domain name has.
    #[error("only letters, digits, hyphens and dots make a domain name (RFC 5321 section 4.1.2)")]
    Character,
    /// Brackets around something that is no address.
    #[error("the address literal is malformed (RFC 5321 section 4.1.3)")]
    Literal,
    /// An octet outside of ASCII.
    #[error("the host is not ASCII (RFC 5321 section 4.1.2)")]
    NonAscii,
    /// Octets that are no UTF-8, or a character that no domain name can have.
    #[error(
        "the domain name is not UTF-8, or has a character that no U-label has (RFC 6531 section 3.3)"
    )]
    Unicode,
}

impl<'i> Host<'i> {
    /// Parses a domain name or an address literal in ASCII, with nothing around it.
    ///
    /// # Errors
    ///
    /// [`HostError`] says which rule is broken.
    pub fn parse(input: &'i (impl AsRef<[u8]> + ?Sized)) -> Result<Self, HostError> {
        Self::parse_in(Charset::Ascii, input)
    }

    /// Parses a domain name or an address literal in a character set, with nothing around it.
    ///
    /// # Errors
    ///
    /// [`HostError`] says which rule is broken.
    pub fn parse_in(
        charset: Charset,
        input: &'i (impl AsRef<[u8]> + ?Sized),
    ) -> Result<Self, HostError> {
        let input = input.as_ref();
        let kind = grammar::whole(host(charset, input), |rest| left_over(charset, rest))?;
        spelled(input).map(|spelled| kind.with(spelled))
    }

    /// Whether all of it is ASCII, so that SMTPUTF8 is not needed.
    #[must_use]
    pub const fn is_ascii(self) -> bool {
        match self {
            Self::Name(name) => name.0.is_ascii(),
            Self::Literal(_) => true,
        }
    }

    /// The owned twin.
    #[must_use]
    pub fn to_owned(self) -> HostBuf {
        let kind = match self {
            Self::Name(_) => HostKind::Name,
            Self::Literal(AddressLiteral::Ipv4(address)) => HostKind::Ipv4(address),
            Self::Literal(AddressLiteral::Ipv6(address)) => HostKind::Ipv6(address),
            Self::Literal(AddressLiteral::General(general)) => {
                HostKind::General(general.tag_octets())
            }
        };
        HostBuf {
            spelled: self.to_string().into_boxed_str(),
            kind,
        }
    }
}

impl<'i> DomainName<'i> {
    /// Parses a domain name in ASCII, with nothing around it.
    ///
    /// # Errors
    ///
    /// [`HostError`] says which rule is broken.
    pub fn parse(input: &'i (impl AsRef<[u8]> + ?Sized)) -> Result<Self, HostError> {
        Self::parse_in(Charset::Ascii, input)
    }

    /// Parses a domain name in a character set, with nothing around it.
    ///
    /// # Errors
    ///
    /// [`HostError`] says which rule is broken.
    pub fn parse_in(
        charset: Charset,
        input: &'i (impl AsRef<[u8]> + ?Sized),
    ) -> Result<Self, HostError> {
        let input = input.as_ref();
        grammar::whole(domain(charset, input), |rest| left_over(charset, rest))?;
        spelled(input).map(Self)
    }

    /// The name as it is spelled.
    #[must_use]
    pub const fn as_str(self) -> &'i str {
        self.0.as_str()
    }

    /// Whether all of it is ASCII.
    #[must_use]
    pub const fn is_ascii(self) -> bool {
        self.0.is_ascii()
    }

    /// The owned twin.
    #[must_use]
    pub fn to_owned(self) -> DomainNameBuf {
        DomainNameBuf(self.as_str().into())
    }
}

impl DomainNameBuf {
    /// The borrowed form. It is not parsed again.
    #[must_use]
    pub fn borrow(&self) -> DomainName<'_> {
        DomainName(Spelled::text(&self.0))
    }
}

grammar::owned_twin!(DomainNameBuf, DomainName, HostError);

impl HostBuf {
    /// The borrowed form. It is not parsed again.
    #[must_use]
    pub fn borrow(&self) -> Host<'_> {
        self.kind.with(Spelled::text(&self.spelled))
    }

    /// The host as it is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.spelled
    }
}

grammar::owned_twin!(HostBuf, Host, HostError);

impl fmt::Display for Host<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => name.fmt(f),
            Self::Literal(literal) => literal.fmt(f),
        }
    }
}

impl fmt::Debug for Host<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Host({self})")
    }
}

impl fmt::Display for DomainName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for DomainName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DomainName({self})")
    }
}

impl PartialEq for DomainName<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().eq_ignore_ascii_case(other.0.as_bytes())
    }
}

impl Eq for DomainName<'_> {}

impl Hash for DomainName<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_ignoring_case(self.0.as_bytes(), state);
    }
}

/// What a host that is kept as text is; with the text it makes a [`Host`] without a second parse.
#[derive(Clone, Copy)]
pub(crate) enum HostKind {
    Name,
    Ipv4(Ipv4Addr),
    Ipv6(Ipv6Addr),
    /// The tag has this many octets.
    General(u8),
}

impl HostKind {
    /// The host that was parsed from `spelled`.
    pub(crate) fn with(self, spelled: Spelled<'_>) -> Host<'_> {
        match self {
            Self::Name => Host::Name(DomainName(spelled)),
            Self::Ipv4(address) => Host::Literal(AddressLiteral::Ipv4(address)),
            Self::Ipv6(address) => Host::Literal(AddressLiteral::Ipv6(address)),
            Self::General(tag) => Host::Literal(AddressLiteral::General(GeneralLiteral::within(
                spelled.as_str(),
                usize::from(tag),
            ))),
        }
    }
}

/// `Domain / address-literal`.
#[inline]
pub(crate) fn host(charset: Charset, input: &[u8]) -> Parsed<'_, HostKind, HostError> {
    if input.first() == Some(&b'[') {
        literal::literal(charset, input)
    } else {
        domain(charset, input)
    }
}

/// `Domain`, as far as it goes: what ends it is for the caller to judge (see [`left_over`]). That
/// octets outside of ASCII are UTF-8 is for [`is_spelled_well`] to see.
pub(crate) fn domain(charset: Charset, input: &[u8]) -> Parsed<'_, HostKind, HostError> {
    let octets = within(charset, ALPHANUMERIC);
    let (mut start, mut at) = (0, 0);
    loop {
        match input.get(at) {
            Some(octet) if is(octets, *octet) => {}
            Some(b'-') if at > start => {}
            Some(b'-') => return fail(HostError::Hyphen),
            next => {
                let label = input.get(start..at).unwrap_or_default();
                match label {
                    [] => {
                        return fail(no_label(
                            charset,
                            input,
                            input.get(at..).unwrap_or_default(),
                        ));
                    }
                    [.., b'-'] => return fail(HostError::Hyphen),
                    // The 63 are those of the A-label, whose length IDNA tells. UTF-8 is the longer
                    // of the two for many names, so there the limit of the whole name does.
                    _ if label.len() > LABEL_LIMIT && label.is_ascii() => {
                        return fail(HostError::LabelTooLong);
                    }
                    _ => {}
                }
                if next != Some(&b'.') {
                    break;
                }
                start = at + 1;
            }
        }
        at += 1;
    }
    match input.split_at_checked(at) {
        Some((name, rest)) if name.len() <= HOST_LIMIT => Ok((rest, HostKind::Name)),
        _ => fail(HostError::TooLong),
    }
}

/// The text of a host that was parsed.
fn spelled(host: &[u8]) -> Result<Spelled<'_>, HostError> {
    let host = Spelled::ascii(host);
    if is_spelled_well(host) {
        Ok(host)
    } else {
        Err(HostError::Unicode)
    }
}

/// Whether a host that was parsed is UTF-8, and has only characters that a host may have.
pub(crate) fn is_spelled_well(host: Spelled<'_>) -> bool {
    host.is_ascii()
        || Spelled::utf8(host.as_bytes())
            .is_some_and(|host| host.as_str().chars().all(charset::is_in_label))
}

/// What is wrong where a label should start.
fn no_label(charset: Charset, input: &[u8], rest: &[u8]) -> HostError {
    match rest.first() {
        None | Some(b'>' | b',' | b':') if rest.len() == input.len() => HostError::Empty,
        None | Some(b'.' | b'>' | b',' | b':') => HostError::EmptyLabel,
        Some(_) => left_over(charset, rest),
    }
}

/// What is wrong with a host that `rest` follows without a break.
pub(crate) fn left_over(charset: Charset, rest: &[u8]) -> HostError {
    match rest.first() {
        Some(0x80..) if charset == Charset::Ascii => HostError::NonAscii,
        _ => HostError::Character,
    }
}
