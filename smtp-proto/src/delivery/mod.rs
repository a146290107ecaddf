//! The delivery of one message: the whole dialogue, from the greeting to QUIT, still without I/O.
//!
//! ```text
//!                       ┌──────────────── advance ◄──────────── unread input, the time
//!                       ▼
//!   Greeting ─► Hello ─► StartTls ─► (Xclient ─► Hello) ─► Login ─► Envelope ─► Content ─► Verdicts ─► Leave ─► Ended
//!                 ▲         │          │                     │                      ▲
//!                 │    Want::Handshake Want::Login     Want::Content     whatever fails goes here
//!                 └─────── complete
//! ```
//!
//! What may be said when is the [session](crate::client)'s business, and what may be said at all is
//! policy's. Here is the order of things, and that less is never done than was asked for: without the
//! login, the TLS or the extension that the message needs, nothing of it is sent.
//!
//! The embedder looks at [`Want`] and does what it says, until [`Want::End`]. Nothing in here fails: what
//! goes wrong is in the [`Outcome`], for each recipient.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use bytes::BytesMut;
use mailwire_tls_policy::Channel;

use crate::auth::client::Candidates;
use crate::client::{Awaited, CommandId, Config, Fault, Need, NotNow, Session};
use crate::command::AttributesBuf;
use crate::ehlo::Capabilities;
use crate::reply::{ReceivedReply, ReplyLines};
use crate::table::Phase;
use crate::timer::{Deadline, Timer};
use crate::xclient::Identity;

mod handshake;
mod hear;
mod message;
mod outcome;
mod plan;
mod say;

pub use handshake::Handshake;
pub use message::Message;
pub use outcome::{Failure, Fate, Outcome, Retry};
pub use plan::{Chunking, EightBit, Plan};

/// How many octets of a content are well said at once: enough that each chunk is worth its command, and
/// few enough to hold.
pub const PIECE: usize = 32 * 1024;

/// What a delivery waits for. Deliberately exhaustive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Want {
    /// Nothing: call `advance` again.
    Nothing,
    /// The output to be written, and more input, at the same time.
    Input,
    /// Output to leave before more is said.
    Flush,
    /// [`login`](Delivery::login), which may look at [`capabilities`](Delivery::capabilities).
    Login,
    /// The output to be written, then [`into_tls`](Delivery::into_tls) and a handshake.
    Handshake,
    /// A piece of content by [`content`](Delivery::content), its last one by
    /// [`last_content`](Delivery::last_content), or its end by
    /// [`end_of_content`](Delivery::end_of_content).
    Content,
    /// [`into_outcome`](Delivery::into_outcome): it is over. What is unsent must not be written any more,
    /// since the outcome counts on that.
    End,
}

/// The result of one [`advance`](Delivery::advance).
#[derive(Clone, Copy, Debug)]
pub struct Step<'i> {
    /// How many octets of the input are done with.
    pub consumed: usize,
    /// The reply that was read, to be shown to people; what it means is dealt with already.
    pub reply: Option<ReplyLines<'i>>,
    /// What is wanted next.
    pub want: Want,
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Greeting,
    Hello,
    HelloSaid,
    StartTls,
    StartTlsSaid,
    Upgrading,
    Xclient,
    XclientSaid,
    Login,
    LoginSaid,
    Envelope,
    Content,
    Verdicts,
    Leave,
    LeaveSaid,
    Ended,
}

/// A session that a delivery has left open, with whom it speaks for.
#[derive(Debug)]
pub struct Kept {
    session: Session,
    xclient: Option<Identity>,
    has_logged_in: bool,
}

impl Kept {
    /// The session, to look at.
    #[must_use]
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// The session, without the guard that it is used for nobody else.
    #[must_use]
    pub fn into_session(self) -> Session {
        self.session
    }
}

