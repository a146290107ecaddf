//! What `edge` decides about mail: who may send, who exists, and where a message goes.
//!
//! | what | file |
//! |---|---|
//! | who may log in, send, and be sent to | this one |
//! | from DATA to the verdict | `message` |
//! | what is known of a client | `client` |

mod client;
mod message;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use mailwire_smtp_proto::auth::Credentials;
use mailwire_smtp_proto::auth::server::{Found, LookUp};
use mailwire_smtp_proto::command::{Mail, MailBuf, Rcpt};
use mailwire_smtp_proto::host::Host;
use mailwire_smtp_proto::path::ForwardPath;
use mailwire_smtp_proto::reply::Reply;
use mailwire_smtp_proto::server::{self, Admission, Decision};
use mailwire_smtp_proto::xclient::Identity;
use mailwire_tls_policy::{self as policy, relay};
use tracing::warn;

use crate::config::Settings;
use crate::mailboxes::{Lookup, Mailbox};
use crate::maildir::Delivery;
use crate::relay::{Hop, Relay, identity};
use crate::status::Status;

pub use client::Client;

/// The parts of an edge that all its sessions share.
#[derive(Debug)]
pub struct Edge {
    /// What it was configured to do.
    pub settings: Settings,
    /// Where mail for other domains goes, if it goes anywhere.
    pub relay: Option<Arc<Relay>>,
    /// Where mail for the own domains goes, if it does not stay here.
    pub lmtp: Option<Arc<Relay>>,
    /// Its certificate, if it has one.
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// Whether dialogues are told to stderr.
    pub verbose: bool,
    /// Messages that were accepted, those thrown away included.
    pub accepted: AtomicU64,
}

/// The mail of one session: its identity, and the transaction that is open.
#[derive(Debug)]
pub struct Exchange {
    edge: Arc<Edge>,
    hello: String,
    user: Option<String>,
    /// The sender, with what MAIL asked for.
    mail: Option<MailBuf>,
    sender: String,
    recipients: Vec<Recipient>,
    /// Why nothing more comes of this transaction: the next server has refused its content, and what was
    /// said of recipients is gone with that.
    refusal: Option<Reply>,
    delivery: Option<Delivery>,
    /// The way to the server for other domains.
    onwards: Option<Hop>,
    /// The way to the server that delivers.
    inwards: Option<Hop>,
}

#[derive(Debug)]
struct Recipient {
    address: String,
    place: Place,
}

/// Where mail for a recipient goes. Total on purpose.
#[derive(Debug)]
enum Place {
    /// In a mailbox here.
    Here(Mailbox),
    /// At the server that delivers.
    Inwards,
    /// At the server for other domains.
    Onwards,
}

/// Nothing is passed on: there is nowhere to pass it to.
const NO_RELAY: Status = Status {
    code: 554,
    enhanced: (5, 7, 1),
    text: "Relay access denied: this server delivers local mail only",
};
/// No login is good that the next server would not know of.
const IDENTITY_NOT_TAKEN: Status = Status {
    code: 454,
    enhanced: (4, 7, 0),
    text: "Temporary authentication failure: the next server does not take the identity",
};
const BAD_CREDENTIALS: Status = Status {
    code: 535,
    enhanced: (5, 7, 8),
    text: "Authentication credentials invalid",
};

impl Exchange {
    /// The mail of a session that begins now, or begins anew after TLS.
    #[must_use]
    pub fn new(edge: Arc<Edge>) -> Self {
        Self {
            onwards: edge.relay.clone().map(Hop::to),
            inwards: edge.lmtp.clone().map(Hop::to),
            edge,
            hello: String::new(),
            user: None,
            mail: None,
            sender: String::new(),
            recipients: Vec::new(),
            refusal: None,
            delivery: None,
        }
    }

    /// HELO, EHLO, LHLO: any name will do (RFC 5321 section 4.1.4 forbids refusing it).
    pub async fn hello(&mut self, name: String) -> Admission {
        self.forget().await;
        self.hello = name;
        Admission::Accept
    }

    /// XCLIENT: from here on it is another client's session, which may have logged in already.
    pub async fn begin_as(&mut self, client: &Client) {
        self.forget().await;
        // It was opened for another client.
        self.leave().await;
        self.hello.clear();
        self.user = client.peer.login().map(str::to_owned);
    }

    /// AUTH.
    pub async fn auth(&mut self, credentials: &Credentials, client: &Client) -> Decision {
        let users = &self.edge.settings.users;
        let (name, known) = match credentials {
            Credentials::Password(it) => {
                let name = it.authentication();
                (name, users.check(name, it.password().expose()))
            }
            // The password was proven by whom it belongs to.
            Credentials::Proven { authentication, .. } => {
                (authentication.as_str(), users.find(authentication))
            }
            // No other mechanism is offered.
            _ => return Decision::Reject(reply(BAD_CREDENTIALS)),
        };
        // Nobody acts for somebody else here (RFC 4616 section 2).
        let acts_as_itself = credentials
            .authorization()
            .is_none_or(|other| other == name);
        let Some(user) = known.filter(|_| acts_as_itself).map(str::to_owned) else {
            return Decision::Reject(reply(BAD_CREDENTIALS));
        };
        self.user = Some(user);
        let identity = self.identity(client);
        if let Some(hop) = self.onwards.as_mut().filter(|it| it.forwards_identity()) {
            if let Err(error) = Box::pin(hop.open(identity)).await {
                warn!(%error, user = self.user, "the next server does not take the user");
                self.user = None;
                return Decision::Reject(reply(IDENTITY_NOT_TAKEN));
            }
        }
        Decision::Accept
    }

