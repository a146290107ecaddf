//! The server that mail is passed on to.

use super::Contradiction;
use crate::outbound::{
    CertificateCheck, Level, MechanismClass, PeerLocation, Policy, TlsMode, authenticate,
};
use crate::{Channel, CleartextAuth, Role};

/// A server that mail is passed on to, as it is configured.
#[derive(Clone, Copy, Debug)]
pub struct Upstream<'c> {
    /// Its port.
    pub port: u16,
    /// Where it is, if that is known before anybody has connected.
    pub location: PeerLocation,
    /// How to speak to it.
    pub policy: Policy,
    /// Whether there is a user name.
    pub has_user: bool,
    /// Whether there is a password, or a token.
    pub has_password: bool,
    /// The mechanisms to choose from; `None` for all that there are.
    pub mechanisms: Option<&'c [&'c str]>,
    /// The level, where there is one for the destination.
    pub level: Option<Level>,
    /// Whether TLSA records or MTA-STS policies are looked up and obeyed.
    pub obeys_policies: bool,
}

impl<'c> Upstream<'c> {
    /// A server without anything to log in with.
    #[must_use]
    pub const fn new(port: u16, location: PeerLocation, policy: Policy) -> Self {
        Self {
            port,
            location,
            policy,
            has_user: false,
            has_password: false,
            mechanisms: None,
            level: None,
            obeys_policies: false,
        }
    }

    /// What is odd about it.
    pub fn contradictions(&self) -> impl Iterator<Item = Contradiction> + use<'c> {
        let own = *self;
        Contradiction::ALL
            .into_iter()
            .filter(move |it| own.has(*it))
    }

    fn has(&self, contradiction: Contradiction) -> bool {
        let Policy {
            tls,
            check,
            cleartext_auth,
        } = self.policy;
        let begins_in_clear = matches!(tls, TlsMode::Off | TlsMode::Opportunistic);
        let has_credentials = self.has_user && self.has_password;
        let wants_dane = matches!(self.level, Some(Level::Dane | Level::DaneOnly));
        match contradiction {
            Contradiction::ImplicitTlsOnClearPort => {
                let expected = Role::of_port(self.port);
                tls == TlsMode::Implicit && matches!(expected, Some(Role::Mx | Role::Submission))
            }
            Contradiction::NoImplicitTlsOnTlsPort => {
                tls != TlsMode::Implicit && Role::of_port(self.port) == Some(Role::Submissions)
            }
            Contradiction::HalfCredentials => {
                self.has_user != self.has_password && !self.is_only("EXTERNAL")
            }
            Contradiction::UnknownMechanism => {
                has_credentials
                    && self
                        .mechanisms
                        .is_some_and(|names| !names.iter().any(is_known))
            }
            // With all to choose from there is SCRAM, which may run in clear.
            Contradiction::CredentialsNeverSent => {
                has_credentials
                    && tls == TlsMode::Off
                    && !self.is_only("EXTERNAL")
                    && self.mechanisms.is_some_and(|names| {
                        names.iter().any(is_known)
                            && !names.iter().any(|name| self.allows_in_clear(name))
                    })
            }
            Contradiction::ExternalWithoutTls => tls == TlsMode::Off && self.is_only("EXTERNAL"),
            Contradiction::PasswordInClear => {
                has_credentials
                    && begins_in_clear
                    && self.location == PeerLocation::Remote
                    && cleartext_auth == CleartextAuth::Allow
                    && self.may_show_a_secret()
            }
            Contradiction::PasswordToAnybody => {
                has_credentials
                    && tls != TlsMode::Off
                    && check == CertificateCheck::Skip
                    && self.location == PeerLocation::Remote
                    && self.may_show_a_secret()
            }
            Contradiction::SkipWithPolicies => {
                check == CertificateCheck::Skip
                    && (self.obeys_policies || wants_dane)
                    && self.level != Some(Level::None)
                    && tls != TlsMode::Off
            }
            Contradiction::ClearWithPolicies => {
                self.obeys_policies && (self.level == Some(Level::None) || tls == TlsMode::Off)
            }
            _ => false,
        }
    }

    /// Whether this is the only mechanism that may be chosen.
    fn is_only(&self, name: &str) -> bool {
        self.mechanisms.is_some_and(|names| {
            !names.is_empty() && names.iter().all(|it| it.eq_ignore_ascii_case(name))
        })
    }

    fn allows_in_clear(&self, mechanism: &str) -> bool {
        let class = MechanismClass::of(mechanism);
        authenticate(&self.policy, Channel::Plain, self.location, class).is_ok()
    }

    fn may_show_a_secret(&self) -> bool {
        let shows = |name: &&str| MechanismClass::of(name) == MechanismClass::Cleartext;
        self.mechanisms.is_none_or(|names| names.iter().any(shows))
    }
}

/// Whether it is one that can be had here.
fn is_known(name: &&str) -> bool {
    const KNOWN: [&str; 11] = [
        "PLAIN",
        "LOGIN",
        "OAUTHBEARER",
        "XOAUTH2",
        "CRAM-MD5",
        "SCRAM-SHA-1",
        "SCRAM-SHA-1-PLUS",
        "SCRAM-SHA-256",
        "SCRAM-SHA-256-PLUS",
        "EXTERNAL",
        "ANONYMOUS",
    ];
    KNOWN.iter().any(|known| known.eq_ignore_ascii_case(name))
}

impl TlsMode {
    /// The mode of a configuration that has two switches for it, one for TLS from the first octet and one
    /// for STARTTLS.
    ///
    /// # Errors
    ///
    /// [`Contradiction::TlsWithStartTls`] if both are on.
    ///
    /// ```
    /// use mailwire_tls_policy::Contradiction;
    /// use mailwire_tls_policy::outbound::TlsMode;
    ///
    /// assert_eq!(TlsMode::of_switches(false, true), Ok(TlsMode::StartTlsRequired));
    /// assert_eq!(TlsMode::of_switches(true, true), Err(Contradiction::TlsWithStartTls));
    /// ```
    pub const fn of_switches(tls: bool, starttls: bool) -> Result<Self, Contradiction> {
        match (tls, starttls) {
            (false, false) => Ok(Self::Off),
            (false, true) => Ok(Self::StartTlsRequired),
            (true, false) => Ok(Self::Implicit),
            (true, true) => Err(Contradiction::TlsWithStartTls),
        }
    }
}
