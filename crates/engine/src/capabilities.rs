//! What groups ask of templates and scheduled jobs, read from the records as they are kept.
// Each of these moves to its own subject once that has a type.

use bellwether_store::{PropertySection, Record, RecordKind, Records, StoreError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a template calls by a name.
pub(crate) enum Capability {
    Property(PropertySection),
    Telemetry,
    Command,
}

/// A template, as far as its capabilities are asked for.
#[derive(Serialize, Deserialize)]
pub(crate) struct TemplateProperties {
    id: String,
    body: Value,
}

impl Record for TemplateProperties {
    const KIND: RecordKind = RecordKind::DeviceTemplate;

    fn id(&self) -> &str {
        &self.id
    }
}

impl TemplateProperties {
    pub fn read(records: &Records<'_>, id: &str) -> Result<Option<TemplateProperties>, StoreError> {
        Ok(records.get::<TemplateProperties>(id)?.map(|stored| stored.record))
    }

    pub fn capability(&self, component: Option<&str>, name: &str) -> Option<Capability> {
        let model = self.body.get("capabilityModel")?;
        let interface = match component {
            None => model,
            Some(component) => find(model, component)?.get("schema")?,
        };
        let found = find(interface, name)?;
        let is = |kind: &str| match found.get("@type") {
            Some(Value::Array(kinds)) => kinds.iter().any(|one| one == kind),
            Some(one) => one == kind,
            None => false,
        };
        let property = |section| Some(Capability::Property(section));
        match () {
            () if is("Property") && is("Cloud") => property(PropertySection::Tags),
            () if is("Property") => property(PropertySection::Reported),
            () if is("Telemetry") => Some(Capability::Telemetry),
            () if is("Command") => Some(Capability::Command),
            () => None,
        }
    }
}

/// The content of this name, of the interface or of one that it extends.
fn find<'a>(interface: &'a Value, name: &str) -> Option<&'a Value> {
    let items = |member: &str| interface.get(member).and_then(Value::as_array).into_iter().flatten();
    let own = items("contents").find(|content| content.get("name").is_some_and(|own| own == name));
    own.or_else(|| items("extends").find_map(|base| find(base, name)))
}

#[derive(Serialize, Deserialize)]
struct GroupOf {
    id: String,
    group: String,
}

impl Record for GroupOf {
    const KIND: RecordKind = RecordKind::ScheduledJob;

    fn id(&self) -> &str {
        &self.id
    }
}

/// A scheduled job that refers to the group.
pub(crate) fn scheduled_job_of(records: &Records<'_>, group: &str) -> Result<Option<String>, StoreError> {
    let page = records.page::<GroupOf>(0, 1, |job| job.group == group)?;
    Ok(page.records.into_iter().next().map(|stored| stored.record.id))
}
