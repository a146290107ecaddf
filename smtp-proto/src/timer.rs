//! Deadlines: what may be waited for, how long, and until when.
//!
//! A session never looks at a clock. It is told the time with every call, and says until when it
//! is willing to wait and for what.

use std::time::{Duration, Instant};

/// What is being waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Timer {
    /// Server: the next whole command (RFC 5321 section 4.5.3.2.7). A part of one buys no time.
    Command,
    /// The next block of a message's content (RFC 5321 section 4.5.3.2.5): to a server a line, 512
    /// octets or the rest of a chunk, whichever is first.
    DataBlock,
    /// Server: content that comes too slowly, however steadily; see
    /// [`Timeouts::content_rate`].
    ContentRate,
    /// Server: the whole session.
    Session,
    /// Server: how long the greeting is held back, to see who talks early.
    Pregreeting,
    /// Server: a PROXY header, whole.
    Proxy,
    /// The embedder's answer to a question.
    Answer,
    /// The TLS handshake.
    Handshake,
    /// Client: the greeting (RFC 5321 section 4.5.3.2.1).
    Greeting,
    /// Client: the whole reply to a command (RFC 5321 sections 4.5.3.2.2 and 4.5.3.2.3).
    Reply,
    /// Client: the reply to DATA (RFC 5321 section 4.5.3.2.4).
    DataReply,
    /// Client: the replies to the end of the content (RFC 5321 section 4.5.3.2.6).
    DataDone,
    /// Client: the reply to QUIT, on which nothing depends any more.
    Farewell,
}

impl Timer {
    /// The name, as an operator reads it in a log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::DataBlock => "data block",
            Self::ContentRate => "rate of content",
            Self::Session => "session",
            Self::Pregreeting => "greeting held back",
            Self::Proxy => "PROXY header",
            Self::Answer => "answer",
            Self::Handshake => "TLS handshake",
            Self::Greeting => "greeting",
            Self::Reply => "reply",
            Self::DataReply => "reply to DATA",
            Self::DataDone => "reply to the end of data",
            Self::Farewell => "reply to QUIT",
        }
    }
}

/// Until when a session waits, and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// The moment at which `handle_timeout` has to be called if nothing happened.
    pub at: Instant,
    /// What will have been late then.
    pub timer: Timer,
}

/// How long each wait may last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// [`Timer::Command`]; 5 minutes.
    pub command: Duration,
    /// [`Timer::DataBlock`]; 3 minutes.
    pub data_block: Duration,
    /// Octets of content a second that a peer has to come to on the whole ([`Timer::ContentRate`]),
    /// with `data_block` to spare; 100. The time in which the embedder lets the peer wait does not
    /// count. 0 for no such rule.
    pub content_rate: u32,
    /// [`Timer::Session`]; 24 hours.
    pub session: Duration,
    /// [`Timer::Pregreeting`]; none. RFC 5321 section 4.3.1 has the client wait for the greeting.
    pub pregreeting: Duration,
    /// [`Timer::Proxy`]; 5 seconds. The protocol's text asks for 3 at the least, which is a packet sent
    /// again.
    pub proxy: Duration,
    /// [`Timer::Answer`]; 5 minutes.
    pub answer: Duration,
    /// [`Timer::Handshake`]; 1 minute.
    pub handshake: Duration,
    /// [`Timer::Greeting`]; 5 minutes.
    pub greeting: Duration,
    /// [`Timer::Reply`]; 5 minutes.
    pub reply: Duration,
    /// [`Timer::DataReply`]; 2 minutes.
    pub data_reply: Duration,
    /// [`Timer::DataDone`]; 10 minutes.
    pub data_done: Duration,
    /// [`Timer::Farewell`]; 5 seconds. RFC 5321 has no time for it, and many clients do not wait at all.
    pub farewell: Duration,
}

impl Timeouts {
    /// How long `timer` may run; of the rate of content, before the first octet.
    #[must_use]
    pub const fn of(&self, timer: Timer) -> Duration {
        match timer {
            Timer::Command => self.command,
            Timer::DataBlock | Timer::ContentRate => self.data_block,
            Timer::Session => self.session,
            Timer::Pregreeting => self.pregreeting,
            Timer::Proxy => self.proxy,
            Timer::Answer => self.answer,
            Timer::Handshake => self.handshake,
            Timer::Greeting => self.greeting,
            Timer::Reply => self.reply,
            Timer::DataReply => self.data_reply,
            Timer::DataDone => self.data_done,
            Timer::Farewell => self.farewell,
        }
    }

    /// The deadline of a wait for `timer` that began at `since`. A duration too long for the clock
    /// is no deadline.
    #[must_use]
    pub fn deadline(&self, timer: Timer, since: Instant) -> Option<Deadline> {
        since
            .checked_add(self.of(timer))
            .map(|at| Deadline { at, timer })
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        const MINUTE: Duration = Duration::from_secs(60);
        Self {
            command: MINUTE * 5,
            data_block: MINUTE * 3,
            content_rate: 100,
            session: MINUTE * 60 * 24,
            pregreeting: Duration::ZERO,
            proxy: Duration::from_secs(5),
            answer: MINUTE * 5,
            handshake: MINUTE,
            greeting: MINUTE * 5,
            reply: MINUTE * 5,
            data_reply: MINUTE * 2,
            data_done: MINUTE * 10,
            farewell: Duration::from_secs(5),
        }
    }
}