    /// AUTH, where the mechanism compares with keys.
    pub fn look_up(&self, look_up: &LookUp) -> server::Lookup {
        let keys = self.edge.settings.users.keys(&look_up.authentication);
        server::Lookup::Found(keys.map_or(Found::Nobody, Found::Keys))
    }

    /// MAIL: any sender; policy has seen to it that a submission is authenticated.
    pub async fn mail(&mut self, mail: &Mail<'_>) -> Decision {
        self.forget().await;
        self.mail = Some(Mail::to_owned(*mail));
        self.sender = mail
            .reverse_path
            .mailbox()
            .map_or_else(String::new, |m| m.to_string());
        Decision::Accept
    }

    /// RCPT: local ones that exist; foreign ones if the next server takes them, from users only.
    pub async fn rcpt(&mut self, rcpt: &Rcpt<'_>, client: &Client) -> Decision {
        if let Some(reply) = &self.refusal {
            return Decision::Reject(reply.clone());
        }
        let (address, lookup) = self.find(rcpt.forward_path);
        let identity = if client.is_authenticated {
            policy::Identity::Authenticated
        } else {
            policy::Identity::Anonymous
        };
        let place = match relay(client.role, client.origin, identity, lookup.class()) {
            policy::Relay::Deliver => match (lookup.refusal(), lookup) {
                (None, Lookup::Exists(_)) if self.inwards.is_some() => Place::Inwards,
                (None, Lookup::Exists(mailbox)) => Place::Here(mailbox),
                (refusal, _) => {
                    return Decision::Reject(reply(refusal.unwrap_or(Status::NO_SUCH_MAILBOX)));
                }
            },
            policy::Relay::Forward => Place::Onwards,
            policy::Relay::Refuse(refusal) => {
                let (code, enhanced) = (refusal.code(), refusal.enhanced());
                return Decision::Reject(Reply::from_parts(code, enhanced, refusal.text()));
            }
        };
        if let Err(reply) = self.ask(&place, rcpt, client).await {
            return Decision::Reject(reply);
        }
        self.recipients.push(Recipient { address, place });
        Decision::Accept
    }

    /// Drops the transaction, and what was written of its message.
    pub async fn forget(&mut self) {
        self.delivery = None;
        self.mail = None;
        self.sender.clear();
        self.recipients.clear();
        self.refusal = None;
        for hop in self.hops() {
            Box::pin(hop.reset()).await;
        }
    }

    /// Takes leave of the next servers.
    pub async fn leave(&mut self) {
        for hop in self.hops() {
            Box::pin(hop.leave()).await;
        }
    }

    /// What is done with them is boxed: it is large, and most clients never need it.
    fn hops(&mut self) -> impl Iterator<Item = &mut Hop> {
        [&mut self.onwards, &mut self.inwards].into_iter().flatten()
    }

    /// Who the client is, for a next server that is to know it.
    fn identity(&self, client: &Client) -> Option<Identity> {
        let hop = self.onwards.as_ref().filter(|it| it.forwards_identity());
        let user = self.user.as_ref().filter(|_| hop.is_some())?;
        let hello = self.client_name(client);
        Some(identity(&client.peer, hello, client.is_extended, user))
    }

    /// What the server that a recipient's mail goes to says to RCPT, if it goes to one.
    async fn ask(&mut self, place: &Place, rcpt: &Rcpt<'_>, client: &Client) -> Result<(), Reply> {
        let (hop, identity) = match place {
            Place::Here(_) => return Ok(()),
            Place::Inwards => (&mut self.inwards, None),
            Place::Onwards => {
                let identity = self.identity(client);
                (&mut self.onwards, identity)
            }
        };
        let (Some(hop), Some(mail)) = (hop, &self.mail) else {
            return Err(reply(NO_RELAY));
        };
        Box::pin(hop.rcpt(mail, &Rcpt::to_owned(*rcpt), identity)).await
    }

    /// The name that the client goes by. A proxy says hello with its own name, and XCLIENT tells that of
    /// the client.
    fn client_name<'s>(&'s self, client: &'s Client) -> &'s str {
        client.peer.hello().unwrap_or(&self.hello)
    }

    fn find(&self, path: ForwardPath<'_>) -> (String, Lookup) {
        let mailboxes = &self.edge.settings.mailboxes;
        match path.mailbox() {
            None => ("postmaster".to_owned(), mailboxes.find("postmaster", None)),
            Some(mailbox) => {
                let local = mailbox.local_part().to_unquoted_string();
                let domain = match mailbox.host() {
                    Host::Name(name) => name.to_string(),
                    Host::Literal(literal) => literal.to_string(),
                };
                (mailbox.to_string(), mailboxes.find(&local, Some(&domain)))
            }
        }
    }
}

fn reply(status: Status) -> Reply {
    Reply::from_parts(status.code, status.enhanced, status.text)
}
