//! The reply as a client keeps it.

use std::fmt;
use std::str;

use super::known::Known;
use super::{FutureReleaseOffer, LimitsOffer, ProfileName, SizeOffer, number};
use crate::auth::MechanismName;
use crate::command::AttributeName;
use crate::grammar::is_graphic_or_blank;
use crate::params::Solicitation;
use crate::reply::{Class, ReplyLines};

/// What a server offered in this epoch, that is since the last greeting, STARTTLS or XCLIENT.
///
/// Empty by default: as it is before EHLO, after HELO, and after everything learned became void.
/// It is kept as it was received, in one piece of memory.
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
#[derive(Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// The lines of the reply behind the first, as they were received.
    lines: Box<[u8]>,
    /// Where in `lines` what follows a keyword begins, by [`Known`]; [`NOWHERE`] if it is not
    /// offered.
    places: [u32; Known::COUNT],
    /// Whether there is another line of AUTH behind the first, which counts as well.
    more_auth: bool,
}

const NOWHERE: u32 = u32::MAX;

impl Capabilities {
    /// The most lines looked at behind the first; what further ones offer is as if not offered.
    pub const MAX_KEYWORDS: usize = 128;
    /// The most mechanisms handed out; further ones are as if not offered.
    pub const MAX_MECHANISMS: usize = 32;

    /// Nothing is offered.
    #[must_use]
    pub fn none() -> Self {
        Self {
            lines: Box::default(),
            places: [NOWHERE; Known::COUNT],
            more_auth: false,
        }
    }

    /// What the reply to EHLO or LHLO offers. The first line is the server's name. Lines that are
    /// not printable ASCII are passed over, and a reply other than 2yz offers nothing.
    ///
    /// Costs one allocation.
    #[must_use]
    pub fn parse(reply: &ReplyLines<'_>) -> Self {
        let mut offered = Self::none();
        let lines = reply.behind_first_line();
        if reply.code().class() != Class::Positive || lines.is_empty() {
            return offered;
        }
        let mut octets = lines;
        for _ in 0..Self::MAX_KEYWORDS {
            let Some(line) = octets.get(CODE..) else {
                break;
            };
            // Most keywords are known and have no parameters, and then it is known already where
            // the line ends.
            let known = Known::split(line);
            let rest = known.map_or(line, |(_, rest)| rest);
            let ended = match rest {
                [b'\r', b'\n', behind @ ..] => Some((&[][..], behind)),
                rest => end_of_line(rest),
            };
            let Some((parameters, behind)) = ended else {
                break;
            };
            if let Some((known, rest)) = known {
                let place = u32::try_from(lines.len() - rest.len()).unwrap_or(NOWHERE);
                match offered.places.get_mut(known as usize) {
                    // Of a keyword that is offered twice, the first counts.
                    Some(first) if *first == NOWHERE && is_printable(parameters) => *first = place,
                    _ => offered.more_auth |= known == Known::Auth,
                }
            }
            octets = behind;
        }
        offered.lines = lines.into();
        offered
    }

    /// Whether the keyword is offered, in any case.
    #[must_use]
    pub fn offers(&self, keyword: &str) -> bool {
        self.parameters(keyword).is_some()
    }

    /// The parameters the keyword is offered with, as the server wrote them, without the blanks
    /// around. `None` if it is not offered; of a keyword that is offered twice, those of the first.
    #[must_use]
    pub fn parameters(&self, keyword: &str) -> Option<&str> {
        match Known::split(keyword.as_bytes()) {
            Some((known, [])) => self.known(known),
            _ => self
                .keywords()
                .find(|(offered, _)| offered.eq_ignore_ascii_case(keyword))
                .map(|(_, parameters)| parameters),
        }
    }

    /// All keywords with their parameters, as the server wrote them and in its order.
    pub fn keywords(&self) -> impl Iterator<Item = (&str, &str)> {
        raw_lines(&self.lines)
            .filter(|line| is_printable(line))
            .filter_map(|line| {
                let line = str::from_utf8(line).ok()?;
                let (keyword, parameters) = match Known::split(line.as_bytes()) {
                    Some((Known::Auth, _)) => {
                        let (keyword, names) = line.split_at_checked(AUTH.len())?;
                        (keyword, mechanisms(names))
                    }
                    _ => line.split_once(' ').unwrap_or((line, "")),
                };
                (!keyword.is_empty()).then_some((keyword, parameters.trim_matches(' ')))
            })
    }

    /// The parameters of a keyword whose place is kept.
    fn known(&self, keyword: Known) -> Option<&str> {
        // They were seen to be printable, so this is text.
        str::from_utf8(self.known_octets(keyword)?).ok()
    }

