//! Which recipients exist here, and where their mail is kept.

use std::path::{Path, PathBuf};

use mailwire_tls_policy::RecipientClass;

use crate::maildir::{Component, NameTooLong};
use crate::status::Status;

/// The local domains, and the local parts that exist in each of them.
///
/// Domains are compared without regard to case (RFC 5321 section 2.4), local parts exactly; the
/// same section leaves those to the host that delivers. `postmaster` always exists, in any spelling
/// (section 4.5.1).
///
/// ```
/// use mailwire_examples::mailboxes::{Lookup, Mailboxes, Pattern};
///
/// let patterns = vec![Pattern::Exact("alice".to_owned()), Pattern::Prefix("user".to_owned())];
/// let mailboxes = Mailboxes::new(["example.test"], Some(patterns));
/// assert!(matches!(mailboxes.find("alice", Some("EXAMPLE.test")), Lookup::Exists(_)));
/// assert!(matches!(mailboxes.find("user17", Some("example.test")), Lookup::Exists(_)));
/// assert_eq!(mailboxes.find("mallory", Some("example.test")), Lookup::Unknown);
/// assert_eq!(mailboxes.find("alice", Some("remote.invalid")), Lookup::Foreign);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailboxes {
    /// In lower case.
    domains: Vec<String>,
    /// `None` if every local part exists.
    patterns: Option<Vec<Pattern>>,
}

impl Mailboxes {
    /// These domains; with `None` for the patterns, every local part exists.
    #[must_use]
    pub fn new(
        domains: impl IntoIterator<Item = impl AsRef<str>>,
        patterns: Option<Vec<Pattern>>,
    ) -> Self {
        let lower = |domain: &str| domain.to_ascii_lowercase();
        Self {
            domains: domains
                .into_iter()
                .map(|domain| lower(domain.as_ref()))
                .collect(),
            patterns,
        }
    }

    /// The local domains, in lower case.
    pub fn domains(&self) -> impl Iterator<Item = &str> {
        self.domains.iter().map(String::as_str)
    }

    /// Looks a recipient up. `local` is the local part without quotes; `domain` is `None` only for
    /// the recipient `<Postmaster>`, which has none (RFC 5321 section 4.1.1.3).
    #[must_use]
    pub fn find(&self, local: &str, domain: Option<&str>) -> Lookup {
        let domain = match domain {
            Some(domain) => domain.to_ascii_lowercase(),
            None => match self.domains.first() {
                Some(first) => first.clone(),
                None => return Lookup::Foreign,
            },
        };
        if !self.domains.contains(&domain) {
            return Lookup::Foreign;
        }
        let local = if local.eq_ignore_ascii_case(POSTMASTER) {
            POSTMASTER
        } else {
            local
        };
        if !self.exists(local) {
            return Lookup::Unknown;
        }
        match Mailbox::new(local, &domain) {
            Ok(mailbox) => Lookup::Exists(mailbox),
            Err(NameTooLong) => Lookup::NameTooLong,
        }
    }

    fn exists(&self, local: &str) -> bool {
        local == POSTMASTER
            || self
                .patterns
                .as_ref()
                .is_none_or(|patterns| patterns.iter().any(|pattern| pattern.matches(local)))
    }
}

const POSTMASTER: &str = "postmaster";

/// Which local parts exist. Total on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// This one.
    Exact(String),
    /// All that begin so.
    Prefix(String),
}

impl Pattern {
    /// Reads `alice`, or `user*` for everything that begins with `user`. `None` for an empty text,
    /// for control characters, and for a `*` anywhere but at the end.
    ///
    /// ```
    /// use mailwire_examples::mailboxes::Pattern;
    ///
    /// assert_eq!(Pattern::parse("user*"), Some(Pattern::Prefix("user".to_owned())));
    /// assert_eq!(Pattern::parse("*user"), None);
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() || text.chars().any(char::is_control) {
            return None;
        }
        let (name, is_prefix) = match text.strip_suffix('*') {
            Some(name) => (name, true),
            None => (text, false),
        };
        // An address where a local part is meant would match nothing, ever.
        if name.contains(['*', '@']) {
            return None;
        }
        Some(if is_prefix {
            Self::Prefix(name.to_owned())
        } else {
            Self::Exact(name.to_owned())
        })
    }

    fn matches(&self, local: &str) -> bool {
        match self {
            Self::Exact(name) => local == name,
            Self::Prefix(name) => local.starts_with(name.as_str()),
        }
    }
}

/// What there is at an address. Total on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// A mailbox.
    Exists(Mailbox),
    /// Nothing, in a domain of ours.
    Unknown,
    /// Nothing, in a domain of ours: the name does not fit into a file system.
    NameTooLong,
    /// Something that is not for us to know: another domain.
    Foreign,
}

impl Lookup {
    /// What the rules about relaying call it.
    #[must_use]
    pub const fn class(&self) -> RecipientClass {
        match self {
            Self::Exists(_) | Self::Unknown | Self::NameTooLong => RecipientClass::Local,
            Self::Foreign => RecipientClass::Foreign,
        }
    }

    /// The refusal, where the address itself is the reason for one.
    #[must_use]
    pub const fn refusal(&self) -> Option<Status> {
        match self {
            Self::Exists(_) | Self::Foreign => None,
            Self::Unknown => Some(Status::NO_SUCH_MAILBOX),
            Self::NameTooLong => Some(Status::MAILBOX_NAME_TOO_LONG),
        }
    }
}

/// A mailbox that can be delivered to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Mailbox {
    domain: Component,
    local: Component,
}

