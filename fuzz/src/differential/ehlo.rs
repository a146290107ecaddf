//! What a server offers.

use std::collections::BTreeMap;

use mailwire_smtp_proto::ehlo::{Capabilities, SizeOffer};
use mailwire_smtp_proto::reply::ReplyReader;
use stalwart_smtp_proto as stalwart;
use stalwart_smtp_proto::{EhloResponse, Error};

use super::meaning::MECHANISMS;
use super::{Comparison, judge};

/// The input is what a server says behind its name, a line each; what no text of a reply holds is
/// left out, for how lines end is the business of `differential_reply`.
///
/// # Panics
///
/// When the two parsers disagree in a way that is not known.
pub fn differential_ehlo(data: &[u8]) {
    judge(data, &compare(data));
}

/// What is offered: keywords, and what they say.
type Offered = BTreeMap<&'static str, String>;

pub(super) fn compare(input: &[u8]) -> Comparison {
    let lines: Vec<String> = input
        .split(|octet| *octet == b'\n')
        .take(50)
        .map(|line| {
            let legal = line.iter().filter(|it| matches!(it, b' '..=b'~'));
            legal.take(400).map(|it| char::from(*it)).collect()
        })
        .collect();
    let reply = format!(
        "250-mx.example.org\r\n250-{}\r\n250 X-LAST\r\n",
        lines.join("\r\n250-")
    );
    let ours = ours(reply.as_bytes());
    let theirs = theirs(reply.as_bytes());
    let class = match &theirs {
        Err(_) => Some(None),
        Ok(theirs) if *theirs == ours => None,
        Ok(theirs) => Some(class(&lines, &ours, theirs)),
    };
    Comparison {
        ours: shown(&ours),
        theirs: match &theirs {
            Ok(theirs) => shown(theirs),
            Err(error) => format!("refused: {error:?}"),
        },
        class,
    }
}

fn shown(offered: &Offered) -> String {
    let shown = offered.iter().map(|(keyword, value)| {
        if value.is_empty() {
            (*keyword).to_owned()
        } else {
            format!("{keyword}={value}")
        }
    });
    shown.collect::<Vec<_>>().join(" ")
}

fn ours(reply: &[u8]) -> Offered {
    let Ok(Some((_, reply))) = ReplyReader::new().take(reply) else {
        unreachable!("it is a reply")
    };
    let offered = Capabilities::parse(&reply);
    let value = |keyword| match keyword {
        "SIZE" => match offered.size() {
            SizeOffer::Maximum(octets) => octets.to_string(),
            _ => String::new(),
        },
        "AUTH" => {
            let is_offered = |it: &&(&str, u64)| offered.offers_mechanism(it.0);
            named(MECHANISMS.iter().filter(is_offered))
        }
        "DELIVERBY" => number(offered.deliver_by().unwrap_or_default()),
        "FUTURERELEASE" => offered.future_release().map_or_else(String::new, |offer| {
            let until = u64::try_from(offer.date_time.unix_seconds()).unwrap_or_default();
            format!("{},{until}", offer.interval)
        }),
        "NO-SOLICITING" => offered
            .no_soliciting()
            .flatten()
            .map_or_else(String::new, |it| it.to_string()),
        _ => String::new(),
    };
    KEYWORDS
        .iter()
        .filter(|(keyword, _)| offered.offers(keyword))
        .map(|(keyword, _)| (*keyword, value(*keyword)))
        .collect()
}

fn theirs(reply: &[u8]) -> Result<Offered, Error> {
    let offered = EhloResponse::parse(&mut reply.iter())?;
    let value = |keyword| match keyword {
        "SIZE" => number(offered.size as u64),
        "AUTH" => named(
            MECHANISMS
                .iter()
                .filter(|it| offered.auth_mechanisms & it.1 != 0),
        ),
        "DELIVERBY" => number(offered.deliver_by),
        "FUTURERELEASE" => match (
            offered.future_release_interval,
            offered.future_release_datetime,
        ) {
            (0, 0) => String::new(),
            (interval, until) => format!("{interval},{until}"),
        },
        "NO-SOLICITING" => offered.no_soliciting.clone().unwrap_or_default(),
        _ => String::new(),
    };
    Ok(KEYWORDS
        .iter()
        .filter(|(_, bit)| offered.capabilities & bit != 0)
        .map(|(keyword, _)| (*keyword, value(*keyword)))
        .collect())
}

/// A number, of which Stalwart's types do not tell 0 from none.
fn number(number: u64) -> String {
    match number {
        0 => String::new(),
        number => number.to_string(),
    }
}

fn named<'a>(mechanisms: impl Iterator<Item = &'a (&'a str, u64)>) -> String {
    mechanisms.map(|it| it.0).collect::<Vec<_>>().join(",")
}

