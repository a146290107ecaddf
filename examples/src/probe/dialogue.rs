//! The dialogue with one port, to wherever it gets.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use mailwire_smtp_proto::auth::scram::ChannelBinding;
use mailwire_smtp_proto::client::{Config, Error, Event, Fault, NotNow};
use mailwire_smtp_proto::dialect::Dialect;
use mailwire_smtp_proto::policy::outbound::{PeerLocation, Policy, Refusal, TlsMode};
use mailwire_smtp_proto::reply::ReplyLines;
use mailwire_smtp_proto::table::Outcome;
use mailwire_smtp_proto::timer::{Deadline, Timer};
use mailwire_smtp_proto::tokio_io::ConnectionError;
use mailwire_smtp_proto::tokio_io::client::{ClientError, Connection};
use mailwire_smtp_proto::tokio_io::tls;
use mailwire_tls_policy::diagnose::{Stage, Symptom};
use mailwire_tls_policy::tls::{
    Check, Fingerprint, Handshake, Verification, failure_of_io, names_of,
};
use mailwire_tls_policy::{Channel, Role};
use rustls_pki_types::UnixTime;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::client::TlsStream;

use super::seen::Findings;
use super::{CertificateReport, LoginReport, PortReport, Probe, TlsReport};
use crate::candidates::candidates;
use crate::client_session::{address_literal, timeouts};
use crate::status::numbers;

/// The end of a dialogue; why has been noted.
struct Over;

/// A dialogue, and where its findings go.
pub(super) struct Dialogue<'p> {
    probe: &'p Probe,
    report: &'p mut PortReport,
    found: &'p mut Findings,
}

impl<'p> Dialogue<'p> {
    pub(super) fn new(
        probe: &'p Probe,
        report: &'p mut PortReport,
        found: &'p mut Findings,
    ) -> Self {
        Self {
            probe,
            report,
            found,
        }
    }

    pub(super) async fn run(mut self, stream: TcpStream, peer: SocketAddr, begins_with_tls: bool) {
        // What goes wrong has been noted.
        let _ = if begins_with_tls {
            self.over_tls(stream, peer).await
        } else {
            self.in_clear(stream, peer).await
        };
    }

    async fn over_tls(&mut self, stream: TcpStream, peer: SocketAddr) -> Result<(), Over> {
        let timeouts = timeouts(self.probe.limit);
        let deadline = timeouts.deadline(Timer::Handshake, Instant::now().into_std());
        let local = local(&stream);
        let stream = self.handshake(stream, "implicit", deadline).await?;
        let config = self.config(TlsMode::Implicit, peer);
        let binding = tls::client_binding(&stream);
        let mut connection = Connection::connect(stream, config, Channel::Tls);
        self.greeting(&mut connection).await?;
        self.inside_tls(&mut connection, local, binding).await
    }

    async fn in_clear(&mut self, stream: TcpStream, peer: SocketAddr) -> Result<(), Over> {
        let local = local(&stream);
        let config = self.config(TlsMode::Opportunistic, peer);
        let mut connection: Connection<TcpStream> =
            Connection::connect(stream, config, Channel::Plain);
        self.greeting(&mut connection).await?;
        self.hello(&mut connection, local).await?;
        let capabilities = connection.session().capabilities();
        self.found.list(capabilities);
        self.report.before_tls = Some(listed(&connection));
        if !capabilities.starttls() {
            self.found
                .end(Symptom::Refused(Refusal::StartTlsNotOffered));
            self.login(&mut connection, None).await;
            quit(&mut connection).await;
            return Err(Over);
        }
        let said = connection.start_tls();
        self.say(said)?;
        self.expect(&mut connection, Stage::StartTls).await?;
        let (stream, upgrade) = match connection.into_tls() {
            Ok(both) => both,
            Err(error) => return Err(self.failed(error, Stage::StartTls)),
        };
        let stream = self
            .handshake(stream, "starttls", upgrade.deadline())
            .await?;
        let binding = tls::client_binding(&stream);
        let mut connection = Connection::resume(stream, upgrade, Channel::Tls);
        self.inside_tls(&mut connection, local, binding).await
    }