    /// The same for whoever needs no text.
    #[inline]
    fn known_octets(&self, keyword: Known) -> Option<&[u8]> {
        let place = *self.places.get(keyword as usize)?;
        let place = usize::try_from(place).ok()?;
        // The place is beyond the end if the keyword is not offered.
        let line = self.lines.get(place..)?;
        // What is printable has no CR.
        let end = line
            .iter()
            .position(|octet| matches!(octet, b'\r' | b'\n'))?;
        let mut parameters = line.get(..end)?;
        if keyword == Known::Auth {
            parameters = parameters.strip_prefix(b"=").unwrap_or(parameters);
        }
        Some(parameters.trim_ascii())
    }

    fn has(&self, keyword: Known) -> bool {
        self.places.get(keyword as usize) != Some(&NOWHERE)
    }

    fn words(&self, keyword: Known) -> impl Iterator<Item = &str> {
        self.known(keyword)
            .unwrap_or_default()
            .split(' ')
            .filter(|word| !word.is_empty())
    }

    /// PIPELINING (RFC 2920).
    #[must_use]
    pub fn pipelining(&self) -> bool {
        self.has(Known::Pipelining)
    }

    /// SIZE (RFC 1870). A parameter that is no number names no maximum: a server that says nonsense
    /// still takes the parameter of MAIL, and refuses by itself what is too large.
    #[must_use]
    pub fn size(&self) -> SizeOffer {
        match self.known_octets(Known::Size) {
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
        self.has(Known::EightBitMime)
    }

    /// BINARYMIME (RFC 3030 section 3). It is of no use without [`chunking`](Self::chunking), so
    /// without it it is as if not offered.
    #[must_use]
    pub fn binary_mime(&self) -> bool {
        self.has(Known::BinaryMime) && self.chunking()
    }

    /// CHUNKING (RFC 3030 section 2): BDAT.
    #[must_use]
    pub fn chunking(&self) -> bool {
        self.has(Known::Chunking)
    }

    /// SMTPUTF8 (RFC 6531).
    #[must_use]
    pub fn smtputf8(&self) -> bool {
        self.has(Known::SmtpUtf8)
    }

    /// DSN (RFC 3461): RET, ENVID, NOTIFY and ORCPT.
    #[must_use]
    pub fn dsn(&self) -> bool {
        self.has(Known::Dsn)
    }

    /// ENHANCEDSTATUSCODES (RFC 2034).
    #[must_use]
    pub fn enhanced_status_codes(&self) -> bool {
        self.has(Known::EnhancedStatusCodes)
    }

    /// STARTTLS (RFC 3207).
    #[must_use]
    pub fn starttls(&self) -> bool {
        self.has(Known::StartTls)
    }

    /// The names of the SASL mechanisms offered by AUTH (RFC 4954), as the server writes them and in
    /// its order, none twice. None if AUTH is not offered.
    pub fn auth(&self) -> impl Iterator<Item = MechanismName<'_>> {
        let (one, all) = if self.more_auth {
            (None, &*self.lines)
        } else {
            (self.known(Known::Auth), &[][..])
        };
        let all = raw_lines(all)
            .filter(|line| is_printable(line))
            .filter_map(Known::split)
            .filter(|(known, _)| *known == Known::Auth)
            .filter_map(|(_, names)| str::from_utf8(names).ok())
            .map(mechanisms);
        Mechanisms {
            names: one
                .into_iter()
                .chain(all)
                .flat_map(|names| names.split(' '))
                .filter_map(|name| MechanismName::parse(name).ok()),
            seen: [None; Self::MAX_MECHANISMS],
            count: 0,
        }
    }

    /// Whether this mechanism is offered, in any case.
    #[must_use]
    pub fn offers_mechanism(&self, name: &str) -> bool {
        // Whatever is among so many words is among so many names, and most servers have few.
        let name = name.as_bytes();
        let words = self.known_octets(Known::Auth).unwrap_or_default();
        let mut first = words
            .split(|octet| *octet == b' ')
            .take(Self::MAX_MECHANISMS);
        if first.any(|word| word.eq_ignore_ascii_case(name)) {
            return MechanismName::parse(name).is_ok();
        }
        self.auth()
            .any(|offered| offered.as_str().as_bytes().eq_ignore_ascii_case(name))
    }

    /// REQUIRETLS (RFC 8689).
    #[must_use]
    pub fn require_tls(&self) -> bool {
        self.has(Known::RequireTls)
    }

    /// DELIVERBY (RFC 2852 section 3): `None` if it is not offered, else the least time in seconds
    /// that BY may ask for; 0 if there is none, or none that is a number.
    #[must_use]
    pub fn deliver_by(&self) -> Option<u64> {
        self.known(Known::DeliverBy)
            .map(|minimum| number(minimum.as_bytes()).unwrap_or(0))
    }

    /// FUTURERELEASE (RFC 4865 section 4): how far ahead a message may be held. `None` if it is not
    /// offered, and if its two parameters are not what they have to be: what the server would take
    /// is not known then.
    #[must_use]
    pub fn future_release(&self) -> Option<FutureReleaseOffer> {
        FutureReleaseOffer::parse(self.known(Known::FutureRelease)?)
    }

