//! Devices as IoT Central sees them: the members of a group, and what decides who is one.
//!
//! Only devices with a template take part: an unassigned device can be in no group (iot-central §5.1).

use std::borrow::Cow;
use std::sync::Arc;

use bellwether_model::DeviceSeq;
use bellwether_model::access::Scope;
use bellwether_model::identity::Device;
use bellwether_model::template::Acknowledged;
use bellwether_model::twin::meta::TwinMeta;
use bellwether_query::{Candidate, CentralDevice, GroupFilter, MemberPath, Metadata, Value};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, params};

use crate::devices::{DEVICE_COLUMNS, device_of};
use crate::targets::TargetList;
use crate::{Store, StoreError};

/// Where the values of a property stand in a device's twin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PropertySection {
    /// Tags: a cloud property. Only operators write it.
    Tags,
    /// Reported: a device property. Only the device writes it.
    Reported,
}

/// The properties that a selection reads. The template says where each stands, never the device: it cannot put
/// itself into a group by reporting a property that is called like a cloud property.
#[derive(Debug, Clone, Default)]
pub struct ModeledProperties(Vec<ModeledProperty>);

#[derive(Debug, Clone)]
struct ModeledProperty {
    component: Option<String>,
    name: String,
    section: PropertySection,
    path: MemberPath,
}

impl ModeledProperty {
    fn key(&self) -> (Option<&str>, &str) {
        (self.component.as_deref(), &self.name)
    }
}

impl ModeledProperties {
    /// Properties by component (`None`: of the device itself) and name.
    pub fn new<'n>(properties: impl IntoIterator<Item = (Option<&'n str>, &'n str, PropertySection)>) -> Self {
        let property = |(component, name, section): (Option<&'n str>, &'n str, _)| ModeledProperty {
            component: component.map(str::to_owned),
            name: name.to_owned(),
            section,
            path: MemberPath::new(component.into_iter().chain([name])),
        };
        let mut list: Vec<_> = properties.into_iter().map(property).collect();
        list.sort_by(|a, b| a.key().cmp(&b.key()));
        list.dedup_by(|a, b| a.key() == b.key());
        ModeledProperties(list)
    }

    fn get(&self, component: Option<&str>, name: &str) -> Option<&ModeledProperty> {
        let at = self.0.binary_search_by(|property| property.key().cmp(&(component, name))).ok()?;
        self.0.get(at)
    }

    fn reads(&self, section: PropertySection) -> bool {
        self.0.iter().any(|property| property.section == section)
    }
}

/// Which devices are members.
#[derive(Debug, Clone)]
pub struct MemberSelection {
    /// What they meet.
    pub filter: GroupFilter,
    /// Every property that the filter names; one that is missing here is undefined.
    pub properties: ModeledProperties,
    /// Where they belong.
    pub scope: Scope,
}

/// One page of members.
#[derive(Debug, Clone)]
pub struct MemberPage {
    /// In the order of creation.
    pub devices: Vec<Device>,
    /// There are more.
    pub more: bool,
}

impl Store {
    /// Selects the members, as a target list to freeze.
    pub async fn select_members(&self, selection: Arc<MemberSelection>) -> Result<TargetList, StoreError> {
        self.readers
            .select(move |connection| {
                let mut list = TargetList::default();
                visit_members(connection, &selection, DeviceSeq(0), &mut |device| {
                    list.push(device);
                    Ok(true)
                })?;
                Ok(list)
            })
            .await
    }

    /// The members after the device `after`, at most `limit`.
    pub async fn members(
        &self,
        selection: Arc<MemberSelection>,
        after: DeviceSeq,
        limit: usize,
    ) -> Result<MemberPage, StoreError> {
        self.read(move |connection| {
            let mut page = MemberPage { devices: Vec::new(), more: false };
            let sql = format!("SELECT {DEVICE_COLUMNS} FROM device WHERE seq = ?1");
            visit_members(connection, &selection, after, &mut |device| {
                page.more = page.devices.len() == limit;
                if !page.more {
                    let mut statement = connection.prepare_cached(&sql)?;
                    let mut rows = statement.query([device.0])?;
                    page.devices.extend(rows.next()?.map(device_of).transpose()?);
                }
                Ok(!page.more)
            })?;
            Ok(page)
        })
        .await
    }
}

/// Calls `visit` for the members after `after` in the order of their keys until it returns false.
fn visit_members(
    connection: &Connection,
    selection: &MemberSelection,
    after: DeviceSeq,
    visit: &mut dyn FnMut(DeviceSeq) -> Result<bool, StoreError>,
) -> Result<(), StoreError> {
    let look = Look {
        template: selection.filter.template(),
        scope: &selection.scope,
        properties: &selection.properties,
        timestamp: false,
    };
    look.visit(connection, after, &mut |row| if selection.filter.matches(row) { visit(row.seq) } else { Ok(true) })
}

