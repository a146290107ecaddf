//! Moments in time as parameters have them (`date-time` of RFC 3339 section 5.6).

use std::fmt;

/// Seconds in a day, as Unix time counts them.
const DAY: i64 = 86_400;

/// The first and the last second that four digits of a year can tell.
const RANGE: std::ops::RangeInclusive<i64> = -62_167_219_200..=253_402_300_799;

/// A moment: seconds since 1970-01-01T00:00:00Z without leap seconds, and a fraction.
///
/// The offset that it was written with is not kept: `Display` writes it in UTC. A leap second is
/// the second after it, and of a fraction nine digits are kept.
///
/// ```
/// use mailwire_smtp_proto::params::{DateTime, DateTimeError};
///
/// let moment = DateTime::parse("2026-11-26T10:00:00+01:00")?;
/// assert_eq!(moment.to_string(), "2026-11-26T09:00:00Z");
/// assert_eq!(DateTime::from_unix(moment.unix_seconds()), Some(moment));
/// assert_eq!(DateTime::parse("2026-02-29T00:00:00Z"), Err(DateTimeError::NoSuchMoment));
/// # Ok::<(), DateTimeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DateTime {
    seconds: i64,
    nanoseconds: u32,
}

/// Why something is no moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum DateTimeError {
    /// It is no date and time with an offset.
    #[error("a moment is such as 2026-11-26T09:00:00Z (RFC 3339 section 5.6)")]
    Malformed,
    /// The day or the time of day does not exist, or in UTC the year is before 0 or after 9999.
    #[error("there is no such moment (RFC 3339 section 5.7)")]
    NoSuchMoment,
}

impl DateTime {
    /// The moment so many seconds after 1970-01-01T00:00:00Z; `None` before the year 0 and after
    /// the year 9999, which the grammar cannot tell.
    #[must_use]
    pub fn from_unix(seconds: i64) -> Option<Self> {
        RANGE.contains(&seconds).then_some(Self {
            seconds,
            nanoseconds: 0,
        })
    }

    /// Seconds since 1970-01-01T00:00:00Z, the fraction left out.
    #[must_use]
    pub const fn unix_seconds(self) -> i64 {
        self.seconds
    }

    /// The fraction of the second, in nanoseconds.
    #[must_use]
    pub const fn subsec_nanoseconds(self) -> u32 {
        self.nanoseconds
    }

    /// Parses a date and time with an offset.
    ///
    /// # Errors
    ///
    /// [`DateTimeError`] says which rule is broken.
    pub fn parse(input: impl AsRef<[u8]>) -> Result<Self, DateTimeError> {
        Written::parse(input.as_ref())
            .ok_or(DateTimeError::Malformed)?
            .moment()
            .ok_or(DateTimeError::NoSuchMoment)
    }
}

/// The numbers of a date and time, as they are written.
struct Written {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    nanoseconds: u32,
    /// Seconds east of UTC.
    offset: i64,
}

impl Written {
    fn parse(input: &[u8]) -> Option<Self> {
        let mut input = Input(input);
        let year = input.digits(4)?;
        input.octet(b"-")?;
        let month = input.digits(2)?;
        input.octet(b"-")?;
        let day = input.digits(2)?;
        // "T" and "Z" may be small (RFC 3339 section 5.6, note). A blank for the "T", which the
        // note permits as well, has no place in a parameter.
        input.octet(b"Tt")?;
        let hour = input.digits(2)?;
        input.octet(b":")?;
        let minute = input.digits(2)?;
        input.octet(b":")?;
        let second = input.digits(2)?;
        let nanoseconds = input.fraction()?;
        let offset = input.offset()?;
        input.0.is_empty().then_some(Self {
            year,
            month,
            day,
            hour,
            minute,
            second,
            nanoseconds,
            offset,
        })
    }

