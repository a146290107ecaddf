//! Mailboxes: a local part, an `@`, a host.

use std::fmt;
use std::hash::{Hash, Hasher};

use super::PathError;
use crate::charset::{self, Charset};
use crate::grammar::{
    self, ATEXT, NON_ASCII, Parsed, QTEXT, Spelled, fail, octet, run, taken, within,
};
use crate::host::{self, Host, HostError, HostKind};

/// The most octets of a local part, quotes and backslashes included.
///
/// RFC 5321 section 4.5.3.1.1 says 64, and section 4.5.3.1 that this is what everybody has to
/// *receive*. Longer ones exist (encoded X.400 addresses, rewritten return paths), so this is as
/// liberal as for a host.
pub const LOCAL_PART_LIMIT: usize = u8::MAX as usize;

/// A mailbox such as `user@example.org` (RFC 5321 section 4.1.2 `Mailbox`), in ASCII or, where
/// SMTPUTF8 is asked for, in UTF-8 (RFC 6531 section 3.3).
///
/// It holds no control octet, so it can be written into a command as it is. Two mailboxes are
/// equal if they are the same by RFC 5321: quotes that change nothing and the letter case of the
/// host do not count, the letter case of the local part does.
///
/// ```
/// use mailwire_smtp_proto::path::Mailbox;
///
/// let mailbox = Mailbox::parse(r#""user"@Example.ORG"#)?;
/// assert_eq!(mailbox.as_str(), r#""user"@Example.ORG"#);
/// assert_eq!(mailbox.local_part().to_unquoted_string(), "user");
/// assert_eq!(mailbox.host().to_string(), "Example.ORG");
/// assert_eq!(mailbox, Mailbox::parse("user@example.org")?);
/// # Ok::<(), mailwire_smtp_proto::path::PathError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Mailbox<'i> {
    spelled: Spelled<'i>,
    /// Octets of the local part: the place of the `@`. No local part is longer.
    local_part: u8,
    kind: HostKind,
    is_ascii: bool,
}

/// The owned twin of [`Mailbox`].
#[derive(Clone)]
pub struct MailboxBuf {
    spelled: Box<str>,
    local_part: u8,
    kind: HostKind,
    is_ascii: bool,
}

/// What stands before the `@`: a dot-string, or a string in quotes (RFC 5321 section 4.1.2).
///
/// Two local parts are equal if they are the same without their quotes. Letter case counts (RFC
/// 5321 section 2.4), as far as this crate is concerned.
#[derive(Clone, Copy)]
pub struct LocalPart<'i>(Spelled<'i>);

impl<'i> Mailbox<'i> {
    /// Parses a mailbox in ASCII, with no angle brackets around it.
    ///
    /// # Errors
    ///
    /// [`PathError`] says which rule is broken.
    pub fn parse(input: &'i (impl AsRef<[u8]> + ?Sized)) -> Result<Self, PathError> {
        Self::parse_in(Charset::Ascii, input)
    }

    /// Parses a mailbox in a character set, with no angle brackets around it.
    ///
    /// ```
    /// use mailwire_smtp_proto::charset::Charset;
    /// use mailwire_smtp_proto::path::{Mailbox, PathError};
    ///
    /// let spelled = "δοκιμή@παράδειγμα.δοκιμή";
    /// assert!(!Mailbox::parse_in(Charset::Utf8, spelled)?.is_ascii());
    /// assert_eq!(Mailbox::parse(spelled), Err(PathError::NonAscii));
    /// # Ok::<(), PathError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`PathError`] says which rule is broken.
    pub fn parse_in(
        charset: Charset,
        input: &'i (impl AsRef<[u8]> + ?Sized),
    ) -> Result<Self, PathError> {
        grammar::whole(mailbox(charset, input.as_ref()), |rest| {
            host::left_over(charset, rest).into()
        })
    }

    /// Whether all of it is ASCII, so that SMTPUTF8 is not needed.
    #[must_use]
    pub const fn is_ascii(self) -> bool {
        self.is_ascii
    }

    /// What stands before the `@`.
    #[must_use]
    pub fn local_part(self) -> LocalPart<'i> {
        LocalPart(self.spelled.around(usize::from(self.local_part)).0)
    }

    /// What stands behind the `@`.
    #[must_use]
    pub fn host(self) -> Host<'i> {
        self.kind
            .with(self.spelled.around(usize::from(self.local_part)).1)
    }

    /// The mailbox as it is spelled.
    #[must_use]
    pub const fn as_str(self) -> &'i str {
        self.spelled.as_str()
    }

    /// The owned twin.
    #[must_use]
    pub fn to_owned(self) -> MailboxBuf {
        let Self {
            spelled,
            local_part,
            kind,
            is_ascii,
        } = self;
        MailboxBuf {
            spelled: spelled.as_str().into(),
            local_part,
            kind,
            is_ascii,
        }
    }
}

impl MailboxBuf {
    /// The borrowed form. It is not parsed again.
    #[must_use]
    pub fn borrow(&self) -> Mailbox<'_> {
        Mailbox {
            spelled: Spelled::text(&self.spelled),
            local_part: self.local_part,
            kind: self.kind,
            is_ascii: self.is_ascii,
        }
    }

    /// The mailbox as it is spelled.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.spelled
    }
}

grammar::owned_twin!(MailboxBuf, Mailbox, PathError);

