//! The program `send` against servers that say what a test wants, on loopback.
//!
//! | what happens | file |
//! |---|---|
//! | mail transactions, in a flight and one by one | `transaction` |
//! | this side refuses, and the server hears nothing of it | `refused_here` |
//! | AUTH | `login` |
//! | XCLIENT | `xclient` |
//! | STARTTLS, implicit TLS, certificates | `tls` |
//! | the server is slow, gone, or no mail server | `broken_server` |
//! | the command line | `command_line` |

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests panic to fail"
)]

mod broken_server;
mod command_line;
mod login;
mod program;
mod refused_here;
#[path = "../common/server.rs"]
mod server;
mod tls;
mod transaction;
mod xclient;

const MESSAGE: &str = "Subject: dots\n\n.one\n..two\nno line end";
/// [`MESSAGE`] as RFC 5321 section 4.5.2 has it on the wire.
const ON_THE_WIRE: &str = "Subject: dots\r\n\r\n..one\r\n...two\r\nno line end\r\n.\r\n";
/// The octets of it by RFC 1870 section 5: without doubled dots, without the last line.
const SIZE: usize = 43;

const BOB: [&str; 2] = ["--rcpt", "bob@example.test"];
const THREE: [&str; 6] = [
    "--rcpt",
    "bob@example.test",
    "--rcpt",
    "carol@example.test",
    "--rcpt",
    "dave@example.test",
];
/// The credentials of RFC 4616 section 4, which may travel in clear on loopback.
const LOGIN: [&str; 6] = [
    "--user",
    "tim",
    "--password",
    "tanstaaftanstaaf",
    "--cleartext-auth",
    "loopback",
];
/// The message of PLAIN with them, as that section has it.
const TIM: &str = "AHRpbQB0YW5zdGFhZnRhbnN0YWFm";
