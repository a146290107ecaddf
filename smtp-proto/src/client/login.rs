//! AUTH: the choice of a mechanism, and the exchange (RFC 4954).
//!
//! ```text
//!   configured ──► allowed by policy here? ──► offered in this epoch? ──► the strongest: AUTH
//!                                                                 334 ──► auth_response
//!   504, 534 ──► auth_next: the next one that will do             4yz, 5yz ──► the end
//! ```
//!
//! Never one that was not offered, never unauthenticated instead, and never a weaker one because a
//! password was wrong: whoever is on the path could otherwise choose. Behind 504 and 534 it may be a
//! weaker one, as RFC 4954 section 6 has it, and whoever could forge these could forge what is offered
//! as well; to keep a password from being shown, leave PLAIN and LOGIN out of the candidates, or demand
//! TLS with a verified certificate, behind which nobody forges.

use std::time::Instant;

use bytes::BytesMut;
use mailwire_tls_policy::outbound::{MechanismClass, Refusal, authenticate};

use super::{Awaited, CommandId, Fault, NoMechanism, NotNow, Session};
use crate::auth::client::{Candidates, Exchange};
use crate::auth::{MechanismName, MechanismNameBuf};
use crate::reply::Code;
use crate::table::Outcome;
use crate::verb::Verb;

/// The longest command line, CRLF included, that every server takes (RFC 5321 section 4.5.3.1.4).
const COMMAND_LINE: usize = 512;

/// A login that has begun.
#[derive(Debug)]
pub(super) struct Login {
    exchange: Exchange,
    /// What is left to try.
    candidates: Candidates,
    /// The server does not want this mechanism, and may want another.
    may_fall_back: bool,
    /// It was given up: a server that goes on asking would go on for ever.
    is_cancelled: bool,
}

impl Session {
    /// AUTH, with the strongest of the candidates that the server offers in this epoch and policy allows
    /// on this channel. The initial response is left out if it does not fit a command line (RFC 4954
    /// section 4); the server then asks for it.
    ///
    /// What comes of it is an [`Event::Challenge`](super::Event::Challenge), which wants
    /// [`auth_response`](Self::auth_response), or the reply.
    ///
    /// # Errors
    ///
    /// [`NotNow::NoMechanism`] with the three sets if they do not meet, and [`NotNow::Policy`] if TLS is
    /// demanded and missing: no octet of a secret is in `out` then.
    pub fn auth(
        &mut self,
        candidates: Candidates,
        now: Instant,
        out: &mut BytesMut,
    ) -> Result<CommandId, NotNow> {
        self.check(Verb::Auth)?;
        if self.authenticated {
            return Err(NotNow::AlreadyAuthenticated);
        }
        self.permit_mail()?;
        self.begin_login(candidates, now, out)
    }

    /// The response to the last challenge.
    ///
    /// # Errors
    ///
    /// [`NotNow::NoChallenge`]; [`NotNow::Auth`] if the challenge is one that the mechanism cannot go
    /// on from: [`auth_cancel`](Self::auth_cancel) it.
    pub fn auth_response(&mut self, now: Instant, out: &mut BytesMut) -> Result<CommandId, NotNow> {
        self.check_challenge()?;
        let login = self.login.as_mut().ok_or(NotNow::NoChallenge)?;
        login.exchange.respond(out)?;
        Ok(self.sent(Verb::Auth, now, out))
    }

    /// AUTH with the next mechanism that will do, after the server has refused one with 504 or 534, by
    /// which it says that another may be tried.
    ///
    /// # Errors
    ///
    /// [`NotNow::NoFallback`] if it has not said so, or nothing else will do.
    pub fn auth_next(&mut self, now: Instant, out: &mut BytesMut) -> Result<CommandId, NotNow> {
        self.check(Verb::Auth)?;
        let login = self.login.take().filter(|it| it.may_fall_back);
        let Some(login) = login else {
            return Err(NotNow::NoFallback);
        };
        match self.begin_login(login.candidates, now, out) {
            Err(NotNow::NoMechanism(_)) => Err(NotNow::NoFallback),
            other => other,
        }
    }

    /// `*`: gives the exchange up (RFC 4954 section 4).
    ///
    /// # Errors
    ///
    /// [`NotNow::NoChallenge`].
    pub fn auth_cancel(&mut self, now: Instant, out: &mut BytesMut) -> Result<CommandId, NotNow> {
        self.check_challenge()?;
        if let Some(login) = &mut self.login {
            login.is_cancelled = true;
        }
        out.extend_from_slice(b"*");
        Ok(self.sent(Verb::Auth, now, out))
    }

