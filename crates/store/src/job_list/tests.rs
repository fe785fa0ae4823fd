use bellwether_model::job::{
    Action, Amount, CentralJob, Decimal, Delivery, DeviceJobState, Face, JobData, JobSpec, Ledger, Outcome, Target,
    Threshold,
};
use bellwether_model::{DeviceSeq, JobKey};

use super::*;
use crate::standing::{save_standing, standing};
use crate::targets::TargetList;
use crate::{Mode, migrations};

fn at(seconds: i64) -> Time {
    Time(1_772_330_400_000_000 + seconds * 1_000_000)
}

fn store() -> (Store, tempfile::TempDir) {
    let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    (Store::open(&dir.path().join("test.db"), Mode::Inline).unwrap(), dir)
}

fn spec(id: &str, name: Option<&str>) -> JobSpec {
    let data = JobData::DeviceTemplateMigration { template: "t".to_owned() };
    let central = CentralJob {
        display_name: name.map(str::to_owned),
        description: Some(format!("Für {id}")),
        group: "g".to_owned(),
        data: vec![data],
        ..CentralJob::default()
    };
    let target = Target::Group { group: "g".to_owned() };
    let action = Action::SetTemplate("t".to_owned());
    let threshold = Threshold { amount: Amount::Number(Decimal::ZERO), per_batch: false };
    JobSpec {
        face: Face::Central(central),
        delivery: Delivery { batch: None, threshold: name.map(|_| threshold) },
        ..JobSpec::of_hub(id.parse().unwrap(), target, action, "token:a".to_owned())
    }
}

impl Store {
    /// Moves a job's books, as its task would.
    async fn books(&self, job: JobKey, now: Time, change: impl FnOnce(&mut Ledger) + Send + 'static) {
        let write = move |connection: &Connection| {
            let mut standing = standing(connection, job)?;
            change(&mut standing.ledger);
            save_standing(connection, &standing, &[], now)
        };
        self.interactive(write).await.unwrap();
    }

    /// A job of two devices that began at `began`.
    async fn begun(&self, spec: JobSpec, made: Time, began: Time) -> JobKey {
        let job = self.create_job(spec, made).await.unwrap();
        let list = TargetList::of(vec![DeviceSeq(1), DeviceSeq(2)]);
        self.freeze_targets(job.key, list, began).await.unwrap();
        job.key
    }

    async fn ids(&self, selection: &JobSelection) -> String {
        let page = self.job_overviews(selection.clone(), None, 100, at(1000)).await.unwrap();
        let mut ids: Vec<String> = page.jobs.iter().map(|found| found.job.spec.id.to_string()).collect();
        let mut next = page.next;
        // Only a search stops before its end.
        assert!(next.is_none() || selection.search.is_some());
        while next.is_some() {
            let page = self.job_overviews(selection.clone(), next, 100, at(1000)).await.unwrap();
            ids.extend(page.jobs.iter().map(|found| found.job.spec.id.to_string()));
            next = page.next;
        }
        ids.join(" ")
    }
}

fn end(class: Outcome) -> impl FnOnce(&mut Ledger) + Send + 'static {
    move |ledger| {
        for _ in 0..2 {
            ledger.end(DeviceJobState::Pending, class.class, at(500));
        }
    }
}

/// Jobs in every state, with and without failures.
async fn every_state(store: &Store) {
    store.create_job(spec("queued", None), at(0)).await.unwrap();
    let job = store.create_job(spec("scheduled", None), at(1)).await.unwrap();
    store.postpone_job(job.key, at(1)).await.unwrap();
    store.begun(spec("running", None), at(2), at(10)).await;
    let job = store.begun(spec("fine", None), at(3), at(11)).await;
    store.books(job, at(500), end(Outcome::done())).await;
    let job = store.begun(spec("some-failed", None), at(4), at(12)).await;
    store.books(job, at(500), end(Outcome::unknown())).await;
    let job = store.begun(spec("taken-up", None), at(5), at(13)).await;
    store.books(job, at(500), end(Outcome::unknown())).await;
    let rerun = JobSpec { target: Target::FailedOf { failed_of: job }, ..spec("rerun", None) };
    let rerun = store.begun(rerun, at(6), at(14)).await;
    store.books(rerun, at(500), end(Outcome::done())).await;
    let job = store.begun(spec("too-many", Some("Zeta")), at(7), at(15)).await;
    store.books(job, at(500), end(Outcome::unknown())).await;
    let job = store.create_job(spec("could-not", Some("alpha")), at(8)).await.unwrap();
    store.fail_job(job.key, "why".to_owned(), at(20)).await.unwrap();
    store.begun(spec("ended-by-hand", None), at(9), at(16)).await;
    store.cancel_job("ended-by-hand", at(30)).await.unwrap();
    store.begun(spec("stopped", None), at(10), at(17)).await;
    store.stop_job("stopped", at(30)).await.unwrap();
    let hub = JobSpec::of_hub(
        "hub".parse().unwrap(),
        Target::Twins { condition: Some("*".to_owned()), device_ids: None },
        Action::UpdateTwin("{}".to_owned()),
        "service".to_owned(),
    );
    store.create_job(hub, at(11)).await.unwrap();
}

