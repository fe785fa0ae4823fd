//! What a template may be, and what is found in it.

use serde_json::{Value, json};

use super::super::{CapabilityModel, DeviceTemplate, check_template_id};
use super::{cooler, model};

#[test]
fn a_path_finds_its_capability() {
    let model = model();
    for (path, expected) in [
        ("temperature", "telemetry"),
        ("fanSpeed", "a writable property"),
        ("serial", "a property that only the device sets"),
        ("customer", "a cloud property"),
        ("firmware", "a property that only the device sets"),
        ("rssi", "telemetry"),
        ("reboot", "a command"),
        ("fan.speed", "a writable property"),
        ("spare.spin", "a command"),
        ("camera.zoom", "a writable property"),
        ("camera.lens.focus", "a writable property"),
        ("fan", "! the template has no capability \"fan\""),
        ("", "! the template has no capability \"\""),
        ("fan.", "! the template has no capability \"\" in \"fan\""),
        ("fan.weight", "! the template has no capability \"weight\" in \"fan\""),
        ("pump.speed", "! the template has no component \"pump\""),
        ("camera.speed", "! the template has no capability \"speed\" in \"camera\""),
        ("camera.fan.speed", "! the template has no component \"fan\""),
        ("nowhere.fan.speed", "! the template has no component \"nowhere\""),
        ("fan.speed.x", "! a path is capability, component.capability"),
        ("camera.lens.focus.x", "! a path is capability, component.capability"),
    ] {
        let found =
            model.resolve(path).map_or_else(|fault| format!("! {fault}"), |found| found.capability.word().into());
        assert!(found.starts_with(expected), "{path}: {found}");
    }
    let deep = model.resolve("camera.lens.focus").unwrap();
    assert_eq!((deep.module, deep.component), (Some("camera"), Some("lens")));
    assert!(model.command(None, "report").unwrap().durable);
    assert_eq!(model.property(Some("fan"), "speed").unwrap().initial.as_deref(), Some("100"));
    let names: Vec<_> = model.components().iter().map(|part| (part.name.as_str(), part.id.as_deref())).collect();
    assert_eq!(names, [("fan", Some("dtmi:acme:fan;1")), ("spare", None)]);
}

/// The cooler with one content more.
fn with(content: Value) -> Value {
    let mut model = cooler();
    model["contents"].as_array_mut().unwrap().insert(0, content);
    model
}

fn schema(schema: Value) -> Value {
    with(json!({"@type": "Property", "name": "x", "schema": schema}))
}

/// Objects in objects.
fn nested(depth: usize) -> Value {
    (0..depth).fold(json!("double"), |inner, _| json!({"@type": "Object", "fields": [{"name": "f", "schema": inner}]}))
}

