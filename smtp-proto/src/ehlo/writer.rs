//! The reply as a server writes it.

use std::fmt::Write;

use bytes::{BufMut, BytesMut};

use super::{is_graphic_or_space, is_mechanism_name};
use crate::reply::MAX_REPLY_LINE;

/// A line of the reply to EHLO or LHLO, to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Keyword<'a> {
    /// PIPELINING (RFC 2920).
    Pipelining,
    /// SIZE with the greatest size taken in octets; 0 says that there is no fixed maximum
    /// (RFC 1870).
    Size(u64),
    /// 8BITMIME (RFC 6152).
    EightBitMime,
    /// ENHANCEDSTATUSCODES (RFC 2034).
    EnhancedStatusCodes,
    /// STARTTLS (RFC 3207).
    StartTls,
    /// AUTH with the names of mechanisms (RFC 4954). Names that are none (RFC 4422 section 3.1) and
    /// those that do not fit the line are left out, and without a name left so is the line.
    Auth(&'a [&'a str]),
    /// Any other.
    Raw(RawKeyword<'a>),
}

/// A keyword with its parameters that has the syntax of RFC 5321 (`ehlo-line`) and fits its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RawKeyword<'a>(&'a str);

impl<'a> RawKeyword<'a> {
    /// `line` as a keyword with perhaps parameters, single spaces between; `None` if it is not one.
    ///
    /// ```
    /// use mailwire_smtp_proto::ehlo::RawKeyword;
    ///
    /// assert!(RawKeyword::new("XCLIENT NAME ADDR").is_some());
    /// assert!(RawKeyword::new("DSN\r\n250 SIZE").is_none());
    /// ```
    #[must_use]
    pub fn new(line: &'a str) -> Option<Self> {
        let mut words = line.split(' ');
        let keyword = words.next()?;
        let is_keyword = keyword.starts_with(|first: char| first.is_ascii_alphanumeric())
            && keyword
                .bytes()
                .all(|octet| octet.is_ascii_alphanumeric() || octet == b'-');
        let mut parameters = words
            .map(|word| !word.is_empty() && word.bytes().all(|octet| octet.is_ascii_graphic()));
        (is_keyword && parameters.all(|good| good) && line.len() <= ROOM).then_some(Self(line))
    }

    /// The keyword and its parameters.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.0
    }
}

/// Text of a line: without `250-` and CRLF.
pub(super) const ROOM: usize = MAX_REPLY_LINE - 6;

/// Appends the 250 reply to EHLO or LHLO to `out`: the server's name, then a line a keyword.
///
/// What is not printable ASCII in the name becomes `?`, and a name too long for the line is cut.
/// The reply carries no enhanced code (RFC 2034 section 3).
///
/// ```
/// use bytes::BytesMut;
/// use mailwire_smtp_proto::ehlo::{Keyword, write_ehlo};
///
/// let mut out = BytesMut::new();
/// let keywords = [Keyword::Size(1000), Keyword::Auth(&["PLAIN"])];
/// write_ehlo("mx.example.test", keywords.into_iter(), &mut out);
/// assert_eq!(&out[..], b"250-mx.example.test\r\n250-SIZE 1000\r\n250 AUTH PLAIN\r\n");
/// ```
pub fn write_ehlo<'a>(name: &str, keywords: impl Iterator<Item = Keyword<'a>>, out: &mut BytesMut) {
    let mut last = start_line(out);
    for character in name.chars().take(ROOM) {
        let octet = u8::try_from(character)
            .ok()
            .filter(|octet| is_graphic_or_space(*octet));
        out.put_u8(octet.unwrap_or(b'?'));
    }
    for keyword in keywords {
        if let Keyword::Auth(names) = keyword {
            if !names.iter().copied().any(is_mechanism_name) {
                continue;
            }
        }
        out.put_slice(b"\r\n");
        last = start_line(out);
        keyword.write(out);
    }
    out.put_slice(b"\r\n");
    // Only now is it known which line is the last.
    if let Some(separator) = out.get_mut(last + 3) {
        *separator = b' ';
    }
}

/// Begins a line that another follows; gives its place.
fn start_line(out: &mut BytesMut) -> usize {
    let start = out.len();
    out.put_slice(b"250-");
    start
}

impl Keyword<'_> {
    fn write(self, out: &mut BytesMut) {
        match self {
            Self::Pipelining => out.put_slice(b"PIPELINING"),
            // Writing to a BytesMut cannot fail: it grows.
            Self::Size(maximum) => drop(write!(out, "SIZE {maximum}")),
            Self::EightBitMime => out.put_slice(b"8BITMIME"),
            Self::EnhancedStatusCodes => out.put_slice(b"ENHANCEDSTATUSCODES"),
            Self::StartTls => out.put_slice(b"STARTTLS"),
            Self::Auth(names) => {
                let start = out.len();
                out.put_slice(b"AUTH");
                for name in names.iter().filter(|name| is_mechanism_name(name)) {
                    if out.len() - start + 1 + name.len() <= ROOM {
                        out.put_u8(b' ');
                        out.put_slice(name.as_bytes());
                    }
                }
            }
            Self::Raw(keyword) => out.put_slice(keyword.as_str().as_bytes()),
        }
    }
}
