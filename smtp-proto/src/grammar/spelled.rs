//! Text that was parsed.

/// Octets that a parser has found to be ASCII or UTF-8. They are made text of when somebody asks
/// for it, as a second look at each octet of a line costs more than many values are ever used for.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Spelled<'i>(&'i [u8]);

impl<'i> Spelled<'i> {
    /// Octets that are ASCII, as their parser has seen, or that are still to be judged.
    pub(crate) const fn ascii(octets: &'i [u8]) -> Self {
        Self(octets)
    }

    /// Octets that may have UTF-8 in them; `None` if it is none.
    pub(crate) fn utf8(octets: &'i [u8]) -> Option<Self> {
        (octets.is_ascii() || core::str::from_utf8(octets).is_ok()).then_some(Self(octets))
    }

    /// A text.
    pub(crate) const fn text(text: &'i str) -> Self {
        Self(text.as_bytes())
    }

    pub(crate) const fn as_bytes(self) -> &'i [u8] {
        self.0
    }

    pub(crate) const fn as_str(self) -> &'i str {
        match core::str::from_utf8(self.0) {
            Ok(text) => text,
            // It was checked, so this does not happen.
            Err(_) => "",
        }
    }

    pub(crate) const fn is_ascii(self) -> bool {
        self.0.is_ascii()
    }

    /// The octets before and behind the one at a place.
    pub(crate) fn around(self, place: usize) -> (Self, Self) {
        let (before, behind) = self.0.split_at_checked(place).unwrap_or((self.0, &[]));
        (Self(before), Self(behind.get(1..).unwrap_or_default()))
    }
}
