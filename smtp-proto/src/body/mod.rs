//! The content of a message on the wire after DATA: dots stuffed, ended by CRLF `.` CRLF
//! (RFC 5321 section 4.5.2).
//!
//! [`DataReader`] takes it off the wire, [`DataWriter`] puts it on. Both believe in one line end
//! only, CRLF: it is where readers and writers disagreed about line ends that one message was made
//! to hold a second one.

mod reader;
mod writer;

pub use reader::{BodyFault, DataFrame, DataReader};
pub use writer::DataWriter;
