//! A running `edge` to talk to, in octets.

#![allow(dead_code, reason = "each test binary uses its part")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tempfile::{NamedTempFile, TempDir};

/// An `edge` of one's own, stopped when dropped.
pub(crate) struct Edge {
    child: Child,
    mail: PathBuf,
    ports: Vec<(String, u16)>,
    folder: TempDir,
    log: NamedTempFile,
}

/// Runs it on the configuration of a folder until it is ready.
fn launch(mut command: Command, folder: &Path, log: &Path) -> (Child, Vec<(String, u16)>) {
    let mut child = command
        .arg("--config")
        .arg(folder.join("edge.toml"))
        .stdout(Stdio::piped())
        .stderr(fs::File::create(log).unwrap())
        .spawn()
        .unwrap();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    let mut ports = Vec::new();
    let mut lines = stdout.lines().map(Result::unwrap);
    let ready = lines.by_ref().any(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let ["listening", role, address] = words[..] {
            let port = address.rsplit(':').next().unwrap().parse().unwrap();
            ports.push((role.to_owned(), port));
        }
        line == "ready"
    });
    if ready {
        return (child, ports);
    }
    let _ = child.kill();
    let _ = child.wait();
    let log = fs::read_to_string(log).unwrap();
    panic!("edge ended before it was ready: {log}")
}

impl Edge {
    /// Starts one on the four roles without a certificate, where submission takes AUTH in clear;
    /// `extra` goes on top of the configuration.
    pub(crate) fn start(extra: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let mail = folder.path().join("mail");
        Self::start_at(folder, mail, extra)
    }

    /// Starts one on a configuration of its own, beside where mail is stored.
    pub(crate) fn configured(config: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let mail = folder.path().join("mail");
        let config = format!("{config}\n[deliver]\nmaildir = {mail:?}\n");
        Self::run(folder, mail, &config)
    }

    /// Starts one on a configuration of its own, which says where mail goes.
    pub(crate) fn delivering(config: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let mail = folder.path().join("mail");
        Self::run(folder, mail, config)
    }

    /// As [`start`](Self::start), with mail stored in `mail`.
    pub(crate) fn start_at(folder: TempDir, mail: PathBuf, extra: &str) -> Self {
        let mut config = format!(
            "hostname = \"edge.example.test\"\ndomains = [\"example.test\"]\n{extra}\n\
             [deliver]\nmaildir = {mail:?}\n\
             [[user]]\nname = \"alice@example.test\"\npassword = \"secret\"\n"
        );
        for role in ["mx", "submission", "lmtp"] {
            let clear = if role == "submission" && extra.contains("tls = false") {
                "cleartext_auth = \"allow\"\n"
            } else {
                ""
            };
            config += &format!("[[listener]]\nrole = \"{role}\"\naddr = \"127.0.0.1:0\"\n{clear}");
        }
        Self::run(folder, mail, &config)
    }

    /// As [`start`](Self::start), with so many file descriptors.
    pub(crate) fn limited(extra: &str, descriptors: usize) -> Self {
        let edge = Self::start(extra);
        let mut shell = Command::new("sh");
        let limited = format!("ulimit -n {descriptors}; exec \"$0\" \"$@\"");
        shell.args(["-c", &limited, env!("CARGO_BIN_EXE_edge")]);
        edge.run_again(shell)
    }

