//! How many devices a group or a job would have, without keeping who they are.

use std::sync::Arc;

use bellwether_model::DeviceSeq;
use bellwether_model::access::Scope;
use bellwether_model::identity::Device;
use rusqlite::{Connection, params};

use crate::devices::{DEVICE_COLUMNS, device_of};
use crate::members::{Look, MemberSelection};
use crate::targets::TargetList;
use crate::{LivePresence, Store, StoreError};

/// Devices, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeviceCount {
    /// How many.
    pub devices: u64,
    /// Of these, connected now.
    pub connected: u64,
    /// The first of them.
    pub sample: Vec<Device>,
    /// There may be more: not all devices were looked at.
    pub is_partial: bool,
}

impl DeviceCount {
    fn add(
        &mut self,
        connection: &Connection,
        device: DeviceSeq,
        presence: &LivePresence,
        sample: usize,
    ) -> Result<(), StoreError> {
        self.devices += 1;
        // Who is connected has a live entry.
        self.connected += u64::from(presence(device).is_some_and(|presence| presence.connected));
        if self.sample.len() < sample {
            let sql = format!("SELECT {DEVICE_COLUMNS} FROM device WHERE seq = ?1 AND deleted IS NULL");
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query([device.0])?;
            self.sample.extend(rows.next()?.map(device_of).transpose()?);
        }
        Ok(())
    }
}

/// How many devices are registered (iot-hub §2.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DeviceStatistics {
    /// All.
    pub total: u64,
    /// Of these, those that may not connect.
    pub disabled: u64,
}

impl Store {
    /// How many devices there are now.
    pub async fn device_statistics(&self) -> Result<DeviceStatistics, StoreError> {
        self.readers
            .select(|connection| {
                // Each is counted in an index that holds little more than what is counted.
                let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
                Ok(DeviceStatistics {
                    total: count("SELECT COUNT(*) FROM device WHERE deleted IS NULL")?.cast_unsigned(),
                    disabled: count("SELECT COUNT(*) FROM device WHERE disabled = 1 AND deleted IS NULL")?
                        .cast_unsigned(),
                })
            })
            .await
    }

    /// How many members there are, with the first of them, at most `sample`. No more than `look_at` devices are looked
    /// at; `None`: all.
    pub async fn count_members(
        &self,
        selection: Arc<MemberSelection>,
        presence: LivePresence,
        sample: usize,
        look_at: Option<u64>,
    ) -> Result<DeviceCount, StoreError> {
        self.readers
            .select(move |connection| {
                let look = Look {
                    template: selection.filter.template(),
                    scope: &selection.scope,
                    properties: &selection.properties,
                    timestamp: false,
                };
                let mut count = DeviceCount::default();
                let mut looked_at = 0;
                look.visit::<StoreError>(connection, DeviceSeq(0), &mut |row| {
                    if look_at == Some(looked_at) {
                        count.is_partial = true;
                        return Ok(false);
                    }
                    looked_at += 1;
                    if selection.filter.matches(row) {
                        count.add(connection, row.seq, &presence, sample)?;
                    }
                    Ok(true)
                })?;
                Ok(count)
            })
            .await
    }

    /// Are `devices` devices all those with a template in `scope`? Others are in no group. They are those in `list`, which
    /// may hold more; without one they are known to be there.
    pub async fn is_all_of(&self, devices: u64, list: Option<TargetList>, scope: Scope) -> Result<bool, StoreError> {
        self.readers
            .select(move |connection| {
                let organizations = scope.organizations().map(serde_json::to_string).transpose()?;
                let within = match &organizations {
                    Some(_) => "organization IN (SELECT value FROM json_each(?1))",
                    None => "?1 IS NULL",
                };
                let there = format!("FROM device WHERE deleted IS NULL AND template IS NOT NULL AND {within}");
                let sql = format!("SELECT COUNT(*) FROM (SELECT 1 {there} LIMIT ?2)");
                let most = devices.saturating_add(1).cast_signed();
                let count: i64 =
                    connection.prepare_cached(&sql)?.query_row(params![organizations, most], |row| row.get(0))?;
                let (Some(list), true) = (list, count < most) else { return Ok(count < most) };
                let sql = format!("SELECT seq {there} ORDER BY seq");
                let mut statement = connection.prepare_cached(&sql)?;
                let mut rows = statement.query(params![organizations])?;
                let mut listed = list.each();
                while let Some(row) = rows.next()? {
                    let device = DeviceSeq(row.get(0)?);
                    // Both ascend.
                    if listed.find(|listed| *listed >= device) != Some(device) {
                        return Ok(false);
                    }
                }
                Ok(true)
            })
            .await
    }

    /// The same of devices that were chosen one by one.
    pub async fn count_chosen(
        &self,
        list: TargetList,
        presence: LivePresence,
        sample: usize,
    ) -> Result<DeviceCount, StoreError> {
        self.readers
            .select(move |connection| {
                let mut count = DeviceCount::default();
                for device in list.each() {
                    count.add(connection, device, &presence, sample)?;
                }
                Ok(count)
            })
            .await
    }
}
