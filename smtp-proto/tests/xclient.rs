//! Identities: which values are right, and how they become commands (S2 of the project's scenarios: LOGIN
//! that goes in an earlier command is lost, and behind ADDR the next one comes from somebody else).

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests panic to fail"
)]

use mailwire_smtp_proto::ehlo::Capabilities;
use mailwire_smtp_proto::reply::ReplyReader;
use mailwire_smtp_proto::xclient::{Identity, IdentityError, Name, NotForwardable, Value};
use proptest::prelude::*;

fn offers(names: &str) -> Capabilities {
    let reply = format!("250-mx\r\n250 XCLIENT {names}\r\n");
    let mut reader = ReplyReader::new();
    let taken = reader.take(reply.as_bytes()).unwrap();
    Capabilities::parse(&taken.unwrap().1)
}

const EVERYTHING: &str = "PORT DESTADDR DESTPORT DESTNAME TTL SESSION TIMEOUT FORWARD CLIENT-TRANSPORT \
    IDENT SOURCE NAME REVERSE_NAME HELO PROTO ADDR LOGIN";

fn lines(identity: &Identity, offered: &str) -> Result<Vec<String>, NotForwardable> {
    let commands = identity.commands(&offers(offered))?;
    Ok(commands.iter().map(|it| it.borrow().to_string()).collect())
}

#[test]
fn values_are_judged_by_their_names() {
    for (name, right, wrong) in [
        (
            Name::Addr,
            &[
                "192.0.2.7",
                "IPV6:2001:db8::1",
                "ipv6:::1",
                "IPv6:::ffff:192.0.2.7",
            ][..],
            &[
                "",
                "192.0.2",
                "192.0.2.256",
                "2001:db8::1",
                "IPV6:",
                "IPV6:192.0.2.7",
                "[192.0.2.7]",
                "localhost",
                "192.0.2.7 ",
            ][..],
        ),
        (Name::DestAddr, &["192.0.2.7", "IPV6:::1"], &["::1", "host"]),
        (
            Name::Port,
            &["0", "25", "65535", "00025"],
            &["", "65536", "+25", "-1", "2 5", "smtp"],
        ),
        (Name::DestPort, &["25"], &["99999"]),
        (Name::Ttl, &["0", "5"], &["", "-1", "4294967296"]),
        (Name::Timeout, &["30"], &["30s"]),
        (
            Name::Proto,
            &["SMTP", "esmtp", "LMTP", "QMQP"],
            &["", "SMTP ESMTP", "S_MTP", "\u{fc}"],
        ),
        (Name::Source, &["LOCAL", "REMOTE"], &["", "ELSEWHERE"]),
        (
            Name::Name,
            &["a.example", "a", "under_score.example", "_tcp.example"],
            &[
                "",
                "192.0.2.7",
                "a..example",
                "a b",
                ".example",
                "-a.example",
                "a\r\n",
            ],
        ),
        (Name::ReverseName, &["a.example"], &["192.0.2.7"]),
        (
            Name::Helo,
            &["a.example", "[192.0.2.7]", "not a name"],
            &["", "a\r\nQUIT", "a\0"],
        ),
        (
            Name::Login,
            &["alice", "user+tag@example.test", "\u{fc}ser", "a b"],
            &["", "a\n", "\x7f"],
        ),
        (Name::Session, &["abc/1"], &[""]),
        (Name::Ident, &["4D1C2"], &[""]),
        (Name::Forward, &["", "YT1i"], &["\r"]),
        (Name::ClientTransport, &["TLS"], &["\n"]),
    ] {
        for value in right {
            let made = Value::known(name, value).unwrap_or_else(|_| panic!("{name} {value:?}"));
            assert_eq!(made.text(), Some(*value));
            // As it is written, it is read.
            let line = format!("{name}={made}");
            let read = Identity::parse(&line).unwrap_or_else(|error| panic!("{line}: {error}"));
            assert_eq!(read.value(name), Some(&made), "{line}");
        }
        for value in wrong {
            let fault = Value::known(name, value).expect_err(value);
            assert_eq!(fault.name, name);
            assert!(fault.to_string().contains(name.as_str()));
        }
        // What Postfix and Dovecot refuse is neither read nor written.
        for (absent, is_taken) in [
            (Value::Unavailable, true),
            (Value::TemporarilyUnavailable, name.is_looked_up()),
        ] {
            let line = format!("{name}={absent}");
            let read = Identity::parse(&line);
            assert_eq!(read.is_ok(), is_taken, "{line}");
            if let Ok(read) = read {
                assert_eq!(read.value(name), Some(&absent), "{line}");
            }
            let made = Identity::new().with_value(name, absent).to_string();
            assert!(made.is_empty() || Identity::parse(&made).is_ok(), "{made}");
        }
        // Postfix counts before it decodes.
        assert!(Value::known(name, &"+".repeat(86)).is_err(), "{name}");
        assert!(Value::known(name, &"x".repeat(256)).is_err(), "{name}");
    }
}

/// FORWARD has whatever a login brought with it.
#[test]
fn what_may_be_a_secret_is_not_printed() {
    let identity = Identity::parse("ADDR=192.0.2.7 FORWARD=c2VjcmV0 LOGIN=alice").unwrap();
    let printed = format!("{identity:?}");
    assert_eq!(printed, "Identity(FORWARD=.. ADDR=192.0.2.7 LOGIN=alice)");
    assert!(identity.to_string().contains("FORWARD=c2VjcmV0"));
}

