//! The reply to EHLO, read and written, against a table of cases and against itself.
//!
//! The table is `cases/ehlo.tsv` (see `cases/mod.rs`). Its first column is what the server says
//! behind its name, a line for each ` / `; what was understood is every fact that there is, in the
//! order of [`facts`].

#![allow(
    clippy::disallowed_methods,
    reason = "a test is the caller: it has the clock and the files"
)]
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

mod cases;

use bytes::BytesMut;
use cases::check;
use mailwire_smtp_proto::auth::MechanismName;
use mailwire_smtp_proto::ehlo::{
    Capabilities, FutureReleaseOffer, Keyword, KeywordError, LimitsOffer, ProfileName, RawKeyword,
    SizeOffer, write_ehlo,
};
use mailwire_smtp_proto::host::HelloName;
use mailwire_smtp_proto::params::{DateTime, HoldFor, Solicitation};
use mailwire_smtp_proto::reply::ReplyReader;
use proptest::option;
use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

#[test]
fn the_table() {
    check(include_str!("cases/ehlo.tsv"), 3, |row| {
        let mut reply = b"250-mx.example.test".to_vec();
        for line in String::from_utf8_lossy(&row.octets(0)).split(" / ") {
            reply.extend_from_slice(b"\r\n250-");
            reply.extend_from_slice(line.as_bytes());
        }
        reply.extend_from_slice(b"\r\n250 X-LAST\r\n");
        let offered = read(&reply);
        for cut in 0..reply.len() {
            let mut reader = ReplyReader::new();
            assert!(!reader.poll(&reply[..cut]));
            let (_, again) = reader.take(&reply).unwrap().unwrap();
            assert_eq!(Capabilities::parse(&again), offered, "at {cut}");
        }
        is_written_alike(&offered);
        Ok(facts(&offered).join(" ").into_bytes())
    });
}

fn read(reply: &[u8]) -> Capabilities {
    Capabilities::parse(&ReplyReader::new().take(reply).unwrap().unwrap().1)
}

/// Everything that is offered.
fn facts(offered: &Capabilities) -> Vec<String> {
    let mut facts = Vec::new();
    for (name, there) in [
        ("pipelining", offered.pipelining()),
        ("8bitmime", offered.eight_bit_mime()),
        ("binarymime", offered.binary_mime()),
        ("chunking", offered.chunking()),
        ("smtputf8", offered.smtputf8()),
        ("dsn", offered.dsn()),
        ("enhancedstatuscodes", offered.enhanced_status_codes()),
        ("starttls", offered.starttls()),
        ("requiretls", offered.require_tls()),
        ("rrvs", offered.rrvs()),
        ("etrn", offered.etrn()),
        ("vrfy", offered.vrfy()),
        ("expn", offered.expn()),
        ("help", offered.help()),
    ] {
        if there {
            facts.push(name.to_owned());
        }
    }
    match offered.size() {
        SizeOffer::NotOffered => {}
        SizeOffer::NoMaximum => facts.push("size".into()),
        SizeOffer::Maximum(octets) => facts.push(format!("size={octets}")),
    }
    if offered.offers("AUTH") {
        facts.push(format!(
            "auth={}",
            joined(offered.auth().map(|it| it.as_str()))
        ));
    }
    if let Some(seconds) = offered.deliver_by() {
        facts.push(format!("deliverby={seconds}"));
    }
    if let Some(offer) = offered.future_release() {
        facts.push(format!(
            "futurerelease={},{}",
            offer.interval, offer.date_time
        ));
    }
    if let Some(profile) = offered.priority_profile() {
        let name = profile.map_or("", |it| it.as_str());
        facts.push(format!("mt-priority={name}"));
    }
    let LimitsOffer {
        mail,
        rcpt,
        rcpt_domain,
        ..
    } = offered.limits();
    for (name, limit) in [
        ("mailmax", mail),
        ("rcptmax", rcpt),
        ("rcptdomainmax", rcpt_domain),
    ] {
        if let Some(limit) = limit {
            facts.push(format!("{name}={limit}"));
        }
    }
    match offered.no_soliciting() {
        None => {}
        Some(None) => facts.push("no-soliciting".into()),
        Some(Some(keywords)) => facts.push(format!("no-soliciting={keywords}")),
    }
    for (name, attributes) in [
        ("xclient", joined(offered.xclient().map(|it| it.as_str()))),
        ("xforward", joined(offered.xforward().map(|it| it.as_str()))),
    ] {
        if !attributes.is_empty() {
            facts.push(format!("{name}={attributes}"));
        }
    }
    // What has no type of its own.
    for (keyword, parameters) in offered.keywords() {
        let is_typed = ["XCLIENT", "XFORWARD", "X-LAST"].contains(&keyword);
        if keyword.starts_with('X') && !is_typed {
            let words: Vec<&str> = parameters.split(' ').filter(|it| !it.is_empty()).collect();
            facts.push(format!("{keyword}({})", words.join(" ")));
        }
    }
    facts
}

