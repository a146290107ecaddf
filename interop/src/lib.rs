//! What the tests against other people's software share: the built programs, an `edge` of one's
//! own for each test, a message that is hard to carry, and what became of it.
//!
//! The programs that are driven are installed by `interop/install.sh`; a test whose program is
//! missing fails and says so.

#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a library of tests, which panic to fail"
)]

mod dovecot;
mod edge;
mod exim;
mod haproxy;
mod message;
mod nginx;
mod opensmtpd;
mod postfix;
mod programs;
mod scripted;
mod slow;
mod swaks;

pub use dovecot::{Dovecot, certificate, expired_certificate};
pub use edge::Edge;
pub use exim::Exim;
pub use haproxy::Haproxy;
pub use message::{message, stored_content};
pub use nginx::Nginx;
pub use opensmtpd::OpenSmtpd;
pub use postfix::Postfix;
pub use programs::{built, run, run_with};
pub use scripted::Scripted;
pub use slow::slow;
pub use swaks::{SWAKS_LOGIN, swaks, told};
