//! Device templates over the wire (iot-central §8).

use bellwether_model::group::DeviceGroup;
use bellwether_store::{RecordPage, StoreError};
use serde_json::{Value, json};

use super::device_groups::{device, each};
use super::schema::Description;
use super::{Central, NEWEST, outcome};
use crate::central::version::Version;

const ID: &str = "dtmi:contoso:testDeviceTemplate;1";

/// The body of a published example, and its operation.
const EXAMPLES: [(Version, &str, &str, &str); 4] = [
    (
        Version::V2022_07_31,
        "DeviceTemplates_Create",
        "PUT",
        include_str!("../../../tests/data/central/examples/2022-07-31/devicetemplates_create.json"),
    ),
    (
        Version::V2022_07_31,
        "DeviceTemplates_Update",
        "PATCH",
        include_str!("../../../tests/data/central/examples/2022-07-31/devicetemplates_update.json"),
    ),
    (
        Version::V2022_10_31Preview,
        "DeviceTemplates_Create",
        "PUT",
        include_str!("../../../tests/data/central/examples/2022-10-31-preview/devicetemplates_create.json"),
    ),
    (
        Version::V2022_10_31Preview,
        "DeviceTemplates_Update",
        "PATCH",
        include_str!("../../../tests/data/central/examples/2022-10-31-preview/devicetemplates_update.json"),
    ),
];

impl Central {
    /// Publishes a template with these contents.
    pub(super) async fn publish(&self, id: &str, contents: Value) -> Value {
        let reply = self.ask(&format!("PUT /deviceTemplates/{id}"), &template(contents).to_string()).await;
        assert_eq!(outcome(&reply), "200", "{}", reply.text);
        reply.json()
    }

    async fn groups(&self) -> Vec<DeviceGroup> {
        let read = |records: &bellwether_store::Records<'_>| records.page(0, 100, |_| true);
        let page: RecordPage<DeviceGroup> = self.hub.state.engine.store().read_records(read).await.unwrap();
        page.records.into_iter().map(|stored| stored.record).collect()
    }
}

fn template(contents: Value) -> Value {
    json!({"@type": ["ModelDefinition", "DeviceModel"], "displayName": "Cooler",
        "capabilityModel": {"@id": "dtmi:acme:model;1", "@type": "Interface", "contents": contents}})
}

fn speed() -> Value {
    json!([{"@type": "Property", "name": "speed", "schema": "double", "writable": true}])
}

#[tokio::test]
async fn published_examples() {
    let central = Central::start().await;
    for (version, operation, method, example) in EXAMPLES {
        let example: Value = serde_json::from_str(example).unwrap();
        let body = &example["parameters"]["body"];
        let call = format!("{method} /deviceTemplates/{ID}");
        let reply = central.ask_in(version.as_str(), &call, &body.to_string()).await;
        assert_eq!(reply.status.as_u16(), 200, "{}", reply.text);
        let description = Description::of(version);
        let faults = description.faults_of_answer(&description.operation(operation).unwrap(), 200, &reply.text);
        assert_eq!(faults, Vec::<String>::new(), "{operation}");
        let mut stands = reply.json();
        let members = stands.as_object_mut().unwrap();
        assert_eq!((members.shift_remove("@id"), members.shift_remove("etag").is_some()), (Some(json!(ID)), true));
        match method {
            "PUT" => assert_eq!(stands, *body),
            // A merge patch leaves what it does not name: here the inherited interfaces.
            _ => assert_eq!(stands["capabilityModel"]["contents"], body["capabilityModel"]["contents"]),
        }
    }
}