#[test]
fn what_breaks_a_rule_is_named_with_its_path() {
    let component = |schema: Value| with(json!({"@type": "Component", "name": "x", "schema": schema}));
    let inherits = |depth: usize| {
        (0..depth).fold(json!({"@type": "Interface"}), |inner, _| json!({"@type": "Interface", "extends": [inner]}))
    };
    for (model, expected) in [
        (json!(null), "must be an object"),
        (json!({}), "@type: is missing"),
        (json!({"@type": "Object"}), "@type: must be Interface"),
        (json!({"@type": [1]}), "@type: must be a string or an array of strings"),
        (json!({"@type": "Interface", "contents": {}}), "contents: must be an array"),
        (json!({"@type": "Interface", "contents": [7]}), "contents[0]: must be an object"),
        (with(json!({"name": "x"})), "contents[0].@type: is missing"),
        (with(json!({"@type": "Temperature", "name": "x"})), "contents[0].@type: must name one of Telemetry"),
        (with(json!({"@type": ["Property", "Command"], "name": "x"})), "contents[0].@type: must name one of"),
        (with(json!({"@type": "Command"})), "contents[0].name: is missing"),
        (with(json!({"@type": "Command", "name": "_x"})), "contents[0].name: \"_x\" is no name"),
        (with(json!({"@type": "Command", "name": "a b"})), "contents[0].name: \"a b\" is no name"),
        (with(json!({"@type": "Command", "name": "x".repeat(65)})), "contents[0].name: \"xxx"),
        (with(json!({"@type": "Command", "name": "fan"})), "contents[12].name: \"fan\" stands twice"),
        (
            with(json!({"@type": "Command", "name": "rssi"})),
            "extends[0].extends[0].contents[0].name: \"rssi\" stands twice",
        ),
        (with(json!({"@type": "Command", "name": "camera"})), "contents[14].name: \"camera\" stands twice"),
        (
            with(json!({"@type": "Command", "name": "x", "displayName": 7})),
            "contents[0].displayName: must be a string, or",
        ),
        (with(json!({"@type": "Command", "name": "x", "request": 7})), "contents[0].request: must be an object"),
        (with(json!({"@type": "Command", "name": "x", "request": {}})), "contents[0].request.schema: is missing"),
        (with(json!({"@type": "Command", "name": "x", "durable": 1})), "contents[0].durable: must be true or false"),
        (with(json!({"@type": "Telemetry", "name": "x"})), "contents[0].schema: is missing"),
        (schema(json!("decimal")), "contents[0].schema: \"decimal\" is neither a known schema nor"),
        (schema(json!(7)), "contents[0].schema: must be the name of a schema or an object"),
        (schema(json!({"@type": "Enum"})), "contents[0].schema.enumValues: is missing"),
        (
            schema(json!({"@type": "Enum", "enumValues": []})),
            "contents[0].schema.valueSchema: must be integer or string",
        ),
        (
            schema(json!({"@type": "Enum", "valueSchema": "integer", "enumValues": [{"name": "a", "enumValue": "1"}]})),
            "contents[0].schema.enumValues[0].enumValue: must be a whole number",
        ),
        (
            schema(json!({"@type": "Enum", "valueSchema": "string",
                "enumValues": [{"name": "a", "enumValue": "1"}, {"name": "b", "enumValue": "1"}]})),
            "contents[0].schema.enumValues[1].enumValue: stands twice",
        ),
        (
            schema(json!({"@type": "Enum", "valueSchema": "string", "enumValues": [{"enumValue": "1"}]})),
            "contents[0].schema.enumValues[0].name: is missing",
        ),
        (
            schema(json!({"@type": "Object", "fields": [{"name": "a", "schema": "x"}]})),
            "contents[0].schema.fields[0].schema: \"x\"",
        ),
        (
            schema(
                json!({"@type": "Object", "fields": [{"name": "a", "schema": "long"}, {"name": "a", "schema": "long"}]}),
            ),
            "contents[0].schema.fields[1].name: \"a\" stands twice",
        ),
        (schema(json!({"@type": "Map", "mapValue": {"schema": "x"}})), "contents[0].schema.mapValue.schema: \"x\""),
        (
            schema(json!({"@type": "Array", "elementSchema": "long"})),
            "contents[0].schema: a property may not hold an Array",
        ),
        (
            schema(nested(6)),
            "contents[0].schema.fields[0].schema.fields[0].schema.fields[0].schema.fields[0].schema.fields[0].schema: schemas may nest at most 5",
        ),
        (
            with(json!({"@type": "Property", "name": "x", "schema": "long", "writable": "yes"})),
            "contents[0].writable: must be true or false",
        ),
        (
            with(json!({"@type": "Property", "name": "x", "schema": "long", "minValue": 5, "maxValue": 4})),
            "contents[0].minValue: must not be greater than maxValue",
        ),
        (
            with(json!({"@type": "Property", "name": "x", "schema": "long", "minValue": "low"})),
            "contents[0].minValue: must be a number",
        ),
        (
            with(json!({"@type": ["Property", "Initialized"], "name": "x", "schema": "long", "initialValue": 1.5})),
            "contents[0].initialValue: must be a whole number",
        ),
        (component(json!("dtmi:acme:nothing;1")), "contents[0].schema: the interface \"dtmi:acme:nothing;1\" is not"),
        (
            component(json!({"@type": "Interface", "contents": [{"@type": "Component", "name": "y", "schema": {}}]})),
            "contents[0].schema.contents[0].@type: a component may not contain a component",
        ),
        (
            component(json!({"@type": "Interface",
                "contents": [{"@type": ["Relationship", "EdgeModule"], "name": "y"}]})),
            "contents[0].schema.contents[0].@type: an edge module belongs to the device",
        ),
        (
            with(json!({"@type": ["Relationship", "EdgeModule"], "name": "x", "target": [{"@type": "Object"}]})),
            "contents[0].target[0].@type: must be Interface",
        ),
        (inherits(11), &format!("{}extends[0]: interfaces may inherit at most 10 deep", "extends[0].".repeat(10))),
        (
            json!({"@id": "dtmi:a;1", "@type": "Interface", "extends": "dtmi:a;1"}),
            &format!("{}extends[0]: interfaces may inherit at most 10 deep", "extends[0].".repeat(10)),
        ),
    ] {
        let fault = CapabilityModel::parse(&model).unwrap_err().to_string();
        assert!(fault.starts_with(expected), "{fault}\nnot {expected}");
    }
    assert!(CapabilityModel::parse(&schema(nested(5))).is_ok());
    assert!(CapabilityModel::parse(&inherits(10)).is_ok());
}

