//! An nginx of one's own, as a mail proxy: it logs users in and tells who they are by XCLIENT.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command};
use std::thread;

use tempfile::TempDir;

use crate::programs::{free_port, start, wait_for};

/// A running nginx. It is stopped when dropped.
#[derive(Debug)]
pub struct Nginx {
    child: Child,
    folder: TempDir,
    mx: u16,
    submission: u16,
}

impl Nginx {
    /// Starts one with a port for other servers, in front of `mx`, and one for users, in front of
    /// `submission`, both ports of this host. The password of every user is `secret`.
    ///
    /// # Panics
    ///
    /// If it does not start.
    #[must_use]
    pub fn start(mx: u16, submission: u16) -> Self {
        let folder = TempDir::new().expect("a folder for the test");
        let root = folder.path();
        fs::set_permissions(root, Permissions::from_mode(0o755)).expect("it is ours");
        let (own_mx, own_submission, judge) = (free_port(), free_port(), judge(mx, submission));
        let path = root.display();
        let configuration = format!(
            "load_module /usr/lib/nginx/modules/ngx_mail_module.so;\n\
             daemon off;\nworker_processes 1;\npid {path}/pid;\nerror_log {path}/log info;\n\
             events {{ worker_connections 64; }}\n\
             mail {{\n server_name nginx.example.test;\n auth_http 127.0.0.1:{judge}/;\n \
             proxy_pass_error_message on;\n xclient on;\n \
             smtp_capabilities PIPELINING 8BITMIME;\n \
             server {{ listen 127.0.0.1:{own_mx}; protocol smtp; smtp_auth none; }}\n \
             server {{ listen 127.0.0.1:{own_submission}; protocol smtp; smtp_auth plain login; }}\n}}\n"
        );
        fs::write(root.join("nginx.conf"), configuration).expect("a file");
        let child = start(
            Command::new("nginx")
                .arg("-p")
                .arg(root)
                .arg("-c")
                .arg(root.join("nginx.conf")),
        );
        let nginx = Self {
            child,
            folder,
            mx: own_mx,
            submission: own_submission,
        };
        for port in [own_mx, own_submission] {
            wait_for(port, || nginx.log());
        }
        nginx
    }

    /// The port for other servers.
    #[must_use]
    pub const fn mx(&self) -> u16 {
        self.mx
    }

    /// The port for users.
    #[must_use]
    pub const fn submission(&self) -> u16 {
        self.submission
    }

    /// What it has to say.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Its worker goes with it, which it would not if it were killed.
        let _ = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        let _ = self.child.wait();
    }
}

/// Whoever nginx asks about users, by HTTP, and where to connect to; tells its port.
fn judge(mx: u16, submission: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("it is bound").port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let mut head = BufReader::new(&stream).lines().map_while(Result::ok);
            let head: Vec<String> = head.by_ref().take_while(|line| !line.is_empty()).collect();
            let says = |line: &str| head.iter().any(|it| it.eq_ignore_ascii_case(line));
            let backend = match says("Auth-Method: none") {
                true => Some(mx),
                false => says("Auth-Pass: secret").then_some(submission),
            };
            let verdict = match backend {
                Some(port) => {
                    format!("Auth-Status: OK\r\nAuth-Server: 127.0.0.1\r\nAuth-Port: {port}\r\n")
                }
                None => "Auth-Status: Wrong\r\nAuth-Error-Code: 535 5.7.8\r\n".to_owned(),
            };
            let _ = stream.write_all(format!("HTTP/1.0 200 OK\r\n{verdict}\r\n").as_bytes());
        }
    });
    port
}
