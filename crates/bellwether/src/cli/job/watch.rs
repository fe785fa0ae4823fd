//! Following a job to its end.

use std::time::Duration;

use bellwether_model::json::minify;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::super::table::{text, thousands, time};
use crate::failure::Failure;
use crate::hub_client::{ClientError, HubClient};
use crate::progress::Progress;
use crate::rest::read;
use crate::signals::Signals;
use crate::terminal::print_before_verdict;

/// A hosted hub takes less than two of these questions a second.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Short jobs are over at once.
const FIRST_LOOKS: Duration = Duration::from_millis(100);
const FIRST_LOOKS_FOR: Duration = Duration::from_secs(1);
/// So long may the hub be out of reach, as while it is started anew: its jobs go on.
const OUT_OF_REACH: Duration = Duration::from_secs(120);

/// Shows the progress until the job ends, prints it as it was then if programs want it, and says how it ended by the
/// result.
///
/// # Errors
/// The job or one of its devices failed; the hub is out of reach; Ctrl-C.
pub async fn run(hub: &HubClient, id: &str, json: bool) -> Result<(), Failure> {
    let mut signals = Signals::listen()?;
    let document = tokio::select! {
        document = follow(hub, id) => document?,
        _ = signals.next() => {
            return Err(Failure::interrupted(format!(
                "the job {id} goes on\n  bellwether job watch {id}    follows it again\n  \
                 bellwether job cancel {id}   cancels it"
            )));
        }
    };
    if json {
        print_before_verdict(minify(&document))?;
    }
    let job: Value = read(&document)?;
    verdict(id, &job)
}

/// The job's document once it has ended.
async fn follow(hub: &HubClient, id: &str) -> Result<String, ClientError> {
    let bar = Progress::start(id, 0);
    let begun = Instant::now();
    let mut reached = begun;
    loop {
        match hub.job(id).await {
            Ok(document) => {
                reached = Instant::now();
                let job: Value = read(&document)?;
                show(&bar, &job);
                if ["completed", "failed", "cancelled"].iter().any(|end| job["status"] == *end) {
                    bar.done();
                    return Ok(document);
                }
            }
            Err(ClientError::Link { reason, .. }) if reached.elapsed() < OUT_OF_REACH => {
                bar.message(format!("no answer, trying again: {reason}"));
            }
            Err(error) => return Err(error),
        }
        sleep(if begun.elapsed() < FIRST_LOOKS_FOR { FIRST_LOOKS } else { LOOK_EVERY }).await;
    }
}

fn show(bar: &Progress, job: &Value) {
    let counts = &job["deviceJobStatistics"];
    let count = |name: &str| counts[name].as_u64().unwrap_or_default();
    let (succeeded, failed) = (count("succeededCount"), count("failedCount"));
    bar.of(count("deviceCount"));
    bar.at(succeeded + failed);
    bar.message(match job["status"].as_str() {
        Some("scheduled") => format!("scheduled for {}", time(&job["startTime"])),
        Some("queued") => ["queued".to_owned(), text(&job["statusMessage"])].join(" ").trim().to_owned(),
        _ => format!("{} ok, {} failed", thousands(succeeded), thousands(failed)),
    });
}

fn verdict(id: &str, job: &Value) -> Result<(), Failure> {
    let counts = &job["deviceJobStatistics"];
    let count = |name: &str| counts[name].as_u64().unwrap_or_default();
    let (devices, failed) = (count("deviceCount"), count("failedCount"));
    let of = format!("{} of {} devices failed", thousands(failed), thousands(devices));
    let look = format!("bellwether job results {id} --status failed   shows them");
    match job["status"].as_str() {
        Some("completed") if failed == 0 => Ok(()),
        Some("completed") => Err(Failure::outcome(format!("the job {id} has completed, and {of}\n{look}"))),
        Some(status) => {
            let why =
                ["failureReason", "statusMessage"].map(|name| text(&job[name])).into_iter().find(|why| !why.is_empty());
            let why = why.map(|why| format!(": {why}")).unwrap_or_default();
            let failures = if failed > 0 { format!("\n{of}\n{look}") } else { String::new() };
            Err(Failure::outcome(format!("the job {id} is {status}{why}{failures}")))
        }
        None => Err(Failure::new(format!("the job {id} has no status"))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn verdicts() {
        let of = |status: &str, failed: u64, why: Option<&str>| {
            let statistics = json!({"deviceCount": 1200, "failedCount": failed});
            let job = json!({"status": status, "deviceJobStatistics": statistics, "statusMessage": why});
            verdict("fw", &job).map_err(|failure| (failure.code(), failure.to_string()))
        };
        assert_eq!(of("completed", 0, None), Ok(()));
        let (code, text) = of("completed", 1100, None).unwrap_err();
        assert_eq!(code, 3);
        assert!(text.starts_with("the job fw has completed, and 1,100 of 1,200 devices failed\n"), "{text}");
        assert_eq!(of("cancelled", 0, Some("by ada")), Err((3, "the job fw is cancelled: by ada".to_owned())));
        assert!(of("failed", 1, None).unwrap_err().1.contains("--status failed"));
    }
}
