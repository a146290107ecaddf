//! Why a port is served, or why not and what would serve it.

use core::fmt;

use crate::{
    Act, AuthRule, Channel, Identity, Listener, NotBound, Role, TlsMode, Verdict, decide, offers,
};

/// Explains a port, of the listeners that are configured; once for each listener that has it, and once
/// if there is none.
///
/// A port that is closed says "connection refused", which people take for a broken STARTTLS. The reason
/// is given here instead, from the same records that the listeners are served by: what is served, what is
/// switched off and by whom, what lacks a certificate, and what nobody has configured.
///
/// ```
/// use mailwire_tls_policy::{Listener, Role, explain};
///
/// let off = Listener { enabled: false, enabled_by_default: false, ..Listener::of(Role::Submission) };
/// let configured = [(25, Listener::of(Role::Mx)), (587, off)];
/// let mut explained = explain(587, &configured, true);
/// assert_eq!(
///     explained.next().unwrap().to_string(),
///     "Port 587 is not served: its listener (submission) is off by default.\n\
///      Remedy: switch it on.\n"
/// );
/// let nobody = explain(465, &configured, true).next().unwrap();
/// assert!(!nobody.is_served());
/// assert!(nobody.to_string().contains("It is the port of submissions (TLS from the first octet)"));
/// ```
pub fn explain(
    port: u16,
    configured: &[(u16, Listener)],
    has_certificate: bool,
) -> impl Iterator<Item = Explanation<'_>> {
    let on_port = configured.iter().filter(move |it| it.0 == port);
    let is_absent = on_port.clone().next().is_none();
    let absence = is_absent.then_some(Explanation {
        port,
        reason: PortReason::NotConfigured {
            configured,
            has_certificate,
        },
    });
    on_port
        .map(move |(_, listener)| Explanation {
            port,
            reason: PortReason::of(*listener, has_certificate),
        })
        .chain(absence)
}

/// What there is to say of a port. `Display` writes lines for a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explanation<'l> {
    /// The port.
    pub port: u16,
    /// Why it is served, or not.
    pub reason: PortReason<'l>,
}

/// Why a port is served, or not. Total on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortReason<'l> {
    /// It is served.
    Served {
        /// As it is configured.
        asked: Listener,
        /// As it is served, which is without TLS if there is no certificate.
        served: Listener,
    },
    /// Its listener is switched off.
    SwitchedOff {
        /// The listener.
        listener: Listener,
    },
    /// Its listener cannot be served without a certificate.
    NotBound {
        /// The listener.
        listener: Listener,
        /// Why it cannot.
        reason: NotBound,
    },
    /// No listener has it.
    NotConfigured {
        /// Those that there are.
        configured: &'l [(u16, Listener)],
        /// Whether there is a certificate.
        has_certificate: bool,
    },
}

impl Explanation<'_> {
    /// Whether anybody who connects finds something there.
    #[must_use]
    pub const fn is_served(&self) -> bool {
        matches!(self.reason, PortReason::Served { .. })
    }

    /// The role that the port is registered for, if its listener has another: clients expect that one.
    #[must_use]
    pub fn expected_role(&self) -> Option<Role> {
        let role = match self.reason {
            PortReason::Served { asked, .. } => asked.role,
            PortReason::SwitchedOff { listener } | PortReason::NotBound { listener, .. } => {
                listener.role
            }
            PortReason::NotConfigured { .. } => return None,
        };
        Role::of_port(self.port).filter(|expected| *expected != role)
    }
}

impl PortReason<'_> {
    fn of(listener: Listener, has_certificate: bool) -> Self {
        match listener.served(has_certificate) {
            _ if !listener.enabled => Self::SwitchedOff { listener },
            Ok(served) => Self::Served {
                asked: listener,
                served,
            },
            Err(reason) => Self::NotBound { listener, reason },
        }
    }
}

