//! What the parsers of the command grammar share: classes of octets, and a few small parsers.
//!
//! The parsers are nom parsers over a whole line: there is no "incomplete", the end of the input
//! is the end of the line. None allocates, and none looks at an octet twice in order to decide
//! what it is.

mod search;
mod spelled;
mod twin;
mod word;

pub(crate) use search::find_break;
pub(crate) use spelled::Spelled;
pub(crate) use twin::owned_twin;
pub(crate) use word::{hash_ignoring_case, word};

use nom::IResult;
use nom::bytes::complete::take_while;

use crate::charset::Charset;

/// What a parser gives: the rest of the input and a value, or one of our own errors.
pub(crate) type Parsed<'i, T, E> = IResult<&'i [u8], T, E>;

/// A class of octets: one bit of the table below.
pub(crate) type Class = u16;

/// `atext` (RFC 5322 section 3.2.3).
pub(crate) const ATEXT: Class = 1;
/// What `Ldh-str` is made of: letters, digits and the hyphen (RFC 5321 section 4.1.2).
pub(crate) const LDH: Class = 1 << 1;
/// `dcontent` (RFC 5321 section 4.1.3).
pub(crate) const DCONTENT: Class = 1 << 2;
/// `qtextSMTP` (RFC 5321 section 4.1.2).
pub(crate) const QTEXT: Class = 1 << 3;
/// The octets of `esmtp-value` (RFC 5321 section 4.1.2).
pub(crate) const ESMTP_VALUE: Class = 1 << 4;
/// `xchar` (RFC 3461 section 4).
pub(crate) const XCHAR: Class = 1 << 5;
/// What a hello name may hold: `Ldh-str`, and `.`, `_`, `:`, which are no part of it but are sent.
pub(crate) const HELLO: Class = 1 << 6;
/// The octets of `textstring` (RFC 5321 section 4.2).
pub(crate) const TEXT: Class = 1 << 7;
/// The octets of `sasl-mech`, in either letter case (RFC 4422 section 3.1).
pub(crate) const MECHANISM: Class = 1 << 8;
/// Octets outside of ASCII, which UTF-8 makes its other characters of.
pub(crate) const NON_ASCII: Class = 1 << 9;
/// `QCHAR` (RFC 6533 section 3): what `utf-8-addr-xtext` has as it is.
pub(crate) const QCHAR: Class = 1 << 10;
/// `wordchar` of solicitation keywords (RFC 3865 section 2).
pub(crate) const SOLICITATION: Class = 1 << 11;
/// Decimal digits.
pub(crate) const DIGIT: Class = 1 << 12;
/// `Let-dig` (RFC 5321 section 4.1.2): letters and digits.
pub(crate) const ALPHANUMERIC: Class = 1 << 14;
/// What the names of XCLIENT's and XFORWARD's attributes are made of.
pub(crate) const ATTRIBUTE: Class = 1 << 13;

static CLASSES: [Class; 256] = classes();

const fn classes() -> [Class; 256] {
    let mut table = [0; 256];
    let mut octet: u8 = 0;
    while octet < 128 {
        table[octet as usize] = class_of(octet);
        octet += 1;
    }
    loop {
        table[octet as usize] = NON_ASCII;
        if octet == u8::MAX {
            return table;
        }
        octet += 1;
    }
}

const fn class_of(octet: u8) -> Class {
    let mut class = match octet {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' => ATEXT | LDH | HELLO | MECHANISM,
        b'_' => ATEXT | HELLO | MECHANISM,
        b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'/' | b'=' | b'?' | b'^' => ATEXT,
        b'`' | b'{' | b'|' | b'}' | b'~' => ATEXT,
        b'.' | b':' => HELLO,
        _ => 0,
    };
    if matches!(octet, 33..=90 | 94..=126) {
        class |= DCONTENT;
    }
    if matches!(octet, 32..=33 | 35..=91 | 93..=126) {
        class |= QTEXT;
    }
    if matches!(octet, 33..=60 | 62..=126) {
        class |= ESMTP_VALUE;
    }
    if matches!(octet, 33..=126) && octet != b'+' && octet != b'=' {
        class |= XCHAR;
    }
    if matches!(octet, 9 | 32..=126) {
        class |= TEXT;
    }
    if matches!(octet, 33..=42 | 44..=60 | 62..=91 | 93..=126) {
        class |= QCHAR;
    }
    if octet.is_ascii_alphanumeric() || matches!(octet, b'.' | b'-' | b'_' | b':') {
        class |= SOLICITATION;
    }
    if octet.is_ascii_digit() {
        class |= DIGIT;
    }
    if octet.is_ascii_alphanumeric() {
        class |= ALPHANUMERIC;
    }
    if octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_') {
        class |= ATTRIBUTE;
    }
    class
}

/// Printable ASCII and the blank.
pub(crate) const fn is_graphic_or_blank(octet: u8) -> bool {
    matches!(octet, 32..=126)
}

/// The class, and with it, where the character set has them, the octets outside of ASCII.
pub(crate) const fn within(charset: Charset, class: Class) -> Class {
    match charset {
        Charset::Ascii => class,
        Charset::Utf8 => class | NON_ASCII,
    }
}

