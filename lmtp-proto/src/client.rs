//! The client's side: LHLO, and one verdict for each accepted recipient, tied to its RCPT.

use std::sync::Arc;
use std::time::Instant;

use bytes::BytesMut;
use mailwire_smtp_proto::auth::client::Candidates;
use mailwire_smtp_proto::client as smtp;
use mailwire_smtp_proto::command::{Attributes, Custom, TextString, Verify};
use mailwire_smtp_proto::delivery::{Delivery, Plan};
use mailwire_smtp_proto::dialect::Dialect;
use mailwire_smtp_proto::ehlo::Capabilities;
use mailwire_smtp_proto::host::HelloName;
use mailwire_smtp_proto::params::{MailParameters, RcptParameters};
use mailwire_smtp_proto::path::{ForwardPath, ReversePath};
use mailwire_smtp_proto::policy::Channel;
use mailwire_smtp_proto::policy::outbound::{PeerLocation, Policy};
use mailwire_smtp_proto::table::Phase;
use mailwire_smtp_proto::timer::Deadline;

pub use mailwire_smtp_proto::client::{CommandId, Error, Event, Fault, Need, NotNow, Step};

/// What an LMTP session is built from: the core's configuration, with the dialect settled.
#[derive(Clone, Debug)]
pub struct Config(Arc<smtp::Config>);

