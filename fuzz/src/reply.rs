//! Replies.

use bytes::BytesMut;
use mailwire_smtp_proto::reply::{Reply, ReplyFault, ReplyLimits, ReplyReader, Text};

use crate::cuts;

/// Replies are the same however they arrive and keep to their bounds; what is read can be written,
/// and is read as the same.
///
/// # Panics
///
/// When they are not.
pub fn reply(data: &[u8]) {
    let (size, input) = cuts::split(data);
    let mut limits = ReplyLimits::DEFAULT;
    for (line, challenge, lines, octets) in [(2048, 12_294, 128, 65_536), (40, 60, 4, 100)] {
        (limits.line, limits.challenge) = (line, challenge);
        (limits.lines, limits.octets) = (lines, octets);
        let whole = replies(limits, input, input.len().max(1));
        assert_eq!(replies(limits, input, size), whole);
        assert_eq!(replies(limits, input, 1), whole);
    }
}

/// The codes and texts of all replies, and the fault that ends them.
type Replies = (Vec<(u16, Vec<Vec<u8>>)>, Option<ReplyFault>);

fn replies(limits: ReplyLimits, input: &[u8], size: usize) -> Replies {
    let mut reader = ReplyReader::with_limits(limits);
    let (mut replies, mut at) = (Vec::new(), 0);
    for end in cuts::ends(input.len(), size) {
        loop {
            let is_there = reader.poll(&input[at..end]);
            match reader.take(&input[at..end]) {
                Err(fault) => {
                    assert!(is_there);
                    return (replies, Some(fault));
                }
                Ok(None) => {
                    assert!(!is_there);
                    break;
                }
                Ok(Some((consumed, reply))) => {
                    assert!(is_there && consumed <= limits.octets && consumed == reply.octets());
                    let lines: Vec<Vec<u8>> = reply.lines().map(<[u8]>::to_vec).collect();
                    assert!(lines.len() <= limits.lines);
                    for line in &lines {
                        let most = if reply.code().value() == 334 {
                            limits.challenge
                        } else {
                            limits.line
                        };
                        assert!(line.len() + 5 <= most.max(5));
                    }
                    for (enhanced, text) in reply.enhanced_lines() {
                        assert!(enhanced.is_none_or(|it| it.class() == reply.code().class()));
                        assert!(text.len() <= limits.line.max(limits.challenge));
                    }
                    let owned = reply.to_owned();
                    assert!(
                        !owned
                            .to_string()
                            .chars()
                            .any(|it| it.is_control() && it != '\t')
                    );
                    is_written_alike(&owned.text(), reply.code().value());
                    replies.push((reply.code().value(), lines));
                    at += consumed;
                }
            }
        }
        assert!(
            end - at <= limits.octets,
            "more is kept than a reply may have"
        );
    }
    (replies, None)
}

fn is_written_alike(text: &str, code: u16) {
    let (Some(code), text) = (
        mailwire_smtp_proto::reply::Code::new(code),
        Text::lossy(text),
    ) else {
        panic!("a code that was read is one");
    };
    let Ok(reply) = Reply::new(code, None, text) else {
        panic!("there is no enhanced code to contradict it");
    };
    let mut out = BytesMut::new();
    reply.write(true, &mut out);
    let limits = ReplyLimits {
        line: 512,
        challenge: 512,
        lines: usize::MAX,
        octets: usize::MAX,
    };
    match ReplyReader::with_limits(limits).take(&out) {
        Ok(Some((consumed, read))) => {
            assert_eq!(consumed, out.len());
            assert_eq!(read.code(), code);
        }
        other => panic!("what was written is no reply: {other:?}"),
    }
}
