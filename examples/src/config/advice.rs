//! What is odd about a configuration, beside what the record of a listener shows by itself.

use std::fmt;
use std::net::IpAddr;

use mailwire_tls_policy::outbound::{PeerLocation, TlsMode};
use mailwire_tls_policy::{
    Concern, Configuration, Contradiction, Placed, Severity, Subject, Upstream,
};

use crate::users::Users;

use super::settings::{Limits, ListenerSettings, RelaySettings};

const NO_USERS: Concern = Concern::Contradiction(Contradiction::NobodyCanLogIn);

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

/// What the policy finds in the configuration.
pub(super) fn of_policy(
    listeners: &[ListenerSettings],
    users: &Users,
    has_certificate: bool,
    relay: Option<&RelaySettings>,
) -> Vec<Advice> {
    let placed: Vec<Placed<'_>> = listeners
        .iter()
        .map(|it| Placed {
            proxy_from: &it.believed.proxy,
            xclient_from: &it.believed.xclient,
            xforward_from: &it.believed.xforward,
            ..Placed::new(it.address.port(), it.asked)
        })
        .collect();
    let configuration = Configuration {
        listeners: &placed,
        has_certificate,
        has_accounts: !users.is_empty(),
        trusted: &[],
        upstream: relay.map(upstream),
    };
    let advice = configuration.lint().map(|finding| Advice {
        severity: finding.severity(),
        subject: match finding.subject {
            Subject::Listener(index) => subject(index, listeners),
            // The section that would have to be written.
            Subject::Whole if finding.concern == NO_USERS => "user".to_owned(),
            Subject::Whole => "listener".to_owned(),
            Subject::Upstream => "relay".to_owned(),
        },
        text: finding.to_string(),
    });
    advice.collect()
}

/// About a password that goes by mechanisms alone which the server may not have.
pub(super) fn on_relay(relay: &RelaySettings) -> Vec<Advice> {
    let location = location(relay);
    let is_in_clear = matches!(relay.policy.tls, TlsMode::Off | TlsMode::Opportunistic);
    let goes = relay
        .policy
        .cleartext_auth
        .allows(location.channel_without_tls());
    if relay.credentials.is_none() || !is_in_clear || goes {
        return Vec::new();
    }
    vec![warning(
        "relay.password",
        "It does not go in clear text (relay.cleartext_auth = \"deny\"), so without TLS the only login is by \
         SCRAM-SHA-256, and where the server has PLAIN and LOGIN alone no mail is passed on. Set relay.tls = \
         \"starttls\" or \"implicit\", or relay.cleartext_auth = \"loopback\" for a server on this host.",
    )]
}

fn location(relay: &RelaySettings) -> PeerLocation {
    let address: Result<IpAddr, _> = relay.host.host.parse();
    address.map_or(PeerLocation::Remote, PeerLocation::of)
}

/// The relay as the policy sees it. A name may lead anywhere, so it is taken for somebody far away.
fn upstream(relay: &RelaySettings) -> Upstream<'static> {
    let mut upstream = Upstream::new(relay.host.port, location(relay), relay.policy);
    upstream.has_user = relay.credentials.is_some();
    upstream.has_password = relay.credentials.is_some();
    upstream
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

fn subject(index: usize, listeners: &[ListenerSettings]) -> String {
    let number = index.saturating_add(1);
    match listeners.get(index) {
        Some(it) => format!("listener[{number}] ({}, {})", it.asked.role, it.address),
        None => format!("listener[{number}]"),
    }
}
