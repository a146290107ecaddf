//! What was seen of a port, kept until there is something to conclude from it.

use mailwire_smtp_proto::ehlo::Capabilities;
use mailwire_tls_policy::diagnose::{Answer, Diagnosis, Listed, Seen, Stage, Symptom, diagnose};
use mailwire_tls_policy::outbound::Refusal;
use mailwire_tls_policy::{Channel, HandshakeFailure};

/// What was seen of a port so far.
#[derive(Debug)]
pub(super) struct Findings {
    port: u16,
    channel: Channel,
    listed: Option<Listed>,
    has_credentials: bool,
    is_authenticated: bool,
    /// The first thing that went wrong, if any did.
    symptom: Option<Kept>,
}

/// A symptom that holds what it is about.
#[derive(Debug)]
enum Kept {
    Symptom(Symptom<'static>),
    Reply {
        stage: Stage,
        code: u16,
        enhanced: Option<(u8, u16, u16)>,
        text: String,
    },
}

impl Findings {
    pub(super) const fn new(port: u16, has_credentials: bool) -> Self {
        Self {
            port,
            channel: Channel::Plain,
            listed: None,
            has_credentials,
            is_authenticated: false,
            symptom: None,
        }
    }

    /// Inside TLS; what was listed before does not hold any more.
    pub(super) const fn enter_tls(&mut self) {
        self.channel = Channel::Tls;
        self.listed = None;
    }

    pub(super) fn list(&mut self, capabilities: &Capabilities) {
        self.listed = Some(Listed {
            starttls: capabilities.starttls(),
            auth: capabilities.auth().next().is_some(),
            garbled: capabilities
                .keywords()
                .any(|(keyword, _)| Listed::is_garbled(keyword)),
        });
    }

    pub(super) const fn authenticate(&mut self) {
        self.is_authenticated = true;
    }

    /// Something is wrong. The first such thing is what counts: the rest follows from it.
    pub(super) fn end(&mut self, symptom: Symptom<'static>) {
        self.symptom.get_or_insert(Kept::Symptom(symptom));
    }

    pub(super) fn end_by_reply(
        &mut self,
        stage: Stage,
        code: u16,
        enhanced: Option<(u8, u16, u16)>,
        text: String,
    ) {
        self.symptom.get_or_insert(Kept::Reply {
            stage,
            code,
            enhanced,
            text,
        });
    }

    pub(super) fn end_by_handshake(&mut self, failure: HandshakeFailure) {
        self.end(Symptom::Handshake(failure));
    }

    /// The diagnosis.
    pub(super) fn diagnosis(&self) -> Diagnosis {
        let symptom = match &self.symptom {
            None => Symptom::None,
            Some(Kept::Symptom(symptom)) => *symptom,
            Some(Kept::Reply {
                stage,
                code,
                enhanced,
                text,
            }) => Symptom::Reply(Answer {
                stage: *stage,
                code: *code,
                enhanced: *enhanced,
                text,
            }),
        };
        diagnose(&self.with(self.channel, self.listed, symptom))
    }

    /// What a client would meet that logs in where nothing is wrong but that it may not.
    pub(super) fn without_login(&self, channel: Channel, listed: Listed) -> Diagnosis {
        let symptom = Symptom::Refused(Refusal::NoMechanism);
        diagnose(&self.with(channel, Some(listed), symptom))
    }

    fn with<'s>(&self, channel: Channel, listed: Option<Listed>, symptom: Symptom<'s>) -> Seen<'s> {
        let mut seen = Seen::new(self.port, channel, symptom);
        seen.listed = listed;
        seen.has_credentials = self.has_credentials;
        seen.is_authenticated = self.is_authenticated;
        seen
    }
}
