//! What happens to a recipient, and to a sender.

use std::fmt::Write as _;

use mailwire_tls_policy::{
    Identity, Origin, RecipientClass, Relay, RelayReason, Role, SenderClass, SenderRule, relay,
    sender,
};

use crate::{PREFACE, compare, rules};

#[test]
fn relaying() {
    let mut page = format!("# What happens to a recipient\n\n{PREFACE}");
    page.push_str(
        "\nThe origin is anybody, somebody in a trusted network, or a declared proxy that has not said \
         for whom.\n\n| role | origin | identity | local recipient | foreign recipient | rule |\n\
         |---|---|---|---|---|---|\n",
    );
    for role in Role::ALL {
        for origin in Origin::ALL {
            for identity in Identity::ALL {
                let answers = [RecipientClass::Local, RecipientClass::Foreign]
                    .map(|class| relay(role, origin, identity, class));
                let [local, foreign] = answers.map(|answer| match answer {
                    Relay::Deliver => "deliver".to_owned(),
                    Relay::Forward => "forward".to_owned(),
                    Relay::Refuse(refusal) => format!("{} {}", refusal.code(), refusal.name()),
                });
                let rules = rules(answers.iter().filter_map(|answer| match answer {
                    Relay::Refuse(refusal) => Some(refusal.rule()),
                    _ => None,
                }));
                writeln!(
                    page,
                    "| {role} | {origin} | {identity} | {local} | {foreign} | {rules} |"
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
    for refusal in RelayReason::ALL {
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
