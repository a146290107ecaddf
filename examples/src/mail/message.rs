//! From DATA to the verdict: the content goes to disk, or on, and what came of that is told.

use std::sync::atomic::Ordering;

use jiff::ZonedDateTime;
use mailwire_smtp_proto::dialect::Dialect;
use mailwire_smtp_proto::reply::{Class, Reply};
use mailwire_smtp_proto::server::{Admission, Decision, Verdict};
use tracing::info;

use super::transaction::{End, Place, Recipient, Transaction};
use super::{Exchange, reply};
use crate::config::{Deliver, Settings};
use crate::mailboxes::Mailbox;
use crate::maildir::{self, Delivery, DeliveryError, blocking};
use crate::received::Trace;
use crate::relay::Hop;
use crate::status::Status;

impl Exchange {
    /// DATA: there has to be a place for the message before its content is asked for.
    pub async fn data(&mut self) -> Admission {
        match self.begin_content().await {
            Ok(()) => Admission::Accept,
            Err(reply) => Admission::Reject(reply),
        }
    }

    async fn begin_content(&mut self) -> Result<(), Reply> {
        let edge = &self.edge;
        let is_used = |hop: &Option<Hop>| hop.as_ref().is_some_and(Hop::is_used);
        let is_passed_on = is_used(&self.onwards) || is_used(&self.inwards);
        let Some(transaction) = &mut self.transaction else {
            return Err(reply(Status::LOCAL_ERROR));
        };
        if let Some(reply) = &transaction.refusal {
            return Err(reply.clone());
        }
        let trace = match transaction.create(&edge.settings, is_passed_on) {
            Ok(trace) => trace,
            Err(error) => {
                info!(%error, "no place for a message");
                transaction.delivery = None;
                return Err(reply(error.status()));
            }
        };
        let mut refusal = Ok(());
        for hop in self.hops().filter(|it| it.is_used()) {
            if refusal.is_ok() {
                refusal = Box::pin(hop.data(&trace)).await;
            }
        }
        if let Err(refusal) = &refusal {
            self.give_up(refusal).await;
        }
        refusal
    }

    /// Nothing comes of the transaction any more. That of the client goes on until it says so.
    async fn give_up(&mut self, refusal: &Reply) {
        if let Some(transaction) = &mut self.transaction {
            transaction.delivery = None;
            transaction.refusal = Some(refusal.clone());
        }
        self.reset_hops().await;
    }

    /// A piece of content. What goes wrong is told by the verdict.
    pub async fn content(&mut self, octets: &[u8]) {
        let delivery = self.transaction.as_mut().map(|it| &mut it.delivery);
        if let Some(Some(delivery)) = delivery {
            let _ = blocking(|| delivery.write(octets));
        }
        for hop in self.hops() {
            Box::pin(hop.content(octets)).await;
        }
    }

    /// The end of the content: 250 only when the message is on the disk, or the next server has it.
    ///
    /// `forwarded` is what XFORWARD has said, for the log.
    pub async fn message(&mut self, octets: u64, forwarded: Option<String>) -> Verdict {
        let Some(mut transaction) = self.transaction.take() else {
            return Verdict::All(Decision::Reject(reply(Status::LOCAL_ERROR)));
        };
        let verdicts = self.verdicts(&mut transaction).await;
        if verdicts.iter().any(Result::is_ok) {
            self.edge.accepted.fetch_add(1, Ordering::Relaxed);
        }
        let refusal = worst(&verdicts).err();
        transaction.log(End::Verdicts {
            octets,
            verdicts: &verdicts,
            refusal: refusal.as_ref(),
            forwarded: forwarded.as_deref(),
        });
        self.reset_hops().await;
        let decide = |verdict| match verdict {
            Ok(()) => Decision::AcceptWith(accepted(&transaction.id)),
            Err(reply) => Decision::Reject(reply),
        };
        match transaction.client.dialect {
            Dialect::Smtp => Verdict::All(decide(refusal.map_or(Ok(()), Err))),
            Dialect::Lmtp => Verdict::Each(verdicts.into_iter().map(decide).collect()),
        }
    }

