//! One connection of `edge`: the events of its session, and what is answered.

use std::sync::Arc;

use mailwire_smtp_proto::auth;
use mailwire_smtp_proto::peer::Peer;
use mailwire_smtp_proto::reply::Reply;
use mailwire_smtp_proto::server::{
    Admission, Config, Event, Fault, Pending, Refuse, TlsUpgrade, ask,
};
use mailwire_smtp_proto::timer::{Deadline, Timer};
use mailwire_smtp_proto::tokio_io::server::{Connection, ServerError};
use mailwire_smtp_proto::tokio_io::{proxy, tls};
use mailwire_tls_policy::{Channel, TlsMode};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::mail::{Client, Edge, Exchange};

/// A stream inside TLS; what it keeps is large.
type Tls = Box<TlsStream<TcpStream>>;

/// How a part of a session ended.
enum Ended {
    /// For good.
    Closed,
    /// With STARTTLS.
    StartTls(Pending<ask::StartTls>),
}

/// The word that the server stops.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    /// Who idles is told, who is in a transaction may end it.
    pub soon: CancellationToken,
    /// Whoever can still be told is, before all connections are cut.
    pub now: CancellationToken,
}

/// Serves one connection to its end.
pub async fn serve(
    edge: Arc<Edge>,
    config: Arc<Config>,
    stream: TcpStream,
    peer: Peer,
    stop: Stop,
) {
    let address = peer.address();
    // A reply waits for nothing: each flush is one answer, or one group of them.
    let _ = stream.set_nodelay(true);
    if let Err(error) = accept(&edge, config, stream, peer, &stop).await {
        info!(peer = address.map(tracing::field::display), %error, "session failed");
    }
}

/// Finds out who the peer is, which a proxy says before anything else is said.
async fn accept(
    edge: &Arc<Edge>,
    config: Arc<Config>,
    mut stream: TcpStream,
    peer: Peer,
    stop: &Stop,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let peer = tokio::select! {
        peer = proxy::receive(&mut stream, &config, peer) => peer?,
        // Nothing was said yet.
        () = stop.soon.cancelled() => return Ok(()),
    };
    Ok(talk(edge, config, stream, peer, stop).await?)
}

async fn talk(
    edge: &Arc<Edge>,
    config: Arc<Config>,
    stream: TcpStream,
    peer: Peer,
    stop: &Stop,
) -> Result<(), ServerError> {
    // What a part of this needs is in a box for as long as that part goes on: most clients wait most of the
    // time, and there are many.
    if let (TlsMode::Implicit, Some(certificate)) = (config.listener.tls, &edge.tls) {
        let deadline = config
            .timeouts
            .deadline(Timer::Handshake, tokio::time::Instant::now().into_std());
        let begin = |stream| Connection::accept(stream, config, peer, Channel::Tls);
        return Box::pin(in_tls(edge, certificate, stream, deadline, begin, stop)).await;
    }
    let channel = peer.location().channel_without_tls();
    let connection = Connection::accept(stream, config, peer, channel);
    let Some((stream, upgrade)) = Box::pin(in_clear(edge, connection, stop)).await? else {
        return Ok(());
    };
    let Some(certificate) = &edge.tls else {
        return Ok(());
    };
    let deadline = upgrade.deadline();
    let begin = |stream| Connection::resume(stream, upgrade, Channel::Tls);
    Box::pin(in_tls(edge, certificate, stream, deadline, begin, stop)).await
}

/// A session to its end, or to STARTTLS.
async fn in_clear(
    edge: &Arc<Edge>,
    connection: Connection<TcpStream>,
    stop: &Stop,
) -> Result<Option<(TcpStream, TlsUpgrade)>, ServerError> {
    let mut connection = told(edge, connection);
    match mail(edge, &mut connection, stop).await? {
        Ended::Closed => connection.close().await?,
        Ended::StartTls(pending) if edge.tls.is_some() => {
            return connection.start_tls(pending).await.map(Some);
        }
        Ended::StartTls(pending) => {
            let reply = Reply::fixed(454, (4, 7, 0), "TLS not available");
            connection.answer(pending, Refuse(reply))?;
            connection.shut_down().await?;
            connection.close().await?;
        }
    }
    Ok(None)
}

