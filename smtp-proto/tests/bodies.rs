//! Content on the wire, read and written, against a table of cases and against itself.
//!
//! The table is `cases/bodies.tsv` (see `cases/mod.rs`). Its first column is what is done:
//!
//! - `read`: the input comes after 354; bare CR and LF are refused. What was understood is the
//!   content, ` + ` and how many octets are left over; `more: ` before it if no end was found, and
//!   `BareCr: ` or `BareLf: ` if there is a fault.
//! - `normalise`: the same, where they become line ends.
//! - `write`: the input is content for DATA, and what was understood the octets on the wire.
//! - `bdat`: the input is the arguments of BDAT, `|`, and what follows the command.
//! - `text`, `binary`: the input is content for BDAT, all of it in the last chunk.

#![allow(
    clippy::disallowed_methods,
    reason = "a test is the caller: it has the clock and the files"
)]
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

mod cases;

use bytes::BytesMut;
use cases::{Found, check};
use mailwire_smtp_proto::body::{
    BareLineEnds, BdatReader, BdatWriter, BodyFault, ChunkedTotal, DataFrame, DataReader,
    DataWriter,
};
use mailwire_smtp_proto::command::{Bdat, bdat};
use mailwire_smtp_proto::verb::Arguments;
use proptest::prelude::{Just, Strategy, any, prop_assert_eq, prop_oneof, proptest};

#[test]
fn the_table() {
    check(include_str!("cases/bodies.tsv"), 4, |row| {
        let input = row.octets(1);
        match row.text(0) {
            "read" => read(BareLineEnds::Refuse, &input),
            "normalise" => read(BareLineEnds::Normalise, &input),
            "write" => Ok(write(&input)),
            "bdat" => chunk(&input),
            "text" => Ok(last_chunk(BdatWriter::text(), &input)),
            "binary" => Ok(last_chunk(BdatWriter::binary(), &input)),
            other => panic!("no such direction: {other}"),
        }
    });
}

/// Reads the input whole, at every cut and octet by octet, which must not make a difference.
fn read(bare: BareLineEnds, input: &[u8]) -> Found {
    let whole = read_cut(bare, input, [].into_iter());
    for cut in 0..input.len() {
        let found = read_cut(bare, input, [cut].into_iter());
        assert_eq!(found, whole, "{} at {cut}", input.escape_ascii());
    }
    assert_eq!(read_cut(bare, input, 0..input.len()), whole);
    Ok(whole)
}

fn read_cut(bare: BareLineEnds, input: &[u8], cuts: impl Iterator<Item = usize>) -> Vec<u8> {
    let mut reader = DataReader::with(bare);
    let (mut content, mut at) = (Vec::new(), 0);
    for cut in cuts.chain([input.len()]) {
        while at <= cut {
            let is_there = reader.poll(&input[at..cut]);
            let Some((consumed, frame)) = reader.take(&input[at..cut]) else {
                assert!(!is_there);
                break;
            };
            assert!(is_there && consumed > 0);
            at += consumed;
            match frame {
                DataFrame::Content(piece) => content.extend_from_slice(piece),
                DataFrame::End => {}
            }
        }
    }
    assert_eq!(reader.content_octets(), content.len() as u64);
    let mut found = Vec::new();
    if !reader.is_ended() {
        assert!(
            input.len() - at <= 2,
            "only what cannot be judged yet is left"
        );
        found.extend_from_slice(b"more: ");
    }
    if let Some(fault) = reader.fault() {
        found.extend_from_slice(format!("{fault:?}: ").as_bytes());
    }
    found.extend_from_slice(&content);
    found.extend_from_slice(format!(" + {}", input.len() - at).as_bytes());
    found
}

/// Writes the content whole, at every cut and octet by octet; reads it back.
fn write(content: &[u8]) -> Vec<u8> {
    let written = |cuts: &[usize]| {
        let (mut writer, mut out) = (DataWriter::new(), BytesMut::new());
        let mut at = 0;
        for cut in cuts.iter().copied().chain([content.len()]) {
            writer.write(&content[at..cut], &mut out);
            at = cut;
        }
        writer.finish(&mut out).unwrap();
        out.to_vec()
    };
    let whole = written(&[]);
    for cut in 0..content.len() {
        assert_eq!(
            written(&[cut]),
            whole,
            "{} at {cut}",
            content.escape_ascii()
        );
    }
    assert_eq!(written(&(0..content.len()).collect::<Vec<_>>()), whole);
    let back = [&normalised(content)[..], b" + 0"].concat();
    assert_eq!(read(BareLineEnds::Refuse, &whole), Ok(back));
    whole
}

/// Every line end a CRLF, also the last.
fn normalised(content: &[u8]) -> Vec<u8> {
    let mut text = String::from_utf8_lossy(content).replace("\r\n", "\n");
    text = text.replace('\r', "\n");
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.replace('\n', "\r\n").into_bytes()
}

