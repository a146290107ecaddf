//! What is told of a port: as JSON for programs, as lines for people.

use std::fmt::Write;

use mailwire_tls_policy::diagnose::{Cause, Diagnosis, Listed};
use mailwire_tls_policy::{Channel, Role};
use serde::Serialize;

use super::seen::Findings;

/// What a port does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PortReport {
    /// The port.
    pub port: u16,
    /// Whether a connection came about.
    #[serde(rename = "reachable")]
    pub is_reachable: bool,
    /// The address that was connected to.
    pub address: Option<String>,
    /// The greeting.
    pub greeting: Option<String>,
    /// What EHLO lists before TLS, if the port begins in clear.
    pub before_tls: Option<Vec<String>>,
    /// The TLS, if there was any.
    pub tls: Option<TlsReport>,
    /// What EHLO lists inside of it.
    pub inside_tls: Option<Vec<String>>,
    /// What came of the login, if one was tried.
    pub login: Option<LoginReport>,
    /// What is the matter.
    pub diagnosis: Finding,
    /// What else is worth to know.
    pub notes: Vec<Finding>,
}

/// The TLS of a port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TlsReport {
    /// `implicit` or `starttls`.
    pub mode: &'static str,
    /// The version, such as `TLSv1.3`.
    pub version: &'static str,
    /// The cipher suite.
    pub cipher: &'static str,
    /// The server's certificate.
    pub certificate: CertificateReport,
}

/// A server's certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CertificateReport {
    /// Whether it would be taken.
    pub verified: bool,
    /// Why not: a stable name in snake case.
    pub failure: Option<&'static str>,
    /// The host names that it is for.
    pub names: Vec<String>,
    /// Its fingerprint.
    pub fingerprint: Option<String>,
}

/// What came of a login.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LoginReport {
    /// Whether the server took it.
    pub accepted: bool,
    /// The mechanism, if one was chosen.
    pub mechanism: Option<String>,
    /// The reply, or why nothing was sent.
    pub text: String,
}

/// A cause, with what would help.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// A stable name in snake case.
    pub cause: &'static str,
    /// What is the matter.
    pub text: &'static str,
    /// What would help.
    pub remedy: &'static str,
    /// The rule behind it.
    pub rule: &'static str,
    /// Whether it may pass by itself.
    pub transient: bool,
}

impl From<Diagnosis> for Finding {
    fn from(diagnosis: Diagnosis) -> Self {
        let cause = diagnosis.cause;
        Self {
            cause: cause.name(),
            text: cause.text(),
            remedy: cause.remedy(),
            rule: cause.rule(),
            transient: diagnosis.is_transient,
        }
    }
}

impl PortReport {
    pub(super) fn new(port: u16) -> Self {
        Self {
            port,
            is_reachable: false,
            address: None,
            greeting: None,
            before_tls: None,
            tls: None,
            inside_tls: None,
            login: None,
            diagnosis: Findings::new(port, false).diagnosis().into(),
            notes: Vec::new(),
        }
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.diagnosis.cause == Cause::None.name()
    }

    /// As one line of JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    pub(super) fn conclude(&mut self, found: &Findings) {
        self.diagnosis = found.diagnosis().into();
        let has_auth = |list: &Option<Vec<String>>| {
            let is_auth = |line: &String| line == "AUTH" || line.starts_with("AUTH ");
            list.as_ref().is_some_and(|it| it.iter().any(is_auth))
        };
        let is_for_servers = Role::of_port(self.port) == Some(Role::Mx);
        let only_inside =
            self.before_tls.is_some() && !has_auth(&self.before_tls) && has_auth(&self.inside_tls);
        let nowhere =
            self.greeting.is_some() && !has_auth(&self.before_tls) && !has_auth(&self.inside_tls);
        // What those meet who set their program up for less, or for another port.
        let wants_login = self.login.is_some();
        if only_inside || (nowhere && (is_for_servers || wants_login)) {
            let before_tls = self.before_tls.as_deref().unwrap_or_default();
            let listed = Listed {
                // Behind TLS is no login either, where there is none at all.
                starttls: only_inside && before_tls.iter().any(|it| it == "STARTTLS"),
                ..Listed::default()
            };
            let note: Finding = found.without_login(Channel::Plain, listed).into();
            if note.cause != self.diagnosis.cause {
                self.notes.push(note);
            }
        }
    }
}

/// What is told of a port, in lines.
#[must_use]
pub fn text(report: &PortReport) -> String {
    let mut text = String::new();
    let reachable = if report.is_reachable {
        "reachable"
    } else {
        "not reachable"
    };
    let address = report.address.as_deref().unwrap_or_default();
    // Writing to a string does not fail.
    let _ = writeln!(
        text,
        "{}",
        format!("port {}: {reachable} {address}", report.port).trim_end()
    );
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "  {name}: {value}");
    };
    if let Some(greeting) = &report.greeting {
        line("greeting", greeting);
    }
    if let Some(list) = &report.before_tls {
        line("offered before TLS", &list.join(", "));
    }
    match &report.tls {
        None if report.greeting.is_some() => line("TLS", "none"),
        None => {}
        Some(tls) => {
            let value = format!("{}, {}, {}", tls.mode, tls.version, tls.cipher);
            line("TLS", &value);
            let certificate = &tls.certificate;
            let verdict = certificate.failure.unwrap_or("verified");
            let names = certificate.names.join(" ");
            line("certificate", &format!("{verdict}; names: {names}"));
            if let Some(fingerprint) = &certificate.fingerprint {
                line("fingerprint", fingerprint);
            }
        }
    }
    if let Some(list) = &report.inside_tls {
        line("offered inside TLS", &list.join(", "));
    }
    if let Some(login) = &report.login {
        let verdict = if login.accepted { "taken" } else { "not taken" };
        let mechanism = login.mechanism.as_deref().unwrap_or("no mechanism");
        line("login", &format!("{verdict} ({mechanism}): {}", login.text));
    }
    let diagnosis = &report.diagnosis;
    if report.is_healthy() {
        line("diagnosis", diagnosis.text);
    } else {
        line(
            "diagnosis",
            &format!("{} [{}]", diagnosis.text, diagnosis.cause),
        );
        line("remedy", diagnosis.remedy);
        line("rule", diagnosis.rule);
    }
    for note in &report.notes {
        line(
            "note",
            &format!("{} {} [{}]", note.text, note.remedy, note.cause),
        );
    }
    text
}
