//! The sections of a configuration file.

use std::collections::HashSet;
use std::path::PathBuf;
use std::time::Duration;

use crate::mailboxes::{Mailboxes, Pattern, is_domain};
use crate::users::{self, Password, Users};

use super::advice::{self, Advice};
use super::document::{Field, Reader, Section};
use super::embedded;
use super::listener::{self, Entry, settle};
use super::problem::Problem;
use super::relay;
use super::settings::{CertificateSource, Deliver, Limits, ListenerSettings, Settings, Timeouts};

const DOMAIN: &str = "a domain name in ASCII, such as \"example.test\"";
const LOCAL_PART: &str = "a local part, with at most one * and that at its end";
const PATH: &str = "the path of a file";
const TLS: &str = "a table with cert and key, or false for no TLS at all";
const DELIVER: &str = "exactly one of maildir, lmtp, discard";

/// Reads a whole file.
pub(super) fn read(text: &str) -> Result<Settings, Vec<Problem>> {
    let reader = Reader::new(text);
    let table = reader.parse();
    if reader.has_problems() {
        // What is no TOML at one place is easily misread at another.
        return Err(reader.into_problems());
    }
    let settings = read_root(reader.root(table.get_ref()));
    match settings {
        Some(settings) if !reader.has_problems() => Ok(settings),
        _ => Err(reader.into_problems()),
    }
}

fn read_root(root: Section<'_, '_>) -> Option<Settings> {
    let mut advice = Vec::new();
    let hostname = read_hostname(&root, &mut advice);
    let domains = read_domains(&root, &mut advice);
    let patterns = read_patterns(&root, &mut advice);
    let enforce = root
        .take("enforce_inbound_tls")
        .and_then(|field| field.boolean());
    let certificate = read_certificate(&root);
    let entries = read_listeners(&root);
    let users = read_users(&root);
    let deliver = read_deliver(&root);
    let relay = relay::read(&root);
    let limits = read_limits(&root);
    let timeouts = read_timeouts(&root);
    root.finish();

    let certificate = certificate?;
    let users = users?;
    let has_certificate = certificate != CertificateSource::None;
    let listeners: Vec<ListenerSettings> = entries?
        .into_iter()
        .map(|entry| settle(entry, enforce.unwrap_or(false), has_certificate))
        .collect();
    advice.extend(advice::on_limits(&limits));
    let upstream = relay.as_ref().and_then(Option::as_ref);
    advice.extend(upstream.into_iter().flat_map(advice::on_relay));
    advice.extend(advice::of_policy(
        &listeners,
        &users,
        has_certificate,
        upstream,
    ));
    Some(Settings {
        hostname: hostname?,
        mailboxes: Mailboxes::new(domains?, patterns?),
        certificate,
        listeners,
        users,
        deliver: deliver?,
        relay: relay?,
        limits,
        timeouts,
        demo: None,
        advice,
    })
}

fn read_hostname(root: &Section<'_, '_>, advice: &mut Vec<Advice>) -> Option<String> {
    let Some(field) = root.take("hostname") else {
        let text = format!("Absent, so {} is used.", embedded::HOSTNAME);
        advice.push(advice::warning("hostname", text));
        return Some(embedded::HOSTNAME.to_owned());
    };
    field.string(DOMAIN, |name| is_domain(name).then(|| name.to_owned()))
}

fn read_domains(root: &Section<'_, '_>, advice: &mut Vec<Advice>) -> Option<Vec<String>> {
    let Some(field) = root.take("domains") else {
        let text = format!("Absent, so {} is the only local domain.", embedded::DOMAIN);
        advice.push(advice::warning("domains", text));
        return Some(vec![embedded::DOMAIN.to_owned()]);
    };
    let elements = field.array("a list of domain names")?;
    if elements.is_empty() {
        let text = "Empty, so every recipient is foreign and no mail is delivered here.";
        advice.push(advice::warning("domains", text));
    }
    all(&elements, |element| {
        element.string(DOMAIN, |name| is_domain(name).then(|| name.to_owned()))
    })
}

/// `Some(None)` where the key is absent and every local part exists.
fn read_patterns(root: &Section<'_, '_>, advice: &mut Vec<Advice>) -> Option<Option<Vec<Pattern>>> {
    let Some(field) = root.take("mailboxes") else {
        return Some(None);
    };
    let elements = field.array("a list of local parts")?;
    if elements.is_empty() {
        let text = "Empty, so no mailbox but postmaster exists. Leave it out if every one does.";
        advice.push(advice::warning("mailboxes", text));
    }
    all(&elements, |element| {
        element.string(LOCAL_PART, Pattern::parse)
    })
    .map(Some)
}

fn read_certificate(root: &Section<'_, '_>) -> Option<CertificateSource> {
    let Some(field) = root.take("tls") else {
        return Some(CertificateSource::SelfSigned);
    };
    if field.as_boolean() == Some(false) {
        return Some(CertificateSource::None);
    }
    let section = field.section(TLS)?;
    let cert = section
        .require("cert", PATH)
        .and_then(|field| field.string(PATH, path));
    let key = section
        .require("key", PATH)
        .and_then(|field| field.string(PATH, path));
    section.finish();
    Some(CertificateSource::Files {
        cert: cert?,
        key: key?,
    })
}

