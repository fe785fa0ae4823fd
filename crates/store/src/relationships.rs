//! Which device stands upstream of which (iot-central §7.4).
//!
//! Both ends are kept as the devices they are, not as names: a relationship ends with either device, and one that is
//! created again under the same id has none.

use bellwether_model::access::Scope;
use bellwether_model::ids::RelationshipId;
use bellwether_model::relationship::{Relationship, RelationshipChange};
use bellwether_model::{DeviceId, DeviceSeq};
use rusqlite::{Connection, Row, params};

use crate::devices::living_device;
use crate::{Store, StoreError};

/// Why a relationship was not written.
#[derive(Debug, Clone, thiserror::Error)]
pub enum WriteRelationshipError {
    /// The device, or the relationship that is to be changed, is not there, or not in the caller's scope.
    #[error("there is no {0}")]
    NotFound(&'static str),
    /// Other devices have a relationship of this id.
    #[error("the id names a relationship of other devices")]
    IdInUse,
    /// One end is no device, or not one in the caller's scope.
    #[error("{0}: there is no device with this id")]
    NoSuchDevice(&'static str),
    /// Neither end is the device that the relationship is written on.
    #[error("source or target must be the device that the path names")]
    NotOfThisDevice,
    /// A device stands upstream of itself.
    #[error("source and target must be two devices")]
    SameDevice,
    /// One end is missing.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for WriteRelationshipError {
    fn from(error: rusqlite::Error) -> Self {
        WriteRelationshipError::Store(error.into())
    }
}

/// One page of relationships.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelationshipPage {
    /// In the order of creation.
    pub relationships: Vec<Relationship>,
    /// Where it ends, when there are more.
    pub next: Option<i64>,
}

/// A relationship with its keys.
struct Kept {
    key: i64,
    relationship: Relationship,
    ends: [DeviceSeq; 2],
    organizations: [Option<String>; 2],
}

impl Kept {
    fn is_seen(&self, scope: &Scope) -> bool {
        self.organizations.iter().all(|organization| scope.covers(organization.as_deref()))
    }
}

const COLUMNS: &str = "r.key, r.id, source.id, target.id, source.seq, target.seq, source.organization,
     target.organization, r.name FROM relationship r JOIN device source ON source.seq = r.source
     JOIN device target ON target.seq = r.target";

fn kept_of(row: &Row<'_>) -> Result<Kept, StoreError> {
    let damaged = |error: bellwether_model::ids::BadId| StoreError::Damaged(error.to_string());
    let id: String = row.get(1)?;
    let device = |column| DeviceId::try_from(row.get::<_, String>(column)?).map_err(damaged);
    Ok(Kept {
        key: row.get(0)?,
        relationship: Relationship {
            id: RelationshipId::try_from(id).map_err(damaged)?,
            source: device(2)?,
            target: device(3)?,
            name: row.get(8)?,
        },
        ends: [DeviceSeq(row.get(4)?), DeviceSeq(row.get(5)?)],
        organizations: [row.get(6)?, row.get(7)?],
    })
}

fn kept(connection: &Connection, id: &RelationshipId) -> Result<Option<Kept>, StoreError> {
    let sql = format!("SELECT {COLUMNS} WHERE r.id = ?1");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([id.as_str()])?;
    rows.next()?.map(kept_of).transpose()
}

fn end(connection: &Connection, id: &DeviceId, scope: &Scope) -> Result<Option<DeviceSeq>, StoreError> {
    let device = living_device(connection, id)?;
    Ok(device.filter(|device| scope.covers(device.profile.organization.as_deref())).map(|device| device.seq))
}

impl Store {
    /// The relationships of a device, on either side, whose other device belongs to `scope`, after the key `after`.
    pub async fn relationships(
        &self,
        device: DeviceSeq,
        scope: Scope,
        after: i64,
        limit: usize,
    ) -> Result<RelationshipPage, StoreError> {
        self.read(move |connection| {
            let sql = format!(
                "SELECT {COLUMNS} WHERE r.key IN (SELECT key FROM relationship WHERE source = ?1
                 UNION SELECT key FROM relationship WHERE target = ?1) AND r.key > ?2 ORDER BY r.key"
            );
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query(params![device.0, after])?;
            let (mut page, mut last) = (RelationshipPage { relationships: Vec::new(), next: None }, after);
            while let Some(row) = rows.next()? {
                let kept = kept_of(row)?;
                if !kept.is_seen(&scope) {
                    continue;
                }
                if page.relationships.len() == limit {
                    page.next = Some(last);
                    break;
                }
                last = kept.key;
                page.relationships.push(kept.relationship);
            }
            Ok(page)
        })
        .await
    }

