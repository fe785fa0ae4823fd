//! The twin as service clients see it (iot-hub §3.3).

use crate::identity::{Device, Presence};
use crate::json::{Members, ObjectWriter};

use super::meta::{Node, SectionMeta, TwinMeta};
use super::{Section, Twin};

/// The whole twin document of a device as JSON text.
pub fn document(device: &Device, presence: &Presence, twin: &Twin) -> String {
    let content = twin.tags.as_ref().map_or(0, String::len) + twin.desired.json.len() + twin.reported.json.len();
    let mut out = String::with_capacity(1024 + 3 * content);
    let mut doc = ObjectWriter::open(&mut out);
    doc.string("deviceId", device.id.as_str())
        .string("etag", &twin.etag_text())
        .string("deviceEtag", &device.etag_text())
        .string("status", device.status.as_str());
    if let Some(reason) = &device.status_reason {
        doc.string("statusReason", reason);
    }
    doc.time("statusUpdateTime", device.status_updated)
        .string("connectionState", presence.state())
        .time("lastActivityTime", presence.last_activity)
        .display("cloudToDeviceMessageCount", 0)
        .string("authenticationType", AUTHENTICATION_TYPE)
        .raw("x509Thumbprint", NO_THUMBPRINT)
        .string("modelId", &device.model_id)
        .display("version", twin.version);
    if let Some(tags) = &twin.tags {
        doc.raw("tags", tags);
    }
    properties(doc.key("properties"), twin);
    doc.raw("capabilities", device.capabilities());
    if let Some(scope) = &device.device_scope {
        doc.string("deviceScope", scope);
    }
    doc.close();
    out
}

/// How a device with symmetric keys names its authentication.
pub const AUTHENTICATION_TYPE: &str = "sas";
/// The thumbprints of an identity that has none.
pub const NO_THUMBPRINT: &str = r#"{"primaryThumbprint":null,"secondaryThumbprint":null}"#;

/// The member `properties` as JSON text: both sections with `$metadata` and `$version`.
pub fn properties(out: &mut String, twin: &Twin) {
    let meta = TwinMeta::decode(&twin.meta);
    let mut properties = ObjectWriter::open(out);
    section(properties.key("desired"), &twin.desired, &meta.desired, true);
    section(properties.key("reported"), &twin.reported, &meta.reported, false);
    properties.close();
}

/// One section with its `$metadata` and `$version`. Desired metadata also names the version that wrote each
/// node (`numbered`).
pub fn section(out: &mut String, section: &Section, meta: &SectionMeta, numbered: bool) {
    use std::fmt::Write;
    let content = section.json.strip_suffix('}').unwrap_or("{");
    out.push_str(content);
    if content.len() > 1 {
        out.push(',');
    }
    out.push_str("\"$metadata\":");
    metadata(out, section, meta, numbered);
    // Writing to a String cannot fail.
    let _ = write!(out, ",\"$version\":{}}}", section.version);
}

/// The `$metadata` of one section: a mirror of its objects, each node with `$lastUpdated`.
pub fn metadata(out: &mut String, section: &Section, meta: &SectionMeta, numbered: bool) {
    node(out, &section.json, Node::root(&meta.tree), meta, numbered);
}

fn node(out: &mut String, json: &str, tree: Node<'_>, meta: &SectionMeta, numbered: bool) {
    let mut object = ObjectWriter::open(out);
    object.time("$lastUpdated", meta.time_of(tree.version));
    if numbered {
        object.display("$lastUpdatedVersion", tree.version);
    }
    if json.starts_with('{') {
        let mut walk = tree.walk();
        for (key, value) in &Members::of(json).unwrap_or_default().0 {
            node(object.key(&key.0), value.get(), walk.next(), meta, numbered);
        }
    }
    object.close();
}
