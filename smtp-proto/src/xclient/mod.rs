//! What a proxy tells a server of its own client: XCLIENT, which takes the place of what the server sees
//! for itself, and XFORWARD, which only goes into its log (Postfix's XCLIENT_README and XFORWARD_README;
//! Dovecot has attributes of its own).
//!
//! An [`Identity`] is attributes that are known and right, each once at most. How it becomes commands,
//! with nothing in them that the server does not offer, is [`Identity::commands`].
//!
//! ```
//! use mailwire_smtp_proto::xclient::{Identity, Name};
//!
//! let identity = Identity::new()
//!     .with_address("2001:db8::1".parse()?)
//!     .with_port(33862)
//!     .with(Name::Login, "user+tag@example.test")?
//!     .require(Name::Login);
//! assert_eq!(identity.to_string(), "PORT=33862 ADDR=IPV6:2001:db8::1 LOGIN=user+2Btag@example.test");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod commands;
mod identity;
mod name;
mod value;

pub use commands::NotForwardable;
pub use identity::{Identity, IdentityError};
pub use name::Name;
pub use value::{Value, ValueFault};
