//! A server session driven by a script.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use mailwire_smtp_proto::auth::server::{
    Anonymous, Connection, External, Found, Login, Mechanism, OauthBearer, Plain, Xoauth2,
};
use mailwire_smtp_proto::auth::{Base64, Credentials, Secret};
#[cfg(feature = "scram")]
use mailwire_smtp_proto::auth::{
    scram::{ChannelBinding, Hash, StoredKeys},
    server::Scram,
};
use mailwire_smtp_proto::body::BareLineEnds;
use mailwire_smtp_proto::dialect::Dialect;
use mailwire_smtp_proto::ehlo::FutureReleaseOffer;
use mailwire_smtp_proto::params::{DateTime, HoldFor};
use mailwire_smtp_proto::peer::Peer;
use mailwire_smtp_proto::policy::{
    AuthRule, Channel, CleartextAuth, Listener, Network, Role, TlsMode,
};
use mailwire_smtp_proto::proxy::Proxied;
use mailwire_smtp_proto::reply::Reply;
use mailwire_smtp_proto::server::{
    Admission, Config, CustomExtension, Decision, EarlyTalk, Event, Lookup, Need, Pending, Refuse,
    Session, TlsUpgrade, Verdict, ask,
};
use mailwire_smtp_proto::table::Phase;
use mailwire_smtp_proto::xclient::Name;

use super::script::{Cuts, Script, Step, escape};

enum Machine {
    Session(Box<Session>),
    Upgrade(TlsUpgrade),
    Gone,
}

enum Waiting {
    Hello(Pending<ask::Hello>),
    Auth(Pending<ask::Auth>),
    AuthLookUp(Pending<ask::AuthLookUp>),
    StartTls(Pending<ask::StartTls>),
    Mail(Pending<ask::Mail>),
    Rcpt(Pending<ask::Rcpt>),
    Data(Pending<ask::Data>),
    Message(Pending<ask::Message>),
    Verify(Pending<ask::Verify>),
    Etrn(Pending<ask::Etrn>),
    Custom(Pending<ask::Custom>),
    Xclient(Pending<ask::Xclient>),
}

struct Driver {
    machine: Machine,
    now: Instant,
    unread: Vec<u8>,
    out: BytesMut,
    waiting: Option<Waiting>,
    /// What was seen, as lines of a script.
    log: VecDeque<String>,
    content: Vec<u8>,
    closed: bool,
    acts: VecDeque<String>,
    /// Whether all of the present flight has arrived.
    flight_is_in: bool,
}

