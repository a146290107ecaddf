//! Whether the peer waits where it has to.

use super::config::EarlyTalk;
use super::extensions::Extension;
use super::{Fault, Session};
use crate::table::Phase;
use crate::verb::Verb;

impl Session {
    /// Whether the peer waits where it has to.
    pub(super) fn listen(&mut self, verb: Option<Verb>, behind: &[u8]) -> Result<(), Fault> {
        if behind.is_empty() || self.config.early_talk == EarlyTalk::Allow {
            return Ok(());
        }
        let pipelining =
            self.position.after_hello() == Phase::Ehlo && self.offers(Extension::Pipelining);
        let has_to_wait = match verb {
            // STARTTLS is judged where TLS begins, and behind QUIT nothing is read.
            Some(Verb::StartTls | Verb::Quit) => false,
            // What a chunk is made of follows it.
            Some(Verb::Bdat) => false,
            // RFC 2920 section 3.1, and RFC 4954 section 4 of AUTH.
            Some(
                Verb::Helo
                | Verb::Ehlo
                | Verb::Lhlo
                | Verb::Auth
                | Verb::Data
                | Verb::Vrfy
                | Verb::Expn
                | Verb::Noop
                | Verb::Etrn
                // It begins anew, with a greeting.
                | Verb::Xclient,
            ) => true,
            Some(Verb::Mail | Verb::Rcpt | Verb::Rset | Verb::Help | Verb::Xforward) | None => {
                !pipelining
            }
        };
        let hello = matches!(verb, Some(Verb::Helo | Verb::Ehlo | Verb::Lhlo));
        let goodbye = hello && behind.eq_ignore_ascii_case(b"QUIT\r\n");
        if !has_to_wait || goodbye {
            return Ok(());
        }
        self.hear_early_talk(behind)
    }

    /// Whether nothing was said behind a line that has to be the last of its flight.
    pub(super) fn hear_early_talk(&mut self, behind: &[u8]) -> Result<(), Fault> {
        if behind.is_empty() || self.config.early_talk == EarlyTalk::Allow {
            return Ok(());
        }
        self.talked_early = true;
        match self.config.early_talk {
            EarlyTalk::Reject => Err(Fault::EarlyTalk),
            EarlyTalk::Note | EarlyTalk::Allow => Ok(()),
        }
    }
}
