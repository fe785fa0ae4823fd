//! Device groups: their rules, who is in them, and when they are broken.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod simulation;

use bellwether_engine::{GroupError, Settings};
use bellwether_model::DeviceSeq;
use bellwether_model::access::Scope;
use bellwether_model::group::{DeviceGroup, DeviceGroupChange};
use bellwether_model::identity::{DeviceProfile, DeviceSettings, IfMatch, Keys, SymmetricKey};
use bellwether_model::job::{Delivery, JobData};
use bellwether_model::organization::Organization;
use bellwether_model::schedule::{Definition, End, Recurrence, Schedule, ScheduledJob, Zone};
use bellwether_model::template::DeviceTemplate;
use bellwether_model::twin::TwinChange;
use bellwether_store::{NewDevice, Record, StoreError, Stored};
use serde_json::{Value, json};
use simulation::Sim;

const COOLER: &str = "dtmi:acme:cooler;1";

/// A scheduled job over the group.
fn scheduled(group: &str) -> ScheduledJob {
    let start = "2030-01-01T00:00:00Z".parse().unwrap();
    let definition = Definition {
        display_name: None,
        description: None,
        group: group.to_owned(),
        delivery: Delivery::default(),
        data: vec![JobData::DeviceTemplateMigration { template: COOLER.to_owned() }],
        organization: None,
        schedule: Schedule::new(start, Recurrence::Daily, End::Never, Zone::UTC).unwrap(),
        enabled: true,
    };
    ScheduledJob::new("nightly".parse().unwrap(), definition, "token:ops".to_owned(), start)
}

struct Bed(Sim);

impl Bed {
    /// Organizations `eu` with `de` below it, and `us`; a template; devices in each.
    fn new() -> Bed {
        let bed = Bed(Sim::new(Settings::default()));
        for (id, parent) in [("eu", None), ("de", Some("eu")), ("us", None)] {
            let parent = parent.map(str::to_owned);
            bed.keep(Organization { id: id.to_owned(), display_name: id.to_owned(), parent });
        }
        bed.put_template(&["temperature"]);
        for (id, organization, floor) in
            [("r", None, 1), ("e", Some("eu"), 1), ("d", Some("de"), 2), ("u", Some("us"), 2)]
        {
            bed.device(id, organization, floor);
        }
        bed
    }

    fn keep<R: Record>(&self, record: R) -> Stored<R> {
        let keep = |records: &bellwether_store::Records<'_>| records.put(record);
        self.0.block_on(self.0.engine().store().change_records::<_, StoreError, _>(keep)).unwrap()
    }

    /// The template with these device properties beside its cloud property, telemetry and command.
    fn put_template(&self, properties: &[&str]) {
        let property = |name: &&str| json!({"@type": "Property", "name": name, "schema": "double"});
        let mut contents: Vec<Value> = properties.iter().map(property).collect();
        contents.push(json!({"@type": ["Property", "Cloud"], "name": "floor", "schema": "integer"}));
        contents.push(json!({"@type": ["Telemetry", "Humidity"], "name": "humidity", "schema": "double"}));
        contents.push(json!({"@type": "Command", "name": "reboot"}));
        let fan = json!({"@id": "dtmi:acme:fan;1", "@type": "Interface", "contents": [{"@type": "Property", "name": "speed", "schema": "double"}]});
        contents.push(json!({"@type": "Component", "name": "fan", "schema": fan}));
        let model = json!({"@id": "dtmi:acme:c;1", "@type": "Interface", "contents": contents});
        let document = json!({"@type": ["ModelDefinition", "DeviceModel"], "capabilityModel": model});
        self.keep(DeviceTemplate::new(COOLER, document).unwrap().0);
    }

