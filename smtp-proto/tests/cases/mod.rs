//! Tables of cases: `*.tsv`, columns separated by tabs.
//!
//! The first columns are the input and what is done with it, then comes what is expected (`ok` and
//! what was understood, or `err` and the error as `Debug` writes it), then the rule that decides,
//! and why the case is there. Lines that start with `#` are comments.
//!
//! In inputs and in what was understood, `\xNN` is an octet, `\r`, `\n` and `\t` are CR, LF and TAB, `\\` is a
//! backslash, and `\{a*20}` stands for 20 times `a`.

#![allow(dead_code, reason = "every table uses its part of this")]

use std::collections::HashSet;
use std::fmt::Debug;

use mailwire_smtp_proto::line::{Frame, LineFramer};

/// A row of a table.
pub(crate) struct Row<'t> {
    /// The columns before the last two, as they are spelled.
    columns: Vec<&'t str>,
    expected: &'t str,
    rule: &'t str,
}

/// What came of an input: what was understood, or the error as `Debug` writes it.
pub(crate) type Found = Result<Vec<u8>, String>;

/// The rows of a table, each of which has so many columns, no two of which ask the same.
fn rows(table: &str, columns: usize) -> Vec<Row<'_>> {
    let mut seen = HashSet::new();
    let rows: Vec<Row<'_>> = table
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with("# ") && *line != "#")
        .map(|line| {
            let mut fields: Vec<&str> = line.split('\t').collect();
            assert_eq!(fields.len(), columns, "{line:?}");
            let (rule, expected) = (fields.pop().unwrap(), fields.pop().unwrap());
            assert!(!rule.is_empty(), "no rule: {line:?}");
            assert!(seen.insert(fields.clone()), "twice: {line:?}");
            Row {
                columns: fields,
                expected,
                rule,
            }
        })
        .collect();
    assert!(!rows.is_empty());
    rows
}

impl Row<'_> {
    /// A column as it is spelled.
    pub(crate) fn text(&self, column: usize) -> &str {
        self.columns[column]
    }

    /// The octets of a column.
    pub(crate) fn octets(&self, column: usize) -> Vec<u8> {
        unescape(self.columns[column])
    }

    /// What is wrong with what was found, for a person to read.
    fn difference(&self, found: &Found) -> Option<String> {
        let (word, detail) = self.expected.split_once(' ').unwrap_or((self.expected, ""));
        let good = match found {
            Ok(understood) => word == "ok" && *understood == unescape(detail),
            Err(error) => word == "err" && error == detail,
        };
        let found = match found {
            Ok(understood) => format!("ok {}", understood.escape_ascii()),
            Err(error) => format!("err {error}"),
        };
        (!good).then(|| {
            format!(
                "\n{:?}\nexpected: {}\nfound:    {found}\nrule:     {}\n",
                self.columns, self.expected, self.rule
            )
        })
    }
}

/// Runs every row of a table, and tells of all that come out otherwise than they should.
pub(crate) fn check(table: &str, columns: usize, mut run: impl FnMut(&Row<'_>) -> Found) {
    let rows = rows(table, columns);
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|row| row.difference(&run(row)))
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {}:{}",
        wrong.len(),
        rows.len(),
        wrong.concat()
    );
}

/// What `Debug` writes of an error.
pub(crate) fn found(result: Result<impl Into<Vec<u8>>, impl Debug>) -> Found {
    match result {
        Ok(understood) => Ok(understood.into()),
        Err(error) => Err(format!("{error:?}")),
    }
}

/// That a line is framed as what it is, wherever it is cut, and that what follows it is not
/// touched. Gives whether there is such a line at all: none has a CR, an LF or a NUL.
pub(crate) fn is_framed_alike(line: &[u8]) -> bool {
    // What holds a line end is two lines to any framer.
    if line.windows(2).any(|pair| pair == b"\r\n") {
        return false;
    }
    let whole = [line, b"\r\nNOOP\r\n"].concat();
    let consumed = line.len() + 2;
    let limit = consumed;
    let first = LineFramer::new().take(&whole, limit).unwrap().1;
    let is_line = !line.iter().any(|octet| matches!(octet, b'\r' | b'\n' | 0));
    assert_eq!(
        matches!(first, Frame::Line(_)),
        is_line,
        "{}",
        line.escape_ascii()
    );
    for cut in 0..consumed {
        let mut framer = LineFramer::new();
        let shown = line.escape_ascii();
        assert_eq!(framer.take(&whole[..cut], limit), None, "{shown} at {cut}");
        assert_eq!(
            framer.take(&whole, limit),
            Some((consumed, first)),
            "{shown} at {cut}"
        );
    }
    if is_line {
        assert_eq!(first, Frame::Line(line));
    }
    is_line
}

/// The octets that a column stands for.
pub(crate) fn unescape(text: &str) -> Vec<u8> {
    let mut octets = Vec::new();
    let mut rest = text;
    while let Some((before, escape)) = rest.split_once('\\') {
        octets.extend_from_slice(before.as_bytes());
        let mut escape = escape.chars();
        match escape.next() {
            Some('\\') => octets.push(b'\\'),
            Some('r') => octets.push(b'\r'),
            Some('n') => octets.push(b'\n'),
            Some('t') => octets.push(b'\t'),
            Some('x') => {
                let (hex, behind) = escape.as_str().split_at(2);
                octets.push(u8::from_str_radix(hex, 16).unwrap());
                escape = behind.chars();
            }
            Some('{') => {
                let (repeat, behind) = escape.as_str().split_once('}').unwrap();
                let (text, times) = repeat.rsplit_once('*').unwrap();
                octets.extend(unescape(text).repeat(times.parse().unwrap()));
                escape = behind.chars();
            }
            other => panic!("no such escape: {other:?} in {text:?}"),
        }
        rest = escape.as_str();
    }
    octets.extend_from_slice(rest.as_bytes());
    octets
}
