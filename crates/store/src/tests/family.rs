//! The union of a job and its reruns, against what the results of each say.

use std::collections::{BTreeMap, BTreeSet};

use bellwether_model::job::{Class, DeviceJobState, Tally};

use super::*;

const DEVICES: i64 = 40;

impl Bed {
    /// A job that is on these devices of another; a job on all devices when there is no other. It waits.
    async fn of_family(&self, id: &str, source: Option<JobKey>, organization: Option<&str>) -> JobKey {
        let target = match source {
            Some(source) => Target::FailedOf { failed_of: source },
            None => Target::Twins { condition: Some("*".to_owned()), device_ids: None },
        };
        let mut spec = JobSpec::of_hub(id.parse().unwrap(), target, method(), "test".to_owned());
        spec.success = Success::Status2xx;
        spec.organization = organization.map(str::to_owned);
        self.store.create_job(spec, NOW).await.unwrap().key
    }

    async fn freeze(&self, job: JobKey, devices: Vec<DeviceSeq>) {
        self.store.freeze_targets(job, TargetList::of(devices), NOW).await.unwrap();
    }

    async fn states(&self, job: JobKey) -> BTreeMap<DeviceSeq, DeviceJobState> {
        let view = Arc::new(ResultView::all(Scope::Everything));
        let (mut states, mut next) = (BTreeMap::new(), Some(0));
        while let Some(from) = next {
            let window = self.store.job_results(job, Arc::clone(&view), from, 100).await.unwrap();
            states.extend(window.results.iter().map(|result| (result.device, result.state)));
            next = window.next;
        }
        states
    }

    async fn family(&self, job: JobKey) -> JobFamily {
        self.store.job_family(job, Scope::Everything).await.unwrap()
    }

    /// The union and the job whose failed ones are the rest, by plain bookkeeping over the results of each job.
    async fn told_one_by_one(&self, jobs: &[JobKey]) -> (FamilyDevices, Option<String>) {
        let mut all: BTreeMap<DeviceSeq, Vec<DeviceJobState>> = BTreeMap::new();
        let (mut over, mut last) = (true, None);
        for key in jobs {
            let states = self.states(*key).await;
            let job = self.store.job_by_key(*key).await.unwrap().unwrap();
            over &= job.state.is_final() && !states.values().any(|state| *state == DeviceJobState::Running);
            if !states.is_empty() {
                last = Some((job.spec.id.to_string(), states.clone()));
            }
            for (device, state) in states {
                all.entry(device).or_default().push(state);
            }
        }
        let tally = |state: &DeviceJobState| match state {
            DeviceJobState::Ended(class) => Some(class.tally(Success::Status2xx)),
            DeviceJobState::Pending | DeviceJobState::Running => None,
        };
        let mut told = FamilyDevices { targets: all.len() as u64, ..FamilyDevices::default() };
        let mut left = BTreeSet::new();
        for (device, states) in &all {
            if states.iter().any(|state| tally(state) == Some(Tally::Succeeded)) {
                told.succeeded += 1;
                continue;
            }
            left.insert(*device);
            let never = DeviceJobState::Ended(Class::NeverReached);
            if states.contains(&DeviceJobState::Running) {
                told.running += 1;
            } else if states.contains(&DeviceJobState::Pending) {
                told.pending += 1;
            } else if states.iter().all(|state| tally(state) == Some(Tally::Cancelled)) {
                told.cancelled += 1;
            } else {
                told.failed += 1;
                let reached = states.iter().any(|state| tally(state) == Some(Tally::Failed) && *state != never);
                told.never_reached += u64::from(!reached);
            }
        }
        let rest_of = last.filter(|(_, states)| {
            let failed = states.iter().filter(|(_, state)| tally(state) == Some(Tally::Failed));
            over && !left.is_empty() && failed.map(|(device, _)| *device).collect::<BTreeSet<_>>() == left
        });
        (told, rest_of.map(|(id, _)| id))
    }
}

fn ended(device: DeviceSeq, outcome: Outcome) -> Ending {
    Ending { device, outcome: Some(outcome) }
}

fn status(status: i64) -> Outcome {
    Outcome::answered(vec![MethodAnswer { status, payload: "null".to_owned() }], Success::Status2xx)
}

/// What happens in one job of a family.
#[derive(Debug, Clone)]
struct Run {
    /// Of which earlier one it is a rerun.
    source: usize,
    /// One bit a device: those out of the source's list; `None`: those that failed there.
    chosen: Option<u64>,
    /// What becomes of each.
    outcomes: Vec<u8>,
    end: u8,
}

fn runs() -> impl Strategy<Value = Vec<Run>> {
    let outcomes = proptest::collection::vec(prop_oneof![3 => Just(2u8), 4 => 0u8..6], DEVICES as usize);
    let run = (0usize..5, proptest::option::of(any::<u64>()), outcomes, 0u8..7);
    let run = run.prop_map(|(source, chosen, outcomes, end)| Run { source, chosen, outcomes, end });
    proptest::collection::vec(run, 1..6)
}

