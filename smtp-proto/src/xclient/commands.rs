//! How an identity becomes commands.

use super::{Identity, Name, Value};
use crate::command::{Attribute, Attributes, AttributesBuf};
use crate::ehlo::Capabilities;
use crate::verb::Verb;

/// The most octets of a command line, without its CRLF (RFC 5321 section 4.5.3.1.4).
const LINE: usize = 510;

/// Why an identity cannot be told to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum NotForwardable {
    /// The server does not take an attribute that is demanded, or said at all; `None` is one without a
    /// meaning here.
    #[error(
        "the server does not take {} from here, and without it the message would be another's: \
         name this host in its smtpd_authorized_xclient_hosts, or the like", what(*.0)
    )]
    NotOffered(Option<Name>),
    /// An attribute that is demanded is not known, so the message would be nobody's.
    #[error("{0} is not known, or cannot be said, and without it the message would be nobody's")]
    NotKnown(Name),
    /// What has to go in one command is longer than one may be.
    #[error("the attributes that belong together are longer than a command line may be")]
    TooLong,
}

impl NotForwardable {
    /// A stable name, for logs and for programs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NotOffered(_) => "identity_not_forwardable",
            Self::NotKnown(_) => "identity_not_known",
            Self::TooLong => "identity_too_long",
        }
    }
}

impl Identity {
    /// The arguments of the XCLIENT commands that tell the identity to a server that offers this: most
    /// often one, and none if the server takes nothing of it. Each has to be answered, and the hello said
    /// again, before the next.
    ///
    /// Where one line is too short, who the client is goes in the last command, together: LOGIN in an
    /// earlier one is lost, and behind ADDR the next one may come from somebody who is not authorised.
    /// The names of a client are given up before that fails, its address and login never.
    ///
    /// # Errors
    ///
    /// [`NotForwardable`].
    pub fn commands(&self, offered: &Capabilities) -> Result<Vec<AttributesBuf>, NotForwardable> {
        let is_offered = |name: Name| {
            let mut names = offered.xclient();
            names.any(|it| it.as_str().eq_ignore_ascii_case(name.as_str()))
        };
        let mut told = Vec::new();
        for (name, value) in self.iter() {
            if self.is_required(name) && value.text().is_none() {
                return Err(NotForwardable::NotKnown(name));
            }
            if is_offered(name) {
                told.push((name, value.clone()));
            } else if self.is_required(name) {
                return Err(NotForwardable::NotOffered(Some(name)));
            }
        }
        if fits(Verb::Xclient, &told, None) {
            return Ok(command(&told).into_iter().collect());
        }
        split(told)
    }

    /// The arguments of the XFORWARD commands that tell the identity to a server that offers this, for the
    /// log of one message. What it does not offer is left out, whatever is required: nothing depends on
    /// it.
    #[must_use]
    pub fn log_commands(&self, offered: &Capabilities) -> Vec<AttributesBuf> {
        let is_offered = |name: Name| {
            let mut names = offered.xforward();
            names.any(|it| it.as_str().eq_ignore_ascii_case(name.as_str()))
        };
        let told = self.iter().filter(|(name, _)| is_offered(*name));
        let groups = grouped(
            Verb::Xforward,
            told.map(|(name, value)| (name, value.clone())),
        );
        groups.iter().filter_map(|group| command(group)).collect()
    }
}

fn what(name: Option<Name>) -> &'static str {
    name.map_or("an attribute", Name::as_str)
}

fn split(told: Vec<(Name, Value)>) -> Result<Vec<AttributesBuf>, NotForwardable> {
    let (mut who, first): (Vec<_>, Vec<_>) = told.into_iter().partition(|it| it.0.is_who());
    let mut groups = grouped(Verb::Xclient, first.into_iter());
    // One after the other, as far as it takes.
    for given_up in [Name::ReverseName, Name::Name] {
        if !fits(Verb::Xclient, &who, None) {
            let mut there = who.iter_mut();
            if let Some(attribute) = there.find(|it| it.0 == given_up) {
                attribute.1 = Value::Unavailable;
            }
        }
    }
    groups.push(who);
    if groups.iter().all(|group| fits(Verb::Xclient, group, None)) {
        Ok(groups.iter().filter_map(|group| command(group)).collect())
    } else {
        Err(NotForwardable::TooLong)
    }
}

/// As many in each command as it has room for.
fn grouped(verb: Verb, attributes: impl Iterator<Item = (Name, Value)>) -> Vec<Vec<(Name, Value)>> {
    let mut groups: Vec<Vec<(Name, Value)>> = Vec::new();
    for attribute in attributes {
        match groups.last_mut() {
            Some(group) if fits(verb, group, Some(&attribute)) => group.push(attribute),
            _ => groups.push(vec![attribute]),
        }
    }
    groups
}

/// Whether a command has room for these, and one more.
fn fits(verb: Verb, group: &[(Name, Value)], more: Option<&(Name, Value)>) -> bool {
    let length: usize = group.iter().chain(more).map(length).sum();
    length + verb.as_str().len() <= LINE
}

/// With the blank before it.
fn length((name, value): &(Name, Value)) -> usize {
    format!(" {name}={value}").len()
}

fn command(told: &[(Name, Value)]) -> Option<AttributesBuf> {
    let mut command: Option<AttributesBuf> = None;
    for (name, value) in told {
        let text = format!("{name}={value}");
        let attribute: Attribute<'_> = Attributes::parse(&text).ok()?.next()?;
        match &mut command {
            Some(command) => command.push(attribute),
            None => command = Some(AttributesBuf::from(attribute)),
        }
    }
    command
}
