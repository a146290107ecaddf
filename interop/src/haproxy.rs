//! An HAProxy of one's own, which tells by PROXY whom it connects.

use std::fs;
use std::process::{Child, Command};

use tempfile::TempDir;

use crate::dovecot::certificate;
use crate::programs::{free_port, start, wait_for};

/// A running HAProxy. It is stopped when dropped.
#[derive(Debug)]
pub struct Haproxy {
    child: Child,
    _folder: TempDir,
    ports: [u16; 3],
}

impl Haproxy {
    /// Starts one in front of `backend`, a port of this host, which it also asks all the time whether it
    /// lives, with headers of LOCAL.
    ///
    /// # Panics
    ///
    /// If it does not start.
    #[must_use]
    pub fn start(backend: u16) -> Self {
        let folder = TempDir::new().expect("a folder for the test");
        let root = folder.path();
        certificate(root);
        let pem = ["cert.pem", "key.pem"].map(|name| fs::read(root.join(name)).expect("a file"));
        fs::write(root.join("both.pem"), pem.concat()).expect("a file");
        let ports = [free_port(), free_port(), free_port()];
        let [one, two, tls] = ports;
        let path = root.display();
        let configuration = format!(
            "global\n maxconn 100\n\
             defaults\n mode tcp\n timeout connect 5s\n timeout client 60s\n timeout server 60s\n \
             timeout check 3s\n unique-id-format %[uuid()]\n\
             listen one\n bind 127.0.0.1:{one}\n server s 127.0.0.1:{backend} send-proxy\n\
             listen two\n bind 127.0.0.1:{two}\n option smtpchk EHLO haproxy.example.test\n \
             server s 127.0.0.1:{backend} send-proxy-v2 check inter 200ms check-send-proxy\n\
             listen tls\n bind 127.0.0.1:{tls} ssl crt {path}/both.pem\n server s 127.0.0.1:{backend} \
             send-proxy-v2-ssl-cn proxy-v2-options unique-id,authority,crc32c\n"
        );
        fs::write(root.join("haproxy.cfg"), configuration).expect("a file");
        let child = start(
            Command::new("haproxy")
                .arg("-db")
                .arg("-f")
                .arg(root.join("haproxy.cfg")),
        );
        let haproxy = Self {
            child,
            _folder: folder,
            ports,
        };
        for port in ports {
            wait_for(port, String::new);
        }
        haproxy
    }

    /// The ports: version 1, version 2, and TLS, of which version 2 tells.
    #[must_use]
    pub const fn ports(&self) -> [u16; 3] {
        self.ports
    }
}

impl Drop for Haproxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