/// Runs the script with its input cut; the error shows the first difference.
pub(crate) fn replay(script: &Script, cuts: &mut Cuts) -> Result<(), String> {
    let (config, channel) = configure(script);
    let now = Instant::now();
    let mut out = BytesMut::new();
    let mut session = Session::new(Arc::new(config), peer(script), channel, now, &mut out);
    let mut connection = Connection::default();
    connection.external = setting(script, "external").map(str::to_owned);
    #[cfg(feature = "scram")]
    if setting(script, "exporter").is_some() {
        connection.bindings = vec![ChannelBinding::TlsExporter(vec![7; 32])];
    }
    session.attest(connection);
    let mut driver = Driver {
        machine: Machine::Session(Box::new(session)),
        now,
        unread: Vec::new(),
        out,
        waiting: None,
        log: VecDeque::new(),
        content: Vec::new(),
        closed: false,
        acts: VecDeque::new(),
        flight_is_in: true,
    };
    driver.drain();
    let mut at = 0;
    while at < script.steps.len() {
        // Sends that follow one another are one flight.
        let mut flight = Vec::new();
        while let Some(Step::Send(octets)) = script.steps.get(at) {
            flight.extend_from_slice(octets);
            at += 1;
        }
        // What is expected, and the answers in between, belong to this input.
        let other = match script.steps.get(at) {
            Some(step @ (Step::Time(_) | Step::EndOfInput | Step::Tls | Step::Stop { .. }))
                if flight.is_empty() =>
            {
                at += 1;
                Some(step.clone())
            }
            _ => None,
        };
        let mut expected = Vec::new();
        while let Some(step) = script.steps.get(at) {
            match step {
                Step::Expect(line) => expected.push(line.clone()),
                Step::Act(answer) => driver.acts.push_back(answer.clone()),
                _ => break,
            }
            at += 1;
        }
        let mut rest = &flight[..];
        while !rest.is_empty() {
            let (piece, tail) = rest.split_at(cuts.next(rest.len()));
            driver.unread.extend_from_slice(piece);
            rest = tail;
            driver.flight_is_in = rest.is_empty();
            driver.run();
        }
        match other {
            Some(Step::Time(seconds)) => driver.pass(seconds),
            Some(Step::EndOfInput) => driver.end(),
            Some(Step::Tls) => driver.handshake(),
            Some(Step::Stop { now }) => driver.stop(now),
            _ => {}
        }
        driver.run();
        driver.drain();
        if !driver.acts.is_empty() {
            return Err(format!("answers that nobody asked for: {:?}", driver.acts));
        }
        let seen: Vec<String> = driver.log.drain(..).collect();
        if seen != expected {
            return Err(format!(
                "after {}\nexpected:\n  {}\nseen:\n  {}\n",
                escape(&flight[..flight.len().min(200)]),
                expected.join("\n  "),
                seen.join("\n  ")
            ));
        }
    }
    Ok(())
}

impl Driver {
    /// Steps until the session waits for something that is not here.
    fn run(&mut self) {
        loop {
            while self.waiting.is_some() {
                if self.answer() {
                    continue;
                }
                return;
            }
            let Machine::Session(session) = &mut self.machine else {
                return;
            };
            match session.need(&self.unread, self.now, &self.out) {
                Need::Nothing if self.closed => return,
                Need::Nothing => self.step(),
                Need::Flush => self.drain(),
                Need::Input | Need::Answer => return,
            }
        }
    }

