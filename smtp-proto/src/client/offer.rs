//! What the server offers, and how far: checked before a command that goes beyond it is said.

use super::Session;
use super::error::{Extension, NotNow};
use crate::ehlo::SizeOffer;
use crate::params::{MailParameters, Release};
use crate::path::ForwardPath;

impl Session {
    /// That the server offers what parameters belong to.
    pub(super) fn offered(
        &self,
        extensions: impl Iterator<Item = &'static str>,
    ) -> Result<(), NotNow> {
        extensions
            .into_iter()
            .find(|keyword| !self.capabilities.offers(keyword))
            .map_or(Ok(()), |keyword| {
                Err(NotNow::NotOffered(Extension::by_keyword(keyword)))
            })
    }

    /// That the server takes such a message at all, by the numbers that it offers.
    pub(super) fn within_offer(&self, parameters: &MailParameters<'_>) -> Result<(), NotNow> {
        if let (Some(size), SizeOffer::Maximum(maximum)) =
            (parameters.size, self.capabilities.size())
        {
            if size > maximum {
                return Err(NotNow::TooLarge { size, maximum });
            }
        }
        if let (Some(by), Some(minimum)) = (parameters.deliver_by, self.capabilities.deliver_by()) {
            // RFC 2852 section 4: zero and less are a matter of the mode, not of the minimum.
            let asked = u64::try_from(by.seconds()).unwrap_or_default();
            if asked > 0 && asked < minimum {
                return Err(NotNow::DeliverByTooSoon { minimum });
            }
        }
        if let (Some(release), Some(offer)) =
            (parameters.release, self.capabilities.future_release())
        {
            let is_beyond = match release {
                Release::For(hold) => hold > offer.interval,
                Release::Until(moment) => moment > offer.date_time,
            };
            if is_beyond {
                return Err(NotNow::HeldTooLong);
            }
        }
        let limits = self.capabilities.limits();
        if limits.mail.is_some_and(|most| self.transactions >= most) {
            return Err(NotNow::TooManyTransactions);
        }
        Ok(())
    }

    /// That the server takes one more recipient, and of this domain (RFC 9422 section 4).
    pub(super) fn within_limits(&self, path: &ForwardPath<'_>) -> Result<(), NotNow> {
        let limits = self.capabilities.limits();
        if limits.rcpt.is_some_and(|most| self.recipients >= most) {
            return Err(NotNow::TooManyRecipients);
        }
        // A domain costs an allocation, so it is looked at only where a limit is about it.
        let Some(most) = limits.rcpt_domain else {
            return Ok(());
        };
        let domains = &self.domains;
        let is_new = domain(path).is_some_and(|domain| !domains.contains(&domain));
        if is_new && u32::try_from(domains.len()).is_ok_and(|there| there >= most) {
            return Err(NotNow::TooManyDomains);
        }
        Ok(())
    }

    /// Counts a recipient that is being said.
    pub(super) fn count_recipient(&mut self, path: &ForwardPath<'_>) {
        self.recipients = self.recipients.saturating_add(1);
        // Nothing is kept that no limit is about.
        if self.capabilities.limits().rcpt_domain.is_none() {
            return;
        }
        if let Some(domain) = domain(path).filter(|it| !self.domains.contains(it)) {
            self.domains.push(domain);
        }
    }

    /// Counts a transaction that is being begun.
    pub(super) fn count_transaction(&mut self) {
        self.transactions = self.transactions.saturating_add(1);
        self.recipients = 0;
    }
}

fn domain(path: &ForwardPath<'_>) -> Option<Box<str>> {
    let host = path.mailbox()?.host().to_string();
    Some(host.to_ascii_lowercase().into())
}