    /// What became of the message for each recipient, in their order.
    ///
    /// The server for other domains is asked first. With one reply for all, nobody gets what that server or
    /// the disk here refuses: the client sends it again to all.
    async fn verdicts(&mut self, transaction: &mut Transaction) -> Vec<Result<(), Reply>> {
        let dialect = transaction.client.dialect;
        let recipients = transaction.recipients.len();
        let lost = transaction.delivery.as_ref().and_then(Delivery::failure);
        if let (Some(error), Dialect::Smtp) = (lost, dialect) {
            let status = note(error, &transaction.id);
            return vec![Err(reply(status)); recipients];
        }
        let onwards = end(&mut self.onwards, transaction).await;
        if let (Some(Err(refusal)), Dialect::Smtp) = (onwards.first(), dialect) {
            return vec![Err(refusal.clone()); recipients];
        }
        let inwards = end(&mut self.inwards, transaction).await;
        let (mut onwards, mut inwards) = (onwards.into_iter(), inwards.into_iter());
        let mut here = transaction.commit().into_iter().map(|it| it.map_err(reply));
        let results = transaction.recipients.iter().map(|recipient| {
            let verdict = match recipient.place {
                Place::Here(_) => here.next(),
                Place::Onwards => onwards.next(),
                Place::Inwards => inwards.next(),
            };
            verdict.unwrap_or_else(|| Err(reply(Status::LOCAL_ERROR)))
        });
        results.collect()
    }
}

impl Transaction {
    /// Opens the file of a message that is for somebody here, and writes its trace; tells the trace of one
    /// that is passed on. What is thrown away has none.
    fn create(&mut self, settings: &Settings, is_passed_on: bool) -> Result<String, DeliveryError> {
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
        self.id = match &delivery {
            Some(delivery) => delivery.id().to_owned(),
            // It is only to be found in logs by.
            None => maildir::id(),
        };
        if delivery.is_none() && !is_passed_on {
            return Ok(String::new());
        }
        let trace = Trace {
            reverse_path: &self.sender,
            hello: &self.hello,
            peer: self.client.peer.address(),
            by: &settings.hostname,
            with: self.transmission(),
            id: &self.id,
            recipient: match self.recipients.as_slice() {
                [only] => Some(&only.address),
                _ => None,
            },
            at: &ZonedDateTime::now(),
        };
        let received = trace.received_line();
        if let Some(delivery) = delivery {
            let delivery = self.delivery.insert(delivery);
            blocking(|| {
                delivery.write(trace.return_path_line().as_bytes())?;
                delivery.write(received.as_bytes())
            })?;
        }
        Ok(received)
    }

    /// What becomes of the message for each recipient here, in their order.
    fn commit(&mut self) -> Vec<Result<(), Status>> {
        let is_here = |it: &&Recipient| matches!(it.place, Place::Here(_));
        let count = self.recipients.iter().filter(is_here).count();
        let note = |error: &DeliveryError| note(error, &self.id);
        match (self.delivery.take(), self.client.dialect) {
            (None, _) => vec![Ok(()); count],
            (Some(delivery), Dialect::Smtp) => {
                let result = blocking(|| delivery.commit()).map_err(|error| note(&error));
                vec![result; count]
            }
            (Some(delivery), Dialect::Lmtp) => blocking(|| delivery.commit_each())
                .into_iter()
                .map(|result| result.map_err(|error| note(&error)))
                .collect(),
        }
    }
}

/// The end of the content, for a next server that has a part in it: what it says of each recipient, and,
/// where it has the message, the words that it says so with.
async fn end(hop: &mut Option<Hop>, transaction: &mut Transaction) -> Vec<Result<(), Reply>> {
    let Some(hop) = hop.as_mut().filter(|it| it.is_used()) else {
        return Vec::new();
    };
    let verdicts = Box::pin(hop.end()).await.into_iter();
    let note = |verdict: Result<String, Reply>| verdict.map(|words| transaction.note_taken(&words));
    verdicts.map(note).collect()
}

/// An error that a verdict will tell; the log says more than the wire.
fn note(error: &DeliveryError, id: &str) -> Status {
    info!(%error, id, "not delivered");
    error.status()
}

/// Yes, and by which name the message is found in the log.
fn accepted(id: &str) -> Reply {
    Reply::from_parts(250, (2, 0, 0), &format!("Message accepted as {id}"))
}

/// The one reply to a message that was refused for some: no, although others have it, for a yes would lose it
/// for those. What can be tried again is to be; then the others may get it twice.
fn worst(verdicts: &[Result<(), Reply>]) -> Result<(), Reply> {
    if verdicts.is_empty() {
        return Err(reply(Status::LOCAL_ERROR));
    }
    let refusals = verdicts.iter().filter_map(|it| it.as_ref().err());
    let worst = refusals.reduce(|one, other| match other.code().class() {
        Class::Transient => other,
        _ => one,
    });
    worst.map_or(Ok(()), |it| Err(it.clone()))
}
