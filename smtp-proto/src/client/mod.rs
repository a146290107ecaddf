//! The client session: commands with ids out, replies that carry the id in.
//!
//! ```text
//!     hello  start_tls  auth  mail  rcpt  data  content  end_of_content  chunk  rset  noop  quit
//!        │                                                                           │
//!        ▼   refused here, before any octet: NotNow                                  ▼
//!     policy ──► offered in this epoch? ──► table, as if what is outstanding were accepted
//!        │
//!        ▼   Ok(CommandId)                 need ──► Command: the caller's turn
//!     out, outstanding ───────────────────►  │      Input:   read more
//!                                            ▼      Flush:   write `out`
//!     unread input ──► advance ──► the whole reply, with the id of its command
//! ```
//!
//! Synchronisation is here and not with the caller: nothing is said behind a command whose reply
//! has to be in first, and MAIL, RCPT, RSET and chunks go out in one flight, with DATA or the last chunk
//! at its end, only if PIPELINING was offered in *this* epoch (RFC 2920 section 3.1), and only so much
//! of it that both sides may write it before they read ([`Limits::flight`]). A reply is never paired with
//! another command than its own: one that answers none ends the session.
//!
//! Local refusals are [`NotNow`] and come before any octet, so a secret is in the output only when
//! [policy](mailwire_tls_policy::outbound) has allowed it.

use std::sync::Arc;
use std::time::Instant;

use bytes::BytesMut;
use mailwire_tls_policy::Channel;

use crate::body::{BdatWriter, DataWriter};
use crate::charset::Charset;
use crate::ehlo::Capabilities;
use crate::error::Misuse;
use crate::reply::ReplyReader;
use crate::table::{Phase, Position};
use crate::timer::{Deadline, Timer};
use crate::verb::Verb;

mod chunk;
mod config;
mod enquire;
mod error;
mod event;
mod forward;
mod login;
mod offer;
mod outstanding;
mod reply;
mod reuse;
mod send;
mod upgrade;

pub use config::{Config, Limits};
pub use error::{Awaited, Error, Extension, Fault, NoMechanism, NotNow};
pub use event::{CommandId, Event, Step};
pub use reuse::{Needs, ReuseKey};
pub use upgrade::TlsUpgrade;

use login::Login;
use outstanding::Outstanding;

/// What a session waits for. Deliberately exhaustive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Need {
    /// Nothing: `advance` has something to do.
    Nothing,
    /// More input: a reply is outstanding.
    Input,
    /// Output must leave before more is said.
    Flush,
    /// No reply is outstanding: it is the caller's turn, with a command or with content.
    Command,
}

/// Whether the server offers its service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Welcome {
    /// The greeting is not in yet.
    Awaited,
    /// 220.
    Given,
    /// 554 or the like: only QUIT is left (RFC 5321 section 3.1).
    Refused,
}

/// The client's side of one connection, in either dialect.
#[derive(Debug)]
pub struct Session {
    config: Arc<Config>,
    channel: Channel,
    welcome: Welcome,
    /// Where the replies have led.
    position: Position,
    /// Where they will lead if everything outstanding is accepted.
    expected: Position,
    authenticated: bool,
    /// A login that has begun.
    login: Option<Box<Login>>,
    capabilities: Capabilities,
    reader: ReplyReader,
    /// Something has come behind the last reply that was owed. It answers nothing, so nothing is said that
    /// it could be taken to answer.
    is_surplus: bool,
    outstanding: Outstanding,
    writer: DataWriter,
    chunks: BdatWriter,
    /// Transactions that were begun in this epoch (MAILMAX of RFC 9422).
    transactions: u32,
    /// RCPT commands of the transaction, whatever was replied to them (RCPTMAX there).
    recipients: u32,
    /// Domains of the recipients of this epoch, while a limit is about them (RCPTDOMAINMAX there).
    domains: Vec<Box<str>>,
    /// The content whose end was said when the session ended, and whose verdicts were not all in.
    in_doubt: Option<CommandId>,
    /// What the paths of the transaction may be made of, as its MAIL said.
    charset: Charset,
    /// Whether its MAIL said BODY=BINARYMIME.
    is_binary: bool,
    next_id: u32,
    /// When the wait began that `deadline` is about.
    since: Instant,
}

