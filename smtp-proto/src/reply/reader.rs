//! Framing of replies: where a reply of one or more lines ends, and whether it is one.

use super::code::Code;
use super::received::ReplyLines;
use crate::grammar;

/// Finds whole replies in input that starts at the first unconsumed octet and only grows.
///
/// Remembers where the last scan stopped, so a reply that arrives octet by octet is still scanned
/// once. Holds no octet of the input. A fault is final: where the next reply would begin is not
/// known any more, so the connection has to be given up.
///
/// ```
/// use mailwire_smtp_proto::reply::ReplyReader;
///
/// let mut reader = ReplyReader::new();
/// assert!(!reader.poll(b"250-mx.example.test\r\n"));
/// let input = b"250-mx.example.test\r\n250 PIPELINING\r\n";
/// let (consumed, reply) = reader.take(input).unwrap().unwrap();
/// assert_eq!((consumed, reply.code().value()), (input.len(), 250));
/// assert_eq!(reply.lines().last(), Some(&b"PIPELINING"[..]));
/// ```
#[derive(Clone, Debug, Default)]
pub struct ReplyReader {
    limits: ReplyLimits,
    progress: Progress,
    verdict: Option<Result<Whole, ReplyFault>>,
}

/// How long a reply may be. RFC 5321 section 4.5.3.1.5 allows 512 octets a line and has no limit
/// for their number; servers are known to go over the former.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplyLimits {
    /// Octets of one line, its CRLF included. Default 2048.
    pub line: usize,
    /// The same, of a line with code 334, which is a challenge of AUTH. Default 12294: 12,288 octets of
    /// base64 (RFC 4954 section 4) in `334 ` and CRLF.
    pub challenge: usize,
    /// Lines of one reply. Default 128.
    pub lines: usize,
    /// Octets of one reply, all CRLFs included. Default 65536.
    pub octets: usize,
}

/// Why what the server sent is not a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ReplyFault {
    /// A line is longer than [`ReplyLimits::line`].
    #[error("a line of the reply is longer than allowed (RFC 5321 section 4.5.3.1.5)")]
    LineTooLong,
    /// The reply has more lines than [`ReplyLimits::lines`].
    #[error("the reply has more lines than this client takes")]
    TooManyLines,
    /// The reply has more octets than [`ReplyLimits::octets`].
    #[error("the reply has more octets than this client takes")]
    TooLong,
    /// A CR that no LF follows.
    #[error("a CR without LF in the reply; lines end with CRLF (RFC 5321 section 2.3.8)")]
    BareCr,
    /// An LF that no CR precedes.
    #[error("an LF without CR in the reply; lines end with CRLF (RFC 5321 section 2.3.8)")]
    BareLf,
    /// A NUL octet.
    #[error("a NUL octet in the reply (RFC 5321 section 4.2)")]
    Nul,
    /// A line does not begin with three digits, the first of them 2 to 5.
    #[error(
        "a line of the reply does not begin with a code from 200 to 599 (RFC 5321 section 4.2)"
    )]
    BadCode,
    /// The lines have different codes.
    #[error("the lines of the reply have different codes (RFC 5321 section 4.2.1)")]
    CodesDiffer,
    /// What follows the code is neither a space, nor `-`, nor the end of the line. RFC 5321 section
    /// 4.2 asks clients to bear with a code alone; with text that is glued to it, the number may be
    /// one of four digits, and Postfix and Exim take neither.
    #[error("neither a space nor `-` follows the code of the reply (RFC 5321 section 4.2.1)")]
    BadSeparator,
}

/// How far into the reply the scan has come.
#[derive(Clone, Copy, Debug, Default)]
struct Progress {
    /// Octets searched already.
    scanned: usize,
    /// Where the line that is being searched begins.
    line_start: usize,
    /// Whole lines so far.
    lines: usize,
    /// The code of the first line.
    code: Option<Code>,
    /// Its digits, while there is one.
    digits: [u8; 3],
}

/// A reply whose end has been found.
#[derive(Clone, Copy, Debug)]
struct Whole {
    code: Code,
    /// Octets of the reply, its last CRLF included.
    length: usize,
}

