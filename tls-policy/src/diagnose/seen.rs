//! What a client saw of a server, where its mail did not go.

use core::fmt;

use crate::outbound::Refusal;
use crate::{Channel, HandshakeFailure};

/// What a client saw. Start with [`Seen::new`], and say what else is known.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Seen<'s> {
    /// The port that it connected to.
    pub port: u16,
    /// The channel when it happened.
    pub channel: Channel,
    /// What the last EHLO reply listed, if there was one on this channel.
    pub listed: Option<Listed>,
    /// STARTTLS is known to be offered: it was before, or the domain says so.
    pub expects_starttls: bool,
    /// The client has credentials.
    pub has_credentials: bool,
    /// The client is logged in.
    pub is_authenticated: bool,
    /// What happened.
    pub symptom: Symptom<'s>,
}

/// What an EHLO reply listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Listed {
    /// STARTTLS.
    pub starttls: bool,
    /// AUTH.
    pub auth: bool,
    /// A keyword that something in between has written over: see [`Listed::is_garbled`].
    pub garbled: bool,
}

/// What happened. Total on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symptom<'s> {
    /// The connection was refused: nobody listens there.
    ConnectionRefused,
    /// The name of the host has no address.
    HostNotFound,
    /// No connection came about in time, or there is no way to the host.
    Unreachable,
    /// A TLS handshake failed.
    Handshake(HandshakeFailure),
    /// This side's policy refused to go on.
    Refused(Refusal),
    /// A reply that was no yes.
    Reply(Answer<'s>),
    /// The connection was lost.
    Lost(Stage),
    /// Nothing came in time.
    TimedOut(Stage),
    /// What the server said is no SMTP.
    Gibberish(Stage),
    /// Nothing is wrong.
    None,
}

/// A reply, and to what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer<'s> {
    /// To what it is.
    pub stage: Stage,
    /// The code.
    pub code: u16,
    /// The enhanced status code, if it has one.
    pub enhanced: Option<(u8, u16, u16)>,
    /// The text. It is only looked at, and is in no output.
    pub text: &'s str,
}

/// What the server was to answer. Total on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// The connection: the greeting.
    Greeting,
    /// HELO, EHLO or LHLO.
    Hello,
    /// STARTTLS.
    StartTls,
    /// XCLIENT.
    Xclient,
    /// AUTH, and its lines.
    Auth,
    /// MAIL.
    Mail,
    /// RCPT.
    Rcpt,
    /// DATA.
    Data,
    /// The message.
    EndOfData,
    /// Anything else.
    Other,
}

impl<'s> Seen<'s> {
    /// A symptom on a port, of which nothing else is known.
    #[must_use]
    pub const fn new(port: u16, channel: Channel, symptom: Symptom<'s>) -> Self {
        Self {
            port,
            channel,
            listed: None,
            expects_starttls: false,
            has_credentials: false,
            is_authenticated: false,
            symptom,
        }
    }

    pub(super) fn lists_starttls(&self) -> bool {
        self.listed.is_some_and(|it| it.starttls)
    }

    pub(super) fn lists_auth(&self) -> bool {
        self.listed.is_some_and(|it| it.auth)
    }
}

impl Listed {
    /// Whether a keyword of an EHLO reply is one that a firewall has written over: some replace STARTTLS by
    /// so many `X`, and one letter more, rather than take it out.
    ///
    /// ```
    /// use mailwire_tls_policy::diagnose::Listed;
    ///
    /// assert!(Listed::is_garbled("XXXXXXXA") && !Listed::is_garbled("XCLIENT"));
    /// ```
    #[must_use]
    pub fn is_garbled(keyword: &str) -> bool {
        keyword.len() >= 4
            && keyword
                .bytes()
                .rev()
                .skip(1)
                .all(|it| it.eq_ignore_ascii_case(&b'x'))
    }
}

impl Answer<'_> {
    /// Whether the text has one of these words, in any letter case.
    pub(super) fn has(&self, words: &[&str]) -> bool {
        words.iter().any(|word| {
            let octets = self.text.as_bytes().windows(word.len());
            !word.is_empty()
                && octets
                    .into_iter()
                    .any(|it| it.eq_ignore_ascii_case(word.as_bytes()))
        })
    }

    /// Subject and detail of the enhanced status code; its class says nothing that the code does not.
    pub(super) const fn detail(&self) -> Option<(u16, u16)> {
        match self.enhanced {
            Some((_, subject, detail)) => Some((subject, detail)),
            None => None,
        }
    }

    /// Whether it may pass.
    pub(super) const fn is_transient(&self) -> bool {
        self.code / 100 == 4
    }
}

impl Stage {
    /// Every stage.
    pub const ALL: [Self; 10] = [
        Self::Greeting,
        Self::Hello,
        Self::StartTls,
        Self::Xclient,
        Self::Auth,
        Self::Mail,
        Self::Rcpt,
        Self::Data,
        Self::EndOfData,
        Self::Other,
    ];

    /// The stage's name in tables and logs, in snake case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Greeting => "greeting",
            Self::Hello => "hello",
            Self::StartTls => "starttls",
            Self::Xclient => "xclient",
            Self::Auth => "auth",
            Self::Mail => "mail",
            Self::Rcpt => "rcpt",
            Self::Data => "data",
            Self::EndOfData => "end_of_data",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
