//! Property documents, read and sent.

use serde_json::{Value, json};

use super::super::properties::{Selection, View};
use super::super::{CapabilityModel, Setting};
use super::model;
use crate::Time;
use crate::twin::{Twin, TwinChange};

const NOON: Time = Time(1_795_176_000_000_000);
const AT_NOON: &str = "2026-11-20T12:00:00.0000000Z";

fn twin() -> Twin {
    let mut twin = Twin::fresh(Time(0));
    let service = json!({"tags": {"customer": "Contoso", "fan": {"vendor": "ACME"}, "site": "hub's own"},
        "properties": {"desired": {"fanSpeed": 40, "limits": {"low": 1, "high": 2}, "extra": 1,
            "fan": {"__t": "c", "speed": 30.0, "old": 1}}}});
    twin.apply(&TwinChange::merge_from_body(&service.to_string()).unwrap(), Time(1)).unwrap();
    let device = r#"{"serial":"S1","fanSpeed":{"value":39,"ac":200,"av":2,"ad":"ok"},"other":{"a":1},
        "fan":{"__t":"c","speed":12.50,"hours":7},"pump":{"__t":"c","flow":1}}"#;
    twin.apply(&TwinChange::reported_from_device(device.as_bytes()).unwrap(), NOON).unwrap();
    twin
}

