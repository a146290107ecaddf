//! The reply as a client keeps it.

use std::str;

use super::{
    FutureReleaseOffer, LimitsOffer, SizeOffer, is_attribute_name, is_graphic_or_space,
    is_mechanism_name, is_profile_name, number,
};
use crate::params::Solicitation;
use crate::reply::{Class, ReplyLines};

/// What a server offered in this epoch, that is since the last greeting, STARTTLS or XCLIENT.
///
/// Empty by default: as it is before EHLO, after HELO, and after everything learned became void.
/// It is kept in one piece of memory, which is no longer than the reply.
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
    /// A line a keyword, each ended by LF: the keyword in upper case, and behind a space its
    /// parameters, if it has any, with a single space between two. Of AUTH, the mechanisms.
    lines: String,
}

impl Capabilities {
    /// The most lines looked at behind the first; what further ones offer is as if not offered.
    pub const MAX_KEYWORDS: usize = 128;
    /// The most mechanisms kept; further ones are as if not offered.
    pub const MAX_MECHANISMS: usize = 32;

    /// Nothing is offered.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            lines: String::new(),
        }
    }

    /// What the reply to EHLO or LHLO offers. The first line is the server's name. Lines that are
    /// not printable ASCII are passed over, and a reply other than 2yz offers nothing.
    ///
    /// Costs one allocation.
    #[must_use]
    pub fn parse(reply: &ReplyLines<'_>) -> Self {
        if reply.code().class() != Class::Positive {
            return Self::none();
        }
        // What is kept of a line is shorter than the line with its code.
        let mut reading = Reading {
            lines: String::with_capacity(reply.octets()),
            mechanisms: [""; Self::MAX_MECHANISMS],
            count: 0,
        };
        for line in reply.lines().skip(1).take(Self::MAX_KEYWORDS) {
            reading.add(line);
        }
        Self {
            lines: reading.lines,
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
        self.lines
            .split_terminator('\n')
            .map(|line| line.split_once(' ').unwrap_or((line, "")))
    }

    fn words(&self, keyword: &str) -> impl Iterator<Item = &str> {
        self.parameters(keyword)
            .unwrap_or_default()
            .split(' ')
            .filter(|word| !word.is_empty())
    }

    /// PIPELINING (RFC 2920).
    #[must_use]
    pub fn pipelining(&self) -> bool {
        self.offers("PIPELINING")
    }

    /// SIZE (RFC 1870). A parameter that is no number names no maximum: a server that says nonsense
    /// still takes the parameter of MAIL, and refuses by itself what is too large.
    #[must_use]
    pub fn size(&self) -> SizeOffer {
        match self.parameters("SIZE") {
            None => SizeOffer::NotOffered,
            Some(digits) => match number(digits) {
                None | Some(0) => SizeOffer::NoMaximum,
                Some(maximum) => SizeOffer::Maximum(maximum),
            },
        }
    }

    /// 8BITMIME (RFC 6152).
    #[must_use]
    pub fn eight_bit_mime(&self) -> bool {
        self.offers("8BITMIME")
    }

    /// BINARYMIME (RFC 3030 section 3). It is of no use without [`chunking`](Self::chunking), so
    /// without it it is as if not offered.
    #[must_use]
    pub fn binary_mime(&self) -> bool {
        self.offers("BINARYMIME") && self.chunking()
    }

    /// CHUNKING (RFC 3030 section 2): BDAT.
    #[must_use]
    pub fn chunking(&self) -> bool {
        self.offers("CHUNKING")
    }

    /// SMTPUTF8 (RFC 6531).
    #[must_use]
    pub fn smtputf8(&self) -> bool {
        self.offers("SMTPUTF8")
    }

    /// DSN (RFC 3461): RET, ENVID, NOTIFY and ORCPT.
    #[must_use]
    pub fn dsn(&self) -> bool {
        self.offers("DSN")
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
    /// order, none twice. None if AUTH is not offered.
    pub fn auth(&self) -> impl Iterator<Item = &str> {
        self.keywords()
            .filter(|(keyword, _)| *keyword == "AUTH")
            .flat_map(|(_, names)| names.split(' '))
            .filter(|name| !name.is_empty())
    }

    /// Whether this mechanism is offered, in any case.
    #[must_use]
    pub fn offers_mechanism(&self, name: &str) -> bool {
        is_among(self.auth(), name)
    }

    /// REQUIRETLS (RFC 8689).
    #[must_use]
    pub fn require_tls(&self) -> bool {
        self.offers("REQUIRETLS")
    }

    /// DELIVERBY (RFC 2852 section 3): `None` if it is not offered, else the least time in seconds
    /// that BY may ask for; 0 if there is none, or none that is a number.
    #[must_use]
    pub fn deliver_by(&self) -> Option<u64> {
        self.parameters("DELIVERBY")
            .map(|minimum| number(minimum).unwrap_or(0))
    }

    /// FUTURERELEASE (RFC 4865 section 4): how far ahead a message may be held. `None` if it is not
    /// offered, and if its two parameters are not what they have to be: what the server would take
    /// is not known then.
    #[must_use]
    pub fn future_release(&self) -> Option<FutureReleaseOffer> {
        FutureReleaseOffer::parse(self.parameters("FUTURERELEASE")?)
    }

    /// MT-PRIORITY (RFC 6710): `None` if it is not offered, else the name of the server's priority
    /// assignment policy, empty if it tells none, or none that is a name.
    #[must_use]
    pub fn priority_profile(&self) -> Option<&str> {
        self.parameters("MT-PRIORITY")
            .map(|name| if is_profile_name(name) { name } else { "" })
    }

    /// LIMITS (RFC 9422): what the server wants of a session. Without it, no limits.
    #[must_use]
    pub fn limits(&self) -> LimitsOffer {
        LimitsOffer::parse(self.words("LIMITS"))
    }

    /// RRVS (RFC 7293).
    #[must_use]
    pub fn rrvs(&self) -> bool {
        self.offers("RRVS")
    }

    /// NO-SOLICITING (RFC 3865): `None` if it is not offered, else the kinds of solicitation that
    /// the server wants none of; `Some(None)` if it names none, or malformed ones.
    #[must_use]
    pub fn no_soliciting(&self) -> Option<Option<Solicitation<'_>>> {
        self.parameters("NO-SOLICITING")
            .map(|keywords| Solicitation::parse(keywords).ok())
    }

    /// ETRN (RFC 1985).
    #[must_use]
    pub fn etrn(&self) -> bool {
        self.offers("ETRN")
    }

    /// VRFY (RFC 5321 section 3.5.2).
    #[must_use]
    pub fn vrfy(&self) -> bool {
        self.offers("VRFY")
    }

    /// EXPN (RFC 5321 section 3.5.2).
    #[must_use]
    pub fn expn(&self) -> bool {
        self.offers("EXPN")
    }

    /// HELP (RFC 5321 section 4.1.1.8).
    #[must_use]
    pub fn help(&self) -> bool {
        self.offers("HELP")
    }

    /// The attributes that XCLIENT takes (Postfix, XCLIENT_README), as the server writes them. None
    /// if it is not offered.
    pub fn xclient(&self) -> impl Iterator<Item = &str> {
        self.words("XCLIENT").filter(|name| is_attribute_name(name))
    }

    /// The attributes that XFORWARD takes (Postfix, XFORWARD_README), as the server writes them.
    /// None if it is not offered.
    pub fn xforward(&self) -> impl Iterator<Item = &str> {
        self.words("XFORWARD")
            .filter(|name| is_attribute_name(name))
    }
}

