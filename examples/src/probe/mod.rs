//! `probe`: what a server does on its ports, and why it does not work.
//!
//! ```text
//!   connect ──► greeting ──► EHLO ──► STARTTLS ──► handshake ──► EHLO ──► AUTH ──► QUIT
//!      └───────────┴───────────┴───────────┴────────────┴──────────┴────────┴──► Symptom ──► diagnose
//! ```
//!
//! The handshake takes every certificate, so that what is behind it can be seen; whether it would be
//! taken is asked afterwards. A password is only sent inside TLS, and only by the rules that hold for every
//! client.

mod args;
mod dialogue;
mod report;
mod seen;

pub use args::{ProbeArgs, Target, TargetError};
pub use report::{CertificateReport, Finding, LoginReport, PortReport, TlsReport, text};

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use mailwire_smtp_proto::auth::PlainCredentials;
use mailwire_tls_policy::Role;
use mailwire_tls_policy::diagnose::Symptom;
use mailwire_tls_policy::tls::{Check, client_config};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::ServerName;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use crate::client_tls::{ClientTlsError, server_name};

/// What every port is probed with.
#[derive(Debug)]
pub struct Probe {
    tls: Arc<ClientConfig>,
    roots: Arc<RootCertStore>,
    server_name: ServerName<'static>,
    credentials: Option<PlainCredentials>,
    /// How long any single wait may last.
    limit: Duration,
}

impl Probe {
    /// A probe of a host by its name, for which its certificate has to be good.
    ///
    /// # Errors
    ///
    /// The name is none, or there is no TLS to be had.
    pub fn new(
        host: &str,
        roots: Arc<RootCertStore>,
        credentials: Option<PlainCredentials>,
        limit: Duration,
    ) -> Result<Self, ClientTlsError> {
        let provider = Arc::new(ring::default_provider());
        let tls = client_config(&provider, Check::Skip, None).map_err(ClientTlsError::Provider)?;
        Ok(Self {
            tls: Arc::new(tls),
            roots,
            server_name: server_name(host)?,
            credentials,
            limit,
        })
    }

    /// Probes one port of the host.
    pub async fn port(&self, host: &str, port: u16) -> PortReport {
        let mut report = PortReport::new(port);
        let begins_with_tls = Role::of_port(port) == Some(Role::Submissions);
        let mut seen = self
            .try_port(host, port, begins_with_tls, &mut report)
            .await;
        // A port that is not registered may begin in either way.
        let has_no_greeting = report.is_reachable && report.greeting.is_none();
        if has_no_greeting && Role::of_port(port).is_none() {
            let mut other = PortReport::new(port);
            let seen_there = self.try_port(host, port, true, &mut other).await;
            if other.tls.is_some() {
                (report, seen) = (other, seen_there);
            }
        }
        report.conclude(&seen);
        report
    }

    async fn try_port(
        &self,
        host: &str,
        port: u16,
        begins_with_tls: bool,
        report: &mut PortReport,
    ) -> seen::Findings {
        let mut found = seen::Findings::new(port, self.credentials.is_some());
        match self.connect(host, port).await {
            Ok((stream, address)) => {
                report.is_reachable = true;
                report.address = Some(address.to_string());
                let dialogue = dialogue::Dialogue::new(self, report, &mut found);
                dialogue.run(stream, address, begins_with_tls).await;
            }
            Err(symptom) => found.end(symptom),
        }
        found
    }

    /// Connects to one address of the host after the other, until one takes it.
    async fn connect(
        &self,
        host: &str,
        port: u16,
    ) -> Result<(TcpStream, SocketAddr), Symptom<'static>> {
        let found = timeout(self.limit, lookup_host((host, port))).await;
        let addresses = match found {
            Ok(Ok(addresses)) => addresses,
            Ok(Err(_)) => return Err(Symptom::HostNotFound),
            Err(_) => return Err(Symptom::Unreachable),
        };
        let mut symptom = Symptom::Unreachable;
        for address in addresses {
            match timeout(self.limit, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok((stream, address)),
                Ok(Err(error)) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                    symptom = Symptom::ConnectionRefused;
                }
                _ => {}
            }
        }
        Err(symptom)
    }
}
