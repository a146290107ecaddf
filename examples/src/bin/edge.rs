//! A mail edge: receives mail, takes submissions, delivers to Maildirs.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Parser;
use mailwire_examples::check::check;
use mailwire_examples::config::Settings;
use mailwire_examples::edge_args::EdgeArgs;
use mailwire_examples::explain::explain;

fn main() -> ExitCode {
    let args = EdgeArgs::parse();
    let settings = match Settings::load(args.config.as_deref()) {
        Ok(settings) => settings,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    if args.check {
        let check = check(&settings);
        print!("{}", check.text);
        return ExitCode::from(check.exit_code());
    }
    if let Some(port) = args.explain {
        print!("{}", explain(&settings, port));
        return ExitCode::SUCCESS;
    }
    eprintln!("edge does not serve yet; --check and --explain work");
    ExitCode::FAILURE
}