/// A reply that is being read.
struct Reading<'i> {
    lines: String,
    /// The mechanisms that were found, so that none is kept twice.
    mechanisms: [&'i str; Capabilities::MAX_MECHANISMS],
    count: usize,
}

impl<'i> Reading<'i> {
    fn add(&mut self, line: &'i [u8]) {
        if !line.iter().copied().all(is_graphic_or_space) {
            return;
        }
        let mut words = str::from_utf8(line)
            .unwrap_or_default()
            .split(' ')
            .filter(|word| !word.is_empty());
        let Some(first) = words.next() else { return };
        if first.eq_ignore_ascii_case("AUTH") {
            self.add_auth(words);
            return;
        }
        // Before there was a standard AUTH was offered as `AUTH=LOGIN`, and some still do so.
        match first.split_at_checked("AUTH=".len()) {
            Some((keyword, name)) if keyword.eq_ignore_ascii_case("AUTH=") => {
                self.add_auth(std::iter::once(name).chain(words));
            }
            _ => {
                self.add_upper_case(first);
                for word in words {
                    self.lines.push(' ');
                    self.lines.push_str(word);
                }
                self.lines.push('\n');
            }
        }
    }

    fn add_auth(&mut self, names: impl Iterator<Item = &'i str>) {
        self.lines.push_str("AUTH");
        for name in names.filter(|name| is_mechanism_name(name)) {
            let known = self.mechanisms.get(..self.count).unwrap_or_default();
            if is_among(known.iter().copied(), name) {
                continue;
            }
            let Some(place) = self.mechanisms.get_mut(self.count) else {
                break;
            };
            *place = name;
            self.count += 1;
            self.lines.push(' ');
            self.add_upper_case(name);
        }
        self.lines.push('\n');
    }

    fn add_upper_case(&mut self, word: &str) {
        let start = self.lines.len();
        self.lines.push_str(word);
        if let Some(word) = self.lines.get_mut(start..) {
            word.make_ascii_uppercase();
        }
    }
}

fn is_among<'w>(mut words: impl Iterator<Item = &'w str>, word: &str) -> bool {
    words.any(|other| other.eq_ignore_ascii_case(word))
}
