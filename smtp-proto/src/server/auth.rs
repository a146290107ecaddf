//! The AUTH exchange of a session (RFC 4954).

use std::time::Instant;

use bytes::BytesMut;
use mailwire_tls_policy::outbound::MechanismClass;
use mailwire_tls_policy::{Verdict, decide_mechanism};

use super::ask::Lookup;
use super::other_protocol::other_than_line;
use super::{Closing, Event, Fault, Session};
use crate::auth::server::{Connection, Exchange, Mechanism, Progress};
use crate::auth::{AuthFault, Credentials, MechanismName};
use crate::command;
use crate::error::Misuse;
use crate::reply::{Class, Reply};
use crate::table::{Outcome, Phase, Question, on_outcome};
use crate::verb::Arguments;

/// What AUTH has to do with.
#[derive(Debug, Default)]
pub(super) struct Auth {
    /// What mechanisms may build on.
    connection: Connection,
    login: Option<Login>,
}

/// An exchange that is under way.
#[derive(Debug)]
struct Login {
    exchange: Exchange,
    /// Who is to be judged, if that is known and nobody has been asked yet.
    judged: Option<Credentials>,
    /// The embedder's no, which is said behind the response to one more challenge.
    refusal: Option<Reply>,
}

impl Session {
    /// Tells what mechanisms may build on: who the peer is by its certificate, and the bindings of the
    /// TLS channel. It holds for this session alone, so after STARTTLS it is to be told anew. To be
    /// called before EHLO, which lists mechanisms by it.
    pub fn attest(&mut self, connection: Connection) {
        self.auth.get_or_insert_default().connection = connection;
    }

    /// The mechanisms that are listed now.
    pub(super) fn mechanisms(&self) -> impl Iterator<Item = &dyn Mechanism> {
        static UNKNOWN: Connection = Connection::UNKNOWN;
        let connection = self.auth.as_ref().map_or(&UNKNOWN, |it| &it.connection);
        // Where not even one that shows nothing may run, none is looked at.
        let most = if self
            .permits_class(MechanismClass::ChallengeResponse)
            .is_allowed()
        {
            usize::MAX
        } else {
            0
        };
        let configured = self.config.mechanisms.iter().map(|it| &**it).take(most);
        configured
            .filter(move |it| it.is_available(connection))
            .filter(|it| self.permits(it.name()).is_allowed())
    }

    /// What policy thinks of a mechanism.
    pub(super) fn permits(&self, mechanism: MechanismName<'_>) -> Verdict {
        self.permits_class(MechanismClass::of(mechanism.as_str()))
    }

    fn permits_class(&self, class: MechanismClass) -> Verdict {
        decide_mechanism(&self.config.listener, self.channel, self.identity, class)
    }

    /// The AUTH command. A mechanism that EHLO did not list is refused before any challenge.
    pub(super) fn auth(
        &mut self,
        arguments: Arguments<'_>,
        now: Instant,
        out: &mut BytesMut,
        event: &mut Option<Event<'_>>,
    ) -> Result<(), Fault> {
        let auth = command::auth(arguments).map_err(Fault::Syntax)?;
        let known = self
            .config
            .mechanisms
            .iter()
            .find(|it| it.name() == auth.mechanism());
        let Some(mechanism) = known else {
            return Err(Fault::UnknownMechanism);
        };
        if let Verdict::Refuse(refusal) = self.permits(auth.mechanism()) {
            return Err(Fault::Policy(refusal));
        }
        let own = self.auth.get_or_insert_default();
        let connection = &own.connection;
        if !mechanism.is_available(connection) {
            return Err(Fault::UnknownMechanism);
        }
        let attempt = mechanism.begin(connection);
        let start = begin_challenge(out);
        let begun = Exchange::begin(attempt, self.config.base64, auth.initial_response(), out);
        let (exchange, progress) = begun.map_err(|fault| {
            out.truncate(start);
            Fault::Auth(fault)
        })?;
        own.login = Some(Login {
            exchange,
            judged: None,
            refusal: None,
        });
        self.follow(progress, start, now, out, event);
        Ok(())
    }

    /// A line of the exchange that is not a command. `*` alone gives up (RFC 4954 section 4).
    pub(super) fn response(
        &mut self,
        line: &[u8],
        behind: &[u8],
        now: Instant,
        out: &mut BytesMut,
        event: &mut Option<Event<'_>>,
    ) -> Result<(), Fault> {
        self.hear_early_talk(behind)?;
        // Base64 has no blanks, and what begins like BDAT may be base64.
        if let Some(other) = other_than_line(line).filter(|_| line.contains(&b' ')) {
            return Err(other);
        }
        let Some(login) = self.login() else {
            return Err(Fault::Auth(AuthFault::OutOfOrder));
        };
        let start = begin_challenge(out);
        match login.exchange.respond(line, out) {
            Ok(progress) => {
                self.follow(progress, start, now, out, event);
                Ok(())
            }
            Err(fault) => {
                out.truncate(start);
                Err(Fault::Auth(fault))
            }
        }
    }

    /// Asks the embedder to judge, where it could not be asked at once.
    pub(super) fn judge_login(&mut self, now: Instant, event: &mut Option<Event<'_>>) {
        if let Some(credentials) = self.login().and_then(|it| it.judged.take()) {
            *event = Some(Event::Auth {
                credentials,
                pending: self.ask(Question::Auth, now),
            });
        }
    }

    /// Whatever it came to, the exchange is over.
    pub(super) fn end_login(&mut self) {
        if let Some(auth) = &mut self.auth {
            auth.login = None;
        }
    }

