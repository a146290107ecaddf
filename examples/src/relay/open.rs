//! From nothing to a session in which mail may be said, for one client.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use mailwire_smtp_proto::auth::scram::ChannelBinding;
use mailwire_smtp_proto::body::BareLineEnds;
use mailwire_smtp_proto::client::{Config, Fault, NotNow};
use mailwire_smtp_proto::command::MailBuf;
use mailwire_smtp_proto::delivery::{Delivery, Failure, Message, Plan};
use mailwire_smtp_proto::params::MailParameters;
use mailwire_smtp_proto::path::ReversePath;
use mailwire_smtp_proto::peer::Peer;
use mailwire_smtp_proto::policy::Channel;
use mailwire_smtp_proto::policy::outbound::{PeerLocation, TlsMode};
use mailwire_smtp_proto::timer::Timer;
use mailwire_smtp_proto::tokio_io::client::Connection;
use mailwire_smtp_proto::tokio_io::delivery::{Delivering, Turn};
use mailwire_smtp_proto::tokio_io::tls;
use mailwire_smtp_proto::xclient::{Identity, Name, Value};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout};

use super::{Relay, Upstream};
use crate::candidates::candidates;

/// Each address of the server may take so long to answer.
const CONNECT: Duration = Duration::from_secs(30);

/// A stream of any kind, since it may become TLS.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Why the next server cannot be spoken to for this client.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotOpened {
    /// There is no connection.
    #[error("it cannot be connected to: {0}")]
    Connect(io::Error),
    /// TLS failed.
    #[error("TLS with it failed: {0}")]
    Handshake(io::Error),
    /// This side does not go on.
    #[error("{0}")]
    Local(#[from] NotNow),
    /// It refused.
    #[error("it refused: {0}")]
    Refused(String),
    /// It broke the protocol, was too slow, or went away.
    #[error("{0}")]
    Peer(Fault),
    /// It ended otherwise.
    #[error("the dialogue ended")]
    Ended,
}

/// Whom a client is, for the next server: what is known of it, and who it has logged in as.
#[must_use]
pub fn identity(peer: &Peer, hello: &str, is_extended: bool, user: &str) -> Identity {
    let known = |identity: Identity, name, text: &str| {
        // What cannot be said is not known.
        let without = identity.clone().with_value(name, Value::Unavailable);
        identity.with(name, text).unwrap_or(without)
    };
    let mut identity = Identity::new().require(Name::Login);
    identity = match peer.address() {
        Some(address) => identity.with_address(address),
        None => identity.with_value(Name::Addr, Value::Unavailable),
    };
    if let Some(port) = peer.port() {
        identity = identity.with_port(port);
    }
    identity = match peer.name() {
        Some(name) => known(identity, Name::Name, name),
        None => identity.with_value(Name::Name, Value::Unavailable),
    };
    identity = known(identity, Name::Helo, hello);
    let protocol = if is_extended { "ESMTP" } else { "SMTP" };
    identity = known(identity, Name::Proto, protocol);
    // A name that cannot be said is not known, which is less than is demanded.
    known(identity, Name::Login, user)
}

impl Relay {
    /// A session in which mail may be said: in TLS if that is demanded, as `client` if one is named, and
    /// logged in if there is something to log in with.
    ///
    /// # Errors
    ///
    /// [`NotOpened`]. No mail was said.
    pub async fn open(&self, client: Option<Identity>) -> Result<Upstream, NotOpened> {
        let stream = self.connect().await.map_err(NotOpened::Connect)?;
        let address = stream.peer_addr().map_err(NotOpened::Connect)?.ip();
        let mut config = Config::new(
            self.dialect,
            self.settings.policy,
            PeerLocation::of(address),
        );
        // It was signed, perhaps, and is not ours.
        config.bare_line_ends = BareLineEnds::Refuse;
        let config = Arc::new(config);
        let key = self.reuse_key(client.as_ref());
        let plan = self.plan(client);
        if self.settings.policy.tls == TlsMode::Implicit {
            let deadline = config.timeouts.deadline(Timer::Handshake, now());
            let (stream, binding) = self.handshake(Box::new(stream), deadline).await?;
            let delivery = Delivery::new(plan, config, Channel::Tls, now());
            let connection = self.drive(stream, delivery, binding).await?;
            return Ok(Upstream::new(connection, key));
        }
        let delivery = Delivery::new(plan, config, Channel::Plain, now());
        let connection = self.drive(Box::new(stream), delivery, None).await?;
        Ok(Upstream::new(connection, key))
    }

    /// A session that somebody else has left, if there is one for `client`. One that has been closed, or in which
    /// something was said that answers nothing, is none.
    pub(super) async fn waiting(&self, client: Option<&Identity>) -> Option<Upstream> {
        let key = self.reuse_key(client)?;
        while let Some(mut upstream) = self.pool.take(&key) {
            if upstream.is_quiet().await {
                return Some(upstream);
            }
        }
        None
    }

