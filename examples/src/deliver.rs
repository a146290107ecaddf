//! The delivery of one message to one server over TCP, and what became of it.
//!
//! ```text
//!     connect ─► (TLS) ─► greeting, EHLO ─► STARTTLS ─► TLS ─► EHLO ─► AUTH ─► MAIL RCPT.. DATA ─► QUIT
//!        │         │      └─────────────────────── a Delivery ───────────────────────────────────────┘
//!        ▼         ▼                                    ▼
//!      Failure: an outcome, a stable name, a remedy   its Outcome ─► Report
//! ```
//!
//! The dialogue is all in [`delivery`]. What is left here are the
//! connection, the handshake, the credentials, and the words for people.

use std::sync::Arc;

use mailwire_smtp_proto::auth::scram::ChannelBinding;
use mailwire_smtp_proto::client::Config;
use mailwire_smtp_proto::delivery::{self, Delivery};
use mailwire_smtp_proto::dialect::Dialect;
use mailwire_smtp_proto::policy::Channel;
use mailwire_smtp_proto::policy::outbound::{PeerLocation, TlsMode};
use mailwire_smtp_proto::timer::{Timeouts, Timer};
use mailwire_smtp_proto::tokio_io::delivery::{Delivering, Turn};
use mailwire_smtp_proto::tokio_io::tls;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use crate::client_session::{address_literal, timeouts};
use crate::report::Report;
use crate::send_args::Plan;

mod connect;
mod failure;
mod login;
mod prepared;
mod progress;
mod record;
mod transcript;

use failure::Failure;
use prepared::Prepared;
use record::Record;
use transcript::Transcript;

/// Commands in one flight. Their replies fit any window, so neither side ever waits for the other
/// to read (RFC 2920 section 3.1).
const FLIGHT: usize = 100;

/// Sends `message` as `plan` says, and tells what became of it. Never fails: that is an outcome.
///
/// The message's lines may end in CRLF, LF or CR; on the wire they end in CRLF. A message with octets
/// above 127 is not sent to a server that does not offer 8BITMIME: RFC 6152 section 3 forbids to
/// send it as it is, and to re-encode it belongs to whoever composes messages, since it breaks
/// signatures.
///
/// A dialogue that ends well, by a refusal of the server or by one of this side, ends with QUIT.
/// Must be called within a tokio runtime that has I/O and time enabled.
pub async fn deliver(plan: &Plan, message: &[u8]) -> Report {
    let prepared = match Prepared::new(plan, message) {
        Ok(prepared) => prepared,
        Err(error) => return error.into(),
    };
    let mut sending = Sending {
        plan,
        prepared: &prepared,
        record: Record::new(&plan.recipients, plan.to.port),
        transcript: Transcript::new(plan.verbose),
    };
    match run(&mut sending).await {
        Ok(ended) => sending.record.ended(ended),
        Err(failure) => sending.record.failed(failure),
    }
}

/// One message on its way.
#[derive(Debug)]
struct Sending<'a> {
    plan: &'a Plan,
    prepared: &'a Prepared<'a>,
    record: Record,
    transcript: Transcript,
}

/// How a dialogue over one stream ended.
enum Next<S> {
    /// For good.
    Ended(Ended),
    /// With 220 to STARTTLS.
    Handshake(S, Box<delivery::Handshake>),
}

/// How it all ended.
#[derive(Debug)]
struct Ended {
    outcome: delivery::Outcome,
    /// Why, if it is not all in the outcome.
    failure: Option<Failure>,
}

