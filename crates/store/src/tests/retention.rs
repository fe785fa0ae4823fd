//! What was kept for long enough goes, a bite at a time.

use super::*;

const DAY: i64 = 86_400;

impl Bed {
    /// Rows in the tables of jobs other than `job` itself, and jobs whose rows are being deleted.
    async fn rows_of_jobs(&self) -> i64 {
        let tables = [
            "device_job",
            "device_job_answer",
            "device_job_previous",
            "job_event",
            "job_batch",
            "job_target",
            "job_chosen",
            "job_gone",
        ];
        let count = tables.map(|table| format!("(SELECT count(*) FROM {table})")).join(" + ");
        let count = format!("SELECT {count}");
        self.store
            .read(move |connection| Ok::<_, StoreError>(connection.query_row(&count, [], |row| row.get(0))?))
            .await
            .unwrap()
    }

    async fn number(&self, sql: &'static str) -> i64 {
        self.store
            .read(move |connection| Ok::<_, StoreError>(connection.query_row(sql, [], |row| row.get(0))?))
            .await
            .unwrap()
    }

    /// A method job over all devices, each of which answered this.
    async fn ended_job(&self, id: &str, devices: &[DeviceSeq], payload: &str) -> JobKey {
        let job = self.running_job(id, method()).await;
        self.begin(job, devices).await;
        assert!(self.record(job, devices.iter().map(|device| answered(*device, payload)).collect()).await.over);
        job
    }

    async fn rerun(&self, id: &str, source: JobKey) -> Result<JobKey, CreateError> {
        let target = Target::FailedOf { failed_of: source };
        let spec = JobSpec::of_hub(id.parse().unwrap(), target, method(), "test".to_owned());
        Ok(self.store.create_job(spec, NOW.plus_seconds(40 * DAY)).await?.key)
    }

    async fn sweep_all(&self) -> usize {
        let mut bites = 1;
        while self.store.sweep_jobs().await.unwrap() {
            bites += 1;
        }
        bites
    }

    async fn forget_all_devices(&self, now: Time) {
        let mut after = None;
        loop {
            after = self.store.forget_devices(after, now).await.unwrap();
            if after.is_none() {
                return;
            }
        }
    }
}

