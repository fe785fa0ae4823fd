//! Holds what the hub says against what must be, device by device. Everything here came through the REST API.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::plan::{self, Kind, Member, Outcome};

/// What is wrong, one line a finding; empty when every outcome is the expected one.
pub type Findings = Vec<String>;

/// What a job must look like when it has ended.
pub fn job(job: &Value, devices: usize, failed: usize) -> Findings {
    let id = job["jobId"].as_str().unwrap_or("?");
    let wanted = json!({
        "deviceCount": devices, "failedCount": failed, "succeededCount": devices - failed,
        "runningCount": 0, "pendingCount": 0,
    });
    let mut findings = Findings::new();
    if job["status"] != "completed" {
        findings.push(format!("job {id}: status {}, expected \"completed\"", job["status"]));
    }
    if job["deviceJobStatistics"] != wanted {
        findings.push(format!("job {id}: statistics {}, expected {wanted}", job["deviceJobStatistics"]));
    }
    findings
}

/// How many failures the method job must count.
pub fn failures(members: &[Member]) -> usize {
    members.iter().filter(|member| matches!(member.kind.outcome(), Outcome::Failed(_))).count()
}

/// The rows of the twin job: each selected device once, completed, and no other.
pub fn twin_rows(members: &[Member], rows: &[Value]) -> Findings {
    let members = members.iter().filter(|member| member.selected());
    each_once(members, rows, |_, row| {
        let right = row["status"] == "completed" && row["outcome"] == json!({}) && row.get("error").is_none();
        if right { Ok(()) } else { Err("completed, outcome {}".to_owned()) }
    })
}

/// The rows of the method job: each device once, with the outcome of its kind.
pub fn method_rows(members: &[Member], rows: &[Value]) -> Findings {
    each_once(members.iter(), rows, |member, row| {
        let wanted = member.kind.outcome();
        let right = match wanted {
            Outcome::Answered(status) => {
                let answer = json!({"status": status, "payload": {"device": member.id, "received": plan::payload()}});
                row["status"] == "completed" && row["outcome"] == json!({"deviceMethodResponse": answer})
            }
            Outcome::Failed(code) => {
                row["status"] == "failed" && row["error"]["code"] == code && row["outcome"] == json!({})
            }
        };
        if right { Ok(()) } else { Err(wanted.label()) }
    })
}

/// Each member has exactly one row, and `right` holds for it (or says what was expected); no other device has one.
fn each_once<'a>(
    members: impl Iterator<Item = &'a Member>,
    rows: &[Value],
    right: impl Fn(&Member, &Value) -> Result<(), String>,
) -> Findings {
    let mut by_device: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for row in rows {
        by_device.entry(row["deviceId"].as_str().unwrap_or("?")).or_default().push(row);
    }
    let mut findings = Findings::new();
    for member in members {
        match by_device.remove(member.id.as_str()).as_deref() {
            None => findings.push(format!("{}: no row", member.id)),
            Some([row]) => {
                if let Err(wanted) = right(member, row) {
                    findings.push(format!("{}: expected {wanted}, got {row}", member.id));
                }
            }
            Some(rows) => findings.push(format!("{}: {} rows", member.id, rows.len())),
        }
    }
    findings.extend(by_device.keys().map(|id| format!("{id}: a row, but the job does not concern it")));
    findings
}

/// The `$version` of each twin's desired properties.
pub fn desired_versions(twins: &[Value]) -> HashMap<String, i64> {
    let version = |twin: &Value| twin["properties"]["desired"]["$version"].as_i64().unwrap_or_default();
    twins.iter().map(|twin| (twin["deviceId"].as_str().unwrap_or("?").to_owned(), version(twin))).collect()
}

/// The twins after both jobs: patched where selected, with the version moved by one; untouched elsewhere; and
/// reported back by every selected device that was ever online.
pub fn twins(members: &[Member], before: &HashMap<String, i64>, twins: &[Value]) -> Findings {
    let by_device: HashMap<&str, &Value> =
        twins.iter().map(|twin| (twin["deviceId"].as_str().unwrap_or("?"), twin)).collect();
    let mut findings = Findings::new();
    for member in members {
        let Some(twin) = by_device.get(member.id.as_str()) else {
            findings.push(format!("{}: no twin", member.id));
            continue;
        };
        let mut expect = |what: &str, got: &Value, wanted: Value| {
            if *got != wanted {
                findings.push(format!("{}: {what} is {got}, expected {wanted}", member.id));
            }
        };
        let mut tags = json!({"building": member.building, "floor": member.floor});
        let version = before.get(&member.id).copied().unwrap_or_default();
        let desired = &twin["properties"]["desired"];
        if member.selected() {
            tags["wave"] = json!(1);
            expect("desired", &bare(desired), plan::desired());
            expect("desired $version", &desired["$version"], json!(version + 1));
            if member.kind != Kind::Offline {
                expect("reported", &bare(&twin["properties"]["reported"]), plan::desired());
            }
        } else {
            expect("desired $version", &desired["$version"], json!(version));
        }
        expect("tags", &twin["tags"], tags);
    }
    findings
}

