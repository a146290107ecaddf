//! What protects the octets of a connection, read once at the edge.

use core::error::Error;
use core::fmt;

/// What stands between the octets of a connection and somebody who listens in.
///
/// Total on purpose: a rule that forgets a kind of channel does not compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Channel {
    /// Clear text over a network.
    Plain,
    /// Clear text that never leaves the host, or a path that the operator vouches for.
    Local,
    /// TLS, ended by this program or by a proxy that configuration trusts.
    Tls,
}

impl Channel {
    /// Every kind of channel, from the least protected to the most.
    pub const ALL: [Self; 3] = [Self::Plain, Self::Local, Self::Tls];

    /// The channel's name in logs and tables, in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Local => "local",
            Self::Tls => "tls",
        }
    }

    /// Reads what another program says about the client's channel.
    ///
    /// Programs that log users in on behalf of a server spell this differently: `on` or nothing,
    /// `TLS`, `TLSv1.3`, `secured`. Call this once, where the word arrives, and pass the enum on.
    /// A word that is absent is the empty string. Letter case does not matter; blanks do.
    ///
    /// | spelling | channel |
    /// |---|---|
    /// | `on` `1` `true` `yes` `SSL` `TLS` `TLSv1` `TLSv1.1` `TLSv1.2` `TLSv1.3` | [`Tls`](Self::Tls) |
    /// | `secured` | [`Local`](Self::Local) |
    /// | empty, `off` `0` `false` `no` | [`Plain`](Self::Plain) |
    ///
    /// # Errors
    ///
    /// Any other word is [`UnknownSpelling`]. Log it, and go on with [`UnknownSpelling::granting`].
    ///
    /// ```
    /// use mailwire_tls_policy::Channel;
    ///
    /// assert_eq!(Channel::parse("TLSv1.3"), Ok(Channel::Tls));
    /// let channel = Channel::parse("ja").unwrap_or_else(|unknown| unknown.granting());
    /// assert_eq!(channel, Channel::Plain);
    /// ```
    pub fn parse(spelling: &str) -> Result<Self, UnknownSpelling> {
        const TLS: [&str; 10] = [
            "on", "1", "true", "yes", "ssl", "tls", "tlsv1", "tlsv1.1", "tlsv1.2", "tlsv1.3",
        ];
        const LOCAL: [&str; 1] = ["secured"];
        const PLAIN: [&str; 5] = ["", "off", "0", "false", "no"];

        let is_in = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(spelling));
        if is_in(&TLS) {
            Ok(Self::Tls)
        } else if is_in(&LOCAL) {
            Ok(Self::Local)
        } else if is_in(&PLAIN) {
            Ok(Self::Plain)
        } else {
            Err(UnknownSpelling)
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A word about a channel that [`Channel::parse`] does not know. The caller has the word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownSpelling;

impl UnknownSpelling {
    /// The channel to assume when something is about to be granted: [`Channel::Plain`], because a
    /// word nobody understands vouches for nothing.
    #[must_use]
    pub const fn granting(self) -> Channel {
        Channel::Plain
    }
}

impl fmt::Display for UnknownSpelling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "unknown word for a channel: allowed are on, 1, true, yes, SSL, TLS, TLSv1, TLSv1.1, \
             TLSv1.2, TLSv1.3, secured, off, 0, false, no, or nothing",
        )
    }
}

impl Error for UnknownSpelling {}
