//! A client session driven by a script.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use mailwire_smtp_proto::auth::client::{
    Anonymous, Candidates, External, Login, OauthBearer, Plain, Xoauth2,
};
#[cfg(feature = "scram")]
use mailwire_smtp_proto::auth::scram::{Binding, ChannelBinding, Client, Hash, Iterations};
use mailwire_smtp_proto::auth::{BearerCredentials, PlainCredentials};
use mailwire_smtp_proto::body::BareLineEnds;
use mailwire_smtp_proto::charset::Charset;
use mailwire_smtp_proto::client::{Config, Event, Need, NotNow, Session, TlsUpgrade};
use mailwire_smtp_proto::command::{Attributes, Custom, CustomVerb, TextString, Verify};
use mailwire_smtp_proto::dialect::Dialect;
use mailwire_smtp_proto::host::HelloName;
use mailwire_smtp_proto::params::{MailParameters, RcptParameters};
use mailwire_smtp_proto::path::{ForwardPath, ReversePath};
use mailwire_smtp_proto::policy::Channel;
use mailwire_smtp_proto::policy::outbound::{PeerLocation, Policy, TlsMode};

use super::script::{Cuts, Script, Step, escape, unescape};

enum Machine {
    Session(Box<Session>),
    Upgrade(TlsUpgrade),
    Gone,
}

struct Driver {
    machine: Machine,
    now: Instant,
    unread: Vec<u8>,
    out: BytesMut,
    log: Vec<String>,
    failed: bool,
}

/// Runs the script with its input cut; the error shows the first difference.
pub(crate) fn replay(script: &Script, cuts: &mut Cuts) -> Result<(), String> {
    let (config, channel) = configure(script);
    let now = Instant::now();
    let session = Session::new(Arc::new(config), channel, now);
    let mut driver = Driver {
        machine: Machine::Session(Box::new(session)),
        now,
        unread: Vec::new(),
        out: BytesMut::new(),
        log: Vec::new(),
        failed: false,
    };
    let mut at = 0;
    while at < script.steps.len() {
        let mut inputs = Vec::new();
        while let Some(step) = script.steps.get(at) {
            if matches!(step, Step::Expect(_)) {
                break;
            }
            inputs.push(step.clone());
            at += 1;
        }
        let mut expected = Vec::new();
        while let Some(Step::Expect(line)) = script.steps.get(at) {
            expected.push(line.clone());
            at += 1;
        }
        let mut flight = Vec::new();
        for input in &inputs {
            match input {
                Step::Send(octets) => flight.extend_from_slice(octets),
                other => {
                    driver.feed(&mut flight, cuts);
                    driver.act(other);
                }
            }
        }
        driver.feed(&mut flight, cuts);
        let seen = std::mem::take(&mut driver.log);
        if seen != expected {
            return Err(format!(
                "after {inputs:?}\nexpected:\n  {}\nseen:\n  {}\n",
                expected.join("\n  "),
                seen.join("\n  ")
            ));
        }
    }
    Ok(())
}

impl Driver {
    fn feed(&mut self, flight: &mut Vec<u8>, cuts: &mut Cuts) {
        let flight = std::mem::take(flight);
        let mut rest = &flight[..];
        while !rest.is_empty() {
            let (piece, tail) = rest.split_at(cuts.next(rest.len()));
            self.unread.extend_from_slice(piece);
            rest = tail;
            self.run();
        }
    }

    /// Takes the replies that are in.
    fn run(&mut self) {
        loop {
            let Machine::Session(session) = &mut self.machine else {
                return;
            };
            if self.failed || session.need(&self.unread, &self.out) != Need::Nothing {
                return;
            }
            match session.advance(&self.unread, self.now) {
                Ok(step) => {
                    let line = step.event.map(|event| describe(&event));
                    let consumed = step.consumed;
                    self.unread.drain(..consumed);
                    self.log.extend(line.map(|line| format!("E: {line}")));
                }
                Err(error) => {
                    self.failed = true;
                    self.log.push(format!("E: error {error}"));
                }
            }
        }
    }

    fn act(&mut self, step: &Step) {
        match step {
            Step::Act(act) => self.command(act),
            Step::Time(seconds) => {
                self.now += Duration::from_secs(*seconds);
                if let Machine::Session(session) = &mut self.machine {
                    if let Err(error) = session.handle_timeout(self.now) {
                        self.log.push(format!("E: error {error}"));
                    }
                }
            }
            Step::EndOfInput => {
                if let Machine::Session(session) = &mut self.machine {
                    match session.end_of_input() {
                        Ok(()) => self.log.push("E: end".to_owned()),
                        Err(error) => self.log.push(format!("E: error {error}")),
                    }
                }
            }
            Step::Tls => {
                let Machine::Upgrade(upgrade) = std::mem::replace(&mut self.machine, Machine::Gone)
                else {
                    panic!("no STARTTLS before TLS")
                };
                let session = upgrade.complete(Channel::Tls, self.now);
                self.machine = Machine::Session(Box::new(session));
            }
            Step::Stop { .. } | Step::Send(_) | Step::Expect(_) => {
                unreachable!("dealt with elsewhere")
            }
        }
    }

