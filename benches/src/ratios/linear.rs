//! That no input costs more than its length: the worst ones that were found, and twice of each.

use std::hint::black_box;

use bytes::BytesMut;
use mailwire_smtp_proto::body::{BareLineEnds, BdatWriter, DataFrame, DataReader, DataWriter};
use mailwire_smtp_proto::charset::Charset;
use mailwire_smtp_proto::command::{Command, Reading};
use mailwire_smtp_proto::ehlo::Capabilities;
use mailwire_smtp_proto::line::{Frame, LineFramer};
use mailwire_smtp_proto::params::MailParameters;
use mailwire_smtp_proto::path::Mailbox;
use mailwire_smtp_proto::reply::{Reply, ReplyLimits, ReplyReader};

use super::{Contestant, Measure, Unit};

pub(super) fn measures() -> Vec<Measure> {
    vec![
        doubled("linear/line-octet-by-octet", 2_000, |n| vec![b'x'; n], line),
        doubled("linear/line-lf", 20_000, |n| vec![b'\n'; n], line_at_once),
        doubled("linear/path-dots", 10_000, |n| b"a.".repeat(n / 2), path),
        doubled(
            "linear/path-quoted",
            10_000,
            |n| [b"\"", &b"\\a".repeat(n / 2)[..]].concat(),
            path,
        ),
        doubled(
            "linear/path-route",
            10_000,
            |n| [b"<", &b"@a,".repeat(n / 3)[..]].concat(),
            command_rcpt,
        ),
        doubled(
            "linear/params-unknown",
            10_000,
            |n| b" X=1".repeat(n / 4),
            params,
        ),
        doubled(
            "linear/params-xtext",
            10_000,
            |n| [b"ENVID=", &b"+20".repeat(n / 3)[..]].concat(),
            params,
        ),
        doubled(
            "linear/params-notify",
            10_000,
            |n| [b"NOTIFY=", &b"DELAY,".repeat(n / 6)[..]].concat(),
            rcpt_params,
        ),
        doubled(
            "linear/attributes",
            10_000,
            |n| [b"XCLIENT ", &b"A=+41 ".repeat(n / 6)[..]].concat(),
            command,
        ),
        doubled(
            "linear/attribute-text",
            10_000,
            |n| [b"XCLIENT NAME=", &b"+41".repeat(n / 3)[..]].concat(),
            command,
        ),
        doubled(
            "linear/params-orcpt",
            10_000,
            |n| [b"ORCPT=utf-8;", &br"\x{3C1}".repeat(n / 7)[..]].concat(),
            rcpt_params,
        ),
        doubled(
            "linear/reply-octet-by-octet",
            2_000,
            |n| b"250-\r\n".repeat(n / 6),
            reply,
        ),
        doubled(
            "linear/reply-short-lines",
            20_000,
            |n| b"250-\r\n".repeat(n / 6),
            reply_at_once,
        ),
        doubled(
            "linear/ehlo-mechanisms",
            20_000,
            |n| {
                [
                    b"250-mx\r\n250-AUTH ",
                    &b"AB ".repeat(n / 3)[..],
                    b"\r\n250 X\r\n",
                ]
                .concat()
            },
            ehlo,
        ),
        doubled(
            "linear/ehlo-lines",
            20_000,
            |n| [&b"250-X A\r\n".repeat(n / 9)[..], b"250 X\r\n"].concat(),
            ehlo_keywords,
        ),
        doubled(
            "linear/reply-text-lossy",
            20_000,
            |n| "\u{e9} \n".repeat(n / 4).into_bytes(),
            reply_text,
        ),
        doubled(
            "linear/body-octet-by-octet",
            2_000,
            |n| b"..\r\n".repeat(n / 4),
            body,
        ),
        doubled(
            "linear/body-lone-dots",
            20_000,
            |n| b"..\r\n".repeat(n / 4),
            body_at_once,
        ),
        doubled(
            "linear/body-lf",
            20_000,
            |n| vec![b'\n'; n],
            body_normalised,
        ),
        doubled(
            "linear/body-dot-a-block",
            40_000,
            |n| [&[b'x'; 508][..], b"\r\n.."].concat().repeat(n / 512),
            body_at_once,
        ),
        doubled("linear/chunk-lf", 20_000, |n| vec![b'\n'; n], chunk_writer),
        doubled("linear/writer-lf", 20_000, |n| vec![b'\n'; n], writer),
        doubled(
            "linear/writer-octet-by-octet",
            2_000,
            |n| b".\r\n".repeat(n / 3),
            writer_by_octet,
        ),
    ]
}

