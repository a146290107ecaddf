//! A name from an address as one component of a path.
//!
//! A local part is data and may hold anything: `../../etc`, a leading dot, letters that some file
//! systems take for others. So nothing of it reaches a path as it is, but for characters that mean
//! the same everywhere: `a` to `z`, `0` to `9`, `_`, `+`, `=`, `@`, `-`, and a dot that is neither
//! first nor last. Every other octet becomes `%` and two digits; the empty name becomes `%`, which
//! nothing else does.
//!
//! | local part | component |
//! |---|---|
//! | `alice` | `alice` |
//! | `a.b+tag` | `a.b+tag` |
//! | `Alice` | `%41lice` |
//! | `..` | `%2e%2e` |
//! | `a/b` | `a%2fb` |
//!
//! The encoding is injective, also where a file system ignores case, since no upper case letter is
//! left. It is reversible, which a hash for long names would not be: a name that does not fit is an
//! error instead. A local part within RFC 5321's 64 octets always fits, as 192 at most.

use std::error::Error;
use std::fmt;

/// Octets in a name that common file systems take.
const LONGEST: usize = 255;

/// A name that is safe as one component of a path: never empty, `.` or `..`, and without slashes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Component(String);

impl Component {
    /// Encodes a name.
    ///
    /// # Errors
    ///
    /// The encoded name has more than 255 octets.
    ///
    /// ```
    /// use mailwire_examples::maildir::Component;
    ///
    /// let component = Component::encode("../Bob").unwrap();
    /// assert_eq!(component.as_str(), "%2e.%2f%42ob");
    /// assert_eq!(component.decode().as_deref(), Some("../Bob"));
    /// ```
    pub fn encode(name: &str) -> Result<Self, NameTooLong> {
        const DIGITS: [char; 16] = [
            '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
        ];
        let digit = |value: u8| DIGITS.get(usize::from(value)).copied().unwrap_or('0');
        let last = name.len().saturating_sub(1);
        let mut component = String::new();
        for (index, octet) in name.bytes().enumerate() {
            let is_plain = match octet {
                b'a'..=b'z' | b'0'..=b'9' | b'_' | b'+' | b'=' | b'@' | b'-' => true,
                b'.' => index != 0 && index != last,
                _ => false,
            };
            if is_plain {
                component.push(char::from(octet));
            } else {
                component.extend(['%', digit(octet >> 4), digit(octet & 15)]);
            }
            if component.len() > LONGEST {
                return Err(NameTooLong);
            }
        }
        if component.is_empty() {
            component.push('%');
        }
        Ok(Self(component))
    }

    /// The component, as it stands in a path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name that was encoded. `None` never happens to a value of this type; it is what a text
    /// that no name is encoded as would give.
    #[must_use]
    pub fn decode(&self) -> Option<String> {
        if self.0 == "%" {
            return Some(String::new());
        }
        let mut octets = Vec::new();
        let mut rest = self.0.bytes();
        while let Some(octet) = rest.next() {
            octets.push(match octet {
                b'%' => {
                    let value = |digit: u8| char::from(digit).to_digit(16);
                    let (high, low) = (value(rest.next()?)?, value(rest.next()?)?);
                    u8::try_from(high * 16 + low).ok()?
                }
                octet => octet,
            });
        }
        String::from_utf8(octets).ok()
    }
}

/// A name whose encoding does not fit into a file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameTooLong;

impl fmt::Display for NameTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the name takes more than {LONGEST} octets as the name of a folder"
        )
    }
}

impl Error for NameTooLong {}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn encode(name: &str) -> String {
        Component::encode(name).unwrap().as_str().to_owned()
    }

    #[test]
    fn plain_names_stay_as_they_are() {
        for name in [
            "alice",
            "user17",
            "a.b",
            "first.last+tag",
            "a_b-c=d",
            "example.test",
        ] {
            assert_eq!(encode(name), name);
        }
    }

    #[test]
    fn everything_else_is_written_in_digits() {
        for (name, component) in [
            ("", "%"),
            (".", "%2e"),
            ("..", "%2e%2e"),
            ("...", "%2e.%2e"),
            (".hidden", "%2ehidden"),
            ("a.", "a%2e"),
            ("../../etc/passwd", "%2e.%2f..%2fetc%2fpasswd"),
            ("a/b", "a%2fb"),
            ("a\\b", "a%5cb"),
            ("a\0b", "a%00b"),
            ("Alice", "%41lice"),
            ("100%", "100%25"),
            ("a b", "a%20b"),
            ("m\u{fc}ller", "m%c3%bcller"),
            ("[ipv6:::1]", "%5bipv6%3a%3a%3a1%5d"),
        ] {
            assert_eq!(encode(name), component, "{name:?}");
        }
    }

    /// Every string of up to three of the characters that are most likely to be confused.
    fn names() -> Vec<String> {
        let alphabet = [".", "/", "%", "a", "A", "2", "e", "E", "\0", "\u{e4}", "@"];
        let mut names = vec![String::new()];
        let mut longest = names.clone();
        for _ in 0..3 {
            longest = longest
                .iter()
                .flat_map(|name| alphabet.iter().map(move |letter| format!("{name}{letter}")))
                .collect();
            names.extend(longest.iter().cloned());
        }
        names
    }

    #[test]
    fn no_two_names_share_a_component_and_each_comes_back() {
        let names = names();
        let mut seen = HashSet::new();
        for name in &names {
            let component = Component::encode(name).unwrap();
            assert_eq!(component.decode().as_ref(), Some(name));
            let text = component.as_str();
            assert!(
                !text.is_empty() && !text.starts_with('.'),
                "{name:?}: {text}"
            );
            assert!(!text.contains(['/', '\0']), "{name:?}: {text}");
            // As a file system sees it that ignores case.
            assert!(seen.insert(text.to_ascii_lowercase()), "{name:?}: {text}");
        }
        assert_eq!(seen.len(), names.len());
    }

    #[test]
    fn fits_at_255_octets_and_not_at_256() {
        assert!(Component::encode(&"a".repeat(255)).is_ok());
        assert_eq!(Component::encode(&"a".repeat(256)), Err(NameTooLong));
        assert!(Component::encode(&"A".repeat(85)).is_ok());
        assert_eq!(Component::encode(&"A".repeat(86)), Err(NameTooLong));
    }
}