impl Session {
    /// The session of a fresh connection; it waits for the greeting. With implicit TLS this is
    /// called after the handshake, with [`Channel::Tls`].
    #[must_use]
    pub fn new(config: Arc<Config>, channel: Channel, now: Instant) -> Self {
        Self::unknown(config, channel, Welcome::Awaited, now)
    }

    /// What the session waits for, given the input that is unread and the output that is unsent.
    ///
    /// `unread` starts at the first octet that was not consumed and has only grown since the last
    /// call. The cost is that of looking at new octets once.
    pub fn need(&mut self, unread: &[u8], out: &BytesMut) -> Need {
        // What comes behind the 220 to STARTTLS is not read as a reply, whatever it is.
        let readable = !matches!(self.position.phase(), Phase::Closed | Phase::Upgrading);
        if readable {
            // Before the caller says more: nothing that came too early is taken for an answer to it.
            self.is_surplus |= self.awaited().is_none() && !unread.is_empty();
            if self.reader.poll(unread) {
                return Need::Nothing;
            }
        }
        if out.len() > self.config.limits.unsent_output {
            return Need::Flush;
        }
        match self.awaited() {
            Some(_) => Need::Input,
            // The rest of it, to see what it is.
            None if self.is_surplus => Need::Input,
            None => Need::Command,
        }
    }

