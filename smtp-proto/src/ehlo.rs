//! The reply to EHLO and LHLO: what a server offers (RFC 5321 section 4.1.1.1).
//!
//! A client reads it into [`Capabilities`], a server writes it with [`write_ehlo`].

mod capabilities;
mod known;
mod offer;
#[cfg(test)]
mod tests;
mod writer;

pub use capabilities::Capabilities;
pub use offer::{FutureReleaseOffer, LimitsOffer, SizeOffer};
pub use writer::{Keyword, RawKeyword, write_ehlo};

use crate::grammar::{self, ATTRIBUTE, NumberError};

/// `sasl-mech` of RFC 4422 section 3.1, in any case.
fn is_mechanism_name(name: &str) -> bool {
    (1..=20).contains(&name.len())
        && name
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_'))
}

/// The name of an attribute of XCLIENT or XFORWARD.
fn is_attribute_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|octet| grammar::is(ATTRIBUTE, octet))
}

/// `priority-profile` (RFC 6710 section 7).
fn is_profile_name(name: &str) -> bool {
    (1..=20).contains(&name.len())
        && name
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_' | b'.'))
}

fn is_graphic_or_space(octet: u8) -> bool {
    octet.is_ascii_graphic() || octet == b' '
}

/// Digits as a number; one that does not fit is `u64::MAX`. `None` if there is anything else.
fn number(digits: &str) -> Option<u64> {
    match grammar::number(digits.as_bytes()) {
        Ok(number) => Some(number),
        Err(NumberError::TooLarge) => Some(u64::MAX),
        Err(NumberError::NotDigits) => None,
    }
}