impl Default for ReplyLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl ReplyLimits {
    /// The default limits.
    pub const DEFAULT: Self = Self {
        line: 2048,
        challenge: 12_294,
        lines: super::MAX_REPLY_LINES,
        octets: super::MAX_REPLY_LINES * super::MAX_REPLY_LINE,
    };

    /// How long the line may be that begins here. What is not there yet of its code changes nothing, as
    /// long as there are no limits of less than a code.
    fn of_line(&self, line: &[u8]) -> usize {
        if line.starts_with(b"334") {
            self.challenge
        } else {
            self.line
        }
    }
}

impl ReplyReader {
    /// A reader at the start of a reply, with the default limits.
    #[must_use]
    pub const fn new() -> Self {
        Self::with_limits(ReplyLimits::DEFAULT)
    }

    /// A reader at the start of a reply, with these limits.
    #[must_use]
    pub const fn with_limits(limits: ReplyLimits) -> Self {
        Self {
            limits,
            progress: Progress {
                scanned: 0,
                line_start: 0,
                lines: 0,
                code: None,
                digits: [0; 3],
            },
            verdict: None,
        }
    }

    /// Whether [`take`](Self::take) would give something: a whole reply or a fault.
    pub fn poll(&mut self, unread: &[u8]) -> bool {
        if self.verdict.is_none() {
            self.verdict = self.progress.scan(unread, &self.limits).transpose();
        }
        self.verdict.is_some()
    }

    /// The next whole reply and how many octets of the input it takes, or `None` if more input is
    /// needed.
    ///
    /// # Errors
    ///
    /// What was received is no reply within the limits. The same fault is given from then on.
    pub fn take<'i>(
        &mut self,
        unread: &'i [u8],
    ) -> Result<Option<(usize, ReplyLines<'i>)>, ReplyFault> {
        self.poll(unread);
        let Some(verdict) = self.verdict else {
            return Ok(None);
        };
        let Whole { code, length } = verdict?;
        Ok(unread.get(..length).map(|octets| {
            *self = Self::with_limits(self.limits);
            (length, ReplyLines::framed(code, octets))
        }))
    }
}

impl Progress {
    /// Goes on from where the last scan stopped. Every fault is decided by what comes up to its
    /// place and by nothing after it, so it does not matter how the input was cut.
    fn scan(&mut self, unread: &[u8], limits: &ReplyLimits) -> Result<Option<Whole>, ReplyFault> {
        let mut lines = unread.get(self.line_start..).unwrap_or_default();
        loop {
            // How many octets the line may have at most, so as not to be too long itself or to make
            // the reply so.
            let most = limits
                .of_line(lines)
                .min(limits.octets.saturating_sub(self.line_start));
            let searched = self.scanned - self.line_start;
            let window = lines.get(searched..).unwrap_or_default();
            let is_break = |octet: &u8| matches!(octet, b'\r' | b'\n' | 0);
            let Ok(within) = grammar::find_break(window, most - searched, is_break) else {
                if lines.len() >= most {
                    return Err(self.over(lines, limits));
                }
                self.scanned = self.line_start + lines.len();
                return Ok(None);
            };
            let at = searched + within;
            let Some((line, behind)) = lines.split_at_checked(at) else {
                return Ok(None);
            };
            if at >= most || (at + 1 == most && behind.first() == Some(&b'\r')) {
                return Err(self.over(lines, limits));
            }
            match behind {
                [b'\r', b'\n', rest @ ..] => {
                    lines = rest;
                    self.line_start += at + 2;
                    self.scanned = self.line_start;
                    if let Some(code) = self.end_line(line, limits)? {
                        let length = self.line_start;
                        return Ok(Some(Whole { code, length }));
                    }
                }
                [b'\r'] => {
                    self.scanned = self.line_start + at;
                    return Ok(None);
                }
                [b'\r', ..] => return Err(ReplyFault::BareCr),
                [b'\n', ..] => return Err(ReplyFault::BareLf),
                _ => return Err(ReplyFault::Nul),
            }
        }
    }

    /// Which limit a line exceeds that is longer than it may be.
    #[cold]
    fn over(&self, line: &[u8], limits: &ReplyLimits) -> ReplyFault {
        if limits.of_line(line) <= limits.octets.saturating_sub(self.line_start) {
            ReplyFault::LineTooLong
        } else {
            ReplyFault::TooLong
        }
    }

