//! When scheduled jobs run (iot-central §4).
//!
//! * [`calendar`] — the points in time that a [`Schedule`] names: its *ticks*;
//! * [`definition`] — a scheduled job: what to run, when, and how it went so far;
//! * [`progress`] — how far a schedule has come, and what is to be done now;
//! * [`zone`] — the time zones in which it is reckoned.
//!
//! A schedule is what somebody wrote: from when, how often, until when, in which zone's wall-clock time. The rules
//! where the contract is silent (iot-central §4.3, §17 row 18):
//!
//! * a tick has the wall-clock time of the start in the schedule's zone. A time that the zone skips when its clocks
//!   go forward moves on by what was skipped (02:30 becomes 03:30); of one that comes twice the first counts;
//! * monthly on a day that a month does not have falls on its last day, and goes back to its own day in the next
//!   month: 31 January, 28 February, 31 March. Every tick is reckoned from the start, never from the one before;
//! * the end date is the last day on which a tick may fall, in the schedule's zone.
//!
//! `REST` has no member for the zone: there it is UTC.

pub mod calendar;
pub mod definition;
pub mod progress;
pub mod zone;

#[cfg(test)]
mod progress_tests;
#[cfg(test)]
mod tests;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::Time;
pub use definition::{Definition, LastRun, ScheduledJob};
pub use progress::{Progress, Skip, SkipReason, Step};
pub use zone::{BadZone, Zone};

/// How often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Recurrence {
    /// At the start and never again; the wire leaves the member out.
    Once,
    /// Every day.
    Daily,
    /// Every seven days.
    Weekly,
    /// Every month.
    Monthly,
}

impl Recurrence {
    /// All of them.
    pub const ALL: [Recurrence; 4] = [Recurrence::Once, Recurrence::Daily, Recurrence::Weekly, Recurrence::Monthly];

    /// The wire's word; `None` for what it says by leaving the member out (iot-central §4.1).
    pub fn as_str(self) -> Option<&'static str> {
        match self {
            Recurrence::Once => None,
            Recurrence::Daily => Some("daily"),
            Recurrence::Weekly => Some("weekly"),
            Recurrence::Monthly => Some("monthly"),
        }
    }

    /// The recurrence that the wire calls so.
    pub fn from_text(text: &str) -> Option<Recurrence> {
        Recurrence::ALL.into_iter().find(|recurrence| recurrence.as_str() == Some(text))
    }
}

/// The last day of a schedule; `YYYY-MM-DD` and nothing else (iot-central §4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(Date);

impl std::str::FromStr for Day {
    type Err = BadSchedule;

    fn from_str(text: &str) -> Result<Day, BadSchedule> {
        // The parser takes more than the contract names: times, other writings, signs.
        let date = text.parse::<Date>().ok().filter(|date| date.to_string() == text);
        date.map(Day).ok_or(BadSchedule::Date)
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<String> for Day {
    type Error = BadSchedule;

    fn try_from(text: String) -> Result<Day, BadSchedule> {
        text.parse()
    }
}

impl From<Day> for String {
    fn from(day: Day) -> String {
        day.to_string()
    }
}

/// Until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum End {
    /// As long as the definition stands.
    Never,
    /// No tick falls after this day, in the schedule's zone. The day itself is included.
    Date(Day),
    /// After so many runs, 1 to [`OCCURRENCES_MAX`].
    Occurrences(u32),
}

/// Most runs that an end may count (iot-central §4.1).
pub const OCCURRENCES_MAX: u32 = 999;

/// From when, how often, until when. Every value that exists keeps the rules of [`Schedule::new`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Parts", into = "Parts")]
pub struct Schedule {
    start: Time,
    recurrence: Recurrence,
    end: End,
    zone: Zone,
}

/// Why parts make no schedule. The texts follow the member's name, which [`BadSchedule::member`] gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSchedule {
    /// The start is no time that a calendar can reckon with.
    #[error("must lie in the years 1900 to 9998")]
    Start,
    /// The end date is no date.
    #[error("must be a date, YYYY-MM-DD")]
    Date,
    /// The last day lies before the first.
    #[error("must not lie before the day of the start, or nothing would ever run")]
    EndBeforeStart,
    /// Too few or too many runs.
    #[error("must be 1 to 999")]
    Occurrences,
}

impl BadSchedule {
    /// Where the wire has the value that is wrong.
    pub fn member(self) -> &'static str {
        match self {
            BadSchedule::Start => "schedule.start",
            BadSchedule::Date | BadSchedule::EndBeforeStart => "schedule.end.date",
            BadSchedule::Occurrences => "schedule.end.occurrences",
        }
    }
}

/// Years in which a start may lie: a clock that was never set, or "not set" itself (year 1), is no start, and the
/// calendar goes no further than 9999.
const YEARS: std::ops::RangeInclusive<i16> = 1900..=9998;

impl Schedule {
    /// A schedule of these parts.
    ///
    /// # Errors
    /// The first rule of [`BadSchedule`] that is broken.
    pub fn new(start: Time, recurrence: Recurrence, end: End, zone: Zone) -> Result<Schedule, BadSchedule> {
        let first = zone.wall_clock(start).map(|wall| wall.date()).filter(|day| YEARS.contains(&day.year()));
        let first = first.ok_or(BadSchedule::Start)?;
        match end {
            End::Never => {}
            End::Date(last) if last.0 < first => return Err(BadSchedule::EndBeforeStart),
            End::Date(_) => {}
            End::Occurrences(1..=OCCURRENCES_MAX) => {}
            End::Occurrences(_) => return Err(BadSchedule::Occurrences),
        }
        Ok(Schedule { start, recurrence, end, zone })
    }

    /// The first tick.
    pub fn start(&self) -> Time {
        self.start
    }

    /// How often.
    pub fn recurrence(&self) -> Recurrence {
        self.recurrence
    }

    /// Until when.
    pub fn end(&self) -> End {
        self.end
    }

    /// In whose wall-clock time.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// Does the other name the same ticks, but for where they end?
    pub fn has_the_ticks_of(&self, other: &Schedule) -> bool {
        (self.start, self.recurrence, &self.zone) == (other.start, other.recurrence, &other.zone)
    }
}

/// How a schedule is kept.
#[derive(Serialize, Deserialize)]
struct Parts {
    start: Time,
    recurrence: Recurrence,
    end: End,
    zone: Zone,
}

impl TryFrom<Parts> for Schedule {
    type Error = BadSchedule;

    fn try_from(Parts { start, recurrence, end, zone }: Parts) -> Result<Schedule, BadSchedule> {
        Schedule::new(start, recurrence, end, zone)
    }
}

impl From<Schedule> for Parts {
    fn from(Schedule { start, recurrence, end, zone }: Schedule) -> Parts {
        Parts { start, recurrence, end, zone }
    }
}
