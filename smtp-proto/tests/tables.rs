//! The two tables: the golden picture of them, and what holds in every state that can be reached.

#![allow(
    clippy::disallowed_methods,
    reason = "a test is the caller: it has the clock and the files"
)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests panic to fail"
)]

use std::collections::{BTreeSet, VecDeque};
use std::fmt::Write as _;
use std::path::Path;

use mailwire_smtp_proto::dialect::Dialect;
use mailwire_smtp_proto::table::{
    Cell, Next, Outcome, Phase, Position, Question, SequenceFault, on_custom_verb, on_outcome,
    on_verb,
};
use mailwire_smtp_proto::verb::Verb;

/// What a state becomes; the tables may not lead a server to [`Next::Never`].
fn follow(position: Position, next: Next) -> Position {
    assert_ne!(
        next,
        Next::Never,
        "{position:?} is left by a way that cannot be"
    );
    position.follow(next)
}

/// The questions that a session may put in a phase: those of its verbs, and those that its own
/// input brings up.
fn questions(state: Position, dialect: Dialect) -> Vec<Question> {
    let phase = state.phase();
    let mut questions: Vec<Question> = Verb::ALL
        .into_iter()
        .filter(|&verb| dialect.has(verb))
        .filter_map(|verb| match state.on_verb(verb) {
            Cell::Ask(question) => Some(question),
            Cell::Grant(_) | Cell::Reset | Cell::Inform | Cell::Quit | Cell::Refuse(_) => None,
        })
        .collect();
    if let Cell::Ask(question) = state.on_custom_verb() {
        questions.push(question);
    }
    match phase {
        Phase::Content => questions.push(Question::Message),
        Phase::Chunk => questions.extend([Question::ChunkEnd, Question::Message]),
        Phase::Authenticating => questions.push(Question::Auth),
        _ => {}
    }
    questions.dedup();
    questions
}

/// The outcomes that a server can give to a question.
fn outcomes(question: Question) -> Vec<Outcome> {
    Outcome::ALL
        .into_iter()
        .filter(|&outcome| outcome != Outcome::Continued || question == Question::Auth)
        .collect()
}

/// Every step out of a state, with a name for it.
fn steps(state: Position, dialect: Dialect) -> Vec<(String, Position)> {
    let phase = state.phase();
    let mut steps = Vec::new();
    for verb in Verb::ALL.into_iter().filter(|&verb| dialect.has(verb)) {
        match state.on_verb(verb) {
            Cell::Reset => steps.push((verb.to_string(), follow(state, Next::AfterHello))),
            Cell::Quit => steps.push((verb.to_string(), follow(state, Next::To(Phase::Closed)))),
            // The octets of a chunk come whatever is thought of it, so that it was refused leads
            // somewhere as well.
            cell if verb == Verb::Bdat && phase.takes_commands() => {
                let granted = !matches!(cell, Cell::Refuse(_));
                for question in [Question::Chunk, Question::LastChunk] {
                    let outcomes = [Outcome::Accepted, Outcome::Rejected, Outcome::Closing];
                    for outcome in outcomes.into_iter().skip(usize::from(!granted)) {
                        let next = on_outcome(phase, question, outcome);
                        steps.push((format!("{question:?} {outcome:?}"), follow(state, next)));
                    }
                }
            }
            Cell::Ask(_) | Cell::Grant(_) | Cell::Inform | Cell::Refuse(_) => {}
        }
    }
    for question in questions(state, dialect)
        .into_iter()
        .filter(|&question| question != Question::Chunk)
    {
        for outcome in outcomes(question) {
            let next = on_outcome(phase, question, outcome);
            steps.push((format!("{question:?} {outcome:?}"), follow(state, next)));
        }
    }
    steps
}

/// Every state that can be reached from a fresh connection.
fn reachable(dialect: Dialect) -> Vec<Position> {
    let start = Position::START;
    let (mut seen, mut queue) = (vec![start], VecDeque::from([start]));
    while let Some(state) = queue.pop_front() {
        for (_, next) in steps(state, dialect) {
            if !seen.contains(&next) {
                seen.push(next);
                queue.push_back(next);
            }
        }
    }
    seen
}

