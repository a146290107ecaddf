//! ETRN: a request to send what waits for a host (RFC 1985).

use std::fmt;

use super::SyntaxError;
use crate::grammar::{self, TEXT, is, text};
use crate::host::{DomainName, DomainNameBuf, HostError};
use crate::verb::Arguments;

/// The argument of ETRN (RFC 1985 section 5.1): what the waiting mail is for. Deliberately
/// exhaustive: the grammar has these three. `Display` writes it as it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Etrn<'i> {
    /// `example.org`: for this host.
    Host(Node<'i>),
    /// `@example.org`: for this domain and all below it.
    Domain(Node<'i>),
    /// `#name`: a queue, by a name that only the server understands.
    Queue(QueueName<'i>),
}

/// A domain name in ASCII: ETRN has no way to say that there is UTF-8 in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Node<'i>(DomainName<'i>);

/// The name of a queue: printable ASCII without blanks, at least one octet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct QueueName<'i>(&'i str);

/// The owned twin of [`Etrn`].
#[derive(Clone)]
pub enum EtrnBuf {
    /// For a host.
    Host(NodeBuf),
    /// For a domain and all below it.
    Domain(NodeBuf),
    /// A queue.
    Queue(QueueNameBuf),
}

/// The owned twin of [`Node`].
#[derive(Clone)]
pub struct NodeBuf(DomainNameBuf);

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
        [b'@', domain @ ..] => Node::parse(domain).map(Etrn::Domain),
        [b'#', name @ ..] => QueueName::parse(name).map(Etrn::Queue),
        host => Node::parse(host).map(Etrn::Host),
    }
}

impl<'i> Node<'i> {
    /// Parses a domain name.
    ///
    /// # Errors
    ///
    /// [`SyntaxError::Node`].
    pub fn parse(input: &'i (impl AsRef<[u8]> + ?Sized)) -> Result<Self, SyntaxError> {
        DomainName::parse(input)
            .map(Self)
            .map_err(SyntaxError::Node)
    }

    /// The name.
    #[must_use]
    pub const fn domain_name(self) -> DomainName<'i> {
        self.0
    }

    /// The owned twin.
    #[must_use]
    pub fn to_owned(self) -> NodeBuf {
        NodeBuf(self.0.to_owned())
    }
}

impl NodeBuf {
    /// The borrowed form. It is not parsed again.
    #[must_use]
    pub fn borrow(&self) -> Node<'_> {
        Node(self.0.borrow())
    }
}

grammar::owned_twin!(NodeBuf, Node, SyntaxError);

impl<'i> TryFrom<DomainName<'i>> for Node<'i> {
    type Error = SyntaxError;

    fn try_from(name: DomainName<'i>) -> Result<Self, SyntaxError> {
        if name.is_ascii() {
            Ok(Self(name))
        } else {
            Err(SyntaxError::Node(HostError::NonAscii))
        }
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

impl fmt::Display for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

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
