//! What `edge` decides about mail: who may send, who exists, and where a message goes.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::ZonedDateTime;
use mailwire_smtp_proto::auth::Credentials;
use mailwire_smtp_proto::auth::server::{Found, LookUp};
use mailwire_smtp_proto::command::{Mail, Rcpt};
use mailwire_smtp_proto::dialect::Dialect;
use mailwire_smtp_proto::host::Host;
use mailwire_smtp_proto::path::ForwardPath;
use mailwire_smtp_proto::peer::{Peer, Provenance};
use mailwire_smtp_proto::reply::Reply;
use mailwire_smtp_proto::server::{self, Admission, Decision, Session, Verdict};
use mailwire_tls_policy::{Channel, Identity, Origin, Relay, Role, relay};
use tracing::info;

use crate::config::{Deliver, Settings};
use crate::mailboxes::{Lookup, Mailbox};
use crate::maildir::{Delivery, DeliveryError, blocking};
use crate::received::{Dialogue, Trace, Transmission};
use crate::status::Status;

/// The parts of an edge that all its sessions share.
#[derive(Debug)]
pub struct Edge {
    /// What it was configured to do.
    pub settings: Settings,
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
    origin: Origin,
    sender: String,
    recipients: Vec<Recipient>,
    delivery: Option<Delivery>,
}

#[derive(Debug)]
struct Recipient {
    address: String,
    mailbox: Mailbox,
}

/// Nothing is passed on: there is nowhere to pass it to.
const NO_RELAY: Status = Status {
    code: 554,
    enhanced: (5, 7, 1),
    text: "Relay access denied: this server delivers local mail only",
};
const BAD_CREDENTIALS: Status = Status {
    code: 535,
    enhanced: (5, 7, 8),
    text: "Authentication credentials invalid",
};

impl Exchange {
    /// The mail of a session that begins now, or begins anew after TLS.
    #[must_use]
    pub fn new(edge: Arc<Edge>, session: &Session) -> Self {
        Self {
            edge,
            hello: String::new(),
            user: None,
            origin: origin(session),
            sender: String::new(),
            recipients: Vec::new(),
            delivery: None,
        }
    }

    /// HELO, EHLO, LHLO: any name will do (RFC 5321 section 4.1.4 forbids refusing it).
    pub fn hello(&mut self, name: String) -> Admission {
        self.forget();
        self.hello = name;
        Admission::Accept
    }

    /// XCLIENT: from here on it is another client's session, which may have logged in already.
    pub fn begin_as(&mut self, session: &Session) {
        self.forget();
        self.hello.clear();
        self.user = session.peer().login().map(str::to_owned);
        self.origin = origin(session);
    }

    /// AUTH.
    pub fn auth(&mut self, credentials: &Credentials) -> Decision {
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
        match known.filter(|_| acts_as_itself) {
            Some(user) => {
                self.user = Some(user.to_owned());
                Decision::Accept
            }
            None => Decision::Reject(reply(BAD_CREDENTIALS)),
        }
    }

    /// AUTH, where the mechanism compares with keys.
    pub fn look_up(&self, look_up: &LookUp) -> server::Lookup {
        let keys = self.edge.settings.users.keys(&look_up.authentication);
        server::Lookup::Found(keys.map_or(Found::Nobody, Found::Keys))
    }

    /// MAIL: any sender; policy has seen to it that a submission is authenticated.
    pub fn mail(&mut self, mail: &Mail<'_>) -> Decision {
        self.forget();
        self.sender = mail
            .reverse_path
            .mailbox()
            .map_or_else(String::new, |m| m.to_string());
        Decision::Accept
    }

    /// RCPT: local ones that exist; foreign ones of nobody, since nothing is passed on.
    pub fn rcpt(&mut self, rcpt: &Rcpt<'_>, role: Role) -> Decision {
        let (address, lookup) = self.find(rcpt.forward_path);
        let identity = if self.user.is_some() {
            Identity::Authenticated
        } else {
            Identity::Anonymous
        };
        match relay(role, self.origin, identity, lookup.class()) {
            Relay::Deliver => {}
            Relay::Forward => return Decision::Reject(reply(NO_RELAY)),
            Relay::Refuse(refusal) => {
                let (code, enhanced) = (refusal.code(), refusal.enhanced());
                return Decision::Reject(Reply::from_parts(code, enhanced, refusal.text()));
            }
        }
        match (lookup.refusal(), lookup) {
            (None, Lookup::Exists(mailbox)) => {
                self.recipients.push(Recipient { address, mailbox });
                Decision::Accept
            }
            (refusal, _) => Decision::Reject(reply(refusal.unwrap_or(Status::NO_SUCH_MAILBOX))),
        }
    }