fn view<'a>(twin: &'a Twin, model: Option<&'a CapabilityModel>) -> View<'a> {
    View { twin, model, unmodeled: false, selection: Selection::All }
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_document_shows_what_was_reported_and_what_is_desired() {
    let (twin, model) = (twin(), model());
    let all = view(&twin, Some(&model));
    let metadata = json!({
        "fanSpeed": {"desiredValue": 40, "desiredVersion": 2, "ackVersion": 2, "ackDescription": "ok", "ackCode": 200,
            "lastUpdateTime": AT_NOON},
        "serial": {"lastUpdateTime": AT_NOON},
        "limits": {"desiredValue": {"low": 1, "high": 2}, "desiredVersion": 2},
    });
    let fan = json!({"speed": 12.5, "hours": 7, "vendor": "ACME", "$metadata": {
        "speed": {"desiredValue": 30.0, "desiredVersion": 2, "lastUpdateTime": AT_NOON},
        "hours": {"lastUpdateTime": AT_NOON}}});
    let document = json!({"fanSpeed": 39, "serial": "S1", "customer": "Contoso", "fan": fan, "$metadata": metadata});
    assert_eq!(value(&all.device()), document);
    assert!(all.device().contains("\"speed\":12.50,"), "numbers keep their digits");
    assert_eq!(value(&all.component("fan").unwrap()), fan);
    assert_eq!(all.component("spare").as_deref(), Some("{}"));
    assert_eq!(all.component("pump"), None);

    let device = View { selection: Selection::Device, ..all };
    let mut expected = document;
    expected.as_object_mut().unwrap().shift_remove("customer");
    expected["fan"].as_object_mut().unwrap().shift_remove("vendor");
    assert_eq!(value(&device.device()), expected);
    let cloud = View { selection: Selection::Cloud, ..all };
    assert_eq!(cloud.device(), r#"{"customer":"Contoso","fan":{"vendor":"ACME"}}"#);

    let more = View { unmodeled: true, ..all };
    let shown = value(&more.device());
    assert_eq!(shown["other"], json!({"a": 1}));
    assert_eq!(shown["$metadata"]["extra"], json!({"desiredValue": 1, "desiredVersion": 2}));
    assert_eq!(shown["fan"]["$metadata"]["old"], json!({"desiredValue": 1, "desiredVersion": 2}));
    assert_eq!(shown["pump"], json!({"flow": 1, "$metadata": {"flow": {"lastUpdateTime": AT_NOON}}}));
    assert_eq!(shown.get("site"), None, "tags outside the template are the hub's");
    assert_eq!(more.component("pump").map(|text| value(&text)), Some(shown["pump"].clone()));
    assert_eq!(more.component("nothing"), None);
}

#[test]
fn without_a_template_everything_is_unmodeled() {
    let twin = twin();
    let bare = view(&twin, None);
    assert_eq!((bare.device().as_str(), bare.component("fan")), ("{}", None));
    let shown = value(&View { unmodeled: true, ..bare }.device());
    assert_eq!((&shown["fanSpeed"], &shown["fan"]["hours"], shown.get("customer")), (&json!(39), &json!(7), None));
    assert_eq!(view(&Twin::fresh(NOON), None).device(), "{}");
}

fn setting(model: &CapabilityModel) -> Setting<'_> {
    Setting { model: Some(model), component: None, unmodeled: false, selection: Selection::All, replace: false }
}

#[test]
fn a_document_that_is_sent_becomes_one_change() {
    let (twin, model) = (twin(), model());
    let merge = setting(&model);
    let replace = Setting { replace: true, ..merge };
    let fan = Setting { component: Some("fan"), ..merge };
    let more = Setting { unmodeled: true, ..merge };
    let device = Setting { selection: Selection::Device, ..merge };
    let cloud = Setting { selection: Selection::Cloud, ..merge };
    let bare = Setting { model: None, ..merge };
    for (setting, document, expected) in [
        (merge, r#"{"fanSpeed":"41","$metadata":{}}"#, r#"{"properties":{"desired":{"fanSpeed":41}}}"#),
        (merge, "{}", ""),
        (merge, r#"{"mode":null}"#, ""),
        (
            merge,
            r#"{"fanSpeed":null,"customer":null}"#,
            r#"{"tags":{"customer":null},"properties":{"desired":{"fanSpeed":null}}}"#,
        ),
        (merge, r#"{"limits":{"high":3}}"#, r#"{"properties":{"desired":{"limits":{"high":3,"low":null}}}}"#),
        (
            merge,
            r#"{"fan":{"__t":"c","speed":1,"vendor":"B"}}"#,
            r#"{"tags":{"fan":{"vendor":"B"}},"properties":{"desired":{"fan":{"__t":"c","speed":1}}}}"#,
        ),
        (merge, r#"{"fan":{"hours":1}}"#, "! fan.hours: is a property that only the device sets"),
        (merge, r#"{"fan":null}"#, "! fan: must be an object"),
        (merge, r#"{"fan":{"fan":{}}}"#, "! fan.fan: the device's template has no such property"),
        (merge, r#"{"extra":2}"#, "! extra: the device's template has no such property"),
        (merge, r#"{"temperature":2}"#, "! temperature: is telemetry"),
        (merge, r#"{"fanSpeed":1,"fanSpeed":2}"#, "! fanSpeed: stands twice"),
        (merge, r#"{"limits":{"high":"x"}}"#, "! limits.high: must be a number"),
        (merge, "[]", "! must be an object"),
        // What the template models and is there is removed, nothing else.
        (
            replace,
            r#"{"mode":"eco"}"#,
            r#"{"tags":{"customer":null,"fan":{"vendor":null}},"properties":{"desired":{"mode":"eco","fanSpeed":null,"limits":null,"fan":{"__t":"c","speed":null}}}}"#,
        ),
        (
            Setting { component: Some("fan"), ..replace },
            r#"{"speed":2}"#,
            r#"{"tags":{"fan":{"vendor":null}},"properties":{"desired":{"fan":{"__t":"c","speed":2}}}}"#,
        ),
        (
            Setting { selection: Selection::Device, component: Some("fan"), ..replace },
            "{}",
            r#"{"properties":{"desired":{"fan":{"__t":"c","speed":null}}}}"#,
        ),
        (fan, r#"{"speed":"2.0"}"#, r#"{"properties":{"desired":{"fan":{"__t":"c","speed":2.0}}}}"#),
        (fan, r#"{"fanSpeed":2}"#, "! fanSpeed: the device's template has no such property"),
        (Setting { component: Some("pump"), ..merge }, "{}", "! pump: the template has no such component"),
        (
            Setting { component: Some("pump"), ..more },
            r#"{"flow":[1, 2]}"#,
            r#"{"properties":{"desired":{"pump":{"__t":"c","flow":[1,2]}}}}"#,
        ),
        (
            more,
            r#"{"extra":{"a":{"b":1}},"fan":{"new":1}}"#,
            r#"{"properties":{"desired":{"extra":{"a":{"b":1}},"fan":{"__t":"c","new":1}}}}"#,
        ),
        (more, r#"{"extra":null,"never":null}"#, r#"{"properties":{"desired":{"extra":null}}}"#),
        (more, r#"{"temperature":2}"#, "! temperature: is telemetry"),
        (
            device,
            r#"{"customer":"x"}"#,
            "! customer: is a cloud property; this API version sets it under cloudProperties",
        ),
        (cloud, r#"{"customer":"x"}"#, r#"{"tags":{"customer":"x"}}"#),
        (cloud, r#"{"fanSpeed":1}"#, "! fanSpeed: is a writable property, not a cloud property"),
        (Setting { unmodeled: true, ..cloud }, r#"{"extra":1}"#, "! extra: the device's template has no such property"),
        (bare, r#"{"a":1}"#, "! a: the device has no template"),
        (
            Setting { unmodeled: true, replace: true, ..bare },
            r#"{"fanSpeed":1}"#,
            r#"{"properties":{"desired":{"fanSpeed":1}}}"#,
        ),
    ] {
        let change = setting.change(document, &twin);
        let change = change.map_or_else(|fault| format!("! {fault}"), Option::unwrap_or_default);
        assert!(
            if expected.starts_with('!') { change.starts_with(expected) } else { change == expected },
            "{document}\n{change}"
        );
    }
}

#[test]
fn a_map_that_is_sent_is_the_whole_map() {
    let model = model();
    let mut twin = Twin::fresh(NOON);
    for (labels, after) in
        [(json!({"a": "1", "b": "2"}), json!({"a": "1", "b": "2"})), (json!({"c": "3"}), json!({"c": "3"}))]
    {
        let document = json!({"labels": labels}).to_string();
        let change = setting(&model).change(&document, &twin).unwrap().unwrap();
        twin.apply(&TwinChange::merge_from_body(&change).unwrap(), NOON).unwrap();
        assert_eq!(value(&twin.desired.json)["labels"], after);
    }
}

#[test]
fn initial_values_fill_what_is_not_there() {
    let model = model();
    assert_eq!(
        model.initial_change(&Twin::fresh(NOON)).unwrap(),
        r#"{"tags":{"installed":"2026-01-01"},"properties":{"desired":{"mode":"eco","fan":{"__t":"c","speed":100},"spare":{"__t":"c","speed":100}}}}"#
    );
    let body = r#"{"tags":{"installed":"2020-01-01"},
        "properties":{"desired":{"mode":"full","fan":{"speed":1},"spare":{"speed":1}}}}"#;
    let mut twin = Twin::fresh(NOON);
    twin.apply(&TwinChange::merge_from_body(body).unwrap(), NOON).unwrap();
    assert_eq!(model.initial_change(&twin), None);
}
