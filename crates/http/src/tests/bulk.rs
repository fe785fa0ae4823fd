//! Many identities in one call, and statistics (iot-hub §2.1, §2.4).

use bellwether_model::access::Scope;
use bellwether_store::AuditFilter;
use serde_json::{Value, json};

use super::{Hub, Reply};

const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

impl Hub {
    async fn bulk(&self, elements: Value) -> Reply {
        self.ask("POST /devices", &[], &elements.to_string()).await
    }

    async fn device(&self, id: &str) -> Value {
        self.ask(&format!("GET /devices/{id}"), &[], "").await.json()
    }

    async fn twin_of(&self, id: &str) -> Value {
        self.ask(&format!("GET /twins/{id}"), &[], "").await.json()
    }
}

/// `id code operation` of each error.
fn errors(reply: &Reply) -> Vec<String> {
    let result = reply.json();
    assert_eq!(result["isSuccessful"], result["errors"].as_array().unwrap().is_empty());
    let word = |error: &Value, name: &str| error[name].as_str().unwrap_or("-").to_owned();
    let errors = result["errors"].as_array().unwrap().iter();
    errors
        .map(|error| {
            assert!(!word(error, "errorStatus").is_empty());
            format!("{} {} {}", word(error, "deviceId"), word(error, "errorCode"), word(error, "operation"))
        })
        .collect()
}

