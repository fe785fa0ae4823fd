//! Devices, their templates and organizations, and groups: how they are at first, and who is in a group by a plain
//! model of it.

use bellwether_engine::{DeviceChange, WhenAbsent};
use bellwether_model::DeviceSeq;
use bellwether_model::access::Scope;
use bellwether_model::group::DeviceGroupChange;
use bellwether_model::identity::{IfMatch, Status};
use bellwether_model::organization::Organization;
use bellwether_model::template::DeviceTemplate;
use bellwether_model::twin::TwinChange;
use bellwether_store::{Records, StoreError};
use serde_json::{Value, json};

use crate::simulation::{Habit, Sim, device_id};

pub const DEVICES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
pub const TEMPLATES: [&str; 2] = ["dtmi:sim:pump;1", "dtmi:sim:fan;1"];
/// With their parents.
pub const ORGANIZATIONS: [(&str, Option<&str>); 3] = [("north", None), ("lab", Some("north")), ("south", None)];
pub const GROUPS: [&str; 3] = ["everybody", "pumps", "first"];
pub const FLOORS: [i64; 2] = [1, 2];

/// In the order of [`GROUPS`]; `None` is one that was deleted.
pub type Groups = [Option<Group>; GROUPS.len()];

/// A group as it was last written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    /// The template, and the value of `floor`; `None` is every device that has a template.
    pub filter: Option<(&'static str, Option<i64>)>,
    pub organization: Option<&'static str>,
}

impl Group {
    fn text(&self) -> String {
        match self.filter {
            None => "SELECT * FROM devices".to_owned(),
            Some((template, None)) => format!("SELECT * FROM {template}"),
            Some((template, Some(floor))) => format!("SELECT * FROM {template} WHERE floor = {floor}"),
        }
    }

    /// Is the device in the group?
    pub fn holds(&self, device: &Device) -> bool {
        let fits = match self.filter {
            None => device.template.is_some(),
            Some((template, floor)) => {
                device.template.as_deref() == Some(template) && (floor.is_none() || device.floor == floor)
            }
        };
        fits && is_within(device.organization.as_deref(), self.organization)
    }

    /// The organization of a job over the group that names this one; the outer `None` is a job that is refused.
    pub fn organization_of_job(&self, named: Option<&'static str>) -> Option<Option<&'static str>> {
        let Some(named) = named else { return Some(self.organization) };
        let meets = is_within(Some(named), self.organization) || is_within(self.organization, Some(named));
        meets.then_some(Some(named))
    }
}

/// Is an organization (`None`: the root) this one or below it?
pub fn is_within(organization: Option<&str>, of: Option<&str>) -> bool {
    let Some(of) = of else { return true };
    let parent_of = |id: &str| ORGANIZATIONS.iter().find(|(other, _)| *other == id).and_then(|(_, parent)| *parent);
    organization.is_some_and(|id| id == of || is_within(parent_of(id), Some(of)))
}

/// A living device. Whatever changes it moves `etag` or `version`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    pub seq: DeviceSeq,
    pub etag: i64,
    pub enabled: bool,
    pub template: Option<String>,
    pub organization: Option<String>,
    /// Of the twin.
    pub version: i64,
    pub desired_version: i64,
    pub floor: Option<i64>,
}

/// Everything that decides which devices a job may have, at one time.
#[derive(Debug, Clone, Default)]
pub struct Fleet {
    /// In the order of [`DEVICES`].
    pub devices: Vec<Option<Device>>,
    pub groups: Groups,
}

impl Fleet {
    pub fn device(&self, seq: DeviceSeq) -> Option<&Device> {
        self.devices.iter().flatten().find(|device| device.seq == seq)
    }

    pub fn group(&self, id: &str) -> Option<Group> {
        self.groups[place(id)]
    }
}

/// A group's place in [`GROUPS`].
pub fn place(group: &str) -> usize {
    GROUPS.iter().position(|id| *id == group).unwrap()
}

