//! Lists of ports, and what of them is published.

use mailwire_tls_policy::{
    AuthRule, Channel, CleartextAuth, ClientSecurity, Identity, Listener, PortList, Role, Scope,
    TlsMode, offers, published,
};

#[test]
fn lists_are_read_whole_or_not_at_all() {
    for (text, expected) in [
        ("25", Ok(&[25][..])),
        ("25,465,587", Ok(&[25, 465, 587])),
        // The list of S3, which lost 587 to its blank.
        ("25, 587", Ok(&[25, 587])),
        (" 25 ,\t587\n", Ok(&[25, 587])),
        ("25 587", Ok(&[25, 587])),
        ("25,,587,", Ok(&[25, 587])),
        ("587,25,587,025,25", Ok(&[587, 25])),
        ("1,65535", Ok(&[1, 65535])),
        ("", Ok(&[])),
        (" , ", Ok(&[])),
        ("0", Err("0")),
        ("65536", Err("65536")),
        ("99999999999999999999", Err("99999999999999999999")),
        ("25,smtp", Err("smtp")),
        ("25,-1", Err("-1")),
        ("+25", Err("+25")),
        ("25;587", Err("25;587")),
        ("25-27", Err("25-27")),
        ("25.", Err("25.")),
        ("0x19", Err("0x19")),
        ("\u{662}\u{665}", Err("\u{662}\u{665}")),
    ] {
        match PortList::parse(text) {
            Ok(list) => {
                let ports: Vec<u16> = list.iter().collect();
                assert_eq!(Ok(ports.as_slice()), expected, "{text:?}");
                let again = list.to_string();
                assert_eq!(PortList::parse(&again), Ok(list), "{text:?}");
                assert!(ports.iter().all(|it| list.contains(*it)) && !list.contains(9));
            }
            Err(error) => {
                assert_eq!(Err(error.token), expected, "{text:?}");
                assert!(error.to_string().contains(error.token));
            }
        }
    }
}

/// Every record there is, each on a port of its own.
fn every_listener() -> Vec<(u16, Listener)> {
    let (mut all, mut port) = (Vec::new(), 0);
    for role in Role::ALL {
        for tls in TlsMode::ALL {
            for auth in AuthRule::ALL {
                for scope in Scope::ALL {
                    for cleartext_auth in CleartextAuth::ALL {
                        for enabled in [true, false] {
                            port += 1;
                            let listener = Listener {
                                role,
                                tls,
                                auth,
                                scope,
                                cleartext_auth,
                                enabled,
                                enabled_by_default: true,
                            };
                            all.push((port, listener));
                        }
                    }
                }
            }
        }
    }
    all
}

/// S3: listeners, published settings and EHLO derive from one table.
#[test]
fn what_is_published_is_what_is_served() {
    let all = every_listener();
    let settings: Vec<_> = published(&all).collect();
    for (port, listener) in &all {
        let published: Vec<_> = settings.iter().filter(|it| it.port == *port).collect();
        let is_for_users = matches!(listener.role, Role::Submission | Role::Submissions);
        let is_open = listener.enabled && listener.scope == Scope::Public;
        let logs_in_on = |channel| offers(listener, channel, Identity::Anonymous).auth;
        let way = match listener.tls {
            TlsMode::Implicit => logs_in_on(Channel::Tls).then_some(ClientSecurity::Tls),
            TlsMode::StartTlsOptional | TlsMode::StartTlsRequired => {
                logs_in_on(Channel::Tls).then_some(ClientSecurity::StartTls)
            }
            TlsMode::None => logs_in_on(Channel::Plain).then_some(ClientSecurity::None),
        };
        let expected = way.filter(|_| is_for_users && is_open);
        let seen: Vec<_> = published.iter().map(|it| it.security).collect();
        assert_eq!(seen, Vec::from_iter(expected), "{listener:?}");
        // Whoever takes the advice finds STARTTLS in EHLO where it is to be used.
        if expected == Some(ClientSecurity::StartTls) {
            assert!(offers(listener, Channel::Plain, Identity::Anonymous).starttls);
        }
    }
    assert!(settings.is_sorted_by_key(|it| it.srv_priority()));
    assert!(settings.len() > 10);
}

#[test]
fn without_a_certificate_nothing_is_published_that_cannot_be() {
    let served: Vec<_> = [
        (25, Role::Mx),
        (465, Role::Submissions),
        (587, Role::Submission),
    ]
    .into_iter()
    .filter_map(|(port, role)| Some((port, Listener::of(role).without_certificate().ok()?)))
    .collect();
    assert_eq!(served.len(), 1);
    assert_eq!(published(&served).count(), 0);
}
