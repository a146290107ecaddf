//! What a server session is built from.

use std::sync::Arc;

use mailwire_tls_policy::{Listener, Network};

use super::extensions::Extensions;
use super::forwarders::Forwarders;
use crate::auth::Base64;
use crate::auth::server::{Mechanism, Plain};
use crate::body::BareLineEnds;
use crate::dialect::Dialect;
use crate::host::HelloNameBuf;
use crate::limits::Limits;
use crate::peer::Peer;
use crate::timer::Timeouts;

/// The configuration of a listener's sessions; one value, shared by all of them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// The name the server goes by in its greeting and in the reply to EHLO. It is ASCII, as a
    /// hello is (RFC 6531 section 3.7.1).
    pub hostname: HelloNameBuf,
    /// SMTP or LMTP.
    pub dialect: Dialect,
    /// What this port may and must do about TLS and AUTH.
    pub listener: Listener,
    /// SASL mechanisms that are offered where policy and connection allow them, in this order; none
    /// means no AUTH. By default PLAIN alone.
    pub mechanisms: Vec<Arc<dyn Mechanism>>,
    /// How strictly base64 is read in an exchange.
    pub base64: Base64,
    /// What may be offered.
    pub extensions: Extensions,
    /// Who may say by XCLIENT which client they speak for; nobody by default.
    pub xclient: Forwarders,
    /// Who may say by XFORWARD what goes into the log of a message; nobody by default.
    pub xforward: Forwarders,
    /// Proxies whose connections begin with a [PROXY](crate::proxy) header; none by default. Whoever
    /// accepts connections demands one of them, and takes none of others.
    pub proxies: Vec<Network>,
    /// What becomes of a bare CR or LF in content.
    pub bare_line_ends: BareLineEnds,
    /// What becomes of a client that does not wait where it has to.
    pub early_talk: EarlyTalk,
    /// Bounds.
    pub limits: Limits,
    /// How long each wait may last.
    pub timeouts: Timeouts,
}

/// What becomes of a client that talks where it has to listen: before the greeting (RFC 5321 section
/// 4.3.1), or behind a command that has to be the last of a flight, such as EHLO, DATA or NOOP (RFC
/// 2920 section 3.1). Deliberately exhaustive.
///
/// Whether it did so is seen by what has arrived when the command is taken, so it depends on the
/// network, and to be sure the client has to be given time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum EarlyTalk {
    /// 554 5.5.0 and the end, as Postfix has it. A client that says `EHLO` and `QUIT` in one flight is
    /// let go: programs that look whether a server lives do so, and nothing follows.
    Reject,
    /// It is served, and [`Session::talked_early`](super::Session::talked_early) tells of it.
    #[default]
    Note,
    /// It is served.
    Allow,
}

impl Config {
    /// Whether connections from a peer begin with a PROXY header.
    #[must_use]
    pub fn wants_proxy(&self, peer: &Peer) -> bool {
        let transport = peer.transport();
        transport.is_some_and(|it| self.proxies.iter().any(|proxy| proxy.contains(it.ip())))
    }

    /// A configuration with the default limits, timeouts and mechanisms.
    #[must_use]
    pub fn new(hostname: HelloNameBuf, dialect: Dialect, listener: Listener) -> Self {
        Self {
            hostname,
            dialect,
            listener,
            mechanisms: vec![Arc::new(Plain)],
            base64: Base64::Canonical,
            extensions: Extensions::default(),
            xclient: Forwarders::of_xclient(),
            xforward: Forwarders::of_xforward(),
            proxies: Vec::new(),
            bare_line_ends: BareLineEnds::Refuse,
            early_talk: EarlyTalk::Note,
            limits: Limits::default(),
            timeouts: Timeouts::default(),
        }
    }
}