#[tokio::test]
async fn every_mode() {
    let hub = Hub::start().await;
    let made = hub
        .bulk(json!([
            {"id": "a", "importMode": "create", "tags": {"site": "x"}, "properties": {"desired": {"n": 1}}},
            {"id": "b", "importMode": "Create", "status": "disabled", "statusReason": "spare",
             "authentication": {"type": "sas", "symmetricKey": {"primaryKey": KEY, "secondaryKey": KEY}}},
            {"id": "c", "importMode": "createOrUpdate", "capabilities": {"iotEdge": true}},
        ]))
        .await;
    assert_eq!((made.outcome().as_str(), errors(&made).len()), ("200", 0));
    assert_eq!(made.json()["warnings"], json!([]));
    assert_eq!(hub.device("b").await["authentication"]["symmetricKey"]["primaryKey"], KEY);
    assert_eq!(hub.device("b").await["statusReason"], "spare");
    assert_eq!(hub.device("c").await["capabilities"]["iotEdge"], true);
    let twin = hub.twin_of("a").await;
    assert_eq!((&twin["tags"], &twin["properties"]["desired"]["n"]), (&json!({"site": "x"}), &json!(1)));

    let keys = hub.device("a").await["authentication"].clone();
    let etag = hub.device("c").await["etag"].clone();
    let twin_etag = twin["etag"].clone();
    let changed = hub
        .bulk(json!([
            {"id": "a", "importMode": "updateTwinIfMatchETag", "twinETag": twin_etag,
             "tags": {"floor": 3}, "properties": {"desired": {"n": null, "m": 2}}, "status": "disabled"},
            {"id": "b", "importMode": "Update", "authentication": {"type": "sas", "symmetricKey": {"primaryKey": "", "secondaryKey": ""}}},
            {"id": "c", "importMode": "createOrUpdateIfMatchETag", "eTag": etag, "status": "disabled", "tags": {"site": "y"}},
        ]))
        .await;
    assert_eq!((changed.outcome().as_str(), errors(&changed)), ("200", Vec::new()), "{}", changed.text);
    let twin = hub.twin_of("a").await;
    assert_eq!(twin["tags"], json!({"site": "x", "floor": 3}), "what is not named stays");
    assert_eq!((&twin["properties"]["desired"]["n"], &twin["properties"]["desired"]["m"]), (&Value::Null, &json!(2)));
    assert_eq!((&twin["status"], &hub.device("a").await["authentication"]), (&json!("enabled"), &keys));
    assert_eq!(hub.device("b").await["status"], "enabled");
    assert_eq!(hub.device("b").await["authentication"]["symmetricKey"]["primaryKey"], KEY, "empty keys keep the keys");
    assert_eq!(hub.twin_of("c").await["tags"], json!({"site": "y"}));
    let disabled = hub.seq("c").await;
    assert_eq!(*hub.devices.closed.lock(), [disabled], "who is disabled is disconnected");
    assert_eq!(*hub.devices.told.lock(), [r#"2 {"n":1}"#, r#"3 {"n":null,"m":2}"#]);

    let etag = hub.device("b").await["etag"].clone();
    let gone = hub
        .bulk(
            json!([{"id": "a", "importMode": "Delete"}, {"id": "b", "importMode": "deleteIfMatchETag", "eTag": etag}]),
        )
        .await;
    assert_eq!((gone.outcome().as_str(), errors(&gone).len()), ("200", 0));
    assert_eq!(hub.ask("GET /devices/a", &[], "").await.outcome(), "404 DeviceNotFound");
    assert_eq!(hub.ask("GET /twins/b", &[], "").await.outcome(), "404 DeviceNotFound");
}

/// The audit log names each device that was changed, and none that was not.
#[tokio::test]
async fn written_down_device_by_device() {
    let hub = Hub::start().await;
    hub.bulk(json!([{"id": "a", "importMode": "create"}, {"id": "b", "importMode": "update"}])).await;
    hub.bulk(json!([{"id": "a", "importMode": "updateTwin", "tags": {"x": 1}}])).await;
    hub.bulk(json!([{"id": "a", "importMode": "delete"}])).await;
    let filter = AuditFilter { scope: Scope::Everything, actor: None, kind: None, id: None, since: None, until: None };
    let page = hub.state.engine.store().audit_page(filter, None, 100).await.unwrap();
    let told: Vec<String> = page
        .entries
        .iter()
        .map(|entry| format!("{} {} {}", entry.actor, entry.action, entry.id.as_deref().unwrap_or("-")))
        .collect();
    assert_eq!(told, ["policy:iothubowner delete a", "policy:iothubowner update a", "policy:iothubowner create a"]);
}

/// One that is refused is named, keeps none of the others from being done, and is as it was.
#[tokio::test]
async fn each_for_itself() {
    let hub = Hub::start().await;
    hub.create("there").await;
    let before = (hub.device("there").await, hub.twin_of("there").await);
    let large: serde_json::Map<String, Value> = (0..3).map(|n| (format!("k{n}"), json!("x".repeat(4000)))).collect();
    let reply = hub
        .bulk(json!([
            {"id": "there", "importMode": "create"},
            {"id": "new-1", "importMode": "create"},
            {"id": "large", "importMode": "create", "tags": large},
            {"id": "absent-1", "importMode": "update"},
            {"id": "absent-2", "importMode": "delete"},
            {"id": "absent-3", "importMode": "updateTwin", "tags": {"a": 1}},
            {"id": "a/b", "importMode": "create"},
            {"id": "keys", "importMode": "create", "authentication": {"symmetricKey": {"primaryKey": "secret", "secondaryKey": KEY}}},
            {"id": "mode"},
            {"importMode": "create"},
            {"id": "tags", "importMode": "create", "tags": {"a": [null]}},
            {"id": "module", "moduleId": "m", "importMode": "create"},
            {"id": "etag", "importMode": "deleteIfMatchETag"},
            {"id": "new-2", "importMode": "createOrUpdate"},
        ]))
        .await;
    assert_eq!(reply.status, 400);
    assert_eq!(reply.header("iothub-errorcode"), Some("BulkRegistryOperationFailure"));
    assert_eq!(reply.header("iothuberrorcode"), Some("BulkRegistryOperationFailure"), "for the .NET client");
    let mut found = errors(&reply);
    found.sort();
    assert_eq!(
        found,
        [
            " ArgumentNull create",
            "a/b ArgumentInvalid create",
            "absent-1 DeviceNotFound update",
            "absent-2 DeviceNotFound delete",
            "absent-3 DeviceNotFound updateTwin",
            "etag PreconditionFailed deleteIfMatchETag",
            "keys ArgumentInvalid create",
            "large ArgumentInvalid create",
            "mode ArgumentInvalid -",
            "module FeatureNotSupported create",
            "tags ArgumentInvalid create",
            "there DeviceAlreadyExists create",
        ]
    );
    assert!(!reply.text.contains("secret"));
    assert_eq!((hub.device("there").await, hub.twin_of("there").await), before);
    let ids: Vec<Value> = hub
        .ask("GET /devices", &[], "")
        .await
        .json()
        .as_array()
        .unwrap()
        .iter()
        .map(|d| d["deviceId"].clone())
        .collect();
    assert_eq!(ids, ["there", "new-1", "new-2"]);

    // An update whose twin part does not fit, or whose etag is another, leaves the identity too.
    let reply = hub
        .bulk(json!([
            {"id": "there", "importMode": "update", "status": "disabled", "tags": large},
            {"id": "new-1", "importMode": "updateIfMatchETag", "eTag": "AAAA", "status": "disabled"},
            {"id": "new-2", "importMode": "updateTwinIfMatchETag", "twinETag": "AAAA", "tags": {"a": 1}},
        ]))
        .await;
    let found = errors(&reply);
    assert_eq!(
        found,
        [
            "there ArgumentInvalid update",
            "new-1 PreconditionFailed updateIfMatchETag",
            "new-2 PreconditionFailed updateTwinIfMatchETag"
        ]
    );
    assert_eq!((hub.device("there").await, hub.twin_of("there").await), before);
    assert_eq!(hub.device("new-1").await["status"], "enabled");
}

/// A mode that asks for an etag is never done without one, but for a device that is not there.
#[tokio::test]
async fn etags_that_say_nothing() {
    let hub = Hub::start().await;
    hub.create("there").await;
    for etag in [json!(null), json!(""), json!("\"\""), json!(" "), json!(",")] {
        let reply = hub
            .bulk(json!([
                {"id": "there", "importMode": "deleteIfMatchETag", "eTag": etag},
                {"id": "new", "importMode": "createOrUpdateIfMatchETag", "eTag": etag},
            ]))
            .await;
        assert_eq!(errors(&reply), ["there PreconditionFailed deleteIfMatchETag"], "{etag}");
        let reply = hub.bulk(json!([{"id": "new", "importMode": "createOrUpdateIfMatchETag", "eTag": etag}])).await;
        assert_eq!(errors(&reply), ["new PreconditionFailed createOrUpdateIfMatchETag"], "{etag}");
        hub.bulk(json!([{"id": "new", "importMode": "delete"}])).await;
    }
}

#[tokio::test]
async fn members_of_a_wrong_type_are_of_their_element() {
    let hub = Hub::start().await;
    let reply = hub
        .bulk(json!([
            {"id": "a", "importMode": 1},
            {"id": "b", "importMode": "create", "eTag": 5},
            {"id": "c", "importMode": "create", "status": 1},
            {"id": 7, "importMode": "create"},
            {"id": "d", "importMode": "create"},
        ]))
        .await;
    let mut found = errors(&reply);
    found.sort();
    assert_eq!(found, [" ArgumentInvalid -", "a ArgumentInvalid -", "b ArgumentInvalid -", "c ArgumentInvalid create"]);
    assert_eq!(hub.device("d").await["status"], "enabled");
}

#[tokio::test]
async fn what_refuses_the_whole_call() {
    let hub = Hub::start().await;
    let many: Vec<Value> = (0..101).map(|n| json!({"id": format!("d-{n}"), "importMode": "create"})).collect();
    assert_eq!(hub.bulk(json!(many)).await.outcome(), "413 TooManyDevices");
    let twice = json!([{"id": "a", "importMode": "create"}, {"id": "b", "importMode": "create"}, {"id": "a", "importMode": "delete"}]);
    assert_eq!(hub.bulk(twice).await.outcome(), "400 DeviceDefinedMultipleTimes");
    let twice = json!([{"id": "a", "importMode": "create"}, {"id": "a", "moduleId": "", "importMode": "delete"}]);
    assert_eq!(hub.bulk(twice).await.outcome(), "400 DeviceDefinedMultipleTimes");
    assert_eq!(hub.ask("GET /devices", &[], "").await.text, "[]");
    assert_eq!(hub.bulk(json!(many[..100])).await.outcome(), "200");
    assert_eq!(hub.bulk(json!([])).await.outcome(), "200");
}

#[tokio::test]
async fn statistics() {
    let hub = Hub::start().await;
    let devices = async || hub.ask("GET /statistics/devices", &[], "").await.json();
    let counted = |total: u64, disabled: u64| json!({"totalDeviceCount": total, "enabledDeviceCount": total - disabled, "disabledDeviceCount": disabled});
    assert_eq!(devices().await, counted(0, 0));
    let elements: Vec<Value> = (0..5).map(|n| json!({"id": format!("d-{n}"), "importMode": "create"})).collect();
    hub.bulk(json!(elements)).await;
    hub.bulk(
        json!([{"id": "d-0", "importMode": "update", "status": "disabled"}, {"id": "d-1", "importMode": "delete"}]),
    )
    .await;
    assert_eq!(devices().await, counted(4, 1));
    assert_eq!(hub.ask("GET /statistics/service", &[], "").await.json(), json!({"connectedDeviceCount": 0}));
}
