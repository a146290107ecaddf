//! What each line of a reply that is written begins with.

use bytes::{BufMut, BytesMut};

use super::{Code, EnhancedCode};

/// The longest start: `250-5.123.123 `.
pub(super) const LONGEST: usize = 4 + 10;

/// Octets up to the enhanced code: `250 `.
const PLAIN: usize = 4;

/// The longest start, rounded up.
const ROOM: usize = 16;

/// A code, a separator, and the enhanced code, if there is one, with a space behind it: the same for
/// every line but for the separator. It is put together when the reply is, for most replies when the
/// program is built, and written once for every command.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct LineStart {
    octets: [u8; ROOM],
    length: u8,
}

impl LineStart {
    pub(super) const fn new(code: Code, enhanced: Option<EnhancedCode>) -> Self {
        let start = Self {
            octets: [b' '; ROOM],
            length: 0,
        };
        let start = start.number(code.value()).push(b' ');
        match enhanced {
            None => start,
            Some(enhanced) => start
                .number(enhanced.class() as u16)
                .push(b'.')
                .number(enhanced.subject())
                .push(b'.')
                .number(enhanced.detail())
                .push(b' '),
        }
    }

    /// Appends a whole line, `separator` behind its code.
    #[inline]
    pub(super) fn write(&self, separator: u8, with_enhanced: bool, line: &str, out: &mut BytesMut) {
        let start = out.len();
        let length = if with_enhanced {
            usize::from(self.length)
        } else {
            PLAIN
        };
        // As many octets as there can be, for it is faster to copy a number that is fixed.
        out.put_slice(&self.octets);
        out.truncate(start + length);
        if separator != b' ' {
            if let Some(octet) = out.get_mut(start + PLAIN - 1) {
                *octet = separator;
            }
        }
        out.put_slice(line.as_bytes());
        out.put_slice(b"\r\n");
    }

    /// A number below 1000, without zeros in front.
    const fn number(self, value: u16) -> Self {
        let mut start = self;
        if value >= 100 {
            start = start.push(digit(value / 100));
        }
        if value >= 10 {
            start = start.push(digit(value / 10));
        }
        start.push(digit(value))
    }

    #[allow(
        clippy::indexing_slicing,
        reason = "slices have no `get` in a const, and there is room for all that is put here"
    )]
    const fn push(mut self, octet: u8) -> Self {
        self.octets[self.length as usize] = octet;
        self.length += 1;
        self
    }
}

/// The last digit of a number.
#[allow(
    clippy::cast_possible_truncation,
    reason = "it is below 10, and there is no other conversion in a const"
)]
const fn digit(value: u16) -> u8 {
    b'0' + (value % 10) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_reads_as_its_codes_do() {
        let numbers = [0, 1, 9, 10, 11, 99, 100, 101, 110, 999];
        for (code, class) in [(200, 2), (421, 4), (450, 4), (505, 5), (599, 5)] {
            let code = Code::new(code).unwrap();
            for (subject, detail) in numbers.into_iter().zip(numbers.into_iter().rev()) {
                let enhanced = EnhancedCode::new(class, subject, detail).unwrap();
                let start = LineStart::new(code, Some(enhanced));
                let mut out = BytesMut::from("before ");
                start.write(b'-', true, "text", &mut out);
                start.write(b'-', false, "text", &mut out);
                LineStart::new(code, None).write(b' ', true, "", &mut out);
                let expected =
                    format!("before {code}-{enhanced} text\r\n{code}-text\r\n{code} \r\n");
                assert_eq!(out, expected.as_bytes());
            }
        }
    }
}
