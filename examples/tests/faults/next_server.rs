//! The server behind is killed, with mail on its way to it.

use std::net::TcpListener;

use super::common::Edge;
use super::load::{Load, is_all_there};

/// What a listener of a server behind may be at, when it comes back.
fn fixed_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
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
    // Nobody was told anything that was not so, and nobody was cut off.
    assert!(front.files().is_empty());
    front.connect("mx").accepted(&["EHLO a.example", "NOOP"]);
}
