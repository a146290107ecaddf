//! What mail to a server demands of TLS.

use std::fmt::Write as _;

use mailwire_tls_policy::outbound;

use crate::{PREFACE, compare, rules};

#[test]
fn levels() {
    let mut page = format!("# What mail to a server demands of TLS\n\n{PREFACE}");
    page.push_str(
        "\nA cell is what the connection has to have, or in italics why the mail is not sent there. \
         Behind\n`/` is what REQUIRETLS changes, behind `\\` what `TLS-Required: No` does; `+` is an MTA-STS policy that is tested, and \
         only reported.\n",
    );
    let cell = |level, dane, sts, message| match outbound::demand(level, dane, sts, message) {
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
    page.push_str(" rule |\n|---|---|---|---|---|---|---|---|\n");
    for level in outbound::Level::ALL {
        for dane in outbound::Dane::ALL {
            write!(page, "| {level} | {dane} |").unwrap();
            let mut withheld = Vec::new();
            for sts in outbound::Sts::ALL {
                for message in outbound::MessageTls::ALL {
                    let answer = outbound::demand(level, dane, sts, message);
                    withheld.extend(answer.err().map(outbound::Withheld::rule));
                }
                let [usual, required, optional] =
                    outbound::MessageTls::ALL.map(|message| cell(level, dane, sts, message));
                write!(page, " {usual}").unwrap();
                if required != usual {
                    write!(page, " / {required}").unwrap();
                }
                if optional != usual {
                    write!(page, " \\ {optional}").unwrap();
                }
                page.push_str(" |");
            }
            writeln!(page, " {} |", rules(withheld)).unwrap();
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
