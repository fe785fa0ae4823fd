//! Who is a member of a group.

use bellwether_model::access::Scope;
use bellwether_query::GroupFilter;

use super::*;

const COOLER: &str = "dtmi:acme:cooler;1";

impl Bed {
    /// A device with what IoT Central knows of it, its tags and what it reported.
    async fn modeled(&self, id: &str, profile: DeviceProfile, tags: &str, reported: &str) -> DeviceSeq {
        let key = |byte| SymmetricKey::from_bytes(&[byte; 32]);
        let new = NewDevice {
            id: id.parse().unwrap(),
            settings: DeviceSettings::default(),
            profile,
            fresh_keys: Keys { primary: key(1), secondary: key(2) },
        };
        let device = self.store.create_device(new, NOW).await.unwrap().seq;
        self.patch(id, &format!(r#"{{"tags":{tags}}}"#)).await;
        let change = TwinChange::reported_from_device(reported.as_bytes()).unwrap();
        self.store.report(device, change, None, NOW).await.unwrap();
        device
    }

    /// The members' ids: as a target list, and page by page, which must be as many.
    async fn members(&self, selection: MemberSelection) -> Vec<String> {
        let selection = Arc::new(selection);
        let list = self.store.select_members(Arc::clone(&selection)).await.unwrap();
        let mut ids = Vec::new();
        let mut after = DeviceSeq(0);
        loop {
            let page = self.store.members(Arc::clone(&selection), after, 2).await.unwrap();
            assert!(page.devices.len() == 2 || !page.more, "a page with a successor is full");
            for device in page.devices {
                after = device.seq;
                ids.push(device.id.to_string());
            }
            if !page.more {
                break;
            }
        }
        assert_eq!(list.devices(), ids.len() as u64);
        ids
    }
}

fn profile(template: Option<&str>, organization: Option<&str>) -> DeviceProfile {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    DeviceProfile { template: owned(template), organization: owned(organization), ..DeviceProfile::default() }
}

fn selection(filter: &str, scope: Scope) -> MemberSelection {
    let properties = ModeledProperties::new([
        (None, "floor", PropertySection::Tags),
        (None, "temperature", PropertySection::Reported),
        (Some("fan"), "speed", PropertySection::Reported),
        (Some("fan"), "place", PropertySection::Tags),
    ]);
    MemberSelection { filter: GroupFilter::parse(filter).unwrap(), properties, scope }
}

async fn fleet() -> Bed {
    let bed = Bed::new(Mode::Inline);
    let named = DeviceProfile { display_name: Some("Ice".to_owned()), ..profile(Some(COOLER), None) };
    bed.modeled("c1", named, r#"{"floor":4}"#, r#"{"temperature":-3.50,"fan":{"__t":"c","speed":10}}"#).await;
    let acknowledged =
        r#"{"temperature":{"value":20,"ac":200,"av":1},"fan":{"__t":"c","speed":{"value":1,"ac":203,"av":0}}}"#;
    bed.modeled("c2", profile(Some(COOLER), Some("eu")), r#"{"floor":5,"fan":{"place":"roof"}}"#, acknowledged).await;
    // It reports what is a cloud property, and an operator tags it with what is a device property.
    bed.modeled("liar", profile(Some(COOLER), Some("de")), r#"{"temperature":20}"#, r#"{"floor":4}"#).await;
    let simulated = DeviceProfile { simulated: true, ..profile(Some("dtmi:acme:heater;1"), Some("us")) };
    bed.modeled("h1", simulated, "{}", r#"{"temperature":99}"#).await;
    bed.modeled("unassigned", profile(None, None), r#"{"floor":4}"#, r#"{"temperature":20}"#).await;
    bed.modeled("gone", profile(Some(COOLER), None), r#"{"floor":4}"#, "{}").await;
    bed.store.delete_device(&"gone".parse().unwrap(), IfMatch::Any, NOW).await.unwrap();
    bed
}

#[tokio::test]
async fn who_is_a_member() {
    let bed = fleet().await;
    for (condition, expected) in [
        ("", "c1 c2 liar h1"),
        ("WHERE $template = 'dtmi:acme:cooler;1'", "c1 c2 liar"),
        ("WHERE $template != 'dtmi:acme:cooler;1'", "h1"),
        ("WHERE $id = 'unassigned'", ""),
        ("WHERE $simulated = true OR $id = 'c1'", "c1 h1"),
        ("WHERE $enabled = true AND $provisioned = false", "c1 c2 liar h1"),
        ("WHERE $displayName = 'Ice'", "c1"),
        ("WHERE $displayName = 'c2'", "c2"),
        ("WHERE $template = \"dtmi:acme:cooler;1\" AND floor >= 4", "c1 c2"),
        ("WHERE temperature = 20", "c2"),
        ("WHERE temperature < 0", "c1"),
        ("WHERE fan.speed <= 10", "c1 c2"),
        ("WHERE fan.place = 'roof'", "c2"),
        ("WHERE fan.speed != 10", "c2"),
        ("WHERE ghost != 1", ""),
    ] {
        let found = bed.members(selection(&format!("SELECT * FROM devices {condition}"), Scope::Everything)).await;
        assert_eq!(found.join(" "), expected, "{condition}");
    }
    let found = bed.members(selection("SELECT * FROM dtmi:acme:cooler;1 WHERE floor = 4", Scope::Everything)).await;
    assert_eq!(found, ["c1"]);
}

#[tokio::test]
async fn where_a_member_belongs() {
    let bed = fleet().await;
    for (organizations, expected) in
        [(&["eu", "de"][..], "c2 liar"), (&["us"], "h1"), (&["de", "nowhere"], "liar"), (&[], "")]
    {
        let scope = Scope::Within(organizations.iter().map(|&id| id.to_owned()).collect());
        let found = bed.members(selection("SELECT * FROM devices", scope)).await;
        assert_eq!(found.join(" "), expected, "{organizations:?}");
    }
}

#[tokio::test]
async fn members_are_counted() {
    let bed = fleet().await;
    let everywhere = || Scope::Everything;
    let eu = Scope::Within(["eu".to_owned()].into());
    let connected = bed.store.device(&"c2".parse().unwrap()).await.unwrap().unwrap().seq;
    let live: LivePresence =
        Arc::new(move |device| (device == connected).then_some(Presence { connected: true, ..Presence::NEVER }));
    for (filter, scope, sample, expected) in [
        ("SELECT * FROM dtmi:acme:cooler;1 WHERE floor >= 4", everywhere(), 20, (2, 1, "c1 c2")),
        ("SELECT * FROM dtmi:acme:cooler;1", everywhere(), 1, (3, 1, "c1")),
        ("SELECT * FROM dtmi:acme:cooler;1", eu, 20, (1, 1, "c2")),
        ("SELECT * FROM devices WHERE $id = 'unassigned'", everywhere(), 20, (0, 0, "")),
        // As many as a count looks at.
        ("SELECT * FROM devices", everywhere(), 20, (4, 1, "c1 c2 liar h1")),
    ] {
        let selection = Arc::new(selection(filter, scope));
        let count = bed.store.count_members(selection, Arc::clone(&live), sample, Some(4)).await.unwrap();
        let ids: Vec<&str> = count.sample.iter().map(|device| device.id.as_str()).collect();
        assert_eq!((count.devices, count.connected, ids.join(" ").as_str()), expected, "{filter}");
        assert!(!count.is_partial, "{filter}");
    }
    bed.modeled("c5", profile(Some(COOLER), None), "{}", "{}").await;
    let count = bed.store.count_members(Arc::new(selection("SELECT * FROM devices", everywhere())), live, 0, Some(4));
    let count = count.await.unwrap();
    assert_eq!((count.devices, count.is_partial, count.sample.len()), (4, true, 0), "one more is there");
}
