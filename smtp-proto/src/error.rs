//! The caller's own mistakes, kept apart from the peer's.

/// The embedder called something that cannot be called now. No octet of a peer can cause one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Misuse {
    /// `advance` while a question waits for its answer; see `need`.
    #[error("a question waits for its answer; nothing can be read before")]
    AnswerAwaited,
    /// The token is not the one that waits: it is from another session, or answered late.
    #[error("the token belongs to no question that waits for an answer")]
    StaleToken,
    /// The code of a reply does not fit the answer: 2yz to accept, 4yz or 5yz to reject.
    #[error("the reply's code does not fit the answer: 2yz accepts, 4yz and 5yz reject")]
    ReplyClass,
    /// The number of verdicts is not the number of replies that the message is owed.
    #[error("one verdict is needed for each reply that the message is owed: {owed}, not {given}")]
    VerdictCount {
        /// How many replies the message is owed.
        owed: usize,
        /// How many verdicts were given.
        given: usize,
    },
    /// There is no such recipient, or it has its verdict already.
    #[error("recipient {0} of the message has a verdict already, or there is none")]
    Recipient(usize),
    /// The TLS hand-over of a client whose server has not said 220 to STARTTLS.
    #[error("the server has not said yes to STARTTLS")]
    NoUpgrade,
    /// The session is over.
    #[error("the session is over")]
    Closed,
}
