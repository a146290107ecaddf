//! An `edge` of one's own.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::{built, run};

/// A running `edge`, with all four roles on ports of its own, and one folder for its mail. It is
/// stopped when dropped.
#[derive(Debug)]
pub struct Edge {
    child: Child,
    folder: TempDir,
    ports: Vec<(String, u16)>,
}

impl Edge {
    /// Starts one. Its account is `alice@example.test`, password `secret`; its certificate is made
    /// by itself.
    ///
    /// # Panics
    ///
    /// If it does not start.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with("", &["mx", "submission", "submissions", "lmtp"], "", "")
    }

    /// Starts one on these roles with more settings: `before` all sections, `listener` in each of its
    /// listeners, `after` all.
    ///
    /// # Panics
    ///
    /// If it does not start.
    #[must_use]
    pub fn start_with(before: &str, roles: &[&str], listener: &str, after: &str) -> Self {
        let in_maildirs = |mail: &Path| format!("[deliver]\nmaildir = {mail:?}\n");
        Self::configured(before, roles, listener, in_maildirs, after)
    }

    /// Starts one on these roles that hands mail on as `deliver`, a whole section, says.
    ///
    /// # Panics
    ///
    /// If it does not start.
    #[must_use]
    pub fn delivering(before: &str, roles: &[&str], deliver: &str) -> Self {
        Self::configured(before, roles, "", |_| deliver.to_owned(), "")
    }

    fn configured(
        before: &str,
        roles: &[&str],
        listener: &str,
        deliver: impl FnOnce(&Path) -> String,
        after: &str,
    ) -> Self {
        let folder = TempDir::new().expect("a folder for the test");
        let deliver = deliver(&folder.path().join("mail"));
        let mut config = format!(
            "hostname = \"edge.example.test\"\ndomains = [\"example.test\"]\n\
             mailboxes = [\"alice\", \"bob\", \"carol\"]\n{before}\n\
             {deliver}\n\
             [[user]]\nname = \"alice@example.test\"\npassword = \"secret\"\n"
        );
        for role in roles {
            config +=
                &format!("[[listener]]\nrole = \"{role}\"\naddr = \"127.0.0.1:0\"\n{listener}\n");
        }
        config += after;
        let file = folder.path().join("edge.toml");
        fs::write(&file, config).expect("the configuration can be written");
        let log = fs::File::create(folder.path().join("log")).expect("a file");
        let child = Command::new(built("edge"))
            .arg("--config")
            .arg(file)
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("edge starts");
        // From here on a panic stops it.
        let mut edge = Self {
            child,
            folder,
            ports: Vec::new(),
        };
        let stdout = edge.child.stdout.take().expect("stdout is a pipe");
        for line in BufReader::new(stdout).lines() {
            let line = line.expect("stdout is text");
            if line == "ready" {
                return edge;
            }
            let mut words = line.split_whitespace();
            assert_eq!(words.next(), Some("listening"), "an unknown line: {line}");
            let role = words.next().expect("a role").to_owned();
            let address = words.next().expect("an address");
            let port = address
                .rsplit(':')
                .next()
                .and_then(|port| port.parse().ok());
            edge.ports.push((role, port.expect("a port")));
        }
        panic!("edge ended before it was ready")
    }

    /// The port of a role.
    ///
    /// # Panics
    ///
    /// If no listener has it.
    #[must_use]
    pub fn port(&self, role: &str) -> u16 {
        let found = self.ports.iter().find(|(name, _)| name == role);
        found.unwrap_or_else(|| panic!("no listener for {role}")).1
    }

    /// What it has logged.
    #[must_use]
    pub fn log(&self) -> String {
        let log = fs::read(self.folder.path().join("log")).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }

    /// What it tells of its configuration.
    #[must_use]
    pub fn check(&self) -> String {
        self.told(&["--check"])
    }

    /// What it tells of a port.
    #[must_use]
    pub fn explain(&self, port: u16) -> String {
        self.told(&["--explain", &port.to_string()])
    }

    fn told(&self, question: &[&str]) -> String {
        let file = self.folder.path().join("edge.toml");
        let mut edge = Command::new(built("edge"));
        let output = run(edge.arg("--config").arg(file).args(question));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// The folder of the test, for files of its own.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_path_buf()
    }

    /// The messages that lie in a mailbox of `example.test`, as stored.
    #[must_use]
    pub fn mailbox(&self, local_part: &str) -> Vec<Vec<u8>> {
        let folder = self
            .folder
            .path()
            .join("mail/example.test")
            .join(local_part)
            .join("new");
        let Ok(entries) = fs::read_dir(folder) else {
            return Vec::new();
        };
        entries
            .flatten()
            .filter_map(|entry| fs::read(entry.path()).ok())
            .collect()
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
