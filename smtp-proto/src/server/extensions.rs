//! What a server offers: one list, from which EHLO is written and everything it names is judged.

use mailwire_tls_policy::{Channel, offers};

use super::{Config, Forwarders, Session};
use crate::auth::MechanismName;
use crate::command::{AttributeName, CustomVerbBuf};
use crate::ehlo::{FutureReleaseOffer, Keyword, LimitsOffer, ProfileNameBuf, RawKeywordBuf};
use crate::params::{Parameter, UnknownParameters};
use crate::table::Phase;

/// Which extensions a listener's sessions may offer, where policy and state allow it.
///
/// On by default is what asks nothing of the embedder. What does, such as DSN, whose parameters
/// somebody has to honour, is off.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Extensions {
    /// PIPELINING (RFC 2920); on. Without it, what comes in one flight is answered all the same.
    pub pipelining: bool,
    /// 8BITMIME (RFC 6152); on.
    pub eight_bit_mime: bool,
    /// SMTPUTF8 (RFC 6531); off. It needs 8BITMIME (RFC 6531 section 3.1), and is not offered
    /// without.
    pub smtputf8: bool,
    /// DSN (RFC 3461); off.
    pub dsn: bool,
    /// CHUNKING (RFC 3030 section 2); on.
    pub chunking: bool,
    /// BINARYMIME (RFC 3030 section 3); off. It needs CHUNKING, and is not offered without.
    pub binary_mime: bool,
    /// ENHANCEDSTATUSCODES (RFC 2034); on. Without it no reply has an enhanced code.
    pub enhanced_status_codes: bool,
    /// REQUIRETLS (RFC 8689); off. It is offered in TLS only (RFC 8689 section 2).
    pub require_tls: bool,
    /// DELIVERBY (RFC 2852), with the least time in seconds that BY may ask for, 0 for none; off.
    pub deliver_by: Option<u32>,
    /// FUTURERELEASE (RFC 4865), with how far ahead a message may be held; off.
    pub future_release: Option<FutureReleaseOffer>,
    /// MT-PRIORITY (RFC 6710), perhaps with the name of a priority assignment policy; off.
    pub mt_priority: Option<Option<ProfileNameBuf>>,
    /// LIMITS (RFC 9422): that a session's limits of recipients and transactions are told; off,
    /// since few clients know it and every client reads it.
    pub limits: bool,
    /// ETRN (RFC 1985); off.
    pub etrn: bool,
    /// VRFY (RFC 5321 section 3.5); off. Where it is off, VRFY is answered with 252 all the same
    /// (section 3.5.3).
    pub vrfy: bool,
    /// EXPN (RFC 5321 section 3.5); off.
    pub expn: bool,
    /// HELP (RFC 5321 section 4.1.1.8): that EHLO lists it; off. It is answered in any case.
    pub help: bool,
    /// Extensions of the embedder's own.
    pub custom: Vec<CustomExtension>,
}

/// An extension that the embedder adds: a line of EHLO, and what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomExtension {
    /// The line of EHLO.
    pub keyword: RawKeywordBuf,
    /// Names of parameters of MAIL, in any letter case, which are then taken as unknown ones are
    /// handed out.
    pub mail: Vec<&'static str>,
    /// Names of parameters of RCPT.
    pub rcpt: Vec<&'static str>,
    /// Commands.
    pub verbs: Vec<CustomVerbBuf>,
}

/// An extension that a session may offer. What an embedder adds is beside them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Extension {
    /// PIPELINING.
    Pipelining,
    /// SIZE.
    Size,
    /// 8BITMIME.
    EightBitMime,
    /// CHUNKING.
    Chunking,
    /// BINARYMIME.
    BinaryMime,
    /// SMTPUTF8.
    SmtpUtf8,
    /// DSN.
    Dsn,
    /// ENHANCEDSTATUSCODES.
    EnhancedStatusCodes,
    /// STARTTLS.
    StartTls,
    /// AUTH.
    Auth,
    /// REQUIRETLS.
    RequireTls,
    /// DELIVERBY.
    DeliverBy,
    /// FUTURERELEASE.
    FutureRelease,
    /// MT-PRIORITY.
    MtPriority,
    /// LIMITS.
    Limits,
    /// ETRN.
    Etrn,
    /// VRFY.
    Vrfy,
    /// EXPN.
    Expn,
    /// HELP.
    Help,
    /// XCLIENT, offered to those whom [`Config::xclient`] names.
    Xclient,
    /// XFORWARD, offered to those whom [`Config::xforward`] names.
    Xforward,
}

impl Default for Extensions {
    fn default() -> Self {
        Self {
            pipelining: true,
            eight_bit_mime: true,
            smtputf8: false,
            dsn: false,
            chunking: true,
            binary_mime: false,
            enhanced_status_codes: true,
            require_tls: false,
            deliver_by: None,
            future_release: None,
            mt_priority: None,
            limits: false,
            etrn: false,
            vrfy: false,
            expn: false,
            help: false,
            custom: Vec::new(),
        }
    }
}

