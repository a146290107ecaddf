//! Addresses: paths, mailboxes and hosts, against a table of cases and against themselves.
//!
//! The table is `cases/addresses.tsv` (see `cases/mod.rs`). Its first column is the parser:
//! `mailbox`, `reverse`, `forward`, `host`, or `hello` for the name of EHLO; `-utf8` behind it is
//! the parser in UTF-8. What was understood is written as the local part without its quotes, ` @ `
//! and the host as it would be sent.

#![allow(
    clippy::disallowed_methods,
    reason = "a test is the caller: it has the clock and the files"
)]
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

mod cases;

use std::collections::HashSet;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use bytes::BytesMut;
use cases::{Found, check, found, is_framed_alike};
use mailwire_smtp_proto::charset::Charset;
use mailwire_smtp_proto::command::Command;
use mailwire_smtp_proto::host::{HelloName, HelloNameBuf, Host, HostBuf};
use mailwire_smtp_proto::path::{
    ForwardPath, ForwardPathBuf, Mailbox, MailboxBuf, ReversePath, ReversePathBuf,
};
use mailwire_smtp_proto::xtext::XtextBuf;
use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};

#[test]
fn the_table() {
    check(include_str!("cases/addresses.tsv"), 4, |row| {
        let input = row.octets(1);
        is_framed_alike(&input);
        // What a cut leaves is understood or refused, and nothing else.
        for cut in 0..input.len() {
            let _ = understood(row.text(0), &input[..cut]);
        }
        understood(row.text(0), &input)
    });
}

/// What a parser makes of an input; what it takes is written again, and parsed to the same value.
fn understood(parser: &str, input: &[u8]) -> Found {
    let (parser, charset) = match parser.strip_suffix("-utf8") {
        Some(parser) => (parser, Charset::Utf8),
        None => (parser, Charset::Ascii),
    };
    match parser {
        "mailbox" => found(Mailbox::parse_in(charset, input).map(|it| {
            let written = it.to_string();
            assert_eq!(Mailbox::parse_in(charset, &written), Ok(it));
            assert_eq!(it.to_owned().borrow(), it);
            assert_eq!(it.is_ascii(), written.is_ascii());
            meaning(it)
        })),
        "reverse" => found(ReversePath::parse_in(charset, input).map(|it| {
            let written = it.to_string();
            assert_eq!(ReversePath::parse_in(charset, &written), Ok(it));
            assert_eq!(it.to_owned().borrow(), it);
            it.mailbox().map_or("null".to_owned(), meaning)
        })),
        "forward" => found(ForwardPath::parse_in(charset, input).map(|it| {
            let written = it.to_string();
            assert_eq!(ForwardPath::parse_in(charset, &written), Ok(it));
            assert_eq!(it.to_owned().borrow(), it);
            it.mailbox().map_or("postmaster".to_owned(), meaning)
        })),
        "host" => found(Host::parse_in(charset, input).map(|it| {
            let written = it.to_string();
            assert_eq!(Host::parse_in(charset, &written), Ok(it));
            assert_eq!(it.to_owned().borrow(), it);
            written
        })),
        "hello" => found(HelloName::parse(input).map(|it| {
            let written = it.to_string();
            assert_eq!(HelloName::parse(&written), Ok(it));
            assert_eq!(it.to_owned().borrow(), it);
            format!(
                "{written}{}",
                if it.host().is_some() {
                    ""
                } else {
                    " (no host)"
                }
            )
        })),
        parser => panic!("no such parser: {parser}"),
    }
}

fn meaning(mailbox: Mailbox<'_>) -> String {
    format!(
        "{} @ {}",
        mailbox.local_part().to_unquoted_string(),
        mailbox.host()
    )
}

#[test]
fn same_mailbox_in_other_words() {
    let equal = [
        ("\"user\"@example.org", "user@EXAMPLE.org"),
        ("\"a\\b\"@x", "ab@x"),
        ("a@[192.000.002.001]", "a@[192.0.2.1]"),
        ("a@[IPv6:2001:db8:0:0:0:0:0:1]", "a@[ipv6:2001:DB8::1]"),
        ("a@[Tag:Content]", "a@[tag:Content]"),
    ];
    for (one, other) in equal {
        let (one, other) = (Mailbox::parse(one).unwrap(), Mailbox::parse(other).unwrap());
        assert_eq!(one, other);
        assert_eq!(HashSet::from([one, other]).len(), 1, "{one} {other}");
        assert_eq!(
            HashSet::from([one.to_owned(), other.to_owned()]).len(),
            1,
            "{one} {other}"
        );
    }
    let unequal = [
        ("user@example.org", "User@example.org"),
        ("user@example.org", "user@example.com"),
        ("a@192.0.2.1", "a@[192.0.2.1]"),
        ("a@[tag:Content]", "a@[tag:content]"),
        ("\"a\\\\b\"@x", "\"a\\b\"@x"),
    ];
    for (one, other) in unequal {
        assert_ne!(Mailbox::parse(one).unwrap(), Mailbox::parse(other).unwrap());
    }
}

