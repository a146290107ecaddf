//! `edge --explain PORT`: why a port is served or not, and what would serve it.
//!
//! A port that is closed says "connection refused", which people take for a broken STARTTLS. So the
//! reason is given here, derived from the same records that the listeners are served by.

use mailwire_tls_policy::{
    Act, Channel, Identity, Listener, Role, TlsMode, Verdict, decide, offers,
};

use crate::config::{CertificateSource, ListenerSettings, Settings};

/// Explains one port, in lines for a reader.
#[must_use]
pub fn explain(settings: &Settings, port: u16) -> String {
    let on_port: Vec<&ListenerSettings> = settings
        .listeners
        .iter()
        .filter(|listener| listener.address.port() == port)
        .collect();
    let mut text = String::new();
    for listener in &on_port {
        text.push_str(&of_listener(listener, port));
    }
    if on_port.is_empty() {
        text.push_str(&of_absence(settings, port));
    }
    text
}

fn of_listener(settings: &ListenerSettings, port: u16) -> String {
    let (address, role) = (settings.address, settings.asked.role);
    let mut text = match settings.served {
        Ok(listener) => {
            let mut text = format!(
                "Port {port} is served on {address} as {role}: {}, AUTH {}.\n",
                tls(listener.tls),
                listener.auth
            );
            text.push_str(&of_dialogue(&listener));
            if settings.asked.tls != listener.tls {
                text.push_str("There is no certificate, so no TLS is offered. Configure [tls].\n");
            }
            text
        }
        Err(reason) => format!(
            "Port {port} is not served. A listener for it is configured ({role} on {address}), \
             but:\n{}\nRule: {}.\nRemedy: {}\n",
            reason.text(),
            reason.rule(),
            reason.remedy()
        ),
    };
    if let Some(owner) = owner(port).filter(|owner| *owner != role) {
        text.push_str(&format!(
            "Note: clients that connect to port {port} expect {owner}.\n"
        ));
    }
    text
}

/// What a client meets, before TLS and inside of it.
fn of_dialogue(listener: &Listener) -> String {
    let (channels, labels): (&[Channel], &[&str]) = match listener.tls {
        TlsMode::None => (&[Channel::Plain], &["EHLO"]),
        TlsMode::StartTlsOptional | TlsMode::StartTlsRequired => (
            &[Channel::Plain, Channel::Tls],
            &["Before TLS, EHLO", "Inside TLS, EHLO"],
        ),
        TlsMode::Implicit => (&[Channel::Tls], &["Inside TLS, EHLO"]),
    };
    let mut text = String::new();
    for (channel, label) in channels.iter().zip(labels) {
        let offers = offers(listener, *channel, Identity::Anonymous);
        let listed = match (offers.starttls, offers.auth) {
            (true, true) => "lists STARTTLS and AUTH",
            (true, false) => "lists STARTTLS and not AUTH",
            (false, true) => "lists AUTH and not STARTTLS",
            (false, false) => "lists neither STARTTLS nor AUTH",
        };
        let mail = match decide(listener, *channel, Identity::Anonymous, Act::Mail) {
            Verdict::Allow => "MAIL is taken".to_owned(),
            Verdict::Refuse(refusal) => format!("MAIL gets {refusal}"),
        };
        text.push_str(&format!("{label} {listed}; {mail}.\n"));
    }
    text
}

fn of_absence(settings: &Settings, port: u16) -> String {
    let Some(role) = owner(port) else {
        let ports: Vec<String> = settings
            .listeners
            .iter()
            .filter(|listener| listener.served.is_ok())
            .map(|listener| format!("{} ({})", listener.address.port(), listener.asked.role))
            .collect();
        return format!(
            "Port {port} is not served: no listener has it, and it is no registered port of mail.\n\
             Served are: {}.\n",
            if ports.is_empty() {
                "none".to_owned()
            } else {
                ports.join(", ")
            }
        );
    };
    let mut text = format!(
        "Port {port} is not served: no listener has it. It is the port of {role} ({}).\n\
         Remedy: add [[listener]] with role = \"{role}\" and addr = \"0.0.0.0:{port}\".\n",
        tls(Listener::of(role).tls)
    );
    let needs_certificate = Listener::of(role).without_certificate().is_err();
    if settings.certificate == CertificateSource::None && needs_certificate {
        text.push_str("It also needs a certificate: configure [tls].\n");
    }
    for listener in settings
        .listeners
        .iter()
        .filter(|listener| listener.asked.role == role)
    {
        if listener.served.is_ok() {
            text.push_str(&format!(
                "{role} is served on {} instead.\n",
                listener.address
            ));
        }
    }
    text
}

/// The role that a port is registered for.
fn owner(port: u16) -> Option<Role> {
    Role::ALL
        .into_iter()
        .find(|role| role.well_known_port() == Some(port))
}

const fn tls(mode: TlsMode) -> &'static str {
    match mode {
        TlsMode::None => "no TLS",
        TlsMode::StartTlsOptional => "STARTTLS if the client wants it",
        TlsMode::StartTlsRequired => "STARTTLS required",
        TlsMode::Implicit => "TLS from the first octet",
    }
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
            "Port 2587 is served on 127.0.0.1:2587 as submission: STARTTLS required, AUTH required.\n\
             Before TLS, EHLO lists STARTTLS and not AUTH; MAIL gets 530 5.7.0 Must issue a STARTTLS \
             command first.\n\
             Inside TLS, EHLO lists AUTH and not STARTTLS; MAIL gets 530 5.7.0 Authentication \
             required.\n"
        );
    }

    #[test]
    fn a_closed_587_says_why_and_what_would_open_it() {
        let text = explain(&Settings::embedded().unwrap(), 587);
        assert_eq!(
            text,
            "Port 587 is not served: no listener has it. It is the port of submission (STARTTLS \
             required).\n\
             Remedy: add [[listener]] with role = \"submission\" and addr = \"0.0.0.0:587\".\n\
             submission is served on 127.0.0.1:2587 instead.\n"
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
