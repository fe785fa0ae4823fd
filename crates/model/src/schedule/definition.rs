//! A scheduled job: what to run, when, and how it went so far (iot-central §4.1).

use serde::{Deserialize, Serialize};

use super::{Progress, Schedule, Step};
use crate::ids::ScheduledJobId;
use crate::job::{Delivery, JobData};
use crate::{JobId, Time};

/// A scheduled job as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduledJob {
    /// Its name.
    pub id: ScheduledJobId,
    /// What was asked.
    pub definition: Definition,
    /// Who asked last: the runs act with the rights that this caller has at each run (iot-central §4.3). Whoever
    /// changes a definition becomes its owner, so that nobody lends it rights that they do not have.
    pub owner: String,
    /// How far it has come.
    pub progress: Progress,
    /// Its last run.
    pub last_run: Option<LastRun>,
}

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// Its name for people.
    pub display_name: Option<String>,
    /// For people.
    pub description: Option<String>,
    /// Id of the device group, which is evaluated at each run.
    pub group: String,
    /// Batches and the cancellation threshold of each run.
    pub delivery: Delivery,
    /// What each run does.
    pub data: Vec<JobData>,
    /// Whose it is; `None` is the root.
    pub organization: Option<String>,
    /// When.
    pub schedule: Schedule,
    /// Does the schedule count?
    pub enabled: bool,
}

/// A run of a scheduled job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastRun {
    /// The job.
    pub job: JobId,
    /// The tick that it is for.
    pub tick: Time,
    /// When it was made.
    pub made: Time,
    /// Why nothing could be run: the owner is gone, the group is, …; the job says the same.
    pub failure: Option<String>,
}

impl Definition {
    /// What people call it.
    pub fn name<'a>(&'a self, id: &'a ScheduledJobId) -> &'a str {
        self.display_name.as_deref().unwrap_or(id.as_str())
    }
}

impl ScheduledJob {
    /// One that is made now.
    pub fn new(id: ScheduledJobId, definition: Definition, owner: String, now: Time) -> ScheduledJob {
        let progress = Progress::begin(&definition.schedule, now);
        ScheduledJob { id, definition, owner, progress, last_run: None }
    }

    /// The same with another definition from now on. What is refused while a run is active is for the caller to say.
    #[must_use]
    pub fn changed(self, definition: Definition, owner: String, now: Time) -> ScheduledJob {
        let resumed = definition.enabled && !self.definition.enabled;
        let progress = self.progress.changed(&self.definition.schedule, &definition.schedule, resumed, now);
        ScheduledJob { definition, owner, progress, ..self }
    }

    /// What is to be done now. Nothing while it is disabled.
    pub fn step(&self, now: Time, active: bool) -> Step {
        if self.definition.enabled {
            self.progress.step(&self.definition.schedule, now, active)
        } else {
            Step::Wait(None)
        }
    }

    /// When something is to be done next; it may have passed. `None`: not as it stands.
    pub fn next(&self) -> Option<Time> {
        let waits = self.definition.enabled && !self.progress.completed;
        waits.then(|| self.progress.next(&self.definition.schedule)).flatten()
    }

    /// The runs at `from` or later and before `until`, as far as the calendar says; none while it is disabled.
    pub fn runs_between(&self, from: Time, until: Time) -> impl Iterator<Item = Time> {
        let runs = self.next().map(|_| self.progress.upcoming(&self.definition.schedule));
        let runs = runs.into_iter().flatten().skip_while(move |run| *run < from);
        runs.take_while(move |run| *run < until)
    }

