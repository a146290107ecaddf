//! Programs: those of this workspace, and those of others.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::OnceLock;

/// The path of a program of the examples, built on first use.
///
/// # Panics
///
/// If it cannot be built.
#[must_use]
pub fn built(name: &str) -> PathBuf {
    static TARGET: OnceLock<PathBuf> = OnceLock::new();
    let target = TARGET.get_or_init(|| {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let status = Command::new(cargo)
            .args([
                "build",
                "--quiet",
                "--package",
                "mailwire-examples",
                "--bins",
            ])
            .status()
            .expect("cargo runs");
        assert!(status.success(), "the examples do not build");
        // A test is `TARGET/debug/deps/NAME`; the programs are two folders up.
        let test = std::env::current_exe().expect("a test knows its own path");
        test.ancestors()
            .nth(2)
            .expect("a build has folders")
            .to_path_buf()
    });
    target.join(name)
}

/// Runs a program to its end.
///
/// # Panics
///
/// If it is not installed.
pub fn run(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| {
        let program = command.get_program().to_string_lossy().into_owned();
        panic!("{program} does not run ({error}); interop/install.sh installs it")
    })
}
