//! ORCPT: whom the sender wrote to (RFC 3461 section 4.2, RFC 6533 section 3).

use std::fmt::{self, Write};

use crate::charset::{self, Charset};
use crate::grammar::{self, ATEXT, QCHAR, Spelled, is, is_graphic_or_blank, run, within};
use crate::params::{Parameter, ParameterError};
use crate::xtext::{self, Xtext};

/// The value of ORCPT: a type of address, a semicolon, and an address of it, encoded.
///
/// The address is xtext that decodes to printable ASCII and blanks. Of the type `utf-8` it is in
/// the encoding of RFC 6533 section 3, where `\x{...}` stands for a character; where SMTPUTF8 is
/// in force, UTF-8 may stand for itself. What it decodes to is not held to the form of its type
/// (RFC 3461 section 4.2 says so), yet has no control character.
///
/// ```
/// use mailwire_smtp_proto::params::{AddressType, OriginalRecipient};
///
/// let original = OriginalRecipient::parse(r"utf-8;d\x{3C1}ei@example.org")?;
/// assert_eq!(original.kind(), AddressType::Utf8);
/// assert_eq!(original.decode().collect::<String>(), "dρei@example.org");
/// assert!(OriginalRecipient::parse("rfc822;user+0A@example.org").is_err());
/// # Ok::<(), mailwire_smtp_proto::params::ParameterError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct OriginalRecipient<'i> {
    spelled: Spelled<'i>,
    /// Octets of the type: the place of the semicolon.
    address_type: usize,
}

/// The owned twin of [`OriginalRecipient`].
#[derive(Clone)]
pub struct OriginalRecipientBuf {
    spelled: Box<str>,
    address_type: usize,
}

/// What an address is an address of (the IANA registry of "address types").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AddressType {
    /// `rfc822`: a mailbox in ASCII.
    Rfc822,
    /// `utf-8`: a mailbox that may have UTF-8 (RFC 6533).
    Utf8,
    /// Another one; [`OriginalRecipient::address_type`] tells its name.
    Other,
}

const ERROR: ParameterError = ParameterError::Value(Parameter::Orcpt);

impl<'i> OriginalRecipient<'i> {
    /// Parses a value in ASCII.
    ///
    /// # Errors
    ///
    /// [`ParameterError::Value`] of [`Parameter::Orcpt`].
    pub fn parse(input: &'i (impl AsRef<[u8]> + ?Sized)) -> Result<Self, ParameterError> {
        Self::parse_in(Charset::Ascii, input)
    }

    /// Parses a value in a character set; UTF-8 belongs to a transaction with SMTPUTF8.
    ///
    /// # Errors
    ///
    /// [`ParameterError::Value`] of [`Parameter::Orcpt`].
    pub fn parse_in(
        charset: Charset,
        input: &'i (impl AsRef<[u8]> + ?Sized),
    ) -> Result<Self, ParameterError> {
        let input = input.as_ref();
        let (rest, address_type) = run(ATEXT, input);
        let (false, [b';', address @ ..]) = (address_type.is_empty(), rest) else {
            return Err(ERROR);
        };
        let good = match AddressType::of(address_type) {
            AddressType::Utf8 => is_unitext(charset, address),
            _ => Xtext::parse(address).is_ok_and(super::is_printable),
        };
        if address.is_empty() || !good {
            return Err(ERROR);
        }
        Ok(Self {
            spelled: Spelled::utf8(input).ok_or(ERROR)?,
            address_type: address_type.len(),
        })
    }

    /// The type of address, as it is spelled.
    #[must_use]
    pub fn address_type(self) -> &'i str {
        self.spelled.around(self.address_type).0.as_str()
    }

    /// The type of address, as far as it is known here.
    #[must_use]
    pub fn kind(self) -> AddressType {
        AddressType::of(self.address_type().as_bytes())
    }

    /// The address as it is on the wire, encoded.
    #[must_use]
    pub fn encoded(self) -> &'i str {
        self.spelled.around(self.address_type).1.as_str()
    }

    /// The address that is meant. It has no control character.
    pub fn decode(self) -> impl Iterator<Item = char> + 'i {
        let utf8 = self.kind() == AddressType::Utf8;
        let mut rest = self.encoded();
        std::iter::from_fn(move || {
            let (character, behind) = if utf8 {
                embedded(rest).or_else(|| first(rest))?
            } else {
                hexchar(rest).or_else(|| first(rest))?
            };
            rest = behind;
            Some(character)
        })
    }

    /// Whether all of it is ASCII, so that SMTPUTF8 is not needed.
    #[must_use]
    pub const fn is_ascii(self) -> bool {
        self.spelled.is_ascii()
    }

    /// The owned twin.
    #[must_use]
    pub fn to_owned(self) -> OriginalRecipientBuf {
        OriginalRecipientBuf {
            spelled: self.spelled.as_str().into(),
            address_type: self.address_type,
        }
    }
}

