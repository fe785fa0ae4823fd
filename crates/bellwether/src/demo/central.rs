//! The demo's second half, over IoT Central's REST API: a template, an organization, a group, a batched job whose
//! cancellation threshold trips, and a rerun of what failed in it.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::timeout;

use super::check::Findings;
use super::plan::{Kind, Member};
use crate::central_client::CentralClient;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::rest::{ClientError, encoded};
use crate::simulate::fleet::Fleet;

/// The command that both jobs call.
pub const COMMAND: &str = "selfTest";
/// Devices in a batch, percent of all.
pub const BATCH_PERCENT: u64 = 20;
/// Failures that the job bears, unless the group has fewer broken devices.
const FAILURES_BORNE: usize = 2;

const TEMPLATE: &str = "dtmi:bellwether:demo:pump;1";
const ORGANIZATION: &str = "demo-north";
const GROUP: &str = "demo-pumps-on-floor-3";
/// With a threshold at most so many calls are out beyond the failures that are still borne.
const IN_FLIGHT: u64 = 16;
const JOB_LIMIT: Duration = Duration::from_secs(60);
const ONLINE_LIMIT: Duration = Duration::from_secs(30);

/// What came of it.
pub struct Told {
    /// The job whose threshold tripped, at its end.
    pub first: Value,
    /// Its rerun, at its end.
    pub rerun: Value,
    /// What is wrong.
    pub findings: Findings,
}

/// The members that are in the group: one floor of every building.
pub fn members(all: &[Member]) -> Vec<&Member> {
    all.iter().filter(|member| member.floor == 3).collect()
}

/// Failures that a job on these devices bears: fewer than there will be.
pub fn borne(members: &[&Member]) -> usize {
    let offline = members.iter().filter(|member| member.kind == Kind::Offline).count();
    FAILURES_BORNE.min(offline.saturating_sub(1))
}

/// Tells it against a server where the fleet is registered and connected.
pub async fn tell(central: &CentralClient, fleet: &Fleet, all: &[Member]) -> Result<Told, Failure> {
    let members = members(all);
    prepare(central, &members).await?;

    let (id, job) = create(central, borne(&members)).await?;
    let first = follow(central, &id, "job in batches", members.len()).await?;
    let mut findings = Findings::new();
    if job["status"] != "pending" {
        findings.push(format!("job {id}: made as {}, expected \"pending\"", job["status"]));
    }
    let rows = central.list(&format!("/jobs/{id}/devices")).await?;
    findings.extend(tripped(&first, &rows, &members));

    let broken = fleet.broken();
    let online = fleet.counts().ready;
    fleet.repair();
    fleet.ready(online + broken, ONLINE_LIMIT, |_| ()).await;
    let rerun_id = format!("{id}-rerun");
    central.put(&format!("/jobs/{id}/rerun/{rerun_id}"), None).await?;
    let rerun = follow(central, &rerun_id, "rerun of the failed", ids(&rows, "failed").len()).await?;
    let again = central.list(&format!("/jobs/{rerun_id}/devices")).await?;
    findings.extend(repaired(&rerun, &ids(&rows, "failed"), &ids(&again, "completed"), again.len()));
    Ok(Told { first, rerun, findings })
}

/// Template, organization, group; the devices get both.
async fn prepare(central: &CentralClient, members: &[&Member]) -> Result<(), ClientError> {
    central.put(&format!("/deviceTemplates/{}", encoded(TEMPLATE)), Some(template())).await?;
    let organization = json!({"displayName": "North"});
    central.put(&format!("/organizations/{ORGANIZATION}"), Some(organization)).await?;
    let bar = Progress::start("devices in the group", members.len() as u64);
    for (done, member) in members.iter().enumerate() {
        let body = json!({"template": TEMPLATE, "organizations": [ORGANIZATION]});
        central.patch(&format!("/devices/{}", encoded(&member.id)), body).await?;
        bar.at(done as u64 + 1);
    }
    bar.done();
    let group = json!({
        "displayName": "Pumps on floor 3",
        "filter": format!("SELECT * FROM devices WHERE $template = \"{TEMPLATE}\""),
        "organizations": [ORGANIZATION],
    });
    central.put(&format!("/deviceGroups/{GROUP}"), Some(group)).await?;
    Ok(())
}

fn template() -> Value {
    json!({
        "@type": ["ModelDefinition", "DeviceModel"],
        "displayName": "Pump",
        "capabilityModel": {
            "@id": "dtmi:bellwether:demo:pumpModel;1", "@type": "Interface",
            "contents": [
                {"@type": "Property", "name": "telemetrySeconds", "schema": "integer", "writable": true},
                {"@type": ["Property", "Cloud"], "name": "customer", "schema": "string"},
                {"@type": "Command", "name": COMMAND,
                 "request": {"@type": "CommandPayload", "name": "level", "schema": "integer"}},
            ],
        },
    })
}

/// Makes the job; on a data folder that saw a demo before, under the next free name.
async fn create(central: &CentralClient, borne: usize) -> Result<(String, Value), ClientError> {
    let body = json!({
        "displayName": "Self test, floor 3", "group": GROUP,
        "batch": {"type": "percentage", "value": BATCH_PERCENT},
        "cancellationThreshold": {"type": "number", "value": borne, "batch": false},
        "data": [{"type": "command", "target": TEMPLATE, "path": COMMAND, "value": 1}],
    });
    let mut id = "demo-self-test".to_owned();
    for number in 2.. {
        if central.get(&format!("/jobs/{id}")).await.is_err() {
            break;
        }
        id = format!("demo-self-test-{number}");
    }
    let job = central.put(&format!("/jobs/{id}"), Some(body)).await?;
    Ok((id, job))
}

