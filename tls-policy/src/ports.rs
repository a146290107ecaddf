//! Lists of ports, as people write them.

use core::error::Error;
use core::fmt;

/// A list of ports that was read: `25, 465,587`.
///
/// Commas and white space separate, in any number, so no port is lost to a blank. A port that is named
/// twice is in the list once. Nothing is dropped in silence: what is no port is an error that names it.
///
/// ```
/// use mailwire_tls_policy::PortList;
///
/// let ports = PortList::parse(" 25, 587,,465 587")?;
/// assert!(ports.iter().eq([25, 587, 465]));
/// let error = PortList::parse("25, 5 87o").unwrap_err();
/// assert_eq!(error.to_string(), "\"87o\" is no port: a port is a number from 1 to 65535");
/// # Ok::<(), mailwire_tls_policy::PortError<'_>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct PortList<'t>(&'t str);

/// What is no port, as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PortError<'t> {
    /// The word.
    pub token: &'t str,
}

impl<'t> PortList<'t> {
    /// Reads a list. One without a port is a list as well.
    ///
    /// # Errors
    ///
    /// [`PortError`] names the first word that is none.
    pub fn parse(text: &'t str) -> Result<Self, PortError<'t>> {
        match words(text).find(|word| port(word).is_none()) {
            Some(token) => Err(PortError { token }),
            None => Ok(Self(text)),
        }
    }

    /// The ports, each once, in the order in which they are first named.
    pub fn iter(self) -> impl Iterator<Item = u16> + use<'t> {
        words(self.0).enumerate().filter_map(move |(place, word)| {
            let number = port(word)?;
            let is_new = words(self.0)
                .take(place)
                .all(|before| port(before) != Some(number));
            is_new.then_some(number)
        })
    }

    /// Whether a port is in the list.
    #[must_use]
    pub fn contains(self, number: u16) -> bool {
        self.iter().any(|it| it == number)
    }
}

/// Two lists are equal if they have the same ports in the same order.
impl PartialEq for PortList<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for PortList<'_> {}

impl fmt::Display for PortList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, number) in self.iter().enumerate() {
            let separator = if place == 0 { "" } else { "," };
            write!(f, "{separator}{number}")?;
        }
        Ok(())
    }
}

impl fmt::Display for PortError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is no port: a port is a number from 1 to 65535",
            self.token
        )
    }
}

impl Error for PortError<'_> {}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|it: char| it == ',' || it.is_whitespace())
        .filter(|word| !word.is_empty())
}

fn port(word: &str) -> Option<u16> {
    let is_number = word.bytes().all(|it| it.is_ascii_digit());
    word.parse().ok().filter(|it| is_number && *it > 0)
}
