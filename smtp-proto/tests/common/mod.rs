//! What the tests of conversations share.

#![allow(dead_code, reason = "each test binary uses its part")]

pub(crate) mod script;
pub(crate) mod server;
