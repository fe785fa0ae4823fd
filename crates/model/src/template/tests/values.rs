//! Values against schemas.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::{CapabilityModel, Field, Schema, Write, merge_body};
use super::model;

fn schema(schema: Value) -> Schema {
    let model = json!({"@type": "Interface", "contents": [{"@type": "Telemetry", "name": "x", "schema": schema}]});
    let model = CapabilityModel::parse(&model).unwrap();
    let super::super::Kind::Telemetry(schema) = &model.root().capabilities[0].kind else { panic!("no telemetry") };
    schema.clone()
}

#[test]
fn values_convert_or_say_why_not() {
    let object = json!({"@type": "Object", "fields": [
        {"name": "n", "schema": "double"}, {"name": "on", "schema": "boolean"},
        {"name": "deep", "schema": {"@type": "Object", "fields": [{"name": "i", "schema": "integer"}]}}]});
    let map = json!({"@type": "Map", "mapValue": {"name": "v", "schema": "long"}});
    let numbers = json!({"@type": "Enum", "valueSchema": "integer", "enumValues": [
        {"name": "a", "enumValue": 1}, {"name": "b", "enumValue": 2}]});
    let words = json!({"@type": "Enum", "valueSchema": "string", "enumValues": [{"name": "a", "enumValue": "on"}]});
    let array = json!({"@type": "Array", "elementSchema": "float"});
    let s = |name: &str| json!(name);
    for (of, value, expected) in [
        // A string that is wholly a number is one; digits stay.
        (s("double"), "56", "56"),
        (s("double"), "\"56\"", "56"),
        (s("double"), "\"1.50e3\"", "1.50e3"),
        (s("double"), "100.10", "100.10"),
        (s("double"), "\" 56\"", "! must be a number"),
        (s("double"), "\"+5\"", "! must be a number"),
        (s("double"), "\"0x10\"", "! must be a number"),
        (s("double"), "\"NaN\"", "! must be a number"),
        (s("double"), "\"inf\"", "! must be a number"),
        (s("double"), "\"\"", "! must be a number"),
        (s("double"), "1e999", "! must be a number"),
        (s("double"), "true", "! must be a number"),
        (s("double"), "null", "! must be a number"),
        (s("double"), "[1]", "! must be a number"),
        (s("float"), "3.4e38", "3.4e38"),
        (s("float"), "3.5e38", "! must be a number of 32 bits"),
        (s("integer"), "2147483647", "2147483647"),
        (s("integer"), "2147483648", "! must be a whole number from"),
        (s("integer"), "5.0", "! must be a whole number"),
        (s("integer"), "\"-7\"", "-7"),
        (s("integer"), "\"007\"", "! must be a whole number"),
        (s("long"), "9223372036854775807", "9223372036854775807"),
        (s("long"), "9223372036854775808", "! must be a whole number of 64 bits"),
        (s("boolean"), "\"true\"", "true"),
        (s("boolean"), "false", "false"),
        (s("boolean"), "\"True\"", "! must be true or false"),
        (s("boolean"), "1", "! must be true or false"),
        (s("string"), "\"56\"", "\"56\""),
        (s("string"), "56", "! must be a string"),
        (s("date"), "\"2026-02-28\"", "\"2026-02-28\""),
        (s("date"), "\"2026-02-30\"", "! must be a date"),
        (s("dateTime"), "\"2021-06-15T05:00:00.000Z\"", "\"2021-06-15T05:00:00.000Z\""),
        (s("dateTime"), "1623733200", "! must be a date and time"),
        (s("time"), "\"12:00:00\"", "\"12:00:00\""),
        (s("duration"), "\"PT5M\"", "\"PT5M\""),
        (s("duration"), "\"5m\"", "! must be a duration"),
        (numbers.clone(), "2", "2"),
        (numbers.clone(), "\"1\"", "1"),
        (numbers.clone(), "3", "! must be one of 1, 2"),
        (numbers, "\"a\"", "! must be one of 1, 2"),
        (words.clone(), "\"on\"", "\"on\""),
        (words, "\"off\"", "! must be one of \"on\""),
        (
            object.clone(),
            r#"{ "on": "false", "n": "1.0", "deep": {"i": "7"} }"#,
            r#"{"on":false,"n":1.0,"deep":{"i":7}}"#,
        ),
        (object.clone(), "{}", "{}"),
        (object.clone(), r#"{"deep":{"i":1.5}}"#, "! deep.i: must be a whole number"),
        (object.clone(), r#"{"n":null}"#, "! n: must be a number"),
        (object.clone(), r#"{"x":1}"#, "! x: the Object has no such field"),
        (object.clone(), r#"{"n":1,"n":2}"#, "! n: stands twice in one object"),
        (object, r#""{}""#, "! must be an object"),
        (map.clone(), r#"{"a b":"1","c":2}"#, r#"{"a b":1,"c":2}"#),
        (map, r#"{"a":"x"}"#, "! a: must be a whole number"),
        (array.clone(), r#"[1, "2.5"]"#, "[1,2.5]"),
        (array.clone(), "[]", "[]"),
        (array.clone(), r#"[1,[2]]"#, "! [1]: must be a number"),
        (array, "{}", "! must be an array"),
        (s("geopoint"), r#"{"lat":1,"lon":"2.0"}"#, r#"{"lat":1,"lon":2.0}"#),
        (s("geopoint"), r#"{"lat":1}"#, "! lon: is missing"),
        (s("geopoint"), r#"{"lat":1,"lon":2,"x":3}"#, "! x: the schema has no such member"),
        (s("vector"), r#"{"x":1,"y":2,"z":3}"#, r#"{"x":1,"y":2,"z":3}"#),
        (s("vector"), r#"{"x":1,"y":2}"#, "! z: is missing"),
    ] {
        let converted = schema(of).convert(value).unwrap_or_else(|fault| format!("! {fault}"));
        assert!(
            if expected.starts_with('!') { converted.starts_with(expected) } else { converted == expected },
            "{value}: {converted}"
        );
    }
}

#[test]
fn jobs_set_what_operators_may_set() {
    let model = model();
    for (path, value, expected) in [
        ("fanSpeed", "\"40\"", "fanSpeed=40"),
        ("fanSpeed", "101", "! value: must be at most 100"),
        ("fanSpeed", "-1", "! value: must be at least 0"),
        ("fanSpeed", "-0", "fanSpeed=-0"),
        ("mode", "\"full\"", "mode=\"full\""),
        ("limits", r#"{"high":5}"#, r#"limits={"high":5,"low":null}"#),
        ("labels", r#"{"a":"b"}"#, r#"labels={"a":"b"}"#),
        ("fan.speed", "1.50", "fan.speed=1.50"),
        ("fan.speed", "\"fast\"", "! value: must be a number"),
        ("fan.hours", "1", "! path: is a property that only the device sets, not a writable property"),
        ("serial", "\"x\"", "! path: is a property that only the device sets"),
        ("temperature", "1", "! path: is telemetry, not a writable property"),
        ("reboot", "1", "! path: is a command, not a writable property"),
        ("customer", "\"x\"", "! path: is a cloud property, not a writable property"),
        ("camera.zoom", "1", "! path: lies in an edge module"),
        ("pump.speed", "1", "! path: the template has no component \"pump\""),
        ("fanSpeed", "null", "! value: must be a whole number"),
    ] {
        let shown = |write: Write| {
            let owner = write.component.map(|component| component + ".").unwrap_or_default();
            format!("{owner}{}={}", write.name, write.value)
        };
        let written = model.write_property(path, value).map_or_else(|fault| format!("! {fault}"), shown);
        assert!(
            if expected.starts_with('!') { written.starts_with(expected) } else { written == expected },
            "{path}: {written}"
        );
    }
    let fault = model.write_cloud_property("fanSpeed", "1").unwrap_err().to_string();
    assert_eq!(fault, "path: is a writable property, not a cloud property");
    let cloud = [model.write_cloud_property("customer", "\"c\""), model.write_cloud_property("fan.vendor", "\"v\"")];
    let cloud: Vec<Write> = cloud.into_iter().map(Result::unwrap).collect();
    assert_eq!(merge_body(&cloud, true).unwrap(), r#"{"tags":{"customer":"c","fan":{"vendor":"v"}}}"#);
}

#[test]
fn entries_of_one_job_become_one_change() {
    let model = model();
    let write = |(path, value): (&str, &str)| model.write_property(path, value).unwrap();
    let writes: Vec<_> = [("fan.speed", "1"), ("fanSpeed", "2"), ("spare.speed", "3")].map(write).into();
    assert_eq!(
        merge_body(&writes, false).unwrap(),
        r#"{"properties":{"desired":{"fan":{"__t":"c","speed":1},"fanSpeed":2,"spare":{"__t":"c","speed":3}}}}"#
    );
    let twice: Vec<_> = [("fan.speed", "1"), ("spare.speed", "1"), ("fan.speed", "2")].map(write).into();
    assert_eq!(merge_body(&twice, false).unwrap_err().to_string(), "fan.speed: is set twice");
}

#[test]
fn commands_take_what_they_declare() {
    let model = model();
    for (path, value, expected) in [
        ("reboot", None, "reboot -"),
        ("reboot", Some("null"), "reboot -"),
        ("reboot", Some("1"), "! value: the command takes no request"),
        ("report", Some("\"2021-06-15T05:00:00.000Z\""), "report \"2021-06-15T05:00:00.000Z\""),
        ("report", Some("\"yesterday\""), "! value: must be a date and time"),
        ("report", Some(" null "), "report -"),
        ("fan.spin", Some("\"3\""), "fan*spin 3"),
        ("fanSpeed", Some("3"), "! path: is a writable property, not a command"),
        ("fan.fly", None, "! path: the template has no capability \"fly\" in \"fan\""),
        ("camera.zoom", None, "! path: lies in an edge module"),
    ] {
        let called = model.call(path, value);
        let called = called.map(|(name, payload)| format!("{name} {}", payload.as_deref().unwrap_or("-")));
        let called = called.unwrap_or_else(|fault| format!("! {fault}"));
        assert!(called.starts_with(expected), "{path}: {called}");
    }
}

fn schemas() -> impl Strategy<Value = Schema> {
    let leaf = prop_oneof![
        Just(Schema::Boolean),
        Just(Schema::Double),
        Just(Schema::Float),
        Just(Schema::Integer),
        Just(Schema::Long),
        Just(Schema::String),
        Just(Schema::DateTime),
        Just(Schema::Geopoint),
        Just(Schema::IntegerEnum(vec![1, 2])),
        Just(Schema::StringEnum(vec!["1".to_owned(), "b".to_owned()])),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let fields = proptest::collection::btree_map("[a-c]", inner.clone(), 0..3).prop_map(|fields| {
            Schema::Object(fields.into_iter().map(|(name, schema)| Field { name, schema }).collect())
        });
        prop_oneof![
            fields,
            inner.clone().prop_map(|schema| Schema::Map(Box::new(schema))),
            inner.prop_map(|schema| Schema::Array(Box::new(schema))),
        ]
    })
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[0-9a-c.\"e-]{0,4}".prop_map(Value::from),
        Just(json!("true")),
        Just(json!({"lat": 1, "lon": "2"})),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            proptest::collection::btree_map("[a-c]", inner.clone(), 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
            proptest::collection::vec(inner, 0..3).prop_map(Value::Array),
        ]
    })
}

/// A value that fits, or nearly.
fn fitting(schema: &Schema) -> BoxedStrategy<Value> {
    let object = |members: Vec<(String, Value)>| Value::Object(members.into_iter().collect());
    if let Schema::Object(fields) = schema {
        let fields: Vec<_> = fields.iter().map(|field| (Just(field.name.clone()), fitting(&field.schema))).collect();
        fields.prop_map(object).boxed()
    } else if let Schema::Map(values) = schema {
        proptest::collection::vec(("[x-z]{1,2}", fitting(values)), 0..3).prop_map(object).boxed()
    } else if let Schema::Array(items) = schema {
        proptest::collection::vec(fitting(items), 0..3).prop_map(Value::Array).boxed()
    } else {
        prop_oneof![any::<i32>().prop_map(Value::from), any::<i32>().prop_map(|n| n.to_string().into()), values()]
            .boxed()
    }
}

proptest! {
    #[test]
    fn what_was_converted_converts_to_itself(
        (schema, value) in schemas().prop_flat_map(|schema| {
            let value = prop_oneof![fitting(&schema), values()];
            (Just(schema), value)
        })
    ) {
        if let Ok(converted) = schema.convert(&value.to_string()) {
            prop_assert!(serde_json::from_str::<Value>(&converted).is_ok(), "{}", converted);
            prop_assert_eq!(schema.convert(&converted), Ok(converted));
        }
    }

    #[test]
    fn no_text_is_too_strange(schema in schemas(), text in "[\\[\\]{}\":,a-c0-9. \\\\-]{0,20}") {
        let _ = schema.convert(&text);
    }

    #[test]
    fn no_template_is_too_strange(value in values()) {
        let _ = CapabilityModel::parse(&value);
        let model = json!({"@type": "Interface", "contents": [{"@type": "Property", "name": "x", "schema": value}]});
        let _ = CapabilityModel::parse(&model);
    }
}