    /// DATA: there has to be a place for the message before its content is asked for.
    pub fn data(&mut self, session: &Session) -> Admission {
        match self.open(session) {
            Ok(()) => Admission::Accept,
            Err(error) => {
                info!(%error, "no place for a message");
                self.delivery = None;
                Admission::Reject(reply(error.status()))
            }
        }
    }

    /// A piece of content. What goes wrong is told by the verdict.
    pub fn content(&mut self, octets: &[u8]) {
        if let Some(delivery) = &mut self.delivery {
            let _ = blocking(|| delivery.write(octets));
        }
    }

    /// The end of the content: 250 only when the message is on the disk.
    pub fn message(&mut self, octets: u64, session: &Session) -> Verdict {
        let results = match (self.delivery.take(), session.config().dialect) {
            (None, _) => vec![Ok(()); self.recipients.len()],
            (Some(delivery), Dialect::Smtp) => {
                let result = blocking(|| delivery.commit()).map_err(|error| self.note(&error));
                vec![result; self.recipients.len()]
            }
            (Some(delivery), Dialect::Lmtp) => blocking(|| delivery.commit_each())
                .into_iter()
                .map(|result| result.map_err(|error| self.note(&error)))
                .collect(),
        };
        let delivered = results.iter().filter(|result| result.is_ok()).count();
        if delivered > 0 {
            self.edge.accepted.fetch_add(1, Ordering::Relaxed);
        }
        info!(
            role = %session.config().listener.role,
            peer = session.peer().address().map(tracing::field::display),
            via = via(session.peer()).map(tracing::field::display),
            forwarded = session.xforward().map(tracing::field::display),
            hello = self.client_name(session),
            user = self.user,
            from = self.sender,
            to = ?self.recipients.iter().map(|r| r.address.as_str()).collect::<Vec<_>>(),
            octets,
            delivered,
            "message"
        );
        self.forget();
        let mut decisions = results.into_iter().map(|result| match result {
            Ok(()) => Decision::Accept,
            Err(status) => Decision::Reject(reply(status)),
        });
        match session.config().dialect {
            Dialect::Smtp => Verdict::All(decisions.next().unwrap_or(Decision::Accept)),
            Dialect::Lmtp => Verdict::Each(decisions.collect()),
        }
    }

    /// Drops the transaction, and what was written of its message.
    pub fn forget(&mut self) {
        self.delivery = None;
        self.sender.clear();
        self.recipients.clear();
    }

    /// The name that the client goes by. A proxy says hello with its own name, and XCLIENT tells that of
    /// the client.
    fn client_name<'s>(&'s self, session: &'s Session) -> &'s str {
        session.peer().hello().unwrap_or(&self.hello)
    }

    /// An error that a verdict will tell; the log says more than the wire.
    fn note(&self, error: &DeliveryError) -> Status {
        info!(%error, from = self.sender, "not delivered");
        error.status()
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

    /// Opens the file of a message and writes its trace.
    fn open(&mut self, session: &Session) -> Result<(), DeliveryError> {
        let settings = &self.edge.settings;
        let Deliver::Maildir(root) = &settings.deliver else {
            return Ok(());
        };
        let mailboxes: Vec<Mailbox> = self
            .recipients
            .iter()
            .map(|recipient| recipient.mailbox.clone())
            .collect();
        let delivery = blocking(|| Delivery::create(root, &settings.hostname, &mailboxes))?;
        let dialogue = match (session.config().dialect, session.is_extended()) {
            (Dialect::Lmtp, _) => Dialogue::Lmtp,
            (Dialect::Smtp, true) => Dialogue::Esmtp,
            (Dialect::Smtp, false) => Dialogue::Smtp,
        };
        let tls = session.channel() == Channel::Tls;
        let trace = Trace {
            reverse_path: &self.sender,
            hello: self.client_name(session),
            peer: session.peer().address(),
            by: &settings.hostname,
            with: Transmission::new(dialogue, tls, session.is_authenticated()),
            id: delivery.id(),
            recipient: match self.recipients.as_slice() {
                [only] => Some(&only.address),
                _ => None,
            },
            at: &ZonedDateTime::now(),
        };
        let lines = trace.lines();
        let delivery = self.delivery.insert(delivery);
        blocking(|| delivery.write(lines.as_bytes()))
    }
}

/// No network may send to anybody without a login, and so least of all a proxy.
fn origin(session: &Session) -> Origin {
    session.origin(|_| false)
}

/// The proxy that speaks for a client.
fn via(peer: &Peer) -> Option<IpAddr> {
    let told = peer.provenance() != Provenance::Transport;
    peer.transport().filter(|_| told).map(|it| it.ip())
}

fn reply(status: Status) -> Reply {
    Reply::from_parts(status.code, status.enhanced, status.text)
}
