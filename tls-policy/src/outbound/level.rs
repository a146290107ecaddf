//! What mail to a domain demands of TLS, of all that has a say in it: the operator, the domain's TLSA records,
//! its MTA-STS policy, and the message.

use core::fmt;

use super::{CertificateCheck, Dane, StsMode, StsPolicy, TlsMode};

/// What the operator asks of the mail to a destination; the names are those of Postfix. Total on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Level {
    /// Clear text, by name: whatever the destination says of itself.
    None,
    /// TLS where it is offered.
    May,
    /// TLS, with any certificate.
    Encrypt,
    /// TLS as the TLSA records demand it, and where there are none as [`May`](Self::May).
    Dane,
    /// TLS as the TLSA records demand it, and no mail where there are none that can be used.
    DaneOnly,
    /// TLS, with a certificate of a known issuer for the name of the mail server.
    Verify,
    /// TLS, with a certificate of a known issuer for the domain that the mail is for.
    Secure,
    /// TLS, with a certificate or a key that the operator has named.
    Fingerprint,
}

/// What the message itself says of the TLS that it travels with (RFC 8689). Total on purpose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum MessageTls {
    /// Nothing.
    #[default]
    Usual,
    /// Every hop has to be authenticated: REQUIRETLS was said at MAIL.
    Required,
    /// What the domain demands is to be passed over: its header has `TLS-Required: No`, to report a broken
    /// server for instance. With REQUIRETLS at MAIL, the header does not count (RFC 8689 section 4.1).
    Optional,
}

/// What the domain's MTA-STS policy says of a mail server. Total on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sts {
    /// Nothing: there is no policy, or its mode is none.
    Silent,
    /// It would be refused or not, if the policy were more than a test.
    Testing {
        /// Whether the server is among those of the policy.
        permits: bool,
    },
    /// The policy holds.
    Enforce {
        /// Whether the server is among those of the policy.
        permits: bool,
    },
}

/// What the connection has to have. Total on purpose; the order is from the loosest, and the ways to
/// authenticate are as strict as one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Demand {
    /// No TLS.
    Clear,
    /// TLS if it is offered, with any certificate.
    Opportunistic,
    /// TLS, with any certificate.
    Encrypt,
    /// TLS, with a certificate that is good for this.
    Authenticate(Anchor),
}

/// What a certificate has to be good for. Total on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Anchor {
    /// One of the TLSA records.
    Tlsa,
    /// The name of the mail server, by a known issuer.
    MailServer,
    /// The domain that the mail is for, by a known issuer.
    Domain,
    /// The operator's fingerprint.
    Fingerprint,
}

/// What is demanded, and what is only tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Demanded {
    /// What the connection has to have.
    pub demand: Demand,
    /// MTA-STS would have more; where it fails, that is reported and nothing else (RFC 8461 section 5).
    pub tested: Option<Sts>,
}

/// Why there is no delivery to this mail server, whatever TLS it has. Total on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Withheld {
    /// The TLSA records could not be looked up.
    TlsaUnknown,
    /// There are no TLSA records that can be used, and the level is [`Level::DaneOnly`].
    TlsaMissing,
    /// The server is not among those of the domain's MTA-STS policy.
    NotInStsPolicy,
    /// The message wants every hop to be authenticated (REQUIRETLS), and this one would not be.
    RequireTls,
}

