//! Reply codes (RFC 5321 section 4.2.1) and enhanced status codes (RFC 3463).

use std::fmt;

/// What a reply means as a whole: the first digit of its code (RFC 5321 section 4.2.1).
///
/// Deliberately exhaustive: the first digit is all a client may rely on, so a match on it must be
/// total.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// 2yz: done.
    Positive = 2,
    /// 3yz: accepted so far, more is awaited.
    Intermediate = 3,
    /// 4yz: not done, may work later.
    Transient = 4,
    /// 5yz: not done, and the same again will not work either.
    Permanent = 5,
}

/// The three digits of a reply, 200 to 599.
///
/// RFC 5321 writes the second digit as 0 to 5. Codes such as 571 are in use all the same, and a
/// client acts on the first digit alone (section 4.3.2), so any second digit is taken.
///
/// ```
/// use mailwire_smtp_proto::reply::{Class, Code};
///
/// let code = Code::new(451).unwrap();
/// assert_eq!((code.value(), code.class()), (451, Class::Transient));
/// assert_eq!(Code::new(150), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(u16);

/// An enhanced status code, `class.subject.detail` (RFC 3463): class 2, 4 or 5, and two numbers up
/// to 999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EnhancedCode {
    class: u8,
    subject: u16,
    detail: u16,
}

impl Code {
    /// 220: the service is ready (greeting, STARTTLS, XCLIENT).
    pub const READY: Self = Self(220);
    /// 221: the service closes the channel, as QUIT asked.
    pub const CLOSING: Self = Self(221);
    /// 235: authenticated (RFC 4954 section 6).
    pub const AUTHENTICATED: Self = Self(235);
    /// 250: done.
    pub const OK: Self = Self(250);
    /// 334: a challenge of a SASL exchange (RFC 4954 section 4).
    pub const CHALLENGE: Self = Self(334);
    /// 354: send the content.
    pub const START_CONTENT: Self = Self(354);
    /// 421: the service closes the channel, whatever was asked.
    pub const UNAVAILABLE: Self = Self(421);
    /// 451: an error here, not the peer's fault.
    pub const LOCAL_ERROR: Self = Self(451);

    /// The code with this value, if it is 200 to 599.
    #[must_use]
    pub const fn new(value: u16) -> Option<Self> {
        match value {
            200..=599 => Some(Self(value)),
            _ => None,
        }
    }

    /// The code as a number, 200 to 599.
    #[must_use]
    pub const fn value(self) -> u16 {
        self.0
    }

    /// The class: what the first digit says.
    #[must_use]
    pub const fn class(self) -> Class {
        match self.0 {
            0..300 => Class::Positive,
            300..400 => Class::Intermediate,
            400..500 => Class::Transient,
            500.. => Class::Permanent,
        }
    }

    /// The code with this value.
    ///
    /// # Panics
    ///
    /// If it is not 200 to 599; for use in a `const`.
    pub(super) const fn fixed(value: u16) -> Self {
        assert!(matches!(value, 200..=599), "a reply code is 200 to 599");
        Self(value)
    }

