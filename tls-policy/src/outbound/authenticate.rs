//! Whether to authenticate over this channel, judged before a secret is encoded.

use core::fmt;

use super::{PeerLocation, Policy, Refusal, TlsMode};
use crate::Channel;

/// Decides whether a mechanism may run over a channel.
///
/// Ask before the secret, or its base64, is in any buffer. TLS that the policy requires comes first,
/// for every mechanism. Then [`Cleartext`](MechanismClass::Cleartext) mechanisms obey
/// [`Policy::cleartext_auth`] alike, where "loopback" is what `location` says and not what the
/// caller calls the channel; [`ChallengeResponse`](MechanismClass::ChallengeResponse) may run in
/// clear; [`NeedsTls`](MechanismClass::NeedsTls) may not. [`Policy::check`] has no say.
///
/// # Errors
///
/// [`Refusal`], which is local: nothing was sent.
///
/// ```
/// use mailwire_tls_policy::Channel;
/// use mailwire_tls_policy::outbound::{
///     MechanismClass, PeerLocation, Policy, Refusal, TlsMode, authenticate,
/// };
///
/// let policy = Policy::new(TlsMode::Off);
/// let over = |channel, name| {
///     authenticate(&policy, channel, PeerLocation::Remote, MechanismClass::of(name))
/// };
/// assert_eq!(over(Channel::Plain, "PLAIN"), Err(Refusal::CleartextAuthDenied));
/// assert_eq!(over(Channel::Plain, "SCRAM-SHA-256"), Ok(()));
/// assert_eq!(over(Channel::Tls, "PLAIN"), Ok(()));
/// ```
pub const fn authenticate(
    policy: &Policy,
    channel: Channel,
    location: PeerLocation,
    mechanism: MechanismClass,
) -> Result<(), Refusal> {
    match channel {
        Channel::Tls => return Ok(()),
        Channel::Plain | Channel::Local => {}
    }
    match policy.tls {
        TlsMode::Off | TlsMode::Opportunistic => {}
        TlsMode::StartTlsRequired => return Err(Refusal::StartTlsNotDone),
        TlsMode::Implicit => return Err(Refusal::ImplicitTlsMissing),
    }
    match mechanism {
        MechanismClass::ChallengeResponse => Ok(()),
        MechanismClass::NeedsTls => Err(Refusal::ExternalNeedsTls),
        MechanismClass::Cleartext => {
            if policy.cleartext_auth.allows(location.channel_without_tls()) {
                Ok(())
            } else {
                Err(Refusal::CleartextAuthDenied)
            }
        }
    }
}

/// What a SASL mechanism shows to somebody who listens in. Total on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MechanismClass {
    /// The secret, or something as good: PLAIN, LOGIN, XOAUTH2, OAUTHBEARER.
    Cleartext,
    /// Nothing that can be used again: CRAM-MD5, the SCRAM family, and ANONYMOUS, which has no
    /// secret.
    ChallengeResponse,
    /// Nothing, because the login *is* the TLS connection: EXTERNAL.
    NeedsTls,
}

impl MechanismClass {
    /// Every class.
    pub const ALL: [Self; 3] = [Self::Cleartext, Self::ChallengeResponse, Self::NeedsTls];

    /// The class of the mechanism with this name, in any letter case.
    ///
    /// A name that is not known here counts as [`Cleartext`](Self::Cleartext), because that is the
    /// strictest class for a mechanism that has a secret.
    #[must_use]
    pub fn of(name: &str) -> Self {
        const CHALLENGE_RESPONSE: [&str; 2] = ["CRAM-MD5", "ANONYMOUS"];
        const SCRAM: &str = "SCRAM-";

        let is_scram = name
            .get(..SCRAM.len())
            .is_some_and(|prefix| prefix.eq_ignore_ascii_case(SCRAM));
        if name.eq_ignore_ascii_case("EXTERNAL") {
            Self::NeedsTls
        } else if is_scram
            || CHALLENGE_RESPONSE
                .iter()
                .any(|known| known.eq_ignore_ascii_case(name))
        {
            Self::ChallengeResponse
        } else {
            Self::Cleartext
        }
    }

    /// The class's name in tables and logs, in snake case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cleartext => "cleartext",
            Self::ChallengeResponse => "challenge_response",
            Self::NeedsTls => "needs_tls",
        }
    }
}

impl fmt::Display for MechanismClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
