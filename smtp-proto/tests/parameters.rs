//! The parameters of MAIL and RCPT, against a table of cases and against themselves.
//!
//! The table is `cases/parameters.tsv` (see `cases/mod.rs`). Its first column is the parser: `mail`,
//! `rcpt`, `rcpt-utf8` (as in a transaction with SMTPUTF8), `xtext`, or `envid`, `orcpt`,
//! `orcpt-utf8` and `auth` for what a value decodes to. What was understood is written as a client
//! would send it behind the path; of xtext and of a value, what is meant.

#![allow(
    clippy::disallowed_methods,
    reason = "a test is the caller: it has the clock and the files"
)]
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

mod cases;

use std::str::FromStr;

use cases::{Found, check, found, is_framed_alike};
use mailwire_smtp_proto::charset::Charset;
use mailwire_smtp_proto::params::{
    Body, ByMode, DateTime, DeliverBy, EncodedMailbox, EncodedMailboxBuf, EnvelopeId,
    EnvelopeIdBuf, EsmtpParameter, HoldFor, MailParameters, NotSupported, Notify,
    OriginalRecipient, OriginalRecipientBuf, Parameter, ParameterError, Priority, RcptParameters,
    Release, Ret, SolicitationBuf, Submitter, UnknownParameters, ValidSince,
};
use mailwire_smtp_proto::xtext::{self, Xtext};
use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};