async fn follow(central: &CentralClient, id: &str, label: &'static str, total: usize) -> Result<Value, Failure> {
    let bar = Progress::start(label, total as u64);
    let ended = timeout(
        JOB_LIMIT,
        central.ended(id, |job| {
            let count = |name: &str| job["progress"][name].as_u64().unwrap_or_default();
            bar.at(count("completed") + count("failed"));
            bar.message(format!(
                "{} completed, {} failed, {} pending",
                count("completed"),
                count("failed"),
                count("pending")
            ));
        }),
    );
    let job = ended.await.map_err(|_| Failure::new(format!("job {id} did not end within {JOB_LIMIT:?}")))??;
    bar.done();
    Ok(job)
}

/// The devices of the rows with this status, in order.
fn ids(rows: &[Value], status: &str) -> Vec<String> {
    let with_status = rows.iter().filter(|row| row["status"] == status);
    with_status.filter_map(|row| row["id"].as_str().map(str::to_owned)).collect()
}

/// The first job: cancelled at the first failure too many, in the batch where that stands; nothing of the batches
/// behind it was begun.
fn tripped(job: &Value, rows: &[Value], members: &[&Member]) -> Findings {
    let mut findings = Findings::new();
    let mut expect = |what: &str, right: bool, got: &Value| {
        if !right {
            findings.push(format!("the batched job: {what}, got {got}"));
        }
    };
    let count = |name: &str| job["progress"][name].as_u64().unwrap_or_default();
    let total = members.len() as u64;
    let offline: Vec<&str> =
        members.iter().filter(|member| member.kind == Kind::Offline).map(|member| member.id.as_str()).collect();
    let failures = borne(members) as u64 + 1;
    expect("must be cancelled", job["status"] == "cancelled", &job["status"]);
    expect(&format!("must have {total} devices"), count("total") == total && rows.len() as u64 == total, job);
    expect(&format!("must have {failures} failures"), count("failed") == failures, &job["progress"]);
    let failed = ids(rows, "failed");
    let first: Vec<&str> = offline.iter().take(failures as usize).copied().collect();
    expect(&format!("{first:?} must have failed"), failed == first, &json!(failed));
    // The batch of the failure too many, and what of it may have been out.
    let size = (total * BATCH_PERCENT).div_ceil(100);
    let at = members.iter().position(|member| Some(member.id.as_str()) == first.last().copied());
    let before = at.unwrap_or_default() as u64 / size * size;
    let completed = count("completed");
    let least = before.saturating_sub(failures - 1);
    let right = (least..=least + IN_FLIGHT).contains(&completed);
    expect(&format!("must have completed {least} to {} devices", least + IN_FLIGHT), right, &job["progress"]);
    let behind = rows.iter().skip((before + size) as usize).all(|row| row["status"] == "pending");
    expect("must not have begun a batch behind", behind, &json!(ids(rows, "completed").len()));
    findings
}

/// The rerun: exactly the devices that failed, and all of them completed.
fn repaired(job: &Value, failed: &[String], completed: &[String], rows: usize) -> Findings {
    let mut findings = Findings::new();
    if job["status"] != "complete" {
        findings.push(format!("the rerun: status {}, expected \"complete\"", job["status"]));
    }
    if failed != completed || rows != failed.len() {
        findings.push(format!("the rerun: completed {completed:?} of {rows} devices, expected exactly {failed:?}"));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::plan;
    use super::*;

    fn row(member: &Member, status: &str) -> Value {
        json!({"id": member.id, "status": status})
    }

    #[test]
    fn right_ends_pass_and_wrong_ones_are_found() {
        let all = plan::members(1000);
        let group = members(&all);
        assert_eq!(group.len(), 100);
        // The third offline device stands in the third batch.
        let mut offline = 0;
        let rows: Vec<Value> = group
            .iter()
            .enumerate()
            .map(|(at, member)| {
                offline += u32::from(member.kind == Kind::Offline);
                row(
                    member,
                    match (member.kind, at) {
                        (Kind::Offline, _) if offline <= 3 => "failed",
                        (Kind::Offline, _) => "pending",
                        (_, at) if at < 45 => "completed",
                        _ => "pending",
                    },
                )
            })
            .collect();
        let completed = ids(&rows, "completed").len();
        let job = |status: &str, failed: u64| {
            json!({"status": status, "progress":
            {"total": 100, "completed": completed, "failed": failed, "pending": 100 - completed as u64 - failed}})
        };
        assert_eq!(tripped(&job("cancelled", 3), &rows, &group), Findings::new());
        assert_eq!(tripped(&job("complete", 3), &rows, &group).len(), 1);
        assert_eq!(tripped(&job("cancelled", 4), &rows, &group).len(), 1);
        let mut wrong = rows.clone();
        wrong[99]["status"] = json!("completed");
        assert_eq!(tripped(&job("cancelled", 3), &wrong, &group).len(), 1);
        let failed = ids(&rows, "failed");
        assert_eq!(repaired(&json!({"status": "complete"}), &failed, &failed, 3), Findings::new());
        assert_eq!(repaired(&json!({"status": "complete"}), &failed, &failed[1..], 3).len(), 1);
    }
}