    /// Keeps a session for others, if it may be anybody's; takes leave of it otherwise.
    pub(super) async fn leave(&self, upstream: Upstream) {
        let surplus = match upstream.reuse_key().cloned() {
            Some(key) if upstream.may_begin() => self.pool.put(key, upstream),
            _ => Some(upstream),
        };
        if let Some(upstream) = surplus {
            upstream.quit().await;
        }
    }

    async fn connect(&self) -> io::Result<TcpStream> {
        let target = &self.settings.host;
        let late = || io::Error::from(io::ErrorKind::TimedOut);
        let addresses = timeout(CONNECT, lookup_host((target.host.as_str(), target.port)));
        let mut last = io::ErrorKind::NotFound.into();
        for address in addresses.await.map_err(|_| late())?? {
            match timeout(CONNECT, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    // A flight is written whole; to hold its end back would only cost time.
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Ok(Err(error)) => last = error,
                Err(_) => last = late(),
            }
        }
        Err(last)
    }

    /// What comes before MAIL, and nothing more.
    fn plan(&self, client: Option<Identity>) -> Plan {
        let mail = MailBuf {
            reverse_path: ReversePath::Null.to_owned(),
            parameters: MailParameters::default().to_owned(),
        };
        let mut plan = Plan::new(self.hello.clone(), mail, Vec::new(), Message::of(b""));
        plan.login = self.credentials.is_some();
        plan.xclient = client;
        plan.keep = true;
        plan
    }

    async fn drive(
        &self,
        mut stream: Box<dyn Stream>,
        mut delivery: Delivery,
        mut binding: Option<ChannelBinding>,
    ) -> Result<Connection<Box<dyn Stream>>, NotOpened> {
        loop {
            let mut delivering = Delivering::new(stream, delivery);
            if self.verbose {
                delivering = delivering.with_transcript(self.teller());
            }
            let handshake = loop {
                match delivering.next().await {
                    Turn::Nothing(_) => {}
                    Turn::Login => self.login(&mut delivering, binding.as_ref()),
                    Turn::Handshake => break true,
                    // There is no message.
                    Turn::Content => delivering.abandon(),
                    Turn::End => break false,
                }
            };
            if !handshake {
                let finished = delivering.finish().await;
                let (stream, kept) = finished
                    .kept
                    .ok_or_else(|| not_opened(finished.outcome.failure, finished.error))?;
                let connection = Connection::with(stream, kept.into_session());
                return Ok(match self.verbose {
                    true => connection.with_transcript(self.teller()),
                    false => connection,
                });
            }
            let (clear, handshake) = delivering
                .into_tls()
                .map_err(|outcome| not_opened(outcome.failure, None))?;
            (stream, binding) = self.handshake(clear, handshake.deadline()).await?;
            delivery = handshake.complete(Channel::Tls, now());
        }
    }

    /// Tells a line of the dialogue, under the server's name.
    fn teller(&self) -> impl FnMut(&str) + Send + 'static {
        let server = self.settings.host.to_string();
        move |line| eprintln!("{server} {line}")
    }

    fn login(
        &self,
        delivering: &mut Delivering<Box<dyn Stream>>,
        binding: Option<&ChannelBinding>,
    ) {
        let offered = delivering.delivery().capabilities();
        let credentials = self.credentials.as_ref();
        match credentials.map(|it| candidates(None, it, offered, binding)) {
            Some(Ok(candidates)) => delivering.login(candidates),
            Some(Err(_)) | None => delivering.abandon(),
        }
    }

    async fn handshake(
        &self,
        stream: Box<dyn Stream>,
        deadline: Option<mailwire_smtp_proto::timer::Deadline>,
    ) -> Result<(Box<dyn Stream>, Option<ChannelBinding>), NotOpened> {
        let name = self.server_name.clone();
        let stream = tls::connect(Arc::clone(&self.tls), name, stream, deadline)
            .await
            .map_err(NotOpened::Handshake)?;
        let binding = tls::client_binding(&stream);
        Ok((Box::new(stream), binding))
    }
}

fn not_opened(failure: Option<Failure>, error: Option<io::Error>) -> NotOpened {
    match (failure, error) {
        (_, Some(error)) => NotOpened::Connect(error),
        (Some(Failure::Local(not_now)), None) => not_now.into(),
        (Some(Failure::Refused { reply, .. }), None) => NotOpened::Refused(reply.to_string()),
        (Some(Failure::Peer(fault)), None) => NotOpened::Peer(fault),
        (_, None) => NotOpened::Ended,
    }
}

fn now() -> std::time::Instant {
    Instant::now().into_std()
}
