//! The command line of `probe`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Parser;
use mailwire_tls_policy::PortList;

use crate::users::Password;

/// Tells what a mail server does on its ports, and why it does not work.
///
/// Exits 0 if nothing is wrong, 1 if something is, 2 if the command line is.
#[derive(Clone, Debug, Parser)]
#[command(name = "probe", version)]
pub struct ProbeArgs {
    /// The server, with a port if it is not to be 25, 465 and 587.
    #[arg(value_name = "HOST[:PORT]")]
    pub target: Target,

    /// More ports.
    #[arg(value_name = "PORT")]
    pub ports: Vec<String>,

    /// A user to log in as.
    #[arg(long, value_name = "U", requires = "password")]
    pub user: Option<String>,

    /// The user's password. It is only sent inside TLS. Other processes of this host may see it.
    #[arg(long, value_name = "P", requires = "user")]
    pub password: Option<Password>,

    /// PEM file with the only roots to trust.
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,

    /// Print one JSON object a port.
    #[arg(long)]
    pub json: bool,

    /// How long any single wait may last.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub timeout: u64,
}

/// A host, with the ports that were named with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// A name or an address.
    pub host: String,
    /// The ports; none for the usual ones.
    pub ports: Vec<u16>,
}

/// Why a text is no target. Total on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetError {
    /// There is no host.
    NoHost,
    /// This is no port.
    Port(String),
}

impl ProbeArgs {
    /// The ports of mail.
    pub const USUAL: [u16; 3] = [25, 465, 587];

    /// The ports to probe, each once.
    ///
    /// # Errors
    ///
    /// One of the words is no port.
    pub fn ports(&self) -> Result<Vec<u16>, TargetError> {
        let mut ports = self.target.ports.clone();
        ports.extend(read_ports(&self.ports.join(" "))?);
        if ports.is_empty() {
            ports = Self::USUAL.to_vec();
        }
        let mut seen = Vec::new();
        ports.retain(|it| {
            let is_new = !seen.contains(it);
            seen.push(*it);
            is_new
        });
        Ok(ports)
    }
}

impl FromStr for Target {
    type Err = TargetError;

    /// `mx.example.test`, `mx.example.test:25`, `192.0.2.1:25,587`, `[2001:db8::1]:25` or `2001:db8::1`.
    fn from_str(text: &str) -> Result<Self, TargetError> {
        let (host, ports) = match text.strip_prefix('[').and_then(|it| it.split_once(']')) {
            Some((host, rest)) => (host, rest.strip_prefix(':').unwrap_or(rest)),
            // More than one colon is an address of IPv6, which has no port without brackets.
            None if text.matches(':').count() > 1 => (text, ""),
            None => text.split_once(':').unwrap_or((text, "")),
        };
        if host.is_empty() {
            return Err(TargetError::NoHost);
        }
        Ok(Self {
            host: host.to_owned(),
            ports: read_ports(ports)?,
        })
    }
}

fn read_ports(text: &str) -> Result<Vec<u16>, TargetError> {
    let without_colons = text.replace(':', " ");
    match PortList::parse(&without_colons) {
        Ok(ports) => Ok(ports.iter().collect()),
        Err(error) => Err(TargetError::Port(error.token.to_owned())),
    }
}

impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHost => f.write_str("there is no host: give HOST or HOST:PORT"),
            Self::Port(word) => {
                write!(f, "{word:?} is no port: a port is a number from 1 to 65535")
            }
        }
    }
}

impl std::error::Error for TargetError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(host: &str, ports: &[u16]) -> Result<Target, TargetError> {
        Ok(Target {
            host: host.to_owned(),
            ports: ports.to_vec(),
        })
    }

    #[test]
    fn targets() {
        for (text, expected) in [
            ("mx.example.test", target("mx.example.test", &[])),
            ("mx.example.test:25", target("mx.example.test", &[25])),
            (
                "mx.example.test:25,587",
                target("mx.example.test", &[25, 587]),
            ),
            ("192.0.2.1:465", target("192.0.2.1", &[465])),
            ("[2001:db8::1]:25", target("2001:db8::1", &[25])),
            ("[2001:db8::1]", target("2001:db8::1", &[])),
            ("2001:db8::1", target("2001:db8::1", &[])),
            ("", Err(TargetError::NoHost)),
            (":25", Err(TargetError::NoHost)),
            ("mx:smtp", Err(TargetError::Port("smtp".to_owned()))),
            ("mx:0", Err(TargetError::Port("0".to_owned()))),
            ("mx:65536", Err(TargetError::Port("65536".to_owned()))),
        ] {
            assert_eq!(text.parse::<Target>(), expected, "{text}");
        }
    }

    #[test]
    fn ports() {
        for (words, expected) in [
            (&["mx"][..], Ok(vec![25, 465, 587])),
            (&["mx:25", "587", "25"], Ok(vec![25, 587])),
            (
                &["mx", "2525", ":2587", "25,465"],
                Ok(vec![2525, 2587, 25, 465]),
            ),
            (&["mx", "25x"], Err(TargetError::Port("25x".to_owned()))),
        ] {
            let arguments = std::iter::once("probe").chain(words.iter().copied());
            let arguments = ProbeArgs::try_parse_from(arguments).unwrap();
            assert_eq!(arguments.ports(), expected, "{words:?}");
        }
        assert!(ProbeArgs::try_parse_from(["probe", "mx", "--user", "a"]).is_err());
    }
}
