//! Lists of IoT Central: filtered, in the order of creation or of names, page by page from where the last one ended
//! (iot-central §2.1, §2.2).

use std::cmp::Ordering;

use bellwether_model::DeviceSeq;
use bellwether_model::access::Scope;
use bellwether_model::identity::{Device, Status};
use bellwether_query::{ListField, ListFieldKind, ListFilter, ListOrder, ListValue};
use rusqlite::{Connection, Row, ToSql};
use serde::{Deserialize, Serialize};

use crate::devices::{CONNECTED, DEVICE_COLUMNS, DISPLAY_NAME, ID, ORGANIZATION, SEQ, TEMPLATE, device_of};
use crate::records::{Record, Records, Stored};
use crate::search::SearchText;
use crate::{LivePresence, Store, StoreError};

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
    /// What their id or name holds.
    pub search: Option<SearchText>,
    /// Their template.
    pub template: Option<TemplateIs>,
    /// Are they connected now?
    pub connected: Option<bool>,
    /// A page ends after so many devices were looked at, at least 1, although it is not full: there is a next one
    /// then. `None`: it goes on until it is full, however many do not match.
    pub look_at: Option<usize>,
}

/// Which template devices have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemplateIs {
    /// None.
    Unassigned,
    /// The one of this id.
    Id(String),
}

/// A condition on `:narrow`, and what that is.
type Narrowing = Option<(&'static str, String)>;

impl DeviceSelection {
    /// All that belong to `scope`, in the order of creation.
    pub fn all(scope: Scope) -> DeviceSelection {
        DeviceSelection {
            filter: None,
            scope,
            order: ListOrder::Created,
            search: None,
            template: None,
            connected: None,
            look_at: None,
        }
    }

    /// The one condition that is narrowed by, with its value: one whose index has the list's order, so that a row is
    /// neither sorted nor passed over uncounted. The outer `None`: nothing can match.
    fn narrowing(&self, organizations: Option<&[&String]>) -> Result<Option<Narrowing>, StoreError> {
        let must_be = |field| self.filter.as_ref().and_then(|filter| filter.must_be(field));
        let template = must_be(DeviceField::Template).or(match &self.template {
            Some(TemplateIs::Id(id)) => Some(id),
            Some(TemplateIs::Unassigned) | None => None,
        });
        // Names have no index by template.
        let template = template.filter(|_| self.order == ListOrder::Created);
        Ok(Some(match (must_be(DeviceField::Id), organizations) {
            (_, Some([])) => return Ok(None),
            (Some(id), _) => Some(("id = :narrow", id.to_owned())),
            (None, Some([id])) => Some(("organization = :narrow", (*id).clone())),
            // Sorted, but all of it is wanted.
            (None, Some(ids)) if self.look_at.is_none() => {
                Some(("organization IN (SELECT value FROM json_each(:narrow))", serde_json::to_string(ids)?))
            }
            (None, _) => template.map(|id| ("template = :narrow", id.to_owned())),
        }))
    }

    /// What is read off the row before it is taken apart.
    fn concerns(&self, row: &Row<'_>, presence: &LivePresence) -> Result<bool, rusqlite::Error> {
        if !self.scope.covers(row.get_ref(ORGANIZATION)?.as_str_or_null()?) {
            return Ok(false);
        }
        let template = row.get_ref(TEMPLATE)?.as_str_or_null()?;
        let has_template = match &self.template {
            None => true,
            Some(TemplateIs::Unassigned) => template.is_none(),
            Some(TemplateIs::Id(id)) => template == Some(id),
        };
        if !has_template {
            return Ok(false);
        }
        if let Some(wanted) = self.connected {
            let live = presence(DeviceSeq(row.get(SEQ)?)).map(|presence| presence.connected);
            if live.map_or_else(|| row.get(CONNECTED), Ok)? != wanted {
                return Ok(false);
            }
        }
        let Some(search) = &self.search else { return Ok(true) };
        for column in [ID, DISPLAY_NAME] {
            if row.get_ref(column)?.as_str_or_null()?.is_some_and(|name| search.is_in(name)) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Store {
    /// The page of at most `limit` devices after `after`. What is live of presence lies over the rows.
    pub async fn list_devices(
        &self,
        selection: DeviceSelection,
        after: Option<ListPosition>,
        limit: usize,
        presence: LivePresence,
    ) -> Result<ListPage<Device>, StoreError> {
        self.read(move |connection| list_devices(connection, &selection, after.as_ref(), limit, &presence)).await
    }
}

fn list_devices(
    connection: &Connection,
    selection: &DeviceSelection,
    after: Option<&ListPosition>,
    limit: usize,
    presence: &LivePresence,
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
    let organizations: Option<Vec<&String>> = selection.scope.organizations().map(|ids| ids.iter().collect());
    let Some(narrowing) = selection.narrowing(organizations.as_deref())? else {
        return Ok(ListPage { items: Vec::new(), next: None });
    };
    let mut sql = format!("SELECT {DEVICE_COLUMNS} FROM device WHERE deleted IS NULL");
    let mut values: Vec<(&str, &dyn ToSql)> = Vec::new();
    if let Some((condition, value)) = &narrowing {
        sql.push_str(&format!(" AND {condition}"));
        values.push((":narrow", value));
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
    let place = |device: &Device| Some(position(selection.order, device.display_name(), device.seq.0));
    let mut looked_at = 0;
    while let Some(row) = rows.next()? {
        looked_at += 1;
        let is_last = selection.look_at == Some(looked_at);
        let concerns = selection.concerns(row, presence)?;
        if !concerns && !is_last {
            continue;
        }
        let device = device_of(row)?;
        let matches = |filter: &ListFilter<_>| filter.matches(|field| value_of(&device, field));
        let is_meant = concerns && selection.filter.as_ref().is_none_or(matches);
        if is_meant && page.items.len() == limit {
            page.next = page.items.last().and_then(place);
            break;
        }
        if is_last {
            page.next = place(&device);
        }
        if is_meant {
            page.items.push(device);
        }
        if is_last {
            break;
        }
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