async fn run(sending: &mut Sending<'_>) -> Result<Ended, Failure> {
    let plan = sending.plan;
    // RFC 5321's times, or one for all of them.
    let timeouts = plan.timeout.map_or_else(Timeouts::default, timeouts);
    let stream = connect::connect(&plan.to, &timeouts).await?;
    let peer = stream.peer_addr().map_err(unconnected)?;
    let local = stream.local_addr().map_err(unconnected)?.ip();
    sending.transcript.note(format_args!("connected to {peer}"));

    let dialect = if plan.lmtp {
        Dialect::Lmtp
    } else {
        Dialect::Smtp
    };
    let mut config = Config::new(dialect, plan.policy, PeerLocation::of(peer.ip()));
    config.timeouts = timeouts;
    config.limits.outstanding = FLIGHT;
    let config = Arc::new(config);

    let hello = match &sending.prepared.hello {
        Some(name) => name.clone(),
        None => address_literal(local).map_err(|error| {
            let remedy = format!("{local} cannot be said: {error}. Give a name by --helo.");
            Failure::local("helo_invalid", remedy)
        })?,
    };
    let message = sending.prepared.plan(plan, hello);

    if plan.policy.tls == TlsMode::Implicit {
        let deadline = connect::handshake_deadline(&timeouts);
        let stream = connect::handshake(sending, stream, deadline).await?;
        let binding = tls::client_binding(&stream);
        let delivery = Delivery::new(message, config, Channel::Tls, now());
        return over_tls(sending, stream, delivery, binding).await;
    }
    // Local or not is for policy to judge by the location; the stream itself protects nothing.
    let delivery = Delivery::new(message, config, Channel::Plain, now());
    match drive(sending, stream, delivery, None).await {
        Next::Ended(ended) => Ok(ended),
        Next::Handshake(stream, handshake) => {
            let stream = connect::handshake(sending, stream, handshake.deadline()).await?;
            let binding = tls::client_binding(&stream);
            let delivery = handshake.complete(Channel::Tls, now());
            over_tls(sending, stream, delivery, binding).await
        }
    }
}

async fn over_tls<S: AsyncRead + AsyncWrite + Unpin>(
    sending: &mut Sending<'_>,
    stream: S,
    delivery: Delivery,
    binding: Option<ChannelBinding>,
) -> Result<Ended, Failure> {
    match drive(sending, stream, delivery, binding).await {
        Next::Ended(ended) => Ok(ended),
        Next::Handshake(..) => Err(Failure::local(
            "internal_error",
            "This is a fault of this program: it wants TLS over TLS.",
        )),
    }
}

/// Does what a delivery wants, until it is over or TLS begins. `binding` is what identifies the TLS
/// channel, if there is one that can be identified.
async fn drive<S: AsyncRead + AsyncWrite + Unpin>(
    sending: &mut Sending<'_>,
    stream: S,
    delivery: Delivery,
    binding: Option<ChannelBinding>,
) -> Next<S> {
    let mut delivering = Delivering::new(stream, delivery);
    if let Some(write) = sending.transcript.writer() {
        delivering = delivering.with_transcript(write);
    }
    let mut failure = None;
    loop {
        match delivering.next().await {
            Turn::Nothing(Some(reply)) => sending.record.heard(reply),
            Turn::Nothing(None) => {}
            Turn::Login => {
                let offered = delivering.delivery().capabilities();
                match login::candidates(sending, offered, binding.as_ref()) {
                    Ok(candidates) => delivering.login(candidates),
                    Err(invalid) => {
                        failure = Some(invalid);
                        delivering.abandon();
                    }
                }
            }
            // A slice does not fail.
            Turn::Content => {
                let content = sending.prepared.content;
                let bar = progress::bar(content.len(), sending.plan.verbose);
                let _ = delivering.send(bar.wrap_async_read(content)).await;
                bar.finish_and_clear();
            }
            Turn::Handshake => {
                return match delivering.into_tls() {
                    Ok((stream, handshake)) => Next::Handshake(stream, Box::new(handshake)),
                    Err(outcome) => Next::Ended(Ended { outcome, failure }),
                };
            }
            Turn::End => break,
        }
    }
    let finished = delivering.finish().await;
    let broken = |error| Failure::stream(&error, Timer::DataBlock);
    Next::Ended(Ended {
        outcome: finished.outcome,
        failure: failure.or_else(|| finished.error.map(broken)),
    })
}

fn now() -> std::time::Instant {
    Instant::now().into_std()
}

fn unconnected(error: std::io::Error) -> Failure {
    Failure::stream(&error, Timer::Greeting)
}
