//! Everything that `DISAGREEMENTS.md` says of the two parsers is so.

#![allow(
    clippy::unwrap_used,
    reason = "a table that cannot be read is a failure"
)]

use mailwire_fuzz::{DIFFERENTIALS, DISAGREEMENTS};

/// A row of the document: class, example, what we make of it, what Stalwart makes of it.
type Row<'a> = [&'a str; 4];

#[test]
fn every_example_is_so() {
    let mut differ = String::new();
    for (target, compare) in DIFFERENTIALS {
        let rows = rows(target);
        assert!(!rows.is_empty(), "{target} has no table");
        for row in rows {
            let class = row[0];
            let [example, ours, theirs] = [row[1], row[2], row[3]].map(repeated);
            let found = compare(&unescaped(&example));
            let so = found.class == Some(Some(class))
                && (&found.ours, &found.theirs) == (&ours, &theirs);
            if !so {
                differ += &format!(
                    "{target}: `{class}` | `{}` | `{}` | `{}` as {:?}\n",
                    row[1], found.ours, found.theirs, found.class
                );
            }
        }
    }
    assert!(differ.is_empty(), "is so and not written so:\n{differ}");
}

/// The rows of the table below the heading of a target.
fn rows(target: &str) -> Vec<Row<'static>> {
    let heading = format!("\n## {target}\n");
    let (_, below) = DISAGREEMENTS.split_once(&heading).unwrap();
    let section = below.split("\n## ").next().unwrap();
    section
        .lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix("| `")?.split("` | `");
            let row = [cells.next()?, cells.next()?, cells.next()?, cells.next()?];
            let [class, example, ours, theirs] = row;
            // The ruling comes behind the last of the four.
            let (theirs, ruling) = theirs.split_once("` | ").unwrap();
            assert!(!ruling.is_empty(), "{class} has no ruling");
            Some([class, example, ours, theirs])
        })
        .collect()
}

/// The text with what `{260 times a}` says, where that stands in it.
fn repeated(text: &str) -> String {
    let Some((before, (count, rest))) = text
        .split_once('{')
        .and_then(|(before, rest)| Some((before, rest.split_once(" times ")?)))
    else {
        return text.to_owned();
    };
    let (what, behind) = rest.split_once('}').unwrap();
    let count = count.parse().unwrap();
    format!("{before}{}{behind}", what.repeat(count))
}

/// The octets that were escaped as `escape_ascii` does.
fn unescaped(text: &str) -> Vec<u8> {
    let mut octets = Vec::new();
    let mut rest = text.bytes();
    while let Some(octet) = rest.next() {
        octets.push(match (octet, octet == b'\\') {
            (octet, false) => octet,
            _ => match rest.next().unwrap() {
                b'r' => b'\r',
                b'n' => b'\n',
                b't' => b'\t',
                b'x' => {
                    let digits = [rest.next().unwrap(), rest.next().unwrap()];
                    u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
                }
                other => other,
            },
        });
    }
    octets
}
