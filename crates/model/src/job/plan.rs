//! From what an IoT Central client wrote to what is done on each device (iot-central §3.3, §5.2).
//!
//! * All entries of a job are of one type.
//! * Properties become one change of desired properties, cloud properties one change of tags: a device gets all of
//!   a job's values at once, or none. A path stands in a job once: of two values for it one would be lost.
//! * Commands become calls in the order of the entries.
//! * Every `target` is a template that a device must have; a device with another one fails.
//! * Values are checked against the template and typed by it; the job shows them as they came.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Action, JobData};
use crate::json::RawJson;
use crate::method::MethodCall;
use crate::template::{CapabilityModel, Fault, Write, merge_body};

/// Seconds that a device has to answer a command of a job (iot-central §5.2).
pub const COMMAND_RESPONSE_SECONDS: u16 = 30;
/// Entries that one job may have.
pub const ENTRIES_MAX: usize = 100;

/// What a Central job does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// On each device.
    pub action: Action,
    /// The templates that a device must have.
    pub templates: Vec<String>,
}

impl JobData {
    /// The wire's word for the type, in the newest spelling.
    pub fn type_name(&self) -> &'static str {
        match self {
            JobData::Property { .. } => "property",
            JobData::Command { .. } => "command",
            JobData::CloudProperty { .. } => "cloudProperty",
            JobData::DeviceTemplateMigration { .. } => "deviceTemplateMigration",
        }
    }

    /// The template that the entry names, and the member that names it.
    pub fn template(&self) -> (&'static str, &str) {
        match self {
            JobData::Property { target, .. }
            | JobData::Command { target, .. }
            | JobData::CloudProperty { target, .. } => ("target", target),
            JobData::DeviceTemplateMigration { template } => ("template", template),
        }
    }
}

/// Works out what a job's `data` does. `models` holds the models of the templates that exist, of those that
/// `data` names.
///
/// # Errors
/// The first entry that breaks a rule; the fault's path begins with `data`.
pub fn plan(data: &[JobData], models: &BTreeMap<String, Arc<CapabilityModel>>) -> Result<Plan, Fault> {
    let Some(first) = data.first() else { return Err(Fault::new("must have at least one entry").under("data")) };
    if data.len() > ENTRIES_MAX {
        return Err(Fault::new(format!("may have at most {ENTRIES_MAX} entries")).under("data"));
    }
    let (work, faults) = Work::of(data.iter().enumerate(), first, models);
    if let Some(fault) = faults.into_iter().next() {
        return Err(fault);
    }
    let mut templates: Vec<String> = match first {
        JobData::DeviceTemplateMigration { .. } => Vec::new(),
        JobData::Property { .. } | JobData::Command { .. } | JobData::CloudProperty { .. } => {
            data.iter().map(|entry| entry.template().1.to_owned()).collect()
        }
    };
    templates.sort_unstable();
    templates.dedup();
    let action = match first {
        JobData::Property { .. } => Action::UpdateTwin(merge_body(&work.writes, false)?),
        JobData::CloudProperty { .. } => Action::UpdateTwin(merge_body(&work.writes, true)?),
        JobData::Command { .. } => Action::InvokeMethods(work.calls),
        JobData::DeviceTemplateMigration { template } => Action::SetTemplate(template.clone()),
    };
    Ok(Plan { action, templates })
}

/// Everything that is wrong with entries of a job's `data`, each with its place: what [`plan`] would say, entry by entry.
/// Entries that could not be read are missing.
pub fn faults(data: &[(usize, JobData)], models: &BTreeMap<String, Arc<CapabilityModel>>) -> Vec<Fault> {
    let Some((_, first)) = data.first() else { return Vec::new() };
    if data.len() > ENTRIES_MAX {
        return vec![Fault::new(format!("may have at most {ENTRIES_MAX} entries")).under("data")];
    }
    Work::of(data.iter().map(|(index, entry)| (*index, entry)), first, models).1
}

/// What the entries so far come to.
#[derive(Default)]
struct Work {
    writes: Vec<Write>,
    calls: Vec<MethodCall>,
    migrations: usize,
}

