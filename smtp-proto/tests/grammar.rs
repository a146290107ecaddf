//! The command grammar, against tables of cases and against itself.
//!
//! The tables are `cases/*.tsv`, columns separated by tabs:
//!
//! - what parses the input (`addresses.tsv` and `parameters.tsv` only),
//! - the input,
//! - `ok` and what was understood, or `err` and the error as `Debug` writes it,
//! - the rule that decides, and why the case is there.
//!
//! In inputs and in what was understood, `\xNN` is an octet, `\\` a backslash, and `\{a*20}` stands
//! for 20 times `a`. What was understood is written as follows: of a mailbox, the local part
//! without its quotes, ` @ ` and the host; of a command, the line as a client would send it; of
//! parameters, what a client would send behind the path; of xtext, the octets that are meant.

#![allow(
    clippy::disallowed_methods,
    reason = "a test is the caller: it has the clock and the files"
)]
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use std::collections::HashSet;
use std::fmt::{Debug, Display};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use mailwire_smtp_proto::command::{Command, ParseError};
use mailwire_smtp_proto::host::{HelloNameBuf, Host, HostBuf};
use mailwire_smtp_proto::params::{Body, MailParameters, RcptParameters, Submitter};
use mailwire_smtp_proto::path::{
    ForwardPath, ForwardPathBuf, Mailbox, MailboxBuf, ReversePath, ReversePathBuf,
};
use mailwire_smtp_proto::verb::Verb;
use mailwire_smtp_proto::xtext::{self, Xtext, XtextBuf};
use proptest::prelude::{Strategy, any, prop_assert_eq, prop_oneof, proptest};

#[test]
fn addresses() {
    check(
        include_str!("cases/addresses.tsv"),
        4,
        |columns| match columns[0] {
            "mailbox" => {
                let input = unescape(columns[1]);
                understood(Mailbox::parse(&input).map(|mailbox| meaning(mailbox).into_bytes()))
            }
            "reverse" => understood(ReversePath::parse(&unescape(columns[1])).map(
                |path| match path {
                    ReversePath::Null => b"null".to_vec(),
                    ReversePath::Mailbox(mailbox) => meaning(mailbox).into_bytes(),
                },
            )),
            "forward" => understood(ForwardPath::parse(&unescape(columns[1])).map(
                |path| match path {
                    ForwardPath::Postmaster => b"postmaster".to_vec(),
                    ForwardPath::Mailbox(mailbox) => meaning(mailbox).into_bytes(),
                },
            )),
            "host" => {
                let input = unescape(columns[1]);
                understood(Host::parse(&input).map(|host| host.to_string().into_bytes()))
            }
            parser => panic!("no such parser: {parser}"),
        },
    );
}

#[test]
fn commands() {
    check(include_str!("cases/commands.tsv"), 3, |columns| {
        let line = unescape(columns[0]);
        match Command::parse(&line) {
            Ok(command) => understood(Ok::<_, ParseError>(sent(&command))),
            Err(ParseError::Syntax { error, .. }) => understood(Err(error)),
            Err(ParseError::UnknownVerb(error)) => understood(Err(error)),
            Err(error) => understood(Err(error)),
        }
    });
}

#[test]
fn parameters() {
    check(include_str!("cases/parameters.tsv"), 4, |columns| {
        let input = unescape(columns[1]);
        match columns[0] {
            "mail" => understood(
                MailParameters::parse(&input).map(|it| it.to_string().trim_start().into()),
            ),
            "rcpt" => understood(
                RcptParameters::parse(&input).map(|it| it.to_string().trim_start().into()),
            ),
            "xtext" => understood(Xtext::parse(&input).map(|it| it.decode().collect())),
            parser => panic!("no such parser: {parser}"),
        }
    });
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
        prop_assert_eq!(sent(&command), line.clone().into_bytes());
    }

    #[test]
    fn a_host_is_written_as_it_is_parsed(host in host()) {
        let parsed = Host::parse(&host).unwrap();
        let written = parsed.to_string();
        prop_assert_eq!(Host::parse(&written).unwrap(), parsed);
        let kept = parsed.to_owned();
        prop_assert_eq!(kept.borrow(), parsed);
        prop_assert_eq!(kept.as_str(), written);
        let name = HelloNameBuf::from(kept);
        prop_assert_eq!(name.borrow().host(), Some(parsed));
    }

    #[test]
    fn parameters_are_written_as_they_are_parsed(
        size in any::<Option<u64>>(),
        body in any::<Option<bool>>(),
        auth in any::<Option<Vec<u8>>>(),
    ) {
        let auth = auth.map(XtextBuf::encode);
        let mut parameters = MailParameters::default();
        parameters.size = size;
        parameters.body = body.map(|it| if it { Body::EightBitMime } else { Body::SevenBit });
        parameters.auth = auth.as_ref().map(|it| match it.as_str() {
            "" => Submitter::Unknown,
            _ => Submitter::Mailbox(it.borrow()),
        });
        let written = parameters.to_string();
        prop_assert_eq!(MailParameters::parse(&written), Ok(parameters));
    }

    #[test]
    fn xtext_carries_any_octets(octets in any::<Vec<u8>>()) {
        let encoded = xtext::encode(&octets).to_string();
        let xtext = Xtext::parse(&encoded).unwrap();
        prop_assert_eq!(xtext.decode().collect::<Vec<u8>>(), octets);
        assert!(encoded.bytes().all(|octet| (33..=126).contains(&octet) && octet != b'='));
    }

    #[test]
    fn whatever_is_taken_can_be_sent(line in soup()) {
        if let Ok(command) = Command::parse(&line) {
            let written = sent(&command);
            prop_assert_eq!(Command::parse(&written), Ok(command));
            assert!(!written.iter().any(|octet| matches!(octet, b'\r' | b'\n' | 0)), "{:?}", line);
        }
    }

    #[test]
    fn no_octets_are_too_strange(line in any::<Vec<u8>>(), verb in 0..Verb::COUNT) {
        let _ = Command::parse(&line);
        let _ = Command::parse(&[Verb::ALL[verb].as_str().as_bytes(), b" ", &line].concat());
    }
}

