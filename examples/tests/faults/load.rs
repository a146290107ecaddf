//! Clients that send messages, each of which can be told from all others.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::common::Edge;

/// How a message ends: what lacks it is not whole.
const END: &str = "the end of it";

/// Clients at work, until they are stopped or the server is gone.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    clients: Vec<JoinHandle<Vec<String>>>,
    /// Messages that were answered with 250 so far.
    answered: Arc<AtomicUsize>,
}

impl Load {
    /// So many clients, each with a connection of its own, and a new one when that is lost.
    pub(crate) fn begin(port: u16, clients: usize) -> Self {
        let (stop, answered) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicUsize::new(0)),
        );
        let clients = (0..clients).map(|client| {
            let (stop, answered) = (Arc::clone(&stop), Arc::clone(&answered));
            thread::spawn(move || {
                let (mut accepted, mut number) = (Vec::new(), 0);
                while !stop.load(Ordering::Relaxed) {
                    let sent = session(port, client, &mut number, &stop, |id| {
                        accepted.push(id);
                        answered.fetch_add(1, Ordering::Relaxed);
                    });
                    if sent.is_none() && TcpStream::connect(("127.0.0.1", port)).is_err() {
                        // Nobody is there any more.
                        break;
                    }
                }
                accepted
            })
        });
        let clients = clients.collect();
        Self {
            stop,
            clients,
            answered,
        }
    }

    /// How many messages were answered with 250 so far.
    pub(crate) fn answered(&self) -> usize {
        self.answered.load(Ordering::Relaxed)
    }

    /// Waits until so many messages were answered with 250.
    pub(crate) fn wait_for(&self, messages: usize) {
        for _ in 0..2000 {
            if self.answered() >= messages {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("only {} messages were taken", self.answered());
    }

    /// The messages that were answered with 250.
    pub(crate) fn end(self) -> Vec<String> {
        self.stop.store(true, Ordering::Relaxed);
        let clients = self.clients.into_iter();
        clients.flat_map(|it| it.join().unwrap()).collect()
    }
}

/// Sends messages in one connection; `None` when it is lost.
fn session(
    port: u16,
    client: usize,
    number: &mut usize,
    stop: &AtomicBool,
    mut accepted: impl FnMut(String),
) -> Option<()> {
    let address = ("127.0.0.1", port).to_socket_addrs().ok()?.next()?;
    let stream = TcpStream::connect_timeout(&address, Duration::from_secs(5)).ok()?;
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .ok()?;
    stream.set_nodelay(true).ok()?;
    let mut stream = BufReader::new(stream);
    let reply = |stream: &mut BufReader<TcpStream>| -> Option<String> {
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if line.as_bytes().get(3) == Some(&b' ') {
                return Some(line);
            }
        }
    };
    reply(&mut stream).filter(|it| it.starts_with("220"))?;
    stream
        .get_mut()
        .write_all(b"EHLO client.example.org\r\n")
        .ok()?;
    reply(&mut stream)?;
    while !stop.load(Ordering::Relaxed) {
        *number += 1;
        let id = format!("message-{client}-{number}-");
        let group = "MAIL FROM:<a@client.example.org>\r\nRCPT TO:<alice@example.test>\r\nDATA\r\n";
        stream.get_mut().write_all(group.as_bytes()).ok()?;
        for code in ["250", "250", "354"] {
            reply(&mut stream).filter(|it| it.starts_with(code))?;
        }
        let body = format!("Subject: {id}\r\n\r\n{}{END}\r\n.\r\n", "x\r\n".repeat(200));
        stream.get_mut().write_all(body.as_bytes()).ok()?;
        reply(&mut stream).filter(|it| it.starts_with("250"))?;
        accepted(id);
    }
    let _ = stream.get_mut().write_all(b"QUIT\r\n");
    Some(())
}

/// Every message that was answered with 250 is in the Maildir, exactly once; and none that is there is
/// less than whole. Others may be there: their 250 was lost on the way.
pub(crate) fn is_all_there(edge: &Edge, accepted: &[String]) {
    let mut stored = HashSet::new();
    for file in edge.files() {
        let folder = file.parent().unwrap().file_name().unwrap();
        if folder == "tmp" {
            // What a killed server leaves is nobody's mail.
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(
            text.ends_with(&format!("{END}\r\n")),
            "{} is cut",
            file.display()
        );
        let (_, rest) = text.split_once("Subject: ").unwrap();
        let id = rest.split("\r\n").next().unwrap().to_owned();
        assert!(stored.insert(id.clone()), "{id} is there twice");
    }
    for id in accepted {
        assert!(stored.contains(id), "{id} was taken and is not there");
    }
}
