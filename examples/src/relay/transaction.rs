//! The transactions of one client with the next server. What that server says is said to the client.

use std::time::Duration;

use mailwire_smtp_proto::client::{CommandId, Event, Extension, NotNow, ReuseKey};
use mailwire_smtp_proto::command::{MailBuf, RcptBuf};
use mailwire_smtp_proto::ehlo::SizeOffer;
use mailwire_smtp_proto::params::Body;
use mailwire_smtp_proto::reply::{Class, Code, ReceivedReply, Reply};
use mailwire_smtp_proto::table::{Outcome, Phase};
use mailwire_smtp_proto::tokio_io::client::{ClientError, Connection};
use tokio::time::timeout;
use tracing::info;

use super::open::Stream;

/// For so long a goodbye is waited for.
const FAREWELL: Duration = Duration::from_secs(5);

/// A session with the next server, for one client of ours at a time.
pub struct Upstream {
    connection: Connection<Box<dyn Stream>>,
    /// What it is kept apart from others by; `None` if it is for one client alone.
    key: Option<ReuseKey>,
    /// Why the message will be refused at its end.
    refusal: Option<Reply>,
    /// Nothing can be said any more.
    is_broken: bool,
}

impl std::fmt::Debug for Upstream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upstream")
            .field("phase", &self.connection.session().phase())
            .field("is_broken", &self.is_broken)
            .finish_non_exhaustive()
    }
}

/// The next server has gone away, or has said what nobody understands: it may work later.
fn lost() -> Reply {
    Reply::fixed(451, (4, 4, 2), "The next server is gone, try again later")
}

/// What a message is to be passed on with that the next server does not offer.
fn conversion() -> Reply {
    Reply::fixed(
        554,
        (5, 6, 3),
        "The next server does not take this kind of message",
    )
}

impl Upstream {
    pub(super) fn new(connection: Connection<Box<dyn Stream>>, key: Option<ReuseKey>) -> Self {
        Self {
            connection,
            key,
            refusal: None,
            is_broken: false,
        }
    }

    pub(super) const fn reuse_key(&self) -> Option<&ReuseKey> {
        self.key.as_ref()
    }

    /// Whether another transaction may be begun.
    #[must_use]
    pub fn may_begin(&self) -> bool {
        !self.is_broken && self.connection.session().may_be_reused()
    }

    /// Whether the content of a message is going through.
    #[must_use]
    pub fn is_in_content(&self) -> bool {
        self.connection.session().phase() == Phase::Content
    }

    /// MAIL. `added` is how many octets the message grows by here.
    ///
    /// # Errors
    ///
    /// What to say to the client.
    pub async fn mail(&mut self, mail: &MailBuf, added: u64) -> Result<(), Reply> {
        self.refusal = None;
        let mail = mail.borrow();
        let offered = self.connection.session().capabilities();
        let mut parameters = mailwire_smtp_proto::params::MailParameters::default();
        if offered.size() != SizeOffer::NotOffered {
            let size = mail.parameters.size;
            parameters.size = size.map(|it| it.saturating_add(added));
        }
        // What was not declared to have octets above 127 has none (RFC 6152 section 3).
        match mail.parameters.body {
            Some(Body::EightBitMime) if !offered.eight_bit_mime() => return Err(conversion()),
            Some(Body::BinaryMime) => return Err(conversion()),
            body => parameters.body = body.filter(|_| offered.eight_bit_mime()),
        }
        parameters.smtputf8 = mail.parameters.smtputf8;
        let said = self.connection.mail(&mail.reverse_path, &parameters);
        self.reply(said).await
    }

    /// RCPT.
    ///
    /// # Errors
    ///
    /// What to say to the client.
    pub async fn rcpt(&mut self, rcpt: &RcptBuf) -> Result<(), Reply> {
        let path = rcpt.borrow().forward_path;
        let said = self.connection.rcpt(&path, &Default::default());
        self.reply(said).await
    }

    /// DATA: the content may come when this says so.
    ///
    /// # Errors
    ///
    /// What to say to the client.
    pub async fn data(&mut self) -> Result<(), Reply> {
        let said = self.connection.data();
        self.reply(said).await
    }

    /// A piece of content. What goes wrong is told by [`end`](Self::end).
    pub async fn content(&mut self, octets: &[u8]) {
        if self.refusal.is_some() {
            return;
        }
        match self.connection.content(octets).await {
            Ok(Ok(())) => {}
            // It has something to say in the middle: no is all that it can be.
            Ok(Err(NotNow::MustWait)) => self.refusal = Some(self.interruption().await),
            Ok(Err(not_now)) => {
                self.is_broken = true;
                info!(error = %not_now, "content is not passed on");
                self.refusal = Some(lost());
            }
            Err(error) => self.refusal = Some(self.broken(&error)),
        }
    }

