//! What a client may do.

use std::fmt::Write as _;

use mailwire_tls_policy::outbound::MechanismClass;
use mailwire_tls_policy::{
    Act, AuthRule, Channel, CleartextAuth, Identity, Listener, NotBound, Reason, Role, TlsMode,
    Verdict, decide, decide_mechanism, offers,
};

use crate::{PREFACE, compare, rules};

#[test]
fn inbound() {
    let mut page = format!("# What a client may do\n\n{PREFACE}");
    page.push_str(
        "\nA cell is `yes`, or the reply code and the name of the reason. HELLO, HELP, NOOP, RSET \
         and QUIT\nare always allowed and have no column. MAIL, RCPT, DATA and VERIFY always have \
         the same answer\nand share one; that the answers are the same is checked while this page \
         is written.\nAUTH is with a mechanism that shows the secret, such as PLAIN; AUTH SCRAM with one that does not.\n\
         Then comes what EHLO or LHLO lists, and the rules behind the refusals.\n",
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

    compare("inbound.md", &page);
}

const SESSION_HEAD: &str = "\
| channel | identity | STARTTLS | AUTH | AUTH SCRAM | MAIL RCPT DATA VERIFY | lists | rule |
|---|---|---|---|---|---|---|---|
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
    let scram_verdict = decide_mechanism(
        listener,
        channel,
        identity,
        MechanismClass::ChallengeResponse,
    );
    let verdicts = [Act::StartTls, Act::Auth, Act::Mail]
        .map(|act| decide(listener, channel, identity, act))
        .into_iter()
        .chain([scram_verdict]);
    let rules = rules(verdicts.filter_map(|verdict| match verdict {
        Verdict::Allow => None,
        Verdict::Refuse(refusal) => Some(refusal.rule()),
    }));
    writeln!(
        page,
        "| {channel} | {identity} | {} | {} | {scram} | {} | {lists} | {rules} |",
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
