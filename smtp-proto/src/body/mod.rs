//! The content of a message on the wire: after DATA with dots stuffed, ended by CRLF `.` CRLF
//! (RFC 5321 section 4.5.2), or after BDAT in chunks that are counted (RFC 3030).
//!
//! [`DataReader`] and [`BdatReader`] take it off the wire, [`DataWriter`] and [`BdatWriter`] put it
//! on. All believe in one line end only, CRLF: it is where readers and writers disagreed about line
//! ends that one message was made to hold a second one.

mod bdat;
mod clean;
mod reader;
mod text;
mod writer;

pub use bdat::{BdatReader, BdatWriter, ChunkedTotal};
pub use reader::{BareLineEnds, BodyFault, DataFrame, DataReader};
pub use writer::DataWriter;

/// Octets of content that are not worth a piece of their own, unless a line or a chunk ends in them.
pub(crate) const LITTLE: usize = 512;
