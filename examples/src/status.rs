//! A reply in numbers and words, before it becomes one on the wire.

use std::fmt;

use mailwire_smtp_proto::reply::EnhancedCode;

/// A reply code, its enhanced status code (RFC 3463) and a line of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// The reply code (RFC 5321 section 4.2).
    pub code: u16,
    /// Class, subject, detail; the class is that of the code.
    pub enhanced: (u8, u16, u16),
    /// Printable ASCII in one line, without codes.
    pub text: &'static str,
}

impl Status {
    /// The mailbox does not exist.
    pub const NO_SUCH_MAILBOX: Self = Self {
        code: 550,
        enhanced: (5, 1, 1),
        text: "No such mailbox here",
    };
    /// The mailbox cannot exist: its name does not fit into a file system.
    pub const MAILBOX_NAME_TOO_LONG: Self = Self {
        code: 553,
        enhanced: (5, 1, 3),
        text: "Mailbox name too long",
    };
    /// There is no room, which somebody will make: 452, not 552.
    pub const STORAGE_FULL: Self = Self {
        code: 452,
        enhanced: (4, 3, 1),
        text: "Insufficient system storage",
    };
    /// Something else failed here, and may work later.
    pub const LOCAL_ERROR: Self = Self {
        code: 451,
        enhanced: (4, 3, 0),
        text: "Local error, try again later",
    };
}

/// Writes the reply line without its end: `550 5.1.1 No such mailbox here`.
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (class, subject, detail) = self.enhanced;
        write!(f, "{} {class}.{subject}.{detail} {}", self.code, self.text)
    }
}

/// An enhanced status code as its numbers: class, subject, detail.
pub(crate) fn numbers(code: EnhancedCode) -> (u8, u16, u16) {
    (code.class() as u8, code.subject(), code.detail())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_enhanced_class_is_that_of_the_code() {
        for status in [
            Status::NO_SUCH_MAILBOX,
            Status::MAILBOX_NAME_TOO_LONG,
            Status::STORAGE_FULL,
            Status::LOCAL_ERROR,
        ] {
            assert_eq!(u16::from(status.enhanced.0), status.code / 100, "{status}");
        }
    }

    #[test]
    fn is_written_as_a_reply_line() {
        assert_eq!(
            Status::NO_SUCH_MAILBOX.to_string(),
            "550 5.1.1 No such mailbox here"
        );
    }
}
