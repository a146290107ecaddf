//! The client of a session, as its mail is judged by.

use mailwire_smtp_proto::dialect::Dialect;
use mailwire_smtp_proto::peer::Peer;
use mailwire_smtp_proto::server::Session;
use mailwire_tls_policy::{Channel, Origin, Role};

/// What is known of the client, and of the dialogue with it.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its address, and who says so.
    pub peer: Peer,
    /// Where that is, as far as relaying goes.
    pub origin: Origin,
    /// On which kind of listener it is.
    pub role: Role,
    /// The language.
    pub dialect: Dialect,
    /// Whether it said EHLO or LHLO.
    pub is_extended: bool,
    /// Whether it has logged in.
    pub is_authenticated: bool,
    /// What protects its octets.
    pub channel: Channel,
}

impl Client {
    /// The client of a session.
    #[must_use]
    pub fn of(session: &Session) -> Self {
        let config = session.config();
        Self {
            peer: session.peer().clone(),
            // No network may send to anybody without a login, and so least of all a proxy.
            origin: session.origin(|_| false),
            role: config.listener.role,
            dialect: config.dialect,
            is_extended: session.is_extended(),
            is_authenticated: session.is_authenticated(),
            channel: session.channel(),
        }
    }
}
