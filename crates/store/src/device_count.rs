//! How many devices a group or a job would have, without keeping who they are.

use std::sync::Arc;

use bellwether_model::DeviceSeq;
use bellwether_model::identity::Device;
use rusqlite::Connection;

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
            let sql = format!("SELECT {DEVICE_COLUMNS} FROM device WHERE seq = ?1");
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query([device.0])?;
            self.sample.extend(rows.next()?.map(device_of).transpose()?);
        }
        Ok(())
    }
}

impl Store {
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

    /// The same of devices that were chosen one by one.
    pub async fn count_chosen(
        &self,
        list: TargetList,
        presence: LivePresence,
        sample: usize,
    ) -> Result<DeviceCount, StoreError> {
        self.read(move |connection| {
            let mut count = DeviceCount::default();
            for device in list.each() {
                count.add(connection, device, &presence, sample)?;
            }
            Ok(count)
        })
        .await
    }
}
