//! What the example programs `edge` and `send` are made of, beside the family's crates.
//!
//! The programs are small on purpose: the dialogue is in `mailwire_smtp_proto`, the rules about
//! ports, TLS and AUTH in `mailwire_tls_policy`. What is left is what every program has to bring
//! itself: a configuration that complains precisely, accounts, a certificate, a place to keep mail,
//! and words for people.
//!
//! | for | modules |
//! |---|---|
//! | `edge` | [`edge_args`], [`config`], [`check`], [`explain`], [`banner`] |
//! | its mail | [`mailboxes`], [`maildir`], [`received`], [`status`] |
//! | its trust | [`certificate`], [`users`] |
//! | `send` | [`send_args`], [`report`] |

#![forbid(unsafe_code)]

pub mod banner;
pub mod certificate;
pub mod check;
pub mod config;
pub mod edge_args;
pub mod explain;
pub mod mailboxes;
pub mod maildir;
pub mod received;
pub mod report;
pub mod send_args;
pub mod status;
pub mod users;
