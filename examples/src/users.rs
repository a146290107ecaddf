//! The accounts that may log in.
//!
//! A check takes the same time whether the name exists, the password is nearly right, or neither:
//! every account is compared in full, in memory of a fixed size, and only the outcome is branched on.
//! The time does tell how many accounts there are.

use std::fmt;

use mailwire_smtp_proto::auth::Secret;
use mailwire_smtp_proto::auth::scram::{Hash, StoredKeys};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use zeroize::Zeroizing;

/// Octets that a user name or a password may have.
pub const LONGEST: usize = 255;

/// How often SCRAM has a password hashed (RFC 7677 section 4).
pub const ITERATIONS: u32 = 4096;

/// Octets of the salt that SCRAM hashes it with.
pub const SALT_LENGTH: usize = 16;

/// Whether a text can be a user name or a password: 1 to [`LONGEST`] octets, no control characters.
///
/// The mechanism PLAIN could not carry a NUL (RFC 4616), and nobody types the others.
#[must_use]
pub fn is_credential(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len()) && !text.chars().any(char::is_control)
}

/// What [`is_credential`] takes, for people to read.
#[must_use]
pub fn credentials() -> String {
    format!("text of 1 to {LONGEST} octets without control characters")
}

/// A password: not shown by `Debug`, has no `Display`, and is overwritten when dropped.
///
/// ```
/// use mailwire_examples::users::Password;
///
/// let password = Password::from("secret");
/// assert_eq!(format!("{password:?}"), "Password(..)");
/// assert_eq!(password.expose(), "secret");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// A password made now: 20 letters and digits with 100 bits of chance in them, none that a
    /// reader takes for another, none that a shell takes for itself.
    ///
    /// # Errors
    ///
    /// The system has no random octets to give.
    pub fn random() -> Result<Self, getrandom::Error> {
        // 32 of them, so that 5 bits of an octet choose without a bias.
        const ALPHABET: [char; 32] = [
            'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'm', 'n', 'p', 'q', 'r', 's',
            't', 'u', 'v', 'w', 'x', 'y', 'z', '2', '3', '4', '5', '6', '7', '8', '9',
        ];
        let mut octets = Zeroizing::new([0_u8; 20]);
        getrandom::fill(octets.as_mut_slice())?;
        let letters = octets
            .iter()
            .filter_map(|octet| ALPHABET.get(usize::from(octet & 31)));
        Ok(Self(Zeroizing::new(letters.collect())))
    }

    /// The password itself. Every place where it is seen has this word in it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Password {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

/// Takes the string over, no copy is made.
impl From<String> for Password {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// The accounts, by name. Names are compared octet by octet: `Alice` is not `alice`.
///
/// ```
/// use mailwire_examples::users::{Password, Users};
///
/// let users = Users::new([("alice".to_owned(), Password::from("secret"))]);
/// assert_eq!(users.check("alice", "secret"), Some("alice"));
/// assert_eq!(users.check("alice", "Secret"), None);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Users {
    accounts: Vec<Account>,
}

#[derive(Clone)]
struct Account {
    name: String,
    padded_name: Padded,
    padded_password: Padded,
    password: Password,
    salt: [u8; SALT_LENGTH],
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Users {
    /// The accounts with these names and passwords. One that is no [`is_credential`] can never log
    /// in; of two with one name, either password is right.
    #[must_use]
    pub fn new(accounts: impl IntoIterator<Item = (String, Password)>) -> Self {
        let accounts = accounts
            .into_iter()
            .filter(|(name, password)| is_credential(name) && is_credential(password.expose()))
            .map(|(name, password)| Account {
                padded_name: Padded::new(&name),
                padded_password: Padded::new(password.expose()),
                name,
                password,
                salt: salt(),
            })
            .collect();
        Self { accounts }
    }

    /// Whether there is no account.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.accounts.is_empty()
    }

