//! Reverse-paths and forward-paths: the mailboxes of an envelope, in angle brackets.

use std::fmt;

use crate::charset::Charset;
use crate::grammar::{self, Parsed, fail, octet};
use crate::host::{self, HostError};

mod mailbox;

pub use mailbox::{LOCAL_PART_LIMIT, LocalPart, Mailbox, MailboxBuf};

/// The most octets of a path, brackets and source route included.
///
/// RFC 5321 section 4.5.3.1.3 has 256 as what everybody has to receive. This is what the longest
/// local part and the longest host that are taken come to, with `<`, `@` and `>`.
pub const PATH_LIMIT: usize = LOCAL_PART_LIMIT + host::HOST_LIMIT + 3;

/// Where a message comes from, and where reports about it go (RFC 5321 section 4.1.2
/// `Reverse-path`). Deliberately exhaustive: whoever handles a sender has to think of the null
/// path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReversePath<'i> {
    /// `<>`: the message is a report itself, and nobody is to be told of its fate (RFC 5321
    /// section 4.5.5).
    Null,
    /// A sender.
    Mailbox(Mailbox<'i>),
}

/// Where a message goes (RFC 5321 section 4.1.2 `Forward-path`, and section 4.1.1.3). Deliberately
/// exhaustive: whoever handles a recipient has to think of the postmaster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ForwardPath<'i> {
    /// `<Postmaster>` without a host, in any letter case: the postmaster of the server itself.
    Postmaster,
    /// A recipient.
    Mailbox(Mailbox<'i>),
}

/// The owned twin of [`ReversePath`]. Deliberately exhaustive, as that is.
#[derive(Clone)]
pub enum ReversePathBuf {
    /// `<>`.
    Null,
    /// A sender.
    Mailbox(MailboxBuf),
}

/// The owned twin of [`ForwardPath`]. Deliberately exhaustive, as that is.
#[derive(Clone)]
pub enum ForwardPathBuf {
    /// `<Postmaster>`.
    Postmaster,
    /// A recipient.
    Mailbox(MailboxBuf),
}

/// Why something is not a path, or not a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// It does not start with `<`.
    #[error("a path starts with \"<\" (RFC 5321 section 4.1.2)")]
    NoOpeningBracket,
    /// It does not end with `>`.
    #[error("a path ends with \">\" (RFC 5321 section 4.1.2)")]
    NoClosingBracket,
    /// It is `<>`, where a recipient is needed.
    #[error("the null path is no recipient (RFC 5321 section 4.1.1.3)")]
    Null,
    /// The hosts before the mailbox are not a source route.
    #[error("the source route is malformed (RFC 5321 section 4.1.2)")]
    SourceRoute,
    /// The local part is empty, or holds what only a string in quotes may hold.
    #[error("the local part is malformed (RFC 5321 section 4.1.2)")]
    LocalPart,
    /// The quotes around the local part do not match, or there is a control octet in them.
    #[error("the quotes of the local part are malformed (RFC 5321 section 4.1.2)")]
    QuotedString,
    /// The local part has more than 255 octets.
    #[error("the local part is longer than 255 octets (RFC 5321 section 4.5.3.1.1)")]
    LocalPartTooLong,
    /// There is no `@` and no host.
    #[error("the mailbox has no host (RFC 5321 section 4.1.2)")]
    NoHost,
    /// The host is wrong.
    #[error("{0}")]
    Host(HostError),
    /// The path has more than 513 octets.
    #[error("the path is longer than 513 octets (RFC 5321 section 4.5.3.1.3)")]
    TooLong,
    /// There is an octet outside of ASCII, for which SMTPUTF8 would be needed.
    #[error("the address is not ASCII, and SMTPUTF8 was not asked for (RFC 6531 section 3.3)")]
    NonAscii,
    /// Octets that are no UTF-8, or a control character of its range U+0080 to U+009F.
    #[error("the local part is not UTF-8, or has a control character (RFC 6531 section 3.3)")]
    Unicode,
}