fn read_listeners(root: &Section<'_, '_>) -> Option<Vec<Entry>> {
    let field = root.require("listener", "at least one [[listener]] with role and addr")?;
    let elements = field.array("[[listener]] sections")?;
    if elements.is_empty() {
        field.wrong("at least one [[listener]] with role and addr");
    }
    let entries = all(&elements, |element| {
        element.section("a table").and_then(listener::read)
    })?;
    let mut addresses = HashSet::new();
    for (entry, element) in entries.iter().zip(&elements) {
        // Any number of listeners may ask the system for a port.
        if entry.address.port() != 0 && !addresses.insert(entry.address) {
            element.problem(format!("{} is taken by an earlier listener", entry.address));
        }
    }
    Some(entries)
}

fn read_users(root: &Section<'_, '_>) -> Option<Users> {
    let Some(field) = root.take("user") else {
        return Some(Users::default());
    };
    let elements = field.array("[[user]] sections")?;
    let mut names = HashSet::new();
    let accounts = all(&elements, |element| {
        let (name, password) = element.section("a table").and_then(read_user)?;
        if !names.insert(name.clone()) {
            element.problem(format!("{name:?} is the name of an earlier user"));
        }
        Some((name, password))
    })?;
    Some(Users::new(accounts))
}

fn read_user(section: Section<'_, '_>) -> Option<(String, Password)> {
    let allowed = users::credentials();
    let name = section.require("name", &allowed).and_then(|field| {
        field.string(&allowed, |name| {
            users::is_credential(name).then(|| name.to_owned())
        })
    });
    let password = section.require("password", &allowed).and_then(|field| {
        field
            .secret(&allowed, users::is_credential)
            .map(Password::from)
    });
    section.finish();
    Some((name?, password?))
}

fn read_deliver(root: &Section<'_, '_>) -> Option<Deliver> {
    let section = root
        .require("deliver", &format!("[deliver] with {DELIVER}"))?
        .section(DELIVER)?;
    let maildir = section.take("maildir");
    let lmtp = relay::read_lmtp(&section);
    let discard = section.take("discard");
    let given: Vec<&str> = [
        ("maildir", maildir.is_some()),
        ("lmtp", !matches!(lmtp, Some(None))),
        ("discard", discard.is_some()),
    ]
    .into_iter()
    .filter_map(|(key, is_given)| is_given.then_some(key))
    .collect();
    if given.len() != 1 {
        let found = if given.is_empty() {
            "none".to_owned()
        } else {
            given.join(" and ")
        };
        section.report("", format!("found {found}; allowed: {DELIVER}"));
    }
    let maildir = maildir.and_then(|field| field.string("the path of a folder", path));
    let discard = discard.filter(|field| {
        let is_on = field.as_boolean() == Some(true);
        if !is_on {
            field.wrong("true, or leave it out");
        }
        is_on
    });
    section.finish();
    match (maildir, lmtp?, discard) {
        (Some(folder), ..) => Some(Deliver::Maildir(folder)),
        (None, Some(server), _) => Some(Deliver::Lmtp(server)),
        (None, None, Some(_)) => Some(Deliver::Discard),
        (None, None, None) => None,
    }
}

fn read_limits(root: &Section<'_, '_>) -> Limits {
    let mut limits = Limits::default();
    let Some(section) = root
        .take("limits")
        .and_then(|field| field.section("a table"))
    else {
        return limits;
    };
    let octets = section.take("message_size");
    if let Some(octets) = octets.and_then(|field| field.integer(1..=1 << 40, "octets")) {
        limits.message_size = octets;
    }
    let recipients = section.take("recipients");
    if let Some(recipients) = recipients
        .and_then(|field| field.integer(1..=100_000, "recipients"))
        .and_then(|recipients| usize::try_from(recipients).ok())
    {
        limits.recipients = recipients;
    }
    for (key, limit) in [
        ("connections", &mut limits.connections),
        (
            "connections_per_address",
            &mut limits.connections_per_address,
        ),
    ] {
        let connections = section.take(key);
        if let Some(connections) = connections
            .and_then(|field| field.integer(1..=1_000_000, "connections"))
            .and_then(|connections| usize::try_from(connections).ok())
        {
            *limit = connections;
        }
    }
    section.finish();
    limits
}

fn read_timeouts(root: &Section<'_, '_>) -> Timeouts {
    let mut timeouts = Timeouts::default();
    let Some(section) = root
        .take("timeouts")
        .and_then(|field| field.section("a table"))
    else {
        return timeouts;
    };
    let command = section.take("command");
    if let Some(seconds) = command.and_then(|field| field.integer(1..=86_400, "seconds")) {
        timeouts.command = Duration::from_secs(seconds);
    }
    section.finish();
    timeouts
}

/// Reads every element before giving up on one, so that each mistake is reported.
pub(super) fn all<'r, 't, T>(
    elements: &[Field<'r, 't>],
    mut read: impl FnMut(&Field<'r, 't>) -> Option<T>,
) -> Option<Vec<T>> {
    let values: Vec<Option<T>> = elements.iter().map(&mut read).collect();
    values.into_iter().collect()
}

fn path(text: &str) -> Option<PathBuf> {
    (!text.is_empty() && !text.contains('\0')).then(|| PathBuf::from(text))
}
