//! A large job goes because it was kept for long enough, while single twins are changed; beside the same changes with
//! nothing else to do.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bellwether_engine::{Engine, Settings};
use bellwether_model::access::Scope;
use bellwether_model::identity::IfMatch;
use bellwether_model::job::{Action, JobSpec, Target};
use bellwether_model::twin::TwinChange;
use bellwether_store::{Mode, Store};
use rusqlite::Connection;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::fleet::figures::{Samples, load};
use crate::{Anything, registered, world};

/// A change begins in this time, whether or not earlier ones have ended.
const EVERY: Duration = Duration::from_millis(20);
/// How long changes are measured with nothing else to do.
const ALONE: Duration = Duration::from_secs(15);
/// Pages of the file that may stay free: what single changes leave.
const FREE_PAGES: i64 = 100;

/// Prints the table.
pub fn run(devices: u64) -> Result<(), Anything> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(measure(devices))
}

async fn measure(devices: u64) -> Result<(), Anything> {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("bellwether.db");
    drop(Store::open(&path, Mode::Inline)?);
    registered::fill(&path, 1..=devices)?;
    let (store, engine) = start(&path, None).await?;
    let action = Action::UpdateTwin(r#"{"properties":{"desired":{"firmware":{"channel":"stable"}}}}"#.to_owned());
    let target = Target::Twins { condition: Some("*".to_owned()), device_ids: None };
    engine.create_job(JobSpec::of_hub("bench".parse()?, target, action, "bench".to_owned())).await?;
    while !store.job("bench").await?.is_some_and(|job| job.state.is_final()) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let size = || Ok::<_, Anything>(std::fs::metadata(&path)?.len() as f64 / (1024.0 * 1024.0));
    let until = Instant::now() + ALONE;
    let alone = patch(&engine, devices, || Ok(Instant::now() < until)).await?;
    let load_alone = load();
    engine.stop(Duration::ZERO).await;
    store.close();
    let before = size()?;

    let look = Connection::open(&path)?;
    look.execute_batch("PRAGMA busy_timeout=60000")?;
    let number = |sql: &str| look.query_row(sql, [], |row| row.get::<_, i64>(0));
    let began = Instant::now();
    let (store, engine) = start(&path, Some(0)).await?;
    let beside = patch(&engine, devices, || {
        let is_gone = number("SELECT count(*) FROM job")? + number("SELECT count(*) FROM job_gone")? == 0;
        Ok(!is_gone || number("PRAGMA freelist_count")? > FREE_PAGES)
    })
    .await?;
    let took = began.elapsed();
    engine.stop(Duration::ZERO).await;
    store.close();
    println!("## A job of {devices} devices goes, beside changes of single twins\n");
    println!(
        "Gone after {:.1} s; the file had {before:.0} MiB, then {:.0} MiB. {:.0} changes a second.\n",
        took.as_secs_f64(),
        size()?,
        1.0 / EVERY.as_secs_f64()
    );
    println!("| changes of twins | load average | samples | p50, ms | p99, ms | max, ms |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: |");
    for (name, load, samples) in [("alone", load_alone, &alone), ("beside the purge", load(), &beside)] {
        let [median, late, max] = [samples.median(), samples.share(0.99), samples.max()];
        println!("| {name} | {load} | {} | {median:.1} | {late:.1} | {max:.1} |", samples.count());
    }
    println!(
        "| beside ÷ alone | | | {:.2} | {:.2} | |",
        beside.median() / alone.median(),
        beside.share(0.99) / alone.share(0.99)
    );
    Ok(())
}

async fn start(path: &Path, history_days: Option<u32>) -> Result<(Arc<Store>, Arc<Engine>), Anything> {
    let store = Arc::new(Store::open(path, Mode::Threaded)?);
    let epoch = store.begin_epoch().await?;
    let settings = Settings { history_days, ..Settings::default() };
    let engine = Engine::start(Arc::clone(&store), world::world(), settings, epoch).await?;
    Ok((store, engine))
}

/// Changes a twin at fixed times while `goes_on` says so; how long each took from its time.
async fn patch(
    engine: &Arc<Engine>,
    devices: u64,
    goes_on: impl Fn() -> Result<bool, Anything>,
) -> Result<Samples, Anything> {
    let mut random = fastrand::Rng::with_seed(1);
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut out = JoinSet::new();
    let mut count = 0u64;
    while !count.is_multiple_of(25) || goes_on()? {
        let due = ticks.tick().await;
        count += 1;
        let (engine, id) = (Arc::clone(engine), registered::id(random.u64(1..=devices)).parse()?);
        out.spawn(async move {
            let change = TwinChange::merge_from_body(&format!(r#"{{"tags":{{"count":{count}}}}}"#))?;
            engine.change_twin(&id, &Scope::Everything, change, IfMatch::Any).await?;
            Ok::<_, Anything>(due.elapsed())
        });
    }
    let samples: Vec<Duration> = out.join_all().await.into_iter().collect::<Result<_, _>>()?;
    Samples::new(samples)
}
