//! The reply to EHLO.

use bytes::BytesMut;
use mailwire_smtp_proto::ehlo::{Capabilities, Keyword, RawKeyword, SizeOffer, write_ehlo};
use mailwire_smtp_proto::host::HelloName;
use mailwire_smtp_proto::reply::ReplyReader;

/// Any lines behind the server's name can be read, and what is offered can be offered again.
///
/// # Panics
///
/// When it cannot.
pub fn ehlo(data: &[u8]) {
    let mut reply = b"250-mx.example.test\r\n".to_vec();
    for line in data.split(|octet| *octet == b'\n').take(100) {
        reply.extend_from_slice(b"250-");
        let legal = |octet: &&u8| !matches!(octet, b'\r' | 0);
        reply.extend(line.iter().filter(legal).take(500));
        reply.extend_from_slice(b"\r\n");
    }
    reply.extend_from_slice(b"250\r\n");
    let offered = read(&reply);
    assert!(offered.keywords().count() <= Capabilities::MAX_KEYWORDS);
    assert!(offered.auth().count() <= Capabilities::MAX_MECHANISMS);
    for (keyword, parameters) in offered.keywords() {
        assert!(offered.offers(keyword), "{keyword:?}");
        assert!(
            parameters
                .bytes()
                .all(|it| it == b' ' || it.is_ascii_graphic())
        );
    }
    let names: Vec<_> = offered.auth().collect();
    for name in &names {
        assert!(offered.offers_mechanism(name.as_str()));
    }
    let (xclient, xforward): (Vec<_>, Vec<_>) =
        (offered.xclient().collect(), offered.xforward().collect());
    let keywords = [
        match offered.size() {
            SizeOffer::NotOffered => None,
            SizeOffer::NoMaximum => Some(Keyword::Size(0)),
            SizeOffer::Maximum(octets) => Some(Keyword::Size(octets)),
        },
        Some(Keyword::Auth(&names)),
        Some(Keyword::Limits(offered.limits())),
        offered.future_release().map(Keyword::FutureRelease),
        offered.no_soliciting().map(Keyword::NoSoliciting),
        offered.priority_profile().map(Keyword::MtPriority),
        Some(Keyword::Xclient(&xclient)),
        Some(Keyword::Xforward(&xforward)),
        offered.starttls().then_some(Keyword::StartTls),
    ];
    let raw: Vec<String> = offered
        .keywords()
        .filter(|(keyword, _)| keyword.starts_with("X-"))
        .map(|(keyword, parameters)| format!("{keyword} {parameters}"))
        .collect();
    let raw = raw
        .iter()
        .filter_map(|line| RawKeyword::parse(line).ok().map(Keyword::Raw));
    let mut out = BytesMut::new();
    let Ok(name) = HelloName::parse("mx.example.test") else {
        panic!("it is a name");
    };
    write_ehlo(name, keywords.into_iter().flatten().chain(raw), &mut out);
    let again = read(&out);
    assert_eq!(again.size(), offered.size());
    assert_eq!(again.limits(), offered.limits());
    assert_eq!(again.future_release(), offered.future_release());
    assert_eq!(
        again.no_soliciting().is_some(),
        offered.no_soliciting().is_some()
    );
    assert_eq!(again.priority_profile(), offered.priority_profile());
    assert_eq!(again.starttls(), offered.starttls());
    assert!(again.auth().all(|name| names.contains(&name)));
    assert!(again.xclient().all(|name| xclient.contains(&name)));
    assert!(again.xforward().all(|name| xforward.contains(&name)));
}

fn read(reply: &[u8]) -> Capabilities {
    match ReplyReader::new().take(reply) {
        Ok(Some((_, reply))) => Capabilities::parse(&reply),
        other => panic!("no reply: {other:?}"),
    }
}