    /// Judges a whole line; gives the reply's code if it is the last one.
    fn end_line(&mut self, line: &[u8], limits: &ReplyLimits) -> Result<Option<Code>, ReplyFault> {
        self.lines += 1;
        if self.lines > limits.lines {
            return Err(ReplyFault::TooManyLines);
        }
        let code = match self.code {
            // The usual case, told without looking at what the digits mean.
            Some(code) if line.starts_with(&self.digits) => code,
            first => {
                let code = Code::of_line(line).ok_or(ReplyFault::BadCode)?;
                if first.is_some() {
                    return Err(ReplyFault::CodesDiffer);
                }
                self.digits = line.first_chunk().copied().unwrap_or_default();
                *self.code.insert(code)
            }
        };
        match line.get(3) {
            None | Some(b' ') => Ok(Some(code)),
            Some(b'-') => Ok(None),
            Some(_) => Err(ReplyFault::BadSeparator),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Outcome = Result<Option<(usize, u16)>, ReplyFault>;

    /// Feeds the input up to each of the cuts in turn, then whole.
    fn read_cut(limits: ReplyLimits, input: &[u8], cuts: &[usize]) -> Outcome {
        let mut reader = ReplyReader::with_limits(limits);
        for cut in cuts.iter().copied().chain([input.len()]) {
            let expected = reader.poll(&input[..cut]);
            let taken = reader.take(&input[..cut]);
            assert_eq!(
                expected,
                !matches!(taken, Ok(None)),
                "poll and take at {cut}"
            );
            match taken {
                Ok(None) => {}
                Ok(Some((length, reply))) => return Ok(Some((length, reply.code().value()))),
                Err(fault) => {
                    assert!(reader.poll(&input[..cut]), "a fault stays");
                    assert_eq!(reader.take(&input[..cut]), Err(fault), "a fault stays");
                    return Err(fault);
                }
            }
        }
        Ok(None)
    }

    /// The outcome, the same whole, at every single cut, and octet by octet.
    fn read(limits: ReplyLimits, input: &[u8]) -> Outcome {
        let whole = read_cut(limits, input, &[]);
        for cut in 0..=input.len() {
            let shown = input.escape_ascii();
            assert_eq!(read_cut(limits, input, &[cut]), whole, "{shown} at {cut}");
        }
        let octets: Vec<usize> = (0..input.len()).collect();
        assert_eq!(read_cut(limits, input, &octets), whole);
        whole
    }

    #[test]
    fn replies_good_and_bad_at_every_cut() {
        use ReplyFault::{BadCode, BadSeparator, BareCr, BareLf, CodesDiffer, Nul};
        let table: &[(&[u8], Outcome)] = &[
            (b"", Ok(None)),
            (b"250 ok\r\n", Ok(Some((8, 250)))),
            (b"250\r\n", Ok(Some((5, 250)))),
            (b"250 \r\n", Ok(Some((6, 250)))),
            (b"250-\r\n250\r\n", Ok(Some((11, 250)))),
            (b"250-a\r\n250-b\r\n250 c\r\n", Ok(Some((21, 250)))),
            (b"250 ok\r\n354 go on\r\n", Ok(Some((8, 250)))),
            (b"571 caf\xe9 \xff\x1b\r\n", Ok(Some((13, 571)))),
            (b"250-ok\r\n", Ok(None)),
            (b"250 ok\r", Ok(None)),
            (b"250 ok", Ok(None)),
            (b"250 ok\n", Err(BareLf)),
            (b"\n", Err(BareLf)),
            (b"250-a\r\n\n250 b\r\n", Err(BareLf)),
            (b"250 a\r\r\n", Err(BareCr)),
            (b"250 a\rb\r\n", Err(BareCr)),
            (b"\r250 a\r\n", Err(BareCr)),
            (b"250 a\0b\r\n", Err(Nul)),
            (b"250 a\0\n", Err(Nul)),
            (b"\r\n", Err(BadCode)),
            (b"25\r\n", Err(BadCode)),
            (b"25 x\r\n", Err(BadCode)),
            (b"ok\r\n", Err(BadCode)),
            (b" 250 ok\r\n", Err(BadCode)),
            (b"+50 ok\r\n", Err(BadCode)),
            (b"150 ok\r\n", Err(BadCode)),
            (b"600 ok\r\n", Err(BadCode)),
            (b"HTTP/1.1 400 Bad Request\r\n", Err(BadCode)),
            (b"250-ok\r\n\r\n", Err(BadCode)),
            (b"250-a\r\n251 b\r\n", Err(CodesDiffer)),
            (b"250-a\r\n550 b\r\n", Err(CodesDiffer)),
            (b"2500 ok\r\n", Err(BadSeparator)),
            (b"250_ok\r\n", Err(BadSeparator)),
            (b"250\tok\r\n", Err(BadSeparator)),
            (b"250-a\r\n250:b\r\n", Err(BadSeparator)),
        ];
        for (input, expected) in table {
            assert_eq!(
                read(ReplyLimits::default(), input),
                *expected,
                "{}",
                input.escape_ascii()
            );
        }
    }

    #[test]
    fn replies_follow_each_other() {
        let input = b"250-a\r\n250 b\r\n354 c\r\n550 d";
        let mut reader = ReplyReader::new();
        let (first, reply) = reader.take(input).unwrap().unwrap();
        assert_eq!((first, reply.code().value()), (14, 250));
        assert!(reader.poll(&input[first..]));
        let (second, reply) = reader.take(&input[first..]).unwrap().unwrap();
        assert_eq!((second, reply.code().value()), (7, 354));
        assert!(!reader.poll(&input[first + second..]));
    }

    #[test]
    fn limits_hold_at_n_and_not_at_one_more() {
        let limits = ReplyLimits {
            challenge: 30,
            line: 10,
            lines: 3,
            octets: 25,
        };
        let over = |input: &[u8], fault| assert_eq!(read(limits, input), Err(fault));
        let fits = |input: &[u8]| {
            assert_eq!(read(limits, input), Ok(Some((input.len(), 250))));
        };
        fits(b"250 1234\r\n");
        over(b"250 12345\r\n", ReplyFault::LineTooLong);
        // The tenth octet is there and ends no line: enough is known.
        over(b"250 12345\r", ReplyFault::LineTooLong);
        over(b"250 123456", ReplyFault::LineTooLong);
        assert_eq!(read(limits, b"250 12345"), Ok(None));
        fits(b"250-\r\n250-\r\n250\r\n");
        over(b"250-\r\n250-\r\n250-\r\n250\r\n", ReplyFault::TooManyLines);
        fits(b"250-1234\r\n250-1234\r\n250\r\n");
        over(b"250-1234\r\n250-1234\r\n250 \r\n", ReplyFault::TooLong);
        over(b"250-1234\r\n250-123\r\n250-\r\n", ReplyFault::TooLong);
    }

    #[test]
    fn the_default_limits() {
        let line = |octets: usize| [b"250 ", vec![b'x'; octets - 6].as_slice(), b"\r\n"].concat();
        let once = |input: &[u8]| read_cut(ReplyLimits::default(), input, &[]);
        assert_eq!(once(&line(2048)), Ok(Some((2048, 250))));
        assert_eq!(once(&line(2049)), Err(ReplyFault::LineTooLong));
        let lines = |count: usize| [b"250-\r\n".repeat(count - 1), b"250 \r\n".to_vec()].concat();
        assert_eq!(once(&lines(128)), Ok(Some((128 * 6, 250))));
        assert_eq!(once(&lines(129)), Err(ReplyFault::TooManyLines));
        let mut octets = line(2048);
        octets[3] = b'-';
        let more = [octets.repeat(31), line(2048)].concat();
        assert_eq!(once(&more), Ok(Some((65536, 250))));
        let more = [octets.repeat(32), line(6)].concat();
        assert_eq!(once(&more), Err(ReplyFault::TooLong));
    }

    #[test]
    fn a_scan_goes_on_where_it_stopped() {
        let mut reader = ReplyReader::new();
        for octets in 0..2000 {
            assert!(!reader.poll(&vec![b'x'; octets]));
            assert_eq!(reader.progress.scanned, octets);
        }
    }
}