async fn play(bed: &Bed, runs: &[Run]) -> Vec<JobKey> {
    let mut jobs: Vec<JobKey> = Vec::new();
    for (n, run) in runs.iter().enumerate() {
        let source = (n > 0).then(|| jobs[run.source % n]);
        let job = bed.of_family(&format!("j{n}"), source, None).await;
        jobs.push(job);
        let of: Vec<DeviceSeq> = match source {
            None => (1..=DEVICES).map(DeviceSeq).collect(),
            Some(source) if run.chosen.is_none() => bed.store.failed_targets(source).await.unwrap().each().collect(),
            Some(source) => bed.states(source).await.into_keys().collect(),
        };
        let chosen = run.chosen.unwrap_or(u64::MAX);
        let devices: Vec<DeviceSeq> = of.into_iter().filter(|device| (chosen >> device.0) & 1 == 1).collect();
        if run.end == 0 {
            continue;
        }
        bed.freeze(job, devices.clone()).await;
        let what = |device: &DeviceSeq| run.outcomes[device.0 as usize - 1];
        let begun: Vec<DeviceSeq> = devices.iter().copied().filter(|device| (1..5).contains(&what(device))).collect();
        bed.begin(job, &begun).await;
        let mut endings = Vec::new();
        for device in devices {
            let outcome = match what(&device) {
                2 => status(200),
                3 => status(500),
                4 => Outcome::timed_out(),
                5 => Outcome::not_online(),
                0 if run.end == 5 => Outcome::not_online(),
                1 if run.end == 5 => Outcome::unknown(),
                _ => continue,
            };
            endings.push(ended(device, outcome));
        }
        bed.record(job, endings).await;
        let id = format!("j{n}");
        // One that is complete by then is neither cancelled nor stopped.
        match run.end {
            1 => drop(bed.store.cancel_job(&id, NOW).await),
            2 => drop(bed.store.close_at_deadline(job, NOW).await.unwrap()),
            3 => drop(bed.store.stop_job(&id, NOW).await),
            _ => {}
        }
    }
    jobs
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn the_union_is_what_the_results_of_each_say(runs in runs()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let bed = Bed::new(Mode::Inline);
        runtime.block_on(async {
            for n in 0..DEVICES {
                bed.device(&format!("d{n}")).await;
            }
            let jobs = play(&bed, &runs).await;
            let family = bed.family(jobs[0]).await;
            let told = bed.told_one_by_one(&jobs).await;
            assert_eq!((family.devices.unwrap(), family.rest_of.clone()), told);
            for job in &jobs {
                assert_eq!(bed.family(*job).await, family);
            }
            let ids: Vec<String> = (0..jobs.len()).map(|n| format!("j{n}")).collect();
            assert_eq!(family.jobs.iter().map(|job| job.id.clone()).collect::<Vec<_>>(), ids);
            for (n, job) in family.jobs.iter().enumerate() {
                assert_eq!(job.rerun_of, (n > 0).then(|| format!("j{}", runs[n].source % n)));
                assert_eq!(job.counters, bed.store.job(&job.id).await.unwrap().unwrap().counters);
            }
        });
    }
}

#[tokio::test]
async fn lists_of_many_blocks_and_keys_far_apart() {
    let bed = Bed::new(Mode::Inline);
    // The union asks for keys, never for the devices.
    let all: Vec<DeviceSeq> = (0..2300).map(|n| DeviceSeq(if n < 1500 { n + 1 } else { n * 1_000_000_007 })).collect();
    let first = bed.of_family("first", None, None).await;
    bed.freeze(first, all.clone()).await;
    let outcome = |n: usize| if n % 100 == 7 { status(500) } else { status(200) };
    bed.record(first, all.iter().enumerate().map(|(n, device)| ended(*device, outcome(n))).collect()).await;
    let again = bed.of_family("again", Some(first), None).await;
    let failed = bed.store.failed_targets(first).await.unwrap();
    assert_eq!(failed.devices(), 23);
    bed.store.freeze_targets(again, failed.clone(), NOW).await.unwrap();
    let left: Vec<DeviceSeq> = failed.each().collect();
    let family = bed.family(first).await;
    let expected = FamilyDevices { targets: 2300, succeeded: 2277, pending: 23, ..FamilyDevices::default() };
    assert_eq!((family.devices, family.rest_of), (Some(expected), None));
    let outcome = |n: usize| if n == 22 { Outcome::not_online() } else { status(200) };
    bed.record(again, left.iter().enumerate().map(|(n, device)| ended(*device, outcome(n))).collect()).await;
    let family = bed.family(again).await;
    let expected = FamilyDevices { targets: 2300, succeeded: 2299, failed: 1, ..FamilyDevices::default() };
    assert_eq!((family.devices, family.rest_of.as_deref()), (Some(expected), Some("again")));
}

