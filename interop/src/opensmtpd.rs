//! An OpenSMTPD of one's own, which passes mail on.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command};

use tempfile::TempDir;

use crate::programs::{free_port, run, software, start, wait_for};

/// A running OpenSMTPD, which takes mail for `example.test` from everybody, in clear: Debian's 6.8 does
/// no handshake as a server with the OpenSSL that it is built against. It is stopped when dropped.
///
/// Where it keeps things is built into it, so it gets an own view of the file system.
#[derive(Debug)]
pub struct OpenSmtpd {
    child: Child,
    folder: TempDir,
    port: u16,
}

impl OpenSmtpd {
    /// Starts one, which passes mail on to `relay`, a port of this host.
    ///
    /// # Panics
    ///
    /// If it does not start.
    #[must_use]
    pub fn start(relay: u16) -> Self {
        let folder = TempDir::new().expect("a folder for the test");
        let root = folder.path();
        fs::set_permissions(root, Permissions::from_mode(0o755)).expect("it is ours");
        for (name, mode) in [
            ("spool", 0o711),
            ("run", 0o755),
            ("lib", 0o755),
            ("lib/empty", 0o755),
        ] {
            fs::create_dir(root.join(name)).expect("a folder");
            let mode = Permissions::from_mode(mode);
            fs::set_permissions(root.join(name), mode).expect("it is ours");
        }
        let port = free_port();
        let configuration = format!(
            "listen on 127.0.0.1 port {port} hostname opensmtpd.example.test\n\
             smtp max-message-size 2M\n\
             action \"on\" relay host smtp+notls://127.0.0.1:{relay}\n\
             match from any for domain \"example.test\" action \"on\"\n"
        );
        fs::write(root.join("smtpd.conf"), configuration).expect("a file");
        let tree = software("opensmtpd");
        let control = tree.join("usr/sbin/smtpctl");
        for command in [
            Command::new("chgrp").arg("opensmtpq").arg(&control),
            Command::new("chmod").arg("2755").arg(&control),
        ] {
            let done = run(command);
            assert!(done.status.success(), "{done:?}");
        }
        let script = format!(
            "set -e\nmount --make-rprivate /\n\
             mkdir -p /usr/libexec/opensmtpd /var/spool/smtpd /var/lib/opensmtpd\n\
             mount --bind {tree}/usr/libexec/opensmtpd /usr/libexec/opensmtpd\n\
             mount --bind {root}/spool /var/spool/smtpd\nmount --bind {root}/lib /var/lib/opensmtpd\n\
             mount --bind {root}/run /run\n\
             exec {tree}/usr/sbin/smtpd -d -f {root}/smtpd.conf >{root}/log 2>&1\n",
            tree = tree.display(),
            root = root.display(),
        );
        let child = start(Command::new("unshare").args(["-m", "sh", "-c", &script]));
        let opensmtpd = Self {
            child,
            folder,
            port,
        };
        wait_for(port, || opensmtpd.log());
        opensmtpd
    }

    /// The port of the SMTP service.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// What it has to say.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for OpenSmtpd {
    fn drop(&mut self) {
        // It has children, which end when it is asked to.
        let _ = run(Command::new("kill").arg(self.child.id().to_string()));
        let _ = self.child.wait();
    }
}
