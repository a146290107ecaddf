//! The content of a message after DATA.

use mailwire_smtp_proto::body::{BodyFault, DataFrame, DataReader};
use stalwart_smtp_proto::request::receiver::DataReceiver;

use super::{Comparison, judge};

/// The input is what comes after 354.
///
/// # Panics
///
/// When the two readers disagree in a way that is not known.
pub fn differential_data(data: &[u8]) {
    judge(data, &compare(data));
}

/// Content, and where what comes behind its end begins.
#[derive(Debug, PartialEq, Eq)]
struct Read {
    content: Vec<u8>,
    end: Option<usize>,
}

pub(super) fn compare(input: &[u8]) -> Comparison {
    let (ours, fault) = ours(input);
    let theirs = theirs(input);
    let agree = match (ours.end, theirs.end) {
        // Octets that may still become the end are content to Stalwart already.
        (None, None) => theirs
            .content
            .strip_prefix(ours.content.as_slice())
            .is_some_and(|more| more.len() <= 2),
        _ => ours == theirs && fault.is_none(),
    };
    let class = (!agree).then(|| class(input, &ours, fault, &theirs));
    let shown_fault = fault.map_or(String::new(), |fault| format!(", to be refused: {fault:?}"));
    Comparison {
        ours: shown(&ours) + &shown_fault,
        theirs: shown(&theirs),
        class,
    }
}

fn shown(read: &Read) -> String {
    let content = read.content.escape_ascii();
    match read.end {
        Some(end) => format!("\"{content}\" in {end} octets"),
        None => format!("\"{content}\" and no end"),
    }
}

fn ours(input: &[u8]) -> (Read, Option<BodyFault>) {
    let mut reader = DataReader::new();
    let mut content = Vec::new();
    let mut consumed = 0;
    while let Some((length, frame)) = reader.take(&input[consumed..]) {
        consumed += length;
        if let DataFrame::Content(piece) = frame {
            content.extend_from_slice(piece);
        }
    }
    let end = reader.is_ended().then_some(consumed);
    (Read { content, end }, reader.fault())
}

fn theirs(input: &[u8]) -> Read {
    let mut content = Vec::new();
    let mut rest = input.iter();
    let ended = DataReceiver::new().ingest(&mut rest, &mut content);
    let end = ended.then_some(input.len() - rest.len());
    Read { content, end }
}

/// The class of a disagreement.
fn class(
    input: &[u8],
    ours: &Read,
    fault: Option<BodyFault>,
    theirs: &Read,
) -> Option<&'static str> {
    let theirs_is_first = theirs
        .end
        .is_some_and(|end| ours.end.is_none_or(|it| it > end));
    let before = &input[..theirs.end.unwrap_or_default()];
    if input.starts_with(b".\r\n") {
        Some("nothing-but-the-end")
    } else if input.starts_with(b".") {
        Some("dot-at-the-start")
    } else if theirs_is_first && before.ends_with(b"\r\r\n") {
        Some("end-with-two-cr")
    } else if ours == theirs && fault.is_some() {
        Some("bare-line-end")
    } else {
        None
    }
}
