//! The command line of `send`, and what it asks for once contradictions are out of the way.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::net::Ipv6Addr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::Parser;
use mailwire_smtp_proto::xclient::{Identity, Name, Value};
use mailwire_tls_policy::CleartextAuth;
use mailwire_tls_policy::outbound::{CertificateCheck, Policy, TlsMode};

use crate::candidates::MECHANISMS;
use crate::report::{Outcome, Report};
use crate::users::Password;

/// Sends one message and prints one JSON object that says what became of it.
///
/// Exits 0 when all recipients were delivered, 1 otherwise, 2 if the command line is wrong.
#[derive(Clone, Debug, Parser)]
#[command(name = "send", version)]
pub struct SendArgs {
    /// The server.
    #[arg(long, value_name = "HOST:PORT")]
    pub to: Target,

    /// Speak LMTP.
    #[arg(long)]
    pub lmtp: bool,

    /// The sender; empty or <> for none.
    #[arg(long, value_name = "ADDR")]
    pub from: String,

    /// A recipient; may be given several times.
    #[arg(long, value_name = "ADDR", required = true)]
    pub rcpt: Vec<String>,

    /// The message; - for standard input. Lines may end in LF.
    #[arg(long, value_name = "FILE|-")]
    pub message: MessageSource,

    /// How TLS begins: off, opportunistic, starttls, implicit. It is off unless asked for, as with
    /// curl and swaks, so that a test says what it does; a password is not sent in clear then.
    /// Where TLS is used the certificate is checked, unless --no-verify says otherwise.
    #[arg(long, value_name = "MODE", default_value_t = TlsMode::Off)]
    pub tls: TlsMode,

    /// Do not check the server's certificate. Says nothing about passwords in clear text.
    #[arg(long, conflicts_with = "ca")]
    pub no_verify: bool,

    /// PEM file with the only roots to trust.
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,

    /// The name that the server's certificate has to be good for; by default the host of --to.
    #[arg(long, value_name = "NAME")]
    pub servername: Option<String>,

    /// The user to log in as.
    #[arg(long, value_name = "U")]
    pub user: Option<String>,

    /// The user's password. Other processes of this host may see it.
    #[arg(long, value_name = "P", requires = "user")]
    pub password: Option<Password>,

    /// The SASL mechanism.
    #[arg(long, value_name = "NAME", requires = "user")]
    pub mechanism: Option<String>,

    /// Whether a password may travel without TLS: deny, loopback, allow.
    #[arg(long, value_name = "RULE", default_value_t = CleartextAuth::Deny)]
    pub cleartext_auth: CleartextAuth,

    /// The name to give in HELO, EHLO or LHLO; by default the address of this end.
    #[arg(long, value_name = "NAME")]
    pub helo: Option<String>,

    /// Whom the message comes from in truth, for a server that believes this host: "ADDR=.. LOGIN=..".
    #[arg(long, value_name = "ATTRIBUTES")]
    pub xclient: Option<String>,

    /// Send the message by BDAT wherever the server offers CHUNKING.
    #[arg(long)]
    pub chunking: bool,

    /// Wait for each reply, also where the server offers PIPELINING.
    #[arg(long)]
    pub no_pipelining: bool,

    /// How long any single wait may last; by default as RFC 5321 section 4.5.3.2 has it.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub timeout: Option<u64>,

    /// Print a transcript to stderr, secrets redacted.
    #[arg(short, long)]
    pub verbose: bool,
}