    fn step(&mut self) {
        let Machine::Session(session) = &mut self.machine else {
            return;
        };
        let step = session
            .advance(&self.unread, self.now, &mut self.out)
            .expect("no misuse");
        let consumed = step.consumed;
        let mut line = None;
        let waiting = match step.event {
            None => None,
            Some(Event::Content(octets)) => {
                self.content.extend_from_slice(octets);
                self.unread.drain(..consumed);
                self.drain();
                return;
            }
            Some(Event::Hello {
                name,
                extended,
                pending,
            }) => {
                line = Some(format!(
                    "hello {name}{}",
                    if extended { " extended" } else { "" }
                ));
                Some(Waiting::Hello(pending))
            }
            Some(Event::Auth {
                credentials,
                pending,
            }) => {
                line = Some(login(&credentials));
                Some(Waiting::Auth(pending))
            }
            Some(Event::AuthLookUp { look_up, pending }) => {
                line = Some(format!(
                    "look up {} {} {}",
                    look_up.mechanism,
                    look_up.authorization.as_deref().unwrap_or("-"),
                    look_up.authentication
                ));
                Some(Waiting::AuthLookUp(pending))
            }
            Some(Event::StartTls { pending }) => {
                line = Some("starttls".to_owned());
                Some(Waiting::StartTls(pending))
            }
            Some(Event::Xclient { peer, pending }) => {
                line = Some(format!("xclient {}", known(&peer)));
                Some(Waiting::Xclient(pending))
            }
            Some(Event::Mail { mail, pending }) => {
                let client = match session.peer().xclient() {
                    Some(_) => format!(" of {}", known(session.peer())),
                    None => String::new(),
                };
                line = Some(format!(
                    "mail {}{}{client}",
                    mail.reverse_path, mail.parameters
                ));
                Some(Waiting::Mail(pending))
            }
            Some(Event::Rcpt { rcpt, pending }) => {
                line = Some(format!("rcpt {}{}", rcpt.forward_path, rcpt.parameters));
                Some(Waiting::Rcpt(pending))
            }
            Some(Event::Data { pending }) => {
                line = Some("data".to_owned());
                Some(Waiting::Data(pending))
            }
            Some(Event::Verify {
                expand,
                verify,
                pending,
            }) => {
                let verb = if expand { "expn" } else { "vrfy" };
                line = Some(format!("{verb} {verify}"));
                Some(Waiting::Verify(pending))
            }
            Some(Event::Etrn { etrn, pending }) => {
                line = Some(format!("etrn {etrn}"));
                Some(Waiting::Etrn(pending))
            }
            Some(Event::Custom { command, pending }) => {
                line = Some(format!("custom {command}"));
                Some(Waiting::Custom(pending))
            }
            Some(Event::Message { octets, pending }) => {
                let forwarded = session.xforward().map(|it| format!(" of {it}"));
                line = Some(format!("message {octets}{}", forwarded.unwrap_or_default()));
                Some(Waiting::Message(pending))
            }
            Some(Event::Closed(closing)) => {
                self.closed = true;
                line = Some(format!("closed {closing:?}"));
                None
            }
            Some(Event::MessageRefused(fault)) => {
                line = Some(format!("message refused: {fault}"));
                None
            }
            Some(Event::Refused(fault)) => {
                line = Some(format!("refused: {fault}"));
                None
            }
            Some(Event::Reset) => {
                line = Some("reset".to_owned());
                None
            }
            Some(other) => panic!("an event that the scripts do not know: {other:?}"),
        };
        self.unread.drain(..consumed);
        self.waiting = waiting;
        if let Some(line) = line {
            // Told before what was said, since an event's own reply comes with its answer.
            self.tell(&line);
        }
        self.drain();
    }

    /// Gives the script's next answer, if it has one.
    fn answer(&mut self) -> bool {
        // What a flight holds behind STARTTLS is there when the embedder says yes to it.
        if matches!(self.waiting, Some(Waiting::StartTls(_))) && !self.flight_is_in {
            return false;
        }
        let Some(act) = self.acts.pop_front() else {
            return false;
        };
        let (word, rest) = act.split_once(' ').unwrap_or((&act, ""));
        let decision = match word {
            "accept" => Decision::Accept,
            "with" => Decision::AcceptWith(reply(rest)),
            "reject" => Decision::Reject(reply(rest)),
            "each" | "go" | "one" | "nobody" | "password" | "keys" => Decision::Accept,
            "lose" => {
                self.waiting = None;
                return true;
            }
            other => panic!("unknown answer {other}"),
        };
        let waiting = self.waiting.take().expect("a question");
        if let Waiting::StartTls(pending) = waiting {
            self.start_tls(pending, decision);
            self.drain();
            return true;
        }
        let Machine::Session(session) = &mut self.machine else {
            panic!("no session")
        };
        let (now, out) = (self.now, &mut self.out);
        let admission = match &decision {
            Decision::Reject(reply) => Admission::Reject(reply.clone()),
            _ => Admission::Accept,
        };
        match waiting {
            Waiting::Hello(pending) => session.answer(pending, admission, now, out),
            Waiting::Data(pending) => session.answer(pending, admission, now, out),
            Waiting::Auth(pending) => session.answer(pending, decision, now, out),
            Waiting::AuthLookUp(pending) => {
                let lookup = match (word, decision) {
                    ("reject", Decision::Reject(reply)) => Lookup::Reject(reply),
                    _ => Lookup::Found(found(word, rest)),
                };
                session.answer(pending, lookup, now, out)
            }
            Waiting::Mail(pending) => session.answer(pending, decision, now, out),
            Waiting::Rcpt(pending) => session.answer(pending, decision, now, out),
            Waiting::Verify(pending) => session.answer(pending, decision, now, out),
            Waiting::Etrn(pending) => session.answer(pending, decision, now, out),
            Waiting::Custom(pending) => session.answer(pending, decision, now, out),
            Waiting::Xclient(pending) => session.answer(pending, admission, now, out),
            Waiting::Message(pending) if word == "one" => {
                let (recipient, verdict) = rest.split_once(' ').expect("a number and a verdict");
                let verdict = match verdict {
                    "accept" => Decision::Accept,
                    text => Decision::Reject(reply(text)),
                };
                let recipient = recipient.parse().expect("a number");
                let answered = session.answer_recipient(&pending, recipient, verdict, now, out);
                // Its token goes on until the last one.
                if session.phase() == Phase::Content || session.phase() == Phase::Chunk {
                    self.waiting = Some(Waiting::Message(pending));
                }
                answered
            }
            Waiting::Message(pending) if word == "each" => {
                let each = rest.split(" | ").map(|text| match text {
                    "accept" => Decision::Accept,
                    text => Decision::Reject(reply(text)),
                });
                session.answer(pending, Verdict::Each(each.collect()), now, out)
            }
            Waiting::Message(pending) => session.answer(pending, decision.into(), now, out),
            Waiting::StartTls(_) => unreachable!("dealt with above"),
        }
        .expect("the answer fits");
        self.drain();
        true
    }

