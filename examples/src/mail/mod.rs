//! What `edge` decides about mail: who may send, who exists, and where a message goes.
//!
//! | what | file |
//! |---|---|
//! | who may log in, send, and be sent to | this one |
//! | from DATA to the verdict | `message` |
//! | what is kept meanwhile, and told in the log | `transaction` |
//! | what is known of a client | `client` |

mod client;
mod message;
mod transaction;

use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use mailwire_smtp_proto::auth::Credentials;
use mailwire_smtp_proto::auth::server::{Found, LookUp};
use mailwire_smtp_proto::command::{Mail, Rcpt};
use mailwire_smtp_proto::host::Host;
use mailwire_smtp_proto::path::ForwardPath;
use mailwire_smtp_proto::reply::Reply;
use mailwire_smtp_proto::server::{self, Admission, Decision};
use mailwire_smtp_proto::xclient::Identity;
use mailwire_tls_policy::{self as policy, relay};
use tracing::field::display;
use tracing::{info, warn};

use crate::config::Settings;
use crate::mailboxes::Lookup;
use crate::relay::{Hop, Relay, identity};
use crate::status::Status;

use transaction::{End, Place, Recipient, Transaction};

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
    /// Whom a login that is under way is for.
    account: Option<String>,
    transaction: Option<Box<Transaction>>,
    /// The way to the server for other domains.
    onwards: Option<Hop>,
    /// The way to the server that delivers.
    inwards: Option<Hop>,
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
            account: None,
            transaction: None,
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
        // It was opened for another client.
        self.leave().await;
        self.hello.clear();
        self.user = client.peer.login().map(str::to_owned);
    }

    /// AUTH.
    pub async fn auth(&mut self, credentials: &Credentials, client: &Client) -> Decision {
        let decision = self.log_in(credentials, client).await;
        if let Decision::Reject(reply) = &decision {
            self.account = credentials.authentication().map(str::to_owned);
            self.login_failed(reply, client);
        } else {
            self.account = None;
            let peer = client.peer.address().map(display);
            info!(role = %client.role, peer, user = self.user, "login");
        }
        decision
    }

    /// Notes a login that came to nothing, for whatever reason.
    pub fn login_failed(&mut self, why: &impl Display, client: &Client) {
        let account = self.account.take();
        let peer = client.peer.address().map(display);
        warn!(role = %client.role, peer, account, %why, "login failed");
    }

    async fn log_in(&mut self, credentials: &Credentials, client: &Client) -> Decision {
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
    pub fn look_up(&mut self, look_up: &LookUp) -> server::Lookup {
        self.account = Some(look_up.authentication.clone());
        let keys = self.edge.settings.users.keys(&look_up.authentication);
        server::Lookup::Found(keys.map_or(Found::Nobody, Found::Keys))
    }

    /// MAIL: any sender; policy has seen to it that a submission is authenticated.
    pub async fn mail(&mut self, mail: &Mail<'_>, client: &Client) -> Decision {
        self.forget().await;
        let hello = self.client_name(client);
        let transaction =
            Transaction::new(client, hello, self.user.as_deref(), Mail::to_owned(*mail));
        self.transaction = Some(Box::new(transaction));
        Decision::Accept
    }

    /// RCPT: local ones that exist; foreign ones if the next server takes them, from users only.
    pub async fn rcpt(&mut self, rcpt: &Rcpt<'_>, client: &Client) -> Decision {
        let (address, lookup) = self.find(rcpt.forward_path);
        let place = self.place(rcpt, lookup, client).await;
        let Some(transaction) = &mut self.transaction else {
            return Decision::Reject(reply(Status::LOCAL_ERROR));
        };
        match place {
            Ok(place) => {
                transaction.recipients.push(Recipient { address, place });
                Decision::Accept
            }
            Err(reply) => {
                transaction.refuse(&address, &reply);
                Decision::Reject(reply)
            }
        }
    }

    /// Where mail for a recipient goes, if anywhere; what to say if not.
    async fn place(
        &mut self,
        rcpt: &Rcpt<'_>,
        lookup: Lookup,
        client: &Client,
    ) -> Result<Place, Reply> {
        if let Some(reply) = self.transaction.as_ref().and_then(|it| it.refusal.clone()) {
            return Err(reply);
        }
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
                    return Err(reply(refusal.unwrap_or(Status::NO_SUCH_MAILBOX)));
                }
            },
            policy::Relay::Forward => Place::Onwards,
            policy::Relay::Refuse(refusal) => {
                let (code, enhanced) = (refusal.code(), refusal.enhanced());
                return Err(Reply::from_parts(code, enhanced, refusal.text()));
            }
        };
        self.ask(&place, rcpt, client).await?;
        Ok(place)
    }

    /// Drops the transaction, and what was written of its message.
    pub async fn forget(&mut self) {
        self.end(End::Dropped).await;
    }

    /// Drops the transaction, whose content the session has refused.
    pub async fn refuse(&mut self, reply: &Reply) {
        self.end(End::Refused(reply)).await;
    }

    async fn end(&mut self, end: End<'_>) {
        if let Some(mut transaction) = self.transaction.take() {
            transaction.log(end);
        }
        self.reset_hops().await;
    }

    /// Drops the transaction with the next servers.
    async fn reset_hops(&mut self) {
        for hop in self.hops() {
            Box::pin(hop.reset()).await;
        }
    }

    /// Drops the transaction, and takes leave of the next servers.
    pub async fn leave(&mut self) {
        self.forget().await;
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
        let (Some(hop), Some(transaction)) = (hop, &self.transaction) else {
            return Err(reply(NO_RELAY));
        };
        Box::pin(hop.rcpt(&transaction.mail, &Rcpt::to_owned(*rcpt), identity)).await
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