/// What mail to a mail server demands. `dane` is [`Dane::Silent`] where nobody has looked for records.
///
/// The strictest wins, and nothing is loosened by something that is said besides:
///
/// 1. [`Level::None`] is the operator's word against everybody's. Only a message with REQUIRETLS is not sent
///    so (RFC 8689 section 4.2.1).
/// 2. An operator who has said what to authenticate by ([`Verify`](Level::Verify), [`Secure`](Level::Secure),
///    [`Fingerprint`](Level::Fingerprint)) gets that, and TLSA records are not asked. An MTA-STS policy says
///    whether a server may be verified at all, unless it was named.
/// 3. Else TLSA records come before an MTA-STS policy, which must not override them (RFC 8461 section 2). If
///    the MX is [not signed](Dane::AuthenticateUnsignedMx), the policy still says which servers there are.
/// 4. Else an MTA-STS policy that is enforced, and then the level.
/// 5. A message with `TLS-Required: No` goes by the level alone: what the domain asserts is ignored, what the
///    operator demands is not (RFC 8689 section 3).
///
/// # Errors
///
/// [`Withheld`]: try another mail server, or later.
///
/// ```
/// use mailwire_tls_policy::outbound::{Anchor, Dane, Demand, Level, MessageTls, Sts, demand};
///
/// let enforced = Sts::Enforce { permits: true };
/// let asked = demand(Level::May, Dane::Silent, enforced, MessageTls::Usual).map(|it| it.demand);
/// assert_eq!(asked, Ok(Demand::Authenticate(Anchor::MailServer)));
/// let asked = demand(Level::May, Dane::Authenticate, enforced, MessageTls::Usual).map(|it| it.demand);
/// assert_eq!(asked, Ok(Demand::Authenticate(Anchor::Tlsa)));
/// ```
pub const fn demand(
    level: Level,
    dane: Dane,
    sts: Sts,
    message: MessageTls,
) -> Result<Demanded, Withheld> {
    let require_tls = matches!(message, MessageTls::Required);
    let (dane, sts) = match (message, level) {
        (MessageTls::Usual | MessageTls::Required, _) => (dane, sts),
        // The level is the operator's own word, which a message does not change.
        (MessageTls::Optional, Level::DaneOnly) => (dane, Sts::Silent),
        (MessageTls::Optional, _) => (Dane::Silent, Sts::Silent),
    };
    let of_level = match level {
        Level::None => {
            return match require_tls {
                true => Err(Withheld::RequireTls),
                false => Ok(Demanded {
                    demand: Demand::Clear,
                    tested: None,
                }),
            };
        }
        Level::May | Level::Dane => Demand::Opportunistic,
        Level::DaneOnly | Level::Encrypt => Demand::Encrypt,
        Level::Verify => Demand::Authenticate(Anchor::MailServer),
        Level::Secure => Demand::Authenticate(Anchor::Domain),
        Level::Fingerprint => Demand::Authenticate(Anchor::Fingerprint),
    };
    // Whom the operator has named is no question to anybody else.
    let is_named = matches!(level, Level::Secure | Level::Fingerprint);
    let with_tlsa = match (dane, level) {
        (_, Level::Verify | Level::Secure | Level::Fingerprint) => of_level,
        (Dane::Defer, _) => return Err(Withheld::TlsaUnknown),
        // Without a signature nobody knows whether these are the records that were meant.
        (Dane::Silent | Dane::Encrypt | Dane::AuthenticateUnsignedMx, Level::DaneOnly) => {
            return Err(Withheld::TlsaMissing);
        }
        (Dane::Authenticate | Dane::AuthenticateUnsignedMx, _) => {
            Demand::Authenticate(Anchor::Tlsa)
        }
        (Dane::Encrypt, _) => stricter(of_level, Demand::Encrypt),
        (Dane::Silent, _) => of_level,
    };
    let is_by_tlsa = matches!(with_tlsa, Demand::Authenticate(Anchor::Tlsa))
        && matches!(dane, Dane::Authenticate);
    let (asked, tested) = match sts {
        _ if is_by_tlsa || is_named => (with_tlsa, None),
        Sts::Silent => (with_tlsa, None),
        Sts::Testing { .. } => (with_tlsa, Some(sts)),
        Sts::Enforce { permits: false } => return Err(Withheld::NotInStsPolicy),
        Sts::Enforce { permits: true } => {
            let by_name = Demand::Authenticate(Anchor::MailServer);
            (stricter(with_tlsa, by_name), None)
        }
    };
    // That a name was authenticated says nothing if nobody knows whether it is the right one: the MX has
    // to come from a signed zone, or be in a policy, or have been named (RFC 8689 section 4.2.1).
    let is_authenticated = is_by_tlsa || is_named || matches!(sts, Sts::Enforce { permits: true });
    match require_tls && !is_authenticated {
        true => Err(Withheld::RequireTls),
        false => Ok(Demanded {
            demand: asked,
            tested,
        }),
    }
}

/// The stricter of two; of two that authenticate the first.
const fn stricter(one: Demand, other: Demand) -> Demand {
    if one.strictness() >= other.strictness() {
        one
    } else {
        other
    }
}

impl Sts {
    /// What a policy says of a mail server.
    #[must_use]
    pub fn of(policy: &StsPolicy<'_>, mail_server: &str) -> Self {
        let permits = policy.permits(mail_server);
        match policy.mode() {
            StsMode::None => Self::Silent,
            StsMode::Testing => Self::Testing { permits },
            StsMode::Enforce => Self::Enforce { permits },
        }
    }

    /// Everything that one can say.
    pub const ALL: [Self; 5] = [
        Self::Silent,
        Self::Testing { permits: true },
        Self::Testing { permits: false },
        Self::Enforce { permits: true },
        Self::Enforce { permits: false },
    ];
}

impl MessageTls {
    /// Everything that it can say.
    pub const ALL: [Self; 3] = [Self::Usual, Self::Required, Self::Optional];
}