    fn start_tls(&mut self, pending: Pending<ask::StartTls>, decision: Decision) {
        let Machine::Session(mut session) = std::mem::replace(&mut self.machine, Machine::Gone)
        else {
            panic!("no session")
        };
        if let Decision::Reject(reply) = decision {
            session
                .answer(pending, Refuse(reply), self.now, &mut self.out)
                .expect("it fits");
            self.machine = Machine::Session(session);
            return;
        }
        match session.start_tls(pending, &self.unread, self.now, &mut self.out) {
            Ok(upgrade) => self.machine = Machine::Upgrade(upgrade),
            Err(error) => {
                self.drain();
                self.tell(&format!("error {error}"));
            }
        }
    }

    fn handshake(&mut self) {
        let Machine::Upgrade(upgrade) = std::mem::replace(&mut self.machine, Machine::Gone) else {
            panic!("no STARTTLS before TLS")
        };
        self.machine = Machine::Session(Box::new(upgrade.complete(Channel::Tls, self.now)));
    }

    fn pass(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
        if let Machine::Session(session) = &mut self.machine {
            session.handle_timeout(self.now, &mut self.out);
            self.drain();
            if session_closed(&self.machine) {
                self.waiting = None;
            }
        }
    }

    fn stop(&mut self, now: bool) {
        if let Machine::Session(session) = &mut self.machine {
            match now {
                true => session.shut_down_now(&mut self.out),
                false => session.shut_down(&mut self.out),
            }
            self.drain();
        }
    }

    fn end(&mut self) {
        if let Machine::Session(session) = &mut self.machine {
            if let Err(error) = session.end_of_input() {
                self.tell(&format!("error {error}"));
            }
        }
    }

    fn tell(&mut self, line: &str) {
        self.tell_content();
        self.log.push_back(format!("E: {line}"));
    }

    /// Content is one line, however many pieces it came in.
    fn tell_content(&mut self) {
        if !self.content.is_empty() {
            let content = escape(&std::mem::take(&mut self.content));
            self.log.push_back(format!("E: content {content}"));
        }
    }

    /// Notes the output as lines; each must end with CRLF and hold no other CR or LF.
    fn drain(&mut self) {
        let out = self.out.split();
        if !out.is_empty() {
            self.tell_content();
        }
        let text = std::str::from_utf8(&out).expect("replies are ASCII");
        for line in text.split_inclusive("\r\n") {
            let line = line.strip_suffix("\r\n").expect("a reply ends with CRLF");
            assert!(
                !line.contains(['\r', '\n']),
                "a lone CR or LF in a reply: {line:?}"
            );
            self.log.push_back(format!("S: {line}"));
        }
    }
}

