//! Content, after DATA and in chunks.

use bytes::BytesMut;
use mailwire_smtp_proto::body::{
    BareLineEnds, BdatReader, BdatWriter, BodyFault, DataFrame, DataReader, DataWriter,
};
use mailwire_smtp_proto::command::Command;

use crate::cuts;

/// What was read: the content, the fault, and how many octets were taken with the end.
#[derive(Debug, PartialEq)]
struct Read {
    content: Vec<u8>,
    fault: Option<BodyFault>,
    end: Option<usize>,
}

/// Content is the same however it arrives and as a plain reading of the rules has it; what is
/// written has no line end but CRLF, and is read as it was.
///
/// # Panics
///
/// When it is not.
pub fn body(data: &[u8]) {
    let (size, input) = cuts::split(data);
    for bare in [BareLineEnds::Refuse, BareLineEnds::Normalise] {
        let expected = plain(bare, input);
        assert_eq!(read(bare, input, input.len().max(1)), expected);
        assert_eq!(read(bare, input, size), expected);
        assert_eq!(read(bare, input, 1), expected);
    }
    writers(input, size);
}

fn read(bare: BareLineEnds, input: &[u8], size: usize) -> Read {
    let mut reader = DataReader::with(bare);
    let (mut content, mut at) = (Vec::new(), 0);
    for end in cuts::ends(input.len(), size) {
        while let Some((consumed, frame)) = reader.take(&input[at..end]) {
            assert!(consumed > 0);
            at += consumed;
            match frame {
                DataFrame::Content(piece) => {
                    assert!(!piece.is_empty());
                    content.extend_from_slice(piece);
                }
                DataFrame::End => {
                    assert_eq!(reader.content_octets(), content.len() as u64);
                    let fault = reader.fault();
                    return Read {
                        content,
                        fault,
                        end: Some(at),
                    };
                }
            }
        }
        assert!(end - at <= 2, "more is kept than the rule needs");
    }
    let fault = reader.fault();
    Read {
        content,
        fault,
        end: None,
    }
}

/// The rules of RFC 5321 sections 2.3.8 and 4.5.2, an octet at a time.
fn plain(bare: BareLineEnds, input: &[u8]) -> Read {
    let mut read = Read {
        content: Vec::new(),
        fault: None,
        end: None,
    };
    let (mut at, mut line_start) = (0, true);
    while at < input.len() {
        let rest = &input[at..];
        if line_start && rest[0] == b'.' {
            if rest == b"." || rest == b".\r" {
                break;
            }
            if rest.starts_with(b".\r\n") {
                read.end = Some(at + 3);
                break;
            }
            at += 1;
            line_start = false;
            continue;
        }
        if rest == b"\r" {
            break;
        }
        line_start = rest.starts_with(b"\r\n");
        let fault = match rest[0] {
            _ if line_start => None,
            b'\r' => Some(BodyFault::BareCr),
            b'\n' => Some(BodyFault::BareLf),
            _ => None,
        };
        match (fault, bare) {
            (Some(_), BareLineEnds::Normalise) => read.content.extend_from_slice(b"\r\n"),
            (Some(fault), BareLineEnds::Refuse) => {
                read.fault.get_or_insert(fault);
                read.content.push(rest[0]);
            }
            (None, _) => read.content.push(rest[0]),
        }
        at += 1;
        if line_start {
            read.content.push(b'\n');
            at += 1;
        }
    }
    read
}

fn writers(content: &[u8], size: usize) {
    let normal = normalised(content);
    let mut whole = BytesMut::new();
    let mut writer = DataWriter::new();
    writer.write(content, &mut whole);
    assert_eq!(writer.finish(&mut whole), Ok(()));
    let mut cut = BytesMut::new();
    for piece in content.chunks(size) {
        writer.write(piece, &mut cut);
    }
    assert_eq!(writer.finish(&mut cut), Ok(()));
    assert_eq!(whole, cut);
    has_only_crlf(&whole);
    let back = read(BareLineEnds::Refuse, &whole, whole.len());
    assert_eq!(back.content, normal);
    assert_eq!((back.fault, back.end), (None, Some(whole.len())));

    // A writer that refuses knows by any cuts whether each line end was a CRLF.
    let mut strict = DataWriter::with(BareLineEnds::Refuse);
    let mut out = BytesMut::new();
    for piece in content.chunks(size) {
        strict.write(piece, &mut out);
    }
    let is_clean = content == normal || [content, b"\r\n"].concat() == normal;
    assert_eq!(strict.finish(&mut out).is_ok(), is_clean);
    assert_eq!(out == whole, is_clean);

    for (mut writer, expected) in [
        (BdatWriter::text(), &normal[..]),
        (BdatWriter::binary(), content),
    ] {
        let mut out = BytesMut::new();
        for piece in content.chunks(size) {
            writer.write(piece, &mut out);
        }
        assert_eq!(writer.finish(b"", &mut out), Ok(()));
        assert_eq!(chunks(&out), expected);
    }
    let mut strict = BdatWriter::text_with(BareLineEnds::Refuse);
    let mut out = BytesMut::new();
    for piece in content.chunks(size) {
        strict.write(piece, &mut out);
    }
    let (written, finished) = (out.len(), strict.finish(b"", &mut out));
    assert_eq!(finished.is_ok(), is_clean);
    assert_eq!(out.len() > written, is_clean);
}

/// The content of chunks, up to the last.
fn chunks(input: &[u8]) -> Vec<u8> {
    let (mut content, mut at) = (Vec::new(), 0);
    loop {
        let Some(end) = input[at..].windows(2).position(|pair| pair == b"\r\n") else {
            panic!("no command");
        };
        let Ok(Command::Bdat(chunk)) = Command::parse(&input[at..at + end]) else {
            panic!("not BDAT");
        };
        at += end + 2;
        let mut reader = BdatReader::new(chunk);
        if let Some(octets) = reader.take(&input[at..]) {
            content.extend_from_slice(octets);
            at += octets.len();
        }
        assert!(reader.is_ended());
        if reader.is_last() {
            assert_eq!(at, input.len());
            return content;
        }
        assert!(chunk.size > 0);
    }
}

/// Every line end a CRLF, also the last.
fn normalised(content: &[u8]) -> Vec<u8> {
    let (mut normal, mut at) = (Vec::new(), 0);
    while let Some(octet) = content.get(at) {
        match octet {
            b'\r' | b'\n' => normal.extend_from_slice(b"\r\n"),
            octet => normal.push(*octet),
        }
        at += if content[at..].starts_with(b"\r\n") {
            2
        } else {
            1
        };
    }
    if !normal.is_empty() && !normal.ends_with(b"\r\n") {
        normal.extend_from_slice(b"\r\n");
    }
    normal
}

fn has_only_crlf(output: &[u8]) {
    for (at, octet) in output.iter().enumerate() {
        match octet {
            b'\r' => assert_eq!(output.get(at + 1), Some(&b'\n')),
            b'\n' => assert_eq!(output[at - 1], b'\r'),
            _ => {}
        }
    }
}