impl Extension {
    /// Every extension, in the order of EHLO's lines.
    pub const ALL: &[Self] = &[
        Self::Pipelining,
        Self::Size,
        Self::EightBitMime,
        Self::Chunking,
        Self::BinaryMime,
        Self::SmtpUtf8,
        Self::Dsn,
        Self::EnhancedStatusCodes,
        Self::StartTls,
        Self::Auth,
        Self::RequireTls,
        Self::DeliverBy,
        Self::FutureRelease,
        Self::MtPriority,
        Self::Limits,
        Self::Etrn,
        Self::Vrfy,
        Self::Expn,
        Self::Help,
        Self::Xclient,
        Self::Xforward,
    ];

    /// The keyword that offers it.
    #[must_use]
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::Pipelining => "PIPELINING",
            Self::Size => "SIZE",
            Self::EightBitMime => "8BITMIME",
            Self::Chunking => "CHUNKING",
            Self::BinaryMime => "BINARYMIME",
            Self::SmtpUtf8 => "SMTPUTF8",
            Self::Dsn => "DSN",
            Self::EnhancedStatusCodes => "ENHANCEDSTATUSCODES",
            Self::StartTls => "STARTTLS",
            Self::Auth => "AUTH",
            Self::RequireTls => "REQUIRETLS",
            Self::DeliverBy => "DELIVERBY",
            Self::FutureRelease => "FUTURERELEASE",
            Self::MtPriority => "MT-PRIORITY",
            Self::Limits => "LIMITS",
            Self::Etrn => "ETRN",
            Self::Vrfy => "VRFY",
            Self::Expn => "EXPN",
            Self::Help => "HELP",
            Self::Xclient => "XCLIENT",
            Self::Xforward => "XFORWARD",
        }
    }

    /// How many octets it adds to the longest line of a command.
    const fn added_octets(self) -> usize {
        match self {
            // RFC 1870 section 3.
            Self::Size => 26,
            // RFC 6152 section 2: BODY=8BITMIME.
            Self::EightBitMime => 17,
            // RFC 6531 section 3.1.
            Self::SmtpUtf8 => 10,
            // RFC 3461 section 5.4: ORCPT 500 and NOTIFY 28, with the blanks before them.
            Self::Dsn => 500 + 28 + 2,
            // RFC 4954 section 3.
            Self::Auth => 500,
            // RFC 8689 section 2.
            Self::RequireTls => 11,
            // RFC 2852 section 3.
            Self::DeliverBy => 17,
            // RFC 4865 section 3.
            Self::FutureRelease => 34,
            // RFC 6710 section 3.
            Self::MtPriority => 15,
            _ => 0,
        }
    }
}

/// What the lines of EHLO list.
#[derive(Debug, Default)]
pub(super) struct Names<'s> {
    mechanisms: Vec<MechanismName<'s>>,
    xclient: Vec<AttributeName<'s>>,
    xforward: Vec<AttributeName<'s>>,
}

