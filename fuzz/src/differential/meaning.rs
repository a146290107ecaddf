//! What a command line means, in words that both parsers can be put into.

use std::collections::BTreeMap;
use std::fmt;

use mailwire_smtp_proto::command::Command;
use mailwire_smtp_proto::params::{
    Body, ByMode, MailParameters, NotSupported, RcptParameters, Release, Ret, Submitter,
    UnknownParameters,
};
use mailwire_smtp_proto::path::{ForwardPath, ReversePath};
use stalwart_smtp_proto as stalwart;
use stalwart_smtp_proto::{MailFrom, RcptTo, Request};

/// A verb, and what is said behind it by name. What is 0 or empty is left out, for Stalwart's
/// types do not tell it from what is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Meaning {
    pub(super) verb: &'static str,
    pub(super) values: BTreeMap<String, String>,
}

impl Meaning {
    fn new(verb: &'static str) -> Self {
        Self {
            verb,
            values: BTreeMap::new(),
        }
    }

    fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.set(name, value);
        self
    }

    fn set(&mut self, name: &str, value: impl ToString) {
        let value = value.to_string();
        if !value.is_empty() {
            self.values.insert(name.to_owned(), value);
        }
    }

    /// A number, of which 0 says nothing.
    fn number<N: ToString + Default + PartialEq>(&mut self, name: &str, number: N) {
        if number != N::default() {
            self.set(name, number);
        }
    }

    fn flag(&mut self, name: &str, is_set: bool) {
        if is_set {
            self.values.insert(name.to_owned(), String::new());
        }
    }

    /// The names of the values that the two do not have in common, or have different.
    pub(super) fn differing<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = &'a str> {
        let here = self
            .values
            .iter()
            .filter(|(name, value)| other.values.get(*name) != Some(value));
        let there = other
            .values
            .iter()
            .filter(|(name, _)| !self.values.contains_key(*name));
        here.chain(there).map(|(name, _)| name.as_str())
    }
}

impl fmt::Display for Meaning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.verb)?;
        for (name, value) in &self.values {
            match value.as_str() {
                "" => write!(f, " {name}")?,
                _ => write!(f, " {name}={}", value.escape_debug())?,
            }
        }
        Ok(())
    }
}

impl From<Command<'_>> for Meaning {
    fn from(command: Command<'_>) -> Self {
        let mut it = Self::new(command.verb().as_str());
        match command {
            Command::Helo(name) | Command::Ehlo(name) | Command::Lhlo(name) => {
                it.with("name", name)
            }
            Command::Mail(mail) => {
                let address = match mail.reverse_path {
                    ReversePath::Null => String::new(),
                    ReversePath::Mailbox(mailbox) => mailbox.to_string(),
                };
                it.with("address", address).with_mail(&mail.parameters)
            }
            Command::Rcpt(rcpt) => {
                let address = match rcpt.forward_path {
                    ForwardPath::Postmaster => String::new(),
                    ForwardPath::Mailbox(mailbox) => mailbox.to_string(),
                };
                it.with("address", address).with_rcpt(&rcpt.parameters)
            }
            Command::Bdat(chunk) => {
                it.number("size", chunk.size);
                it.flag("LAST", chunk.last);
                it
            }
            Command::Vrfy(verify) | Command::Expn(verify) => {
                let mut it = it.with("string", verify.string());
                it.flag("SMTPUTF8", verify.smtputf8());
                it
            }
            Command::Help(Some(topic)) => it.with("string", topic),
            Command::Auth(auth) => {
                let name = auth.mechanism().as_str().to_ascii_uppercase();
                let known = MECHANISMS.iter().any(|(known, _)| *known == name);
                let response = auth.initial_response().unwrap_or_default();
                it.with("mechanism", if known { &name } else { "another" })
                    .with("response", String::from_utf8_lossy(response))
            }
            Command::Etrn(node) => it.with("node", node),
            Command::Xclient(attributes) | Command::Xforward(attributes) => {
                it.with("attributes", attributes)
            }
            _ => it,
        }
    }
}

