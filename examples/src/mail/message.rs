//! From DATA to the verdict: the content goes to disk, or on, and what came of that is told.

use std::net::IpAddr;
use std::sync::atomic::Ordering;

use jiff::ZonedDateTime;
use mailwire_smtp_proto::dialect::Dialect;
use mailwire_smtp_proto::peer::{Peer, Provenance};
use mailwire_smtp_proto::reply::{Class, Reply};
use mailwire_smtp_proto::server::{Admission, Decision, Verdict};
use mailwire_tls_policy::Channel;
use tracing::info;

use super::{Client, Exchange, Place, Recipient, reply};
use crate::config::Deliver;
use crate::mailboxes::Mailbox;
use crate::maildir::{self, Delivery, DeliveryError, blocking};
use crate::received::{Dialogue, Trace, Transmission};
use crate::status::Status;

impl Exchange {
    /// DATA: there has to be a place for the message before its content is asked for.
    pub async fn data(&mut self, client: &Client) -> Admission {
        if let Some(reply) = &self.refusal {
            return Admission::Reject(reply.clone());
        }
        let trace = match self.create(client) {
            Ok(trace) => trace,
            Err(error) => {
                info!(%error, "no place for a message");
                self.delivery = None;
                return Admission::Reject(reply(error.status()));
            }
        };
        let mut refusal = None;
        for hop in self.hops().filter(|it| it.is_used()) {
            refusal = Box::pin(hop.data(&trace)).await.err();
            if refusal.is_some() {
                break;
            }
        }
        if let Some(reply) = refusal {
            self.forget().await;
            // The client's transaction goes on until it says so.
            self.refusal = Some(reply.clone());
            return Admission::Reject(reply);
        }
        Admission::Accept
    }

    /// A piece of content. What goes wrong is told by the verdict.
    pub async fn content(&mut self, octets: &[u8]) {
        if let Some(delivery) = &mut self.delivery {
            let _ = blocking(|| delivery.write(octets));
        }
        for hop in self.hops() {
            Box::pin(hop.content(octets)).await;
        }
    }

    /// The end of the content: 250 only when the message is on the disk.
    ///
    /// `forwarded` is what XFORWARD has said, for the log.
    pub async fn message(
        &mut self,
        octets: u64,
        client: &Client,
        forwarded: Option<String>,
    ) -> Verdict {
        let results = self.end(client.dialect).await;
        let delivered = results.iter().filter(|result| result.is_ok()).count();
        if delivered > 0 {
            self.edge.accepted.fetch_add(1, Ordering::Relaxed);
        }
        info!(
            role = %client.role,
            peer = client.peer.address().map(tracing::field::display),
            via = via(&client.peer).map(tracing::field::display),
            forwarded,
            hello = self.client_name(client),
            user = self.user,
            from = self.sender,
            to = ?self.recipients.iter().map(|r| r.address.as_str()).collect::<Vec<_>>(),
            octets,
            delivered,
            "message"
        );
        self.forget().await;
        let decide = |result| match result {
            Ok(()) => Decision::Accept,
            Err(reply) => Decision::Reject(reply),
        };
        match client.dialect {
            Dialect::Smtp => Verdict::All(decide(worst(results))),
            Dialect::Lmtp => Verdict::Each(results.into_iter().map(decide).collect()),
        }
    }

