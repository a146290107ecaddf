//! What a client may do now, judged before its command is looked at any closer.

use core::fmt;

use crate::outbound::MechanismClass;
use crate::{AuthRule, Channel, Listener, Reason, Refusal, TlsMode};

/// Judges one command of a client.
///
/// Total and pure: every combination has an answer, and the same question gets the same answer. It
/// judges policy alone. Whether the command comes in order and whether its arguments are any good
/// is judged after this, so a refusal here costs no work.
///
/// 1. HELLO, NOOP, RSET, HELP and QUIT are always allowed. RFC 3207 section 4 would have a server
///    that requires TLS refuse RSET and HELP too; neither grants anything, and RFC 5321 section
///    4.1.1.5 wants 250 for RSET.
/// 2. A listener without AUTH says so to every AUTH, whatever else is missing, because nothing the
///    client could do first would change it.
/// 3. Required TLS comes before everything that is left, except that
///    [`AllowLoopback`](crate::CleartextAuth::AllowLoopback) or looser on a listener with AUTH
///    also takes [`Channel::Local`] in place of STARTTLS. Implicit TLS has no such exception.
/// 4. AUTH happens once, and in clear text only where
///    [`CleartextAuth::allows`](crate::CleartextAuth::allows) says so.
/// 5. Where AUTH is required, it comes before mail.
///
/// Whether a recipient is taken is a question of its own: [`relay`](crate::relay()).
///
/// ```
/// use mailwire_tls_policy::{decide, Act, Channel, Identity, Listener, Role, Verdict};
///
/// let submission = Listener::of(Role::Submission);
/// let verdict = decide(&submission, Channel::Plain, Identity::Anonymous, Act::Mail);
/// let Verdict::Refuse(refusal) = verdict else { panic!("587 wants TLS first") };
/// assert_eq!(refusal.to_string(), "530 5.7.0 Must issue a STARTTLS command first");
/// ```
pub const fn decide(
    listener: &Listener,
    channel: Channel,
    identity: Identity,
    act: Act,
) -> Verdict {
    let objection = match act {
        Act::Hello | Act::Help | Act::Noop | Act::Rset | Act::Quit => None,
        Act::StartTls => objection_to_starttls(listener, channel),
        Act::Auth => objection_to_auth(listener, channel, identity, MechanismClass::Cleartext),
        Act::Mail | Act::Rcpt | Act::Data | Act::Verify => {
            objection_to_mail(listener, channel, identity)
        }
    };
    match objection {
        None => Verdict::Allow,
        Some(reason) => Verdict::Refuse(Refusal {
            channel,
            identity,
            act,
            reason,
        }),
    }
}

/// Judges AUTH with a mechanism, by its class.
///
/// As [`decide`] of [`Act::Auth`], which is about mechanisms that show the secret, except that one
/// that does not ([`MechanismClass::ChallengeResponse`]) may run in clear. Of one that
/// [needs TLS](MechanismClass::NeedsTls) it says no more than that: who the peer is was established
/// below SASL, by TLS or by something else.
///
/// ```
/// use mailwire_tls_policy::outbound::MechanismClass;
/// use mailwire_tls_policy::{decide_mechanism, Channel, Identity, Listener, Role};
///
/// let mut listener = Listener::of(Role::Submission);
/// listener.tls = mailwire_tls_policy::TlsMode::StartTlsOptional;
/// let judge = |name| {
///     let class = MechanismClass::of(name);
///     decide_mechanism(&listener, Channel::Plain, Identity::Anonymous, class).is_allowed()
/// };
/// assert!(judge("SCRAM-SHA-256") && !judge("PLAIN"));
/// ```
pub const fn decide_mechanism(
    listener: &Listener,
    channel: Channel,
    identity: Identity,
    mechanism: MechanismClass,
) -> Verdict {
    match objection_to_auth(listener, channel, identity, mechanism) {
        None => Verdict::Allow,
        Some(reason) => Verdict::Refuse(Refusal {
            channel,
            identity,
            act: Act::Auth,
            reason,
        }),
    }
}

/// What EHLO or LHLO may list now; of AUTH, whether mechanisms that show the secret may be. Of the others
/// [`decide_mechanism`] tells.
///
/// Derived from [`decide`]: a capability is offered if and only if its command would be allowed.
///
/// ```
/// use mailwire_tls_policy::{offers, Channel, Identity, Listener, Offers, Role};
///
/// let before = offers(&Listener::of(Role::Submission), Channel::Plain, Identity::Anonymous);
/// assert_eq!(before, Offers { starttls: true, auth: false });
/// ```
#[must_use]
pub const fn offers(listener: &Listener, channel: Channel, identity: Identity) -> Offers {
    Offers {
        starttls: decide(listener, channel, identity, Act::StartTls).is_allowed(),
        auth: decide(listener, channel, identity, Act::Auth).is_allowed(),
    }
}

/// What a client asks for, by the command it sends. Total on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// HELO, EHLO or LHLO.
    Hello,
    /// STARTTLS.
    StartTls,
    /// AUTH.
    Auth,
    /// MAIL.
    Mail,
    /// RCPT.
    Rcpt,
    /// DATA or BDAT.
    Data,
    /// VRFY or EXPN.
    Verify,
    /// HELP.
    Help,
    /// NOOP.
    Noop,
    /// RSET.
    Rset,
    /// QUIT.
    Quit,
}