/// Reads one chunk, cut anywhere.
fn chunk(input: &[u8]) -> Found {
    let at = input.iter().position(|octet| *octet == b'|').unwrap();
    let (arguments, input) = (&input[..at], &input[at + 1..]);
    let chunk = bdat(Arguments::new(arguments)).map_err(|error| format!("{error:?}"))?;
    let read = |cuts: &[usize]| {
        let mut reader = BdatReader::new(chunk);
        let (mut content, mut at) = (Vec::new(), 0);
        for cut in cuts.iter().copied().chain([input.len()]) {
            if let Some(piece) = reader.take(&input[at..cut]) {
                content.extend_from_slice(piece);
                at += piece.len();
            }
            assert_eq!(reader.left(), chunk.size - at as u64);
            if reader.is_ended() {
                assert_eq!(reader.take(&input[at..]), None);
                break;
            }
        }
        let more = if reader.is_ended() { "" } else { "more: " };
        let last = if reader.is_last() { "last: " } else { "" };
        let left = format!(" + {}", input.len() - at);
        [more.as_bytes(), last.as_bytes(), &content, left.as_bytes()].concat()
    };
    let whole = read(&[]);
    for cut in 0..input.len() {
        assert_eq!(read(&[cut]), whole);
    }
    assert_eq!(read(&(0..input.len()).collect::<Vec<_>>()), whole);
    Ok(whole)
}

/// Writes content as one chunk, and as two at every cut, which come to the same content.
fn last_chunk(writer: BdatWriter, content: &[u8]) -> Vec<u8> {
    let mut whole = BytesMut::new();
    writer.clone().finish(content, &mut whole).unwrap();
    let expected = chunks(&whole);
    for cut in 0..content.len() {
        let (mut writer, mut out) = (writer.clone(), BytesMut::new());
        writer.write(&content[..cut], &mut out);
        writer.finish(&content[cut..], &mut out).unwrap();
        assert_eq!(
            chunks(&out),
            expected,
            "{} at {cut}",
            content.escape_ascii()
        );
    }
    whole.to_vec()
}

/// The content of chunks.
fn chunks(mut input: &[u8]) -> Vec<u8> {
    let (mut content, mut total) = (Vec::new(), ChunkedTotal::ZERO);
    loop {
        let end = input.windows(2).position(|pair| pair == b"\r\n").unwrap();
        let arguments = input[..end].strip_prefix(b"BDAT ").unwrap();
        let chunk = bdat(Arguments::new(arguments)).unwrap();
        total = total.with(chunk).unwrap();
        input = &input[end + 2..];
        let mut reader = BdatReader::new(chunk);
        let piece = reader.take(input).unwrap_or_default();
        assert!(reader.is_ended());
        content.extend_from_slice(piece);
        input = &input[piece.len()..];
        if reader.is_last() {
            assert_eq!((input, total.octets()), (&b""[..], content.len() as u64));
            return content;
        }
    }
}

#[test]
fn false_ends_end_nothing_wherever_blocks_begin() {
    const FALSE_ENDS: [&[u8]; 16] = [
        b"\n.\n",
        b"\n.\r\n",
        b"\n.\r",
        b"\r.\r",
        b"\r.\r\n",
        b"\r.\n",
        b"\r\n.\n",
        b"\r\n.\r",
        b"\r\n.\r\r\n",
        b"\r\r\n.\r\r\n",
        b"\n\n.\n\n",
        b"\r\n.\0\r\n",
        b"\r\n\0.\r\n",
        b"\r\0\n.\r\n",
        b"\r\n.\r\0\n",
        b"\r\n..\r\n",
    ];
    let line = [&[b'x'; 76][..], b"\r\n"].concat();
    for false_end in FALSE_ENDS {
        for before in [
            0, 100, 127, 128, 129, 500, 511, 512, 513, 640, 1023, 1024, 1025, 1300,
        ] {
            let mut input: Vec<u8> = line.iter().copied().cycle().take(before).collect();
            if input.last() == Some(&b'\r') {
                input.push(b'\n');
            }
            input.extend_from_slice(b"x");
            input.extend_from_slice(false_end);
            input.extend_from_slice(b"MAIL FROM:<x>\r\n");
            input.extend(line.iter().copied().cycle().take(1500 / 78 * 78));
            input.extend_from_slice(b".\r\n");
            for bare in [BareLineEnds::Refuse, BareLineEnds::Normalise] {
                let whole = read_cut(bare, &input, [].into_iter());
                assert!(!whole.starts_with(b"more"), "the true end is found");
                assert!(whole.ends_with(b" + 0"), "{}", false_end.escape_ascii());
                assert!(
                    whole.windows(13).any(|window| window == b"MAIL FROM:<x>"),
                    "what follows is content"
                );
                for cut in before..before + 20 {
                    assert_eq!(read_cut(bare, &input, [cut].into_iter()), whole);
                }
                assert_eq!(read_cut(bare, &input, 0..input.len()), whole);
            }
        }
    }
}

