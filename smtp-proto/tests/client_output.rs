//! Whatever a caller does with a client session, and with whatever strings: each command it says is one line,
//! with one CRLF, at its end; and content has no CR or LF but in line ends.

#![allow(
    clippy::disallowed_methods,
    reason = "a test is the caller: it has the clock"
)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests panic to fail"
)]

use std::sync::Arc;
use std::time::Instant;

use bytes::BytesMut;
use mailwire_smtp_proto::auth::client::{Anonymous, Candidates, External, Login, Plain, Xoauth2};
use mailwire_smtp_proto::auth::{BearerCredentials, PlainCredentials};
use mailwire_smtp_proto::charset::Charset;
use mailwire_smtp_proto::client::{CommandId, Config, NotNow, Session};
use mailwire_smtp_proto::command::{
    Attributes, Custom, CustomVerb, Etrn, Node, QueueName, TextString, Verify,
};
use mailwire_smtp_proto::dialect::Dialect;
use mailwire_smtp_proto::host::HelloName;
use mailwire_smtp_proto::params::{
    EncodedMailbox, EnvelopeId, MailParameters, RcptParameters, Solicitation, Submitter,
};
use mailwire_smtp_proto::path::{ForwardPath, ReversePath};
use mailwire_smtp_proto::policy::Channel;
use mailwire_smtp_proto::policy::outbound::{PeerLocation, Policy, TlsMode};
use mailwire_smtp_proto::xclient::{Identity, Name};
use proptest::prelude::*;

/// What a caller does; what it does it with, if anything, is a string from anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Hello,
    Helo,
    Auth,
    Response,
    Cancel,
    Mail,
    MailWith,
    Rcpt,
    RcptWith,
    Data,
    Content,
    EndOfContent,
    Chunk,
    LastChunk,
    Vrfy,
    Expn,
    Etrn,
    Help,
    Custom,
    Xclient,
    Xforward,
    Rset,
    Noop,
    Quit,
    /// The server says yes to whatever is outstanding.
    Reply,
}

const ACTS: [Act; 25] = [
    Act::Hello,
    Act::Helo,
    Act::Auth,
    Act::Response,
    Act::Cancel,
    Act::Mail,
    Act::MailWith,
    Act::Rcpt,
    Act::RcptWith,
    Act::Data,
    Act::Content,
    Act::EndOfContent,
    Act::Chunk,
    Act::LastChunk,
    Act::Vrfy,
    Act::Expn,
    Act::Etrn,
    Act::Help,
    Act::Custom,
    Act::Xclient,
    Act::Xforward,
    Act::Rset,
    Act::Noop,
    Act::Quit,
    Act::Reply,
];

/// Half of what is done is to read the replies, or else most of it would only be refused.
fn act() -> impl Strategy<Value = Act> {
    prop_oneof![Just(Act::Reply), prop::sample::select(&ACTS[..])]
}

/// Strings that are nearly what is wanted, with what must not be in them in any place.
fn hostile() -> impl Strategy<Value = String> {
    let base = prop_oneof![
        Just("client.example.test"),
        Just("[192.0.2.1]"),
        Just("<a@example.test>"),
        Just("<\"a b\"@example.test>"),
        Just("<>"),
        Just("SIZE=10 BODY=8BITMIME SMTPUTF8"),
        Just("NOTIFY=SUCCESS ORCPT=rfc822;a+2Bb@example.test"),
        Just("RET=HDRS ENVID=QQ+2D AUTH=<> BY=120;R HOLDFOR=10 MT-PRIORITY=2 X-OWN=1"),
        Just("@queue"),
        Just("Subject: x\n\n.\n..\r\n.\r\n"),
        Just(""),
    ];
    let evil = prop::sample::select(
        &[
            "",
            "",
            "",
            "\r\n",
            "\r",
            "\n",
            "\0",
            "\r\n.\r\n",
            "\r\nQUIT\r\n",
            " ",
            "<",
            ">",
            "\u{85}",
            "\u{2028}",
            "\t",
            "\\\r",
            "\"\n\"",
            "é",
        ][..],
    );
    prop_oneof![
        (base, evil, any::<prop::sample::Index>()).prop_map(|(base, evil, at)| {
            let mut text = base.to_owned();
            text.insert_str(at.index(base.len() + 1), evil);
            text
        }),
        any::<String>(),
    ]
}

