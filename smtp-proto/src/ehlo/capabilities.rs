//! What a client learned from the reply.

use std::str;

use super::{is_graphic_or_space, is_mechanism_name};
use crate::reply::{Class, ReplyLines};

/// What a server offered in this epoch, that is since the last greeting, STARTTLS or XCLIENT.
///
/// Empty by default: as it is before EHLO, after HELO, and after everything learned became void.
///
/// ```
/// use mailwire_smtp_proto::ehlo::{Capabilities, SizeOffer};
/// use mailwire_smtp_proto::reply::ReplyReader;
///
/// let input = b"250-mx.example.test\r\n250-SIZE 1000\r\n250 AUTH PLAIN LOGIN\r\n";
/// let (_, reply) = ReplyReader::new().take(input).unwrap().unwrap();
/// let offered = Capabilities::parse(&reply);
/// assert_eq!(offered.size(), SizeOffer::Maximum(1000));
/// assert!(offered.offers_mechanism("plain"));
/// assert!(!offered.starttls());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    keywords: Vec<Offer>,
    mechanisms: Vec<String>,
}

/// One line of the reply.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Offer {
    /// In upper case.
    keyword: String,
    /// As the server wrote them, a single space between two.
    parameters: String,
}

/// What the server says about the size of messages (RFC 1870). Deliberately exhaustive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SizeOffer {
    /// SIZE is not offered: MAIL must not carry it.
    NotOffered,
    /// SIZE is offered with no maximum: none was named, or 0, or one that is not a number.
    NoMaximum,
    /// No message over this many octets is taken. A number that does not fit is `u64::MAX`.
    Maximum(u64),
}

impl Capabilities {
    /// The most keywords kept; further ones are as if not offered.
    pub const MAX_KEYWORDS: usize = 128;
    /// The most mechanisms kept; further ones are as if not offered.
    pub const MAX_MECHANISMS: usize = 32;

    /// Nothing is offered.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            keywords: Vec::new(),
            mechanisms: Vec::new(),
        }
    }

    /// What the reply to EHLO or LHLO offers. The first line is the server's name. Lines that are
    /// not printable ASCII are passed over, and a reply other than 2yz offers nothing.
    #[must_use]
    pub fn parse(reply: &ReplyLines<'_>) -> Self {
        let mut offered = Self::none();
        if reply.code().class() == Class::Positive {
            for line in reply.lines().skip(1) {
                offered.add(line);
            }
        }
        offered
    }

    pub(super) fn add(&mut self, line: &[u8]) {
        let Ok(line) = str::from_utf8(line) else {
            return;
        };
        if self.keywords.len() >= Self::MAX_KEYWORDS || !line.bytes().all(is_graphic_or_space) {
            return;
        }
        let mut words = line.split(' ').filter(|word| !word.is_empty());
        let Some(first) = words.next() else { return };
        // Before there was a standard AUTH was offered as `AUTH=LOGIN`, and some still do so.
        let (keyword, first_parameter) = match first.split_once('=') {
            Some((keyword, value)) if keyword.eq_ignore_ascii_case("AUTH") => {
                (keyword, Some(value))
            }
            _ => (first, None),
        };
        let parameters: Vec<&str> = first_parameter
            .into_iter()
            .chain(words)
            .filter(|word| !word.is_empty())
            .collect();
        let keyword = keyword.to_ascii_uppercase();
        if keyword == "AUTH" {
            for name in &parameters {
                self.add_mechanism(name);
            }
        }
        self.keywords.push(Offer {
            keyword,
            parameters: parameters.join(" "),
        });
    }

    fn add_mechanism(&mut self, name: &str) {
        if is_mechanism_name(name)
            && self.mechanisms.len() < Self::MAX_MECHANISMS
            && !self.offers_mechanism(name)
        {
            self.mechanisms.push(name.to_ascii_uppercase());
        }
    }

    /// Whether the keyword is offered, in any case.
    #[must_use]
    pub fn offers(&self, keyword: &str) -> bool {
        self.parameters(keyword).is_some()
    }

    /// The parameters the keyword is offered with, a single space between two. `None` if it is not
    /// offered; of a keyword that is offered twice, those of the first.
    #[must_use]
    pub fn parameters(&self, keyword: &str) -> Option<&str> {
        self.keywords()
            .find(|(offered, _)| offered.eq_ignore_ascii_case(keyword))
            .map(|(_, parameters)| parameters)
    }

    /// All keywords in upper case with their parameters, in the server's order.
    pub fn keywords(&self) -> impl Iterator<Item = (&str, &str)> {
        self.keywords
            .iter()
            .map(|offer| (offer.keyword.as_str(), offer.parameters.as_str()))
    }

    /// PIPELINING (RFC 2920).
    #[must_use]
    pub fn pipelining(&self) -> bool {
        self.offers("PIPELINING")
    }

    /// SIZE (RFC 1870).
    #[must_use]
    pub fn size(&self) -> SizeOffer {
        match self.parameters("SIZE") {
            None => SizeOffer::NotOffered,
            Some(digits) if digits.is_empty() || !digits.bytes().all(|o| o.is_ascii_digit()) => {
                SizeOffer::NoMaximum
            }
            Some(digits) => match digits.parse() {
                Ok(0) => SizeOffer::NoMaximum,
                Ok(maximum) => SizeOffer::Maximum(maximum),
                Err(_) => SizeOffer::Maximum(u64::MAX),
            },
        }
    }

    /// 8BITMIME (RFC 6152).
    #[must_use]
    pub fn eight_bit_mime(&self) -> bool {
        self.offers("8BITMIME")
    }

    /// ENHANCEDSTATUSCODES (RFC 2034).
    #[must_use]
    pub fn enhanced_status_codes(&self) -> bool {
        self.offers("ENHANCEDSTATUSCODES")
    }

    /// STARTTLS (RFC 3207).
    #[must_use]
    pub fn starttls(&self) -> bool {
        self.offers("STARTTLS")
    }

    /// The names of the SASL mechanisms offered by AUTH (RFC 4954), in upper case, in the server's
    /// order. Empty if AUTH is not offered.
    #[must_use]
    pub fn auth(&self) -> &[String] {
        &self.mechanisms
    }

    /// Whether this mechanism is offered, in any case.
    #[must_use]
    pub fn offers_mechanism(&self, name: &str) -> bool {
        self.mechanisms
            .iter()
            .any(|offered| offered.eq_ignore_ascii_case(name))
    }
}

impl SizeOffer {
    /// Whether a message of so many octets may be taken.
    #[must_use]
    pub const fn permits(self, octets: u64) -> bool {
        match self {
            Self::NotOffered | Self::NoMaximum => true,
            Self::Maximum(maximum) => octets <= maximum,
        }
    }
}
