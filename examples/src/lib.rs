//! What the example programs `edge`, `send` and `probe` are made of, beside the family's crates.
//!
//! The programs are small on purpose: the dialogue is in `mailwire_smtp_proto`, the rules about
//! ports, TLS and AUTH in `mailwire_tls_policy`. What is left is what every program has to bring
//! itself: a configuration that complains precisely, accounts, a certificate, a place to keep mail,
//! and words for people.
//!
//! | for | modules |
//! |---|---|
//! | `edge` | [`edge_args`], [`config`], [`check`], [`explain`], [`banner`], [`serve`], [`session`] |
//! | its mail | [`mail`], [`mailboxes`], [`maildir`], [`relay`], [`received`], [`status`] |
//! | its trust | [`certificate`], [`users`] |
//! | `send` | [`send_args`], [`client_tls`], [`candidates`], [`deliver`], [`report`] |
//! | `probe` | [`probe`] |

#![forbid(unsafe_code)]

pub mod banner;
pub mod candidates;
pub mod certificate;
pub mod check;
mod client_session;
pub mod client_tls;
pub mod config;
pub mod deliver;
pub mod edge_args;
pub mod explain;
pub mod logins;
pub mod mail;
pub mod mailboxes;
pub mod maildir;
pub mod probe;
pub mod received;
pub mod relay;
pub mod report;
pub mod send_args;
pub mod serve;
pub mod session;
pub mod status;
pub mod users;
