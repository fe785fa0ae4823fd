//! Lists of IoT Central: filtered, in the order of creation or of names, page by page from where the last one ended
//! (iot-central §2.1, §2.2).

use std::cmp::Ordering;

use bellwether_model::access::Scope;
use bellwether_model::identity::{Device, Status};
use bellwether_query::{ListField, ListFieldKind, ListFilter, ListOrder, ListValue};
use rusqlite::{Connection, ToSql};
use serde::{Deserialize, Serialize};

use crate::devices::{DEVICE_COLUMNS, device_of};
use crate::records::{Record, Records, Stored};
use crate::{Store, StoreError};

/// Where a page ended: the place of its last item in the list's order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPosition {
    /// Its name, where the list is ordered by name.
    name: Option<String>,
    /// Its key.
    key: i64,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListPage<T> {
    /// In the list's order.
    pub items: Vec<T>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<ListPosition>,
}

/// The fields that devices are filtered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceField {
    /// Text.
    Id,
    /// Text; the id when none was given.
    DisplayName,
    /// Text; null for an unassigned device.
    Template,
    /// The organization: text, null for the root. `scopes` in the text of 1.1-preview.
    Scopes,
    /// The same by the name of the member.
    Organizations,
    /// Flag.
    Enabled,
    /// Flag.
    Provisioned,
    /// Flag.
    Simulated,
}

impl ListField for DeviceField {
    const ALL: &'static [Self] = &[
        DeviceField::Id,
        DeviceField::DisplayName,
        DeviceField::Template,
        DeviceField::Enabled,
        DeviceField::Provisioned,
        DeviceField::Simulated,
        DeviceField::Scopes,
        DeviceField::Organizations,
    ];

    fn name(self) -> &'static str {
        match self {
            DeviceField::Id => "id",
            DeviceField::DisplayName => "displayName",
            DeviceField::Template => "template",
            DeviceField::Enabled => "enabled",
            DeviceField::Provisioned => "provisioned",
            DeviceField::Simulated => "simulated",
            DeviceField::Scopes => "scopes",
            DeviceField::Organizations => "organizations",
        }
    }

    fn kind(self) -> ListFieldKind {
        match self {
            DeviceField::Id
            | DeviceField::DisplayName
            | DeviceField::Template
            | DeviceField::Scopes
            | DeviceField::Organizations => ListFieldKind::Text,
            DeviceField::Enabled | DeviceField::Provisioned | DeviceField::Simulated => ListFieldKind::Flag,
        }
    }
}

/// Which devices a list holds, and in which order.
#[derive(Debug, Clone)]
pub struct DeviceSelection {
    /// What they meet; `None` is nothing.
    pub filter: Option<ListFilter<DeviceField>>,
    /// Where they belong.
    pub scope: Scope,
    /// How they come.
    pub order: ListOrder,
}

impl Store {
    /// The page of at most `limit` devices after `after`.
    pub async fn list_devices(
        &self,
        selection: DeviceSelection,
        after: Option<ListPosition>,
        limit: usize,
    ) -> Result<ListPage<Device>, StoreError> {
        self.read(move |connection| list_devices(connection, &selection, after.as_ref(), limit)).await
    }
}

