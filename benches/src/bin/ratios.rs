//! Measures us and every peer in one run, and prints one JSON object a line:
//! `cargo run --release -p mailwire-benches --bin ratios [-- [--quick] [MEASURE]]`.

#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "that is what the program is for")]

use mailwire_benches::ratios::{self, Effort};

fn main() {
    let mut effort = Effort::FULL;
    let mut wanted = String::new();
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--quick" => effort = Effort::QUICK,
            "--list" => {
                for measure in ratios::measures() {
                    println!("{}", measure.name);
                }
                return;
            }
            measure => wanted = measure.to_owned(),
        }
    }
    for measure in ratios::measures() {
        if measure.name.contains(&wanted) {
            println!("{}", measure.run(effort));
        }
    }
}