impl Meaning {
    fn with_mail(mut self, parameters: &MailParameters<'_>) -> Self {
        self.number("SIZE", parameters.size.unwrap_or_default());
        self.set("BODY", parameters.body.map_or("", Body::as_str));
        self.flag("SMTPUTF8", parameters.smtputf8);
        self.flag("REQUIRETLS", parameters.require_tls);
        self.set("RET", parameters.ret.map_or("", Ret::as_str));
        if let Some(id) = parameters.envelope_id {
            self.set("ENVID", id.decode().collect::<String>());
        }
        match parameters.auth {
            Some(Submitter::Unknown) => self.set("AUTH", "<>"),
            Some(Submitter::Mailbox(mailbox)) => self.set("AUTH", mailbox.decode().unwrap()),
            None => {}
        }
        if let Some(by) = parameters.deliver_by {
            self.number("BY", by.seconds());
            self.set("BY mode", mode(by.mode() == ByMode::Return, by.trace()));
        }
        match parameters.release {
            Some(Release::For(hold)) => self.set("HOLDFOR", hold),
            Some(Release::Until(moment)) => self.number("HOLDUNTIL", moment.unix_seconds()),
            None => {}
        }
        self.number(
            "MT-PRIORITY",
            parameters.priority.unwrap_or_default().value(),
        );
        if let Some(keywords) = parameters.solicitation {
            self.set("SOLICIT", keywords);
        }
        self.with_unknown(parameters.unknown)
    }

    fn with_rcpt(mut self, parameters: &RcptParameters<'_>) -> Self {
        if let Some(notify) = parameters.notify {
            self.set("NOTIFY", notify);
        }
        if let Some(original) = parameters.original_recipient {
            self.set("ORCPT", original.decode().collect::<String>());
            self.set("ORCPT type", original.address_type().to_ascii_lowercase());
        }
        if let Some(since) = parameters.valid_since {
            self.number("RRVS", since.moment.unix_seconds());
            // RFC 7293 section 5: without a word it is to be rejected.
            let proceed = since.not_supported == Some(NotSupported::Continue);
            self.set("RRVS mode", if proceed { "C" } else { "R" });
        }
        self.with_unknown(parameters.unknown)
    }

    fn with_unknown(mut self, unknown: UnknownParameters<'_>) -> Self {
        for parameter in unknown {
            let name = parameter.keyword().to_ascii_uppercase();
            let value = parameter.value().unwrap_or_default();
            self.values.insert(name, value.to_owned());
        }
        self
    }
}

impl<T: AsRef<str>> From<Request<T>> for Meaning {
    fn from(request: Request<T>) -> Self {
        let mut it = Self::new(request.name());
        match request {
            Request::Ehlo { host } | Request::Lhlo { host } | Request::Helo { host } => {
                it.with("name", host.as_ref())
            }
            Request::Mail { from } => it.with_mail_from(&from),
            Request::Rcpt { to } => it.with_rcpt_to(&to),
            Request::Bdat {
                chunk_size,
                is_last,
            } => {
                it.number("size", chunk_size);
                it.flag("LAST", is_last);
                it
            }
            Request::Auth {
                mechanism,
                initial_response,
            } => {
                let known = MECHANISMS.iter().find(|(_, bit)| *bit == mechanism);
                it.with("mechanism", known.map_or("another", |(name, _)| *name))
                    .with("response", initial_response.as_ref())
            }
            Request::Vrfy { value } | Request::Expn { value } | Request::Help { value } => {
                it.with("string", value.as_ref())
            }
            Request::Etrn { name } => it.with("node", name.as_ref()),
            Request::Atrn { domains } => {
                let domains: Vec<&str> = domains.iter().map(AsRef::as_ref).collect();
                it.with("domains", domains.join(","))
            }
            Request::Burl { uri, is_last } => {
                let mut it = it.with("uri", uri.as_ref());
                it.flag("LAST", is_last);
                it
            }
            // What stands behind NOOP is ignored (RFC 5321 section 4.1.1.9).
            Request::Noop { .. }
            | Request::StartTls
            | Request::Data
            | Request::Rset
            | Request::Quit => it,
        }
    }
}

