mod active_runs;
mod audit;
mod device_history;
mod family;
mod limit;
mod lists;
mod members;
mod moves;
mod never_reached;
mod provisioning;
mod results;
mod retention;
mod sign_in;

use std::collections::BTreeSet;
use std::sync::Arc;

use bellwether_model::access::Scope;
use bellwether_model::identity::{DeviceProfile, DeviceSettings, IfMatch, Keys, Presence, Status, SymmetricKey};
use bellwether_model::job::{Action, Amount, Counters, Decimal, JobSpec, JobState, JobType, Outcome, Success, Target};
use bellwether_model::method::MethodAnswer;
use bellwether_model::policy::{Policies, Policy, Right};
use bellwether_model::twin::{TwinChange, TwinError};
use bellwether_model::{DeviceId, DeviceSeq, JobKey, Time};
use bellwether_query::{Condition, JsonDocument, Query};
use proptest::prelude::*;

use crate::*;

const NOW: Time = Time(1_772_330_400_000_000);

struct Bed {
    store: Store,
    _dir: tempfile::TempDir,
}

impl Bed {
    fn new(mode: Mode) -> Bed {
        // In memory where there is such a place: these tests ask what is written, not when it is flushed.
        let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let store = Store::open(&dir.path().join("test.db"), mode).unwrap();
        Bed { store, _dir: dir }
    }

    async fn device(&self, id: &str) -> DeviceSeq {
        let key = |byte| SymmetricKey::from_bytes(&[byte; 32]);
        let settings = DeviceSettings::default();
        let new = NewDevice {
            id: id.parse().unwrap(),
            settings,
            profile: DeviceProfile::default(),
            fresh_keys: Keys { primary: key(1), secondary: key(2) },
        };
        self.store.create_device(new, NOW).await.unwrap().seq
    }

    async fn patch(&self, id: &str, body: &str) {
        let change = TwinChange::merge_from_body(body).unwrap();
        self.store.change_twin(&id.parse().unwrap(), &Scope::Everything, change, IfMatch::Any, NOW).await.unwrap();
    }

    async fn rows(&self, text: &str, limit: usize) -> Vec<serde_json::Value> {
        self.rows_with(text, limit, nobody()).await
    }

    /// All rows of a query, page by page.
    async fn rows_with(&self, text: &str, limit: usize, presence: LivePresence) -> Vec<serde_json::Value> {
        let query = Arc::new(Query::parse(text).unwrap());
        let (mut rows, mut from) = (Vec::new(), None);
        loop {
            let page = self.store.query(Arc::clone(&query), from, limit, Arc::clone(&presence)).await.unwrap();
            assert!(page.rows.len() <= limit);
            assert!(page.next.is_none() || page.rows.len() == limit, "a page with a successor is full");
            rows.extend(page.rows.iter().map(|row| serde_json::from_str::<serde_json::Value>(row).unwrap()));
            from = page.next;
            if from.is_none() {
                return rows;
            }
        }
    }

    async fn running_job(&self, id: &str, action: Action) -> JobKey {
        let target = Target::Twins { condition: Some("*".to_owned()), device_ids: None };
        let spec = JobSpec::of_hub(id.parse().unwrap(), target, action, "test".to_owned());
        let job = self.store.create_job(spec, NOW).await.unwrap();
        let list = self.store.select_targets(Arc::new(Condition::everything()), nobody()).await.unwrap();
        let state = self.store.freeze_targets(job.key, list, NOW).await.unwrap();
        assert_eq!(state, JobState::Running);
        job.key
    }

    async fn begin(&self, job: JobKey, devices: &[DeviceSeq]) -> Vec<DeviceSeq> {
        self.store.record_and_begin(job, Vec::new(), devices.to_vec(), Arc::default(), 7, NOW).await.unwrap().begun
    }

