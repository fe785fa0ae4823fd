//! What begins by itself, and when: runs of scheduled jobs, and jobs that wait for their time.

use bellwether_model::Time;
use bellwether_model::access::Scope;
use bellwether_model::job::JobState;
use bellwether_model::schedule::{ScheduledJob, Zone};
use rusqlite::params_from_iter;
use rusqlite::types::Value;

use crate::StoreError;
use crate::jobs::Narrow;
use crate::records::Records;
use crate::standing::state_number;

/// Something that begins at a time that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpcomingRun {
    /// When.
    pub time: Time,
    /// The id of the scheduled job or the job.
    pub id: String,
    /// Its name for people.
    pub display_name: Option<String>,
    /// The device group that it is on; `None`: it is not on one.
    pub group: Option<String>,
    /// Of a scheduled job the zone in which it reckons; `None`: it is a job.
    pub zone: Option<Zone>,
}

impl Records<'_> {
    /// What begins at `from` or later and before `until`, the first first, at most so many, and whether there is more. A
    /// tick of a scheduled job is told of although the run before may still be active then, which would skip it.
    ///
    /// # Errors
    /// The store failed.
    pub fn upcoming_runs(
        &self,
        from: Time,
        until: Time,
        scope: &Scope,
        most: usize,
    ) -> Result<(Vec<UpcomingRun>, bool), StoreError> {
        let scheduled: Vec<ScheduledJob> = self.all::<ScheduledJob>()?.into_iter().map(|job| job.record).collect();
        let seen = scheduled.iter().filter(|job| scope.covers(job.definition.organization.as_deref()));
        let mut ticks: Vec<(Time, &ScheduledJob)> =
            seen.flat_map(|job| job.runs_between(from, until).map(move |tick| (tick, job))).collect();
        // Stable: what begins at once stays in the order of its creation.
        ticks.sort_by_key(|(tick, _)| *tick);
        ticks.truncate(most.saturating_add(1));
        let mut runs = self.waiting_jobs(from, until, scope, most.saturating_add(1))?;
        runs.extend(ticks.into_iter().map(|(time, job)| UpcomingRun {
            time,
            id: job.id.to_string(),
            display_name: job.definition.display_name.clone(),
            group: Some(job.definition.group.clone()),
            zone: Some(job.definition.schedule.zone().clone()),
        }));
        runs.sort_by_key(|run| run.time);
        let more = runs.len() > most;
        runs.truncate(most);
        Ok((runs, more))
    }

    /// Jobs that wait for their time, the first `most`.
    fn waiting_jobs(
        &self,
        from: Time,
        until: Time,
        scope: &Scope,
        most: usize,
    ) -> Result<Vec<UpcomingRun>, StoreError> {
        let mut narrow = Narrow::new();
        narrow
            .one_of("state", [JobState::Queued, JobState::Scheduled].map(|state| Value::Integer(state_number(state))));
        narrow.holds("start >= ?", Value::Integer(from.0));
        narrow.holds("start < ?", Value::Integer(until.0));
        // What was to begin when it was made waits for its turn.
        narrow.is("start > created");
        if let Some(organizations) = scope.organizations() {
            narrow.one_of("organization", organizations.iter().cloned().map(Value::Text));
        }
        let (conditions, values) = narrow.finish();
        let sql = format!(
            "SELECT start, id, display_name, group_id FROM job WHERE {conditions} ORDER BY start, key LIMIT {most}"
        );
        let mut statement = self.connection().prepare_cached(&sql)?;
        let run = |row: &rusqlite::Row<'_>| {
            Ok(UpcomingRun {
                time: Time(row.get(0)?),
                id: row.get(1)?,
                display_name: row.get(2)?,
                group: row.get(3)?,
                zone: None,
            })
        };
        Ok(statement.query_map(params_from_iter(values), run)?.collect::<Result<_, _>>()?)
    }
}
