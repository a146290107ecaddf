//! Names of files that nobody else makes.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::process;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// A name for a message's file, and the part of it that is fit for a Received line.
pub(super) struct UniqueName {
    pub(super) file: String,
    pub(super) id: String,
}

impl UniqueName {
    /// A name made of what never comes together again: the time, this process, a count, chance, and
    /// the host, since a Maildir may be shared over a network.
    pub(super) fn new(host: &str) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(1);

        let id = id();
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let file = format!(
            "{}.M{:06}P{}Q{}R{id}.{}",
            now.as_secs(),
            now.subsec_micros(),
            process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed),
            host_in_name(host),
        );
        Self { file, id }
    }
}

/// A name for a message: a count, scattered by a key that this process has by chance, so that another process has
/// other names and nobody can tell the next.
pub fn id() -> String {
    static KEY: OnceLock<RandomState> = OnceLock::new();
    static COUNT: AtomicU64 = AtomicU64::new(1);

    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let key = KEY.get_or_init(RandomState::new);
    format!("{:016x}", key.hash_one(count))
}

/// Octets of the host's name in a file's name, give or take an escape.
const LONGEST_HOST: usize = 64;

/// The host's name without `/`, which ends a name, and `:`, which begins the flags; both as readers
/// of Maildirs know them. Cut, so that the whole stays below 255 octets.
fn host_in_name(host: &str) -> String {
    let mut name = String::new();
    for letter in host.chars() {
        if name.len() >= LONGEST_HOST {
            break;
        }
        match letter {
            '/' => name.push_str("\\057"),
            ':' => name.push_str("\\072"),
            letter if letter.is_ascii_graphic() => name.push(letter),
            _ => name.push('_'),
        }
    }
    if name.is_empty() {
        "localhost".to_owned()
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_differ_and_hold_what_they_are_made_of() {
        let names: Vec<UniqueName> = (0..1000)
            .map(|_| UniqueName::new("edge.example.test"))
            .collect();
        let files: HashSet<&str> = names.iter().map(|name| name.file.as_str()).collect();
        assert_eq!(files.len(), names.len());
        let name = &names[0];
        assert!(name.file.ends_with(".edge.example.test"), "{}", name.file);
        assert!(
            name.file.contains(&format!("P{}Q", process::id())),
            "{}",
            name.file
        );
        assert!(name.file.contains(&name.id));
    }

    #[test]
    fn no_host_name_makes_a_path_or_flags_of_it() {
        assert_eq!(host_in_name("a/b:c"), "a\\057b\\072c");
        assert_eq!(host_in_name("a\0b"), "a_b");
        assert_eq!(host_in_name(""), "localhost");
        let name = UniqueName::new(&"/".repeat(300));
        assert!(
            name.file.len() <= 255 && !name.file.contains('/'),
            "{}",
            name.file.len()
        );
    }
}