impl Meaning {
    fn with_mail_from<T: AsRef<str>>(mut self, from: &MailFrom<T>) -> Self {
        let has = |flag: u64| from.flags & flag != 0;
        self.set("address", from.address.as_ref());
        self.number("SIZE", from.size);
        self.set(
            "BODY",
            named(&[
                (has(stalwart::MAIL_BODY_7BIT), "7BIT"),
                (has(stalwart::MAIL_BODY_8BITMIME), "8BITMIME"),
                (has(stalwart::MAIL_BODY_BINARYMIME), "BINARYMIME"),
            ]),
        );
        self.flag("SMTPUTF8", has(stalwart::MAIL_SMTPUTF8));
        self.flag("REQUIRETLS", has(stalwart::MAIL_REQUIRETLS));
        self.flag("CONPERM", has(stalwart::MAIL_CONPERM));
        self.set(
            "RET",
            named(&[
                (has(stalwart::MAIL_RET_FULL), "FULL"),
                (has(stalwart::MAIL_RET_HDRS), "HDRS"),
            ]),
        );
        let text = |text: &Option<T>| text.as_ref().map_or("", AsRef::as_ref).to_owned();
        self.set("ENVID", text(&from.env_id));
        self.set("AUTH", text(&from.auth));
        self.set("SOLICIT", text(&from.solicit));
        if let Some(id) = &from.trans_id {
            self.set("TRANSID", format!("<{}>", id.as_ref()));
        }
        if let Some(track) = &from.mtrk {
            let timeout = match track.timeout {
                0 => String::new(),
                seconds => format!(":{seconds}"),
            };
            self.set("MTRK", format!("{}{timeout}", track.certifier.as_ref()));
        }
        self.number("BY", from.by);
        let (returned, notified) = (has(stalwart::MAIL_BY_RETURN), has(stalwart::MAIL_BY_NOTIFY));
        if returned && notified {
            self.set("BY mode", "R and N");
        } else if returned || notified {
            self.set("BY mode", mode(returned, has(stalwart::MAIL_BY_TRACE)));
        }
        self.number("HOLDFOR", from.hold_for);
        self.number("HOLDUNTIL", from.hold_until);
        self.number("MT-PRIORITY", from.mt_priority);
        self
    }

    fn with_rcpt_to<T: AsRef<str>>(mut self, to: &RcptTo<T>) -> Self {
        let has = |flag: u64| to.flags & flag != 0;
        self.set("address", to.address.as_ref());
        self.set(
            "NOTIFY",
            named(&[
                (has(stalwart::RCPT_NOTIFY_NEVER), "NEVER"),
                (has(stalwart::RCPT_NOTIFY_SUCCESS), "SUCCESS"),
                (has(stalwart::RCPT_NOTIFY_FAILURE), "FAILURE"),
                (has(stalwart::RCPT_NOTIFY_DELAY), "DELAY"),
            ]),
        );
        if let Some(original) = &to.orcpt {
            self.set("ORCPT", original.as_ref());
            self.set("ORCPT type", "rfc822");
        }
        self.flag("CONNEG", has(stalwart::RCPT_CONNEG));
        self.number("RRVS", to.rrvs);
        self.set(
            "RRVS mode",
            named(&[
                (has(stalwart::RCPT_RRVS_CONTINUE), "C"),
                (has(stalwart::RCPT_RRVS_REJECT), "R"),
            ]),
        );
        self
    }
}

fn mode(returned: bool, trace: bool) -> &'static str {
    match (returned, trace) {
        (true, true) => "RT",
        (true, false) => "R",
        (false, true) => "NT",
        (false, false) => "N",
    }
}

/// The names of the flags that are set, with commas between.
fn named(flags: &[(bool, &str)]) -> String {
    let set = flags.iter().filter(|it| it.0).map(|it| it.1);
    set.collect::<Vec<&str>>().join(",")
}

/// The mechanisms that are told apart here, and Stalwart's numbers for them.
pub(super) const MECHANISMS: &[(&str, u64)] = &[
    ("ANONYMOUS", stalwart::AUTH_ANONYMOUS),
    ("CRAM-MD5", stalwart::AUTH_CRAM_MD5),
    ("DIGEST-MD5", stalwart::AUTH_DIGEST_MD5),
    ("EXTERNAL", stalwart::AUTH_EXTERNAL),
    ("GSSAPI", stalwart::AUTH_GSSAPI),
    ("LOGIN", stalwart::AUTH_LOGIN),
    ("NTLM", stalwart::AUTH_NTLM),
    ("OAUTHBEARER", stalwart::AUTH_OAUTHBEARER),
    ("PLAIN", stalwart::AUTH_PLAIN),
    ("SCRAM-SHA-1", stalwart::AUTH_SCRAM_SHA_1),
    ("SCRAM-SHA-1-PLUS", stalwart::AUTH_SCRAM_SHA_1_PLUS),
    ("SCRAM-SHA-256", stalwart::AUTH_SCRAM_SHA_256),
    ("SCRAM-SHA-256-PLUS", stalwart::AUTH_SCRAM_SHA_256_PLUS),
    ("XOAUTH2", stalwart::AUTH_XOAUTH2),
];