impl Level {
    /// Every level.
    pub const ALL: [Self; 8] = [
        Self::None,
        Self::May,
        Self::Encrypt,
        Self::Dane,
        Self::DaneOnly,
        Self::Verify,
        Self::Secure,
        Self::Fingerprint,
    ];

    /// The name in configuration, as Postfix has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::May => "may",
            Self::Encrypt => "encrypt",
            Self::Dane => "dane",
            Self::DaneOnly => "dane-only",
            Self::Verify => "verify",
            Self::Secure => "secure",
            Self::Fingerprint => "fingerprint",
        }
    }
}

impl Demand {
    /// How strict it is beside others, from 0.
    #[must_use]
    pub const fn strictness(self) -> u8 {
        match self {
            Self::Clear => 0,
            Self::Opportunistic => 1,
            Self::Encrypt => 2,
            Self::Authenticate(_) => 3,
        }
    }

    /// How TLS has to begin on a connection that begins in clear.
    #[must_use]
    pub const fn tls(self) -> TlsMode {
        match self {
            Self::Clear => TlsMode::Off,
            Self::Opportunistic => TlsMode::Opportunistic,
            Self::Encrypt | Self::Authenticate(_) => TlsMode::StartTlsRequired,
        }
    }

    /// How the certificate has to be looked at: by a known issuer, by what was named, or not at all.
    #[must_use]
    pub const fn check(self) -> CertificateCheck {
        match self {
            Self::Clear | Self::Opportunistic | Self::Encrypt => CertificateCheck::Skip,
            Self::Authenticate(Anchor::MailServer | Anchor::Domain) => CertificateCheck::Verify,
            Self::Authenticate(Anchor::Tlsa | Anchor::Fingerprint) => CertificateCheck::Pin,
        }
    }
}

impl Withheld {
    /// Every reason.
    pub const ALL: [Self; 4] = [
        Self::TlsaUnknown,
        Self::TlsaMissing,
        Self::NotInStsPolicy,
        Self::RequireTls,
    ];

    /// A stable name in snake case, for logs and machines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TlsaUnknown => "tlsa_unknown",
            Self::TlsaMissing => "tlsa_missing",
            Self::NotInStsPolicy => "not_in_sts_policy",
            Self::RequireTls => "require_tls_unauthenticated",
        }
    }

    /// What is the matter, as a sentence for the operator.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::TlsaUnknown => {
                "The TLSA records of the mail server could not be looked up, so nobody knows what it demands."
            }
            Self::TlsaMissing => {
                "The mail server has no TLSA records that can be used, or its MX is not signed, and the level is dane-only."
            }
            Self::NotInStsPolicy => {
                "The mail server is not among those of the MTA-STS policy of its domain."
            }
            Self::RequireTls => {
                "The message requires every hop to be authenticated, and neither TLSA records nor an MTA-STS policy authenticate this one."
            }
        }
    }

    /// What would make it work, as a sentence for the operator.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::TlsaUnknown => {
                "Try again later; if it stays so, the domain's DNSSEC is broken, or the resolver does not validate."
            }
            Self::TlsaMissing => {
                "Set the level to dane or secure for this domain, or ask it to publish TLSA records."
            }
            Self::NotInStsPolicy => {
                "Try another MX of the domain; if none is in its policy, the domain has to mend its policy or its MX records."
            }
            Self::RequireTls => {
                "Set the level to secure or fingerprint for this domain, or send the message without REQUIRETLS."
            }
        }
    }

    /// The rule behind it.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::TlsaUnknown => "RFC 7672 section 2.1",
            Self::TlsaMissing => "RFC 7672 section 2.2",
            Self::NotInStsPolicy => "RFC 8461 section 5",
            Self::RequireTls => "RFC 8689 section 4.2.1",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.text())
    }
}

impl core::error::Error for Withheld {}

impl fmt::Display for Sts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Silent => "silent",
            Self::Testing { permits: true } => "testing, in it",
            Self::Testing { permits: false } => "testing, not in it",
            Self::Enforce { permits: true } => "enforced, in it",
            Self::Enforce { permits: false } => "enforced, not in it",
        })
    }
}

impl fmt::Display for Demand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Clear => "clear",
            Self::Opportunistic => "opportunistic",
            Self::Encrypt => "encrypt",
            Self::Authenticate(Anchor::Tlsa) => "by TLSA",
            Self::Authenticate(Anchor::MailServer) => "by server name",
            Self::Authenticate(Anchor::Domain) => "by domain",
            Self::Authenticate(Anchor::Fingerprint) => "by fingerprint",
        })
    }
}
