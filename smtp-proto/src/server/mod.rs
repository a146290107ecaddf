//! The server session: octets in, events and replies out.
//!
//! ```text
//!            unread input ──► need ──► Nothing: advance     ──► at most one line in,
//!                              │       Input:   read more       one reply out, one event
//!                              │       Answer:  answer a token
//!                              └─────► Flush:   write `out`
//!
//!   one command line:  framing and limits ─► policy ─► table ─► argument syntax ─► event
//!                        500                530 503    503      501 555            token
//! ```
//!
//! A refusal costs no work, and whatever the peer does is answered by the session itself. The
//! embedder decides what only it can know, by [tokens](Pending), and says nothing else.
//!
//! The phases and what leads from one to the next stand in [`table`].
//!
//! ```
//! # use std::{sync::Arc, time::Instant};
//! # use bytes::BytesMut;
//! # use mailwire_smtp_proto::{dialect::Dialect, peer::Peer, server::{self, Admission, Config, Event}};
//! # use mailwire_tls_policy::{Channel, Listener, Role};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let now = Instant::now();
//! let config = Config::new("mx.example.test".parse()?, Dialect::Smtp, Listener::of(Role::Mx));
//! let mut out = BytesMut::new();
//! let mut session =
//!     server::Session::new(Arc::new(config), Peer::local(), Channel::Plain, now, &mut out);
//! assert_eq!(&out[..], b"220 mx.example.test ESMTP\r\n");
//!
//! let step = session.advance(b"HELO client.example.test\r\n", now, &mut out)?;
//! let Some(Event::Hello { pending, .. }) = step.event else { panic!("a hello") };
//! session.answer(pending, Admission::Accept, now, &mut out)?;
//! assert!(out.ends_with(b"250 mx.example.test\r\n"));
//! # Ok(())
//! # }
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use bytes::BytesMut;
use mailwire_tls_policy::{Channel, Identity};

use crate::error::Misuse;
use crate::line::LineFramer;
use crate::peer::Peer;
use crate::table::{self, Next, Outcome, Phase, Position, Question};
use crate::transcript::Listening;

mod answer;
pub mod ask;
mod auth;
mod chunk;
mod command;
mod config;
mod content;
mod count;
mod early_talk;
mod ending;
mod envelope;
mod event;
mod extensions;
mod fault;
mod forward;
mod forwarders;
mod other_protocol;
mod pregreeting;
mod transaction;
mod upgrade;
mod verify;
mod wait;
mod write;

pub use ask::{Admission, Ask, Decision, Lookup, Pending, Refuse, Verdict};
pub use config::{Config, EarlyTalk};
pub use event::{Closing, Event, Step};
pub use extensions::{CustomExtension, Extension, Extensions};
pub use fault::{Excess, Fault};
pub use forwarders::Forwarders;
pub use pregreeting::Pregreeting;
pub use upgrade::TlsUpgrade;

use auth::Auth;
use chunk::Skip;
use count::Counts;
use envelope::Announced;
use forward::Forward;
use transaction::Transaction;
use wait::Pace;

/// What a session waits for. Deliberately exhaustive: four different things.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Need {
    /// Nothing: `advance` has something to do.
    Nothing,
    /// More input.
    Input,
    /// The answer to a question.
    Answer,
    /// Output must leave before more is read.
    Flush,
}