    /// The code in the first three octets of a line of a reply.
    pub(super) fn of_line(line: &[u8]) -> Option<Self> {
        match line {
            [
                first @ b'2'..=b'5',
                second @ b'0'..=b'9',
                third @ b'0'..=b'9',
                ..,
            ] => {
                let [first, second, third] = [first, second, third].map(|it| u16::from(it - b'0'));
                Self::new(first * 100 + second * 10 + third)
            }
            _ => None,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl EnhancedCode {
    /// The code `class.subject.detail`, if class is 2, 4 or 5 and the others have at most three
    /// digits (RFC 3463 section 2).
    #[must_use]
    pub const fn new(class: u8, subject: u16, detail: u16) -> Option<Self> {
        match (class, subject, detail) {
            (2 | 4 | 5, 0..=999, 0..=999) => Some(Self {
                class,
                subject,
                detail,
            }),
            _ => None,
        }
    }

    /// The class, never [`Class::Intermediate`].
    #[must_use]
    pub const fn class(self) -> Class {
        match self.class {
            2 => Class::Positive,
            4 => Class::Transient,
            _ => Class::Permanent,
        }
    }

    /// The subject: what the code is about, such as 1 for addresses or 7 for security.
    #[must_use]
    pub const fn subject(self) -> u16 {
        self.subject
    }

    /// The detail within the subject.
    #[must_use]
    pub const fn detail(self) -> u16 {
        self.detail
    }

    /// The enhanced code that a line's text begins with (RFC 2034 section 4), and how many octets
    /// it takes together with the space after it. `None` if the text begins with something else.
    ///
    /// ```
    /// use mailwire_smtp_proto::reply::EnhancedCode;
    ///
    /// let code = EnhancedCode::new(5, 1, 1).unwrap();
    /// assert_eq!(EnhancedCode::parse_prefix(b"5.1.1 No such user"), Some((code, 6)));
    /// assert_eq!(EnhancedCode::parse_prefix(b"5.1.1.2 is a version"), None);
    /// ```
    #[must_use]
    pub fn parse_prefix(text: &[u8]) -> Option<(Self, usize)> {
        let (class, rest) = match text {
            [class @ (b'2' | b'4' | b'5'), b'.', rest @ ..] => (class - b'0', rest),
            _ => return None,
        };
        let (subject, rest) = digits(rest)?;
        let (detail, rest) = digits(rest.strip_prefix(b".")?)?;
        let rest = match rest {
            [] => rest,
            [b' ', rest @ ..] => rest,
            _ => return None,
        };
        Some((Self::new(class, subject, detail)?, text.len() - rest.len()))
    }
}

impl fmt::Display for EnhancedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

/// One to three ASCII digits, as long as they go and without a zero in front (RFC 3463 section 2),
/// and what follows them.
fn digits(input: &[u8]) -> Option<(u16, &[u8])> {
    let mut value = 0;
    let mut rest = input;
    while let [digit @ b'0'..=b'9', behind @ ..] = rest {
        if input.len() - behind.len() > 3 {
            return None;
        }
        value = value * 10 + u16::from(digit - b'0');
        rest = behind;
    }
    let length = input.len() - rest.len();
    let has_zero = length > 1 && input.starts_with(b"0");
    (length > 0 && !has_zero).then_some((value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_200_to_599() {
        for value in [0, 1, 99, 100, 199, 600, 999, u16::MAX] {
            assert_eq!(Code::new(value), None, "{value}");
        }
        for (value, class) in [
            (200, Class::Positive),
            (299, Class::Positive),
            (300, Class::Intermediate),
            (399, Class::Intermediate),
            (400, Class::Transient),
            (499, Class::Transient),
            (500, Class::Permanent),
            (571, Class::Permanent),
            (599, Class::Permanent),
        ] {
            let code = Code::new(value).unwrap();
            assert_eq!((code.value(), code.class()), (value, class));
            assert_eq!(code.to_string(), value.to_string());
            assert_eq!(class as u16, value / 100);
        }
    }

    #[test]
    fn enhanced_codes_have_three_classes_and_three_digits() {
        for class in 0..=u8::MAX {
            let exists = matches!(class, 2 | 4 | 5);
            assert_eq!(
                EnhancedCode::new(class, 0, 999).is_some(),
                exists,
                "{class}"
            );
        }
        assert_eq!(EnhancedCode::new(5, 1000, 0), None);
        assert_eq!(EnhancedCode::new(5, 0, 1000), None);
        let code = EnhancedCode::new(4, 7, 999).unwrap();
        assert_eq!(code.to_string(), "4.7.999");
        assert_eq!(
            (code.class(), code.subject(), code.detail()),
            (Class::Transient, 7, 999)
        );
    }

    #[test]
    fn prefixes() {
        for (text, expected) in [
            ("2.0.0 Ok", Some(("2.0.0", 6))),
            ("2.0.0", Some(("2.0.0", 5))),
            ("2.0.0 ", Some(("2.0.0", 6))),
            ("5.123.123", Some(("5.123.123", 9))),
            ("5.123.123 x", Some(("5.123.123", 10))),
            ("4.3.2  two spaces", Some(("4.3.2", 6))),
            ("", None),
            (" ", None),
            (" 2.0.0", None),
            ("2", None),
            ("2.0", None),
            ("2.0.", None),
            ("2.0. x", None),
            ("2..0 x", None),
            (".0.0 x", None),
            ("2.0.0.0 x", None),
            ("2.0.0x", None),
            ("2.0.0-x", None),
            ("3.0.0 x", None),
            ("22.0.0 x", None),
            ("5.1234.1 x", None),
            ("5.1.1234 x", None),
            ("5.123.1234", None),
            ("5.123.1234 x", None),
            ("5.123.123x", None),
            ("5.+1.1 x", None),
            ("5.01.1 x", None),
            ("5.1.00 x", None),
            ("5.10.0 x", Some(("5.10.0", 7))),
            ("Ok 2.0.0", None),
        ] {
            let found = EnhancedCode::parse_prefix(text.as_bytes());
            let found = found.map(|(code, taken)| (code.to_string(), taken));
            let expected = expected.map(|(code, taken)| (code.to_owned(), taken));
            assert_eq!(found, expected, "{text:?}");
        }
    }
}
