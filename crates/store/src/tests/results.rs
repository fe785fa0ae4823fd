//! Results of jobs: windows, filters, details, failures, batches.

use bellwether_model::access::Scope;
use bellwether_model::job::{Amount, CallTimes, Class, Decimal, Delivery, DeviceJobState, Face, Offline};
use bellwether_model::twin::path::TwinPath;

use super::*;

impl Bed {
    /// Freezes a job of the central face over all devices.
    async fn central_job(&self, id: &str, action: Action, batch: Option<u32>) -> JobKey {
        let target = Target::Twins { condition: Some("*".to_owned()), device_ids: None };
        let mut spec = JobSpec::of_hub(id.parse().unwrap(), target, action, "test".to_owned());
        spec.face = Face::Central(bellwether_model::job::CentralJob::default());
        spec.success = Success::Status2xx;
        spec.offline = Offline::FailNow;
        spec.delivery =
            Delivery { batch: batch.map(|size| Amount::Number(Decimal::from(size))), ..Delivery::default() };
        let job = self.store.create_job(spec, NOW).await.unwrap();
        let list = self.store.select_targets(Arc::new(Condition::everything()), nobody()).await.unwrap();
        self.store.freeze_targets(job.key, list, NOW).await.unwrap();
        job.key
    }

    /// `ordinal id` of every result, window by window.
    async fn found(&self, job: JobKey, filter: ResultFilter, limit: usize) -> Vec<String> {
        let view = Arc::new(ResultView { filter, ..ResultView::all(Scope::Everything) });
        let (mut found, mut from) = (Vec::new(), Some(0));
        while let Some(begin) = from {
            let window = self.store.job_results(job, Arc::clone(&view), begin, limit).await.unwrap();
            assert!(window.results.len() <= limit && window.next.is_none_or(|next| next > begin));
            found.extend(window.results.iter().map(|result| format!("{} {}", result.ordinal, result.id)));
            from = window.next;
        }
        found
    }
}

fn ended(device: DeviceSeq, outcome: Outcome) -> Ending {
    Ending { device, outcome: Some(outcome) }
}

fn status(status: i64, payload: &str) -> Outcome {
    Outcome::answered(vec![MethodAnswer { status, payload: payload.to_owned() }], Success::Status2xx)
}

fn states(states: &[DeviceJobState]) -> ResultFilter {
    ResultFilter { states: Some(states.to_vec()), ..ResultFilter::default() }
}

