//! What the fuzz targets do with their input; each is a plain function, so that a test can replay
//! the corpora on stable Rust.

#![forbid(unsafe_code)]

mod server;

pub use server::server;