    /// Takes one whole reply, if one is there.
    ///
    /// # Errors
    ///
    /// [`Fault`]: the server broke the protocol, and the session is over.
    pub fn advance<'i>(&mut self, unread: &'i [u8], now: Instant) -> Result<Step<'i>, Error> {
        match self.position.phase() {
            Phase::Closed => return Err(Misuse::Closed.into()),
            Phase::Upgrading if !unread.is_empty() => {
                return Err(self.fail(Fault::BytesAfterStartTls));
            }
            _ => {}
        }
        let taken = self.reader.take(unread).map_err(Fault::Reply);
        let result = match taken {
            Ok(None) => {
                return Ok(Step {
                    consumed: 0,
                    event: None,
                });
            }
            Ok(Some((consumed, reply))) => {
                self.since = now;
                let result = self.reply(reply);
                // What is behind the 220 to STARTTLS is judged where TLS begins.
                let is_open = !matches!(self.position.phase(), Phase::Upgrading | Phase::Closed);
                self.is_surplus = is_open && self.outstanding.is_empty() && consumed < unread.len();
                result.map(|event| Step {
                    consumed,
                    event: Some(event),
                })
            }
            Err(fault) => Err(fault),
        };
        result.map_err(|fault| self.fail(fault))
    }

    /// Gives up the session for the TLS handshake, after [`Event::Reply`] has said yes to STARTTLS.
    ///
    /// `unread` is what has arrived behind that reply, and must be empty: octets that came in
    /// clear are never believed after the handshake (RFC 3207 section 6, CVE-2021-38371).
    ///
    /// # Errors
    ///
    /// [`Fault::BytesAfterStartTls`]: close. [`Misuse::NoUpgrade`] when no 220 to STARTTLS is in.
    pub fn into_tls(self, unread: &[u8], now: Instant) -> Result<TlsUpgrade, Error> {
        if self.position.phase() != Phase::Upgrading {
            return Err(Misuse::NoUpgrade.into());
        }
        if !unread.is_empty() {
            return Err(Fault::BytesAfterStartTls.into());
        }
        Ok(TlsUpgrade::new(self.config, now))
    }

    /// Until when the session waits, and for what; `None` when it is the caller's turn.
    #[must_use]
    pub fn deadline(&self) -> Option<Deadline> {
        let timer = match self.awaited() {
            Some(Awaited::Greeting) => Timer::Greeting,
            // Of a last chunk as well.
            Some(Awaited::Verdict) => Timer::DataDone,
            Some(Awaited::Reply(Verb::Data)) => Timer::DataReply,
            Some(Awaited::Reply(Verb::Quit)) => Timer::Farewell,
            Some(Awaited::Reply(_) | Awaited::Custom) => Timer::Reply,
            None if self.is_surplus => Timer::Reply,
            None => return None,
        };
        self.config.timeouts.deadline(timer, self.since)
    }

    /// To be called when the deadline has passed; before, it does nothing.
    ///
    /// # Errors
    ///
    /// [`Fault::Timeout`]: the session is over. As in [`end_of_input`](Self::end_of_input), the reply to
    /// QUIT may be missing.
    pub fn handle_timeout(&mut self, now: Instant) -> Result<(), Error> {
        match self.deadline() {
            Some(deadline) if deadline.at > now => Ok(()),
            Some(deadline) if deadline.timer == Timer::Farewell => {
                self.close();
                Ok(())
            }
            Some(deadline) => Err(self.fail(Fault::Timeout(deadline.timer))),
            None => Ok(()),
        }
    }

    /// The server has closed its side.
    ///
    /// # Errors
    ///
    /// [`Fault::EndOfInput`], unless the session was over already or only the reply to QUIT was
    /// missing, which many servers do not send.
    pub fn end_of_input(&mut self) -> Result<(), Error> {
        let awaited = self.awaited();
        if self.position.phase() == Phase::Closed || awaited == Some(Awaited::Reply(Verb::Quit)) {
            self.close();
            return Ok(());
        }
        Err(self.fail(Fault::EndOfInput { awaited }))
    }

    /// What the server has offered in this epoch; nothing before EHLO, and after HELO.
    #[must_use]
    pub const fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// The phase that the replies have led to.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.position.phase()
    }

    /// Whether the session is over.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.position.phase() == Phase::Closed
    }

    /// Whether AUTH has succeeded in this epoch.
    #[must_use]
    pub const fn is_authenticated(&self) -> bool {
        self.authenticated
    }

    /// What protects the channel.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        self.channel
    }

    /// What the session was built from.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The end of a content that was said, and whose verdicts are not all in: whoever has no verdict
    /// may get the message or not. Also, and that is what it is for, when the session is over.
    ///
    /// `None` means that no server can have taken the message, however the session ended: without
    /// its end no part of a content is a message. If that end has not left `out` yet, the server has
    /// not got it either.
    #[must_use]
    pub fn in_doubt(&self) -> Option<CommandId> {
        self.in_doubt.or_else(|| self.outstanding.ended_content())
    }

    /// The oldest reply that is missing.
    #[must_use]
    pub fn awaited(&self) -> Option<Awaited> {
        match (self.position.phase(), self.welcome) {
            (Phase::Closed | Phase::Upgrading, _) => None,
            (_, Welcome::Awaited) => Some(Awaited::Greeting),
            (_, Welcome::Given | Welcome::Refused) => self.outstanding.oldest(),
        }
    }

    /// A session that knows nothing but its configuration.
    fn unknown(config: Arc<Config>, channel: Channel, welcome: Welcome, now: Instant) -> Self {
        let reader = ReplyReader::with_limits(config.limits.reply);
        let writer = DataWriter::with(config.bare_line_ends);
        let chunks = BdatWriter::text_with(config.bare_line_ends);
        Self {
            config,
            channel,
            welcome,
            position: Position::START,
            expected: Position::START,
            authenticated: false,
            login: None,
            capabilities: Capabilities::none(),
            reader,
            is_surplus: false,
            outstanding: Outstanding::default(),
            writer,
            chunks,
            transactions: 0,
            recipients: 0,
            domains: Vec::new(),
            in_doubt: None,
            charset: Charset::Ascii,
            is_binary: false,
            next_id: 0,
            since: now,
        }
    }

    fn fail(&mut self, fault: Fault) -> Error {
        self.close();
        fault.into()
    }

    fn close(&mut self) {
        self.position = self.position.follow(crate::table::Next::To(Phase::Closed));
        self.expected = self.position;
        self.in_doubt = self.in_doubt();
        self.outstanding = Outstanding::default();
        self.login = None;
        self.is_surplus = false;
    }
}
