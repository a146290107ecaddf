//! Sends one message and prints one JSON object that says what became of it.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Parser;
use mailwire_examples::report::{Outcome, Report};
use mailwire_examples::send_args::SendArgs;

fn main() -> ExitCode {
    let report = match SendArgs::parse().plan() {
        Ok(_) => Report::failed(
            Outcome::ConfigError,
            "sending_not_supported",
            "This build reads its arguments and does not send yet.",
        ),
        Err(error) => error.into(),
    };
    println!("{}", report.to_json());
    ExitCode::from(report.outcome.exit_code())
}