impl SendArgs {
    /// What is asked for. Nothing has been connected to, and no address looked at any closer.
    ///
    /// # Errors
    ///
    /// The arguments contradict one another, or this build cannot do what they ask.
    pub fn plan(self) -> Result<Plan, PlanError> {
        let xclient = match self.xclient.as_deref() {
            Some(text) => Some(identity(text)?),
            None => None,
        };
        if let Some(mechanism) = &self.mechanism {
            if !MECHANISMS
                .iter()
                .any(|it| it.eq_ignore_ascii_case(mechanism))
            {
                let known = MECHANISMS.join(", ");
                let remedy = format!("Leave --mechanism out, or name one of {known}.");
                return Err(PlanError::new("mechanism_not_supported", remedy));
            }
        }
        let credentials = match (self.user, self.password) {
            (None, _) => None,
            (Some(user), Some(password)) => Some(Credentials { user, password }),
            (Some(_), None) => {
                let remedy = "Give --password with --user, or leave --user out.";
                return Err(PlanError::new("password_missing", remedy));
            }
        };
        let check = if self.no_verify {
            CertificateCheck::Skip
        } else {
            CertificateCheck::Verify
        };
        Ok(Plan {
            policy: Policy {
                tls: self.tls,
                check,
                cleartext_auth: self.cleartext_auth,
            },
            server_name: self.servername.unwrap_or_else(|| self.to.host.clone()),
            to: self.to,
            lmtp: self.lmtp,
            sender: without_brackets(&self.from).to_owned(),
            recipients: self.rcpt,
            message: self.message,
            ca: self.ca,
            credentials,
            xclient,
            mechanism: self.mechanism,
            hello: self.helo,
            pipelining: !self.no_pipelining,
            chunking: self.chunking,
            timeout: self.timeout.map(Duration::from_secs),
            verbose: self.verbose,
        })
    }
}

/// A message to send, and how.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Plan {
    /// The server.
    pub to: Target,
    /// LMTP rather than SMTP.
    pub lmtp: bool,
    /// TLS, the check of its certificate, and passwords in clear text: three independent choices.
    pub policy: Policy,
    /// The name that the server's certificate has to be good for.
    pub server_name: String,
    /// PEM file with the only roots to trust.
    pub ca: Option<PathBuf>,
    /// The sender without angle brackets; empty for the null reverse-path.
    pub sender: String,
    /// The recipients as given, at least one; see [`without_brackets`].
    pub recipients: Vec<String>,
    /// Where the message comes from.
    pub message: MessageSource,
    /// Who to log in as. Without a usable mechanism this is an error, never a message sent by
    /// nobody.
    pub credentials: Option<Credentials>,
    /// Whom the message comes from in truth, as the server is told by XCLIENT.
    pub xclient: Option<Identity>,
    /// The mechanism to log in with; `None` for the strongest that will do.
    pub mechanism: Option<String>,
    /// The name to give; `None` for the address literal of this end.
    pub hello: Option<String>,
    /// Whether several commands may go in one flight where that is offered.
    pub pipelining: bool,
    /// Whether the content goes out by BDAT wherever that is offered, and not only where it saves time.
    pub chunking: bool,
    /// The bound of each wait, in place of RFC 5321's.
    pub timeout: Option<Duration>,
    /// Whether a transcript is wanted.
    pub verbose: bool,
}

/// A user and a password.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The user's name.
    pub user: String,
    /// Not shown by `Debug`.
    pub password: Password,
}

/// An address without the angle brackets that people may write around it.
#[must_use]
pub fn without_brackets(address: &str) -> &str {
    address
        .strip_prefix('<')
        .and_then(|address| address.strip_suffix('>'))
        .unwrap_or(address)
}

/// A host and a port.
///
/// ```
/// use mailwire_examples::send_args::Target;
///
/// let target: Target = "[::1]:2525".parse()?;
/// assert_eq!((target.host.as_str(), target.port), ("::1", 2525));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// A name, or an IP address without brackets.
    pub host: String,
    /// The port; never 0.
    pub port: u16,
}

impl FromStr for Target {
    type Err = NotATarget;

    fn from_str(text: &str) -> Result<Self, NotATarget> {
        let (host, port) = text.rsplit_once(':').ok_or(NotATarget)?;
        let host = match host.strip_prefix('[') {
            Some(rest) => rest.strip_suffix(']').ok_or(NotATarget)?,
            // Which of the colons comes before the port?
            None if host.contains(':') => return Err(NotATarget),
            None => host,
        };
        let is_port = !port.is_empty() && port.bytes().all(|octet| octet.is_ascii_digit());
        match port.parse() {
            Ok(port) if port != 0 && is_port && !host.is_empty() => Ok(Self {
                host: host.to_owned(),
                port,
            }),
            _ => Err(NotATarget),
        }
    }
}

