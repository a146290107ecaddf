//! Commands: what stands behind each verb, parsed and typed.
//!
//! A session calls the function that belongs to a verb once it knows that the command may come.
//! [`Command::parse`] is the same for whoever wants the grammar alone.

use std::fmt;

use crate::grammar::{Parsed, TEXT, run, skip_blanks, text};
use crate::host::{HelloName, HostError};
use crate::params::{MailParameters, ParameterError, RcptParameters};
use crate::path::{self, ForwardPath, PathError, ReversePath};
use crate::verb::{Arguments, UnknownVerb, Verb};

mod auth;

pub use auth::{Auth, auth};

/// A whole command, borrowed from its line.
///
/// ```
/// use mailwire_smtp_proto::command::{Command, ParseError, SyntaxError};
/// use mailwire_smtp_proto::verb::Verb;
///
/// let Command::Mail(mail) = Command::parse(b"mail from:<user@example.org> SIZE=1000")? else {
///     unreachable!();
/// };
/// assert_eq!(mail.reverse_path.to_string(), "<user@example.org>");
/// assert_eq!(mail.parameters.size, Some(1000));
///
/// assert_eq!(
///     Command::parse(b"DATA now"),
///     Err(ParseError::Syntax { verb: Verb::Data, error: SyntaxError::UnexpectedArgument }),
/// );
/// # Ok::<(), ParseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command<'i> {
    /// HELO (RFC 5321 section 4.1.1.1).
    Helo(HelloName<'i>),
    /// EHLO (RFC 5321 section 4.1.1.1).
    Ehlo(HelloName<'i>),
    /// LHLO (RFC 2033 section 4.1).
    Lhlo(HelloName<'i>),
    /// MAIL (RFC 5321 section 4.1.1.2).
    Mail(Mail<'i>),
    /// RCPT (RFC 5321 section 4.1.1.3).
    Rcpt(Rcpt<'i>),
    /// DATA (RFC 5321 section 4.1.1.4).
    Data,
    /// RSET (RFC 5321 section 4.1.1.5).
    Rset,
    /// NOOP (RFC 5321 section 4.1.1.9). What stands behind it is ignored.
    Noop,
    /// QUIT (RFC 5321 section 4.1.1.10).
    Quit,
    /// VRFY (RFC 5321 section 4.1.1.6).
    Vrfy(TextString<'i>),
    /// EXPN (RFC 5321 section 4.1.1.7).
    Expn(TextString<'i>),
    /// HELP (RFC 5321 section 4.1.1.8).
    Help(Option<TextString<'i>>),
    /// STARTTLS (RFC 3207 section 4).
    StartTls,
    /// AUTH (RFC 4954 section 4).
    Auth(Auth<'i>),
}

/// The arguments of MAIL. `Display` writes them as they are sent: `FROM:<user@example.org>`.
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

/// Printable ASCII, blanks and tabs, at least one octet, without white space at its end
/// (`textstring` of RFC 5321 section 4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TextString<'i>(&'i str);

/// Why the arguments of a command cannot be taken. Holds none of the peer's octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum SyntaxError {
    /// The command needs an argument and has none.
    #[error("an argument is missing (RFC 5321 section 4.1.1)")]
    MissingArgument,
    /// The command takes no argument, or no more of them.
    #[error("there is an argument too many (RFC 5321 section 4.1.1)")]
    UnexpectedArgument,
    /// The name of HELO, EHLO or LHLO cannot be one.
    #[error("{0}")]
    HelloName(HostError),
    /// MAIL is not followed by `FROM:`.
    #[error("\"FROM:\" follows MAIL (RFC 5321 section 4.1.1.2)")]
    FromKeyword,
    /// RCPT is not followed by `TO:`.
    #[error("\"TO:\" follows RCPT (RFC 5321 section 4.1.1.3)")]
    ToKeyword,
    /// The path is wrong.
    #[error("{0}")]
    Path(PathError),
    /// Something follows the path without a blank between.
    #[error("a blank separates path and parameters (RFC 5321 section 4.1.1.2)")]
    Separator,
    /// A parameter is wrong.
    #[error("{0}")]
    Parameter(ParameterError),
    /// The argument of VRFY, EXPN or HELP is not printable ASCII.
    #[error("the argument is not printable ASCII (RFC 5321 section 4.1.2)")]
    Text,
    /// The name of a SASL mechanism cannot be one.
    #[error(
        "a mechanism's name is 1 to 20 letters, digits, \"-\" and \"_\" (RFC 4422 section 3.1)"
    )]
    Mechanism,
}

/// Why a line is no command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// It starts with no verb that is known.
    #[error(transparent)]
    UnknownVerb(#[from] UnknownVerb),
    /// Its arguments cannot be taken.
    #[error("{verb}: {error}")]
    Syntax {
        /// The verb.
        verb: Verb,
        /// What is wrong with the arguments.
        error: SyntaxError,
    },
}

impl<'i> Command<'i> {
    /// Parses a line that has lost its CRLF.
    ///
    /// # Errors
    ///
    /// [`ParseError`] says what is wrong.
    pub fn parse(line: &'i (impl AsRef<[u8]> + ?Sized)) -> Result<Self, ParseError> {
        let (verb, arguments) = Verb::split(line.as_ref())?;
        let command = match verb {
            Verb::Helo => hello(arguments).map(Self::Helo),
            Verb::Ehlo => hello(arguments).map(Self::Ehlo),
            Verb::Lhlo => hello(arguments).map(Self::Lhlo),
            Verb::Mail => mail(arguments).map(Self::Mail),
            Verb::Rcpt => rcpt(arguments).map(Self::Rcpt),
            Verb::Data => no_arguments(arguments).map(|()| Self::Data),
            Verb::Rset => no_arguments(arguments).map(|()| Self::Rset),
            Verb::Noop => Ok(Self::Noop),
            Verb::Quit => no_arguments(arguments).map(|()| Self::Quit),
            Verb::Vrfy => text_string(arguments).map(Self::Vrfy),
            Verb::Expn => text_string(arguments).map(Self::Expn),
            Verb::Help => optional_text_string(arguments).map(Self::Help),
            Verb::StartTls => no_arguments(arguments).map(|()| Self::StartTls),
            Verb::Auth => auth(arguments).map(Self::Auth),
        };
        command.map_err(|error| ParseError::Syntax { verb, error })
    }
}

/// The name of HELO, EHLO or LHLO (RFC 5321 section 4.1.1.1).
///
/// Behind an address literal anything may follow and is ignored: older clients say there who they
/// are, and section 4.1.1.1 wants servers to be prepared for that.
///
/// # Errors
///
/// [`SyntaxError`] says which rule is broken.
pub fn hello(arguments: Arguments<'_>) -> Result<HelloName<'_>, SyntaxError> {
    let arguments = arguments.trimmed();
    if arguments.is_empty() {
        return Err(SyntaxError::MissingArgument);
    }
    let blank = arguments
        .starts_with(b"[")
        .then(|| memchr::memchr(b' ', arguments))
        .flatten();
    let name = blank
        .and_then(|end| arguments.get(..end))
        .unwrap_or(arguments);
    HelloName::parse(name).map_err(SyntaxError::HelloName)
}

/// The arguments of MAIL (RFC 5321 section 4.1.1.2).
///
/// # Errors
///
/// [`SyntaxError`] says which rule is broken.
pub fn mail(arguments: Arguments<'_>) -> Result<Mail<'_>, SyntaxError> {
    let rest = after_keyword(b"FROM:", SyntaxError::FromKeyword, arguments)?;
    let (rest, reverse_path) = separated(path::reverse_path(rest))?;
    let parameters = MailParameters::parse(rest).map_err(SyntaxError::Parameter)?;
    Ok(Mail {
        reverse_path,
        parameters,
    })
}

/// The arguments of RCPT (RFC 5321 section 4.1.1.3).
///
/// # Errors
///
/// [`SyntaxError`] says which rule is broken.
pub fn rcpt(arguments: Arguments<'_>) -> Result<Rcpt<'_>, SyntaxError> {
    let rest = after_keyword(b"TO:", SyntaxError::ToKeyword, arguments)?;
    let (rest, forward_path) = separated(path::forward_path(rest))?;
    let parameters = RcptParameters::parse(rest).map_err(SyntaxError::Parameter)?;
    Ok(Rcpt {
        forward_path,
        parameters,
    })
}

/// The arguments of a command that has none: DATA, RSET and QUIT (RFC 5321 section 4.1.1), and
/// STARTTLS (RFC 3207 section 4).
///
/// # Errors
///
/// [`SyntaxError::UnexpectedArgument`] if there is anything but white space.
pub fn no_arguments(arguments: Arguments<'_>) -> Result<(), SyntaxError> {
    if arguments.trimmed().is_empty() {
        Ok(())
    } else {
        Err(SyntaxError::UnexpectedArgument)
    }
}

/// The argument of VRFY or EXPN (RFC 5321 sections 4.1.1.6 and 4.1.1.7).
///
/// The grammar has an atom or a string in quotes. What is sent is a mailbox as well, with or
/// without brackets (section 3.5.1 wants it understood), so any printable text is taken.
///
/// # Errors
///
/// [`SyntaxError::MissingArgument`] and [`SyntaxError::Text`].
pub fn text_string(arguments: Arguments<'_>) -> Result<TextString<'_>, SyntaxError> {
    optional_text_string(arguments)?.ok_or(SyntaxError::MissingArgument)
}

/// The argument of HELP, if there is one (RFC 5321 section 4.1.1.8).
///
/// # Errors
///
/// [`SyntaxError::Text`].
pub fn optional_text_string(
    arguments: Arguments<'_>,
) -> Result<Option<TextString<'_>>, SyntaxError> {
    let arguments = arguments.trimmed();
    match run(TEXT, arguments) {
        ([], []) => Ok(None),
        ([], _) => text(arguments, SyntaxError::Text).map(|text| Some(TextString(text))),
        _ => Err(SyntaxError::Text),
    }
}

/// Checks the arguments of a command that asks for nothing but a reply: VRFY and EXPN need some
/// text, HELP may have some, and what follows NOOP is ignored (RFC 5321 section 4.1.1.9). Of any
/// other verb, that there are none.
///
/// # Errors
///
/// Those of [`text_string`], [`optional_text_string`] and [`no_arguments`].
pub fn informational(verb: Verb, arguments: Arguments<'_>) -> Result<(), SyntaxError> {
    match verb {
        Verb::Noop => Ok(()),
        Verb::Vrfy | Verb::Expn => text_string(arguments).map(drop),
        Verb::Help => optional_text_string(arguments).map(drop),
        _ => no_arguments(arguments),
    }
}

impl<'i> TextString<'i> {
    /// The text as received.
    #[must_use]
    pub const fn as_str(self) -> &'i str {
        self.0
    }
}

impl fmt::Display for TextString<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Display for Mail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FROM:{}{}", self.reverse_path, self.parameters)
    }
}

impl fmt::Display for Rcpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TO:{}{}", self.forward_path, self.parameters)
    }
}

/// What stands behind `FROM:` or `TO:`, in any letter case.
///
/// The path starts right behind the colon; RFC 5321 section 3.3 permits no blank there. Blanks are
/// taken all the same: clients in wide use send one, as the header field From has one, and nothing
/// else could be meant.
fn after_keyword<'i>(
    keyword: &[u8],
    error: SyntaxError,
    arguments: Arguments<'i>,
) -> Result<&'i [u8], SyntaxError> {
    let arguments = arguments.trimmed();
    if arguments.is_empty() {
        return Err(SyntaxError::MissingArgument);
    }
    match arguments.split_at_checked(keyword.len()) {
        Some((start, rest)) if start.eq_ignore_ascii_case(keyword) => match skip_blanks(rest) {
            [] => Err(SyntaxError::MissingArgument),
            rest => Ok(rest),
        },
        _ => Err(error),
    }
}

/// A path, with a blank or the end behind it.
fn separated<'i, T>(parsed: Parsed<'i, T, PathError>) -> Result<(&'i [u8], T), SyntaxError> {
    match parsed {
        Ok((rest @ ([] | [b' ', ..]), path)) => Ok((rest, path)),
        Ok(_) => Err(SyntaxError::Separator),
        Err(nom::Err::Error(error) | nom::Err::Failure(error)) => Err(SyntaxError::Path(error)),
        // No parser here is a streaming one.
        Err(nom::Err::Incomplete(_)) => Err(SyntaxError::MissingArgument),
    }
}
