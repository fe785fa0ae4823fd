//! Jobs as a client makes them and sees them end.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use hyper::Method;
use serde_json::{Value, json};

use super::http::Hub;
use crate::Anything;

/// A job that takes longer has failed.
const LONGEST: Duration = Duration::from_secs(120);

static NUMBER: AtomicU64 = AtomicU64::new(0);

/// What is done to the devices.
#[derive(Clone, Copy)]
pub enum Kind {
    /// A direct method.
    Method,
    /// A change of one desired property; it is another one each time.
    Twin,
}

/// A job that the server has acknowledged.
pub struct Made {
    hub: Hub,
    id: String,
    /// When the acknowledgement was read.
    pub acknowledged: Instant,
}

/// Makes a job.
pub async fn create(hub: &Hub, kind: Kind, condition: &str) -> Result<Made, Anything> {
    let number = NUMBER.fetch_add(1, Relaxed);
    let id = format!("bench-{number}");
    let mut body = json!({"jobId": id, "queryCondition": condition, "maxExecutionTimeInSeconds": 3600});
    match kind {
        Kind::Method => {
            body["type"] = "scheduleDeviceMethod".into();
            body["cloudToDeviceMethod"] =
                json!({"methodName": "reboot", "payload": {"delaySeconds": 5}, "responseTimeoutInSeconds": 30});
        }
        Kind::Twin => {
            body["type"] = "scheduleUpdateTwin".into();
            body["updateTwin"] =
                json!({"etag": "*", "properties": {"desired": {"firmware": {"channel": format!("c{number}")}}}});
        }
    }
    hub.call(Method::PUT, &format!("/jobs/v2/{id}"), body.to_string()).await?;
    Ok(Made { hub: hub.clone(), id, acknowledged: Instant::now() })
}

impl Made {
    /// Asks every so often until `done` says so of the job's document; then how long it has been.
    pub async fn until(&self, every: Duration, done: impl Fn(&Value) -> bool) -> Result<Duration, Anything> {
        while self.acknowledged.elapsed() < LONGEST {
            let job = self.hub.json(Method::GET, &format!("/jobs/v2/{}", self.id), String::new()).await?;
            if done(&job) {
                return Ok(self.acknowledged.elapsed());
            }
            tokio::time::sleep(every).await;
        }
        Err(format!("{} does not end", self.id).into())
    }

    /// Until it is completed, all `devices` of it well.
    pub async fn completed(&self, every: Duration, devices: u64) -> Result<Duration, Anything> {
        let took = self.until(every, |job| job["status"] == "completed").await?;
        let job = self.hub.json(Method::GET, &format!("/jobs/v2/{}", self.id), String::new()).await?;
        if job["deviceJobStatistics"]["succeededCount"] != devices {
            return Err(format!("{devices} devices should have succeeded: {job}").into());
        }
        Ok(took)
    }

    /// Until so many devices have answered.
    pub async fn answered(&self, every: Duration, devices: u64) -> Result<Duration, Anything> {
        self.until(every, |job| job["deviceJobStatistics"]["succeededCount"] == devices).await
    }

    /// Cancels it.
    pub async fn cancel(&self) -> Result<(), Anything> {
        self.hub.call(Method::POST, &format!("/jobs/v2/{}/cancel", self.id), String::new()).await?;
        Ok(())
    }
}
