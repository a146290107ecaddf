//! Reading replies.

use std::hint::black_box;

use lettre::transport::smtp::extension::ServerInfo;
use lettre::transport::smtp::response::Response;
use mailwire_smtp_proto::ehlo::Capabilities;
use mailwire_smtp_proto::reply::ReplyReader;

use super::inputs::{EHLO, SINGLE};
use super::{Contestant, Measure, Unit};

pub(super) fn measures() -> Vec<Measure> {
    vec![single(), ehlo()]
}

fn single() -> Measure {
    Measure {
        name: "reply/single",
        unit: Unit::Nanoseconds,
        contestants: vec![
            Contestant::ours(|| {
                for reply in SINGLE {
                    let mut reader = ReplyReader::new();
                    let read = reader.take(black_box(reply.as_bytes()));
                    let Ok(Some((_, read))) = read else {
                        panic!("a reply");
                    };
                    black_box((read.code(), read.enhanced_lines().next()));
                }
            }),
            Contestant::peer("smtp-proto", || {
                for reply in SINGLE {
                    let mut receiver =
                        stalwart_smtp_proto::response::parser::ResponseReceiver::default();
                    let mut octets = black_box(reply.as_bytes()).iter();
                    assert!(black_box(receiver.parse(&mut octets)).is_ok());
                }
            }),
            Contestant::peer("smtp-message", || {
                for reply in SINGLE {
                    let read = smtp_message::Reply::<&str>::parse(black_box(reply.as_bytes()));
                    assert!(black_box(read).is_ok());
                }
            }),
            Contestant::peer("mailrs-smtp-client", || {
                for reply in SINGLE {
                    let read = mailrs_smtp_client::parse_response(black_box(reply));
                    assert!(black_box(read).is_some());
                }
            })
            .with_note("no enhanced codes; the input is text already"),
            Contestant::peer("io-smtp", || {
                for reply in SINGLE {
                    let read = io_smtp::rfc5321::SmtpResponse::parse(black_box(reply.as_bytes()));
                    assert!(black_box(read).is_ok());
                }
            })
            .with_note("no enhanced codes"),
            Contestant::peer("lettre", || {
                for reply in SINGLE {
                    assert!(black_box(black_box(reply).parse::<Response>()).is_ok());
                }
            })
            .with_note("no enhanced codes"),
        ],
    }
}

fn ehlo() -> Measure {
    let mut contestants = vec![
        Contestant::ours(|| {
            let mut reader = ReplyReader::new();
            let Ok(Some((_, read))) = reader.take(black_box(EHLO.as_bytes())) else {
                panic!("a reply");
            };
            let offered = black_box(Capabilities::parse(&read));
            assert!(offered.starttls() && offered.pipelining() && offered.chunking());
            assert!(black_box(offered.size()).permits(1000));
            assert!(offered.offers_mechanism("PLAIN"));
        }),
        Contestant::peer("smtp-proto", || {
            let mut octets = black_box(EHLO.as_bytes()).iter();
            let Ok(read) = stalwart_smtp_proto::EhloResponse::parse(&mut octets) else {
                panic!("a reply");
            };
            let read = black_box(read);
            assert!(
                read.has_capability(stalwart_smtp_proto::EXT_START_TLS)
                    && read.has_capability(stalwart_smtp_proto::EXT_PIPELINING)
                    && read.has_capability(stalwart_smtp_proto::EXT_CHUNKING)
                    && read.size > 1000
                    && read.auth_mechanisms & stalwart_smtp_proto::AUTH_PLAIN != 0
            );
        }),
        Contestant::peer("mailrs-smtp-client", || {
            let Some(read) = mailrs_smtp_client::parse_response(black_box(EHLO)) else {
                panic!("a reply");
            };
            let read = black_box(read);
            assert!(
                read.has_extension("STARTTLS")
                    && read.has_extension("PIPELINING")
                    && read.has_extension("CHUNKING")
            );
        })
        .with_note("lines are kept as text; the input is text already"),
        Contestant::peer("io-smtp", || {
            let Ok(read) = io_smtp::rfc5321::SmtpEhloResponse::parse(black_box(EHLO.as_bytes()))
            else {
                panic!("a reply");
            };
            let read = black_box(read);
            assert!(
                read.has_capability("STARTTLS")
                    && read.has_capability("PIPELINING")
                    && read.has_capability("CHUNKING")
            );
        }),
        Contestant::peer("lettre", || {
            let Ok(read) = black_box(EHLO).parse::<Response>() else {
                panic!("a reply");
            };
            assert!(black_box(ServerInfo::from_response(&read)).is_ok());
        }),
    ];
    if smtp_codec::parse::response::ehlo_ok_rsp(EHLO.as_bytes()).is_ok() {
        contestants.push(Contestant::peer("smtp-codec", || {
            let read = smtp_codec::parse::response::ehlo_ok_rsp(black_box(EHLO.as_bytes()));
            assert!(black_box(read).is_ok());
        }));
    }
    Measure {
        name: "reply/ehlo",
        unit: Unit::Nanoseconds,
        contestants,
    }
}
