//! Commands: what stands behind each verb, parsed and typed.
//!
//! A session calls the function that belongs to a verb once it knows that the command may come.
//! [`Command::parse`] is the same for whoever wants the grammar alone.

mod attributes;
mod auth;
mod bdat;
mod custom;
mod envelope;
mod etrn;
mod reading;
mod text;

pub use attributes::{
    Attribute, AttributeError, AttributeName, AttributeNameBuf, AttributeText, AttributeTextBuf,
    AttributeValue, Attributes, AttributesBuf, attributes,
};
pub use auth::{Auth, auth};
pub use bdat::{Bdat, bdat};
pub use custom::{Custom, CustomBuf, CustomVerb, CustomVerbBuf};
pub use envelope::{Mail, MailBuf, Rcpt, RcptBuf, mail, rcpt};
pub use etrn::{Etrn, EtrnBuf, Node, NodeBuf, QueueName, QueueNameBuf, etrn};
pub use reading::Reading;
pub use text::{TextString, TextStringBuf, Verify, VerifyBuf, help, informational, verify};

use std::fmt::Write;

use bytes::BytesMut;

use crate::host::{HelloName, HostError};
use crate::params::ParameterError;
use crate::path::PathError;
use crate::verb::{Arguments, UnknownVerb, Verb};

