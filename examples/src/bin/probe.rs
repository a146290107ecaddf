//! Tells what a mail server does on its ports, and why it does not work.

#![forbid(unsafe_code)]

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use mailwire_examples::client_tls::root_store;
use mailwire_examples::probe::{Probe, ProbeArgs, text};
use mailwire_smtp_proto::auth::PlainCredentials;

/// For what is wrong with the command line.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    match run(&ProbeArgs::parse()) {
        Ok(is_healthy) if is_healthy => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            // Where stderr is closed nobody reads.
            let _ = writeln!(io::stderr(), "probe: {error}");
            ExitCode::from(USAGE)
        }
    }
}

fn run(arguments: &ProbeArgs) -> Result<bool, Box<dyn std::error::Error>> {
    let ports = arguments.ports()?;
    let credentials = match (&arguments.user, &arguments.password) {
        (Some(user), Some(password)) => {
            let credentials = PlainCredentials::new(user.as_str(), password.expose());
            Some(credentials.map_err(|fault| format!("--user and --password: {fault}"))?)
        }
        _ => None,
    };
    let roots = root_store(arguments.ca.as_deref())?;
    let host = &arguments.target.host;
    let limit = Duration::from_secs(arguments.timeout);
    let probe = Probe::new(host, roots, credentials, limit)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut is_healthy = true;
    for port in ports {
        let report = runtime.block_on(probe.port(host, port));
        is_healthy &= report.is_healthy();
        let line = if arguments.json {
            report.to_json() + "\n"
        } else {
            text(&report)
        };
        io::stdout().write_all(line.as_bytes())?;
    }
    Ok(is_healthy)
}
