//! What parts of a configuration can have against each other.

use core::error::Error;
use core::fmt;

use crate::Severity;

/// Something in a configuration that contradicts something else in it, or a standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Contradiction {
    /// LMTP on the port of SMTP.
    LmtpOnSmtpPort,
    /// A listener has the port that is registered for another role.
    PortOfAnotherRole,
    /// A listener on port 25 that is no MX takes logins.
    AuthOnPort25,
    /// Anybody who connects is believed about who they are.
    TrustInEverybody,
    /// Hosts on the Internet are believed about their clients.
    TrustInPublicNetwork,
    /// A proxy is in a network that may relay without a login.
    ProxyInTrustedNetwork,
    /// No listener is served.
    NothingServed,
    /// There are listeners for users, and no users.
    NobodyCanLogIn,
    /// Anybody may relay.
    RelayForEverybody,
    /// Hosts on the Internet may relay without a login.
    RelayForPublicNetwork,
    /// TLS from the first octet, and STARTTLS as well.
    TlsWithStartTls,
    /// TLS from the first octet, to a port that begins in clear.
    ImplicitTlsOnClearPort,
    /// No TLS from the first octet, to the port that begins with it.
    NoImplicitTlsOnTlsPort,
    /// A user without a password, or a password without a user.
    HalfCredentials,
    /// Credentials, and none of the mechanisms is known.
    UnknownMechanism,
    /// Credentials that policy will never let out.
    CredentialsNeverSent,
    /// EXTERNAL without TLS.
    ExternalWithoutTls,
    /// A password may cross the Internet in clear text.
    PasswordInClear,
    /// A password goes to whoever answers.
    PasswordToAnybody,
    /// Certificates are not checked, and TLSA records or an MTA-STS policy are to be obeyed.
    SkipWithPolicies,
    /// Clear text is demanded by name, and TLSA records or an MTA-STS policy are to be obeyed.
    ClearWithPolicies,
}

impl Contradiction {
    /// Every one, once.
    pub const ALL: [Self; 21] = [
        Self::LmtpOnSmtpPort,
        Self::PortOfAnotherRole,
        Self::AuthOnPort25,
        Self::TrustInEverybody,
        Self::TrustInPublicNetwork,
        Self::ProxyInTrustedNetwork,
        Self::NothingServed,
        Self::NobodyCanLogIn,
        Self::RelayForEverybody,
        Self::RelayForPublicNetwork,
        Self::TlsWithStartTls,
        Self::ImplicitTlsOnClearPort,
        Self::NoImplicitTlsOnTlsPort,
        Self::HalfCredentials,
        Self::UnknownMechanism,
        Self::CredentialsNeverSent,
        Self::ExternalWithoutTls,
        Self::PasswordInClear,
        Self::PasswordToAnybody,
        Self::SkipWithPolicies,
        Self::ClearWithPolicies,
    ];

