//! Both directions, as tables of cases.

use bytes::BytesMut;

use super::writer::ROOM;
use super::*;
use crate::auth::MechanismName;
use crate::command::AttributeName;
use crate::host::HelloName;
use crate::params::Solicitation;
use crate::reply::{ReplyLimits, ReplyReader};

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
    assert!(offered.auth().eq(["plain", "Login"]));
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
    assert!(offered.auth().eq(["LOGIN", "PLAIN", "CRAM-MD5"]));
    assert!(offered.offers("AUTH"));
    let empty = parse(&["mx", "AUTH="]);
    assert!(empty.auth().next().is_none() && empty.offers("AUTH"));
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
    assert!(offered.auth().eq(["XOAUTH2"]));
    let keywords: Vec<_> = offered.keywords().collect();
    assert_eq!(keywords, [("AUTH", "PLAIN,LOGIN XOAUTH2"), ("DSN", "")]);
}

#[test]
fn what_is_kept_is_bounded() {
    let names: Vec<String> = (0..40).map(|number| format!("M{number}")).collect();
    let offered = parse(&["mx", &format!("AUTH {}", names.join(" "))]);
    let first = names[..Capabilities::MAX_MECHANISMS].iter();
    assert!(offered.auth().eq(first.map(String::as_str)));
    let reply: String = (0..200)
        .map(|number| format!("250-X{number}\r\n"))
        .chain(["250 HELP\r\n".into()])
        .collect();
    let input = format!("250-mx\r\n{reply}");
    let limits = ReplyLimits {
        lines: 300,
        ..ReplyLimits::default()
    };
    let mut reader = ReplyReader::with_limits(limits);
    let (_, reply) = reader.take(input.as_bytes()).unwrap().unwrap();
    let offered = Capabilities::parse(&reply);
    assert!(offered.offers("X127") && !offered.offers("X128"));
    assert_eq!(offered.keywords().count(), Capabilities::MAX_KEYWORDS);
}

#[test]
fn what_comes_behind_the_last_line_looked_at_is_not_offered() {
    let mut lines: Vec<String> = (1..Capabilities::MAX_KEYWORDS)
        .map(|number| format!("X{number}"))
        .collect();
    lines.insert(0, "mx".into());
    for offered_last in [true, false] {
        let limits = ReplyLimits {
            lines: 300,
            ..ReplyLimits::default()
        };
        let all = lines.join("\r\n250-");
        let input = format!("250-{all}\r\n250 STARTTLS\r\n");
        let mut reader = ReplyReader::with_limits(limits);
        let (_, reply) = reader.take(input.as_bytes()).unwrap().unwrap();
        let offered = Capabilities::parse(&reply);
        assert_eq!(offered.starttls(), offered_last);
        assert_eq!(offered.offers("STARTTLS"), offered_last);
        lines.push("X".into());
    }
}

