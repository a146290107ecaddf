//! Contradictions in a listener's record, found when configuration is read.

use core::fmt;

use crate::{AuthRule, CleartextAuth, Listener, Role, Scope, TlsMode};

impl Listener {
    /// What is odd about this record, in the order of [`Lint::ALL`].
    ///
    /// A record with a lint of [`Severity::Error`] cannot do what it is for, and should not be
    /// served. The records of [`Listener::of`] have no lints.
    ///
    /// ```
    /// use mailwire_tls_policy::{Lint, Listener, Role};
    ///
    /// let mx = Listener::of(Role::Mx).enforcing_inbound_tls();
    /// assert!(mx.lint().eq([Lint::RequiredTlsOnPublicMx]));
    /// ```
    pub fn lint(&self) -> impl Iterator<Item = Lint> + use<> {
        let listener = *self;
        Lint::ALL
            .into_iter()
            .filter(move |lint| lint.applies_to(&listener))
    }
}

/// How much a [`Lint`] matters. Total on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// It works, and may not be what was meant.
    Warning,
    /// It cannot work.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// Something in a listener's record that contradicts the rest of it, or a standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Lint {
    /// A public MX requires STARTTLS.
    RequiredTlsOnPublicMx,
    /// An MX speaks TLS from the first octet.
    ImplicitTlsOnMx,
    /// A submission listener speaks TLS from the first octet.
    ImplicitTlsOnSubmission,
    /// A submissions listener does not speak TLS from the first octet.
    SubmissionsWithoutImplicitTls,
    /// AUTH is required, and no way to do it is left.
    AuthImpossible,
    /// AUTH is enabled, and no way to do it is left.
    AuthNeverOffered,
    /// A public MX requires AUTH.
    AuthRequiredOnPublicMx,
    /// An MX takes logins.
    AuthOnMx,
    /// A submission or submissions listener does not require AUTH.
    SubmissionWithoutRequiredAuth,
    /// Passwords may cross the Internet in clear text.
    CleartextAuthOnPublicListener,
    /// The rule for AUTH in clear text is loosened where TLS is required all the same.
    CleartextAuthWithoutEffect,
    /// LMTP can be reached by anybody.
    PublicLmtp,
}

impl Lint {
    /// Every lint, once.
    pub const ALL: [Self; 12] = [
        Self::RequiredTlsOnPublicMx,
        Self::ImplicitTlsOnMx,
        Self::ImplicitTlsOnSubmission,
        Self::SubmissionsWithoutImplicitTls,
        Self::AuthImpossible,
        Self::AuthNeverOffered,
        Self::AuthRequiredOnPublicMx,
        Self::AuthOnMx,
        Self::SubmissionWithoutRequiredAuth,
        Self::CleartextAuthOnPublicListener,
        Self::CleartextAuthWithoutEffect,
        Self::PublicLmtp,
    ];