impl fmt::Display for Explanation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let port = self.port;
        match self.reason {
            PortReason::Served { asked, served } => {
                let (role, auth) = (served.role, served.auth);
                let tls = words(served.tls);
                writeln!(f, "Port {port} is served as {role}: {tls}, AUTH {auth}.")?;
                write_dialogue(f, &served)?;
                if asked.tls != served.tls {
                    f.write_str(
                        "There is no certificate, so no TLS is offered. Remedy: configure one.\n",
                    )?;
                }
            }
            PortReason::SwitchedOff { listener } => {
                let by = if listener.enabled_by_default {
                    "switched off"
                } else {
                    "off by default"
                };
                let role = listener.role;
                write!(
                    f,
                    "Port {port} is not served: its listener ({role}) is {by}.\nRemedy: switch it on.\n"
                )?;
            }
            PortReason::NotBound { listener, reason } => {
                write!(
                    f,
                    "Port {port} is not served. A listener for it is configured ({}), but:\n{}\n\
                     Rule: {}.\nRemedy: {}\n",
                    listener.role,
                    reason.text(),
                    reason.rule(),
                    reason.remedy()
                )?;
            }
            PortReason::NotConfigured {
                configured,
                has_certificate,
            } => write_absence(f, port, configured, has_certificate)?,
        }
        match self.expected_role() {
            Some(role) => writeln!(
                f,
                "Note: clients that connect to port {port} expect {role}."
            ),
            None => Ok(()),
        }
    }
}

/// What a client meets, before TLS and inside of it.
fn write_dialogue(f: &mut fmt::Formatter<'_>, listener: &Listener) -> fmt::Result {
    let stages: &[(Channel, &str)] = match listener.tls {
        TlsMode::None => &[(Channel::Plain, "EHLO")],
        TlsMode::StartTlsOptional | TlsMode::StartTlsRequired => &[
            (Channel::Plain, "Before TLS, EHLO"),
            (Channel::Tls, "Inside TLS, EHLO"),
        ],
        TlsMode::Implicit => &[(Channel::Tls, "Inside TLS, EHLO")],
    };
    for (channel, label) in stages {
        let offers = offers(listener, *channel, Identity::Anonymous);
        let listed = match (offers.starttls, offers.auth) {
            (true, true) => "lists STARTTLS and AUTH",
            (true, false) => "lists STARTTLS and not AUTH",
            (false, true) => "lists AUTH and not STARTTLS",
            (false, false) => "lists neither STARTTLS nor AUTH",
        };
        match decide(listener, *channel, Identity::Anonymous, Act::Mail) {
            Verdict::Allow => writeln!(f, "{label} {listed}; MAIL is taken.")?,
            Verdict::Refuse(refusal) => writeln!(f, "{label} {listed}; MAIL gets {refusal}.")?,
        }
    }
    Ok(())
}

fn write_absence(
    f: &mut fmt::Formatter<'_>,
    port: u16,
    configured: &[(u16, Listener)],
    has_certificate: bool,
) -> fmt::Result {
    let served = || {
        configured.iter().filter_map(|(port, listener)| {
            match PortReason::of(*listener, has_certificate) {
                PortReason::Served { served, .. } => Some((Place(*port), served)),
                _ => None,
            }
        })
    };
    let Some(role) = Role::of_port(port) else {
        write!(
            f,
            "Port {port} is not served: no listener has it, and it is no registered port of mail.\n\
             Served are:"
        )?;
        let mut separator = " ";
        for (place, listener) in served() {
            write!(f, "{separator}{place:#} ({})", listener.role)?;
            separator = ", ";
        }
        return f.write_str(if separator == " " { " none.\n" } else { ".\n" });
    };
    let of_role = Listener::of(role);
    write!(
        f,
        "Port {port} is not served: no listener has it. It is the port of {role} ({}).\n\
         Remedy: add a listener with the role {role} and the port {port}.\n",
        words(of_role.tls)
    )?;
    if of_role.served(has_certificate).is_err() {
        f.write_str("It also needs a certificate.\n")?;
    }
    for (place, _) in served().filter(|it| it.1.role == role) {
        writeln!(f, "{role} is served on {place} instead.")?;
    }
    // Whoever looks for a login finds it here.
    let takes_logins = |listener: &Listener| !matches!(listener.auth, AuthRule::Never);
    for (place, listener) in
        served().filter(|it| it.1.role != role && takes_logins(&of_role) && takes_logins(&it.1))
    {
        let tls = words(listener.tls);
        writeln!(f, "Users can send by {place} ({}, {tls}).", listener.role)?;
    }
    Ok(())
}

/// A port, if it is known before it is bound; in a list of ports (`#`) the number alone.
struct Place(u16);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("a port that the system chooses"),
            port if f.alternate() => write!(f, "{port}"),
            port => write!(f, "port {port}"),
        }
    }
}

const fn words(mode: TlsMode) -> &'static str {
    match mode {
        TlsMode::None => "no TLS",
        TlsMode::StartTlsOptional => "STARTTLS if the client wants it",
        TlsMode::StartTlsRequired => "STARTTLS required",
        TlsMode::Implicit => "TLS from the first octet",
    }
}
