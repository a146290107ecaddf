//! Commands, against a table of cases and against themselves.
//!
//! The table is `cases/commands.tsv` (see `cases/mod.rs`). Its first column is how the line is
//! read: `usual`, `strict`, `utf8` (as in a transaction with SMTPUTF8), or `custom` for a command
//! of the embedder's own. What was understood is written as a client would send it.

#![allow(
    clippy::disallowed_methods,
    reason = "a test is the caller: it has the clock and the files"
)]
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

mod cases;

use bytes::BytesMut;
use cases::{Found, check, found, is_framed_alike};
use mailwire_smtp_proto::charset::Charset;
use mailwire_smtp_proto::command::{
    Attribute, AttributeName, AttributeTextBuf, AttributeValue, Attributes, AttributesBuf, Command,
    Custom, CustomVerb, Node, ParseError, QueueName, Reading, SyntaxError, TextString, Verify,
};
use mailwire_smtp_proto::host::{DomainName, HelloNameBuf, Host, HostError};
use mailwire_smtp_proto::verb::Verb;
use proptest::prelude::{Strategy, any, prop_assert_eq, proptest};

#[test]
fn the_table() {
    check(include_str!("cases/commands.tsv"), 4, |row| {
        let line = row.octets(1);
        is_framed_alike(&line);
        // What a cut leaves is understood or refused, and nothing else.
        for cut in 0..line.len() {
            let _ = understood(row.text(0), &line[..cut]);
        }
        understood(row.text(0), &line)
    });
}

/// What a line says; what is taken is written again, and parsed to the same value.
fn understood(reading: &str, line: &[u8]) -> Found {
    let reading = match reading {
        "usual" => Reading::default(),
        "strict" => Reading::STRICT,
        "utf8" => Reading::default().with_charset(Charset::Utf8),
        "custom" => return custom(line),
        reading => panic!("no such reading: {reading}"),
    };
    match Command::parse_as(reading, line) {
        Ok(command) => {
            let written = written(&command);
            assert_eq!(Command::parse_as(reading, &written), Ok(command));
            assert_eq!(Verb::split(&written).unwrap().0, command.verb());
            Ok(written)
        }
        Err(ParseError::Syntax { error, .. }) => found(Err::<Vec<u8>, _>(error)),
        Err(ParseError::UnknownVerb(error)) => found(Err::<Vec<u8>, _>(error)),
        Err(error) => found(Err::<Vec<u8>, _>(error)),
    }
}

fn custom(line: &[u8]) -> Found {
    let Some((verb, arguments)) = CustomVerb::split(line) else {
        return Err("CustomVerb".into());
    };
    let arguments = match arguments.trimmed() {
        [] => None,
        text => Some(TextString::parse(text).map_err(|error| format!("{error:?}"))?),
    };
    let custom = Custom { verb, arguments };
    let written = custom.to_string();
    let (again, behind) = CustomVerb::split(written.as_bytes()).unwrap();
    let behind = behind.as_bytes();
    let arguments = (!behind.is_empty()).then(|| TextString::parse(behind).unwrap());
    let again = Custom {
        verb: again,
        arguments,
    };
    assert_eq!(again, custom);
    assert_eq!(custom.to_owned().borrow(), custom);
    Ok(written.into_bytes())
}

/// The line that a client would send, without its CRLF.
fn written(command: &Command<'_>) -> Vec<u8> {
    let mut out = BytesMut::from(&b"before"[..]);
    command.write(&mut out);
    let line = out.strip_prefix(b"before").unwrap();
    let line = line.strip_suffix(b"\r\n").unwrap();
    assert!(!line.iter().any(|octet| matches!(octet, b'\r' | b'\n' | 0)));
    is_kept(command);
    line.to_vec()
}

