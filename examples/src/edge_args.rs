//! The command line of `edge`.

use std::path::PathBuf;

use clap::Parser;

/// A mail edge: receives mail, takes submissions, delivers to Maildirs.
///
/// Without arguments it runs on embedded defaults and prints how to send it a first message.
#[derive(Clone, Debug, PartialEq, Eq, Parser)]
#[command(name = "edge", version)]
pub struct EdgeArgs {
    /// The configuration; without it, embedded defaults.
    #[arg(long, value_name = "FILE.toml")]
    pub config: Option<PathBuf>,

    /// Print the table of listeners and everything that is odd; exit 1 if something is wrong.
    #[arg(long)]
    pub check: bool,

    /// Print why a port is served or not.
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub explain: Option<u16>,

    /// Print transcripts to stderr, secrets redacted.
    #[arg(short, long)]
    pub verbose: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        EdgeArgs::command().debug_assert();
    }

    #[test]
    fn ports_are_between_1_and_65535() {
        let read = |port| EdgeArgs::try_parse_from(["edge", "--explain", port]);
        assert_eq!(read("587").map(|args| args.explain).ok(), Some(Some(587)));
        assert!(read("0").is_err());
        assert!(read("65536").is_err());
        assert!(read("smtp").is_err());
    }
}
