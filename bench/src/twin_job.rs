//! A twin job over the whole fleet: select, freeze, merge, record, event (DESIGN §6), beside the bare statements.
//!
//! The baseline is a fresh database with the twins' columns (seq, versions, tags, desired, reported; about 400
//! bytes of documents, no metadata) on which one `UPDATE … json_patch` and one `INSERT … SELECT` of the device
//! jobs run, each one transaction with `synchronous=FULL`, the log truncated before.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bellwether_engine::{Engine, Settings};
use bellwether_model::JobId;
use bellwether_model::job::{Action, JobSpec, JobState, Target};
use bellwether_store::{Mode, Store};
use rusqlite::Connection;

use crate::registered::{self, DESIRED, REPORTED, TAGS};
use crate::{Anything, memory, world};

const PATCH: &str = r#"{"firmware":{"channel":"stable"}}"#;

/// Seconds and bytes of one round.
struct Round {
    update: f64,
    insert: f64,
    job: f64,
    peak_above_idle: f64,
}

/// Prints the table over all sizes.
pub fn run(sizes: &[u64], rounds: usize) -> Result<(), Anything> {
    println!("## Twin job over the whole fleet\n");
    println!(
        "| devices | bare UPDATE, s | bare INSERT … SELECT, s | job, s | job ÷ bare | devices/s | peak memory above idle, MiB |"
    );
    println!("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    let program = std::env::current_exe()?;
    for &devices in sizes {
        let mut all = Vec::new();
        for _ in 0..rounds {
            let output = Command::new(&program).args(["twin-job-round", &devices.to_string()]).output()?;
            if !output.status.success() {
                return Err(String::from_utf8_lossy(&output.stderr).into());
            }
            let figures: Vec<f64> =
                String::from_utf8(output.stdout)?.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
            let [update, insert, job, peak_above_idle] = figures[..] else { return Err("four figures".into()) };
            all.push(Round { update, insert, job, peak_above_idle });
        }
        let median = |pick: fn(&Round) -> f64| {
            let mut values: Vec<f64> = all.iter().map(pick).collect();
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        println!(
            "| {devices} | {:.3} | {:.3} | {:.3} | {:.2} | {:.0} | {:.1} |",
            median(|r| r.update),
            median(|r| r.insert),
            median(|r| r.job),
            median(|r| r.job / (r.update + r.insert)),
            devices as f64 / median(|r| r.job),
            median(|r| r.peak_above_idle) / (1024.0 * 1024.0),
        );
    }
    Ok(())
}

/// One round: the baseline, then the job, each on a fresh database.
pub fn round(devices: u64) -> Result<(), Anything> {
    let dir = tempfile::tempdir()?;
    let (update, insert) = baseline(&dir.path().join("bare.db"), devices)?;
    std::fs::remove_file(dir.path().join("bare.db"))?;
    let (job, peak) = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(twin_job(&dir.path().join("bellwether.db"), devices))?;
    println!("{} {} {} {peak}", update.as_secs_f64(), insert.as_secs_f64(), job.as_secs_f64());
    Ok(())
}

fn baseline(path: &Path, devices: u64) -> Result<(Duration, Duration), Anything> {
    let connection = Connection::open(path)?;
    connection.execute_batch(&format!(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
         CREATE TABLE twin (seq INTEGER PRIMARY KEY, version INTEGER NOT NULL, etag INTEGER NOT NULL,
             desired_version INTEGER NOT NULL, reported_version INTEGER NOT NULL,
             tags TEXT, desired TEXT NOT NULL, reported TEXT NOT NULL);
         CREATE TABLE device_job (job INTEGER NOT NULL, device INTEGER NOT NULL, state INTEGER NOT NULL,
             created INTEGER NOT NULL, updated INTEGER NOT NULL, PRIMARY KEY (job, device)) WITHOUT ROWID;
         WITH RECURSIVE seq(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM seq WHERE n < {devices})
         INSERT INTO twin SELECT n, 2, 1, 1, 1, {TAGS}, {DESIRED}, {REPORTED} FROM seq;
         PRAGMA wal_checkpoint(TRUNCATE);"
    ))?;
    let began = Instant::now();
    let changed = connection.execute(
        "UPDATE twin SET desired = json_patch(desired, ?1), desired_version = desired_version + 1,
         version = version + 1, etag = etag + 1 WHERE json_extract(tags, '$.site') = 'plant-7'",
        [PATCH],
    )?;
    let update = began.elapsed();
    assert_eq!(changed as u64, devices);
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
    let began = Instant::now();
    connection.execute("INSERT INTO device_job SELECT 1, seq, 1, ?1, ?1 FROM twin", [1_772_330_400_000_000i64])?;
    Ok((update, began.elapsed()))
}

async fn twin_job(path: &Path, devices: u64) -> Result<(Duration, u64), Anything> {
    let store = Arc::new(Store::open(path, Mode::Threaded)?);
    registered::fill(path, 1..=devices)?;
    let epoch = store.begin_epoch().await?;
    let engine = Engine::start(Arc::clone(&store), world::world(), Settings::default(), epoch).await?;
    let target = Target::Twins { condition: Some("tags.site = 'plant-7'".to_owned()), device_ids: None };
    let id: JobId = "bench".parse()?;
    let action = Action::UpdateTwin(format!("{{\"properties\":{{\"desired\":{PATCH}}}}}"));
    let spec = JobSpec::of_hub(id.clone(), target, action, "bench".to_owned());
    let idle = memory::resident()?;
    memory::reset_peak()?;
    let began = Instant::now();
    engine.create_job(spec).await?;
    let job = loop {
        tokio::time::sleep(Duration::from_millis(if devices > 10_000 { 10 } else { 1 })).await;
        match store.job(id.as_str()).await? {
            Some(job) if job.state.is_final() => break job,
            Some(_) | None => {}
        }
    };
    let took = began.elapsed();
    let selected = job.began.map_or(0, |began| began.micros_since(job.created));
    eprintln!("selected and frozen after {} ms", selected / 1000);
    let peak = memory::peak()?.saturating_sub(idle);
    assert_eq!(job.state, JobState::Completed);
    assert_eq!(job.counters.map(|counters| counters.succeeded), Some(devices));
    engine.stop(Duration::ZERO).await;
    store.close();
    Ok((took, peak))
}
