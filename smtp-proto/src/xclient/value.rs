//! What the value of an attribute may be.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Name;
use crate::command::{AttributeTextBuf, AttributeValue};
use crate::host::DomainName;

/// What is known of something. Deliberately exhaustive.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// This, decoded.
    Known(Box<str>),
    /// `[UNAVAILABLE]`: there is none, as far as anybody can tell.
    Unavailable,
    /// `[TEMPUNAVAIL]`: it could not be found out for now.
    TemporarilyUnavailable,
}

/// Why an attribute cannot be what it is said to be. Holds none of the peer's octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("the value of {name} has to be {}", wanted(*.name))]
pub struct ValueFault {
    /// The attribute.
    pub name: Name,
}

impl Value {
    /// The value of an attribute as it was received, judged by its name.
    ///
    /// # Errors
    ///
    /// [`ValueFault`].
    pub fn of(name: Name, value: AttributeValue<'_>) -> Result<Self, ValueFault> {
        match value {
            AttributeValue::Unavailable => Ok(Self::Unavailable),
            AttributeValue::TemporarilyUnavailable if name.is_looked_up() => {
                Ok(Self::TemporarilyUnavailable)
            }
            AttributeValue::TemporarilyUnavailable => Err(ValueFault { name }),
            AttributeValue::Text(text) => {
                let octets: Vec<u8> = text.decode().collect();
                let text = String::from_utf8(octets).map_err(|_| ValueFault { name })?;
                Self::known(name, &text)
            }
        }
    }

    /// A value that is known, judged by the attribute's name.
    ///
    /// # Errors
    ///
    /// [`ValueFault`].
    pub fn known(name: Name, value: &str) -> Result<Self, ValueFault> {
        if is_right(name, value) && AttributeTextBuf::encode(value).is_ok() {
            Ok(Self::Known(value.into()))
        } else {
            Err(ValueFault { name })
        }
    }

    /// The value, if it is known.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Known(text) => Some(text),
            Self::Unavailable | Self::TemporarilyUnavailable => None,
        }
    }

    /// The address that it is, if it is known.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        address(self.text()?)
    }
}

/// As on the wire, encoded.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable => AttributeValue::Unavailable.fmt(f),
            Self::TemporarilyUnavailable => AttributeValue::TemporarilyUnavailable.fmt(f),
            Self::Known(text) => match AttributeTextBuf::encode(text) {
                Ok(text) => text.borrow().fmt(f),
                // It was tried when the value was made.
                Err(_) => AttributeValue::Unavailable.fmt(f),
            },
        }
    }
}

/// An address as ADDR has it: IPv6 with `IPV6:` before it, in any letter case. Postfix's own attribute
/// of an IPv6 client has it, and what lacks it is none.
fn address(text: &str) -> Option<IpAddr> {
    match text.get(..5) {
        Some(tag) if tag.eq_ignore_ascii_case("IPV6:") => {
            text.get(5..)?.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
        }
        _ => text.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
    }
}

fn is_number<N: std::str::FromStr>(text: &str) -> bool {
    // `parse` would take a sign.
    text.bytes().all(|octet| octet.is_ascii_digit()) && text.parse::<N>().is_ok()
}

fn is_one_of(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.eq_ignore_ascii_case(word))
}

fn is_right(name: Name, value: &str) -> bool {
    match name {
        Name::Addr | Name::DestAddr => address(value).is_some(),
        Name::Port | Name::DestPort => is_number::<u16>(value),
        Name::Ttl | Name::Timeout => is_number::<u32>(value),
        Name::Name | Name::ReverseName | Name::DestName => is_host_name(value),
        // Postfix tells by XFORWARD what it has had a message by, whatever that is.
        Name::Proto => is_word(value),
        Name::Source => is_one_of(value, &["LOCAL", "REMOTE"]),
        // An empty name would log nobody in, and be taken for somebody.
        Name::Login | Name::Helo | Name::Session | Name::Ident => !value.is_empty(),
        Name::Forward | Name::ClientTransport => true,
    }
}

/// Letters, digits and `-`, not more than Postfix takes.
fn is_word(value: &str) -> bool {
    let is_word = |it: u8| it.is_ascii_alphanumeric() || it == b'-';
    (1..=64).contains(&value.len()) && value.bytes().all(is_word)
}

/// A domain, in which the DNS also has underscores.
fn is_host_name(value: &str) -> bool {
    let without = value.replace('_', "a");
    // Of digits alone, or with dots between them, it would be taken for an address somewhere.
    let is_name = value.bytes().any(|it| !it.is_ascii_digit() && it != b'.');
    is_name && DomainName::parse(&without).is_ok()
}

const fn wanted(name: Name) -> &'static str {
    match name {
        Name::Addr | Name::DestAddr => "an IPv4 address, or IPV6: and an IPv6 address",
        Name::Port | Name::DestPort => "a number up to 65535",
        Name::Ttl | Name::Timeout => "a number",
        Name::Name | Name::ReverseName | Name::DestName => "a host name",
        Name::Proto => "the name of a protocol: SMTP, ESMTP, or LMTP",
        Name::Source => "LOCAL or REMOTE",
        Name::Login | Name::Helo | Name::Session | Name::Ident => {
            "a text of at most 255 octets, and not empty"
        }
        Name::Forward | Name::ClientTransport => "a text of at most 255 octets",
    }
}
