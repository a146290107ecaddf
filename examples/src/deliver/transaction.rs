//! The mail transaction: MAIL, RCPT and DATA in one flight where that is offered, then the content,
//! then the verdicts.

use std::collections::HashMap;
use std::fmt::Display;

use mailwire_smtp_proto::client::{CommandId, Extension, NotNow};
use mailwire_smtp_proto::ehlo::SizeOffer;
use mailwire_smtp_proto::params::{Body, MailParameters, RcptParameters};
use mailwire_smtp_proto::table::Outcome;
use mailwire_smtp_proto::tokio_io::client::Connection;
use mailwire_smtp_proto::verb::Verb;
use tokio::io::{AsyncRead, AsyncWrite};

use super::dialogue::{About, Dialogue, Heard};
use super::failure::Failure;

/// Where the transaction stands, by the replies that are in.
#[derive(Debug)]
struct Progress {
    /// Recipients by the RCPT they were asked for with.
    asked: HashMap<CommandId, usize>,
    /// Recipients that RCPT has not been answered for.
    unanswered: usize,
    accepted: usize,
    /// MAIL was refused, or the session ended: nothing more is said, and what is still answered to
    /// the flight is no more than a consequence.
    is_over: bool,
    /// 354 is in.
    wants_content: bool,
}

impl Progress {
    fn new(recipients: usize) -> Self {
        Self {
            asked: HashMap::with_capacity(recipients),
            unanswered: recipients,
            accepted: 0,
            is_over: false,
            wants_content: false,
        }
    }

