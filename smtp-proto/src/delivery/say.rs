//! What is said, and when.

use std::collections::VecDeque;
use std::time::Instant;

use bytes::BytesMut;
use mailwire_tls_policy::Channel;
use mailwire_tls_policy::outbound::TlsMode;

use super::{Chunking, Delivery, EightBit, Failure, Fate, PIECE, Stage};
use crate::client::{CommandId, Extension, NotNow};
use crate::ehlo::SizeOffer;
use crate::params::{Body, MailParameters};
use crate::table::Phase;
use crate::xclient::Name;

impl Delivery {
    /// Says whatever may be said now.
    pub(super) fn say(&mut self, now: Instant, out: &mut BytesMut) {
        match self.stage {
            Stage::Hello => {
                let said = self.session.hello(&self.plan.hello.borrow(), now, out);
                self.went(said, Stage::HelloSaid);
            }
            Stage::StartTls => {
                let said = self.session.start_tls(now, out);
                self.went(said, Stage::StartTlsSaid);
            }
            Stage::Xclient => self.say_xclient(now, out),
            _ => {}
        }
        // It follows at once where there is nothing to tell.
        if self.stage == Stage::Envelope {
            self.say_envelope(now, out);
        }
        // Whatever failed above is taken leave of at once.
        if self.stage == Stage::Leave {
            self.leave(now, out);
        }
    }

    /// HELO, behind an EHLO that is not known. Never where it would lose what is demanded: there are no
    /// TLS and no login behind it.
    pub(super) fn say_helo(&mut self, now: Instant, out: &mut BytesMut) {
        let said = self.session.helo(&self.plan.hello.borrow(), now, out);
        self.went(said, Stage::HelloSaid);
    }

    /// Whether HELO would do.
    pub(super) fn may_say_helo(&self) -> bool {
        let config = self.session.config();
        let demands_tls = config.policy.tls == TlsMode::StartTlsRequired;
        !self.plan.login && (!demands_tls || self.session.channel() == Channel::Tls)
    }

    /// The next command that tells whom the message comes from, or what comes behind the last.
    fn say_xclient(&mut self, now: Instant, out: &mut BytesMut) {
        let forwarding = match (self.forwarding.take(), &self.plan.xclient) {
            (Some(rest), _) => Ok(rest),
            (None, Some(identity)) => {
                let commands = identity.commands(self.session.capabilities());
                commands.map(VecDeque::from)
            }
            (None, None) => Ok(VecDeque::new()),
        };
        let mut forwarding = match forwarding {
            Ok(forwarding) => forwarding,
            Err(not_forwardable) => {
                return self.give_up(Failure::Local(not_forwardable.into()));
            }
        };
        match forwarding.front() {
            None => self.stage = self.behind_xclient(),
            Some(attributes) => {
                let said = self.session.xclient(attributes.borrow(), now, out);
                if said.is_ok() {
                    forwarding.pop_front();
                }
                self.went(said, Stage::XclientSaid);
            }
        }
        self.forwarding = Some(forwarding);
    }

    /// What comes when the server knows who it speaks to.
    const fn behind_xclient(&self) -> Stage {
        if self.plan.login && !self.has_logged_in {
            Stage::Login
        } else {
            Stage::Envelope
        }
    }

    /// Whether XCLIENT tells a login.
    pub(super) fn names_login(&self) -> bool {
        let identity = self.plan.xclient.as_ref();
        let login = identity.and_then(|it| it.value(Name::Login));
        login.is_some_and(|it| it.text().is_some())
    }

    fn went(&mut self, said: Result<CommandId, NotNow>, stage: Stage) {
        match said {
            Ok(_) => self.stage = stage,
            // Something has come that answers nothing; what it is, is seen before anything is said.
            Err(NotNow::MustWait) => {}
            Err(not_now) => self.give_up(Failure::Local(not_now)),
        }
    }

    /// MAIL, each RCPT, and DATA, as far as they go out together.
    fn say_envelope(&mut self, now: Instant, out: &mut BytesMut) {
        self.is_established = true;
        let recipients = self.plan.recipients.len();
        if recipients == 0 {
            self.stage = Stage::Leave;
            return;
        }
        if !self.say_xforward(now, out) {
            return;
        }
        while self.said <= recipients + 1 && !self.is_refused {
            if !self.plan.pipelining && self.session.awaited().is_some() {
                return;
            }
            let said = match self.said {
                0 => self.say_mail(now, out),
                place if place <= recipients => {
                    self.say_rcpt(place - 1, now, out);
                    if self.stage != Stage::Envelope || self.said == place {
                        return;
                    }
                    continue;
                }
                // With nobody to take it the content is not announced.
                _ if self.is_hopeless() => break,
                _ if self.chunks() => {
                    if self.session.awaited().is_none() {
                        self.said += 1;
                        self.begin_content(now);
                    }
                    return;
                }
                _ => self.session.data(now, out),
            };
            match said {
                Ok(_) => self.said += 1,
                Err(NotNow::MustWait) => return,
                Err(not_now) => return self.give_up(Failure::Local(not_now)),
            }
        }
        if self.session.awaited().is_none() && (self.is_refused || self.is_hopeless()) {
            self.stage = Stage::Leave;
        }
    }

