//! Too many come.

use std::net::TcpStream;
use std::thread::sleep;
use std::time::Duration;

use super::common::{Edge, Talk};

const TOO_MANY: &str = "421 4.7.0 Too many connections, try again later";

/// Waits until the listener has a place again.
fn until_served(edge: &Edge) -> Talk {
    for _ in 0..200 {
        let mut talk = edge.dial("mx");
        if talk.reply().starts_with("220 ") {
            return talk;
        }
        sleep(Duration::from_millis(20));
    }
    panic!("nobody is served any more")
}

#[test]
fn one_thousand_of_two_thousand_are_served() {
    rlimit::increase_nofile_limit(3000).unwrap();
    let edge = Edge::start("tls = false\nlimits = { connections = 1000 }");
    let mut served = Vec::new();
    let mut refused = 0;
    for _ in 0..2000 {
        let mut talk = edge.dial("mx");
        match talk.reply() {
            greeting if greeting.starts_with("220 ") => served.push(talk),
            refusal => {
                assert_eq!(refusal, TOO_MANY);
                refused += 1;
            }
        }
    }
    assert_eq!((served.len(), refused), (1000, 1000));
    // Those that are served are not disturbed, and their places are given back.
    served
        .last_mut()
        .unwrap()
        .accepted(&["EHLO a.example", "NOOP"]);
    // The other listeners have places of their own.
    edge.connect("lmtp").accepted(&["LHLO a.example"]);
    drop(served);
    until_served(&edge).accepted(&["EHLO a.example"]);
}

#[test]
fn one_address_does_not_take_all_places() {
    let edge = Edge::start("tls = false\nlimits = { connections_per_address = 3 }");
    let served: Vec<Talk> = (0..3).map(|_| edge.connect("mx")).collect();
    assert_eq!(edge.dial("mx").reply(), TOO_MANY);
    // From another address of this host.
    let socket = edge.dial_from("127.0.0.9", "mx").reply();
    assert!(socket.starts_with("220 "), "{socket}");
    drop(served);
    until_served(&edge);
}

/// Without file descriptors it waits for some, and does not ask for them all the time.
#[test]
fn out_of_file_descriptors() {
    let edge = Edge::limited("tls = false", 40);
    // The kernel completes what is not accepted yet.
    let open: Vec<TcpStream> = (0..80)
        .map(|_| TcpStream::connect(("127.0.0.1", edge.port("mx"))).unwrap())
        .collect();
    sleep(Duration::from_secs(3));
    let log = edge.log();
    let complaints = log.matches("no connection accepted").count();
    // 10, 20, 40 ... 640 ms, and then one in a second.
    assert!((1..=15).contains(&complaints), "{complaints}\n{log}");
    drop(open);
    until_served(&edge).accepted(&["EHLO a.example"]);
}