/// Why a call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The peer broke the protocol in a way that ends the session.
    #[error("the peer broke the protocol: {0}")]
    Peer(#[from] Fault),
    /// The caller did.
    #[error("the session was misused: {0}")]
    Misuse(#[from] Misuse),
}

/// The server's side of one connection, in either dialect.
#[derive(Debug)]
pub struct Session {
    config: Arc<Config>,
    peer: Peer,
    channel: Channel,
    identity: Identity,
    position: Position,
    transaction: Option<Transaction>,
    announced: Announced,
    /// Octets of a refused chunk that are still to be read over.
    skip: Option<Box<Skip>>,
    /// What AUTH has to do with, once it has.
    auth: Option<Box<Auth>>,
    /// What proxies have said, once one has.
    forward: Option<Box<Forward>>,
    /// The question that waits; its token has the number `serial`.
    pending: Option<Question>,
    /// The number of the last question.
    serial: u64,
    framer: LineFramer,
    /// The longest line of a command, by what is offered.
    command_limit: u32,
    /// When the session began.
    began: Instant,
    /// When the wait began that `deadline` is about.
    since: Instant,
    /// Whether the peer is being waited for since then.
    waiting: bool,
    pace: Pace,
    counts: Counts,
    /// How many MAIL were accepted.
    transactions: u32,
    talked_early: bool,
    /// No new transaction is begun.
    stopping: bool,
    /// The peer has closed its side.
    input_ended: bool,
    /// Why the session is over, once it is.
    closing: Closing,
}

impl Session {
    /// The session of a fresh connection; its greeting is appended to `out`. For a port with
    /// implicit TLS this is called after the handshake, with [`Channel::Tls`].
    #[must_use]
    #[inline]
    pub fn new(
        config: Arc<Config>,
        peer: Peer,
        channel: Channel,
        now: Instant,
        out: &mut BytesMut,
    ) -> Self {
        upgrade::greet(config, peer, channel, now, out)
    }

    /// What the session waits for, given the input that is unread and the output that is unsent.
    ///
    /// `unread` starts at the first octet that was not consumed and has only grown since the last
    /// call. The cost is that of looking at new octets once. A wait for input begins when this first
    /// says so, so that the peer is not charged for the time that the embedder took.
    ///
    /// Content is waited for until a line of it is there, or 512 octets, or the end of a chunk: if it
    /// comes octet by octet, not each is an event.
    #[inline]
    pub fn need(&mut self, unread: &[u8], now: Instant, out: &BytesMut) -> Need {
        if self.pending.is_some() {
            return Need::Answer;
        }
        if self.position.phase() == Phase::Closed {
            return Need::Nothing;
        }
        if out.len() > self.config.limits.unsent_output {
            return Need::Flush;
        }
        if self.has_login() {
            return Need::Nothing;
        }
        let phase = self.position.phase();
        let ready = match (&mut self.transaction, phase) {
            _ if self.skip.is_some() => self.can_skip(unread).unwrap_or(false),
            (Some(transaction), Phase::Content | Phase::Chunk) => transaction.poll(phase, unread),
            _ => self.has_line(unread),
        };
        if ready {
            return Need::Nothing;
        }
        self.wait(now);
        Need::Input
    }

    /// Takes at most one line, or one piece of content, from `unread`.
    ///
    /// With more output unsent than [`Limits::unsent_output`](crate::limits::Limits::unsent_output)
    /// it takes nothing: output is to be flushed first, as [`need`](Self::need) says.
    ///
    /// # Errors
    ///
    /// [`Misuse::AnswerAwaited`] while a question waits. What a peer sends is never an error here.
    #[inline]
    pub fn advance<'i>(
        &mut self,
        unread: &'i [u8],
        now: Instant,
        out: &mut BytesMut,
    ) -> Result<Step<'i>, Error> {
        // The event is put where it is returned: it is large, and to move it takes as long as to find
        // out what it is.
        let mut result = Ok(Step {
            consumed: 0,
            event: None,
        });
        if let Ok(step) = &mut result {
            match self.advance_to(&mut step.event, unread, now, out) {
                Ok(consumed) => step.consumed = consumed,
                Err(misuse) => result = Err(misuse.into()),
            }
        }
        result
    }

    /// The same, with the event put where it is wanted.
    fn advance_to<'i>(
        &mut self,
        event: &mut Option<Event<'i>>,
        unread: &'i [u8],
        now: Instant,
        out: &mut BytesMut,
    ) -> Result<usize, Misuse> {
        if self.pending.is_some() {
            return Err(Misuse::AnswerAwaited);
        }
        let phase = self.position.phase();
        if phase == Phase::Closed {
            *event = Some(Event::Closed(self.closing));
            return Ok(unread.len());
        }
        if out.len() > self.config.limits.unsent_output {
            return Ok(0);
        }
        if self.skip.is_some() {
            return Ok(self.advance_skip(event, unread, now, out));
        }
        if self.has_login() {
            self.judge_login(now, event);
            return Ok(0);
        }
        Ok(match phase {
            Phase::Content | Phase::Chunk => {
                let consumed = if phase == Phase::Content {
                    self.advance_content(event, unread, now, out)
                } else {
                    self.advance_chunk(event, unread, now, out)
                };
                if consumed > 0 && self.pending.is_none() {
                    self.progress(now);
                }
                consumed
            }
            Phase::Greeted
            | Phase::Helo
            | Phase::Ehlo
            | Phase::Mail
            | Phase::Rcpt
            | Phase::Chunks
            | Phase::Spoiled
            | Phase::Authenticating
            | Phase::Upgrading
            | Phase::Closed => self.advance_line(event, unread, now, out),
        })
    }

    /// Answers a question; the reply is appended to `out`.
    ///
    /// # Errors
    ///
    /// [`Misuse::StaleToken`] changes nothing. [`Misuse::ReplyClass`] and
    /// [`Misuse::VerdictCount`] end the session with 421: a question without its reply would pair
    /// every later reply with the wrong command.
    pub fn answer<A: Ask>(
        &mut self,
        pending: Pending<A>,
        answer: A::Answer,
        now: Instant,
        out: &mut BytesMut,
    ) -> Result<(), Error> {
        let question = self.redeem(&pending)?;
        self.resolve(question, A::resolve(answer), now, out)
            .map_err(|misuse| self.misused(misuse, out).into())
    }

    /// Says 220 to STARTTLS and gives up the session for the handshake.
    ///
    /// `unread` is what has arrived behind the command. It must be empty: octets that came in
    /// clear are never executed after the handshake, and a peer that sent some, or somebody on the
    /// path who did, gets 554 and no TLS (CVE-2011-0411).
    ///
    /// # Errors
    ///
    /// [`Fault::BytesAfterStartTls`]: flush `out` and close. [`Misuse::StaleToken`].
    pub fn start_tls(
        mut self,
        pending: Pending<ask::StartTls>,
        unread: &[u8],
        now: Instant,
        out: &mut BytesMut,
    ) -> Result<TlsUpgrade, Error> {
        self.redeem(&pending)?;
        if !unread.is_empty() {
            self.end_by(Fault::BytesAfterStartTls, out);
            return Err(Fault::BytesAfterStartTls.into());
        }
        self.say(&write::START_TLS, out);
        self.go(table::on_outcome(
            self.position.phase(),
            Question::StartTls,
            Outcome::Accepted,
        ));
        // Who it is said to be in clear may have been said by somebody on the path.
        let peer = self.peer.without_xclient();
        Ok(TlsUpgrade::new(self.config, peer, self.stopping, now))
    }

    /// The phase, as the table knows it.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.position.phase()
    }

    /// Whether the session is over: flush, then close.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.position.phase() == Phase::Closed
    }

    /// Whether the peer has authenticated in this epoch.
    #[must_use]
    pub fn is_authenticated(&self) -> bool {
        self.identity == Identity::Authenticated
    }

    /// What the next octets from the peer are, for a [transcript](crate::transcript).
    #[must_use]
    pub const fn listening(&self) -> Listening {
        if self.skip.is_some() {
            return Listening::Octets;
        }
        match self.position.phase() {
            Phase::Authenticating => Listening::Response,
            phase if phase.takes_commands() => Listening::Command,
            _ => Listening::Octets,
        }
    }

    /// Whether the peer talked where it had to listen; see [`EarlyTalk`].
    #[must_use]
    pub const fn talked_early(&self) -> bool {
        self.talked_early
    }

    /// Whether the peer said EHLO or LHLO in this epoch, rather than HELO.
    #[must_use]
    pub fn is_extended(&self) -> bool {
        self.position.after_hello() == Phase::Ehlo
    }

    /// What protects the channel.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        self.channel
    }

    /// Who is on the other end, and who says so.
    #[must_use]
    pub const fn peer(&self) -> &Peer {
        &self.peer
    }

    /// What the session was built from.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// A session that knows nothing but configuration and peer, and has said nothing.
    #[inline]
    fn unknown(config: Arc<Config>, peer: Peer, channel: Channel, now: Instant) -> Self {
        let command_limit = u32::try_from(config.limits.command_line).unwrap_or(u32::MAX);
        Self {
            config,
            peer,
            channel,
            identity: Identity::Anonymous,
            position: Position::START,
            transaction: None,
            announced: Announced::default(),
            skip: None,
            auth: None,
            forward: None,
            pending: None,
            serial: 0,
            framer: LineFramer::new(),
            command_limit,
            began: now,
            since: now,
            waiting: false,
            pace: Pace::default(),
            counts: Counts::default(),
            transactions: 0,
            talked_early: false,
            stopping: false,
            input_ended: false,
            closing: Closing::EndOfInput,
        }
    }

    /// The one place that moves the session. Leaving a transaction drops it whole.
    fn go(&mut self, next: Next) {
        debug_assert_ne!(next, Next::Never, "the tables have a hole");
        if next == Next::Never {
            self.closing = Closing::Internal;
        }
        self.position = self.position.follow(next);
        if !self.position.phase().in_transaction() && self.transaction.take().is_some() {
            self.forget_xforward();
        }
    }

    /// Puts a question: from now on only its answer moves the session.
    fn ask<A: Ask>(&mut self, question: Question, now: Instant) -> Pending<A> {
        /// No two questions of a process have the same number, whichever session puts them, so a
        /// token cannot answer another one. A session takes the numbers of a whole block before it
        /// asks for another: what all threads share is slow to change.
        static BLOCKS: AtomicU64 = AtomicU64::new(0);
        const BLOCK: u64 = 1 << 16;
        if self.serial % BLOCK == 0 {
            self.serial = BLOCKS.fetch_add(1, Ordering::Relaxed).wrapping_mul(BLOCK);
        }
        self.serial += 1;
        let serial = self.serial;
        self.progress(now);
        self.pending = Some(question);
        Pending::new(serial)
    }

    /// Takes a token back.
    fn redeem<A: Ask>(&mut self, token: &Pending<A>) -> Result<Question, Misuse> {
        let question = self.verify_token(token)?;
        self.pending = None;
        Ok(question)
    }

    /// The question that a token belongs to.
    fn verify_token<A: Ask>(&self, token: &Pending<A>) -> Result<Question, Misuse> {
        match self.pending {
            Some(question) if self.serial == token.serial => Ok(question),
            _ if self.position.phase() == Phase::Closed => Err(Misuse::Closed),
            _ => Err(Misuse::StaleToken),
        }
    }
}
