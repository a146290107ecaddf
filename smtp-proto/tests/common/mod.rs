//! What the tests of conversations share.

#![allow(dead_code, reason = "each test binary uses its part")]

pub mod script;
pub mod server;