    /// What the server may write into its log; tells whether all of it is said.
    fn say_xforward(&mut self, now: Instant, out: &mut BytesMut) -> bool {
        let mut logging = match (self.logging.take(), &self.plan.xforward) {
            (Some(rest), _) => rest,
            (None, Some(identity)) => identity.log_commands(self.session.capabilities()).into(),
            (None, None) => VecDeque::new(),
        };
        while let Some(attributes) = logging.front() {
            if !self.plan.pipelining && self.session.awaited().is_some() {
                break;
            }
            match self.session.xforward(attributes.borrow(), now, out) {
                Err(NotNow::MustWait) => break,
                // What cannot be said is left out.
                Err(_) => {}
                Ok(_) => self.has_told = true,
            }
            logging.pop_front();
        }
        let is_said = logging.is_empty();
        self.logging = Some(logging);
        is_said
    }

    fn say_mail(&mut self, now: Instant, out: &mut BytesMut) -> Result<CommandId, NotNow> {
        let mail = self.plan.mail.borrow();
        let parameters = self.parameters(mail.parameters)?;
        self.session.mail(&mail.reverse_path, &parameters, now, out)
    }

    /// What MAIL has to say of the message, by what the server offers.
    fn parameters<'p>(
        &self,
        mut parameters: MailParameters<'p>,
    ) -> Result<MailParameters<'p>, NotNow> {
        let (message, offered) = (&self.plan.message, self.session.capabilities());
        if offered.size() != SizeOffer::NotOffered {
            parameters.size = parameters.size.or(message.size);
        }
        match message.body {
            Body::SevenBit => {}
            Body::EightBitMime if offered.eight_bit_mime() => {
                parameters.body = parameters.body.or(Some(Body::EightBitMime));
            }
            Body::EightBitMime if self.plan.eight_bit == EightBit::SendAnyway => {}
            Body::EightBitMime => return Err(NotNow::NotOffered(Extension::EightBitMime)),
            Body::BinaryMime if !offered.chunking() => {
                return Err(NotNow::NotOffered(Extension::Chunking));
            }
            Body::BinaryMime => parameters.body = Some(Body::BinaryMime),
        }
        let is_utf8 = |it: &crate::command::RcptBuf| {
            let rcpt = it.borrow();
            !rcpt.forward_path.is_ascii() || !rcpt.parameters.is_ascii()
        };
        parameters.smtputf8 |= message.smtputf8
            || !self.plan.mail.borrow().reverse_path.is_ascii()
            || (offered.smtputf8() && self.plan.recipients.iter().any(is_utf8));
        Ok(parameters)
    }

    fn say_rcpt(&mut self, recipient: usize, now: Instant, out: &mut BytesMut) {
        let Some(rcpt) = self.plan.recipients.get(recipient) else {
            return;
        };
        let rcpt = rcpt.borrow();
        match self
            .session
            .rcpt(&rcpt.forward_path, &rcpt.parameters, now, out)
        {
            Ok(id) => {
                self.asked.insert(id, recipient);
                self.unanswered += 1;
                self.said += 1;
            }
            Err(NotNow::MustWait) => {}
            // These are about this recipient alone.
            Err(
                not_now @ (NotNow::NotAscii
                | NotNow::NotOffered(_)
                | NotNow::TooManyRecipients
                | NotNow::TooManyDomains),
            ) => {
                self.settle(recipient, Fate::Local(not_now));
                self.said += 1;
            }
            Err(not_now) => self.give_up(Failure::Local(not_now)),
        }
    }

    /// Every RCPT is said and answered, and nobody was accepted.
    fn is_hopeless(&self) -> bool {
        self.said > self.plan.recipients.len() && self.unanswered == 0 && self.accepted == 0
    }

    /// Whether the content goes out by BDAT.
    fn chunks(&self) -> bool {
        let offered = self.session.capabilities();
        match (self.plan.message.body, self.plan.chunking) {
            (Body::BinaryMime, _) => true,
            (_, Chunking::Never) => false,
            (_, Chunking::WhereOffered) => offered.chunking(),
            (_, Chunking::WhereItSaves) => {
                let is_one = |size| size <= PIECE as u64;
                offered.chunking()
                    && !offered.pipelining()
                    && self.plan.message.size.is_some_and(is_one)
            }
        }
    }

    /// Whether another chunk may follow those on the way.
    pub(super) fn wants_chunk(&self) -> bool {
        self.stage == Stage::Content
            && !self.is_ending
            && self.session.phase() != Phase::Content
            && self.session.may_chunk()
    }

    pub(super) fn begin_content(&mut self, now: Instant) {
        self.stage = Stage::Content;
        self.since = now;
    }

    /// QUIT, or RSET if the session is to be kept and a transaction is open.
    fn leave(&mut self, now: Instant, out: &mut BytesMut) {
        let is_kept = self.plan.keep && self.is_established;
        // What was told of a message that has not begun would be of the next one.
        let is_clean = self.session.may_be_reused() && !self.has_told;
        if is_kept && is_clean {
            self.stage = Stage::Ended;
            return;
        }
        let is_open = self.session.phase().in_transaction() || self.has_told;
        let said = if is_kept && is_open {
            self.session.rset(now, out)
        } else {
            self.session.quit(now, out)
        };
        match said {
            Ok(_) => self.stage = Stage::LeaveSaid,
            Err(NotNow::MustWait) => {}
            Err(_) => self.stage = Stage::Ended,
        }
    }
}