/// The handshake, and a session inside TLS, which knows nothing of what was before.
async fn in_tls(
    edge: &Arc<Edge>,
    certificate: &Arc<rustls::ServerConfig>,
    stream: TcpStream,
    deadline: Option<Deadline>,
    begin: impl FnOnce(Tls) -> Connection<Tls>,
    stop: &Stop,
) -> Result<(), ServerError> {
    let handshake = Box::pin(tls::accept(Arc::clone(certificate), stream, deadline));
    let stream = tokio::select! {
        stream = handshake => Box::new(stream?),
        () = stop.soon.cancelled() => return Ok(()),
    };
    let known = bound(&stream);
    let mut connection = told(edge, begin(stream));
    connection.attest(known);
    // A second STARTTLS never gets here: policy refuses it.
    let _ = mail(edge, &mut connection, stop).await?;
    connection.close().await
}

/// The mail of one session. However that ends, leave is taken of the next servers.
async fn mail<S: AsyncRead + AsyncWrite + Unpin>(
    edge: &Arc<Edge>,
    connection: &mut Connection<S>,
    stop: &Stop,
) -> Result<Ended, ServerError> {
    let mut exchange = Exchange::new(Arc::clone(edge));
    let ended = converse(connection, &mut exchange, stop).await;
    exchange.leave().await;
    ended
}

/// What identifies the channel, for logins that are bound to it.
fn bound(stream: &Tls) -> auth::server::Connection {
    let mut known = auth::server::Connection::default();
    known.bindings.extend(tls::server_binding(stream));
    known
}

/// With `-v` the dialogue goes to stderr, a line of it as one line there.
fn told<S: AsyncRead + AsyncWrite + Unpin>(
    edge: &Edge,
    connection: Connection<S>,
) -> Connection<S> {
    if !edge.verbose {
        return connection;
    }
    let peer = connection.session().peer().address();
    let peer = peer.map_or_else(|| "local".to_owned(), |address| address.to_string());
    connection.with_transcript(move |line| eprintln!("{peer} {line}"))
}

async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    connection: &mut Connection<S>,
    exchange: &mut Exchange,
    stop: &Stop,
) -> Result<Ended, ServerError> {
    let mut is_late = false;
    loop {
        // A transaction that runs may end; a session that idles is told to go.
        let idle = !connection.session().phase().in_transaction();
        tokio::select! {
            ready = connection.ready() => ready?,
            () = stop.soon.cancelled(), if idle => {
                connection.shut_down().await?;
                return Ok(Ended::Closed);
            }
            () = stop.now.cancelled(), if !is_late => {
                connection.shut_down_now().await?;
                if connection.session().is_closed() {
                    return Ok(Ended::Closed);
                }
                // Content may still come to its end, as long as there is time.
                is_late = true;
            }
        }
        // An event may borrow from the connection.
        let client = Client::of(connection.session());
        let event = connection.next().await?;
        match event {
            Event::Hello { name, pending, .. } => {
                let admission = exchange.hello(name.to_string()).await;
                connection.answer(pending, admission)?;
            }
            Event::Xclient { pending, .. } => {
                connection.answer(pending, Admission::Accept)?;
                // It does not wait for whoever is taken leave of.
                connection.flush().await?;
                exchange.begin_as(&Client::of(connection.session())).await;
            }
            Event::Auth {
                credentials,
                pending,
            } => {
                let decision = exchange.auth(&credentials, &client).await;
                connection.answer(pending, decision)?;
            }
            Event::AuthLookUp { look_up, pending } => {
                let lookup = exchange.look_up(&look_up);
                connection.answer(pending, lookup)?;
            }
            Event::StartTls { pending } => return Ok(Ended::StartTls(pending)),
            Event::Mail { mail, pending } => {
                let decision = exchange.mail(&mail, &client).await;
                connection.answer(pending, decision)?;
            }
            Event::Rcpt { rcpt, pending } => {
                let decision = exchange.rcpt(&rcpt, &client).await;
                connection.answer(pending, decision)?;
            }
            Event::Data { pending } => {
                let admission = exchange.data().await;
                connection.answer(pending, admission)?;
            }
            Event::Content(octets) => exchange.content(octets).await,
            Event::Message { octets, pending } => {
                let forwarded = connection.session().xforward().map(ToString::to_string);
                let verdict = exchange.message(octets, forwarded).await;
                connection.answer(pending, verdict)?;
            }
            Event::MessageRefused(fault) => {
                exchange.refuse(&fault.reply(client.dialect)).await;
            }
            Event::Reset => exchange.forget().await,
            Event::Closed(_) => return Ok(Ended::Closed),
            Event::Refused(fault @ Fault::Auth(_)) => exchange.login_failed(&fault, &client),
            // Other refusals by the session itself, and whatever a later version may tell.
            _ => {}
        }
    }
}
