//! Property documents over the wire (iot-central §7.2, §7.4).

use bellwether_model::access::Role;
use bellwether_model::organization::Organization;
use bellwether_store::{Records, StoreError};
use serde_json::{Value, json};

use super::device_groups::device;
use super::{Central, make_token, outcome};

const COOLER: &str = "dtmi:acme:cooler;1";

/// A device `d` of the cooler, and `bare` without a template.
async fn fixture() -> Central {
    let central = Central::start().await;
    let fan = json!({"@type": "Interface", "contents": [
        {"@type": "Property", "name": "speed", "schema": "double", "writable": true},
        {"@type": "Property", "name": "hours", "schema": "long"},
        {"@type": ["Property", "Cloud"], "name": "vendor", "schema": "string"}]});
    central
        .publish(
            COOLER,
            json!([
                {"@type": "Property", "name": "target", "schema": "double", "writable": true, "maxValue": 100},
                {"@type": "Property", "name": "serial", "schema": "string"},
                {"@type": ["Property", "Cloud"], "name": "customer", "schema": "string"},
                {"@type": "Component", "@id": "dtmi:acme:fan;1", "name": "fan", "displayName": {"en": "Fan"}, "schema": fan},
                {"@type": ["Relationship", "EdgeModule"], "name": "camera", "displayName": "Camera", "target": [
                    {"@type": "Interface", "contents": [
                        {"@type": "Component", "name": "lens", "schema": {"@type": "Interface"}}]}]}]),
        )
        .await;
    device(&central, "d", Some(COOLER), None).await;
    device(&central, "bare", None, None).await;
    central
}

impl Central {
    async fn report(&self, id: &str, patch: &str) {
        let seq = self.hub.seq(id).await;
        self.hub.state.engine.report(seq, patch.as_bytes(), None).await.unwrap();
    }

    async fn twin(&self, id: &str) -> Value {
        self.hub.ask(&format!("GET /twins/{id}"), &[], "").await.json()
    }
}

