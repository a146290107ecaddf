//! What `edge` says on stdout when it starts.
//!
//! One line `listening ROLE ADDR:PORT` for each listener that is served, in the order of the
//! configuration; on the embedded defaults what a newcomer needs; and `ready` as the last line, so
//! that a program which waits for it has read everything that there is.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use mailwire_tls_policy::{Listener, Role, TlsMode};

use crate::config::{Deliver, DemoAccount, Settings};

/// A listener that is bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The address as bound: never port 0.
    pub address: SocketAddr,
    /// The rules it is served by.
    pub listener: Listener,
}

/// The whole text, ending in `ready` and a line end.
#[must_use]
pub fn banner(settings: &Settings, bound: &[Bound]) -> String {
    let mut text = String::new();
    for Bound { address, listener } in bound {
        text.push_str(&format!("listening {} {address}\n", listener.role));
    }
    if let Some(demo) = &settings.demo {
        text.push_str(&welcome(settings, demo, bound));
    }
    text.push_str("ready\n");
    text
}

fn welcome(settings: &Settings, demo: &DemoAccount, bound: &[Bound]) -> String {
    let mut text = format!(
        "account {} password {}\n",
        demo.name,
        demo.password.expose()
    );
    match &settings.deliver {
        Deliver::Maildir(folder) => {
            let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.clone());
            text.push_str(&format!("mail is stored in {}\n", folder.display()));
        }
        Deliver::Lmtp(server) => {
            text.push_str(&format!("mail is delivered by {}\n", server.host));
        }
        Deliver::Discard => text.push_str("mail is thrown away\n"),
    }
    if let Some(curl) = curl(demo, bound) {
        text.push_str(&format!("send a message:\n{curl}\n"));
    }
    text
}

/// A command for a shell that sends a message from the demo account to itself: over submissions if
/// that is bound, else over submission. `None` if neither is.
fn curl(demo: &DemoAccount, bound: &[Bound]) -> Option<String> {
    let with_role = |role| bound.iter().find(|bound| bound.listener.role == role);
    let (scheme, start_tls, target) = match with_role(Role::Submissions) {
        Some(target) => ("smtps", "", target),
        None => {
            let target = with_role(Role::Submission)?;
            let start_tls = match target.listener.tls {
                TlsMode::None => "",
                TlsMode::StartTlsOptional | TlsMode::StartTlsRequired | TlsMode::Implicit => {
                    "--ssl-reqd "
                }
            };
            ("smtp", start_tls, target)
        }
    };
    let address = reachable(target.address);
    let (name, password) = (&demo.name, demo.password.expose());
    // The path is what curl says in EHLO; the name of the machine, which it would say otherwise,
    // may be one that no mail server takes.
    Some(format!(
        "printf 'From: <{name}>\\r\\nTo: <{name}>\\r\\nSubject: Hello\\r\\n\\r\\nIt works.\\r\\n' \
         | curl -sS -k {start_tls}--url '{scheme}://{address}/localhost' \
         --user '{name}:{password}' --mail-from '{name}' --mail-rcpt '{name}' -T -"
    ))
}

/// An address to connect to: an unspecified one is for binding only.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn bound(role: Role, address: &str) -> Bound {
        Bound {
            address: address.parse().unwrap(),
            listener: Listener::of(role),
        }
    }

    #[test]
    fn a_configured_edge_says_what_listens_and_ready() {
        let text =
            "[[listener]]\nrole = \"mx\"\naddr = \"127.0.0.1:0\"\n[deliver]\ndiscard = true\n";
        let settings = Settings::parse(text).unwrap();
        let bound = [
            bound(Role::Mx, "127.0.0.1:40001"),
            bound(Role::Lmtp, "[::1]:40002"),
        ];
        assert_eq!(
            banner(&settings, &bound),
            "listening mx 127.0.0.1:40001\nlistening lmtp [::1]:40002\nready\n"
        );
    }

    #[test]
    fn the_defaults_also_say_how_to_send_a_first_message() {
        let settings = Settings::embedded().unwrap();
        let bound: Vec<Bound> = settings
            .listeners
            .iter()
            .map(|listener| Bound {
                address: listener.address,
                listener: listener.asked,
            })
            .collect();
        let text = banner(&settings, &bound);
        let lines: Vec<&str> = text.lines().collect();
        let password = settings.demo.as_ref().unwrap().password.expose();
        assert_eq!(
            &lines[..4],
            [
                "listening mx 127.0.0.1:2525",
                "listening submission 127.0.0.1:2587",
                "listening submissions 127.0.0.1:2465",
                "listening lmtp 127.0.0.1:2424",
            ]
        );
        assert_eq!(
            lines[4],
            format!("account demo@example.test password {password}")
        );
        assert!(lines[5].starts_with("mail is stored in /") && lines[5].ends_with("/mail"));
        assert_eq!(lines.last(), Some(&"ready"));
    }

    /// Runs the line in a shell whose curl shows its arguments and its input.
    fn paste(line: &str) -> String {
        let script = format!("curl() {{ printf '[%s]' \"$@\"; echo; cat; }}\n{line}");
        let output = Command::new("sh").args(["-c", &script]).output().unwrap();
        assert!(
            output.status.success() && output.stderr.is_empty(),
            "{output:?}"
        );
        String::from_utf8(output.stdout).unwrap()
    }

    #[test]
    fn the_curl_line_survives_a_shell() {
        let settings = Settings::embedded().unwrap();
        let demo = settings.demo.unwrap();
        let password = demo.password.expose();
        let rest = format!(
            "[--user][demo@example.test:{password}][--mail-from][demo@example.test][--mail-rcpt]\
             [demo@example.test][-T][-]\n\
             From: <demo@example.test>\r\nTo: <demo@example.test>\r\nSubject: Hello\r\n\r\nIt works.\r\n"
        );
        let both = [
            bound(Role::Submission, "127.0.0.1:2587"),
            bound(Role::Submissions, "0.0.0.0:2465"),
        ];
        assert_eq!(
            paste(&curl(&demo, &both).unwrap()),
            format!("[-sS][-k][--url][smtps://127.0.0.1:2465/localhost]{rest}")
        );
        assert_eq!(
            paste(&curl(&demo, &both[..1]).unwrap()),
            format!("[-sS][-k][--ssl-reqd][--url][smtp://127.0.0.1:2587/localhost]{rest}")
        );
        assert_eq!(curl(&demo, &[bound(Role::Mx, "127.0.0.1:2525")]), None);
    }
}
