//! XCLIENT and XFORWARD: what a proxy says of its client, who may say it, and what becomes of the session
//! (Postfix's XCLIENT_README and XFORWARD_README).
//!
//! ```text
//!   503 in a transaction ─► 501 no attributes ─► 550 not one who may ─► 501 an attribute is wrong
//!
//!   XCLIENT:  question: what would that client be greeted with?
//!             220 ─► Greeted, with that client as peer: hello, login, transaction are void
//!             421, 554 ─► the end
//!   XFORWARD: 250, and kept until the transaction is over
//! ```
//!
//! All attributes are judged before one is applied. Postfix applies them one after the other, and what
//! stands in front of a bad one then holds.

use std::sync::Arc;
use std::time::Instant;

use bytes::BytesMut;
use mailwire_tls_policy::outbound::PeerLocation;
use mailwire_tls_policy::{Channel, Identity as Login, Origin};

use super::envelope::Announced;
use super::{Event, Extension, Fault, Session, write};
use crate::command::{SyntaxError, attributes};
use crate::peer::Peer;
use crate::table::{Outcome, Question, on_outcome};
use crate::verb::Arguments;
use crate::xclient::{Identity, IdentityError, Name, ValueFault};

/// What proxies have said that is not yet, or not for long, in force.
#[derive(Debug, Default)]
pub(super) struct Forward {
    /// The peer, if the question about it is answered with yes.
    proposed: Option<Peer>,
    /// What XFORWARD said of the next message.
    xforward: Option<Arc<Identity>>,
}

impl Session {
    /// What XFORWARD said of the message of this transaction, or of the one that MAIL begins next. It is
    /// for the log: nothing is granted by it.
    #[must_use]
    pub fn xforward(&self) -> Option<&Identity> {
        self.forward.as_ref()?.xforward.as_deref()
    }

    /// Where the client is, as far as relaying goes. Of what its proxies said, and of who they are, that
    /// much is decided: the address of a declared one grants nothing. `trusts` says whether an address
    /// is in a network that may relay.
    pub fn origin(&self, trusts: impl FnOnce(std::net::IpAddr) -> bool) -> Origin {
        let config = &self.config;
        let declared = config.proxies.iter().chain(&config.xclient.networks);
        let is_proxy = |address| declared.into_iter().any(|it| it.contains(address));
        self.peer.origin(is_proxy, trusts)
    }

    /// XCLIENT. That it is not for a transaction, the table has said.
    pub(super) fn xclient<'i>(
        &mut self,
        arguments: Arguments<'i>,
        now: Instant,
        event: &mut Option<Event<'i>>,
    ) -> Result<(), Fault> {
        let identity = self.read_identity(arguments, Extension::Xclient)?;
        self.count_idle()?;
        let peer = self.peer.with_xclient(identity);
        self.forward.get_or_insert_default().proposed = Some(peer.clone());
        *event = Some(Event::Xclient {
            peer,
            pending: self.ask(Question::Xclient, now),
        });
        Ok(())
    }

    /// XFORWARD. Several add up, since a line may be too short for all.
    pub(super) fn xforward_command(
        &mut self,
        arguments: Arguments<'_>,
        out: &mut BytesMut,
    ) -> Result<(), Fault> {
        let mut identity = self.read_identity(arguments, Extension::Xforward)?;
        self.count_idle()?;
        let kept = self.forward.get_or_insert_default();
        if let Some(before) = &kept.xforward {
            identity = identity.keeping(before, |_| true);
        }
        kept.xforward = Some(Arc::new(identity));
        self.go(on_outcome(
            self.position.phase(),
            Question::Xforward,
            Outcome::Accepted,
        ));
        self.say(write::accepted(Question::Xforward), out);
        Ok(())
    }

    /// The transaction that XFORWARD told of is over, or was not begun.
    pub(super) fn forget_xforward(&mut self) {
        if let Some(forward) = &mut self.forward {
            forward.xforward = None;
        }
    }

    /// Begins anew with the proposed peer, and says the greeting. A login holds if XCLIENT names one. What
    /// was known of the channel's other end, its certificate, was known of the proxy.
    pub(super) fn begin_as_proposed(&mut self, out: &mut BytesMut) {
        let Some(peer) = self.forward.take().and_then(|it| it.proposed) else {
            return;
        };
        self.identity = if peer.login().is_some() {
            Login::Authenticated
        } else {
            Login::Anonymous
        };
        self.channel = channel(self.channel, peer.location());
        self.peer = peer;
        self.auth = None;
        self.transactions = 0;
        self.begin_counts();
        self.announced = Announced::default();
        self.write_greeting(out);
    }

    /// Takes the proposal back.
    pub(super) fn drop_proposed(&mut self) {
        if let Some(forward) = &mut self.forward {
            forward.proposed = None;
        }
    }

    fn read_identity(
        &self,
        arguments: Arguments<'_>,
        command: Extension,
    ) -> Result<Identity, Fault> {
        let attributes = attributes(arguments);
        if attributes.as_ref().err() == Some(&SyntaxError::MissingArgument) {
            return Err(Fault::Syntax(SyntaxError::MissingArgument));
        }
        if !self.offers(command) {
            return Err(Fault::NotAuthorized);
        }
        let attributes = attributes.map_err(Fault::Syntax)?;
        let identity = Identity::read(attributes).map_err(Fault::Identity)?;
        let listed = match command {
            Extension::Xforward => &self.config.xforward.attributes,
            _ => &self.config.xclient.attributes,
        };
        for (name, value) in identity.iter() {
            if !listed.contains(&name) {
                return Err(Fault::Identity(IdentityError::Unknown));
            }
            // It is what the client speaks; what goes into a log may be anything, or nothing.
            let is_said = command == Extension::Xclient && name == Name::Proto;
            let is_here = |it: &str| self.config.dialect.takes_protocol(it);
            if is_said && !value.text().is_some_and(is_here) {
                return Err(Fault::Identity(ValueFault { name }.into()));
            }
        }
        Ok(identity)
    }
}

/// What protects the octets of a client that a proxy speaks for. Clear text that does not leave the host
/// has come from the client all the same, perhaps over a network.
const fn channel(of_proxy: Channel, client: PeerLocation) -> Channel {
    match (of_proxy, client) {
        (Channel::Local, PeerLocation::Remote) => Channel::Plain,
        _ => of_proxy,
    }
}