impl Work {
    /// What entries come to, and what is wrong with them.
    fn of<'d>(
        data: impl Iterator<Item = (usize, &'d JobData)>,
        first: &JobData,
        models: &BTreeMap<String, Arc<CapabilityModel>>,
    ) -> (Work, Vec<Fault>) {
        let (mut work, mut faults) = (Work::default(), Vec::new());
        for (index, entry) in data {
            let added = if entry.type_name() == first.type_name() {
                work.add(entry, models)
            } else {
                let rule = format!("all entries of a job have the same type, and the first is {}", first.type_name());
                Err(Fault::new(rule).under("type"))
            };
            faults.extend(added.err().map(|fault| fault.at(index).under("data")));
        }
        (work, faults)
    }

    fn add(&mut self, entry: &JobData, models: &BTreeMap<String, Arc<CapabilityModel>>) -> Result<(), Fault> {
        let (member, template) = entry.template();
        let model = models
            .get(template)
            .ok_or_else(|| Fault::new(format!("there is no device template {template:?}")).under(member))?;
        match entry {
            JobData::DeviceTemplateMigration { .. } => {
                self.migrations += 1;
                if self.migrations > 1 {
                    return Err(Fault::new("a device moves to one template: give one entry"));
                }
                Ok(())
            }
            JobData::Property { path, value, .. } => self.set(model.write_property(path, given(value)?)?),
            JobData::CloudProperty { path, value, .. } => self.set(model.write_cloud_property(path, given(value)?)?),
            JobData::Command { path, value, .. } => self.call(model, path, value.as_ref()),
        }
    }

    fn set(&mut self, write: Write) -> Result<(), Fault> {
        let same = |other: &Write| (&other.component, &other.name) == (&write.component, &write.name);
        if self.writes.iter().any(same) {
            return Err(Fault::new("is set by an earlier entry of this job").under("path"));
        }
        self.writes.push(write);
        Ok(())
    }

    fn call(&mut self, model: &CapabilityModel, path: &str, value: Option<&RawJson>) -> Result<(), Fault> {
        let (name, payload) = model.call(path, value.map(RawJson::as_str))?;
        if model.resolve(path)?.capability.command().is_some_and(|command| command.durable) {
            let rule = "is a command that is queued while a device is offline; such messages are not served yet";
            return Err(Fault::new(rule).under("path"));
        }
        let call = MethodCall::new(name, payload.as_deref().unwrap_or("null"), COMMAND_RESPONSE_SECONDS);
        self.calls.push(call.map_err(|error| Fault::new(error.to_string()).under("value"))?);
        Ok(())
    }
}

