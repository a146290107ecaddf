//! Writing content onto the wire, in pieces of 64 KiB, the output flushed after each.

use std::hint::black_box;

use bytes::BytesMut;
use futures::AsyncWriteExt;
use futures::executor::block_on;
use io_smtp::coroutine::{SmtpCoroutine, SmtpCoroutineState, SmtpYield};
use io_smtp::rfc5321::data::SmtpData;
use mailwire_smtp_proto::body::DataWriter;

use super::inputs::{DOT_LINE, FAR, LF_LINE, LINE, NEAR, PIECE, repeated};
use super::{Contestant, Measure, Unit};

pub(super) fn measures() -> Vec<Measure> {
    [
        ("send/normal-near", LINE, NEAR),
        ("send/normal-far", LINE, FAR),
        ("send/dotted", DOT_LINE, NEAR),
        ("send/lf", LF_LINE, NEAR),
    ]
    .into_iter()
    .map(|(name, line, octets)| send(name, line, octets))
    .collect()
}

fn send(name: &'static str, line: &[u8], octets: usize) -> Measure {
    let content: &'static [u8] = repeated(line, octets).leak();
    let lines = content.len() / line.len();
    let has_dot = line.starts_with(b".");
    let on_wire = lines * (line.len() + usize::from(has_dot) + usize::from(line == LF_LINE)) + 3;
    // The output for near memory is used again for each piece; for far memory it is all kept, as
    // where a message is written to be sent later.
    let keeps = octets == FAR;
    let mut contestants = vec![Contestant::ours({
        let mut out = BytesMut::with_capacity(if keeps { content.len() * 2 } else { PIECE * 3 });
        move || {
            let (mut writer, mut length) = (DataWriter::new(), 0);
            out.clear();
            for piece in black_box(content).chunks(PIECE) {
                writer.write(piece, &mut out);
                if !keeps {
                    length += black_box(&out).len();
                    out.clear();
                }
            }
            assert_eq!(writer.finish(&mut out), Ok(()));
            length += black_box(&out).len();
            assert_eq!(length, on_wire);
        }
    })];
    if line != LF_LINE {
        contestants.push(
            Contestant::peer("mailrs-smtp-client", move || {
                let out = mailrs_smtp_client::connection::dot_stuff(black_box(content));
                assert_eq!(black_box(&out).len() + 3, on_wire);
            })
            .with_note("dots alone: line ends go out as they are, and no end is written"),
        );
        // It gives up on content whose lines start with a dot.
        if !has_dot {
            contestants.push(
                Contestant::peer("smtp-message", {
                    let mut out = Vec::with_capacity(content.len() * 2);
                    move || {
                        out.clear();
                        block_on(async {
                            let mut writer = smtp_message::EscapingDataWriter::new(&mut out);
                            for piece in black_box(content).chunks(PIECE) {
                                assert!(writer.write_all(piece).await.is_ok());
                            }
                            assert!(writer.finish().await.is_ok());
                        });
                        assert_eq!(black_box(&out).len(), on_wire);
                    }
                })
                .with_note("line ends go out as they are"),
            );
        }
        contestants.push(
            Contestant::peer("io-smtp", move || {
                let mut exchange = SmtpData::new(black_box(content).to_vec());
                let mut reply = None;
                let body = loop {
                    match exchange.resume(reply.take()) {
                        SmtpCoroutineState::Yielded(SmtpYield::WantsWrite(octets)) => {
                            if octets.len() > 6 {
                                break octets;
                            }
                        }
                        SmtpCoroutineState::Yielded(SmtpYield::WantsRead) => {
                            reply = Some(&b"354 go\r\n"[..]);
                        }
                        SmtpCoroutineState::Complete(_) => panic!("there is content to write"),
                    }
                };
                assert_eq!(black_box(&body).len(), on_wire);
            })
            .with_note("takes the message as its own, so it is copied; no bare line end is mended"),
        );
    }
    contestants.push(Contestant::reference("memcpy", {
        let mut out = BytesMut::with_capacity(if keeps { content.len() * 2 } else { PIECE * 3 });
        move || {
            out.clear();
            for piece in black_box(content).chunks(PIECE) {
                out.extend_from_slice(piece);
                if !keeps {
                    black_box(&out);
                    out.clear();
                }
            }
            black_box(&out);
        }
    }));
    Measure {
        name,
        unit: Unit::Octets(content.len()),
        contestants,
    }
}
