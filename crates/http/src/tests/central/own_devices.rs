//! Devices and groups as our own version has them.

use bellwether_model::access::Role;
use bellwether_model::template::DeviceTemplate;
use serde_json::{Value, json};

use super::device_groups::{COOLER, device, each, fleet, keep};
use super::{Central, NEWEST, OWN, make_token, outcome};

impl Central {
    /// All of a list, read in pages of one.
    async fn by_one(&self, path: &str) -> String {
        let mark = if path.contains('?') { '&' } else { '?' };
        let mut reply = self.ask_own(&format!("GET {path}{mark}maxpagesize=1"), "").await;
        let mut ids = vec![each(&reply, "id")];
        while let Some(link) = reply.json()["nextLink"].as_str() {
            let (_, path) = link.split_once("/api").unwrap();
            reply = self.ask_own(&format!("GET {path}"), "").await;
            ids.push(each(&reply, "id"));
        }
        ids.join(" ").trim().to_owned()
    }
}

#[tokio::test]
async fn a_device_says_more() {
    let central = fleet().await;
    let seq = central.hub.seq("c2").await;
    central.hub.state.engine.device_online(seq);
    let reply = central.ask_own("GET /devices/c2", "").await;
    let now = "2026-11-20T12:00:00.0000000Z";
    let mut expected = json!({
        "id": "c2", "etag": reply.json()["etag"], "displayName": "c2", "simulated": false, "provisioned": false,
        "template": COOLER, "enabled": true, "organizations": ["eu"],
        "connected": true, "connectionChanged": now, "lastActivity": now,
    });
    assert_eq!(reply.json(), expected);
    central.hub.state.engine.device_offline(seq);
    expected["connected"] = json!(false);
    assert_eq!(central.ask_own("GET /devices/c2", "").await.json(), expected);
    assert_eq!(central.ask_own("GET /devices?search=c2", "").await.json()["value"], json!([expected]));
    central.ask("PUT /deviceGroups/eu", &group(COOLER, &["eu"])).await;
    assert_eq!(central.ask_own("GET /deviceGroups/eu/devices", "").await.json()["value"][0], expected);
    // One that was never there has no times.
    let never = central.ask_own("GET /devices/c3", "").await.json();
    assert_eq!(
        (&never["connected"], never.get("connectionChanged"), never.get("lastActivity")),
        (&json!(false), None, None)
    );

    // What was read may be written: what only the server sets counts for nothing.
    let put = central.ask_own("PUT /devices/c2", &expected.to_string()).await;
    assert_eq!((outcome(&put).as_str(), &put.json()["connected"]), ("200", &json!(false)), "{}", put.text);
    let patched = central.ask_own("PATCH /devices/c2", r#"{"connected":true,"displayName":"Two"}"#).await.json();
    assert_eq!((&patched["displayName"], &patched["connected"]), (&json!("Two"), &json!(false)));
    // The published versions know none of it.
    let newest = central.ask("GET /devices/c2", "").await.json();
    assert_eq!((newest.get("connected"), newest.get("lastActivity")), (None, None));
    let refused = central.ask("PATCH /devices/c2", r#"{"connected":true}"#).await;
    assert_eq!(outcome(&refused), "422 UnprocessableEntity", "{}", refused.text);
}

#[tokio::test]
async fn lists_are_narrowed() {
    let central = fleet().await;
    central.ask("PATCH /devices/c1", r#"{"displayName":"Großer Kühler"}"#).await;
    let (online, gone) = (central.hub.seq("c3").await, central.hub.seq("c4").await);
    central.hub.state.engine.device_online(online);
    central.hub.state.engine.device_online(gone);
    central.hub.state.engine.device_offline(gone);
    for (question, expected) in [
        ("", "c1 c2 c3 c4 unassigned"),
        ("?search=C", "c1 c2 c3 c4"),
        ("?search=K%C3%9CHL", "c1"),
        ("?search=ghost", ""),
        ("?template=unassigned", "unassigned"),
        ("?template=dtmi:acme:cooler;1&search=3", "c3"),
        ("?template=dtmi:none;1", ""),
        ("?connected=true", "c3"),
        ("?connected=false&template=dtmi:acme:cooler;1", "c1 c2 c4"),
        ("?search=c&filter=organizations%20eq%20'us'", "c4"),
        ("?search=c&orderby=displayName%20desc", "c4 c3 c2 c1"),
    ] {
        assert_eq!(central.by_one(&format!("/devices{question}")).await, expected, "{question}");
    }
    let of_eu = make_token(&central.hub, "eu", &[(Role::OrgViewer, Some("eu"))]).await;
    let seen = central.ask_as(Some(&of_eu), OWN, "GET /devices?search=c", &[], "").await;
    assert_eq!(each(&seen, "id"), "c2 c3");
    let refused = central.ask_own("GET /devices?connected=maybe", "").await;
    assert_eq!(outcome(&refused), "400 BadRequest");
    assert!(refused.text.contains("connected must be true or false"), "{}", refused.text);
    // A link holds for its own question.
    let first = central.ask_own("GET /devices?maxpagesize=1&search=c", "").await.json();
    let link = first["nextLink"].as_str().unwrap().split_once("/api").unwrap().1.to_owned();
    for changed in [link.replace("search=c", "search=d"), format!("{link}&connected=true")] {
        assert_eq!(outcome(&central.ask_own(&format!("GET {changed}"), "").await), "400 BadRequest", "{changed}");
    }
    assert_eq!(outcome(&central.ask_own(&format!("GET {}", link.replace("size=1", "size=2")), "").await), "200");
}

#[tokio::test]
async fn twins() {
    let central = fleet().await;
    let change =
        r#"{"tags":{"floor":3,"exact":1.10},"properties":{"desired":{"target":4.50,"fan":{"__t":"c","speed":2}}}}"#;
    let patched = central.hub.ask("PATCH /twins/c2", &[], change).await;
    assert_eq!(patched.status, 200, "{}", patched.text);
    let seq = central.hub.seq("c2").await;
    central.hub.state.engine.report(seq, br#"{"temperature":21.50}"#, None).await.unwrap();
    let twin = central.ask_own("GET /devices/c2/twin", "").await;
    assert_eq!(outcome(&twin), "200", "{}", twin.text);
    assert!(twin.text.contains(r#""exact":1.10"#) && twin.text.contains(r#""target":4.50"#), "digits: {}", twin.text);
    let twin = twin.json();
    let hub = central.hub.ask("GET /twins/c2", &[], "").await.json();
    assert_eq!(twin["tags"], json!({"floor": 3, "exact": 1.10}));
    assert_eq!(twin["desired"], hub["properties"]["desired"]);
    assert_eq!(twin["reported"], hub["properties"]["reported"]);
    assert_eq!((&twin["version"], &twin["etag"]), (&hub["version"], &hub["etag"]));
    assert!(twin["desired"]["$metadata"]["fan"]["speed"]["$lastUpdatedVersion"].is_i64(), "{twin}");
    assert_eq!(central.ask_own("GET /devices/c1/twin", "").await.json()["tags"], json!({}));
    assert_eq!(outcome(&central.ask_own("GET /devices/ghost/twin", "").await), "404 NotFound");
    assert_eq!(outcome(&central.ask("GET /devices/c2/twin", "").await), "404 NotFound", "only in our own version");
}

#[tokio::test]
async fn twins_are_patched_with_or_without_a_template() {
    let central = fleet().await;
    let patch = |id: &str| format!("PATCH /devices/{id}/twin");
    let stands = central.ask_own("GET /devices/c2/twin", "").await.json();
    let etag = stands["etag"].as_str().unwrap().to_owned();
    let conditional = async |etag: &str, body: &str| {
        let etag = format!("\"{etag}\"");
        let headers = [("If-Match", etag.as_str())];
        central.ask_as(Some(&central.token), OWN, &patch("c2"), &headers, body).await
    };
    let body = r#"{"tags":{"note":"new","exact":1.10},"desired":{"odd":{"value":4503599627370495}}}"#;
    let changed = conditional(&etag, body).await;
    assert_eq!(outcome(&changed), "200", "{}", changed.text);
    assert!(changed.text.contains(r#""exact":1.10"#), "digits: {}", changed.text);
    let twin = changed.json();
    assert_eq!(twin["tags"]["note"], "new");
    assert_eq!(twin["desired"]["odd"]["value"], json!(4_503_599_627_370_495_i64));
    assert_ne!(twin["etag"], stands["etag"]);
    // Another change came between.
    let late = conditional(&etag, r#"{"tags":{"note":null}}"#).await;
    assert_eq!(outcome(&late), "412 PreconditionFailed");
    let gone = central.ask_own(&patch("c2"), r#"{"tags":{"note":null}}"#).await.json();
    assert_eq!(gone["tags"], json!({"exact": 1.10}));
    for (body, expected) in [
        (r#"{"reported":{"a":1}}"#, "422 UnprocessableEntity"),
        (r#"{"tags":[1]}"#, "422 UnprocessableEntity"),
        (r#"{"desired":{"a.b":1}}"#, "422 UnprocessableEntity"),
        ("{", "400 BadRequest"),
    ] {
        assert_eq!(outcome(&central.ask_own(&patch("c2"), body).await), expected, "{body}");
    }
    assert_eq!(outcome(&central.ask_own(&patch("ghost"), "{}").await), "404 NotFound");
}

fn group(template: &str, organizations: &[&str]) -> String {
    json!({"displayName": "G", "filter": format!("SELECT * FROM {template}"), "organizations": organizations})
        .to_string()
}

#[tokio::test]
async fn members_are_counted() {
    let central = fleet().await;
    for n in 0..30 {
        device(&central, &format!("more{n}"), Some(COOLER), Some("us")).await;
    }
    central.ask("PUT /deviceGroups/all", &group(COOLER, &[])).await;
    central.ask("PUT /deviceGroups/eu", &group(COOLER, &["eu"])).await;
    central.hub.state.engine.device_online(central.hub.seq("c3").await);
    let found = central.ask_own("GET /deviceGroups/all/members", "").await.json();
    assert_eq!((&found["devices"], &found["connected"], &found["partial"]), (&json!(34), &json!(1), &json!(false)));
    assert_eq!(found["sample"].as_array().unwrap().len(), 20);
    let of_eu = json!({
        "devices": 2, "connected": 1, "partial": false,
        "sample": [
            {"id": "c2", "displayName": "c2", "connected": false},
            {"id": "c3", "displayName": "c3", "connected": true},
        ],
    });
    assert_eq!(central.ask_own("GET /deviceGroups/eu/members", "").await.json(), of_eu);
    let everywhere = json!({"filter": format!("SELECT * FROM {COOLER}")});
    let in_eu = json!({"filter": format!("SELECT * FROM {COOLER}"), "organizations": ["eu"]});
    assert_eq!(central.ask_own("POST /deviceGroupPreview", &in_eu.to_string()).await.json(), of_eu);
    // Whoever looks into one organization counts only there.
    let viewer = make_token(&central.hub, "viewer", &[(Role::OrgViewer, Some("eu"))]).await;
    for (call, body, expected) in [
        ("GET /deviceGroups/eu/members", String::new(), "200"),
        ("POST /deviceGroupPreview", everywhere.to_string(), "200"),
        ("GET /deviceGroups/all/members", String::new(), "404 NotFound"),
        ("POST /deviceGroupPreview", in_eu.to_string().replace("\"eu\"", "\"us\""), "422 UnprocessableEntity"),
    ] {
        let reply = central.ask_as(Some(&viewer), OWN, call, &[], &body).await;
        assert_eq!(outcome(&reply), expected, "{call} {body}: {}", reply.text);
        if expected == "200" {
            assert_eq!(reply.json(), of_eu, "{call}");
        }
    }
    for (body, message) in [
        (json!({"filter": "SELECT * FROM devices", "organizations": ["asia"]}), "there is no organization asia"),
        (json!({"filter": "SELECT * FROM devices", "organizations": ["eu", "us"]}), "may hold one organization"),
        (json!({"filter": "SELECT * FROM devices", "colour": "red"}), "colour"),
        (json!({"filter": "x".repeat(65 * 1024)}), "at most 65536 bytes"),
    ] {
        let reply = central.ask_own("POST /deviceGroupPreview", &body.to_string()).await;
        assert_eq!(outcome(&reply), "422 UnprocessableEntity", "{}", reply.text);
        assert!(reply.text.contains(message), "{}", reply.text);
    }
}

#[tokio::test]
async fn broken_groups_say_why() {
    let central = fleet().await;
    for (filter, reason) in [
        ("SELECT * FROM devices WHERE", "expected"),
        ("SELECT * FROM devices WHERE temperature > 1", "temperature is a property of some template"),
        ("SELECT * FROM dtmi:none;1", "there is no device template dtmi:none;1"),
        ("SELECT * FROM dtmi:acme:cooler;1 WHERE humidity > 1", "humidity is telemetry"),
    ] {
        let reply = central.ask_own("POST /deviceGroupPreview", &json!({"filter": filter}).to_string()).await;
        assert_eq!(outcome(&reply), "200", "{}", reply.text);
        let found = reply.json();
        assert!(found["broken"].as_str().is_some_and(|text| text.contains(reason)), "{filter}: {found}");
        assert_eq!((found.get("devices"), &found["sample"]), (None, &json!([])));
    }
    central
        .ask(
            "PUT /deviceGroups/hot",
            &json!({"displayName": "Hot",
        "filter": format!("SELECT * FROM {COOLER} WHERE temperature > 20")})
            .to_string(),
        )
        .await;
    assert_eq!(central.ask_own("GET /deviceGroups/hot/members", "").await.json()["devices"], 0);
    let model = json!({"@id": "dtmi:acme:c;1", "@type": "Interface", "contents": []});
    let document = json!({"@type": ["ModelDefinition", "DeviceModel"], "capabilityModel": model});
    keep(&central, DeviceTemplate::new(COOLER, document).unwrap().0).await;
    let broken = central.ask_own("GET /deviceGroups/hot/members", "").await;
    assert_eq!(outcome(&broken), "200");
    assert_eq!(
        broken.json()["broken"],
        "temperature is no property of dtmi:acme:cooler;1; a device group filter can only reference properties"
    );
    assert_eq!(broken.json().get("devices"), None::<&Value>);
    assert_eq!(outcome(&central.ask_in(NEWEST, "GET /deviceGroups/hot/members", "").await), "404 NotFound");
}

#[tokio::test]
async fn jobs_of_a_device() {
    let central = fleet().await;
    for (id, organizations) in [("all", &[][..]), ("eu", &["eu"]), ("us", &["us"])] {
        assert_eq!(
            outcome(&central.ask(&format!("PUT /deviceGroups/{id}"), &group(COOLER, organizations)).await),
            "200"
        );
    }
    for (job, of) in [("j1", "all"), ("j2", "us"), ("j3", "eu"), ("j4", "all")] {
        let data = json!([{"type": "property", "target": COOLER, "path": "target", "value": 7}]);
        let body = json!({"group": of, "displayName": format!("Job {job}"), "data": data}).to_string();
        assert_eq!(outcome(&central.ask(&format!("PUT /jobs/{job}"), &body).await), "200");
        central.until(job, "complete").await;
    }
    let hub = r#"{"jobId":"h5","type":"scheduleDeviceMethod","queryCondition":"deviceId = 'c2'","cloudToDeviceMethod":
        {"methodName":"ping","responseTimeoutInSeconds":30},"maxExecutionTimeInSeconds":3600}"#;
    let reply = central.hub.ask("PUT /jobs/v2/h5", &[], hub).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    central.hub.until("h5", "running").await;

    let found = central.ask_own("GET /devices/c2/jobs", "").await;
    assert_eq!(outcome(&found), "200", "{}", found.text);
    assert_eq!(each(&found, "id"), "h5 j4 j3 j1");
    let jobs = found.json();
    assert_eq!((&jobs["value"][0]["row"]["status"], jobs["value"][0].get("displayName")), (&json!("pending"), None));
    let row = &jobs["value"][2];
    assert_eq!(
        (&row["displayName"], &row["row"]["status"], &row["row"]["ordinal"]),
        (&json!("Job j3"), &json!("completed"), &json!(0))
    );
    assert_eq!(jobs["value"][1]["row"]["ordinal"], 1, "the place in the list of that job");
    assert_eq!(central.by_one("/devices/c2/jobs").await, "h5 j4 j3 j1");
    assert_eq!(central.by_one("/devices/c4/jobs").await, "j4 j2 j1");
    assert_eq!(central.by_one("/devices/unassigned/jobs").await, "");
    // Jobs of the root are not for who looks into an organization.
    let viewer = make_token(&central.hub, "viewer", &[(Role::OrgViewer, Some("eu"))]).await;
    let seen = central.ask_as(Some(&viewer), OWN, "GET /devices/c2/jobs", &[], "").await;
    assert_eq!(each(&seen, "id"), "j3");
    let other = central.ask_as(Some(&viewer), OWN, "GET /devices/c4/jobs", &[], "").await;
    assert_eq!(outcome(&other), "404 NotFound");
    // Another device of the same name had no part in them.
    central.ask("DELETE /devices/c2", "").await;
    assert_eq!(outcome(&central.ask_own("GET /devices/c2/jobs", "").await), "404 NotFound");
    central.ask("PUT /devices/c2", "{}").await;
    assert_eq!(central.by_one("/devices/c2/jobs").await, "");
}