    fn device(&self, id: &str, organization: Option<&str>, floor: i64) {
        let key = SymmetricKey::from_bytes(&[1; 32]);
        let new = NewDevice {
            id: id.parse().unwrap(),
            settings: DeviceSettings::default(),
            profile: DeviceProfile {
                template: Some(COOLER.to_owned()),
                organization: organization.map(str::to_owned),
                ..DeviceProfile::default()
            },
            fresh_keys: Keys { primary: key.clone(), secondary: key },
        };
        let now = self.0.now();
        self.0.block_on(self.0.engine().store().create_device(new, now)).unwrap();
        let tags = TwinChange::merge_from_body(&format!(r#"{{"tags":{{"floor":{floor}}}}}"#)).unwrap();
        self.0
            .block_on(self.0.engine().change_twin(&id.parse().unwrap(), &Scope::Everything, tags, IfMatch::Any))
            .unwrap();
    }

    fn put(&self, id: &str, change: DeviceGroupChange, scope: &Scope) -> Result<Stored<DeviceGroup>, GroupError> {
        let put = self.0.engine().put_group(id.parse().unwrap(), change, IfMatch::Any, scope.clone());
        self.0.block_on(put)
    }

    fn delete(&self, id: &str, if_match: IfMatch, scope: &Scope) -> Result<(), GroupError> {
        self.0.block_on(self.0.engine().delete_group(id.parse().unwrap(), if_match, scope.clone()))
    }

    /// The group's devices in `scope`, and how many a job of `organization` would have.
    fn members(&self, id: &str, scope: Scope, organization: Option<&str>) -> Result<(String, u64), GroupError> {
        let page = self.0.block_on(self.0.engine().group_devices(id, scope, DeviceSeq(0), 100))?;
        let ids: Vec<&str> = page.devices.iter().map(|device| device.id.as_str()).collect();
        let targets = self.0.block_on(self.0.engine().group_members(id, organization))?;
        Ok((ids.join(" "), targets.devices()))
    }
}

fn group(filter: &str, organization: Option<&str>) -> DeviceGroupChange {
    DeviceGroupChange {
        display_name: Some(Some("Group".to_owned())),
        description: None,
        filter: Some(Some(filter.to_owned())),
        organization: Some(organization.map(str::to_owned)),
    }
}

fn within(ids: &[&str]) -> Scope {
    Scope::Within(ids.iter().map(|&id| id.to_owned()).collect())
}

#[test]
fn members_are_of_the_group_s_organization_and_below() {
    let bed = Bed::new();
    let all = "SELECT * FROM devices";
    for (id, organization) in [("root", None), ("eu", Some("eu")), ("de", Some("de"))] {
        bed.put(id, group(all, organization), &Scope::Everything).unwrap();
    }
    bed.put("low", group("SELECT * FROM dtmi:acme:cooler;1 WHERE floor = 1", None), &Scope::Everything).unwrap();
    for (id, scope, organization, devices, targets) in [
        ("root", Scope::Everything, None, "r e d u", 4),
        ("root", Scope::Everything, Some("eu"), "r e d u", 2),
        ("eu", Scope::Everything, None, "e d", 2),
        ("eu", within(&["eu"]), Some("us"), "e", 0),
        ("de", within(&["de"]), Some("eu"), "d", 1),
        ("low", Scope::Everything, Some("de"), "r e", 0),
    ] {
        let found = bed.members(id, scope.clone(), organization).unwrap();
        assert_eq!(found, (devices.to_owned(), targets), "{id} {scope:?} {organization:?}");
    }
    for (id, scope) in [("eu", within(&["us"])), ("root", within(&["eu"])), ("none", Scope::Everything)] {
        assert!(matches!(bed.members(id, scope, None), Err(GroupError::NotFound)), "{id}");
    }
}

#[test]
fn what_a_group_must_be() {
    let bed = Bed::new();
    let cooler = |condition: &str| format!("SELECT * FROM devices WHERE $template = \"{COOLER}\" AND {condition}");
    for condition in ["floor = 1", "temperature > 1", "fan.speed != 0", "$provisioned = true"] {
        bed.put("g", group(&cooler(condition), None), &Scope::Everything).unwrap();
    }
    for (filter, reason) in [
        ("SELECT * FROM devices WHERE floor = 1".to_owned(), "floor is a property of some template"),
        ("SELECT * FROM dtmi:acme:other;1".to_owned(), "there is no device template dtmi:acme:other;1"),
        (cooler("ghost = 1"), "ghost is no property of dtmi:acme:cooler;1"),
        (cooler("fan.ghost = 1"), "fan.ghost is no property"),
        (cooler("speed = 1"), "speed is no property"),
        (cooler("humidity > 50"), "humidity is telemetry"),
        (cooler("reboot = 1"), "reboot is a command"),
    ] {
        let error = bed.put("g", group(&filter, None), &Scope::Everything).unwrap_err();
        assert!(matches!(error, GroupError::Invalid(_)), "{filter}: {error:?}");
        assert!(error.to_string().contains(reason), "{filter}: {error}");
    }
    let error = bed.put("g", group("SELECT id FROM devices", None), &Scope::Everything).unwrap_err();
    assert!(matches!(error, GroupError::Filter(_)), "{error:?}");
    let all = "SELECT * FROM devices";
    for (organization, scope, reason) in [
        (Some("asia"), Scope::Everything, "organizations there is no organization asia"),
        (Some("us"), within(&["eu"]), "organizations there is no organization us"),
        (None, within(&["eu"]), "organizations must name one of your organizations"),
    ] {
        let error = bed.put("new", group(all, organization), &scope).unwrap_err();
        assert_eq!(error.to_string(), reason);
    }
    // Somebody else's group cannot be taken over, nor is it told that it is there.
    let error = bed.put("g", group(all, Some("eu")), &within(&["eu"])).unwrap_err();
    assert!(matches!(error, GroupError::NotFound), "{error:?}");
    let standing = bed.0.block_on(bed.0.engine().store().record::<DeviceGroup>("g")).unwrap().unwrap();
    assert_eq!(standing.record.filter, cooler("$provisioned = true"), "what was refused changed nothing");
}

#[test]
fn a_broken_group_says_why_and_can_be_repaired() {
    let bed = Bed::new();
    let filter = format!("SELECT * FROM {COOLER} WHERE temperature > 0");
    bed.put("g", group(&filter, Some("eu")), &Scope::Everything).unwrap();
    assert!(bed.members("g", Scope::Everything, None).is_ok());
    bed.put_template(&["warmth"]);
    let reason = "the device group is broken: temperature is no property of dtmi:acme:cooler;1; \
                  a device group filter can only reference properties";
    assert_eq!(bed.members("g", Scope::Everything, None).unwrap_err().to_string(), reason);
    // Its name may change, its filter only to one that is right.
    let rename = DeviceGroupChange { filter: None, ..group("", Some("eu")) };
    bed.put("g", rename, &Scope::Everything).unwrap();
    let other = group(&format!("{filter} AND floor = 1"), Some("eu"));
    assert!(matches!(bed.put("g", other, &Scope::Everything), Err(GroupError::Invalid(_))));
    bed.put("g", group(&format!("SELECT * FROM {COOLER}"), Some("eu")), &Scope::Everything).unwrap();
    assert_eq!(bed.members("g", Scope::Everything, None).unwrap(), ("e d".to_owned(), 2));
    let gone = |records: &bellwether_store::Records<'_>| records.delete::<Organization>("eu");
    bed.0.block_on(bed.0.engine().store().change_records::<_, StoreError, _>(gone)).unwrap();
    let error = bed.members("g", Scope::Everything, None).unwrap_err();
    assert_eq!(error.to_string(), "the device group is broken: there is no organization eu any more");
}

#[test]
fn etags_and_deleting() {
    let bed = Bed::new();
    let all = "SELECT * FROM devices";
    let first = bed.put("g", group(all, None), &Scope::Everything).unwrap();
    let second = bed.put("g", group(all, None), &Scope::Everything).unwrap();
    assert_ne!(first.etag_text(), second.etag_text());
    let stale = IfMatch::OneOf(vec![first.etag_text()]);
    let patch = |if_match: &IfMatch| {
        let change = DeviceGroupChange { description: Some(Some("d".to_owned())), ..DeviceGroupChange::default() };
        let (id, if_match) = ("g".parse().unwrap(), if_match.clone());
        bed.0.block_on(bed.0.engine().patch_group(id, change, if_match, Scope::Everything))
    };
    assert!(matches!(patch(&stale), Err(GroupError::EtagMismatch(_))));
    let third = patch(&IfMatch::OneOf(vec![second.etag_text()])).unwrap();
    assert_eq!((third.record.description.as_deref(), third.record.filter.as_str()), (Some("d"), all));
    assert!(matches!(bed.delete("g", stale, &Scope::Everything), Err(GroupError::EtagMismatch(_))));
    assert!(matches!(bed.delete("g", IfMatch::Any, &within(&["eu"])), Err(GroupError::NotFound)));
    bed.keep(scheduled("g"));
    // A scheduled job of the root has no name for those within an organization.
    for (organization, scope, named) in [
        (None, Scope::Everything, "the scheduled job nightly"),
        (Some("eu"), within(&["eu"]), "a scheduled job of another organization"),
    ] {
        bed.put("g", group(all, organization), &Scope::Everything).unwrap();
        let error = bed.delete("g", IfMatch::Any, &scope).unwrap_err();
        assert!(matches!(&error, GroupError::InUse { scheduled_job } if scheduled_job == named), "{error:?}");
    }
    bed.keep(scheduled("other"));
    bed.delete("g", IfMatch::Any, &Scope::Everything).unwrap();
    assert!(matches!(bed.delete("g", IfMatch::Any, &Scope::Everything), Err(GroupError::NotFound)));
    assert!(matches!(patch(&IfMatch::Any), Err(GroupError::NotFound)));
    let nothing = bed.put("g", DeviceGroupChange::default(), &Scope::Everything).unwrap_err();
    assert_eq!(nothing.to_string(), "displayName is missing");
}
