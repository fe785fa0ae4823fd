//! The ticks of a schedule. Each is reckoned from the start by its number, so that nothing adds up over the years:
//! no drift, and the same answer wherever one begins to look.

use jiff::civil::{self, DateTime};
use jiff::{Span, Unit};

use super::{Day, End, Recurrence, Schedule};
use crate::Time;

impl Schedule {
    /// The first tick that is not before `from`; `None` when the end date comes first. How many runs the end
    /// allows is for the caller to count.
    pub fn tick_from(&self, from: Time) -> Option<Time> {
        self.tick(self.number_from(from)?).filter(|tick| !self.is_over(*tick))
    }

    /// How many ticks lie between the two, the first included, the second not; none after the end date.
    pub fn ticks_between(&self, from: Time, to: Time) -> u64 {
        let to = match self.end {
            End::Never | End::Occurrences(_) => to,
            End::Date(last) => self.midnight_after(last).map_or(to, |end| end.min(to)),
        };
        match (self.number_from(from), self.number_from(to)) {
            (Some(first), Some(after)) => after.saturating_sub(first),
            (None, _) | (_, None) => 0,
        }
    }

    /// The ticks from `from` on as far as the end allows: what a preview shows. `runs` of those that the end counts
    /// were made before.
    pub fn upcoming(&self, from: Time, runs: u32) -> impl Iterator<Item = Time> {
        let left = match self.end {
            End::Never | End::Date(_) => usize::MAX,
            End::Occurrences(all) => usize::try_from(all.saturating_sub(runs)).unwrap_or(usize::MAX),
        };
        std::iter::successors(self.tick_from(from), move |tick| self.tick_from(tick.next())).take(left)
    }

    /// Is the last day over, in the schedule's zone?
    pub fn is_over(&self, now: Time) -> bool {
        match self.end {
            End::Never | End::Occurrences(_) => false,
            End::Date(last) => self.zone.wall_clock(now).is_none_or(|wall| wall.date() > last.0),
        }
    }

    fn midnight_after(&self, day: Day) -> Option<Time> {
        self.zone.time(day.0.tomorrow().ok()?.to_datetime(civil::Time::midnight()))
    }

    /// The tick of this number; 0 is the start itself, whichever of two equal wall-clock times that is. `None`
    /// beyond the calendar, and after the first when nothing recurs.
    fn tick(&self, number: u64) -> Option<Time> {
        if number == 0 {
            return Some(self.start);
        }
        let number = i64::try_from(number).ok()?;
        let span = match self.recurrence {
            Recurrence::Once => return None,
            Recurrence::Daily => Span::new().try_days(number),
            Recurrence::Weekly => Span::new().try_weeks(number),
            // Stays on the last day of a shorter month.
            Recurrence::Monthly => Span::new().try_months(number),
        };
        let wall = self.zone.wall_clock(self.start)?.checked_add(span.ok()?).ok()?;
        self.zone.time(wall)
    }

    /// The number of the first tick that is not before `from`; `None` when there is none.
    fn number_from(&self, from: Time) -> Option<u64> {
        if from <= self.start {
            return Some(0);
        }
        let start = self.zone.wall_clock(self.start)?;
        let between = units_between(self.recurrence, start, self.zone.wall_clock(from)?)?;
        // Wall clocks are never more than a day off from what a count of days says, whatever the zone does.
        let mut number = between.saturating_sub(2);
        loop {
            if self.tick(number)? >= from {
                return Some(number);
            }
            number += 1;
        }
    }
}

/// Whole days, weeks or months from one to the other; 0 when nothing recurs.
fn units_between(recurrence: Recurrence, start: DateTime, to: DateTime) -> Option<u64> {
    let unit = match recurrence {
        Recurrence::Once => return Some(0),
        Recurrence::Daily => Unit::Day,
        Recurrence::Weekly => Unit::Week,
        Recurrence::Monthly => Unit::Month,
    };
    let span = start.date().until((unit, to.date())).ok()?;
    let whole = match recurrence {
        Recurrence::Once | Recurrence::Daily => span.get_days(),
        Recurrence::Weekly => span.get_weeks(),
        Recurrence::Monthly => span.get_months(),
    };
    u64::try_from(whole).ok()
}
