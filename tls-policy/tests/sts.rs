//! MTA-STS: texts that are policies and texts that are none (RFC 8461 sections 3.1, 3.2, 4.1).

use mailwire_tls_policy::outbound::{StsError, StsMode, StsPolicy, StsRecord};

const GOOD: &str = "version: STSv1\nmode: enforce\nmx: mail.example.com\nmax_age: 86400\n";

#[test]
fn policies() {
    let with = |line: &str| format!("{GOOD}{line}\n");
    let without = |name: &str| {
        let kept = GOOD.lines().filter(|line| !line.starts_with(name));
        kept.collect::<Vec<_>>().join("\n")
    };
    let long = format!("{GOOD}x: {}", "x".repeat(StsPolicy::MAX));
    let label = format!("mx: {}.example.com", "a".repeat(63));
    let longer = format!("mx: {}.example.com", "a".repeat(64));
    for (text, expected) in [
        (GOOD.to_owned(), Ok((StsMode::Enforce, 86_400, 1))),
        (
            GOOD.replace('\n', "\r\n"),
            Ok((StsMode::Enforce, 86_400, 1)),
        ),
        (
            GOOD.trim_end().to_owned(),
            Ok((StsMode::Enforce, 86_400, 1)),
        ),
        (GOOD.replace(": ", ":"), Ok((StsMode::Enforce, 86_400, 1))),
        (
            GOOD.replace('\n', " \t\n"),
            Ok((StsMode::Enforce, 86_400, 1)),
        ),
        (format!("\n\n{GOOD}\r\n"), Ok((StsMode::Enforce, 86_400, 1))),
        (
            GOOD.replace("enforce", "testing"),
            Ok((StsMode::Testing, 86_400, 1)),
        ),
        (
            GOOD.replace("enforce", "none"),
            Ok((StsMode::None, 86_400, 1)),
        ),
        (
            without("mx").replace("enforce", "none"),
            Ok((StsMode::None, 86_400, 0)),
        ),
        // The order is free, what is not known is passed over, and of two the first counts.
        (
            "max_age: 1\nmx: a.b\nmode: testing\nversion: STSv1".to_owned(),
            Ok((StsMode::Testing, 1, 1)),
        ),
        (
            with("x-new_field.1: anything at: all"),
            Ok((StsMode::Enforce, 86_400, 1)),
        ),
        (with("mode: none"), Ok((StsMode::Enforce, 86_400, 1))),
        (with("max_age: 5"), Ok((StsMode::Enforce, 86_400, 1))),
        (with("version: STSv2"), Ok((StsMode::Enforce, 86_400, 1))),
        (with("mx: *.example.net"), Ok((StsMode::Enforce, 86_400, 2))),
        (with(&label), Ok((StsMode::Enforce, 86_400, 2))),
        (GOOD.replace("86400", "0"), Ok((StsMode::Enforce, 0, 1))),
        (
            GOOD.replace("86400", "31557600"),
            Ok((StsMode::Enforce, 31_557_600, 1)),
        ),
        (GOOD.replace("86400", "31557601"), Err(StsError::MaxAge)),
        (GOOD.replace("86400", "99999999999"), Err(StsError::MaxAge)),
        (GOOD.replace("86400", "-1"), Err(StsError::MaxAge)),
        (GOOD.replace("86400", "+1"), Err(StsError::MaxAge)),
        (GOOD.replace("86400", "1d"), Err(StsError::MaxAge)),
        (GOOD.replace("86400", ""), Err(StsError::MaxAge)),
        (without("max_age"), Err(StsError::MaxAge)),
        (without("version"), Err(StsError::Version)),
        (GOOD.replace("STSv1", "stsv1"), Err(StsError::Version)),
        (GOOD.replace("STSv1", "STSv2"), Err(StsError::Version)),
        (GOOD.replace("version", "Version"), Err(StsError::Version)),
        (without("mode"), Err(StsError::Mode)),
        (GOOD.replace("enforce", "report"), Err(StsError::Mode)),
        (GOOD.replace("enforce", "Enforce"), Err(StsError::Mode)),
        (without("mx"), Err(StsError::NoMx)),
        (with("mx: *"), Err(StsError::Mx)),
        (with("mx: *."), Err(StsError::Mx)),
        (with("mx:"), Err(StsError::Mx)),
        (with("mx: a.*.example.com"), Err(StsError::Mx)),
        (with("mx: *example.com"), Err(StsError::Mx)),
        (with("mx: .example.com"), Err(StsError::Mx)),
        (with("mx: example..com"), Err(StsError::Mx)),
        (with("mx: -a.example.com"), Err(StsError::Mx)),
        (with("mx: [192.0.2.1]"), Err(StsError::Mx)),
        (with("mx: m\u{fc}ller.example"), Err(StsError::Mx)),
        (with("mx: a.example b.example"), Err(StsError::Mx)),
        (with(&longer), Err(StsError::Mx)),
        (with("no field"), Err(StsError::Malformed)),
        (with(": value"), Err(StsError::Malformed)),
        (with(" mode: none"), Err(StsError::Malformed)),
        (with("a b: c"), Err(StsError::Malformed)),
        (with("x: a\u{0}b"), Err(StsError::Malformed)),
        (with("<html>"), Err(StsError::Malformed)),
        (String::new(), Err(StsError::Version)),
        (long, Err(StsError::TooLong)),
    ] {
        let seen = StsPolicy::parse(&text).map(|it| (it.mode(), it.max_age(), it.mx().count()));
        assert_eq!(
            seen,
            expected,
            "{:?}",
            text.chars().take(200).collect::<String>()
        );
    }
}

