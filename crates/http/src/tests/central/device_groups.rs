//! Device groups as a client sees them.

use bellwether_model::access::Role;
use bellwether_model::identity::{DeviceProfile, DeviceSettings, Keys, SymmetricKey};
use bellwether_model::organization::Organization;
use bellwether_model::template::DeviceTemplate;
use bellwether_store::{NewDevice, Record, StoreError};
use serde_json::{Value, json};

use super::super::NOW;
use super::{Central, NEWEST, Reply, make_token, outcome};

pub(super) const COOLER: &str = "dtmi:acme:cooler;1";
const ALL: &str = "SELECT * FROM devices";

/// Organizations `eu` and `us`, a template, five devices.
pub(super) async fn fleet() -> Central {
    let central = Central::start().await;
    for id in ["eu", "us"] {
        keep(&central, Organization { id: id.to_owned(), display_name: id.to_owned(), parent: None }).await;
    }
    let contents = json!([
        {"@type": "Property", "name": "temperature", "schema": "double"},
        {"@type": "Property", "name": "target", "schema": "double", "writable": true},
        {"@type": ["Property", "Cloud"], "name": "floor", "schema": "integer"},
        {"@type": "Telemetry", "name": "humidity", "schema": "double"},
        {"@type": "Command", "name": "ping"},
        {"@type": "Component", "name": "fan", "schema": {"@type": "Interface", "@id": "dtmi:acme:fan;1", "contents": [
            {"@type": "Property", "name": "speed", "schema": "double"},
            {"@type": "Command", "name": "ping"},
        ]}},
        {"@type": ["Relationship", "EdgeModule"], "name": "camera", "target": [{"@type": "Interface", "contents": [
            {"@type": "Component", "name": "fan", "schema": "dtmi:acme:fan;1"},
        ]}]},
    ]);
    let model = json!({"@id": "dtmi:acme:c;1", "@type": "Interface", "contents": contents});
    let document = json!({"@type": ["ModelDefinition", "DeviceModel"], "capabilityModel": model});
    keep(&central, DeviceTemplate::new(COOLER, document).unwrap().0).await;
    for (id, organization) in [("c1", None), ("c2", Some("eu")), ("c3", Some("eu")), ("c4", Some("us"))] {
        device(&central, id, Some(COOLER), organization).await;
    }
    device(&central, "unassigned", None, None).await;
    central
}

pub(super) async fn keep<R: Record>(central: &Central, record: R) {
    let keep = |records: &bellwether_store::Records<'_>| records.put(record);
    central.hub.state.engine.store().change_records::<_, StoreError, _>(keep).await.unwrap();
}

pub(super) async fn device(central: &Central, id: &str, template: Option<&str>, organization: Option<&str>) {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let key = SymmetricKey::from_bytes(&[1; 32]);
    let profile =
        DeviceProfile { template: owned(template), organization: owned(organization), ..DeviceProfile::default() };
    let settings = DeviceSettings::default();
    let fresh_keys = Keys { primary: key.clone(), secondary: key };
    let new = NewDevice { id: id.parse().unwrap(), settings, profile, fresh_keys };
    central.hub.state.engine.store().create_device(new, NOW).await.unwrap();
}

fn body(filter: &str, organizations: &[&str]) -> String {
    json!({"displayName": "Group", "filter": filter, "organizations": organizations}).to_string()
}

