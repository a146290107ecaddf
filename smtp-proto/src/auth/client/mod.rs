//! The client's side of an exchange.
//!
//! ```text
//!   Candidates ──► Choice: offered, allowed, configured ──► Exchange::begin ──► initial response
//!   challenge ──► decode ──► Mechanism::respond ──► response
//!                                              └──► a fault: say `*`
//!   success ──► Exchange::succeeded: has the server shown what it has to?
//! ```
//!
//! It knows nothing of SMTP: a response is appended in base64 and nothing else.

mod anonymous;
mod bearer;
mod candidates;
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
pub use candidates::Candidates;
#[cfg(feature = "cram-md5")]
pub use cram_md5::CramMd5;
pub use exchange::Exchange;
pub use external::External;
pub use login::Login;
pub use mechanism::Mechanism;
pub use plain::Plain;
#[cfg(feature = "scram")]
pub use scram::Scram;
