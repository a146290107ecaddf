//! MAIL and RCPT: their arguments, and whether they ask for nothing but what is offered.

use std::time::Instant;

use super::{Event, Excess, Fault, Pending, Session};
use crate::charset::Charset;
use crate::command::{Mail, Rcpt, Reading, SyntaxError};
use crate::params::{Body, MailParameters, ParameterError, Release};
use crate::table::Question;
use crate::verb::Arguments;

impl Session {
    /// MAIL, parsed where the event is to be.
    pub(super) fn mail<'i>(
        &mut self,
        arguments: Arguments<'i>,
        now: Instant,
        event: &mut Option<Event<'i>>,
    ) -> Result<(), Fault> {
        let blank = Event::Mail {
            mail: Mail::NONE,
            pending: Pending::new(0),
        };
        if let Event::Mail { mail, pending } = event.insert(blank) {
            mail.read(Reading::default(), arguments)
                .map_err(Fault::Syntax)?;
            self.admit_mail(&mail.parameters)?;
            self.announced = Announced {
                charset: if mail.parameters.smtputf8 {
                    Charset::Utf8
                } else {
                    Charset::Ascii
                },
                binary: mail.parameters.body == Some(Body::BinaryMime),
            };
            *pending = self.ask(Question::Mail, now);
        }
        Ok(())
    }

    /// RCPT, as [`mail`](Self::mail).
    pub(super) fn rcpt<'i>(
        &mut self,
        arguments: Arguments<'i>,
        now: Instant,
        event: &mut Option<Event<'i>>,
    ) -> Result<(), Fault> {
        let (charset, accepted) = self
            .transaction
            .as_ref()
            .map_or((Charset::Ascii, 0), |it| (it.charset, it.accepted));
        let blank = Event::Rcpt {
            rcpt: Rcpt::NONE,
            pending: Pending::new(0),
        };
        if let Event::Rcpt { rcpt, pending } = event.insert(blank) {
            let reading = Reading::default().with_charset(charset);
            rcpt.read(reading, arguments).map_err(Fault::Syntax)?;
            let parameters = &rcpt.parameters;
            if !self.takes_parameters(parameters.extensions(), parameters.unknown, |it| &it.rcpt) {
                return Err(unknown_parameter());
            }
            let accepted = usize::try_from(accepted).unwrap_or(usize::MAX);
            if accepted >= self.config.limits.recipients {
                return Err(Fault::TooManyRecipients);
            }
            *pending = self.ask(Question::Rcpt, now);
        }
        Ok(())
    }

    /// Whether MAIL asks for nothing but what is offered.
    fn admit_mail(&self, parameters: &MailParameters<'_>) -> Result<(), Fault> {
        if self.transactions >= self.config.limits.transactions {
            return Err(Fault::TooMany(Excess::Transactions));
        }
        if !self.takes_parameters(parameters.extensions(), parameters.unknown, |it| &it.mail) {
            return Err(unknown_parameter());
        }
        let limit = self.config.limits.message_size;
        if parameters
            .size
            .zip(limit)
            .is_some_and(|(size, limit)| size > limit)
        {
            return Err(Fault::MessageTooLarge);
        }
        // RFC 4865 section 5: what is beyond the offer is a parameter that cannot be taken.
        let offer = self.config.extensions.future_release;
        let beyond = match (parameters.release, offer) {
            (Some(Release::For(interval)), Some(offer)) => interval > offer.interval,
            (Some(Release::Until(moment)), Some(offer)) => {
                moment.unix_seconds() > offer.date_time.unix_seconds()
            }
            _ => false,
        };
        if beyond {
            return Err(Fault::BeyondOffer);
        }
        Ok(())
    }
}

/// What MAIL announced, until it is accepted.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Announced {
    pub(super) charset: Charset,
    pub(super) binary: bool,
}

pub(super) fn unknown_parameter() -> Fault {
    Fault::Syntax(SyntaxError::Parameter(ParameterError::Unknown))
}
