//! Lists: filter, order, pages.

use bellwether_model::access::Scope;
use bellwether_model::group::DeviceGroup;
use bellwether_query::{ListFilter, ListOrder};

use super::*;

impl Bed {
    async fn named(&self, id: &str, name: Option<&str>, template: Option<&str>, organization: Option<&str>) {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let key = SymmetricKey::from_bytes(&[1; 32]);
        let new = NewDevice {
            id: id.parse().unwrap(),
            settings: DeviceSettings::default(),
            profile: DeviceProfile {
                display_name: owned(name),
                template: owned(template),
                organization: owned(organization),
                simulated: id.starts_with('s'),
            },
            fresh_keys: Keys { primary: key.clone(), secondary: key },
        };
        self.store.create_device(new, NOW).await.unwrap();
    }

    /// The ids of a list that is read in pages of `limit`.
    async fn listed(&self, filter: &str, scope: &Scope, order: ListOrder, limit: usize) -> String {
        let filter = (!filter.is_empty()).then(|| ListFilter::parse(filter).unwrap());
        let selection = DeviceSelection { filter, order, ..DeviceSelection::all(scope.clone()) };
        let (mut ids, mut after) = (Vec::new(), None);
        loop {
            let page = self.store.list_devices(selection.clone(), after, limit, nobody()).await.unwrap();
            assert!(page.items.len() == limit || page.next.is_none(), "a page with a successor is full");
            ids.extend(page.items.into_iter().map(|device| device.id.to_string()));
            after = page.next;
            if after.is_none() {
                return ids.join(" ");
            }
        }
    }
}

#[tokio::test]
async fn devices() {
    let bed = Bed::new(Mode::Inline);
    for (id, name, template, organization) in [
        ("d1", Some("pump"), Some("a"), None),
        ("d2", None, Some("a"), Some("eu")),
        ("s3", Some("pump"), None, Some("us")),
        ("d4", Some("Boiler"), Some("b"), Some("eu")),
        ("s5", Some("pump"), Some("a"), None),
        ("gone", Some("pump"), Some("a"), None),
    ] {
        bed.named(id, name, template, organization).await;
    }
    bed.store.delete_device(&"gone".parse().unwrap(), IfMatch::Any, NOW).await.unwrap();
    let eu = Scope::Within(["eu".to_owned()].into());
    use ListOrder::{Created, DisplayName, DisplayNameDescending};
    for (filter, scope, order, expected) in [
        ("", &Scope::Everything, Created, "d1 d2 s3 d4 s5"),
        ("", &Scope::Everything, DisplayName, "d4 d2 d1 s3 s5"),
        ("", &Scope::Everything, DisplayNameDescending, "s5 s3 d1 d2 d4"),
        ("", &eu, Created, "d2 d4"),
        ("", &eu, DisplayName, "d4 d2"),
        ("", &Scope::Within(BTreeSet::new()), DisplayName, ""),
        ("template eq 'a'", &Scope::Everything, Created, "d1 d2 s5"),
        ("template eq 'a'", &Scope::Everything, DisplayNameDescending, "s5 d1 d2"),
        ("template eq 'a'", &eu, DisplayName, "d2"),
        ("id eq 's5'", &Scope::Everything, DisplayName, "s5"),
        ("id eq 's5'", &eu, Created, ""),
        ("id eq 'gone'", &Scope::Everything, Created, ""),
        ("template eq null", &Scope::Everything, Created, "s3"),
        ("displayName eq 'd2'", &Scope::Everything, Created, "d2"),
        ("simulated eq true and enabled eq true and provisioned eq false", &Scope::Everything, Created, "s3 s5"),
        ("scopes eq 'us' or organizations eq null", &Scope::Everything, Created, "d1 s3 s5"),
        ("contains(displayName, 'ump') and template ne null", &Scope::Everything, DisplayName, "d1 s5"),
    ] {
        for limit in [1, 2, 100] {
            assert_eq!(bed.listed(filter, scope, order, limit).await, expected, "{filter} {order:?} by {limit}");
        }
    }
}

