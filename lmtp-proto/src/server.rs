//! The server's side: LHLO, and one verdict for each accepted recipient.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use bytes::BytesMut;
use mailwire_smtp_proto::auth::server::Connection;
use mailwire_smtp_proto::dialect::Dialect;
use mailwire_smtp_proto::host::HelloNameBuf;
use mailwire_smtp_proto::peer::Peer;
use mailwire_smtp_proto::policy::{Channel, Listener, Origin, Role};
use mailwire_smtp_proto::server::{
    self as smtp, Ask, Decision, Error, Need, Pending, Step, Verdict, ask,
};
use mailwire_smtp_proto::table::Phase;
use mailwire_smtp_proto::timer::Deadline;
use mailwire_smtp_proto::xclient::Identity;

/// What an LMTP session is built from: the core's configuration, with the dialect settled.
#[derive(Clone, Debug)]
pub struct Config(Arc<smtp::Config>);

impl Config {
    /// A configuration with the rules of internal LMTP: no TLS, no AUTH, and neither demanded,
    /// whatever is enforced on other ports.
    #[must_use]
    pub fn new(hostname: HelloNameBuf) -> Self {
        Self::with(smtp::Config::new(
            hostname,
            Dialect::Lmtp,
            Listener::of(Role::Lmtp),
        ))
    }

    /// Any configuration of the core, spoken as LMTP.
    #[must_use]
    pub fn with(mut config: smtp::Config) -> Self {
        config.dialect = Dialect::Lmtp;
        Self(Arc::new(config))
    }

    /// The core's configuration, for sessions of the core.
    #[must_use]
    pub fn into_inner(self) -> Arc<smtp::Config> {
        self.0
    }
}

/// The server's side of an LMTP connection. What is not said here is as in
/// [`mailwire_smtp_proto::server::Session`].
#[derive(Debug)]
pub struct Session(smtp::Session);

/// A session that has said 220 to STARTTLS; see [`smtp::TlsUpgrade`].
#[derive(Debug)]
#[must_use = "the session goes on after the handshake, by `complete`"]
pub struct TlsUpgrade(smtp::TlsUpgrade);

impl Session {
    /// The session of a fresh connection; its greeting is appended to `out`.
    #[must_use]
    pub fn new(
        config: Arc<Config>,
        peer: Peer,
        channel: Channel,
        now: Instant,
        out: &mut BytesMut,
    ) -> Self {
        Self(smtp::Session::new(
            Arc::clone(&config.0),
            peer,
            channel,
            now,
            out,
        ))
    }

    /// What the session waits for; see [`smtp::Session::need`].
    pub fn need(&mut self, unread: &[u8], now: Instant, out: &BytesMut) -> Need {
        self.0.need(unread, now, out)
    }

    /// Takes at most one line, or one piece of content; see [`smtp::Session::advance`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn advance<'i>(
        &mut self,
        unread: &'i [u8],
        now: Instant,
        out: &mut BytesMut,
    ) -> Result<Step<'i>, Error> {
        self.0.advance(unread, now, out)
    }

    /// Answers a question; see [`smtp::Session::answer`]. For the end of a message there is
    /// [`answer_deliveries`](Self::answer_deliveries).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn answer<A: Ask>(
        &mut self,
        pending: Pending<A>,
        answer: A::Answer,
        now: Instant,
        out: &mut BytesMut,
    ) -> Result<(), Error> {
        self.0.answer(pending, answer, now, out)
    }

    /// What became of a message: one verdict for each accepted RCPT, in their order, duplicates
    /// included (RFC 2033 section 4.2), apart from those that
    /// [`answer_delivery`](Self::answer_delivery) has told of already.
    ///
    /// # Errors
    ///
    /// [`Misuse::VerdictCount`](mailwire_smtp_proto::error::Misuse::VerdictCount) if there are
    /// more or fewer: the session says 421 and is over, and to whom nothing was told, nothing is taken.
    pub fn answer_deliveries(
        &mut self,
        pending: Pending<ask::Message>,
        verdicts: Vec<Decision>,
        now: Instant,
        out: &mut BytesMut,
    ) -> Result<(), Error> {
        self.0.answer(pending, Verdict::Each(verdicts), now, out)
    }

    /// What became of a message for one recipient, in any order; see
    /// [`smtp::Session::answer_recipient`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn answer_delivery(
        &mut self,
        pending: &Pending<ask::Message>,
        recipient: usize,
        verdict: Decision,
        now: Instant,
        out: &mut BytesMut,
    ) -> Result<(), Error> {
        self.0
            .answer_recipient(pending, recipient, verdict, now, out)
    }

    /// Says 220 to STARTTLS and gives up the session; see [`smtp::Session::start_tls`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn start_tls(
        self,
        pending: Pending<ask::StartTls>,
        unread: &[u8],
        now: Instant,
        out: &mut BytesMut,
    ) -> Result<TlsUpgrade, Error> {
        self.0.start_tls(pending, unread, now, out).map(TlsUpgrade)
    }

    /// Tells what mechanisms of AUTH may build on; see [`smtp::Session::attest`].
    pub fn attest(&mut self, connection: Connection) {
        self.0.attest(connection);
    }

    /// Until when the session waits, and for what.
    #[must_use]
    pub fn deadline(&self) -> Option<Deadline> {
        self.0.deadline()
    }

    /// To be called when the deadline has passed; see [`smtp::Session::handle_timeout`].
    pub fn handle_timeout(&mut self, now: Instant, out: &mut BytesMut) {
        self.0.handle_timeout(now, out);
    }

    /// The peer has closed its side; see [`smtp::Session::end_of_input`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn end_of_input(&mut self) -> Result<(), Error> {
        self.0.end_of_input()
    }

    /// Ends the session with 421 4.3.2.
    pub fn shut_down(&mut self, out: &mut BytesMut) {
        self.0.shut_down(out);
    }

    /// See [`smtp::Session::shut_down_now`].
    pub fn shut_down_now(&mut self, out: &mut BytesMut) {
        self.0.shut_down_now(out);
    }

    /// Who is on the other end, and who says so.
    #[must_use]
    pub const fn peer(&self) -> &Peer {
        self.0.peer()
    }

    /// Where the client is, as far as relaying goes; see [`smtp::Session::origin`].
    pub fn origin(&self, trusts: impl FnOnce(IpAddr) -> bool) -> Origin {
        self.0.origin(trusts)
    }

    /// What XFORWARD said of the message, for the log; see [`smtp::Session::xforward`].
    #[must_use]
    pub fn xforward(&self) -> Option<&Identity> {
        self.0.xforward()
    }

    /// The phase, as the table knows it.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.0.phase()
    }

    /// Whether the session is over: flush, then close.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.0.is_closed()
    }
}

impl TlsUpgrade {
    /// Until when the handshake may last.
    #[must_use]
    pub fn deadline(&self) -> Option<Deadline> {
        self.0.deadline()
    }

    /// The session after the handshake; it wants LHLO anew.
    #[must_use]
    pub fn complete(self, channel: Channel, now: Instant) -> Session {
        Session(self.0.complete(channel, now))
    }
}