impl Act {
    /// Every act, once.
    pub const ALL: [Self; 11] = [
        Self::Hello,
        Self::StartTls,
        Self::Auth,
        Self::Mail,
        Self::Rcpt,
        Self::Data,
        Self::Verify,
        Self::Help,
        Self::Noop,
        Self::Rset,
        Self::Quit,
    ];

    /// The act's name in tables and logs, in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hello => "hello",
            Self::StartTls => "starttls",
            Self::Auth => "auth",
            Self::Mail => "mail",
            Self::Rcpt => "rcpt",
            Self::Data => "data",
            Self::Verify => "verify",
            Self::Help => "help",
            Self::Noop => "noop",
            Self::Rset => "rset",
            Self::Quit => "quit",
        }
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Whether this session knows who the client is. Total on purpose.
///
/// An identity comes from a completed AUTH, or from a peer that configuration trusts to forward one.
/// The address of such a peer is no identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Identity {
    /// Nobody has logged in.
    Anonymous,
    /// A user has logged in.
    Authenticated,
}

impl Identity {
    /// Both values.
    pub const ALL: [Self; 2] = [Self::Anonymous, Self::Authenticated];

    /// The value's name in tables and logs, in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Authenticated => "authenticated",
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The answer of [`decide`]. Total on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub enum Verdict {
    /// Policy has nothing against it.
    Allow,
    /// It is refused at the command, and the session goes on.
    Refuse(Refusal),
}

impl Verdict {
    /// Whether the verdict is [`Verdict::Allow`].
    #[must_use]
    pub const fn is_allowed(&self) -> bool {
        match self {
            Self::Allow => true,
            Self::Refuse(_) => false,
        }
    }
}

/// The capabilities whose listing depends on policy. See [`offers`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Offers {
    /// Whether STARTTLS is listed.
    pub starttls: bool,
    /// Whether AUTH is listed.
    pub auth: bool,
}

const fn objection_to_starttls(listener: &Listener, channel: Channel) -> Option<Reason> {
    match channel {
        Channel::Tls => Some(Reason::TlsAlreadyActive),
        Channel::Plain | Channel::Local => match listener.tls {
            TlsMode::None => Some(Reason::TlsNotOffered),
            TlsMode::StartTlsOptional | TlsMode::StartTlsRequired => None,
            TlsMode::Implicit => Some(Reason::ImplicitTlsMissing),
        },
    }
}

const fn objection_to_auth(
    listener: &Listener,
    channel: Channel,
    identity: Identity,
    mechanism: MechanismClass,
) -> Option<Reason> {
    match listener.auth {
        AuthRule::Never => return Some(Reason::AuthNotOffered),
        AuthRule::Optional | AuthRule::Required => {}
    }
    if let Some(reason) = missing_tls(listener, channel) {
        return Some(reason);
    }
    match identity {
        Identity::Authenticated => return Some(Reason::AlreadyAuthenticated),
        Identity::Anonymous => {}
    }
    match mechanism {
        MechanismClass::ChallengeResponse | MechanismClass::NeedsTls => return None,
        MechanismClass::Cleartext => {}
    }
    if listener.cleartext_auth.allows(channel) {
        return None;
    }
    // The client can help itself where STARTTLS would work, and has to be told that it would.
    match objection_to_starttls(listener, channel) {
        None => Some(Reason::TlsRequired),
        Some(_) => Some(Reason::CleartextAuth),
    }
}

const fn objection_to_mail(
    listener: &Listener,
    channel: Channel,
    identity: Identity,
) -> Option<Reason> {
    if let Some(reason) = missing_tls(listener, channel) {
        return Some(reason);
    }
    match (listener.auth, identity) {
        (AuthRule::Required, Identity::Anonymous) => Some(Reason::AuthenticationRequired),
        (AuthRule::Required, Identity::Authenticated)
        | (AuthRule::Never | AuthRule::Optional, Identity::Anonymous | Identity::Authenticated) => {
            None
        }
    }
}

/// What is missing where the listener requires TLS and the channel has none.
const fn missing_tls(listener: &Listener, channel: Channel) -> Option<Reason> {
    match channel {
        Channel::Tls => None,
        Channel::Plain | Channel::Local => match listener.tls {
            TlsMode::None | TlsMode::StartTlsOptional => None,
            TlsMode::StartTlsRequired if is_exempt(listener, channel) => None,
            TlsMode::StartTlsRequired => Some(Reason::TlsRequired),
            TlsMode::Implicit => Some(Reason::ImplicitTlsMissing),
        },
    }
}

/// The loopback exemption from required STARTTLS. Without AUTH there is nothing that a rule about
/// AUTH in clear text could be about, so such listeners have none.
const fn is_exempt(listener: &Listener, channel: Channel) -> bool {
    match (channel, listener.auth) {
        (Channel::Local, AuthRule::Optional | AuthRule::Required) => {
            listener.cleartext_auth.allows(channel)
        }
        (Channel::Local, AuthRule::Never)
        | (
            Channel::Plain | Channel::Tls,
            AuthRule::Never | AuthRule::Optional | AuthRule::Required,
        ) => false,
    }
}
