//! What the fuzz targets do with their input; each is a plain function, so that a test can replay
//! the corpora on stable Rust.

#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic is how a target tells what it found"
)]

mod auth;
mod body;
mod command;
mod cuts;
mod differential;
mod ehlo;
mod line;
mod params;
mod path;
mod proxy;
mod reply;
mod server;
mod xtext;

pub use auth::auth;
pub use body::body;
pub use command::command;
pub use differential::{
    Comparison, DIFFERENTIALS, DISAGREEMENTS, Differential, differential_command,
    differential_data, differential_ehlo, differential_reply,
};
pub use ehlo::ehlo;
pub use line::line;
pub use params::params;
pub use path::path;
pub use proxy::proxy;
pub use reply::reply;
pub use server::server;
pub use xtext::xtext;

/// What a target does with an input.
pub type Target = fn(&[u8]);

/// Every target by the name of its corpus.
pub const TARGETS: [(&str, Target); 15] = [
    ("auth", auth),
    ("body", body),
    ("command", command),
    ("differential_command", differential_command),
    ("differential_data", differential_data),
    ("differential_ehlo", differential_ehlo),
    ("differential_reply", differential_reply),
    ("ehlo", ehlo),
    ("line", line),
    ("params", params),
    ("path", path),
    ("proxy", proxy),
    ("reply", reply),
    ("server", server),
    ("xtext", xtext),
];