#[test]
fn a_ring_of_many_interfaces_ends() {
    let parents = vec![json!("dtmi:a;1"); 50];
    let model = json!({"@id": "dtmi:a;1", "@type": "Interface", "extends": parents});
    assert!(CapabilityModel::parse(&model).unwrap_err().rule.contains("at most"));
    let wide: Vec<_> = (0..40).map(|n| json!({"@id": format!("dtmi:w{n};1"), "@type": "Interface"})).collect();
    let wider = json!({"@id": "dtmi:w;1", "@type": "Interface", "extends": wide});
    let widest = json!({"@type": "Interface", "extends": vec![wider; 40]});
    assert!(CapabilityModel::parse(&widest).unwrap_err().rule.contains("at most 1024 interfaces"));
}

fn template() -> Value {
    json!({
        "@id": "ignored", "etag": "ignored", "@type": ["ModelDefinition", "DeviceModel"],
        "@context": ["dtmi:iotcentral:context;2"], "displayName": "Cooler", "description": null,
        "capabilityModel": cooler(),
    })
}

#[test]
fn a_template_keeps_its_document() {
    let (template, model) = DeviceTemplate::new("dtmi:acme:cooler;1", template()).unwrap();
    let names: Vec<_> = template.body().keys().map(String::as_str).collect();
    assert_eq!(names, ["@type", "@context", "displayName", "capabilityModel"]);
    assert_eq!(template.body()["capabilityModel"], cooler());
    let text = serde_json::to_string(&template).unwrap();
    let back: DeviceTemplate = serde_json::from_str(&text).unwrap();
    assert_eq!(back, template);
    assert_eq!(back.model().unwrap(), model);
    assert_eq!(template.name(), "Cooler");
    let nameless = template.patched(json!({"displayName": null})).unwrap().0;
    assert_eq!((nameless.display_name(), nameless.name()), (None, "Cooler"));
}

#[test]
fn a_patch_is_merged_and_checked_as_a_whole() {
    let template = DeviceTemplate::new("dtmi:acme:cooler;1", template()).unwrap().0;
    let patch = json!({"displayName": "New", "capabilityModel": {"contents": [{"@type": "Command", "name": "stop"}]}});
    let (patched, model) = template.patched(patch).unwrap();
    assert_eq!(patched.display_name(), Some("New"));
    assert!(model.command(None, "stop").is_some() && model.command(None, "reboot").is_none());
    assert!(model.property(None, "firmware").is_some(), "what is inherited stays");
    for (patch, expected) in [
        (json!(7), "must be an object"),
        (json!({"@type": null}), "@type: is missing"),
        (json!({"capabilityModel": null}), "capabilityModel: is missing"),
        (json!({"capabilityModel": {"contents": [{}]}}), "capabilityModel.contents[0].@type: is missing"),
        (json!({"colour": "red"}), "colour: a device template has no such member"),
    ] {
        assert_eq!(template.patched(patch).unwrap_err().to_string(), expected);
    }
}

#[test]
fn a_template_that_is_none() {
    let new = |document| DeviceTemplate::new("dtmi:a;1", document).unwrap_err().to_string();
    assert_eq!(new(json!([])), "must be an object");
    assert_eq!(new(json!({"@type": "DeviceModel"})), "@type: must be an array of strings");
    assert_eq!(new(json!({"@type": [], "displayName": {"en": "x"}})), "displayName: must be a string");
    let large = json!({"@type": [], "description": "x".repeat(1024 * 1024), "capabilityModel": {"@type": "Interface"}});
    assert!(new(large).ends_with("a template may have at most 1048576"));
}

#[test]
fn ids_are_opaque() {
    for id in ["dtmi:contoso:fridge;1", "dtmi:modelDefinition:ccc:ddd", "urn:abc:def:1", "x"] {
        assert_eq!(check_template_id(id), Ok(()), "{id}");
    }
    for id in ["", "a b", "a\"b", "a\\b", "ä", &"x".repeat(257)] {
        assert!(check_template_id(id).is_err(), "{id}");
    }
}
