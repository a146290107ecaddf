//! `edge` under faults: what was answered with 250 is there, once and whole, whatever happens; and nobody keeps
//! others from being served.
//!
//! | what happens | file |
//! |---|---|
//! | it is killed, or told to stop, under load | `ends` |
//! | too many come, or the system has no more file descriptors | `crowd` |
//! | clients dawdle, or go away in the middle | `bad_company` |
//! | the server behind is killed | `next_server` |

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests panic to fail"
)]

mod bad_company;
#[path = "../common/mod.rs"]
mod common;
mod crowd;
mod ends;
mod load;
mod next_server;
