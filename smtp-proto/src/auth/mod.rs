//! AUTH: SASL exchanges (RFC 4422) as SMTP carries them (RFC 4954), both sides.
//!
//! A [`server::Exchange`] or [`client::Exchange`] is one attempt: lines in base64 in and out, and nothing
//! of SMTP in it, so IMAP, POP3 and ManageSieve may use them as the sessions here do. Mechanisms are
//! values that the embedder lists; another one is an implementation of
//! [`server::Mechanism`] or [`client::Mechanism`].
//!
//! | mechanism | what it shows to who listens in | feature |
//! |---|---|---|
//! | PLAIN (RFC 4616), LOGIN | the password | |
//! | OAUTHBEARER (RFC 7628), XOAUTH2 | the token | |
//! | EXTERNAL (RFC 4422 appendix A) | nothing: the identity is that of TLS, or of the socket | |
//! | ANONYMOUS (RFC 4505) | nothing: there is none | |
//! | CRAM-MD5 (RFC 2195) | a digest, which passwords can be tried against | `cram-md5` |
//! | SCRAM-SHA-1, SCRAM-SHA-256, both also `-PLUS` (RFC 5802, 7677) | the same, at a cost for each try | `scram` |
//!
//! Whether a mechanism may be used on a channel is policy; whether a password is right is the
//! embedder's.

mod base64;
mod bearer;
pub mod client;
#[cfg(feature = "cram-md5")]
mod cram_md5;
mod credentials;
mod fault;
mod message;
mod name;
mod plain;
mod saslname;
#[cfg(feature = "scram")]
pub mod scram;
mod secret;
pub mod server;

pub use base64::Base64;
pub use bearer::BearerCredentials;
pub use credentials::Credentials;
pub use fault::AuthFault;
pub use message::Message;
pub use name::{MechanismName, MechanismNameBuf};
pub use plain::PlainCredentials;
pub use secret::Secret;
