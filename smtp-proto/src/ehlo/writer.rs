//! The reply as a server writes it.

use std::fmt::{self, Write};

use bytes::{BufMut, BytesMut};

use super::{FutureReleaseOffer, LimitsOffer, ProfileName, RawKeyword};
use crate::auth::MechanismName;
use crate::command::AttributeName;
use crate::host::HelloName;
use crate::params::{DeliverBy, Solicitation};
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
    /// BINARYMIME (RFC 3030 section 3).
    BinaryMime,
    /// CHUNKING (RFC 3030 section 2).
    Chunking,
    /// SMTPUTF8 (RFC 6531).
    SmtpUtf8,
    /// DSN (RFC 3461).
    Dsn,
    /// ENHANCEDSTATUSCODES (RFC 2034).
    EnhancedStatusCodes,
    /// STARTTLS (RFC 3207).
    StartTls,
    /// AUTH with the names of mechanisms (RFC 4954). Those that do not fit the line are left out,
    /// and without a name so is the line.
    Auth(&'a [MechanismName<'a>]),
    /// REQUIRETLS (RFC 8689).
    RequireTls,
    /// DELIVERBY with the least time in seconds that BY may ask for; 0 says that there is none, and
    /// more than [`DeliverBy::MAX`] is said as that, as BY can ask for no more (RFC 2852 section 3).
    DeliverBy(u32),
    /// FUTURERELEASE with how far ahead a message may be held (RFC 4865 section 4).
    FutureRelease(FutureReleaseOffer),
    /// MT-PRIORITY, with the name of a priority assignment policy or none (RFC 6710).
    MtPriority(Option<ProfileName<'a>>),
    /// LIMITS (RFC 9422). Without a limit the line is left out.
    Limits(LimitsOffer),
    /// RRVS (RFC 7293).
    Rrvs,
    /// NO-SOLICITING, with kinds of solicitation that nobody wants here, or none (RFC 3865). A list
    /// that does not fit the line is left out.
    NoSoliciting(Option<Solicitation<'a>>),
    /// ETRN (RFC 1985).
    Etrn,
    /// VRFY (RFC 5321 section 3.5.2).
    Vrfy,
    /// EXPN (RFC 5321 section 3.5.2).
    Expn,
    /// HELP (RFC 5321 section 4.1.1.8).
    Help,
    /// XCLIENT with the names of attributes (Postfix, XCLIENT_README). Those that do not fit the
    /// line are left out, and without a name so is the line.
    Xclient(&'a [AttributeName<'a>]),
    /// XFORWARD with the names of attributes (Postfix, XFORWARD_README), as [`Xclient`](Self::Xclient).
    Xforward(&'a [AttributeName<'a>]),
    /// Any other.
    Raw(RawKeyword<'a>),
}

/// Text of a line: without `250-` and CRLF.
pub(super) const ROOM: usize = MAX_REPLY_LINE - 6;

/// Appends the 250 reply to EHLO or LHLO to `out`: the server's name, then a line a keyword.
///
/// The reply carries no enhanced code (RFC 2034 section 3).
///
/// ```
/// use bytes::BytesMut;
/// use mailwire_smtp_proto::auth::MechanismName;
/// use mailwire_smtp_proto::ehlo::{Keyword, write_ehlo};
/// use mailwire_smtp_proto::host::HelloName;
///
/// let name = HelloName::parse("mx.example.test")?;
/// let mechanisms = [MechanismName::PLAIN];
/// let keywords = [Keyword::Size(1000), Keyword::Auth(&mechanisms)];
/// let mut out = BytesMut::new();
/// write_ehlo(name, keywords.into_iter(), &mut out);
/// assert_eq!(&out[..], b"250-mx.example.test\r\n250-SIZE 1000\r\n250 AUTH PLAIN\r\n");
/// # Ok::<(), mailwire_smtp_proto::host::HostError>(())
/// ```
pub fn write_ehlo<'a>(
    name: HelloName<'_>,
    keywords: impl Iterator<Item = Keyword<'a>>,
    out: &mut BytesMut,
) {
    let mut last = out.len();
    out.put_slice(b"250-");
    out.put_slice(name.as_str().as_bytes());
    for keyword in keywords {
        if !keyword.says_anything() {
            continue;
        }
        last = out.len() + 2;
        out.put_slice(b"\r\n250-");
        // Writing to a BytesMut cannot fail: it grows.
        let _ = keyword.write(out);
    }
    out.put_slice(b"\r\n");
    // Only now is it known which line is the last.
    if let Some(separator) = out.get_mut(last + 3) {
        *separator = b' ';
    }
}

