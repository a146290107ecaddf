//! Every difference between SMTP and LMTP, each as one `match`.

use crate::verb::Verb;

/// The two languages of one dialogue: SMTP (RFC 5321) and LMTP (RFC 2033).
///
/// Deliberately exhaustive: a third dialect would have to answer every question of this file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// RFC 5321: HELO or EHLO, one reply to the end of a message.
    Smtp,
    /// RFC 2033: LHLO, one reply for each accepted recipient at the end of a message.
    Lmtp,
}

impl Dialect {
    /// Both dialects.
    pub const ALL: [Self; 2] = [Self::Smtp, Self::Lmtp];

    /// The name in greetings: `ESMTP` or `LMTP`.
    #[must_use]
    pub const fn greeting_name(self) -> &'static str {
        match self {
            Self::Smtp => "ESMTP",
            Self::Lmtp => "LMTP",
        }
    }

    /// Whether `verb` exists in this dialect. LMTP has LHLO in place of HELO and EHLO
    /// (RFC 2033 section 4.1), SMTP has no LHLO.
    #[must_use]
    pub const fn has(self, verb: Verb) -> bool {
        match (self, verb) {
            (Self::Lmtp, Verb::Helo | Verb::Ehlo) | (Self::Smtp, Verb::Lhlo) => false,
            (Self::Smtp | Self::Lmtp, _) => true,
        }
    }

    /// The command that opens a session with extensions: `EHLO` or `LHLO`.
    #[must_use]
    pub const fn hello_verb(self) -> Verb {
        match self {
            Self::Smtp => Verb::Ehlo,
            Self::Lmtp => Verb::Lhlo,
        }
    }

    /// Whether a client that a proxy speaks for may be told to speak `protocol`, by PROTO. A server of SMTP
    /// has clients of SMTP alone, as in Postfix; to LMTP mail is handed on that has come by whatever it
    /// came, and Dovecot, which tells LMTP there, is taken as it is.
    #[must_use]
    pub fn takes_protocol(self, protocol: &str) -> bool {
        let is = |name: &str| protocol.eq_ignore_ascii_case(name);
        match self {
            Self::Smtp => is("SMTP") || is("ESMTP"),
            Self::Lmtp => is("SMTP") || is("ESMTP") || is("LMTP"),
        }
    }

    /// How many replies end a message for which `accepted` RCPT commands had a positive reply:
    /// one in SMTP, one for each of them in LMTP, duplicates included (RFC 2033 section 4.2).
    #[must_use]
    pub const fn replies_to_message(self, accepted: usize) -> usize {
        match self {
            Self::Smtp => 1,
            Self::Lmtp => accepted,
        }
    }
}