/// A property's new value. It is never taken away by a job: `null` is refused (iot-central §17 (19)).
fn given(value: &Option<RawJson>) -> Result<&str, Fault> {
    let value = value.as_ref().map(RawJson::as_str).filter(|value| *value != "null");
    value.ok_or_else(|| Fault::new("must be given, and not null").under("value"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn models() -> BTreeMap<String, Arc<CapabilityModel>> {
        let model = json!({
            "@id": "dtmi:acme:cooler;2", "@type": "Interface",
            "contents": [
                {"@type": "Property", "name": "target", "schema": "double", "writable": true},
                {"@type": "Property", "name": "serial", "schema": "string"},
                {"@type": ["Property", "Cloud"], "name": "customer", "schema": "string"},
                {"@type": "Telemetry", "name": "temperature", "schema": "double"},
                {"@type": "Command", "name": "reboot"},
                {"@type": "Command", "name": "report", "request": {"@type": "CommandPayload", "name": "since", "schema": "dateTime"}},
                {"@type": "Command", "name": "later", "durable": true},
                {"@type": "Component", "name": "fan", "schema": {"@id": "dtmi:acme:fan;1", "@type": "Interface", "contents": [
                    {"@type": "Property", "name": "speed", "schema": "integer", "writable": true},
                    {"@type": ["Property", "Cloud"], "name": "fitted", "schema": "date"},
                    {"@type": "Command", "name": "stop"}
                ]}}
            ]
        });
        let model = Arc::new(CapabilityModel::parse(&model).unwrap());
        [("dtmi:acme:cooler;2", &model), ("urn:acme:old", &model)].map(|(id, m)| (id.to_owned(), Arc::clone(m))).into()
    }

    fn raw(text: &str) -> Option<RawJson> {
        (!text.is_empty()).then(|| RawJson::parse(text).unwrap())
    }

    /// An entry for the template `cooler`; `""` is no value.
    fn entry(kind: &str, path: &str, value: &str) -> JobData {
        let (target, path, value) = ("dtmi:acme:cooler;2".to_owned(), path.to_owned(), raw(value));
        match kind {
            "property" => JobData::Property { target, path, value },
            "cloudProperty" => JobData::CloudProperty { target, path, value },
            "command" => JobData::Command { target, path, value },
            other => JobData::DeviceTemplateMigration { template: other.to_owned() },
        }
    }

    fn made(data: &[JobData]) -> Result<String, String> {
        let plan = plan(data, &models()).map_err(|fault| fault.to_string())?;
        let action = match plan.action {
            Action::UpdateTwin(body) => body,
            Action::InvokeMethods(calls) => {
                calls.iter().map(|call| format!("{}({})", call.name, call.payload)).collect::<Vec<_>>().join(" ")
            }
            Action::SetTemplate(template) => format!("to {template}"),
        };
        Ok(format!("{action} on {}", plan.templates.join(" ")))
    }

    #[test]
    fn actions() {
        let cases: [(&[JobData], &str); 7] = [
            (
                &[entry("property", "target", "\"56\"")],
                r#"{"properties":{"desired":{"target":56}}} on dtmi:acme:cooler;2"#,
            ),
            (
                &[entry("property", "fan.speed", "40"), entry("property", "target", "1.50")],
                r#"{"properties":{"desired":{"fan":{"__t":"c","speed":40},"target":1.50}}} on dtmi:acme:cooler;2"#,
            ),
            (
                &[
                    entry("cloudProperty", "customer", "\"Contoso\""),
                    entry("cloudProperty", "fan.fitted", "\"2026-11-21\""),
                ],
                r#"{"tags":{"customer":"Contoso","fan":{"fitted":"2026-11-21"}}} on dtmi:acme:cooler;2"#,
            ),
            (&[entry("command", "reboot", "")], "reboot(null) on dtmi:acme:cooler;2"),
            (
                &[entry("command", "fan.stop", "null"), entry("command", "report", "\"2021-06-15T05:00:00.000Z\"")],
                r#"fan*stop(null) report("2021-06-15T05:00:00.000Z") on dtmi:acme:cooler;2"#,
            ),
            (&[entry("urn:acme:old", "", "")], "to urn:acme:old on "),
            (
                &[
                    JobData::Command { target: "urn:acme:old".to_owned(), path: "reboot".to_owned(), value: None },
                    entry("command", "reboot", ""),
                ],
                "reboot(null) reboot(null) on dtmi:acme:cooler;2 urn:acme:old",
            ),
        ];
        for (data, expected) in cases {
            assert_eq!(made(data).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn every_fault_is_found() {
        let data = [
            (0, entry("property", "target", "\"warm\"")),
            (2, entry("property", "serial", "\"x\"")),
            (3, entry("property", "target", "1")),
            (4, entry("command", "reboot", "")),
        ];
        let paths: Vec<String> = faults(&data, &models()).into_iter().map(|fault| fault.path).collect();
        assert_eq!(paths, ["data[0].value", "data[2].path", "data[4].type"]);
        assert_eq!(faults(&data[2..3], &models()), []);
    }

    #[test]
    fn refusals() {
        let cases: [(&[JobData], &str); 14] = [
            (&[], "data: "),
            (&[entry("property", "target", "1"), entry("command", "reboot", "")], "data[1].type: "),
            (&[entry("property", "target", "1"), entry("property", "target", "2")], "data[1].path: "),
            (&[entry("property", "target", "\"warm\"")], "data[0].value: "),
            (&[entry("property", "target", "null")], "data[0].value: "),
            (&[entry("property", "target", "")], "data[0].value: "),
            (&[entry("property", "serial", "\"x\"")], "data[0].path: "),
            (&[entry("property", "customer", "\"x\"")], "data[0].path: "),
            (&[entry("cloudProperty", "target", "1")], "data[0].path: "),
            (&[entry("property", "nothing.speed", "1")], "data[0].path: "),
            (&[entry("command", "target", "1")], "data[0].path: "),
            (&[entry("command", "reboot", "1")], "data[0].value: "),
            (&[entry("command", "later", "")], "data[0].path: "),
            (&[entry("dtmi:no:such;1", "", "")], "data[0].template: "),
        ];
        for (data, expected) in cases {
            let refusal = made(data).expect_err(expected);
            assert!(refusal.starts_with(expected), "{refusal} for {expected}");
        }
    }
}
