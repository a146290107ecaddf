//! Parsing command lines, addresses and parameters validated.

use std::hint::black_box;

use mailwire_smtp_proto::charset::Charset;
use mailwire_smtp_proto::command::{Command, Reading};
use mailwire_smtp_proto::line::{Frame, LineFramer};

use super::inputs::{RICH, TYPICAL};
use super::{Contestant, Measure, Unit};

/// Octets that a line may have, with what its extensions add.
const MAX_COMMAND_LINE: usize = 2048;

pub(super) fn measures() -> Vec<Measure> {
    vec![
        lines("command/typical", &TYPICAL),
        lines("command/rich", &RICH),
    ]
}

fn lines(name: &'static str, lines: &'static [&'static str]) -> Measure {
    let with_crlf: Vec<String> = lines.iter().map(|line| format!("{line}\r\n")).collect();
    let reading = Reading::default().with_charset(Charset::Utf8);
    let mut contestants = vec![
        Contestant::ours({
            let lines = with_crlf.clone();
            move || {
                for line in &lines {
                    let mut framer = LineFramer::new();
                    let framed = framer.take(black_box(line.as_bytes()), MAX_COMMAND_LINE);
                    let Some((_, Frame::Line(line))) = framed else {
                        panic!("a line");
                    };
                    let parsed = Command::parse_as(reading, line);
                    assert!(black_box(parsed).is_ok());
                }
            }
        })
        .with_note("the line is framed as well, as by those that take the CRLF"),
        Contestant::peer("smtp-proto", {
            let lines = with_crlf.clone();
            move || {
                for line in &lines {
                    let mut octets = black_box(line.as_bytes()).iter();
                    assert!(black_box(stalwart_smtp_proto::Request::parse(&mut octets)).is_ok());
                }
            }
        })
        .with_note("domains and parameters are checked less"),
        Contestant::peer("mailrs-smtp-proto", move || {
            for line in lines {
                assert!(black_box(mailrs_smtp_proto::parse_command(black_box(line))).is_ok());
            }
        })
        .with_note(
            "the line is framed already; parameters are kept as text, addresses are hardly checked",
        ),
    ];
    // These do not take every line; where they do not, they do not take part.
    let smtp_message =
        |line: &str| smtp_message::Command::<&str>::parse(black_box(line.as_bytes())).is_ok();
    if takes_all("smtp-message", name, &with_crlf, smtp_message) {
        let lines = with_crlf.clone();
        contestants.push(
            Contestant::peer("smtp-message", move || {
                for line in &lines {
                    let parsed = smtp_message::Command::<&str>::parse(black_box(line.as_bytes()));
                    assert!(black_box(parsed).is_ok());
                }
            })
            .with_note("parameters are kept as text"),
        );
    }
    let smtp_codec = |line: &str| smtp_codec::parse::command::command(line.as_bytes()).is_ok();
    if takes_all("smtp-codec", name, &with_crlf, smtp_codec) {
        contestants.push(
            Contestant::peer("smtp-codec", move || {
                for line in &with_crlf {
                    let parsed = smtp_codec::parse::command::command(black_box(line.as_bytes()));
                    assert!(black_box(parsed).is_ok());
                }
            })
            .with_note("parameters are kept as text"),
        );
    }
    Measure {
        name,
        unit: Unit::Nanoseconds,
        contestants,
    }
}

/// Whether a peer takes all of the lines; it is told of if it does not.
#[allow(
    clippy::print_stderr,
    reason = "a peer must not be left out in silence"
)]
fn takes_all(peer: &str, measure: &str, lines: &[String], takes: impl Fn(&str) -> bool) -> bool {
    let refused: Vec<&String> = lines.iter().filter(|line| !takes(line)).collect();
    if !refused.is_empty() {
        eprintln!("{measure}: {peer} takes no part, as it refuses {refused:?}");
    }
    refused.is_empty()
}
