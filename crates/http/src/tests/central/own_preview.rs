//! What a job would do.

use bellwether_model::access::Role;
use bellwether_model::schedule::{ScheduledJob, Step};
use serde_json::{Value, json};

use super::device_groups::{COOLER, fleet, keep};
use super::{Central, OWN, make_token, outcome};

async fn central() -> Central {
    let central = fleet().await;
    for (id, filter) in [("all", "SELECT * FROM devices"), ("none", "SELECT * FROM devices WHERE $id = \"no\"")] {
        let group = json!({"displayName": id, "filter": filter}).to_string();
        assert_eq!(central.ask(&format!("PUT /deviceGroups/{id}"), &group).await.status, 200);
    }
    central
}

fn body() -> Value {
    json!({"group": "all", "data": [{"type": "property", "target": COOLER, "path": "target", "value": 1}]})
}

impl Central {
    async fn preview(&self, token: &str, body: &Value) -> Value {
        let reply = self.ask_as(Some(token), OWN, "POST /jobPreview", &[], &body.to_string()).await;
        assert_eq!(outcome(&reply), "200", "{body}: {}", reply.text);
        reply.json()
    }
}

#[tokio::test]
async fn what_would_happen() {
    let central = central().await;
    let engine = &central.hub.state.engine;
    engine.device_online(central.hub.seq("c2").await);
    let mut asked = body();
    asked["batch"] = json!({"type": "number", "value": 3});
    asked["cancellationThreshold"] = json!({"type": "percentage", "value": 34, "batch": true});
    asked["schedule"] = json!({"start": "2090-01-31T08:00:00Z", "recurrence": "monthly", "zone": "Europe/Berlin",
               "end": {"type": "occurrences", "occurrences": 3}});
    let found = central.preview(&central.token, &asked).await;
    assert_eq!(
        found,
        json!({
            "devices": 4, "connected": 1,
            "sample": [
                {"id": "c1", "displayName": "c1", "connected": false},
                {"id": "c2", "displayName": "c2", "connected": true},
                {"id": "c3", "displayName": "c3", "connected": false},
                {"id": "c4", "displayName": "c4", "connected": false},
            ],
            "batches": 2, "batchSize": 3, "lastBatchSize": 1, "failuresBorne": 1, "perBatch": true, "selectsAll": true,
            "nextRuns": ["2090-01-31T08:00:00.0000000Z", "2090-02-28T08:00:00.0000000Z", "2090-03-31T07:00:00.0000000Z"],
            "problems": [],
        })
    );
    // Nothing was kept.
    assert_eq!(central.ask_in(OWN, "GET /jobs", "").await.json(), json!({"value": []}));

    let mut chosen = body();
    chosen.as_object_mut().unwrap().remove("group");
    chosen["devices"] = json!(["c3", "c2", "c3"]);
    let found = central.preview(&central.token, &chosen).await;
    assert_eq!((&found["devices"], &found["connected"], &found["batches"]), (&json!(2), &json!(1), &json!(1)));
    assert_eq!(
        (&found["sample"][0]["id"], found.get("failuresBorne"), &found["nextRuns"]),
        (&json!("c2"), None, &json!([]))
    );
    let mut none = body();
    none["group"] = json!("none");
    let found = central.preview(&central.token, &none).await;
    let counts = ["devices", "batches", "batchSize", "lastBatchSize"].map(|name| found[name].as_u64());
    assert_eq!((counts, &found["problems"]), ([Some(0); 4], &json!([])));

    // The devices are those of the organization that the job would belong to.
    let mut of_eu = body();
    of_eu["organizations"] = json!(["eu"]);
    assert_eq!(central.preview(&central.token, &of_eu).await["devices"], 2);
}

