//! BDAT: a chunk of content, counted (RFC 3030 section 2).

use std::fmt;

use super::SyntaxError;
use crate::grammar::{DIGIT, number, run, skip_blanks};
use crate::verb::Arguments;

/// The arguments of BDAT. `Display` writes them as they are sent: `1000 LAST`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bdat {
    /// Octets of the chunk, which follow the CRLF of the command at once.
    pub size: u64,
    /// Whether the chunk is the last one, and the message ends with it.
    pub last: bool,
}

/// The arguments of BDAT (RFC 3030 section 2).
///
/// # Errors
///
/// [`SyntaxError::ChunkSize`] if the size is no number, [`SyntaxError::ChunkTooLarge`] if it is
/// beyond what 64 bits hold, [`SyntaxError::UnexpectedArgument`] for anything but `LAST` behind it.
/// After any of them it is not known how many octets of content follow: the only safe reply is the
/// last one.
pub fn bdat(arguments: Arguments<'_>) -> Result<Bdat, SyntaxError> {
    let (rest, digits) = match run(DIGIT, arguments.trimmed()) {
        ([], []) => return Err(SyntaxError::MissingArgument),
        (_, []) => return Err(SyntaxError::ChunkSize),
        (rest @ ([] | [b' ', ..]), digits) => (rest, digits),
        _ => return Err(SyntaxError::ChunkSize),
    };
    let last = match skip_blanks(rest) {
        [] => false,
        marker if marker.eq_ignore_ascii_case(b"LAST") => true,
        _ => return Err(SyntaxError::UnexpectedArgument),
    };
    let size = number(digits).map_err(|_| SyntaxError::ChunkTooLarge)?;
    Ok(Bdat { size, last })
}

impl fmt::Display for Bdat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.size, if self.last { " LAST" } else { "" })
    }
}
