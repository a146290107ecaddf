//! S3: a closed port says why, and what would open it.

use mailwire_tls_policy::{CleartextAuth, Listener, PortReason, Role, TlsMode, explain, published};

fn text(port: u16, configured: &[(u16, Listener)], has_certificate: bool) -> String {
    explain(port, configured, has_certificate)
        .map(|it| it.to_string())
        .collect()
}

fn usual() -> [(u16, Listener); 3] {
    [
        (25, Listener::of(Role::Mx)),
        (465, Listener::of(Role::Submissions)),
        (587, Listener::of(Role::Submission)),
    ]
}

#[test]
fn s3_what_a_client_meets() {
    assert_eq!(
        text(587, &usual(), true),
        "Port 587 is served as submission: STARTTLS required, AUTH required.\n\
         Before TLS, EHLO lists STARTTLS and not AUTH; MAIL gets 530 5.7.0 Must issue a STARTTLS \
         command first.\n\
         Inside TLS, EHLO lists AUTH and not STARTTLS; MAIL gets 530 5.7.0 Authentication required.\n"
    );
    assert_eq!(
        text(25, &usual(), false),
        "Port 25 is served as mx: no TLS, AUTH never.\n\
         EHLO lists neither STARTTLS nor AUTH; MAIL is taken.\n\
         There is no certificate, so no TLS is offered. Remedy: configure one.\n"
    );
    assert_eq!(
        text(465, &usual(), true),
        "Port 465 is served as submissions: TLS from the first octet, AUTH required.\n\
         Inside TLS, EHLO lists AUTH and not STARTTLS; MAIL gets 530 5.7.0 Authentication required.\n"
    );
}

#[test]
fn s3_a_port_that_was_taken_out_says_so() {
    let mut configured = usual();
    configured[2].1.enabled = false;
    assert_eq!(
        text(587, &configured, true),
        "Port 587 is not served: its listener (submission) is switched off.\nRemedy: switch it on.\n"
    );
    configured[2].1.enabled_by_default = false;
    assert_eq!(
        text(587, &configured, true),
        "Port 587 is not served: its listener (submission) is off by default.\nRemedy: switch it on.\n"
    );
    // A certificate would not help it.
    assert!(text(587, &configured, false).contains("off by default"));
}

#[test]
fn s3_a_port_that_nobody_has_says_what_to_add_and_where_else_to_go() {
    assert_eq!(
        text(587, &usual()[..2], true),
        "Port 587 is not served: no listener has it. It is the port of submission (STARTTLS \
         required).\n\
         Remedy: add a listener with the role submission and the port 587.\n\
         Users can send by port 465 (submissions, TLS from the first octet).\n"
    );
    assert_eq!(
        text(465, &usual()[..1], false),
        "Port 465 is not served: no listener has it. It is the port of submissions (TLS from the \
         first octet).\n\
         Remedy: add a listener with the role submissions and the port 465.\n\
         It also needs a certificate.\n"
    );
    let elsewhere = [(2587, Listener::of(Role::Submission))];
    assert!(text(587, &elsewhere, true).contains("submission is served on port 2587 instead.\n"));
    // Where there is no certificate, that one is not served either.
    assert!(!text(587, &elsewhere, false).contains("instead"));
    assert_eq!(
        text(80, &elsewhere, true),
        "Port 80 is not served: no listener has it, and it is no registered port of mail.\n\
         Served are: 2587 (submission).\n"
    );
    assert!(text(80, &[], true).ends_with("Served are: none.\n"));
}

/// What others are said to do is what they do: without a certificate, and on a port that is not known yet.
#[test]
fn s3_what_is_served_instead_is_told_as_it_is_served() {
    let mut in_clear = Listener::of(Role::Submission);
    in_clear.cleartext_auth = CleartextAuth::Allow;
    let elsewhere = [(2587, in_clear), (0, Listener::of(Role::Mx))];
    let told = text(465, &elsewhere, false);
    assert!(
        told.contains("Users can send by port 2587 (submission, no TLS).\n"),
        "{told}"
    );
    let told = text(465, &elsewhere, true);
    assert!(
        told.contains("port 2587 (submission, STARTTLS required)"),
        "{told}"
    );
    let told = text(25, &elsewhere, true);
    assert!(
        told.contains("mx is served on a port that the system chooses instead.\n"),
        "{told}"
    );
    let told = text(80, &elsewhere, true);
    assert!(
        told.ends_with("Served are: 2587 (submission), a port that the system chooses (mx).\n"),
        "{told}"
    );
}

#[test]
fn s3_without_a_certificate_the_reason_is_the_certificate() {
    let configured = usual();
    for port in [465, 587] {
        let explained: Vec<_> = explain(port, &configured, false).collect();
        assert!(matches!(
            explained[..],
            [it] if matches!(it.reason, PortReason::NotBound { .. })
        ));
        let text = explained[0].to_string();
        assert!(
            text.contains("certificate") && text.contains("Remedy: "),
            "{text}"
        );
    }
    let mut clear = usual();
    clear[2].1.cleartext_auth = CleartextAuth::Allow;
    assert!(explain(587, &clear, false).all(|it| it.is_served()));
}

#[test]
fn s3_a_port_with_another_role_is_noted() {
    let configured = [(587, Listener::of(Role::Submissions))];
    let text = text(587, &configured, true);
    assert!(text.ends_with("Note: clients that connect to port 587 expect submission.\n"));
}

/// Whatever is explained as served is what is published, where users are to be told of it.
#[test]
fn s3_explanations_and_published_settings_agree() {
    for has_certificate in [false, true] {
        for enabled in [false, true] {
            for tls in TlsMode::ALL {
                for role in Role::ALL {
                    let listener = Listener {
                        tls,
                        enabled,
                        ..Listener::of(role)
                    };
                    let configured = [(2525, listener)];
                    let explained: Vec<_> = explain(2525, &configured, has_certificate).collect();
                    assert_eq!(explained.len(), 1);
                    let served: Vec<(u16, Listener)> = explained
                        .iter()
                        .filter_map(|it| match it.reason {
                            PortReason::Served { served, .. } => Some((it.port, served)),
                            _ => None,
                        })
                        .collect();
                    if published(&configured).next().is_some() && has_certificate {
                        assert_eq!(served.len(), 1);
                    }
                    assert!(published(&served).count() <= served.len());
                    assert_eq!(explained[0].is_served(), !served.is_empty());
                    if !enabled {
                        assert!(served.is_empty());
                    }
                }
            }
        }
    }
}
