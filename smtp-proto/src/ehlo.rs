//! The reply to EHLO and LHLO: what a server offers (RFC 5321 section 4.1.1.1).
//!
//! A client reads it into [`Capabilities`], a server writes it with [`write_ehlo`].

use crate::reply::{Class, MAX_REPLY_LINE, ReplyLines};
use bytes::{BufMut, BytesMut};
use std::fmt::Write;
use std::str;

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

/// A line of the reply to EHLO or LHLO, to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Keyword<'a> {
    /// PIPELINING (RFC 2920).
    Pipelining,
    /// SIZE with the greatest size taken in octets; 0 says that there is no fixed maximum
    /// (RFC 1870).
    Size(u64),
    /// 8BITMIME (RFC 6152).
    EightBitMime,
    /// ENHANCEDSTATUSCODES (RFC 2034).
    EnhancedStatusCodes,
    /// STARTTLS (RFC 3207).
    StartTls,
    /// AUTH with the names of mechanisms (RFC 4954). Names that are none (RFC 4422 section 3.1) and
    /// those that do not fit the line are left out, and without a name left so is the line.
    Auth(&'a [&'a str]),
    /// Any other.
    Raw(RawKeyword<'a>),
}

/// A keyword with its parameters that has the syntax of RFC 5321 (`ehlo-line`) and fits its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RawKeyword<'a>(&'a str);

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

    fn add(&mut self, line: &[u8]) {
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

impl<'a> RawKeyword<'a> {
    /// `line` as a keyword with perhaps parameters, single spaces between; `None` if it is not one.
    ///
    /// ```
    /// use mailwire_smtp_proto::ehlo::RawKeyword;
    ///
    /// assert!(RawKeyword::new("XCLIENT NAME ADDR").is_some());
    /// assert!(RawKeyword::new("DSN\r\n250 SIZE").is_none());
    /// ```
    #[must_use]
    pub fn new(line: &'a str) -> Option<Self> {
        let mut words = line.split(' ');
        let keyword = words.next()?;
        let is_keyword = keyword.starts_with(|first: char| first.is_ascii_alphanumeric())
            && keyword
                .bytes()
                .all(|octet| octet.is_ascii_alphanumeric() || octet == b'-');
        let mut parameters = words
            .map(|word| !word.is_empty() && word.bytes().all(|octet| octet.is_ascii_graphic()));
        (is_keyword && parameters.all(|good| good) && line.len() <= ROOM).then_some(Self(line))
    }

    /// The keyword and its parameters.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.0
    }
}

/// Text of a line: without `250-` and CRLF.
const ROOM: usize = MAX_REPLY_LINE - 6;

/// Appends the 250 reply to EHLO or LHLO to `out`: the server's name, then a line a keyword.
///
/// What is not printable ASCII in the name becomes `?`, and a name too long for the line is cut.
/// The reply carries no enhanced code (RFC 2034 section 3).
///
/// ```
/// use bytes::BytesMut;
/// use mailwire_smtp_proto::ehlo::{Keyword, write_ehlo};
///
/// let mut out = BytesMut::new();
/// let keywords = [Keyword::Size(1000), Keyword::Auth(&["PLAIN"])];
/// write_ehlo("mx.example.test", keywords.into_iter(), &mut out);
/// assert_eq!(&out[..], b"250-mx.example.test\r\n250-SIZE 1000\r\n250 AUTH PLAIN\r\n");
/// ```
pub fn write_ehlo<'a>(name: &str, keywords: impl Iterator<Item = Keyword<'a>>, out: &mut BytesMut) {
    let mut last = start_line(out);
    for character in name.chars().take(ROOM) {
        let octet = u8::try_from(character)
            .ok()
            .filter(|octet| is_graphic_or_space(*octet));
        out.put_u8(octet.unwrap_or(b'?'));
    }
    for keyword in keywords {
        if let Keyword::Auth(names) = keyword {
            if !names.iter().copied().any(is_mechanism_name) {
                continue;
            }
        }
        out.put_slice(b"\r\n");
        last = start_line(out);
        keyword.write(out);
    }
    out.put_slice(b"\r\n");
    // Only now is it known which line is the last.
    if let Some(separator) = out.get_mut(last + 3) {
        *separator = b' ';
    }
}

/// Begins a line that another follows; gives its place.
fn start_line(out: &mut BytesMut) -> usize {
    let start = out.len();
    out.put_slice(b"250-");
    start
}

