//! Devices that somebody chose one by one for a job.

use std::collections::BTreeMap;

use bellwether_model::access::Scope;
use bellwether_model::{DeviceSeq, JobKey};
use rusqlite::params;

use crate::StoreError;
use crate::records::Records;
use crate::targets::{Ordinals, TargetList};

/// Devices that were chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// The devices, each once.
    pub list: TargetList,
    /// The organizations that they belong to (`None`: the root), each with the first device named that does.
    pub organizations: BTreeMap<Option<String>, FirstOf>,
}

/// The first of some devices in the order in which they were named.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FirstOf {
    /// How many were named before it.
    pub place: usize,
    /// Its name.
    pub device: String,
}

/// The first device named that cannot be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadChoice(pub String);

impl Records<'_> {
    /// The living devices of these names; the inner error is the first that is not there, or not in `scope`.
    pub fn choose(&self, ids: &[String], scope: &Scope) -> Result<Result<Chosen, BadChoice>, StoreError> {
        let sql = "SELECT seq, organization FROM device WHERE id = ?1 AND deleted IS NULL";
        let mut statement = self.connection().prepare_cached(sql)?;
        let mut devices = Vec::with_capacity(ids.len());
        let mut organizations = BTreeMap::new();
        for (place, id) in ids.iter().enumerate() {
            let mut rows = statement.query([id])?;
            let Some(row) = rows.next()? else { return Ok(Err(BadChoice(id.clone()))) };
            let organization: Option<String> = row.get(1)?;
            if !scope.covers(organization.as_deref()) {
                return Ok(Err(BadChoice(id.clone())));
            }
            devices.push(DeviceSeq(row.get(0)?));
            organizations.entry(organization).or_insert_with(|| FirstOf { place, device: id.clone() });
        }
        Ok(Ok(Chosen { list: TargetList::of(devices), organizations }))
    }

    /// The devices of these names in a job's frozen list, whatever became of them since; the inner error is the first
    /// that is not in it. A name is that of the device that was in the list, also when it was deleted, and another
    /// made under its name.
    pub fn choose_of(&self, job: JobKey, ids: &[String]) -> Result<Result<TargetList, BadChoice>, StoreError> {
        // Each half has its index.
        let sql = "SELECT seq FROM device WHERE id = ?1 AND deleted IS NULL
                   UNION ALL SELECT seq FROM device WHERE id = ?1 AND deleted IS NOT NULL";
        let mut statement = self.connection().prepare_cached(sql)?;
        let mut candidates = Vec::with_capacity(ids.len());
        for (place, id) in ids.iter().enumerate() {
            let mut rows = statement.query(params![id])?;
            while let Some(row) = rows.next()? {
                candidates.push((DeviceSeq(row.get(0)?), place));
            }
        }
        // In the order of the list, so that each block of it is read once.
        candidates.sort_unstable();
        let mut ordinals = Ordinals::of(self.connection(), job);
        let mut found = vec![false; ids.len()];
        let mut devices = Vec::with_capacity(ids.len());
        for (device, place) in candidates {
            if ordinals.find(device)?.is_some() {
                devices.push(device);
                found[place] = true;
            }
        }
        if let Some(missing) = found.iter().position(|found| !found).and_then(|place| ids.get(place)) {
            return Ok(Err(BadChoice(missing.clone())));
        }
        Ok(Ok(TargetList::of(devices)))
    }
}
