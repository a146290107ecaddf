//! The command words, and the cut between a command word and its arguments.

use std::fmt;

use crate::grammar;

/// A command word that this crate knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verb {
    /// HELO (RFC 5321 section 4.1.1.1).
    Helo,
    /// EHLO (RFC 5321 section 4.1.1.1).
    Ehlo,
    /// LHLO, the hello of LMTP (RFC 2033 section 4.1).
    Lhlo,
    /// MAIL (RFC 5321 section 4.1.1.2).
    Mail,
    /// RCPT (RFC 5321 section 4.1.1.3).
    Rcpt,
    /// DATA (RFC 5321 section 4.1.1.4).
    Data,
    /// RSET (RFC 5321 section 4.1.1.5).
    Rset,
    /// NOOP (RFC 5321 section 4.1.1.9).
    Noop,
    /// QUIT (RFC 5321 section 4.1.1.10).
    Quit,
    /// VRFY (RFC 5321 section 4.1.1.6).
    Vrfy,
    /// EXPN (RFC 5321 section 4.1.1.7).
    Expn,
    /// HELP (RFC 5321 section 4.1.1.8).
    Help,
    /// STARTTLS (RFC 3207 section 4).
    StartTls,
    /// AUTH (RFC 4954 section 4).
    Auth,
    /// BDAT (RFC 3030 section 2).
    Bdat,
    /// ETRN (RFC 1985).
    Etrn,
    /// XCLIENT (Postfix, XCLIENT_README).
    Xclient,
    /// XFORWARD (Postfix, XFORWARD_README).
    Xforward,
}

/// The line starts with no command word that this crate knows; 500 is the reply to that (RFC 5321
/// section 4.2.4).
///
/// It does not say which word it was: the line may be anything, a password included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("the command is not known (RFC 5321 section 4.2.4)")]
pub struct UnknownVerb;

/// The rest of a command line behind its verb and one blank, exactly as received.
///
/// `Debug` tells the length alone, for the arguments of AUTH are secrets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Arguments<'i>(&'i [u8]);

impl Verb {
    /// How many verbs there are.
    pub const COUNT: usize = 18;

    /// Every verb; [`index`](Self::index) is the place in this list.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Helo,
        Self::Ehlo,
        Self::Lhlo,
        Self::Mail,
        Self::Rcpt,
        Self::Data,
        Self::Rset,
        Self::Noop,
        Self::Quit,
        Self::Vrfy,
        Self::Expn,
        Self::Help,
        Self::StartTls,
        Self::Auth,
        Self::Bdat,
        Self::Etrn,
        Self::Xclient,
        Self::Xforward,
    ];

    /// The place of this verb in [`ALL`](Self::ALL), for tables.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The word in upper case, such as `STARTTLS`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Helo => "HELO",
            Self::Ehlo => "EHLO",
            Self::Lhlo => "LHLO",
            Self::Mail => "MAIL",
            Self::Rcpt => "RCPT",
            Self::Data => "DATA",
            Self::Rset => "RSET",
            Self::Noop => "NOOP",
            Self::Quit => "QUIT",
            Self::Vrfy => "VRFY",
            Self::Expn => "EXPN",
            Self::Help => "HELP",
            Self::StartTls => "STARTTLS",
            Self::Auth => "AUTH",
            Self::Bdat => "BDAT",
            Self::Etrn => "ETRN",
            Self::Xclient => "XCLIENT",
            Self::Xforward => "XFORWARD",
        }
    }

    /// The verb with exactly this name, in any letter case (RFC 5321 section 2.4).
    #[must_use]
    #[inline]
    pub fn parse(word: impl AsRef<[u8]>) -> Option<Self> {
        let word = word.as_ref();
        let verb = match grammar::fold(word) {
            HELO => Self::Helo,
            EHLO => Self::Ehlo,
            LHLO => Self::Lhlo,
            MAIL => Self::Mail,
            RCPT => Self::Rcpt,
            DATA => Self::Data,
            RSET => Self::Rset,
            NOOP => Self::Noop,
            QUIT => Self::Quit,
            VRFY => Self::Vrfy,
            EXPN => Self::Expn,
            HELP => Self::Help,
            STARTTLS => Self::StartTls,
            AUTH => Self::Auth,
            BDAT => Self::Bdat,
            ETRN => Self::Etrn,
            XCLIENT => Self::Xclient,
            XFORWARD => Self::Xforward,
            _ => return None,
        };
        // Octets that are no letters can be lost in the folding (NUL is), letters cannot.
        (word.len() == verb.as_str().len()).then_some(verb)
    }

    /// Cuts a line, which has lost its CRLF, behind its verb.
    ///
    /// The verb reaches to the first blank (space or tab) or to the end. One space is the
    /// separator and belongs to neither part; a tab is not, so it is left for the arguments, where
    /// it is white space at the end of the line or an error.
    ///
    /// # Errors
    ///
    /// [`UnknownVerb`] if the line does not start with a known verb; an empty line does not.
    #[inline]
    pub fn split(line: &[u8]) -> Result<(Self, Arguments<'_>), UnknownVerb> {
        let (word, rest) = match line.split_first_chunk::<4>() {
            // Most verbs have four letters. A blank among the four makes them none.
            Some((word, rest @ ([] | [b' ' | b'\t', ..]))) => (&word[..], rest),
            _ => {
                let end = line.iter().position(|octet| matches!(octet, b' ' | b'\t'));
                line.split_at_checked(end.unwrap_or(line.len()))
                    .unwrap_or((line, &[]))
            }
        };
        let verb = Self::parse(word).ok_or(UnknownVerb)?;
        Ok((verb, Arguments(rest.strip_prefix(b" ").unwrap_or(rest))))
    }
}