/// Does it, if a value can be made from the string at all. `None`: nothing was called.
fn call(
    session: &mut Session,
    act: Act,
    text: &str,
    now: Instant,
    out: &mut BytesMut,
) -> Option<Result<Option<CommandId>, NotNow>> {
    let some = |it: Result<CommandId, NotNow>| it.map(Some);
    let result = match act {
        Act::Hello => some(session.hello(&HelloName::parse(text).ok()?, now, out)),
        Act::Helo => some(session.helo(&HelloName::parse(text).ok()?, now, out)),
        Act::Auth => some(session.auth(candidates(text), now, out)),
        Act::Response => some(session.auth_response(now, out)),
        Act::Cancel => some(session.auth_cancel(now, out)),
        Act::Mail => {
            let path = ReversePath::parse_in(Charset::Utf8, text).ok()?;
            let mut parameters = MailParameters::default();
            parameters.smtputf8 = !path.is_ascii();
            some(session.mail(&path, &parameters, now, out))
        }
        Act::MailWith => {
            let parameters = MailParameters::parse(text).ok().or_else(|| {
                // Each value by its own constructor.
                let mut parameters = MailParameters::default();
                parameters.envelope_id = EnvelopeId::parse(text).ok();
                parameters.auth = EncodedMailbox::parse(text).ok().map(Submitter::Mailbox);
                parameters.solicitation = Solicitation::parse(text).ok();
                (parameters != MailParameters::default()).then_some(parameters)
            })?;
            some(session.mail(&ReversePath::Null, &parameters, now, out))
        }
        Act::Rcpt => {
            let path = ForwardPath::parse_in(Charset::Utf8, text).ok()?;
            some(session.rcpt(&path, &RcptParameters::default(), now, out))
        }
        Act::RcptWith => {
            let parameters = RcptParameters::parse_in(Charset::Utf8, text).ok()?;
            some(session.rcpt(&ForwardPath::Postmaster, &parameters, now, out))
        }
        Act::Data => some(session.data(now, out)),
        Act::Content => session.content(text.as_bytes(), out).map(|()| None),
        Act::EndOfContent => some(session.end_of_content(now, out)),
        Act::Chunk => session.chunk(text.as_bytes(), now, out),
        Act::LastChunk => some(session.last_chunk(text.as_bytes(), now, out)),
        Act::Vrfy | Act::Expn => {
            let string = TextString::parse_in(Charset::Utf8, text).ok()?;
            let about = Verify::new(string, true).ok()?;
            some(match act {
                Act::Vrfy => session.vrfy(about, now, out),
                _ => session.expn(about, now, out),
            })
        }
        Act::Etrn => {
            let about = match Node::parse(text) {
                Ok(node) => Etrn::Host(node),
                Err(_) => Etrn::Queue(QueueName::parse(text).ok()?),
            };
            some(session.etrn(about, now, out))
        }
        Act::Help => some(session.help(TextString::parse_in(Charset::Utf8, text).ok(), now, out)),
        Act::Custom => {
            let (verb, arguments) = text.split_once('<').unwrap_or((text, ""));
            let command = Custom {
                verb: CustomVerb::parse(verb).or(CustomVerb::parse("XOWN")).ok()?,
                arguments: TextString::parse_in(Charset::Utf8, arguments).ok(),
            };
            some(session.custom(&command, now, out))
        }
        Act::Xclient | Act::Xforward => {
            // What a user gives, and what was checked to be attributes.
            let value = text.split(' ').next().unwrap_or_default();
            let identity = Identity::new()
                .with(Name::Login, value)
                .or(Identity::parse(text));
            let line = identity.ok().filter(|it| !it.is_empty())?.to_string();
            let attributes = Attributes::parse(&line).ok()?;
            some(match act {
                Act::Xclient => session.xclient(attributes, now, out),
                _ => session.xforward(attributes, now, out),
            })
        }
        Act::Rset => some(session.rset(now, out)),
        Act::Noop => some(session.noop(now, out)),
        Act::Quit => some(session.quit(now, out)),
        Act::Reply => return None,
    };
    Some(result)
}

fn candidates(text: &str) -> Candidates {
    let mut candidates = Candidates::new();
    if let Ok(credentials) = PlainCredentials::new(text, text) {
        candidates = candidates
            .with(Login::new(credentials.clone()).with_initial_response())
            .with(Plain::new(credentials));
    }
    if let Ok(credentials) = BearerCredentials::new(text, text) {
        candidates = candidates.with(Xoauth2::new(credentials));
    }
    if let Ok(external) = External::on_behalf_of(text) {
        candidates = candidates.with(external);
    }
    if let Ok(anonymous) = Anonymous::new(text) {
        candidates = candidates.with(anonymous);
    }
    candidates
}

