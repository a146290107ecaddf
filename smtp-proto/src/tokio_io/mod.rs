//! Connections over any tokio stream: the sessions with a socket, two buffers and a clock.
//!
//! An adapter adds no rule. It reads when the session needs input, writes when the session cannot
//! go on without (so replies to a pipelined group leave together), and tells the session the time.
//! It starts no task, and every future of a connection that is borrowed may be dropped and called again: what
//! was read is in the buffer, what was not written stays in it. What takes the stream itself, for a header of
//! PROXY, the end of a wait before the greeting, or a handshake, takes it for good; a future of these that is
//! dropped has closed the connection.
//!
//! | may be dropped and called again | closes the connection when it is dropped |
//! |---|---|
//! | `ready`, `next`, `flush`, `content`, `chunk`, `is_quiet`, `shut_down`, `shut_down_now`, `close` | `accept_late`, `start_tls`, `tls::*`, `proxy::*`; and of a delivery `send` and `finish` |

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
