//! MTA-STS (RFC 8461): what a domain says of the TLS of its mail servers. The text is an input; to fetch it
//! over HTTPS, and to keep it for `max_age`, is for the embedder.

use core::error::Error;
use core::fmt;

/// A policy that was read.
///
/// ```
/// use mailwire_tls_policy::outbound::{StsMode, StsPolicy};
///
/// // RFC 8461 section 3.2
/// let policy = StsPolicy::parse(
///     "version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmx: *.example.net\r\n\
///      mx: backupmx.example.com\r\nmax_age: 604800\r\n",
/// )?;
/// assert_eq!((policy.mode(), policy.max_age()), (StsMode::Enforce, 604_800));
/// assert!(policy.permits("mx1.example.net") && !policy.permits("a.mx1.example.net"));
/// # Ok::<(), mailwire_tls_policy::outbound::StsError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StsPolicy<'t> {
    text: &'t str,
    mode: StsMode,
    max_age: u32,
}

/// What becomes of a delivery that the policy does not permit (RFC 8461 section 5). Total on purpose; the
/// order is from the loosest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StsMode {
    /// There is no policy any more.
    None,
    /// It is made, and reported.
    Testing,
    /// It is not made.
    Enforce,
}

/// Why a text is no policy. A domain with none that can be read has none (RFC 8461 section 3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StsError {
    /// It is longer than 64 KiB (RFC 8461 section 3.3).
    TooLong,
    /// A line is no field.
    Malformed,
    /// It does not say `version: STSv1`.
    Version,
    /// It does not say which mode, or one that there is not.
    Mode,
    /// It does not say for how long it holds, or for more than a year and 6 hours (31,557,600 seconds).
    MaxAge,
    /// It names no mail server, and its mode wants one.
    NoMx,
    /// It names a mail server that is no host.
    Mx,
}

/// What `_mta-sts` in the DNS says: that there is a policy, and which one is the latest (RFC 8461 section
/// 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StsRecord<'t> {
    id: &'t str,
}

impl<'t> StsPolicy<'t> {
    /// Octets that a policy may have.
    pub const MAX: usize = 64 * 1024;

    /// The longest time that a policy may hold for, in seconds.
    pub const MAX_AGE: u32 = 31_557_600;

    /// Reads a policy. Fields that are not known are passed over; of one that comes twice the first
    /// counts, but for `mx`.
    ///
    /// # Errors
    ///
    /// [`StsError`].
    pub fn parse(text: &'t str) -> Result<Self, StsError> {
        if text.len() > Self::MAX {
            return Err(StsError::TooLong);
        }
        if lines(text).any(|line| field(line).is_none()) {
            return Err(StsError::Malformed);
        }
        let first = |name: &str| fields(text).find(|it| it.0 == name).map(|it| it.1);
        if first("version") != Some("STSv1") {
            return Err(StsError::Version);
        }
        let mode = match first("mode") {
            Some("enforce") => StsMode::Enforce,
            Some("testing") => StsMode::Testing,
            Some("none") => StsMode::None,
            _ => return Err(StsError::Mode),
        };
        let max_age = first("max_age").and_then(seconds).ok_or(StsError::MaxAge)?;
        let policy = Self {
            text,
            mode,
            max_age,
        };
        if policy.mx().any(|pattern| !is_pattern(pattern)) {
            return Err(StsError::Mx);
        }
        match (mode, policy.mx().next()) {
            (StsMode::Enforce | StsMode::Testing, None) => Err(StsError::NoMx),
            _ => Ok(policy),
        }
    }

    /// What becomes of a delivery that it does not permit.
    #[must_use]
    pub const fn mode(&self) -> StsMode {
        self.mode
    }

    /// For how long it holds from when it was fetched, in seconds.
    #[must_use]
    pub const fn max_age(&self) -> u32 {
        self.max_age
    }

    /// The mail servers: host names, with `*.` in front for any one label there.
    pub fn mx(&self) -> impl Iterator<Item = &'t str> + use<'t> {
        fields(self.text).filter(|it| it.0 == "mx").map(|it| it.1)
    }

