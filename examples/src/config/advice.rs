//! What is odd about a configuration, beside what the record of a listener shows by itself.

use std::fmt;

use mailwire_tls_policy::{Role, Severity};

use crate::users::Users;

use super::settings::{Limits, ListenerSettings};

/// Something that an operator should look at.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Advice {
    /// How much it matters. An error keeps `edge` from starting.
    pub severity: Severity,
    /// The key or listener it is about, such as `listener[1] (mx, 0.0.0.0:25)`.
    pub subject: String,
    /// What is the matter and what would resolve it.
    pub text: String,
}

/// `warning: user: no account ...`
impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.severity, self.subject, self.text)
    }
}

pub(super) fn warning(subject: impl Into<String>, text: impl Into<String>) -> Advice {
    Advice {
        severity: Severity::Warning,
        subject: subject.into(),
        text: text.into(),
    }
}

fn error(subject: impl Into<String>, text: impl Into<String>) -> Advice {
    Advice {
        severity: Severity::Error,
        ..warning(subject, text)
    }
}

/// About the listeners and the accounts that belong to them.
pub(super) fn on_listeners(listeners: &[ListenerSettings], users: &Users) -> Vec<Advice> {
    let mut advice = Vec::new();
    for (index, listener) in listeners.iter().enumerate() {
        let subject = subject(index, listener);
        if let Some(found) = on_port(&subject, listener) {
            advice.push(found);
        }
        match listener.served {
            Err(reason) => {
                advice.push(warning(
                    &subject,
                    format!("{} {}", reason.text(), reason.remedy()),
                ));
            }
            Ok(served) => advice.extend(served.lint().map(|lint| Advice {
                severity: lint.severity(),
                subject: subject.clone(),
                text: format!("{} {}", lint.text(), lint.remedy()),
            })),
        }
    }
    let takes_logins = |listener: &ListenerSettings| match listener.asked.role {
        Role::Submission | Role::Submissions => true,
        Role::Mx | Role::Lmtp | Role::Custom => false,
    };
    if users.is_empty() && listeners.iter().any(takes_logins) {
        advice.push(warning(
            "user",
            "No account exists, so nobody can log in on submission. Add a [[user]] with name and \
             password.",
        ));
    }
    if !listeners.iter().any(|listener| listener.served.is_ok()) {
        advice.push(error("listener", "None of the listeners can be served."));
    }
    advice
}

/// About bounds below what every server has to take.
pub(super) fn on_limits(limits: &Limits) -> Vec<Advice> {
    let mut advice = Vec::new();
    if limits.recipients < 100 {
        advice.push(warning(
            "limits.recipients",
            "A server must take at least 100 recipients (RFC 5321 section 4.5.3.1.8).",
        ));
    }
    if limits.message_size < 65_536 {
        advice.push(warning(
            "limits.message_size",
            "A server must take at least 65536 octets of content (RFC 5321 section 4.5.3.1.7).",
        ));
    }
    advice
}

/// A port that is registered for another role.
fn on_port(subject: &str, listener: &ListenerSettings) -> Option<Advice> {
    let port = listener.address.port();
    let owner = Role::ALL
        .into_iter()
        .find(|role| role.well_known_port() == Some(port))?;
    match (listener.asked.role, owner) {
        (role, owner) if role == owner => None,
        (Role::Lmtp, Role::Mx) => Some(error(
            subject,
            "LMTP must not be served on port 25 (RFC 2033 section 5). Give it another port.",
        )),
        (role, owner) => Some(warning(
            subject,
            format!(
                "Clients that connect to port {port} expect {owner}, not {role}. Use the role \
                 {owner} here, or another port."
            ),
        )),
    }
}

fn subject(index: usize, listener: &ListenerSettings) -> String {
    let number = index.saturating_add(1);
    format!(
        "listener[{number}] ({}, {})",
        listener.asked.role, listener.address
    )
}
