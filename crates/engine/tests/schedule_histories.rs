//! Random histories of scheduled jobs: made, changed, deleted, their runs cancelled, the program crashing between any
//! two commits and staying off for days. After each step every tick was dealt with once: no run is doubled, none is
//! lost, and every definition's counter equals the jobs that there are.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod scheduling;
mod simulation;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bellwether_engine::Settings;
use bellwether_model::Time;
use bellwether_model::identity::IfMatch;
use bellwether_model::schedule::{End, Recurrence, Schedule};
use proptest::prelude::*;
use scheduling::{Bed, definition, hours};

#[derive(Debug, Clone)]
enum Step {
    /// Recurs so, begins so many hours from now, ends so.
    Put(usize, i64, u8),
    /// Enables or disables.
    Enable(usize, bool),
    Delete(usize),
    /// Cancels the runs that wait for their turn.
    Cancel,
    Advance(u64),
    /// The machine stops after so many more commits within the next hours, and is off for some more.
    CrashAfter(u32, u64, u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..4usize, -60i64..60, 0..6u8).prop_map(|(recurrence, start, end)| Step::Put(recurrence, start, end)),
        1 => (0..4usize, any::<bool>()).prop_map(|(job, enabled)| Step::Enable(job, enabled)),
        1 => (0..4usize).prop_map(Step::Delete),
        2 => Just(Step::Cancel),
        2 => (1u64..8).prop_map(Step::Advance),
        6 => (0u32..4, 1u64..6, 0u64..200).prop_map(|(commits, on, off)| Step::CrashAfter(commits, on, off)),
    ]
}

struct History {
    bed: Bed,
    /// Of those that were made, which were not deleted: since when they are, and the schedule of those that were never
    /// changed.
    standing: BTreeMap<String, (Time, Option<Schedule>)>,
    /// Their ids are given again.
    deleted: Vec<String>,
}

impl History {
    fn new(turns: bool) -> History {
        // Without turns a run stays active until it is cancelled. What ended stays, so that it can be counted.
        let settings = Settings { jobs_at_once: (!turns).then_some(0), history_days: None, ..Settings::default() };
        History { bed: Bed::new(settings), standing: BTreeMap::new(), deleted: Vec::new() }
    }

    fn id(&self, at: usize) -> Option<String> {
        self.standing.keys().nth(at).cloned()
    }

    fn take(&mut self, step: &Step) {
        let now = self.bed.sim.now();
        match *step {
            Step::Put(recurrence, start, end) => {
                let start = now.plus_seconds(start * 3600).to_string();
                let end = match end {
                    0 | 1 => End::Occurrences(u32::from(end) + 1),
                    2 => End::Date(now.plus_seconds(9 * 86_400).to_string()[..10].parse().unwrap()),
                    _ => End::Never,
                };
                let definition = definition(&start, Recurrence::ALL[recurrence], end, "America/New_York");
                let id = self.deleted.pop().unwrap_or_else(|| format!("s{:03}", self.standing.len()));
                let schedule = definition.schedule.clone();
                // The run of a deleted one would be taken for its own.
                let active = self.bed.jobs(&id).iter().any(|job| !job.state.is_final());
                let put = self.bed.put(&id, definition);
                assert_eq!(put.is_err(), active, "{id}: {put:?}");
                if active {
                    self.deleted.push(id);
                } else {
                    self.standing.insert(id, (now, Some(schedule)));
                }
            }
            Step::Enable(at, enabled) => {
                if let Some(id) = self.id(at)
                    && self.bed.patch(&id, IfMatch::Any, move |definition| definition.enabled = enabled).is_ok()
                {
                    self.standing.entry(id).and_modify(|(_, schedule)| *schedule = None);
                }
            }
            Step::Delete(at) => {
                if let Some(id) = self.id(at) {
                    self.bed.delete_as("ops", &id, IfMatch::Any).unwrap();
                    self.standing.remove(&id);
                    self.deleted.push(id);
                }
            }
            Step::Cancel => {
                for id in self.standing.keys() {
                    for run in self.bed.jobs(id) {
                        let _ = self.bed.sim.block_on(self.bed.sim.engine().cancel_job(run.spec.id.as_str()));
                    }
                }
            }
            Step::Advance(time) => self.bed.sim.advance(hours(time)),
            Step::CrashAfter(commits, on, off) => {
                self.bed.sim.engine().store().crash_after(commits);
                self.bed.sim.advance(hours(on));
                self.bed.sim.crash();
                self.bed.sim.pass(hours(off));
                self.bed.sim.start();
            }
        }
        // What is due is done at once.
        self.bed.sim.advance(Duration::from_secs(1));
    }

    fn check(&self) {
        let now = self.bed.sim.now();
        for (id, (since, certain)) in &self.standing {
            let scheduled = self.bed.get(id).unwrap().record;
            // Those of a deleted one of the same id stay on record.
            let jobs: Vec<_> = self.bed.jobs(id).into_iter().filter(|job| job.created >= *since).collect();
            let names: Vec<String> =
                jobs.iter().map(|job| job.spec.central().unwrap().display_name.clone().unwrap()).collect();
            let expected: Vec<String> = (1..=scheduled.progress.runs).map(|n| format!("{id} - {n}")).collect();
            assert_eq!(names, expected, "{id}");
            assert_eq!(jobs.last().map(|job| &job.spec.id), scheduled.last_run.as_ref().map(|run| &run.job), "{id}");
            assert!(jobs.is_sorted_by(|a, b| a.created < b.created), "{id}: two runs at once");
            assert!(scheduled.next().is_none_or(|next| next > now), "{id}: something is due");
            let open: BTreeSet<_> = jobs.iter().filter(|job| !job.state.is_final()).map(|job| &job.spec.id).collect();
            assert!(open.len() <= 1, "{id}: {open:?} are active");
            let Some(schedule) = certain else { continue };
            let dealt = scheduled.progress.runs + scheduled.progress.skipped;
            match (schedule.recurrence(), schedule.end()) {
                (Recurrence::Once, _) => assert_eq!(dealt, u64::from(schedule.start() <= now), "{id}"),
                (_, End::Occurrences(runs)) => assert!(scheduled.progress.runs <= u64::from(runs), "{id}"),
                (_, End::Never | End::Date(_)) => {
                    assert_eq!(dealt, schedule.ticks_between(*since, now.next()), "{id}: {:?}", scheduled.progress);
                }
            }
        }
    }
}

fn cases() -> u32 {
    std::env::var("SCHEDULE_HISTORIES").ok().and_then(|text| text.parse().ok()).unwrap_or(100)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn every_tick_is_dealt_with_once(turns in any::<bool>(), steps in proptest::collection::vec(step(), 1..25)) {
        let mut history = History::new(turns);
        for step in &steps {
            history.take(step);
            history.check();
        }
    }
}
