//! SMTP and its extensions as sans-IO state machines.
//!
//! The embedder owns the socket, the clock and the buffers, and drives a session with octets; the
//! session owns the *dialogue*: order, synchronisation, limits, deadlines, and what may be trusted.
//!
//! ```text
//!   octets ─► line, body ─► verb, command, path, params ─► policy ─► table ─► event, token
//!             framing       grammar                        (its own   dialogue
//!                                                           crate)
//! ```
//!
//! | module | what it is |
//! |---|---|
//! | [`server`] | the server session: events with decisions to make, replies written |
//! | [`client`] | the client session: commands with ids, replies that carry them |
//! | [`delivery`] | the whole dialogue of one message, to what became of each recipient |
//! | [`table`] | the two tables that hold the dialogue |
//! | [`dialect`] | what differs between SMTP and LMTP |
//! | [`line`](mod@line), [`body`], [`reply`] | framing, in both directions |
//! | [`verb`], [`command`], [`path`], [`host`], [`charset`], [`params`], [`xtext`], [`ehlo`] | grammar, in both directions |
//! | [`peer`], [`proxy`], [`xclient`] | who is on the other end: by the socket, by PROXY, by XCLIENT and XFORWARD |
//! | [`auth`] | SASL |
//! | [`limits`], [`timer`], [`error`] | bounds, deadlines, and the caller's mistakes |
//! | [`transcript`] | the dialogue for people to read, without its secrets |
//!
//! Features: `proxy` reads and writes headers of the PROXY protocol; `tokio` adds `tokio_io`, connections
//! over any tokio stream; `rustls` adds their TLS hand-over. None changes what the rest does.

#![forbid(unsafe_code)]

pub mod auth;
pub mod body;
pub mod charset;
pub mod client;
pub mod command;
pub mod delivery;
pub mod dialect;
pub mod ehlo;
pub mod error;
mod grammar;
pub mod host;
pub mod limits;
pub mod line;
pub mod params;
pub mod path;
pub mod peer;
pub mod proxy;
pub mod reply;
pub mod server;
pub mod table;
pub mod timer;
#[cfg(feature = "tokio")]
pub mod tokio_io;
pub mod transcript;
pub mod verb;
pub mod xclient;
pub mod xtext;

pub use mailwire_tls_policy as policy;