    async fn record(&self, job: JobKey, endings: Vec<Ending>) -> Progress {
        self.store.record_and_begin(job, endings, Vec::new(), Arc::default(), 7, NOW).await.unwrap()
    }

    async fn counters(&self, id: &str) -> Counters {
        self.store.job(id).await.unwrap().unwrap().counters.unwrap()
    }
}

fn nobody() -> LivePresence {
    Arc::new(|_| None)
}

fn method() -> Action {
    let body = r#"{"methodName":"m"}"#;
    Action::InvokeMethods(vec![bellwether_model::method::MethodCall::from_body(body).unwrap()])
}

fn twin_plan(job: JobKey, body: &str) -> Arc<ChunkPlan> {
    let change = DeviceChange::Twin(TwinChange::merge_from_body(body).unwrap());
    Arc::new(ChunkPlan { job, change, requirement: Requirement::default(), keep_previous: true })
}

fn answered(device: DeviceSeq, payload: &str) -> Ending {
    let answer = MethodAnswer { status: 200, payload: payload.to_owned() };
    Ending { device, outcome: Some(Outcome::answered(vec![answer], Success::Answered)) }
}

#[tokio::test]
async fn many_writers_share_commits_and_a_failing_piece_fails_alone() {
    let bed = Bed::new(Mode::Threaded);
    let ids: Vec<String> = (0..40).map(|n| format!("d{}", n % 20)).collect();
    let results = futures_join(ids.iter().map(|id| {
        let settings = DeviceSettings::default();
        let key = SymmetricKey::from_bytes(&[3; 32]);
        let fresh_keys = Keys { primary: key.clone(), secondary: key };
        bed.store.create_device(
            NewDevice { id: id.parse().unwrap(), settings, profile: DeviceProfile::default(), fresh_keys },
            NOW,
        )
    }))
    .await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 20);
    assert_eq!(results.iter().filter(|result| matches!(result, Err(DeviceError::AlreadyExists))).count(), 20);
    assert_eq!(bed.store.devices(1000).await.unwrap().len(), 20);
    bed.store.close();
    let closed = bed.store.begin_epoch().await;
    assert!(matches!(closed, Err(StoreError::Closed)));
}

/// All at once, in one task.
async fn futures_join<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut pending: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        let mut all = true;
        for (future, output) in &mut pending {
            if output.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(value) => *output = Some(value),
                    std::task::Poll::Pending => all = false,
                }
            }
        }
        if all { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    pending.into_iter().filter_map(|(_, output)| output).collect()
}

#[tokio::test]
async fn identities_and_their_etags() {
    let bed = Bed::new(Mode::Inline);
    let id: DeviceId = "a".parse().unwrap();
    let first = bed.device("a").await;
    let before = bed.store.device(&id).await.unwrap().unwrap();
    let settings = DeviceSettings {
        status: Status::Disabled,
        status_reason: Some("lost".to_owned()),
        keys: None,
        iot_edge: true,
        device_scope: None,
    };
    let stale = IfMatch::OneOf(vec!["other".to_owned()]);
    let refused = bed.store.update_device(&id, settings.clone(), stale.clone(), NOW).await;
    assert!(matches!(refused, Err(DeviceError::EtagMismatch)));
    assert_eq!(bed.store.device(&id).await.unwrap().unwrap(), before);
    let right = IfMatch::OneOf(vec![before.etag_text()]);
    let after = bed.store.update_device(&id, settings, right.clone(), NOW).await.unwrap();
    assert_eq!((after.keys, after.status, after.status_updated), (before.keys, Status::Disabled, NOW));
    assert!(matches!(bed.store.delete_device(&id, right.clone(), NOW).await, Err(DeviceError::EtagMismatch)));
    bed.store.delete_device(&id, IfMatch::Any, NOW).await.unwrap();
    assert!(matches!(bed.store.delete_device(&id, IfMatch::Any, NOW).await, Err(DeviceError::NotFound)));
    // A re-created id is another device; nothing of the old one fits it.
    let second = bed.device("a").await;
    let again = bed.store.device(&id).await.unwrap().unwrap();
    assert_ne!(first, second);
    assert_ne!(again.generation, before.generation);
    assert!(!right.holds(&again.etag_text()));
}

