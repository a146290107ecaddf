//! The name in HELO, EHLO and LHLO.

use std::fmt;
use std::hash::{Hash, Hasher};

use super::{HOST_LIMIT, Host, HostBuf, HostError, HostKind, host, left_over};
use crate::charset::Charset;
use crate::grammar::{self, HELLO, Spelled, hash_ignoring_case, run};

/// The name that a client goes by in HELO, EHLO or LHLO.
///
/// It ought to be a [`Host`]. Clients send underscores, bare IPv6 addresses and dots at the end as
/// well. As mail must not be refused because a name is not the client's own (RFC 5321 section
/// 4.1.4), little is won by refusing it over an underscore: any mix of letters, digits, `-`, `.`,
/// `_` and `:` up to 255 octets is taken. It holds no blank and no control octet.
///
/// ```
/// use mailwire_smtp_proto::host::HelloName;
///
/// assert!(HelloName::parse("mx.example.org").is_ok_and(|name| name.host().is_some()));
/// assert!(HelloName::parse("MY_LAPTOP").is_ok_and(|name| name.host().is_none()));
/// assert!(HelloName::parse("mx example").is_err());
/// ```
#[derive(Clone, Copy)]
pub struct HelloName<'i> {
    spelled: Spelled<'i>,
    kind: Option<HostKind>,
}

/// The owned twin of [`HelloName`].
#[derive(Clone)]
pub struct HelloNameBuf {
    spelled: Box<str>,
    kind: Option<HostKind>,
}

impl<'i> HelloName<'i> {
    /// Parses a name, with nothing around it.
    ///
    /// # Errors
    ///
    /// [`HostError`] says which rule is broken.
    pub fn parse(input: &'i (impl AsRef<[u8]> + ?Sized)) -> Result<Self, HostError> {
        let input = input.as_ref();
        if input.is_empty() {
            return Err(HostError::Empty);
        }
        let ascii = Charset::Ascii;
        let left_over = |rest: &[u8]| left_over(ascii, rest);
        let kind = match grammar::whole(host(ascii, input), left_over) {
            Ok(kind) => Some(kind),
            Err(error @ (HostError::Literal | HostError::TooLong)) => return Err(error),
            // A bracket is no octet of any other name.
            Err(error) if input.starts_with(b"[") => return Err(error),
            Err(_) => match run(HELLO, input) {
                ([], _) => None,
                (rest, _) => return Err(left_over(rest)),
            },
        };
        if input.len() > HOST_LIMIT {
            return Err(HostError::TooLong);
        }
        Ok(Self {
            spelled: Spelled::ascii(input),
            kind,
        })
    }

    /// The name as it is spelled.
    #[must_use]
    pub const fn as_str(self) -> &'i str {
        self.spelled.as_str()
    }

    /// The host that the name is, unless it is one of the names that no host can have.
    #[must_use]
    pub fn host(self) -> Option<Host<'i>> {
        self.kind.map(|kind| kind.with(self.spelled))
    }

    /// The owned twin.
    #[must_use]
    pub fn to_owned(self) -> HelloNameBuf {
        HelloNameBuf {
            spelled: self.as_str().into(),
            kind: self.kind,
        }
    }
}

impl HelloNameBuf {
    /// The borrowed form. It is not parsed again.
    #[must_use]
    pub fn borrow(&self) -> HelloName<'_> {
        HelloName {
            spelled: Spelled::text(&self.spelled),
            kind: self.kind,
        }
    }

    /// The name as it is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.spelled
    }
}

impl TryFrom<HostBuf> for HelloNameBuf {
    type Error = HostError;

    /// The name that a host goes by, unless it has UTF-8 in it: a hello is sent before the server
    /// can say that it takes any (RFC 6531 section 3.7.1).
    fn try_from(host: HostBuf) -> Result<Self, HostError> {
        if !host.spelled.is_ascii() {
            return Err(HostError::NonAscii);
        }
        Ok(Self {
            spelled: host.spelled,
            kind: Some(host.kind),
        })
    }
}

grammar::owned_twin!(HelloNameBuf, HelloName, HostError);

impl fmt::Display for HelloName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for HelloName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HelloName({self})")
    }
}

impl PartialEq for HelloName<'_> {
    /// Letter case does not count.
    fn eq(&self, other: &Self) -> bool {
        self.spelled
            .as_bytes()
            .eq_ignore_ascii_case(other.spelled.as_bytes())
    }
}

impl Eq for HelloName<'_> {}

impl Hash for HelloName<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_ignoring_case(self.spelled.as_bytes(), state);
    }
}
