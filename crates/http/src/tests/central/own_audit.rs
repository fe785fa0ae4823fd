//! Who changed what.

use axum::body::Body;
use axum::http::Request;
use bellwether_model::Time;
use bellwether_model::access::Role;
use serde_json::{Value, json};

use super::super::HOST;
use super::device_groups::fleet;
use super::{Central, make_token, outcome};
use crate::audit::Peer;

const OWN: &str = "bellwether-1";

impl Central {
    /// The log as `actor action kind id detail`, the oldest first.
    async fn log(&self, token: &str, filter: &str) -> Vec<String> {
        let reply = self.ask_as(Some(token), OWN, &format!("GET /audit?maxpagesize=100{filter}"), &[], "").await;
        assert_eq!(outcome(&reply), "200", "{}", reply.text);
        let text = |entry: &Value, name: &str| entry[name].as_str().unwrap_or("-").to_owned();
        let line = |entry: &Value| ["actor", "action", "kind", "id", "detail"].map(|name| text(entry, name)).join(" ");
        reply.json()["value"].as_array().unwrap().iter().rev().map(line).collect()
    }
}

#[tokio::test]
async fn every_change_of_both_faces_is_there() {
    let central = Central::start().await;
    central.template("dtmi:acme:cooler;1").await;
    for (call, body) in [
        ("PUT /devices/a", r#"{"template":"dtmi:acme:cooler;1"}"#),
        ("PUT /devices/a", r#"{"displayName":"A","template":"dtmi:acme:cooler;1"}"#),
        ("PATCH /devices/a/properties", r#"{"target":5}"#),
        ("PUT /deviceGroups/g", r#"{"displayName":"G","filter":"SELECT * FROM devices"}"#),
        (
            "PUT /jobs/j",
            r#"{"group":"g","data":[{"type":"property","target":"dtmi:acme:cooler;1","path":"target","value":1}]}"#,
        ),
        ("DELETE /deviceGroups/g", ""),
    ] {
        central.set_up(call, body).await;
    }
    // The same again makes nothing.
    let same = r#"{"group":"g","data":[{"type":"property","target":"dtmi:acme:cooler;1","path":"target","value":1}]}"#;
    central.set_up("PUT /jobs/j", same).await;
    let seq = central.hub.seq("a").await;
    central.hub.devices.fail(seq, bellwether_engine::CallError::TimedOut);
    let reply = central.ask("POST /devices/a/commands/ping", "{}").await;
    assert!(reply.status.is_server_error(), "{}", reply.text);
    // What changes nothing, and what is refused, is not there.
    for (call, body) in [
        ("GET /devices/a", ""),
        ("POST /query", r#"{"query":"SELECT $id FROM dtmi:acme:cooler;1"}"#),
        ("PUT /devices/a%20b", "{}"),
        ("DELETE /devices/nobody", ""),
        ("PUT /fileUploads", "{}"),
    ] {
        central.ask(call, body).await;
    }
    let hub = &central.hub;
    hub.create("h").await;
    for (call, body) in [
        ("PATCH /twins/h", r#"{"tags":{"a":1}}"#),
        ("PUT /devices/h", r#"{"deviceId":"h","status":"disabled"}"#),
        ("POST /devices/query", r#"{"query":"SELECT * FROM devices"}"#),
        (
            "PUT /jobs/v2/hj",
            r#"{"jobId":"hj","type":"scheduleUpdateTwin","updateTwin":{"tags":{"b":2}},"queryCondition":"*"}"#,
        ),
        ("DELETE /devices/h", ""),
    ] {
        let headers: &[_] = if call.contains(" /devices/h") { &[("if-match", "*")] } else { &[] };
        let reply = hub.ask(call, headers, body).await;
        assert!(reply.status.is_success(), "{call}: {}", reply.text);
    }
    // What the program does by itself goes on beside it.
    let mut log = central.log(&central.token, "").await;
    log.retain(|line| !line.starts_with("system "));
    assert_eq!(
        log,
        [
            "token:administrator create device a -",
            "token:administrator update device a -",
            "token:administrator update device a properties",
            "token:administrator create deviceGroup g -",
            "token:administrator create job j -",
            "token:administrator delete deviceGroup g -",
            // The first was on disk before the device was called.
            "token:administrator run device a commands/ping",
            "token:administrator run device a commands/ping; answered with 504",
            "policy:iothubowner create device h -",
            "policy:iothubowner update device h twin",
            "policy:iothubowner update device h -",
            "policy:iothubowner create job hj -",
            "policy:iothubowner delete device h -",
        ]
    );
    assert_eq!(
        central.log(&central.token, "&kind=job&actor=policy:iothubowner").await,
        ["policy:iothubowner create job hj -"]
    );
    assert_eq!(central.log(&central.token, "&id=g").await.len(), 2);
    assert_eq!(central.log(&central.token, "&kind=job&id=g").await.len(), 0);
}

#[tokio::test]
async fn signing_in_is_there_and_no_password_is() {
    let central = Central::start().await;
    let browser = central.signed_in("ada", "ada@example.com", json!({"role": Role::Administrator.id()})).await;
    browser.ask(&central, "PUT /devices/a", "{}").await;
    let body = json!({"email": "ada@example.com", "password": "hunter2hunter2"}).to_string();
    let typed = json!({"email": "my secret password", "password": "x"}).to_string();
    for body in [&body, &typed] {
        let mut request = Request::post(format!("/api/session?api-version={OWN}"))
            .header("Host", HOST)
            .header("content-type", "application/json")
            .body(Body::from(body.clone()))
            .unwrap();
        let address = "::ffff:192.0.2.7".parse().unwrap();
        request.extensions_mut().insert(Peer { address, is_proxy: false });
        assert_eq!(central.hub.send(request).await.status.as_u16(), 401);
    }
    for _ in 0..9 {
        central.ask_as(None, OWN, "POST /session", &[("content-type", "application/json")], &body).await;
    }
    browser.ask(&central, "DELETE /session", "").await;
    let log = central.log(&central.token, "").await;
    assert_eq!(
        log[..7],
        [
            "token:administrator create user ada -",
            "token:administrator makePassword user ada -",
            "user:ada signIn user ada -",
            "user:ada changePassword user ada -",
            "user:ada create device a -",
            "user:ada signInFailed user ada -",
            "nobody signInFailed user - -",
        ]
    );
    assert_eq!(log.iter().filter(|line| line.ends_with("further tries have to wait")).count(), 1);
    assert_eq!(log.last().unwrap(), "user:ada signOut user ada -");
    let reply = central.ask_in(OWN, "GET /audit?maxpagesize=100", "").await;
    for secret in ["hunter2", "my secret", "a fine long"] {
        assert!(!reply.text.contains(secret), "{secret}: {}", reply.text);
    }
    let entries = reply.json();
    let failed = entries["value"].as_array().unwrap().iter().rfind(|entry| entry["action"] == "signInFailed").unwrap();
    assert_eq!(failed["address"], "192.0.2.7");
    assert_eq!(failed["actorName"], "ada@example.com");
}

#[tokio::test]
async fn an_organization_sees_its_own() {
    let central = fleet().await;
    for (call, body) in [
        (
            "PUT /users/eu-user",
            json!({"type":"email","email":"u@eu","roles":[{"role": Role::OrgViewer.id(), "organization":"eu"}]}),
        ),
        (
            "PUT /users/us-user",
            json!({"type":"email","email":"u@us","roles":[{"role": Role::OrgViewer.id(), "organization":"us"}]}),
        ),
        ("PATCH /devices/c2", json!({"displayName":"C2"})),
    ] {
        central.set_up(call, &body.to_string()).await;
    }
    // It is gone, and what was done to it stays where it belonged.
    central.set_up("DELETE /users/eu-user", "").await;
    central.set_up("DELETE /devices/c2", "").await;
    let of_eu = make_token(&central.hub, "eu", &[(Role::OrgAdministrator, Some("eu"))]).await;
    let log = central.log(&of_eu, "").await;
    for line in ["create user eu-user", "delete user eu-user", "delete device c2", "update device c2"] {
        assert!(log.iter().any(|entry| entry.contains(line)), "{line}: {log:#?}");
    }
    assert!(!log.iter().any(|entry| entry.contains("us-user") || entry.contains("deviceTemplate")), "{log:#?}");
}

#[tokio::test]
async fn pages_spans_of_time_and_files() {
    let central = Central::start().await;
    for n in 0..30 {
        central.later(1);
        central.set_up(&format!("PUT /devices/d{n:02}"), "{}").await;
    }
    central.set_up("PUT /devices/=1+1", "{}").await;
    // Page by page, each entry once, the newest first.
    let (mut next, mut ids) = (Some("/audit?maxpagesize=7".to_owned()), Vec::new());
    while let Some(path) = next {
        let page = central.ask_in(OWN, &format!("GET {path}"), "").await.json();
        ids.extend(page["value"].as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap().to_owned()));
        next = page["nextLink"]
            .as_str()
            .map(|link| link.split_once("/api").unwrap().1.replace(&format!("&api-version={OWN}"), ""));
    }
    assert_eq!((ids.len(), &*ids[0], &*ids[30]), (31, "=1+1", "d00"));
    let at = |n: i64| super::super::NOW.plus_seconds(n).to_millis_text();
    let span = central.log(&central.token, &format!("&since={}&until={}", at(5), at(8))).await;
    assert_eq!(span.len(), 3, "{span:?}");
    for (query, expected) in [("since=yesterday", "400 BadRequest"), ("maxpagesize=0", "400 BadRequest")] {
        assert_eq!(outcome(&central.ask_in(OWN, &format!("GET /audit?{query}"), "").await), expected, "{query}");
    }

    let csv = central.ask_in(OWN, "GET /auditExport", "").await;
    assert_eq!(csv.header("content-disposition"), Some("attachment; filename=\"audit.csv\""));
    let lines: Vec<&str> = csv.text.lines().collect();
    assert_eq!(lines[0], "number,time,actor,actorName,action,kind,id,organization,address,detail");
    assert_eq!(lines.len(), 32);
    assert!(lines[1].contains(",'=1+1,"), "{}", lines[1]);
    let ndjson = central.ask_in(OWN, "GET /auditExport?format=ndjson&id=d07", "").await;
    let entry: Value = serde_json::from_str(ndjson.text.trim_end()).unwrap();
    assert_eq!((&entry["id"], &entry["action"]), (&json!("d07"), &json!("create")));
    assert_eq!(outcome(&central.ask_in(OWN, "GET /auditExport?format=xml", "").await), "400 BadRequest");

    // What is old goes.
    let store = central.hub.state.engine.store();
    let until: Time = super::super::NOW.plus_seconds(11);
    assert!(!store.purge_audit(until).await.unwrap());
    assert_eq!(central.log(&central.token, "").await.len(), 21);
}

/// Also what nobody asked for: the brake, and the runs of a schedule.
#[tokio::test]
async fn what_the_program_does_to_jobs() {
    let central = Central::start().await;
    central.template("dtmi:acme:cooler;1").await;
    for n in 0..3 {
        central.set_up(&format!("PUT /devices/d{n}"), r#"{"template":"dtmi:acme:cooler;1"}"#).await;
    }
    let filter = r#"SELECT * FROM devices WHERE $template = \"dtmi:acme:cooler;1\""#;
    central.set_up("PUT /deviceGroups/g", &format!(r#"{{"displayName":"G","filter":"{filter}"}}"#)).await;
    let data = r#""group":"g","data":[{"type":"command","target":"dtmi:acme:cooler;1","path":"ping"}]"#;
    let threshold = r#""cancellationThreshold":{"type":"number","value":1,"batch":false}"#;
    central.set_up("PUT /jobs/j", &format!("{{{data},{threshold}}}")).await;
    central.until("j", "cancelled").await;
    let reply = central.ask_in(OWN, "GET /jobs/j/activity", "").await;
    assert_eq!(outcome(&reply), "200", "{}", reply.text);
    let activity = reply.json();
    let said: Vec<_> =
        activity["value"].as_array().unwrap().iter().map(|entry| (&entry["actor"], &entry["action"])).collect();
    assert_eq!(
        said,
        [
            (&json!("system"), &json!("cancel")),
            (&json!("system"), &json!("begin")),
            (&json!("token:administrator"), &json!("create"))
        ]
    );
    assert_eq!(activity["value"][1]["detail"], "on 3 devices");
    assert!(activity["value"][0]["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{activity}");
    assert_eq!(outcome(&central.ask_in(OWN, "GET /jobs/nothing/activity", "").await), "404 NotFound");

    // One that ends well, and one on the devices of the first.
    let quiet = data.replace("\"type\":\"command\"", "\"type\":\"property\"");
    let quiet = quiet.replace("\"path\":\"ping\"", "\"path\":\"target\",\"value\":1");
    central.set_up("PUT /jobs/well", &format!("{{{quiet}}}")).await;
    central.until("well", "complete").await;
    let rerun = central.ask_own("PUT /jobs/j/rerun/again", "{}").await;
    assert_eq!(outcome(&rerun), "200", "{}", rerun.text);
    let said = async |job: &str| {
        let entries = central.ask_own(&format!("GET /jobs/{job}/activity"), "").await.json();
        let text = |entry: &Value, name: &str| entry[name].as_str().unwrap_or("-").to_owned();
        let line = |entry: &Value| ["actor", "action", "detail"].map(|name| text(entry, name)).join(" ");
        entries["value"].as_array().unwrap().iter().map(line).collect::<Vec<_>>()
    };
    let well = ["system complete 3 succeeded, 0 failed", "system begin on 3 devices", "token:administrator create -"];
    assert_eq!(said("well").await, well);
    assert_eq!(said("j").await[0], "token:administrator rerun as again");
    assert_eq!(said("again").await.last().unwrap(), "token:administrator rerun rerun of j");

    central
        .set_up("PUT /scheduledJobs/s", &format!(r#"{{{data},"schedule":{{"start":"2026-11-20T12:00:00Z"}}}}"#))
        .await;
    for _ in 0..500 {
        if central
            .log(&central.token, "&actor=system")
            .await
            .iter()
            .any(|line| line.ends_with("of the scheduled job s"))
        {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("{:?}", central.log(&central.token, "").await);
}

#[tokio::test]
async fn what_people_say_about_a_job_stands_in_its_activity() {
    let central = super::jobs::fleet(1).await;
    central.done("PUT /jobs/j", &super::jobs::property(json!(1))).await;
    central.until("j", "complete").await;
    let long = "\u{e9}".repeat(2048);
    for text in ["  Valve 3 was open.\nClosed it. ", &long] {
        let reply = central.ask_in(OWN, "POST /jobs/j/comments", &json!({ "text": text }).to_string()).await;
        assert_eq!((outcome(&reply).as_str(), reply.text.as_str()), ("204", ""));
    }
    let before = central.get("/jobs/j/activity").await;
    let entries = before["value"].as_array().unwrap();
    let said: Vec<_> = entries.iter().filter(|entry| entry["action"] == "comment").collect();
    let told = |entry: &Value| ["actor", "kind", "id", "detail"].map(|name| entry[name].as_str().unwrap().to_owned());
    assert_eq!(told(said[0]), ["token:administrator", "job", "j", &long]);
    assert_eq!(told(said[1]), ["token:administrator", "job", "j", "Valve 3 was open.\nClosed it."]);
    assert!(said.len() == 2 && said[0]["time"].is_string(), "{before}");

    let rule = "text must have 1 to 2,048 characters";
    for (body, expected, message) in [
        (json!({"text": " \n"}), "422 UnprocessableEntity", rule),
        (json!({ "text": format!("{long}x") }), "422 UnprocessableEntity", rule),
        (json!({"text": "a\u{7}b"}), "422 UnprocessableEntity", "text must have no control characters"),
        (json!({"text": 1}), "422 UnprocessableEntity", "text"),
        (json!({}), "422 UnprocessableEntity", "text"),
        (json!({"text": "a", "author": "b"}), "422 UnprocessableEntity", "author"),
    ] {
        let (found, text) = central.refused("POST /jobs/j/comments", &body).await;
        assert!(found == expected && text.contains(message), "{body}: {found} {text}");
    }
    let reply = central.ask_in(OWN, "POST /jobs/none/comments", r#"{"text":"a"}"#).await;
    assert_eq!(outcome(&reply), "404 NotFound");
    // What was refused is not there.
    assert_eq!(central.get("/jobs/j/activity").await, before);
}
