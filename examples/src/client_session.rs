//! What a client's session begins with: the name that it gives, and the times that it waits.

use std::net::IpAddr;
use std::time::Duration;

use mailwire_smtp_proto::host::{HelloNameBuf, HostError};
use mailwire_smtp_proto::timer::Timeouts;

/// The name of a host that may have none (RFC 5321 section 4.1.4).
pub(crate) fn address_literal(address: IpAddr) -> Result<HelloNameBuf, HostError> {
    match address.to_canonical() {
        IpAddr::V4(address) => format!("[{address}]").parse(),
        IpAddr::V6(address) => format!("[IPv6:{address}]").parse(),
    }
}

/// One time for every wait, in place of RFC 5321's.
pub(crate) fn timeouts(each: Duration) -> Timeouts {
    Timeouts {
        command: each,
        data_block: each,
        answer: each,
        handshake: each,
        greeting: each,
        reply: each,
        data_reply: each,
        data_done: each,
        // It is short as it is.
        farewell: each.min(Timeouts::default().farewell),
        ..Timeouts::default()
    }
}
