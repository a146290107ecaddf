//! Words of the protocol that mean the same in any letter case.

/// A type for the words of one kind, and its owned twin. `$is_word` judges the octets, which it has
/// to find ASCII.
macro_rules! word {
    (
        $(#[$meta:meta])*
        $word:ident, $owned:ident, $is_word:path, $error:ty, $refusal:expr, $named:literal
    ) => {
        $(#[$meta])*
        ///
        /// Two of them are equal if they are the same but for letter case.
        #[derive(Clone, Copy, Debug)]
        pub struct $word<'i>(&'i str);

        #[doc = concat!("The owned twin of [`", stringify!($word), "`].")]
        #[derive(Clone)]
        pub struct $owned(Box<str>);

        impl<'i> $word<'i> {
            /// Checks a word, with nothing around it.
            ///
            /// # Errors
            ///
            #[doc = $named]
            pub fn parse(input: &'i (impl AsRef<[u8]> + ?Sized)) -> Result<Self, $error> {
                let word = input.as_ref();
                if !$is_word(word) {
                    return Err($refusal);
                }
                $crate::grammar::text(word, $refusal).map(Self)
            }

            /// The word as it is spelled.
            #[must_use]
            pub const fn as_str(self) -> &'i str {
                self.0
            }

            /// The owned twin.
            #[must_use]
            pub fn to_owned(self) -> $owned {
                $owned(self.0.into())
            }
        }

        impl $owned {
            /// The borrowed form. It is not checked again.
            #[must_use]
            pub fn borrow(&self) -> $word<'_> {
                $word(&self.0)
            }
        }

        impl PartialEq for $word<'_> {
            fn eq(&self, other: &Self) -> bool {
                self.0.eq_ignore_ascii_case(other.0)
            }
        }

        impl Eq for $word<'_> {}

        impl std::hash::Hash for $word<'_> {
            fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
                $crate::grammar::hash_ignoring_case(self.0.as_bytes(), state);
            }
        }

        /// As a peer spells it, in any letter case.
        impl PartialEq<&str> for $word<'_> {
            fn eq(&self, other: &&str) -> bool {
                self.0.eq_ignore_ascii_case(other)
            }
        }

        impl std::fmt::Display for $word<'_> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.0)
            }
        }

        $crate::grammar::owned_twin!($owned, $word, $error);
    };
}
pub(crate) use word;

/// The hash that belongs to `eq_ignore_ascii_case`.
pub(crate) fn hash_ignoring_case<H: std::hash::Hasher>(text: &[u8], state: &mut H) {
    for octet in text {
        state.write_u8(octet.to_ascii_lowercase());
    }
    // As `str` does, so that two texts in a row are not one.
    state.write_u8(0xFF);
}
