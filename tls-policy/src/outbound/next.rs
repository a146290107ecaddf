//! What comes next on a connection, until mail may be sent or there is nothing to do but leave.

use super::{
    MechanismClass, PeerLocation, Policy, Refusal, Step, TlsMode, authenticate, start_tls,
};
use crate::Channel;

/// Decides the next step of a client, of everything that is known so far.
///
/// Ask after every EHLO list, and after everything that was tried; what it says follows from its inputs
/// alone, so there is no state that could be wrong.
///
/// 1. TLS, as [`start_tls`] has it. Where it was tried and did not come about, a client that must have
///    it leaves, and an [opportunistic](TlsMode::Opportunistic) one goes on in clear, by this connection
///    or the next.
/// 2. The login, if one is wanted: with the strongest class of mechanisms that this side is able to
///    use, that the server offers now, that was not tried, and that [`authenticate`] allows. There is no
///    going on without it: a message of a stranger is another message.
/// 3. Mail.
///
/// It ends: each step adds to `tried`, or changes the channel or the login.
///
/// ```
/// use mailwire_tls_policy::Channel;
/// use mailwire_tls_policy::outbound::{
///     Login, MechanismClass, MechanismClasses, Next, Offered, PeerLocation, Policy, Refusal, TlsMode,
///     Tried, next,
/// };
///
/// let policy = Policy::new(TlsMode::Opportunistic);
/// let login = Login::Wanted(MechanismClasses::of(["PLAIN", "LOGIN"]));
/// let ask = |channel, offered, tried| {
///     next(&policy, login, channel, PeerLocation::Remote, offered, tried)
/// };
/// let before = Offered { starttls: true, mechanisms: MechanismClasses::NONE };
/// assert_eq!(ask(Channel::Plain, before, Tried::NOTHING), Next::StartTls);
///
/// let inside = Offered { starttls: false, mechanisms: MechanismClasses::of(["PLAIN"]) };
/// let login = Next::Authenticate(MechanismClass::Cleartext);
/// assert_eq!(ask(Channel::Tls, inside, Tried::NOTHING), login);
/// // The same list in clear: the password stays here.
/// let denied = Next::Abort(Refusal::CleartextAuthDenied);
/// assert_eq!(ask(Channel::Plain, inside, Tried::NOTHING), denied);
/// ```
pub const fn next(
    policy: &Policy,
    login: Login,
    channel: Channel,
    location: PeerLocation,
    offered: Offered,
    tried: Tried,
) -> Next {
    match start_tls(policy, channel, offered.starttls) {
        Step::Abort(refusal) => return Next::Abort(refusal),
        Step::StartTls if !tried.starttls => return Next::StartTls,
        Step::StartTls => match policy.tls {
            TlsMode::Opportunistic | TlsMode::Off => {}
            TlsMode::StartTlsRequired | TlsMode::Implicit => {
                return Next::Abort(Refusal::StartTlsRefused);
            }
        },
        Step::Proceed => {}
    }
    let able = match login {
        Login::None | Login::Done => return Next::Proceed,
        Login::Wanted(able) => able,
    };
    let mut refusal = Refusal::NoMechanism;
    // From the weakest to the strongest: the last that may be is the strongest.
    let mut strongest = None;
    let mut place = 0;
    while place < MechanismClass::ALL.len() {
        let class = MechanismClass::ALL[place];
        if able.contains(class)
            && offered.mechanisms.contains(class)
            && !tried.mechanisms.contains(class)
        {
            match authenticate(policy, channel, location, class) {
                Ok(()) => strongest = Some(class),
                // What is said of a secret comes first: it is what most have.
                Err(denied) if matches!(refusal, Refusal::NoMechanism) => refusal = denied,
                Err(_) => {}
            }
        }
        place += 1;
    }
    match strongest {
        Some(class) => Next::Authenticate(class),
        None => Next::Abort(refusal),
    }
}

/// The answer of [`next`]. Total on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub enum Next {
    /// Send STARTTLS, do the handshake, and send EHLO again.
    StartTls,
    /// Send AUTH with a mechanism of this class.
    Authenticate(MechanismClass),
    /// Send mail.
    Proceed,
    /// Send QUIT, and report this.
    Abort(Refusal),
}

/// Whether this side wants to be known. Total on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Login {
    /// It has nothing to log in with.
    None,
    /// It has, for mechanisms of these classes.
    Wanted(MechanismClasses),
    /// It is logged in.
    Done,
}

/// What the server offers: in the EHLO list of this moment, and in no earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Offered {
    /// Whether STARTTLS is in it.
    pub starttls: bool,
    /// The classes of the mechanisms behind AUTH.
    pub mechanisms: MechanismClasses,
}

/// What did not come about. A wrong password is not among it: nothing else is tried after 535, or whoever
/// is on the path could choose the mechanism.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tried {
    /// STARTTLS was refused, or the handshake failed, on this connection or the one before.
    pub starttls: bool,
    /// The server wants none of these: it has said 504 or 534 (RFC 4954 section 6).
    pub mechanisms: MechanismClasses,
}

/// A set of classes of mechanisms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct MechanismClasses(u8);

impl Tried {
    /// Nothing yet.
    pub const NOTHING: Self = Self {
        starttls: false,
        mechanisms: MechanismClasses::NONE,
    };
}

impl MechanismClasses {
    /// None.
    pub const NONE: Self = Self(0);

    /// Every set, for whoever walks the product of inputs.
    pub const ALL: [Self; 8] = [
        Self(0),
        Self(1),
        Self(2),
        Self(3),
        Self(4),
        Self(5),
        Self(6),
        Self(7),
    ];

    /// The classes of mechanisms with these names.
    #[must_use]
    pub fn of<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        names
            .into_iter()
            .fold(Self::NONE, |all, name| all.with(MechanismClass::of(name)))
    }

    /// The same and another one.
    #[must_use]
    pub const fn with(self, class: MechanismClass) -> Self {
        Self(self.0 | Self::bit(class))
    }

    /// Whether a class is among them.
    #[must_use]
    pub const fn contains(self, class: MechanismClass) -> bool {
        self.0 & Self::bit(class) != 0
    }

    const fn bit(class: MechanismClass) -> u8 {
        match class {
            MechanismClass::Cleartext => 1,
            MechanismClass::ChallengeResponse => 2,
            MechanismClass::NeedsTls => 4,
        }
    }
}

impl FromIterator<MechanismClass> for MechanismClasses {
    fn from_iter<I: IntoIterator<Item = MechanismClass>>(classes: I) -> Self {
        classes.into_iter().fold(Self::NONE, Self::with)
    }
}

impl core::fmt::Display for MechanismClasses {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let mut separator = "";
        for class in MechanismClass::ALL {
            if self.contains(class) {
                write!(f, "{separator}{class}")?;
                separator = " ";
            }
        }
        if separator.is_empty() {
            f.write_str("none")?;
        }
        Ok(())
    }
}