impl Keyword<'_> {
    fn write(self, out: &mut BytesMut) {
        match self {
            Self::Pipelining => out.put_slice(b"PIPELINING"),
            // Writing to a BytesMut cannot fail: it grows.
            Self::Size(maximum) => drop(write!(out, "SIZE {maximum}")),
            Self::EightBitMime => out.put_slice(b"8BITMIME"),
            Self::EnhancedStatusCodes => out.put_slice(b"ENHANCEDSTATUSCODES"),
            Self::StartTls => out.put_slice(b"STARTTLS"),
            Self::Auth(names) => {
                let start = out.len();
                out.put_slice(b"AUTH");
                for name in names.iter().filter(|name| is_mechanism_name(name)) {
                    if out.len() - start + 1 + name.len() <= ROOM {
                        out.put_u8(b' ');
                        out.put_slice(name.as_bytes());
                    }
                }
            }
            Self::Raw(keyword) => out.put_slice(keyword.as_str().as_bytes()),
        }
    }
}

fn is_graphic_or_space(octet: u8) -> bool {
    octet.is_ascii_graphic() || octet == b' '
}

/// `sasl-mech` of RFC 4422 section 3.1, in any case.
fn is_mechanism_name(name: &str) -> bool {
    (1..=20).contains(&name.len())
        && name
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::ReplyReader;

    fn parse(lines: &[&str]) -> Capabilities {
        let mut input = String::new();
        for (at, line) in lines.iter().enumerate() {
            let separator = if at + 1 == lines.len() { ' ' } else { '-' };
            input.push_str(&format!("250{separator}{line}\r\n"));
        }
        parse_reply(input.as_bytes())
    }

    fn parse_reply(input: &[u8]) -> Capabilities {
        Capabilities::parse(&ReplyReader::new().take(input).unwrap().unwrap().1)
    }

    #[test]
    fn keywords_in_any_case() {
        let offered = parse(&[
            "mx.example.test at your service",
            "pipelining",
            "Size 35882577",
            "8bitMIME",
            "ENHANCEDSTATUSCODES",
            "StartTLS",
            "auth plain Login",
            "XCLIENT NAME ADDR",
            "CHUNKING",
        ]);
        assert!(offered.pipelining() && offered.eight_bit_mime() && offered.starttls());
        assert!(offered.enhanced_status_codes());
        assert_eq!(offered.size(), SizeOffer::Maximum(35_882_577));
        assert_eq!(offered.auth(), ["PLAIN", "LOGIN"]);
        assert!(offered.offers_mechanism("login") && !offered.offers_mechanism("LOG"));
        assert_eq!(offered.parameters("xclient"), Some("NAME ADDR"));
        assert!(offered.offers("Chunking") && !offered.offers("CHUNK"));
        assert_eq!(offered.keywords().count(), 8);
    }

    #[test]
    fn the_first_line_is_a_name() {
        assert_eq!(parse(&["STARTTLS"]), Capabilities::none());
        assert_eq!(parse(&["PIPELINING", "SIZE"]).keywords().count(), 1);
        assert_eq!(parse_reply(b"250\r\n"), Capabilities::default());
    }

    #[test]
    fn other_replies_offer_nothing() {
        assert_eq!(
            parse_reply(b"550-no\r\n550 STARTTLS\r\n"),
            Capabilities::none()
        );
    }

    #[test]
    fn sizes() {
        for (line, expected) in [
            ("SIZE", SizeOffer::NoMaximum),
            ("SIZE 0", SizeOffer::NoMaximum),
            ("SIZE 1", SizeOffer::Maximum(1)),
            ("SIZE  42 ", SizeOffer::Maximum(42)),
            ("SIZE 18446744073709551615", SizeOffer::Maximum(u64::MAX)),
            ("SIZE 18446744073709551616", SizeOffer::Maximum(u64::MAX)),
            ("SIZE 99999999999999999999", SizeOffer::Maximum(u64::MAX)),
            ("SIZE -1", SizeOffer::NoMaximum),
            ("SIZE +1", SizeOffer::NoMaximum),
            ("SIZE lots", SizeOffer::NoMaximum),
            ("SIZE=5", SizeOffer::NotOffered),
            ("SIZES 5", SizeOffer::NotOffered),
        ] {
            assert_eq!(parse(&["mx", line]).size(), expected, "{line}");
        }
        assert!(SizeOffer::Maximum(5).permits(5) && !SizeOffer::Maximum(5).permits(6));
        assert!(SizeOffer::NoMaximum.permits(u64::MAX) && SizeOffer::NotOffered.permits(u64::MAX));
    }

    #[test]
    fn the_old_form_of_auth_is_auth() {
        let offered = parse(&["mx", "AUTH=LOGIN PLAIN", "AUTH PLAIN CRAM-MD5"]);
        assert_eq!(offered.auth(), ["LOGIN", "PLAIN", "CRAM-MD5"]);
        assert!(offered.offers("AUTH"));
        let empty = parse(&["mx", "AUTH="]);
        assert!(empty.auth().is_empty() && empty.offers("AUTH"));
    }

    #[test]
    fn lines_and_names_that_are_none_are_passed_over() {
        let offered = parse(&[
            "mx",
            "",
            "  ",
            "caf\u{e9}",
            "X\tY",
            "AUTH PLAIN,LOGIN XOAUTH2",
            "DSN",
        ]);
        assert_eq!(offered.auth(), ["XOAUTH2"]);
        let keywords: Vec<_> = offered.keywords().collect();
        assert_eq!(keywords, [("AUTH", "PLAIN,LOGIN XOAUTH2"), ("DSN", "")]);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let names: Vec<String> = (0..40).map(|number| format!("M{number}")).collect();
        let offered = parse(&["mx", &format!("AUTH {}", names.join(" "))]);
        assert_eq!(offered.auth(), &names[..Capabilities::MAX_MECHANISMS]);
        let mut offered = Capabilities::none();
        for number in 0..200 {
            offered.add(format!("X{number}").as_bytes());
        }
        assert!(offered.offers("X127") && !offered.offers("X128"));
        assert_eq!(offered.keywords().count(), Capabilities::MAX_KEYWORDS);
    }

    fn written(name: &str, keywords: &[Keyword<'_>]) -> String {
        let mut out = BytesMut::from(&b"<"[..]);
        write_ehlo(name, keywords.iter().copied(), &mut out);
        String::from_utf8(out.to_vec()).unwrap().split_off(1)
    }

    #[test]
    fn every_keyword_is_written() {
        let raw = RawKeyword::new("XCLIENT NAME ADDR").unwrap();
        let all = [
            Keyword::Pipelining,
            Keyword::Size(26_214_400),
            Keyword::EightBitMime,
            Keyword::EnhancedStatusCodes,
            Keyword::StartTls,
            Keyword::Auth(&["PLAIN", "SCRAM-SHA-256"]),
            Keyword::Raw(raw),
        ];
        let expected = "250-mx.example.test\r\n250-PIPELINING\r\n250-SIZE 26214400\r\n\
            250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250-STARTTLS\r\n\
            250-AUTH PLAIN SCRAM-SHA-256\r\n250 XCLIENT NAME ADDR\r\n";
        assert_eq!(written("mx.example.test", &all), expected);
        let offered = parse_reply(expected.as_bytes());
        assert_eq!(offered.keywords().count(), all.len());
        assert_eq!(offered.auth(), ["PLAIN", "SCRAM-SHA-256"]);
    }

    #[test]
    fn nothing_can_add_a_line() {
        assert_eq!(written("mx", &[]), "250 mx\r\n");
        assert_eq!(written("m\r\nx\u{e9}", &[]), "250 m??x?\r\n");
        assert_eq!(written("mx", &[Keyword::Auth(&[])]), "250 mx\r\n");
        assert_eq!(
            written("mx", &[Keyword::Auth(&["A\r\n250 B", "a b"])]),
            "250 mx\r\n"
        );
        let some = [Keyword::Auth(&["A\r\nB", "PLAIN"])];
        assert_eq!(written("mx", &some), "250-mx\r\n250 AUTH PLAIN\r\n");
    }

    #[test]
    fn no_line_is_over_its_limit() {
        let many = ["ABCDEFGHIJKLMNOPQRST"; 40];
        let longest = "X".repeat(ROOM);
        let raw = RawKeyword::new(&longest).unwrap();
        assert_eq!(RawKeyword::new(&"X".repeat(ROOM + 1)), None);
        let all = written(
            &"n".repeat(2000),
            &[Keyword::Auth(&many), Keyword::Raw(raw)],
        );
        let lengths: Vec<usize> = all.split_inclusive("\r\n").map(str::len).collect();
        // 4 + "AUTH" + 23 names with their spaces + 2 is the most that fits.
        assert_eq!(lengths, [512, 4 + 4 + 23 * 21 + 2, 512]);
    }

    #[test]
    fn raw_keywords_have_their_syntax() {
        for good in [
            "X",
            "8BITMIME",
            "X-A",
            "SIZE 1",
            "LIMITS RCPTMAX=20 MAILMAX=5",
        ] {
            assert_eq!(RawKeyword::new(good).map(RawKeyword::as_str), Some(good));
        }
        for bad in [
            "", " ", "-X", "X ", " X", "X  Y", "X_Y", "X=Y", "X\r\n", "X Y\0", "X \u{e9}", "X\tY",
        ] {
            assert_eq!(RawKeyword::new(bad), None, "{bad:?}");
        }
    }
}
