//! The results of a job in our own version: grid, one device, batches, failures, download.

use axum::body::Body;
use axum::http::Request;
use bellwether_engine::CallError;
use bellwether_model::access::Role;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::super::HOST;
use super::device_groups::{COOLER, fleet as organizations};
use super::jobs::{TEMPLATE, command, fleet, property};
use super::{Central, OWN, make_token, outcome};
use crate::central::own::results::COLUMNS;

impl Central {
    async fn read_own(&self, call: &str) -> Value {
        let reply = self.ask_own(call, "").await;
        assert_eq!(outcome(&reply), "200", "{call}: {}", reply.text);
        reply.json()
    }

    /// What a device answers to every call.
    async fn answers(&self, id: &str, status: i64, payload: &str) {
        let seq = self.hub.seq(id).await;
        self.hub.devices.answer(seq, status, payload);
        self.hub.state.engine.device_online(seq);
    }
}

/// Six devices in batches of four: d0 succeeds, d1 rejects with 404, d2 with 500, d3 is too late, d4 is not there, d5
/// succeeds.
async fn ran() -> Central {
    let central = fleet(6).await;
    central.answers("d0", 200, r#"{"at":1.50}"#).await;
    central.answers("d1", 404, "null").await;
    central.answers("d2", 500, "\"broken\"").await;
    central.answers("d5", 200, "null").await;
    let d3 = central.hub.seq("d3").await;
    central.hub.devices.fail(d3, CallError::TimedOut);
    central.ask("PATCH /devices/d1", r#"{"displayName":"=Pump"}"#).await;
    let mut job = command("report");
    job["data"][0]["value"] = json!("2026-01-01T00:00:00Z");
    job["batch"] = json!({"type": "number", "value": 4});
    let reply = central.job("j", &job).await;
    assert_eq!(outcome(&reply), "200", "{}", reply.text);
    central.until("j", "complete").await;
    central
}

fn ids(page: &Value) -> String {
    let ids: Vec<&str> = page["value"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap()).collect();
    ids.join(" ")
}

#[tokio::test]
async fn the_grid_in_windows_and_by_filters() {
    let central = ran().await;
    let page = central.read_own("GET /jobs/j/devices?from=0&maxpagesize=3").await;
    assert_eq!((ids(&page).as_str(), &page["next"]), ("d0 d1 d2", &json!(3)));
    assert!(page["event"].as_u64().unwrap() >= 2, "{page}");
    let row = &page["value"][1];
    assert_eq!(
        (&row["ordinal"], &row["displayName"], &row["status"], &row["class"], &row["code"], &row["responseStatus"]),
        (&json!(1), &json!("=Pump"), &json!("failed"), &json!("rejected"), &json!("DeviceRejected"), &json!(404))
    );
    assert_eq!((&row["connected"], &row["deleted"], &row["template"]), (&json!(true), &json!(false), &json!(TEMPLATE)));
    assert!(row["started"].is_string() && row["finished"].is_string() && row["lastActivity"].is_string(), "{row}");
    let rest = central.read_own("GET /jobs/j/devices?from=3").await;
    assert_eq!((ids(&rest).as_str(), &rest["next"]), ("d3 d4 d5", &Value::Null));
    let absent = &rest["value"][1];
    assert_eq!((&absent["class"], &absent["connected"]), (&json!("neverReached"), &json!(false)));
    assert_eq!((absent.get("started"), absent.get("lastActivity")), (None, None));
    for (query, expected) in [
        ("status=completed", "d0 d5"),
        ("status=failed", "d1 d2 d3 d4"),
        ("status=pending,running,cancelled", ""),
        ("class=timedOut,rejected", "d1 d2 d3"),
        ("class=timedOut&status=completed", ""),
        ("code=DeviceRejected", "d1 d2"),
        ("responseStatus=500", "d2"),
        ("search=pump", "d1"),
        ("search=D4", "d4"),
        ("search=d&status=failed&maxpagesize=2", "d1 d2"),
        ("batch=1", "d0 d1 d2 d3"),
        ("batch=2&status=failed", "d4"),
        ("batch=3", ""),
        ("from=6", ""),
        ("from=18446744073709551615", ""),
    ] {
        assert_eq!(ids(&central.read_own(&format!("GET /jobs/j/devices?{query}")).await), expected, "{query}");
    }
    for (query, part) in [
        ("from=-1", "from"),
        ("maxpagesize=0", "maxpagesize"),
        ("maxpagesize=x", "maxpagesize"),
        ("status=done", "status"),
        ("class=none", "class"),
        ("responseStatus=ok", "responseStatus"),
        ("batch=0", "batch"),
        ("columns=site", "columns"),
        ("columns=tags.a,tags.b,tags.c,tags.d,tags.e,tags.f,tags.g,tags.h,tags.i,tags.j,tags.k", "columns"),
    ] {
        let reply = central.ask_own(&format!("GET /jobs/j/devices?{query}"), "").await;
        assert_eq!(outcome(&reply), "400 BadRequest", "{query}");
        assert!(reply.json()["error"]["message"].as_str().unwrap().contains(part), "{}", reply.text);
    }
    // What other versions answer is as it was.
    let published = central.ask("GET /jobs/j/devices?maxpagesize=1", "").await.json();
    assert_eq!(published["value"], json!([{"id": "d0", "status": "completed"}]));
}

#[tokio::test]
async fn columns_are_values_of_living_devices() {
    let central = ran().await;
    let patch = r#"{"tags":{"site":"north","n":1.50}}"#;
    central.hub.ask("PATCH /twins/d0", &[], patch).await;
    central.hub.ask("PATCH /twins/d1", &[], patch).await;
    central.hub.ask("DELETE /devices/d1", &[("If-Match", "*")], "").await;
    let call = "GET /jobs/j/devices?columns=tags.site,tags.n,reported.fw&maxpagesize=2";
    let reply = central.ask_own(call, "").await;
    let page = reply.json();
    assert_eq!(page["value"][0]["columns"]["tags.site"], "north");
    assert!(reply.text.contains(r#""tags.n":1.50"#), "digits are kept: {}", reply.text);
    assert!(page["value"][0]["columns"].get("reported.fw").is_none());
    let deleted = &page["value"][1];
    assert_eq!((&deleted["deleted"], deleted.get("columns"), &deleted["id"]), (&json!(true), None, &json!("d1")));
}

#[tokio::test]
async fn one_device_with_its_calls() {
    let central = ran().await;
    let reply = central.ask_own("GET /jobs/j/devices/d0", "").await;
    let detail = reply.json();
    assert_eq!((&detail["ordinal"], &detail["status"], &detail["batch"]), (&json!(0), &json!("completed"), &json!(1)));
    let call = &detail["calls"][0];
    assert_eq!(
        (&call["method"], &call["status"], &call["responseTimeout"]),
        (&json!("report"), &json!(200), &json!(30))
    );
    assert!(reply.text.contains(r#""response":{"at":1.50}"#), "{}", reply.text);
    // The clock of these tests stands still.
    assert_eq!((&call["begun"], &call["answered"]), (&detail["started"], &detail["finished"]));
    assert!(call["begun"].is_string());
    assert!(detail.get("change").is_none());
    let late = central.read_own("GET /jobs/j/devices/d3").await;
    assert_eq!((late["calls"][0].get("status"), late["calls"][0].get("response")), (None, None));
    assert_eq!((&late["code"], &late["batch"]), (&json!("GatewayTimeout"), &json!(1)));
    assert_eq!(central.read_own("GET /jobs/j/devices/d4").await["batch"], 2);
    for call in ["GET /jobs/j/devices/none", "GET /jobs/none/devices/d0"] {
        assert_eq!(outcome(&central.ask_own(call, "").await), "404 NotFound", "{call}");
    }
}

#[tokio::test]
async fn one_device_with_what_was_replaced() {
    let central = fleet(1).await;
    for (id, value) in [("a", json!(1.5)), ("b", json!(2))] {
        assert_eq!(outcome(&central.job(id, &property(value)).await), "200");
        central.until(id, "complete").await;
    }
    let change = central.read_own("GET /jobs/a/devices/d0").await["change"].clone();
    let expected = json!({"before": {"desired": {"target": null}}, "after": {"desired": {"target": 1.5}},
                          "now": {"desired": {"target": 2}}});
    assert_eq!(change, expected);
    let change = central.read_own("GET /jobs/b/devices/d0").await["change"].clone();
    assert_eq!(change["before"], json!({"desired": {"target": 1.5}}));
    // Deleted and made again under its name: the job had the one before.
    central.hub.ask("DELETE /devices/d0", &[("If-Match", "*")], "").await;
    central.hub.create("d0").await;
    let detail = central.read_own("GET /jobs/a/devices/d0").await;
    assert_eq!((&detail["deleted"], detail["change"].get("now")), (&json!(true), None));
}

#[tokio::test]
async fn batches_and_reasons() {
    let central = ran().await;
    let batches = central.read_own("GET /jobs/j/batches").await;
    assert_eq!(batches["total"], 2);
    let shown: Vec<_> = batches["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|batch| {
            assert!(batch["opened"].is_string() && batch["ended"].is_string(), "{batch}");
            (batch["number"].as_u64(), batch["size"].as_u64(), batch["succeeded"].as_u64(), batch["failed"].as_u64())
        })
        .collect();
    let numbers = |number, size, succeeded, failed| (Some(number), Some(size), Some(succeeded), Some(failed));
    assert_eq!(shown, [numbers(1, 4, 1, 3), numbers(2, 2, 1, 1)]);
    let reasons = central.read_own("GET /jobs/j/failures").await;
    let shown: Vec<_> = reasons["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reason| {
            assert!(reason["message"].as_str().is_some_and(|text| !text.is_empty()));
            format!(
                "{} {} {} {} {}",
                reason["class"], reason["code"], reason["responseStatus"], reason["devices"], reason["sampleDevice"]
            )
            .replace('"', "")
        })
        .collect();
    assert_eq!(
        shown,
        [
            "rejected DeviceRejected 404 1 d1",
            "rejected DeviceRejected 500 1 d2",
            "timedOut GatewayTimeout null 1 d3",
            "neverReached DeviceNotOnline null 1 d4",
        ]
    );
}

#[tokio::test]
async fn the_log_as_csv_and_as_lines_of_json() {
    let central = ran().await;
    let reply = central.ask_own("GET /jobs/j/results", "").await;
    assert_eq!(outcome(&reply), "200");
    assert_eq!(reply.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
    assert_eq!(reply.header("content-disposition"), Some(r#"attachment; filename="j-results-20261120T120000Z.csv""#));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let mut reader = csv::Reader::from_reader(reply.text.as_bytes());
    let header: Vec<&str> = reader.headers().unwrap().iter().collect();
    assert_eq!(
        header.join(" "),
        "deviceId deviceName status class errorCode errorMessage started finished responseStatus response"
    );
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 6);
    let cells = |row: usize, columns: [usize; 5]| columns.map(|column| rows[row].get(column).unwrap().to_owned());
    assert_eq!(cells(0, [0, 2, 3, 8, 9]), ["d0", "completed", "succeeded", "200", r#"{"at":1.50}"#]);
    // A name that a spreadsheet would calculate.
    assert_eq!(cells(1, [0, 1, 4, 8, 9]), ["d1", "'=Pump", "DeviceRejected", "404", ""]);
    assert_eq!(cells(4, [0, 3, 4, 6, 8]), ["d4", "neverReached", "DeviceNotOnline", "", ""]);

    let reply = central.ask_own("GET /jobs/j/results?format=ndjson&status=failed", "").await;
    assert_eq!(reply.header("content-type"), Some("application/x-ndjson"));
    assert!(reply.header("content-disposition").unwrap().ends_with(".ndjson\""));
    let lines: Vec<Value> = reply.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ids: Vec<&str> = lines.iter().map(|line| line["deviceId"].as_str().unwrap()).collect();
    assert_eq!(ids, ["d1", "d2", "d3", "d4"]);
    assert_eq!((&lines[0]["deviceName"], &lines[1]["response"]), (&json!("=Pump"), &json!("broken")));
    assert_eq!(central.ask_own("GET /jobs/j/results?format=ndjson&search=nothing", "").await.text, "");
    for (call, expected) in [
        ("GET /jobs/j/results?format=xlsx", "400 BadRequest"),
        ("GET /jobs/j/results?status=done", "400 BadRequest"),
        ("GET /jobs/none/results", "404 NotFound"),
    ] {
        assert_eq!(outcome(&central.ask_own(call, "").await), expected, "{call}");
    }
}

/// With values of the twins, of one batch, of devices that are named.
#[tokio::test]
async fn parts_of_the_log() {
    let central = ran().await;
    for (id, site) in [("d0", "\"=here\""), ("d1", "1.50"), ("d5", "{\"a\":1}")] {
        let patch = format!(r#"{{"tags":{{"site":{site}}}}}"#);
        assert!(central.hub.ask(&format!("PATCH /twins/{id}"), &[], &patch).await.status.is_success());
    }
    let csv = central.ask_own("GET /jobs/j/results?status=completed,failed&columns=tags.site,reported.fw", "").await;
    let mut reader = csv::Reader::from_reader(csv.text.as_bytes());
    assert!(reader.headers().unwrap().iter().eq(COLUMNS.into_iter().chain(["tags.site", "reported.fw"])));
    let cells = |row: csv::StringRecord| format!("{} {} {}", &row[0], &row[10], &row[11]);
    let rows: Vec<String> = reader.records().map(|row| cells(row.unwrap())).collect();
    assert_eq!(rows, ["d0 '=here ", "d1 1.50 ", "d2  ", "d3  ", "d4  ", r#"d5 {"a":1} "#]);
    let lines = async |call: &str, body: &str| {
        let reply = central.ask_own(&format!("{call}format=ndjson"), body).await;
        assert_eq!(outcome(&reply), "200", "{}", reply.text);
        reply.text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect::<Vec<_>>()
    };
    let found = lines("GET /jobs/j/results?columns=tags.site&batch=2&", "").await;
    let found: Vec<_> = found.iter().map(|line| (&line["deviceId"], line.get("columns"))).collect();
    assert_eq!(found, [(&json!("d4"), Some(&json!({}))), (&json!("d5"), Some(&json!({"tags.site": {"a": 1}})))]);

    let ids =
        |lines: &[Value]| lines.iter().map(|line| line["deviceId"].as_str().unwrap()).collect::<Vec<_>>().join(" ");
    let named = r#"{"devices":["d5","d0","d4","d0"]}"#;
    let found = lines("POST /jobs/j/results?", named).await;
    assert_eq!((ids(&found).as_str(), found[0].get("columns")), ("d0 d4 d5", None));
    assert_eq!(ids(&lines("POST /jobs/j/results?status=completed&batch=1&", named).await), "d0");
    assert_eq!(ids(&lines("POST /jobs/j/results?", r#"{"devices":[]}"#).await), "");
    let many = json!({"devices": vec!["d0"; 100_001]}).to_string();
    for (body, part) in [
        (r#"{"devices":["d0","nobody"]}"#, "devices: \\\"nobody\\\" is not in the job"),
        (&many, "devices may name at most 100000 devices"),
        (r#"{"ids":[]}"#, "ids"),
    ] {
        let reply = central.ask_own("POST /jobs/j/results", body).await;
        assert_eq!(outcome(&reply), "422 UnprocessableEntity");
        assert!(reply.text.contains(part), "{}", reply.text);
    }
    // A question changes nothing.
    let log = central.read_own("GET /audit?kind=job").await;
    assert_eq!(log["value"].as_array().unwrap().iter().filter(|entry| entry["action"] == "update").count(), 0, "{log}");
    // From the first batch on.
    let batches = central.read_own("GET /jobs/j/batches?from=2").await;
    assert_eq!((&batches["total"], &batches["value"][0]["number"]), (&json!(2), &json!(2)));
    assert_eq!(outcome(&central.ask_own("GET /jobs/j/batches?from=0", "").await), "400 BadRequest");
}

/// Nothing is read before the client takes it.
#[tokio::test]
async fn the_log_is_read_while_it_is_taken() {
    let central = fleet(6).await;
    for n in 0..6 {
        central.answers(&format!("d{n}"), 200, "null").await;
    }
    *central.hub.devices.delay.lock() = std::time::Duration::from_millis(400);
    assert_eq!(outcome(&central.job("j", &command("reboot")).await), "200");
    central.until("j", "running").await;
    let request = Request::get(format!("/api/jobs/j/results?api-version={OWN}"))
        .header("Host", HOST)
        .header("Authorization", &central.token)
        .body(Body::empty())
        .unwrap();
    let mut body = central.hub.router.clone().oneshot(request).await.unwrap().into_body();
    let mut next =
        async || String::from_utf8(body.frame().await.unwrap().unwrap().into_data().unwrap().to_vec()).unwrap();
    let first = next().await;
    assert_eq!((first.matches("d0").count(), first.contains("completed")), (2, false), "{first}");
    central.until("j", "complete").await;
    let second = next().await;
    assert_eq!((second.matches("d3").count(), second.matches("completed").count()), (2, 3), "{second}");
}

/// Jobs of the hub face have results too, for callers of the whole application.
#[tokio::test]
async fn jobs_of_the_hub_face() {
    let central = fleet(2).await;
    let body = r#"{"type": "scheduleUpdateTwin", "queryCondition": "*", "updateTwin": {"tags": {"x": 1}}}"#;
    assert_eq!(central.hub.ask("PUT /jobs/v2/h", &[], body).await.status.as_u16(), 200);
    central.hub.until("h", "completed").await;
    assert_eq!(ids(&central.read_own("GET /jobs/h/devices?status=completed").await), "d0 d1");
    let change = &central.read_own("GET /jobs/h/devices/d0").await["change"];
    assert_eq!(change["after"], json!({"tags": {"x": 1}}));
    assert_eq!(central.read_own("GET /jobs/h/batches").await["total"], 1);
    assert_eq!(outcome(&central.ask("GET /jobs/h/devices", "").await), "404 NotFound");
}

/// A device that was handed to another organization after the job is not shown to the job's own.
#[tokio::test]
async fn what_became_of_a_device_elsewhere_is_not_told() {
    let central = organizations().await;
    let entry = json!({"type": "property", "target": COOLER, "path": "target", "value": 1});
    let job = json!({"devices": ["c2", "c3"], "data": [entry]});
    assert_eq!(outcome(&central.ask_own("PUT /jobs/j", &job.to_string()).await), "200");
    central.until("j", "complete").await;
    central.set_up("PATCH /devices/c3", r#"{"displayName":"Secret pump","organizations":["us"]}"#).await;
    let patch = r#"{"tags":{"site":"elsewhere"},"properties":{"desired":{"target":77}}}"#;
    central.hub.ask("PATCH /twins/c3", &[], patch).await;
    central.hub.state.engine.device_online(central.hub.seq("c3").await);

    let eu = make_token(&central.hub, "eu", &[(Role::OrgOperator, Some("eu"))]).await;
    let read = async |call: &str| {
        let reply = central.ask_as(Some(&eu), OWN, call, &[], "").await;
        assert_eq!(outcome(&reply), "200", "{call}: {}", reply.text);
        reply
    };
    let page = read("GET /jobs/j/devices?columns=tags.site,desired.target").await.json();
    assert_eq!(ids(&page), "c2 c3");
    let (own, other) = (&page["value"][0], &page["value"][1]);
    assert_eq!((&own["deleted"], &own["organization"]), (&json!(false), &json!("eu")));
    let mut members: Vec<&str> = other.as_object().unwrap().keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members.join(" "), "class connected deleted displayName finished id ordinal started status");
    assert_eq!(
        (&other["displayName"], &other["deleted"], &other["connected"]),
        (&json!("c3"), &json!(true), &json!(false))
    );
    assert_eq!(&other["class"], "succeeded");
    for (text, expected) in [("secret", ""), ("C3", "c3"), ("c", "c2 c3")] {
        for filter in ["", "&status=completed"] {
            let found = read(&format!("GET /jobs/j/devices?search={text}{filter}")).await.json();
            assert_eq!(ids(&found), expected, "{text}{filter}");
        }
    }
    let detail = read("GET /jobs/j/devices/c3").await.json();
    assert_eq!((detail["change"]["after"]["desired"]["target"].as_i64(), detail["change"].get("now")), (Some(1), None));
    for text in [read("GET /jobs/j/devices/c3").await.text, read("GET /jobs/j/results").await.text] {
        assert!(text.contains("c3") && !text.contains("Secret") && !text.contains("77"), "{text}");
    }
    // Whoever sees both organizations sees the device.
    let page = central.ask_own("GET /jobs/j/devices?search=secret&columns=tags.site", "").await.json();
    assert_eq!((ids(&page).as_str(), &page["value"][0]["columns"]["tags.site"]), ("c3", &json!("elsewhere")));
}