    /// The name of its run of this number (iot-central §4.2).
    pub fn name_of_run(&self, number: u64) -> String {
        format!("{} - {number}", self.definition.name(&self.id))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{End, Recurrence, Zone};
    use super::*;

    fn definition(enabled: bool) -> Definition {
        let start = "2026-03-02T06:00:00Z".parse().unwrap();
        Definition {
            display_name: None,
            description: None,
            group: "g".to_owned(),
            delivery: Delivery::default(),
            data: vec![JobData::DeviceTemplateMigration { template: "dtmi:a:b;1".to_owned() }],
            organization: None,
            schedule: Schedule::new(start, Recurrence::Daily, End::Never, Zone::UTC).unwrap(),
            enabled,
        }
    }

    fn at(text: &str) -> Time {
        format!("2026-{text}:00Z").parse().unwrap()
    }

    #[test]
    fn ticks_while_it_is_disabled_are_nobodys() {
        let new = |enabled| {
            ScheduledJob::new("night".parse().unwrap(), definition(enabled), "token:a".to_owned(), at("03-01T00:00"))
        };
        let off = new(false);
        assert_eq!((off.step(at("03-05T06:00"), false), off.next()), (Step::Wait(None), None));
        let on = off.changed(definition(true), "token:b".to_owned(), at("03-05T07:00"));
        assert_eq!(
            (on.step(at("03-05T07:00"), false), on.owner.as_str()),
            (Step::Wait(Some(at("03-06T06:00"))), "token:b")
        );
        // One that was never disabled has a run due.
        let due = new(true).changed(definition(true), "token:b".to_owned(), at("03-05T07:00"));
        assert_eq!(due.next(), Some(at("03-02T06:00")));
    }

    #[test]
    fn runs_of_some_days() {
        let new = |enabled, recurrence, end, zone: Zone| {
            let start = at("03-28T01:30");
            let schedule = Schedule::new(start, recurrence, end, zone).unwrap();
            let definition = Definition { schedule, ..definition(enabled) };
            ScheduledJob::new("night".parse().unwrap(), definition, "token:a".to_owned(), at("03-01T00:00"))
        };
        let runs =
            |job: &ScheduledJob, from: &str, until: &str| job.runs_between(at(from), at(until)).collect::<Vec<_>>();
        // In Berlin the clocks go from two to three on the 29th.
        let berlin: Zone = "Europe/Berlin".parse().unwrap();
        let daily = new(true, Recurrence::Daily, End::Never, berlin.clone());
        let three = [at("03-28T01:30"), at("03-29T01:30"), at("03-30T00:30")];
        assert_eq!(runs(&daily, "03-01T00:00", "03-31T00:30"), three);
        assert_eq!(runs(&daily, "03-28T01:31", "03-30T00:31"), three[1..]);
        assert_eq!(runs(&daily, "03-30T00:30", "03-30T00:30"), []);
        // Those before the first day that is asked for count for the end.
        let twice = new(true, Recurrence::Daily, End::Occurrences(2), berlin.clone());
        assert_eq!(runs(&twice, "03-29T00:00", "04-30T00:00"), [at("03-29T01:30")]);
        let once = new(true, Recurrence::Once, End::Never, berlin.clone());
        assert_eq!(runs(&once, "03-01T00:00", "12-01T00:00"), [at("03-28T01:30")]);
        assert_eq!(runs(&once, "03-28T01:31", "12-01T00:00"), []);
        let off = new(false, Recurrence::Daily, End::Never, berlin);
        assert_eq!(runs(&off, "03-01T00:00", "12-01T00:00"), []);
    }

    #[test]
    fn names_of_runs() {
        let mut job = ScheduledJob::new("n-1".parse().unwrap(), definition(true), "t".to_owned(), at("03-01T00:00"));
        assert_eq!(job.name_of_run(1), "n-1 - 1");
        job.definition.display_name = Some("first".to_owned());
        assert_eq!(job.name_of_run(15), "first - 15");
    }

    #[test]
    fn kept_as_json() {
        let mut job = ScheduledJob::new("n-1".parse().unwrap(), definition(true), "t".to_owned(), at("03-01T00:00"));
        job.last_run =
            Some(LastRun { job: "r".parse().unwrap(), tick: Time(1), made: Time(2), failure: Some("gone".to_owned()) });
        let Step::Run { after, .. } = job.step(at("03-09T00:00"), false) else { panic!("nothing to run") };
        job.progress = after;
        let text = serde_json::to_string(&job).unwrap();
        assert_eq!(serde_json::from_str::<ScheduledJob>(&text).unwrap(), job, "{text}");
    }
}