fn list_devices(
    connection: &Connection,
    selection: &DeviceSelection,
    after: Option<&ListPosition>,
    limit: usize,
) -> Result<ListPage<Device>, StoreError> {
    let (conditions, order) = match selection.order {
        ListOrder::Created => (&["device.seq > :key"][..], "device.seq"),
        // The first condition is what the index is entered by.
        ListOrder::DisplayName => (
            &["COALESCE(display_name, id) >= :name", "(COALESCE(display_name, id), device.seq) > (:name, :key)"][..],
            "COALESCE(display_name, id), device.seq",
        ),
        ListOrder::DisplayNameDescending => (
            &["COALESCE(display_name, id) <= :name", "(COALESCE(display_name, id), device.seq) < (:name, :key)"][..],
            "COALESCE(display_name, id) DESC, device.seq DESC",
        ),
    };
    let must_be = |field| selection.filter.as_ref().and_then(|filter| filter.must_be(field));
    // Names come from their index, which a template's would only stand in the way of.
    let template = must_be(DeviceField::Template).filter(|_| selection.order == ListOrder::Created);
    let organizations = selection.scope.organizations().map(serde_json::to_string).transpose()?;
    let narrowings = [
        (":id", "id = :id", must_be(DeviceField::Id)),
        (":template", "template = :template", template),
        (":organizations", "organization IN (SELECT value FROM json_each(:organizations))", organizations.as_deref()),
    ];
    let mut sql = format!("SELECT {DEVICE_COLUMNS} FROM device WHERE deleted IS NULL");
    let mut values: Vec<(&str, &dyn ToSql)> = Vec::new();
    for (name, condition, value) in &narrowings {
        if let Some(value) = value {
            sql.push_str(&format!(" AND {condition}"));
            values.push((name, value));
        }
    }
    if let Some(after) = after {
        for condition in conditions {
            sql.push_str(&format!(" AND {condition}"));
        }
        values.push((":key", &after.key));
        if selection.order != ListOrder::Created {
            values.push((":name", &after.name));
        }
    }
    sql.push_str(&format!(" ORDER BY {order}"));
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(values.as_slice())?;
    let mut page = ListPage::<Device> { items: Vec::new(), next: None };
    while let Some(row) = rows.next()? {
        let device = device_of(row)?;
        if !selection.filter.as_ref().is_none_or(|filter| filter.matches(|field| value_of(&device, field))) {
            continue;
        }
        if page.items.len() == limit {
            page.next = page.items.last().map(|last| position(selection.order, last.display_name(), last.seq.0));
            break;
        }
        page.items.push(device);
    }
    Ok(page)
}

fn value_of(device: &Device, field: DeviceField) -> ListValue<'_> {
    match field {
        DeviceField::Id => ListValue::Text(device.id.as_str()),
        DeviceField::DisplayName => ListValue::Text(device.display_name()),
        DeviceField::Template => device.profile.template.as_deref().into(),
        DeviceField::Scopes | DeviceField::Organizations => device.profile.organization.as_deref().into(),
        DeviceField::Enabled => ListValue::Flag(device.status == Status::Enabled),
        DeviceField::Provisioned => ListValue::Flag(device.provisioned),
        DeviceField::Simulated => ListValue::Flag(device.profile.simulated),
    }
}

fn position(order: ListOrder, name: &str, key: i64) -> ListPosition {
    let name = match order {
        ListOrder::Created => None,
        ListOrder::DisplayName | ListOrder::DisplayNameDescending => Some(name.to_owned()),
    };
    ListPosition { name, key }
}

impl Records<'_> {
    /// The page of at most `limit` records after `after` of those that `keep` is true for. They are all read: there
    /// are few.
    pub fn list<R: Record>(
        &self,
        order: ListOrder,
        name: fn(&R) -> &str,
        after: Option<&ListPosition>,
        limit: usize,
        keep: impl Fn(&R) -> bool,
    ) -> Result<ListPage<Stored<R>>, StoreError> {
        let compare = |a: (&str, i64), b: (&str, i64)| match order {
            ListOrder::Created => a.1.cmp(&b.1),
            ListOrder::DisplayName => a.cmp(&b),
            ListOrder::DisplayNameDescending => b.cmp(&a),
        };
        let is_after = |stored: &Stored<R>| {
            after.is_none_or(|after| {
                let last = (after.name.as_deref().unwrap_or_default(), after.key);
                compare((name(&stored.record), stored.key), last) == Ordering::Greater
            })
        };
        let mut items = self.all::<R>()?;
        items.retain(|stored| keep(&stored.record) && is_after(stored));
        items.sort_by(|a, b| compare((name(&a.record), a.key), (name(&b.record), b.key)));
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|last| position(order, name(&last.record), last.key));
        Ok(ListPage { items, next })
    }
}