impl Mailbox {
    /// The mailbox of a local part, without quotes, in a domain; the domain's case is dropped.
    ///
    /// # Errors
    ///
    /// One of the two is too long for the name of a folder. Within the limits of RFC 5321 section
    /// 4.5.3.1 neither is.
    pub fn new(local: &str, domain: &str) -> Result<Self, NameTooLong> {
        Ok(Self {
            domain: Component::encode(&domain.to_ascii_lowercase())?,
            local: Component::encode(local)?,
        })
    }

    /// The Maildir's folder below `root`: `<root>/<domain>/<local part>`.
    #[must_use]
    pub fn folder(&self, root: &Path) -> PathBuf {
        root.join(self.domain.as_str()).join(self.local.as_str())
    }
}

/// Whether a text is a domain name in ASCII: labels of 1 to 63 letters, digits and inner hyphens,
/// 255 octets at most (RFC 5321 sections 4.1.2 and 4.5.3.1.2).
#[must_use]
pub fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|octet| octet.is_ascii_alphanumeric() || octet == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 255 && text.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailboxes(patterns: &[&str]) -> Mailboxes {
        let patterns = patterns
            .iter()
            .map(|text| Pattern::parse(text).unwrap())
            .collect();
        Mailboxes::new(["Example.TEST", "second.test"], Some(patterns))
    }

    fn folder(lookup: Lookup) -> PathBuf {
        match lookup {
            Lookup::Exists(mailbox) => mailbox.folder(Path::new("mail")),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn domains_have_no_case_and_local_parts_do() {
        let mailboxes = mailboxes(&["alice"]);
        assert_eq!(
            folder(mailboxes.find("alice", Some("eXample.test"))),
            Path::new("mail/example.test/alice")
        );
        assert_eq!(
            mailboxes.find("Alice", Some("example.test")),
            Lookup::Unknown
        );
        assert_eq!(
            folder(mailboxes.find("alice", Some("second.test"))),
            Path::new("mail/second.test/alice")
        );
    }

    #[test]
    fn a_wildcard_stands_for_any_rest_even_an_empty_one() {
        let mailboxes = mailboxes(&["user*"]);
        for (local, exists) in [
            ("user", true),
            ("user1", true),
            ("user.x", true),
            ("use", false),
            ("auser", false),
        ] {
            let lookup = mailboxes.find(local, Some("example.test"));
            assert_eq!(matches!(lookup, Lookup::Exists(_)), exists, "{local}");
        }
        assert_eq!(Pattern::parse("*"), Some(Pattern::Prefix(String::new())));
    }

    #[test]
    fn without_patterns_every_local_part_exists() {
        let mailboxes = Mailboxes::new(["example.test"], None);
        assert!(matches!(
            mailboxes.find("anybody", Some("example.test")),
            Lookup::Exists(_)
        ));
        assert_eq!(
            mailboxes.find("anybody", Some("sub.example.test")),
            Lookup::Foreign
        );
        assert_eq!(
            mailboxes.find("anybody", Some("[127.0.0.1]")),
            Lookup::Foreign
        );
    }

    #[test]
    fn postmaster_always_exists_in_any_spelling_and_without_a_domain() {
        let mailboxes = mailboxes(&[]);
        let expected = Path::new("mail/example.test/postmaster");
        assert_eq!(
            folder(mailboxes.find("PostMaster", Some("example.test"))),
            expected
        );
        assert_eq!(folder(mailboxes.find("Postmaster", None)), expected);
        assert_eq!(
            mailboxes.find("postmaster2", Some("example.test")),
            Lookup::Unknown
        );
        let none: [&str; 0] = [];
        assert_eq!(
            Mailboxes::new(none, None).find("postmaster", None),
            Lookup::Foreign
        );
    }

    #[test]
    fn what_does_not_exist_is_refused_with_550_5_1_1_and_what_is_foreign_is_for_policy() {
        let refusal = |lookup: Lookup| lookup.refusal().map(|status| status.to_string());
        assert_eq!(
            refusal(Lookup::Unknown).as_deref(),
            Some("550 5.1.1 No such mailbox here")
        );
        assert_eq!(refusal(Lookup::Foreign), None);
        assert_eq!(Lookup::Unknown.class(), RecipientClass::Local);
        assert_eq!(Lookup::Foreign.class(), RecipientClass::Foreign);
    }

    #[test]
    fn a_name_that_fits_no_folder_is_refused_and_not_cut() {
        let mailboxes = Mailboxes::new(["example.test"], None);
        let find = |local: &str| mailboxes.find(local, Some("example.test"));
        assert!(matches!(find(&"a".repeat(255)), Lookup::Exists(_)));
        assert_eq!(find(&"a".repeat(256)), Lookup::NameTooLong);
        // The longest local part that RFC 5321 knows fits, whatever it is made of.
        assert!(matches!(find(&"/".repeat(64)), Lookup::Exists(_)));
    }

    #[test]
    fn patterns_and_domains_that_are_none() {
        for text in [
            "",
            "*user",
            "us*er",
            "user**",
            "a\r\nb",
            "alice@example.test",
        ] {
            assert_eq!(Pattern::parse(text), None, "{text:?}");
        }
        for text in [
            "",
            ".",
            "a..b",
            "-a.test",
            "a-.test",
            "a_b.test",
            "a b",
            "[127.0.0.1]",
            "a.",
        ] {
            assert!(!is_domain(text), "{text:?}");
        }
        for text in [
            "localhost",
            "example.test",
            "xn--bcher-kva.example",
            "4.test",
        ] {
            assert!(is_domain(text), "{text:?}");
        }
        assert!(is_domain(&"a".repeat(63)) && !is_domain(&"a".repeat(64)));
    }
}
