//! The rules in a TLS handshake, by rustls: which certificate is taken, which one is served, what is known
//! when it is done, and why it failed.
//!
//! ```text
//!   Demand ──► Check ──► client_config ──► handshake ──► Handshake   version, cipher, verification, exporter
//!                                              └───────► HandshakeFailure ──► TLSRPT, a diagnosis
//!   certificates by name ──► server_config ────┘
//! ```
//!
//! The cryptography is the embedder's: every function that needs one takes a [`CryptoProvider`]. Nothing
//! here does I/O; certificates are octets that somebody has read, and time comes with the handshake.
//!
//! Types of rustls are in the signatures of this module, and of no other.

mod check;
mod client;
mod dane;
mod facts;
mod failure;
mod fingerprint;
mod roots;
mod server;
mod verifier;

pub use check::{Check, Names};
pub use client::{ClientIdentity, client_config};
pub use dane::Tlsa;
pub use facts::{Handshake, Verification, exporter, names_of};
pub use failure::{failure, failure_of_io};
pub use fingerprint::{Fingerprint, FingerprintError};
#[cfg(feature = "mozilla-roots")]
pub use roots::mozilla_roots;
#[cfg(feature = "platform-roots")]
pub use roots::platform_roots;
pub use server::{certified_key, server_config};

#[allow(unused_imports, reason = "named in the documentation")]
use rustls::crypto::CryptoProvider;
