//! A TOML text read key by key, so that every wrong key and value is reported with its place.
//!
//! Deriving the structs would stop at the first mistake and leave the words to somebody else. Here
//! each key is taken out of its section by name; what nobody took is unknown, and the names that
//! were asked for are the ones that are allowed.

use std::cell::{Cell, RefCell};
use std::ops::RangeInclusive;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::Problem;

/// The text being read, and what is wrong with it so far.
pub(super) struct Reader<'t> {
    text: &'t str,
    problems: RefCell<Vec<Problem>>,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            problems: RefCell::default(),
        }
    }

    /// Parses the text. What is no TOML is reported; the rest is still there to be read.
    pub(super) fn parse(&self) -> Spanned<DeTable<'t>> {
        let (root, errors) = DeTable::parse_recoverable(self.text);
        for error in errors {
            let line = error.span().map(|span| self.line(span.start));
            // The message without the excerpt that the error could show: that may hold a password.
            self.report(Problem::new("", line, error.message()));
        }
        root
    }

    pub(super) fn root<'r>(&'r self, table: &'r DeTable<'t>) -> Section<'r, 't> {
        Section::new(self, String::new(), None, table)
    }

    pub(super) fn report(&self, problem: Problem) {
        self.problems.borrow_mut().push(problem);
    }

    pub(super) fn has_problems(&self) -> bool {
        !self.problems.borrow().is_empty()
    }

    /// Everything reported, in the order of the lines; what has no line comes last.
    pub(super) fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|problem| problem.line.unwrap_or(usize::MAX));
        problems
    }

    fn line(&self, offset: usize) -> usize {
        let before = self
            .text
            .as_bytes()
            .get(..offset)
            .unwrap_or(self.text.as_bytes());
        before
            .iter()
            .filter(|octet| **octet == b'\n')
            .count()
            .saturating_add(1)
    }
}

/// A table whose keys are taken one by one.
pub(super) struct Section<'r, 't> {
    reader: &'r Reader<'t>,
    path: String,
    line: Option<usize>,
    entries: Vec<Entry<'r, 't>>,
    allowed: RefCell<Vec<&'static str>>,
}

struct Entry<'r, 't> {
    key: &'r Spanned<std::borrow::Cow<'t, str>>,
    value: &'r Spanned<DeValue<'t>>,
    taken: Cell<bool>,
}

impl<'r, 't> Section<'r, 't> {
    fn new(
        reader: &'r Reader<'t>,
        path: String,
        line: Option<usize>,
        table: &'r DeTable<'t>,
    ) -> Self {
        let entries = table
            .iter()
            .map(|(key, value)| Entry {
                key,
                value,
                taken: Cell::new(false),
            })
            .collect();
        Self {
            reader,
            path,
            line,
            entries,
            allowed: RefCell::default(),
        }
    }

    /// The value of `key`, which is allowed from now on.
    pub(super) fn take(&self, key: &'static str) -> Option<Field<'r, 't>> {
        self.allowed.borrow_mut().push(key);
        let entry = self
            .entries
            .iter()
            .find(|entry| entry.key.get_ref() == key)?;
        entry.taken.set(true);
        Some(Field {
            reader: self.reader,
            path: self.path_of(key),
            line: self.reader.line(entry.key.span().start),
            value: entry.value.get_ref(),
        })
    }

    /// The value of `key`, which must be there; `allowed` says what it may be.
    pub(super) fn require(&self, key: &'static str, allowed: &str) -> Option<Field<'r, 't>> {
        let field = self.take(key);
        if field.is_none() {
            self.report(key, format!("missing; allowed: {allowed}"));
        }
        field
    }

    /// Reports something about a key that is not there, or about the section itself (`key` empty).
    pub(super) fn report(&self, key: &str, text: String) {
        let path = if key.is_empty() {
            self.path.clone()
        } else {
            self.path_of(key)
        };
        self.reader.report(Problem::new(path, self.line, text));
    }

