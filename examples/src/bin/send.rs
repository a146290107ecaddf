//! Sends one message and prints one JSON object that says what became of it.

#![forbid(unsafe_code)]

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use mailwire_examples::deliver::deliver;
use mailwire_examples::report::{Outcome, Report};
use mailwire_examples::send_args::{Plan, SendArgs};

fn main() -> ExitCode {
    let args = SendArgs::parse();
    let recipients = args.rcpt.clone();
    let report = match args.plan() {
        Ok(plan) => send(&plan),
        Err(error) => error.into(),
    };
    let report = report.about(recipients);
    let exit_code = report.outcome.exit_code();
    match writeln!(io::stdout(), "{}", report.to_json()) {
        Ok(()) => ExitCode::from(exit_code),
        // The message may well be delivered, but nobody has been told.
        Err(_) => ExitCode::FAILURE,
    }
}

fn send(plan: &Plan) -> Report {
    let message = match plan.message.read() {
        Ok(message) => message,
        Err(error) => return error.into(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => runtime.block_on(deliver(plan, &message)),
        Err(error) => Report::failed(
            Outcome::ConfigError,
            "no_runtime",
            format!("The system refuses what asynchronous I/O takes: {error}."),
        ),
    }
}
