//! What each line of a reply that is written begins with.

use bytes::{BufMut, BytesMut};

use super::{Code, EnhancedCode};

/// The longest start: `250-5.123.123 `.
pub(super) const LONGEST: usize = 4 + 10;

/// The same, rounded up.
const ROOM: usize = 16;

/// A code, a separator, and the enhanced code with a space behind it: the same for every line but
/// for the separator. It is put together once a reply, by hand, as a server writes one for every
/// command.
pub(super) struct LineStart {
    octets: [u8; ROOM],
    length: usize,
}

impl LineStart {
    pub(super) fn new(code: Code, enhanced: Option<EnhancedCode>) -> Self {
        let mut start = Self {
            octets: [b' '; ROOM],
            length: 0,
        };
        start.number(code.value());
        start.push(b' ');
        if let Some(enhanced) = enhanced {
            start.number(enhanced.class() as u16);
            start.push(b'.');
            start.number(enhanced.subject());
            start.push(b'.');
            start.number(enhanced.detail());
            start.push(b' ');
        }
        start
    }

    /// Appends a whole line, `separator` behind its code.
    #[inline]
    pub(super) fn write(&mut self, separator: u8, line: &str, out: &mut BytesMut) {
        if let Some(octet) = self.octets.get_mut(3) {
            *octet = separator;
        }
        // As many octets as there can be, for it is faster to copy a number that is fixed.
        let end = out.len() + self.length;
        out.put_slice(&self.octets);
        out.truncate(end);
        out.put_slice(line.as_bytes());
        out.put_slice(b"\r\n");
    }

    /// A number below 1000, without zeros in front.
    fn number(&mut self, value: u16) {
        let digit = |value: u16| b'0' + u8::try_from(value % 10).unwrap_or(0);
        if value >= 100 {
            self.push(digit(value / 100));
        }
        if value >= 10 {
            self.push(digit(value / 10));
        }
        self.push(digit(value));
    }

    fn push(&mut self, octet: u8) {
        if let Some(place) = self.octets.get_mut(self.length) {
            *place = octet;
            self.length += 1;
        }
    }
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
                let mut out = BytesMut::new();
                LineStart::new(code, Some(enhanced)).write(b'-', "text", &mut out);
                LineStart::new(code, None).write(b' ', "", &mut out);
                let expected = format!("{code}-{enhanced} text\r\n{code} \r\n");
                assert_eq!(out, expected.as_bytes());
            }
        }
    }
}