impl OriginalRecipientBuf {
    /// The encoding of an address of a type. It is ASCII, also of the type `utf-8`, so that it can
    /// be sent with and without SMTPUTF8.
    ///
    /// # Errors
    ///
    /// [`ParameterError::Value`] of [`Parameter::Orcpt`], if the type is no atom, or the address is
    /// empty or has a character that its type cannot have: a control character, or one outside of
    /// ASCII where the type is not `utf-8`.
    pub fn new(address_type: &str, address: &str) -> Result<Self, ParameterError> {
        // A semicolon in it would end it early.
        if !run(ATEXT, address_type.as_bytes()).0.is_empty() {
            return Err(ERROR);
        }
        let mut spelled = format!("{address_type};");
        if AddressType::of(address_type.as_bytes()) == AddressType::Utf8 {
            for character in address.chars() {
                match u8::try_from(character) {
                    Ok(octet) if is(QCHAR, octet) => spelled.push(character),
                    // Writing to a String cannot fail.
                    _ => drop(write!(spelled, "\\x{{{:X}}}", u32::from(character))),
                }
            }
        } else if address.bytes().all(is_graphic_or_blank) {
            let _ = write!(spelled, "{}", xtext::encode(address));
        }
        OriginalRecipient::parse(&spelled).map(OriginalRecipient::to_owned)
    }

    /// The borrowed form. It is not parsed again.
    #[must_use]
    pub fn borrow(&self) -> OriginalRecipient<'_> {
        OriginalRecipient {
            spelled: Spelled::text(&self.spelled),
            address_type: self.address_type,
        }
    }
}

grammar::owned_twin!(OriginalRecipientBuf, OriginalRecipient, ParameterError);

impl AddressType {
    fn of(name: &[u8]) -> Self {
        if name.eq_ignore_ascii_case(b"rfc822") {
            Self::Rfc822
        } else if name.eq_ignore_ascii_case(b"utf-8") {
            Self::Utf8
        } else {
            Self::Other
        }
    }
}

/// Whether the octets are `utf-8-addr-xtext` or, in UTF-8, `utf-8-addr-unitext`.
fn is_unitext(charset: Charset, octets: &[u8]) -> bool {
    let Ok(mut rest) = std::str::from_utf8(octets) else {
        return false;
    };
    loop {
        let (behind, characters) = run(within(charset, QCHAR), rest.as_bytes());
        if !characters.is_ascii()
            && !rest
                .get(..characters.len())
                .is_some_and(|it| it.chars().all(charset::is_in_local_part))
        {
            return false;
        }
        if behind.is_empty() {
            return true;
        }
        match rest.get(characters.len()..).and_then(embedded) {
            Some((character, behind)) if !character.is_control() => rest = behind,
            _ => return false,
        }
    }
}

/// The first character, which stands for itself, and the rest.
fn first(input: &str) -> Option<(char, &str)> {
    let mut characters = input.chars();
    Some((characters.next()?, characters.as_str()))
}

/// `EmbeddedUnicodeChar`, and the rest. `HEXPOINT` has no zero in front, and of ASCII only what could
/// not stand for itself: a blank, `+`, `=`, `\` and the controls. Its digits are in any case (RFC 5234
/// section 2.3), those of xtext in upper case alone (RFC 3461 section 4).
fn embedded(input: &str) -> Option<(char, &str)> {
    let (digits, rest) = input.strip_prefix("\\x{")?.split_once('}')?;
    if !(2..=6).contains(&digits.len()) || !digits.bytes().all(|it| it.is_ascii_hexdigit()) {
        return None;
    }
    let point = u32::from_str_radix(digits, 16).ok()?;
    // Two digits at the least, so a control of one digit has a zero in front.
    if digits.starts_with('0') && (digits.len() > 2 || point == 0) {
        return None;
    }
    let character = char::from_u32(point)?;
    match u8::try_from(character) {
        Ok(octet) if is(QCHAR, octet) => None,
        _ => Some((character, rest)),
    }
}

/// `hexchar` of xtext, and the rest.
fn hexchar(input: &str) -> Option<(char, &str)> {
    let digits = input.strip_prefix('+')?;
    let (digits, rest) = digits.split_at_checked(2)?;
    let octet = u8::from_str_radix(digits, 16).ok()?;
    Some((char::from(octet), rest))
}

impl fmt::Display for OriginalRecipient<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.spelled.as_str())
    }
}

impl fmt::Debug for OriginalRecipient<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OriginalRecipient({self})")
    }
}