    /// The mechanism of the login that has begun.
    #[must_use]
    pub fn mechanism(&self) -> Option<MechanismName<'_>> {
        self.login.as_ref().map(|it| it.exchange.name())
    }

    fn begin_login(
        &mut self,
        mut candidates: Candidates,
        now: Instant,
        out: &mut BytesMut,
    ) -> Result<CommandId, NotNow> {
        let configured: Vec<_> = candidates.names().map(MechanismName::to_owned).collect();
        let will_do = |name: MechanismName<'_>| {
            self.permits(name).is_ok() && self.capabilities.offers_mechanism(name.as_str())
        };
        // One that has nothing to begin with is passed over for the next: it was never said.
        let mut unable = None;
        let mut exchange = loop {
            let Some(mechanism) = candidates.take(will_do) else {
                return Err(match unable {
                    Some(fault) => NotNow::Auth(fault),
                    None => NotNow::NoMechanism(Box::new(self.no_mechanism(configured))),
                });
            };
            match Exchange::begin(mechanism) {
                Ok(exchange) => break exchange,
                Err(fault) => unable = unable.or(Some(fault)),
            }
        };
        out.extend_from_slice(b"AUTH ");
        out.extend_from_slice(exchange.name().as_str().as_bytes());
        let start = out.len();
        out.extend_from_slice(b" ");
        // `AUTH `, the name, a blank and CRLF are in the limit as well.
        let room = COMMAND_LINE.saturating_sub("AUTH ".len() + exchange.name().as_str().len() + 3);
        if !exchange.initial_response(room, out) {
            out.truncate(start);
        }
        self.login = Some(Box::new(Login {
            exchange,
            candidates,
            may_fall_back: false,
            is_cancelled: false,
        }));
        Ok(self.sent(Verb::Auth, now, out))
    }

    /// Why none of them will do.
    fn no_mechanism(&self, configured: Vec<MechanismNameBuf>) -> NoMechanism {
        let refusal = |name: &MechanismNameBuf| self.permits(name.borrow()).err();
        let offered =
            |name: &&MechanismNameBuf| self.capabilities.offers_mechanism(name.borrow().as_str());
        let allowed: Vec<_> = configured
            .iter()
            .filter(|it| refusal(it).is_none())
            .cloned()
            .collect();
        let of_offered = configured.iter().filter(offered).find_map(refusal);
        let of_any = || {
            configured
                .iter()
                .find_map(refusal)
                .filter(|_| allowed.is_empty())
        };
        NoMechanism {
            offered: self
                .capabilities
                .auth()
                .map(MechanismName::to_owned)
                .collect(),
            refusal: of_offered.or_else(of_any),
            allowed,
            configured,
        }
    }

    fn permits(&self, mechanism: MechanismName<'_>) -> Result<(), Refusal> {
        authenticate(
            &self.config.policy,
            self.channel,
            self.config.location,
            MechanismClass::of(mechanism.as_str()),
        )
    }

    /// What a reply to AUTH, or to a response, means for the exchange.
    pub(super) fn login_reply(
        &mut self,
        outcome: Outcome,
        code: Code,
        text: &[u8],
    ) -> Result<(), Fault> {
        let Some(login) = &mut self.login else {
            return Ok(());
        };
        match outcome {
            // RFC 4954 section 4 has 501 here.
            Outcome::Continued if login.is_cancelled => {
                return Err(Fault::UnexpectedReply {
                    awaited: Awaited::Reply(Verb::Auth),
                    code,
                });
            }
            Outcome::Continued => {
                // What is wrong with it, `auth_response` tells.
                let _ = login.exchange.challenge(text);
            }
            Outcome::Accepted => {
                login.exchange.succeeded().map_err(Fault::Unproven)?;
                self.authenticated = true;
                self.login = None;
            }
            // RFC 4954 section 6: this mechanism is not known, or too weak for this user.
            Outcome::Rejected if matches!(code.value(), 504 | 534) => login.may_fall_back = true,
            // What it was to log in with is not kept for longer.
            Outcome::Rejected => self.login = None,
            Outcome::Closing => self.login = None,
        }
        Ok(())
    }
}