#[test]
fn the_table() {
    check(include_str!("cases/parameters.tsv"), 4, |row| {
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
        "mail" => found(MailParameters::parse(input).map(|it| {
            let written = it.to_string();
            assert_eq!(MailParameters::parse(&written), Ok(it));
            assert_eq!(it.to_owned().borrow(), it);
            written.trim_start().to_owned()
        })),
        "rcpt" => found(RcptParameters::parse_in(charset, input).map(|it| {
            let written = it.to_string();
            assert_eq!(RcptParameters::parse_in(charset, &written), Ok(it));
            assert_eq!(it.to_owned().borrow(), it);
            written.trim_start().to_owned()
        })),
        "xtext" => found(Xtext::parse(input).map(|it| {
            let meant: Vec<u8> = it.decode().collect();
            let written = xtext::encode(&meant).to_string();
            assert!(
                Xtext::parse(&written)
                    .unwrap()
                    .decode()
                    .eq(meant.iter().copied())
            );
            meant
        })),
        "envid" => found(EnvelopeId::parse(input).map(|it| {
            let meant: String = it.decode().collect();
            assert_eq!(EnvelopeId::parse(&it.to_string()), Ok(it));
            // What is encoded anew may be longer than what was sent, as more of it is encoded.
            if let Ok(written) = EnvelopeIdBuf::encode(&meant) {
                assert!(written.borrow().decode().eq(meant.chars()));
            }
            meant
        })),
        "orcpt" => found(OriginalRecipient::parse_in(charset, input).map(|it| {
            assert_eq!(it.to_owned().borrow(), it);
            assert_eq!(
                OriginalRecipient::parse_in(charset, &it.to_string()),
                Ok(it)
            );
            let meant: String = it.decode().collect();
            let written = OriginalRecipientBuf::new(it.address_type(), &meant).unwrap();
            assert!(written.borrow().decode().eq(meant.chars()));
            format!("{:?} {meant}", it.kind())
        })),
        "auth" => found(EncodedMailbox::parse(input).map(|it| {
            let mailbox = it.decode().unwrap();
            assert!(it.as_xtext().decode().eq(mailbox.as_str().bytes()));
            assert_eq!(EncodedMailbox::parse(&it.to_string()), Ok(it));
            let written = EncodedMailboxBuf::from(mailbox.borrow());
            assert_eq!(written.borrow().decode().unwrap(), mailbox);
            mailbox.to_string()
        })),
        parser => panic!("no such parser: {parser}"),
    }
}

#[test]
fn what_cannot_be_sent_cannot_be_built() {
    for injection in ["a\r\nRSET", "a\n", "\r", "a\0"] {
        assert!(EnvelopeIdBuf::encode(injection).is_err(), "{injection:?}");
        assert!(
            OriginalRecipientBuf::new("rfc822", injection).is_err(),
            "{injection:?}"
        );
        assert!(
            OriginalRecipientBuf::new("utf-8", injection).is_err(),
            "{injection:?}"
        );
        assert!(
            OriginalRecipientBuf::new(injection, "a@b").is_err(),
            "{injection:?}"
        );
        assert!(
            SolicitationBuf::from_str(injection).is_err(),
            "{injection:?}"
        );
        assert!(EsmtpParameter::parse(injection).is_err(), "{injection:?}");
        let parameter = format!("X={injection}");
        assert!(EsmtpParameter::parse(&parameter).is_err(), "{injection:?}");
        assert!(
            UnknownParameters::parse(&parameter).is_err(),
            "{injection:?}"
        );
    }
    assert!(EsmtpParameter::parse("X=a b").is_err());
    // A semicolon in the type would be another type.
    for address_type in ["rfc822;x", "utf-8;x", "", "a b", "<>"] {
        assert!(OriginalRecipientBuf::new(address_type, "a@b").is_err());
    }
    assert_eq!(
        OriginalRecipientBuf::new("rfc822", "é@b"),
        Err(ParameterError::Value(Parameter::Orcpt)),
        "only utf-8 has it",
    );
    let id = "a".repeat(EnvelopeIdBuf::LIMIT);
    assert!(EnvelopeIdBuf::encode(&id).is_ok());
    assert_eq!(
        EnvelopeIdBuf::encode(&format!("{id}a")),
        Err(ParameterError::TooLarge(Parameter::EnvId)),
    );
    assert_eq!(HoldFor::new(0), None);
    assert_eq!(HoldFor::new(1_000_000_000), None);
    assert_eq!(Priority::new(10), None);
    assert_eq!(Priority::new(-10), None);
    assert_eq!(DeliverBy::new(0, ByMode::Return), None);
    assert_eq!(DeliverBy::new(1_000_000_000, ByMode::Notify), None);
    assert!(DeliverBy::new(0, ByMode::Notify).is_some());
}

#[test]
fn a_parameter_that_is_known_is_not_unknown() {
    for parameter in Parameter::ALL {
        assert_eq!(
            UnknownParameters::parse(&format!("X-A {parameter}=1 X-B")),
            Err(ParameterError::Known(parameter))
        );
        assert_eq!(
            Parameter::parse(parameter.as_str().to_lowercase()),
            Some(parameter)
        );
    }
    for keyword in [
        "SIZ",
        "SIZEX",
        "\0SIZE",
        "S\0ZE",
        "HOLDUNTI",
        "MT_PRIORITY",
        "SMTPUTF\x18",
        "",
    ] {
        assert_eq!(Parameter::parse(keyword), None, "{keyword:?}");
    }
}

#[test]
fn what_is_unknown_to_one_command_is_not_smuggled_into_the_other() {
    // NOTIFY is unknown to MAIL, so its value was never looked at.
    let mail = MailParameters::parse("NOTIFY=bogus X-A SIZE=1").unwrap();
    assert_eq!(mail.unknown.to_string(), " NOTIFY=bogus X-A");
    let mut rcpt = RcptParameters::default();
    rcpt.unknown = mail.unknown;
    assert_eq!(rcpt.to_string(), " X-A");
    let kept = mail.to_owned();
    assert_eq!(kept.to_string(), " SIZE=1 NOTIFY=bogus X-A");
}

#[test]
fn utf8_is_not_written_without_smtputf8() {
    let mut mail = MailParameters::parse("X-A=é SMTPUTF8").unwrap();
    mail.smtputf8 = false;
    assert!(!mail.unknown.is_ascii());
    assert_eq!(mail.to_string(), " SMTPUTF8 X-A=é");
    assert!(mail.extensions().eq(["SMTPUTF8"]));
    let rcpt = RcptParameters::parse_in(Charset::Utf8, "ORCPT=utf-8;é@b").unwrap();
    assert!(!rcpt.is_ascii());
    assert!(
        RcptParameters::parse("ORCPT=utf-8;a@b X=y")
            .unwrap()
            .is_ascii()
    );
}

#[test]
fn parameters_name_their_extensions() {
    let mail = MailParameters::parse(
        "SIZE=1 BODY=BINARYMIME SMTPUTF8 REQUIRETLS RET=FULL ENVID=a AUTH=<> BY=1;R HOLDFOR=1 \
         MT-PRIORITY=1 SOLICIT=a X-Y",
    )
    .unwrap();
    assert_eq!(
        mail.extensions().collect::<Vec<_>>(),
        [
            "SIZE",
            "BINARYMIME",
            "SMTPUTF8",
            "REQUIRETLS",
            "DSN",
            "DSN",
            "AUTH",
            "DELIVERBY",
            "FUTURERELEASE",
            "MT-PRIORITY",
            "NO-SOLICITING",
        ]
    );
    let rcpt =
        RcptParameters::parse("NOTIFY=NEVER ORCPT=rfc822;a RRVS=2026-01-01T00:00:00Z X-Y").unwrap();
    assert_eq!(
        rcpt.extensions().collect::<Vec<_>>(),
        ["DSN", "DSN", "RRVS"]
    );
    assert_eq!(MailParameters::default().extensions().count(), 0);
    assert_eq!(RcptParameters::default().extensions().count(), 0);
}

proptest! {
    #[test]
    fn mail_parameters_are_written_as_they_are_parsed(
        size in any::<Option<u64>>(),
        body in option::of(0..Body::ALL.len()),
        flags in any::<[bool; 2]>(),
        ret in option::of(prop_oneof![Just(Ret::Full), Just(Ret::Headers)]),
        id in option::of("[ -~]{1,33}"),
        auth in option::of(option::of("[a-z=+é]{1,12}@[a-z]{1,5}")),
        by in option::of((-999_999_999..=999_999_999, any::<bool>(), any::<bool>())),
        release in option::of(release()),
        priority in option::of(-9i8..=9),
        solicitation in option::of("[a-zA-Z][a-zA-Z0-9._:-]{0,9}(,[a-z][a-z0-9]{0,3}){0,3}"),
        unknown in "( X[A-Z0-9-]{0,5}(=[!-<>-~]{1,9})?){0,3}",
    ) {
        let id = id.map(|id| EnvelopeIdBuf::encode(&id).unwrap());
        let auth = auth.map(|it| it.map(|it| xtext::encode(&it).to_string()));
        let solicitation = solicitation.map(|it| SolicitationBuf::from_str(&it).unwrap());
        let mut parameters = MailParameters::default();
        parameters.size = size;
        parameters.body = body.map(|at| Body::ALL[at]);
        [parameters.smtputf8, parameters.require_tls] = flags;
        parameters.ret = ret;
        parameters.envelope_id = id.as_ref().map(EnvelopeIdBuf::borrow);
        parameters.auth = auth.as_ref().map(|it| match it {
            None => Submitter::Unknown,
            Some(it) => Submitter::Mailbox(EncodedMailbox::parse(it).unwrap()),
        });
        parameters.deliver_by = by.and_then(|(seconds, returns, trace)| {
            let mode = if returns { ByMode::Return } else { ByMode::Notify };
            let by = DeliverBy::new(seconds, mode)?;
            Some(if trace { by.with_trace() } else { by })
        });
        parameters.release = release;
        parameters.priority = priority.and_then(Priority::new);
        parameters.solicitation = solicitation.as_ref().map(SolicitationBuf::borrow);
        parameters.unknown = UnknownParameters::parse(&unknown).unwrap();
        let written = parameters.to_string();
        prop_assert_eq!(MailParameters::parse(&written), Ok(parameters));
        prop_assert!(!written.bytes().any(|octet| matches!(octet, b'\r' | b'\n' | 0)));
    }

    #[test]
    fn rcpt_parameters_are_written_as_they_are_parsed(
        notify in option::of(0u8..8),
        original in option::of(prop_oneof![
            "[ -~]{1,40}".prop_map(|it| OriginalRecipientBuf::new("rfc822", &it).unwrap()),
            "[ -~é-ÿ一-丐😀]{1,40}".prop_map(|it| OriginalRecipientBuf::new("utf-8", &it).unwrap()),
        ]),
        since in option::of((moment(), any::<Option<bool>>())),
        unknown in "( X[A-Z0-9-]{0,5}(=[!-<>-~]{1,9})?){0,3}",
    ) {
        let mut parameters = RcptParameters::default();
        parameters.notify = notify.map(|bits| {
            [Notify::SUCCESS, Notify::FAILURE, Notify::DELAY]
                .into_iter()
                .enumerate()
                .filter(|(bit, _)| bits >> bit & 1 == 1)
                .fold(Notify::NEVER, |sum, (_, one)| sum | one)
        });
        parameters.original_recipient = original.as_ref().map(OriginalRecipientBuf::borrow);
        parameters.valid_since = since.map(|(moment, reject)| ValidSince {
            moment,
            not_supported: reject.map(|reject| {
                if reject { NotSupported::Reject } else { NotSupported::Continue }
            }),
        });
        parameters.unknown = UnknownParameters::parse(&unknown).unwrap();
        let written = parameters.to_string();
        prop_assert_eq!(RcptParameters::parse(&written), Ok(parameters));
        prop_assert!(written.is_ascii());
    }

    #[test]
    fn an_original_recipient_is_what_was_meant(
        ascii in "[ -~]{1,40}",
        unicode in "[ -~é-ÿ一-丐😀]{1,40}",
    ) {
        let original = OriginalRecipientBuf::new("X400", &ascii).unwrap();
        prop_assert!(original.borrow().decode().eq(ascii.chars()));
        let original = OriginalRecipientBuf::new("UTF-8", &unicode).unwrap();
        prop_assert!(original.borrow().decode().eq(unicode.chars()));
        prop_assert!(original.borrow().is_ascii());
        let id = EnvelopeIdBuf::encode(&ascii);
        if let Ok(id) = id {
            prop_assert!(id.borrow().decode().eq(ascii.chars()));
        }
    }

    #[test]
    fn a_moment_is_written_as_it_is_parsed(moment in moment()) {
        prop_assert_eq!(DateTime::parse(moment.to_string()), Ok(moment));
    }

    #[test]
    fn xtext_carries_any_octets(octets in any::<Vec<u8>>()) {
        let encoded = xtext::encode(&octets).to_string();
        let xtext = Xtext::parse(&encoded).unwrap();
        prop_assert_eq!(xtext.decode().collect::<Vec<u8>>(), octets);
        prop_assert!(encoded.bytes().all(|octet| (33..=126).contains(&octet) && octet != b'='));
    }

    #[test]
    fn no_octets_are_too_strange(input in any::<Vec<u8>>()) {
        for parser in ["mail", "rcpt", "rcpt-utf8", "xtext", "envid", "orcpt", "orcpt-utf8", "auth"] {
            let _ = understood(parser, &input);
        }
    }

    #[test]
    fn no_value_is_too_strange(parameter in 0..Parameter::ALL.len(), value in "[!-~]{0,20}|.{0,8}") {
        let input = format!("{}={value}", Parameter::ALL[parameter]);
        for parser in ["mail", "rcpt", "rcpt-utf8"] {
            let _ = understood(parser, input.as_bytes());
        }
    }
}

fn moment() -> impl Strategy<Value = DateTime> {
    (-62_167_219_200..=253_402_300_799i64).prop_map(|seconds| DateTime::from_unix(seconds).unwrap())
}

fn release() -> impl Strategy<Value = Release> {
    prop_oneof![
        (1..=HoldFor::MAX).prop_map(|seconds| Release::For(HoldFor::new(seconds).unwrap())),
        moment().prop_map(Release::Until),
    ]
}
