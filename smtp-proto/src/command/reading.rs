//! How the lines of commands are read: what the grammar alone does not settle.

use crate::charset::Charset;

/// How a command line is read.
///
/// ```
/// use mailwire_smtp_proto::command::{Command, Reading};
///
/// let line = "RCPT TO: <user@example.org>";
/// assert!(Command::parse(line).is_ok());
/// assert!(Command::parse_as(Reading::STRICT, line).is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Reading {
    /// What the address of RCPT and its parameters may be made of: UTF-8 in a transaction whose MAIL
    /// had SMTPUTF8. MAIL, VRFY and EXPN say by a parameter of their own whether they have it.
    pub charset: Charset,
    /// Whether blanks may stand behind `FROM:` and `TO:`.
    ///
    /// RFC 5321 section 3.3 permits none. Clients in wide use send one, as the header field From
    /// has one, and nothing else could be meant: so it is taken by default.
    pub blank_after_colon: bool,
}

impl Reading {
    /// Paths by the letter of RFC 5321, in ASCII.
    ///
    /// What is left tolerant does not depend on the reading, as it cannot be taken for anything
    /// else and refusing it would lose mail: white space at a line's end, several blanks between
    /// parameters and between the arguments of BDAT, zeros in front of numbers, `_` and `:` in the
    /// names of hello, and any text behind VRFY and EXPN. The rules stand with each.
    pub const STRICT: Self = Self {
        charset: Charset::Ascii,
        blank_after_colon: false,
    };

    /// ASCII, and blanks are taken where they do no harm: the default.
    pub const LENIENT: Self = Self {
        charset: Charset::Ascii,
        blank_after_colon: true,
    };

    /// The same in another character set.
    #[must_use]
    pub const fn with_charset(self, charset: Charset) -> Self {
        Self { charset, ..self }
    }
}

impl Default for Reading {
    fn default() -> Self {
        Self::LENIENT
    }
}
