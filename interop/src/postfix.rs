//! A Postfix of one's own: a submission service that asks a Dovecot who may log in.

use std::fs::{self, Permissions};
use std::net::Shutdown;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use tempfile::TempDir;

use crate::dovecot::{Dovecot, certificate};
use crate::programs::{free_port, launch, run, wait_for};

/// A running Postfix, which takes mail from who has logged in and throws it away. It is stopped when
/// dropped.
#[derive(Debug)]
pub struct Postfix {
    folder: TempDir,
    port: u16,
    log: Log,
    /// One at a time, which is enough for two processors. It is dropped last.
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
        let folder = TempDir::new().expect("a folder for the test");
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("it is ours");
        let postfix = Self {
            // A test that failed leaves nothing behind that matters here.
            _alone: ALONE.lock().unwrap_or_else(PoisonError::into_inner),
            port: free_port(),
            log: Log::at(&folder.path().join("queue/public")),
            folder,
        };
        let root = postfix.folder.path();
        for name in ["etc", "data"] {
            fs::create_dir(root.join(name)).expect("a folder");
        }
        let ours = [root.join("data"), root.join("queue/public")];
        let owned = run(Command::new("chown").arg("postfix:postdrop").args(ours));
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
            || postfix.log(),
        );
        wait_for(postfix.port, || postfix.log());
        postfix
    }

    fn main(&self, dovecot: &Dovecot) -> String {
        let root = self.folder.path().display();
        let sasl = dovecot.sasl();
        let sasl = sasl.display();
        format!(
            "compatibility_level = 3.6\nconfig_directory = {root}/etc\n\
             queue_directory = {root}/queue\ndata_directory = {root}/data\n\
             maillog_file = {root}/log\nmaillog_file_prefixes = {root}\n\
             postlog_service_name = {LOG}\nmulti_instance_name =\n\
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
            "lmtp unix - - n - - lmtp",
            "anvil unix - - n - 1 anvil",
            "showq unix n - n - - showq",
            // It must be there, and has nothing to do: see `Log`.
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
        self.log.lines()
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        run(Command::new("postfix")
            .arg("-c")
            .arg(self.etc())
            .arg("abort"));
    }
}

/// The name of the service that takes the log.
const LOG: &str = "log-of-the-test";

/// What a Postfix logs. Its own `postlogd` logs to itself, and where the kernel lets few datagrams wait
/// (`net.unix.max_dgram_qlen` is 10 on many hosts) it then waits for itself, and everybody for it; so the
/// test takes its place.
#[derive(Debug)]
struct Log {
    socket: UnixDatagram,
    lines: Arc<Mutex<String>>,
}

impl Log {
    fn at(folder: &Path) -> Self {
        fs::create_dir_all(folder).expect("a folder");
        let path = folder.join(LOG);
        let socket = UnixDatagram::bind(&path).expect("a socket");
        fs::set_permissions(&path, Permissions::from_mode(0o666)).expect("it is ours");
        let lines = Arc::new(Mutex::new(String::new()));
        let (read, to) = (socket.try_clone().expect("a socket"), Arc::clone(&lines));
        thread::spawn(move || {
            let mut line = vec![0; 1 << 16];
            // Nothing comes out of one that was shut down.
            while let Ok(length @ 1..) = read.recv(&mut line) {
                let line = String::from_utf8_lossy(line.get(..length).unwrap_or_default());
                let mut to = to.lock().unwrap_or_else(PoisonError::into_inner);
                to.push_str(line.trim_end());
                to.push('\n');
            }
        });
        Self { socket, lines }
    }

    fn lines(&self) -> String {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.clone()
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        let _ = self.socket.shutdown(Shutdown::Both);
    }
}