impl From<HostError> for PathError {
    fn from(error: HostError) -> Self {
        match error {
            HostError::NonAscii => Self::NonAscii,
            error => Self::Host(error),
        }
    }
}

impl<'i> ReversePath<'i> {
    /// Parses a reverse-path in its angle brackets, with nothing around it. A source route is taken
    /// and dropped (RFC 5321 section 4.1.2).
    ///
    /// # Errors
    ///
    /// [`PathError`] says which rule is broken.
    pub fn parse(input: &'i (impl AsRef<[u8]> + ?Sized)) -> Result<Self, PathError> {
        Self::parse_in(Charset::Ascii, input)
    }

    /// As [`parse`](Self::parse), in a character set.
    ///
    /// # Errors
    ///
    /// [`PathError`] says which rule is broken.
    pub fn parse_in(
        charset: Charset,
        input: &'i (impl AsRef<[u8]> + ?Sized),
    ) -> Result<Self, PathError> {
        grammar::whole(reverse_path(charset, input.as_ref()), |_| {
            PathError::NoClosingBracket
        })
    }

    /// Whether all of it is ASCII, so that SMTPUTF8 is not needed.
    #[must_use]
    pub const fn is_ascii(self) -> bool {
        match self.mailbox() {
            Some(mailbox) => mailbox.is_ascii(),
            None => true,
        }
    }

    /// The mailbox, unless the path is null.
    #[must_use]
    pub const fn mailbox(self) -> Option<Mailbox<'i>> {
        match self {
            Self::Null => None,
            Self::Mailbox(mailbox) => Some(mailbox),
        }
    }

    /// The owned twin.
    #[must_use]
    pub fn to_owned(self) -> ReversePathBuf {
        self.mailbox().map_or(ReversePathBuf::Null, |it| {
            ReversePathBuf::Mailbox(it.to_owned())
        })
    }
}

impl<'i> ForwardPath<'i> {
    /// Parses a forward-path in its angle brackets, with nothing around it. A source route is taken
    /// and dropped (RFC 5321 section 4.1.1.3).
    ///
    /// # Errors
    ///
    /// [`PathError`] says which rule is broken.
    pub fn parse(input: &'i (impl AsRef<[u8]> + ?Sized)) -> Result<Self, PathError> {
        Self::parse_in(Charset::Ascii, input)
    }

    /// As [`parse`](Self::parse), in a character set.
    ///
    /// # Errors
    ///
    /// [`PathError`] says which rule is broken.
    pub fn parse_in(
        charset: Charset,
        input: &'i (impl AsRef<[u8]> + ?Sized),
    ) -> Result<Self, PathError> {
        grammar::whole(forward_path(charset, input.as_ref()), |_| {
            PathError::NoClosingBracket
        })
    }

    /// Whether all of it is ASCII, so that SMTPUTF8 is not needed.
    #[must_use]
    pub const fn is_ascii(self) -> bool {
        match self.mailbox() {
            Some(mailbox) => mailbox.is_ascii(),
            None => true,
        }
    }

    /// The mailbox, unless it is the postmaster without a host.
    #[must_use]
    pub const fn mailbox(self) -> Option<Mailbox<'i>> {
        match self {
            Self::Postmaster => None,
            Self::Mailbox(mailbox) => Some(mailbox),
        }
    }

    /// The owned twin.
    #[must_use]
    pub fn to_owned(self) -> ForwardPathBuf {
        self.mailbox().map_or(ForwardPathBuf::Postmaster, |it| {
            ForwardPathBuf::Mailbox(it.to_owned())
        })
    }
}

impl ReversePathBuf {
    /// The borrowed form. It is not parsed again.
    #[must_use]
    pub fn borrow(&self) -> ReversePath<'_> {
        match self {
            Self::Null => ReversePath::Null,
            Self::Mailbox(mailbox) => ReversePath::Mailbox(mailbox.borrow()),
        }
    }
}

impl ForwardPathBuf {
    /// The borrowed form. It is not parsed again.
    #[must_use]
    pub fn borrow(&self) -> ForwardPath<'_> {
        match self {
            Self::Postmaster => ForwardPath::Postmaster,
            Self::Mailbox(mailbox) => ForwardPath::Mailbox(mailbox.borrow()),
        }
    }
}