fn joined<'n>(names: impl Iterator<Item = &'n str>) -> String {
    names.collect::<Vec<_>>().join(",")
}

/// That a server which offers the same is understood as the same.
fn is_written_alike(offered: &Capabilities) {
    let auth: Vec<_> = offered.auth().collect();
    let (xclient, xforward): (Vec<_>, Vec<_>) =
        (offered.xclient().collect(), offered.xforward().collect());
    let flag = |there: bool, keyword: Keyword<'static>| there.then_some(keyword);
    let typed = [
        flag(offered.pipelining(), Keyword::Pipelining),
        flag(offered.eight_bit_mime(), Keyword::EightBitMime),
        flag(offered.binary_mime(), Keyword::BinaryMime),
        flag(offered.chunking(), Keyword::Chunking),
        flag(offered.smtputf8(), Keyword::SmtpUtf8),
        flag(offered.dsn(), Keyword::Dsn),
        flag(
            offered.enhanced_status_codes(),
            Keyword::EnhancedStatusCodes,
        ),
        flag(offered.starttls(), Keyword::StartTls),
        flag(offered.require_tls(), Keyword::RequireTls),
        flag(offered.rrvs(), Keyword::Rrvs),
        flag(offered.etrn(), Keyword::Etrn),
        flag(offered.vrfy(), Keyword::Vrfy),
        flag(offered.expn(), Keyword::Expn),
        flag(offered.help(), Keyword::Help),
        match offered.size() {
            SizeOffer::NotOffered => None,
            SizeOffer::NoMaximum => Some(Keyword::Size(0)),
            SizeOffer::Maximum(octets) => Some(Keyword::Size(octets)),
        },
        Some(Keyword::Auth(&auth)),
        offered
            .deliver_by()
            .and_then(|it| u32::try_from(it).ok())
            .map(Keyword::DeliverBy),
        offered.future_release().map(Keyword::FutureRelease),
        offered.priority_profile().map(Keyword::MtPriority),
        Some(Keyword::Limits(offered.limits())),
        offered.no_soliciting().map(Keyword::NoSoliciting),
        Some(Keyword::Xclient(&xclient)),
        Some(Keyword::Xforward(&xforward)),
    ];
    let others: Vec<String> = offered
        .keywords()
        .filter(|(keyword, _)| keyword.starts_with('X'))
        .filter(|(keyword, _)| !["XCLIENT", "XFORWARD"].contains(keyword))
        .map(|(keyword, parameters)| {
            let words = parameters.split(' ').filter(|word| !word.is_empty());
            [keyword]
                .into_iter()
                .chain(words)
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    let raw = others
        .iter()
        .filter_map(|line| RawKeyword::parse(line).ok().map(Keyword::Raw));
    let mut out = BytesMut::new();
    write_ehlo(
        HelloName::parse("mx.example.test").unwrap(),
        typed.into_iter().flatten().chain(raw),
        &mut out,
    );
    let again = read(&out);
    let comparable = |offered: &Capabilities| {
        // A list without a name is not written, nor a time that nine digits do not hold, nor a
        // keyword that is none by its form.
        let no_keywords: Vec<String> = offered
            .keywords()
            .filter(|(keyword, _)| RawKeyword::parse(keyword) == Err(KeywordError::Malformed))
            .map(|(keyword, _)| format!("{keyword}("))
            .collect();
        let is_written = |fact: &String| {
            let is_time = fact.starts_with("deliverby=") && fact.len() >= 20;
            fact != "auth=" && !is_time && !no_keywords.iter().any(|it| fact.starts_with(it))
        };
        let mut facts = facts(offered);
        facts.retain(is_written);
        facts
    };
    assert_eq!(
        comparable(&again),
        comparable(offered),
        "{}",
        out.escape_ascii()
    );
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        size in option::of(any::<u64>()),
        limits in any::<[Option<u32>; 3]>(),
        minimum in option::of(any::<u32>()),
        future in option::of((1..=HoldFor::MAX, 0i64..253_402_300_799)),
        profile in option::of("[A-Za-z0-9._-]{1,20}"),
        words in option::of("[a-z][a-z0-9:._-]{0,9}(,[a-z]{1,4}){0,3}"),
        mechanisms in proptest::collection::vec("[A-Z0-9_-]{1,20}", 0..40),
    ) {
        let names: Vec<_> =
            mechanisms.iter().map(|name| MechanismName::parse(name).unwrap()).collect();
        let profile = profile.as_ref().map(|name| ProfileName::parse(name).unwrap());
        let mut offer = LimitsOffer::default();
        [offer.mail, offer.rcpt, offer.rcpt_domain] = limits;
        let future = future.map(|(interval, moment)| FutureReleaseOffer {
            interval: HoldFor::new(interval).unwrap(),
            date_time: DateTime::from_unix(moment).unwrap(),
        });
        let words = words.as_ref().map(|words| Solicitation::parse(words).unwrap());
        let keywords = [
            size.map(Keyword::Size),
            Some(Keyword::Limits(offer)),
            minimum.map(Keyword::DeliverBy),
            future.map(Keyword::FutureRelease),
            Some(Keyword::MtPriority(profile)),
            Some(Keyword::NoSoliciting(words)),
            Some(Keyword::Auth(&names)),
        ];
        let mut out = BytesMut::new();
        write_ehlo(HelloName::parse("mx").unwrap(), keywords.into_iter().flatten(), &mut out);
        let read = read(&out);
        prop_assert_eq!(read.size(), match size {
            None => SizeOffer::NotOffered,
            Some(0) => SizeOffer::NoMaximum,
            Some(octets) => SizeOffer::Maximum(octets),
        });
        let legal = |limit: Option<u32>| limit.filter(|it| (1..=LimitsOffer::MAX).contains(it));
        prop_assert_eq!(read.limits().mail, legal(limits[0]));
        prop_assert_eq!(read.limits().rcpt, legal(limits[1]));
        prop_assert_eq!(read.limits().rcpt_domain, legal(limits[2]));
        let minimum = minimum.map(|it| u64::from(it.min(999_999_999)));
        prop_assert_eq!(read.deliver_by(), minimum);
        prop_assert_eq!(read.future_release(), future);
        prop_assert_eq!(read.priority_profile(), Some(profile));
        prop_assert_eq!(read.no_soliciting(), Some(words));
        for name in read.auth() {
            prop_assert!(names.contains(&name));
        }
        prop_assert_eq!(read.auth().next().is_none(), names.is_empty());
    }

    #[test]
    fn no_line_is_too_strange(lines in proptest::collection::vec("[ -~]{0,40}|.{0,10}", 0..10)) {
        let mut reply = String::new();
        for line in &lines {
            reply.push_str(&format!("250-{}\r\n", line.replace(['\r', '\n', '\0'], "")));
        }
        reply.push_str("250 \r\n");
        let offered = read(reply.as_bytes());
        is_written_alike(&offered);
        prop_assert!(offered.keywords().count() <= Capabilities::MAX_KEYWORDS);
        prop_assert!(offered.auth().count() <= Capabilities::MAX_MECHANISMS);
    }
}