    /// The name of the account with this name, or `None`.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&str> {
        self.account(name).map(|it| it.name.as_str())
    }

    /// The keys that SCRAM-SHA-256 compares with, or `None`: for a name that nobody has they take as long
    /// to make.
    #[must_use]
    pub fn keys(&self, name: &str) -> Option<StoredKeys> {
        let account = self.account(name);
        let password = account.map_or("nobody's", |it| it.password.expose());
        let salt = account.map_or([0; SALT_LENGTH], |it| it.salt);
        let keys = StoredKeys::derive(Hash::Sha256, &Secret::from(password), &salt, ITERATIONS);
        account.and(keys.ok())
    }

    fn account(&self, name: &str) -> Option<&Account> {
        let name = Padded::new(name);
        let mut found = None;
        for account in &self.accounts {
            if bool::from(account.padded_name.ct_eq(&name)) {
                found = Some(account);
            }
        }
        found
    }

    /// The name of the account that these credentials belong to, or `None`.
    #[must_use]
    pub fn check(&self, name: &str, password: &str) -> Option<&str> {
        let is_possible = is_credential(name) && is_credential(password);
        let (name, password) = (Padded::new(name), Padded::new(password));
        let mut found = Choice::from(0);
        let mut index = 0_u64;
        for (candidate, account) in (0_u64..).zip(&self.accounts) {
            let is_this =
                account.padded_name.ct_eq(&name) & account.padded_password.ct_eq(&password);
            index.conditional_assign(&candidate, is_this);
            found |= is_this;
        }
        if !is_possible || !bool::from(found) {
            return None;
        }
        let account = self.accounts.get(usize::try_from(index).ok()?)?;
        Some(&account.name)
    }
}

/// A salt of an account, which it has for as long as the program runs.
fn salt() -> [u8; SALT_LENGTH] {
    let mut salt = [0; SALT_LENGTH];
    // Without chance SCRAM is none the worse for who logs in: its nonces fail first.
    let _ = getrandom::fill(&mut salt);
    salt
}

/// A text in memory of a fixed size, so that a comparison does not tell its length.
///
/// It is filled up with NUL, which is in no credential, so two of them differ if their texts do.
#[derive(Clone)]
struct Padded(Zeroizing<[u8; LONGEST]>);

impl Padded {
    /// The text, or as much of it as fits; what does not is no credential.
    fn new(text: &str) -> Self {
        let mut octets = Zeroizing::new([0; LONGEST]);
        for (to, from) in octets.iter_mut().zip(text.as_bytes()) {
            *to = *from;
        }
        Self(octets)
    }

    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.as_slice().ct_eq(other.0.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users() -> Users {
        Users::new([
            ("alice".to_owned(), Password::from("secret")),
            ("bob".to_owned(), Password::from("p\u{e4}ssword")),
        ])
    }

    #[test]
    fn takes_each_account_with_its_own_password() {
        assert_eq!(users().check("alice", "secret"), Some("alice"));
        assert_eq!(users().check("bob", "p\u{e4}ssword"), Some("bob"));
    }

    #[test]
    fn takes_nothing_else() {
        let long = "a".repeat(LONGEST + 1);
        for (name, password) in [
            ("alice", "p\u{e4}ssword"),
            ("bob", "secret"),
            ("alice", "secre"),
            ("alice", "secrett"),
            ("alice", "secret\0"),
            ("alice\0", "secret"),
            ("ALICE", "secret"),
            ("alice", ""),
            ("", "secret"),
            ("", ""),
            ("carol", "secret"),
            ("alice", &long),
            (&long, "secret"),
        ] {
            assert_eq!(users().check(name, password), None, "{name:?} {password:?}");
        }
        assert_eq!(Users::default().check("alice", "secret"), None);
    }

    #[test]
    fn the_longest_credentials_work_and_one_octet_more_does_not() {
        let (longest, longer) = ("a".repeat(LONGEST), "a".repeat(LONGEST + 1));
        let account = |text: &str| Users::new([(text.to_owned(), Password::from(text))]);
        assert_eq!(
            account(&longest).check(&longest, &longest),
            Some(longest.as_str())
        );
        assert_eq!(account(&longest).check(&longer, &longer), None);
        assert!(account(&longer).is_empty());
    }

    #[test]
    fn nothing_shows_a_password() {
        let shown = format!("{:?} {:?}", users(), Password::from("secret"));
        assert!(shown.contains("alice"));
        assert!(!shown.contains("secret"), "{shown}");
        assert!(!shown.contains("115"), "the octets of a password: {shown}");
    }

    #[test]
    fn a_made_password_is_long_printable_and_new_each_time() {
        let (first, second) = (Password::random().unwrap(), Password::random().unwrap());
        assert!(first.expose().len() >= 16);
        assert!(
            first
                .expose()
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric())
        );
        assert_ne!(first.expose(), second.expose());
    }
}
