//! Command lines.

use std::fmt;

use mailwire_smtp_proto::charset::Charset;
use mailwire_smtp_proto::command::{Command, ParseError, Reading, SyntaxError};
use mailwire_smtp_proto::line::{Frame, LineFault, LineFramer};
use mailwire_smtp_proto::params::{Parameter, ParameterError};
use mailwire_smtp_proto::path::{Mailbox, PathError};
use stalwart_smtp_proto::{Error, Request};

use super::meaning::Meaning;
use super::plain::is_plain;
use super::{Comparison, judge};

/// The input, without its CRLF, is a command line.
///
/// # Panics
///
/// When the two parsers disagree in a way that is not known.
pub fn differential_command(data: &[u8]) {
    judge(data, &compare(data));
}

/// Why this crate takes no command.
enum Refusal {
    Frame(LineFault),
    Parse(ParseError),
}

pub(super) fn compare(line: &[u8]) -> Comparison {
    let wire = [line, b"\r\n"].concat();
    let ours = ours(&wire);
    let theirs = theirs(&wire);
    let class = match (&ours, &theirs) {
        (Ok(ours), Ok(theirs)) if ours == theirs => None,
        (Err(_), Err(_)) => None,
        _ => Some(class(line, &ours, &theirs)),
    };
    Comparison {
        ours: shown(&ours),
        theirs: shown(&theirs),
        class,
    }
}

fn shown(read: &Result<Meaning, impl fmt::Debug>) -> String {
    match read {
        Ok(meaning) => meaning.to_string(),
        Err(error) => format!("refused: {error:?}"),
    }
}

/// As a server that has promised everything would: with UTF-8 in its addresses, and a blank behind
/// the colon.
fn ours(wire: &[u8]) -> Result<Meaning, Refusal> {
    let reading = Reading::LENIENT.with_charset(Charset::Utf8);
    match LineFramer::new().take(wire, wire.len()) {
        Some((_, Frame::Line(line))) => Command::parse_as(reading, line)
            .map(Meaning::from)
            .map_err(Refusal::Parse),
        Some((_, Frame::Fault(fault))) => Err(Refusal::Frame(fault)),
        _ => unreachable!("there is a CRLF, and no limit"),
    }
}

fn theirs(wire: &[u8]) -> Result<Meaning, Error> {
    Request::parse(&mut wire.iter()).map(Meaning::from)
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Frame(fault) => fault.fmt(f),
            Self::Parse(ParseError::Syntax { error, .. }) => error.fmt(f),
            Self::Parse(error) => error.fmt(f),
        }
    }
}

/// The class of a disagreement, by what the more careful of the two says about the line.
fn class(
    line: &[u8],
    ours: &Result<Meaning, Refusal>,
    theirs: &Result<Meaning, Error>,
) -> Option<&'static str> {
    match (ours, theirs) {
        _ if is_plain(line) => None,
        (Err(refusal), Ok(theirs)) => taken_by_them(line, refusal, theirs),
        (Ok(ours), Err(error)) => taken_by_us(line, ours, error),
        (Ok(ours), Ok(theirs)) if ours.verb == theirs.verb => {
            understood_differently(line, ours, theirs)
        }
        _ => None,
    }
}

