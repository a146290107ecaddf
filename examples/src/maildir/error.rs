//! Why a message could not be delivered.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::status::Status;

/// Why a message could not be delivered. Both kinds may pass, so neither bounces a message.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum DeliveryError {
    /// There is no room: the disk is full, or a quota is used up.
    Full {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// Anything else.
    Failed {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: Arc<io::Error>,
    },
}

impl DeliveryError {
    pub(super) fn new(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full {
                path,
                source: Arc::new(source),
            },
            _ => Self::Failed {
                path,
                source: Arc::new(source),
            },
        }
    }

    /// What the sender is told: 452 4.3.1 without room, 451 4.3.0 otherwise. The path is for the
    /// log, not for the peer.
    #[must_use]
    pub const fn status(&self) -> Status {
        match self {
            Self::Full { .. } => Status::STORAGE_FULL,
            Self::Failed { .. } => Status::LOCAL_ERROR,
        }
    }
}

impl fmt::Display for DeliveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full { path, source } => write!(f, "no room for {}: {source}", path.display()),
            Self::Failed { path, source } => write!(f, "{}: {source}", path.display()),
        }
    }
}

impl Error for DeliveryError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Full { source, .. } | Self::Failed { source, .. } => Some(source.as_ref()),
        }
    }
}
