//! Addresses.

use mailwire_smtp_proto::charset::Charset;
use mailwire_smtp_proto::host::{HelloName, Host};
use mailwire_smtp_proto::path::{ForwardPath, Mailbox, ReversePath};

/// What is taken has no control character, is written as it was taken, and is the same when it is
/// owned.
///
/// # Panics
///
/// When it is not.
pub fn path(data: &[u8]) {
    for charset in [Charset::Ascii, Charset::Utf8] {
        if let Ok(mailbox) = Mailbox::parse_in(charset, data) {
            assert_eq!(mailbox.as_str().as_bytes(), data);
            assert!(!mailbox.as_str().chars().any(char::is_control));
            assert!(charset == Charset::Utf8 || mailbox.is_ascii());
            assert_eq!(mailbox.is_ascii(), data.is_ascii());
            assert_eq!(mailbox.to_owned().borrow(), mailbox);
            let again = format!("{}@{}", mailbox.local_part(), mailbox.host());
            assert_eq!(Mailbox::parse_in(charset, &again), Ok(mailbox));
            let unquoted = mailbox.local_part().to_unquoted_string();
            assert!(unquoted.bytes().eq(mailbox.local_part().unquoted()));
            let path = format!("<{mailbox}>");
            assert_eq!(
                ReversePath::parse_in(charset, &path),
                Ok(ReversePath::Mailbox(mailbox))
            );
        }
        if let Ok(path) = ReversePath::parse_in(charset, data) {
            let written = path.to_string();
            assert_eq!(ReversePath::parse_in(charset, &written), Ok(path));
            assert_eq!(path.to_owned().borrow(), path);
        }
        if let Ok(path) = ForwardPath::parse_in(charset, data) {
            let written = path.to_string();
            assert_eq!(ForwardPath::parse_in(charset, &written), Ok(path));
            assert_eq!(path.to_owned().borrow(), path);
        }
        if let Ok(host) = Host::parse_in(charset, data) {
            let written = host.to_string();
            assert!(!written.chars().any(|it| it.is_control() || it == ' '));
            assert_eq!(Host::parse_in(charset, &written), Ok(host));
            assert_eq!(host.to_owned().borrow(), host);
        }
    }
    // UTF-8 takes more, and nothing in another way.
    if let Ok(mailbox) = Mailbox::parse(data) {
        assert_eq!(Mailbox::parse_in(Charset::Utf8, data), Ok(mailbox));
    }
    if let Ok(name) = HelloName::parse(data) {
        assert_eq!(name.as_str().as_bytes(), data);
        assert!(name.as_str().bytes().all(|octet| octet.is_ascii_graphic()));
        assert_eq!(name.to_owned().borrow(), name);
    }
}