    async fn inside_tls(
        &mut self,
        connection: &mut Connection<TlsStream<TcpStream>>,
        local: IpAddr,
        binding: Option<ChannelBinding>,
    ) -> Result<(), Over> {
        self.hello(connection, local).await?;
        self.found.list(connection.session().capabilities());
        self.report.inside_tls = Some(listed(connection));
        self.login(connection, binding).await;
        quit(connection).await;
        Ok(())
    }

    async fn handshake(
        &mut self,
        stream: TcpStream,
        mode: &'static str,
        deadline: Option<Deadline>,
    ) -> Result<TlsStream<TcpStream>, Over> {
        let probe = self.probe;
        let name = probe.server_name.clone();
        let stream = match tls::connect(Arc::clone(&probe.tls), name, stream, deadline).await {
            Ok(stream) => stream,
            Err(error) => {
                self.found.end_by_handshake(failure_of_io(&error));
                return Err(Over);
            }
        };
        self.found.enter_tls();
        let (_, session) = stream.get_ref();
        let chain = session.peer_certificates().unwrap_or_default();
        let algorithms = probe
            .tls
            .crypto_provider()
            .signature_verification_algorithms;
        let check = Check::server_name(Arc::clone(&probe.roots));
        let judged = check.judge(chain, &probe.server_name, UnixTime::now(), &algorithms);
        if let Err(failure) = judged {
            self.found.end_by_handshake(failure);
        }
        let facts = Handshake::of(session, Verification::None);
        self.report.tls = Some(TlsReport {
            mode,
            version: facts.map_or("TLS", |it| it.version),
            cipher: facts.map_or("unknown", |it| it.cipher),
            certificate: CertificateReport {
                verified: judged.is_ok(),
                failure: judged.err().map(|it| it.name()),
                names: chain.first().map(names_of).unwrap_or_default(),
                fingerprint: chain
                    .first()
                    .map(|it| Fingerprint::of_certificate(it).to_string()),
            },
        });
        Ok(stream)
    }

