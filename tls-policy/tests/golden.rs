//! The truth tables of this crate as Markdown, compared with the files beside this one.
//!
//! Each table walks the whole product of a function's inputs. `BLESS=1 cargo test --test golden`
//! writes the files anew; read the difference before you keep it.

#![allow(
    clippy::disallowed_methods,
    reason = "a test is the caller: it has the clock and the files"
)]
#![allow(
    clippy::unwrap_used,
    reason = "helpers of tests; the lint only knows the tests themselves"
)]

use std::fmt::Write as _;
use std::path::Path;

use mailwire_tls_policy::outbound::{
    self, CertificateCheck, MechanismClass, MechanismClasses, PeerLocation, Policy, Step,
    authenticate, start_tls,
};
use mailwire_tls_policy::{
    Act, AuthRule, Channel, CleartextAuth, Identity, Lint, Listener, NotBound, Origin, Reason,
    RecipientClass, Relay, RelayRefusal, Role, SenderClass, SenderRule, TlsMode, Verdict, decide,
    decide_mechanism, offers, relay, sender,
};

const PREFACE: &str = "\
Written by `tests/golden.rs` from the functions themselves, over every combination of their inputs.
`BLESS=1 cargo test -p mailwire-tls-policy --test golden` writes it anew.
";

#[test]
fn inbound() {
    let mut page = format!("# What a client may do\n\n{PREFACE}");
    page.push_str(
        "\nA cell is `yes`, or the reply code and the name of the reason. HELLO, HELP, NOOP, RSET \
         and QUIT\nare always allowed and have no column. MAIL, RCPT, DATA and VERIFY always have \
         the same answer\nand share one; that the answers are the same is checked while this page \
         is written.\nAUTH is with a mechanism that shows the secret, such as PLAIN; AUTH SCRAM with one that does not.\n\
         The last column is what EHLO or LHLO lists.\n",
    );

    page.push_str("\n## The roles, by default\n");
    for role in Role::ALL {
        let listener = Listener::of(role);
        let port = role
            .well_known_port()
            .map_or_else(|| "none".to_owned(), |port| port.to_string());
        write!(
            page,
            "\n### {role}\n\nWell-known port {port}; TLS {}, AUTH {}, scope {}, AUTH in clear \
             text {}.\n\n",
            listener.tls, listener.auth, listener.scope, listener.cleartext_auth
        )
        .unwrap();
        page.push_str(SESSION_HEAD);
        for channel in Channel::ALL {
            for identity in Identity::ALL {
                session_row(&mut page, None, &listener, channel, identity);
            }
        }
    }

    page.push_str(
        "\n## Every listener\n\nThe answers do not depend on the role, only on the record.\n",
    );
    for tls in TlsMode::ALL {
        for auth in AuthRule::ALL {
            write!(page, "\n### TLS {tls}, AUTH {auth}\n\n").unwrap();
            page.push_str("| in clear ");
            page.push_str(&SESSION_HEAD.replacen("\n|", "\n|---|", 1));
            for cleartext_auth in CleartextAuth::ALL {
                for channel in Channel::ALL {
                    for identity in Identity::ALL {
                        let listener =
                            every_role_agrees(tls, auth, cleartext_auth, channel, identity);
                        session_row(
                            &mut page,
                            Some(cleartext_auth),
                            &listener,
                            channel,
                            identity,
                        );
                    }
                }
            }
        }
    }

    page.push_str("\n## The reasons\n\n| name | reply | rule | remedy |\n|---|---|---|---|\n");
    for reason in Reason::ALL {
        let (class, subject, detail) = reason.enhanced();
        writeln!(
            page,
            "| {} | `{} {class}.{subject}.{detail} {}` | {} | {} |",
            reason.name(),
            reason.code(),
            reason.text(),
            reason.rule(),
            reason.remedy()
        )
        .unwrap();
    }

    page.push_str(
        "\n## Without a certificate\n\nA cell is the TLS mode that is left, or the reason not to \
         bind the listener.\n\n| role | TLS | deny | loopback | allow |\n|---|---|---|---|---|\n",
    );
    for role in Role::ALL {
        for tls in TlsMode::ALL {
            write!(page, "| {role} | {tls} |").unwrap();
            for cleartext_auth in CleartextAuth::ALL {
                let listener = Listener {
                    tls,
                    cleartext_auth,
                    ..Listener::of(role)
                };
                match listener.without_certificate() {
                    Ok(left) => write!(page, " {} |", left.tls).unwrap(),
                    Err(reason) => write!(page, " *{}* |", reason.name()).unwrap(),
                }
            }
            page.push('\n');
        }
    }
    page.push_str("\n| name | text | remedy | rule |\n|---|---|---|---|\n");
    for reason in NotBound::ALL {
        writeln!(
            page,
            "| {} | {} | {} | {} |",
            reason.name(),
            reason.text(),
            reason.remedy(),
            reason.rule()
        )
        .unwrap();
    }

    page.push_str("\n## Lints\n\n| name | severity | text | remedy |\n|---|---|---|---|\n");
    for lint in Lint::ALL {
        writeln!(
            page,
            "| {} | {} | {} | {} |",
            lint.name(),
            lint.severity(),
            lint.text(),
            lint.remedy()
        )
        .unwrap();
    }

    compare("inbound.md", &page);
}