/// Which devices to look at, and what to read of them.
pub(crate) struct Look<'l> {
    /// Only those of this template; `None` is of any.
    pub template: Option<&'l str>,
    /// Where they belong.
    pub scope: &'l Scope,
    /// What is read.
    pub properties: &'l ModeledProperties,
    /// Is [`CentralDevice::timestamp`] read?
    pub timestamp: bool,
}

impl Look<'_> {
    /// Calls `visit` for the devices after `after` in the order of their keys until it returns false.
    pub fn visit<E: From<StoreError> + From<rusqlite::Error>>(
        &self,
        connection: &Connection,
        after: DeviceSeq,
        visit: &mut dyn FnMut(&ModeledRow<'_>) -> Result<bool, E>,
    ) -> Result<(), E> {
        let tags = self.properties.reads(PropertySection::Tags);
        let reported = self.properties.reads(PropertySection::Reported);
        let column = |needed, name| if needed { name } else { "NULL" };
        let sql = format!(
            "SELECT device.seq, device.id, device.display_name, device.template, device.provisioned, device.simulated,
                    device.disabled, {}, {}, {}
             FROM device {} WHERE device.seq > ?1 AND device.deleted IS NULL AND device.template {}
             AND (?3 IS NULL OR device.organization IN (SELECT value FROM json_each(?3))) ORDER BY device.seq",
            column(tags, "twin.tags"),
            column(reported, "twin.reported"),
            column(self.timestamp, "twin.meta"),
            if tags || reported || self.timestamp { "JOIN twin USING (seq)" } else { "" },
            // One text for each shape, so that the planner sees that the template's index serves.
            if self.template.is_some() { "= ?2" } else { "IS NOT NULL AND ?2 IS NULL" },
        );
        let organizations = self.scope.organizations().map(serde_json::to_string).transpose();
        let organizations = organizations.map_err(StoreError::from)?;
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query(params![after.0, self.template, organizations])?;
        while let Some(row) = rows.next()? {
            if !visit(&ModeledRow { seq: DeviceSeq(row.get(0)?), row, properties: self.properties })? {
                break;
            }
        }
        Ok(())
    }
}

/// A device with the properties that somebody asked for.
pub(crate) struct ModeledRow<'a> {
    pub seq: DeviceSeq,
    row: &'a Row<'a>,
    properties: &'a ModeledProperties,
}

impl ModeledRow<'_> {
    fn text(&self, column: usize) -> Option<&str> {
        match self.row.get_ref(column) {
            Ok(ValueRef::Text(bytes)) => std::str::from_utf8(bytes).ok(),
            Ok(ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) | ValueRef::Blob(_)) | Err(_) => None,
        }
    }

    fn flag(&self, column: usize) -> Value<'_> {
        self.row.get::<_, bool>(column).map_or(Value::Undefined, Value::Bool)
    }
}

impl Candidate for ModeledRow<'_> {
    fn metadata(&self, field: Metadata) -> Value<'_> {
        match field {
            Metadata::Id => self.text(1).into(),
            Metadata::DisplayName => self.text(2).or_else(|| self.text(1)).into(),
            Metadata::Template => self.text(3).into(),
            Metadata::Provisioned => self.flag(4),
            Metadata::Simulated => self.flag(5),
            Metadata::Enabled => self.row.get::<_, bool>(6).map_or(Value::Undefined, |disabled| Value::Bool(!disabled)),
        }
    }

    fn capability(&self, component: Option<&str>, name: &str) -> Value<'_> {
        let Some(property) = self.properties.get(component, name) else { return Value::Undefined };
        let at = |column| self.text(column).map_or(Value::Undefined, |text| property.path.value(text));
        match property.section {
            PropertySection::Tags => at(7),
            PropertySection::Reported => {
                let value = at(8);
                // What a device acknowledges counts as the value itself (device-protocol §10).
                let Value::Json(Cow::Borrowed(text)) = value else { return value };
                Value::from_json(Acknowledged::read(text).value)
            }
        }
    }
}

impl CentralDevice for ModeledRow<'_> {
    fn timestamp(&self) -> Value<'_> {
        let Ok(ValueRef::Blob(meta)) = self.row.get_ref(9) else { return Value::Undefined };
        // Version 1 is the empty section that every device begins with.
        let reported = TwinMeta::decode(meta).reported.times.into_iter().rfind(|(version, _)| *version > 1);
        reported.map(|(_, time)| time.to_string()).into()
    }
}
