//! Reading content off the wire, bare CR and LF looked for, in pieces of 64 KiB.

use std::hint::black_box;

use mailwire_smtp_proto::body::{DataFrame, DataReader};
use memchr::memmem;

use super::inputs::{FAR, LINE, LONE_DOT, NEAR, PIECE, STUFFED_LINE, repeated};
use super::{Contestant, Measure, Unit};

pub(super) fn measures() -> Vec<Measure> {
    [
        ("receive/normal-near", LINE, NEAR),
        ("receive/normal-far", LINE, FAR),
        ("receive/lone-dots", LONE_DOT, NEAR),
        ("receive/dotted", STUFFED_LINE, NEAR),
        ("receive/dotted-far", STUFFED_LINE, FAR),
    ]
    .into_iter()
    .map(|(name, line, octets)| receive(name, line, octets))
    .collect()
}

fn receive(name: &'static str, line: &[u8], octets: usize) -> Measure {
    let mut input = repeated(line, octets);
    let dots = if line.starts_with(b".") { 1 } else { 0 };
    let expected = input.len() / line.len() * (line.len() - dots);
    input.extend_from_slice(b".\r\n");
    // The same for all, and for as long as the program runs.
    let input: &'static [u8] = input.leak();
    let contestants = vec![
        Contestant::ours(move || {
            let (length, fault) = ours(black_box(input));
            assert!(length == expected && !fault);
        }),
        Contestant::peer("smtp-proto", {
            let mut content = Vec::with_capacity(input.len());
            move || {
                let mut receiver = stalwart_smtp_proto::request::receiver::DataReceiver::new();
                content.clear();
                for piece in black_box(input).chunks(PIECE) {
                    receiver.ingest(&mut piece.iter(), &mut content);
                }
                // It leaves the dot of the very first line where it is.
                assert_eq!(black_box(&content).len(), expected + dots);
            }
        })
        .with_note("copies; bare CR and LF are not looked for"),
        Contestant::peer("mailrs-smtp-proto", move || {
            let content = mailrs_smtp_proto::unstuff_data(black_box(input));
            assert_eq!(black_box(&content).len(), expected);
        })
        .with_note("copies, and needs the message whole; bare CR and LF are not looked for"),
        Contestant::peer("smtp-message", {
            let mut content = Vec::with_capacity(input.len());
            move || {
                // It works in place, so the input is copied for it.
                content.clear();
                content.extend_from_slice(black_box(input));
                let mut unescaper = smtp_message::DataUnescaper::new(true);
                let read = unescaper.unescape(&mut content);
                assert!(black_box(read.written) >= expected);
            }
        })
        .with_note("works in place, on a copy; bare CR and LF are not looked for"),
        Contestant::reference("memcpy", {
            let mut copy = vec![0; input.len()];
            move || {
                for (to, from) in copy.chunks_mut(PIECE).zip(black_box(input).chunks(PIECE)) {
                    to.copy_from_slice(from);
                }
                black_box(&copy);
            }
        }),
        Contestant::reference("memmem", move || {
            let end = memmem::find(black_box(input), b"\r\n.\r\n");
            assert!(black_box(end).is_some());
        }),
    ];
    Measure {
        name,
        unit: Unit::Octets(input.len()),
        contestants,
    }
}

/// The length of the content, and whether it is damaged. What a piece leaves is seen again with the
/// next one, as a buffer that is read into would have it.
fn ours(input: &[u8]) -> (usize, bool) {
    let mut reader = DataReader::new();
    let (mut at, mut end, mut length) = (0, PIECE.min(input.len()), 0);
    loop {
        match reader.take(&input[at..end]) {
            Some((consumed, DataFrame::Content(piece))) => {
                length += black_box(piece).len();
                at += consumed;
            }
            Some((_, DataFrame::End)) => return (length, reader.fault().is_some()),
            None => end = (end + PIECE).min(input.len()),
        }
    }
}
