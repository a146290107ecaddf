//! Owned twins of what borrows from a line.

/// The traits that every owned twin has, all by way of its borrowed form. Those that parse are there
/// if the error of parsing is named.
macro_rules! owned_twin {
    ($owned:ident, $borrowed:ident, $error:ty) => {
        $crate::grammar::owned_twin!($owned, $borrowed);

        impl std::str::FromStr for $owned {
            type Err = $error;

            fn from_str(spelled: &str) -> Result<Self, Self::Err> {
                $borrowed::parse(spelled).map($borrowed::to_owned)
            }
        }

        impl TryFrom<&str> for $owned {
            type Error = $error;

            fn try_from(spelled: &str) -> Result<Self, Self::Error> {
                spelled.parse()
            }
        }
    };
    ($owned:ident, $borrowed:ident) => {
        impl From<$borrowed<'_>> for $owned {
            fn from(borrowed: $borrowed<'_>) -> Self {
                borrowed.to_owned()
            }
        }

        impl PartialEq for $owned {
            fn eq(&self, other: &Self) -> bool {
                self.borrow() == other.borrow()
            }
        }

        impl Eq for $owned {}

        impl std::hash::Hash for $owned {
            fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
                self.borrow().hash(state);
            }
        }

        impl std::fmt::Debug for $owned {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.borrow().fmt(f)
            }
        }

        impl std::fmt::Display for $owned {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.borrow().fmt(f)
            }
        }
    };
}
pub(crate) use owned_twin;
