//! Connections over any tokio stream: the sessions with a socket, two buffers and a clock.
//!
//! An adapter adds no rule. It reads when the session needs input, writes when the session cannot
//! go on without (so replies to a pipelined group leave together), and tells the session the time.
//! It starts no task, and every future of it may be dropped and called again: what was read is in
//! the buffer, what was not written stays in it.

mod buffers;
pub mod client;
pub mod delivery;
mod error;
pub mod proxy;
#[cfg(feature = "serve")]
pub mod serve;
pub mod server;
#[cfg(feature = "rustls")]
pub mod tls;
mod transcript;

pub use error::ConnectionError;