/// A table, every case of which has to come out as it says.
fn check(table: &str, columns: usize, parse: impl Fn(&[&str]) -> (String, Vec<u8>)) {
    let mut seen = HashSet::new();
    for case in table
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let case: Vec<&str> = case.split('\t').collect();
        assert_eq!(case.len(), columns, "{case:?}");
        assert!(seen.insert(case[..columns - 2].to_vec()), "twice: {case:?}");
        let (word, detail) = case[columns - 2]
            .split_once(' ')
            .unwrap_or((case[columns - 2], ""));
        let (found, understood) = parse(&case);
        assert!(
            found == word && understood == unescape(detail),
            "{case:?}\nfound: {found} {}",
            understood.escape_ascii(),
        );
    }
    assert!(!seen.is_empty());
}

fn understood(result: Result<Vec<u8>, impl Debug>) -> (String, Vec<u8>) {
    match result {
        Ok(understood) => ("ok".into(), understood),
        Err(error) => ("err".into(), format!("{error:?}").into_bytes()),
    }
}

fn meaning(mailbox: Mailbox<'_>) -> String {
    format!(
        "{} @ {}",
        mailbox.local_part().to_unquoted_string(),
        mailbox.host()
    )
}

/// The line that a client would send.
fn sent(command: &Command<'_>) -> Vec<u8> {
    let line = |verb: Verb, arguments: &dyn Display| format!("{verb} {arguments}").into_bytes();
    match command {
        Command::Helo(name) => line(Verb::Helo, name),
        Command::Ehlo(name) => line(Verb::Ehlo, name),
        Command::Lhlo(name) => line(Verb::Lhlo, name),
        Command::Mail(mail) => line(Verb::Mail, mail),
        Command::Rcpt(rcpt) => line(Verb::Rcpt, rcpt),
        Command::Data => b"DATA".to_vec(),
        Command::Rset => b"RSET".to_vec(),
        Command::Noop => b"NOOP".to_vec(),
        Command::Quit => b"QUIT".to_vec(),
        Command::Vrfy(text) => line(Verb::Vrfy, text),
        Command::Expn(text) => line(Verb::Expn, text),
        Command::Help(None) => b"HELP".to_vec(),
        Command::Help(Some(text)) => line(Verb::Help, text),
        Command::StartTls => b"STARTTLS".to_vec(),
        Command::Auth(auth) => {
            let mut written = line(Verb::Auth, &auth.mechanism());
            if let Some(response) = auth.initial_response() {
                written.push(b' ');
                written.extend_from_slice(response);
            }
            written
        }
        command => panic!("no way to write {command:?}"),
    }
}

fn unescape(text: &str) -> Vec<u8> {
    let mut octets = Vec::new();
    let mut rest = text;
    while let Some((before, escape)) = rest.split_once('\\') {
        octets.extend_from_slice(before.as_bytes());
        rest = if let Some(rest) = escape.strip_prefix('\\') {
            octets.push(b'\\');
            rest
        } else if let Some(hex) = escape.strip_prefix('x') {
            octets.push(u8::from_str_radix(&hex[..2], 16).unwrap());
            &hex[2..]
        } else if let Some(repeat) = escape.strip_prefix('{') {
            let (repeat, rest) = repeat.split_once('}').unwrap();
            let (text, times) = repeat.split_once('*').unwrap();
            octets.extend(text.repeat(times.parse().unwrap()).into_bytes());
            rest
        } else {
            panic!("no such escape: \\{escape}");
        };
    }
    octets.extend_from_slice(rest.as_bytes());
    octets
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

/// Lines of the words that commands are made of, in any order, so that a good part is taken.
fn soup() -> impl Strategy<Value = Vec<u8>> {
    const START: [&str; 12] = [
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
    ];
    const WORDS: [&str; 36] = [
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
    ];
    let words = proptest::collection::vec(0..WORDS.len(), 0..8);
    (0..START.len(), words).prop_map(|(start, words)| {
        let words: String = words.into_iter().map(|word| WORDS[word]).collect();
        format!("{}{words}", START[start]).into_bytes()
    })
}