#[tokio::test]
async fn who_needs_attention() {
    let (store, _dir) = store();
    every_state(&store).await;
    let all = store.job_overviews(JobSelection::default(), None, 100, at(1000)).await.unwrap().jobs;
    let by_rule: Vec<String> = all
        .iter()
        .filter_map(|found| found.attention.map(|attention| format!("{} {attention:?}", found.job.spec.id)))
        .collect();
    assert_eq!(
        by_rule,
        ["some-failed FailedDevices", "too-many ThresholdExceeded", "could-not Failed", "stopped Stopped"]
    );
    // What SQL narrows by is the rule.
    let narrowed = store.ids(&JobSelection { attention: true, ..JobSelection::default() }).await;
    assert_eq!(narrowed, "some-failed too-many could-not stopped");
    // What somebody has seen, nobody has to see; what has not ended cannot be put aside.
    store.acknowledge_job("too-many", at(1)).await.unwrap();
    store.acknowledge_job("too-many", at(2)).await.unwrap();
    assert_eq!(store.job_overview("too-many").await.unwrap().unwrap().attention, None);
    for (id, expected) in [("stopped", "a job that is stopped cannot"), ("nobody", "there is no job")] {
        let refused = store.acknowledge_job(id, at(1)).await.unwrap_err().to_string();
        assert!(refused.starts_with(expected), "{refused}");
    }
    let narrowed = store.ids(&JobSelection { attention: true, ..JobSelection::default() }).await;
    assert_eq!(narrowed, "some-failed could-not stopped");
    let rerun = all.iter().find(|found| found.job.spec.id.as_str() == "rerun").unwrap();
    assert_eq!(rerun.rerun_of.as_deref(), Some("taken-up"));
}

#[tokio::test]
async fn every_filter_and_order() {
    let (store, _dir) = store();
    every_state(&store).await;
    let default = JobSelection::default;
    let search = |text: &str| JobSelection { search: Some(SearchText::new(text)), ..default() };
    let text = |text: &str| Some(text.to_owned());
    for (selection, expected) in [
        (search("ZETA"), "too-many"),
        (search("FÜR SOME"), "some-failed"),
        (search("hub"), "hub"),
        (search("nobody"), ""),
        (
            JobSelection { group: text("g"), search: Some(SearchText::new("-")), ..default() },
            "some-failed taken-up too-many could-not ended-by-hand",
        ),
        (JobSelection { group: text("h"), ..default() }, ""),
        (JobSelection { owner: text("service"), ..default() }, "hub"),
        (JobSelection { kinds: vec![JobKind::ScheduleUpdateTwin, JobKind::Command], ..default() }, "hub"),
        (JobSelection { since: Some(at(10)), ..default() }, "stopped hub"),
        (
            JobSelection {
                filter: JobFilter { states: vec![JobState::Queued, JobState::Scheduled], ..JobFilter::default() },
                descending: true,
                ..default()
            },
            "hub scheduled queued",
        ),
    ] {
        let found = store.ids(&selection).await;
        assert_eq!(found, expected, "{selection:?}");
    }
    let by = |order| JobSelection { order, ..default() };
    // By the name for people where there is one: Zeta, alpha, then the ids.
    assert_eq!(
        store.ids(&by(JobOrder::DisplayName)).await,
        "too-many could-not ended-by-hand fine hub queued rerun running scheduled some-failed stopped taken-up"
    );
    assert_eq!(
        store.ids(&by(JobOrder::Status)).await,
        "queued scheduled hub running fine some-failed taken-up rerun could-not too-many ended-by-hand stopped"
    );
    assert_eq!(
        store.ids(&by(JobOrder::Start)).await,
        "queued scheduled could-not hub running fine some-failed taken-up rerun too-many ended-by-hand stopped"
    );
    // Ended by hand after 14 seconds; the others at 500; running and stopped ones have taken 990 and 983 so far.
    assert_eq!(
        store.ids(&by(JobOrder::Duration)).await,
        "queued scheduled could-not hub ended-by-hand too-many rerun taken-up some-failed fine stopped running"
    );
}

