//! Replies, read and written, against a table of cases and against themselves.
//!
//! The table is `cases/replies.tsv` (see `cases/mod.rs`). Its first column is the direction:
//!
//! - `read`: the input is what a server sends. What was understood is the code, then for each line
//!   its enhanced code or `-` and its text, each behind ` | `, then ` + ` and how many octets are
//!   left over; `more` if no reply is whole yet. `read-small` has limits of 20 octets a line, 3
//!   lines and 40 octets.
//! - `write`: the input is code, enhanced code or `-`, and text; what was understood is the output
//!   with enhanced codes. `write-plain` is without them.

#![allow(
    clippy::disallowed_methods,
    reason = "a test is the caller: it has the clock and the files"
)]
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

mod cases;

use bytes::BytesMut;
use cases::{Found, check};
use mailwire_smtp_proto::reply::{
    Code, EnhancedCode, MAX_REPLY_LINE, Reply, ReplyLimits, ReplyReader, Text,
};
use proptest::prelude::{Just, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};

const SMALL: ReplyLimits = {
    let mut limits = ReplyLimits::DEFAULT;
    limits.line = 20;
    limits.challenge = 30;
    limits.lines = 3;
    limits.octets = 40;
    limits
};

#[test]
fn the_table() {
    check(include_str!("cases/replies.tsv"), 4, |row| {
        let input = row.octets(1);
        match row.text(0) {
            "read" => read(ReplyLimits::default(), &input),
            "read-small" => read(SMALL, &input),
            "write" => write(&input, true),
            "write-plain" => write(&input, false),
            other => panic!("no such direction: {other}"),
        }
    });
}

/// Reads the input whole, at every cut and octet by octet, which must not make a difference.
fn read(limits: ReplyLimits, input: &[u8]) -> Found {
    let whole = read_cut(limits, input, [].into_iter());
    for cut in 0..input.len() {
        let found = read_cut(limits, input, [cut].into_iter());
        assert_eq!(found, whole, "{} at {cut}", input.escape_ascii());
    }
    assert_eq!(read_cut(limits, input, 0..input.len()), whole);
    whole
}

fn read_cut(limits: ReplyLimits, input: &[u8], cuts: impl Iterator<Item = usize>) -> Found {
    let mut reader = ReplyReader::with_limits(limits);
    for cut in cuts.chain([input.len()]) {
        let seen = &input[..cut];
        let is_there = reader.poll(seen);
        let (consumed, reply) = match reader.take(seen) {
            Err(fault) => {
                assert!(is_there);
                assert_eq!(reader.take(input), Err(fault), "a fault is final");
                return Err(format!("{fault:?}"));
            }
            Ok(None) => {
                assert!(!is_there);
                continue;
            }
            Ok(Some(taken)) => taken,
        };
        assert!(is_there);
        assert_eq!(consumed, reply.octets());
        let mut found = reply.code().to_string().into_bytes();
        for ((enhanced, text), line) in reply.enhanced_lines().zip(reply.lines()) {
            found.extend_from_slice(b" | ");
            match enhanced {
                Some(code) => found.extend_from_slice(code.to_string().as_bytes()),
                None => found.push(b'-'),
            }
            found.push(b' ');
            found.extend_from_slice(text);
            assert!(line.ends_with(text));
        }
        found.extend_from_slice(format!(" + {}", input.len() - consumed).as_bytes());
        return Ok(found);
    }
    Ok(b"more".to_vec())
}