const EVERYTHING: &[u8] = b"250-mx.example.test\r\n250-PIPELINING\r\n250-CHUNKING\r\n250-BINARYMIME\r\n\
    250-8BITMIME\r\n250-SMTPUTF8\r\n250-SIZE\r\n250-DSN\r\n250-ETRN\r\n250-DELIVERBY\r\n\
    250-FUTURERELEASE 100000 2036-01-01T00:00:00Z\r\n250-MT-PRIORITY\r\n250-NO-SOLICITING\r\n250-RRVS\r\n\
    250-REQUIRETLS\r\n250-XCLIENT NAME ADDR PORT PROTO HELO LOGIN\r\n250-XFORWARD NAME ADDR\r\n250 AUTH PLAIN LOGIN XOAUTH2 EXTERNAL ANONYMOUS\r\n";

/// The reply to one line of the client's that says yes.
fn yes(line: &[u8], challenges: &mut bool) -> &'static [u8] {
    let verb = line.split(|it| *it == b' ').next().unwrap();
    match verb {
        b"EHLO" => EVERYTHING,
        b"DATA" => b"354 go\r\n",
        b"AUTH" => {
            *challenges = !*challenges;
            if *challenges {
                b"334 \r\n"
            } else {
                b"504 another\r\n"
            }
        }
        b"*" => b"501 given up\r\n",
        _ => b"250 ok\r\n",
    }
}

/// One line, with one CRLF, at its end.
fn is_one_line(octets: &[u8]) -> bool {
    octets.strip_suffix(b"\r\n").is_some_and(|line| {
        !line.is_empty() && !line.iter().any(|octet| matches!(octet, b'\r' | b'\n' | 0))
    })
}

/// No CR and no LF but in CRLF, though the last octet may be the CR of one.
fn is_lines(octets: &[u8]) -> bool {
    let text = octets.strip_suffix(b"\r").unwrap_or(octets);
    text.iter().enumerate().all(|(at, octet)| match octet {
        b'\r' => text.get(at + 1) == Some(&b'\n'),
        b'\n' => at > 0 && text[at - 1] == b'\r',
        _ => true,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(800))]

    #[test]
    fn each_command_is_one_line(
        acts in prop::collection::vec((act(), hostile()), 1..60),
        lmtp in prop::bool::weighted(0.2),
    ) {
        let dialect = if lmtp { Dialect::Lmtp } else { Dialect::Smtp };
        let config = Config::new(dialect, Policy::new(TlsMode::Implicit), PeerLocation::Remote);
        let now = Instant::now();
        let mut session = Session::new(Arc::new(config), Channel::Tls, now);
        session.advance(b"220 mx.example.test\r\n", now).unwrap();
        let mut out = BytesMut::new();
        // So that the rest has something to begin with.
        session.hello(&HelloName::parse("client.example.test").unwrap(), now, &mut out).unwrap();
        let mut replies = EVERYTHING.to_vec();
        let mut challenges = false;
        for (act, text) in acts {
            if act == Act::Reply {
                while !replies.is_empty() {
                    match session.advance(&replies, now) {
                        Ok(step) if step.consumed > 0 => replies.drain(..step.consumed),
                        _ => break,
                    };
                }
                replies.clear();
                continue;
            }
            out.clear();
            let Some(result) = call(&mut session, act, &text, now, &mut out) else {
                prop_assert!(out.is_empty());
                continue;
            };
            match (result, act) {
                (Err(_), _) => prop_assert!(out.is_empty(), "{act:?} was refused, and said {out:?}"),
                (Ok(_), Act::Content) => prop_assert!(is_lines(&out), "{out:?}"),
                (Ok(_), Act::EndOfContent) => {
                    prop_assert!(out.ends_with(b".\r\n") && is_lines(&out[..]), "{out:?}");
                    replies.extend_from_slice(b"250 ok\r\n");
                }
                (Ok(None), Act::Chunk) => prop_assert!(out.is_empty()),
                (Ok(_), Act::Chunk | Act::LastChunk) => {
                    let end = out.windows(2).position(|it| it == b"\r\n").unwrap() + 2;
                    let (line, octets) = out.split_at(end);
                    prop_assert!(is_one_line(line), "{line:?}");
                    let count = String::from_utf8_lossy(line).split([' ', '\r']).nth(1).map(str::to_owned);
                    prop_assert_eq!(count, Some(octets.len().to_string()));
                    replies.extend_from_slice(b"250 ok\r\n");
                }
                (Ok(_), _) => {
                    prop_assert!(is_one_line(&out), "{act:?} of {text:?} said {out:?}");
                    replies.extend_from_slice(yes(&out[..out.len() - 2], &mut challenges));
                }
            }
        }
    }
}
