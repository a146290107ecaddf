//! What `edge` runs on when nobody gives it a file.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use mailwire_tls_policy::Role;

use crate::mailboxes::Mailboxes;
use crate::users::{Password, Users};

use super::listener::{Entry, settle};
use super::settings::{
    Believed, CertificateSource, Deliver, DemoAccount, Limits, Settings, Timeouts,
};

/// The host name where none is configured.
pub(super) const HOSTNAME: &str = "edge.example.test";
/// The local domain where none is configured.
pub(super) const DOMAIN: &str = "example.test";

const DEMO: &str = "demo@example.test";
const MAIL: &str = "mail";
/// The registered ports plus 2000, so that nobody needs privileges; LMTP has none registered.
const LISTENERS: [(Role, u16); 4] = [
    (Role::Mx, 2525),
    (Role::Submission, 2587),
    (Role::Submissions, 2465),
    (Role::Lmtp, 2424),
];

/// The embedded defaults, with a password made now.
///
/// # Errors
///
/// The system has no random octets to give.
pub(super) fn settings() -> Result<Settings, getrandom::Error> {
    let demo = DemoAccount {
        name: DEMO.to_owned(),
        password: Password::random()?,
    };
    let users = Users::new([(demo.name.clone(), demo.password.clone())]);
    let listeners = LISTENERS
        .into_iter()
        .map(|(role, port)| {
            let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
            let entry = Entry {
                role,
                address,
                cleartext_auth: None,
                believed: Believed::default(),
            };
            settle(entry, false, true)
        })
        .collect();
    Ok(Settings {
        hostname: HOSTNAME.to_owned(),
        mailboxes: Mailboxes::new([DOMAIN], None),
        certificate: CertificateSource::SelfSigned,
        listeners,
        users,
        deliver: Deliver::Maildir(PathBuf::from(MAIL)),
        relay: None,
        limits: Limits::default(),
        timeouts: Timeouts::default(),
        demo: Some(demo),
        advice: Vec::new(),
    })
}
