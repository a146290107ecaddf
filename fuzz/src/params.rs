//! The parameters of MAIL and RCPT.

use mailwire_smtp_proto::charset::Charset;
use mailwire_smtp_proto::params::{MailParameters, RcptParameters, Release, Submitter};

/// What is taken can be sent, is taken as the same, and decodes to nothing that is not text.
///
/// # Panics
///
/// When it does not.
pub fn params(data: &[u8]) {
    if let Ok(parameters) = MailParameters::parse(data) {
        let written = parameters.to_string();
        is_one_line(&written, parameters.smtputf8);
        assert_eq!(MailParameters::parse(&written), Ok(parameters));
        assert_eq!(parameters.to_owned().borrow(), parameters);
        if let Some(id) = parameters.envelope_id {
            assert!(id.decode().all(|it| it == ' ' || it.is_ascii_graphic()));
        }
        if let Some(Submitter::Mailbox(mailbox)) = parameters.auth {
            let Ok(decoded) = mailbox.decode() else {
                panic!("it was checked");
            };
            assert!(!decoded.as_str().chars().any(char::is_control));
        }
        if let Some(Release::For(seconds)) = parameters.release {
            assert!((1..=999_999_999).contains(&seconds.seconds()));
        }
        if let Some(by) = parameters.deliver_by {
            assert!((-999_999_999..=999_999_999).contains(&by.seconds()));
        }
        if let Some(priority) = parameters.priority {
            assert!((-9..=9).contains(&priority.value()));
        }
        if let Some(keywords) = parameters.solicitation {
            assert!(keywords.keywords().all(|word| !word.is_empty()));
        }
        assert!(parameters.unknown.count() <= data.len());
    }
    for charset in [Charset::Ascii, Charset::Utf8] {
        if let Ok(parameters) = RcptParameters::parse_in(charset, data) {
            let written = parameters.to_string();
            is_one_line(&written, charset == Charset::Utf8);
            assert_eq!(RcptParameters::parse_in(charset, &written), Ok(parameters));
            assert_eq!(parameters.to_owned().borrow(), parameters);
            if let Some(original) = parameters.original_recipient {
                assert!(!original.decode().any(char::is_control));
                assert_eq!(original.to_owned().borrow(), original);
            }
            assert!(parameters.unknown.count() <= data.len());
        }
    }
    if let Ok(parameters) = RcptParameters::parse(data) {
        assert_eq!(
            RcptParameters::parse_in(Charset::Utf8, data),
            Ok(parameters)
        );
    }
}

/// That nothing in it ends a line or looks like it, and that it is ASCII unless it may have UTF-8.
fn is_one_line(written: &str, utf8: bool) {
    let good = |it: char| !it.is_control() && (it.is_ascii() || utf8);
    assert!(written.chars().all(good), "{written:?}");
}