#[tokio::test]
async fn pages_in_every_order() {
    let (store, _dir) = store();
    every_state(&store).await;
    let orders = [JobOrder::Created, JobOrder::DisplayName, JobOrder::Status, JobOrder::Start, JobOrder::Duration];
    for order in orders {
        for descending in [false, true] {
            let selection = JobSelection { order, descending, ..JobSelection::default() };
            let whole = store.ids(&selection).await;
            for (search, limit) in [(None, 1), (None, 5), (Some(String::new()), 5)] {
                let selection = JobSelection { search: search.map(|text| SearchText::new(&text)), ..selection.clone() };
                let (mut seen, mut after, mut time) = (Vec::new(), None, 1000);
                loop {
                    // Time goes on between two pages; what runs must not move for it.
                    let page = store.job_overviews(selection.clone(), after, limit, at(time)).await.unwrap();
                    seen.extend(page.jobs.iter().map(|found| found.job.spec.id.to_string()));
                    time += 700;
                    after = page.next;
                    if after.is_none() {
                        break;
                    }
                }
                assert_eq!(seen.join(" "), whole, "{order:?} {descending} {limit}");
            }
        }
    }
}

#[tokio::test]
async fn a_search_answers_before_it_has_looked_at_everything() {
    let (store, _dir) = store();
    every_state(&store).await;
    let search = JobSelection { search: Some(SearchText::new("hub")), ..JobSelection::default() };
    let first = store.job_overviews(search.clone(), None, 5, at(1000)).await.unwrap();
    assert_eq!((first.jobs.len(), first.next.is_some()), (0, true));
    let second = store.job_overviews(search, first.next, 5, at(1000)).await.unwrap();
    assert_eq!((second.jobs.len(), second.next), (1, None));
}

/// A database of a program that did not look for jobs.
#[tokio::test]
async fn jobs_from_before_are_found() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("old.db");
    let mut connection = Connection::open(&path).unwrap();
    migrations::migrations::runner().set_target(refinery::Target::Version(6)).run(&mut connection).unwrap();
    let insert =
        "INSERT INTO job (key, id, type, face, state, success, created, start, next_ordinal, events, succeeded,
                  failed, running, cancelled, scheduled_job, spec)
                  VALUES (?1, ?2, ?3, ?4, 3, 0, 5, 5, 0, 2, 0, 1, 0, 0, 's', ?5)";
    let migration = spec("migration", Some("Moved"));
    let mut command = spec("command", None);
    command.action = Action::InvokeMethods(Vec::new());
    if let Face::Central(central) = &mut command.face {
        central.data = vec![JobData::Command { target: "t".to_owned(), path: "p".to_owned(), value: None }];
    }
    command.target = Target::FailedOf { failed_of: JobKey(1) };
    let target = Target::Twins { condition: None, device_ids: Some(vec!["a".to_owned()]) };
    let action = Action::UpdateTwin("{}".to_owned());
    let hub = JobSpec::of_hub("hub".parse().unwrap(), target, action, "service".to_owned());
    for (key, spec, job_type, face) in [(1, &migration, 1, 1), (2, &command, 0, 1), (3, &hub, 1, 0)] {
        let text = serde_json::to_string(spec).unwrap();
        connection.execute(insert, rusqlite::params![key, spec.id.as_str(), job_type, face, text]).unwrap();
    }
    drop(connection);

    let store = Store::open(&path, Mode::Inline).unwrap();
    let kept = store.job_overview("migration").await.unwrap().unwrap();
    assert_eq!((kept.job.spec, kept.job.state, kept.events), (migration, JobState::Completed, 2));
    assert_eq!(store.job_overview("command").await.unwrap().unwrap().rerun_of.as_deref(), Some("migration"));
    let default = JobSelection::default;
    let of = |kind| JobSelection { kinds: vec![kind], ..default() };
    for (selection, expected) in [
        (of(JobKind::DeviceTemplateMigration), "migration"),
        (of(JobKind::Command), "command"),
        (of(JobKind::ScheduleUpdateTwin), "hub"),
        (of(JobKind::Property), ""),
        (JobSelection { owner: Some("service".to_owned()), ..default() }, "hub"),
        (JobSelection { group: Some("g".to_owned()), ..default() }, "migration command"),
        (JobSelection { search: Some(SearchText::new("moved")), ..default() }, "migration"),
        (JobSelection { search: Some(SearchText::new("für command")), ..default() }, "command"),
    ] {
        assert_eq!(store.ids(&selection).await, expected, "{selection:?}");
    }
    let of_schedule = JobFilter { scheduled_job: Some("s".to_owned()), ..JobFilter::default() };
    assert_eq!(store.jobs(of_schedule, None, 10).await.unwrap().jobs.len(), 3);
}