    /// The end of the content, and what the next server says of each of `accepted` recipients, in their
    /// order; in SMTP that is the same for all. Who is refused has no message, or it is not known whether.
    pub async fn end(&mut self, accepted: usize) -> Vec<Result<String, Reply>> {
        if let Some(refusal) = self.refusal.take() {
            return vec![Err(refusal); accepted];
        }
        let said = self.connection.end_of_content();
        let replies = self
            .connection
            .session()
            .config()
            .dialect
            .replies_to_message(accepted);
        let mut verdicts = vec![self.words(said).await];
        while verdicts.len() < replies {
            verdicts.push(match self.is_broken {
                // After 421 or a loss there are no more.
                true => Err(lost()),
                false => self.heard().await,
            });
        }
        let last = verdicts.last().cloned().unwrap_or_else(|| Err(lost()));
        verdicts.resize(accepted, last);
        verdicts
    }

    /// Drops a transaction that is open. One whose content has begun can only be ended by closing, and so can
    /// one that the server takes long to forget: nobody needs to know what it says.
    pub async fn reset(&mut self) {
        let phase = self.connection.session().phase();
        if phase == Phase::Content {
            self.is_broken = true;
        } else if phase.in_transaction() && !self.is_broken {
            let said = self.connection.rset();
            let reply = timeout(FAREWELL, self.reply(said)).await;
            if !matches!(reply, Ok(Ok(()))) {
                self.is_broken = true;
            }
        }
    }

    /// Whether the server has said nothing, and has not closed, since the last reply.
    pub async fn is_quiet(&mut self) -> bool {
        self.connection.is_quiet().await
    }

    /// Takes leave.
    pub async fn quit(mut self) {
        let farewell = async {
            if !self.is_broken && !self.is_in_content() && self.connection.quit().is_ok() {
                let _ = self.connection.next().await;
            }
            let _ = self.connection.close().await;
        };
        let _ = timeout(FAREWELL, farewell).await;
    }

    /// The reply to what was said.
    async fn reply(&mut self, said: Result<CommandId, NotNow>) -> Result<(), Reply> {
        self.words(said).await.map(|_| ())
    }

    /// The words of the reply to what was said.
    async fn words(&mut self, said: Result<CommandId, NotNow>) -> Result<String, Reply> {
        if let Err(not_now) = said {
            return Err(self.unsaid(&not_now));
        }
        self.heard().await
    }

    /// The next reply.
    async fn heard(&mut self) -> Result<String, Reply> {
        let heard = match self.connection.next().await {
            Ok(Some(event)) => Ok((outcome(&event), event.reply().to_owned())),
            Ok(None) => Err(None),
            Err(error) => Err(Some(error)),
        };
        match heard {
            Ok((Some(Outcome::Accepted), reply)) => Ok(reply.to_string()),
            Ok((Some(_), reply)) => Err(passed_on(&reply)),
            Ok((None, reply)) => {
                self.is_broken = true;
                info!(%reply, "the next server ends its session");
                Err(lost())
            }
            Err(Some(error)) => Err(self.broken(&error)),
            Err(None) => {
                self.is_broken = true;
                Err(lost())
            }
        }
    }

    /// What has come in the middle of content.
    async fn interruption(&mut self) -> Reply {
        let heard = match self.connection.next().await {
            Ok(Some(event)) => Some(event.reply().to_owned()),
            Ok(None) => None,
            Err(error) => return self.broken(&error),
        };
        self.is_broken = true;
        heard.map_or_else(lost, |reply| passed_on(&reply))
    }

    fn unsaid(&mut self, not_now: &NotNow) -> Reply {
        info!(error = %not_now, "not said to the next server");
        match not_now {
            // RFC 6531 section 3.5.
            NotNow::NotOffered(Extension::Keyword("SMTPUTF8")) | NotNow::NotAscii => Reply::fixed(
                550,
                (5, 6, 7),
                "The next server takes no addresses outside of ASCII",
            ),
            NotNow::NotOffered(_) => conversion(),
            NotNow::TooLarge { .. } => Reply::fixed(552, (5, 3, 4), "Message too large"),
            NotNow::TooManyRecipients | NotNow::TooManyDomains => {
                Reply::fixed(452, (4, 5, 3), "Too many recipients")
            }
            _ => {
                self.is_broken = true;
                lost()
            }
        }
    }

    fn broken(&mut self, error: &ClientError) -> Reply {
        self.is_broken = true;
        info!(%error, "the next server is lost");
        lost()
    }
}

/// `None` if it is the last word.
const fn outcome(event: &Event<'_>) -> Option<Outcome> {
    match event {
        Event::Reply { outcome, .. } | Event::Verdict { outcome, .. } => Some(*outcome),
        _ => None,
    }
}

/// The next server's no, as ours. 421 would be about our own session, and its text may be in lines.
fn passed_on(reply: &ReceivedReply) -> Reply {
    let class = reply.code.class();
    if reply.code == Code::UNAVAILABLE || !matches!(class, Class::Transient | Class::Permanent) {
        return lost();
    }
    let enhanced = reply.enhanced.map(crate::status::numbers);
    let enhanced = enhanced.unwrap_or(match class {
        Class::Transient => (4, 0, 0),
        _ => (5, 0, 0),
    });
    Reply::from_parts(reply.code.value(), enhanced, &reply.lines.join(" "))
}
