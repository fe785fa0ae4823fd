//! Target lists: before they are frozen, and as they are kept.

use bellwether_model::job::Tally;
use bellwether_model::targets::{BLOCK_DEVICES, pack, unpack};
use bellwether_model::{DeviceSeq, JobKey};
use rusqlite::{Connection, params};

use crate::standing::{class_of, standing};
use crate::{Store, StoreError};

/// A target list that is not frozen yet, packed as it will be kept: two bytes a device or less.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TargetList {
    blocks: Vec<(DeviceSeq, Vec<u8>)>,
    open: Vec<DeviceSeq>,
    devices: u64,
}

impl TargetList {
    /// How many devices it holds.
    pub fn devices(&self) -> u64 {
        self.devices
    }

    /// Adds a device; they come in ascending order.
    pub(crate) fn push(&mut self, device: DeviceSeq) {
        self.open.push(device);
        self.devices += 1;
        if self.open.len() == BLOCK_DEVICES {
            self.close_block();
        }
    }

    fn close_block(&mut self) {
        if let Some(&first) = self.open.first() {
            self.blocks.push((first, pack(&self.open)));
            self.open.clear();
        }
    }

    /// A list of these devices, each once.
    pub(crate) fn of(mut devices: Vec<DeviceSeq>) -> TargetList {
        devices.sort_unstable();
        devices.dedup();
        let mut list = TargetList::default();
        devices.into_iter().for_each(|device| list.push(device));
        list
    }

    /// The devices in ascending order.
    pub(crate) fn each(&self) -> impl Iterator<Item = DeviceSeq> {
        self.blocks.iter().flat_map(|(_, packed)| unpack(packed)).chain(self.open.iter().copied())
    }

    /// Keeps the list with a job that has not begun.
    pub(crate) fn keep_as_chosen(mut self, connection: &Connection, job: JobKey) -> Result<(), StoreError> {
        self.close_block();
        let sql = "INSERT INTO job_chosen (job, block, devices) VALUES (?1, ?2, ?3)";
        let mut statement = connection.prepare_cached(sql)?;
        for (block, (_, devices)) in self.blocks.iter().enumerate() {
            statement.execute(params![job.0, block as i64, devices])?;
        }
        Ok(())
    }

    /// Keeps the list with its job.
    pub(crate) fn save(mut self, connection: &Connection, job: JobKey) -> Result<(), StoreError> {
        self.close_block();
        let sql = "INSERT INTO job_target (job, block, first, devices) VALUES (?1, ?2, ?3, ?4)";
        let mut statement = connection.prepare_cached(sql)?;
        for (block, (first, devices)) in self.blocks.iter().enumerate() {
            statement.execute(params![job.0, block as i64, first.0, devices])?;
        }
        Ok(())
    }
}

/// The job has begun: the devices that were chosen for it are its target list.
pub(crate) fn drop_chosen(connection: &Connection, job: JobKey) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM job_chosen WHERE job = ?1")?.execute([job.0])?;
    Ok(())
}

/// The devices of one block of a list.
pub(crate) fn block(connection: &Connection, job: JobKey, block: u64) -> Result<Option<Vec<DeviceSeq>>, StoreError> {
    let sql = "SELECT devices FROM job_target WHERE job = ?1 AND block = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([job.0, block as i64])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some(unpack(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)))
}