#[test]
fn relaying() {
    let mut page = format!("# What happens to a recipient\n\n{PREFACE}");
    page.push_str(
        "\nThe origin is anybody, somebody in a trusted network, or a declared proxy that has not said \
         for whom.\n\n| role | origin | identity | local recipient | foreign recipient |\n\
         |---|---|---|---|---|\n",
    );
    for role in Role::ALL {
        for origin in Origin::ALL {
            for identity in Identity::ALL {
                let [local, foreign] =
                    [RecipientClass::Local, RecipientClass::Foreign].map(|class| {
                        match relay(role, origin, identity, class) {
                            Relay::Deliver => "deliver".to_owned(),
                            Relay::Forward => "forward".to_owned(),
                            Relay::Refuse(refusal) => {
                                format!("{} {}", refusal.code(), refusal.name())
                            }
                        }
                    });
                writeln!(
                    page,
                    "| {role} | {origin} | {identity} | {local} | {foreign} |"
                )
                .unwrap();
            }
        }
    }
    page.push_str(
        "\n## The sender of MAIL, of a user who has logged in\n\n\
         | rule | empty | own | of_somebody_else | foreign |\n|---|---|---|---|---|\n",
    );
    for rule in SenderRule::ALL {
        write!(page, "| {rule} |").unwrap();
        for class in SenderClass::ALL {
            assert_eq!(sender(rule, Identity::Anonymous, class), Ok(()));
            match sender(rule, Identity::Authenticated, class) {
                Ok(()) => page.push_str(" yes |"),
                Err(refusal) => write!(page, " {} {} |", refusal.code(), refusal.name()).unwrap(),
            }
        }
        page.push('\n');
    }
    page.push_str("\n## The refusals\n\n| name | reply | rule | remedy |\n|---|---|---|---|\n");
    for refusal in RelayRefusal::ALL {
        writeln!(
            page,
            "| {} | `{refusal}` | {} | {} |",
            refusal.name(),
            refusal.rule(),
            refusal.remedy()
        )
        .unwrap();
    }
    compare("relay.md", &page);
}

#[test]
fn levels() {
    let mut page = format!("# What mail to a server demands of TLS\n\n{PREFACE}");
    page.push_str(
        "\nA cell is what the connection has to have, or in italics why the mail is not sent there. \
         Behind a\nstroke is what REQUIRETLS changes; `+` is an MTA-STS policy that is tested, and \
         only reported.\n",
    );
    let cell = |level, dane, sts, require_tls| match outbound::demand(level, dane, sts, require_tls)
    {
        Ok(asked) => {
            let tested = if asked.tested.is_some() { " +" } else { "" };
            format!("{}{tested}", asked.demand)
        }
        Err(withheld) => format!("*{}*", withheld.name()),
    };
    page.push_str("\n| level | TLSA |");
    for sts in outbound::Sts::ALL {
        write!(page, " STS {sts} |").unwrap();
    }
    page.push_str("\n|---|---|---|---|---|---|---|\n");
    for level in outbound::Level::ALL {
        for dane in outbound::Dane::ALL {
            write!(page, "| {level} | {dane} |").unwrap();
            for sts in outbound::Sts::ALL {
                let (usual, required) =
                    (cell(level, dane, sts, false), cell(level, dane, sts, true));
                if usual == required {
                    write!(page, " {usual} |").unwrap();
                } else {
                    write!(page, " {usual} / {required} |").unwrap();
                }
            }
            page.push('\n');
        }
    }
    page.push_str("\n| name | text | remedy | rule |\n|---|---|---|---|\n");
    for withheld in outbound::Withheld::ALL {
        writeln!(
            page,
            "| {} | {} | {} | {} |",
            withheld.name(),
            withheld.text(),
            withheld.remedy(),
            withheld.rule()
        )
        .unwrap();
    }
    compare("levels.md", &page);
}

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
        page.push_str("\n|---|---|---|");
        page.push_str(&"---|".repeat(offers.len()));
        page.push('\n');
        for cleartext_auth in CleartextAuth::ALL {
            for channel in Channel::ALL {
                for location in PeerLocation::ALL {
                    write!(page, "| {cleartext_auth} | {channel} | {location} |").unwrap();
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
                            outbound::Next::Abort(refusal) => format!("*{}*", refusal.name()),
                        };
                        write!(page, " {cell} |").unwrap();
                    }
                    page.push('\n');
                }
            }
        }
    }
}

