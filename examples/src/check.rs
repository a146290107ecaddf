//! `edge --check`: what a configuration means, and what is odd about it.

use std::fmt::Write;

use mailwire_tls_policy::Severity;

use crate::certificate;
use crate::config::{Deliver, ListenerSettings, Settings};

/// The outcome of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Check {
    /// The table of listeners, then a line for each thing that is odd, then a line that counts them.
    pub text: String,
    /// How many of those things are errors.
    pub errors: usize,
    /// How many are warnings.
    pub warnings: usize,
}

impl Check {
    /// 0 where there are warnings at most, else 1.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        if self.errors == 0 { 0 } else { 1 }
    }
}

/// Checks settings that could be read, and the files that they name.
#[must_use]
pub fn check(settings: &Settings) -> Check {
    let mut text = table(&settings.listeners);
    let (mut errors, mut warnings) = (0_usize, 0_usize);
    for advice in &settings.advice {
        match advice.severity {
            Severity::Error => errors = errors.saturating_add(1),
            Severity::Warning => warnings = warnings.saturating_add(1),
        }
        text.push_str(&format!("{advice}\n"));
    }
    for error in errors_in_files(settings) {
        errors = errors.saturating_add(1);
        text.push_str(&format!("error: {error}\n"));
    }
    text.push_str(&format!("{errors} errors, {warnings} warnings\n"));
    Check {
        text,
        errors,
        warnings,
    }
}

/// What is wrong outside of the configuration itself.
fn errors_in_files(settings: &Settings) -> Vec<String> {
    let mut errors = Vec::new();
    if let Err(error) = certificate::server_config(&settings.certificate, &settings.hostname) {
        errors.push(format!("tls: {error}"));
    }
    if let Deliver::Maildir(folder) = &settings.deliver {
        if folder.exists() && !folder.is_dir() {
            errors.push(format!(
                "deliver.maildir: {} is no folder",
                folder.display()
            ));
        }
    }
    errors
}

fn table(listeners: &[ListenerSettings]) -> String {
    let header = [
        "ROLE",
        "ADDRESS",
        "TLS",
        "AUTH",
        "CLEARTEXT AUTH",
        "SCOPE",
        "SERVED",
    ];
    let mut rows = vec![header.map(str::to_owned)];
    rows.extend(listeners.iter().map(|settings| {
        // A listener that is not served shows what was asked for.
        let record = settings.served.unwrap_or(settings.asked);
        let served = match settings.served {
            Ok(_) => "yes".to_owned(),
            Err(reason) => format!("no: {}", reason.name()),
        };
        [
            record.role.to_string(),
            settings.address.to_string(),
            record.tls.to_string(),
            record.auth.to_string(),
            record.cleartext_auth.to_string(),
            record.scope.to_string(),
            served,
        ]
    }));
    let widths = header.iter().enumerate().map(|(column, _)| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(String::len)
            .max()
            .unwrap_or(0)
    });
    let widths: Vec<usize> = widths.collect();
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            // Writing to a string does not fail.
            let _ = write!(line, "{cell:width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_text(text: &str) -> Check {
        check(&Settings::parse(text).unwrap())
    }

    const ALICE: &str = "[[user]]\nname = \"alice\"\npassword = \"hidden-word\"\n";
    const TOP: &str = "hostname = \"edge.example.test\"\ndomains = [\"example.test\"]\n";

    #[test]
    fn the_embedded_defaults_are_clean() {
        let check = check(&Settings::embedded().unwrap());
        assert_eq!(check.exit_code(), 0);
        assert_eq!(
            check.text,
            "ROLE         ADDRESS         TLS                AUTH      CLEARTEXT AUTH  SCOPE     SERVED\n\
             mx           127.0.0.1:2525  starttls_optional  never     deny            public    yes\n\
             submission   127.0.0.1:2587  starttls_required  required  deny            public    yes\n\
             submissions  127.0.0.1:2465  implicit           required  deny            public    yes\n\
             lmtp         127.0.0.1:2424  none               never     deny            internal  yes\n\
             0 errors, 0 warnings\n"
        );
    }

    #[test]
    fn required_tls_on_a_public_mx_is_a_warning() {
        let check = check_text(&format!(
            "{TOP}enforce_inbound_tls = true\n[[listener]]\nrole = \"mx\"\naddr = \"0.0.0.0:25\"\n\
             [[listener]]\nrole = \"lmtp\"\naddr = \"127.0.0.1:2424\"\n[deliver]\ndiscard = true\n"
        ));
        assert_eq!(
            (check.errors, check.warnings, check.exit_code()),
            (0, 1, 0),
            "{}",
            check.text
        );
        assert!(
            check
                .text
                .contains("warning: listener[1] (mx, 0.0.0.0:25): A public MX must not")
        );
        assert!(check.text.contains("RFC 3207"));
    }

    #[test]
    fn without_a_certificate_what_is_not_served_says_why() {
        let check = check_text(&format!(
            "{TOP}tls = false\n[[listener]]\nrole = \"mx\"\naddr = \"127.0.0.1:2525\"\n\
             [[listener]]\nrole = \"submissions\"\naddr = \"127.0.0.1:2465\"\n{ALICE}\
             [deliver]\ndiscard = true\n"
        ));
        assert_eq!(
            (check.exit_code(), check.warnings),
            (0, 1),
            "{}",
            check.text
        );
        assert!(
            check.text.contains("no: implicit_tls_without_certificate"),
            "{}",
            check.text
        );
        assert!(
            check
                .text
                .contains("warning: listener[2] (submissions, 127.0.0.1:2465): Not served")
        );
    }

    #[test]
    fn nothing_left_to_serve_is_an_error() {
        let check = check_text(&format!(
            "{TOP}tls = false\n[[listener]]\nrole = \"submissions\"\naddr = \"127.0.0.1:0\"\n{ALICE}\
             [deliver]\ndiscard = true\n"
        ));
        assert_eq!(check.exit_code(), 1);
        assert!(
            check
                .text
                .contains("error: listener: None of the listeners"),
            "{}",
            check.text
        );
    }

    #[test]
    fn files_that_cannot_be_used_are_errors() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("in the way");
        std::fs::write(&file, "").unwrap();
        let check = check_text(&format!(
            "{TOP}[tls]\ncert = \"/absent/cert.pem\"\nkey = \"/absent/key.pem\"\n\
             [[listener]]\nrole = \"mx\"\naddr = \"127.0.0.1:0\"\n[deliver]\nmaildir = {:?}\n",
            file.display().to_string()
        ));
        assert_eq!((check.errors, check.exit_code()), (2, 1), "{}", check.text);
        assert!(
            check
                .text
                .contains("error: tls: /absent/cert.pem: cannot be read")
        );
        assert!(
            check.text.contains("in the way is no folder"),
            "{}",
            check.text
        );
    }

    #[test]
    fn no_password_is_shown() {
        let check = check_text(&format!(
            "{TOP}{ALICE}[[listener]]\nrole = \"mx\"\naddr = \"127.0.0.1:0\"\n[deliver]\ndiscard = true\n"
        ));
        assert!(!check.text.contains("hidden-word"));
    }
}
