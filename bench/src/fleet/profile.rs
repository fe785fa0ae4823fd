//! Jobs one after another with nothing beside them, and `perf record` on the server meanwhile.

use std::path::Path;
use std::time::Duration;

use tokio::process::Command;

use super::jobs::{self, Kind};
use super::{Bench, text};
use crate::Anything;

const SECONDS: &str = "15";
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Leaves `method.data` and `twin.data` in `folder`.
pub async fn run(bench: &Bench, folder: &Path) -> Result<(), Anything> {
    std::fs::create_dir_all(folder)?;
    record(bench, &folder.join("method.data"), Kind::Method, bench.options.devices).await?;
    bench.register_the_rest()?;
    record(bench, &folder.join("twin.data"), Kind::Twin, bench.options.registered).await
}

async fn record(bench: &Bench, file: &Path, kind: Kind, devices: u64) -> Result<(), Anything> {
    // Once without it, so that everything is warm.
    jobs::create(&bench.hub, kind, "*").await?.completed(LOOK_EVERY, devices).await?;
    let server = bench.server.pid()?.to_string();
    let mut perf = Command::new("perf")
        .args([
            "record",
            "-F",
            "999",
            "-g",
            "--call-graph",
            "fp",
            "-o",
            text(file)?,
            "-p",
            &server,
            "--",
            "sleep",
            SECONDS,
        ])
        .kill_on_drop(true)
        .spawn()?;
    while perf.try_wait()?.is_none() {
        let took = jobs::create(&bench.hub, kind, "*").await?.completed(LOOK_EVERY, devices).await?;
        println!("{:.3} s", took.as_secs_f64());
    }
    Ok(())
}
