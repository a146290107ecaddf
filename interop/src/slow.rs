//! A network that takes its time.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// A port of this host that leads to another one, 60 ms away, with every octet in a packet of its own.
/// On an idle loopback what is said too early is mostly in time; here it never is.
///
/// # Panics
///
/// If there is no port.
#[must_use]
pub fn slow(to: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("it is bound").port();
    thread::spawn(move || {
        for near in listener.incoming().flatten() {
            let Ok(far) = TcpStream::connect(("127.0.0.1", to)) else {
                continue;
            };
            for (from, to) in [(near.try_clone(), far.try_clone()), (Ok(far), Ok(near))] {
                if let (Ok(from), Ok(to)) = (from, to) {
                    thread::spawn(move || pass_on(from, to));
                }
            }
        }
    });
    port
}

fn pass_on(mut from: TcpStream, mut to: TcpStream) {
    let _ = to.set_nodelay(true);
    let mut octets = [0; 4096];
    while let Ok(length @ 1..) = from.read(&mut octets) {
        thread::sleep(Duration::from_millis(60));
        for octet in octets.iter().take(length) {
            if to.write_all(&[*octet]).is_err() {
                return;
            }
        }
    }
    let _ = to.shutdown(std::net::Shutdown::Write);
}