impl Config {
    /// A configuration with the default timeouts and limits.
    #[must_use]
    pub fn new(policy: Policy, location: PeerLocation) -> Self {
        Self::with(smtp::Config::new(Dialect::Lmtp, policy, location))
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

/// The client's side of an LMTP connection. What is not said here is as in
/// [`mailwire_smtp_proto::client::Session`].
///
/// [`Event::Verdict`] comes once for each accepted RCPT, with the id of that RCPT.
#[derive(Debug)]
pub struct Session(smtp::Session);

/// The delivery of one message by LMTP, with a fate of its own for each recipient; see
/// [`mailwire_smtp_proto::delivery`].
///
/// ```
/// # use std::time::Instant;
/// # use bytes::BytesMut;
/// # use mailwire_lmtp_proto::{client::{Config, deliver}, policy::{Channel, outbound::{PeerLocation, Policy, TlsMode}}};
/// # use mailwire_smtp_proto::{command::Command, delivery::{Fate, Message, Plan, Want}};
/// # let Ok(Command::Mail(mail)) = Command::parse("MAIL FROM:<>") else { panic!() };
/// # let Ok(Command::Rcpt(rcpt)) = Command::parse("RCPT TO:<b@example.test>") else { panic!() };
/// # let recipients = vec![rcpt.to_owned(), rcpt.to_owned()];
/// let plan = Plan::new("a.example.test".parse()?, mail.to_owned(), recipients, Message::PLAIN);
/// let config = Config::new(Policy::new(TlsMode::Off), PeerLocation::Loopback);
/// let now = Instant::now();
/// let (mut delivery, mut out) = (deliver(plan, &config, Channel::Local, now), BytesMut::new());
/// // What a server says, in its turns.
/// let mut turns = ["220 mx\r\n", "250 mx\r\n", "250 ok\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n",
///     "250 stored\r\n452 full\r\n", "221 bye\r\n"].into_iter();
/// let mut input: &[u8] = b"";
/// loop {
///     let step = delivery.advance(input, now, &mut out);
///     input = &input[step.consumed..];
///     match step.want {
///         Want::Input => input = turns.next().unwrap_or_default().as_bytes(),
///         Want::Content => delivery.end_of_content(input, now, &mut out)?,
///         Want::End => break,
///         _ => {}
///     }
/// }
/// assert!(out.starts_with(b"LHLO a.example.test\r\n"));
/// let fates = delivery.into_outcome().recipients;
/// assert!(matches!(&fates[..], [Fate::Delivered(_), Fate::Refused { .. }]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn deliver(plan: Plan, config: &Config, channel: Channel, now: Instant) -> Delivery {
    Delivery::new(plan, Arc::clone(&config.0), channel, now)
}

/// A session whose server has said 220 to STARTTLS; see [`smtp::TlsUpgrade`].
#[derive(Debug)]
#[must_use = "the session goes on after the handshake, by `complete`"]
pub struct TlsUpgrade(smtp::TlsUpgrade);

/// Commands that are the core's, under their names.
macro_rules! commands {
    ($($name:ident($($argument:ident: $kind:ty),*);)*) => {
        impl Session {$(
            #[doc = concat!("As [`smtp::Session::", stringify!($name), "`].")]
            ///
            /// # Errors
            ///
            /// As there.
            pub fn $name(
                &mut self,
                $($argument: $kind,)*
                now: Instant,
                out: &mut BytesMut,
            ) -> Result<CommandId, NotNow> {
                self.0.$name($($argument,)* now, out)
            }
        )*}
    };
}

commands! {
    start_tls();
    xclient(attributes: Attributes<'_>);
    xforward(attributes: Attributes<'_>);
    auth(candidates: Candidates);
    auth_response();
    auth_next();
    auth_cancel();
    mail(path: &ReversePath<'_>, parameters: &MailParameters<'_>);
    rcpt(path: &ForwardPath<'_>, parameters: &RcptParameters<'_>);
    data();
    end_of_content();
    last_chunk(content: &[u8]);
    vrfy(about: Verify<'_>);
    expn(about: Verify<'_>);
    help(topic: Option<TextString<'_>>);
    custom(command: &Custom<'_>);
    rset();
    noop();
    quit();
}

impl Session {
    /// The session of a fresh connection; it waits for the greeting.
    #[must_use]
    pub fn new(config: &Config, channel: Channel, now: Instant) -> Self {
        Self(smtp::Session::new(Arc::clone(&config.0), channel, now))
    }

    /// LHLO (RFC 2033 section 4.1).
    ///
    /// # Errors
    ///
    /// As [`smtp::Session::hello`].
    pub fn lhlo(
        &mut self,
        name: &HelloName<'_>,
        now: Instant,
        out: &mut BytesMut,
    ) -> Result<CommandId, NotNow> {
        self.0.hello(name, now, out)
    }

    /// A piece of content; see [`smtp::Session::content`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn content(&mut self, content: &[u8], out: &mut BytesMut) -> Result<(), NotNow> {
        self.0.content(content, out)
    }

    /// A piece of content as a chunk; see [`smtp::Session::chunk`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn chunk(
        &mut self,
        content: &[u8],
        now: Instant,
        out: &mut BytesMut,
    ) -> Result<Option<CommandId>, NotNow> {
        self.0.chunk(content, now, out)
    }

    /// The content whose end was said and whose verdicts are not all in; see
    /// [`smtp::Session::in_doubt`].
    #[must_use]
    pub fn in_doubt(&self) -> Option<CommandId> {
        self.0.in_doubt()
    }

    /// Whether another transaction may begin here; see [`smtp::Session::may_be_reused`].
    #[must_use]
    pub fn may_be_reused(&self) -> bool {
        self.0.may_be_reused()
    }

    /// What the session waits for; see [`smtp::Session::need`].
    pub fn need(&mut self, unread: &[u8], out: &BytesMut) -> Need {
        self.0.need(unread, out)
    }

    /// Takes one whole reply; see [`smtp::Session::advance`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn advance<'i>(&mut self, unread: &'i [u8], now: Instant) -> Result<Step<'i>, Error> {
        self.0.advance(unread, now)
    }

    /// Gives up the session for the TLS handshake; see [`smtp::Session::into_tls`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn into_tls(self, unread: &[u8], now: Instant) -> Result<TlsUpgrade, Error> {
        self.0.into_tls(unread, now).map(TlsUpgrade)
    }

    /// Until when the session waits, and for what.
    #[must_use]
    pub fn deadline(&self) -> Option<Deadline> {
        self.0.deadline()
    }

    /// To be called when the deadline has passed; see [`smtp::Session::handle_timeout`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn handle_timeout(&mut self, now: Instant) -> Result<(), Error> {
        self.0.handle_timeout(now)
    }

    /// The server has closed its side; see [`smtp::Session::end_of_input`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn end_of_input(&mut self) -> Result<(), Error> {
        self.0.end_of_input()
    }

    /// What the server has offered in this epoch.
    #[must_use]
    pub const fn capabilities(&self) -> &Capabilities {
        self.0.capabilities()
    }

    /// The phase that the replies have led to.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.0.phase()
    }

    /// Whether the session is over.
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

    /// The session after the handshake; LHLO comes next.
    #[must_use]
    pub fn complete(self, channel: Channel, now: Instant) -> Session {
        Session(self.0.complete(channel, now))
    }
}