#[tokio::test]
async fn a_job_goes_at_once_and_its_rows_bite_by_bite() {
    let bed = Bed::new(Mode::Inline);
    let mut devices = Vec::new();
    for n in 0..30 {
        devices.push(bed.device(&format!("d{n}")).await);
    }
    let body = r#"{"tags":{"t":1}}"#;
    let job = bed.running_job("twins", Action::UpdateTwin(body.to_owned())).await;
    bed.patch("d0", &format!(r#"{{"tags":{{"t":"{}"}}}}"#, "x".repeat(3000))).await;
    let chunk = bed.store.prepare_chunk(twin_plan(job, body), 0, 100, NOW).await.unwrap();
    bed.store.apply_chunk(chunk).await.unwrap();
    bed.ended_job("calls", &devices, r#"{"n":1}"#).await;
    let running = bed.running_job("running", method()).await;
    bed.begin(running, &devices[..3]).await;
    bed.store.cancel_job("running", NOW).await.unwrap();
    let kept = bed.rows("SELECT * FROM devices.jobs WHERE jobId = 'running'", 100).await;

    assert!(!bed.store.forget_jobs(NOW).await.unwrap(), "none ended before");
    assert!(bed.store.job("calls").await.unwrap().is_some());
    let mut news = bed.store.job_news(job);
    assert!(!bed.store.forget_jobs(NOW.plus_seconds(1)).await.unwrap());
    assert!(news.has_changed().unwrap(), "who listens is told");
    news.borrow_and_update();
    // Nothing of it is to be seen, and its id is free, while its rows are still there.
    for id in ["twins", "calls"] {
        assert!(bed.store.job(id).await.unwrap().is_none());
    }
    assert!(bed.rows_of_jobs().await > 60);
    assert_eq!(bed.rows("SELECT * FROM devices.jobs", 100).await, kept);
    let listed = bed.store.jobs(JobFilter::default(), None, 10).await.unwrap().jobs;
    assert_eq!(listed.iter().map(|job| job.spec.id.as_str()).collect::<Vec<_>>(), ["running"], "calls are out");
    let again = bed.running_job("calls", method()).await;
    let of_device = bed.store.jobs_of_device(devices[0], bellwether_model::access::Scope::Everything, None, 10);
    let of_device = of_device.await.unwrap().jobs;
    assert_eq!(of_device.iter().map(|found| found.job.key).collect::<Vec<_>>(), [again, running]);

    assert!(bed.sweep_all().await > 8, "seven rows at once");
    assert_eq!(bed.number("SELECT count(*) FROM device_job").await, 3);
    assert_eq!(bed.number("SELECT count(DISTINCT job) FROM job_target").await, 2);
    assert_eq!(bed.rows("SELECT * FROM devices.jobs WHERE jobId = 'running'", 100).await, kept);
    // Its last answers came: now it has ended, and goes as well.
    bed.record(running, devices[..3].iter().map(|device| answered(*device, "1")).collect()).await;
    bed.store.cancel_job("calls", NOW).await.unwrap();
    bed.store.forget_jobs(NOW.plus_seconds(1)).await.unwrap();
    bed.sweep_all().await;
    assert_eq!((bed.rows_of_jobs().await, bed.number("SELECT count(*) FROM job").await), (0, 0));
}

#[tokio::test]
async fn a_job_stays_while_a_rerun_has_to_read_its_list() {
    let bed = Bed::new(Mode::Inline);
    let device = bed.device("a").await;
    let source = bed.running_job("source", method()).await;
    bed.begin(source, &[device]).await;
    bed.record(source, vec![Ending { device, outcome: Some(Outcome::timed_out()) }]).await;
    let rerun = bed.rerun("rerun", source).await.unwrap();
    let later = NOW.plus_seconds(50 * DAY);
    bed.store.forget_jobs(later).await.unwrap();
    assert!(bed.store.job("source").await.unwrap().is_some());
    let list = bed.store.failed_targets(source).await.unwrap();
    assert_eq!(list.devices(), 1);
    bed.store.freeze_targets(rerun, list, later).await.unwrap();
    bed.store.forget_jobs(later).await.unwrap();
    assert!(bed.store.job("source").await.unwrap().is_none());
    assert!(matches!(bed.rerun("second", source).await, Err(CreateError::SourceGone)));
    let overview = bed.store.job_overview("rerun").await.unwrap().unwrap();
    assert_eq!(overview.rerun_of, None);
}

#[tokio::test]
async fn deleted_devices_go_with_the_last_job_that_names_them() {
    let bed = Bed::new(Mode::Inline);
    let mut devices = Vec::new();
    for n in 0..5 {
        devices.push(bed.device(&format!("d{n}")).await);
    }
    let source = bed.running_job("source", method()).await;
    bed.begin(source, &devices).await;
    let failed = |device: &DeviceSeq| Ending { device: *device, outcome: Some(Outcome::timed_out()) };
    let mut endings: Vec<Ending> = devices[1..].iter().map(failed).collect();
    endings.push(answered(devices[0], "1"));
    bed.record(source, endings).await;
    let deleted = NOW.plus_seconds(DAY);
    for n in 0..5 {
        bed.store.delete_device(&format!("d{n}").parse().unwrap(), IfMatch::Any, deleted).await.unwrap();
    }
    let now = NOW.plus_seconds(40 * DAY);
    let left = "SELECT count(*) FROM device";
    bed.forget_all_devices(now).await;
    assert_eq!(bed.number(left).await, 5, "the results of the job name them");
    // A rerun names those that failed, though they were deleted long before it was made.
    let rerun = bed.rerun("rerun", source).await.unwrap();
    let list = bed.store.failed_targets(source).await.unwrap();
    bed.store.freeze_targets(rerun, list, now).await.unwrap();
    bed.store.forget_jobs(now).await.unwrap();
    bed.forget_all_devices(now).await;
    assert_eq!(bed.number(left).await, 4);
    assert_eq!(bed.rows("SELECT * FROM devices.jobs", 10).await.len(), 4);
    bed.store.cancel_job("rerun", now).await.unwrap();
    bed.store.forget_jobs(now.plus_seconds(1)).await.unwrap();
    // Another device was deleted only now.
    bed.device("late").await;
    bed.store.delete_device(&"late".parse().unwrap(), IfMatch::Any, now).await.unwrap();
    bed.forget_all_devices(now).await;
    assert_eq!(bed.number(left).await, 1);
    bed.forget_all_devices(now.plus_seconds(2 * DAY)).await;
    assert_eq!(bed.number(left).await, 0);
}

#[tokio::test]
async fn free_pages_are_given_back() {
    let bed = Bed::new(Mode::Inline);
    let mut devices = Vec::new();
    for n in 0..40 {
        devices.push(bed.device(&format!("d{n}")).await);
    }
    let long = serde_json::to_string(&"x".repeat(60_000)).unwrap();
    bed.ended_job("calls", &devices, &long).await;
    let pages = bed.number("PRAGMA page_count").await;
    bed.store.forget_jobs(NOW.plus_seconds(1)).await.unwrap();
    bed.sweep_all().await;
    assert!(bed.number("PRAGMA freelist_count").await > 200);
    let mut bites = 0;
    while bed.store.shrink().await.unwrap() {
        bites += 1;
    }
    assert!(bites > 2, "{bites}");
    assert_eq!(bed.number("PRAGMA freelist_count").await, 0);
    assert!(bed.number("PRAGMA page_count").await < pages - 200);
    assert_eq!(bed.number("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'").await, 0);
}