    /// Whether a mail server of this name is among them (RFC 8461 section 4.1). Letter case and a dot at
    /// the end do not count.
    #[must_use]
    pub fn permits(&self, host: &str) -> bool {
        let host = host.strip_suffix('.').unwrap_or(host);
        self.mx().any(|pattern| match pattern.strip_prefix("*.") {
            None => pattern.eq_ignore_ascii_case(host),
            // One label, and not none.
            Some(domain) => host.split_once('.').is_some_and(|(label, rest)| {
                !label.is_empty() && rest.eq_ignore_ascii_case(domain)
            }),
        })
    }
}

impl<'t> StsRecord<'t> {
    /// Reads a TXT record of `_mta-sts`; `None` if it is none of MTA-STS.
    ///
    /// ```
    /// use mailwire_tls_policy::outbound::StsRecord;
    ///
    /// let record = StsRecord::parse("v=STSv1; id=20160831085700Z;").unwrap();
    /// assert_eq!(record.id(), "20160831085700Z");
    /// ```
    #[must_use]
    pub fn parse(text: &'t str) -> Option<Self> {
        let mut fields = text.split(';').map(str::trim);
        if fields.next()? != "v=STSv1" {
            return None;
        }
        let id = fields.find_map(|it| it.strip_prefix("id="))?;
        let is_id = (1..=32).contains(&id.len()) && id.bytes().all(|it| it.is_ascii_alphanumeric());
        is_id.then_some(Self { id })
    }

    /// The one record among those that `_mta-sts` has. More than one, or none, is no policy (RFC 8461
    /// section 3.1).
    pub fn only(records: impl IntoIterator<Item = &'t str>) -> Option<Self> {
        let mut of_sts = records.into_iter().filter(|it| it.starts_with("v=STSv1"));
        match (of_sts.next(), of_sts.next()) {
            (Some(only), None) => Self::parse(only),
            _ => None,
        }
    }

    /// What changes when the policy does.
    #[must_use]
    pub const fn id(&self) -> &'t str {
        self.id
    }
}

/// The lines, without those that are empty.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line))
        .filter(|line| !line.is_empty())
}

fn fields(text: &str) -> impl Iterator<Item = (&str, &str)> {
    lines(text).filter_map(field)
}

/// `name:` and a value, with blanks before and behind the value.
fn field(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(':')?;
    let is_inner = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'_' | b'-' | b'.');
    let is_name = name.starts_with(|it: char| it.is_ascii_alphanumeric())
        && name.len() <= 32
        && name.bytes().all(is_inner);
    let value = value.trim_matches([' ', '\t']);
    (is_name && !value.contains(|it: char| it.is_control())).then_some((name, value))
}

fn seconds(value: &str) -> Option<u32> {
    let is_number = (1..=10).contains(&value.len()) && value.bytes().all(|it| it.is_ascii_digit());
    let seconds = value.parse().ok().filter(|_| is_number)?;
    (seconds <= StsPolicy::MAX_AGE).then_some(seconds)
}

/// `["*."] Domain`, in letters, digits and hyphens.
fn is_pattern(pattern: &str) -> bool {
    let domain = pattern.strip_prefix("*.").unwrap_or(pattern);
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|it| it.is_ascii_alphanumeric() || it == b'-')
    };
    domain.len() <= 255 && domain.split('.').all(is_label)
}

impl fmt::Display for StsMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::None => "none",
            Self::Testing => "testing",
            Self::Enforce => "enforce",
        })
    }
}

impl fmt::Display for StsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::TooLong => "the policy is longer than 64 KiB (RFC 8461 section 3.3)",
            Self::Malformed => "a line of the policy is no field (RFC 8461 section 3.2)",
            Self::Version => "the policy does not say version: STSv1 (RFC 8461 section 3.2)",
            Self::Mode => {
                "the policy's mode is none of enforce, testing and none (RFC 8461 section 3.2)"
            }
            Self::MaxAge => {
                "the policy's max_age is not 0 to 31557600 seconds (RFC 8461 section 3.2)"
            }
            Self::NoMx => "the policy names no mail server (RFC 8461 section 3.2)",
            Self::Mx => "an mx of the policy is no host name (RFC 8461 section 3.2)",
        })
    }
}

impl Error for StsError {}
