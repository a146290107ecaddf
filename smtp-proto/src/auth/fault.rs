//! What can be wrong with an exchange.

/// Why an exchange failed, on the side that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum AuthFault {
    /// The line is not base64, in its one canonical form unless others are permitted.
    #[error("the message is not base64 (RFC 4954 section 4)")]
    Base64,
    /// The parts of the message are not what the mechanism says.
    #[error("the message is not one of its mechanism")]
    Malformed,
    /// A part that must not be empty is, or the whole message is.
    #[error("the message, its identity or its password is empty")]
    Empty,
    /// A part is not UTF-8.
    #[error("the message is not UTF-8")]
    NotUtf8,
    /// A part is longer than allowed.
    #[error("a part of the message is longer than allowed")]
    TooLong,
    /// The client gave up: the line is `*`.
    #[error("the client cancelled the exchange (RFC 4954 section 4)")]
    Cancelled,
    /// A first message came with the command, and in this mechanism the server speaks first.
    #[error("the mechanism has no initial response (RFC 4954 section 4)")]
    InitialResponse,
    /// The server had nothing more to ask, or asked for something that the mechanism does not have.
    #[error("the message is out of place in its mechanism")]
    OutOfOrder,
    /// The client has not shown that it knows the secret.
    #[error("the client has not proven that it knows the password")]
    Proof,
    /// The server has not shown that it knows the secret, or says that all is well before it has.
    #[error("the server has not proven that it knows the password")]
    ServerProof,
    /// The channel that the other side sees is not the one that this side does: somebody is between.
    #[error("the channel binding does not fit: somebody is between client and server")]
    ChannelBinding,
    /// The other side was told of fewer mechanisms than there are: somebody is between.
    #[error("mechanisms were hidden from the client: somebody is between client and server")]
    Downgrade,
    /// The server asks for less work than is safe, or more than is reasonable.
    #[error("the server asks for too little work, or too much")]
    Iterations,
    /// The nonce is not the one that was sent, or too short.
    #[error("the nonce is not the one that belongs to the exchange")]
    Nonce,
    /// An extension that must be understood, and is not.
    #[error("the message has an extension that is not known here")]
    Extension,
    /// The embedder has no such thing to compare with, or its answer does not fit the question.
    #[error("there is nothing to compare the message with")]
    NoSecret,
}