#[test]
fn which_servers_are_permitted() {
    for (pattern, host, expected) in [
        ("mail.example.com", "mail.example.com", true),
        ("mail.example.com", "MAIL.Example.COM", true),
        ("mail.example.com", "mail.example.com.", true),
        ("Mail.Example.com", "mail.example.com", true),
        ("mail.example.com", "mail.example.org", false),
        ("mail.example.com", "a.mail.example.com", false),
        ("mail.example.com", "example.com", false),
        ("mail.example.com", "", false),
        ("*.example.com", "mail.example.com", true),
        ("*.example.com", "MX-1.EXAMPLE.com", true),
        ("*.example.com", "a.mail.example.com", false),
        ("*.example.com", "example.com", false),
        ("*.example.com", ".example.com", false),
        ("*.example.com", "mailexample.com", false),
        ("*.example.com", "mail.example.com.evil.test", false),
    ] {
        let text = format!("version: STSv1\nmode: enforce\nmx: {pattern}\nmax_age: 1");
        let policy = StsPolicy::parse(&text);
        assert_eq!(
            policy.map(|it| it.permits(host)),
            Ok(expected),
            "{pattern} {host}"
        );
    }
}

#[test]
fn records() {
    for (text, expected) in [
        ("v=STSv1; id=20160831085700Z;", Some("20160831085700Z")),
        ("v=STSv1;id=1", Some("1")),
        ("v=STSv1; x=y; id=a1", Some("a1")),
        ("v=STSv1", None),
        ("v=STSv1; id=", None),
        ("v=STSv1; id=a-b", None),
        ("v=STSv1; id=123456789012345678901234567890123", None),
        ("v=STSv10; id=1", None),
        ("v=stsv1; id=1", None),
        ("id=1; v=STSv1", None),
        ("v=spf1 -all", None),
        ("", None),
    ] {
        let seen = StsRecord::parse(text).map(|it| it.id().to_owned());
        assert_eq!(seen.as_deref(), expected, "{text:?}");
    }
    let good = "v=STSv1; id=1";
    assert!(StsRecord::only([good, "v=spf1 -all"]).is_some());
    assert!(StsRecord::only([good, good]).is_none());
    assert!(StsRecord::only(["v=spf1 -all"]).is_none());
}