/// `host:port`, an IPv6 address in brackets.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// A text that names no host and port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotATarget;

impl fmt::Display for NotATarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("allowed: HOST:PORT with a port from 1 to 65535, an IPv6 address in brackets")
    }
}

impl Error for NotATarget {}

/// Where a message comes from. Total on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageSource {
    /// Standard input.
    Stdin,
    /// A file.
    File(PathBuf),
}

impl MessageSource {
    /// Reads the whole message, with its line ends as they are.
    ///
    /// # Errors
    ///
    /// The reason is `message_unreadable`.
    pub fn read(&self) -> Result<Vec<u8>, PlanError> {
        let read = match self {
            Self::File(path) => fs::read(path),
            Self::Stdin => {
                let mut message = Vec::new();
                io::stdin()
                    .lock()
                    .read_to_end(&mut message)
                    .map(|_| message)
            }
        };
        read.map_err(|error| {
            PlanError::new(
                "message_unreadable",
                format!("{self} cannot be read: {error}."),
            )
        })
    }
}

impl FromStr for MessageSource {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(if text == "-" {
            Self::Stdin
        } else {
            Self::File(PathBuf::from(text))
        })
    }
}

impl fmt::Display for MessageSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdin => f.write_str("standard input"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// Why nothing was even tried. As a [`Report`] its outcome is [`Outcome::ConfigError`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlanError {
    /// A stable name in snake case.
    pub reason: &'static str,
    /// What would make it work, as a sentence.
    pub remedy: Cow<'static, str>,
}

impl PlanError {
    fn new(reason: &'static str, remedy: impl Into<Cow<'static, str>>) -> Self {
        Self {
            reason,
            remedy: remedy.into(),
        }
    }
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason, self.remedy)
    }
}

impl Error for PlanError {}

impl From<PlanError> for Report {
    fn from(error: PlanError) -> Self {
        Self::failed(Outcome::ConfigError, error.reason, error.remedy)
    }
}

/// The attributes of `--xclient`, as people write them: their values are not encoded, and an IPv6 address
/// needs no `IPV6:`. What says who the client is has to be taken by the server, or nothing is sent.
fn identity(text: &str) -> Result<Identity, PlanError> {
    let invalid = |why: &dyn fmt::Display| {
        let remedy = format!("--xclient cannot be said: {why}.");
        PlanError::new("xclient_invalid", remedy)
    };
    let mut identity = Identity::new();
    for attribute in text.split_ascii_whitespace() {
        let Some((name, value)) = attribute.split_once('=') else {
            return Err(invalid(&format_args!("{attribute:?} is no NAME=value")));
        };
        let Some(name) = Name::parse(name) else {
            let known: Vec<&str> = Name::ALL.iter().map(|it| it.as_str()).collect();
            let known = known.join(", ");
            return Err(invalid(&format_args!("{name:?} is none of {known}")));
        };
        if identity.value(name).is_some() {
            return Err(invalid(&format_args!("{name} is there twice")));
        }
        let value = match (name, value) {
            (_, "[UNAVAILABLE]") => Ok(Value::Unavailable),
            (_, "[TEMPUNAVAIL]") => Ok(Value::TemporarilyUnavailable),
            (Name::Addr | Name::DestAddr, value) if value.parse::<Ipv6Addr>().is_ok() => {
                Value::known(name, &format!("IPV6:{value}"))
            }
            (_, value) => Value::known(name, value),
        };
        identity = identity.with_value(name, value.map_err(|fault| invalid(&fault))?);
    }
    if identity.is_empty() {
        return Err(invalid(&"it names nothing"));
    }
    let is_told = |name: &Name| identity.value(*name).is_some();
    let mut required: Vec<Name> = [Name::Addr, Name::Login]
        .into_iter()
        .filter(is_told)
        .collect();
    if required.is_empty() {
        required = identity.iter().map(|(name, _)| name).collect();
    }
    Ok(required.into_iter().fold(identity, Identity::require))
}

#[cfg(test)]
mod tests;
