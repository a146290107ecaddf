//! The connection: to the first address that takes it, and TLS over it.

use std::io;
use std::net::SocketAddr;

use mailwire_smtp_proto::policy::outbound::CertificateCheck;
use mailwire_smtp_proto::timer::{Deadline, Timeouts, Timer};
use mailwire_smtp_proto::tokio_io::tls;
use mailwire_tls_policy::tls::{Handshake, Verification as Shown};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout};
use tokio_rustls::client::TlsStream;

use super::Sending;
use super::failure::Failure;
use crate::report::{Outcome, TlsReport, Verification};
use crate::send_args::Target;

/// Connects to one address of the server after the other, until one takes it.
///
/// Each may last as long as a greeting may: RFC 5321 has no time for it alone.
pub(super) async fn connect(target: &Target, timeouts: &Timeouts) -> Result<TcpStream, Failure> {
    let limit = timeouts.of(Timer::Greeting);
    let addresses = match timeout(limit, lookup_host((target.host.as_str(), target.port))).await {
        Ok(Ok(addresses)) => addresses,
        Ok(Err(error)) => {
            let remedy = format!("{} has no address: {error}. Check --to.", target.host);
            return Err(lost("host_not_found", remedy));
        }
        Err(_) => return Err(late(&target.host)),
    };
    let mut last = lost(
        "host_not_found",
        format!("{} has no address. Check --to.", target.host),
    );
    for address in addresses {
        match timeout(limit, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // Flights are written whole; to hold their ends back would only cost time.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) => last = refused(address, &error),
            Err(_) => last = late(address),
        }
    }
    Err(last)
}

/// Does the handshake, and notes what it came to.
pub(super) async fn handshake(
    sending: &mut Sending<'_>,
    stream: TcpStream,
    deadline: Option<Deadline>,
) -> Result<TlsStream<TcpStream>, Failure> {
    let config = sending.prepared.tls.clone();
    let name = sending.prepared.server_name.clone();
    let stream = tls::connect(config, name, stream, deadline)
        .await
        .map_err(|error| Failure::stream(&error, Timer::Handshake))?;
    // How the certificate was checked is told in words of its own, below.
    let facts = Handshake::of(stream.get_ref().1, Shown::None);
    let version = facts.map_or("unknown", |it| it.version);
    let (verification, words) = match sending.plan.policy.check {
        CertificateCheck::Skip => (Verification::Skipped, "not checked"),
        CertificateCheck::Verify | CertificateCheck::Pin => (Verification::Verified, "verified"),
    };
    sending
        .transcript
        .note(format_args!("{version}, certificate {words}"));
    sending.record.tls = Some(TlsReport {
        version: version.into(),
        verification,
    });
    Ok(stream)
}

/// Until when the handshake of a connection that begins in TLS may last.
pub(super) fn handshake_deadline(timeouts: &Timeouts) -> Option<Deadline> {
    timeouts.deadline(Timer::Handshake, Instant::now().into_std())
}

fn lost(reason: &'static str, remedy: String) -> Failure {
    Failure::new(Outcome::ConnectionLost, reason, remedy)
}

fn late(peer: impl std::fmt::Display) -> Failure {
    let remedy = format!(
        "{peer} does not answer. Check --to, and whether something between drops the packets."
    );
    Failure::new(Outcome::Timeout, "connect_timeout", remedy)
}

fn refused(address: SocketAddr, error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::TimedOut => late(address),
        io::ErrorKind::ConnectionRefused => {
            let remedy = format!(
                "Nothing listens at {address}. Check --to: mail servers take messages from users \
                 at 465 (--tls implicit) or 587 (--tls starttls), from other servers at 25."
            );
            lost("connection_refused", remedy)
        }
        _ => {
            let remedy = format!("{address} cannot be reached: {error}. Check --to.");
            lost("connect_failed", remedy)
        }
    }
}
