//! Runs one contestant of one measure a number of times and nothing else, to count instructions:
//! `once MEASURE CONTESTANT TIMES`. See `callgrind.sh`.

#![forbid(unsafe_code)]
#![allow(clippy::print_stderr, reason = "that is what the program is for")]

use std::process::ExitCode;

use mailwire_benches::ratios;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    let contestant = arguments.next().unwrap_or_default();
    let times = arguments.next().and_then(|it| it.parse().ok());
    let found = ratios::measures()
        .into_iter()
        .find(|measure| measure.name == name)
        .and_then(|measure| {
            measure
                .contestants
                .into_iter()
                .find(|it| it.name == contestant)
        });
    let (Some(mut contestant), Some(times)) = (found, times) else {
        eprintln!("once MEASURE CONTESTANT TIMES; `ratios --list` tells the measures");
        return ExitCode::FAILURE;
    };
    for _ in 0..times {
        (contestant.run)();
    }
    ExitCode::SUCCESS
}
