//! Servers that are libraries, and the scripts in `servers/` that run them: each keeps what it takes in
//! files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use tempfile::TempDir;

use crate::dovecot::certificate;
use crate::programs::{free_port, software, start, wait_for};

/// A running server. It is stopped when dropped. Its account is `alice@example.test`, password `secret`.
#[derive(Debug)]
pub struct Scripted {
    child: Child,
    folder: TempDir,
    smtp: u16,
    lmtp: Option<u16>,
}

impl Scripted {
    /// nodemailer's smtp-server, in SMTP and LMTP.
    ///
    /// # Panics
    ///
    /// If it does not start.
    #[must_use]
    pub fn smtp_server() -> Self {
        let mut node = Command::new("node");
        node.env("NODE_PATH", software("node/node_modules"));
        Self::start(node, "smtp_server.js", Some(free_port()))
    }

    /// aiosmtpd, in SMTP.
    ///
    /// # Panics
    ///
    /// If it does not start.
    #[must_use]
    pub fn aiosmtpd() -> Self {
        // The one that has what Debian packages, whatever is first on the path.
        Self::start(Command::new("/usr/bin/python3"), "aiosmtpd_server.py", None)
    }

    fn start(mut interpreter: Command, script: &str, lmtp: Option<u16>) -> Self {
        let folder = TempDir::new().expect("a folder for the test");
        certificate(folder.path());
        let smtp = free_port();
        let servers = Path::new(env!("CARGO_MANIFEST_DIR")).join("servers");
        interpreter
            .arg(servers.join(script))
            .arg(folder.path())
            .arg(smtp.to_string())
            .args(lmtp.map(|port| port.to_string()));
        let server = Self {
            child: start(&mut interpreter),
            folder,
            smtp,
            lmtp,
        };
        wait_for(smtp, String::new);
        lmtp.into_iter()
            .for_each(|port| wait_for(port, String::new));
        server
    }

    /// The port of the SMTP service.
    #[must_use]
    pub const fn smtp(&self) -> u16 {
        self.smtp
    }

    /// The port of the LMTP service.
    ///
    /// # Panics
    ///
    /// If it has none.
    #[must_use]
    pub const fn lmtp(&self) -> u16 {
        self.lmtp.expect("a server that speaks LMTP")
    }

    /// The messages that it took for somebody at `example.test`.
    #[must_use]
    pub fn mailbox(&self, local_part: &str) -> Vec<Vec<u8>> {
        let Ok(entries) = fs::read_dir(self.folder.path().join(local_part)) else {
            return Vec::new();
        };
        let whole = |path: &PathBuf| path.extension().is_none();
        entries
            .flatten()
            .map(|entry| entry.path())
            .filter(whole)
            .filter_map(|path| fs::read(path).ok())
            .collect()
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
