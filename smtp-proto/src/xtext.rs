//! xtext: any octets, written so that they fit into a parameter's value (RFC 3461 section 4).
//!
//! ```
//! use mailwire_smtp_proto::xtext::{Xtext, XtextBuf};
//!
//! let encoded = XtextBuf::encode("user+tag@example.org");
//! assert_eq!(encoded.as_str(), "user+2Btag@example.org");
//!
//! let xtext = Xtext::parse("e+3Dmc2@example.org")?;
//! assert!(xtext.decode().eq(*b"e=mc2@example.org"));
//! # Ok::<(), mailwire_smtp_proto::xtext::XtextError>(())
//! ```

use std::fmt::{self, Write};

use crate::grammar::{self, Spelled, XCHAR, is, run};

/// Text in the encoding: printable ASCII without blank, `=`, and with `+` before two digits only.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Xtext<'i>(Spelled<'i>);

/// The owned twin of [`Xtext`].
#[derive(Clone)]
pub struct XtextBuf(Box<str>);

/// Octets to be encoded: `Display` writes them as xtext.
#[derive(Clone, Copy)]
pub struct Encode<'a>(&'a [u8]);

/// The octets that are meant; the iterator of [`Xtext::decode`].
#[derive(Clone)]
pub struct Decode<'i>(std::iter::Copied<std::slice::Iter<'i, u8>>);

/// Why something is not xtext.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum XtextError {
    /// A `+` without two hexadecimal digits in upper case behind it.
    #[error("in xtext, two hexadecimal digits in upper case follow a \"+\" (RFC 3461 section 4)")]
    Hexchar,
    /// An octet that has to be encoded.
    #[error("xtext is printable ASCII without blank and \"=\" (RFC 3461 section 4)")]
    Character,
}

/// Writes `octets` as xtext: `+XX` for everything below 33, above 126, `+` and `=`.
#[must_use]
pub fn encode<T: AsRef<[u8]> + ?Sized>(octets: &T) -> Encode<'_> {
    Encode(octets.as_ref())
}

impl<'i> Xtext<'i> {
    /// Checks that the input is xtext, which may be empty.
    ///
    /// # Errors
    ///
    /// [`XtextError`] says which rule is broken.
    pub fn parse(input: &'i (impl AsRef<[u8]> + ?Sized)) -> Result<Self, XtextError> {
        let input = input.as_ref();
        let mut rest = input;
        loop {
            rest = match run(XCHAR, rest).0 {
                [] => return Ok(Self(Spelled::ascii(input))),
                [b'+', high, low, next @ ..] if is_hex(*high) && is_hex(*low) => next,
                [b'+', ..] => return Err(XtextError::Hexchar),
                _ => return Err(XtextError::Character),
            }
        }
    }

    /// As [`parse`](Self::parse), of an `esmtp-value` (RFC 5321 section 4.1.2), in which only `+`
    /// and UTF-8 are not as xtext has it.
    pub(crate) fn of_value(value: &'i [u8]) -> Result<Self, XtextError> {
        if !value.is_ascii() {
            return Err(XtextError::Character);
        }
        for behind_plus in value.split(|octet| *octet == b'+').skip(1) {
            if !matches!(behind_plus, [high, low, ..] if is_hex(*high) && is_hex(*low)) {
                return Err(XtextError::Hexchar);
            }
        }
        Ok(Self(Spelled::ascii(value)))
    }

    /// Writes the octets that are meant into a buffer, and gives them; `None` if they do not fit.
    pub(crate) fn decode_into(self, buffer: &mut [u8]) -> Option<&[u8]> {
        let mut parts = self.as_bytes().split(|octet| *octet == b'+');
        let plain = parts.next().unwrap_or_default();
        let mut length = plain.len();
        buffer.get_mut(..length)?.copy_from_slice(plain);
        for part in parts {
            let ([high, low], plain) = part.split_first_chunk()?;
            let place = buffer.get_mut(length..=length + plain.len())?;
            let (octet, places) = place.split_first_mut()?;
            *octet = value(*high) << 4 | value(*low);
            places.copy_from_slice(plain);
            length += 1 + plain.len();
        }
        buffer.get(..length)
    }

    /// Whether nothing is encoded, so that what is meant is what is written.
    pub(crate) fn is_plain(self) -> bool {
        !self.as_bytes().contains(&b'+')
    }

    /// The octets on the wire.
    pub(crate) const fn as_bytes(self) -> &'i [u8] {
        self.0.as_bytes()
    }

    /// The octets that are meant. They may be anything, CR and LF included.
    #[must_use]
    pub fn decode(self) -> Decode<'i> {
        Decode(self.as_bytes().iter().copied())
    }

    /// The text as it is on the wire, encoded.
    #[must_use]
    pub const fn as_str(self) -> &'i str {
        self.0.as_str()
    }

    /// The owned twin.
    #[must_use]
    pub fn to_owned(self) -> XtextBuf {
        XtextBuf(self.as_str().into())
    }
}

impl XtextBuf {
    /// The encoding of `octets`.
    #[must_use]
    pub fn encode(octets: impl AsRef<[u8]>) -> Self {
        Self(encode(octets.as_ref()).to_string().into_boxed_str())
    }

    /// The borrowed form. It is not checked again.
    #[must_use]
    pub fn borrow(&self) -> Xtext<'_> {
        Xtext(Spelled::text(&self.0))
    }

    /// The text as it is on the wire, encoded.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

grammar::owned_twin!(XtextBuf, Xtext, XtextError);

impl fmt::Display for Xtext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Xtext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Xtext({self})")
    }
}

impl fmt::Display for Encode<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| {
            if is(XCHAR, *octet) {
                f.write_char(char::from(*octet))
            } else {
                write!(f, "+{octet:02X}")
            }
        })
    }
}

impl fmt::Debug for Encode<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Encode({self})")
    }
}

impl Iterator for Decode<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        match self.0.next()? {
            b'+' => Some(value(self.0.next()?) << 4 | value(self.0.next()?)),
            octet => Some(octet),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let encoded = self.0.len();
        (encoded.div_ceil(3), Some(encoded))
    }
}

impl fmt::Debug for Decode<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Decode({} octets to go)", self.0.len())
    }
}

/// Whether the octet is `HEXDIG` as xtext has it: in upper case.
const fn is_hex(octet: u8) -> bool {
    matches!(octet, b'0'..=b'9' | b'A'..=b'F')
}

/// The value of a digit that was checked before.
const fn value(digit: u8) -> u8 {
    match digit {
        b'A'..=b'F' => digit - b'A' + 10,
        _ => digit & 0x0F,
    }
}