fn written(name: &str, keywords: &[Keyword<'_>]) -> String {
    let mut out = BytesMut::from(&b"<"[..]);
    let name = HelloName::parse(name).unwrap();
    write_ehlo(name, keywords.iter().copied(), &mut out);
    String::from_utf8(out.to_vec()).unwrap().split_off(1)
}

fn mechanisms<const N: usize>(names: [&str; N]) -> [MechanismName<'_>; N] {
    names.map(|name| MechanismName::parse(name).unwrap())
}

fn attributes<const N: usize>(names: [&str; N]) -> [AttributeName<'_>; N] {
    names.map(|name| AttributeName::parse(name).unwrap())
}

#[test]
fn every_keyword_is_written() {
    let raw = RawKeyword::parse("X-TRACE on off").unwrap();
    let names = mechanisms(["PLAIN", "SCRAM-SHA-256"]);
    let attributes = attributes(["NAME", "ADDR"]);
    let profile = ProfileName::parse("MIXER").unwrap();
    let all = [
        Keyword::Pipelining,
        Keyword::Size(26_214_400),
        Keyword::EightBitMime,
        Keyword::EnhancedStatusCodes,
        Keyword::StartTls,
        Keyword::Auth(&names),
        Keyword::DeliverBy(0),
        Keyword::DeliverBy(u32::MAX),
        Keyword::MtPriority(None),
        Keyword::MtPriority(Some(profile)),
        Keyword::NoSoliciting(None),
        Keyword::Xclient(&attributes),
        Keyword::Xforward(&attributes[..1]),
        Keyword::Raw(raw),
    ];
    let expected = "250-mx.example.test\r\n250-PIPELINING\r\n250-SIZE 26214400\r\n\
        250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250-STARTTLS\r\n\
        250-AUTH PLAIN SCRAM-SHA-256\r\n250-DELIVERBY\r\n250-DELIVERBY 999999999\r\n\
        250-MT-PRIORITY\r\n250-MT-PRIORITY MIXER\r\n250-NO-SOLICITING\r\n\
        250-XCLIENT NAME ADDR\r\n250-XFORWARD NAME\r\n250 X-TRACE on off\r\n";
    assert_eq!(written("mx.example.test", &all), expected);
    let offered = parse_reply(expected.as_bytes());
    assert_eq!(offered.keywords().count(), all.len());
    assert!(offered.auth().eq(["PLAIN", "SCRAM-SHA-256"]));
}

#[test]
fn a_list_without_a_name_is_no_line() {
    assert_eq!(written("mx", &[]), "250 mx\r\n");
    let none = [
        Keyword::Auth(&[]),
        Keyword::Xclient(&[]),
        Keyword::Xforward(&[]),
        Keyword::Limits(LimitsOffer::default()),
    ];
    assert_eq!(written("mx", &none), "250 mx\r\n");
    let long = "A".repeat(ROOM - "XFORWARD".len());
    let names = attributes([&long]);
    assert_eq!(written("mx", &[Keyword::Xforward(&names)]), "250 mx\r\n");
    let names = attributes([&long[1..]]);
    let line = written("mx", &[Keyword::Xforward(&names)]);
    assert_eq!(line.len(), "250-mx\r\n".len() + 512);
    // A name that fits is not lost for one before it that does not.
    let names = attributes([&long, "NAME"]);
    assert_eq!(
        written("mx", &[Keyword::Xforward(&names)]),
        "250-mx\r\n250 XFORWARD NAME\r\n"
    );
    let names = attributes([&long]);
    let line = written("mx", &[Keyword::Xclient(&names)]);
    assert_eq!(line.len(), "250-mx\r\n".len() + 512, "a shorter keyword");
}

#[test]
fn nothing_can_add_a_line() {
    for injection in ["A\r\n250 B", "A\n", "A\0", "a b", "\u{e9}", ""] {
        assert!(HelloName::parse(injection).is_err(), "{injection:?}");
        assert!(MechanismName::parse(injection).is_err(), "{injection:?}");
        assert!(AttributeName::parse(injection).is_err(), "{injection:?}");
        assert_eq!(ProfileName::parse(injection), Err(KeywordError::Profile));
    }
    assert!(ProfileName::parse(&"p".repeat(20)).is_ok());
    assert!(ProfileName::parse(&"p".repeat(21)).is_err());
    assert!(MechanismName::parse(&"M".repeat(20)).is_ok());
    assert!(MechanismName::parse(&"M".repeat(21)).is_err());
}

#[test]
fn no_line_is_over_its_limit() {
    let many = mechanisms(["ABCDEFGHIJKLMNOPQRST"; 40]);
    let longest = "X".repeat(ROOM);
    let raw = RawKeyword::parse(&longest).unwrap();
    assert_eq!(
        RawKeyword::parse(&"X".repeat(ROOM + 1)),
        Err(KeywordError::TooLong)
    );
    // A list of kinds of solicitation may be longer than the line is.
    let kinds = |octets| "a".repeat(octets - "NO-SOLICITING ".len());
    let (fits, over) = (kinds(ROOM), kinds(ROOM + 1));
    let kinds = |list| Keyword::NoSoliciting(Some(Solicitation::parse(list).unwrap()));
    let keywords = [
        Keyword::Auth(&many),
        Keyword::Raw(raw),
        kinds(&fits),
        kinds(&over),
    ];
    let all = written("mx", &keywords);
    let lengths: Vec<usize> = all.split_inclusive("\r\n").map(str::len).collect();
    // 4 + "AUTH" + 23 names with their spaces + 2 is the most that fits.
    let auth = 4 + 4 + 23 * 21 + 2;
    assert_eq!(lengths, [8, auth, 512, 512, "250 NO-SOLICITING\r\n".len()]);
}

#[test]
fn raw_keywords_have_their_syntax() {
    for good in ["X", "8BITMIM", "X-A", "SIZES 1", "X RCPTMAX=20 MAILMAX=5"] {
        assert_eq!(RawKeyword::parse(good).map(RawKeyword::as_str), Ok(good));
    }
    for bad in [
        "", " ", "-X", "X ", " X", "X  Y", "X_Y", "X=Y", "X\r\n", "X Y\0", "X \u{e9}", "X\tY",
    ] {
        assert_eq!(
            RawKeyword::parse(bad),
            Err(KeywordError::Malformed),
            "{bad:?}"
        );
    }
    for known in ["8BITMIME", "Size 1", "LIMITS RCPTMAX=20", "xclient NAME"] {
        assert_eq!(
            RawKeyword::parse(known),
            Err(KeywordError::Known),
            "{known:?}"
        );
    }
}

#[test]
fn an_equals_sign_belongs_to_auth_alone() {
    let offered = parse(&["mx", "X-FOO =bar", "SIZE =1", "AUTH =PLAIN"]);
    assert_eq!(offered.parameters("X-FOO"), Some("=bar"));
    assert_eq!(offered.parameters("SIZE"), Some("=1"));
    let all: Vec<_> = offered.keywords().collect();
    assert_eq!(all, [("X-FOO", "=bar"), ("SIZE", "=1"), ("AUTH", "=PLAIN")]);
}
