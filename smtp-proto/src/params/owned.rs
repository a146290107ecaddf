//! The owned twins of all parameters of a command, as a queue keeps them.

use super::{
    EnvelopeId, EnvelopeIdBuf, MailParameters, OriginalRecipient, OriginalRecipientBuf,
    ParameterError, RcptParameters, Solicitation, SolicitationBuf, Submitter, SubmitterBuf,
    UnknownParametersBuf,
};
use crate::grammar;

/// The owned twin of [`MailParameters`].
#[derive(Clone)]
pub struct MailParametersBuf {
    /// What borrows nothing; the fields that would are at their defaults.
    unborrowed: MailParameters<'static>,
    envelope_id: Option<EnvelopeIdBuf>,
    auth: Option<SubmitterBuf>,
    solicitation: Option<SolicitationBuf>,
    unknown: UnknownParametersBuf,
}

/// The owned twin of [`RcptParameters`].
#[derive(Clone)]
pub struct RcptParametersBuf {
    /// What borrows nothing; the fields that would are at their defaults.
    unborrowed: RcptParameters<'static>,
    original_recipient: Option<OriginalRecipientBuf>,
    unknown: UnknownParametersBuf,
}

impl MailParameters<'_> {
    /// The owned twin.
    #[must_use]
    pub fn to_owned(self) -> MailParametersBuf {
        // Taken apart, so that a field that is added and not kept does not compile.
        let Self {
            size,
            body,
            smtputf8,
            require_tls,
            ret,
            envelope_id,
            auth,
            deliver_by,
            release,
            priority,
            solicitation,
            unknown,
        } = self;
        MailParametersBuf {
            unborrowed: MailParameters {
                size,
                body,
                smtputf8,
                require_tls,
                ret,
                deliver_by,
                release,
                priority,
                ..MailParameters::default()
            },
            envelope_id: envelope_id.map(EnvelopeId::to_owned),
            auth: auth.map(Submitter::to_owned),
            solicitation: solicitation.map(Solicitation::to_owned),
            unknown: unknown.to_owned(),
        }
    }
}

impl MailParametersBuf {
    /// The borrowed form. It is not parsed again.
    #[must_use]
    pub fn borrow(&self) -> MailParameters<'_> {
        MailParameters {
            envelope_id: self.envelope_id.as_ref().map(EnvelopeIdBuf::borrow),
            auth: self.auth.as_ref().map(SubmitterBuf::borrow),
            solicitation: self.solicitation.as_ref().map(SolicitationBuf::borrow),
            unknown: self.unknown.borrow(),
            ..self.unborrowed
        }
    }
}

impl RcptParameters<'_> {
    /// The owned twin.
    #[must_use]
    pub fn to_owned(self) -> RcptParametersBuf {
        let Self {
            notify,
            original_recipient,
            valid_since,
            unknown,
        } = self;
        RcptParametersBuf {
            unborrowed: RcptParameters {
                notify,
                valid_since,
                ..RcptParameters::default()
            },
            original_recipient: original_recipient.map(OriginalRecipient::to_owned),
            unknown: unknown.to_owned(),
        }
    }
}

impl RcptParametersBuf {
    /// The borrowed form. It is not parsed again.
    #[must_use]
    pub fn borrow(&self) -> RcptParameters<'_> {
        RcptParameters {
            original_recipient: self
                .original_recipient
                .as_ref()
                .map(OriginalRecipientBuf::borrow),
            unknown: self.unknown.borrow(),
            ..self.unborrowed
        }
    }
}

grammar::owned_twin!(MailParametersBuf, MailParameters, ParameterError);
grammar::owned_twin!(RcptParametersBuf, RcptParameters, ParameterError);