impl From<MailboxBuf> for ReversePathBuf {
    fn from(mailbox: MailboxBuf) -> Self {
        Self::Mailbox(mailbox)
    }
}

impl From<MailboxBuf> for ForwardPathBuf {
    fn from(mailbox: MailboxBuf) -> Self {
        Self::Mailbox(mailbox)
    }
}

grammar::owned_twin!(ReversePathBuf, ReversePath, PathError);
grammar::owned_twin!(ForwardPathBuf, ForwardPath, PathError);

impl fmt::Display for ReversePath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("<>"),
            Self::Mailbox(mailbox) => write!(f, "<{mailbox}>"),
        }
    }
}

impl fmt::Display for ForwardPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Postmaster => f.write_str("<Postmaster>"),
            Self::Mailbox(mailbox) => write!(f, "<{mailbox}>"),
        }
    }
}

/// `Reverse-path`.
#[inline]
pub(crate) fn reverse_path(
    charset: Charset,
    input: &[u8],
) -> Parsed<'_, ReversePath<'_>, PathError> {
    match input {
        [b'<', b'>', rest @ ..] => Ok((rest, ReversePath::Null)),
        _ => path(charset, input).map(|(rest, mailbox)| (rest, ReversePath::Mailbox(mailbox))),
    }
}

/// `"<Postmaster>" / Forward-path`.
#[inline]
pub(crate) fn forward_path(
    charset: Charset,
    input: &[u8],
) -> Parsed<'_, ForwardPath<'_>, PathError> {
    const POSTMASTER: &[u8] = b"<Postmaster>";
    match input.split_at_checked(POSTMASTER.len()) {
        Some((start, rest)) if start.eq_ignore_ascii_case(POSTMASTER) => {
            Ok((rest, ForwardPath::Postmaster))
        }
        _ if input.starts_with(b"<>") => fail(PathError::Null),
        _ => path(charset, input).map(|(rest, mailbox)| (rest, ForwardPath::Mailbox(mailbox))),
    }
}

/// `Path`, its source route dropped.
#[inline]
fn path(charset: Charset, input: &[u8]) -> Parsed<'_, Mailbox<'_>, PathError> {
    let (rest, ()) = octet(b'<', |_| PathError::NoOpeningBracket, input)?;
    let rest = if rest.first() == Some(&b'@') {
        source_route(charset, rest)?
    } else {
        rest
    };
    let (rest, mailbox) = mailbox::mailbox(charset, rest)?;
    let (rest, ()) = octet(
        b'>',
        |rest| no_closing_bracket(charset, mailbox, rest),
        rest,
    )?;
    if input.len() - rest.len() > PATH_LIMIT {
        return fail(PathError::TooLong);
    }
    Ok((rest, mailbox))
}

/// The rest behind `A-d-l ":"`.
fn source_route(charset: Charset, input: &[u8]) -> Result<&[u8], nom::Err<PathError>> {
    let mut rest = input;
    loop {
        let (behind, ()) = octet(b'@', |_| PathError::SourceRoute, rest)?;
        let start = behind;
        let (behind, _) =
            host::domain(charset, start).map_err(|error| error.map(PathError::from))?;
        if !host::is_spelled_well(grammar::Spelled::ascii(grammar::taken(start, behind))) {
            return fail(PathError::Host(HostError::Unicode));
        }
        rest = match behind {
            [b',', next @ ..] => next,
            [b':', next @ ..] => return Ok(next),
            _ => return fail(PathError::SourceRoute),
        }
    }
}

/// What is wrong where the `>` should be.
fn no_closing_bracket(charset: Charset, mailbox: Mailbox<'_>, rest: &[u8]) -> PathError {
    match rest.first() {
        // A stray octet makes a domain name wrong; a literal ends with its own bracket.
        Some(octet) if *octet != b' ' && matches!(mailbox.host(), host::Host::Name(_)) => {
            host::left_over(charset, rest).into()
        }
        _ => PathError::NoClosingBracket,
    }
}