#[test]
fn every_reachable_state_keeps_the_rules() {
    for dialect in Dialect::ALL {
        let states = reachable(dialect);
        for phase in Phase::ALL {
            let found = states.iter().any(|state| state.phase() == phase);
            let expected = !(dialect == Dialect::Lmtp && phase == Phase::Helo);
            assert_eq!(found, expected, "{dialect:?} {phase:?}");
        }
        for state in states {
            let (phase, after_hello) = (state.phase(), state.after_hello());
            // A transaction needs a hello (RFC 5321 section 4.1.4).
            if phase.in_transaction() {
                assert_ne!(after_hello, Phase::Greeted, "{state:?}");
            }
            // Extensions need EHLO.
            if matches!(phase, Phase::Authenticating | Phase::Upgrading) {
                assert_eq!(after_hello, Phase::Ehlo, "{state:?}");
            }
            // The end is the end, and so is the hand-over.
            if matches!(phase, Phase::Closed | Phase::Upgrading) {
                assert!(steps(state, dialect).is_empty(), "{state:?}");
                continue;
            }
            for (step, next) in steps(state, dialect) {
                // A transaction begins with MAIL and goes on with RCPT, and then with DATA or with
                // chunks, which nothing mends once one is refused.
                if next.phase().in_transaction() && next.phase() != phase {
                    let chunks = matches!(phase, Phase::Rcpt | Phase::Chunks);
                    let is_way = match (next.phase(), step.as_str()) {
                        (Phase::Mail, "Mail Accepted") => phase == after_hello,
                        (Phase::Rcpt, "Rcpt Accepted") => phase == Phase::Mail,
                        (Phase::Content, "Data Accepted") => phase == Phase::Rcpt,
                        (Phase::Chunk, "Chunk Accepted" | "LastChunk Accepted") => chunks,
                        (Phase::Chunks, "ChunkEnd Accepted") => phase == Phase::Chunk,
                        (Phase::Spoiled, "ChunkEnd Rejected") => phase == Phase::Chunk,
                        (Phase::Spoiled, "Chunk Rejected") => {
                            phase == Phase::Mail || phase == Phase::Rcpt || phase == Phase::Chunks
                        }
                        _ => false,
                    };
                    assert!(is_way, "{state:?} {step} -> {next:?}");
                }
                // Every state can be left for the end.
                let closing = step == "QUIT" || step.ends_with("Closing");
                assert_eq!(next.phase() == Phase::Closed, closing, "{state:?} {step}");
            }
            // A refusal by the table changes nothing by construction; that commands exist at all:
            for verb in Verb::ALL {
                let refused = Cell::Refuse(SequenceFault::NoCommand);
                assert_eq!(on_verb(phase, verb) == refused, !phase.takes_commands());
            }
            // Every command phase obeys RSET, NOOP and QUIT (RFC 5321 section 4.1.4).
            if phase.takes_commands() {
                assert_eq!(on_verb(phase, Verb::Rset), Cell::Reset);
                assert_eq!(on_verb(phase, Verb::Noop), Cell::Inform);
                assert_eq!(on_verb(phase, Verb::Quit), Cell::Quit);
                assert_eq!(follow(state, Next::AfterHello).phase(), after_hello);
            }
        }
    }
}

#[test]
fn the_tables_are_as_transitions_md_shows_them() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transitions.md");
    let seen = picture();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &seen).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        golden == seen,
        "tests/transitions.md differs; read the change, then run with BLESS=1"
    );
}

fn picture() -> String {
    let mut md = String::from(
        "# Transitions\n\nGenerated from `src/table.rs`; a test compares. What stands in a cell of \
         the first table is the question that the command puts, or what else it does; a refusal is \
         named by its reason.\n\n## Command in phase\n\n| |",
    );
    let columns: Vec<Phase> = Phase::ALL
        .into_iter()
        .filter(|p| p.takes_commands())
        .collect();
    for phase in &columns {
        write!(md, " {phase:?} |").unwrap();
    }
    md.push_str("\n|---|");
    md.push_str(&"---|".repeat(columns.len()));
    md.push('\n');
    let rows = Verb::ALL
        .into_iter()
        .map(|verb| (verb.to_string(), Some(verb)))
        .chain([("added by the embedder".to_owned(), None)]);
    for (name, verb) in rows {
        write!(md, "| {name} |").unwrap();
        for &phase in &columns {
            let cell = verb.map_or_else(|| on_custom_verb(phase), |verb| on_verb(phase, verb));
            match cell {
                Cell::Ask(question) => write!(md, " **{question:?}?** |"),
                Cell::Grant(question) => write!(md, " {question:?} granted |"),
                Cell::Reset => write!(md, " 250, to the hello |"),
                Cell::Inform => write!(md, " reply |"),
                Cell::Quit => write!(md, " 221, Closed |"),
                Cell::Refuse(fault) => write!(md, " {fault:?} |"),
            }
            .unwrap();
        }
        md.push('\n');
    }
    md.push_str(
        "\nIn Content, Chunk, Authenticating, Upgrading and Closed no line is a command.\n",
    );
    md.push_str("\n## Outcome of a question\n\n| question | phase | Accepted | Continued | Rejected | Closing |\n|---|---|---|---|---|---|\n");
    for question in Question::ALL {
        for phase in Phase::ALL {
            let row: Vec<Next> = Outcome::ALL
                .into_iter()
                .map(|o| on_outcome(phase, question, o))
                .collect();
            // Closing alone is the same everywhere, and says nothing about the question.
            if row.iter().filter(|&&next| next != Next::Never).count() <= 1 {
                continue;
            }
            write!(md, "| {question:?} | {phase:?} |").unwrap();
            for next in row {
                match next {
                    Next::Stay => write!(md, " stay |"),
                    Next::To(phase) => write!(md, " {phase:?} |"),
                    Next::AfterHello => write!(md, " to the hello |"),
                    Next::Never => write!(md, " - |"),
                }
                .unwrap();
            }
            md.push('\n');
        }
    }
    for dialect in Dialect::ALL {
        let phases: BTreeSet<String> = reachable(dialect)
            .iter()
            .map(|s| format!("({:?}, {:?})", s.phase(), s.after_hello()))
            .collect();
        write!(
            md,
            "\n## States of {dialect:?}: phase, and the hello's phase\n\n"
        )
        .unwrap();
        for phase in phases {
            writeln!(md, "- {phase}").unwrap();
        }
    }
    md
}
