//! What a client does.

use std::fmt::Write as _;

use mailwire_tls_policy::outbound::{
    self, CertificateCheck, MechanismClass, MechanismClasses, PeerLocation, Policy, Step,
    authenticate, start_tls,
};
use mailwire_tls_policy::{Channel, CleartextAuth};

use crate::{PREFACE, compare, rules};

#[test]
fn outbound() {
    let mut page = format!("# What a client does\n\n{PREFACE}");
    page.push_str(
        "\nThe certificate check is an input to both tables and changes nothing in either; that is \
         checked\nwhile this page is written.\n",
    );

    page.push_str(
        "\n## After the server's EHLO list\n\n\
         | TLS | channel | STARTTLS not offered | STARTTLS offered |\n|---|---|---|---|\n",
    );
    for tls in outbound::TlsMode::ALL {
        for channel in Channel::ALL {
            write!(page, "| {tls} | {channel} |").unwrap();
            for offered in [false, true] {
                let answer = every_check_and_cleartext_rule_agrees(tls, channel, offered);
                let cell = match answer {
                    Step::Proceed => "proceed".to_owned(),
                    Step::StartTls => "send STARTTLS".to_owned(),
                    Step::Abort(refusal) => format!("*{}*", refusal.name()),
                };
                write!(page, " {cell} |").unwrap();
            }
            page.push('\n');
        }
    }

    page.push_str("\n## Before AUTH\n");
    for tls in outbound::TlsMode::ALL {
        write!(
            page,
            "\n### TLS {tls}\n\n| in clear | channel | peer | cleartext | challenge_response | \
             needs_tls |\n|---|---|---|---|---|---|\n"
        )
        .unwrap();
        for cleartext_auth in CleartextAuth::ALL {
            for channel in Channel::ALL {
                for location in PeerLocation::ALL {
                    write!(page, "| {cleartext_auth} | {channel} | {location} |").unwrap();
                    for mechanism in MechanismClass::ALL {
                        let answers = CertificateCheck::ALL.map(|check| {
                            let policy = Policy {
                                tls,
                                check,
                                cleartext_auth,
                            };
                            authenticate(&policy, channel, location, mechanism)
                        });
                        assert!(answers.iter().all(|answer| *answer == answers[0]));
                        match answers[0] {
                            Ok(()) => page.push_str(" yes |"),
                            Err(refusal) => write!(page, " *{}* |", refusal.name()).unwrap(),
                        }
                    }
                    page.push('\n');
                }
            }
        }
    }

    steps(&mut page);

    page.push_str("\n## Mechanisms\n\n| name | class |\n|---|---|\n");
    for name in [
        "PLAIN",
        "LOGIN",
        "XOAUTH2",
        "OAUTHBEARER",
        "CRAM-MD5",
        "SCRAM-SHA-1",
        "SCRAM-SHA-256",
        "SCRAM-SHA-256-PLUS",
        "EXTERNAL",
        "ANONYMOUS",
        "X-UNKNOWN",
    ] {
        writeln!(page, "| {name} | {} |", MechanismClass::of(name)).unwrap();
    }

    page.push_str("\n## The refusals\n\n| name | text | rule | remedy |\n|---|---|---|---|\n");
    for refusal in outbound::Refusal::ALL {
        writeln!(
            page,
            "| {} | {} | {} | {} |",
            refusal.name(),
            refusal.text(),
            refusal.rule(),
            refusal.remedy()
        )
        .unwrap();
    }
    compare("outbound.md", &page);
}

/// The step that comes next, of a client that has credentials for every class of mechanisms.
fn steps(page: &mut String) {
    page.push_str(
        "\n## What comes next, with credentials\n\nNothing was tried yet. Each column is what the server \
         lists: STARTTLS (s), and mechanisms that show\nthe secret (c), that do not (r), and EXTERNAL (x).\n",
    );
    let offers: Vec<(String, outbound::Offered)> = [false, true]
        .into_iter()
        .flat_map(|starttls| {
            [&[][..], &[0], &[1], &[0, 1], &[2], &[0, 2]].map(|places: &[usize]| {
                let classes = places.iter().map(|it| MechanismClass::ALL[*it]);
                let mechanisms: MechanismClasses = classes.collect();
                let letters: String = places.iter().map(|it| ['c', 'r', 'x'][*it]).collect();
                let starttls_letter = if starttls { "s" } else { "" };
                let offered = outbound::Offered {
                    starttls,
                    mechanisms,
                };
                (format!("{starttls_letter}{letters}"), offered)
            })
        })
        .collect();
    for tls in outbound::TlsMode::ALL {
        write!(page, "\n### TLS {tls}\n\n| in clear | channel | peer |").unwrap();
        for (label, _) in &offers {
            let label = if label.is_empty() { "-" } else { label };
            write!(page, " {label} |").unwrap();
        }
        page.push_str(" rule |\n|---|---|---|---|");
        page.push_str(&"---|".repeat(offers.len()));
        page.push('\n');
        for cleartext_auth in CleartextAuth::ALL {
            for channel in Channel::ALL {
                for location in PeerLocation::ALL {
                    write!(page, "| {cleartext_auth} | {channel} | {location} |").unwrap();
                    let mut refused = Vec::new();
                    for (_, offered) in &offers {
                        let answers = CertificateCheck::ALL.map(|check| {
                            let policy = Policy {
                                tls,
                                check,
                                cleartext_auth,
                            };
                            let able = MechanismClass::ALL.into_iter().collect();
                            let login = outbound::Login::Wanted(able);
                            let nothing = outbound::Tried::NOTHING;
                            outbound::next(&policy, login, channel, location, *offered, nothing)
                        });
                        assert!(answers.iter().all(|answer| *answer == answers[0]));
                        let cell = match answers[0] {
                            outbound::Next::StartTls => "STARTTLS".to_owned(),
                            outbound::Next::Authenticate(class) => format!("AUTH {class}"),
                            outbound::Next::Proceed => "mail".to_owned(),
                            outbound::Next::Abort(refusal) => {
                                refused.push(refusal.rule());
                                format!("*{}*", refusal.name())
                            }
                        };
                        write!(page, " {cell} |").unwrap();
                    }
                    write!(page, " {} |", rules(refused)).unwrap();
                    page.push('\n');
                }
            }
        }
    }
}

fn every_check_and_cleartext_rule_agrees(
    tls: outbound::TlsMode,
    channel: Channel,
    offered: bool,
) -> Step {
    let answer = start_tls(&Policy::new(tls), channel, offered);
    for check in CertificateCheck::ALL {
        for cleartext_auth in CleartextAuth::ALL {
            let policy = Policy {
                tls,
                check,
                cleartext_auth,
            };
            assert_eq!(start_tls(&policy, channel, offered), answer);
        }
    }
    answer
}