#[tokio::test]
async fn windows_begin_anywhere_and_filters_find_what_they_say() {
    let bed = Bed::new(Mode::Inline);
    let mut all = Vec::new();
    for n in 0..2500 {
        all.push(bed.device(&format!("Pump-{n}")).await);
    }
    let job = bed.central_job("j", method(), None).await;
    let begun = [0, 1, 999, 1000, 1001, 2499].map(|n| all[n]);
    bed.begin(job, &begun).await;
    bed.record(
        job,
        vec![
            ended(all[0], status(200, "null")),
            ended(all[1], status(404, "{}")),
            ended(all[1000], status(500, "1")),
            ended(all[1001], Outcome::timed_out()),
            ended(all[1500], Outcome::not_online()),
        ],
    )
    .await;

    let view = Arc::new(ResultView::all(Scope::Everything));
    let window = bed.store.job_results(job, Arc::clone(&view), 998, 4).await.unwrap();
    let shown: Vec<_> = window.results.iter().map(|result| (result.ordinal, result.state)).collect();
    let (pending, running) = (DeviceJobState::Pending, DeviceJobState::Running);
    let failed = |class| DeviceJobState::Ended(class);
    assert_eq!(
        shown,
        [(998, pending), (999, running), (1000, failed(Class::Rejected)), (1001, failed(Class::TimedOut))]
    );
    assert_eq!((window.next, window.event), (Some(1002), 3));
    let begun: Vec<_> = window.results.iter().map(|result| (result.started, result.finished, result.status)).collect();
    assert_eq!(
        begun,
        [(None, None, None), (Some(NOW), None, None), (Some(NOW), Some(NOW), Some(500)), (Some(NOW), Some(NOW), None)]
    );
    // One that was never called was not begun.
    let window = bed.store.job_results(job, Arc::clone(&view), 1500, 1).await.unwrap();
    assert_eq!((window.results[0].started, window.results[0].finished), (None, Some(NOW)));
    let window = bed.store.job_results(job, Arc::clone(&view), 2498, 100).await.unwrap();
    assert_eq!((window.results.len(), window.next), (2, None));
    assert_eq!(bed.store.job_results(job, view, 2500, 100).await.unwrap().results, []);
    assert_eq!(bed.found(job, ResultFilter::default(), 700).await.len(), 2500);

    let code = |code: &str| ResultFilter { code: Some(code.to_owned()), ..ResultFilter::default() };
    let text = |text: &str| ResultFilter { text: Some(SearchText::new(text)), ..ResultFilter::default() };
    let answered = |status| ResultFilter { status: Some(status), ..ResultFilter::default() };
    for (filter, expected) in [
        (states(&[running]), vec!["999 Pump-999", "2499 Pump-2499"]),
        (states(&[failed(Class::Rejected)]), vec!["1 Pump-1", "1000 Pump-1000"]),
        (states(&[failed(Class::Succeeded)]), vec!["0 Pump-0"]),
        (states(&[failed(Class::NeverReached), failed(Class::TimedOut)]), vec!["1001 Pump-1001", "1500 Pump-1500"]),
        (states(&[]), vec![]),
        (code("GatewayTimeout"), vec!["1001 Pump-1001"]),
        (code("None"), vec![]),
        (answered(404), vec!["1 Pump-1"]),
        (text("pump-249"), (249..2500).filter(|n| n.to_string().starts_with("249")).map(|_| "").collect()),
        (ResultFilter { text: Some(SearchText::new("-1000")), ..code("DeviceRejected") }, vec!["1000 Pump-1000"]),
    ] {
        for limit in [1, 2, 100] {
            let found = bed.found(job, filter.clone(), limit).await;
            if expected.iter().all(|id| id.is_empty()) {
                assert_eq!(found.len(), expected.len(), "{filter:?}");
            } else {
                assert_eq!(found, expected, "{filter:?}");
            }
        }
    }
    assert_eq!(bed.found(job, states(&[pending]), 1000).await.len(), 2500 - 7);
    // Those that are named, with what else they are to be; in the order of the list.
    let ids = ["Pump-2499", "Pump-1001", "Pump-3", "Pump-1000", "Pump-3"].map(str::to_owned).to_vec();
    let places = bed.store.job_places(job, ids).await.unwrap().unwrap();
    let among = |filter| ResultFilter { among: Some(places.clone().into()), ..filter };
    for limit in [1, 2, 100] {
        let named = bed.found(job, among(ResultFilter::default()), limit).await;
        assert_eq!(named, ["3 Pump-3", "1000 Pump-1000", "1001 Pump-1001", "2499 Pump-2499"]);
        assert_eq!(bed.found(job, among(states(&[pending])), limit).await, ["3 Pump-3"]);
        assert_eq!(bed.found(job, among(code("DeviceRejected")), limit).await, ["1000 Pump-1000"]);
        assert_eq!(bed.found(job, among(text("499")), limit).await, ["2499 Pump-2499"]);
    }
    let strange = ["Pump-1", "pump-1"].map(str::to_owned).to_vec();
    assert_eq!(bed.store.job_places(job, strange).await.unwrap(), Err("pump-1".to_owned()));
    // What was not begun ends with the job, and is found as what it became.
    bed.store.cancel_job("j", NOW).await.unwrap();
    assert_eq!(bed.found(job, states(&[pending]), 1000).await, Vec::<String>::new());
    assert_eq!(bed.found(job, states(&[failed(Class::Cancelled)]), 1000).await.len(), 2500 - 7);
}

#[tokio::test]
async fn batches_are_windows_of_the_list() {
    let bed = Bed::new(Mode::Inline);
    let mut all = Vec::new();
    for n in 0..25 {
        all.push(bed.device(&format!("d{n}")).await);
    }
    let job = bed.central_job("j", method(), Some(10)).await;
    bed.begin(job, &all[..10]).await;
    bed.record(job, all[..10].iter().map(|device| ended(*device, status(500, "null"))).collect()).await;
    bed.begin(job, &all[10..12]).await;
    bed.record(job, all[10..12].iter().map(|device| ended(*device, status(500, "null"))).collect()).await;
    let of = |batch, filter| ResultFilter { batch: std::num::NonZeroU64::new(batch), ..filter };
    let rejected = || states(&[DeviceJobState::Ended(Class::Rejected)]);
    for (batch, whole, failed) in [(1, 0..10, 10), (2, 10..20, 2), (3, 20..25, 0), (4, 0..0, 0), (u64::MAX, 0..0, 0)] {
        let expected: Vec<String> = whole.map(|n| format!("{n} d{n}")).collect();
        for limit in [1, 3, 100] {
            assert_eq!(bed.found(job, of(batch, ResultFilter::default()), limit).await, expected, "{batch}");
            // Those that failed have an index of their own.
            assert_eq!(bed.found(job, of(batch, rejected()), limit).await, expected[..failed], "{batch}");
            let either = states(&[DeviceJobState::Ended(Class::Rejected), DeviceJobState::Pending]);
            assert_eq!(bed.found(job, of(batch, either), limit).await, expected, "{batch}");
        }
    }
}

