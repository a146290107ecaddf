//! Framing of lines.

use mailwire_smtp_proto::line::{Frame, LineFault, LineFramer};

use crate::cuts;

const LIMIT: usize = 64;

type Lines = Vec<Result<Vec<u8>, LineFault>>;

/// Lines are the same however they arrive, hold nothing that ends a line, and an over-long one
/// costs no memory.
///
/// # Panics
///
/// When they are not.
pub fn line(data: &[u8]) {
    let (size, input) = cuts::split(data);
    let whole = lines(input, input.len().max(1));
    assert_eq!(lines(input, size), whole);
    assert_eq!(lines(input, 1), whole);
    // What a plain reading of the rule makes of it.
    assert_eq!(plain(input), whole);
}

fn lines(input: &[u8], size: usize) -> Lines {
    let mut framer = LineFramer::new();
    let (mut lines, mut at) = (Vec::new(), 0);
    for end in cuts::ends(input.len(), size) {
        while framer.poll(&input[at..end], LIMIT).is_some() {
            let taken = framer.take(&input[at..end], LIMIT);
            let Some((consumed, frame)) = taken else {
                panic!("there was a frame");
            };
            assert!(consumed > 0);
            at += consumed;
            match frame {
                Frame::Line(line) => {
                    assert!(line.len() + 2 <= LIMIT);
                    assert!(!line.iter().any(|octet| matches!(octet, b'\r' | b'\n' | 0)));
                    lines.push(Ok(line.to_vec()));
                }
                Frame::Fault(fault) => lines.push(Err(fault)),
                Frame::PassedOver => {}
            }
        }
        assert!(end - at <= LIMIT, "a line over its limit is kept");
    }
    lines
}

fn plain(input: &[u8]) -> Lines {
    let (mut lines, mut start) = (Vec::new(), 0);
    for at in 1..input.len() {
        if input[at] != b'\n' || input[at - 1] != b'\r' || at == start {
            continue;
        }
        let line = &input[start..at - 1];
        let damage = line.iter().find_map(|octet| match octet {
            b'\r' => Some(LineFault::BareCr),
            b'\n' => Some(LineFault::BareLf),
            0 => Some(LineFault::Nul),
            _ => None,
        });
        lines.push(match damage {
            _ if at + 1 - start > LIMIT => Err(LineFault::TooLong),
            Some(fault) => Err(fault),
            None => Ok(line.to_vec()),
        });
        start = at + 1;
    }
    lines
}