    fn command(&mut self, act: &str) {
        let (word, rest) = act.split_once(' ').unwrap_or((act, ""));
        if word == "into_tls" {
            let Machine::Session(session) = std::mem::replace(&mut self.machine, Machine::Gone)
            else {
                panic!("no session")
            };
            match session.into_tls(&self.unread, self.now) {
                Ok(upgrade) => self.machine = Machine::Upgrade(upgrade),
                Err(error) => self.log.push(format!("E: error {error}")),
            }
            return;
        }
        let Machine::Session(session) = &mut self.machine else {
            panic!("no session for {act}")
        };
        let (now, out) = (self.now, &mut self.out);
        let said_before = out.len();
        let result = match word {
            "hello" => session
                .hello(&HelloName::parse(rest).unwrap(), now, out)
                .map(drop),
            "helo" => session
                .helo(&HelloName::parse(rest).unwrap(), now, out)
                .map(drop),
            "starttls" => session.start_tls(now, out).map(drop),
            "auth" => session.auth(candidates(rest), now, out).map(drop),
            "next" => session.auth_next(now, out).map(drop),
            "response" => session.auth_response(now, out).map(drop),
            "cancel" => session.auth_cancel(now, out).map(drop),
            "mail" => {
                let (path, parameters) = rest.split_once(' ').unwrap_or((rest, ""));
                let path = ReversePath::parse_in(Charset::Utf8, path).unwrap();
                let parameters = MailParameters::parse(parameters).unwrap();
                session.mail(&path, &parameters, now, out).map(drop)
            }
            "rcpt" => {
                let (path, parameters) = rest.split_once(' ').unwrap_or((rest, ""));
                let path = ForwardPath::parse_in(Charset::Utf8, path).unwrap();
                let parameters = RcptParameters::parse_in(Charset::Utf8, parameters).unwrap();
                session.rcpt(&path, &parameters, now, out).map(drop)
            }
            "data" => session.data(now, out).map(drop),
            "content" => session.content(&unescape(rest), out),
            "end" => session.end_of_content(now, out).map(drop),
            "chunk" => session.chunk(&unescape(rest), now, out).map(drop),
            "last" => session.last_chunk(&unescape(rest), now, out).map(drop),
            "vrfy" => session.vrfy(verify(rest), now, out).map(drop),
            "expn" => session.expn(verify(rest), now, out).map(drop),
            "help" => {
                let topic = (!rest.is_empty()).then(|| TextString::parse(rest).unwrap());
                session.help(topic, now, out).map(drop)
            }
            "xclient" => {
                let attributes = Attributes::parse(rest).unwrap();
                session.xclient(attributes, now, out).map(drop)
            }
            "xforward" => {
                let attributes = Attributes::parse(rest).unwrap();
                session.xforward(attributes, now, out).map(drop)
            }
            "custom" => session.custom(&custom(rest), now, out).map(drop),
            "doubt" => {
                self.log
                    .push(format!("E: in doubt {:?}", session.in_doubt()));
                Ok(())
            }
            "reuse" => {
                self.log
                    .push(format!("E: reuse {}", session.may_be_reused()));
                Ok(())
            }
            "rset" => session.rset(now, out).map(drop),
            "noop" => session.noop(now, out).map(drop),
            "quit" => session.quit(now, out).map(drop),
            other => panic!("unknown command {other}"),
        };
        if let Err(error) = result {
            assert_eq!(
                self.out.len(),
                said_before,
                "a refused command left octets behind"
            );
            assert!(
                !error.to_string().contains("secret"),
                "a secret in an error"
            );
            self.log.push(format!("E: {}", refusal(&error)));
        }
        self.drain();
    }

    fn drain(&mut self) {
        // Content may be said in pieces that are no whole lines.
        let whole = self
            .out
            .windows(2)
            .rposition(|two| two == b"\r\n")
            .map_or(0, |at| at + 2);
        let out = self.out.split_to(whole);
        let text = String::from_utf8(out.to_vec()).unwrap();
        for line in text.split_inclusive("\r\n") {
            let line = line
                .strip_suffix("\r\n")
                .expect("what is said ends with CRLF");
            assert!(!line.contains(['\r', '\n']), "a lone CR or LF: {line:?}");
            self.log.push(format!("C: {}", escape(line.as_bytes())));
        }
    }
}

fn custom(text: &str) -> Custom<'_> {
    let (verb, arguments) = match text.split_once(' ') {
        Some((verb, arguments)) => (verb, Some(TextString::parse(arguments).unwrap())),
        None => (text, None),
    };
    let verb = CustomVerb::parse(verb).unwrap();
    Custom { verb, arguments }
}

fn verify(text: &str) -> Verify<'_> {
    Verify::new(TextString::parse(text).unwrap(), false).unwrap()
}

