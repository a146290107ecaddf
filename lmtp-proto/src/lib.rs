//! LMTP (RFC 2033), as thin variations on the sessions of [`mailwire_smtp_proto`].
//!
//! LMTP is SMTP for the last hop, to something that stores mail and has no queue. Two things
//! differ: LHLO stands in place of HELO and EHLO, and the end of a message has one reply for each
//! recipient that was accepted, in the order of their RCPT commands, duplicates included. What
//! differs stands in `mailwire_smtp_proto::dialect`; the types here expose only what LMTP has.
//!
//! LMTP must not be spoken on port 25 (RFC 2033 section 5): a client there would take one reply
//! for the whole message.
//!
//! ```
//! # use std::{sync::Arc, time::Instant};
//! # use bytes::BytesMut;
//! # use mailwire_lmtp_proto::{Admission, Decision, Event, policy::Channel, Peer, server::{Config, Session}};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let now = Instant::now();
//! let config = Arc::new(Config::new("mx.example.test".parse()?));
//! let mut out = BytesMut::new();
//! let mut session = Session::new(config, Peer::local(), Channel::Local, now, &mut out);
//! let mut input: &[u8] = b"LHLO a.example.test\r\nMAIL FROM:<>\r\nRCPT TO:<b@example.test>\r\n\
//!     RCPT TO:<b@example.test>\r\nDATA\r\nHello\r\n.\r\n";
//! while !input.is_empty() {
//!     let step = session.advance(input, now, &mut out)?;
//!     input = &input[step.consumed..];
//!     match step.event {
//!         Some(Event::Hello { pending, .. }) => session.answer(pending, Admission::Accept, now, &mut out)?,
//!         Some(Event::Mail { pending, .. }) => session.answer(pending, Decision::Accept, now, &mut out)?,
//!         Some(Event::Rcpt { pending, .. }) => session.answer(pending, Decision::Accept, now, &mut out)?,
//!         Some(Event::Data { pending }) => session.answer(pending, Admission::Accept, now, &mut out)?,
//!         Some(Event::Message { pending, .. }) => {
//!             // The same recipient twice is owed two verdicts.
//!             let verdicts = vec![Decision::Accept, Decision::Accept];
//!             session.answer_deliveries(pending, verdicts, now, &mut out)?;
//!         }
//!         _ => {}
//!     }
//! }
//! assert!(out.ends_with(b"250 2.0.0 Message accepted\r\n250 2.0.0 Message accepted\r\n"));
//! # Ok(())
//! # }
//! ```
//!
//! Feature `tokio` adds `tokio_io`, connections over any tokio stream.

#![forbid(unsafe_code)]

pub mod client;
pub mod server;
#[cfg(feature = "tokio")]
pub mod tokio_io;

pub use mailwire_smtp_proto::peer::Peer;
pub use mailwire_smtp_proto::policy;
pub use mailwire_smtp_proto::server::{
    Admission, Closing, Decision, Error, Event, Fault, Need, Pending, Refuse, Step, ask,
};
