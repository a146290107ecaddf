//! Delivery into Maildirs, so that a message is there in whole and for good, or not at all.
//!
//! ```text
//! mail/example.test/alice/tmp/   being written; nobody looks here
//!                         new/   delivered
//!                         cur/   seen by a reader
//! ```
//!
//! A message is written once, into the `tmp` of its first mailbox. [`Delivery::commit`] brings the
//! file to the disk, links it into the `tmp` of every other mailbox (or copies it, where links do
//! not work), renames each into `new`, and brings those folders to the disk; then it returns, and a
//! server may say 250. Each mailbox has a file of its own. What is not committed is removed on drop.
//!
//! The octets are kept as they came: lines end in CRLF.
//!
//! # Blocking, on purpose
//!
//! Everything here is plain `std::fs` and blocks. In a task, put each call into [`blocking`]. The
//! alternative, to send every piece to a thread and wait for it, costs a copy and a switch for each
//! of them, while most writes end in a buffer of 64 KiB; and it leaves work running after a task was
//! cancelled. A call that never awaits cannot be cancelled half-way: a commit happens or it does not.

mod component;
mod delivery;
mod error;
mod folder;
mod unique;

use tokio::runtime::{Handle, RuntimeFlavor};

pub use component::{Component, NameTooLong};
pub use delivery::Delivery;
pub use error::DeliveryError;
pub use unique::id;

/// Runs work that blocks, from anywhere: on a worker of tokio, its other tasks go elsewhere first.
///
/// On a runtime with one thread, and outside of any, it simply runs.
pub fn blocking<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        Ok(_) | Err(_) => work(),
    }
}
