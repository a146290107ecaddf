//! What a client saw, and what the matter was: replies of real programs, and everything else that there is.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests panic to fail"
)]

use std::collections::HashSet;

use mailwire_tls_policy::diagnose::{Answer, Cause, Listed, Seen, Stage, Symptom, diagnose};
use mailwire_tls_policy::outbound::Refusal;
use mailwire_tls_policy::{Channel, HandshakeFailure};

fn stage(name: &str) -> Stage {
    let known = Stage::ALL.into_iter().find(|it| it.as_str() == name);
    known.unwrap_or_else(|| panic!("no stage: {name}"))
}

fn enhanced(word: &str) -> Option<(u8, u16, u16)> {
    let mut parts = word.split('.');
    let (class, subject, detail) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    Some((
        class.parse().ok()?,
        subject.parse().ok()?,
        detail.parse().ok()?,
    ))
}

fn symptom(text: &str) -> Symptom<'_> {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    match word {
        "none" => Symptom::None,
        "refused" => Symptom::ConnectionRefused,
        "not_found" => Symptom::HostNotFound,
        "unreachable" => Symptom::Unreachable,
        "lost" => Symptom::Lost(stage(rest)),
        "timeout" => Symptom::TimedOut(stage(rest)),
        "gibberish" => Symptom::Gibberish(stage(rest)),
        "tls" => {
            let known = HandshakeFailure::ALL
                .into_iter()
                .find(|it| it.name() == rest);
            Symptom::Handshake(known.unwrap_or_else(|| panic!("no failure: {rest}")))
        }
        "local" => {
            let known = Refusal::ALL.into_iter().find(|it| it.name() == rest);
            Symptom::Refused(known.unwrap_or_else(|| panic!("no refusal: {rest}")))
        }
        word => {
            let (code, text) = rest.split_at(3);
            let text = text.trim_start_matches([' ', '-']);
            let (first, behind) = text.split_once(' ').unwrap_or((text, ""));
            let enhanced = enhanced(first);
            Symptom::Reply(Answer {
                stage: stage(word),
                code: code.parse().unwrap(),
                enhanced,
                text: if enhanced.is_some() { behind } else { text },
            })
        }
    }
}

fn seen<'t>(port: &str, channel: &str, listed: &str, state: &str, what: &'t str) -> Seen<'t> {
    let channel = Channel::ALL.into_iter().find(|it| it.as_str() == channel);
    let mut seen = Seen::new(port.parse().unwrap(), channel.unwrap(), symptom(what));
    seen.listed = (listed != "?").then(|| Listed {
        starttls: listed.contains('s'),
        auth: listed.contains('a'),
        garbled: listed.contains('g'),
    });
    seen.has_credentials = state.contains('c');
    seen.is_authenticated = state.contains('i');
    seen.expects_starttls = state.contains('e');
    seen
}

/// The table's rows: what was seen, the name of the cause, and the row itself.
fn rows() -> Vec<(Seen<'static>, &'static str, &'static str)> {
    let lines = include_str!("cases/diagnose.tsv").lines();
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let [port, channel, listed, state, what, cause, source] = fields[..] else {
                panic!("{line:?}")
            };
            assert!(!source.is_empty(), "{line:?}");
            (seen(port, channel, listed, state, what), cause, line)
        })
        .collect()
}

#[test]
fn the_table() {
    let rows = rows();
    assert!(rows.len() >= 120, "{}", rows.len());
    let mut asked = HashSet::new();
    for (seen, cause, line) in &rows {
        assert_eq!(diagnose(seen).cause.name(), *cause, "{line}");
        let question = line.rsplitn(3, '\t').last();
        assert!(asked.insert(question), "twice: {line}");
    }
}

#[test]
fn every_cause_comes_of_something() {
    let found: HashSet<&str> = rows().iter().map(|it| it.1).collect();
    for cause in Cause::ALL {
        assert!(found.contains(cause.name()), "{}", cause.name());
    }
}

#[test]
fn each_has_a_name_of_its_own_and_says_what_helps() {
    let mut names = HashSet::new();
    for cause in Cause::ALL {
        assert!(names.insert(cause.name()), "{}", cause.name());
        for sentence in [cause.text(), cause.remedy()] {
            assert!(sentence.ends_with('.'), "{sentence}");
            assert!(
                sentence.starts_with(|first: char| first.is_uppercase()),
                "{sentence}"
            );
        }
        assert!(!cause.rule().is_empty());
    }
}