#[test]
fn unquoted_names() {
    let mailbox = Mailbox::parse(r#""Joe\\\"\,\ S"@example.org"#).unwrap();
    assert_eq!(mailbox.local_part().to_unquoted_string(), r#"Joe\", S"#);
    assert!(mailbox.local_part().eq_unquoted(r#"Joe\", S"#));
    assert!(!mailbox.local_part().eq_unquoted(r#"joe\", S"#));
    assert!(mailbox.local_part().is_quoted());
}

#[test]
fn owned_twins_refuse_what_the_wire_could_not_carry() {
    for injection in [
        "a@b\r\nRCPT TO:<c@d>",
        "a@b\0",
        "\"a\r\n\"@b",
        "a@b\n",
        "\r\na@b",
    ] {
        assert!(MailboxBuf::from_str(injection).is_err(), "{injection:?}");
        assert!(
            ReversePathBuf::from_str(&format!("<{injection}>")).is_err(),
            "{injection:?}"
        );
        assert!(
            ForwardPathBuf::try_from(&*format!("<{injection}>")).is_err(),
            "{injection:?}"
        );
        assert!(HelloNameBuf::from_str(injection).is_err(), "{injection:?}");
        assert!(HostBuf::from_str(injection).is_err(), "{injection:?}");
        assert!(XtextBuf::from_str(injection).is_err(), "{injection:?}");
    }
}

#[test]
fn values_can_be_kept_and_sent_elsewhere() {
    fn keepable<T: Send + Sync + Clone + Eq + std::hash::Hash + 'static>() {}
    keepable::<MailboxBuf>();
    keepable::<ReversePathBuf>();
    keepable::<ForwardPathBuf>();
    keepable::<HostBuf>();
    keepable::<HelloNameBuf>();
    keepable::<XtextBuf>();
}

proptest! {
    #[test]
    fn a_mailbox_is_parsed_as_it_is_put_together(local in local_part(), host in host()) {
        let spelled = format!("{local}@{host}");
        let mailbox = Mailbox::parse(&spelled).unwrap();
        prop_assert_eq!(mailbox.as_str(), &spelled);
        prop_assert_eq!(mailbox.to_string(), spelled.clone());
        prop_assert_eq!(mailbox.local_part().as_str(), &local);
        prop_assert_eq!(mailbox.host(), Host::parse(&host).unwrap());
        let kept = mailbox.to_owned();
        prop_assert_eq!(kept.borrow(), mailbox);
        prop_assert_eq!(kept.as_str(), &spelled);

        let line = format!("RCPT TO:<{spelled}>");
        let command = Command::parse(&line).unwrap();
        let mut out = BytesMut::new();
        command.write(&mut out);
        prop_assert_eq!(out.to_vec(), format!("{line}\r\n").into_bytes());
    }

    #[test]
    fn a_host_is_written_as_it_is_parsed(host in host()) {
        let parsed = Host::parse(&host).unwrap();
        let written = parsed.to_string();
        prop_assert_eq!(Host::parse(&written).unwrap(), parsed);
        let kept = parsed.to_owned();
        prop_assert_eq!(kept.borrow(), parsed);
        prop_assert_eq!(kept.as_str(), written);
        let name = HelloNameBuf::try_from(kept).unwrap();
        prop_assert_eq!(name.borrow().host(), Some(parsed));
    }

    #[test]
    fn a_mailbox_in_utf8_is_ascii_or_needs_utf8(
        local in "[a-zé-ÿα-ω一-丐.]{1,12}",
        host in "[a-zé-ÿα-ω一-丐.-]{1,12}",
    ) {
        let spelled = format!("{local}@{host}");
        let utf8 = Mailbox::parse_in(Charset::Utf8, &spelled);
        let ascii = Mailbox::parse(&spelled);
        if spelled.is_ascii() {
            prop_assert_eq!(ascii, utf8);
        } else {
            prop_assert!(ascii.is_err());
        }
        if let Ok(mailbox) = utf8 {
            prop_assert_eq!(mailbox.as_str(), &spelled);
            prop_assert_eq!(Mailbox::parse_in(Charset::Utf8, mailbox.as_str()), Ok(mailbox));
        }
    }

    #[test]
    fn no_octets_are_too_strange(input in any::<Vec<u8>>()) {
        for parser in ["mailbox", "reverse", "forward", "host"] {
            let ascii = understood(parser, &input);
            let utf8 = understood(&format!("{parser}-utf8"), &input);
            // UTF-8 takes more, and nothing in another way.
            if ascii.is_ok() {
                prop_assert_eq!(ascii, utf8);
            }
        }
        let _ = understood("hello", &input);
    }
}

fn local_part() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]{1,12}(\\.[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]{1,5}){0,3}",
        "\"([ !#-\\[\\]-~]|\\\\[ -~]){0,20}\"",
    ]
}

fn host() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9]([a-zA-Z0-9-]{0,5}[a-zA-Z0-9])?(\\.[a-z0-9]([a-z0-9-]{0,5}[a-z0-9])?){0,4}",
        any::<Ipv4Addr>().prop_map(|address| format!("[{address}]")),
        any::<Ipv6Addr>().prop_map(|address| format!("[IPv6:{address}]")),
        "\\[x[a-zA-Z0-9-]{0,5}[a-zA-Z0-9]:[!-Z^-~]{1,20}\\]",
    ]
}