/// A message on its way to one server.
#[derive(Debug)]
pub struct Delivery {
    session: Session,
    plan: Plan,
    stage: Stage,
    /// How many commands of the envelope were said: MAIL, each RCPT, DATA.
    said: usize,
    /// Recipients by the RCPT that was said for them.
    asked: HashMap<CommandId, usize>,
    /// RCPT commands without a reply.
    unanswered: usize,
    accepted: usize,
    /// MAIL was refused: what else is replied to its group is no more than a consequence.
    is_refused: bool,
    /// STARTTLS was refused, and TLS was only a wish.
    is_clear: bool,
    /// The XCLIENT commands that are still to be said; `None` before the first.
    forwarding: Option<VecDeque<AttributesBuf>>,
    /// The XFORWARD commands that are still to be said; `None` before the first.
    logging: Option<VecDeque<AttributesBuf>>,
    /// AUTH has succeeded, perhaps in an epoch before.
    has_logged_in: bool,
    /// XFORWARD was said, of a message that has not begun.
    has_told: bool,
    /// All that has to come before MAIL is done. Without the TLS, the identity or the login that was asked
    /// for, a session is not one to be kept.
    is_established: bool,
    /// 354 was said though nobody was accepted.
    is_for_nobody: bool,
    fates: Vec<Option<Fate>>,
    failure: Option<Failure>,
    /// The end of the content waits for the replies to its chunks.
    is_ending: bool,
    /// When the last piece of content was said.
    since: Instant,
}

impl Delivery {
    /// A delivery over a fresh connection. With implicit TLS this is called after the handshake, with
    /// [`Channel::Tls`].
    #[must_use]
    pub fn new(plan: Plan, config: Arc<Config>, channel: Channel, now: Instant) -> Self {
        Self::at(
            Stage::Greeting,
            plan,
            Session::new(config, channel, now),
            now,
        )
    }

    /// A delivery over a session that was [kept](Plan::keep) open by another one.
    ///
    /// # Errors
    ///
    /// The session, if it [may not be reused](Session::may_be_reused); or the plan wants a login and the
    /// session has none, or the other way round; or another identity was told by XCLIENT. Then it would be
    /// another sender's.
    pub fn again(plan: Plan, kept: Kept, now: Instant) -> Result<Self, Box<Kept>> {
        let Kept {
            session,
            xclient,
            has_logged_in,
        } = &kept;
        let is_same = *has_logged_in == plan.login && *xclient == plan.xclient;
        if !is_same || !session.may_be_reused() {
            return Err(Box::new(kept));
        }
        let mut delivery = Self::at(Stage::Envelope, plan, kept.session, now);
        delivery.has_logged_in = kept.has_logged_in;
        Ok(delivery)
    }