/// Pumps but for one fan; organizations and floors differ. All but one are connected, and one is slow.
pub fn first_fleet(sim: &Sim) -> Groups {
    let change = |records: &Records<'_>| {
        for (id, parent) in ORGANIZATIONS {
            let parent = parent.map(str::to_owned);
            records.put(Organization { id: id.to_owned(), display_name: id.to_owned(), parent })?;
        }
        for id in TEMPLATES {
            records.put(template(id))?;
        }
        Ok(())
    };
    sim.block_on(sim.engine().store().change_records::<_, StoreError, _>(change)).unwrap();
    let organizations = [None, None, Some("north"), Some("lab"), Some("north"), Some("south")];
    for (n, id) in DEVICES.into_iter().enumerate() {
        create(sim, id, Some(TEMPLATES[usize::from(n == 5)]), organizations[n]);
        if n % 2 == 0 {
            write_floor(sim, id, FLOORS[0]);
        }
    }
    for id in &DEVICES[1..] {
        sim.connect(id);
    }
    sim.devices.set_habit(DeviceSeq(3), Habit::Answer(500, 3000));
    let groups = [
        Group { filter: None, organization: None },
        Group { filter: Some((TEMPLATES[0], None)), organization: Some("north") },
        Group { filter: Some((TEMPLATES[0], Some(FLOORS[0]))), organization: None },
    ];
    for (id, group) in GROUPS.into_iter().zip(&groups) {
        put_group(sim, id, group);
    }
    groups.map(Some)
}

/// Both templates model the same. A job's name is in the payload of its calls: a template has a command once for all.
fn template(id: &str) -> DeviceTemplate {
    let command = |name: &str| {
        json!({"@type": "Command", "name": name,
               "request": {"@type": "CommandPayload", "name": "job", "schema": "string"}})
    };
    let contents = [
        command("m"),
        command("second"),
        json!({"@type": "Property", "name": "level", "schema": "integer", "writable": true}),
        json!({"@type": ["Property", "Cloud"], "name": "floor", "schema": "integer"}),
    ];
    let model = json!({"@id": format!("{id}1"), "@type": "Interface", "contents": contents});
    let document = json!({"@type": ["ModelDefinition", "DeviceModel"], "capabilityModel": model});
    DeviceTemplate::new(id, document).unwrap().0
}

pub fn create(sim: &Sim, id: &str, template: Option<&str>, organization: Option<&str>) {
    let change = DeviceChange {
        template: Some(template.map(str::to_owned)),
        organization: Some(organization.map(str::to_owned)),
        ..DeviceChange::default()
    };
    write(sim, id, change, WhenAbsent::Create);
}

/// Changes a device that is there.
pub fn change(sim: &Sim, id: &str, change: DeviceChange) {
    write(sim, id, change, WhenAbsent::Refuse);
}

fn write(sim: &Sim, id: &str, change: DeviceChange, when_absent: WhenAbsent) {
    let id = device_id(id);
    let write = sim.engine().write_device(&id, change, when_absent, IfMatch::Any, Scope::Everything);
    sim.block_on(write).unwrap();
}

pub fn write_floor(sim: &Sim, id: &str, floor: i64) {
    let change = TwinChange::merge_from_body(&format!(r#"{{"tags":{{"floor":{floor}}}}}"#)).unwrap();
    sim.block_on(sim.engine().change_twin(&device_id(id), &Scope::Everything, change, IfMatch::Any)).unwrap();
}

pub fn put_group(sim: &Sim, id: &str, group: &Group) {
    let change = DeviceGroupChange {
        display_name: Some(Some(id.to_owned())),
        description: None,
        filter: Some(Some(group.text())),
        organization: Some(group.organization.map(str::to_owned)),
    };
    let put = sim.engine().put_group(id.parse().unwrap(), change, IfMatch::Any, Scope::Everything);
    sim.block_on(put).unwrap();
}

/// The living devices as the store has them.
pub fn devices(sim: &Sim) -> Vec<Option<Device>> {
    let found = DEVICES.map(|id| sim.block_on(sim.engine().store().twin(&device_id(id))).unwrap());
    let device = |(device, twin): (bellwether_model::identity::Device, bellwether_model::twin::Twin)| {
        let tags: Value = twin.tags.map_or(Value::Null, |tags| serde_json::from_str(&tags).unwrap());
        Device {
            seq: device.seq,
            etag: device.etag,
            enabled: device.status == Status::Enabled,
            template: device.profile.template,
            organization: device.profile.organization,
            version: twin.version,
            desired_version: twin.desired.version,
            floor: tags["floor"].as_i64(),
        }
    };
    found.into_iter().map(|found| found.map(device)).collect()
}
