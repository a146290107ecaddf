//! One message on its way into its mailboxes.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::mailboxes::Mailbox;

use super::error::DeliveryError;
use super::folder;
use super::unique::UniqueName;

/// Octets kept before they are written to the file; the bound of a delivery's memory.
const BUFFER: usize = 64 * 1024;

/// A message being written. Nothing of it can be seen before [`commit`](Self::commit) or
/// [`commit_each`](Self::commit_each); dropped before that, it leaves nothing behind.
///
/// ```
/// use mailwire_examples::mailboxes::Mailbox;
/// use mailwire_examples::maildir::Delivery;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let root = folder.path();
/// let alice = Mailbox::new("alice", "example.test")?;
/// let mut delivery = Delivery::create(root, "edge.example.test", &[alice])?;
/// delivery.write(b"Subject: Hello\r\n\r\nIt works.\r\n")?;
/// delivery.commit()?;
/// assert_eq!(root.join("example.test/alice/new").read_dir()?.count(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a delivery that is not committed is removed"]
pub struct Delivery {
    id: String,
    file_name: String,
    /// `None` once the file is complete.
    file: Option<BufWriter<File>>,
    /// The mailboxes, each once.
    targets: Vec<Target>,
    /// For each recipient the index of its mailbox.
    recipients: Vec<usize>,
    /// The target that the file is written in.
    first: usize,
    /// Why writing went wrong; the message is lost then.
    error: Option<DeliveryError>,
}

#[derive(Debug)]
struct Target {
    folder: PathBuf,
    state: State,
}

#[derive(Debug)]
enum State {
    /// The Maildir is there, with nothing of this message in it.
    Waiting,
    /// A file in `tmp`.
    Temporary,
    /// A file in `new`.
    Delivered,
    /// Nothing, and there will be nothing.
    Failed(DeliveryError),
}

impl Delivery {
    /// Begins a message for these mailboxes below `root`, in the order of their recipients; one that
    /// comes twice gets one copy. `hostname` becomes part of the file's name. Missing folders are
    /// made.
    ///
    /// A mailbox that cannot be used does not keep the others from their mail; see
    /// [`commit_each`](Self::commit_each).
    ///
    /// # Errors
    ///
    /// Nothing can be written for any of the mailboxes, or there are none.
    pub fn create(
        root: &Path,
        hostname: &str,
        mailboxes: &[Mailbox],
    ) -> Result<Self, DeliveryError> {
        let name = UniqueName::new(hostname);
        let mut targets: Vec<Target> = Vec::new();
        let mut recipients = Vec::with_capacity(mailboxes.len());
        let mut known = std::collections::HashMap::new();
        for mailbox in mailboxes {
            let index = *known.entry(mailbox).or_insert_with(|| {
                targets.push(Target::open(mailbox.folder(root)));
                targets.len() - 1
            });
            recipients.push(index);
        }
        let mut delivery = Self {
            id: name.id,
            file_name: name.file,
            file: None,
            targets,
            recipients,
            first: 0,
            error: None,
        };
        delivery.open_file(root)?;
        Ok(delivery)
    }

    /// What tells this message from all others: 16 hexadecimal digits, which are also part of the
    /// file's name. Meant for the ID clause of a Received line.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Adds octets to the message.
    ///
    /// # Errors
    ///
    /// They could not be written. The message is lost, and each later call gives the same error.
    pub fn write(&mut self, octets: &[u8]) -> Result<(), DeliveryError> {
        if let Some(error) = &self.error {
            return Err(error.clone());
        }
        let written = match &mut self.file {
            Some(file) => file.write_all(octets),
            None => Ok(()),
        };
        written.map_err(|error| self.fail(error))
    }

    /// Why the message is lost already, if it is.
    #[must_use]
    pub const fn failure(&self) -> Option<&DeliveryError> {
        self.error.as_ref()
    }

    /// Delivers to all mailboxes or to none, and returns when everything is on the disk.
    ///
    /// This is for a dialogue with one reply for all recipients (RFC 5321 section 4.2.5).
    ///
    /// # Errors
    ///
    /// The first reason why one of them did not get the message; no other has it then.
    pub fn commit(mut self) -> Result<(), DeliveryError> {
        let done = self.finish_file().and_then(|()| {
            self.check()?;
            self.link();
            self.check()?;
            self.deliver();
            self.check()
        });
        if done.is_err() {
            self.withdraw();
        }
        done
    }

    /// Delivers to as many mailboxes as possible, and says for each recipient, in order, how it
    /// went; what is `Ok` is on the disk.
    ///
    /// This is for a dialogue with a reply for each recipient (RFC 2033 section 4.2).
    #[must_use]
    pub fn commit_each(mut self) -> Vec<Result<(), DeliveryError>> {
        if let Err(error) = self.finish_file() {
            return self.recipients.iter().map(|_| Err(error.clone())).collect();
        }
        self.link();
        self.deliver();
        let outcome = |index: &usize| match self.targets.get(*index) {
            Some(target) => target.check(),
            None => Ok(()),
        };
        self.recipients.iter().map(outcome).collect()
    }

