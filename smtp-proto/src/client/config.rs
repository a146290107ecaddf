//! What a client session is built from.

use mailwire_tls_policy::outbound::{PeerLocation, Policy};

use crate::body::BareLineEnds;
use crate::dialect::Dialect;
use crate::reply::ReplyLimits;
use crate::timer::Timeouts;

/// The configuration of the sessions with one kind of server; one value, shared by all of them.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Config {
    /// SMTP or LMTP.
    pub dialect: Dialect,
    /// What our own side demands of TLS and AUTH.
    pub policy: Policy,
    /// Where the connected server is, by its transport address and never by a host name.
    pub location: PeerLocation,
    /// What becomes of a CR without LF, or an LF without CR, in content. As a file of the local
    /// system has its line ends, they become CRLF by default; content that was signed, or that is
    /// passed on, must not be changed and wants [`BareLineEnds::Refuse`].
    pub bare_line_ends: BareLineEnds,
    /// How long each wait may last.
    pub timeouts: Timeouts,
    /// Bounds.
    pub limits: Limits,
}

/// How much a client session takes from a server, and holds for the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// How long a reply may be. A longer one ends the session.
    pub reply: ReplyLimits,
    /// Commands sent whose replies are not in; 1,000. Another one has to wait.
    pub outstanding: usize,
    /// Octets of commands sent whose replies are not in; 16,384. Another one has to wait once they are
    /// reached. It is to be less than what the buffers on the way hold: then a server that answers
    /// before it reads on, and whose answers nobody reads yet, still takes the whole flight, and two
    /// full pipes never wait for each other (RFC 2920 section 3.1).
    pub flight: usize,
    /// Recipients of a transaction, those accepted and those not answered yet; 10,000. A server
    /// has to take 100 (RFC 5321 section 4.5.3.1.8) and usually takes about 1,000.
    pub recipients: usize,
    /// Octets of content that may be unsent before [`need`](super::Session::need) asks for a flush
    /// first; 65,536.
    pub unsent_output: usize,
}

impl Config {
    /// A configuration with the default timeouts and limits.
    #[must_use]
    pub fn new(dialect: Dialect, policy: Policy, location: PeerLocation) -> Self {
        Self {
            dialect,
            policy,
            location,
            bare_line_ends: BareLineEnds::Normalise,
            timeouts: Timeouts::default(),
            limits: Limits::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            reply: ReplyLimits::default(),
            outstanding: 1000,
            flight: 16 * 1024,
            recipients: 10_000,
            unsent_output: 64 * 1024,
        }
    }
}