/// Who the peer of a script is: the other end of the socket, and whom PROXY has named.
fn peer(script: &Script) -> Peer {
    let address = |text: &str| text.parse().expect("an address and a port");
    let peer = setting(script, "peer").map_or_else(Peer::local, |it| Peer::at(address(it)));
    match setting(script, "proxied") {
        None => peer,
        Some("nobody") => peer.with_proxy(Proxied::nobody()),
        Some(client) => peer.with_proxy(Proxied::of(address(client), address("192.0.2.9:25"))),
    }
}

/// Address, who said it, where that is for relaying (the listeners of the scripts trust nobody), and all
/// that XCLIENT has said.
fn known(peer: &Peer) -> String {
    let address = peer.address().map_or("-".to_owned(), |it| it.to_string());
    let told = peer.xclient().map(ToString::to_string).unwrap_or_default();
    format!("{address} by {:?}: {told}", peer.provenance())
}

fn session_closed(machine: &Machine) -> bool {
    matches!(machine, Machine::Session(session) if session.is_closed())
}

/// `452 4.3.1 text`
fn reply(text: &str) -> Reply {
    let mut words = text.splitn(3, ' ');
    let code = words.next().unwrap().parse().expect("a code");
    let enhanced: Vec<u16> = words
        .next()
        .expect("an enhanced code")
        .split('.')
        .map(|n| n.parse().unwrap())
        .collect();
    let class = u8::try_from(enhanced[0]).unwrap();
    Reply::from_parts(
        code,
        (class, enhanced[1], enhanced[2]),
        words.next().unwrap_or(""),
    )
}

/// Who logs in, and by what. None of the secrets in it is printed by anybody else.
fn login(credentials: &Credentials) -> String {
    let printed = format!("{credentials:?}");
    let of = credentials.authorization().unwrap_or("-");
    match credentials {
        Credentials::Password(it) => {
            assert!(!printed.contains(it.password().expose()));
            let (name, password) = (it.authentication(), it.password().expose());
            format!("auth {of} {name} {password}")
        }
        Credentials::Bearer(it) => {
            assert!(!printed.contains(it.token().expose()));
            let at = it
                .host()
                .map(|host| format!(" at {host}:{}", it.port().unwrap_or(0)));
            format!(
                "auth bearer {} {}{}",
                it.user().unwrap_or("-"),
                it.token().expose(),
                at.unwrap_or_default()
            )
        }
        Credentials::External { identity, .. } => format!("auth external {of} {identity}"),
        Credentials::Anonymous { trace } => {
            format!("auth anonymous {}", trace.as_deref().unwrap_or("-"))
        }
        Credentials::Proven { authentication, .. } => format!("auth proven {of} {authentication}"),
        other => panic!("credentials that the scripts do not know: {other:?}"),
    }
}

/// What the script has in store for a name.
fn found(word: &str, rest: &str) -> Found {
    match word {
        "nobody" => Found::Nobody,
        "password" => Found::Password(Secret::from(rest)),
        #[cfg(feature = "scram")]
        "keys" => {
            // The salt of RFC 5802 section 5.
            let salt = b"\x41\x25\xc2\x47\xe4\x3a\xb1\xe9\x3c\x6d\xff\x76";
            let keys = StoredKeys::derive(Hash::Sha1, &Secret::from(rest), salt, 4096);
            Found::Keys(keys.unwrap())
        }
        other => panic!("unknown answer to a look-up: {other}"),
    }
}

/// With the nonce of RFC 5802 section 5: with channel binding and without.
#[cfg(feature = "scram")]
fn scram() -> (Scram, Scram) {
    let nonce = || "3rfcNHYJY1ZVvWVs7j".to_owned();
    let [plus, plain] = Scram::pair(Hash::Sha1, nonce, b"server secret".to_vec().into());
    (plus, plain)
}

