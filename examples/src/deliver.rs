//! The delivery of one message to one server: the whole dialogue, and what became of it.
//!
//! ```text
//!     connect ─► (TLS) ─► greeting ─► EHLO ─► STARTTLS ─► TLS ─► EHLO ─► AUTH ─► MAIL RCPT.. DATA ─►
//!        │         │          │         │         │        │               │            │
//!        ▼         ▼          ▼         ▼         ▼        ▼               ▼            ▼ content
//!      Failure: an outcome, a stable name, a remedy                                  verdicts ─► QUIT
//! ```
//!
//! What may be said when is the session's business
//! ([`client`](mailwire_smtp_proto::client)), and whether TLS has to come first or a password may go
//! out is policy's. What is left here is the order of things, and to give up rather than to do
//! less than was asked for: without a usable mechanism nothing is sent unauthenticated, and a
//! server that lacks the TLS that is required gets QUIT.

use std::sync::Arc;

use mailwire_smtp_proto::client::Config;
use mailwire_smtp_proto::dialect::Dialect;
use mailwire_smtp_proto::policy::Channel;
use mailwire_smtp_proto::policy::outbound::{PeerLocation, TlsMode};
use mailwire_smtp_proto::timer::Timeouts;
use mailwire_smtp_proto::tokio_io::client::Connection;
use mailwire_smtp_proto::tokio_io::tls;
use tokio::net::TcpStream;

use crate::client_session::timeouts;
use crate::report::Report;
use crate::send_args::Plan;

mod connect;
mod content;
mod dialogue;
mod failure;
mod login;
mod prepared;
mod record;
mod transaction;
mod transcript;

use dialogue::{Dialogue, Next};
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
    let mut delivery = Delivery {
        plan,
        prepared: &prepared,
        record: Record::new(&plan.recipients, plan.to.port),
        transcript: Transcript::new(plan.verbose),
    };
    match run(&mut delivery).await {
        Ok(()) => delivery.record.settled(),
        Err(failure) => delivery.record.failed(failure),
    }
}

/// One delivery on its way.
#[derive(Debug)]
struct Delivery<'a> {
    plan: &'a Plan,
    prepared: &'a Prepared<'a>,
    record: Record,
    transcript: Transcript,
}

async fn run(delivery: &mut Delivery<'_>) -> Result<(), Failure> {
    let plan = delivery.plan;
    // RFC 5321's times, or one for all of them.
    let timeouts = plan.timeout.map_or_else(Timeouts::default, timeouts);
    let stream = connect::connect(&plan.to, &timeouts).await?;
    let peer = stream.peer_addr().map_err(unconnected)?;
    let local = stream.local_addr().map_err(unconnected)?.ip();
    delivery
        .transcript
        .note(format_args!("connected to {peer}"));

    let dialect = if plan.lmtp {
        Dialect::Lmtp
    } else {
        Dialect::Smtp
    };
    let mut config = Config::new(dialect, plan.policy, PeerLocation::of(peer.ip()));
    config.timeouts = timeouts;
    config.limits.outstanding = FLIGHT;
    let config = Arc::new(config);

    if plan.policy.tls == TlsMode::Implicit {
        let deadline = connect::handshake_deadline(&timeouts);
        let stream = connect::handshake(delivery, stream, deadline).await?;
        let channel = tls::client_binding(&stream);
        let connection = Connection::connect(stream, config, Channel::Tls);
        let dialogue = Dialogue::new(delivery, connection, local).over(channel);
        return dialogue.in_full().await;
    }
    // Local or not is for policy to judge by the location; the stream itself protects nothing.
    let connection: Connection<TcpStream> = Connection::connect(stream, config, Channel::Plain);
    let mut dialogue = Dialogue::new(delivery, connection, local);
    match dialogue.until_tls().await? {
        Next::GoOn => dialogue.after_hello().await,
        Next::StartTls => {
            let (stream, upgrade) = dialogue.into_connection().into_tls()?;
            let stream = connect::handshake(delivery, stream, upgrade.deadline()).await?;
            let channel = tls::client_binding(&stream);
            let connection = Connection::resume(stream, upgrade, Channel::Tls);
            let dialogue = Dialogue::new(delivery, connection, local).over(channel);
            dialogue.again().await
        }
    }
}

fn unconnected(error: std::io::Error) -> Failure {
    Failure::stream(&error, mailwire_smtp_proto::timer::Timer::Greeting)
}