/// Writes a reply; what was written is read again, and is the same.
fn write(input: &[u8], with_enhanced: bool) -> Found {
    let input = String::from_utf8(input.to_vec()).unwrap();
    let mut parts = input.splitn(3, ' ');
    let code: u16 = parts.next().unwrap().parse().unwrap();
    let enhanced: Vec<u16> = match parts.next().unwrap() {
        "-" => Vec::new(),
        code => code.split('.').map(|part| part.parse().unwrap()).collect(),
    };
    let text = Text::new(parts.next().unwrap()).map_err(|error| format!("{error:?}"))?;
    let Some(code) = Code::new(code) else {
        return Err("Code".into());
    };
    let enhanced = match enhanced[..] {
        [class, subject, detail] => {
            match EnhancedCode::new(u8::try_from(class).unwrap(), subject, detail) {
                None => return Err("EnhancedCode".into()),
                code => code,
            }
        }
        _ => None,
    };
    let reply = Reply::new(code, enhanced, text).map_err(|error| format!("{error:?}"))?;
    let mut out = BytesMut::new();
    reply.write(with_enhanced, &mut out);
    is_read_back(&reply, with_enhanced, &out);
    Ok(out.to_vec())
}

/// That what was written is one reply with the same codes on every line and the same text but for
/// the breaks of long lines.
fn is_read_back(reply: &Reply, with_enhanced: bool, written: &[u8]) {
    let limits = ReplyLimits {
        line: MAX_REPLY_LINE,
        challenge: MAX_REPLY_LINE,
        ..ReplyLimits::DEFAULT
    };
    let mut reader = ReplyReader::with_limits(limits);
    let (consumed, read) = reader.take(written).unwrap().unwrap();
    assert_eq!(consumed, written.len());
    assert_eq!(read.code(), reply.code());
    if with_enhanced && reply.enhanced().is_some() {
        for (enhanced, _) in read.enhanced_lines() {
            assert_eq!(enhanced, reply.enhanced());
        }
    }
    let squeezed = |text: &str| text.replace([' ', '\n'], "");
    let sent: String = reply.lines().map(squeezed).collect();
    let got: String = read
        .text_lines()
        .map(|line| squeezed(std::str::from_utf8(line).unwrap()))
        .collect();
    // A text that begins with a code is read as one where there was none.
    if reply.enhanced().is_some_and(|_| with_enhanced) || read.enhanced().is_none() {
        assert_eq!(got, sent);
    }
}

proptest! {
    #[test]
    fn a_reply_is_read_as_it_is_written(
        code in 200u16..600,
        enhanced in any::<Option<(u16, u16)>>(),
        text in "[ -~\t\n]{0,1500}",
        with_enhanced in any::<bool>(),
    ) {
        let code = Code::new(code).unwrap();
        let enhanced = enhanced.and_then(|(subject, detail)| {
            EnhancedCode::new((code.value() / 100) as u8, subject % 1000, detail % 1000)
        });
        let reply = Reply::new(code, enhanced, Text::lossy(&text)).unwrap();
        let mut out = BytesMut::new();
        reply.write(with_enhanced, &mut out);
        is_read_back(&reply, with_enhanced, &out);
        for line in out.split_inclusive(|octet| *octet == b'\n') {
            prop_assert!(line.len() <= MAX_REPLY_LINE);
        }
    }

    #[test]
    fn no_octets_are_too_strange(input in any::<Vec<u8>>()) {
        let _ = read(ReplyLimits::default(), &input);
        let _ = read(SMALL, &input);
    }

    #[test]
    fn cuts_make_no_difference(input in soup()) {
        let _ = read(ReplyLimits::default(), &input);
        let _ = read(SMALL, &input);
    }

    #[test]
    fn any_text_can_be_made_legal(text in any::<String>()) {
        let text = Text::lossy(&text);
        prop_assert_eq!(Text::new(text.as_str()), Ok(text));
    }
}

/// Input that is made of what replies are made of.
fn soup() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        Just(&b"250"[..]),
        Just(&b"550"[..]),
        Just(&b"199"[..]),
        Just(&b"-"[..]),
        Just(&b" "[..]),
        Just(&b"\r\n"[..]),
        Just(&b"\r\n"[..]),
        Just(&b"\r"[..]),
        Just(&b"\n"[..]),
        Just(&b"\0"[..]),
        Just(&b"5.1.1 "[..]),
        Just(&b"2.0.0"[..]),
        Just(&b"text"[..]),
    ];
    proptest::collection::vec(word, 0..16).prop_map(|words| words.concat())
}
