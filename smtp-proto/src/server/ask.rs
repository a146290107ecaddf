//! Decisions: a question is an owned token, and its answer consumes it.
//!
//! A token is a few octets, `Send` and `'static`, so an embedder may go away with it, ask a
//! database, and come back. Its type says which answers fit. A token that is dropped is a question
//! that is never answered: the session ends it with 421 when [`Timer::Answer`] runs out.
//!
//! [`Timer::Answer`]: crate::timer::Timer::Answer

use std::fmt;
use std::marker::PhantomData;

use crate::auth::server::Found;
use crate::reply::Reply;

/// A question that waits for its answer; give it back through
/// [`Session::answer`](super::Session::answer).
#[must_use = "a question that is never answered ends the session with 421"]
pub struct Pending<A: Ask> {
    /// Of all questions of the process, so that a token fits one question of one session.
    pub(super) serial: u64,
    asks: PhantomData<fn() -> A>,
}

impl<A: Ask> Pending<A> {
    pub(super) const fn new(serial: u64) -> Self {
        Self {
            serial,
            asks: PhantomData,
        }
    }
}

impl<A: Ask> fmt::Debug for Pending<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pending<{}>({})", A::NAME, self.serial)
    }
}

/// A kind of question, and the answers that fit it.
pub trait Ask: sealed::Sealed {
    /// The answers that fit.
    type Answer;
    /// What is asked, for logs.
    const NAME: &'static str;
    #[doc(hidden)]
    fn resolve(answer: Self::Answer) -> Resolved;
}

/// HELO, EHLO or LHLO: may the peer go by this name?
#[derive(Debug)]
pub enum Hello {}
/// MAIL: may this sender begin a transaction?
#[derive(Debug)]
pub enum Mail {}
/// RCPT: is this recipient accepted?
#[derive(Debug)]
pub enum Rcpt {}
/// DATA or the first BDAT: may the content come?
#[derive(Debug)]
pub enum Data {}
/// The end of the content: is the message taken?
#[derive(Debug)]
pub enum Message {}
/// AUTH: are these credentials good?
#[derive(Debug)]
pub enum Auth {}
/// In the middle of AUTH: what belongs to this name?
#[derive(Debug)]
pub enum AuthLookUp {}
/// STARTTLS: may TLS begin? Yes is said by [`Session::start_tls`](super::Session::start_tls).
#[derive(Debug)]
pub enum StartTls {}

/// XCLIENT: what would a fresh connection from this client be greeted with? Yes is the greeting; 421 or
/// 554 is the end of the session; another 4yz or 5yz refuses the command, and nothing of it holds.
#[derive(Debug)]
pub enum Xclient {}
/// VRFY or EXPN: what is there of it? Yes alone is 252, which says nothing.
#[derive(Debug)]
pub enum Verify {}
/// ETRN: will the mail be sent?
#[derive(Debug)]
pub enum Etrn {}
/// A command that the embedder has added.
#[derive(Debug)]
pub enum Custom {}

/// Yes with the reply that belongs to the question, or no.
#[derive(Clone, Debug)]
pub enum Admission {
    /// Yes.
    Accept,
    /// No, with a 4yz or 5yz reply; 421 ends the session.
    Reject(Reply),
}

/// Yes with the usual reply or another, or no.
#[derive(Clone, Debug)]
pub enum Decision {
    /// Yes, with the usual reply.
    Accept,
    /// Yes, with this 2yz reply.
    AcceptWith(Reply),
    /// No, with a 4yz or 5yz reply; 421 ends the session.
    Reject(Reply),
}

/// What became of a message.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// The same for every recipient that has none yet; see
    /// [`answer_recipient`](super::Session::answer_recipient).
    All(Decision),
    /// LMTP: one for each accepted RCPT, in their order, duplicates included (RFC 2033 section
    /// 4.2), apart from those that were told theirs already. In SMTP, where a message has one reply, exactly one. 421 is no verdict on one of several
    /// recipients: the others would not be told.
    Each(Vec<Decision>),
}

/// No, with a 4yz reply (454 4.7.0 for a temporary want of TLS, RFC 3207 section 4) or 5yz.
#[derive(Clone, Debug)]
pub struct Refuse(pub Reply);

/// What belongs to a name, for a mechanism to compare with.
#[derive(Debug)]
pub enum Lookup {
    /// This does, or [nothing](Found::Nobody).
    Found(Found),
    /// It cannot be found out now, or is not to be: a 4yz reply such as 454 4.7.0, or 5yz; 421 ends the
    /// session.
    Reject(Reply),
}

mod sealed {
    use super::{Decision, Lookup};

    /// Keeps the kinds of questions ours.
    pub trait Sealed {}

    /// An answer, its question's type taken away.
    #[derive(Debug)]
    pub enum Resolved {
        /// Yes or no.
        One(Decision),
        /// One for each recipient.
        Each(Vec<Decision>),
        /// What belongs to a name.
        Lookup(Lookup),
    }
}

pub(super) use sealed::Resolved;

impl From<Admission> for Decision {
    fn from(admission: Admission) -> Self {
        match admission {
            Admission::Accept => Self::Accept,
            Admission::Reject(reply) => Self::Reject(reply),
        }
    }
}

impl From<Decision> for Verdict {
    fn from(decision: Decision) -> Self {
        Self::All(decision)
    }
}

macro_rules! asks {
    ($($ask:ident: $answer:ty, $name:literal, $resolve:expr;)*) => {$(
        impl sealed::Sealed for $ask {}
        impl Ask for $ask {
            type Answer = $answer;
            const NAME: &'static str = $name;
            #[inline]
            fn resolve(answer: $answer) -> Resolved {
                let resolve: fn($answer) -> Resolved = $resolve;
                resolve(answer)
            }
        }
    )*};
}

asks! {
    Hello: Admission, "hello", |answer| Resolved::One(answer.into());
    Mail: Decision, "mail", Resolved::One;
    Rcpt: Decision, "rcpt", Resolved::One;
    Data: Admission, "data", |answer| Resolved::One(answer.into());
    Auth: Decision, "auth", Resolved::One;
    AuthLookUp: Lookup, "auth look-up", Resolved::Lookup;
    Xclient: Admission, "xclient", |answer| Resolved::One(answer.into());
    Verify: Decision, "verify", Resolved::One;
    Etrn: Decision, "etrn", Resolved::One;
    Custom: Decision, "custom", Resolved::One;
    StartTls: Refuse, "starttls", |answer| Resolved::One(Decision::Reject(answer.0));
    Message: Verdict, "message", |answer| match answer {
        Verdict::All(decision) => Resolved::One(decision),
        Verdict::Each(decisions) => Resolved::Each(decisions),
    };
}