#[test]
fn attributes_that_are_no_identity() {
    for (line, error) in [
        (
            "ADDR=192.0.2.7 addr=192.0.2.8",
            IdentityError::Twice(Name::Addr),
        ),
        ("COLOUR=red", IdentityError::Unknown),
    ] {
        assert_eq!(Identity::parse(line), Err(error), "{line}");
    }
    for line in [
        "",
        " ",
        "ADDR",
        "=x",
        "ADDR=",
        "LOGIN=a=b",
        "LOGIN=+zz",
        "ADDR=192.0.2.7 PORT",
    ] {
        assert!(Identity::parse(line).is_err(), "{line:?}");
    }
}

#[test]
fn what_goes_in_one_line_goes_in_one() {
    let identity =
        Identity::parse("LOGIN=tim ADDR=192.0.2.7 PORT=7 NAME=a.example HELO=b").unwrap();
    for (offered, said) in [
        (
            EVERYTHING,
            &["PORT=7 NAME=a.example HELO=b ADDR=192.0.2.7 LOGIN=tim"][..],
        ),
        ("addr login", &["ADDR=192.0.2.7 LOGIN=tim"]),
        ("NAME", &["NAME=a.example"]),
        ("OTHER", &[]),
        ("", &[]),
    ] {
        assert_eq!(lines(&identity, offered).unwrap(), said, "{offered}");
    }
    let demanding = identity.require(Name::Login);
    let missing = NotForwardable::NotOffered(Some(Name::Login));
    assert_eq!(lines(&demanding, "NAME ADDR"), Err(missing));
    assert_eq!(missing.name(), "identity_not_forwardable");
    // What is not told is not missing.
    let silent = Identity::new().require(Name::Login);
    assert_eq!(lines(&silent, ""), Ok(Vec::new()));
}

#[test]
fn a_line_that_is_too_long_is_split_at_who_the_client_is() {
    let long = |length| "x".repeat(length);
    let identity = |session, login| {
        Identity::parse("PORT=7 ADDR=192.0.2.7 HELO=b NAME=a.example")
            .unwrap()
            .with(Name::Session, &long(session))
            .unwrap()
            .with(Name::Login, &long(login))
            .unwrap()
    };
    // "XCLIENT PORT=7 SESSION=.. NAME=a.example HELO=b ADDR=192.0.2.7 LOGIN=.." has 67 octets beside.
    let whole = lines(&identity(198, 245), EVERYTHING).unwrap();
    assert_eq!((whole.len(), "XCLIENT ".len() + whole[0].len()), (1, 510));
    let split = lines(&identity(199, 245), EVERYTHING).unwrap();
    assert_eq!(split[0], format!("PORT=7 SESSION={}", long(199)));
    let who = format!("NAME=a.example HELO=b ADDR=192.0.2.7 LOGIN={}", long(245));
    assert_eq!(split[1..], [who]);
}

#[test]
fn names_are_given_up_before_the_address_and_the_login() {
    let name = |label: &str| {
        format!(
            "{}.{}.{}.example",
            label.repeat(60),
            label.repeat(60),
            label.repeat(60)
        )
    };
    let identity = Identity::new()
        .with_address("192.0.2.7".parse().unwrap())
        .with(Name::Name, &name("a"))
        .unwrap()
        .with(Name::ReverseName, &name("b"))
        .unwrap();
    let login = |length| {
        identity
            .clone()
            .with(Name::Login, &"l".repeat(length))
            .unwrap()
    };
    let both = lines(&login(50), EVERYTHING).unwrap();
    assert!(both[0].contains(&name("a")) && both[0].contains(&name("b")));
    let one = lines(&login(200), EVERYTHING).unwrap();
    assert!(one[0].contains(&name("a")) && one[0].contains("REVERSE_NAME=[UNAVAILABLE]"));
    // Every octet of the login takes three.
    let hello_and_login = |helo: usize, login: usize| {
        let told = identity.clone().with(Name::Helo, &"h".repeat(helo));
        told.and_then(|it| it.with(Name::Login, &"+".repeat(login)))
            .unwrap()
    };
    let none = hello_and_login(180, 60);
    let none = lines(&none, EVERYTHING).unwrap();
    assert!(
        none[0].contains(" REVERSE_NAME=[UNAVAILABLE]")
            && none[0].starts_with("NAME=[UNAVAILABLE]")
    );
    let nobody = hello_and_login(255, 85);
    assert_eq!(lines(&nobody, EVERYTHING), Err(NotForwardable::TooLong));
}

proptest! {
    #[test]
    fn commands_are_lines_with_who_the_client_is_together(
        values in prop::collection::vec((prop::sample::select(&Name::ALL[..]), "[ -~é+=]{0,255}"), 0..20),
        offered in prop::sample::subsequence(&Name::ALL[..], 0..=17),
    ) {
        let mut identity = Identity::new().with_address("2001:db8::1".parse().unwrap());
        for (name, value) in values {
            if let Ok(value) = Value::known(name, &value) {
                identity = identity.with_value(name, value);
            }
        }
        let words: Vec<&str> = offered.iter().map(|it| it.as_str()).collect();
        let Ok(lines) = lines(&identity, &words.join(" ")) else { return Ok(()) };
        let mut told = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            prop_assert!("XCLIENT ".len() + line.len() <= 510);
            prop_assert!(line.bytes().all(|octet| (0x20..0x7F).contains(&octet)));
            let read = Identity::parse(line).unwrap();
            for (name, value) in read.iter() {
                prop_assert!(offered.contains(&name));
                prop_assert!(!name.is_who() || at + 1 == lines.len());
                let given_up = *value == Value::Unavailable && matches!(name, Name::Name | Name::ReverseName);
                prop_assert!(given_up || identity.value(name) == Some(value));
                told.push(name);
            }
        }
        told.sort_unstable();
        let all: Vec<Name> = identity.iter().map(|it| it.0).filter(|it| offered.contains(it)).collect();
        prop_assert_eq!(told, all);
    }
}