/// The class of a disagreement: every keyword that differs has to have one, and the first is told.
fn class(lines: &[String], ours: &Offered, theirs: &Offered) -> Option<&'static str> {
    let mut classes = KEYWORDS
        .iter()
        .filter(|(keyword, _)| ours.get(keyword) != theirs.get(keyword))
        .map(|(keyword, _)| class_of(lines, keyword));
    let first = classes.next()??;
    classes.all(|class| class.is_some()).then_some(first)
}

/// The class of a disagreement about a keyword, by how the lines that begin with it are spelled.
fn class_of(lines: &[String], keyword: &str) -> Option<&'static str> {
    let mut behind = Vec::new();
    for line in lines {
        let trimmed = line.trim_start_matches(' ');
        let Some((start, rest)) = trimmed.split_at_checked(keyword.len()) else {
            continue;
        };
        if !start.eq_ignore_ascii_case(keyword) {
            continue;
        }
        if trimmed.len() < line.len() {
            return Some("blank-before-keyword");
        }
        match rest.as_bytes().first() {
            None | Some(b' ') => behind.push(rest.trim_matches(' ')),
            Some(b'=') if keyword == "AUTH" => behind.push(rest),
            Some(_) => return Some("keyword-not-alone"),
        }
    }
    let parameters = match behind.as_slice() {
        [parameters] => *parameters,
        [] => return None,
        _ => return Some("keyword-twice"),
    };
    let is_digits = |digits: &str, most| {
        (1..=most).contains(&digits.len()) && digits.bytes().all(|it| it.is_ascii_digit())
    };
    match keyword {
        "SIZE" if !is_digits(parameters, 18) => Some("value-of-size"),
        "DELIVERBY" if !is_digits(parameters, 9) => Some("value-of-deliverby"),
        "FUTURERELEASE" => match parameters.split_once(' ') {
            Some((interval, until))
                if is_digits(interval, 9) && !interval.starts_with('0') && is_moment(until) =>
            {
                None
            }
            _ => Some("value-of-futurerelease"),
        },
        "NO-SOLICITING" if !parameters.split(',').all(is_solicitation) => {
            Some("value-of-no-soliciting")
        }
        _ => None,
    }
}

/// Whether this is a keyword of solicitation (RFC 3865 section 2), spelled anew here.
fn is_solicitation(word: &str) -> bool {
    word.starts_with(|it: char| it.is_ascii_alphabetic())
        && word
            .chars()
            .all(|it| it.is_ascii_alphanumeric() || ".-_:".contains(it))
}

/// Whether this is a moment as everybody writes it, on a day that every month has, after 1970.
fn is_moment(text: &str) -> bool {
    let form: String = text
        .chars()
        .map(|it| if it.is_ascii_digit() { '0' } else { it })
        .collect();
    let within = |at, most| {
        let number = text.get(at..at + 2).and_then(|it| it.parse::<u8>().ok());
        number.is_some_and(|number| number <= most)
    };
    let is_day = |at, most| within(at, most) && text.get(at..at + 2) != Some("00");
    let is_year = text > "1970" && text < "2200";
    form == "0000-00-00T00:00:00Z"
        && is_year
        && is_day(5, 12)
        && is_day(8, 28)
        && within(11, 23)
        && within(14, 59)
        && within(17, 59)
}

/// The keywords that both know, and Stalwart's bits for them.
const KEYWORDS: &[(&str, u32)] = &[
    ("8BITMIME", stalwart::EXT_8BIT_MIME),
    ("AUTH", stalwart::EXT_AUTH),
    ("BINARYMIME", stalwart::EXT_BINARY_MIME),
    ("CHUNKING", stalwart::EXT_CHUNKING),
    ("DELIVERBY", stalwart::EXT_DELIVER_BY),
    ("DSN", stalwart::EXT_DSN),
    ("ENHANCEDSTATUSCODES", stalwart::EXT_ENHANCED_STATUS_CODES),
    ("ETRN", stalwart::EXT_ETRN),
    ("EXPN", stalwart::EXT_EXPN),
    ("FUTURERELEASE", stalwart::EXT_FUTURE_RELEASE),
    ("HELP", stalwart::EXT_HELP),
    ("MT-PRIORITY", stalwart::EXT_MT_PRIORITY),
    ("NO-SOLICITING", stalwart::EXT_NO_SOLICITING),
    ("PIPELINING", stalwart::EXT_PIPELINING),
    ("REQUIRETLS", stalwart::EXT_REQUIRE_TLS),
    ("RRVS", stalwart::EXT_RRVS),
    ("SIZE", stalwart::EXT_SIZE),
    ("SMTPUTF8", stalwart::EXT_SMTP_UTF8),
    ("STARTTLS", stalwart::EXT_START_TLS),
    ("VRFY", stalwart::EXT_VRFY),
];