/// 10,000 jobs, a page of each filter and order: run by hand with `--ignored --nocapture` in a release build.
#[tokio::test]
#[ignore = "a measurement"]
async fn pages_of_ten_thousand() {
    let (store, _dir) = store();
    let write = |connection: &Connection| {
        for n in 0..10_000 {
            let mut spec = spec(&format!("job-{n:05}"), Some(&format!("Firmware of line {}", n * 7919 % 10_000)));
            spec.owner = format!("user:{}", n % 20);
            if let Face::Central(central) = &mut spec.face {
                central.description = Some("What this is for and whom to ask about it. ".repeat(6));
            }
            let job = crate::jobs::create_job(connection, spec, None, at(n)).map_err(|_| StoreError::Closed)?;
            let mut standing = standing(connection, job.key)?;
            standing.ledger.freeze(2, at(n + 5)).unwrap();
            let class = if n % 10 == 0 { Outcome::unknown() } else { Outcome::done() }.class;
            standing.ledger.end(DeviceJobState::Pending, class, at(n + n % 100 + 6));
            standing.ledger.end(DeviceJobState::Pending, class, at(n + n % 100 + 6));
            save_standing(connection, &standing, &[], at(n + 200))?;
            connection.execute("UPDATE job SET began = ?2 WHERE key = ?1", [job.key.0, at(n + 5).0])?;
        }
        Ok::<_, StoreError>(())
    };
    store.interactive(write).await.unwrap();
    let default = || JobSelection { descending: true, ..JobSelection::default() };
    let text = |text: &str| Some(text.to_owned());
    let look = |text: &str| Some(SearchText::new(text));
    let states = |states: Vec<JobState>| JobFilter { states, ..JobFilter::default() };
    for (name, selection) in [
        ("created desc", default()),
        ("displayName", JobSelection { order: JobOrder::DisplayName, ..JobSelection::default() }),
        ("status", JobSelection { order: JobOrder::Status, ..JobSelection::default() }),
        ("start", JobSelection { order: JobOrder::Start, ..default() }),
        ("duration", JobSelection { order: JobOrder::Duration, ..default() }),
        ("attention", JobSelection { attention: true, ..default() }),
        ("search, some", JobSelection { search: look("LINE 99"), ..default() }),
        ("search, none", JobSelection { search: look("nothing at all"), ..default() }),
        ("search by name", JobSelection { search: look("line 9"), order: JobOrder::DisplayName, ..default() }),
        ("group", JobSelection { group: text("g"), ..default() }),
        ("owner", JobSelection { owner: text("user:3"), ..default() }),
        ("type, none", JobSelection { kinds: vec![JobKind::Command], ..default() }),
        ("since", JobSelection { since: Some(at(9_990)), ..default() }),
        ("status running", JobSelection { filter: states(vec![JobState::Running]), ..default() }),
        ("status cancelled", JobSelection { filter: states(vec![JobState::Cancelled]), ..default() }),
    ] {
        let mut times = Vec::new();
        let mut after = None;
        for _ in 0..21 {
            let began = std::time::Instant::now();
            let page = store.job_overviews(selection.clone(), after.take(), 25, at(20_000)).await.unwrap();
            times.push(began.elapsed().as_secs_f64() * 1000.0);
            after = page.next;
        }
        times.sort_by(f64::total_cmp);
        println!("{name:18} {:6.2} ms, worst {:6.2} ms", times[10], times[20]);
    }
}
