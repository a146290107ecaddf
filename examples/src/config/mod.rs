//! The configuration of `edge`: a TOML file, or defaults that need none.
//!
//! Every key and value that is wrong is an error that names it, shows what was found and says what
//! is allowed; all of them are reported at once. Lists count from 1, as people do:
//! `listener[1].role` is the role of the first listener.
//!
//! Paths of files are relative to the current directory.
//!
//! ```
//! use mailwire_examples::config::Settings;
//!
//! let error = Settings::parse("[[listener]]\nrole = \"smtp\"\naddr = \"127.0.0.1:25\"\n")
//!     .expect_err("there is no such role");
//! assert!(error.to_string().contains("configuration:2: listener[1].role: found \"smtp\""));
//! ```

mod advice;
mod document;
mod embedded;
mod file;
mod listener;
mod problem;
mod relay;
mod settings;

use std::path::Path;

use mailwire_tls_policy::Severity;

pub use advice::Advice;
pub use problem::{ConfigError, Problem};
pub use settings::{
    Believed, CertificateSource, Deliver, DemoAccount, Limits, ListenerSettings, RelaySettings,
    Settings, Timeouts,
};

impl Settings {
    /// The settings of a file; without one, the embedded defaults.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or something in it is wrong.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let Some(file) = file else {
            return Self::embedded();
        };
        let in_file = |error| ConfigError {
            file: Some(file.to_owned()),
            ..error
        };
        std::fs::read_to_string(file)
            .map_err(|error| whole(format!("cannot be read: {error}")))
            .and_then(|text| Self::parse(&text))
            .map_err(in_file)
    }

    /// The settings that a TOML text stands for.
    ///
    /// # Errors
    ///
    /// Everything in it that is wrong.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        file::read(text).map_err(|problems| ConfigError {
            file: None,
            problems,
        })
    }

    /// The embedded defaults: four listeners on loopback, the domain `example.test`, one account
    /// with a password made now, mail in the folder `mail`.
    ///
    /// # Errors
    ///
    /// The system has no random octets for the password.
    pub fn embedded() -> Result<Self, ConfigError> {
        embedded::settings().map_err(|error| whole(format!("no password could be made: {error}")))
    }

    /// Whether something that was found is an error, so that `edge` should not start.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.advice
            .iter()
            .any(|advice| advice.severity == Severity::Error)
    }
}

/// A problem with the configuration as a whole.
fn whole(text: String) -> ConfigError {
    ConfigError {
        file: None,
        problems: vec![Problem::new("", None, text)],
    }
}

#[cfg(test)]
mod tests;
