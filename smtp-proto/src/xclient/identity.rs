//! Attributes that are known and right, each once at most.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use super::{Name, Value, ValueFault};
use crate::command::{AttributeError, Attributes, SyntaxError};

/// Who somebody is, as attributes of XCLIENT or XFORWARD.
///
/// `Display` writes them as they are sent.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Identity {
    /// In the order of the names.
    attributes: Vec<(Name, Value)>,
    required: Vec<Name>,
}

impl Identity {
    /// Nothing at all.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            attributes: Vec::new(),
            required: Vec::new(),
        }
    }

    /// Reads `NAME=value` with blanks between them, as they stand on the wire: xtext.
    ///
    /// ```
    /// use mailwire_smtp_proto::xclient::{Identity, Name};
    ///
    /// let identity = Identity::parse("addr=192.0.2.7 NAME=[UNAVAILABLE] LOGIN=user+40example.test")?;
    /// let login = identity.value(Name::Login).and_then(|it| it.text());
    /// assert_eq!(login, Some("user@example.test"));
    /// assert!(Identity::parse("ADDR=2001:db8::1").is_err(), "IPV6: is missing");
    /// assert!(Identity::parse("ADDR=192.0.2.7 ADDR=192.0.2.8").is_err(), "who is it?");
    /// # Ok::<(), mailwire_smtp_proto::xclient::IdentityError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`IdentityError`] says what is wrong.
    pub fn parse(text: &str) -> Result<Self, IdentityError> {
        Self::read(Attributes::parse(text)?)
    }

    /// What attributes say, all of them judged. The form of each was judged already.
    ///
    /// # Errors
    ///
    /// [`IdentityError`] says what is wrong with the first that is.
    pub fn read(attributes: Attributes<'_>) -> Result<Self, IdentityError> {
        let mut identity = Self::new();
        for attribute in attributes {
            let name = Name::parse(attribute.name.as_str()).ok_or(IdentityError::Unknown)?;
            if identity.value(name).is_some() {
                return Err(IdentityError::Twice(name));
            }
            identity.set(name, Value::of(name, attribute.value)?);
        }
        Ok(identity)
    }

    /// With a value that is known, in the place of an earlier one.
    ///
    /// # Errors
    ///
    /// [`ValueFault`] if it is none that the attribute has.
    pub fn with(mut self, name: Name, value: &str) -> Result<Self, ValueFault> {
        self.set(name, Value::known(name, value)?);
        Ok(self)
    }

    /// With what is, or is not, known of something. What was not to be found out for now, and is none of what
    /// is [looked up](Name::is_looked_up), is unavailable.
    #[must_use]
    pub fn with_value(mut self, name: Name, value: Value) -> Self {
        self.set(name, value);
        self
    }

    /// With the client's address. One that maps IPv4 is IPv4.
    #[must_use]
    pub fn with_address(self, address: IpAddr) -> Self {
        self.with_value(Name::Addr, Value::Known(written(address).into()))
    }

    /// With the client's port.
    #[must_use]
    pub fn with_port(self, port: u16) -> Self {
        self.with_value(Name::Port, Value::Known(port.to_string().into()))
    }

    /// With the address and port that the client connected to.
    #[must_use]
    pub fn with_destination(self, to: SocketAddr) -> Self {
        self.with_value(Name::DestAddr, Value::Known(written(to.ip()).into()))
            .with_value(Name::DestPort, Value::Known(to.port().to_string().into()))
    }

    /// Demands that the server takes an attribute, and that it is known: without it nothing is said of a
    /// message. Of one that is not there at all it demands nothing.
    #[must_use]
    pub fn require(mut self, name: Name) -> Self {
        if !self.required.contains(&name) {
            self.required.push(name);
        }
        self
    }

    /// What is said of something, if anything is.
    #[must_use]
    pub fn value(&self, name: Name) -> Option<&Value> {
        let mut attributes = self.attributes.iter();
        attributes.find(|it| it.0 == name).map(|it| &it.1)
    }

    /// All that is said, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (Name, &Value)> {
        self.attributes.iter().map(|(name, value)| (*name, value))
    }

    /// Whether nothing is said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.attributes.is_empty()
    }

    /// With what was said `before` of the names that nothing is said of here, as far as it `holds`.
    #[must_use]
    pub(crate) fn keeping(mut self, before: &Self, holds: impl Fn(Name) -> bool) -> Self {
        for (name, value) in before.iter() {
            if holds(name) && self.value(name).is_none() {
                self.set(name, value.clone());
            }
        }
        self
    }

    pub(super) fn is_required(&self, name: Name) -> bool {
        self.required.contains(&name)
    }

    fn set(&mut self, name: Name, value: Value) {
        let value = match value {
            Value::TemporarilyUnavailable if !name.is_looked_up() => Value::Unavailable,
            value => value,
        };
        match self.attributes.binary_search_by_key(&name, |it| it.0) {
            Ok(at) => {
                if let Some(there) = self.attributes.get_mut(at) {
                    there.1 = value;
                }
            }
            Err(at) => self.attributes.insert(at, (name, value)),
        }
    }
}

/// Why attributes are no identity. Holds none of the peer's octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// They have not the form of attributes.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// An attribute has not the form of one.
    #[error(transparent)]
    Attribute(#[from] AttributeError),
    /// Nobody knows an attribute of this name.
    #[error("there is an attribute that nobody knows (Postfix, XCLIENT_README)")]
    Unknown,
    /// An attribute is told twice.
    #[error("{0} is told twice")]
    Twice(Name),
    /// An attribute cannot be what it is said to be.
    #[error(transparent)]
    Value(#[from] ValueFault),
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        self.iter().try_for_each(|(name, value)| {
            write!(f, "{separator}{name}={value}")?;
            separator = " ";
            Ok(())
        })
    }
}

/// As it is sent, but for FORWARD, which holds whatever a login brought with it.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(")?;
        let mut separator = "";
        for (name, value) in self.iter() {
            match name {
                Name::Forward => write!(f, "{separator}{name}=..")?,
                _ => write!(f, "{separator}{name}={value}")?,
            }
            separator = " ";
        }
        f.write_str(")")
    }
}

impl std::str::FromStr for Identity {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, IdentityError> {
        Self::parse(text)
    }
}

fn written(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("IPV6:{address}"),
    }
}