    fn moment(self) -> Option<DateTime> {
        let Self {
            year,
            month,
            day,
            hour,
            minute,
            second,
            nanoseconds,
            offset,
        } = self;
        let there_is = (1..=12).contains(&month)
            && (1..=days_in_month(year, month)).contains(&day)
            && hour <= 23
            && minute <= 59
            && second <= 60;
        if !there_is {
            return None;
        }
        let time = hour * 3600 + minute * 60 + second;
        let local = days_since_1970(year, month, day) * DAY + time;
        let moment = DateTime {
            nanoseconds,
            ..DateTime::from_unix(local - offset)?
        };
        // A leap second is the last second of a month in UTC (RFC 3339 section 5.7), so that what
        // follows it is the first of another.
        let ends_month = moment.seconds % DAY == 0 && date(moment.seconds.div_euclid(DAY)).2 == 1;
        (second < 60 || ends_month).then_some(moment)
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = date(self.seconds.div_euclid(DAY));
        let time = self.seconds.rem_euclid(DAY);
        let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
        )?;
        if self.nanoseconds > 0 {
            let digits = format_args!("{:09}", self.nanoseconds).to_string();
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        f.write_str("Z")
    }
}

/// What is left to parse.
struct Input<'i>(&'i [u8]);

impl Input<'_> {
    /// One octet of these.
    fn octet(&mut self, wanted: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        wanted.contains(first).then_some(*first)
    }

    /// A number of so many digits.
    fn digits(&mut self, count: usize) -> Option<i64> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        digits.iter().try_fold(0, |number, digit| {
            digit
                .is_ascii_digit()
                .then(|| number * 10 + i64::from(digit - b'0'))
        })
    }

    /// `[time-secfrac]` in nanoseconds; digits behind the ninth are passed over.
    fn fraction(&mut self) -> Option<u32> {
        let [b'.', rest @ ..] = self.0 else {
            return Some(0);
        };
        let count = rest
            .iter()
            .take_while(|octet| octet.is_ascii_digit())
            .count();
        let (digits, rest) = rest.split_at_checked(count)?;
        self.0 = rest;
        let padded = digits.iter().chain([b'0'; 9].iter()).take(9);
        let nanoseconds = padded.fold(0, |number, digit| number * 10 + u32::from(digit & 0x0F));
        (count > 0).then_some(nanoseconds)
    }

    /// `time-offset` in seconds east of UTC.
    fn offset(&mut self) -> Option<i64> {
        let east = match self.octet(b"Zz+-")? {
            b'+' => 1,
            b'-' => -1,
            _ => return Some(0),
        };
        let hours = self.digits(2)?;
        self.octet(b":")?;
        let minutes = self.digits(2)?;
        (hours <= 23 && minutes <= 59).then_some(east * (hours * 3600 + minutes * 60))
    }
}

const fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

const fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a day of the Gregorian calendar, which is taken to have been there
/// always.
///
/// A year is counted from March, so that the day of a leap year is its last, and the months before
/// a month of it have the days that a straight line through them gives.
const fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let before_year = year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let before_month = (month * 153 + 2) / 5;
    // 719468 days from the first of March of the year 0 to 1970.
    before_year + before_month + day - 1 - 719_468
}

/// The year, month and day so many days after 1970-01-01: the way back of the above.
const fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    // The year by its mean length, and one less if that went too far.
    let mut year = (days * 400 + 591).div_euclid(146_097);
    let mut day = days - days_since_1970(year, 3, 1) - 719_468;
    if day < 0 {
        year -= 1;
        day = days - days_since_1970(year, 3, 1) - 719_468;
    }
    let month = (day * 5 + 2) / 153;
    let day = day - (month * 153 + 2) / 5 + 1;
    if month >= 10 {
        (year + 1, month - 9, day)
    } else {
        (year, month + 3, day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_is_there_and_back() {
        let mut expected = (0, 1, 1);
        for days in RANGE.start() / DAY..=RANGE.end() / DAY {
            assert_eq!(date(days), expected);
            let (year, month, day) = expected;
            assert_eq!(days_since_1970(year, month, day), days);
            expected = if day < days_in_month(year, month) {
                (year, month, day + 1)
            } else if month < 12 {
                (year, month + 1, 1)
            } else {
                (year + 1, 1, 1)
            };
        }
        assert_eq!(expected, (10_000, 1, 1));
    }

    #[test]
    fn known_moments() {
        for (spelled, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2001-09-09T01:46:40Z", 1_000_000_000),
            ("2038-01-19T03:14:08Z", 1 << 31),
            ("0000-01-01T00:00:00Z", *RANGE.start()),
            ("9999-12-31T23:59:59Z", *RANGE.end()),
        ] {
            let moment = DateTime::from_unix(seconds).unwrap();
            assert_eq!(DateTime::parse(spelled), Ok(moment));
            assert_eq!(moment.to_string(), spelled);
        }
    }
}
