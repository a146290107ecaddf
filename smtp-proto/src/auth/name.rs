//! The names of SASL mechanisms.

use crate::command::SyntaxError;
use crate::grammar::{self, MECHANISM, run};

/// The most octets of a name (RFC 4422 section 3.1).
const LIMIT: usize = 20;

grammar::word!(
    /// The name of a SASL mechanism, one of this crate's or any other: 1 to 20 letters, digits, `-`
    /// and `_` (`sasl-mech` of RFC 4422 section 3.1; RFC 4954 section 4 has them in any letter
    /// case).
    ///
    /// ```
    /// use mailwire_smtp_proto::auth::MechanismName;
    ///
    /// assert_eq!(MechanismName::parse("plain")?, MechanismName::PLAIN);
    /// assert!(MechanismName::parse("PLAIN LOGIN").is_err());
    /// # Ok::<(), mailwire_smtp_proto::command::SyntaxError>(())
    /// ```
    MechanismName,
    MechanismNameBuf,
    is_mechanism_name,
    SyntaxError,
    SyntaxError::Mechanism,
    "[`SyntaxError::Mechanism`]."
);

/// Those that this crate speaks.
impl MechanismName<'static> {
    /// PLAIN (RFC 4616).
    pub const PLAIN: Self = Self("PLAIN");
    /// LOGIN (draft-murchison-sasl-login).
    pub const LOGIN: Self = Self("LOGIN");
    /// OAUTHBEARER (RFC 7628).
    pub const OAUTHBEARER: Self = Self("OAUTHBEARER");
    /// XOAUTH2 (Google, "OAuth 2.0 mechanism").
    pub const XOAUTH2: Self = Self("XOAUTH2");
    /// EXTERNAL (RFC 4422 appendix A).
    pub const EXTERNAL: Self = Self("EXTERNAL");
    /// ANONYMOUS (RFC 4505).
    pub const ANONYMOUS: Self = Self("ANONYMOUS");
    /// CRAM-MD5 (RFC 2195).
    pub const CRAM_MD5: Self = Self("CRAM-MD5");
    /// SCRAM-SHA-1 (RFC 5802).
    pub const SCRAM_SHA_1: Self = Self("SCRAM-SHA-1");
    /// SCRAM-SHA-1 with channel binding (RFC 5802).
    pub const SCRAM_SHA_1_PLUS: Self = Self("SCRAM-SHA-1-PLUS");
    /// SCRAM-SHA-256 (RFC 7677).
    pub const SCRAM_SHA_256: Self = Self("SCRAM-SHA-256");
    /// SCRAM-SHA-256 with channel binding (RFC 7677).
    pub const SCRAM_SHA_256_PLUS: Self = Self("SCRAM-SHA-256-PLUS");
}

fn is_mechanism_name(word: &[u8]) -> bool {
    (1..=LIMIT).contains(&word.len()) && run(MECHANISM, word).0.is_empty()
}
