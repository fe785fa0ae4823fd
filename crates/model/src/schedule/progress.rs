//! How far a schedule has come, and what is to be done now: a pure function of the schedule, the time and whether
//! a run is active.
//!
//! ```text
//!               before the next tick            ──► Wait
//! at a tick ──┬ no run is active                ──► Run
//!             └ a run is active                 ──► Skip, recorded
//! after the end date, or after the last run     ──► Complete
//! ```
//!
//! Where the contract is silent (iot-central §4.3, §17 row 18):
//!
//! * ticks that passed while nobody looked (the server was down) are made up for by one run, however many they were,
//!   but not after the end date;
//! * a one-time schedule whose start has passed when it is made runs at once. One that recurs waits for its next
//!   tick: ticks before it was made, or before it was enabled again, are nobody's;
//! * an end after N occurrences counts runs, failed ones too. A tick without a run does not count; only that of a
//!   one-time schedule, which has no other, does not come again;
//! * another start, recurrence or zone begins the count anew; another end alone does not.

use serde::{Deserialize, Serialize};

use super::{End, Recurrence, Schedule};
use crate::Time;

/// How many skips are kept.
pub(super) const SKIPS_KEPT: usize = 20;

/// How far a schedule has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Runs that the definition ever had: the number in a run's name.
    pub runs: u64,
    /// Runs of this series of ticks: what an end after N occurrences counts.
    counted: u32,
    /// Ticks before this are done with.
    from: Time,
    /// No run lies ahead.
    pub completed: bool,
    /// Ticks without a run, ever.
    pub skipped: u64,
    /// The last of them, oldest first.
    pub skips: Vec<Skip>,
}

/// Ticks that had no run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skip {
    /// The first of them.
    pub tick: Time,
    /// How many one after the other.
    pub ticks: u64,
    /// Why.
    pub reason: SkipReason,
}

/// Why a tick had no run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SkipReason {
    /// The run before was still active.
    StillActive,
    /// The server was not running; a later tick or a later run stands for it.
    Missed,
    /// The server was not running, and the end date passed.
    MissedTheEnd,
}

/// What is to be done now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Nothing before this time; `None`: nothing at all.
    Wait(Option<Time>),
    /// Make a run, and keep `after` in the same transaction.
    Run {
        /// The run's number, from 1.
        number: u64,
        /// The tick it is for.
        tick: Time,
        /// Where the schedule stands then.
        after: Progress,
    },
    /// Make no run: one is still active. Keep `after`.
    Skip(Progress),
    /// The end came without a run. Keep `after`.
    Complete(Progress),
}

impl Progress {
    /// Of a schedule that is made now.
    pub fn begin(schedule: &Schedule, now: Time) -> Progress {
        let progress = Progress { runs: 0, counted: 0, from: now, completed: false, skipped: 0, skips: Vec::new() };
        progress.settled(schedule)
    }

    /// Of a schedule that takes the place of `old` now, or (`resumed`) is enabled again. Ticks in the time when it
    /// had ended or was disabled are nobody's.
    #[must_use]
    pub fn changed(&self, old: &Schedule, schedule: &Schedule, resumed: bool, now: Time) -> Progress {
        let mut progress = self.clone();
        if !schedule.has_the_ticks_of(old) {
            (progress.counted, progress.from) = (0, now);
        } else if resumed || self.completed {
            progress.from = self.from.max(now);
        }
        progress.settled(schedule)
    }

    /// The next tick that is to have a run, which may have passed; `None` when there is none.
    pub fn next(&self, schedule: &Schedule) -> Option<Time> {
        match (schedule.recurrence(), schedule.end()) {
            (Recurrence::Once, _) => (self.counted == 0).then_some(schedule.start()),
            (_, End::Occurrences(runs)) if self.counted >= runs => None,
            (Recurrence::Daily | Recurrence::Weekly | Recurrence::Monthly, _) => schedule.tick_from(self.from),
        }
    }

    /// The next runs, one after the other as far as the calendar says: a preview.
    pub fn upcoming(&self, schedule: &Schedule) -> impl Iterator<Item = Time> {
        let recurs = schedule.recurrence() != Recurrence::Once;
        let once = if recurs { None } else { self.next(schedule) };
        let series = recurs.then(|| schedule.upcoming(self.from, self.counted));
        once.into_iter().chain(series.into_iter().flatten())
    }

    /// What is to be done at `now`, when a run of the definition is (not) `active`.
    pub fn step(&self, schedule: &Schedule, now: Time, active: bool) -> Step {
        if self.completed {
            return Step::Wait(None);
        }
        let Some(tick) = self.next(schedule) else {
            return Step::Complete(self.clone().settled(schedule));
        };
        if tick > now {
            return Step::Wait(Some(tick));
        }
        let ticks = match schedule.recurrence() {
            Recurrence::Once => 1,
            Recurrence::Daily | Recurrence::Weekly | Recurrence::Monthly => schedule.ticks_between(tick, now.next()),
        };
        let mut after = self.clone();
        after.from = self.from.max(now.next());
        if schedule.is_over(now) {
            after.skip(Skip { tick, ticks, reason: SkipReason::MissedTheEnd });
            after.completed = true;
            return Step::Complete(after);
        }
        if active {
            after.skip(Skip { tick, ticks, reason: SkipReason::StillActive });
            after.counted += u32::from(schedule.recurrence() == Recurrence::Once);
            return Step::Skip(after.settled(schedule));
        }
        if ticks > 1 {
            after.skip(Skip { tick, ticks: ticks - 1, reason: SkipReason::Missed });
        }
        after.runs += 1;
        after.counted += 1;
        Step::Run { number: after.runs, tick, after: after.settled(schedule) }
    }

    fn skip(&mut self, skip: Skip) {
        self.skipped += skip.ticks;
        self.skips.push(skip);
        let too_many = self.skips.len().saturating_sub(SKIPS_KEPT);
        self.skips.drain(..too_many);
    }

    fn settled(mut self, schedule: &Schedule) -> Progress {
        self.completed = self.next(schedule).is_none();
        self
    }
}