#[test]
fn secrets_are_not_printed() {
    let command = Command::parse("AUTH PLAIN AGFsaWNlAHNlY3JldA==").unwrap();
    assert!(!format!("{command:?}").contains("AGFs"), "{command:?}");
    let (_, arguments) = Verb::split(b"AUTH PLAIN AGFsaWNlAHNlY3JldA==").unwrap();
    assert!(!format!("{arguments:?}").contains("AGFs"), "{arguments:?}");
    let unknown = Command::parse("AGFsaWNlAHNlY3JldA==").unwrap_err();
    assert!(
        !format!("{unknown:?} {unknown}").contains("AGFs"),
        "{unknown:?}"
    );
}

#[test]
fn what_cannot_be_sent_cannot_be_built() {
    for injection in ["a\r\nRSET", "a\n", "\r", "a\0", ""] {
        assert!(TextString::parse(injection).is_err(), "{injection:?}");
        assert!(QueueName::parse(injection).is_err(), "{injection:?}");
        assert!(CustomVerb::parse(injection).is_err(), "{injection:?}");
        if !injection.is_empty() {
            assert!(
                AttributeTextBuf::encode(injection).is_err(),
                "{injection:?}"
            );
        }
        assert!(AttributeName::parse(injection).is_err(), "{injection:?}");
        assert!(Attributes::parse(injection).is_err(), "{injection:?}");
        assert!(Node::parse(injection).is_err(), "{injection:?}");
    }
    assert!(QueueName::parse("a b").is_err());
    assert!(CustomVerb::parse("a b").is_err());
    let text = AttributeTextBuf::encode("user+tag é").unwrap();
    assert_eq!(text.to_string(), "user+2Btag+20+C3+A9");
    assert!(text.borrow().decode().eq("user+tag é".bytes()));
    assert!(AttributeTextBuf::encode(&"a".repeat(255)).is_ok());
    assert!(AttributeTextBuf::encode(&"a".repeat(256)).is_err());
}

#[test]
fn attributes_are_built_one_by_one() {
    let value = AttributeTextBuf::encode("a b=c").unwrap();
    let name = |name| AttributeName::parse(name).unwrap();
    let login = Attribute {
        name: name("LOGIN"),
        value: AttributeValue::Text(value.borrow()),
    };
    let port = Attribute {
        name: name("port"),
        value: AttributeValue::Unavailable,
    };
    let mut built = AttributesBuf::from(login);
    built.push(port);
    assert_eq!(built.to_string(), "LOGIN=a+20b+3Dc port=[UNAVAILABLE]");
    let parsed = Attributes::parse("login=a+20b+3Dc  PORT=[unavailable]").unwrap();
    assert_eq!(built.borrow(), parsed, "letter case of names means nothing");
    assert_eq!(parsed.to_owned().borrow(), parsed);
}

#[test]
fn utf8_is_not_written_without_smtputf8() {
    let utf8 = Reading::default().with_charset(Charset::Utf8);
    let line = "MAIL FROM:<é@example.org> SMTPUTF8";
    let Ok(Command::Mail(mut mail)) = Command::parse(line) else {
        panic!("it is a MAIL");
    };
    mail.parameters.smtputf8 = false;
    assert_eq!(written(&Command::Mail(mail)), line.as_bytes());
    let line = "VRFY é SMTPUTF8";
    let Ok(Command::Vrfy(verify)) = Command::parse_as(utf8, line) else {
        panic!("it is a VRFY");
    };
    assert_eq!(written(&Command::Vrfy(verify)), line.as_bytes());
    assert_eq!(
        Verify::new(verify.string(), false),
        Err(SyntaxError::Text),
        "not without SMTPUTF8"
    );
    let name = DomainName::parse_in(Charset::Utf8, "é.example").unwrap();
    assert_eq!(
        Node::try_from(name),
        Err(SyntaxError::Node(HostError::NonAscii))
    );
    let name = DomainName::parse("e.example").unwrap();
    assert_eq!(Node::try_from(name).map(Node::domain_name), Ok(name));
    let host = Host::parse_in(Charset::Utf8, "é.example").unwrap();
    assert_eq!(
        HelloNameBuf::try_from(host.to_owned()),
        Err(HostError::NonAscii)
    );
}