/// What Stalwart takes and we do not, by our reason.
fn taken_by_them(line: &[u8], refusal: &Refusal, theirs: &Meaning) -> Option<&'static str> {
    let error = match refusal {
        Refusal::Frame(LineFault::BareCr | LineFault::BareLf) => return Some("bare-line-end"),
        Refusal::Frame(LineFault::Nul) => return Some("nul"),
        Refusal::Frame(_) => return None,
        Refusal::Parse(ParseError::Syntax { error, .. }) => *error,
        Refusal::Parse(_) if line.starts_with(b" ") => return Some("blank-before-verb"),
        Refusal::Parse(_) if matches!(theirs.verb, "ATRN" | "BURL") => {
            return Some("atrn-and-burl");
        }
        Refusal::Parse(_) if line.contains(&b'\x0C') => return Some("form-feed"),
        Refusal::Parse(_) => return None,
    };
    // Of the value they read what they know, and the rest as further parameters.
    if theirs.values.contains_key("TRANSID") && matches!(error, SyntaxError::Parameter(_)) {
        return Some("parameter-of-theirs");
    }
    Some(match error {
        SyntaxError::UnexpectedArgument => "argument-too-many",
        SyntaxError::MissingArgument => "white-space-for-argument",
        SyntaxError::HelloName(_) => "hello-name",
        SyntaxError::FromKeyword | SyntaxError::ToKeyword => "keyword-of-path",
        SyntaxError::Separator => "nothing-behind-path",
        SyntaxError::Text => "text-not-printable",
        SyntaxError::ChunkSize => "blanks-around-chunk-size",
        SyntaxError::ChunkTooLarge => "wrapped-number",
        SyntaxError::Node(_) => "etrn-node",
        SyntaxError::Mechanism => "mechanism-name",
        SyntaxError::Path(error) => match error {
            PathError::Null => "null-recipient",
            PathError::NoHost => "postmaster-as-sender",
            PathError::SourceRoute => "source-route",
            PathError::LocalPart => "local-part",
            PathError::QuotedString => "quoted-string",
            PathError::LocalPartTooLong => "local-part-too-long",
            PathError::NonAscii => "utf8-not-asked-for",
            PathError::Unicode => "not-unicode",
            PathError::Host(_) => "host",
            _ => return None,
        },
        SyntaxError::Parameter(error) => match error {
            ParameterError::Malformed => "parameter-form",
            ParameterError::Duplicate(_) => "parameter-twice",
            ParameterError::Excluded(_) => "parameter-excluded",
            ParameterError::TooLarge(Parameter::Size | Parameter::HoldFor) => "wrapped-number",
            ParameterError::Value(Parameter::Size) => many_digits(line, theirs)?,
            ParameterError::Value(Parameter::EnvId) => "value-of-envid",
            ParameterError::Value(Parameter::Auth) => "value-of-auth",
            ParameterError::Value(Parameter::Notify) => "value-of-notify",
            ParameterError::Value(Parameter::Orcpt) => "value-of-orcpt",
            ParameterError::Value(Parameter::Solicit)
            | ParameterError::TooLarge(Parameter::Solicit) => "value-of-solicit",
            ParameterError::Value(Parameter::MtPriority) => "value-of-mt-priority",
            ParameterError::Value(Parameter::By) | ParameterError::TooLarge(Parameter::By) => {
                "value-of-by"
            }
            ParameterError::Value(Parameter::HoldFor) => "value-of-holdfor",
            ParameterError::Value(Parameter::HoldUntil) => "value-of-holduntil",
            ParameterError::Value(Parameter::Rrvs) => "value-of-rrvs",
            _ => return None,
        },
        _ => return None,
    })
}

/// A size of more than the twenty digits that the grammar has: of their number, or wrapped.
fn many_digits(line: &[u8], theirs: &Meaning) -> Option<&'static str> {
    let line = String::from_utf8_lossy(line).to_ascii_uppercase();
    let (_, behind) = line.split_once(" SIZE=")?;
    let end = behind.find(|it: char| !it.is_ascii_digit());
    let digits = behind.get(..end.unwrap_or(behind.len()))?;
    let meant = digits.trim_start_matches('0');
    let read = theirs.values.get("SIZE").map_or("", String::as_str);
    (digits.len() > 20).then_some(if read == meant {
        "size-of-many-digits"
    } else {
        "wrapped-number"
    })
}