#[tokio::test]
async fn columns_and_answers_are_those_that_are_asked_for() {
    let bed = Bed::new(Mode::Inline);
    let (a, b) = (bed.device("a").await, bed.device("b").await);
    bed.patch("a", r#"{"tags":{"site":"x","n":1.50},"properties":{"desired":{"fan":{"speed":2}}}}"#).await;
    bed.patch("b", r#"{"tags":{"site":"y"}}"#).await;
    let job = bed.central_job("j", method(), None).await;
    bed.begin(job, &[a, b]).await;
    bed.record(job, vec![ended(a, status(200, r#"{"ok":1}"#)), ended(b, status(200, "null"))]).await;
    bed.store.delete_device(&"b".parse().unwrap(), IfMatch::Any, NOW).await.unwrap();
    let columns = ["tags.n", "desired.fan.speed", "reported.fw"].map(|path| TwinPath::parse(path).unwrap()).to_vec();
    let view = ResultView { columns, answers: true, ..ResultView::all(Scope::Everything) };
    let window = bed.store.job_results(job, Arc::new(view), 0, 10).await.unwrap();
    let text = |text: &str| Some(text.to_owned());
    let [of_a, of_b] = &window.results[..] else { panic!("{window:?}") };
    assert_eq!(of_a.columns, [text("1.50"), text("2"), None]);
    assert_eq!((of_a.deleted, &of_a.answer), (false, &text(r#"{"ok":1}"#)));
    assert_eq!(of_b.columns, [None, None, None]);
    assert_eq!((of_b.deleted, &of_b.answer, of_b.status), (true, &None, Some(200)));
}

#[tokio::test]
async fn a_device_in_full_is_the_one_of_the_list() {
    let bed = Bed::new(Mode::Inline);
    bed.device("a").await;
    let b = bed.device("b").await;
    bed.patch("a", r#"{"tags":{"site":"x"}}"#).await;
    let body = r#"{"tags":{"site":"z","long":"v"},"properties":{"desired":{"fw":2}}}"#;
    let job = bed.central_job("j", Action::UpdateTwin(body.to_owned()), Some(1)).await;
    let chunk = bed.store.prepare_chunk(twin_plan(job, body), 0, 1, NOW).await.unwrap();
    bed.store.apply_chunk(chunk).await.unwrap();
    bed.patch("a", r#"{"tags":{"site":"q"}}"#).await;
    let detail = bed.store.job_result(job, Scope::Everything, "a").await.unwrap().unwrap();
    let difference = detail.difference.unwrap();
    assert_eq!(difference.before.as_deref(), Some(r#"{"tags":{"site":"x","long":null},"desired":{"fw":null}}"#));
    assert_eq!(difference.after, r#"{"tags":{"site":"z","long":"v"},"desired":{"fw":2}}"#);
    assert_eq!(difference.now.as_deref(), Some(r#"{"tags":{"site":"q","long":"v"},"desired":{"fw":2}}"#));
    assert_eq!((detail.batch, detail.answers), (Some(1), vec![]));
    let other = bed.store.job_result(job, Scope::Everything, "b").await.unwrap().unwrap();
    assert_eq!((other.batch, other.result.state, other.difference), (Some(2), DeviceJobState::Pending, None));
    assert_eq!(bed.store.job_result(job, Scope::Everything, "c").await.unwrap(), None);

    // Deleted and made again: the results are those of the old one, and what it looks like now nobody knows.
    bed.store.delete_device(&"a".parse().unwrap(), IfMatch::Any, NOW).await.unwrap();
    let again = bed.device("a").await;
    let old = bed.store.job_result(job, Scope::Everything, "a").await.unwrap().unwrap();
    assert!(old.result.deleted && old.result.device != again);
    assert_eq!(old.difference.unwrap().now, None);

    let calls = bed.central_job("k", method(), None).await;
    bed.begin(calls, &[again, b]).await;
    bed.record(calls, vec![ended(again, status(200, "null")), ended(b, status(200, "7"))]).await;
    let detail = bed.store.job_result(calls, Scope::Everything, "a").await.unwrap().unwrap();
    assert_eq!(detail.result.device, again);
    assert_eq!(detail.answers, [MethodAnswer { status: 200, payload: "null".to_owned() }]);
    // The only answer, and without a payload: the times are those of the device.
    assert_eq!(detail.times, [Some(CallTimes { begun: NOW, answered: NOW })]);
    let detail = bed.store.job_result(calls, Scope::Everything, "b").await.unwrap().unwrap();
    assert_eq!(detail.answers, [MethodAnswer { status: 200, payload: "7".to_owned() }]);
    assert_eq!(detail.times, [None]);

    let timed = bed.central_job("t", method(), None).await;
    bed.begin(timed, &[again]).await;
    let times = [(1, 2), (3, 9)]
        .map(|(begun, answered)| CallTimes { begun: NOW.plus_seconds(begun), answered: NOW.plus_seconds(answered) });
    let answer = |payload: &str| MethodAnswer { status: 200, payload: payload.to_owned() };
    let outcome = Outcome::timed_out().after(vec![answer("null"), answer("1")]).timed(times.to_vec());
    bed.record(timed, vec![ended(again, outcome)]).await;
    let detail = bed.store.job_result(timed, Scope::Everything, "a").await.unwrap().unwrap();
    assert_eq!((detail.answers.len(), detail.times), (2, times.map(Some).to_vec()));
}

#[tokio::test]
async fn failures_in_groups_equal_the_counters() {
    let bed = Bed::new(Mode::Inline);
    let mut all = Vec::new();
    for n in 0..1200 {
        all.push(bed.device(&format!("d{n}")).await);
    }
    let job = bed.central_job("j", method(), None).await;
    bed.begin(job, &all[..1100]).await;
    let mut endings = Vec::new();
    for (n, device) in all[..1100].iter().enumerate() {
        endings.push(ended(
            *device,
            match n % 4 {
                0 => status(200, "null"),
                1 => status(500, "null"),
                2 => Outcome::timed_out(),
                _ => status(503, "null"),
            },
        ));
    }
    bed.record(job, endings).await;
    bed.store.close_at_deadline(job, NOW).await.unwrap();
    let failures = bed.store.job_failures(job, 50).await.unwrap();
    let seen: Vec<_> = failures
        .iter()
        .map(|reason| (reason.class, reason.code.as_str(), reason.status, reason.devices, reason.sample.as_str()))
        .collect();
    assert_eq!(
        seen,
        [
            (Class::Rejected, "DeviceRejected", Some(500), 275, "d1"),
            (Class::Rejected, "DeviceRejected", Some(503), 275, "d3"),
            (Class::TimedOut, "GatewayTimeout", None, 275, "d2"),
            (Class::NeverReached, "JobRunPreconditionFailed", None, 100, "d1100"),
        ]
    );
    assert_eq!(failures[0].message, "the device answered with status 500");
    assert!(failures[3].message.contains("deadline"), "{}", failures[3].message);
    let counted: u64 = failures.iter().map(|reason| reason.devices).sum();
    assert_eq!(counted, bed.counters("j").await.failed);
    assert_eq!(bed.store.job_failures(job, 2).await.unwrap().len(), 2);
}

#[tokio::test]
async fn devices_that_answer_ever_new_statuses_do_not_fill_the_memory() {
    let bed = Bed::new(Mode::Inline);
    let mut all = Vec::new();
    for n in 0..1500 {
        all.push(bed.device(&format!("d{n}")).await);
    }
    let job = bed.central_job("j", method(), None).await;
    bed.begin(job, &all).await;
    let endings = all.iter().enumerate().map(|(n, device)| ended(*device, status(1000 + n as i64, "null")));
    bed.record(job, endings.collect()).await;
    let failures = bed.store.job_failures(job, 3).await.unwrap();
    assert_eq!((failures[0].status, failures[0].devices, failures[1].devices), (None, 500, 1));
}

#[tokio::test]
async fn batches_before_at_and_after_the_open_one() {
    let bed = Bed::new(Mode::Inline);
    let mut all = Vec::new();
    for n in 0..25 {
        all.push(bed.device(&format!("d{n}")).await);
    }
    let job = bed.central_job("j", method(), Some(2)).await;
    let shown = |batches: JobBatches| {
        let batch = |batch: &JobBatch| {
            let (number, size) = (batch.number, batch.size);
            match batch.opened {
                None => format!("{number}:{size}"),
                Some(Batch { succeeded, failed, ended, .. }) => {
                    format!("{number}:{size} {succeeded}+{failed}{}", if ended.is_some() { " ended" } else { "" })
                }
            }
        };
        (batches.total, batches.batches.iter().map(batch).collect::<Vec<_>>())
    };
    use bellwether_model::job::Batch;
    for pair in all[..12].chunks(2) {
        bed.begin(job, pair).await;
        bed.record(job, vec![ended(pair[0], status(200, "null")), ended(pair[1], status(500, "null"))]).await;
    }
    let (total, batches) = shown(bed.store.job_batches(job, None, 4).await.unwrap());
    assert_eq!((total, batches), (13, ["6:2 1+1 ended", "7:2 0+0", "8:2", "9:2"].map(str::to_owned).to_vec()));
    let (_, batches) = shown(bed.store.job_batches(job, None, 200).await.unwrap());
    assert_eq!((batches.len(), batches[0].as_str(), batches[12].as_str()), (13, "1:2 1+1 ended", "13:1"));
    let from =
        async |from, most| shown(bed.store.job_batches(job, std::num::NonZeroU64::new(from), most).await.unwrap());
    assert_eq!(from(1, 2).await, (13, ["1:2 1+1 ended", "2:2 1+1 ended"].map(str::to_owned).to_vec()));
    assert_eq!(from(12, 4).await, (13, ["12:2", "13:1"].map(str::to_owned).to_vec()));
    assert_eq!((from(14, 4).await, from(u64::MAX, 4).await), ((13, vec![]), (13, vec![])));
    let whole = bed.central_job("w", method(), None).await;
    assert_eq!(shown(bed.store.job_batches(whole, None, 200).await.unwrap()), (1, vec!["1:25 0+0".to_owned()]));
    let waiting = JobSpec::of_hub(
        "x".parse().unwrap(),
        Target::Twins { condition: Some("*".to_owned()), device_ids: None },
        method(),
        "test".to_owned(),
    );
    let waiting = bed.store.create_job(waiting, NOW).await.unwrap();
    assert_eq!(bed.store.job_batches(waiting.key, None, 200).await.unwrap().total, 0);
}

/// `cargo test --release -p bellwether-store --lib results_of_a_million -- --ignored --nocapture`
#[tokio::test]
#[ignore = "a measurement"]
async fn results_of_a_million() {
    let bed = Bed::new(Mode::Inline);
    bed.device("d1").await;
    let copy = |connection: &Connection| {
        for (table, name) in [("device", "'d' || n"), ("twin", "")] {
            let mut columns = Vec::new();
            let mut statement = connection.prepare(&format!("SELECT name FROM pragma_table_info('{table}')"))?;
            for column in statement.query_map([], |row| row.get::<_, String>(0))? {
                columns.push(column?);
            }
            let value = |column: &String| match column.as_str() {
                "seq" => "n".to_owned(),
                "id" => name.to_owned(),
                other => format!("one.{other}"),
            };
            let values: Vec<String> = columns.iter().map(value).collect();
            connection.execute_batch(&format!(
                "INSERT INTO {table} ({}) WITH numbers(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1000000)
                 SELECT {} FROM numbers, {table} AS one WHERE one.seq = 1",
                columns.join(", "),
                values.join(", ")
            ))?;
        }
        Ok::<_, StoreError>(())
    };
    bed.store.interactive(copy).await.unwrap();
    let job = bed.central_job("j", method(), None).await;
    let answered = |connection: &Connection| {
        connection.execute_batch(
            "INSERT INTO device_job (job, device, state, created, updated, status, epoch)
             SELECT 1, seq, 1, 5, 6, 200, 1 FROM device;
             INSERT INTO device_job_answer (job, device, entry, status, payload)
             SELECT 1, seq, 0, 200, '{\"temperature\":21.5}' FROM device",
        )?;
        Ok::<_, StoreError>(())
    };
    bed.store.interactive(answered).await.unwrap();
    let text = |text: &str| ResultFilter { text: Some(SearchText::new(text)), ..ResultFilter::default() };
    for (name, filter, answers, limit) in [
        ("export", ResultFilter::default(), true, 1000),
        ("search, none", text("nothing"), false, 100),
        ("search, some", text("d99999"), false, 100),
    ] {
        let view = Arc::new(ResultView { filter, answers, ..ResultView::all(Scope::Everything) });
        let begun = std::time::Instant::now();
        let (mut found, mut windows, mut next) = (0, 0, Some(0));
        while let Some(from) = next {
            let window = bed.store.job_results(job, Arc::clone(&view), from, limit).await.unwrap();
            (found, windows, next) = (found + window.results.len(), windows + 1, window.next);
        }
        eprintln!("{name}: {found} devices in {windows} windows, {:?}", begun.elapsed());
    }
}
