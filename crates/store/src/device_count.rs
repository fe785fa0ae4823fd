//! How many devices a job would have, without keeping who they are.

use std::sync::Arc;

use bellwether_model::DeviceSeq;
use bellwether_model::identity::Device;
use rusqlite::Connection;

use crate::devices::{DEVICE_COLUMNS, device_of};
use crate::members::{MemberSelection, visit_members};
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
    /// How many members there are, with the first of them, at most `sample`.
    pub async fn count_members(
        &self,
        selection: Arc<MemberSelection>,
        presence: LivePresence,
        sample: usize,
    ) -> Result<DeviceCount, StoreError> {
        self.readers
            .select(move |connection| {
                let mut count = DeviceCount::default();
                visit_members(connection, &selection, DeviceSeq(0), &mut |device| {
                    count.add(connection, device, &presence, sample)?;
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
