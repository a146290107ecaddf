//! Replies.

use std::fmt;

use mailwire_smtp_proto::reply::{EnhancedCode, ReplyFault, ReplyLimits, ReplyReader};
use stalwart_smtp_proto::Error;
use stalwart_smtp_proto::response::parser::ResponseReceiver;

use super::{Comparison, judge};

/// The input is what a server says, one reply after the other.
///
/// # Panics
///
/// When the two readers disagree in a way that is not known.
pub fn differential_reply(data: &[u8]) {
    judge(data, &compare(data));
}

/// A reply: what it says, and where the next one begins.
#[derive(Debug, PartialEq, Eq)]
struct Read {
    code: u16,
    /// Class, subject, detail; nothing but zeros if there is none.
    enhanced: [u16; 3],
    /// The text of all lines, without codes.
    text: String,
    end: usize,
}

pub(super) fn compare(input: &[u8]) -> Comparison {
    let mut start = 0;
    loop {
        let rest = &input[start..];
        let (ours, theirs) = (ours(rest), theirs(rest));
        match (&ours, &theirs) {
            // The same, and another behind it.
            (Ok(Some(read)), Ok(Some(other))) if read == other && read.end < rest.len() => {
                start += read.end;
            }
            _ => {
                let agree = match (&ours, &theirs) {
                    (Err(_), Err(_)) => true,
                    // Told before the line has ended.
                    (Ok(None), Err(_)) if is_refused_when_ended(rest) => true,
                    (Ok(ours), Ok(theirs)) => ours == theirs,
                    _ => false,
                };
                let class = (!agree).then(|| class(rest, &ours, &theirs));
                return Comparison {
                    ours: shown(&ours),
                    theirs: shown(&theirs),
                    class,
                };
            }
        }
    }
}

fn shown(read: &Result<Option<Read>, impl fmt::Debug>) -> String {
    match read {
        Ok(Some(read)) => {
            let [class, subject, detail] = read.enhanced;
            format!(
                "{} {class}.{subject}.{detail} {:?} in {} octets",
                read.code, read.text, read.end
            )
        }
        Ok(None) => "more is awaited".to_owned(),
        Err(error) => format!("refused: {error:?}"),
    }
}

fn ours(input: &[u8]) -> Result<Option<Read>, ReplyFault> {
    // Stalwart's limit of a whole reply, and no other.
    let limits = ReplyLimits {
        line: usize::MAX,
        challenge: usize::MAX,
        lines: usize::MAX,
        octets: usize::MAX,
    };
    let taken = ReplyReader::with_limits(limits).take(input)?;
    Ok(taken.map(|(end, reply)| {
        let enhanced = |code: EnhancedCode| [code.class() as u16, code.subject(), code.detail()];
        let lines: Vec<_> = reply.text_lines().map(String::from_utf8_lossy).collect();
        Read {
            code: reply.code().value(),
            enhanced: reply.enhanced().map_or([0; 3], enhanced),
            text: lines.join("\n"),
            end,
        }
    }))
}

/// Whether the reply would be refused if its line ended here.
fn is_refused_when_ended(input: &[u8]) -> bool {
    ours(&[input, b"\r\n"].concat()).is_err()
}

fn theirs(input: &[u8]) -> Result<Option<Read>, Error> {
    let mut rest = input.iter();
    match ResponseReceiver::default().parse(&mut rest) {
        Ok(response) => Ok(Some(Read {
            code: response.code,
            enhanced: response.esc.map(u16::from),
            text: response.message,
            end: input.len() - rest.len(),
        })),
        Err(Error::NeedsMoreData { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The class of a disagreement.
fn class(
    input: &[u8],
    ours: &Result<Option<Read>, ReplyFault>,
    theirs: &Result<Option<Read>, Error>,
) -> Option<&'static str> {
    match (ours, theirs) {
        (_, Err(Error::ResponseTooLong)) => Some("four-thousand-octets"),
        (Err(fault), Ok(_)) => match fault {
            ReplyFault::CodesDiffer => Some("codes-differ"),
            ReplyFault::BadCode => Some("code-out-of-range"),
            ReplyFault::BareCr | ReplyFault::BareLf => Some("bare-line-end"),
            ReplyFault::Nul => Some("nul"),
            _ => None,
        },
        (Ok(Some(ours)), Ok(Some(theirs)))
            if ours.code == theirs.code && ours.end == theirs.end =>
        {
            text(&input[..ours.end], ours, theirs)
        }
        _ => None,
    }
}

/// The class of a disagreement about enhanced codes and text alone.
fn text(reply: &[u8], ours: &Read, theirs: &Read) -> Option<&'static str> {
    // What may be an enhanced code in each line.
    let codes: Vec<&[u8]> = reply
        .split(|octet| *octet == b'\n')
        .filter_map(|line| line.get(4..))
        .map(|text| {
            let end = text.iter().position(|it| !matches!(it, b'0'..=b'9' | b'.'));
            &text[..end.unwrap_or(text.len())]
        })
        .filter(|code| code.iter().filter(|it| **it == b'.').count() == 2)
        .collect();
    let is_malformed = |code: &&[u8]| {
        let mut parts = code.split(|it| *it == b'.');
        let is_part = |part: &[u8]| {
            (1..=3).contains(&part.len()) && (part.len() == 1 || part.first() != Some(&b'0'))
        };
        parts.next().map(<[u8]>::len) != Some(1) || !parts.all(is_part)
    };
    let class = reply[0];
    let contradicts = |code: &[u8]| class == b'3' || code.first() != Some(&class);
    let lines = reply.iter().filter(|it| **it == b'\n').count();
    if theirs.text.replace('\r', "") == ours.text && theirs.enhanced == ours.enhanced {
        Some("cr-in-text")
    } else if codes.iter().any(is_malformed) {
        Some("malformed-enhanced-code")
    } else if codes.iter().any(|code| contradicts(code)) {
        Some("enhanced-code-of-another-class")
    } else if theirs.enhanced.contains(&255) {
        Some("enhanced-code-over-255")
    } else if !codes.is_empty() && lines > 1 {
        Some("enhanced-code-of-one-line")
    } else {
        None
    }
}