    /// MT-PRIORITY (RFC 6710): `None` if it is not offered, else the name of the server's priority
    /// assignment policy; `Some(None)` if it tells none, or none that is a name.
    #[must_use]
    pub fn priority_profile(&self) -> Option<Option<ProfileName<'_>>> {
        self.known(Known::MtPriority)
            .map(|name| ProfileName::parse(name).ok())
    }

    /// LIMITS (RFC 9422): what the server wants of a session. Without it, no limits.
    #[must_use]
    pub fn limits(&self) -> LimitsOffer {
        LimitsOffer::parse(self.words(Known::Limits))
    }

    /// RRVS (RFC 7293).
    #[must_use]
    pub fn rrvs(&self) -> bool {
        self.has(Known::Rrvs)
    }

    /// NO-SOLICITING (RFC 3865): `None` if it is not offered, else the kinds of solicitation that
    /// the server wants none of; `Some(None)` if it names none, or malformed ones.
    #[must_use]
    pub fn no_soliciting(&self) -> Option<Option<Solicitation<'_>>> {
        self.known(Known::NoSoliciting)
            .map(|keywords| Solicitation::parse(keywords).ok())
    }

    /// ETRN (RFC 1985).
    #[must_use]
    pub fn etrn(&self) -> bool {
        self.has(Known::Etrn)
    }

    /// VRFY (RFC 5321 section 3.5.2).
    #[must_use]
    pub fn vrfy(&self) -> bool {
        self.has(Known::Vrfy)
    }

    /// EXPN (RFC 5321 section 3.5.2).
    #[must_use]
    pub fn expn(&self) -> bool {
        self.has(Known::Expn)
    }

    /// HELP (RFC 5321 section 4.1.1.8).
    #[must_use]
    pub fn help(&self) -> bool {
        self.has(Known::Help)
    }

    /// The attributes that XCLIENT takes (Postfix, XCLIENT_README), as the server writes them. None
    /// if it is not offered.
    pub fn xclient(&self) -> impl Iterator<Item = AttributeName<'_>> {
        self.words(Known::Xclient)
            .filter_map(|name| AttributeName::parse(name).ok())
    }

    /// The attributes that XFORWARD takes (Postfix, XFORWARD_README), as the server writes them.
    /// None if it is not offered.
    pub fn xforward(&self) -> impl Iterator<Item = AttributeName<'_>> {
        self.words(Known::Xforward)
            .filter_map(|name| AttributeName::parse(name).ok())
    }
}

impl Default for Capabilities {
    fn default() -> Self {
        Self::none()
    }
}

impl fmt::Debug for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.keywords()).finish()
    }
}

/// The mechanisms of all lines of AUTH; the iterator of [`Capabilities::auth`].
struct Mechanisms<'a, W> {
    names: W,
    /// Those that were handed out, so that none is twice.
    seen: [Option<MechanismName<'a>>; Capabilities::MAX_MECHANISMS],
    count: usize,
}

impl<'a, W: Iterator<Item = MechanismName<'a>>> Iterator for Mechanisms<'a, W> {
    type Item = MechanismName<'a>;

    fn next(&mut self) -> Option<MechanismName<'a>> {
        let (seen, free) = self.seen.split_at_mut_checked(self.count)?;
        let place = free.first_mut()?;
        let name = self.names.find(|name| !seen.contains(&Some(*name)))?;
        *place = Some(name);
        self.count += 1;
        Some(name)
    }
}

const AUTH: &str = Known::Auth.as_str();

/// What follows AUTH, without the equals sign with which it was offered before there was a
/// standard; some still write `AUTH=LOGIN`.
fn mechanisms(behind: &str) -> &str {
    behind.strip_prefix('=').unwrap_or(behind)
}

/// Octets of a code and its separator.
const CODE: usize = 4;

/// What follows the code and its separator in each line of a reply.
fn raw_lines(mut octets: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (line, behind) = next_line(octets)?;
        octets = behind;
        Some(line)
    })
    .take(Capabilities::MAX_KEYWORDS)
}

/// The first of the lines, without its code, and the others.
fn next_line(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    end_of_line(octets.get(CODE..)?)
}

/// The octets up to a line's end, and those behind it.
fn end_of_line(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let (line, behind) = octets.split_at_checked(memchr::memchr(b'\n', octets)? + 1)?;
    // Of a code alone, the CR was taken for its separator.
    let line = line.strip_suffix(b"\r\n").or(line.strip_suffix(b"\n"));
    Some((line.unwrap_or_default(), behind))
}

fn is_printable(octets: &[u8]) -> bool {
    // All of them without a branch: there is nearly always nothing to find.
    let strange = |octet: &u8| u8::from(!is_graphic_or_blank(*octet));
    octets.iter().fold(0, |any, octet| any | strange(octet)) == 0
}