/// What we take and Stalwart does not.
fn taken_by_us(line: &[u8], ours: &Meaning, error: &Error) -> Option<&'static str> {
    let value = |name: &str| ours.values.get(name).map_or("", String::as_str);
    match error {
        Error::UnknownCommand if matches!(ours.verb, "XCLIENT" | "XFORWARD") => Some("xclient"),
        Error::UnsupportedParameter { .. } => Some("unknown-parameter"),
        Error::InvalidSenderAddress | Error::InvalidRecipientAddress => {
            let (local_part, host) = value("address").rsplit_once('@')?;
            if host.starts_with('[') || value("address").ends_with(']') {
                Some("address-literal")
            } else if local_part == "\"\"" {
                Some("empty-local-part")
            } else if value("address").len() > 256 {
                Some("long-address")
            } else {
                None
            }
        }
        Error::InvalidParameter {
            param: "TRANSID" | "MTRK",
        } => Some("parameter-of-theirs"),
        // Words that stand behind the value of TRANSID without a blank.
        Error::SyntaxError { .. } if !value("TRANSID").is_empty() => Some("parameter-of-theirs"),
        Error::InvalidParameter { param } => match *param {
            "SIZE" if value("SIZE") == MAXIMUM => Some("greatest-number"),
            "HOLDUNTIL" if value("HOLDUNTIL").starts_with('-') => Some("holduntil-before-1970"),
            "ENVID" if value("ENVID").len() > 100 => Some("long-value"),
            "AUTH" if as_latin_1(value("AUTH")).len() > 256 => Some("long-value"),
            "ORCPT" if value("ORCPT type") != "rfc822" => Some("type-of-orcpt"),
            "ORCPT" if value("ORCPT").len() > 256 => Some("long-value"),
            _ => None,
        },
        Error::SyntaxError { .. } if ours.verb == "BDAT" && value("size") == MAXIMUM => {
            Some("greatest-number")
        }
        Error::SyntaxError { .. } if matches!(ours.verb, "VRFY" | "EXPN") => {
            let string = value("string");
            if string.contains('"') {
                Some("quotes-in-text")
            } else if line.len() > "VRFY ".len() + 256 {
                Some("long-text")
            } else {
                None
            }
        }
        _ => None,
    }
}

/// What both take, and not for the same thing. Every difference has to have a class; the first one
/// is told.
fn understood_differently(line: &[u8], ours: &Meaning, theirs: &Meaning) -> Option<&'static str> {
    // Stalwart reads on for another number, and takes it from what stands behind. With another size
    // there is nothing else about the line.
    if ours.values.get("SIZE").is_some_and(|size| size == MAXIMUM) {
        let line = String::from_utf8_lossy(line).replace(MAXIMUM, "1");
        let is_known = !matches!(compare(line.as_bytes()).class, Some(None));
        return is_known.then_some("greatest-number");
    }
    let mut classes = ours
        .differing(theirs)
        .map(|name| value_understood_differently(line, ours, theirs, name));
    let first = classes.next()??;
    classes.all(|class| class.is_some()).then_some(first)
}

fn value_understood_differently(
    line: &[u8],
    ours: &Meaning,
    theirs: &Meaning,
    name: &str,
) -> Option<&'static str> {
    let ours_is = ours.values.get(name).map_or("", String::as_str);
    let theirs_is = theirs.values.get(name).map_or("", String::as_str);
    // Of TRANSID it reads what it knows, and the rest as further parameters, where we hand on all.
    let transid = ours.values.get("TRANSID").map_or("", String::as_str);
    match name {
        "TRANSID" | "MTRK" => Some("parameter-of-theirs"),
        _ if theirs_is.is_empty() && transid.to_ascii_uppercase().contains(name) => {
            Some("parameter-of-theirs")
        }
        "mechanism" if line.iter().any(u8::is_ascii_lowercase) && theirs_is == "another" => {
            Some("mechanism-in-small-letters")
        }
        "address" if ours_is.starts_with('"') => {
            let mailbox = Mailbox::parse_in(Charset::Utf8, ours_is).ok()?;
            let unquoted = mailbox.local_part().to_unquoted_string();
            (theirs_is == format!("{unquoted}@{}", mailbox.host())).then_some("quotes-lost")
        }
        _ if theirs_is != ours_is && theirs_is.trim_end_matches('\t') == ours_is => {
            Some("tab-at-the-end")
        }
        "string" if ours_is.starts_with('\t') => Some("tab-behind-verb"),
        "AUTH" if as_latin_1(ours_is) == theirs_is.trim_end_matches('\t') => Some("utf8-in-xtext"),
        "SMTPUTF8" if matches!(ours.verb, "VRFY" | "EXPN") => Some("smtputf8-of-vrfy"),
        "string" | "node" if ours_is.contains('"') => Some("quotes-in-text"),
        "string" if ours_is.contains(' ') => Some("text-cut-at-a-blank"),
        _ => None,
    }
}

/// UTF-8 as Stalwart decodes it from xtext: a character of each octet.
fn as_latin_1(text: &str) -> String {
    text.bytes().map(char::from).collect()
}

const MAXIMUM: &str = "18446744073709551615";
