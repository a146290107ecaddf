//! An Exim of one's own, which passes mail on.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command};

use tempfile::TempDir;

use crate::dovecot::certificate;
use crate::programs::{free_port, run, software, start, wait_for};

/// A running Exim, which takes mail for `example.test` from everybody. It is stopped when dropped.
#[derive(Debug)]
pub struct Exim {
    child: Child,
    folder: TempDir,
    port: u16,
}

impl Exim {
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
        certificate(root);
        let port = free_port();
        let program = software("exim/usr/sbin/exim4");
        let path = root.display();
        let configuration = format!(
            "exim_path = {program}\nprimary_hostname = exim.example.test\n\
             spool_directory = {path}/spool\nlog_file_path = {path}/log/%slog\n\
             pid_file_path = {path}/pid\nkeep_environment =\nadd_environment =\n\
             exim_user = Debian-exim\nexim_group = Debian-exim\ndeliver_drop_privilege = true\n\
             never_users =\nhost_lookup =\nrfc1413_query_timeout = 0s\n\
             local_interfaces = 127.0.0.1\ndaemon_smtp_ports = {port}\n\
             tls_advertise_hosts = *\ntls_certificate = {path}/cert.pem\ntls_privatekey = {path}/key.pem\n\
             chunking_advertise_hosts = *\nprdr_enable = true\ndsn_advertise_hosts = *\n\
             message_size_limit = 2M\nacl_smtp_rcpt = rcpt\nacl_smtp_data = accept\n\
             smtp_enforce_sync = true\n\
             begin acl\nrcpt:\n  accept domains = example.test\n  deny message = 5.7.1 Not here\n\
             begin routers\nall:\n  driver = manualroute\n  domains = *\n  transport = on\n  \
             route_list = * 127.0.0.1::{relay}\n  self = send\n\
             begin transports\non:\n  driver = smtp\n  allow_localhost\n  hosts_avoid_tls = *\n\
             begin retry\n* * F,1m,1s\n",
            program = program.display(),
        );
        fs::write(root.join("exim.conf"), configuration).expect("a file");
        for name in ["spool", "log"] {
            fs::create_dir(root.join(name)).expect("a folder");
        }
        let owned = run(Command::new("chown")
            .arg("Debian-exim:Debian-exim")
            .args([root.join("spool"), root.join("log")]));
        assert!(owned.status.success(), "{owned:?}");
        // In the foreground, so that it can be stopped by whoever started it.
        let child = start(
            Command::new(&program)
                .arg("-C")
                .arg(root.join("exim.conf"))
                .args(["-bdf", "-q1s"]),
        );
        let exim = Self {
            child,
            folder,
            port,
        };
        wait_for(port, || exim.log());
        exim
    }

    /// The port of the SMTP service.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// What it has to say.
    #[must_use]
    pub fn log(&self) -> String {
        let log = |name| fs::read_to_string(self.folder.path().join("log").join(name));
        ["mainlog", "rejectlog", "paniclog"]
            .into_iter()
            .map(|name| log(name).unwrap_or_default())
            .collect()
    }
}

impl Drop for Exim {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
