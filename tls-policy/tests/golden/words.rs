//! What is said of a configuration, and of what a client saw: every sentence that there is.

use std::fmt::Write as _;

use mailwire_tls_policy::diagnose::Cause;
use mailwire_tls_policy::outbound::ResultType;
use mailwire_tls_policy::{Concern, Contradiction, HandshakeFailure, Lint};

use crate::{PREFACE, compare};

#[test]
fn configuration() {
    let mut page = format!("# What is odd about a configuration\n\n{PREFACE}");
    let head = "| name | severity | text | remedy |\n|---|---|---|---|\n";
    write!(page, "\n## The record of a listener by itself\n\n{head}").unwrap();
    for it in Lint::ALL {
        concern(&mut page, Concern::Record(it));
    }
    write!(page, "\n## Parts of it against each other\n\n{head}").unwrap();
    for it in Contradiction::ALL {
        concern(&mut page, Concern::Contradiction(it));
    }
    compare("configuration.md", &page);
}

fn concern(page: &mut String, it: Concern) {
    let (name, severity) = (it.name(), it.severity());
    writeln!(
        page,
        "| {name} | {severity} | {} | {} |",
        it.text(),
        it.remedy()
    )
    .unwrap();
}

#[test]
fn diagnoses() {
    let mut page = format!("# Why mail does not go\n\n{PREFACE}");
    page.push_str(
        "\nReplies of real programs, and the cause of each, are in `cases/diagnose.tsv`.\n\n\
         | name | who | text | remedy | rule |\n|---|---|---|---|---|\n",
    );
    for it in Cause::ALL {
        let who = format!("{:?}", it.party()).to_lowercase();
        writeln!(
            page,
            "| {} | {who} | {} | {} | {} |",
            it.name(),
            it.text(),
            it.remedy(),
            it.rule()
        )
        .unwrap();
    }
    page.push_str(
        "\n## A TLS handshake that failed\n\n| name | text | in a TLS report |\n|---|---|---|\n",
    );
    for it in HandshakeFailure::ALL {
        let report = ResultType::of_handshake(it);
        writeln!(page, "| {} | {} | {report} |", it.name(), it.text()).unwrap();
    }
    compare("diagnoses.md", &page);
}