/// That what a command holds is kept as it is, where it has owned twins.
fn is_kept(command: &Command<'_>) {
    match *command {
        Command::Mail(mail) => assert_eq!(mail.to_owned().borrow(), mail),
        Command::Rcpt(rcpt) => assert_eq!(rcpt.to_owned().borrow(), rcpt),
        Command::Vrfy(it) | Command::Expn(it) => assert_eq!(it.to_owned().borrow(), it),
        Command::Etrn(etrn) => assert_eq!(etrn.to_owned().borrow(), etrn),
        Command::Xclient(it) | Command::Xforward(it) => assert_eq!(it.to_owned().borrow(), it),
        Command::Helo(name) | Command::Ehlo(name) | Command::Lhlo(name) => {
            assert_eq!(name.to_owned().borrow(), name);
        }
        _ => {}
    }
}

proptest! {
    #[test]
    fn whatever_is_taken_can_be_sent(line in soup(), utf8 in any::<bool>()) {
        let charset = if utf8 { Charset::Utf8 } else { Charset::Ascii };
        let reading = Reading::default().with_charset(charset);
        if let Ok(command) = Command::parse_as(reading, &line) {
            let written = written(&command);
            prop_assert_eq!(Command::parse_as(reading, &written), Ok(command));
        }
    }

    #[test]
    fn no_octets_are_too_strange(line in any::<Vec<u8>>(), verb in 0..Verb::COUNT) {
        for reading in ["usual", "strict", "utf8", "custom"] {
            let _ = understood(reading, &line);
            let behind = [Verb::ALL[verb].as_str().as_bytes(), b" ", &line].concat();
            let _ = understood(reading, &behind);
        }
    }
}

/// Lines of the words that commands are made of, in any order, so that a good part is taken.
fn soup() -> impl Strategy<Value = Vec<u8>> {
    const START: [&str; 18] = [
        "MAIL FROM:<",
        "MAIL FROM:",
        "MAIL FROM:<a@b> ",
        "RCPT TO:<",
        "RCPT TO:",
        "EHLO ",
        "HELO [",
        "AUTH ",
        "VRFY ",
        "HELP",
        "DATA",
        "NOOP",
        "BDAT ",
        "ETRN ",
        "XCLIENT ",
        "XFORWARD NAME=",
        "EXPN ",
        "STARTTLS",
    ];
    const WORDS: [&str; 52] = [
        "a",
        "B",
        "9",
        "-",
        ".",
        "_",
        "@",
        "<",
        ">",
        "[",
        "]",
        "\"",
        "\\",
        ":",
        ",",
        " ",
        "\t",
        "=",
        "+",
        "2B",
        "IPv6:",
        "::1",
        "192.0.2.1",
        "tag:",
        "a@b>",
        "<>",
        "SIZE=1",
        "BODY=7BIT",
        "AUTH=",
        " SIZE=",
        "Postmaster",
        "PLAIN",
        "é",
        "\u{1}",
        "@x:",
        "\" ",
        " LAST",
        "18446744073709551616",
        "#",
        "[UNAVAILABLE]",
        "ADDR=",
        "+00",
        "+C3+A9",
        " SMTPUTF8",
        " RET=FULL",
        " NOTIFY=NEVER",
        " ORCPT=utf-8;\\x{",
        "20AC}",
        " BY=1;R",
        " HOLDUNTIL=2026-01-01T00:00:00Z",
        " X-Y=",
        "\u{85}",
    ];
    let words = proptest::collection::vec(0..WORDS.len(), 0..8);
    (0..START.len(), words).prop_map(|(start, words)| {
        let words: String = words.into_iter().map(|word| WORDS[word]).collect();
        format!("{}{words}", START[start]).into_bytes()
    })
}
