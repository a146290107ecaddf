//! An accept loop: connections up to a limit in all and from one address, no spinning when the system is
//! out of something, and an end that lets work come to its own.
//!
//! ```text
//!   accept ─► too many? 421 and close ─► a task with the connection ─┐
//!     │ ▲                                                           │ stop: each is told by
//!     │ └─ a rest, when there are no more file descriptors          │ whoever serves it
//!     ▼                                                             ▼
//!   stop: the socket is closed ──────────► the grace period ──► who is left is cut off
//! ```

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::BytesMut;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::reply::Reply;

/// How many connections are served at a time, and what becomes of the others.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Serving {
    /// Connections in all; 20,000.
    pub connections: usize,
    /// Connections from one IPv4 address, or one IPv6 network of 64 bits, which is as small as one host
    /// gets; no limit. A proxy that is believed about its clients brings them all from its own address.
    pub per_address: usize,
    /// What is said to a connection that is one too many, in place of a greeting; 421 4.7.0. Where TLS comes
    /// before the greeting it is to be nothing.
    pub refusal: Option<Reply>,
    /// For how long connections that are left may go on when it is over; 10 seconds.
    pub grace: Duration,
}

/// What happens besides; for logs.
#[derive(Debug)]
#[non_exhaustive]
pub enum Incident {
    /// No connection could be accepted. If the system is out of something, the next is tried after a rest.
    NotAccepted(io::Error),
    /// A connection was one too many, in all or from its address.
    TooMany(SocketAddr),
    /// The grace period is over, and so many connections are cut off.
    CutOff(usize),
}

/// The rest of an accept loop when the system is out of something, at first and at the most.
const REST: Duration = Duration::from_millis(10);
const LONGEST_REST: Duration = Duration::from_secs(1);

impl Default for Serving {
    fn default() -> Self {
        Self {
            connections: 20_000,
            per_address: usize::MAX,
            refusal: Some(Reply::fixed(
                421,
                (4, 7, 0),
                "Too many connections, try again later",
            )),
            grace: Duration::from_secs(10),
        }
    }
}

impl Serving {
    /// Accepts connections until `stop` is cancelled and has each served by a task of its own, which
    /// `serve` makes; then waits for those that are left, for the grace period at the most.
    ///
    /// Whoever serves looks at `stop` as well: a session that idles is to be
    /// [told](super::server::Connection::shut_down), one in a transaction is to end it.
    ///
    /// To be called within a tokio runtime.
    ///
    /// # Cancel safety
    ///
    /// All connections are gone with the future; to end it, cancel `stop`.
    ///
    pub async fn run<F>(
        &self,
        listener: TcpListener,
        stop: CancellationToken,
        mut serve: impl FnMut(TcpStream, SocketAddr) -> F,
        mut tell: impl FnMut(Incident),
    ) where
        F: Future<Output = ()> + Send + 'static,
    {
        let room = Arc::new(Room::default());
        let mut tasks = JoinSet::new();
        let mut rest = REST;
        while !stop.is_cancelled() {
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                // What is over is forgotten as it ends, and not when the next one comes.
                Some(_) = tasks.join_next() => {}
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => {
                        rest = REST;
                        match room.seat(peer.ip(), self) {
                            Some(seat) => {
                                // In the box it is once; moved into the task, it would be there twice.
                                let served = Box::pin(serve(stream, peer));
                                tasks.spawn(async move {
                                    served.await;
                                    drop(seat);
                                });
                            }
                            None => {
                                self.turn_away(&stream);
                                tell(Incident::TooMany(peer));
                            }
                        }
                    }
                    Err(error) => {
                        let is_about_one = is_about_one(&error);
                        tell(Incident::NotAccepted(error));
                        if !is_about_one {
                            tokio::select! {
                                () = stop.cancelled() => break,
                                () = sleep(rest) => {}
                            }
                            rest = LONGEST_REST.min(rest.saturating_mul(2));
                        }
                    }
                },
            }
        }
        drop(listener);
        let all = async { while tasks.join_next().await.is_some() {} };
        if timeout(self.grace, all).await.is_err() {
            tell(Incident::CutOff(tasks.len()));
            tasks.shutdown().await;
        }
    }

    /// Says no, if there is room for it at once: nobody waits for a peer that is not served.
    fn turn_away(&self, stream: &TcpStream) {
        if let Some(refusal) = &self.refusal {
            let mut line = BytesMut::new();
            refusal.write(true, &mut line);
            let _ = stream.try_write(&line);
        }
    }
}

/// Whether an error of `accept` is about the connection that would have been accepted, and not about those
/// that come.
fn is_about_one(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

/// Who is served.
#[derive(Debug, Default)]
struct Room(Mutex<Taken>);

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// A place that is given back when the connection is over, however that ends.
#[derive(Debug)]
struct Seat {
    room: Arc<Room>,
    address: IpAddr,
}

impl Room {
    fn seat(self: &Arc<Self>, address: IpAddr, limits: &Serving) -> Option<Seat> {
        let address = neighbourhood(address);
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let from_there = taken.by_address.get(&address).copied().unwrap_or(0);
        if taken.all >= limits.connections || from_there >= limits.per_address {
            return None;
        }
        taken.all += 1;
        taken.by_address.insert(address, from_there + 1);
        Some(Seat {
            room: Arc::clone(self),
            address,
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.room.0.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all = taken.all.saturating_sub(1);
        match taken.by_address.get_mut(&self.address) {
            Some(count) if *count > 1 => *count -= 1,
            // An address that is not here any more is not remembered.
            _ => {
                taken.by_address.remove(&self.address);
            }
        }
    }
}

/// What counts as one address.
fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = u128::from(address) & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from(network))
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_are_given_back() {
        let room = Arc::new(Room::default());
        let limits = Serving {
            connections: 3,
            per_address: 2,
            ..Serving::default()
        };
        let seat = |address: &str| room.seat(address.parse().expect("an address"), &limits);
        let first = seat("192.0.2.1").expect("a seat");
        // Mapped, it is the same.
        let second = seat("::ffff:192.0.2.1").expect("a seat");
        assert!(seat("192.0.2.1").is_none());
        let third = seat("2001:db8::1").expect("a seat");
        assert!(seat("192.0.2.2").is_none(), "three in all");
        drop(first);
        let fourth = seat("2001:db8::ffff:2").expect("a seat");
        assert!(seat("2001:db8::3").is_none(), "two of one network");
        drop((second, third, fourth));
        let taken = room.0.lock().expect("nobody panicked");
        assert_eq!((taken.all, taken.by_address.len()), (0, 0));
    }
}