#[test]
fn a_piece_of_no_octets_is_no_chunk() {
    for mut writer in [BdatWriter::text(), BdatWriter::binary()] {
        let mut out = BytesMut::new();
        writer.write(b"", &mut out);
        assert_eq!(out, "");
        writer.write(b"a\r\n", &mut out);
        writer.write(b"", &mut out);
        writer.finish(b"", &mut out).unwrap();
        assert_eq!(out, "BDAT 3\r\na\r\nBDAT 0 LAST\r\n");
    }
    // The CRLF of a CR is out already, so that its LF comes to nothing.
    let (mut writer, mut out) = (BdatWriter::text(), BytesMut::new());
    writer.write(b"a\r", &mut out);
    writer.write(b"\n", &mut out);
    assert_eq!(out, "BDAT 3\r\na\r\n");
}

#[test]
fn a_chunk_that_would_end_damaged_text_is_not_written() {
    for (content, fault) in [
        (&b"a\r\n.\r\n\r\nb"[..], None),
        (b"a\nb", Some(BodyFault::BareLf)),
        (b"a\r\n\n", Some(BodyFault::BareLf)),
        (b"a\rb\n", Some(BodyFault::BareCr)),
        (b"a\r", Some(BodyFault::BareCr)),
    ] {
        for cut in 0..=content.len() {
            let mut writer = BdatWriter::text_with(BareLineEnds::Refuse);
            let mut out = BytesMut::new();
            writer.write(&content[..cut], &mut out);
            let written = out.len();
            let finished = writer.finish(&content[cut..], &mut out);
            assert_eq!(finished, fault.map_or(Ok(()), Err));
            assert_eq!(out.len() == written, fault.is_some(), "no last chunk");
            assert_eq!(writer.fault(), None, "it begins anew");
            for mut writer in [BdatWriter::text(), BdatWriter::binary()] {
                writer.write(content, &mut out);
                assert_eq!(
                    (writer.fault(), writer.finish(b"", &mut out)),
                    (None, Ok(()))
                );
            }
        }
    }
}

#[test]
fn sums_of_chunks_do_not_wrap() {
    let chunk = |size| Bdat { size, last: false };
    let total = ChunkedTotal::ZERO.with(chunk(u64::MAX - 1)).unwrap();
    assert_eq!(
        total.with(chunk(1)).map(ChunkedTotal::octets),
        Some(u64::MAX)
    );
    assert_eq!(total.with(chunk(2)), None);
}

proptest! {
    #[test]
    fn what_is_written_is_read(content in soup(), size in 1usize..40) {
        let (mut writer, mut out) = (DataWriter::new(), BytesMut::new());
        for piece in content.chunks(size) {
            writer.write(piece, &mut out);
        }
        writer.finish(&mut out).unwrap();
        let expected = [&normalised(&content)[..], b" + 0"].concat();
        prop_assert_eq!(read_cut(BareLineEnds::Refuse, &out, [].into_iter()), expected);
        for (at, octet) in out.iter().enumerate() {
            match octet {
                b'\r' => prop_assert_eq!(out.get(at + 1), Some(&b'\n')),
                b'\n' => prop_assert_eq!(out[at - 1], b'\r'),
                _ => {}
            }
        }
        for (writer, expected) in [
            (BdatWriter::text(), normalised(&content)),
            (BdatWriter::binary(), content.clone()),
        ] {
            let (mut writer, mut out) = (writer, BytesMut::new());
            for piece in content.chunks(size) {
                writer.write(piece, &mut out);
            }
            writer.finish(b"", &mut out).unwrap();
            prop_assert_eq!(chunks(&out), expected);
        }
    }

    #[test]
    fn cuts_make_no_difference(input in soup(), size in 1usize..40, normalise in any::<bool>()) {
        let bare = if normalise { BareLineEnds::Normalise } else { BareLineEnds::Refuse };
        let whole = read_cut(bare, &input, [].into_iter());
        prop_assert_eq!(read_cut(bare, &input, (0..input.len()).step_by(size)), whole);
    }
}

/// Content made of lines, dots and damage; also long enough for whole blocks.
fn soup() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        8 => Just(b"The quick brown fox jumps over the lazy dog, and home again.\r\n".to_vec()),
        2 => Just(b"\r\n".to_vec()),
        2 => Just(b".".to_vec()),
        1 => Just(b"\n".to_vec()),
        1 => Just(b"\r".to_vec()),
        1 => Just(b"\0".to_vec()),
        2 => Just(b"text".to_vec()),
    ];
    proptest::collection::vec(word, 0..60).prop_map(|words| words.concat())
}
