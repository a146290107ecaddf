//! DANE for SMTP (RFC 7671, 7672): what TLSA records of a mail server demand of the TLS with it. The answer
//! of the DNS, and whether it was validated, is an input.

use core::fmt;

/// A TLSA record, as it is in the DNS (RFC 6698 section 2.1).
///
/// ```
/// use mailwire_tls_policy::outbound::TlsaRecord;
///
/// let mut rdata = vec![3, 1, 1];
/// rdata.extend([0xAB; 32]);
/// let record = TlsaRecord::parse(&rdata).unwrap();
/// assert!(record.is_usable());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TlsaRecord<'r> {
    /// Which certificate is meant: 2 an issuer's (DANE-TA), 3 the server's own (DANE-EE).
    pub usage: u8,
    /// What of it: 0 all of the certificate, 1 its public key.
    pub selector: u8,
    /// How it is told: 0 in full, 1 by SHA-256, 2 by SHA-512.
    pub matching: u8,
    /// The certificate, the key or the digest.
    pub data: &'r [u8],
}

/// What the DNS answered when it was asked for the TLSA records of a mail server. Total on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsaAnswer<'r> {
    /// Validated by DNSSEC: these records, perhaps none.
    Secure(&'r [TlsaRecord<'r>]),
    /// The zone is not signed, so whatever it says could be anybody's.
    Insecure,
    /// There is no answer, or one whose signature is wrong. Somebody may have taken the answer away.
    Failed,
}

/// What DANE demands. Total on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dane {
    /// Nothing: other policies decide.
    Silent,
    /// TLS, with any certificate: there are records, and none that can be used (RFC 7672 section 2.2).
    Encrypt,
    /// TLS, with a certificate that one of the usable records is about (RFC 7672 section 3).
    Authenticate,
    /// The same, of a server whose name came from MX records that nobody has signed: whoever forged those
    /// would have named a server of their own. Better than nothing, and no proof (RFC 7672 section 2.2.1).
    AuthenticateUnsignedMx,
    /// Not this server, now: without an answer nobody knows what it demands (RFC 7672 section 2.1.2).
    Defer,
}

/// What of a certificate has to be looked at besides the record that it matches. Total on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DaneChecks {
    /// Nothing: the record is about this very server (RFC 7672 section 3.1.1).
    RecordAlone,
    /// The chain to the issuer, its times, and a name: that of the server or of the domain that the mail is
    /// for (RFC 7672 sections 3.1.2 and 3.2.2).
    ChainAndName,
}

impl<'r> TlsaRecord<'r> {
    /// Reads the data of a record; `None` if it is too short to be one.
    #[must_use]
    pub const fn parse(rdata: &'r [u8]) -> Option<Self> {
        match rdata {
            [usage, selector, matching, data @ ..] => Some(Self {
                usage: *usage,
                selector: *selector,
                matching: *matching,
                data,
            }),
            _ => None,
        }
    }

    /// Whether a mail client can do anything with it: its numbers are known, its data is as long as they
    /// say, and it is not about an issuer of the Web's (usages 0 and 1, RFC 7672 section 3.1.3).
    #[must_use]
    pub const fn is_usable(&self) -> bool {
        let is_long_enough = match self.matching {
            0 => !self.data.is_empty(),
            1 => self.data.len() == 32,
            2 => self.data.len() == 64,
            _ => false,
        };
        matches!(self.usage, 2 | 3) && matches!(self.selector, 0 | 1) && is_long_enough
    }

    /// What else has to be looked at where it matches; `None` if it cannot be used.
    #[must_use]
    pub const fn checks(&self) -> Option<DaneChecks> {
        match (self.is_usable(), self.usage) {
            (true, 3) => Some(DaneChecks::RecordAlone),
            (true, _) => Some(DaneChecks::ChainAndName),
            (false, _) => None,
        }
    }
}

impl Dane {
    /// Everything that it can demand.
    pub const ALL: [Self; 5] = [
        Self::Silent,
        Self::Encrypt,
        Self::Authenticate,
        Self::AuthenticateUnsignedMx,
        Self::Defer,
    ];

    /// What the records demand if the name of the server came from MX records, or by a CNAME, that nobody
    /// has signed.
    ///
    /// ```
    /// use mailwire_tls_policy::outbound::Dane;
    ///
    /// let of_unsigned_mx = Dane::Authenticate.of_unsigned_mx();
    /// assert_eq!(of_unsigned_mx, Dane::AuthenticateUnsignedMx);
    /// ```
    #[must_use]
    pub const fn of_unsigned_mx(self) -> Self {
        match self {
            Self::Authenticate | Self::AuthenticateUnsignedMx => Self::AuthenticateUnsignedMx,
            Self::Silent | Self::Encrypt | Self::Defer => self,
        }
    }
}

impl TlsaAnswer<'_> {
    /// What DANE demands.
    ///
    /// ```
    /// use mailwire_tls_policy::outbound::{Dane, TlsaAnswer};
    ///
    /// assert_eq!(TlsaAnswer::Secure(&[]).demands(), Dane::Silent);
    /// assert_eq!(TlsaAnswer::Failed.demands(), Dane::Defer);
    /// ```
    #[must_use]
    pub fn demands(&self) -> Dane {
        match self {
            Self::Insecure | Self::Secure([]) => Dane::Silent,
            Self::Secure(records) if records.iter().any(TlsaRecord::is_usable) => {
                Dane::Authenticate
            }
            Self::Secure(_) => Dane::Encrypt,
            Self::Failed => Dane::Defer,
        }
    }
}

impl fmt::Display for Dane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Silent => "silent",
            Self::Encrypt => "encrypt",
            Self::Authenticate => "authenticate",
            Self::AuthenticateUnsignedMx => "authenticate, unsigned MX",
            Self::Defer => "defer",
        })
    }
}