const SESSION_HEAD: &str = "\
| channel | identity | STARTTLS | AUTH | AUTH SCRAM | MAIL RCPT DATA VERIFY | lists |
|---|---|---|---|---|---|---|
";

fn session_row(
    page: &mut String,
    cleartext_auth: Option<CleartextAuth>,
    listener: &Listener,
    channel: Channel,
    identity: Identity,
) {
    let cell = |act| match decide(listener, channel, identity, act) {
        Verdict::Allow => "yes".to_owned(),
        Verdict::Refuse(refusal) => format!("{} {}", refusal.code(), refusal.name()),
    };
    for act in [Act::Hello, Act::Help, Act::Noop, Act::Rset, Act::Quit] {
        assert_eq!(cell(act), "yes", "{act} on {listener:?}");
    }
    for act in [Act::Rcpt, Act::Data, Act::Verify] {
        assert_eq!(cell(act), cell(Act::Mail), "{act} on {listener:?}");
    }
    let mechanism = |class| match decide_mechanism(listener, channel, identity, class) {
        Verdict::Allow => "yes".to_owned(),
        Verdict::Refuse(refusal) => format!("{} {}", refusal.code(), refusal.name()),
    };
    let scram = mechanism(MechanismClass::ChallengeResponse);
    assert_eq!(mechanism(MechanismClass::NeedsTls), scram, "{listener:?}");
    assert_eq!(mechanism(MechanismClass::Cleartext), cell(Act::Auth));
    let offered = offers(listener, channel, identity);
    let lists = match (offered.starttls, offered.auth) {
        (true, true) => "STARTTLS AUTH",
        (true, false) => "STARTTLS",
        (false, true) => "AUTH",
        (false, false) => "-",
    };
    if let Some(cleartext_auth) = cleartext_auth {
        write!(page, "| {cleartext_auth} ").unwrap();
    }
    writeln!(
        page,
        "| {channel} | {identity} | {} | {} | {scram} | {} | {lists} |",
        cell(Act::StartTls),
        cell(Act::Auth),
        cell(Act::Mail)
    )
    .unwrap();
}

/// The record, after a check that its role makes no difference to any act.
fn every_role_agrees(
    tls: TlsMode,
    auth: AuthRule,
    cleartext_auth: CleartextAuth,
    channel: Channel,
    identity: Identity,
) -> Listener {
    let listeners = Role::ALL.map(|role| Listener {
        tls,
        auth,
        cleartext_auth,
        ..Listener::of(role)
    });
    for act in Act::ALL {
        let answers = listeners.map(|listener| decide(&listener, channel, identity, act));
        assert!(answers.iter().all(|answer| *answer == answers[0]));
    }
    listeners[0]
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

fn compare(name: &str, page: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, page).unwrap();
        return;
    }
    let stored = std::fs::read_to_string(&path)
        .unwrap_or_default()
        .replace("\r\n", "\n");
    for (number, (stored, written)) in stored.lines().zip(page.lines()).enumerate() {
        assert_eq!(stored, written, "{name}, line {}", number + 1);
    }
    assert_eq!(
        stored.lines().count(),
        page.lines().count(),
        "length of {name}"
    );
}
