//! Programs: those of this workspace, and those of others.

use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

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

/// A port that nobody has.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("it is bound").port()
}

/// Waits until somebody listens at a port of this host.
pub(crate) fn wait_for(port: u16, log: impl Fn() -> String) {
    for _ in 0..200 {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("nobody listens at port {port}\n{}", log());
}

/// Starts a server that goes to the background by itself. It would hold pipes open, so it gets none.
pub(crate) fn launch(command: &mut Command, log: impl Fn() -> String) {
    let quiet = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let status = quiet.status().unwrap_or_else(|error| {
        let program = command.get_program().to_string_lossy().into_owned();
        panic!("{program} does not run ({error}); interop/install.sh installs it")
    });
    assert!(status.success(), "{command:?}: {status}\n{}", log());
}

/// What `install.sh` has put into `interop/software`, since it cannot be installed.
pub(crate) fn software(path: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("software")
        .join(path);
    assert!(
        path.exists(),
        "{} is not there; interop/install.sh puts it there",
        path.display()
    );
    path
}

/// Starts a server that stays in the foreground. It would hold pipes open, so it gets none.
pub(crate) fn start(command: &mut Command) -> Child {
    let quiet = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    quiet.spawn().unwrap_or_else(|error| {
        let program = command.get_program().to_string_lossy().into_owned();
        panic!("{program} does not run ({error}); interop/install.sh installs it")
    })
}

/// How long a program may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// Runs a program to its end. One that does not come to it is killed, with what it has started: a test
/// that hangs tells nothing.
///
/// # Panics
///
/// If it is not installed.
pub fn run(command: &mut Command) -> Output {
    run_with(command, Stdio::null())
}

/// The same, with something to read on stdin.
///
/// # Panics
///
/// If it is not installed.
pub fn run_with(command: &mut Command, stdin: impl Into<Stdio>) -> Output {
    let piped = command
        .stdin(stdin)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    let child = piped.spawn().unwrap_or_else(|error| {
        let program = command.get_program().to_string_lossy().into_owned();
        panic!("{program} does not run ({error}); interop/install.sh installs it")
    });
    let group = format!("-{}", child.id());
    let (_ended, ends) = mpsc::channel::<()>();
    thread::spawn(move || {
        if ends.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            let _ = Command::new("kill").args(["-9", "--", &group]).status();
        }
    });
    child.wait_with_output().expect("it can be waited for")
}
