//! The parameters of MAIL and RCPT (`esmtp-param` of RFC 5321 section 4.1.2).
//!
//! ```text
//!  " SIZE=1000 BODY=8BITMIME X-TRACE=1"
//!      │           │          └──────── unknown: kept as it is, handed out by an iterator
//!      └───────────┴─────────────────── known: typed, checked for form, range and doubles
//! ```
//!
//! Every parameter that is known has a type of its own, which cannot hold what the parameter cannot
//! be: no control octet, no number out of range, no value that decodes to one. So what was parsed
//! can be written, and what a client fills in needs no other check. Whether a parameter may be used
//! here, because its extension was offered, is for the session to say:
//! [`Parameter::extension`] names it.

mod date_time;
mod deliver_by;
mod dsn;
mod esmtp;
mod mail;
mod owned;
mod priority;
mod rcpt;
mod solicit;
mod submitter;
mod valid_since;

pub use date_time::{DateTime, DateTimeError};
pub use deliver_by::{ByMode, DeliverBy};
pub use dsn::{
    AddressType, EnvelopeId, EnvelopeIdBuf, Notify, OriginalRecipient, OriginalRecipientBuf, Ret,
};
pub use esmtp::{EsmtpParameter, EsmtpParameterBuf, UnknownParameters, UnknownParametersBuf};
pub use mail::{Body, HoldFor, MailParameters, Release};
pub use owned::{MailParametersBuf, RcptParametersBuf};
pub use priority::Priority;
pub use rcpt::RcptParameters;
pub use solicit::{Solicitation, SolicitationBuf};
pub use submitter::{EncodedMailbox, EncodedMailboxBuf, Submitter, SubmitterBuf};
pub use valid_since::{NotSupported, ValidSince};

use std::fmt;

use crate::grammar;
use crate::verb::Verb;

/// A parameter that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Parameter {
    /// SIZE of MAIL (RFC 1870).
    Size,
    /// BODY of MAIL (RFC 6152, RFC 3030).
    Body,
    /// AUTH of MAIL (RFC 4954 section 5).
    Auth,
    /// SMTPUTF8 of MAIL (RFC 6531).
    SmtpUtf8,
    /// RET of MAIL (RFC 3461 section 4.3).
    Ret,
    /// ENVID of MAIL (RFC 3461 section 4.4).
    EnvId,
    /// REQUIRETLS of MAIL (RFC 8689).
    RequireTls,
    /// BY of MAIL (RFC 2852).
    By,
    /// HOLDFOR of MAIL (RFC 4865).
    HoldFor,
    /// HOLDUNTIL of MAIL (RFC 4865).
    HoldUntil,
    /// MT-PRIORITY of MAIL (RFC 6710).
    MtPriority,
    /// SOLICIT of MAIL (RFC 3865).
    Solicit,
    /// NOTIFY of RCPT (RFC 3461 section 4.1).
    Notify,
    /// ORCPT of RCPT (RFC 3461 section 4.2).
    Orcpt,
    /// RRVS of RCPT (RFC 7293).
    Rrvs,
}

/// Why parameters cannot be taken. Holds none of the peer's octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ParameterError {
    /// What should be a parameter is none by its form.
    #[error("a parameter is a keyword, or a keyword, \"=\" and a value (RFC 5321 section 4.1.2)")]
    Malformed,
    /// The keyword is none that is taken here: 555. The grammar alone has no such error; it hands
    /// the parameter out as unknown.
    #[error("the parameter is not known (RFC 5321 section 4.1.1.11)")]
    Unknown,
    /// The parameter is known and has a field of its own, so that it cannot be sent as one that is
    /// not.
    #[error("{0} is known, and is not sent as a parameter of one's own ({rule})", rule = .0.rule())]
    Known(Parameter),
    /// The parameter is there twice.
    #[error("{0} is given twice ({rule})", rule = .0.rule())]
    Duplicate(Parameter),
    /// The parameter excludes another one that is there as well.
    #[error("{0} excludes another parameter that is given ({rule})", rule = .0.rule())]
    Excluded(Parameter),
    /// The parameter has no value and needs one.
    #[error("{0} needs a value ({rule})", rule = .0.rule())]
    MissingValue(Parameter),
    /// The parameter has a value and takes none.
    #[error("{0} takes no value ({rule})", rule = .0.rule())]
    UnexpectedValue(Parameter),
    /// The value is not one that the parameter can have.
    #[error("the value of {0} is malformed ({rule})", rule = .0.rule())]
    Value(Parameter),
    /// The number is right in form and beyond what the parameter can have. Of SIZE: beyond what 64
    /// bits hold, so beyond any limit as well.
    #[error("the number of {0} is beyond any limit ({rule})", rule = .0.rule())]
    TooLarge(Parameter),
}