impl<'i> LocalPart<'i> {
    /// The local part as it is spelled, quotes included.
    #[must_use]
    pub const fn as_str(self) -> &'i str {
        self.0.as_str()
    }

    /// Whether it is spelled in quotes.
    #[must_use]
    pub fn is_quoted(self) -> bool {
        self.0.as_bytes().starts_with(b"\"")
    }

    /// The octets that are meant: without the quotes, and without the backslashes that quote.
    pub fn unquoted(self) -> impl Iterator<Item = u8> + 'i {
        let mut octets = self.inner().iter().copied();
        let quoted = self.is_quoted();
        std::iter::from_fn(move || match octets.next() {
            Some(b'\\') if quoted => octets.next(),
            octet => octet,
        })
    }

    /// Whether `name` is what is meant. Letter case counts.
    #[must_use]
    pub fn eq_unquoted(self, name: &str) -> bool {
        self.unquoted().eq(name.bytes())
    }

    /// What is meant, as a string of its own.
    #[must_use]
    pub fn to_unquoted_string(self) -> String {
        // What is taken out is ASCII, so what is left is text as well.
        let octets: Vec<u8> = self.unquoted().collect();
        String::from_utf8(octets).unwrap_or_default()
    }

    /// Without the quotes.
    fn inner(self) -> &'i [u8] {
        match self.0.as_bytes() {
            [b'"', inner @ .., b'"'] => inner,
            atoms => atoms,
        }
    }
}

impl fmt::Display for Mailbox<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Mailbox<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mailbox({self})")
    }
}

impl PartialEq for Mailbox<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.local_part() == other.local_part() && self.host() == other.host()
    }
}

impl Eq for Mailbox<'_> {}

impl Hash for Mailbox<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.local_part().hash(state);
        self.host().hash(state);
    }
}

impl fmt::Display for LocalPart<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for LocalPart<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LocalPart({self})")
    }
}

impl PartialEq for LocalPart<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.unquoted().eq(other.unquoted())
    }
}

impl Eq for LocalPart<'_> {}

impl Hash for LocalPart<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for octet in self.unquoted() {
            state.write_u8(octet);
        }
        // No local part has this octet, so the end is told from more.
        state.write_u8(0xFF);
    }
}

/// `Mailbox`, as far as it goes: what ends it is for the caller to judge.
#[inline]
pub(super) fn mailbox(charset: Charset, input: &[u8]) -> Parsed<'_, Mailbox<'_>, PathError> {
    let (rest, local_part) = local_part(charset, input)?;
    let (rest, ()) = octet(b'@', |rest| no_at_sign(charset, local_part, rest), rest)?;
    let Ok(octets) = u8::try_from(local_part.len()) else {
        return fail(PathError::LocalPartTooLong);
    };
    let (rest, kind) = host::host(charset, rest).map_err(|error| error.map(PathError::from))?;
    let spelled = taken(input, rest);
    let mailbox = Mailbox {
        spelled: Spelled::ascii(spelled),
        local_part: octets,
        kind,
        is_ascii: charset == Charset::Ascii || spelled.is_ascii(),
    };
    match mailbox.unicode_error() {
        None => Ok((rest, mailbox)),
        Some(error) => fail(error),
    }
}

impl Mailbox<'_> {
    /// What is wrong with what stands outside of ASCII, whose octets the grammar does not tell
    /// apart.
    #[inline]
    fn unicode_error(self) -> Option<PathError> {
        if self.is_ascii {
            return None;
        }
        let (local_part, host) = self.spelled.around(usize::from(self.local_part));
        let is_good = Spelled::utf8(local_part.as_bytes())
            .is_some_and(|it| it.as_str().chars().all(charset::is_in_local_part));
        if !is_good {
            return Some(PathError::Unicode);
        }
        (!host::is_spelled_well(host)).then_some(PathError::Host(HostError::Unicode))
    }
}

/// `Local-part`, as far as it goes, and possibly empty.
#[inline]
fn local_part(charset: Charset, input: &[u8]) -> Parsed<'_, &[u8], PathError> {
    if let Some((b'"', content)) = input.split_first() {
        let rest = quoted_string(charset, content)?;
        return Ok((rest, taken(input, rest)));
    }
    let octets = within(charset, ATEXT);
    let mut rest = input;
    loop {
        let (behind, atom) = run(octets, rest);
        match behind.split_first() {
            // A dot follows an atom, and an atom follows a dot.
            Some((b'.', next)) if !atom.is_empty() => rest = next,
            _ if atom.is_empty() => return fail(no_atom(behind)),
            _ => return Ok((behind, taken(input, behind))),
        }
    }
}

/// The rest behind a `Quoted-string` whose first quote is gone. A backslash quotes ASCII alone
/// (RFC 6531 section 3.3 extends `qtextSMTP`, not `quoted-pairSMTP`).
fn quoted_string(charset: Charset, input: &[u8]) -> Result<&[u8], nom::Err<PathError>> {
    let octets = within(charset, QTEXT);
    let mut rest = input;
    loop {
        rest = match run(octets, rest).0 {
            [b'"', behind @ ..] => return Ok(behind),
            [b'\\', 32..=126, behind @ ..] => behind,
            [octet, ..] if grammar::is(NON_ASCII, *octet) => return fail(PathError::NonAscii),
            [b'\\', octet, ..] if charset == Charset::Ascii && grammar::is(NON_ASCII, *octet) => {
                return fail(PathError::NonAscii);
            }
            _ => return fail(PathError::QuotedString),
        }
    }
}

/// What is wrong where an atom should start.
fn no_atom(rest: &[u8]) -> PathError {
    match rest.first() {
        Some(0x80..=0xFF) => PathError::NonAscii,
        _ => PathError::LocalPart,
    }
}

/// What is wrong where the `@` should be.
fn no_at_sign(charset: Charset, local_part: &[u8], rest: &[u8]) -> PathError {
    match rest.first() {
        None | Some(b'>') if !local_part.is_empty() => PathError::NoHost,
        Some(0x80..=0xFF) if charset == Charset::Ascii => PathError::NonAscii,
        _ => PathError::LocalPart,
    }
}