    /// Nobody is left to deliver to.
    const fn is_hopeless(&self) -> bool {
        self.is_over || (self.unanswered == 0 && self.accepted == 0)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Dialogue<'_, '_, S> {
    /// Sends the message. When it gives `Ok` every recipient has its final reply in the record.
    pub(super) async fn transact(&mut self) -> Result<(), Failure> {
        let parameters = self.mail_parameters()?;
        let prepared = self.delivery.prepared;
        let mut progress = Progress::new(prepared.recipients.len());

        let sender = prepared.sender.borrow();
        let line = format_args!("MAIL FROM:{sender}{parameters}");
        self.say(&mut progress, line, |connection| {
            connection.mail(&sender, &parameters)
        })
        .await?;
        for (recipient, path) in prepared.recipients.iter().enumerate() {
            let path = path.borrow();
            let id = self
                .say(
                    &mut progress,
                    format_args!("RCPT TO:{path}"),
                    |connection| connection.rcpt(&path, &RcptParameters::default()),
                )
                .await?;
            match id {
                Some(id) => progress.asked.insert(id, recipient),
                None => break,
            };
        }
        self.say(&mut progress, "DATA", Connection::data).await?;
        self.take_all(&mut progress).await?;

        if progress.wants_content {
            self.content(&progress).await?;
        }
        Ok(())
    }

    /// SIZE where it is offered (RFC 1870), BODY=8BITMIME where the message needs it.
    fn mail_parameters(&self) -> Result<MailParameters<'static>, Failure> {
        let offered = self.connection.session().capabilities();
        let content = self.delivery.prepared.content;
        let mut parameters = MailParameters::default();
        if offered.size() != SizeOffer::NotOffered {
            parameters.size = Some(content.size());
        }
        if content.is_eight_bit() {
            if !offered.eight_bit_mime() {
                let missing = NotNow::NotOffered(Extension::EightBitMime);
                return Err(Failure::local(
                    missing.name(),
                    "The message has octets above 127 and the server does not offer 8BITMIME, so it \
                     must not get them (RFC 6152 section 3): encode the message in 7 bits \
                     (quoted-printable or base64), or switch 8BITMIME on at the server.",
                ));
            }
            parameters.body = Some(Body::EightBitMime);
        }
        Ok(parameters)
    }

    /// Says a command of the flight, after the replies that have to be in first. `None`: the replies
    /// have made it pointless, and it was not said.
    async fn say(
        &mut self,
        progress: &mut Progress,
        line: impl Display,
        command: impl Fn(&mut Connection<S>) -> Result<CommandId, NotNow>,
    ) -> Result<Option<CommandId>, Failure> {
        if !self.delivery.plan.pipelining {
            self.take_all(progress).await?;
        }
        loop {
            if progress.is_hopeless() {
                return Ok(None);
            }
            match command(&mut self.connection) {
                // The flight is full, or there is none because PIPELINING is not offered.
                Err(NotNow::MustWait) => self.take(progress).await?,
                said => return self.said(line, said).map(Some),
            }
        }
    }

    async fn take_all(&mut self, progress: &mut Progress) -> Result<(), Failure> {
        while self.connection.session().awaited().is_some() {
            self.take(progress).await?;
        }
        Ok(())
    }

    /// Takes one reply to the flight.
    async fn take(&mut self, progress: &mut Progress) -> Result<(), Failure> {
        let heard = self.hear_aside().await?;
        let record = &mut self.delivery.record;
        match heard.about {
            About::Closing => {
                progress.is_over = true;
                record.refuse("service_closing", &heard.reply);
                record.settle_the_rest(&heard.reply);
            }
            _ if progress.is_over => {}
            About::Command(Some(Verb::Rcpt), outcome) => {
                progress.unanswered = progress.unanswered.saturating_sub(1);
                record.note(&heard.reply);
                if outcome == Outcome::Accepted {
                    progress.accepted = progress.accepted.saturating_add(1);
                } else if let Some(recipient) = heard.id.and_then(|id| progress.asked.get(&id)) {
                    record.settle(*recipient, &heard.reply);
                }
            }
            About::Command(Some(Verb::Data), Outcome::Accepted) => progress.wants_content = true,
            // Without a recipient DATA is refused because RCPT was.
            About::Command(Some(Verb::Data), _) if progress.accepted == 0 => {}
            About::Command(Some(Verb::Data), _) => {
                record.refuse("data_rejected", &heard.reply);
                record.settle_the_rest(&heard.reply);
            }
            About::Command(_, Outcome::Accepted) => record.note(&heard.reply),
            _ => {
                progress.is_over = true;
                record.refuse("mail_rejected", &heard.reply);
                record.settle_the_rest(&heard.reply);
            }
        }
        Ok(())
    }

    /// The content after 354, and the verdicts on it.
    async fn content(&mut self, progress: &Progress) -> Result<(), Failure> {
        let content = self.delivery.prepared.content;
        let is_for_nobody = progress.is_hopeless();
        if is_for_nobody {
            // A server may say 354 though it refused everybody; then the content is to be empty
            // (RFC 2920 section 3.1).
            self.delivery.transcript.note("no recipient; no content");
        } else {
            let size = content.size();
            for piece in content.pieces() {
                self.connection.content(piece).await??;
            }
            self.delivery
                .transcript
                .said(format_args!("({size} octets of content)"));
            self.delivery.record.content_ended = true;
        }
        let said = self.connection.end_of_content();
        self.said(".", said)?;
        while self.connection.session().awaited().is_some() {
            let heard = self.hear_aside().await?;
            if !is_for_nobody {
                self.verdict(progress, &heard);
            }
        }
        Ok(())
    }

    fn verdict(&mut self, progress: &Progress, heard: &Heard) {
        let record = &mut self.delivery.record;
        let recipient = match heard.about {
            About::Verdict(recipient) => recipient.and_then(|id| progress.asked.get(&id)),
            _ => {
                record.refuse("service_closing", &heard.reply);
                None
            }
        };
        if heard.reply.code >= 400 && heard.about != About::Closing {
            record.refuse("message_rejected", &heard.reply);
        }
        match recipient {
            Some(recipient) => record.settle(*recipient, &heard.reply),
            None => record.settle_the_rest(&heard.reply),
        }
    }
}
