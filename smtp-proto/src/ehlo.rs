//! The reply to EHLO and LHLO: what a server offers (RFC 5321 section 4.1.1.1).
//!
//! A client reads it into [`Capabilities`], a server writes it with [`write_ehlo`]. What is written
//! is made of types that cannot hold anything else: no name, list or keyword can add a line.

mod capabilities;
mod known;
mod offer;
mod raw;
#[cfg(test)]
mod tests;
mod writer;

pub use capabilities::Capabilities;
pub use offer::{FutureReleaseOffer, LimitsOffer, ProfileName, ProfileNameBuf, SizeOffer};
pub use raw::{KeywordError, RawKeyword, RawKeywordBuf};
pub use writer::{Keyword, write_ehlo};

use crate::grammar::{self, NumberError};

/// Digits as a number; one that does not fit is `u64::MAX`. `None` if there is anything else.
fn number(digits: &[u8]) -> Option<u64> {
    match grammar::number(digits) {
        Ok(number) => Some(number),
        Err(NumberError::TooLarge) => Some(u64::MAX),
        Err(NumberError::NotDigits) => None,
    }
}