#[tokio::test]
async fn who_belongs_to_a_family() {
    let bed = Bed::new(Mode::Inline);
    let device = bed.device("d").await;
    let stranger = bed.of_family("stranger", None, None).await;
    let first = bed.of_family("first", None, Some("north")).await;
    bed.freeze(first, vec![device]).await;
    bed.record(first, vec![ended(device, status(500))]).await;
    let mut later = Vec::new();
    for id in ["a", "b", "c"] {
        later.push(bed.of_family(id, Some(first), Some("north")).await);
    }
    let last = bed.of_family("d", Some(later[1]), Some("south")).await;
    let ids = |family: &JobFamily| family.jobs.iter().map(|job| job.id.clone()).collect::<Vec<_>>().join(" ");
    let family = bed.family(last).await;
    assert_eq!((ids(&family).as_str(), family.more), ("first a b c d", false));
    assert_eq!(ids(&bed.family(stranger).await), "stranger");
    // What is not the caller's is not told of, also not as a source.
    for (organization, expected) in [("north", "first a b c"), ("south", "d"), ("east", "")] {
        let scope = Scope::Within(BTreeSet::from([organization.to_owned()]));
        let family = bed.store.job_family(last, scope).await.unwrap();
        assert_eq!(ids(&family), expected);
        assert!(family.jobs.iter().all(|job| job.rerun_of.as_deref() != Some("b")));
    }
    // Of too many the oldest are told of, and nothing is said that would not be exact.
    for id in ["e", "f"] {
        bed.of_family(id, Some(later[0]), Some("north")).await;
    }
    let family = bed.family(last).await;
    assert_eq!((ids(&family).as_str(), family.more), ("first a b c d e", true));
    assert_eq!((family.devices, family.rest_of), (None, None));
}

#[tokio::test]
async fn reruns_of_a_job_that_is_gone_stay_together() {
    let bed = Bed::new(Mode::Inline);
    let devices = [bed.device("x").await, bed.device("y").await];
    let first = bed.of_family("first", None, None).await;
    bed.freeze(first, devices.to_vec()).await;
    bed.record(first, devices.map(|device| ended(device, status(500))).into()).await;
    let mut reruns = Vec::new();
    for (id, device, answer) in [("a", devices[0], 200), ("b", devices[1], 500)] {
        let rerun = bed.of_family(id, Some(first), None).await;
        bed.freeze(rerun, vec![device]).await;
        let later = NOW.plus_seconds(60);
        let endings = vec![ended(device, status(answer))];
        bed.store.record_and_begin(rerun, endings, Vec::new(), Arc::default(), 7, later).await.unwrap();
        reruns.push(rerun);
    }
    bed.store.forget_jobs(NOW.plus_seconds(30)).await.unwrap();
    let family = bed.family(reruns[0]).await;
    assert_eq!(family, bed.family(reruns[1]).await);
    let told: Vec<_> = family.jobs.iter().map(|job| (job.id.as_str(), job.rerun_of.as_deref())).collect();
    assert_eq!(told, [("a", None), ("b", None)]);
    let expected = FamilyDevices { targets: 2, succeeded: 1, failed: 1, ..FamilyDevices::default() };
    assert_eq!((family.devices, family.rest_of.as_deref()), (Some(expected), Some("b")));
}

/// `cargo test --release -p bellwether-store --lib family_of_a_million -- --ignored --nocapture`
#[tokio::test]
#[ignore = "a measurement"]
async fn family_of_a_million() {
    let bed = Bed::new(Mode::Inline);
    let mut source = None;
    for (id, step, devices) in [("a", 1, 1_000_000), ("b", 10, 100_000), ("c", 100, 10_000)] {
        let job = bed.of_family(id, source, None).await;
        bed.freeze(job, (1..=devices).map(|n| DeviceSeq(n * step)).collect()).await;
        // A tenth fails.
        let rows = format!(
            "INSERT INTO device_job (job, device, state, created, updated, status, code, detail, epoch)
             WITH numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {devices})
             SELECT {key}, n * {step}, iif(n % 10 = 0, 2, 1), 5, 6, iif(n % 10 = 0, 500, 200),
                    iif(n % 10 = 0, 'DeviceRejected', NULL), iif(n % 10 = 0, 'it answered with status 500', NULL), 1
             FROM numbers;
             UPDATE job SET state = 3, succeeded = {devices} * 9 / 10, failed = {devices} / 10 WHERE key = {key}",
            key = job.0
        );
        bed.store.interactive(move |connection| Ok::<_, StoreError>(connection.execute_batch(&rows)?)).await.unwrap();
        source = Some(job);
    }
    let job = source.unwrap();
    for ends in ["all", "not all"] {
        for _ in 0..3 {
            let begun = std::time::Instant::now();
            let family = bed.family(job).await;
            let (devices, rest_of) = (family.devices.unwrap(), family.rest_of);
            eprintln!("{ends} have ended: {:?}, {} left, {rest_of:?}", begun.elapsed(), devices.left());
        }
        // What is under way is looked at row by row.
        let run = "UPDATE job SET state = 2, succeeded = succeeded - 1, running = 1 WHERE id = 'a';
                   UPDATE device_job SET state = 0, status = NULL WHERE job = 1 AND device = 1";
        bed.store.interactive(|connection| Ok::<_, StoreError>(connection.execute_batch(run)?)).await.unwrap();
    }
}
