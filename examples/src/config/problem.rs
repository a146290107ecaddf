//! What is wrong with a configuration: all of it, each with its place.

use std::error::Error;
use std::fmt;
use std::path::PathBuf;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The key, such as `listener[1].role`: the role of the first listener. Empty where the text is
    /// no TOML or cannot be read.
    pub path: String,
    /// The line, from 1; `None` for something that is missing altogether.
    pub line: Option<usize>,
    /// What was found and what is allowed. Never a password.
    pub text: String,
}

impl Problem {
    pub(super) fn new(
        path: impl Into<String>,
        line: Option<usize>,
        text: impl Into<String>,
    ) -> Self {
        Self {
            path: path.into(),
            line,
            text: text.into(),
        }
    }
}

/// Everything that is wrong with a configuration, in the order of its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfigError {
    /// The file, if the text came from one.
    pub file: Option<PathBuf>,
    /// At least one.
    pub problems: Vec<Problem>,
}

/// One line for each problem: `edge.toml:12: listener[1].role: found "mxx"; allowed: ...`
impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            match &self.file {
                Some(file) => write!(f, "{}", file.display())?,
                None => write!(f, "configuration")?,
            }
            if let Some(line) = problem.line {
                write!(f, ":{line}")?;
            }
            if !problem.path.is_empty() {
                write!(f, ": {}", problem.path)?;
            }
            write!(f, ": {}", problem.text)?;
        }
        Ok(())
    }
}

impl Error for ConfigError {}
