//! The server behind is killed, with mail on its way to it.

use std::net::TcpListener;

use super::common::Edge;
use super::load::{Load, is_all_there};

/// A port that a server behind can come back to: none of those that the system gives away.
fn fixed_port() -> u16 {
    let mut ports = 20_000..30_000;
    let free = ports.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    free.expect("a port that nobody has")
}

/// What was answered with 250 is where the server behind keeps it, once and whole; and when that is back, mail
/// goes on.
#[test]
fn killed_in_the_middle_of_messages() {
    const NAMES: &str =
        "hostname = \"edge.example.test\"\ndomains = [\"example.test\"]\ntls = false\n";
    let port = fixed_port();
    let mut behind = Edge::configured(&format!(
        "{NAMES}[[listener]]\nrole = \"lmtp\"\naddr = \"127.0.0.1:{port}\"\n"
    ));
    let front = Edge::delivering(&format!(
        "{NAMES}[[listener]]\nrole = \"mx\"\naddr = \"127.0.0.1:0\"\n\
         [deliver]\nlmtp = \"127.0.0.1:{port}\"\n"
    ));
    let load = Load::begin(front.port("mx"), 8);
    let mut answered = 0;
    for _ in 0..6 {
        answered += 30;
        load.wait_for(answered);
        behind = behind.again();
        // What was answered meanwhile does not count for the next round.
        answered = answered.max(load.answered());
    }
    load.wait_for(answered + 30);
    let accepted = load.end();
    is_all_there(&behind, &accepted);
    // It has come through all of that.
    front.connect("mx").accepted(&["EHLO a.example", "NOOP"]);
}