/// The mechanisms that a script names.
fn mechanisms(names: &str) -> Vec<Arc<dyn Mechanism>> {
    let scope = || Some("mail send".to_owned());
    let mechanism = |name: &str| -> Arc<dyn Mechanism> {
        match name {
            "PLAIN" => Arc::new(Plain),
            "LOGIN" => Arc::new(Login),
            "OAUTHBEARER" => Arc::new(OauthBearer { scope: scope() }),
            "XOAUTH2" => Arc::new(Xoauth2 { scope: scope() }),
            "EXTERNAL" => Arc::new(External),
            "ANONYMOUS" => Arc::new(Anonymous),
            #[cfg(feature = "cram-md5")]
            "CRAM-MD5" => Arc::new(mailwire_smtp_proto::auth::server::CramMd5::new(|| {
                // RFC 2195 section 2.
                "<1896.697170952@postoffice.reston.mci.net>".to_owned()
            })),
            #[cfg(feature = "scram")]
            "SCRAM-SHA-1" => Arc::new(scram().1),
            #[cfg(feature = "scram")]
            "SCRAM-SHA-1-PLUS" => Arc::new(scram().0),
            other => panic!("unknown mechanism {other}"),
        }
    };
    names.split(' ').map(mechanism).collect()
}

fn seconds(value: &str) -> Duration {
    Duration::from_secs(value.parse().unwrap())
}

fn networks(text: &str) -> Vec<Network> {
    text.split(' ')
        .map(|it| it.parse().expect("a network"))
        .collect()
}

fn names(text: &str) -> Vec<Name> {
    text.split(' ')
        .map(|it| Name::parse(it).expect("an attribute"))
        .collect()
}

/// Turns an extension on or off.
fn offer(config: &mut Config, keyword: &str, on: bool) {
    let it = &mut config.extensions;
    match keyword {
        "PIPELINING" => it.pipelining = on,
        "8BITMIME" => it.eight_bit_mime = on,
        "SMTPUTF8" => it.smtputf8 = on,
        "DSN" => it.dsn = on,
        "CHUNKING" => it.chunking = on,
        "BINARYMIME" => it.binary_mime = on,
        "ENHANCEDSTATUSCODES" => it.enhanced_status_codes = on,
        "REQUIRETLS" => it.require_tls = on,
        "DELIVERBY" => it.deliver_by = on.then_some(120),
        "FUTURERELEASE" => {
            it.future_release = on.then(|| FutureReleaseOffer {
                interval: HoldFor::new(3600).unwrap(),
                date_time: DateTime::parse("2030-01-01T00:00:00Z").unwrap(),
            });
        }
        "MT-PRIORITY" => it.mt_priority = on.then(|| Some("MIXER".parse().unwrap())),
        "LIMITS" => it.limits = on,
        "ETRN" => it.etrn = on,
        "VRFY" => it.vrfy = on,
        "EXPN" => it.expn = on,
        "HELP" => it.help = on,
        "SIZE" => config.limits.message_size = config.limits.message_size.filter(|_| on),
        "XTEST" => it.custom.push(CustomExtension {
            keyword: "XTEST one".parse().unwrap(),
            mail: vec!["XSENDER"],
            rcpt: vec!["XRECIPIENT"],
            verbs: vec!["XTEST".parse().unwrap()],
        }),
        other => panic!("unknown extension {other}"),
    }
}

