//! What comes after the server's EHLO list: STARTTLS, the next command, or the end.

use super::{Policy, Refusal, TlsMode};
use crate::Channel;

/// Decides about STARTTLS once the server's capabilities are known.
///
/// `offered` is whether *this* EHLO list has STARTTLS. It is sent only where it is offered; where it
/// is required and missing that is a local refusal, not an experiment. Inside TLS nothing is left to
/// do. Call it again after the EHLO that follows the handshake, with the new list and channel.
///
/// ```
/// use mailwire_tls_policy::Channel;
/// use mailwire_tls_policy::outbound::{Policy, Refusal, Step, TlsMode, start_tls};
///
/// let policy = Policy::new(TlsMode::StartTlsRequired);
/// let step = start_tls(&policy, Channel::Plain, false);
/// assert_eq!(step, Step::Abort(Refusal::StartTlsNotOffered));
/// ```
pub const fn start_tls(policy: &Policy, channel: Channel, offered: bool) -> Step {
    match channel {
        Channel::Tls => Step::Proceed,
        Channel::Plain | Channel::Local => match (policy.tls, offered) {
            (TlsMode::Off, true | false) | (TlsMode::Opportunistic, false) => Step::Proceed,
            (TlsMode::Opportunistic | TlsMode::StartTlsRequired, true) => Step::StartTls,
            (TlsMode::StartTlsRequired, false) => Step::Abort(Refusal::StartTlsNotOffered),
            (TlsMode::Implicit, true | false) => Step::Abort(Refusal::ImplicitTlsMissing),
        },
    }
}

/// The answer of [`start_tls`]. Total on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub enum Step {
    /// Go on over the channel as it is. [`authenticate`](super::authenticate()) still has a say.
    Proceed,
    /// Send STARTTLS.
    StartTls,
    /// Send QUIT, and report this.
    Abort(Refusal),
}
