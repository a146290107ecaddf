//! `[relay]`: where mail for other domains goes.

use mailwire_tls_policy::CleartextAuth;
use mailwire_tls_policy::outbound::{CertificateCheck, Policy, TlsMode};

use super::document::{Field, Section};
use super::settings::RelaySettings;
use crate::client_tls::server_name;
use crate::send_args::Target;
use crate::users::{self, Password};

const HOST: &str = "a host and a port, such as \"127.0.0.1:10025\" or \"[::1]:25\"";
const TLS: &str = "off, opportunistic, starttls, implicit";
const CLEARTEXT: &str = "deny, loopback, allow";

/// `Some(None)` where there is none; `None` if something in it is wrong, which has been reported then.
pub(super) fn read(root: &Section<'_, '_>) -> Option<Option<RelaySettings>> {
    let Some(field) = root.take("relay") else {
        return Some(None);
    };
    let section = field.section("a table with host")?;
    let host = section
        .require("host", HOST)
        .and_then(|field| field.string(HOST, target));
    let (tls, check) = (
        tls_of(section.take("tls")),
        check_of(section.take("verify")),
    );
    let xclient = match section.take("xclient") {
        None => Some(false),
        Some(field) => field.boolean(),
    };
    let cleartext_auth = match section.take("cleartext_auth") {
        None => Some(CleartextAuth::Deny),
        Some(field) => field.string(CLEARTEXT, |text| text.parse().ok()),
    };
    let credentials = credentials(&section);
    section.finish();
    Some(Some(RelaySettings {
        host: host?,
        policy: Policy {
            tls: tls?,
            check: check?,
            cleartext_auth: cleartext_auth?,
        },
        xclient: xclient?,
        credentials: credentials?,
    }))
}

/// `lmtp` in `[deliver]`, with what says how. `None` as above.
pub(super) fn read_lmtp(section: &Section<'_, '_>) -> Option<Option<RelaySettings>> {
    let host = section.take("lmtp");
    let (mode, check) = (section.take("lmtp_tls"), section.take("lmtp_verify"));
    let Some(host) = host else {
        for (key, field) in [("lmtp_tls", &mode), ("lmtp_verify", &check)] {
            if field.is_some() {
                section.report(key, "belongs to lmtp, which is missing".to_owned());
            }
        }
        return (mode.is_none() && check.is_none()).then_some(None);
    };
    let (tls, check) = (tls_of(mode), check_of(check));
    let host = host.string(HOST, target);
    Some(Some(RelaySettings {
        host: host?,
        policy: Policy {
            check: check?,
            ..Policy::new(tls?)
        },
        xclient: false,
        credentials: None,
    }))
}

fn target(text: &str) -> Option<Target> {
    let target: Target = text.parse().ok()?;
    server_name(&target.host).is_ok().then_some(target)
}

fn tls_of(field: Option<Field<'_, '_>>) -> Option<TlsMode> {
    match field {
        None => Some(TlsMode::Off),
        Some(field) => field.string(TLS, mode),
    }
}

fn check_of(field: Option<Field<'_, '_>>) -> Option<CertificateCheck> {
    let verify = match field {
        None => true,
        Some(field) => field.boolean()?,
    };
    Some(match verify {
        true => CertificateCheck::Verify,
        false => CertificateCheck::Skip,
    })
}

/// Both of them, or neither.
fn credentials(section: &Section<'_, '_>) -> Option<Option<(String, Password)>> {
    let allowed = users::credentials();
    let (user, password) = (section.take("user"), section.take("password"));
    match (user, password) {
        (None, None) => Some(None),
        (Some(user), Some(password)) => {
            let user = user.string(&allowed, |name| {
                users::is_credential(name).then(|| name.to_owned())
            });
            let password = password.secret(&allowed, users::is_credential);
            Some(Some((user?, Password::from(password?))))
        }
        (Some(_), None) => {
            section.report("password", "missing; it belongs to user".to_owned());
            None
        }
        (None, Some(_)) => {
            section.report("user", "missing; it belongs to password".to_owned());
            None
        }
    }
}

fn mode(text: &str) -> Option<TlsMode> {
    TlsMode::ALL.into_iter().find(|it| it.as_str() == text)
}