#[tokio::test]
async fn a_refused_twin_change_changes_nothing() {
    let bed = Bed::new(Mode::Inline);
    bed.device("a").await;
    let id: DeviceId = "a".parse().unwrap();
    for n in 0..2 {
        bed.patch("a", &format!(r#"{{"tags":{{"k{n}":"{}"}}}}"#, "x".repeat(4090))).await;
    }
    let before = bed.store.twin(&id).await.unwrap();
    let change = TwinChange::merge_from_body(r#"{"tags":{"n":"xxxxxxxxxxxx"}}"#).unwrap();
    let refused = bed.store.change_twin(&id, &Scope::Everything, change.clone(), IfMatch::Any, NOW).await;
    assert!(matches!(refused, Err(ChangeTwinError::Twin(TwinError::TooLarge { .. }))));
    let stale = IfMatch::OneOf(vec!["AAAAAAAAAAE=".to_owned()]);
    let refused = bed.store.change_twin(&id, &Scope::Everything, change, stale, NOW).await;
    assert!(matches!(refused, Err(ChangeTwinError::EtagMismatch)));
    assert_eq!(bed.store.twin(&id).await.unwrap(), before);
}

#[tokio::test]
async fn presence_lies_over_the_row_before_the_query_decides() {
    let bed = Bed::new(Mode::Inline);
    let (a, b) = (bed.device("a").await, bed.device("b").await);
    let stored = Presence { connected: true, state_updated: NOW, last_activity: NOW };
    bed.store.save_presence(vec![(a, stored), (b, stored)]).await.unwrap();
    let gone = Presence { connected: false, ..stored };
    let live: LivePresence = Arc::new(move |device| (device == a).then_some(gone));
    let connected = "SELECT deviceId FROM devices WHERE connectionState = 'Connected'";
    let rows = bed.rows_with(connected, 10, Arc::clone(&live)).await;
    assert_eq!(rows, [serde_json::json!({"deviceId": "b"})]);
    let rows = bed.rows_with("SELECT * FROM devices", 10, live).await;
    let states: Vec<_> = rows.iter().map(|row| row["connectionState"].as_str().unwrap()).collect();
    assert_eq!(states, ["Disconnected", "Connected"]);
    bed.store.forget_connections(NOW).await.unwrap();
    assert_eq!(bed.rows(connected, 10).await.len(), 0);
}

#[tokio::test]
async fn top_counts_over_pages_and_aggregates_page() {
    let bed = Bed::new(Mode::Inline);
    for n in 0..7 {
        bed.device(&format!("d{n}")).await;
        bed.patch(&format!("d{n}"), &format!(r#"{{"tags":{{"floor":{}}}}}"#, n % 3)).await;
    }
    assert_eq!(bed.rows("SELECT TOP 5 deviceId FROM devices", 2).await.len(), 5);
    assert_eq!(bed.rows("SELECT TOP 4 deviceId FROM devices", 2).await.len(), 4);
    assert_eq!(bed.rows("SELECT TOP 0 deviceId FROM devices", 2).await.len(), 0);
    let groups = "SELECT tags.floor, COUNT() AS n FROM devices GROUP BY tags.floor";
    assert_eq!(bed.rows(groups, 2).await, bed.rows(groups, 100).await);
    assert_eq!(bed.rows(groups, 1).await.len(), 3);
    assert_eq!(bed.rows("SELECT COUNT() AS n FROM devices", 10).await, [serde_json::json!({"n": 7})]);
    assert_eq!(bed.rows("SELECT * FROM devices.modules", 10).await.len(), 0);
}

#[tokio::test]
async fn attempts_outcomes_and_rows() {
    let bed = Bed::new(Mode::Inline);
    let mut devices = Vec::new();
    for n in 0..5 {
        devices.push(bed.device(&format!("d{n}")).await);
    }
    let job = bed.running_job("j", method()).await;
    let late = bed.device("late").await;
    let begun = bed.begin(job, &devices[..3]).await;
    assert_eq!(begun, devices[..3]);
    // Nobody is begun twice.
    let again = bed.begin(job, &[devices[1], devices[3]]).await;
    assert_eq!(again, [devices[3]]);
    assert_eq!(bed.counters("j").await, Counters { targets: 5, running: 4, ..Counters::default() });

    let taken_back = Ending { device: devices[3], outcome: None };
    let no_target = answered(late, "1");
    let endings = vec![answered(devices[0], r#"{"n":1.0}"#), answered(devices[1], "null"), taken_back, no_target];
    assert!(!bed.record(job, endings).await.over);
    // A second outcome of the same device changes nothing.
    let second = Ending { device: devices[0], outcome: Some(Outcome::timed_out()) };
    bed.record(job, vec![second]).await;
    let expected = Counters { targets: 5, succeeded: 2, running: 1, ..Counters::default() };
    assert_eq!(bed.counters("j").await, expected);

    bed.store.delete_device(&"d4".parse().unwrap(), IfMatch::Any, NOW).await.unwrap();
    let gone = Ending { device: devices[4], outcome: Some(Outcome::deleted()) };
    bed.record(job, vec![gone]).await;
    for limit in [1, 2, 100] {
        let rows = bed.rows("SELECT * FROM devices.jobs WHERE devices.jobs.jobId = 'j'", limit).await;
        let shown: Vec<_> = rows
            .iter()
            .map(|row| (row["deviceId"].as_str().unwrap(), row["status"].as_str().unwrap(), row["outcome"].to_string()))
            .collect();
        assert_eq!(
            shown,
            [
                ("d0", "completed", r#"{"deviceMethodResponse":{"status":200,"payload":{"n":1.0}}}"#.to_owned()),
                ("d1", "completed", r#"{"deviceMethodResponse":{"status":200}}"#.to_owned()),
                ("d2", "running", "{}".to_owned()),
                ("d3", "pending", "{}".to_owned()),
                ("d4", "failed", "{}".to_owned()),
            ]
        );
    }
    let by_device = bed.rows("SELECT * FROM devices.jobs WHERE deviceId IN ['d4', 'd2', 'nobody']", 1).await;
    assert_eq!(by_device.len(), 2);
    assert!(!bed.store.close_at_deadline(job, NOW).await.unwrap());
    assert_eq!(bed.begin(job, &[devices[3]]).await, []);
    assert!(bed.record(job, vec![answered(devices[2], "1")]).await.over);
    let expected = Counters { targets: 5, succeeded: 3, failed: 2, never_reached: 1, ..Counters::default() };
    assert_eq!(bed.counters("j").await, expected);
}

#[tokio::test]
async fn lost_attempts_are_resolved_at_the_next_start() {
    let bed = Bed::new(Mode::Inline);
    let (a, b) = (bed.device("a").await, bed.device("b").await);
    let job = bed.running_job("j", method()).await;
    bed.begin(job, &[a, b]).await;
    bed.record(job, vec![answered(a, "1")]).await;
    assert_eq!(bed.store.resolve_lost_attempts(NOW).await.unwrap(), 1);
    let rows = bed.rows("SELECT * FROM devices.jobs", 10).await;
    assert_eq!(rows[1]["error"]["code"], "OutcomeUnknown");
    let done = bed.store.job("j").await.unwrap().unwrap();
    assert_eq!((done.state, done.ended), (JobState::Completed, Some(NOW)));
    assert_eq!(bed.store.resolve_lost_attempts(NOW).await.unwrap(), 0);
}

#[tokio::test]
async fn a_chunk_counts_once_and_merges_again_when_a_twin_moved() {
    let bed = Bed::new(Mode::Inline);
    for n in 0..4 {
        bed.device(&format!("d{n}")).await;
    }
    let body = r#"{"tags":{"t":1},"properties":{"desired":{"x":{"y":2}}}}"#;
    let job = bed.running_job("j", Action::UpdateTwin(body.to_owned())).await;
    let plan = twin_plan(job, body);
    let prepare = |from, most| bed.store.prepare_chunk(Arc::clone(&plan), from, most, NOW);
    let (first, twice) = (prepare(0, 3).await.unwrap(), prepare(0, 3).await.unwrap());
    // Between reading and writing one twin moves and one device goes.
    bed.patch("d0", r#"{"properties":{"desired":{"x":{"z":3}}}}"#).await;
    bed.store.delete_device(&"d1".parse().unwrap(), IfMatch::Any, NOW).await.unwrap();
    let done = bed.store.apply_chunk(first).await.unwrap();
    assert_eq!((done.next_ordinal, done.pushes.len()), (3, 2));
    let ignored = bed.store.apply_chunk(twice).await.unwrap();
    assert_eq!((ignored.next_ordinal, ignored.pushes.len()), (3, 0));
    let (_, twin) = bed.store.twin(&"d0".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((twin.desired.json.as_str(), twin.desired.version), (r#"{"x":{"z":3,"y":2}}"#, 3));
    let last = bed.store.apply_chunk(prepare(3, 3).await.unwrap()).await.unwrap();
    assert_eq!(last.next_ordinal, 4);
    assert_eq!(bed.store.job("j").await.unwrap().unwrap().state, JobState::Completed);
    assert!(prepare(4, 3).await.unwrap().is_empty());
    let expected = Counters { targets: 4, succeeded: 3, failed: 1, ..Counters::default() };
    assert_eq!(bed.counters("j").await, expected);
}

#[tokio::test]
async fn a_cancelled_twin_job_takes_no_further_chunk() {
    let bed = Bed::new(Mode::Inline);
    bed.device("a").await;
    let body = r#"{"tags":{"t":1}}"#;
    let job = bed.running_job("j", Action::UpdateTwin(body.to_owned())).await;
    let chunk = bed.store.prepare_chunk(twin_plan(job, body), 0, 9, NOW).await.unwrap();
    bed.store.cancel_job("j", NOW).await.unwrap();
    assert_eq!(bed.store.apply_chunk(chunk).await.unwrap().next_ordinal, 0);
    let (_, twin) = bed.store.twin(&"a".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((twin.version, twin.tags), (2, None));
    let rows = bed.rows("SELECT * FROM devices.jobs", 10).await;
    assert_eq!(rows[0]["status"], "canceled");
}

/// A chunk stops inside itself where the job is to pause.
#[tokio::test]
async fn a_twin_job_pauses_after_its_batch() {
    let bed = Bed::new(Mode::Inline);
    for id in ["a", "b", "c", "d", "e"] {
        bed.device(id).await;
    }
    let body = r#"{"tags":{"t":1}}"#;
    let target = Target::Twins { condition: Some("*".to_owned()), device_ids: None };
    let mut spec =
        JobSpec::of_hub("j".parse().unwrap(), target, Action::UpdateTwin(body.to_owned()), "test".to_owned());
    spec.delivery.batch = Some(Amount::Number(Decimal::from(2)));
    let job = bed.store.create_job(spec, NOW).await.unwrap();
    assert!(matches!(bed.store.pause_after_batch("j", NOW).await, Err(MoveJobError::NoPause(_))));
    let list = bed.store.select_targets(Arc::new(Condition::everything()), nobody()).await.unwrap();
    bed.store.freeze_targets(job.key, list, NOW).await.unwrap();
    assert_eq!(bed.store.pause_after_batch("j", NOW).await.unwrap().pause_after, Some(1));
    let chunk = async |from| bed.store.prepare_chunk(twin_plan(job.key, body), from, 9, NOW).await.unwrap();
    assert_eq!(bed.store.apply_chunk(chunk(0).await).await.unwrap().next_ordinal, 2);
    assert_eq!(bed.store.apply_chunk(chunk(2).await).await.unwrap().next_ordinal, 2);
    let paused = bed.store.job("j").await.unwrap().unwrap();
    assert_eq!((paused.state, paused.pause_after), (JobState::Stopped, None));
    let later = NOW.plus_seconds(60);
    bed.store.resume_job("j", later).await.unwrap();
    let open = bed.store.job_batches(job.key, None, 9).await.unwrap().batches;
    let times: Vec<_> = open.iter().map(|batch| batch.opened.map(|opened| (opened.opened, opened.ended))).collect();
    assert_eq!(times, [Some((NOW, Some(NOW))), Some((later, None)), None]);
    assert_eq!(bed.store.apply_chunk(chunk(2).await).await.unwrap().next_ordinal, 5);
    let noted = bed.store.read_records(|records| records.last_noted("job", "j", &["pause"], NOW)).await.unwrap();
    assert_eq!(
        noted.map(|entry| (entry.actor, entry.detail)),
        Some(("system".to_owned(), Some("after batch 1".to_owned())))
    );
}

#[tokio::test]
async fn jobs_are_listed_newest_first_and_filtered() {
    let bed = Bed::new(Mode::Inline);
    bed.device("a").await;
    bed.running_job("m1", method()).await;
    bed.running_job("t1", Action::UpdateTwin("{}".to_owned())).await;
    bed.running_job("m2", method()).await;
    bed.store.cancel_job("m1", NOW).await.unwrap();
    let list = async |filter, before| {
        let page = bed.store.jobs(filter, before, 10).await.unwrap();
        assert!(!page.more);
        page.jobs.into_iter().map(|job| job.spec.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(list(JobFilter::default(), None).await, ["m2", "t1", "m1"]);
    assert_eq!(list(JobFilter::default(), Some(JobKey(2))).await, ["m1"]);
    let methods = JobFilter { job_type: Some(JobType::ScheduleDeviceMethod), ..JobFilter::default() };
    assert_eq!(list(methods, None).await, ["m2", "m1"]);
    let cancelled = JobFilter { states: vec![JobState::Cancelled], ..JobFilter::default() };
    assert_eq!(list(cancelled, None).await, ["m1"]);
    let first = bed.store.jobs(JobFilter::default(), None, 2).await.unwrap();
    assert_eq!((first.jobs.len(), first.more), (2, true));
    let open: Vec<_> = bed.store.open_jobs().await.unwrap().into_iter().map(|job| job.spec.id.to_string()).collect();
    assert_eq!(open, ["t1", "m2"]);
}

#[tokio::test]
async fn settings_survive_and_damage_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("test.db");
    let key = SymmetricKey::from_bytes(&[5; 32]);
    let policy = |name: &str| Policy {
        name: name.to_owned(),
        keys: Keys { primary: key.clone(), secondary: key.clone() },
        rights: vec![Right::ServiceConnect],
    };
    {
        let store = Store::open(&path, Mode::Threaded).unwrap();
        assert_eq!(store.begin_epoch().await.unwrap(), 1);
        assert_eq!(store.secret("s", [1; 32]).await.unwrap(), [1; 32]);
        assert!(store.add_first_policies(Policies(vec![policy("one")])).await.unwrap());
        assert!(!store.add_first_policies(Policies(vec![policy("two")])).await.unwrap());
        store.close();
    }
    let store = Store::open(&path, Mode::Threaded).unwrap();
    assert_eq!(store.begin_epoch().await.unwrap(), 2);
    assert_eq!(store.secret("s", [2; 32]).await.unwrap(), [1; 32]);
    assert_eq!(store.policies().await.unwrap(), Policies(vec![policy("one")]));
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute("UPDATE setting SET value = x'00' WHERE name = 's'", [])
        .unwrap();
    assert!(matches!(store.secret("s", [3; 32]).await, Err(StoreError::Damaged(_))));
}

#[tokio::test]
async fn a_dropped_store_has_closed_its_files() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("test.db"), Mode::Threaded).unwrap();
    store.begin_epoch().await.unwrap();
    drop(store);
    // The last connection to close moves the log into the database and removes it.
    let left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["test.db"]);
}

#[tokio::test]
async fn a_stored_session_goes_with_its_device() {
    let bed = Bed::new(Mode::Inline);
    let device = bed.device("a").await;
    let filters = vec![Subscription { filter: "$iothub/methods/POST/#".to_owned(), qos: 1 }];
    assert_eq!(bed.store.subscriptions(device).await.unwrap(), None);
    bed.store.save_subscriptions(device, Some(filters.clone())).await.unwrap();
    assert_eq!(bed.store.subscriptions(device).await.unwrap(), Some(filters.clone()));
    bed.store.delete_device(&"a".parse().unwrap(), IfMatch::Any, NOW).await.unwrap();
    bed.store.save_subscriptions(device, Some(filters)).await.unwrap();
    assert_eq!(bed.store.subscriptions(device).await.unwrap(), None);
}

// --- the store narrows, the query decides ------------------------------------------------------------

fn conditions() -> impl Strategy<Value = String> {
    let id = prop_oneof![Just("'d0'"), Just("'d1'"), Just("'d2'"), Just("'D1'"), Just("'none'"), Just("5")];
    let leaf = prop_oneof![
        id.clone().prop_map(|id| format!("deviceId = {id}")),
        id.clone().prop_map(|id| format!("{id} = DeviceId")),
        id.clone().prop_map(|id| format!("deviceId != {id}")),
        (id.clone(), id.clone()).prop_map(|(a, b)| format!("deviceId IN [{a}, {b}]")),
        (id.clone(), id).prop_map(|(a, b)| format!("deviceId NIN [{a}, {b}]")),
        (0..3).prop_map(|n| format!("tags.floor = {n}")),
        (0..3).prop_map(|n| format!("properties.desired.x.y < {n}")),
        Just("IS_DEFINED(tags.floor)".to_owned()),
        Just("status = 'disabled'".to_owned()),
        Just("properties.desired.$version > 1".to_owned()),
        Just("properties.desired.$metadata.$lastUpdatedVersion = 2".to_owned()),
        Just("properties.reported.$version = 1".to_owned()),
        Just("capabilities.iotEdge = false".to_owned()),
        Just("etag = 'AAAAAAAAAAI='".to_owned()),
        Just("version >= 3".to_owned()),
        Just("connectionState = 'Disconnected'".to_owned()),
        Just("lastActivityTime < '2000'".to_owned()),
        Just("IS_OBJECT(properties.desired)".to_owned()),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} AND {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} OR {b})")),
            inner.prop_map(|a| format!("(NOT {a})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    /// What the store finds, over its columns and narrowed, is what the evaluator finds in the whole documents.
    #[test]
    fn the_store_finds_what_the_evaluator_finds(texts in proptest::collection::vec(conditions(), 20)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let bed = Bed::new(Mode::Inline);
        runtime.block_on(async {
            for n in 0..4 {
                bed.device(&format!("d{n}")).await;
            }
            bed.patch("d1", r#"{"tags":{"floor":1},"properties":{"desired":{"x":{"y":1}}}}"#).await;
            bed.patch("d2", r#"{"tags":{"floor":2}}"#).await;
            bed.patch("d3", r#"{"properties":{"desired":{"x":{"y":0}}}}"#).await;
            bed.store.delete_device(&"d0".parse().unwrap(), IfMatch::Any, NOW).await.unwrap();
            bed.device("d0").await;
            let documents: Vec<String> =
                bed.rows("SELECT * FROM devices", 100).await.iter().map(ToString::to_string).collect();
            for text in &texts {
                let condition = Condition::parse(text).unwrap();
                let expected: BTreeSet<String> = documents
                    .iter()
                    .filter(|text| condition.matches(&JsonDocument::parse(text).unwrap()))
                    .map(|text| serde_json::from_str::<serde_json::Value>(text).unwrap()["deviceId"].as_str().unwrap().to_owned())
                    .collect();
                let rows = bed.rows(&format!("SELECT deviceId FROM devices WHERE {text}"), 2).await;
                let found: Vec<String> = rows.iter().map(|row| row["deviceId"].as_str().unwrap().to_owned()).collect();
                assert_eq!(found.len(), found.iter().collect::<BTreeSet<_>>().len());
                assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected, "{text}");
            }
        });
    }
}

/// A database of a program that knew no batches: a job that was under way goes on, with what it has done.
#[tokio::test]
async fn jobs_from_before_batches_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("old.db");
    let mut connection = rusqlite::Connection::open(&path).unwrap();
    migrations::migrations::runner().set_target(refinery::Target::Version(2)).run(&mut connection).unwrap();
    let spec = r#"{"id":"j","target":{"condition":"*","device_ids":null},
        "action":{"InvokeMethod":{"name":"m","payload":"null","response_timeout":30,"connect_timeout":null}},
        "start":null,"lifetime":60,"owner":"test","keep_previous":true}"#;
    let insert =
        "INSERT INTO job (id, type, state, spec, created, start, deadline, began, next_ordinal, events, targets,
                  succeeded, failed, running, cancelled) VALUES ('j', 0, 2, ?1, 5, 5, 99, 7, 0, 3, 3, 1, 1, 0, 0)";
    connection.execute(insert, [spec]).unwrap();
    let devices: Vec<DeviceSeq> = (1..=3).map(DeviceSeq).collect();
    let insert = "INSERT INTO job_target (job, block, first, devices) VALUES (1, 0, 1, ?1)";
    connection.execute(insert, [bellwether_model::targets::pack(&devices)]).unwrap();
    connection
        .execute_batch(
            "INSERT INTO device_job (job, device, state, created, updated, status) VALUES (1, 1, 1, 8, 9, 200);
             INSERT INTO device_job (job, device, state, created, updated, code) VALUES (1, 2, 3, 8, 9, 'GatewayTimeout');
             INSERT INTO device_job_answer (job, device, payload) VALUES (1, 1, '{\"n\":1.0}');",
        )
        .unwrap();
    drop(connection);

    let store = Store::open(&path, Mode::Inline).unwrap();
    let job = store.job("j").await.unwrap().unwrap();
    assert_eq!((job.state, job.deadline), (JobState::Running, Some(Time(99))));
    assert_eq!(job.counters.unwrap(), Counters { targets: 3, succeeded: 1, failed: 1, ..Counters::default() });
    let batch = job.batch.unwrap();
    assert_eq!((batch.number, batch.first, batch.size, batch.opened), (1, 0, 3, Time(7)));
    let begun = store.record_and_begin(job.key, Vec::new(), devices.clone(), Arc::default(), 7, NOW).await.unwrap();
    assert_eq!(begun.begun, devices[2..]);
    let over = store
        .record_and_begin(job.key, vec![answered(devices[2], "1")], Vec::new(), Arc::default(), 7, NOW)
        .await
        .unwrap();
    assert!(over.over);
    let failed = store.failed_targets(job.key).await.unwrap();
    assert_eq!(failed.devices(), 1);
    let sql = "SELECT entry, status, payload FROM device_job_answer WHERE device = 1";
    let connection = rusqlite::Connection::open(&path).unwrap();
    let answer = connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    assert_eq!(answer, (0, 200, r#"{"n":1.0}"#.to_owned()));
}