/// A section without `$metadata` and `$version`.
pub fn bare(section: &Value) -> Value {
    let members = section.as_object().into_iter().flatten();
    members.filter(|(key, _)| !key.starts_with('$')).map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Calls as the devices themselves saw them: exactly those of their kind.
pub fn calls<'a>(members: &[Member], seen: impl Iterator<Item = (&'a str, u32)>) -> Findings {
    let seen: HashMap<&str, u32> = seen.collect();
    let wrong = members.iter().filter_map(|member| {
        let got = seen.get(member.id.as_str()).copied().unwrap_or_default();
        let wanted = member.kind.calls();
        (got != wanted).then(|| format!("{}: received {got} calls, expected {wanted}", member.id))
    });
    wrong.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows that a right hub gives for the method job.
    fn right_rows(members: &[Member]) -> Vec<Value> {
        let row = |member: &Member| match member.kind.outcome() {
            Outcome::Answered(status) => json!({
                "deviceId": member.id, "status": "completed",
                "outcome": {"deviceMethodResponse": {
                    "status": status, "payload": {"device": member.id, "received": plan::payload()},
                }},
            }),
            Outcome::Failed(code) => json!({
                "deviceId": member.id, "status": "failed", "outcome": {}, "error": {"code": code, "description": "x"},
            }),
        };
        members.iter().map(row).collect()
    }

    #[test]
    fn right_rows_pass_and_each_wrong_one_is_found() {
        let members = plan::members(100);
        let rows = right_rows(&members);
        assert_eq!(method_rows(&members, &rows), Findings::new());
        assert_eq!(method_rows(&members, &rows[1..]), ["device-0000: no row"]);
        let twice = [rows.clone(), vec![rows[3].clone()]].concat();
        assert_eq!(method_rows(&members, &twice), ["device-0003: 2 rows"]);
        assert_eq!(method_rows(&members[1..], &rows).len(), 1);
        for (at, pointer, value) in [
            (0, "/status", json!("failed")),
            (47, "/outcome/deviceMethodResponse/status", json!(200)),
            (17, "/error/code", json!("DeviceNotOnline")),
            (37, "/outcome", json!(null)),
        ] {
            let mut wrong = rows.clone();
            *wrong[at].pointer_mut(pointer).unwrap() = value;
            assert_eq!(method_rows(&members, &wrong).len(), 1, "{at} {pointer}");
        }
    }

    #[test]
    fn twins_are_held_against_what_they_were() {
        let members = plan::members(100);
        let before: HashMap<_, _> = members.iter().map(|m| (m.id.clone(), 1)).collect();
        let twin = |m: &Member| {
            let mut twin = json!({
                "deviceId": m.id, "tags": {"building": m.building, "floor": m.floor},
                "properties": {"desired": {"$version": 1}, "reported": {"$version": 1}},
            });
            if m.selected() {
                let mut desired = plan::desired();
                desired["$version"] = json!(2);
                desired["$metadata"] = json!({});
                twin["properties"]["desired"] = desired;
                twin["tags"]["wave"] = json!(1);
                if m.kind != Kind::Offline {
                    twin["properties"]["reported"] = plan::desired();
                }
            }
            twin
        };
        let after: Vec<Value> = members.iter().map(twin).collect();
        assert_eq!(twins(&members, &before, &after), Findings::new());
        let mut wrong = after.clone();
        wrong[67]["properties"]["desired"]["$version"] = json!(3);
        wrong[1]["properties"]["desired"]["$version"] = json!(2);
        assert_eq!(twins(&members, &before, &wrong).len(), 2);
        assert_eq!(twins(&members, &before, &after[1..]), ["device-0000: no twin"]);
    }

    #[test]
    fn statistics_and_calls() {
        let members = plan::members(1000);
        assert_eq!(failures(&members), 10);
        let ended = json!({"jobId": "j", "status": "completed", "deviceJobStatistics": {
            "deviceCount": 1000, "failedCount": 10, "succeededCount": 990, "runningCount": 0, "pendingCount": 0}});
        assert_eq!(job(&ended, 1000, 10), Findings::new());
        assert_eq!(job(&ended, 1000, 11).len(), 1);
        assert_eq!(job(&json!({"jobId": "j", "status": "running"}), 1000, 10).len(), 2);
        let right = members.iter().map(|m| (m.id.as_str(), m.kind.calls()));
        assert_eq!(calls(&members, right), Findings::new());
        assert_eq!(calls(&members, std::iter::empty()).len(), 995);
    }
}
