//! The messages of SCRAM (RFC 5802 section 7): attributes with commas between them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::keys::Octets;
use crate::auth::{AuthFault, saslname};

/// The longest message that is read. What is longer is no message of anybody's.
const LONGEST: usize = 4096;

/// The attributes of a message, taken one after the other.
pub(super) struct Attributes<'m>(Option<&'m str>);

impl<'m> Attributes<'m> {
    pub(super) fn of(message: &'m [u8]) -> Result<Self, AuthFault> {
        if message.len() > LONGEST {
            return Err(AuthFault::TooLong);
        }
        let text = std::str::from_utf8(message).map_err(|_| AuthFault::NotUtf8)?;
        if text.contains('\0') {
            return Err(AuthFault::Malformed);
        }
        Ok(Self(Some(text)))
    }

    /// The value of the next attribute, which has to be this one. An extension that is mandatory is
    /// refused wherever it is (RFC 5802 section 5.1, `m`).
    pub(super) fn take(&mut self, name: char) -> Result<&'m str, AuthFault> {
        let (found, value) = self.next()?.ok_or(AuthFault::Malformed)?;
        match found {
            'm' => Err(AuthFault::Extension),
            _ if found == name => Ok(value),
            _ => Err(AuthFault::Malformed),
        }
    }

    /// Passes over optional extensions, to the end.
    pub(super) fn finish(mut self) -> Result<(), AuthFault> {
        while let Some((name, _)) = self.next()? {
            if name == 'm' {
                return Err(AuthFault::Extension);
            }
        }
        Ok(())
    }

    /// Passes over optional extensions, to the last attribute, which has to be this one; gives its value
    /// and what stands before it, commas and all.
    pub(super) fn last(self, whole: &'m str, name: char) -> Result<(&'m str, &'m str), AuthFault> {
        let (before, last) = whole.rsplit_once(',').ok_or(AuthFault::Malformed)?;
        // What was taken already is not the last one.
        let rest = self.0.ok_or(AuthFault::Malformed)?;
        let Some(middle) = rest.len().checked_sub(last.len() + 1) else {
            return match rest == last {
                true => Ok((attribute(last, name)?, before)),
                false => Err(AuthFault::Malformed),
            };
        };
        Self(rest.get(..middle)).finish()?;
        Ok((attribute(last, name)?, before))
    }

    fn next(&mut self) -> Result<Option<(char, &'m str)>, AuthFault> {
        let Some(rest) = self.0 else {
            return Ok(None);
        };
        let (one, behind) = match rest.split_once(',') {
            Some((one, behind)) => (one, Some(behind)),
            None => (rest, None),
        };
        self.0 = behind;
        let mut characters = one.chars();
        match (characters.next(), characters.next()) {
            (Some(name), Some('=')) if name.is_ascii_alphabetic() => {
                Ok(Some((name, characters.as_str())))
            }
            _ => Err(AuthFault::Malformed),
        }
    }
}

fn attribute(spelled: &str, name: char) -> Result<&str, AuthFault> {
    spelled
        .strip_prefix(name)
        .and_then(|rest| rest.strip_prefix('='))
        .ok_or(AuthFault::Malformed)
}

/// A nonce: printable, without commas.
pub(super) fn nonce(value: &str) -> Result<&str, AuthFault> {
    if !value.is_empty()
        && value
            .bytes()
            .all(|it| matches!(it, 0x21..=0x2B | 0x2D..=0x7E))
    {
        Ok(value)
    } else {
        Err(AuthFault::Nonce)
    }
}

/// A nonce of this side: enough of it that nobody guesses it.
pub(super) fn own_nonce(value: String) -> Result<String, AuthFault> {
    const SHORTEST: usize = 18;
    if nonce(&value)?.len() < SHORTEST {
        return Err(AuthFault::Nonce);
    }
    Ok(value)
}

pub(super) fn base64(value: &str) -> Result<Octets, AuthFault> {
    STANDARD
        .decode(value)
        .map(Zeroizing::new)
        .map_err(|_| AuthFault::Base64)
}

pub(super) fn to_base64(octets: &[u8]) -> String {
    STANDARD.encode(octets)
}

/// `posit-number` of 32 bits.
pub(super) fn number(value: &str) -> Result<u32, AuthFault> {
    let is_number = value.bytes().all(|it| it.is_ascii_digit()) && !value.starts_with('0');
    match value.parse() {
        Ok(number) if is_number => Ok(number),
        _ => Err(AuthFault::Malformed),
    }
}

/// A name that is spelled as a `saslname`. It is prepared as stored strings are (RFC 4013), so that two
/// spellings of one name find the same keys.
pub(super) fn name(spelled: &str) -> Result<String, AuthFault> {
    prepare(&saslname::decoded(spelled)?)
}

/// A password or a name, prepared (RFC 4013).
pub(super) fn prepared(text: &str) -> Result<Octets, AuthFault> {
    Ok(Zeroizing::new(prepare(text)?.into_bytes()))
}

pub(super) fn prepare(text: &str) -> Result<String, AuthFault> {
    let prepared = stringprep::saslprep(text).map_err(|_| AuthFault::Malformed)?;
    if prepared.is_empty() {
        return Err(AuthFault::Empty);
    }
    Ok(prepared.into_owned())
}
