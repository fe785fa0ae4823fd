//! Points in time and how they stand on the wire.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// A point in time: microseconds since 1970 in UTC.
///
/// On the wire always seven fraction digits and `Z`, so that the order of the texts is the order of the
/// times; "never" is year 1 (iot-hub §0).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Time(pub i64);

/// The text is no time. Accepted: ISO 8601 with `Z`, with an offset or without a zone (then UTC).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is not an ISO 8601 date and time")]
pub struct BadTime;

impl Time {
    /// What the wire shows for a thing that never happened: `0001-01-01T00:00:00Z`.
    pub const NEVER: Time = Time(-62_135_596_800_000_000);

    /// This time and `seconds` more; stays at the end of time instead of overflowing.
    pub fn plus_seconds(self, seconds: i64) -> Time {
        Time(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    /// The next point in time that can be told apart from this one.
    pub fn next(self) -> Time {
        Time(self.0.saturating_add(1))
    }

    /// Microseconds from `earlier` to this time, zero when it lies after it.
    pub fn micros_since(self, earlier: Time) -> u64 {
        u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0)
    }

    /// Whole seconds since 1970, as SAS tokens count.
    pub fn unix_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// True for every time in year 1, which clients send for "not set" (iot-hub §1.3).
    pub fn is_year_one(self) -> bool {
        self < Time(-62_104_060_800_000_000)
    }

    /// As IoT Central writes times: three fraction digits and `Z` (iot-central §9.4).
    pub fn to_millis_text(self) -> String {
        match Timestamp::from_millisecond(self.0.div_euclid(1000)) {
            Ok(timestamp) => format!("{timestamp:.3}"),
            Err(_) => "9999-12-31T23:59:59.999Z".to_owned(),
        }
    }

    fn civil(self) -> Option<DateTime> {
        let timestamp = Timestamp::from_microsecond(self.0).ok()?;
        Some(timestamp.to_zoned(TimeZone::UTC).datetime())
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Time::NEVER {
            return f.write_str("0001-01-01T00:00:00Z");
        }
        let Some(t) = self.civil() else {
            return f.write_str("9999-12-31T23:59:59.9999999Z");
        };
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:07}Z",
            t.year(),
            t.month(),
            t.day(),
            t.hour(),
            t.minute(),
            t.second(),
            t.subsec_nanosecond() / 100
        )
    }
}

impl FromStr for Time {
    type Err = BadTime;

    fn from_str(text: &str) -> Result<Time, BadTime> {
        if let Ok(timestamp) = text.parse::<Timestamp>() {
            return Ok(Time(timestamp.as_microsecond()));
        }
        let civil: DateTime = text.parse().map_err(|_| BadTime)?;
        let zoned = civil.to_zoned(TimeZone::UTC).map_err(|_| BadTime)?;
        Ok(Time(zoned.timestamp().as_microsecond()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, shown: &str) {
        assert_eq!(text.parse::<Time>().map(|t| t.to_string()), Ok(shown.to_owned()), "{text}");
    }

    #[test]
    fn wire_forms() {
        check("2026-03-01T02:00:00Z", "2026-03-01T02:00:00.0000000Z");
        check("2026-03-01T02:00:00.1187341Z", "2026-03-01T02:00:00.1187340Z");
        check("2026-03-01T02:00:00.000Z", "2026-03-01T02:00:00.0000000Z");
        check("2026-03-01T04:00:00+02:00", "2026-03-01T02:00:00.0000000Z");
        check("2026-03-01T02:00:00.123456", "2026-03-01T02:00:00.1234560Z");
        check("0001-01-01T00:00:00", "0001-01-01T00:00:00Z");
        check("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z");
    }

    #[test]
    fn refused() {
        for bad in ["", "now", "2026-13-01T00:00:00Z", "2026-03-01T25:00:00Z", "1700000000"] {
            assert_eq!(bad.parse::<Time>(), Err(BadTime), "{bad}");
        }
    }

    #[test]
    fn with_milliseconds() {
        for (time, text) in [
            (Time(1_647_950_487_889_999), "2022-03-22T12:01:27.889Z"),
            (Time(0), "1970-01-01T00:00:00.000Z"),
            (Time(i64::MAX), "9999-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(time.to_millis_text(), text);
        }
    }

    #[test]
    fn year_one() {
        assert!(Time::NEVER.is_year_one());
        assert!("0001-12-31T23:59:59Z".parse::<Time>().unwrap().is_year_one());
        assert!(!"0002-01-01T00:00:00Z".parse::<Time>().unwrap().is_year_one());
        assert!(!Time(0).is_year_one());
    }

    #[test]
    fn out_of_range_still_shows() {
        assert_eq!(Time(i64::MAX).to_string(), "9999-12-31T23:59:59.9999999Z");
        assert_eq!(Time(0).plus_seconds(i64::MAX), Time(i64::MAX));
    }
}
