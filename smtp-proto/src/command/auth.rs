//! The arguments of AUTH (RFC 4954 section 4). They may hold a password.

use std::fmt;

use super::SyntaxError;
use crate::auth::MechanismName;
use crate::grammar::{MECHANISM, run, skip_blanks};
use crate::verb::Arguments;

/// The arguments of AUTH. `Debug` does not tell the initial response, which may be a password; for
/// that it has no owned twin either.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Auth<'i> {
    mechanism: MechanismName<'i>,
    initial_response: Option<&'i [u8]>,
}

impl<'i> Auth<'i> {
    /// The name of the mechanism, by its form; whether there is such a mechanism is another question.
    #[must_use]
    pub const fn mechanism(self) -> MechanismName<'i> {
        self.mechanism
    }

    /// The initial response as received, in base64 (not checked), or `=` for an empty one; `None`
    /// if there is none.
    #[must_use]
    pub const fn initial_response(self) -> Option<&'i [u8]> {
        self.initial_response
    }
}

impl fmt::Debug for Auth<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let redacted = self.initial_response.map(|_| "redacted");
        f.debug_struct("Auth")
            .field("mechanism", &self.mechanism)
            .field("initial_response", &redacted)
            .finish()
    }
}

/// The arguments of AUTH (RFC 4954 section 4).
///
/// # Errors
///
/// [`SyntaxError`] says which rule is broken.
pub fn auth(arguments: Arguments<'_>) -> Result<Auth<'_>, SyntaxError> {
    let (rest, mechanism) = match run(MECHANISM, arguments.trimmed()) {
        ([], []) => return Err(SyntaxError::MissingArgument),
        (rest @ ([] | [b' ', ..]), name) => (rest, MechanismName::parse(name)?),
        _ => return Err(SyntaxError::Mechanism),
    };
    let response = skip_blanks(rest);
    if memchr::memchr2(b' ', b'\t', response).is_some() {
        return Err(SyntaxError::UnexpectedArgument);
    }
    // Whether it is base64 is for the exchange to say, yet it must not hold what would end the line
    // that it is sent in.
    if !response.iter().all(u8::is_ascii_graphic) {
        return Err(SyntaxError::Text);
    }
    Ok(Auth {
        mechanism,
        initial_response: (!response.is_empty()).then_some(response),
    })
}
