//! Folders and files that survive a loss of power.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::error::DeliveryError;

/// Makes a Maildir if there is none: the folder and `tmp`, `new`, `cur` in it.
pub(super) fn make_maildir(folder: &Path) -> Result<(), DeliveryError> {
    // `cur` is made last: where it is, the names of the others have been brought to the disk.
    if ["cur", "new", "tmp"]
        .iter()
        .all(|name| folder.join(name).is_dir())
    {
        return Ok(());
    }
    // One at a time, so that nobody relies on a folder whose name is not on the disk yet.
    static MAKING: Mutex<()> = Mutex::new(());
    let _making = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    for name in ["tmp", "new", "cur"] {
        make(&folder.join(name))?;
    }
    Ok(())
}

/// A new file for a message, readable by nobody else.
pub(super) fn create(path: &Path) -> Result<File, DeliveryError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .map_err(|error| DeliveryError::new(path, error))
}

/// The same content at a second path: a link, or a copy where the file system has none to give.
pub(super) fn link_or_copy(from: &Path, to: &Path) -> Result<(), DeliveryError> {
    // Whatever kept the link from being made, a copy that works is as good, and one that fails
    // says why.
    if fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    let mut target = create(to)?;
    File::open(from)
        .and_then(|mut source| io::copy(&mut source, &mut target))
        .and_then(|_| target.sync_all())
        .map_err(|error| {
            // The caller only removes what it was told about.
            let _ = fs::remove_file(to);
            DeliveryError::new(to, error)
        })
}

/// Brings the names in a folder to the disk.
pub(super) fn sync(folder: &Path) -> Result<(), DeliveryError> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| DeliveryError::new(folder, error))
}

/// Makes a folder and those above it, and brings their names to the disk.
fn make(folder: &Path) -> Result<(), DeliveryError> {
    if folder.is_dir() {
        return Ok(());
    }
    let above = match folder.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => Path::new("/"),
    };
    make(above)?;
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(folder) {
        Ok(()) => sync(above),
        // Another program was faster.
        Err(_) if folder.is_dir() => Ok(()),
        Err(error) => Err(DeliveryError::new(folder, error)),
    }
}