/// Whether `octet` is of the class.
#[inline]
pub(crate) fn is(class: Class, octet: u8) -> bool {
    CLASSES[usize::from(octet)] & class != 0
}

/// The longest run of octets of a class, possibly empty, behind the rest: a parser that cannot
/// fail.
#[inline]
pub(crate) fn run(class: Class, input: &[u8]) -> (&[u8], &[u8]) {
    take_while::<_, _, ()>(|octet| is(class, octet))(input).unwrap_or((input, &[]))
}

/// Exactly this octet; anything else, which `error` is shown, is an error.
#[inline]
pub(crate) fn octet<'i, E>(
    wanted: u8,
    error: impl FnOnce(&'i [u8]) -> E,
    input: &'i [u8],
) -> Parsed<'i, (), E> {
    match input.split_first() {
        Some((first, rest)) if *first == wanted => Ok((rest, ())),
        _ => fail(error(input)),
    }
}

/// A parser's way to say that its input is wrong.
#[inline]
pub(crate) fn fail<T, E>(error: E) -> Result<T, nom::Err<E>> {
    Err(nom::Err::Error(error))
}

/// The end of a parse: the value if nothing is left, otherwise what `left_over` makes of the rest.
pub(crate) fn whole<T, E>(
    parsed: Parsed<'_, T, E>,
    left_over: impl FnOnce(&[u8]) -> E,
) -> Result<T, E> {
    match parsed {
        Ok(([], value)) => Ok(value),
        Ok((rest, _)) => Err(left_over(rest)),
        Err(nom::Err::Error(error) | nom::Err::Failure(error)) => Err(error),
        // No parser here is a streaming one.
        Err(nom::Err::Incomplete(_)) => Err(left_over(&[])),
    }
}

/// The part of `input` that a parser took, which left `rest`.
#[inline]
pub(crate) fn taken<'i>(input: &'i [u8], rest: &[u8]) -> &'i [u8] {
    input
        .get(..input.len().saturating_sub(rest.len()))
        .unwrap_or(input)
}

/// Octets that a parser has found to be ASCII, as text.
///
/// The `error` is for what cannot be: it spares every caller a panic.
pub(crate) fn text<E>(octets: &[u8], error: E) -> Result<&str, E> {
    core::str::from_utf8(octets).map_err(|_| error)
}

/// What is wrong with what should be a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NumberError {
    /// It is not `1*DIGIT`.
    NotDigits,
    /// It is beyond 64 bits.
    TooLarge,
}

/// `1*DIGIT`, with nothing around it. The digits may be as many as they like: zeros in front mean
/// nothing.
#[inline]
pub(crate) fn number(digits: &[u8]) -> Result<u64, NumberError> {
    /// So many digits fit 64 bits, whatever they are.
    const SAFE: usize = 19;
    let (head, tail) = digits.split_at_checked(SAFE).unwrap_or((digits, &[]));
    let (mut number, mut all) = (0u64, !digits.is_empty());
    for octet in head {
        all &= octet.is_ascii_digit();
        // Fifteen is the most that four bits can be, and 19 of them still fit.
        number = number * 10 + u64::from(octet & 0x0F);
    }
    if !all || !tail.iter().all(u8::is_ascii_digit) {
        return Err(NumberError::NotDigits);
    }
    tail.iter()
        .try_fold(number, |number, digit| {
            number.checked_mul(10)?.checked_add(u64::from(digit & 0x0F))
        })
        .ok_or(NumberError::TooLarge)
}

/// Without the white space at the end of a line, which RFC 5321 section 4.1.1 asks servers to
/// tolerate.
#[inline]
pub(crate) fn trim_end(mut input: &[u8]) -> &[u8] {
    while let [rest @ .., b' ' | b'\t'] = input {
        input = rest;
    }
    input
}

/// Without the blanks at the start.
#[inline]
pub(crate) fn skip_blanks(mut input: &[u8]) -> &[u8] {
    while let [b' ', rest @ ..] = input {
        input = rest;
    }
    input
}

/// Up to eight octets as a number, letters in upper case, for a `match` over short words.
///
/// Two words of letters, digits and hyphens that are equally long have the same number only if
/// they differ in nothing but case; whoever matches has to compare the lengths. Words with other
/// octets may share a number with them, and longer words are 0, which is no word's number.
#[inline]
pub(crate) const fn fold(word: &[u8]) -> u64 {
    const UPPER: u64 = 0xDFDF_DFDF_DFDF_DFDF;
    let (head, tail) = match (word.first_chunk(), word.last_chunk()) {
        // Two halves that overlap if the word is shorter than both.
        (Some(head), Some(tail)) if word.len() <= 8 => {
            (u32::from_be_bytes(*head), u32::from_be_bytes(*tail))
        }
        _ => match word {
            [one, two, three] => (0, u32::from_be_bytes([0, *one, *two, *three])),
            [one, two] => (0, u32::from_be_bytes([0, 0, *one, *two])),
            [one] => (0, *one as u32),
            _ => return 0,
        },
    };
    ((head as u64) << 32 | tail as u64) & UPPER
}