    /// Reports every key that nobody took.
    pub(super) fn finish(self) {
        let allowed = self.allowed.borrow().join(", ");
        for entry in self.entries.iter().filter(|entry| !entry.taken.get()) {
            let path = self.path_of(&shorten(entry.key.get_ref()));
            let line = self.reader.line(entry.key.span().start);
            self.reader.report(Problem::new(
                path,
                Some(line),
                format!("unknown key; allowed here: {allowed}"),
            ));
        }
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }
}

/// A value with its place.
pub(super) struct Field<'r, 't> {
    reader: &'r Reader<'t>,
    path: String,
    line: usize,
    value: &'r DeValue<'t>,
}

impl<'r, 't> Field<'r, 't> {
    /// Reports that the value is not what is allowed, and shows it.
    pub(super) fn wrong(&self, allowed: &str) {
        self.problem(format!("found {}; allowed: {allowed}", found(self.value)));
    }

    /// Reports something about the value without showing it.
    pub(super) fn problem(&self, text: impl Into<String>) {
        self.reader
            .report(Problem::new(self.path.as_str(), Some(self.line), text));
    }

    /// A string for which `read` has a value.
    pub(super) fn string<T>(
        &self,
        allowed: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let value = self.value.as_str().and_then(read);
        if value.is_none() {
            self.wrong(allowed);
        }
        value
    }

    /// A string that is never shown.
    pub(super) fn secret(
        &self,
        allowed: &str,
        is_good: impl FnOnce(&str) -> bool,
    ) -> Option<&'r str> {
        let value = self.value.as_str().filter(|text| is_good(text));
        if value.is_none() {
            let kind = self.value.type_str();
            self.problem(format!(
                "found a value that is not shown ({kind}); allowed: {allowed}"
            ));
        }
        value
    }

    pub(super) fn boolean(&self) -> Option<bool> {
        let value = self.value.as_bool();
        if value.is_none() {
            self.wrong("true, false");
        }
        value
    }

    /// The value if it is a boolean; nothing is reported if not.
    pub(super) fn as_boolean(&self) -> Option<bool> {
        self.value.as_bool()
    }

    /// A whole number within `range`, which counts `unit`.
    pub(super) fn integer(&self, range: RangeInclusive<u64>, unit: &str) -> Option<u64> {
        let value = self
            .value
            .as_integer()
            .and_then(|integer| {
                let digits = integer.as_str().replace('_', "");
                u64::from_str_radix(&digits, integer.radix()).ok()
            })
            .filter(|value| range.contains(value));
        if value.is_none() {
            let (least, most) = (range.start(), range.end());
            self.wrong(&format!("a whole number of {unit} from {least} to {most}"));
        }
        value
    }

    /// The elements of an array, each a field of its own.
    pub(super) fn array(&self, allowed: &str) -> Option<Vec<Field<'r, 't>>> {
        let Some(array) = self.value.as_array() else {
            self.wrong(allowed);
            return None;
        };
        let elements = array.iter().enumerate().map(|(index, element)| Field {
            reader: self.reader,
            path: format!("{}[{}]", self.path, index.saturating_add(1)),
            line: self.reader.line(element.span().start),
            value: element.get_ref(),
        });
        Some(elements.collect())
    }

    /// A table.
    pub(super) fn section(&self, allowed: &str) -> Option<Section<'r, 't>> {
        let Some(table) = self.value.as_table() else {
            self.wrong(allowed);
            return None;
        };
        Some(Section::new(
            self.reader,
            self.path.clone(),
            Some(self.line),
            table,
        ))
    }
}

fn found(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("{:?}", shorten(text)),
        DeValue::Integer(integer) => shorten(integer.as_str()),
        DeValue::Float(float) => shorten(float.as_str()),
        DeValue::Boolean(boolean) => boolean.to_string(),
        DeValue::Datetime(datetime) => datetime.to_string(),
        DeValue::Array(_) => "an array".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

/// Enough of a text to recognise it.
fn shorten(text: &str) -> String {
    const MOST: usize = 80;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(MOST).collect();
    short.push_str("...");
    short
}