    /// The same, telling its dialogues.
    pub(crate) fn verbose(self) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_edge"));
        command.arg("-v");
        self.run_again(command)
    }

    /// The same once more, behind its end: on the same configuration, with the same mail.
    pub(crate) fn again(self) -> Self {
        self.run_again(Command::new(env!("CARGO_BIN_EXE_edge")))
    }

    fn run_again(mut self, command: Command) -> Self {
        self.kill();
        let (child, ports) = launch(command, self.folder.path(), self.log.path());
        (self.child, self.ports) = (child, ports);
        self
    }

    fn run(folder: TempDir, mail: PathBuf, config: &str) -> Self {
        fs::write(folder.path().join("edge.toml"), config).unwrap();
        let command = Command::new(env!("CARGO_BIN_EXE_edge"));
        let log = NamedTempFile::new().unwrap();
        let (child, ports) = launch(command, folder.path(), log.path());
        Self {
            child,
            mail,
            ports,
            folder,
            log,
        }
    }

    /// What it has logged since it began.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.log.path()).unwrap()
    }

    /// Kills it, so that it can do nothing more.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Throws all mail away.
    pub(crate) fn clear(&self) {
        let _ = fs::remove_dir_all(&self.mail);
    }

    /// The port of the listener of a role.
    pub(crate) fn port(&self, role: &str) -> u16 {
        self.ports.iter().find(|(name, _)| name == role).unwrap().1
    }

    /// Connects to the listener of a role, and takes its greeting.
    pub(crate) fn connect(&self, role: &str) -> Talk {
        let mut talk = self.dial(role);
        assert!(talk.reply().starts_with("220 "));
        talk
    }

    /// Connects to the listener of a role.
    pub(crate) fn dial(&self, role: &str) -> Talk {
        let stream = TcpStream::connect(("127.0.0.1", self.port(role))).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        Talk {
            reader: BufReader::new(stream),
        }
    }

    /// Connects to the listener of a role, from an address of this host.
    pub(crate) fn dial_from(&self, address: &str, role: &str) -> Talk {
        let from = SocketAddr::new(address.parse().unwrap(), 0);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let stream = runtime.block_on(async {
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            socket.bind(from).unwrap();
            let to = SocketAddr::from(([127, 0, 0, 1], self.port(role)));
            socket.connect(to).await.unwrap()
        });
        let stream = stream.into_std().unwrap();
        stream.set_nonblocking(false).unwrap();
        Talk {
            reader: BufReader::new(stream),
        }
    }

    /// Every file below the mail folder, wherever it is.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        collect(&self.mail, &mut files);
        files.sort();
        files
    }

    /// The folder that mail is stored in.
    pub(crate) fn mail(&self) -> &Path {
        &self.mail
    }

    pub(crate) fn terminate(&self) {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Waits for its end, for `limit` at the most.
    pub(crate) fn wait(&mut self, limit: Duration) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(begun.elapsed() < limit, "edge did not end within {limit:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            collect(&entry.path(), files);
        } else {
            files.push(entry.path());
        }
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One connection.
pub(crate) struct Talk {
    reader: BufReader<TcpStream>,
}

impl Talk {
    /// Sends octets as they are.
    pub(crate) fn send(&mut self, octets: &[u8]) {
        self.reader.get_mut().write_all(octets).unwrap();
    }

    /// One whole reply, its lines joined by a line end.
    pub(crate) fn reply(&mut self) -> String {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            let octets = self.reader.read_line(&mut line).unwrap();
            assert!(octets > 0, "the connection ended instead of a reply");
            let line = line.strip_suffix("\r\n").unwrap().to_owned();
            let last = line.as_bytes().get(3) != Some(&b'-');
            lines.push(line);
            if last {
                return lines.join("\n");
            }
        }
    }

    /// Nothing is said, although it could be.
    pub(crate) fn silence(&mut self) {
        let stream = self.reader.get_ref();
        let patience = stream.read_timeout().unwrap();
        stream
            .set_read_timeout(Some(Duration::from_millis(200)))
            .unwrap();
        let error = self.reader.fill_buf().expect_err("something was said");
        assert!(matches!(
            error.kind(),
            std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
        ));
        self.reader.get_ref().set_read_timeout(patience).unwrap();
    }

    /// Says a command and takes its reply.
    pub(crate) fn say(&mut self, command: &str) -> String {
        self.send(format!("{command}\r\n").as_bytes());
        self.reply()
    }

    /// Says commands that have to be accepted.
    pub(crate) fn accepted(&mut self, commands: &[&str]) {
        for command in commands {
            let reply = self.say(command);
            assert!(reply.starts_with(['2', '3']), "{command}: {reply}");
        }
    }

    /// Whatever still comes, until the server closes.
    pub(crate) fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        match self.reader.read_to_end(&mut rest) {
            // What it has not read when it closes makes the system say so.
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {}
            read => {
                read.unwrap();
            }
        }
        String::from_utf8(rest).unwrap()
    }
}