fn doubled(
    name: &'static str,
    octets: usize,
    input: impl Fn(usize) -> Vec<u8>,
    run: fn(&[u8]),
) -> Measure {
    let (once, twice) = (input(octets), input(octets * 2));
    Measure {
        name,
        unit: Unit::Doubling,
        contestants: vec![
            Contestant::ours(move || run(black_box(&once))),
            Contestant::reference("twice", move || run(black_box(&twice))),
        ],
    }
}

/// Lets a function see the input grow by an octet at a time.
fn growing(input: &[u8], mut see: impl FnMut(&[u8])) {
    for end in 0..=input.len() {
        see(&input[..end]);
    }
}

fn line(input: &[u8]) {
    let mut framer = LineFramer::new();
    growing(input, |unread| {
        black_box(framer.poll(unread, usize::MAX));
    });
}

fn line_at_once(input: &[u8]) {
    let mut framer = LineFramer::new();
    let frame = framer.take(input, usize::MAX);
    assert!(!matches!(black_box(frame), Some((_, Frame::Line(_)))));
}

fn path(input: &[u8]) {
    let _ = black_box(Mailbox::parse_in(Charset::Utf8, input));
}

fn command(input: &[u8]) {
    let _ = black_box(Command::parse_as(Reading::default(), input));
}

fn command_rcpt(input: &[u8]) {
    let _ = black_box(mailwire_smtp_proto::path::ForwardPath::parse(input));
}

fn params(input: &[u8]) {
    if let Ok(parameters) = black_box(MailParameters::parse(input)) {
        black_box(parameters.unknown.count());
    }
}

fn rcpt_params(input: &[u8]) {
    let _ = black_box(mailwire_smtp_proto::params::RcptParameters::parse(input));
}

const ANY_REPLY: ReplyLimits = {
    let mut limits = ReplyLimits::DEFAULT;
    limits.line = usize::MAX;
    limits.challenge = usize::MAX;
    limits.lines = usize::MAX;
    limits.octets = usize::MAX;
    limits
};

fn reply(input: &[u8]) {
    let mut reader = ReplyReader::with_limits(ANY_REPLY);
    growing(input, |unread| {
        black_box(reader.poll(unread));
    });
}

fn reply_at_once(input: &[u8]) {
    let mut reader = ReplyReader::with_limits(ANY_REPLY);
    black_box(reader.poll(input));
}

fn ehlo(input: &[u8]) {
    let mut reader = ReplyReader::with_limits(ANY_REPLY);
    if let Ok(Some((_, reply))) = reader.take(input) {
        let offered = Capabilities::parse(&reply);
        black_box(offered.auth().count());
    }
}

fn ehlo_keywords(input: &[u8]) {
    let mut reader = ReplyReader::with_limits(ANY_REPLY);
    if let Ok(Some((_, reply))) = reader.take(input) {
        let offered = Capabilities::parse(&reply);
        black_box((offered.offers("X-UNKNOWN"), offered.keywords().count()));
    }
}

fn reply_text(input: &[u8]) {
    let mut out = BytesMut::new();
    let text = String::from_utf8_lossy(input);
    Reply::from_parts(550, (5, 1, 1), &text).write(true, &mut out);
    black_box(&out);
}

fn chunk_writer(input: &[u8]) {
    let mut out = BytesMut::with_capacity(input.len() * 2 + 40);
    assert!(BdatWriter::text().finish(input, &mut out).is_ok());
    black_box(&out);
}

fn body(input: &[u8]) {
    let mut reader = DataReader::new();
    let mut at = 0;
    for end in 0..=input.len() {
        while let Some((consumed, _)) = reader.take(&input[at..end]) {
            at += consumed;
        }
    }
}

fn body_at_once(input: &[u8]) {
    read_all(DataReader::new(), input);
}

fn body_normalised(input: &[u8]) {
    read_all(DataReader::with(BareLineEnds::Normalise), input);
}

fn read_all(mut reader: DataReader, input: &[u8]) {
    let mut at = 0;
    while let Some((consumed, DataFrame::Content(piece))) = reader.take(&input[at..]) {
        black_box(piece);
        at += consumed;
    }
}

fn writer(input: &[u8]) {
    let mut out = BytesMut::with_capacity(input.len() * 2 + 3);
    DataWriter::new().write(input, &mut out);
    black_box(&out);
}

fn writer_by_octet(input: &[u8]) {
    let (mut writer, mut out) = (
        DataWriter::new(),
        BytesMut::with_capacity(input.len() * 2 + 3),
    );
    for octet in input.chunks(1) {
        writer.write(octet, &mut out);
    }
    black_box(&out);
}
