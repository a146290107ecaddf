//! A Postfix of one's own: a submission service that asks a Dovecot who may log in.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::TempDir;

use crate::dovecot::{Dovecot, certificate};
use crate::programs::{free_port, launch, run, wait_for};

/// A running Postfix, which takes mail from who has logged in and throws it away. It is stopped when
/// dropped.
#[derive(Debug)]
pub struct Postfix {
    folder: TempDir,
    port: u16,
    /// One at a time: several that start at once have been seen to wait for each other without end. It is
    /// dropped last.
    _alone: MutexGuard<'static, ()>,
}

impl Postfix {
    /// Starts one.
    ///
    /// # Panics
    ///
    /// If it does not start.
    #[must_use]
    pub fn start(dovecot: &Dovecot) -> Self {
        Self::start_with(dovecot, "", certificate)
    }

    /// Starts one with more, or other, settings in `main.cf`, and with the certificate that `make` puts
    /// into its folder as `cert.pem` and `key.pem`.
    ///
    /// # Panics
    ///
    /// If it does not start.
    #[must_use]
    pub fn start_with(dovecot: &Dovecot, settings: &str, make: fn(&Path)) -> Self {
        static ALONE: Mutex<()> = Mutex::new(());
        let postfix = Self {
            // A test that failed leaves nothing behind that matters here.
            _alone: ALONE.lock().unwrap_or_else(PoisonError::into_inner),
            folder: TempDir::new().expect("a folder for the test"),
            port: free_port(),
        };
        let root = postfix.folder.path();
        fs::set_permissions(root, Permissions::from_mode(0o755)).expect("it is ours");
        for name in ["etc", "queue", "data"] {
            fs::create_dir(root.join(name)).expect("a folder");
        }
        let owned = run(Command::new("chown").arg("postfix").arg(root.join("data")));
        assert!(owned.status.success(), "{owned:?}");
        make(root);
        fs::write(
            root.join("etc/main.cf"),
            postfix.main(dovecot) + settings + "\n",
        )
        .expect("a file");
        fs::write(root.join("etc/master.cf"), postfix.services()).expect("a file");
        launch(
            Command::new("postfix")
                .arg("-c")
                .arg(postfix.etc())
                .arg("start"),
        );
        wait_for(postfix.port);
        postfix
    }

    fn main(&self, dovecot: &Dovecot) -> String {
        let root = self.folder.path().display();
        let sasl = dovecot.sasl();
        let sasl = sasl.display();
        format!(
            "compatibility_level = 3.6\nconfig_directory = {root}/etc\n\
             queue_directory = {root}/queue\ndata_directory = {root}/data\n\
             maillog_file = {root}/log\nmaillog_file_prefixes = {root}\nmulti_instance_name =\n\
             myhostname = postfix.example.test\nmydestination =\nmynetworks = 192.0.2.0/24\n\
             inet_interfaces = loopback-only\ninet_protocols = ipv4\nbiff = no\n\
             smtpd_peername_lookup = no\ndefault_transport = discard\nrelay_transport = discard\n\
             smtpd_relay_restrictions = permit_sasl_authenticated, reject\n\
             smtpd_sasl_auth_enable = yes\nsmtpd_sasl_type = dovecot\nsmtpd_sasl_path = {sasl}\n\
             smtpd_error_sleep_time = 0\nsmtpd_tls_auth_only = yes\n\
             smtpd_tls_security_level = may\nsmtpd_tls_chain_files = {root}/key.pem, {root}/cert.pem\n"
        )
    }

    fn services(&self) -> String {
        let port = self.port;
        let mut services = format!("127.0.0.1:{port} inet n - n - - smtpd\n");
        for service in [
            "pickup unix n - n 60 1 pickup",
            "cleanup unix n - n - 0 cleanup",
            "qmgr unix n - n 300 1 qmgr",
            "tlsmgr unix - - n 1000? 1 tlsmgr",
            "rewrite unix - - n - - trivial-rewrite",
            "bounce unix - - n - 0 bounce",
            "defer unix - - n - 0 bounce",
            "trace unix - - n - 0 bounce",
            "proxymap unix - - n - - proxymap",
            "error unix - - n - - error",
            "retry unix - - n - - error",
            "discard unix - - n - - discard",
            "smtp unix - - n - - smtp",
            "anvil unix - - n - 1 anvil",
            "showq unix n - n - - showq",
            "postlog unix-dgram n - n - 1 postlogd",
        ] {
            services.push_str(service);
            services.push('\n');
        }
        services
    }

    fn etc(&self) -> PathBuf {
        self.folder.path().join("etc")
    }

    /// The port of the submission service.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The file with its certificate.
    #[must_use]
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    /// What it has to say.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        let _ = Command::new("postfix")
            .arg("-c")
            .arg(self.etc())
            .arg("abort")
            .output();
    }
}