    fn login(&mut self) -> Option<&mut Login> {
        self.auth.as_mut()?.login.as_mut()
    }

    /// Whether there is somebody to judge.
    pub(super) fn has_login(&self) -> bool {
        let login = self.auth.as_ref().and_then(|it| it.login.as_ref());
        login.is_some_and(|it| it.judged.is_some())
    }

    /// Goes where a step of the exchange leads. `start` is where its challenge would begin.
    fn follow(
        &mut self,
        progress: Progress,
        start: usize,
        now: Instant,
        out: &mut BytesMut,
        event: &mut Option<Event<'_>>,
    ) {
        match progress {
            Progress::Challenge => self.end_challenge(out),
            Progress::LookUp(look_up) => {
                out.truncate(start);
                *event = Some(Event::AuthLookUp {
                    look_up,
                    pending: self.ask(Question::Auth, now),
                });
            }
            Progress::Judge(credentials) => {
                out.truncate(start);
                *event = Some(Event::Auth {
                    credentials,
                    pending: self.ask(Question::Auth, now),
                });
            }
            Progress::Refused => {
                out.truncate(start);
                let refusal = self.login().and_then(|it| it.refusal.take());
                self.end_refused_login(refusal, out);
            }
        }
    }

    fn end_challenge(&mut self, out: &mut BytesMut) {
        out.extend_from_slice(b"\r\n");
        self.go(on_outcome(
            self.position.phase(),
            Question::Auth,
            Outcome::Continued,
        ));
    }

    /// The embedder's no, which was to wait for a last response. It has been counted when it was given.
    pub(super) fn end_refused_login(&mut self, refusal: Option<Reply>, out: &mut BytesMut) {
        self.end_login();
        match refusal {
            Some(reply) => self.say(&reply, out),
            None => self.say(
                &Fault::Auth(AuthFault::Proof).reply(self.config.dialect),
                out,
            ),
        }
        self.go(on_outcome(
            Phase::Authenticating,
            Question::Auth,
            Outcome::Rejected,
        ));
    }

    /// A line that is no response for whatever reason, where a no waits for one: that is said, as what
    /// the response says is of no account.
    pub(super) fn take_held_refusal(&mut self, fault: &Fault) -> Option<Reply> {
        let held = self.login()?.refusal.take();
        held.filter(|_| fault.closing().is_none())
    }

    /// The embedder says no. Whether that is still to be said, behind the response to a challenge that
    /// the mechanism has for the client first: what is wrong with what it has shown. Of a no that may
    /// pass, nothing is known to be wrong with that, and it is said at once.
    pub(super) fn hold_refusal(&mut self, reply: &Reply, out: &mut BytesMut) -> bool {
        // A peer that has closed its side responds to nothing, and one more line is none to wait for
        // when the server stops.
        let is_over = self.input_ended || self.stopping;
        if is_over || reply.code().class() != Class::Permanent {
            return false;
        }
        let Some(login) = self.login() else {
            return false;
        };
        let start = begin_challenge(out);
        match login.exchange.refuse(out) {
            Progress::Challenge => {
                login.refusal = Some(reply.clone());
                if let Some(excess) = self.count_auth_failure() {
                    out.truncate(start);
                    self.end_login();
                    self.end_by(Fault::TooMany(excess), out);
                } else {
                    self.end_challenge(out);
                }
                true
            }
            Progress::LookUp(_) | Progress::Judge(_) | Progress::Refused => {
                out.truncate(start);
                false
            }
        }
    }

    /// What was looked up: the exchange goes on.
    pub(super) fn look_up(
        &mut self,
        lookup: Lookup,
        now: Instant,
        out: &mut BytesMut,
    ) -> Result<(), Misuse> {
        let found = match lookup {
            Lookup::Found(found) => found,
            Lookup::Reject(reply) => return self.reject_look_up(&reply, now, out),
        };
        self.progress(now);
        let (input_ended, stopping) = (self.input_ended, self.stopping);
        let Some(login) = self.login() else {
            return Err(Misuse::StaleToken);
        };
        let start = begin_challenge(out);
        match login.exchange.found(found, out) {
            Ok(Progress::Challenge) if input_ended => {
                out.truncate(start);
                self.close(Closing::EndOfInput);
            }
            Ok(Progress::Challenge) if stopping => {
                out.truncate(start);
                self.stop(out);
            }
            Ok(Progress::Challenge) => self.end_challenge(out),
            Ok(Progress::Judge(credentials)) => {
                out.truncate(start);
                login.judged = Some(credentials);
            }
            Ok(Progress::LookUp(_) | Progress::Refused) => {
                out.truncate(start);
                self.fail_login(AuthFault::OutOfOrder, out);
            }
            Err(fault) => {
                out.truncate(start);
                self.fail_login(fault, out);
            }
        }
        Ok(())
    }

    /// The exchange has failed outside of a line of the client.
    fn fail_login(&mut self, fault: AuthFault, out: &mut BytesMut) {
        self.end_login();
        self.go(on_outcome(
            self.position.phase(),
            Question::Auth,
            Outcome::Rejected,
        ));
        // The embedder knows: it is its answer that did not fit.
        let _ = self.refuse(Fault::Auth(fault), out);
        if self.input_ended {
            self.close(Closing::EndOfInput);
        } else {
            self.settle(out);
        }
    }
}

/// The start of a challenge, before it is known whether there is one; gives its place.
fn begin_challenge(out: &mut BytesMut) -> usize {
    let start = out.len();
    out.extend_from_slice(b"334 ");
    start
}