impl Keyword<'_> {
    /// Whether there is a line of it. A list without a name in it would say the opposite of what
    /// the keyword is for.
    fn says_anything(self) -> bool {
        match self {
            Self::Auth(names) => !names.is_empty(),
            // Of attributes' names there is no limit, and perhaps none fits.
            Self::Xclient(names) => names.iter().any(|it| fits(XCLIENT.len(), it.as_str())),
            Self::Xforward(names) => names.iter().any(|it| fits(XFORWARD.len(), it.as_str())),
            Self::Limits(limits) => limits.is_any(),
            _ => true,
        }
    }

    fn write(self, out: &mut BytesMut) -> fmt::Result {
        match self {
            Self::Pipelining => out.write_str("PIPELINING"),
            Self::Size(maximum) => write!(out, "SIZE {maximum}"),
            Self::EightBitMime => out.write_str("8BITMIME"),
            Self::BinaryMime => out.write_str("BINARYMIME"),
            Self::Chunking => out.write_str("CHUNKING"),
            Self::SmtpUtf8 => out.write_str("SMTPUTF8"),
            Self::Dsn => out.write_str("DSN"),
            Self::EnhancedStatusCodes => out.write_str("ENHANCEDSTATUSCODES"),
            Self::StartTls => out.write_str("STARTTLS"),
            Self::Auth(names) => list("AUTH", names.iter().map(|it| it.as_str()), out),
            Self::RequireTls => out.write_str("REQUIRETLS"),
            Self::DeliverBy(0) => out.write_str("DELIVERBY"),
            Self::DeliverBy(minimum) => {
                write!(
                    out,
                    "DELIVERBY {}",
                    minimum.min(DeliverBy::MAX.unsigned_abs())
                )
            }
            Self::FutureRelease(offer) => write!(out, "FUTURERELEASE {offer}"),
            Self::MtPriority(Some(profile)) => write!(out, "MT-PRIORITY {profile}"),
            Self::MtPriority(None) => out.write_str("MT-PRIORITY"),
            Self::Limits(limits) => write!(out, "LIMITS{limits}"),
            Self::Rrvs => out.write_str("RRVS"),
            Self::NoSoliciting(keywords) => {
                out.write_str(NO_SOLICITING)?;
                match keywords.filter(|it| fits(NO_SOLICITING.len(), it.as_str())) {
                    Some(keywords) => write!(out, " {keywords}"),
                    None => Ok(()),
                }
            }
            Self::Etrn => out.write_str("ETRN"),
            Self::Vrfy => out.write_str("VRFY"),
            Self::Expn => out.write_str("EXPN"),
            Self::Help => out.write_str("HELP"),
            Self::Xclient(names) => list(XCLIENT, names.iter().map(|it| it.as_str()), out),
            Self::Xforward(names) => list(XFORWARD, names.iter().map(|it| it.as_str()), out),
            Self::Raw(keyword) => out.write_str(keyword.as_str()),
        }
    }
}

const NO_SOLICITING: &str = "NO-SOLICITING";
const XCLIENT: &str = "XCLIENT";
const XFORWARD: &str = "XFORWARD";

/// Whether a word fits a line of so many octets, a blank between them.
const fn fits(octets: usize, word: &str) -> bool {
    octets + 1 + word.len() <= ROOM
}

/// A keyword and the names that fit the line.
fn list<'n>(
    keyword: &str,
    names: impl Iterator<Item = &'n str>,
    out: &mut BytesMut,
) -> fmt::Result {
    let start = out.len();
    out.write_str(keyword)?;
    for name in names {
        if fits(out.len() - start, name) {
            write!(out, " {name}")?;
        }
    }
    Ok(())
}