    /// How much it matters.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::LmtpOnSmtpPort
            | Self::TrustInEverybody
            | Self::NothingServed
            | Self::RelayForEverybody
            | Self::TlsWithStartTls
            | Self::NoImplicitTlsOnTlsPort
            | Self::ImplicitTlsOnClearPort
            | Self::HalfCredentials
            | Self::UnknownMechanism
            | Self::CredentialsNeverSent
            | Self::ExternalWithoutTls
            | Self::SkipWithPolicies => Severity::Error,
            Self::PortOfAnotherRole
            | Self::AuthOnPort25
            | Self::TrustInPublicNetwork
            | Self::ProxyInTrustedNetwork
            | Self::NobodyCanLogIn
            | Self::RelayForPublicNetwork
            | Self::PasswordInClear
            | Self::PasswordToAnybody
            | Self::ClearWithPolicies => Severity::Warning,
        }
    }

    /// A stable name in snake case, for logs and machines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LmtpOnSmtpPort => "lmtp_on_smtp_port",
            Self::PortOfAnotherRole => "port_of_another_role",
            Self::AuthOnPort25 => "auth_on_port_25",
            Self::TrustInEverybody => "trust_in_everybody",
            Self::TrustInPublicNetwork => "trust_in_public_network",
            Self::ProxyInTrustedNetwork => "proxy_in_trusted_network",
            Self::NothingServed => "nothing_served",
            Self::NobodyCanLogIn => "nobody_can_log_in",
            Self::RelayForEverybody => "relay_for_everybody",
            Self::RelayForPublicNetwork => "relay_for_public_network",
            Self::TlsWithStartTls => "tls_with_starttls",
            Self::ImplicitTlsOnClearPort => "implicit_tls_on_clear_port",
            Self::NoImplicitTlsOnTlsPort => "no_implicit_tls_on_tls_port",
            Self::HalfCredentials => "half_credentials",
            Self::UnknownMechanism => "unknown_mechanism",
            Self::CredentialsNeverSent => "credentials_never_sent",
            Self::ExternalWithoutTls => "external_without_tls",
            Self::PasswordInClear => "password_in_clear",
            Self::PasswordToAnybody => "password_to_anybody",
            Self::SkipWithPolicies => "skip_with_policies",
            Self::ClearWithPolicies => "clear_with_policies",
        }
    }

    /// What is the matter, as a sentence for the operator.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::LmtpOnSmtpPort => "LMTP must not be served on port 25 (RFC 2033 section 5).",
            Self::PortOfAnotherRole => {
                "The port is registered for another role, which is what its clients expect."
            }
            Self::AuthOnPort25 => {
                "Port 25 takes logins: other servers have no accounts, and every password guesser \
                 tries port 25."
            }
            Self::TrustInEverybody => {
                "Everybody is believed about who they are: anybody can claim any address and any \
                 login."
            }
            Self::TrustInPublicNetwork => {
                "Hosts on the Internet are believed about their clients' addresses and logins."
            }
            Self::ProxyInTrustedNetwork => {
                "A proxy is in a network that may relay without a login: whoever takes its address \
                 for a client's lets everybody relay who comes through it."
            }
            Self::NothingServed => "None of the listeners can be served.",
            Self::NobodyCanLogIn => "No account exists, so nobody can log in on submission.",
            Self::RelayForEverybody => {
                "Everybody may relay without a login: this is an open relay."
            }
            Self::RelayForPublicNetwork => "Hosts on the Internet may relay without a login.",
            Self::TlsWithStartTls => {
                "TLS from the first octet and STARTTLS exclude each other: inside TLS there is no \
                 STARTTLS."
            }
            Self::ImplicitTlsOnClearPort => {
                "Ports 25 and 587 begin with a greeting in clear text: a TLS handshake there fails."
            }
            Self::NoImplicitTlsOnTlsPort => {
                "Port 465 begins with a TLS handshake: whoever waits for a greeting there waits for \
                 ever."
            }
            Self::HalfCredentials => "A login needs a user name and a password.",
            Self::UnknownMechanism => {
                "There are credentials, and no mechanism that is known to use them."
            }
            Self::CredentialsNeverSent => {
                "There are credentials for a remote server, no TLS, and a password in clear text is \
                 denied: they can never be sent."
            }
            Self::ExternalWithoutTls => {
                "EXTERNAL is a login by the certificate of a TLS connection, and there is no TLS."
            }
            Self::PasswordInClear => {
                "The password may cross a network in clear text (RFC 8314 section 4.1)."
            }
            Self::PasswordToAnybody => {
                "The server's certificate is not checked, so the password goes to whoever answers."
            }
            Self::SkipWithPolicies => {
                "Certificates are not checked, and TLSA records or an MTA-STS policy demand that \
                 they are."
            }
            Self::ClearWithPolicies => {
                "Clear text is demanded by name, so TLSA records and MTA-STS policies change nothing."
            }
        }
    }

    /// What would resolve it, as a sentence for the operator.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::LmtpOnSmtpPort => "Give it another port.",
            Self::PortOfAnotherRole => {
                "Use the role that the port is registered for, or another port."
            }
            Self::AuthOnPort25 => {
                "Switch AUTH off there, and let users log in on submissions (465) or submission (587)."
            }
            Self::TrustInEverybody => "Name the addresses of the proxies, and no more.",
            Self::TrustInPublicNetwork => {
                "Name single addresses of your own proxies, and see to it that nobody else has them."
            }
            Self::ProxyInTrustedNetwork => {
                "Take the proxy out of the trusted networks; its clients are judged by their own \
                 addresses."
            }
            Self::NothingServed => "Configure a certificate, or a listener that needs none.",
            Self::NobodyCanLogIn => "Add an account with a name and a password.",
            Self::RelayForEverybody => "Name the networks that may relay, and no more.",
            Self::RelayForPublicNetwork => {
                "Let these hosts log in, or name single addresses of your own."
            }
            Self::TlsWithStartTls => {
                "Choose one: TLS from the first octet for port 465, STARTTLS for port 587 or 25."
            }
            Self::ImplicitTlsOnClearPort => "Use STARTTLS there, or port 465.",
            Self::NoImplicitTlsOnTlsPort => {
                "Use TLS from the first octet there, or port 587 with STARTTLS."
            }
            Self::HalfCredentials => "Configure both, or neither.",
            Self::UnknownMechanism => {
                "Name one that is known, such as PLAIN, SCRAM-SHA-256 or OAUTHBEARER, or name none \
                 and let the strongest be chosen."
            }
            Self::CredentialsNeverSent => {
                "Use TLS (implicit or starttls), or a SCRAM mechanism, or allow the password in clear \
                 text by name."
            }
            Self::ExternalWithoutTls => "Use TLS with a client certificate, or another mechanism.",
            Self::PasswordInClear => "Use TLS (implicit or starttls), and deny AUTH in clear text.",
            Self::PasswordToAnybody => {
                "Verify the certificate, or pin it, or use a SCRAM mechanism with channel binding."
            }
            Self::SkipWithPolicies => "Verify certificates, or obey no policies.",
            Self::ClearWithPolicies => "Set the level to may, or obey no policies.",
        }
    }
}

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.text(), self.remedy())
    }
}

impl Error for Contradiction {}