/// The block that could hold the device: blocks ascend, so it is the last that begins at or before it. `None`
/// when even the first begins after it.
pub(crate) fn block_around(connection: &Connection, job: JobKey, device: DeviceSeq) -> Result<Option<u64>, StoreError> {
    let blocks: i64 = connection
        .prepare_cached("SELECT COALESCE(MAX(block), -1) + 1 FROM job_target WHERE job = ?1")?
        .query_row([job.0], |row| row.get(0))?;
    let mut first_of = connection.prepare_cached("SELECT first FROM job_target WHERE job = ?1 AND block = ?2")?;
    let (mut low, mut high) = (0, blocks);
    while low < high {
        let middle = (low + high) / 2;
        let first: i64 = first_of.query_row([job.0, middle], |row| row.get(0))?;
        if first <= device.0 {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(u64::try_from(low - 1).ok())
}

/// The devices from the ordinal `from` on, at most so many.
pub(crate) fn devices_from(
    connection: &Connection,
    job: JobKey,
    from: u64,
    most: usize,
) -> Result<Vec<DeviceSeq>, StoreError> {
    let mut devices = Vec::with_capacity(most);
    let mut number = from / BLOCK_DEVICES as u64;
    let mut skip = (from % BLOCK_DEVICES as u64) as usize;
    while devices.len() < most {
        let Some(block) = block(connection, job, number)? else { break };
        devices.extend(block.into_iter().skip(skip).take(most - devices.len()));
        skip = 0;
        number += 1;
    }
    Ok(devices)
}

/// Finds devices in a kept list. Asked in ascending order it unpacks each block once.
pub(crate) struct Ordinals<'a> {
    connection: &'a Connection,
    job: JobKey,
    block: Option<(u64, Vec<DeviceSeq>)>,
}

impl<'a> Ordinals<'a> {
    pub fn of(connection: &'a Connection, job: JobKey) -> Ordinals<'a> {
        Ordinals { connection, job, block: None }
    }

    /// The device's place in the list; `None` when it is not in it.
    pub fn find(&mut self, device: DeviceSeq) -> Result<Option<u64>, StoreError> {
        let within = |devices: &Vec<DeviceSeq>| devices.first() <= Some(&device) && Some(&device) <= devices.last();
        let at_hand = self.block.take().filter(|(_, devices)| within(devices));
        let (number, devices) = match at_hand {
            Some(block) => block,
            None => {
                let Some(number) = block_around(self.connection, self.job, device)? else { return Ok(None) };
                (number, block(self.connection, self.job, number)?.unwrap_or_default())
            }
        };
        let place = devices.binary_search(&device).ok().map(|place| number * BLOCK_DEVICES as u64 + place as u64);
        self.block = Some((number, devices));
        Ok(place)
    }
}

impl Store {
    /// The devices that were chosen for a job one by one, as a target list to freeze. Of a job that has begun, what was
    /// frozen.
    pub async fn chosen_targets(&self, job: JobKey) -> Result<TargetList, StoreError> {
        self.read(move |connection| {
            let mut list = TargetList::default();
            for table in ["job_chosen", "job_target"] {
                let sql = format!("SELECT devices FROM {table} WHERE job = ?1 ORDER BY block");
                let mut statement = connection.prepare_cached(&sql)?;
                let mut rows = statement.query([job.0])?;
                while let Some(row) = rows.next()? {
                    let devices = unpack(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?);
                    devices.into_iter().for_each(|device| list.push(device));
                }
            }
            Ok(list)
        })
        .await
    }

    /// The devices of a job that it counts as failed, as a target list to freeze: those with an outcome of their own,
    /// and those that were not begun where they count as failed too (iot-central §3.5, rerun).
    pub async fn failed_targets(&self, job: JobKey) -> Result<TargetList, StoreError> {
        self.readers
            .select(move |connection| {
                let ledger = standing(connection, job)?.ledger;
                let rest_failed = ledger.rest.is_some_and(|class| class.tally(ledger.success) == Tally::Failed);
                let sql = "SELECT device, state FROM device_job WHERE job = ?1 AND device BETWEEN ?2 AND ?3
                       ORDER BY device";
                let mut statement = connection.prepare_cached(sql)?;
                let mut list = TargetList::default();
                let mut number = 0;
                while let Some(devices) = block(connection, job, number)? {
                    number += 1;
                    let (Some(first), Some(last)) = (devices.first(), devices.last()) else { continue };
                    let mut rows = statement.query([job.0, first.0, last.0])?;
                    let mut row = rows.next()?;
                    for device in devices {
                        // Both ascend, and every row is of a device in the list.
                        let own = match row {
                            Some(found) if found.get::<_, i64>(0)? == device.0 => Some(found.get::<_, i64>(1)?),
                            Some(_) | None => None,
                        };
                        let failed = match own {
                            None => rest_failed,
                            Some(0) => false,
                            Some(class) => class_of(class)?.tally(ledger.success) == Tally::Failed,
                        };
                        if own.is_some() {
                            row = rows.next()?;
                        }
                        if failed {
                            list.push(device);
                        }
                    }
                }
                Ok(list)
            })
            .await
    }
}
