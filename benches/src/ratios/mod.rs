//! Measures of us beside our peers, interleaved in one run.
//!
//! Times of one run are compared with times of the same run alone: batches of a few milliseconds
//! take turns, and the median of each contestant's batches counts. What a contestant costs in
//! allocations is counted apart from the time.
//!
//! Which peer takes part where:
//!
//! | peer | command | reply | receive | send |
//! |---|---|---|---|---|
//! | smtp-proto (Stalwart) | yes | yes; EHLO as well | yes | has none |
//! | mailrs-smtp-proto | yes; it keeps parameters as text | has none | yes, of a message that is whole | has none |
//! | smtp-message | yes; it keeps parameters as text | yes | yes, in place | yes, as an asynchronous writer |
//! | smtp-codec | yes; it keeps parameters as text | EHLO | has none | has none |
//! | mailrs-smtp-client | has none | yes; EHLO as text | has none | yes |
//! | io-smtp | has none | yes; EHLO as well | has none | yes, by way of its DATA exchange; whole deliveries as well |
//! | lettre | has none | yes; EHLO as well | has none | not public |
//! | memcpy | | | yes | yes |
//! | memmem | | | the search for CRLF `.` CRLF | |

mod command;
mod delivery;
mod inputs;
mod linear;
mod measure;
mod receive;
mod reply;
mod send;
mod session;

pub use measure::{Contestant, Effort, Measure, Unit};

/// All measures, by name.
#[must_use]
pub fn measures() -> Vec<Measure> {
    let mut measures = command::measures();
    measures.extend(reply::measures());
    measures.extend(receive::measures());
    measures.extend(send::measures());
    measures.extend(session::measures());
    measures.extend(delivery::measures());
    measures.extend(linear::measures());
    measures
}
