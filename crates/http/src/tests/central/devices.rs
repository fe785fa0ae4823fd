//! Devices (iot-central §7.1).

use axum::http::StatusCode;
use bellwether_model::access::Role;
use serde_json::{Value, json};

use super::{Central, NEWEST, make_token, outcome};

const COOLER: &str = "dtmi:acme:cooler;1";

#[tokio::test]
async fn made_changed_and_deleted() {
    let central = Central::start().await;
    central.template(COOLER).await;
    central.check(&central.token, &[("PUT /organizations/eu", "{}", "200", "")]).await;
    let whole = r#"{"displayName":"Cooler 1","template":"dtmi:acme:cooler;1","simulated":true,"enabled":false,
        "organizations":["eu"],"type":["iotEdge"]}"#;
    let reply = central.ask("PUT /devices/c1", whole).await;
    assert_eq!(outcome(&reply), "200", "{}", reply.text);
    let mut device = reply.json();
    let etag = device["etag"].take();
    let expected = json!({"id": "c1", "etag": null, "displayName": "Cooler 1", "template": COOLER, "simulated": true,
        "provisioned": false, "enabled": false, "organizations": ["eu"], "type": ["iotEdge"]});
    assert_eq!(device, expected);
    let get = central.ask("GET /devices/c1?expand=deploymentManifest", "").await;
    assert_eq!(get.text, reply.text);

    // What a PUT leaves out stays; a PATCH with null asks for the default.
    for (call, body, member, value) in [
        ("PUT /devices/c1", r#"{"displayName":"Renamed"}"#, "displayName", json!("Renamed")),
        ("PUT /devices/c1", "{}", "enabled", json!(false)),
        ("PUT /devices/c1", "{}", "template", json!(COOLER)),
        ("PUT /devices/c1", "{}", "organizations", json!(["eu"])),
        ("PATCH /devices/c1", r#"{"enabled":true}"#, "enabled", json!(true)),
        ("PATCH /devices/c1", r#"{"displayName":null}"#, "displayName", json!("c1")),
        ("PATCH /devices/c1", r#"{"simulated":null}"#, "simulated", json!(false)),
        ("PATCH /devices/c1", r#"{"template":null}"#, "template", Value::Null),
        ("PATCH /devices/c1", r#"{"organizations":[]}"#, "organizations", Value::Null),
        ("PATCH /devices/c1", r#"{"type":["iotEdge"]}"#, "type", json!(["iotEdge"])),
        ("PATCH /devices/c1", r#"{"id":"x","provisioned":true}"#, "provisioned", json!(false)),
    ] {
        let reply = central.ask(call, body).await;
        assert_eq!(outcome(&reply), "200", "{call} {body}: {}", reply.text);
        assert_eq!(reply.json()[member], value, "{call} {body}");
        assert_eq!(central.ask("GET /devices/c1", "").await.text, reply.text);
    }
    assert_ne!(central.ask("GET /devices/c1", "").await.json()["etag"], etag);

    let reply = central.ask("DELETE /devices/c1", "").await;
    assert_eq!((outcome(&reply), reply.text.as_str()), ("204".to_owned(), ""));
    central
        .check(
            &central.token,
            &[
                ("GET /devices/c1", "", "404 NotFound", "no device with this id"),
                ("PATCH /devices/c1", "{}", "404 NotFound", "no device with this id"),
                ("DELETE /devices/c1", "", "404 NotFound", "no device with this id"),
                (
                    "PUT /devices/c1",
                    "{}",
                    "200",
                    r#""displayName":"c1","simulated":false,"provisioned":false,"enabled":true}"#,
                ),
            ],
        )
        .await;
}

#[tokio::test]
async fn refusals_change_nothing() {
    let central = Central::start().await;
    central.ask("PUT /devices/c1", "{}").await;
    let before = central.ask("GET /devices/c1", "").await.text;
    let name = |characters: usize| format!(r#"{{"displayName":"{}"}}"#, "ü".repeat(characters));
    let (longest, too_long) = (name(148), name(149));
    let unprocessable = "422 UnprocessableEntity";
    central
        .check(
            &central.token,
            &[
                ("PUT /devices/a%20b", "{}", "400 BadRequest", "deviceId may hold only"),
                ("GET /devices/a%2Fb", "", "400 BadRequest", "deviceId may hold only"),
                ("GET /devices/c1?expand=twin", "", "400 BadRequest", "expand takes only deploymentManifest"),
                ("PUT /devices/c1", "", "400 BadRequest", "not JSON"),
                ("PUT /devices/c1", "[]", unprocessable, "must be a JSON object"),
                ("PATCH /devices/c1", r#"{"enabled":"yes"}"#, unprocessable, "boolean"),
                ("PATCH /devices/c1", r#"{"colour":"red"}"#, unprocessable, "colour"),
                ("PATCH /devices/c1", &too_long, unprocessable, "at most 148 characters"),
                ("PATCH /devices/c1", r#"{"template":"dtmi:none;1"}"#, unprocessable, "no device template"),
                ("PATCH /devices/c1", r#"{"organizations":["none"]}"#, unprocessable, "no organization"),
                ("PATCH /devices/c1", r#"{"organizations":["a","b"]}"#, unprocessable, "at most one"),
                ("PATCH /devices/c1", r#"{"type":["iotEdge"]}"#, unprocessable, "type is fixed"),
                ("PATCH /devices/c1", r#"{"type":["toaster"]}"#, unprocessable, "type must be"),
                ("PATCH /devices/c1", r#"{"deploymentManifest":{"data":{}}}"#, unprocessable, "not served"),
                ("PUT /devices/c2", r#"{"template":"dtmi:none;1"}"#, unprocessable, "template: "),
                ("GET /devices/c2", "", "404 NotFound", ""),
            ],
        )
        .await;
    assert_eq!(central.ask("GET /devices/c1", "").await.text, before);
    assert_eq!(outcome(&central.ask("PATCH /devices/c1", &longest).await), "200");
}

#[tokio::test]
async fn etags() {
    let central = Central::start().await;
    let etag = central.ask("PUT /devices/c1", r#"{"etag":"from-elsewhere"}"#).await.json()["etag"].clone();
    let etag = etag.as_str().unwrap();
    let with = async |call: &str, if_match: &str, body: &str| {
        let headers: &[_] = if if_match.is_empty() { &[] } else { &[("If-Match", if_match)] };
        outcome(&central.ask_as(Some(&central.token), NEWEST, call, headers, body).await)
    };
    let stale = "412 PreconditionFailed";
    for (call, if_match, body, expected) in [
        ("PATCH /devices/c1", "other", "{}", stale),
        ("PATCH /devices/c1", "", r#"{"etag":"other"}"#, stale),
        ("PUT /devices/c1", "", r#"{"etag":"other"}"#, stale),
        ("DELETE /devices/c1", "other", "", stale),
        ("PUT /devices/new", "other", "{}", stale),
        ("PATCH /devices/c1", etag, "{}", "200"),
        ("PATCH /devices/c1", etag, "{}", stale),
        ("PATCH /devices/c1", "*", "{}", "200"),
        ("DELETE /devices/c1", "*", "", "204"),
    ] {
        assert_eq!(with(call, if_match, body).await, expected, "{call} {if_match} {body}");
    }
}

/// One registry: the hub's callers see what was made here, and do not take away what they do not know.
#[tokio::test]
async fn a_device_of_both_faces() {
    let central = Central::start().await;
    central.template(COOLER).await;
    central.ask("PUT /devices/c1", r#"{"displayName":"Cooler","template":"dtmi:acme:cooler;1"}"#).await;
    let hub = &central.hub;
    let identity = hub.ask("GET /devices/c1", &[], "").await.json();
    assert_eq!(identity["status"], "enabled");
    let twin = hub.ask("GET /twins/c1", &[], "").await;
    assert!(twin.text.contains(r#""tags":{"owner":"nobody"}"#), "{}", twin.text);
    assert!(twin.text.contains(r#""target":4.5,"#), "{}", twin.text);
    assert_eq!(twin.json()["properties"]["desired"]["fan"], json!({"__t": "c", "speed": 7}));

    // A blocked device is a disabled one, and is disconnected.
    let seq = hub.seq("c1").await;
    central.ask("PATCH /devices/c1", r#"{"enabled":false}"#).await;
    assert_eq!(hub.ask("GET /devices/c1", &[], "").await.json()["status"], "disabled");
    assert!(hub.devices.closed.lock().contains(&seq));
    let mut body = hub.ask("GET /devices/c1", &[], "").await.json();
    body["status"] = json!("enabled");
    let reply = hub.ask("PUT /devices/c1", &[("If-Match", "*")], &body.to_string()).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    let device = central.ask("GET /devices/c1", "").await.json();
    assert_eq!((&device["enabled"], &device["displayName"]), (&json!(true), &json!("Cooler")));
    assert_eq!(device["template"], COOLER);

    // An update from here keeps the keys, and a migration the twin.
    let keys = |identity: &Value| identity["authentication"]["symmetricKey"].clone();
    central.template("dtmi:acme:cooler;2").await;
    central.ask("PUT /devices/c1", r#"{"template":"dtmi:acme:cooler;2"}"#).await;
    assert_eq!(keys(&hub.ask("GET /devices/c1", &[], "").await.json()), keys(&identity));
    assert_eq!(hub.ask("GET /twins/c1", &[], "").await.json()["properties"], twin.json()["properties"]);

    hub.create("plain").await;
    let plain = central.ask("GET /devices/plain", "").await.json();
    assert_eq!((&plain["displayName"], &plain["template"]), (&json!("plain"), &Value::Null));
}

#[tokio::test]
async fn lists() {
    let central = Central::start().await;
    central.template(COOLER).await;
    for (id, body) in [
        ("d1", r#"{"displayName":"pump"}"#),
        ("d2", r#"{"displayName":"cooler","template":"dtmi:acme:cooler;1"}"#),
        ("d3", r#"{"displayName":"boiler","enabled":false}"#),
        ("d4", r#"{"displayName":"cooler","template":"dtmi:acme:cooler;1"}"#),
    ] {
        assert_eq!(outcome(&central.ask(&format!("PUT /devices/{id}"), body).await), "200");
    }
    for (query, expected) in [
        ("", "d1 d2 d3 d4"),
        ("?filter=template%20eq%20'dtmi:acme:cooler;1'", "d2 d4"),
        ("?%24filter=enabled%20eq%20false", "d3"),
        ("?orderby=displayName", "d3 d2 d4 d1"),
        ("?orderby=displayName%20desc", "d1 d4 d2 d3"),
        ("?filter=contains(displayName,'oiler')", "d3"),
    ] {
        for size in [1, 3, 100] {
            let mark = if query.is_empty() { '?' } else { '&' };
            let (mut ids, mut path) = (Vec::new(), Some(format!("/devices{query}{mark}maxpagesize={size}")));
            while let Some(next) = path {
                let reply = central.ask(&format!("GET {next}"), "").await;
                assert_eq!(outcome(&reply), "200", "{next}: {}", reply.text);
                let page = reply.json();
                let items = page["value"].as_array().unwrap();
                assert!(items.len() <= size);
                ids.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
                path = page["nextLink"].as_str().map(|link| link.split_once("/api").unwrap().1.to_owned());
            }
            assert_eq!(ids.join(" "), expected, "{query} by {size}");
        }
    }
    for (call, expected) in [
        ("GET /devices?filter=colour%20eq%20'red'", "400 BadRequest"),
        ("GET /devices?orderby=id", "400 BadRequest"),
        ("GET /devices?maxpagesize=0", "400 BadRequest"),
        ("GET /deviceTemplates/dtmi:acme:cooler;1/devices", "404 NotFound"),
    ] {
        assert_eq!(outcome(&central.ask(call, "").await), expected, "{call}");
    }
    let reply = central.ask_in("preview", "GET /deviceTemplates/dtmi:acme:cooler;1/devices", "").await;
    let value = reply.json()["value"].clone();
    assert_eq!(value[0]["instanceOf"], COOLER, "{}", reply.text);
    assert_eq!((&value[0]["id"], &value[1]["id"], &value[2]), (&json!("d2"), &json!("d4"), &Value::Null));
    let reply = central.ask_in("preview", "GET /deviceTemplates/dtmi:none;1/devices", "").await;
    assert_eq!(outcome(&reply), "404 NotFound");
}

#[tokio::test]
async fn organizations() {
    let central = Central::start().await;
    for (path, body) in [
        ("/organizations/eu", "{}"),
        ("/organizations/de", r#"{"parent":"eu"}"#),
        ("/organizations/us", "{}"),
        ("/devices/root", "{}"),
        ("/devices/us1", r#"{"organizations":["us"]}"#),
    ] {
        assert_eq!(outcome(&central.ask(&format!("PUT {path}"), body).await), "200", "{path}");
    }
    let token = make_token(&central.hub, "eu", &[(Role::OrgOperator, Some("eu")), (Role::OrgViewer, Some("us"))]).await;
    let unprocessable = "422 UnprocessableEntity";
    central
        .check(
            &token,
            &[
                ("PUT /devices/e1", "{}", unprocessable, "name one of de, eu"),
                ("PUT /devices/e1", r#"{"organizations":["us"]}"#, unprocessable, "no organization \\\"us\\\""),
                ("PUT /devices/e1", r#"{"organizations":["none"]}"#, unprocessable, "no organization \\\"none\\\""),
                ("PUT /devices/e1", r#"{"organizations":["de"]}"#, "200", r#"["de"]"#),
                ("PATCH /devices/e1", r#"{"organizations":["eu"]}"#, "200", r#"["eu"]"#),
                ("PATCH /devices/e1", r#"{"organizations":null}"#, unprocessable, "into the root"),
                ("PATCH /devices/e1", r#"{"displayName":"x"}"#, "200", "x"),
                ("GET /devices/us1", "", "200", "us1"),
                ("PATCH /devices/us1", "{}", "404 NotFound", "no device"),
                ("PUT /devices/us1", r#"{"organizations":["eu"]}"#, "404 NotFound", "no device"),
                ("DELETE /devices/us1", "", "404 NotFound", "no device"),
                ("GET /devices/root", "", "404 NotFound", "no device"),
                ("PUT /devices/root", r#"{"organizations":["eu"]}"#, "404 NotFound", "no device"),
            ],
        )
        .await;
    assert_eq!(central.ids(&token, "/devices").await, ["us1", "e1"]);
    assert_eq!(central.ids(&token, "/devices?orderby=displayName").await, ["us1", "e1"]);
    assert_eq!(central.ids(&central.token, "/devices").await, ["root", "us1", "e1"]);
}