fn refusal(error: &NotNow) -> String {
    format!("not now {}", error.name())
}

/// `user password` for PLAIN, or `MECHANISM,MECHANISM.. user password`.
fn candidates(text: &str) -> Candidates {
    let words: Vec<&str> = text.split(' ').collect();
    let (names, user, secret) = match words.as_slice() {
        [user, secret] => ("PLAIN", *user, *secret),
        [names, user, secret] => (*names, *user, *secret),
        _ => panic!("mechanisms, a user and a secret"),
    };
    let plain = || PlainCredentials::new(user, secret).unwrap();
    let bearer = || {
        if user == "-" {
            // A token that tells itself whose it is.
            let message = format!("n,,\x01auth=Bearer {secret}\x01\x01");
            return BearerCredentials::parse_oauthbearer(message.as_bytes()).unwrap();
        }
        BearerCredentials::new(user, secret).unwrap()
    };
    names
        .split(',')
        .fold(Candidates::new(), |it, name| match name {
            "PLAIN" => it.with(Plain::new(plain())),
            "LOGIN" => it.with(Login::new(plain())),
            "LOGIN+" => it.with(Login::new(plain()).with_initial_response()),
            "XOAUTH2" => it.with(Xoauth2::new(bearer())),
            "OAUTHBEARER" => it.with(OauthBearer::new(bearer())),
            "EXTERNAL" => it.with(External::new()),
            "ANONYMOUS" => it.with(Anonymous::new(user).unwrap()),
            #[cfg(feature = "cram-md5")]
            "CRAM-MD5" => it.with(mailwire_smtp_proto::auth::client::CramMd5::new(plain())),
            // RFC 5802 section 5.
            #[cfg(feature = "scram")]
            "SCRAM-SHA-1" => it.with(scram(plain(), Binding::Unsupported)),
            #[cfg(feature = "scram")]
            "SCRAM-SHA-1-PLUS" => {
                let channel = ChannelBinding::TlsExporter(vec![7; 32]);
                it.with(scram(plain(), Binding::Used(channel)))
            }
            other => panic!("unknown mechanism {other}"),
        })
}

#[cfg(feature = "scram")]
fn scram(
    credentials: PlainCredentials,
    binding: Binding,
) -> mailwire_smtp_proto::auth::client::Scram {
    let nonce = "fyko+d2lbbFgONRv9qkxdawL".to_owned();
    let client = Client::new(
        Hash::Sha1,
        binding,
        &credentials,
        nonce,
        Iterations::default(),
    );
    mailwire_smtp_proto::auth::client::Scram::new(client.unwrap())
}

fn describe(event: &Event<'_>) -> String {
    let text: Vec<String> = event.reply().lines().map(escape).collect();
    let reply = format!("{} {}", event.reply().code(), text.join(" / "));
    match event {
        Event::Greeting { outcome, .. } => format!("greeting {outcome:?} {reply}"),
        Event::Hello { id, .. } => format!("hello {id:?} {reply}"),
        Event::Challenge { id, .. } => format!("challenge {id:?} {reply}"),
        Event::Custom { id, outcome, .. } => format!("custom {id:?} {outcome:?} {reply}"),
        Event::Reply {
            id, verb, outcome, ..
        } => format!("{verb} {id:?} {outcome:?} {reply}"),
        Event::Verdict {
            id,
            recipient,
            outcome,
            owed,
            ..
        } => match recipient {
            Some(recipient) => {
                format!("verdict {id:?} on {recipient:?} {outcome:?} owed {owed} {reply}")
            }
            None => format!("verdict {id:?} {outcome:?} owed {owed} {reply}"),
        },
        Event::Aborted { .. } => format!("aborted {reply}"),
        Event::Closing { id, .. } => format!("closing {id:?} {reply}"),
        other => panic!("an event that the scripts do not know: {other:?}"),
    }
}

fn configure(script: &Script) -> (Config, Channel) {
    let mut dialect = Dialect::Smtp;
    let mut policy = Policy::new(TlsMode::Opportunistic);
    let mut location = PeerLocation::Remote;
    let mut channel = Channel::Plain;
    let mut bare_line_ends = BareLineEnds::Normalise;
    for (key, value) in &script.settings {
        match (key.as_str(), value.as_str()) {
            ("dialect", "lmtp") => dialect = Dialect::Lmtp,
            ("tls", mode) => policy.tls = mode.parse().unwrap(),
            ("cleartext_auth", rule) => policy.cleartext_auth = rule.parse().unwrap(),
            ("bare_line_ends", "refuse") => bare_line_ends = BareLineEnds::Refuse,
            ("location", "loopback") => location = PeerLocation::Loopback,
            ("channel", "tls") => channel = Channel::Tls,
            ("needs", _) => {}
            other => panic!("unknown setting {other:?}"),
        }
    }
    let mut config = Config::new(dialect, policy, location);
    config.bare_line_ends = bare_line_ends;
    (config, channel)
}