fn configure(script: &Script) -> (Config, Channel) {
    let role = setting(script, "role").map_or(Role::Mx, |role| role.parse().expect("a role"));
    let mut listener = Listener::of(role);
    if setting(script, "enforce_inbound_tls").is_some() {
        listener = listener.enforcing_inbound_tls();
    }
    if let Some(mode) = setting(script, "tls") {
        listener.tls = *TlsMode::ALL
            .iter()
            .find(|it| it.as_str() == mode)
            .expect("a mode");
    }
    if let Some(rule) = setting(script, "auth") {
        listener.auth = *AuthRule::ALL
            .iter()
            .find(|it| it.as_str() == rule)
            .expect("a rule");
    }
    if let Some(rule) = setting(script, "cleartext_auth") {
        listener.cleartext_auth = rule.parse::<CleartextAuth>().expect("a rule");
    }
    let dialect = if role == Role::Lmtp {
        Dialect::Lmtp
    } else {
        Dialect::Smtp
    };
    let mut config = Config::new("mx.example.test".parse().unwrap(), dialect, listener);
    for (key, value) in &script.settings {
        match key.as_str() {
            "role"
            | "channel"
            | "enforce_inbound_tls"
            | "cleartext_auth"
            | "external"
            | "needs"
            | "tls"
            | "auth"
            | "peer"
            | "proxied"
            | "exporter" => {}
            "xclient_from" => config.xclient.networks = networks(value),
            "xforward_from" => config.xforward.networks = networks(value),
            "proxies" => config.proxies = networks(value),
            "xclient_attributes" => config.xclient.attributes = names(value),
            "xforward_attributes" => config.xforward.attributes = names(value),
            "limit.forward_line" => config.limits.forward_line = value.parse().unwrap(),
            "mechanisms" => config.mechanisms = mechanisms(value),
            "base64" => config.base64 = Base64::Lenient,
            "limit.recipients" => config.limits.recipients = value.parse().unwrap(),
            "limit.message_size" => config.limits.message_size = Some(value.parse().unwrap()),
            "limit.command_line" => config.limits.command_line = value.parse().unwrap(),
            "limit.auth_line" => config.limits.auth_line = value.parse().unwrap(),
            "limit.text_line" => config.limits.text_line = Some(value.parse().unwrap()),
            "limit.recipients_over" => config.limits.recipients_over = value.parse().unwrap(),
            "limit.refused_recipients" => config.limits.refused_recipients = value.parse().unwrap(),
            "limit.discarded" => config.limits.discarded = value.parse().unwrap(),
            "limit.faults" => config.limits.faults = value.parse().unwrap(),
            "limit.unknown_commands" => config.limits.unknown_commands = value.parse().unwrap(),
            "limit.idle_commands" => config.limits.idle_commands = value.parse().unwrap(),
            "limit.auth_failures" => config.limits.auth_failures = value.parse().unwrap(),
            "limit.transactions" => config.limits.transactions = value.parse().unwrap(),
            "timeout.session" => config.timeouts.session = seconds(value),
            "timeout.command" => config.timeouts.command = seconds(value),
            "timeout.data_block" => config.timeouts.data_block = seconds(value),
            "timeout.content_rate" => config.timeouts.content_rate = value.parse().unwrap(),
            "early_talk" => {
                config.early_talk = match value.as_str() {
                    "reject" => EarlyTalk::Reject,
                    "allow" => EarlyTalk::Allow,
                    other => panic!("unknown rule {other}"),
                }
            }
            "bare_line_ends" => config.bare_line_ends = BareLineEnds::Normalise,
            "offer" => value.split(' ').for_each(|it| offer(&mut config, it, true)),
            "withhold" => value
                .split(' ')
                .for_each(|it| offer(&mut config, it, false)),
            other => panic!("unknown setting {other}"),
        }
    }
    let channel = match setting(script, "channel") {
        None | Some("plain") => Channel::Plain,
        Some("local") => Channel::Local,
        Some("tls") => Channel::Tls,
        Some(other) => panic!("unknown channel {other}"),
    };
    (config, channel)
}

fn setting<'s>(script: &'s Script, name: &str) -> Option<&'s str> {
    script
        .settings
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
}
