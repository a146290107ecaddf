//! Both directions, as tables of cases.

use bytes::BytesMut;

use super::writer::ROOM;
use super::*;
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
    assert!(offered.auth().eq(&names[..Capabilities::MAX_MECHANISMS]));
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
    assert!(offered.auth().eq(["PLAIN", "SCRAM-SHA-256"]));
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