const HELO: u64 = grammar::fold(b"HELO");
const EHLO: u64 = grammar::fold(b"EHLO");
const LHLO: u64 = grammar::fold(b"LHLO");
const MAIL: u64 = grammar::fold(b"MAIL");
const RCPT: u64 = grammar::fold(b"RCPT");
const DATA: u64 = grammar::fold(b"DATA");
const RSET: u64 = grammar::fold(b"RSET");
const NOOP: u64 = grammar::fold(b"NOOP");
const QUIT: u64 = grammar::fold(b"QUIT");
const VRFY: u64 = grammar::fold(b"VRFY");
const EXPN: u64 = grammar::fold(b"EXPN");
const HELP: u64 = grammar::fold(b"HELP");
const STARTTLS: u64 = grammar::fold(b"STARTTLS");
const AUTH: u64 = grammar::fold(b"AUTH");
const BDAT: u64 = grammar::fold(b"BDAT");
const ETRN: u64 = grammar::fold(b"ETRN");
const XCLIENT: u64 = grammar::fold(b"XCLIENT");
const XFORWARD: u64 = grammar::fold(b"XFORWARD");

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl<'i> Arguments<'i> {
    /// Arguments that were cut from a line by other means.
    #[must_use]
    pub const fn new(octets: &'i [u8]) -> Self {
        Self(octets)
    }

    /// The octets as received, white space at the end of the line included.
    #[must_use]
    pub const fn as_bytes(self) -> &'i [u8] {
        self.0
    }

    /// The octets without the white space at the end of the line, which RFC 5321 section 4.1.1
    /// asks servers to tolerate.
    #[must_use]
    pub fn trimmed(self) -> &'i [u8] {
        grammar::trim_end(self.0)
    }
}

impl fmt::Debug for Arguments<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Arguments({} octets)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn index_is_the_place_in_all() {
        for (place, verb) in Verb::ALL.into_iter().enumerate() {
            assert_eq!(verb.index(), place);
            assert_eq!(Verb::parse(verb.as_str()), Some(verb));
            assert_eq!(Verb::parse(verb.as_str().to_ascii_lowercase()), Some(verb));
        }
    }

    #[test]
    fn octets_that_fold_to_nothing_do_not_make_a_verb() {
        for word in [
            &b"\0MAIL"[..],
            b"\x20MAIL",
            b"",
            b"\0",
            b"MAILX",
            b"MAI",
            b"STARTTLSX",
            b"M\xC1IL",
        ] {
            assert_eq!(Verb::parse(word), None, "{word:?}");
        }
    }

    #[test]
    fn arguments_are_not_printed() {
        let (_, arguments) = Verb::split(b"AUTH PLAIN c2VjcmV0").unwrap();
        assert_eq!(format!("{arguments:?}"), "Arguments(14 octets)");
    }
}