impl Session {
    /// What is listed now. To a client that may do nothing of it, nothing is.
    pub(super) fn names(&self) -> Names<'_> {
        let attributes = |extension, forwarders: &Forwarders| match self.offers(extension) {
            true => forwarders.attribute_names().collect(),
            false => Vec::new(),
        };
        Names {
            mechanisms: match self.offers(Extension::Auth) {
                true => self.mechanisms().map(|it| it.name()).collect(),
                false => Vec::new(),
            },
            xclient: attributes(Extension::Xclient, &self.config.xclient),
            xforward: attributes(Extension::Xforward, &self.config.xforward),
        }
    }

    /// Whether the extension is offered now: EHLO or LHLO would list it.
    #[must_use]
    pub fn offers(&self, extension: Extension) -> bool {
        let enabled = &self.config.extensions;
        match extension {
            Extension::Pipelining => enabled.pipelining,
            Extension::Size => self.config.limits.message_size.is_some(),
            Extension::EightBitMime => enabled.eight_bit_mime,
            Extension::Chunking => enabled.chunking,
            Extension::BinaryMime => enabled.binary_mime && enabled.chunking,
            Extension::SmtpUtf8 => enabled.smtputf8 && enabled.eight_bit_mime,
            Extension::Dsn => enabled.dsn,
            Extension::EnhancedStatusCodes => enabled.enhanced_status_codes,
            Extension::StartTls => self.policy_offers().starttls,
            Extension::Auth => self.mechanisms().next().is_some(),
            Extension::RequireTls => enabled.require_tls && self.channel == Channel::Tls,
            Extension::DeliverBy => enabled.deliver_by.is_some(),
            Extension::FutureRelease => enabled.future_release.is_some(),
            Extension::MtPriority => enabled.mt_priority.is_some(),
            Extension::Limits => enabled.limits && self.config.limits_offer().is_any(),
            Extension::Etrn => enabled.etrn,
            Extension::Vrfy => enabled.vrfy,
            Extension::Expn => enabled.expn,
            Extension::Help => enabled.help,
            Extension::Xclient => self.config.xclient.name(&self.peer),
            Extension::Xforward => self.config.xforward.name(&self.peer),
        }
    }

    /// The lines of EHLO: what is implemented and enabled for this listener in this state.
    pub(super) fn keywords<'s>(
        &'s self,
        names: &'s Names<'s>,
    ) -> impl Iterator<Item = Keyword<'s>> {
        let config = &*self.config;
        let built_in = Extension::ALL.iter().filter(|it| self.offers(**it));
        let built_in = built_in.filter_map(move |extension| {
            let enabled = &config.extensions;
            Some(match extension {
                Extension::Pipelining => Keyword::Pipelining,
                Extension::Size => Keyword::Size(config.limits.message_size?),
                Extension::EightBitMime => Keyword::EightBitMime,
                Extension::Chunking => Keyword::Chunking,
                Extension::BinaryMime => Keyword::BinaryMime,
                Extension::SmtpUtf8 => Keyword::SmtpUtf8,
                Extension::Dsn => Keyword::Dsn,
                Extension::EnhancedStatusCodes => Keyword::EnhancedStatusCodes,
                Extension::StartTls => Keyword::StartTls,
                Extension::Auth => Keyword::Auth(&names.mechanisms),
                Extension::RequireTls => Keyword::RequireTls,
                Extension::DeliverBy => Keyword::DeliverBy(enabled.deliver_by?),
                Extension::FutureRelease => Keyword::FutureRelease(enabled.future_release?),
                Extension::MtPriority => {
                    let profile = enabled.mt_priority.as_ref()?;
                    Keyword::MtPriority(profile.as_ref().map(ProfileNameBuf::borrow))
                }
                Extension::Limits => Keyword::Limits(config.limits_offer()),
                Extension::Etrn => Keyword::Etrn,
                Extension::Vrfy => Keyword::Vrfy,
                Extension::Expn => Keyword::Expn,
                Extension::Help => Keyword::Help,
                Extension::Xclient => Keyword::Xclient(&names.xclient),
                Extension::Xforward => Keyword::Xforward(&names.xforward),
            })
        });
        let custom = config.extensions.custom.iter();
        built_in.chain(custom.map(|it| Keyword::Raw(it.keyword.borrow())))
    }

    /// Whether all of the parameters belong to what was offered in this epoch. One that does not is
    /// as unknown as one that nobody has heard of (RFC 5321 section 4.1.1.11), and after HELO
    /// nothing was offered.
    pub(super) fn takes_parameters<'p>(
        &self,
        mut extensions: impl Iterator<Item = &'static str>,
        mut unknown: UnknownParameters<'p>,
        custom: fn(&CustomExtension) -> &[&'static str],
    ) -> bool {
        let extended = self.position.after_hello() == Phase::Ehlo;
        let known = extensions.all(|keyword| extended && self.was_offered(keyword));
        known
            && unknown.all(|parameter| {
                let mut added = self.config.extensions.custom.iter().flat_map(custom);
                extended && added.any(|name| name.eq_ignore_ascii_case(parameter.keyword()))
            })
    }

    fn was_offered(&self, keyword: &str) -> bool {
        // AUTH is offered until it has succeeded, and its parameter belongs to whoever did it (RFC
        // 4954 section 5).
        if keyword == Parameter::Auth.extension() && self.is_authenticated() {
            return true;
        }
        let extension = Extension::ALL.iter().find(|it| it.keyword() == keyword);
        extension.is_some_and(|it| self.offers(*it))
    }

    /// The longest line of a command, its CRLF included.
    pub(super) fn longest_command(&self) -> u32 {
        u32::try_from(self.command_octets()).unwrap_or(u32::MAX)
    }

    fn command_octets(&self) -> usize {
        let base = self.config.limits.command_line;
        if self.position.after_hello() != Phase::Ehlo {
            return base;
        }
        Extension::ALL
            .iter()
            .filter(|it| it.added_octets() > 0 && self.offers(**it))
            .fold(base, |sum, it| sum.saturating_add(it.added_octets()))
    }

    fn policy_offers(&self) -> mailwire_tls_policy::Offers {
        offers(&self.config.listener, self.channel, self.identity)
    }
}

impl Config {
    /// What LIMITS says.
    fn limits_offer(&self) -> LimitsOffer {
        // RFC 9422 section 4: numbers of six digits, and no 0.
        let told = |limit: u32| (1..=999_999).contains(&limit).then_some(limit);
        LimitsOffer {
            mail: told(self.limits.transactions),
            rcpt: u32::try_from(self.limits.recipients).ok().and_then(told),
            ..LimitsOffer::default()
        }
    }
}
