//! Templates and values by table.

mod documents;
mod models;
mod values;

use serde_json::{Value, json};

use super::CapabilityModel;

/// An edge device with a bit of everything.
fn cooler() -> Value {
    json!({
        "@id": "dtmi:acme:coolerModel;1",
        "@type": "Interface",
        "displayName": {"en": "Cooler", "de": "Kühler"},
        "contents": [
            {"@type": ["Telemetry", "Temperature"], "name": "temperature", "schema": "double", "unit": "degreeCelsius"},
            {"@type": ["Telemetry"], "name": "samples", "schema": {"@type": "Array", "elementSchema": "integer"}},
            {"@type": ["Property", "NumberValue"], "name": "fanSpeed", "schema": "integer", "writable": true,
             "minValue": 0, "maxValue": 100, "decimalPlaces": 2},
            {"@type": ["Property", "Initialized"], "name": "mode", "writable": true, "initialValue": "eco",
             "schema": {"@type": "Enum", "valueSchema": "string",
                        "enumValues": [{"name": "Eco", "enumValue": "eco"}, {"name": "Full", "enumValue": "full"}]}},
            {"@type": "Property", "name": "serial", "schema": "string"},
            {"@type": "Property", "name": "limits", "writable": true, "schema": {"@id": "dtmi:acme:limits;1",
             "@type": "Object", "fields": [{"name": "low", "schema": "double"}, {"name": "high", "schema": "double"}]}},
            {"@type": "Property", "name": "labels", "writable": true, "schema": {"@type": "Map",
             "mapKey": {"name": "label", "schema": "string"}, "mapValue": {"name": "text", "schema": "string"}}},
            {"@type": ["Cloud", "Property", "StringValue"], "name": "customer", "schema": "string"},
            {"@type": ["Property", "Cloud", "Initialized"], "name": "installed", "schema": "date",
             "initialValue": "2026-01-01"},
            {"@type": "Command", "name": "reboot"},
            {"@type": "Command", "name": "report", "durable": true,
             "request": {"name": "since", "schema": "dateTime"}, "response": {"name": "report", "schema": "geopoint"}},
            {"@type": "Component", "@id": "dtmi:acme:fan;1", "name": "fan", "displayName": "Fan", "schema": {
                "@id": "dtmi:acme:fanModel;1", "@type": "Interface", "contents": [
                    {"@type": ["Property", "Initialized"], "name": "speed", "schema": "double", "writable": true,
                     "initialValue": "100"},
                    {"@type": "Property", "name": "hours", "schema": "long"},
                    {"@type": ["Property", "Cloud"], "name": "vendor", "schema": "string"},
                    {"@type": "Command", "name": "spin", "request": {"name": "turns", "schema": "integer"}}]}},
            {"@type": "Component", "name": "spare", "schema": "dtmi:acme:fanModel;1"},
            {"@type": ["Relationship", "SemanticType/EdgeModule"], "name": "camera", "target": [{
                "@type": "Interface", "contents": [
                    {"@type": "Property", "name": "zoom", "schema": "double", "writable": true},
                    {"@type": "Component", "name": "lens", "schema": {"@type": "Interface", "contents": [
                        {"@type": "Property", "name": "focus", "schema": "double", "writable": true}]}}]}]},
            {"@type": "Relationship", "name": "standsIn"}
        ],
        "extends": [{
            "@type": "Interface",
            "contents": [{"@type": "Property", "name": "firmware", "schema": "string"}],
            "extends": {"@type": "Interface", "contents": [{"@type": "Telemetry", "name": "rssi", "schema": "float"}]}
        }]
    })
}

fn model() -> CapabilityModel {
    CapabilityModel::parse(&cooler()).unwrap()
}
