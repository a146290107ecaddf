//! The rules of mail about ports, TLS, AUTH and relaying, as total functions that explain themselves.
//!
//! What may a client do on port 587 before TLS? Is AUTH listed on port 25? May a password go to this
//! server? Programs tend to answer such questions in several places, from several tables, and the
//! answers drift apart. Here each question is one pure function over enums. It has an answer for
//! every input, and a refusal carries its reason as data: what was asked, which rule, what would
//! make it work.
//!
//! # One record
//!
//! A port is one record, [`Listener`]: role, TLS mode, AUTH rule, scope, and whether it is enabled.
//! What EHLO lists ([`offers`]), what is refused ([`decide`]), what is odd about it
//! ([`Listener::lint`]) and what is left without a certificate ([`Listener::without_certificate`])
//! all derive from it.
//!
//! ```
//! use mailwire_tls_policy::{decide, offers, Act, Channel, Identity, Listener, Role, Verdict};
//!
//! let submission = Listener::of(Role::Submission);
//!
//! // Before TLS: STARTTLS and no AUTH, and a MAIL is told why it fails.
//! let before = offers(&submission, Channel::Plain, Identity::Anonymous);
//! assert!(before.starttls && !before.auth);
//! match decide(&submission, Channel::Plain, Identity::Anonymous, Act::Mail) {
//!     Verdict::Refuse(refusal) => {
//!         assert_eq!(refusal.to_string(), "530 5.7.0 Must issue a STARTTLS command first");
//!         assert_eq!(refusal.rule(), "RFC 3207 section 4");
//!     }
//!     Verdict::Allow => unreachable!(),
//! }
//!
//! // Inside TLS: AUTH and no STARTTLS.
//! let after = offers(&submission, Channel::Tls, Identity::Anonymous);
//! assert!(after.auth && !after.starttls);
//! ```
//!
//! # The functions
//!
//! | question | function |
//! |---|---|
//! | may this client do that? | [`decide`] |
//! | may it log in with this mechanism? | [`decide_mechanism`] |
//! | what does EHLO list? | [`offers`] |
//! | is this recipient delivered, passed on or refused? | [`relay`](relay()) |
//! | may this user send in that name? | [`sender`](sender()) |
//! | what in a configuration contradicts itself? | [`Configuration::lint`] |
//! | why is this port served, or why not? | [`explain`](explain()) |
//! | how are users to connect? | [`published`] |
//! | as a client: why does it not work? | [`diagnose`](diagnose::diagnose) |
//! | as a client: STARTTLS now? | [`outbound::start_tls`] |
//! | as a client: authenticate over this? | [`outbound::authenticate`] |
//! | as a client: what comes next? | [`outbound::next`](outbound::next()) |
//! | what does this domain say of its servers? | [`outbound::StsPolicy`] |
//! | what do its TLSA records demand? | [`outbound::TlsaAnswer::demands`] |
//! | what does a report on TLS say of that? | [`outbound::ResultType`] |
//! | and all of that together, with what the operator and the message want? | [`outbound::demand`] |
//!
//! The truth tables of those that decide, over the whole product of their inputs, are Markdown files in
//! the `tests` folder of this crate.
//!
//! # Features
//!
//! Without any, the crate is `no_std`, allocates nothing and depends on nothing.
//!
//! | feature | what it adds |
//! |---|---|
//! | `serde` | the records and words of configuration, read and written by serde |
//! | `rustls` | `tls`: verifiers, configurations and facts of TLS |
//! | `mozilla-roots` | the issuers that Mozilla trusts |
//! | `platform-roots` | the issuers that the system trusts |

#![no_std]
#![forbid(unsafe_code)]

#[cfg(feature = "rustls")]
extern crate std;

mod certificate;
mod channel;
mod cleartext;
mod configuration;
mod decide;
pub mod diagnose;
mod explain;
mod handshake;
mod lint;
mod listener;
mod names;
mod network;
pub mod outbound;
mod ports;
mod published;
mod refusal;
mod relay;
mod role;
mod sender;
#[cfg(feature = "serde")]
mod serde;
#[cfg(feature = "rustls")]
pub mod tls;

pub use certificate::NotBound;
pub use channel::{Channel, UnknownSpelling};
pub use cleartext::CleartextAuth;
pub use configuration::{
    Concern, Configuration, Contradiction, Finding, Placed, Subject, Upstream,
};
pub use decide::{Act, Identity, Offers, Verdict, decide, decide_mechanism, offers};
pub use explain::{Explanation, PortReason, explain};
pub use handshake::HandshakeFailure;
pub use lint::{Lint, Severity};
pub use listener::{AuthRule, Listener, Scope, TlsMode};
pub use names::UnknownName;
pub use network::{Network, NetworkError};
pub use ports::{PortError, PortList};
pub use published::{ClientSecurity, ClientSetting, published, srv_not_served};
pub use refusal::{Reason, Refusal};
pub use relay::{Origin, RecipientClass, Relay, RelayReason, RelayRefusal, relay};
pub use role::Role;
pub use sender::{SenderClass, SenderRefusal, SenderRule, sender};