#[tokio::test]
async fn a_document_is_set_and_read() {
    let central = fixture().await;
    assert_eq!(central.ask("GET /devices/d/properties", "").await.text, "{}");
    let set = central
        .ask("PATCH /devices/d/properties", r#"{"target":"40.0","customer":"Contoso","fan":{"speed":3,"vendor":"A"}}"#)
        .await;
    assert_eq!(outcome(&set), "202");
    assert_eq!(
        set.text,
        concat!(
            r#"{"customer":"Contoso","fan":{"vendor":"A","$metadata":{"speed":{"desiredValue":3,"desiredVersion":2}}},"#,
            r#""$metadata":{"target":{"desiredValue":40.0,"desiredVersion":2}}}"#
        )
    );
    // One change, and the device is told of it once.
    assert_eq!(central.hub.devices.told.lock().as_slice(), [r#"2 {"target":40.0,"fan":{"__t":"c","speed":3}}"#]);
    let twin = central.twin("d").await;
    assert_eq!(twin["tags"], json!({"customer": "Contoso", "fan": {"vendor": "A"}}));
    central
        .report("d", r#"{"target":{"value":39.50,"ac":200,"av":2,"ad":"ok"},"serial":"S","fan":{"__t":"c","hours":7}}"#)
        .await;
    let read = central.ask("GET /devices/d/properties", "").await;
    assert!(read.text.starts_with(r#"{"target":39.50,"serial":"S""#), "{}", read.text);
    let at = "2026-11-20T12:00:00.0000000Z";
    assert_eq!(
        read.json()["$metadata"]["target"],
        json!({"desiredValue": 40.0, "desiredVersion": 2, "ackVersion": 2, "ackDescription": "ok", "ackCode": 200,
            "lastUpdateTime": at})
    );
    let fan = central.ask("GET /devices/d/components/fan/properties", "").await.json();
    assert_eq!(fan, read.json()["fan"]);
    assert_eq!((&fan["hours"], &fan["$metadata"]["hours"]), (&json!(7), &json!({"lastUpdateTime": at})));

    let put = central.ask("PUT /devices/d/components/fan/properties", r#"{"speed":4}"#).await;
    assert_eq!((outcome(&put).as_str(), put.json().get("vendor")), ("202", None));
    let put = central.ask("PUT /devices/d/properties", r#"{"customer":"Fabrikam"}"#).await.json();
    assert_eq!((&put["customer"], put["$metadata"]["target"].get("desiredValue")), (&json!("Fabrikam"), None));
    let twin = central.twin("d").await;
    assert_eq!(twin["tags"], json!({"customer": "Fabrikam", "fan": {}}));
    assert_eq!(twin["properties"]["desired"]["fan"]["__t"], "c");
    assert_eq!(twin["properties"]["desired"].get("target"), None);
}

#[tokio::test]
async fn a_replace_leaves_alone_what_the_template_does_not_model() {
    let central = fixture().await;
    let hub = r#"{"tags":{"site":"north","customer":"A"},"properties":{"desired":{"telemetryInterval":5,"target":1}}}"#;
    assert_eq!(central.hub.ask("PATCH /twins/d", &[], hub).await.status.as_u16(), 200);
    assert_eq!(outcome(&central.ask("PUT /devices/d/properties", "{}").await), "202");
    let twin = central.twin("d").await;
    assert_eq!(twin["tags"], json!({"site": "north"}));
    assert_eq!(twin["properties"]["desired"]["telemetryInterval"], 5);
    assert_eq!(twin["properties"]["desired"].get("target"), None);
}

#[tokio::test]
async fn unmodeled_values() {
    let central = fixture().await;
    for (version, call, body, expected) in [
        ("2022-10-31-preview", "PATCH /devices/d/properties", r#"{"extra":1}"#, "422 UnprocessableEntity"),
        ("2022-10-31-preview", "PATCH /devices/d/properties?unmodeled=true", r#"{"extra":{"a":[1]}}"#, "202"),
        ("2022-06-30-preview", "PATCH /devices/bare/properties?unmodeled=True", r#"{"target":1}"#, "202"),
        ("2022-07-31", "PATCH /devices/bare/properties?unmodeled=true", r#"{"target":2}"#, "422 UnprocessableEntity"),
        ("2022-10-31-preview", "PATCH /devices/bare/properties", r#"{"target":2}"#, "422 UnprocessableEntity"),
        ("2022-10-31-preview", "GET /devices/bare/properties?unmodeled=maybe", "", "400 BadRequest"),
        ("2022-10-31-preview", "GET /devices/bare/components/pump/properties", "", "404 NotFound"),
        ("2022-10-31-preview", "PUT /devices/bare/components/pump/properties", "{}", "404 NotFound"),
        ("2022-10-31-preview", "GET /devices/bare/components/pump/properties?unmodeled=true", "", "404 NotFound"),
        ("2022-10-31-preview", "PUT /devices/bare/components/pump/properties?unmodeled=true", r#"{"flow":1}"#, "202"),
        ("2022-10-31-preview", "GET /devices/bare/components/pump/properties?unmodeled=true", "", "200"),
    ] {
        assert_eq!(outcome(&central.ask_in(version, call, body).await), expected, "{version} {call}");
    }
    let extra = central.ask("GET /devices/d/properties?unmodeled=true", "").await.json();
    assert_eq!(extra["$metadata"]["extra"]["desiredValue"], json!({"a": [1]}));
    assert_eq!(central.ask("GET /devices/bare/properties", "").await.text, "{}");
    assert_eq!(central.twin("bare").await["properties"]["desired"]["pump"], json!({"__t": "c", "flow": 1}));
}

#[tokio::test]
async fn preview_keeps_cloud_properties_apart() {
    let central = fixture().await;
    let preview = |call: &'static str, body: &'static str| central.ask_in("preview", call, body);
    let set = preview("PUT /devices/d/cloudProperties", r#"{"customer":"C"}"#).await;
    assert_eq!((outcome(&set).as_str(), set.text.as_str()), ("200", r#"{"customer":"C"}"#));
    assert_eq!(outcome(&preview("PATCH /devices/d/properties", r#"{"target":1}"#).await), "202");
    assert_eq!(preview("GET /devices/d/properties", "").await.json().get("customer"), None);
    assert_eq!(preview("PATCH /devices/d/cloudProperties", "{}").await.text, r#"{"customer":"C"}"#);
    for (call, body) in [
        ("PATCH /devices/d/properties", r#"{"customer":"D"}"#),
        ("PATCH /devices/d/cloudProperties", r#"{"target":2}"#),
    ] {
        assert_eq!(outcome(&preview(call, body).await), "422 UnprocessableEntity", "{call}");
    }
    assert_eq!(outcome(&preview("PUT /devices/d/properties", "{}").await), "202");
    assert_eq!(preview("GET /devices/d/cloudProperties", "").await.text, r#"{"customer":"C"}"#);
    assert_eq!(outcome(&central.ask("GET /devices/d/cloudProperties", "").await), "404 NotFound");
}

#[tokio::test]
async fn what_is_refused_changes_nothing() {
    let central = fixture().await;
    let large = format!(r#"{{"customer":"{}"}}"#, "x".repeat(4097));
    for (call, body, expected, says) in [
        ("PATCH /devices/d/properties", "{", "400 BadRequest", "not JSON"),
        ("PATCH /devices/d/properties", "", "400 BadRequest", "not JSON"),
        ("PATCH /devices/d/properties", "[]", "422 UnprocessableEntity", "object"),
        ("PATCH /devices/d/properties", "7", "422 UnprocessableEntity", "object"),
        ("PATCH /devices/d/properties", r#"{"target":"hot"}"#, "422 UnprocessableEntity", "target: must be a number"),
        ("PATCH /devices/d/properties", r#"{"target":101}"#, "422 UnprocessableEntity", "target: must be at most 100"),
        (
            "PATCH /devices/d/properties",
            r#"{"serial":"x"}"#,
            "422 UnprocessableEntity",
            "serial: is a property that only",
        ),
        ("PATCH /devices/d/properties", r#"{"target":1,"fan":{"hours":1}}"#, "422 UnprocessableEntity", "fan.hours: "),
        ("PATCH /devices/d/properties", &large, "422 UnprocessableEntity", "4096"),
        ("PATCH /devices/d/components/pump/properties", "{}", "404 NotFound", "component"),
        ("PATCH /devices/none/properties", "{}", "404 NotFound", "device"),
        ("GET /devices/none/components", "", "404 NotFound", "device"),
        ("GET /devices/d/modules/drone/properties", "", "404 NotFound", "module"),
        ("GET /devices/d/modules/camera/components/iris/properties", "", "404 NotFound", "component"),
        ("PUT /devices/d/modules/camera/properties", "{}", "422 UnprocessableEntity", "modules are not served yet"),
        ("PATCH /devices/d/modules/camera/components/lens/properties", "{}", "422 UnprocessableEntity", "modules"),
        ("PUT /devices/d/modules/drone/properties", "{}", "404 NotFound", "module"),
    ] {
        let reply = central.ask(call, body).await;
        assert_eq!(outcome(&reply), expected, "{call} {body}");
        assert!(reply.json()["error"]["message"].as_str().unwrap().contains(says), "{}", reply.text);
    }
    assert_eq!(central.twin("d").await["version"], 2);
}

#[tokio::test]
async fn components_and_modules_are_the_template_s() {
    let central = fixture().await;
    for (call, expected) in [
        (
            "GET /devices/d/components",
            json!([{"@id": "dtmi:acme:fan;1", "@type": ["Component"], "name": "fan", "displayName": {"en": "Fan"}}]),
        ),
        (
            "GET /devices/d/modules",
            json!([{"@type": ["Relationship", "SemanticType/EdgeModule"], "name": "camera", "displayName": "Camera"}]),
        ),
        ("GET /devices/d/modules/camera/components", json!([{"@type": ["Component"], "name": "lens"}])),
        ("GET /devices/bare/components", json!([])),
        ("GET /devices/bare/modules", json!([])),
    ] {
        assert_eq!(central.ask(call, "").await.json(), json!({"value": expected}), "{call}");
    }
    assert_eq!(central.ask("GET /devices/d/modules/camera/properties", "").await.text, "{}");
    assert_eq!(central.ask("GET /devices/d/modules/camera/components/lens/properties", "").await.text, "{}");
}

#[tokio::test]
async fn devices_of_others_are_not_there() {
    let central = fixture().await;
    let engine = &central.hub.state.engine;
    let organizations = |records: &Records<'_>| {
        for id in ["eu", "us"] {
            records.put(Organization { id: id.to_owned(), display_name: id.to_owned(), parent: None })?;
        }
        Ok::<_, StoreError>(())
    };
    engine.store().change_records(organizations).await.unwrap();
    device(&central, "e", Some(COOLER), Some("eu")).await;
    let operator = make_token(&central.hub, "eu", &[(Role::OrgOperator, Some("eu"))]).await;
    let viewer = make_token(&central.hub, "view", &[(Role::OrgViewer, Some("eu"))]).await;
    for (token, call, body, expected) in [
        (&operator, "GET /devices/e/properties", "", "200"),
        (&operator, "PATCH /devices/e/properties", r#"{"target":1}"#, "202"),
        (&operator, "GET /devices/d/properties", "", "404 NotFound"),
        (&operator, "PATCH /devices/d/properties", r#"{"target":1}"#, "404 NotFound"),
        (&operator, "GET /devices/d/components", "", "404 NotFound"),
        (&operator, "GET /devices/d/modules/camera/properties", "", "404 NotFound"),
        (&viewer, "GET /devices/e/properties", "", "200"),
        (&viewer, "PATCH /devices/e/properties", r#"{"target":1}"#, "403 Forbidden"),
        (&viewer, "GET /deviceTemplates", "", "200"),
        (&operator, "DELETE /deviceTemplates/x", "", "403 Forbidden"),
    ] {
        let reply = central.ask_as(Some(token), super::NEWEST, call, &[], body).await;
        assert_eq!(outcome(&reply), expected, "{call}");
    }
    assert_eq!(central.twin("d").await["version"], 2);
}