    async fn greeting<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        connection: &mut Connection<S>,
    ) -> Result<(), Over> {
        self.expect(connection, Stage::Greeting).await
    }

    async fn hello<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        connection: &mut Connection<S>,
        local: IpAddr,
    ) -> Result<(), Over> {
        let name = address_literal(local).map_err(|_| Over)?;
        let said = connection.hello(&name.borrow());
        self.say(said)?;
        self.expect(connection, Stage::Hello).await
    }

    /// A login, if one is wanted; without one it is noted that there could be none where users look for it.
    async fn login<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        connection: &mut Connection<S>,
        binding: Option<ChannelBinding>,
    ) {
        let Some(credentials) = &self.probe.credentials else {
            let is_for_users = matches!(
                Role::of_port(self.report.port),
                Some(Role::Submission | Role::Submissions)
            );
            let offers_none = connection.session().capabilities().auth().next().is_none();
            if is_for_users && offers_none {
                self.found.end(Symptom::Refused(Refusal::NoMechanism));
            }
            return;
        };
        // Whoever answers could have made it: what they are not known by gets no password.
        let is_trusted = self
            .report
            .tls
            .as_ref()
            .is_none_or(|it| it.certificate.verified);
        if !is_trusted {
            self.report.login = Some(LoginReport {
                accepted: false,
                mechanism: None,
                text: "not tried: the certificate is not verified".to_owned(),
            });
            return;
        }
        let offered = connection.session().capabilities();
        let said = match candidates(None, credentials, offered, binding.as_ref()) {
            Ok(candidates) => connection.auth(candidates),
            Err(fault) => Err(NotNow::Auth(fault)),
        };
        let mechanism = connection.session().mechanism();
        let mechanism = mechanism.map(|it| it.as_str().to_owned());
        let outcome = match said {
            Ok(_) => self.exchange(connection).await,
            Err(not_now) => {
                let refusal = match &not_now {
                    NotNow::Policy(refusal) => *refusal,
                    NotNow::NoMechanism(sets) => sets.refusal.unwrap_or(Refusal::NoMechanism),
                    _ => Refusal::NoMechanism,
                };
                self.found.end(Symptom::Refused(refusal));
                Err(not_now.to_string())
            }
        };
        if outcome.is_ok() {
            self.found.authenticate();
        }
        self.report.login = Some(LoginReport {
            accepted: outcome.is_ok(),
            mechanism,
            text: outcome.unwrap_or_else(|text| text),
        });
    }

    /// The lines of AUTH, to the last reply: its text.
    async fn exchange<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        connection: &mut Connection<S>,
    ) -> Result<String, String> {
        loop {
            let is_challenge = match connection.next().await {
                Ok(Some(Event::Challenge { .. })) => true,
                Ok(Some(event)) => {
                    let text = shown(event.reply());
                    let accepted = matches!(
                        event,
                        Event::Reply {
                            outcome: Outcome::Accepted,
                            ..
                        }
                    );
                    if accepted {
                        return Ok(text);
                    }
                    self.refused(Stage::Auth, event.reply());
                    return Err(text);
                }
                Ok(None) => return Err(String::new()),
                Err(error) => {
                    let text = error.to_string();
                    self.failed(error, Stage::Auth);
                    return Err(text);
                }
            };
            if is_challenge
                && connection.auth_response().is_err()
                && connection.auth_cancel().is_err()
            {
                return Err(String::new());
            }
        }
    }

    /// A reply that is to be a yes.
    async fn expect<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        connection: &mut Connection<S>,
        stage: Stage,
    ) -> Result<(), Over> {
        let (is_yes, reply) = match connection.next().await {
            Ok(Some(event)) => {
                let is_yes = match event {
                    Event::Greeting { outcome, .. } | Event::Reply { outcome, .. } => {
                        outcome == Outcome::Accepted
                    }
                    Event::Hello { .. } => true,
                    _ => false,
                };
                (is_yes, event.reply())
            }
            Ok(None) => return Err(Over),
            Err(error) => return Err(self.failed(error, stage)),
        };
        if stage == Stage::Greeting {
            self.report.greeting = Some(shown(reply));
        }
        if is_yes {
            return Ok(());
        }
        self.refused(stage, reply);
        quit(connection).await;
        Err(Over)
    }

    fn refused(&mut self, stage: Stage, reply: ReplyLines<'_>) {
        let enhanced = reply.enhanced().map(numbers);
        let text: Vec<_> = reply.text_lines().map(String::from_utf8_lossy).collect();
        let code = reply.code().value();
        self.found
            .end_by_reply(stage, code, enhanced, text.join(" "));
    }

    fn failed(&mut self, error: ClientError, stage: Stage) -> Over {
        let symptom = match error {
            ConnectionError::Session(Error::Peer(fault)) => match fault {
                Fault::Timeout(_) => Symptom::TimedOut(stage),
                Fault::EndOfInput { .. } => Symptom::Lost(stage),
                _ => Symptom::Gibberish(stage),
            },
            _ => Symptom::Lost(stage),
        };
        self.found.end(symptom);
        Over
    }

    fn say<T>(&mut self, said: Result<T, NotNow>) -> Result<(), Over> {
        said.map(drop).map_err(|_| Over)
    }

    fn config(&self, tls: TlsMode, peer: SocketAddr) -> Arc<Config> {
        let location = PeerLocation::of(peer.ip());
        let mut config = Config::new(Dialect::Smtp, Policy::new(tls), location);
        config.timeouts = timeouts(self.probe.limit);
        Arc::new(config)
    }
}

/// What EHLO lists, a keyword a line.
fn listed<S>(connection: &Connection<S>) -> Vec<String> {
    let keywords = connection.session().capabilities().keywords();
    keywords
        .map(|(keyword, parameters)| {
            let line = format!("{keyword} {parameters}");
            line.trim_end().escape_debug().to_string()
        })
        .collect()
}

/// A reply in one line, for people.
fn shown(reply: ReplyLines<'_>) -> String {
    let lines: Vec<String> = reply
        .lines()
        .map(|line| line.escape_ascii().to_string())
        .collect();
    format!("{} {}", reply.code(), lines.join(" / "))
}

/// QUIT. What goes wrong here changes nothing any more.
async fn quit<S: AsyncRead + AsyncWrite + Unpin>(connection: &mut Connection<S>) {
    if connection.quit().is_ok() {
        let _ = connection.next().await;
    }
    let _ = connection.close().await;
}

fn local(stream: &TcpStream) -> IpAddr {
    let unspecified = IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED);
    stream.local_addr().map_or(unspecified, |it| it.ip())
}