/// Every problem alone says what making the job would say, and all of them come together.
#[tokio::test]
async fn every_rule_that_is_broken() {
    let central = central().await;
    let entry = |path: &str, value: Value| json!({"type": "property", "target": COOLER, "path": path, "value": value});
    let several = json!([entry("target", json!("warm")), entry("nothing", json!(1)), {"type": "property", "target": COOLER}, entry("target", json!(1))]);
    let cases: Vec<(&str, Value, Vec<&str>)> = vec![
        ("group", json!("nowhere"), vec!["group"]),
        ("group", Value::Null, vec!["group"]),
        ("devices", json!(["c1"]), vec!["devices"]),
        ("data", json!([]), vec!["data"]),
        ("data", several.clone(), vec!["data[2].path", "data[0].value", "data[1].path"]),
        ("batch", json!({"type": "number", "value": 0}), vec!["batch.value"]),
        ("batch", json!({"type": "dozen", "value": 1}), vec!["batch.type"]),
        ("cancellationThreshold", json!({"type": "percentage", "value": 101}), vec!["cancellationThreshold.value"]),
        ("organizations", json!(["nowhere"]), vec!["organizations"]),
        ("organizations", json!(["eu", "us"]), vec!["organizations"]),
        ("displayName", json!("x".repeat(257)), vec!["displayName"]),
    ];
    let members = |found: &Value| -> Vec<String> {
        let problems = found["problems"].as_array().unwrap().iter();
        problems.map(|problem| problem["member"].as_str().unwrap_or_default().to_owned()).collect()
    };
    for (name, value, expected) in &cases {
        let mut asked = body();
        asked[*name] = value.clone();
        let found = central.preview(&central.token, &asked).await;
        assert_eq!(members(&found), *expected, "{asked}: {found}");
        let refused = central.ask_in(OWN, "PUT /jobs/no", &asked.to_string()).await;
        assert_eq!(outcome(&refused), "422 UnprocessableEntity", "{asked}");
        let message = &refused.json()["error"]["message"];
        let problems = found["problems"].as_array().unwrap();
        assert!(problems.iter().any(|problem| problem["message"] == *message), "{message} in {found}");
    }
    for (name, value, expected) in [
        ("start", json!("today"), "schedule.start"),
        ("zone", json!("Mars/Base"), "schedule.zone"),
        ("recurrence", json!("yearly"), "schedule.recurrence"),
        ("end", json!({"type": "date", "date": "2089-01-01"}), "schedule.end.date"),
    ] {
        let mut asked = body();
        asked["schedule"] = json!({"start": "2090-01-01T00:00:00Z", "recurrence": "daily"});
        asked["schedule"][name] = value;
        assert_eq!(members(&central.preview(&central.token, &asked).await), [expected]);
    }
    let all = json!({
        "devices": [], "data": several, "batch": {"type": "number", "value": 0}, "organizations": ["eu", "us"],
        "cancellationThreshold": {"type": "number", "value": -1}, "displayName": "x".repeat(257),
        "schedule": {"start": "today"},
    });
    let found = central.preview(&central.token, &all).await;
    let mut found = members(&found);
    found.sort();
    assert_eq!(
        found,
        [
            "batch.value",
            "cancellationThreshold.value",
            "data[0].value",
            "data[1].path",
            "data[2].path",
            "devices",
            "displayName",
            "organizations",
            "schedule.start"
        ]
    );
    // A path stands in a job once.
    let long = json!((0..9).map(|_| entry("target", json!(1))).collect::<Vec<_>>());
    let mut asked = body();
    asked["data"] = long;
    assert_eq!(members(&central.preview(&central.token, &asked).await).len(), 8);

    for (body, expected) in [
        ("{", "400 BadRequest"),
        (r#"{"other":1}"#, "422 UnprocessableEntity"),
        (r#"{"data":[{"type":"x"}]}"#, "422 UnprocessableEntity"),
    ] {
        assert_eq!(outcome(&central.ask_in(OWN, "POST /jobPreview", body).await), expected);
    }
}

#[tokio::test]
async fn only_what_the_caller_may_use() {
    let central = central().await;
    let of_us = make_token(&central.hub, "us", &[(Role::OrgOperator, Some("us"))]).await;
    let found = central.preview(&of_us, &body()).await;
    assert_eq!((&found["devices"], &found["problems"][0]["member"]), (&json!(0), &json!("group")));
    let mut asked = body();
    asked.as_object_mut().unwrap().remove("group");
    asked["devices"] = json!(["c4", "c2"]);
    let found = central.preview(&of_us, &asked).await;
    assert_eq!((&found["devices"], &found["problems"][0]["member"]), (&json!(0), &json!("devices")));
}

/// A schedule that is changed goes on from where it stands.
#[tokio::test]
async fn next_runs_of_a_scheduled_job_that_is_changed() {
    let central = central().await;
    let mut asked = body();
    asked["schedule"] = json!({"start": "2090-01-01T00:00:00Z", "recurrence": "daily",
        "end": {"type": "occurrences", "occurrences": 2}});
    let reply = central.ask_own("PUT /scheduledJobs/s", &asked.to_string()).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    // As if it had run once.
    let store = central.hub.state.engine.store();
    let mut job = store.record::<ScheduledJob>("s").await.unwrap().unwrap().record;
    let at = "2090-01-01T00:00:01Z".parse().unwrap();
    let Step::Run { after, .. } = job.step(at, false) else { panic!("nothing to run") };
    job.progress = after;
    keep(&central, job).await;

    let runs = async |id: Option<&str>, asked: &Value| {
        let mut asked = asked.clone();
        asked["scheduledJob"] = json!(id);
        let found = central.preview(&central.token, &asked).await;
        assert_eq!(found["problems"], json!([]));
        found["nextRuns"]
            .as_array()
            .unwrap()
            .iter()
            .map(|run| run.as_str().unwrap()[..10].to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(runs(None, &asked).await, ["2090-01-01", "2090-01-02"]);
    assert_eq!(runs(Some("s"), &asked).await, ["2090-01-02"]);
    asked["schedule"]["end"]["occurrences"] = json!(3);
    assert_eq!(runs(Some("s"), &asked).await, ["2090-01-02", "2090-01-03"]);
    // Another start begins anew.
    asked["schedule"]["start"] = json!("2090-02-01T00:00:00Z");
    assert_eq!(runs(Some("s"), &asked).await, ["2090-02-01", "2090-02-02", "2090-02-03"]);

    asked["scheduledJob"] = json!("nothing");
    let found = central.preview(&central.token, &asked).await;
    assert_eq!(found["problems"][0]["member"], "scheduledJob", "{found}");
    asked["scheduledJob"] = json!("s");
    let eu = make_token(&central.hub, "eu-operator", &[(Role::OrgOperator, Some("eu"))]).await;
    let found = central.preview(&eu, &asked).await;
    assert!(found["problems"].as_array().unwrap().iter().any(|problem| problem["member"] == "scheduledJob"), "{found}");
}