#[tokio::test]
async fn what_only_our_own_version_asks_for() {
    let bed = Bed::new(Mode::Inline);
    for (id, name, template, organization) in [
        ("d1", Some("Pump 7"), Some("a"), None),
        ("PUMP-2", None, Some("a"), Some("eu")),
        ("s3", Some("Größe"), None, Some("us")),
        ("d4", Some("boiler"), Some("b"), Some("eu")),
        ("d5", Some("pumpe"), None, Some("eu")),
    ] {
        bed.named(id, name, template, organization).await;
    }
    let all = bed.store.devices(100).await.unwrap();
    let seen = |connected| Presence { connected, ..Presence::NEVER };
    // What is live holds, whatever was written down: only d1 and d4 are connected.
    bed.store.save_presence(vec![(all[0].seq, seen(true)), (all[1].seq, seen(true))]).await.unwrap();
    let (gone, come) = (all[1].seq, all[3].seq);
    let live: LivePresence = Arc::new(move |device| (device == gone || device == come).then_some(seen(device == come)));
    let eu = Scope::Within(["eu".to_owned()].into());
    let two = Scope::Within(["eu", "us"].map(str::to_owned).into());
    let of = |id: &str| Some(TemplateIs::Id(id.to_owned()));
    let filtered = || Some(ListFilter::parse("template eq 'a'").unwrap());
    let base = DeviceSelection::all;
    let text = |text: &str| Some(SearchText::new(text));
    for (selection, expected) in [
        (DeviceSelection { search: text("pump"), ..base(Scope::Everything) }, "d1 PUMP-2 d5"),
        (DeviceSelection { search: text("GRÖSSE"), ..base(Scope::Everything) }, ""),
        (DeviceSelection { search: text("GRÖßE"), ..base(Scope::Everything) }, "s3"),
        (DeviceSelection { search: text("D"), ..base(eu.clone()) }, "d4 d5"),
        (DeviceSelection { template: of("a"), ..base(Scope::Everything) }, "d1 PUMP-2"),
        (DeviceSelection { template: of("a"), filter: filtered(), ..base(eu.clone()) }, "PUMP-2"),
        (DeviceSelection { template: of("b"), filter: filtered(), ..base(Scope::Everything) }, ""),
        (DeviceSelection { template: Some(TemplateIs::Unassigned), ..base(Scope::Everything) }, "s3 d5"),
        (DeviceSelection { template: of("a"), ..base(two) }, "PUMP-2"),
        (DeviceSelection { search: text("p"), ..base(Scope::Within(BTreeSet::new())) }, ""),
        (DeviceSelection { connected: Some(true), ..base(Scope::Everything) }, "d1 d4"),
        (DeviceSelection { connected: Some(false), search: text("p"), ..base(Scope::Everything) }, "PUMP-2 d5"),
    ] {
        let mut expected: Vec<&str> = expected.split_whitespace().collect();
        for order in [ListOrder::Created, ListOrder::DisplayName] {
            if order == ListOrder::DisplayName {
                let name = |id: &str| all.iter().find(|device| device.id.as_str() == id).unwrap().display_name();
                expected.sort_by_key(|id| name(id));
            }
            for (limit, look_at) in [(100, None), (1, None), (100, Some(1)), (1, Some(1)), (2, Some(2)), (1, Some(3))] {
                let selection = DeviceSelection { order, look_at, ..selection.clone() };
                let (mut ids, mut after) = (Vec::new(), None);
                loop {
                    let page =
                        bed.store.list_devices(selection.clone(), after, limit, Arc::clone(&live)).await.unwrap();
                    assert!(page.items.len() <= look_at.unwrap_or(limit).min(limit));
                    ids.extend(page.items.into_iter().map(|device| device.id.to_string()));
                    after = page.next;
                    if after.is_none() {
                        break;
                    }
                }
                assert_eq!(ids, expected, "{selection:?} by {limit}");
            }
        }
    }
    // A look that finds nothing ends all the same, and says that there may be more.
    let nothing = DeviceSelection { search: text("ghost"), look_at: Some(2), ..base(Scope::Everything) };
    let page = bed.store.list_devices(nothing, None, 100, nobody()).await.unwrap();
    assert!(page.items.is_empty() && page.next.is_some());
}

#[tokio::test]
async fn a_page_begins_behind_a_device_that_is_gone() {
    let bed = Bed::new(Mode::Inline);
    for id in ["d1", "d2", "d3"] {
        bed.named(id, Some("same"), None, None).await;
    }
    for order in [ListOrder::Created, ListOrder::DisplayName] {
        let selection = DeviceSelection { order, ..DeviceSelection::all(Scope::Everything) };
        let first = bed.store.list_devices(selection.clone(), None, 1, nobody()).await.unwrap();
        bed.store.delete_device(&first.items[0].id, IfMatch::Any, NOW).await.unwrap();
        let rest = bed.store.list_devices(selection, first.next, 100, nobody()).await.unwrap();
        let standing = bed.store.devices(100).await.unwrap();
        assert_eq!(rest.items, standing, "{order:?}");
    }
}

#[tokio::test]
async fn records() {
    let bed = Bed::new(Mode::Inline);
    for (id, name) in [("a", "x"), ("b", "y"), ("c", "x"), ("d", "hidden")] {
        let group = DeviceGroup {
            id: id.parse().unwrap(),
            display_name: name.to_owned(),
            description: None,
            filter: String::new(),
            organization: None,
        };
        bed.store.change_records::<_, StoreError, _>(move |records| records.put(group)).await.unwrap();
    }
    use ListOrder::{Created, DisplayName, DisplayNameDescending};
    for (order, expected) in [(Created, "a b c"), (DisplayName, "a c b"), (DisplayNameDescending, "b c a")] {
        for limit in [1, 2, 3, 100] {
            let (mut ids, mut after) = (Vec::new(), None);
            loop {
                let read = move |records: &Records<'_>| {
                    records.list::<DeviceGroup>(
                        order,
                        |group| &group.display_name,
                        after.as_ref(),
                        limit,
                        |group| group.display_name != "hidden",
                    )
                };
                let page = bed.store.read_records(read).await.unwrap();
                ids.extend(page.items.into_iter().map(|stored| stored.record.id.to_string()));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(ids.join(" "), expected, "{order:?} by {limit}");
        }
    }
}