    /// The relationship `id` of a device, on either side; `None` also when its other device is not in `scope`.
    pub async fn relationship(
        &self,
        device: DeviceSeq,
        id: RelationshipId,
        scope: Scope,
    ) -> Result<Option<Relationship>, StoreError> {
        self.read(move |connection| {
            let kept = kept(connection, &id)?.filter(|kept| kept.ends.contains(&device) && kept.is_seen(&scope));
            Ok(kept.map(|kept| kept.relationship))
        })
        .await
    }

    /// Makes a relationship of a device, or changes it. `must_exist`: none is made.
    pub async fn write_relationship(
        &self,
        device: &DeviceId,
        id: RelationshipId,
        change: RelationshipChange,
        must_exist: bool,
        scope: Scope,
    ) -> Result<Relationship, WriteRelationshipError> {
        let device = device.clone();
        self.interactive(move |connection| {
            let this =
                end(connection, &device, &scope)?.ok_or(WriteRelationshipError::NotFound("device with this id"))?;
            let before = match kept(connection, &id)? {
                Some(kept) if kept.ends.contains(&this) && kept.is_seen(&scope) => Some(kept),
                Some(_) if !must_exist => return Err(WriteRelationshipError::IdInUse),
                None if !must_exist => None,
                Some(_) | None => return Err(WriteRelationshipError::NotFound("relationship with this id")),
            };
            let stands = before.map_or_else(RelationshipChange::default, |kept| {
                let Relationship { source, target, name, .. } = kept.relationship;
                RelationshipChange { source: Some(source), target: Some(target), name }
            });
            let source = change.source.or(stands.source).ok_or(WriteRelationshipError::Missing("source"))?;
            let target = change.target.or(stands.target).ok_or(WriteRelationshipError::Missing("target"))?;
            let name = change.name.or(stands.name);
            let find = |id, name| end(connection, id, &scope)?.ok_or(WriteRelationshipError::NoSuchDevice(name));
            let keys = [find(&source, "source")?, find(&target, "target")?];
            if !keys.contains(&this) {
                return Err(WriteRelationshipError::NotOfThisDevice);
            }
            if keys[0] == keys[1] {
                return Err(WriteRelationshipError::SameDevice);
            }
            let sql = "INSERT INTO relationship (id, source, target, name) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (id)
                       DO UPDATE SET source = excluded.source, target = excluded.target, name = excluded.name";
            connection.prepare_cached(sql)?.execute(params![id.as_str(), keys[0].0, keys[1].0, name])?;
            Ok(Relationship { id, source, target, name })
        })
        .await
    }

    /// Deletes the relationship `id` of a device. Returns whether there was one that the caller may see.
    pub async fn delete_relationship(
        &self,
        device: DeviceSeq,
        id: RelationshipId,
        scope: Scope,
    ) -> Result<bool, StoreError> {
        self.interactive(move |connection| {
            let kept = kept(connection, &id)?.filter(|kept| kept.ends.contains(&device) && kept.is_seen(&scope));
            let Some(kept) = kept else { return Ok(false) };
            connection.prepare_cached("DELETE FROM relationship WHERE key = ?1")?.execute([kept.key])?;
            Ok(true)
        })
        .await
    }
}