#[tokio::test]
async fn life_of_a_template() {
    let central = Central::start().await;
    let path = "/deviceTemplates/dtmi:acme:cooler;1";
    assert_eq!(outcome(&central.ask(&format!("GET {path}"), "").await), "404 NotFound");
    assert_eq!(outcome(&central.ask(&format!("PATCH {path}"), "{}").await), "404 NotFound");
    assert_eq!(outcome(&central.ask(&format!("DELETE {path}"), "").await), "404 NotFound");
    let made = central.publish("dtmi:acme:cooler;1", speed()).await;
    assert_eq!(central.ask(&format!("GET {path}"), "").await.json(), made);
    // As the command line writes the path, and as others do.
    assert_eq!(central.ask("GET /deviceTemplates/dtmi%3Aacme%3Acooler%3B1", "").await.json(), made);

    let etag = made["etag"].as_str().unwrap();
    let patch = |etag: String, body: &'static str| {
        let central = &central;
        async move {
            let headers = [("If-Match", etag.as_str())];
            central.ask_as(Some(&central.token), NEWEST, &format!("PATCH {path}"), &headers, body).await
        }
    };
    assert_eq!(outcome(&patch("\"other\"".to_owned(), r#"{"description":"d"}"#).await), "412 PreconditionFailed");
    let patched = patch(format!("\"{etag}\""), r#"{"description":"d","displayName":null}"#).await.json();
    assert_eq!((&patched["description"], patched.get("displayName")), (&json!("d"), None));
    assert_eq!(patched["capabilityModel"], made["capabilityModel"]);
    assert_ne!(patched["etag"], made["etag"]);

    device(&central, "d1", Some("dtmi:acme:cooler;1"), None).await;
    let refused = central.ask(&format!("DELETE {path}"), "").await;
    assert_eq!(outcome(&refused), "409 Conflict");
    assert!(refused.text.contains("devices are assigned"), "{}", refused.text);
    let id = "d1".parse().unwrap();
    central.hub.state.engine.delete_device(&id, Default::default()).await.unwrap();
    assert_eq!(outcome(&central.ask(&format!("DELETE {path}"), "").await), "204");
    assert_eq!(outcome(&central.ask(&format!("GET {path}"), "").await), "404 NotFound");
}

#[tokio::test]
async fn a_new_template_has_its_default_group_once() {
    let central = Central::start().await;
    for _ in 0..2 {
        central.publish("dtmi:acme:cooler;1", speed()).await;
        central.publish("dtmi:acme:cooler;1", json!([])).await;
        let groups = central.groups().await;
        assert_eq!(groups.len(), 1, "{groups:?}");
        assert_eq!(groups[0].display_name, "Cooler - All devices");
        assert_eq!(groups[0].filter, r#"SELECT * FROM devices WHERE $template = "dtmi:acme:cooler;1""#);
        assert!(groups[0].description.as_ref().unwrap().contains("default group"));
        assert_eq!(outcome(&central.ask("DELETE /deviceTemplates/dtmi:acme:cooler;1", "").await), "204");
    }
    let long = json!({"@type": [], "displayName": "é".repeat(300), "capabilityModel": {"@type": "Interface"}});
    assert_eq!(outcome(&central.ask("PUT /deviceTemplates/long", &long.to_string()).await), "200");
    let name = central.groups().await.remove(1).display_name;
    assert_eq!((name.chars().count(), name.ends_with("é - All devices")), (256, true));
}

#[tokio::test]
async fn what_is_refused() {
    let central = Central::start().await;
    let call = "PUT /deviceTemplates/dtmi:acme:cooler;1";
    for (call, body, expected, says) in [
        (call, "{", "400 BadRequest", "not JSON"),
        (call, "[]", "422 UnprocessableEntity", ""),
        (call, "{}", "422 UnprocessableEntity", "@type: is missing"),
        (call, r#"{"@type":[]}"#, "422 UnprocessableEntity", "capabilityModel: is missing"),
        (call, r#"{"@type":[],"colour":1}"#, "422 UnprocessableEntity", "colour"),
        (
            call,
            r#"{"@type":[],"capabilityModel":{"@type":"Interface","contents":[{"@type":"Property","name":"a b"}]}}"#,
            "422 UnprocessableEntity",
            "capabilityModel.contents[0].name: ",
        ),
        ("PUT /deviceTemplates/a%20b", "{}", "400 BadRequest", "id of a device template"),
        ("GET /deviceTemplates/a%22b", "", "400 BadRequest", "id of a device template"),
        ("GET /deviceTemplates?filter=colour%20eq%20'red'", "", "400 BadRequest", "filter"),
        ("GET /deviceTemplates?orderby=colour", "", "400 BadRequest", "displayName"),
    ] {
        let reply = central.ask(call, body).await;
        assert_eq!(outcome(&reply), expected, "{call} {body}");
        assert!(reply.json()["error"]["message"].as_str().unwrap().contains(says), "{}", reply.text);
    }
    let nothing = central.ask("GET /deviceTemplates", "").await.json();
    assert_eq!(nothing, json!({"value": []}), "nothing was kept");
}

#[tokio::test]
async fn lists_are_filtered_ordered_and_paged() {
    let central = Central::start().await;
    for (id, name) in [("urn:a:1", "Pump"), ("dtmi:b", "Cooler"), ("dtmi:c;1", "Thermostat")] {
        let body = json!({"@type": [], "displayName": name, "capabilityModel": {"@type": "Interface"}}).to_string();
        assert_eq!(outcome(&central.ask(&format!("PUT /deviceTemplates/{id}"), &body).await), "200");
    }
    for (query, expected) in [
        ("", vec!["Pump", "Cooler", "Thermostat"]),
        ("orderby=displayName", vec!["Cooler", "Pump", "Thermostat"]),
        ("orderby=displayName%20desc", vec!["Thermostat", "Pump", "Cooler"]),
        ("filter=contains(displayName,'oo')", vec!["Cooler"]),
        ("filter=contains(displayName,'o')%20and%20id%20ne%20'dtmi:b'", vec!["Thermostat"]),
    ] {
        let mut names = Vec::new();
        let mut call = format!("GET /deviceTemplates?maxpagesize=1&{query}");
        loop {
            let page = central.ask(&call, "").await.json();
            names.extend(page["value"].as_array().unwrap().iter().map(|one| one["displayName"].clone()));
            let Some(link) = page.get("nextLink") else { break };
            call = format!("GET {}", link.as_str().unwrap().split_once("/api").unwrap().1);
        }
        assert_eq!(names, expected, "{query}");
    }
}

#[tokio::test]
async fn preview_has_its_own_form() {
    let central = Central::start().await;
    let body = r#"{"types":["DeviceModel"],"displayName":"Old","capabilityModel":{"@type":"CapabilityModel",
        "implements":[{"@type":"InterfaceInstance","name":"fan","schema":{"@type":"Interface",
            "contents":[{"@type":"Property","name":"speed","schema":"double","writable":true}]}}]},
        "solutionModel":{"cloudProperties":[{"@type":"CloudProperty","name":"customer","schema":"string"}]}}"#;
    let reply = central.ask_in("preview", "PUT /deviceTemplates/urn:old:1", body).await;
    assert_eq!(outcome(&reply), "200", "{}", reply.text);
    let old = reply.json();
    assert_eq!((&old["id"], &old["types"]), (&json!("urn:old:1"), &json!(["DeviceModel"])));
    device(&central, "d", Some("urn:old:1"), None).await;
    device(&central, "other", None, None).await;
    let devices = central.ask_in("preview", "GET /deviceTemplates/urn:old:1/devices", "").await;
    assert_eq!(each(&devices, "id"), "d");
    assert_eq!(central.ask_in("preview", "GET /deviceTemplates/urn:old:1/merged", "").await.json(), old);
    for (version, call) in [
        ("preview", "GET /deviceTemplates/urn:none/devices"),
        ("1.1-preview", "GET /deviceTemplates/urn:old:1/devices"),
    ] {
        assert_eq!(outcome(&central.ask_in(version, call, "").await), "404 NotFound");
    }
    let model = central.hub.state.engine.template_model("urn:old:1").await.unwrap().unwrap();
    assert!(model.write_property("fan.speed", "1").is_ok() && model.write_cloud_property("customer", "\"c\"").is_ok());
}

#[tokio::test]
async fn models_are_those_of_the_template_as_it_stands() {
    let central = Central::start().await;
    let engine = &central.hub.state.engine;
    let id = "dtmi:acme:cooler;1";
    let has = async |name: &str| {
        let model = engine.template_model(id).await?;
        Ok::<_, StoreError>(model.map(|model| model.root().capability(name).is_some()))
    };
    assert_eq!(has("speed").await.unwrap(), None);
    central.publish(id, speed()).await;
    assert_eq!((has("speed").await.unwrap(), has("speed").await.unwrap()), (Some(true), Some(true)));
    central.publish(id, json!([])).await;
    assert_eq!(has("speed").await.unwrap(), Some(false));
    central.ask(&format!("DELETE /deviceTemplates/{id}"), "").await;
    assert_eq!(has("speed").await.unwrap(), None);
    central.publish(id, speed()).await;
    assert_eq!(has("speed").await.unwrap(), Some(true), "made again it has the etag of the first");
}
