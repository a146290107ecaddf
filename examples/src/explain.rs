//! `edge --explain PORT`: why a port is served or not, and what would serve it.
//!
//! The reason is the policy's, of the same records that the listeners are served by; here is added what
//! only a configuration file knows.

use mailwire_tls_policy::{Listener, PortReason, Role, explain as explain_records};

use crate::config::{CertificateSource, Settings};

/// Explains one port, in lines for a reader.
#[must_use]
pub fn explain(settings: &Settings, port: u16) -> String {
    let records: Vec<(u16, Listener)> = settings
        .listeners
        .iter()
        .map(|listener| (listener.address.port(), listener.asked))
        .collect();
    let has_certificate = settings.certificate != CertificateSource::None;
    let addresses = settings
        .listeners
        .iter()
        .map(|it| it.address)
        .filter(|address| address.port() == port);
    let mut addresses = addresses.map(Some).chain(std::iter::repeat(None));
    let mut text = String::new();
    for explanation in explain_records(port, &records, has_certificate) {
        text.push_str(&explanation.to_string());
        if let Some(address) = addresses.next().flatten() {
            text.push_str(&format!("Its address is {address}.\n"));
        }
        if matches!(explanation.reason, PortReason::NotConfigured { .. }) {
            text.push_str(&in_the_file(port, has_certificate));
        }
    }
    text
}

/// How that is written in the file.
fn in_the_file(port: u16, has_certificate: bool) -> String {
    let Some(role) = Role::of_port(port) else {
        return String::new();
    };
    let tls = if Listener::of(role).served(has_certificate).is_err() {
        ", and [tls]"
    } else {
        ""
    };
    format!(
        "In the configuration: [[listener]] with role = \"{role}\" and addr = \"0.0.0.0:{port}\"{tls}.\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explain_in(text: &str, port: u16) -> String {
        let text =
            format!("{text}[[user]]\nname = \"a\"\npassword = \"b\"\n[deliver]\ndiscard = true\n");
        explain(&Settings::parse(&text).unwrap(), port)
    }

    #[test]
    fn a_served_port_says_what_a_client_meets() {
        let text = explain(&Settings::embedded().unwrap(), 2587);
        assert_eq!(
            text,
            "Port 2587 is served as submission: STARTTLS required, AUTH required.\n\
             Before TLS, EHLO lists STARTTLS and not AUTH; MAIL gets 530 5.7.0 Must issue a STARTTLS \
             command first.\n\
             Inside TLS, EHLO lists AUTH and not STARTTLS; MAIL gets 530 5.7.0 Authentication \
             required.\n\
             Its address is 127.0.0.1:2587.\n"
        );
    }

    #[test]
    fn a_closed_587_says_why_and_what_would_open_it() {
        let text = explain(&Settings::embedded().unwrap(), 587);
        assert_eq!(
            text,
            "Port 587 is not served: no listener has it. It is the port of submission (STARTTLS \
             required).\n\
             Remedy: add a listener with the role submission and the port 587.\n\
             submission is served on port 2587 instead.\n\
             Users can send by port 2465 (submissions, TLS from the first octet).\n\
             In the configuration: [[listener]] with role = \"submission\" and addr = \"0.0.0.0:587\".\n"
        );
    }

    #[test]
    fn a_port_without_a_certificate_names_it_as_the_reason() {
        let config = "tls = false\n[[listener]]\nrole = \"submission\"\naddr = \"127.0.0.1:587\"\n\
                      [[listener]]\nrole = \"mx\"\naddr = \"127.0.0.1:25\"\n";
        let text = explain_in(config, 587);
        assert!(
            text.starts_with("Port 587 is not served. A listener for it is configured"),
            "{text}"
        );
        assert!(
            text.contains("certificate") && text.contains("Remedy: "),
            "{text}"
        );
        let text = explain_in(config, 25);
        assert!(
            text.contains("EHLO lists neither STARTTLS nor AUTH; MAIL is taken"),
            "{text}"
        );
        assert!(text.contains("There is no certificate"), "{text}");
        let text = explain_in(config, 465);
        assert!(
            text.contains("port of submissions (TLS from the first octet)"),
            "{text}"
        );
        assert!(text.contains("It also needs a certificate"), "{text}");
    }

    #[test]
    fn implicit_tls_on_587_is_noted() {
        let config = "[[listener]]\nrole = \"submissions\"\naddr = \"127.0.0.1:587\"\n";
        let text = explain_in(config, 587);
        assert!(
            text.contains("clients that connect to port 587 expect submission"),
            "{text}"
        );
    }

    #[test]
    fn any_other_port_lists_what_there_is() {
        let text = explain(&Settings::embedded().unwrap(), 80);
        assert!(text.contains("no registered port of mail"), "{text}");
        assert!(text.contains("2525 (mx), 2587 (submission), 2465 (submissions), 2424 (lmtp)"));
    }
}
