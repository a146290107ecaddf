//! The messages of an exchange.

use std::fmt;
use std::ops::Deref;

use zeroize::Zeroizing;

/// A message of an exchange: it may be a secret, so `Debug` tells its length alone, and it is overwritten
/// when it is dropped.
///
/// ```
/// use mailwire_smtp_proto::auth::Message;
///
/// let message = Message::from(b"secret".to_vec());
/// assert_eq!(&*message, b"secret");
/// assert_eq!(format!("{message:?}"), "Message(6 octets)");
/// ```
#[derive(Clone, Default)]
pub struct Message(Zeroizing<Vec<u8>>);

impl Message {
    /// An empty one with room for so many octets. To grow beyond it would leave a copy behind.
    #[must_use]
    pub fn with_capacity(octets: usize) -> Self {
        Self(Zeroizing::new(Vec::with_capacity(octets)))
    }

    /// Appends an octet.
    pub fn push(&mut self, octet: u8) {
        self.0.push(octet);
    }

    /// Without what is behind so many octets.
    pub(super) fn truncated(mut self, octets: usize) -> Self {
        self.0.truncate(octets);
        self
    }

    /// Appends octets.
    pub fn extend_from_slice(&mut self, octets: &[u8]) {
        self.0.extend_from_slice(octets);
    }
}

/// Takes the octets over, no copy is made.
impl From<Vec<u8>> for Message {
    fn from(octets: Vec<u8>) -> Self {
        Self(Zeroizing::new(octets))
    }
}

/// Takes the text over.
impl From<String> for Message {
    fn from(text: String) -> Self {
        Self::from(text.into_bytes())
    }
}

impl Deref for Message {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({} octets)", self.len())
    }
}
