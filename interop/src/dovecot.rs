//! A Dovecot of one's own: its submission service, and its SASL service for others.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::programs::{free_port, launch, run, wait_for};

/// The key that tokens are signed with.
const KEY: &str = "the-key-of-the-test";

/// A running Dovecot, with the account `alice@example.test`, password `secret`. It is stopped when
/// dropped.
#[derive(Debug)]
pub struct Dovecot {
    folder: TempDir,
    port: u16,
}

impl Dovecot {
    /// Starts one, whose submission service passes mail on to `relay`, a port of this host.
    ///
    /// # Panics
    ///
    /// If it does not start.
    #[must_use]
    pub fn start(relay: u16) -> Self {
        Self::start_with(relay, "")
    }

    /// Starts one that delivers over LMTP as well: to alice alone, who has a mailbox.
    ///
    /// # Panics
    ///
    /// If it does not start.
    #[must_use]
    pub fn delivering() -> (Self, u16) {
        let lmtp = free_port();
        let dovecot = Self::start_configured(|dovecot| {
            let root = dovecot.folder.path().display();
            let users = format!(
                "userdb {{\n driver = passwd-file\n args = username_format=%u {root}/users\n \
                 default_fields = uid=mail gid=mail home={root}/mail\n}}\n"
            );
            let whole = dovecot.configuration(1);
            let whole = whole.replace("protocols = submission", "protocols = submission lmtp");
            let (before, own) = whole.split_once("userdb {").expect("it has its own");
            let (_, rest) = own.split_once("}\n").expect("it ends");
            format!(
                "{before}{users}{rest}postmaster_address = postmaster@example.test\n\
                 service lmtp {{\n inet_listener lmtp {{\n address = 127.0.0.1\n port = {lmtp}\n }}\n}}\n"
            )
        });
        let mail = dovecot.folder.path().join("mail");
        fs::create_dir_all(&mail).expect("a folder");
        let owned = run(Command::new("chown").arg("mail:mail").arg(mail));
        assert!(owned.status.success(), "{owned:?}");
        wait_for(lmtp, || dovecot.log());
        (dovecot, lmtp)
    }

    /// The messages that alice has, as stored.
    #[must_use]
    pub fn mailbox(&self) -> Vec<String> {
        let new = self.folder.path().join("mail/new");
        let files = fs::read_dir(new).into_iter().flatten().flatten();
        files
            .filter_map(|file| fs::read_to_string(file.path()).ok())
            .collect()
    }

    /// Starts one that hands every login over to the server of `passdb`.
    ///
    /// # Panics
    ///
    /// If it does not start.
    #[must_use]
    pub fn proxying(passdb: &str) -> Self {
        // Where it is asked for one, there has to be a server.
        Self::start_configured(|dovecot| {
            let whole = dovecot.configuration(1);
            let (before, own) = whole.split_once("passdb {").expect("it has its own");
            let (_, users) = own.split_once("userdb {").expect("it has its own");
            format!("{before}{passdb}userdb {{{users}")
        })
    }

    /// Starts one with more settings.
    ///
    /// # Panics
    ///
    /// If it does not start.
    #[must_use]
    pub fn start_with(relay: u16, settings: &str) -> Self {
        Self::start_configured(|dovecot| dovecot.configuration(relay) + settings)
    }

    fn start_configured(configuration: impl FnOnce(&Self) -> String) -> Self {
        let folder = TempDir::new().expect("a folder for the test");
        let dovecot = Self {
            folder,
            port: free_port(),
        };
        let root = dovecot.folder.path();
        // Its processes run as users of their own.
        fs::set_permissions(root, Permissions::from_mode(0o755)).expect("it is ours");
        certificate(root);
        fs::write(
            root.join("users"),
            "alice@example.test:{PLAIN}secret::::::\n",
        )
        .expect("a file");
        let keys = root.join("keys/default/HS256");
        fs::create_dir_all(&keys).expect("a folder");
        fs::write(keys.join("default"), base64(KEY)).expect("a file");
        fs::write(
            root.join("oauth2"),
            format!(
                "introspection_mode = local\nlocal_validation_key_dict = fs:posix:prefix={}/\n\
                 username_attribute = sub\nissuers = https://issuer.example.test\n",
                root.join("keys").display()
            ),
        )
        .expect("a file");
        fs::write(root.join("dovecot.conf"), configuration(&dovecot)).expect("a file");
        launch(
            Command::new("dovecot")
                .arg("-c")
                .arg(root.join("dovecot.conf")),
            || dovecot.log(),
        );
        wait_for(dovecot.port, || dovecot.log());
        dovecot
    }