    /// Reads a reply if one is there, and says whatever may be said.
    ///
    /// `unread` starts at the first octet that was not consumed, and has only grown since the last call.
    pub fn advance<'i>(&mut self, unread: &'i [u8], now: Instant, out: &mut BytesMut) -> Step<'i> {
        let mut step = Step {
            consumed: 0,
            reply: None,
            want: Want::End,
        };
        // What comes behind 220 to STARTTLS is judged by `into_tls`.
        let is_reading = !matches!(self.stage, Stage::Upgrading | Stage::Ended);
        if is_reading && self.session.need(unread, out) == Need::Nothing {
            let awaited = self.session.awaited();
            match self.session.advance(unread, now) {
                Ok(read) => {
                    step.consumed = read.consumed;
                    step.reply = read.event.map(|it| it.reply());
                    if let Some(event) = read.event {
                        self.hear(awaited, event, now, out);
                    }
                }
                Err(crate::client::Error::Peer(fault)) => self.lose(fault, out),
                // `need` says when to call; a session that is over has an outcome already.
                Err(crate::client::Error::Misuse(_)) => self.stage = Stage::Ended,
            }
        }
        self.say(now, out);
        let rest = unread.get(step.consumed..).unwrap_or_default();
        step.want = self.want(rest, out);
        step
    }

    /// Logs in with the strongest of the candidates that will do, after [`Want::Login`].
    pub fn login(&mut self, candidates: Candidates, now: Instant, out: &mut BytesMut) {
        if self.stage != Stage::Login {
            return;
        }
        match self.session.auth(candidates, now, out) {
            Ok(_) => self.stage = Stage::LoginSaid,
            Err(not_now) => self.give_up(Failure::Local(not_now)),
        }
    }

    /// Says a piece of content, after [`Want::Content`].
    ///
    /// `unread` is what has been read and not consumed: a refusal in it stops the content, and what was
    /// said too early is never taken for the verdict.
    ///
    /// # Errors
    ///
    /// [`NotNow::NoContentWanted`] if it is not wanted, and [`NotNow::MustWait`] if something has been
    /// read, or has to be first: call [`advance`](Self::advance), and say it again when that wants
    /// content. What is wrong with the content itself ends the delivery.
    pub fn content(
        &mut self,
        piece: &[u8],
        unread: &[u8],
        now: Instant,
        out: &mut BytesMut,
    ) -> Result<(), NotNow> {
        self.check_content(unread, out)?;
        self.since = now;
        let said = if self.session.phase() == Phase::Content {
            self.session.content(piece, out)
        } else {
            self.session.chunk(piece, now, out).map(drop)
        };
        self.said_content(said)
    }

    /// Says the last piece of content and its end, after [`Want::Content`]. In chunks that is one round
    /// trip less than the end [alone](Self::end_of_content).
    ///
    /// # Errors
    ///
    /// As [`content`](Self::content). Nothing was said then, nor of the piece.
    pub fn last_content(
        &mut self,
        piece: &[u8],
        unread: &[u8],
        now: Instant,
        out: &mut BytesMut,
    ) -> Result<(), NotNow> {
        self.check_content(unread, out)?;
        self.since = now;
        let said = if self.session.phase() == Phase::Content {
            self.session
                .content(piece, out)
                .and_then(|()| self.session.end_of_content(now, out))
        } else {
            self.session.last_chunk(piece, now, out)
        };
        match said {
            Ok(_) => self.stage = Stage::Verdicts,
            Err(NotNow::MustWait) => self.is_ending = true,
            Err(_) => {}
        }
        self.said_content(said.map(drop))
    }

    /// Says the end of the content, after [`Want::Content`].
    ///
    /// # Errors
    ///
    /// As [`content`](Self::content).
    pub fn end_of_content(
        &mut self,
        unread: &[u8],
        now: Instant,
        out: &mut BytesMut,
    ) -> Result<(), NotNow> {
        self.last_content(b"", unread, now, out)
    }

    /// Gives up where it is the embedder's turn. [`Want::Login`] is left by QUIT; in the middle of the
    /// content the connection has to be closed as it is, for without its end it is no message.
    pub fn abandon(&mut self) {
        match self.stage {
            Stage::Login => self.give_up(Failure::Abandoned),
            Stage::Content => {
                self.failure = Some(Failure::Abandoned);
                self.stage = Stage::Ended;
            }
            _ => {}
        }
    }

    /// Until when the delivery waits, and for what; `None` when it is the embedder's turn. `out` is what
    /// is unsent: content that a server does not take is waited for as well.
    #[must_use]
    pub fn deadline(&self, out: &BytesMut) -> Option<Deadline> {
        match self.stage {
            Stage::Ended => None,
            Stage::Content if !out.is_empty() && self.session.awaited().is_none() => {
                let timeouts = &self.session.config().timeouts;
                timeouts.deadline(Timer::DataBlock, self.since)
            }
            _ => self.session.deadline(),
        }
    }

    /// To be called when the deadline has passed; before, it does nothing.
    pub fn handle_timeout(&mut self, now: Instant, out: &BytesMut) {
        match self.deadline(out) {
            Some(deadline) if deadline.at <= now => self.lose(Fault::Timeout(deadline.timer), out),
            _ => {}
        }
    }

    /// The server has closed its side, or the connection is lost. `out` is what has not been written.
    pub fn end_of_input(&mut self, out: &BytesMut) {
        let awaited = self.session.awaited();
        self.lose(Fault::EndOfInput { awaited }, out);
    }

    /// What the server offers in this epoch.
    #[must_use]
    pub const fn capabilities(&self) -> &Capabilities {
        self.session.capabilities()
    }

    /// The session, to look at.
    #[must_use]
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// What became of the message. Before [`Want::End`]: what would, if the connection were lost now
    /// with nothing unsent.
    #[must_use]
    pub fn into_outcome(self) -> Outcome {
        self.into_parts().0
    }

    /// The same, with the session if it may carry another message.
    #[must_use]
    pub fn into_parts(mut self) -> (Outcome, Option<Kept>) {
        if self.stage != Stage::Ended {
            self.end_of_input(&BytesMut::new());
        }
        let outcome = Outcome {
            recipients: self
                .fates
                .into_iter()
                .map(|it| it.unwrap_or(Fate::NotSent))
                .collect(),
            failure: self.failure,
            authenticated: self.has_logged_in,
        };
        let may_be_kept = self.is_established && self.session.may_be_reused();
        let kept = may_be_kept.then_some(Kept {
            session: self.session,
            xclient: self.plan.xclient,
            has_logged_in: self.has_logged_in,
        });
        (outcome, kept)
    }

    fn at(stage: Stage, plan: Plan, session: Session, now: Instant) -> Self {
        Self {
            session,
            stage,
            said: 0,
            asked: HashMap::with_capacity(plan.recipients.len()),
            unanswered: 0,
            accepted: 0,
            is_refused: false,
            is_clear: false,
            forwarding: None,
            logging: None,
            has_logged_in: false,
            has_told: false,
            is_established: false,
            is_for_nobody: false,
            is_ending: false,
            fates: vec![None; plan.recipients.len()],
            failure: None,
            since: now,
            plan,
        }
    }

    fn want(&mut self, unread: &[u8], out: &BytesMut) -> Want {
        match self.stage {
            Stage::Ended => return Want::End,
            Stage::Upgrading => return Want::Handshake,
            _ => {}
        }
        match self.session.need(unread, out) {
            Need::Nothing => Want::Nothing,
            Need::Flush => Want::Flush,
            // A chunk may follow the one before.
            Need::Input if self.wants_chunk() => Want::Content,
            Need::Input => Want::Input,
            Need::Command => match self.stage {
                Stage::Login => Want::Login,
                Stage::Content => Want::Content,
                // Nothing is awaited and nothing can be said, so nothing would ever happen.
                _ => {
                    self.stage = Stage::Ended;
                    Want::End
                }
            },
        }
    }

    fn check_content(&mut self, unread: &[u8], out: &BytesMut) -> Result<(), NotNow> {
        if self.stage != Stage::Content {
            return Err(NotNow::NoContentWanted);
        }
        match self.want(unread, out) {
            Want::Content | Want::Flush => Ok(()),
            _ => Err(NotNow::MustWait),
        }
    }

    fn said_content(&mut self, said: Result<(), NotNow>) -> Result<(), NotNow> {
        match said {
            Err(NotNow::MustWait) => Err(NotNow::MustWait),
            Err(not_now) => {
                self.failure = Some(Failure::Local(not_now));
                self.stage = Stage::Ended;
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// Ends a dialogue with a server that is still there.
    fn give_up(&mut self, failure: Failure) {
        self.failure = self.failure.take().or(Some(failure));
        self.stage = Stage::Leave;
    }

    /// Ends a dialogue with a server that is not.
    fn lose(&mut self, fault: Fault, out: &BytesMut) {
        // What is lost behind the verdicts changes nothing.
        let is_open = self.is_open();
        // Without the end of the content the server has no message. A part of it may be unsent.
        let in_doubt = self.session.in_doubt().is_some() && out.is_empty() && !self.is_for_nobody;
        if is_open && self.failure.is_none() {
            self.failure = Some(Failure::Peer(fault));
            if in_doubt {
                self.settle_the_rest(&Fate::InDoubt);
            }
        }
        self.stage = Stage::Ended;
    }

    /// The server has refused something that all the recipients depend on who have no fate yet.
    fn refuse(&mut self, at: Awaited, reply: ReceivedReply) {
        self.settle_the_rest(&Fate::Refused {
            at,
            reply: reply.clone(),
        });
        self.give_up(Failure::Refused { at, reply });
    }

    /// Whether something is still to become of what was asked for.
    fn is_open(&self) -> bool {
        let is_over = matches!(self.stage, Stage::Leave | Stage::LeaveSaid | Stage::Ended);
        self.fates.iter().any(Option::is_none) || (self.fates.is_empty() && !is_over)
    }

    fn settle(&mut self, recipient: usize, fate: Fate) {
        if let Some(place) = self.fates.get_mut(recipient) {
            *place = Some(fate);
        }
    }

    fn settle_the_rest(&mut self, fate: &Fate) {
        for place in self.fates.iter_mut().filter(|it| it.is_none()) {
            *place = Some(fate.clone());
        }
    }
}
