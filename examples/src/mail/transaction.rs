//! What is kept between MAIL and the end of it, and the line in the log that tells what came of it.

use std::net::IpAddr;
use std::time::Instant;

use mailwire_smtp_proto::command::MailBuf;
use mailwire_smtp_proto::dialect::Dialect;
use mailwire_smtp_proto::peer::{Peer, Provenance};
use mailwire_smtp_proto::reply::Reply;
use mailwire_tls_policy::Channel;
use tracing::info;

use super::Client;
use crate::mailboxes::Mailbox;
use crate::maildir::Delivery;
use crate::received::{Dialogue, Transmission};

/// So many recipients are named in the log, of those that were taken and of those that were not.
const NAMED: usize = 10;

/// So much of what a next server has said is shown.
const SHOWN: usize = 200;

/// A transaction: one value, dropped whole.
#[derive(Debug)]
pub(super) struct Transaction {
    pub(super) client: Client,
    /// The name that the client goes by.
    pub(super) hello: String,
    user: Option<String>,
    /// The sender, with what MAIL asked for.
    pub(super) mail: MailBuf,
    pub(super) sender: String,
    pub(super) recipients: Vec<Recipient>,
    /// Those that were not taken, with what they were told; not all are named.
    refused: Vec<String>,
    /// How many those are.
    refusals: usize,
    /// Why nothing more comes of it: the next server has refused its content, and what was said of recipients
    /// is gone with that.
    pub(super) refusal: Option<Reply>,
    pub(super) delivery: Option<Delivery>,
    /// What the message is called here; empty before DATA.
    pub(super) id: String,
    /// What the next servers have said of it, when they took it: their names for it, mostly.
    taken_as: Vec<String>,
    began: Instant,
    is_logged: bool,
}

#[derive(Debug)]
pub(super) struct Recipient {
    pub(super) address: String,
    pub(super) place: Place,
}

/// Where mail for a recipient goes. Total on purpose.
#[derive(Debug)]
pub(super) enum Place {
    /// In a mailbox here.
    Here(Mailbox),
    /// At the server that delivers.
    Inwards,
    /// At the server for other domains.
    Onwards,
}

/// How a transaction ended.
#[derive(Clone, Copy, Debug)]
pub(super) enum End<'a> {
    /// With an answer to its content, for each recipient.
    Verdicts {
        octets: u64,
        verdicts: &'a [Result<(), Reply>],
        /// Why it was refused, for whom it was.
        refusal: Option<&'a Reply>,
        /// What XFORWARD has said of the client.
        forwarded: Option<&'a str>,
    },
    /// Its content was refused as it came.
    Refused(&'a Reply),
    /// The client went on to something else, or away.
    Dropped,
    /// This server ended, and waited no longer. If its content was whole, a next server may have it.
    Cut,
}

impl End<'_> {
    /// A word to search for.
    fn status(self, transaction: &Transaction) -> &'static str {
        match self {
            Self::Verdicts { verdicts, .. } => {
                let delivered = verdicts.iter().filter(|it| it.is_ok()).count();
                match delivered {
                    0 => "refused",
                    all if all == verdicts.len() => "delivered",
                    _ => "partial",
                }
            }
            Self::Refused(_) => "refused",
            Self::Dropped | Self::Cut if transaction.refusal.is_some() => "refused",
            Self::Dropped if transaction.recipients.is_empty() && transaction.refusals > 0 => {
                "refused"
            }
            Self::Dropped => "dropped",
            Self::Cut => "cut",
        }
    }
}

impl Transaction {
    pub(super) fn new(client: &Client, hello: &str, user: Option<&str>, mail: MailBuf) -> Self {
        let sender = mail.borrow().reverse_path;
        Self {
            client: client.clone(),
            hello: hello.to_owned(),
            user: user.map(str::to_owned),
            sender: sender
                .mailbox()
                .map(|it| it.to_string())
                .unwrap_or_default(),
            mail,
            recipients: Vec::new(),
            refused: Vec::new(),
            refusals: 0,
            refusal: None,
            delivery: None,
            id: String::new(),
            taken_as: Vec::new(),
            began: Instant::now(),
            is_logged: false,
        }
    }

    /// Notes a recipient that is not taken.
    pub(super) fn refuse(&mut self, address: &str, reply: &Reply) {
        self.refusals += 1;
        if self.refused.len() < NAMED {
            self.refused.push(format!("{address}: {reply}"));
        }
    }

    /// Notes what a next server has said when it took the message. To many recipients it says the same, and it
    /// may say much.
    pub(super) fn note_taken(&mut self, words: &str) {
        let words: String = words.chars().take(SHOWN).collect();
        if self.taken_as.len() < NAMED && !self.taken_as.contains(&words) {
            self.taken_as.push(words);
        }
    }

    /// How it came (RFC 3848, RFC 6531).
    pub(super) fn transmission(&self) -> Transmission {
        let client = &self.client;
        let dialogue = match (client.dialect, client.is_extended) {
            (Dialect::Lmtp, _) => Dialogue::Lmtp,
            (Dialect::Smtp, true) => Dialogue::Esmtp,
            (Dialect::Smtp, false) => Dialogue::Smtp,
        };
        let tls = client.channel == Channel::Tls;
        let utf8 = self.mail.borrow().parameters.smtputf8;
        Transmission::new(dialogue, tls, client.is_authenticated, utf8)
    }

    /// Writes its line: who sent what to whom, how it came, and what came of it.
    pub(super) fn log(&mut self, end: End<'_>) {
        self.is_logged = true;
        let peer = &self.client.peer;
        let to = self.recipients.iter().take(NAMED);
        let (octets, forwarded) = match end {
            End::Verdicts {
                octets, forwarded, ..
            } => (Some(octets), forwarded),
            End::Refused(_) | End::Dropped | End::Cut => (None, None),
        };
        let said = match end {
            End::Verdicts { refusal, .. } => refusal,
            End::Refused(reply) => Some(reply),
            End::Dropped | End::Cut => self.refusal.as_ref(),
        };
        info!(
            id = known(&self.id),
            status = end.status(self),
            role = %self.client.role,
            peer = peer.address().map(display),
            via = via(peer).map(display),
            forwarded,
            hello = self.hello,
            user = self.user,
            with = self.transmission().as_str(),
            from = ?self.sender,
            to = ?to.map(|it| it.address.as_str()).collect::<Vec<_>>(),
            recipients = self.recipients.len(),
            refused = (self.refusals > 0).then_some(self.refusals),
            refusals = (self.refusals > 0).then(|| tracing::field::debug(&self.refused)),
            octets,
            reply = said.map(display),
            next = (!self.taken_as.is_empty()).then(|| tracing::field::debug(&self.taken_as)),
            milliseconds = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX),
            "mail"
        );
    }
}

/// One that nobody has ended was cut off with its connection.
impl Drop for Transaction {
    fn drop(&mut self) {
        if !self.is_logged {
            self.log(End::Cut);
        }
    }
}

fn known(id: &str) -> Option<&str> {
    (!id.is_empty()).then_some(id)
}

/// The proxy that speaks for a client.
fn via(peer: &Peer) -> Option<IpAddr> {
    let told = peer.provenance() != Provenance::Transport;
    peer.transport().filter(|_| told).map(|it| it.ip())
}