    fn configuration(&self, relay: u16) -> String {
        let root = self.folder.path().display();
        let port = self.port;
        format!(
            "base_dir = {root}/run\nstate_dir = {root}/state\ninstance_name = interop-{port}\n\
             log_path = {root}/log\nprotocols = submission\nlisten = 127.0.0.1\n\
             hostname = dovecot.example.test\nssl = yes\nssl_cert = <{root}/cert.pem\n\
             ssl_key = <{root}/key.pem\ndisable_plaintext_auth = yes\nauth_failure_delay = 0\n\
             auth_mechanisms = plain login cram-md5 scram-sha-1 scram-sha-256 oauthbearer xoauth2\n\
             mail_location = maildir:{root}/mail\nfirst_valid_uid = 1\n\
             passdb {{\n driver = oauth2\n mechanisms = oauthbearer xoauth2\n \
             args = {root}/oauth2\n}}\n\
             passdb {{\n driver = passwd-file\n \
             mechanisms = plain login cram-md5 scram-sha-1 scram-sha-256\n \
             args = username_format=%u {root}/users\n}}\n\
             userdb {{\n driver = static\n args = uid=mail gid=mail home={root}/mail\n}}\n\
             submission_relay_host = 127.0.0.1\nsubmission_relay_port = {relay}\n\
             submission_relay_ssl = no\nsubmission_relay_trusted = no\n\
             service submission-login {{\n inet_listener submission {{\n port = {port}\n }}\n}}\n\
             service auth {{\n unix_listener {root}/sasl {{\n mode = 0666\n }}\n}}\n\
             service anvil {{\n unix_listener anvil-auth-penalty {{\n mode = 0\n }}\n}}\n"
        )
    }

    /// The port of the submission service.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The socket of the SASL service.
    #[must_use]
    pub fn sasl(&self) -> PathBuf {
        self.folder.path().join("sasl")
    }

    /// A token that it takes for one of `alice@example.test`.
    ///
    /// # Panics
    ///
    /// If Python is not installed.
    #[must_use]
    pub fn token() -> String {
        const TOKEN: &str = r#"
import base64, hashlib, hmac, json, sys, time
part = lambda octets: base64.urlsafe_b64encode(octets).rstrip(b"=")
head = part(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
now = int(time.time())
claims = {"iss": "https://issuer.example.test", "sub": "alice@example.test", "iat": now - 9, "exp": now + 999}
body = head + b"." + part(json.dumps(claims).encode())
print((body + b"." + part(hmac.new(sys.argv[1].encode(), body, hashlib.sha256).digest())).decode())
"#;
        let made = run(Command::new("python3").args(["-c", TOKEN, KEY]));
        String::from_utf8(made.stdout)
            .expect("it is text")
            .trim()
            .to_owned()
    }

    /// What it has to say.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        let configuration = self.folder.path().join("dovecot.conf");
        run(Command::new("dovecot")
            .arg("-c")
            .arg(configuration)
            .arg("stop"));
    }
}

/// A certificate for this host, signed by itself, as `cert.pem` and `key.pem`.
///
/// # Panics
///
/// If it cannot be made.
pub fn certificate(folder: &Path) {
    make_certificate(folder, 2400);
}

/// The same, over since 2021.
///
/// # Panics
///
/// If it cannot be made.
pub fn expired_certificate(folder: &Path) {
    make_certificate(folder, 2021);
}

fn make_certificate(folder: &Path, until: i32) {
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let mut params = rcgen::CertificateParams::new(names).expect("they are names");
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(until, 1, 1);
    let key = rcgen::KeyPair::generate().expect("a key");
    let made = params.self_signed(&key).expect("a certificate");
    fs::write(folder.join("cert.pem"), made.pem()).expect("a file");
    fs::write(folder.join("key.pem"), key.serialize_pem()).expect("a file");
}

fn base64(text: &str) -> String {
    let made = run(Command::new("python3").args([
        "-c",
        "import base64, sys; print(base64.b64encode(sys.argv[1].encode()).decode(), end='')",
        text,
    ]));
    String::from_utf8(made.stdout).expect("it is text")
}