    /// Opens the file in the first mailbox that lets it be made.
    fn open_file(&mut self, root: &Path) -> Result<(), DeliveryError> {
        let mut first_error = None;
        for (index, target) in self.targets.iter_mut().enumerate() {
            if let State::Waiting = target.state {
                match folder::create(&target.temporary(&self.file_name)) {
                    Ok(file) => {
                        target.state = State::Temporary;
                        self.file = Some(BufWriter::with_capacity(BUFFER, file));
                        self.first = index;
                        return Ok(());
                    }
                    Err(error) => target.state = State::Failed(error),
                }
            }
            if let (State::Failed(error), None) = (&target.state, &first_error) {
                first_error = Some(error.clone());
            }
        }
        let nobody = || std::io::Error::new(std::io::ErrorKind::InvalidInput, "no recipients");
        Err(first_error.unwrap_or_else(|| DeliveryError::new(root, nobody())))
    }

    /// Brings the file to the disk.
    fn finish_file(&mut self) -> Result<(), DeliveryError> {
        if let Some(error) = &self.error {
            return Err(error.clone());
        }
        let Some(mut file) = self.file.take() else {
            return Ok(());
        };
        let done = file.flush().and_then(|()| file.get_ref().sync_all());
        // Its octets are written or lost; either way dropping it must not write again.
        drop(file.into_parts());
        done.map_err(|error| self.fail(error))
    }

    /// Puts the complete file into the `tmp` of every other mailbox.
    fn link(&mut self) {
        let Some(first) = self
            .targets
            .get(self.first)
            .map(|target| target.temporary(&self.file_name))
        else {
            return;
        };
        for target in &mut self.targets {
            if let State::Waiting = target.state {
                target.state =
                    match folder::link_or_copy(&first, &target.temporary(&self.file_name)) {
                        Ok(()) => State::Temporary,
                        Err(error) => State::Failed(error),
                    };
            }
        }
    }

    /// Moves the file into `new` everywhere, then brings those folders to the disk.
    fn deliver(&mut self) {
        for target in &mut self.targets {
            if let State::Temporary = target.state {
                let (from, to) = (
                    target.temporary(&self.file_name),
                    target.delivered(&self.file_name),
                );
                target.state = match fs::rename(&from, &to) {
                    Ok(()) => State::Delivered,
                    Err(error) => {
                        let _ = fs::remove_file(&from);
                        State::Failed(DeliveryError::new(&to, error))
                    }
                };
            }
        }
        for target in &mut self.targets {
            if let State::Delivered = target.state {
                if let Err(error) = folder::sync(&target.folder.join("new")) {
                    // It may be gone after a loss of power, so nobody may rely on it.
                    let _ = fs::remove_file(target.delivered(&self.file_name));
                    target.state = State::Failed(error);
                }
            }
        }
    }

    /// Takes back what was delivered.
    fn withdraw(&mut self) {
        for target in &mut self.targets {
            if let State::Delivered = target.state {
                let _ = fs::remove_file(target.delivered(&self.file_name));
                target.state = State::Waiting;
            }
        }
    }

    /// The first reason why a mailbox does not get the message.
    fn check(&self) -> Result<(), DeliveryError> {
        self.targets.iter().try_for_each(Target::check)
    }

    fn fail(&mut self, error: std::io::Error) -> DeliveryError {
        let path = match self.targets.get(self.first) {
            Some(target) => target.temporary(&self.file_name),
            None => PathBuf::new(),
        };
        self.error.insert(DeliveryError::new(&path, error)).clone()
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        if let Some(file) = self.file.take() {
            // Taken apart, since dropping it would write what it holds.
            drop(file.into_parts());
        }
        for target in &self.targets {
            if let State::Temporary = target.state {
                let _ = fs::remove_file(target.temporary(&self.file_name));
            }
        }
    }
}

impl Target {
    fn open(folder: PathBuf) -> Self {
        let state = match folder::make_maildir(&folder) {
            Ok(()) => State::Waiting,
            Err(error) => State::Failed(error),
        };
        Self { folder, state }
    }

    fn temporary(&self, file_name: &str) -> PathBuf {
        self.folder.join("tmp").join(file_name)
    }

    fn delivered(&self, file_name: &str) -> PathBuf {
        self.folder.join("new").join(file_name)
    }

    fn check(&self) -> Result<(), DeliveryError> {
        match &self.state {
            State::Waiting | State::Temporary | State::Delivered => Ok(()),
            State::Failed(error) => Err(error.clone()),
        }
    }
}

#[cfg(test)]
mod tests;