/// A whole command, borrowed from its line. What its commands hold has owned twins, the whole has
/// none: a command is answered, and what is kept of it is a path or a parameter.
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
    /// BDAT (RFC 3030 section 2).
    Bdat(Bdat),
    /// VRFY (RFC 5321 section 4.1.1.6).
    Vrfy(Verify<'i>),
    /// EXPN (RFC 5321 section 4.1.1.7).
    Expn(Verify<'i>),
    /// HELP (RFC 5321 section 4.1.1.8).
    Help(Option<TextString<'i>>),
    /// STARTTLS (RFC 3207 section 4).
    StartTls,
    /// AUTH (RFC 4954 section 4).
    Auth(Auth<'i>),
    /// ETRN (RFC 1985).
    Etrn(Etrn<'i>),
    /// XCLIENT (Postfix, XCLIENT_README).
    Xclient(Attributes<'i>),
    /// XFORWARD (Postfix, XFORWARD_README).
    Xforward(Attributes<'i>),
}

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
    /// A text is empty, or holds what no text of a command may hold.
    #[error("the argument is not printable text (RFC 5321 section 4.1.2)")]
    Text,
    /// The size of a chunk is no number.
    #[error("the size of a chunk is a number in decimal (RFC 3030 section 2)")]
    ChunkSize,
    /// The size of a chunk is beyond what 64 bits hold.
    #[error("the size of the chunk is beyond any limit (RFC 3030 section 2)")]
    ChunkTooLarge,
    /// The node of ETRN is no domain name.
    #[error("ETRN: {0} (RFC 1985 section 5.1)")]
    Node(HostError),
    /// An attribute of XCLIENT or XFORWARD is wrong.
    #[error("{0}")]
    Attribute(AttributeError),
    /// The word cannot be a command of one's own.
    #[error(
        "a verb of one's own is a letter, then letters, digits and hyphens, at most 32 in all, and none that is known"
    )]
    CustomVerb,
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
    /// Parses a line that has lost its CRLF, in the usual [`Reading`].
    ///
    /// # Errors
    ///
    /// [`ParseError`] says what is wrong.
    pub fn parse(line: &'i (impl AsRef<[u8]> + ?Sized)) -> Result<Self, ParseError> {
        Self::parse_as(Reading::default(), line)
    }

    /// Parses a line that has lost its CRLF.
    ///
    /// # Errors
    ///
    /// [`ParseError`] says what is wrong.
    pub fn parse_as(
        reading: Reading,
        line: &'i (impl AsRef<[u8]> + ?Sized),
    ) -> Result<Self, ParseError> {
        let (verb, arguments) = Verb::split(line.as_ref())?;
        let syntax = |error| ParseError::Syntax { verb, error };
        Ok(match verb {
            Verb::Helo => Self::Helo(hello(arguments).map_err(syntax)?),
            Verb::Ehlo => Self::Ehlo(hello(arguments).map_err(syntax)?),
            Verb::Lhlo => Self::Lhlo(hello(arguments).map_err(syntax)?),
            Verb::Mail => Self::Mail(mail(reading, arguments).map_err(syntax)?),
            Verb::Rcpt => Self::Rcpt(rcpt(reading, arguments).map_err(syntax)?),
            Verb::Bdat => Self::Bdat(bdat(arguments).map_err(syntax)?),
            Verb::Noop => Self::Noop,
            Verb::Vrfy => Self::Vrfy(verify(arguments).map_err(syntax)?),
            Verb::Expn => Self::Expn(verify(arguments).map_err(syntax)?),
            Verb::Help => Self::Help(help(arguments).map_err(syntax)?),
            Verb::Auth => Self::Auth(auth(arguments).map_err(syntax)?),
            Verb::Etrn => Self::Etrn(etrn(arguments).map_err(syntax)?),
            Verb::Xclient => Self::Xclient(attributes(arguments).map_err(syntax)?),
            Verb::Xforward => Self::Xforward(attributes(arguments).map_err(syntax)?),
            Verb::Data => no_arguments(arguments)
                .map(|()| Self::Data)
                .map_err(syntax)?,
            Verb::Rset => no_arguments(arguments)
                .map(|()| Self::Rset)
                .map_err(syntax)?,
            Verb::Quit => no_arguments(arguments)
                .map(|()| Self::Quit)
                .map_err(syntax)?,
            Verb::StartTls => no_arguments(arguments)
                .map(|()| Self::StartTls)
                .map_err(syntax)?,
        })
    }

    /// The verb.
    #[must_use]
    pub const fn verb(&self) -> Verb {
        match self {
            Self::Helo(_) => Verb::Helo,
            Self::Ehlo(_) => Verb::Ehlo,
            Self::Lhlo(_) => Verb::Lhlo,
            Self::Mail(_) => Verb::Mail,
            Self::Rcpt(_) => Verb::Rcpt,
            Self::Data => Verb::Data,
            Self::Bdat(_) => Verb::Bdat,
            Self::Rset => Verb::Rset,
            Self::Noop => Verb::Noop,
            Self::Quit => Verb::Quit,
            Self::Vrfy(_) => Verb::Vrfy,
            Self::Expn(_) => Verb::Expn,
            Self::Help(_) => Verb::Help,
            Self::StartTls => Verb::StartTls,
            Self::Auth(_) => Verb::Auth,
            Self::Etrn(_) => Verb::Etrn,
            Self::Xclient(_) => Verb::Xclient,
            Self::Xforward(_) => Verb::Xforward,
        }
    }

    /// Appends the line that says this, its CRLF included. Of AUTH that is a secret.
    ///
    /// ```
    /// use bytes::BytesMut;
    /// use mailwire_smtp_proto::command::Command;
    ///
    /// let mut out = BytesMut::new();
    /// Command::parse("bdat 86 last")?.write(&mut out);
    /// assert_eq!(&out[..], b"BDAT 86 LAST\r\n");
    /// # Ok::<(), mailwire_smtp_proto::command::ParseError>(())
    /// ```
    pub fn write(&self, out: &mut BytesMut) {
        let verb = self.verb();
        // Writing to a BytesMut cannot fail: it grows.
        let _ = match self {
            Self::Helo(name) | Self::Ehlo(name) | Self::Lhlo(name) => write!(out, "{verb} {name}"),
            Self::Mail(mail) => write!(out, "{verb} {mail}"),
            Self::Rcpt(rcpt) => write!(out, "{verb} {rcpt}"),
            Self::Bdat(chunk) => write!(out, "{verb} {chunk}"),
            Self::Vrfy(verify) | Self::Expn(verify) => write!(out, "{verb} {verify}"),
            Self::Help(Some(topic)) => write!(out, "{verb} {topic}"),
            Self::Etrn(node) => write!(out, "{verb} {node}"),
            Self::Xclient(attributes) | Self::Xforward(attributes) => {
                write!(out, "{verb} {attributes}")
            }
            Self::Auth(auth) => {
                let _ = write!(out, "{verb} {}", auth.mechanism());
                if let Some(response) = auth.initial_response() {
                    out.extend_from_slice(b" ");
                    out.extend_from_slice(response);
                }
                Ok(())
            }
            Self::Data
            | Self::Rset
            | Self::Noop
            | Self::Quit
            | Self::Help(None)
            | Self::StartTls => write!(out, "{verb}"),
        };
        out.extend_from_slice(b"\r\n");
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
