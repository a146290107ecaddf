//! The server's side of an exchange.
//!
//! ```text
//!   line ──► decode ──► Attempt::respond ──► Challenge   say it, wait for a line
//!            `*`  ▲                      ├─► LookUp      what belongs to this name? ──► found
//!                 │                      └─► Judge       may it? ──► yes: say so, it is over
//!                 │                                               └► no: refuse ──► perhaps a last challenge
//! ```
//!
//! It knows nothing of SMTP: the challenge is appended in base64 and nothing else, so the `334 ` or
//! `+ ` before it and the CRLF behind it are the caller's.

mod anonymous;
mod bearer;
#[cfg(feature = "cram-md5")]
mod cram_md5;
mod exchange;
mod external;
mod login;
mod mechanism;
mod plain;
#[cfg(feature = "scram")]
mod scram;

pub use anonymous::Anonymous;
pub use bearer::{OauthBearer, Xoauth2};
#[cfg(feature = "cram-md5")]
pub use cram_md5::CramMd5;
pub use exchange::{Exchange, Progress};
pub use external::External;
pub use login::Login;
pub use mechanism::{Attempt, Connection, Found, LookUp, Mechanism, Turn};
pub use plain::Plain;
#[cfg(feature = "scram")]
pub use scram::Scram;
