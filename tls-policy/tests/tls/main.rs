//! Real handshakes, in memory, with certificates that are made for them.

#![cfg(feature = "rustls")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests panic to fail"
)]

mod checks;
mod facts;
mod pair;
mod pki;
