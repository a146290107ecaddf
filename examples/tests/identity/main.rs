//! Who a client of `edge` is: by XCLIENT, XFORWARD and PROXY from those in front of it, and by XCLIENT to
//! the server behind it.
//!
//! | what happens | file |
//! |---|---|
//! | a proxy in front says who its client is | `in_front` |
//! | somebody else tries to | `take_over` |
//! | the next server is told, and asked at every step | `onwards` |
//! | another client goes on with a session there | `reuse` |

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests panic to fail"
)]

#[path = "../common/mod.rs"]
mod common;
mod in_front;
mod onwards;
mod reuse;
#[path = "../common/server.rs"]
mod server;
mod take_over;

/// `\0alice@example.test\0secret`
const AUTH: &str = "AUTH PLAIN AGFsaWNlQGV4YW1wbGUudGVzdABzZWNyZXQ=";

/// An edge without TLS, where submission takes AUTH in clear; `listener` goes into each of its listeners,
/// `rest` behind all of them.
fn edge(listener: &str, rest: &str) -> common::Edge {
    let mut config = String::from(
        "hostname = \"edge.example.test\"\ndomains = [\"example.test\"]\ntls = false\n\
         [[user]]\nname = \"alice@example.test\"\npassword = \"secret\"\n",
    );
    for role in ["mx", "submission", "lmtp"] {
        let clear = match role {
            "submission" => "cleartext_auth = \"allow\"\n",
            _ => "",
        };
        config += &format!(
            "[[listener]]\nrole = \"{role}\"\naddr = \"127.0.0.1:0\"\n{clear}{listener}\n"
        );
    }
    common::Edge::configured(&(config + rest))
}