    /// How much it matters.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::ImplicitTlsOnMx
            | Self::ImplicitTlsOnSubmission
            | Self::SubmissionsWithoutImplicitTls
            | Self::AuthImpossible
            | Self::AuthRequiredOnPublicMx => Severity::Error,
            Self::RequiredTlsOnPublicMx
            | Self::AuthNeverOffered
            | Self::AuthOnMx
            | Self::SubmissionWithoutRequiredAuth
            | Self::CleartextAuthOnPublicListener
            | Self::CleartextAuthWithoutEffect
            | Self::PublicLmtp => Severity::Warning,
        }
    }

    /// A stable name in snake case, for logs and machines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RequiredTlsOnPublicMx => "required_tls_on_public_mx",
            Self::ImplicitTlsOnMx => "implicit_tls_on_mx",
            Self::ImplicitTlsOnSubmission => "implicit_tls_on_submission",
            Self::SubmissionsWithoutImplicitTls => "submissions_without_implicit_tls",
            Self::AuthImpossible => "auth_impossible",
            Self::AuthNeverOffered => "auth_never_offered",
            Self::AuthRequiredOnPublicMx => "auth_required_on_public_mx",
            Self::AuthOnMx => "auth_on_mx",
            Self::SubmissionWithoutRequiredAuth => "submission_without_required_auth",
            Self::CleartextAuthOnPublicListener => "cleartext_auth_on_public_listener",
            Self::CleartextAuthWithoutEffect => "cleartext_auth_without_effect",
            Self::PublicLmtp => "public_lmtp",
        }
    }

    /// What is the matter, as a sentence for the operator.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::RequiredTlsOnPublicMx => {
                "A public MX must not require STARTTLS (RFC 3207 section 4): mail from servers \
                 without TLS is lost."
            }
            Self::ImplicitTlsOnMx => {
                "Other servers connect to an MX in clear text and wait for a greeting; none begins \
                 with a TLS handshake."
            }
            Self::ImplicitTlsOnSubmission => {
                "Clients of submission connect in clear text and send STARTTLS (RFC 6409); none \
                 begins with a TLS handshake."
            }
            Self::SubmissionsWithoutImplicitTls => {
                "Clients of submissions begin with a TLS handshake (RFC 8314 section 3.3), and this \
                 listener begins with a greeting in clear text."
            }
            Self::AuthImpossible => {
                "AUTH is required, but there is no TLS and AUTH in clear text is denied: nobody can \
                 ever authenticate."
            }
            Self::AuthNeverOffered => {
                "AUTH is enabled, but there is no TLS and AUTH in clear text is denied: it is never \
                 offered."
            }
            Self::AuthRequiredOnPublicMx => {
                "Other servers have no account here: with AUTH required, a public MX receives no \
                 mail."
            }
            Self::AuthOnMx => {
                "Users who log in on an MX cannot send to foreign domains from there, and every \
                 password guesser tries port 25."
            }
            Self::SubmissionWithoutRequiredAuth => {
                "Submission takes mail from anybody; RFC 6409 section 4.3 wants AUTH first."
            }
            Self::CleartextAuthOnPublicListener => {
                "Passwords may cross the Internet in clear text (RFC 8314 section 4.1)."
            }
            Self::CleartextAuthWithoutEffect => {
                "AUTH in clear text is allowed, but TLS is required, so AUTH without TLS is still \
                 refused."
            }
            Self::PublicLmtp => {
                "LMTP is meant for the hop between a queue and its store and should not be used over \
                 wide area networks (RFC 2033 section 5)."
            }
        }
    }

    /// What would resolve it, as a sentence for the operator.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::RequiredTlsOnPublicMx => "Make STARTTLS optional, or publish an MTA-STS policy.",
            Self::ImplicitTlsOnMx => "Use optional STARTTLS.",
            Self::ImplicitTlsOnSubmission => {
                "Use required STARTTLS, or give the listener the role submissions and port 465."
            }
            Self::SubmissionsWithoutImplicitTls => {
                "Use implicit TLS, or give the listener the role submission and port 587."
            }
            Self::AuthImpossible | Self::AuthNeverOffered => {
                "Configure TLS, or allow AUTH in clear text by name (cleartext_auth), or switch AUTH \
                 off."
            }
            Self::AuthRequiredOnPublicMx | Self::AuthOnMx => {
                "Switch AUTH off here, and let users log in on submissions (465) or submission (587)."
            }
            Self::SubmissionWithoutRequiredAuth => "Require AUTH.",
            Self::CleartextAuthOnPublicListener => {
                "Deny AUTH in clear text, or allow it from loopback only, or make the listener \
                 internal."
            }
            Self::CleartextAuthWithoutEffect => {
                "Deny AUTH in clear text, as is the default, or make STARTTLS optional."
            }
            Self::PublicLmtp => "Bind it to a private address or to a socket in the file system.",
        }
    }

    const fn applies_to(self, listener: &Listener) -> bool {
        let is_public = matches!(listener.scope, Scope::Public);
        let has_auth = !matches!(listener.auth, AuthRule::Never);
        let no_way_to_auth = matches!(listener.tls, TlsMode::None)
            && matches!(listener.cleartext_auth, CleartextAuth::Deny);
        match self {
            Self::RequiredTlsOnPublicMx => {
                is_public
                    && matches!(listener.role, Role::Mx)
                    && matches!(listener.tls, TlsMode::StartTlsRequired)
            }
            Self::ImplicitTlsOnMx => {
                matches!(listener.role, Role::Mx) && matches!(listener.tls, TlsMode::Implicit)
            }
            Self::ImplicitTlsOnSubmission => {
                matches!(listener.role, Role::Submission)
                    && matches!(listener.tls, TlsMode::Implicit)
            }
            Self::SubmissionsWithoutImplicitTls => {
                matches!(listener.role, Role::Submissions)
                    && !matches!(listener.tls, TlsMode::Implicit)
            }
            Self::AuthImpossible => matches!(listener.auth, AuthRule::Required) && no_way_to_auth,
            Self::AuthNeverOffered => matches!(listener.auth, AuthRule::Optional) && no_way_to_auth,
            Self::AuthRequiredOnPublicMx => {
                is_public
                    && matches!(listener.role, Role::Mx)
                    && matches!(listener.auth, AuthRule::Required)
            }
            Self::AuthOnMx => {
                matches!(listener.role, Role::Mx)
                    && match listener.auth {
                        AuthRule::Never => false,
                        AuthRule::Optional => true,
                        // On a public MX that is an error of its own.
                        AuthRule::Required => !is_public,
                    }
            }
            Self::SubmissionWithoutRequiredAuth => {
                matches!(listener.role, Role::Submission | Role::Submissions)
                    && !matches!(listener.auth, AuthRule::Required)
            }
            Self::CleartextAuthOnPublicListener => {
                is_public
                    && has_auth
                    && matches!(listener.cleartext_auth, CleartextAuth::Allow)
                    && matches!(listener.tls, TlsMode::None | TlsMode::StartTlsOptional)
            }
            Self::CleartextAuthWithoutEffect => {
                has_auth
                    && match listener.tls {
                        TlsMode::None | TlsMode::StartTlsOptional => false,
                        // Loopback is exempt from STARTTLS then, so that much has an effect.
                        TlsMode::StartTlsRequired => {
                            matches!(listener.cleartext_auth, CleartextAuth::Allow)
                        }
                        TlsMode::Implicit => {
                            !matches!(listener.cleartext_auth, CleartextAuth::Deny)
                        }
                    }
            }
            Self::PublicLmtp => is_public && matches!(listener.role, Role::Lmtp),
        }
    }
}

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.text())
    }
}
