//! The fingerprint of a certificate or of its key, as an operator names it.

use core::error::Error;
use core::fmt;
use core::str::FromStr;

use rustls::pki_types::CertificateDer;
use sha2::{Digest, Sha256};

/// A fingerprint by SHA-256, of a certificate or of its public key. That of the key stays the same when the
/// certificate is renewed for it.
///
/// It is written `cert:` or `key:` and 64 hexadecimal digits, with colons between the octets or without:
/// what `openssl x509 -fingerprint -sha256` prints, and
/// `openssl x509 -pubkey | openssl pkey -pubin -outform DER | openssl sha256`. Older digests are not taken:
/// two certificates with the same MD5 or SHA-1 can be made.
///
/// ```
/// use mailwire_tls_policy::tls::Fingerprint;
///
/// let text = format!("key:{}", ["AB"; 32].join(":"));
/// let fingerprint: Fingerprint = text.parse()?;
/// assert_eq!(fingerprint.to_string(), format!("key:{}", "ab".repeat(32)));
/// # Ok::<(), mailwire_tls_policy::tls::FingerprintError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint {
    is_of_key: bool,
    digest: [u8; 32],
}

/// Why a text is no fingerprint. The caller has the text. Total on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FingerprintError {
    /// It does not begin with `cert:` or `key:`.
    Kind,
    /// It has not 64 hexadecimal digits.
    Digits,
}

impl Fingerprint {
    /// That of a certificate.
    #[must_use]
    pub fn of_certificate(certificate: &CertificateDer<'_>) -> Self {
        Self {
            is_of_key: false,
            digest: Sha256::digest(certificate).into(),
        }
    }

    /// That of the public key in a certificate; `None` if it is none that can be read.
    #[must_use]
    pub fn of_key(certificate: &CertificateDer<'_>) -> Option<Self> {
        let certificate = webpki::EndEntityCert::try_from(certificate).ok()?;
        Some(Self {
            is_of_key: true,
            digest: Sha256::digest(certificate.subject_public_key_info()).into(),
        })
    }

    /// Whether it is that of this certificate, or of its key.
    #[must_use]
    pub fn is_of(&self, certificate: &CertificateDer<'_>) -> bool {
        if self.is_of_key {
            Self::of_key(certificate).as_ref() == Some(self)
        } else {
            Self::of_certificate(certificate) == *self
        }
    }
}

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    fn from_str(text: &str) -> Result<Self, FingerprintError> {
        let (kind, digits) = text.split_once(':').ok_or(FingerprintError::Kind)?;
        let is_of_key = match kind {
            "cert" => false,
            "key" => true,
            _ => return Err(FingerprintError::Kind),
        };
        let has_colons = digits.contains(':');
        let mut digest = [0; 32];
        let mut octets = digest.iter_mut();
        let mut rest = digits;
        while let Some(octet) = octets.next() {
            let (two, behind) = rest.split_at_checked(2).ok_or(FingerprintError::Digits)?;
            if !two.bytes().all(|it| it.is_ascii_hexdigit()) {
                return Err(FingerprintError::Digits);
            }
            *octet = u8::from_str_radix(two, 16).map_err(|_| FingerprintError::Digits)?;
            rest = match behind.strip_prefix(':') {
                Some(behind) if has_colons && octets.len() > 0 => behind,
                None if !has_colons || octets.len() == 0 => behind,
                _ => return Err(FingerprintError::Digits),
            };
        }
        if rest.is_empty() {
            Ok(Self { is_of_key, digest })
        } else {
            Err(FingerprintError::Digits)
        }
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_of_key { "key:" } else { "cert:" })?;
        self.digest
            .iter()
            .try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl fmt::Display for FingerprintError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Kind => "a fingerprint begins with cert: or key:",
            Self::Digits => {
                "a fingerprint has 64 hexadecimal digits (SHA-256), all or none of its octets \
                 parted by colons"
            }
        })
    }
}

impl Error for FingerprintError {}