impl Parameter {
    /// Every parameter that is known.
    pub const ALL: [Self; 15] = [
        Self::Size,
        Self::Body,
        Self::Auth,
        Self::SmtpUtf8,
        Self::Ret,
        Self::EnvId,
        Self::RequireTls,
        Self::By,
        Self::HoldFor,
        Self::HoldUntil,
        Self::MtPriority,
        Self::Solicit,
        Self::Notify,
        Self::Orcpt,
        Self::Rrvs,
    ];

    /// The parameter with this keyword, in any letter case.
    #[must_use]
    pub fn parse(keyword: impl AsRef<[u8]>) -> Option<Self> {
        let keyword = keyword.as_ref();
        let parameter = match grammar::fold(keyword) {
            SIZE => Self::Size,
            BODY => Self::Body,
            AUTH => Self::Auth,
            SMTPUTF8 => Self::SmtpUtf8,
            RET => Self::Ret,
            ENVID => Self::EnvId,
            BY => Self::By,
            HOLDFOR => Self::HoldFor,
            SOLICIT => Self::Solicit,
            NOTIFY => Self::Notify,
            ORCPT => Self::Orcpt,
            RRVS => Self::Rrvs,
            _ => [Self::RequireTls, Self::HoldUntil, Self::MtPriority]
                .into_iter()
                .find(|it| keyword.eq_ignore_ascii_case(it.as_str().as_bytes()))?,
        };
        // An octet that is no letter can be lost in the folding, or become an eight.
        keyword
            .eq_ignore_ascii_case(parameter.as_str().as_bytes())
            .then_some(parameter)
    }

    /// The keyword as it is sent, such as `SIZE`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Size => "SIZE",
            Self::Body => "BODY",
            Self::Auth => "AUTH",
            Self::SmtpUtf8 => "SMTPUTF8",
            Self::Ret => "RET",
            Self::EnvId => "ENVID",
            Self::RequireTls => "REQUIRETLS",
            Self::By => "BY",
            Self::HoldFor => "HOLDFOR",
            Self::HoldUntil => "HOLDUNTIL",
            Self::MtPriority => "MT-PRIORITY",
            Self::Solicit => "SOLICIT",
            Self::Notify => "NOTIFY",
            Self::Orcpt => "ORCPT",
            Self::Rrvs => "RRVS",
        }
    }

    /// The command that takes the parameter: MAIL or RCPT.
    #[must_use]
    pub const fn verb(self) -> Verb {
        match self {
            Self::Notify | Self::Orcpt | Self::Rrvs => Verb::Rcpt,
            _ => Verb::Mail,
        }
    }

    /// The EHLO keyword that offers the parameter. Of BODY, it is the one for `8BITMIME`:
    /// [`Body::extension`] tells by the value.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Size => "SIZE",
            Self::Body => "8BITMIME",
            Self::Auth => "AUTH",
            Self::SmtpUtf8 => "SMTPUTF8",
            Self::Ret | Self::EnvId | Self::Notify | Self::Orcpt => "DSN",
            Self::RequireTls => "REQUIRETLS",
            Self::By => "DELIVERBY",
            Self::HoldFor | Self::HoldUntil => "FUTURERELEASE",
            Self::MtPriority => "MT-PRIORITY",
            Self::Solicit => "NO-SOLICITING",
            Self::Rrvs => "RRVS",
        }
    }

    /// Where the parameter is defined.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Size => "RFC 1870 section 3",
            Self::Body => "RFC 6152 section 2",
            Self::Auth => "RFC 4954 section 5",
            Self::SmtpUtf8 => "RFC 6531 section 3.4",
            Self::Ret => "RFC 3461 section 4.3",
            Self::EnvId => "RFC 3461 section 4.4",
            Self::RequireTls => "RFC 8689 section 3",
            Self::By => "RFC 2852 section 4",
            Self::HoldFor | Self::HoldUntil => "RFC 4865 section 4",
            Self::MtPriority => "RFC 6710 section 3",
            Self::Solicit => "RFC 3865 section 2",
            Self::Notify => "RFC 3461 section 4.1",
            Self::Orcpt => "RFC 3461 section 4.2",
            Self::Rrvs => "RFC 7293 section 5",
        }
    }
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

const SIZE: u64 = grammar::fold(b"SIZE");
const BODY: u64 = grammar::fold(b"BODY");
const AUTH: u64 = grammar::fold(b"AUTH");
const SMTPUTF8: u64 = grammar::fold(b"SMTPUTF8");
const RET: u64 = grammar::fold(b"RET");
const ENVID: u64 = grammar::fold(b"ENVID");
const BY: u64 = grammar::fold(b"BY");
const HOLDFOR: u64 = grammar::fold(b"HOLDFOR");
const SOLICIT: u64 = grammar::fold(b"SOLICIT");
const NOTIFY: u64 = grammar::fold(b"NOTIFY");
const ORCPT: u64 = grammar::fold(b"ORCPT");
const RRVS: u64 = grammar::fold(b"RRVS");