    /// What became of the message for each recipient, in their order.
    ///
    /// The server for other domains is asked first. With one reply for all, nobody gets what that server or
    /// the disk here refuses: the client sends it again to all.
    async fn end(&mut self, dialect: Dialect) -> Vec<Result<(), Reply>> {
        let lost = self.delivery.as_ref().and_then(Delivery::failure);
        if let (Some(error), Dialect::Smtp) = (lost, dialect) {
            let status = self.note(error);
            return vec![Err(reply(status)); self.recipients.len()];
        }
        let onwards = match self.onwards.as_mut().filter(|it| it.is_used()) {
            Some(hop) => Box::pin(hop.end()).await,
            None => Vec::new(),
        };
        if let (Some(Err(refusal)), Dialect::Smtp) = (onwards.first(), dialect) {
            return vec![Err(refusal.clone()); self.recipients.len()];
        }
        let inwards = match self.inwards.as_mut().filter(|it| it.is_used()) {
            Some(hop) => Box::pin(hop.end()).await,
            None => Vec::new(),
        };
        let is_here = |it: &&Recipient| matches!(it.place, Place::Here(_));
        let count = self.recipients.iter().filter(is_here).count();
        let here = match (self.delivery.take(), dialect) {
            (None, _) => vec![Ok(()); count],
            (Some(delivery), Dialect::Smtp) => {
                let result = blocking(|| delivery.commit()).map_err(|error| self.note(&error));
                vec![result; count]
            }
            (Some(delivery), Dialect::Lmtp) => blocking(|| delivery.commit_each())
                .into_iter()
                .map(|result| result.map_err(|error| self.note(&error)))
                .collect(),
        };
        let here = here.into_iter().map(|it| it.map_err(reply));
        let (mut here, mut inwards, mut onwards) = (here, inwards.into_iter(), onwards.into_iter());
        let results = self.recipients.iter().map(|recipient| {
            let verdict = match recipient.place {
                Place::Here(_) => here.next(),
                Place::Inwards => inwards.next(),
                Place::Onwards => onwards.next(),
            };
            verdict.unwrap_or_else(|| Err(reply(Status::LOCAL_ERROR)))
        });
        results.collect()
    }

    /// An error that a verdict will tell; the log says more than the wire.
    fn note(&self, error: &DeliveryError) -> Status {
        info!(%error, from = self.sender, "not delivered");
        error.status()
    }

    /// Opens the file of a message that is for somebody here, and writes its trace; tells the trace of one
    /// that is passed on.
    fn create(&mut self, client: &Client) -> Result<String, DeliveryError> {
        let settings = &self.edge.settings;
        let here = self.recipients.iter().filter_map(|it| match &it.place {
            Place::Here(mailbox) => Some(mailbox.clone()),
            Place::Inwards | Place::Onwards => None,
        });
        let mailboxes: Vec<Mailbox> = here.collect();
        let delivery = match &settings.deliver {
            Deliver::Maildir(root) if !mailboxes.is_empty() => Some(blocking(|| {
                Delivery::create(root, &settings.hostname, &mailboxes)
            })?),
            _ => None,
        };
        let id = match &delivery {
            Some(delivery) => delivery.id().to_owned(),
            // It is only to be found in logs by.
            None => maildir::id().unwrap_or_default(),
        };
        let dialogue = match (client.dialect, client.is_extended) {
            (Dialect::Lmtp, _) => Dialogue::Lmtp,
            (Dialect::Smtp, true) => Dialogue::Esmtp,
            (Dialect::Smtp, false) => Dialogue::Smtp,
        };
        let tls = client.channel == Channel::Tls;
        let utf8 = self
            .mail
            .as_ref()
            .is_some_and(|it| it.borrow().parameters.smtputf8);
        let trace = Trace {
            reverse_path: &self.sender,
            hello: self.client_name(client),
            peer: client.peer.address(),
            by: &settings.hostname,
            with: Transmission::new(dialogue, tls, client.is_authenticated, utf8),
            id: &id,
            recipient: match self.recipients.as_slice() {
                [only] => Some(&only.address),
                _ => None,
            },
            at: &ZonedDateTime::now(),
        };
        let received = trace.received_line();
        if let Some((delivery, lines)) = delivery.map(|it| (it, trace.lines())) {
            let delivery = self.delivery.insert(delivery);
            blocking(|| delivery.write(lines.as_bytes()))?;
        }
        Ok(received)
    }
}

/// The one reply to a message that was refused for some: no, although others have it, for a yes would lose it
/// for those. What can be tried again is to be; then the others may get it twice.
fn worst(results: Vec<Result<(), Reply>>) -> Result<(), Reply> {
    if results.is_empty() {
        return Err(reply(Status::LOCAL_ERROR));
    }
    let refusals = results.into_iter().filter_map(Result::err);
    let worst = refusals.reduce(|one, other| match other.code().class() {
        Class::Transient => other,
        _ => one,
    });
    worst.map_or(Ok(()), Err)
}

/// The proxy that speaks for a client.
fn via(peer: &Peer) -> Option<IpAddr> {
    let told = peer.provenance() != Provenance::Transport;
    peer.transport().filter(|_| told).map(|it| it.ip())
}
