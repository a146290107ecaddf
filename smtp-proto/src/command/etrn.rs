//! ETRN: a request to send what waits for a host (RFC 1985).

use std::fmt;

use super::SyntaxError;
use crate::grammar::{self, TEXT, is, text};
use crate::host::{DomainName, DomainNameBuf};
use crate::verb::Arguments;

/// The argument of ETRN (RFC 1985 section 5.1): what the waiting mail is for. Deliberately
/// exhaustive: the grammar has these three. `Display` writes it as it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Etrn<'i> {
    /// `example.org`: for this host.
    Host(DomainName<'i>),
    /// `@example.org`: for this domain and all below it.
    Domain(DomainName<'i>),
    /// `#name`: a queue, by a name that only the server understands.
    Queue(QueueName<'i>),
}

/// The name of a queue: printable ASCII without blanks, at least one octet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct QueueName<'i>(&'i str);

/// The owned twin of [`Etrn`].
#[derive(Clone)]
pub enum EtrnBuf {
    /// For a host.
    Host(DomainNameBuf),
    /// For a domain and all below it.
    Domain(DomainNameBuf),
    /// A queue.
    Queue(QueueNameBuf),
}

/// The owned twin of [`QueueName`].
#[derive(Clone)]
pub struct QueueNameBuf(Box<str>);

/// The argument of ETRN (RFC 1985 section 5.1).
///
/// # Errors
///
/// [`SyntaxError`] says which rule is broken.
pub fn etrn(arguments: Arguments<'_>) -> Result<Etrn<'_>, SyntaxError> {
    match arguments.trimmed() {
        [] => Err(SyntaxError::MissingArgument),
        [b'@', domain @ ..] => DomainName::parse(domain)
            .map(Etrn::Domain)
            .map_err(SyntaxError::Node),
        [b'#', name @ ..] => QueueName::parse(name).map(Etrn::Queue),
        host => DomainName::parse(host)
            .map(Etrn::Host)
            .map_err(SyntaxError::Node),
    }
}

impl<'i> QueueName<'i> {
    /// Checks a name, without the `#`.
    ///
    /// # Errors
    ///
    /// [`SyntaxError::Text`].
    pub fn parse(input: &'i (impl AsRef<[u8]> + ?Sized)) -> Result<Self, SyntaxError> {
        let input = input.as_ref();
        let graphic = |octet: &u8| is(TEXT, *octet) && !matches!(octet, b' ' | b'\t');
        if input.is_empty() || !input.iter().all(graphic) {
            return Err(SyntaxError::Text);
        }
        text(input, SyntaxError::Text).map(Self)
    }

    /// The name, without the `#`.
    #[must_use]
    pub const fn as_str(self) -> &'i str {
        self.0
    }

    /// The owned twin.
    #[must_use]
    pub fn to_owned(self) -> QueueNameBuf {
        QueueNameBuf(self.0.into())
    }
}

impl QueueNameBuf {
    /// The borrowed form. It is not checked again.
    #[must_use]
    pub fn borrow(&self) -> QueueName<'_> {
        QueueName(&self.0)
    }
}

grammar::owned_twin!(QueueNameBuf, QueueName, SyntaxError);

impl Etrn<'_> {
    /// The owned twin.
    #[must_use]
    pub fn to_owned(self) -> EtrnBuf {
        match self {
            Self::Host(host) => EtrnBuf::Host(host.to_owned()),
            Self::Domain(domain) => EtrnBuf::Domain(domain.to_owned()),
            Self::Queue(name) => EtrnBuf::Queue(name.to_owned()),
        }
    }
}

impl EtrnBuf {
    /// The borrowed form. It is not parsed again.
    #[must_use]
    pub fn borrow(&self) -> Etrn<'_> {
        match self {
            Self::Host(host) => Etrn::Host(host.borrow()),
            Self::Domain(domain) => Etrn::Domain(domain.borrow()),
            Self::Queue(name) => Etrn::Queue(name.borrow()),
        }
    }
}

grammar::owned_twin!(EtrnBuf, Etrn);

impl fmt::Display for QueueName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Display for Etrn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(host) => host.fmt(f),
            Self::Domain(domain) => write!(f, "@{domain}"),
            Self::Queue(name) => write!(f, "#{name}"),
        }
    }
}