/// Whatever is seen, there is an answer, and it does not say "never" of what the server says may pass.
#[test]
fn over_everything_that_can_be_seen() {
    const TEXTS: [&str; 8] = [
        "",
        "Relay access denied",
        "Greylisted, try again",
        "improper pipelining",
        "User unknown",
        "Must issue a STARTTLS command first",
        "blocked using a block list",
        "mailbox is over quota; account is temporarily unavailable",
    ];
    let details =
        (0..=7).flat_map(|subject| [0, 1, 2, 4, 8, 10, 28].map(|detail| (subject, detail)));
    let details: Vec<_> = details.map(Some).chain([None]).collect();
    for port in [25, 465, 587, 2525] {
        for channel in [Channel::Plain, Channel::Tls] {
            for listed in [None, Some(Listed::default())] {
                for stage in Stage::ALL {
                    for code in [
                        200, 354, 421, 432, 450, 451, 452, 454, 500, 501, 502, 503, 504, 521, 523,
                        530, 534, 535, 538, 550, 552, 553, 554, 555, 556, 599,
                    ] {
                        for detail in &details {
                            for text in TEXTS {
                                let enhanced = detail.map(|(subject, detail)| {
                                    (u8::try_from(code / 100).unwrap(), subject, detail)
                                });
                                let answer = Answer {
                                    stage,
                                    code,
                                    enhanced,
                                    text,
                                };
                                let mut seen = Seen::new(port, channel, Symptom::Reply(answer));
                                seen.listed = listed;
                                let diagnosis = diagnose(&seen);
                                assert_eq!(diagnosis.is_transient, code / 100 == 4);
                                assert_ne!(diagnosis.cause, Cause::None);
                                let is_no = matches!(code / 100, 4 | 5);
                                assert_eq!(diagnosis.cause == Cause::NotSmtp, !is_no, "{answer:?}");
                            }
                        }
                    }
                }
            }
        }
    }
    for symptom in [
        Symptom::None,
        Symptom::ConnectionRefused,
        Symptom::Unreachable,
    ] {
        for port in 0..=u16::MAX {
            let diagnosis = diagnose(&Seen::new(port, Channel::Plain, symptom));
            assert_eq!(diagnosis.cause == Cause::None, symptom == Symptom::None);
        }
    }
    for code in 0..=u16::MAX {
        let answer = Answer {
            stage: Stage::Rcpt,
            code,
            enhanced: Some((9, u16::MAX, u16::MAX)),
            text: "\u{0}\u{fffd}é\r\n",
        };
        let _ = diagnose(&Seen::new(25, Channel::Plain, Symptom::Reply(answer)));
    }
}

#[test]
fn what_the_server_said_is_in_no_output() {
    let text = "\u{1b}[31mRelay access denied\r\n250 evil".repeat(1000);
    let answer = Answer {
        stage: Stage::Rcpt,
        code: 554,
        enhanced: None,
        text: &text,
    };
    let diagnosis = diagnose(&Seen::new(25, Channel::Plain, Symptom::Reply(answer)));
    assert_eq!(diagnosis.cause, Cause::RelayNotAuthenticated);
    assert!(!diagnosis.to_string().contains(['\u{1b}', '\r', '\n']));
}

fn cause_of(port: u16, channel: Channel, what: &str) -> (Cause, String) {
    let diagnosis = diagnose(&Seen::new(port, channel, symptom(what)));
    (diagnosis.cause, diagnosis.to_string())
}

#[test]
fn s1_a_look_up_that_failed_is_not_the_senders_fault() {
    let what = "rcpt 451 4.3.0 <a@example.test> Temporary user lookup failure";
    let (cause, text) = cause_of(24, Channel::Plain, what);
    assert_eq!(cause, Cause::LookupFailed);
    assert!(
        text.contains("must not apply to the hop that delivers"),
        "{text}"
    );
}

#[test]
fn s2_a_synchronization_error_names_xclient() {
    let what = "xclient 554 5.5.0 Error: SMTP protocol synchronization";
    let (cause, text) = cause_of(25, Channel::Plain, what);
    assert_eq!(cause, Cause::ImproperPipelining);
    assert!(
        text.contains("XCLIENT") && text.contains("rather than the check"),
        "{text}"
    );
    let what = "auth 454 4.7.0 Account is temporarily unavailable.";
    let (cause, text) = cause_of(465, Channel::Tls, what);
    assert_eq!(cause, Cause::LoginProxyFailed);
    assert!(text.contains("XCLIENT"), "{text}");
}

#[test]
fn s3_a_closed_587_is_no_broken_starttls() {
    let (cause, text) = cause_of(587, Channel::Plain, "refused");
    assert_eq!(cause, Cause::SubmissionPortClosed);
    assert!(
        text.contains("STARTTLS has nothing to do with it"),
        "{text}"
    );
    assert!(
        text.contains("465") && text.contains("certificate"),
        "{text}"
    );
}

#[test]
fn s4_a_local_refusal_is_not_the_servers() {
    let (cause, text) = cause_of(25, Channel::Plain, "local cleartext_auth_denied");
    assert_eq!(cause, Cause::PasswordNotInClear);
    assert!(text.contains("this side does not let it"), "{text}");
    let what = "starttls 502 5.5.1 Error: command not implemented";
    let (cause, text) = cause_of(25, Channel::Plain, what);
    assert_eq!(cause, Cause::StartTlsNotImplemented);
    assert!(text.contains("only where it is offered"), "{text}");
}

#[test]
fn s5_relay_access_denied_says_that_25_offers_no_auth() {
    let what = "rcpt 554 5.7.1 <x@remote.invalid>: Relay access denied";
    let (cause, text) = cause_of(25, Channel::Plain, what);
    assert_eq!(cause, Cause::RelayNotAuthenticated);
    for words in ["not authenticated", "25 offers no AUTH", "465", "587"] {
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn keywords_that_were_written_over() {
    for keyword in ["XXXXXXXA", "XXXXXXXX", "xxxxxxxa", "XXXA"] {
        assert!(Listed::is_garbled(keyword), "{keyword}");
    }
    for keyword in [
        "STARTTLS",
        "XCLIENT",
        "X",
        "XX",
        "",
        "XEXCH50",
        "X-LINK2STATE",
    ] {
        assert!(!Listed::is_garbled(keyword), "{keyword}");
    }
}
