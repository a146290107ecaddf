//! MAIL and RCPT: the commands of the envelope.

use std::fmt;

use super::{Reading, SyntaxError};
use crate::charset::Charset;
use crate::grammar::{self, Parsed, skip_blanks, taken};
use crate::params::{MailParameters, MailParametersBuf, RcptParameters, RcptParametersBuf};
use crate::path::{self, ForwardPath, ForwardPathBuf, PathError, ReversePath, ReversePathBuf};
use crate::verb::Arguments;

/// The arguments of MAIL. `Display` writes them as they are sent: `FROM:<user@example.org>`; with
/// SMTPUTF8 also where only the path needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mail<'i> {
    /// The sender.
    pub reverse_path: ReversePath<'i>,
    /// What else is asked for.
    pub parameters: MailParameters<'i>,
}

/// The arguments of RCPT. `Display` writes them as they are sent: `TO:<user@example.org>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rcpt<'i> {
    /// The recipient.
    pub forward_path: ForwardPath<'i>,
    /// What else is asked for.
    pub parameters: RcptParameters<'i>,
}

/// The owned twin of [`Mail`].
#[derive(Clone)]
pub struct MailBuf {
    /// The sender.
    pub reverse_path: ReversePathBuf,
    /// What else is asked for.
    pub parameters: MailParametersBuf,
}

/// The owned twin of [`Rcpt`].
#[derive(Clone)]
pub struct RcptBuf {
    /// The recipient.
    pub forward_path: ForwardPathBuf,
    /// What else is asked for.
    pub parameters: RcptParametersBuf,
}

/// The arguments of MAIL (RFC 5321 section 4.1.1.2). UTF-8 in the path needs SMTPUTF8 behind it
/// (RFC 6531 section 3.4).
///
/// # Errors
///
/// [`SyntaxError`] says which rule is broken.
#[inline]
pub fn mail(reading: Reading, arguments: Arguments<'_>) -> Result<Mail<'_>, SyntaxError> {
    let mut mail = Mail::NONE;
    mail.read(reading, arguments)?;
    Ok(mail)
}

/// The arguments of RCPT (RFC 5321 section 4.1.1.3).
///
/// # Errors
///
/// [`SyntaxError`] says which rule is broken.
#[inline]
pub fn rcpt(reading: Reading, arguments: Arguments<'_>) -> Result<Rcpt<'_>, SyntaxError> {
    let mut rcpt = Rcpt::NONE;
    rcpt.read(reading, arguments)?;
    Ok(rcpt)
}

impl<'i> Mail<'i> {
    /// What [`read`](Self::read) begins with.
    pub(crate) const NONE: Self = Self {
        reverse_path: ReversePath::Null,
        parameters: MailParameters::NONE,
    };

    /// Parses into [`NONE`](Self::NONE): it takes long to move a value of this size.
    pub(crate) fn read(
        &mut self,
        reading: Reading,
        arguments: Arguments<'i>,
    ) -> Result<(), SyntaxError> {
        let rest = after_keyword(reading, b"FROM:", SyntaxError::FromKeyword, arguments)?;
        // The parameter that permits UTF-8 comes after the path that has it.
        let path = rest;
        let (rest, reverse_path) = separated(path::reverse_path(Charset::Utf8, path))?;
        self.reverse_path = reverse_path;
        self.parameters.read(rest).map_err(SyntaxError::Parameter)?;
        // A source route, which is dropped, counts as well.
        if !self.parameters.smtputf8 && !taken(path, rest).is_ascii() {
            return Err(SyntaxError::Path(PathError::NonAscii));
        }
        Ok(())
    }
}

impl<'i> Rcpt<'i> {
    /// What [`read`](Self::read) begins with.
    pub(crate) const NONE: Self = Self {
        forward_path: ForwardPath::Postmaster,
        parameters: RcptParameters::NONE,
    };

    /// Parses into [`NONE`](Self::NONE), as [`Mail::read`].
    pub(crate) fn read(
        &mut self,
        reading: Reading,
        arguments: Arguments<'i>,
    ) -> Result<(), SyntaxError> {
        let charset = reading.charset;
        let rest = after_keyword(reading, b"TO:", SyntaxError::ToKeyword, arguments)?;
        let (rest, forward_path) = separated(path::forward_path(charset, rest))?;
        self.forward_path = forward_path;
        self.parameters
            .read(charset, rest)
            .map_err(SyntaxError::Parameter)
    }
}

impl Mail<'_> {
    /// The owned twin.
    #[must_use]
    pub fn to_owned(self) -> MailBuf {
        MailBuf {
            reverse_path: self.reverse_path.to_owned(),
            parameters: self.parameters.to_owned(),
        }
    }
}

impl MailBuf {
    /// The borrowed form. It is not parsed again.
    #[must_use]
    pub fn borrow(&self) -> Mail<'_> {
        Mail {
            reverse_path: self.reverse_path.borrow(),
            parameters: self.parameters.borrow(),
        }
    }
}

grammar::owned_twin!(MailBuf, Mail);

impl Rcpt<'_> {
    /// The owned twin.
    #[must_use]
    pub fn to_owned(self) -> RcptBuf {
        RcptBuf {
            forward_path: self.forward_path.to_owned(),
            parameters: self.parameters.to_owned(),
        }
    }
}

impl RcptBuf {
    /// The borrowed form. It is not parsed again.
    #[must_use]
    pub fn borrow(&self) -> Rcpt<'_> {
        Rcpt {
            forward_path: self.forward_path.borrow(),
            parameters: self.parameters.borrow(),
        }
    }
}

grammar::owned_twin!(RcptBuf, Rcpt);

impl fmt::Display for Mail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without it a path in UTF-8 is none (RFC 6531 section 3.4).
        let parameters = MailParameters {
            smtputf8: self.parameters.smtputf8 || !self.reverse_path.is_ascii(),
            ..self.parameters
        };
        write!(f, "FROM:{}{parameters}", self.reverse_path)
    }
}

impl fmt::Display for Rcpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TO:{}{}", self.forward_path, self.parameters)
    }
}

/// What stands behind `FROM:` or `TO:`, in any letter case.
#[inline]
fn after_keyword<'i>(
    reading: Reading,
    keyword: &[u8],
    error: SyntaxError,
    arguments: Arguments<'i>,
) -> Result<&'i [u8], SyntaxError> {
    let arguments = arguments.trimmed();
    if arguments.is_empty() {
        return Err(SyntaxError::MissingArgument);
    }
    let rest = match arguments.split_at_checked(keyword.len()) {
        Some((start, rest)) if start.eq_ignore_ascii_case(keyword) => rest,
        _ => return Err(error),
    };
    match skip_blanks(rest) {
        [] => Err(SyntaxError::MissingArgument),
        skipped if reading.blank_after_colon => Ok(skipped),
        // A blank that is left is no start of a path.
        _ => Ok(rest),
    }
}

/// A path, with a blank or the end behind it.
#[inline]
fn separated<'i, T>(parsed: Parsed<'i, T, PathError>) -> Result<(&'i [u8], T), SyntaxError> {
    match parsed {
        Ok((rest @ ([] | [b' ', ..]), path)) => Ok((rest, path)),
        Ok(_) => Err(SyntaxError::Separator),
        Err(nom::Err::Error(error) | nom::Err::Failure(error)) => Err(SyntaxError::Path(error)),
        // No parser here is a streaming one.
        Err(nom::Err::Incomplete(_)) => Err(SyntaxError::MissingArgument),
    }
}