/// The members `name` of a list's items.
pub(super) fn each(reply: &Reply, name: &str) -> String {
    let list = reply.json();
    let items = list["value"].as_array().unwrap_or_else(|| panic!("{}", reply.text));
    items.iter().map(|item| item[name].as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn made_changed_and_deleted() {
    let central = fleet().await;
    let filter = format!("select  *  from devices WHERE $template = \"{COOLER}\" AND $provisioned = true");
    let made = central.ask("PUT /deviceGroups/group1", &body(&filter, &["eu"])).await;
    assert_eq!(outcome(&made), "200");
    let etag = made.json()["etag"].as_str().unwrap().to_owned();
    let expected =
        json!({"id": "group1", "displayName": "Group", "filter": filter, "etag": etag, "organizations": ["eu"]});
    assert_eq!(made.json(), expected, "the filter comes back as it was sent");
    assert_eq!(central.ask("GET /deviceGroups/group1", "").await.json(), expected);

    let patched = central.ask("PATCH /deviceGroups/group1", r#"{"description":"d","organizations":null}"#).await;
    assert_eq!(outcome(&patched), "200");
    let patched = patched.json();
    assert_eq!((&patched["description"], &patched["filter"]), (&json!("d"), &json!(filter)));
    assert_eq!(patched.get("organizations"), None);
    assert_ne!(patched["etag"], json!(etag));

    let stale = [("If-Match", etag.as_str())];
    let token = Some(central.token.as_str());
    for call in ["PATCH /deviceGroups/group1", "PUT /deviceGroups/group1", "DELETE /deviceGroups/group1"] {
        let reply = central.ask_as(token, NEWEST, call, &stale, &body(ALL, &[])).await;
        assert_eq!(outcome(&reply), "412 PreconditionFailed", "{call}");
    }
    // A PUT is the whole group.
    let put = central.ask("PUT /deviceGroups/group1", &body(ALL, &[])).await.json();
    assert_eq!((put.get("description"), &put["filter"]), (None, &json!(ALL)));
    assert_eq!(outcome(&central.ask("DELETE /deviceGroups/group1", "").await), "204");
    assert_eq!(outcome(&central.ask("DELETE /deviceGroups/group1", "").await), "404 NotFound");
    assert_eq!(outcome(&central.ask("GET /deviceGroups/group1", "").await), "404 NotFound");
}

#[tokio::test]
async fn what_is_refused() {
    let central = fleet().await;
    for (body, expected, message) in [
        ("{", "400 BadRequest", "not JSON"),
        (r#"{"displayName":"G"}"#, "422 UnprocessableEntity", "filter is missing"),
        (r#"{"filter":"SELECT * FROM devices"}"#, "422 UnprocessableEntity", "displayName is missing"),
        (
            r#"{"displayName":null,"filter":"SELECT * FROM devices"}"#,
            "422 UnprocessableEntity",
            "displayName is missing",
        ),
        (
            r#"{"displayName":5,"filter":"SELECT * FROM devices"}"#,
            "422 UnprocessableEntity",
            "displayName must be a string, not 5",
        ),
        (&body("SELECT * FROM devices WHERE", &[]), "400 BadRequest", "filter: "),
        (&body("SELECT * FROM devices WHERE $id IN ['a']", &[]), "400 BadRequest", "IN is not supported"),
        (
            &body(&format!("SELECT * FROM {COOLER} WHERE ghost = 1"), &[]),
            "422 UnprocessableEntity",
            "ghost is no property",
        ),
        (&body(&format!("SELECT * FROM {COOLER} WHERE humidity = 1"), &[]), "422 UnprocessableEntity", "telemetry"),
        (&body("SELECT * FROM dtmi:none;1", &[]), "422 UnprocessableEntity", "there is no device template dtmi:none;1"),
        (&body(ALL, &["asia"]), "422 UnprocessableEntity", "organizations there is no organization asia"),
        (&body(ALL, &["eu", "us"]), "422 UnprocessableEntity", "organizations may hold one organization"),
    ] {
        let reply = central.ask("PUT /deviceGroups/g", body).await;
        assert_eq!(outcome(&reply), expected, "{body}");
        assert!(reply.text.contains(message), "{body}: {}", reply.text);
    }
    assert_eq!(outcome(&central.ask("PUT /deviceGroups/a.b", &body(ALL, &[])).await), "400 BadRequest");
    assert_eq!(outcome(&central.ask("PATCH /deviceGroups/g", "{}").await), "404 NotFound");
    assert_eq!(outcome(&central.ask("GET /deviceGroups", "").await), "200");
    assert_eq!(each(&central.ask("GET /deviceGroups", "").await, "id"), "");
}

#[tokio::test]
async fn lists() {
    let central = fleet().await;
    for (id, name, organization) in [("g1", "b", &["eu"][..]), ("g2", "a", &[]), ("g3", "b", &["us"]), ("g4", "c", &[])]
    {
        let body = json!({"displayName": name, "filter": ALL, "organizations": organization}).to_string();
        assert_eq!(outcome(&central.ask(&format!("PUT /deviceGroups/{id}"), &body).await), "200");
    }
    for (question, expected) in [
        ("", "g1 g2 g3 g4"),
        ("?orderby=displayName", "g2 g1 g3 g4"),
        ("?$orderby=displayName%20desc", "g4 g3 g1 g2"),
        ("?filter=displayName%20eq%20%27b%27", "g1 g3"),
        ("?$filter=contains(displayName,%27c%27)%20or%20id%20eq%20%27g1%27", "g1 g4"),
    ] {
        let reply = central.ask(&format!("GET /deviceGroups{question}"), "").await;
        assert_eq!(each(&reply, "id"), expected, "{question}");
        // Page by page.
        let mark = if question.is_empty() { '?' } else { '&' };
        let mut reply = central.ask(&format!("GET /deviceGroups{question}{mark}maxpagesize=1"), "").await;
        let mut ids = vec![each(&reply, "id")];
        while let Some(link) = reply.json()["nextLink"].as_str() {
            let (_, path) = link.split_once("/api").unwrap();
            reply = central.ask(&format!("GET {path}"), "").await;
            ids.push(each(&reply, "id"));
        }
        assert_eq!(ids.join(" "), expected, "{question} by one");
    }
    for question in ["filter=displayName", "filter=ghost%20eq%201", "orderby=id", "maxpagesize=0"] {
        let reply = central.ask(&format!("GET /deviceGroups?{question}"), "").await;
        assert_eq!(outcome(&reply), "400 BadRequest", "{question}");
    }
    let old = central.ask_in("preview", "GET /deviceGroups", "").await.json();
    assert_eq!(old["value"][0], json!({"id": "g1", "displayName": "b"}));
    for (version, call, expected) in [
        ("1.1-preview", "GET /deviceGroups/g1", "404 NotFound"),
        ("1.2-preview", "GET /deviceGroups/g1", "200"),
        ("1.2-preview", "GET /deviceGroups/g1/devices", "404 NotFound"),
        ("2022-06-30-preview", "GET /deviceGroups/g1/devices", "200"),
        ("2022-07-31", "GET /deviceGroups/g1/devices", "200"),
    ] {
        assert_eq!(outcome(&central.ask_in(version, call, "").await), expected, "{version} {call}");
    }
}

#[tokio::test]
async fn devices_of_a_group() {
    let central = fleet().await;
    central.ask("PUT /deviceGroups/all", &body(&format!("SELECT * FROM {COOLER}"), &[])).await;
    let reply = central.ask("GET /deviceGroups/all/devices?maxpagesize=3", "").await;
    assert_eq!(each(&reply, "id"), "c1 c2 c3");
    let device = json!({
        "id": "c2", "etag": reply.json()["value"][1]["etag"], "displayName": "c2", "simulated": false,
        "provisioned": false, "template": COOLER, "enabled": true, "organizations": ["eu"],
    });
    assert_eq!(reply.json()["value"][1], device);
    let link = reply.json()["nextLink"].as_str().unwrap().to_owned();
    let rest = central.ask(&format!("GET {}", link.split_once("/api").unwrap().1), "").await;
    assert_eq!((each(&rest, "id").as_str(), rest.json().get("nextLink")), ("c4", None));

    let hot = format!("SELECT * FROM {COOLER} WHERE temperature > 20");
    central.ask("PUT /deviceGroups/hot", &body(&hot, &[])).await;
    assert_eq!(each(&central.ask("GET /deviceGroups/hot/devices", "").await, "id"), "");
    // The template loses the property: the group is broken, and reads all the same.
    let model = json!({"@id": "dtmi:acme:c;1", "@type": "Interface", "contents": []});
    let document = json!({"@type": ["ModelDefinition", "DeviceModel"], "capabilityModel": model});
    keep(&central, DeviceTemplate::new(COOLER, document).unwrap().0).await;
    let broken = central.ask("GET /deviceGroups/hot/devices", "").await;
    assert_eq!(outcome(&broken), "422 UnprocessableEntity");
    assert!(broken.text.contains("temperature is no property of dtmi:acme:cooler;1"), "{}", broken.text);
    assert_eq!(central.ask("GET /deviceGroups/hot", "").await.json()["filter"], Value::from(hot));
    assert_eq!(outcome(&central.ask("PATCH /deviceGroups/hot", r#"{"displayName":"Hot"}"#).await), "200");
}

#[tokio::test]
async fn a_caller_sees_its_own_organization() {
    let central = fleet().await;
    for (id, organizations) in [("root", &[][..]), ("eu", &["eu"]), ("us", &["us"])] {
        assert_eq!(outcome(&central.ask(&format!("PUT /deviceGroups/{id}"), &body(ALL, organizations)).await), "200");
    }
    let operator = make_token(&central.hub, "operator", &[(Role::OrgOperator, Some("eu"))]).await;
    let viewer = make_token(&central.hub, "viewer", &[(Role::OrgViewer, Some("eu"))]).await;
    let (eu, root) = (body(ALL, &["eu"]), body(ALL, &[]));
    for (token, call, sent, expected) in [
        (&operator, "GET /deviceGroups/eu", "", "200"),
        (&operator, "GET /deviceGroups/us", "", "404 NotFound"),
        (&operator, "GET /deviceGroups/root", "", "404 NotFound"),
        (&operator, "GET /deviceGroups/us/devices", "", "404 NotFound"),
        (&operator, "PUT /deviceGroups/us", eu.as_str(), "404 NotFound"),
        (&operator, "PATCH /deviceGroups/root", "{}", "404 NotFound"),
        (&operator, "DELETE /deviceGroups/us", "", "404 NotFound"),
        (&operator, "PUT /deviceGroups/new", eu.as_str(), "200"),
        (&operator, "PUT /deviceGroups/new", root.as_str(), "422 UnprocessableEntity"),
        (&operator, "PATCH /deviceGroups/new", r#"{"organizations":["us"]}"#, "422 UnprocessableEntity"),
        (&viewer, "GET /deviceGroups/new", "", "200"),
        (&viewer, "PUT /deviceGroups/new", eu.as_str(), "403 Forbidden"),
        (&viewer, "DELETE /deviceGroups/new", "", "403 Forbidden"),
    ] {
        let reply = central.ask_as(Some(token), NEWEST, call, &[], sent).await;
        assert_eq!(outcome(&reply), expected, "{call} {sent}");
    }
    let list = central.ask_as(Some(&operator), NEWEST, "GET /deviceGroups", &[], "").await;
    assert_eq!(each(&list, "id"), "eu new");
    let members = central.ask_as(Some(&operator), NEWEST, "GET /deviceGroups/eu/devices", &[], "").await;
    assert_eq!(each(&members, "id"), "c2 c3");
}
